//! An outcome as an HTTP answer (DID Resolution, "HTTP(S) Binding").

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use did::{DocumentMetadata, Resolution, ResolveError, resolution};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use crate::accept::Form;

/// For how many seconds others may keep what was fetched. We keep it ourselves, so this is short.
const FETCHED: u32 = 60;
/// For how many seconds others may keep what follows from the DID itself.
const SELF_CONTAINED: u32 = 86_400;
/// For how many seconds others may keep that there was nothing.
const ABSENT: u32 = 10;

/// The answer in `form`, of the resolver that was asked where it is not this one. Errors are always results: there is no
/// document to be given alone.
pub(crate) fn answer(
    form: Form,
    outcome: Result<Resolution, ResolveError>,
    asked_for: Option<&str>,
) -> Response {
    let outcome = outcome
        .and_then(|found| if fits(form, &found) { Ok(found) } else { Err(ResolveError::Representation) });
    let status =
        StatusCode::from_u16(resolution::status(&outcome)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (media_type, body) = match &outcome {
        Ok(found) if form.is_document() => (form.media_type(), found.document.to_value()),
        _ if form.is_document() => (Form::Result.media_type(), result(&outcome, asked_for)),
        _ => (form.media_type(), result(&outcome, asked_for)),
    };
    written(status, media_type, body.to_string(), &keeping(&outcome))
}

/// The whole result. Whoever gets one is told as `resolver` who made it, if another resolver did.
fn result(outcome: &Result<Resolution, ResolveError>, asked_for: Option<&str>) -> Value {
    let mut result = resolution::to_value(outcome);
    let metadata = result.get_mut("didResolutionMetadata").and_then(Value::as_object_mut);
    if let (Some(members), Some(resolver)) = (metadata, asked_for) {
        members.insert("resolver".to_owned(), Value::from(resolver));
    }
    result
}

/// An answer of `media_type` that may be kept as `kept` says.
pub(crate) fn written(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Body>,
    kept: &str,
) -> Response {
    let mut response = (status, body.into()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    if let Ok(kept) = HeaderValue::from_str(kept) {
        headers.insert(CACHE_CONTROL, kept);
    }
    response
}

/// A refusal in `form`, or in the result that belongs to it.
pub(crate) fn refused(form: Form, error: ResolveError) -> Response {
    match form {
        Form::Dereferencing | Form::Address | Form::Presentation => crate::dereferencing::refused(error),
        _ => answer(form, Err(error), None),
    }
}

/// A document without a context is no JSON-LD (DID Core 1.0 §6.3).
pub(crate) fn fits(form: Form, found: &Resolution) -> bool {
    form != Form::JsonLdDocument
        || found.document.members().get("@context").is_some_and(|context| *context != Value::Null)
}

pub(crate) fn keeping(outcome: &Result<Resolution, ResolveError>) -> String {
    match outcome {
        Ok(found) if matches!(found.document.id().method(), "key" | "jwk") => public(SELF_CONTAINED),
        Ok(found) => public(suggested(&found.metadata)),
        Err(ResolveError::Deactivated(metadata)) => public(suggested(metadata)),
        Err(ResolveError::NotFound) => public(ABSENT),
        Err(_) => "no-store".to_owned(),
    }
}

/// The controller's suggestion, as far as it is shorter than ours; 0 means not at all (did:webvh 1.0, `ttl`).
fn suggested(metadata: &DocumentMetadata) -> u32 {
    metadata.webvh.as_ref().map_or(FETCHED, |webvh| webvh.ttl.min(FETCHED))
}

fn public(seconds: u32) -> String {
    format!("public, max-age={seconds}")
}
