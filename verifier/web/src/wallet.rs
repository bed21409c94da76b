//! What wallets and resolvers call: the follow-up of an answer, and the space's own log.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use openid4vc::http::Method;
use openid4vc::secret::SecretHash;
use presentation::ProvenHolder;
use verifier::deciding::handle_hash;
use web::ApiError;

use crate::site::{Failed, SpaceWeb};

/// The media type of a did:webvh log.
const LOG_TYPE: &str = "text/jsonl; charset=utf-8";

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

/// `GET /.well-known/did.jsonl`.
pub(crate) async fn own_log(State(site): State<SpaceWeb>) -> Response {
    ([(CONTENT_TYPE, LOG_TYPE), (CACHE_CONTROL, "public, max-age=60")], site.did_log).into_response()
}
