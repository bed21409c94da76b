//! What wallets and resolvers call: the follow-up of an answer, and members' logs.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use issuer::HostingError;
use openid4vc::http::Method;
use openid4vc::secret::{SecretHash, SecretText};
use presentation::ProvenHolder;
use web::ApiError;

use crate::site::{Failed, Site};

/// The media type of a did:webvh log.
const LOG_TYPE: &str = "text/jsonl; charset=utf-8";

/// `GET /follow-up/{handle}`.
pub(crate) async fn follow_up(
    State(site): State<Site>,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Response {
    let path = format!("/follow-up/{handle}");
    let handle = SecretText::new(handle).hash();
    let holder = match answer_holder(&site, handle, &headers, &path).await {
        Ok(holder) => holder,
        Err(refused) => return *refused,
    };
    match site.office.follow_up(handle, holder.thumbprint()).await {
        Ok(found) => ([(CACHE_CONTROL, "no-store")], Json(found)).into_response(),
        Err(error) => Failed::from(error).into_response(),
    }
}

/// Who proves to hold the key of the answer that is followed up. A proof by another key leaves nothing in the store.
async fn answer_holder(
    site: &Site,
    handle: SecretHash,
    headers: &HeaderMap,
    path: &str,
) -> Result<ProvenHolder, Box<Response>> {
    let holder = site.presentation.proof_at(headers, Method::Get, path)?;
    match site.office.may_follow_up(handle, holder.thumbprint()).await {
        Ok(true) => {}
        Ok(false) => return Err(Box::new(ApiError::not_found().into_response())),
        Err(error) => return Err(Box::new(Failed::from(error).into_response())),
    }
    site.presentation.use_proof(&holder).await?;
    Ok(holder)
}

/// `PUT /did-log/{label}`: a first log, by the answering key; with a proof of control beside it one that moves here or lies
/// here already; and from anybody one that continues the log that is there.
pub(crate) async fn leave_log(
    State(site): State<Site>,
    Path(label): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let control = headers.get(issuer::again::CONTROL).map(|value| value.to_str().unwrap_or_default());
    if control.is_none() {
        match site.office.has_log(&label).await {
            Ok(false) => {}
            Ok(true) if is_log(&headers) => return left(site.office.continue_log(&label, &body).await),
            Ok(true) => return no_log(),
            Err(fault) => return Failed::from(fault).into_response(),
        }
    }
    let holder = match log_holder(&site, &label, &headers).await {
        Ok(holder) => holder,
        Err(refused) => return *refused,
    };
    if !is_log(&headers) {
        return no_log();
    }
    left(match control {
        Some(control) => site.office.take_log_with_control(&label, holder.thumbprint(), &body, control).await,
        None => site.office.put_log(&label, holder.thumbprint(), &body).await,
    })
}

fn left(outcome: Result<(), HostingError>) -> Response {
    match outcome {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => log_refused(error),
    }
}

fn no_log() -> Response {
    let sentence = "a log is sent as application/jsonl or text/jsonl";
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", sentence).into_response()
}

/// Who proves to hold the key that may leave a log under `label`. A proof by another key leaves nothing in the store.
async fn log_holder(site: &Site, label: &str, headers: &HeaderMap) -> Result<ProvenHolder, Box<Response>> {
    let path = issuer::hosting::upload_path(label);
    let holder = site.presentation.proof_at(headers, Method::Put, &path)?;
    match site.office.may_leave_log(label, holder.thumbprint()).await {
        Ok(true) => {}
        Ok(false) => return Err(Box::new(ApiError::not_found().into_response())),
        Err(fault) => return Err(Box::new(Failed::from(fault).into_response())),
    }
    site.presentation.use_proof(&holder).await?;
    Ok(holder)
}

fn is_log(headers: &HeaderMap) -> bool {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(essence.as_str(), "application/jsonl" | "text/jsonl")
}

fn log_refused(error: HostingError) -> Response {
    let status = match &error {
        HostingError::NoSuch => return ApiError::not_found().into_response(),
        HostingError::Store(fault) => {
            tracing::error!(%fault, "the store did not answer");
            return ApiError::busy(2).into_response();
        }
        HostingError::Location(fault) => {
            tracing::error!(%fault, "a log could not be placed");
            return ApiError::internal().into_response();
        }
        HostingError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        HostingError::OtherLog | HostingError::NoPassport => StatusCode::CONFLICT,
        HostingError::NotActive => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    ApiError::new(status, "invalid_log", error.to_string()).into_response()
}

/// `GET /{label}/did.jsonl`: a member's log.
pub(crate) async fn member_log(State(site): State<Site>, Path(label): Path<String>) -> Response {
    match site.office.log(&label).await {
        Ok(Some(log)) => served(log.into()),
        Ok(None) => ApiError::not_found().into_response(),
        Err(fault) => Failed::from(fault).into_response(),
    }
}

fn served(log: Bytes) -> Response {
    ([(CONTENT_TYPE, LOG_TYPE), (CACHE_CONTROL, "public, max-age=60")], log).into_response()
}
