//! What wallets and resolvers call: the follow-up of an answer, requests for refills, and the space's own log.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, StatusCode};
use openid4vc::http::Method;
use openid4vc::secret::SecretHash;
use openid4vc::vp::link::RequestUriMethod;
use presentation::{Asking, ClientIdentifier, ProvenHolder, Way, for_use};
use serde::Deserialize;
use serde_json::json;
use verifier::asking::REQUEST_LIFETIME;
use verifier::deciding::handle_hash;
use verifier::renewing::REFILL;
use web::{ApiError, StrictJson, csrf};

use crate::site::{Failed, SpaceWeb};

/// `GET /follow-up/{handle}`.
pub(crate) async fn follow_up(
    State(site): State<SpaceWeb>,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Response {
    let path = format!("/follow-up/{handle}");
    let handle = handle_hash(&handle);
    let holder = match answer_holder(&site, handle, &headers, &path).await {
        Ok(holder) => holder,
        Err(refused) => return *refused,
    };
    match site.space.follow_up(handle, holder.thumbprint()).await {
        Ok(found) => ([(CACHE_CONTROL, "no-store")], Json(found)).into_response(),
        Err(error) => Failed::from(error).into_response(),
    }
}

/// Who proves to hold the key of the answer that is followed up. A proof by another key leaves nothing in the store.
async fn answer_holder(
    site: &SpaceWeb,
    handle: SecretHash,
    headers: &HeaderMap,
    path: &str,
) -> Result<ProvenHolder, Box<Response>> {
    let holder = site.presentation.proof_at(headers, Method::Get, path)?;
    match site.space.may_follow_up(handle, holder.thumbprint()).await {
        Ok(true) => {}
        Ok(false) => return Err(Box::new(ApiError::not_found().into_response())),
        Err(error) => return Err(Box::new(Failed::from(error).into_response())),
    }
    site.presentation.use_proof(&holder).await?;
    Ok(holder)
}

/// What is to be refilled.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[expect(dead_code, reason = "there is one kind; another is refused")]
    what: What,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Membership,
}

/// `POST /refill/requests`.
pub(crate) async fn refill(
    State(site): State<SpaceWeb>,
    headers: HeaderMap,
    StrictJson(_): StrictJson<Wanted>,
) -> Response {
    if csrf::same_origin(&headers).is_err() {
        let sentence = "requests are made by this space's own pages and by programs";
        return ApiError::new(StatusCode::FORBIDDEN, "invalid_request", sentence).into_response();
    }
    let Some(refill) = site.space.refill() else { return ApiError::not_found().into_response() };
    let asking = Asking {
        subject: refill.subject.to_owned(),
        query: refill.query,
        // Nobody is at a screen: what is offered goes to the wallet that answers.
        way: Way::NoScreen,
        encrypt: true,
        client: ClientIdentifier::default(),
        method: RequestUriMethod::Post,
        lifetime: REQUEST_LIFETIME,
    };
    match site.presentation.ask_saying(asking, &[for_use(REFILL)]).await {
        Ok(request) => {
            let body = json!({
                "link": request.link,
                "client_id": request.client_id,
                "request_uri": request.request_uri,
                "request_uri_method": request.request_uri_method,
            });
            ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Err(error) => Failed::from(error).into_response(),
    }
}
