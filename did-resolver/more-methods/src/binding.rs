//! The HTTP binding (DID Resolution, "HTTP(S) Binding"), as `did-resolver/web` speaks it.

use axum::Router;
use axum::extract::RawQuery;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::{ResolveError, resolve};

const PATH: &str = "/1.0/identifiers/";

/// Who made a result; stands in it as `resolver`.
const NAME: &str = concat!("more-methods/", env!("CARGO_PKG_VERSION"));

/// Media types under which a whole result goes, the first one first.
const RESULTS: [&str; 3] = [
    "application/did-resolution",
    "application/json",
    "application/ld+json;profile=\"https://w3id.org/did-resolution\"",
];
/// Media types of the document alone.
const DOCUMENTS: [&str; 2] = ["application/did", "application/did+ld+json"];

/// What it serves: `GET /1.0/identifiers/{did}` and `GET /healthz`.
pub fn router() -> Router {
    Router::new().route("/1.0/identifiers/{*did}", get(identifiers)).route("/healthz", get(async || "ok\n"))
}

async fn identifiers(uri: Uri, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let Some(media_type) = form(&headers) else {
        return answer(RESULTS[0], Err(ResolveError::RepresentationNotSupported));
    };
    let outcome = match (identifier(uri.path()), query.as_deref().unwrap_or_default()) {
        (None, _) => Err(ResolveError::InvalidDid),
        // None of these methods has versions here.
        (Some(_), query) if !query.is_empty() => Err(ResolveError::FeatureNotSupported),
        (Some(did), _) if did.contains(['?', '/', '#']) => Err(ResolveError::FeatureNotSupported),
        (Some(did), _) => resolve(&did).await,
    };
    answer(media_type, outcome)
}

/// The DID as it is written in the path, itself or encoded once.
fn identifier(path: &str) -> Option<String> {
    let written = path.strip_prefix(PATH)?;
    percent_decode_str(written).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// The first media type of `Accept` that is served. Weights are not looked at: the one that asks is `did-resolver`.
fn form(headers: &HeaderMap) -> Option<&'static str> {
    let fields: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|field| field.to_str().ok()).collect();
    let asked = fields.join(",");
    if asked.trim().is_empty() {
        return Some(RESULTS[0]);
    }
    asked.split(',').find_map(|range| {
        let name = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if matches!(name.as_str(), "*/*" | "application/*") {
            return Some(RESULTS[0]);
        }
        RESULTS
            .iter()
            .chain(&DOCUMENTS)
            .copied()
            .find(|served| served.split(';').next() == Some(name.as_str()))
    })
}

fn answer(media_type: &'static str, outcome: Result<Value, ResolveError>) -> Response {
    let (status, media_type, body) = match outcome {
        Ok(document) if DOCUMENTS.contains(&media_type) => (StatusCode::OK, media_type, document),
        Ok(document) => {
            (StatusCode::OK, media_type, result(json!({"contentType": "application/did"}), document))
        }
        Err(error) => {
            let media_type = if DOCUMENTS.contains(&media_type) { RESULTS[0] } else { media_type };
            let (status, name, title) = problem(error);
            let error = json!({"type": format!("https://www.w3.org/ns/did#{name}"), "title": title});
            (status, media_type, result(json!({"error": error}), Value::Null))
        }
    };
    let headers = [(CONTENT_TYPE, media_type), (VARY, "accept"), (CACHE_CONTROL, "max-age=86400")];
    (status, headers, body.to_string()).into_response()
}

fn result(mut resolution: Value, document: Value) -> Value {
    if let Some(members) = resolution.as_object_mut() {
        members.insert("resolver".to_owned(), Value::from(NAME));
    }
    json!({"didResolutionMetadata": resolution, "didDocument": document, "didDocumentMetadata": {}})
}

fn problem(error: ResolveError) -> (StatusCode, &'static str, &'static str) {
    match error {
        ResolveError::InvalidDid => (StatusCode::BAD_REQUEST, "INVALID_DID", "The DID is not valid."),
        ResolveError::NotFound => {
            (StatusCode::NOT_FOUND, "NOT_FOUND", "The document cannot be made from the DID alone.")
        }
        ResolveError::MethodNotSupported => {
            (StatusCode::NOT_IMPLEMENTED, "METHOD_NOT_SUPPORTED", "The DID method is not supported.")
        }
        ResolveError::FeatureNotSupported => {
            (StatusCode::NOT_IMPLEMENTED, "FEATURE_NOT_SUPPORTED", "A feature is not supported.")
        }
        ResolveError::RepresentationNotSupported => (
            StatusCode::NOT_ACCEPTABLE,
            "REPRESENTATION_NOT_SUPPORTED",
            "The representation is not supported.",
        ),
        ResolveError::Internal => {
            (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "The DID could not be resolved.")
        }
    }
}
