//! What wallets and resolvers call: the follow-up of an answer, and the space's own log.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use openid4vc::http::Method;
use verifier::deciding::handle_hash;

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
    let holder = match site.presentation.holder_at(&headers, Method::Get, &path).await {
        Ok(holder) => holder,
        Err(refused) => return refused,
    };
    match site.space.follow_up(handle_hash(&handle), &holder).await {
        Ok(found) => ([(CACHE_CONTROL, "no-store")], Json(found)).into_response(),
        Err(error) => Failed::from(error).into_response(),
    }
}

/// `GET /.well-known/did.jsonl`.
pub(crate) async fn own_log(State(site): State<SpaceWeb>) -> Response {
    ([(CONTENT_TYPE, LOG_TYPE), (CACHE_CONTROL, "public, max-age=60")], site.did_log).into_response()
}
