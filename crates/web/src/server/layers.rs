//! The layers that every party gets.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use environment::{Randomness, SystemRandomness};
use http::header::{
    ACCEPT, ACCEPT_LANGUAGE, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, REFERRER_POLICY,
};
use http::header::{TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use super::TimeLimits;
use crate::errors::plain_refusal;
use crate::{csp, operations, permissions};

/// Set unless the route sets its own.
const DEFAULTS: [(HeaderName, &str); 7] = [
    (csp::HEADER, csp::STRICT),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (permissions::HEADER, permissions::STRICT),
    (CACHE_CONTROL, "no-store"),
];

/// The limit of bodies is kept where one is read, and not before: some routes have one answer for all that they refuse, and an
/// endless body is no exception to it.
pub(super) fn standard(router: Router, body_limit: usize, time_limits: TimeLimits) -> Router {
    router
        .layer(DefaultBodyLimit::max(body_limit))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::new(time_limits), around))
}

/// What a panic says may hold anything, so none of it goes further than the panic hook.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Request id, trace, time limit, the form of refusals, and headers. Paths are told as their pattern
/// alone: real ones hold codes and names.
async fn around(State(time_limits): State<Arc<TimeLimits>>, request: Request, next: Next) -> Response {
    let id = request_id();
    let reader = reader(request.headers());
    let method = request.method().clone();
    let pattern = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", %id, %method, pattern);
    let time_limit = time_limits.of(&pattern);
    let started = Instant::now();
    let answered = if is_chunked_at_most(request.headers()) {
        tokio::time::timeout(time_limit, next.run(request)).instrument(span.clone()).await
    } else {
        Ok((StatusCode::NOT_IMPLEMENTED, [(CONNECTION, "close")]).into_response())
    };
    let mut response = match answered {
        Ok(response) => in_our_form(response, &reader),
        Err(_) => plain_refusal(StatusCode::SERVICE_UNAVAILABLE, &reader),
    };
    let status = response.status().as_u16();
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::debug!(status, milliseconds, "answered"));
    operations::count("passport_http_requests_total", &[("status", response.status().as_str())]);
    let headers = response.headers_mut();
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// Whether no transfer coding was used but the one that is understood, once (RFC 9112 §6.1, §7). hyper decodes the last
/// coding and would hand over what is still in the others.
fn is_chunked_at_most(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let Some(first) = codings.next() else { return true };
    codings.next().is_none() && first.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")
}

fn request_id() -> String {
    let randomness: &dyn Randomness = &SystemRandomness;
    jose::base64url::encode(randomness.bytes::<9>())
}

/// What of a request decides the form of a refusal.
fn reader(headers: &HeaderMap) -> HeaderMap {
    let kept = [ACCEPT, ACCEPT_LANGUAGE];
    HeaderMap::from_iter(
        kept.into_iter().filter_map(|name| Some((name.clone(), headers.get(&name)?.clone()))),
    )
}

/// Refusals of the router, the extractors and the layers are bare or plain text that may repeat what was
/// sent; they become a page or JSON.
fn in_our_form(response: Response, reader: &HeaderMap) -> Response {
    let status = response.status();
    let plain =
        response.headers().get(CONTENT_TYPE).is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
    let servers_own = matches!(status.as_u16(), 400 | 404 | 405 | 413 | 415 | 421 | 422 | 500 | 501);
    if !(plain && servers_own) {
        return response;
    }
    let mut ours = plain_refusal(status, reader);
    for name in [ALLOW, CONNECTION] {
        if let Some(value) = response.headers().get(&name) {
            ours.headers_mut().insert(name, value.clone());
        }
    }
    ours
}
