//! The operator's addresses for parties and brands: renewals, and admissions by brands. There is no member data in either.

use std::sync::Arc;

use ::operator::application::ApplicationError;
use ::operator::{AdmissionError, BrandError, Operator, OperatorError, RenewalError, brand, renewal};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use web::errors::ApiError;
use web::limits::limited;

/// Requests of a client within a minute: a party asks once in two weeks, and once an hour while it is refused.
const REQUESTS: u32 = 30;
/// Longest request that is read: an admission with many forms fits.
const LONGEST: usize = 128 << 10;

/// The two addresses.
pub(crate) fn router(operator: &Arc<Operator>) -> Router {
    let (renewing, admitting) = (Arc::clone(operator), Arc::clone(operator));
    let routes = Router::new()
        .route(
            "/admission/renewals",
            post(move |headers: HeaderMap, body: Bytes| async move {
                answer(&headers, body, move |compact| renewing.renew_asked(compact)).await
            }),
        )
        .route(
            "/admission/brands",
            post(move |headers: HeaderMap, body: Bytes| async move {
                answer(&headers, body, move |compact| admitting.admit_by_brand(compact)).await
            }),
        );
    limited(routes, REQUESTS)
}

/// Lets `act` have the compact JWS in the body, off the async threads: it reads and writes files.
pub(super) async fn answer<T: serde::Serialize + Send + 'static>(
    headers: &HeaderMap,
    body: Bytes,
    act: impl FnOnce(&str) -> Result<T, OperatorError> + Send + 'static,
) -> Result<Response, ApiError> {
    let media_type = headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes());
    if media_type != Some(renewal::MEDIA_TYPE.as_bytes()) {
        let sentence = "the content type is not the one that is expected";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", sentence));
    }
    if body.len() > LONGEST {
        return Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid_request",
            "the request is too large",
        ));
    }
    let compact = String::from_utf8(body.into()).map_err(|_| refusal(&RenewalError::Malformed.into()))?;
    let acted = tokio::task::spawn_blocking(move || act(compact.trim())).await;
    let given = acted.map_err(|_| ApiError::internal())?.map_err(|error| refusal(&error))?;
    let body = serde_json::to_string(&given).map_err(|_| ApiError::internal())?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, body).into_response())
}

/// What is told of a refusal. Whoever is no member learns nothing but that.
pub(super) fn refusal(error: &OperatorError) -> ApiError {
    let (status, code) = match error {
        OperatorError::Renewal(RenewalError::NotFromAMember)
        | OperatorError::Brand(BrandError::NotFromABrand) => (StatusCode::UNAUTHORIZED, "invalid_client"),
        OperatorError::Renewal(RenewalError::Time) | OperatorError::Brand(BrandError::Time) => {
            (StatusCode::BAD_REQUEST, "wrong_time")
        }
        OperatorError::Renewal(RenewalError::OtherKeys) => (StatusCode::CONFLICT, "other_keys"),
        OperatorError::Admission(AdmissionError::NotInGoodStanding | AdmissionError::BrandSuspended)
        | OperatorError::Brand(BrandError::Suspended) => (StatusCode::FORBIDDEN, "not_in_good_standing"),
        OperatorError::Brand(BrandError::Limit(_)) => (StatusCode::FORBIDDEN, "beyond_limits"),
        OperatorError::Application(error) => of_application(error),
        OperatorError::Renewal(_) | OperatorError::Brand(_) | OperatorError::Admission(_) => {
            (StatusCode::BAD_REQUEST, "invalid_request")
        }
        _ => {
            tracing::error!(%error, "the operator could not answer");
            return ApiError::busy(60);
        }
    };
    ApiError::new(status, code, error.to_string())
}

fn of_application(error: &ApplicationError) -> (StatusCode, &'static str) {
    match error {
        ApplicationError::Signature => (StatusCode::UNAUTHORIZED, "invalid_client"),
        ApplicationError::Time => (StatusCode::BAD_REQUEST, "wrong_time"),
        ApplicationError::Open => (StatusCode::CONFLICT, "open_application"),
        ApplicationError::Member => (StatusCode::CONFLICT, "member"),
        ApplicationError::TooMany | ApplicationError::TooOften => {
            (StatusCode::TOO_MANY_REQUESTS, "slow_down")
        }
        ApplicationError::Unknown => (StatusCode::NOT_FOUND, "not_found"),
        _ => (StatusCode::BAD_REQUEST, "invalid_request"),
    }
}

/// The paths here are those that parties and brands derive from the network's descriptor.
const _: () = {
    assert!(matches!(renewal::RENEWALS.as_bytes(), b"/admission/renewals"));
    assert!(matches!(brand::BRAND_ADMISSIONS.as_bytes(), b"/admission/brands"));
};
