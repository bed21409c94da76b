//! A dereferenced DID URL as an HTTP answer (DID Resolution, "HTTP(S) Binding").

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use did::dereference::{self, ADDRESSES, Dereferenced, Reference, Wanted};
use did::{DocumentMetadata, Resolution, ResolveError, resolution};
use did_resolver::ServedPresentation;
use http::header::{CACHE_CONTROL, LOCATION, VARY};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};

use crate::answer::{fits, keeping, written};
use crate::{Form, Site};

/// What was found, ready to be written.
enum Found {
    /// A document, with its metadata.
    Document(Box<Resolution>),
    /// A part of a document.
    Part(Value),
    /// Addresses.
    Addresses(Vec<String>),
    /// A presentation.
    Presentation(ServedPresentation),
}

/// Dereferences `asked` and answers in `form`.
pub(crate) async fn answer(site: &Site, form: Form, asked: &Reference) -> Response {
    match find(site, form, asked).await {
        Ok((found, kept)) => match form {
            Form::Dereferencing => whole(found, &kept),
            Form::Address => address(found),
            Form::Presentation => presentation(found, &kept),
            form => document(form, found, &kept),
        },
        Err(error) => refused(error),
    }
}

/// A refusal as a whole result: there is nothing to be given alone.
pub(crate) fn refused(error: ResolveError) -> Response {
    let outcome: Result<Resolution, ResolveError> = Err(error);
    let status = status_of(&outcome);
    let kept = keeping(&outcome);
    let body = match outcome {
        Err(error) => dereference::to_value(&Err(error)),
        Ok(_) => Value::Null,
    };
    written(status, Form::Dereferencing.media_type(), body.to_string(), &kept)
}

fn status_of(outcome: &Result<Resolution, ResolveError>) -> StatusCode {
    StatusCode::from_u16(resolution::status(outcome)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

async fn find(site: &Site, form: Form, asked: &Reference) -> Result<(Found, String), ResolveError> {
    let resolved = site.resolver.resolve_version(&asked.did, &asked.version).await;
    let kept = keeping(&resolved);
    let wanted = if form == Form::Address { Wanted::Addresses } else { Wanted::Document };
    let found = match asked.find(resolved?, wanted)? {
        Dereferenced::Document(resolution) => Found::Document(resolution),
        Dereferenced::Part(part) => Found::Part(part),
        Dereferenced::Addresses(addresses) => Found::Addresses(addresses),
        // Who wrote the document may name any address: of one that is not the DID's own the address alone is told.
        Dereferenced::Resource(address)
            if form == Form::Address || !asked.is_whois() || !dereference::is_own(&asked.did, &address) =>
        {
            Found::Addresses(vec![address])
        }
        Dereferenced::Resource(address) => {
            let presentations = site.presentations.as_ref().ok_or(ResolveError::Feature)?;
            Found::Presentation(presentations.fetch(&address).await?)
        }
        _ => return Err(ResolveError::Feature),
    };
    Ok((found, kept))
}

/// The result with its metadata.
fn whole(found: Found, kept: &str) -> Response {
    let document = Form::Document.media_type();
    let outcome = match found {
        Found::Document(found) => Ok((found.document.to_value(), document, members(&found.metadata))),
        Found::Part(part) => Ok((part, document, Map::new())),
        Found::Addresses(addresses) => Ok((Value::from(addresses.join("\r\n")), ADDRESSES, Map::new())),
        // What is no JSON is told as text, as a token is.
        Found::Presentation(served) => match String::from_utf8(served.body) {
            Ok(text) => {
                let content = serde_json::from_str(&text).unwrap_or(Value::String(text));
                Ok((content, served.media_type, Map::new()))
            }
            Err(_) => Err(ResolveError::Representation),
        },
    };
    match outcome {
        Ok(outcome) => {
            let body = dereference::to_value(&Ok(outcome)).to_string();
            written(StatusCode::OK, Form::Dereferencing.media_type(), body, kept)
        }
        Err(error) => refused(error),
    }
}

fn members(metadata: &DocumentMetadata) -> Map<String, Value> {
    match metadata.to_value() {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The redirection to the first address. It is for whoever asked for addresses by name.
fn address(found: Found) -> Response {
    let Found::Addresses(addresses) = found else { return refused(ResolveError::Representation) };
    let first = addresses.first().map(String::as_str).unwrap_or_default();
    let is_on_the_web = first.starts_with("https://") || first.starts_with("http://");
    let Some(location) = HeaderValue::from_str(first).ok().filter(|_| is_on_the_web) else {
        return refused(ResolveError::Endpoint);
    };
    let mut response = (StatusCode::SEE_OTHER, Body::empty()).into_response();
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn presentation(found: Found, kept: &str) -> Response {
    match found {
        Found::Presentation(served) => written(StatusCode::OK, served.media_type, served.body, kept),
        _ => refused(ResolveError::Representation),
    }
}

/// The document, or the part of it, alone.
fn document(form: Form, found: Found, kept: &str) -> Response {
    let body = match found {
        Found::Document(found) if fits(form, &found) => found.document.to_value(),
        Found::Part(part) if form != Form::JsonLdDocument || part.get("@context").is_some() => part,
        _ => return refused(ResolveError::Representation),
    };
    written(StatusCode::OK, form.media_type(), body.to_string(), kept)
}
