//! What a did:webvh document has without saying so, and the did:web document beside it.

use serde_json::{Map, Value, json};

use super::Identifier;
use crate::document::{Document, DocumentError};
use crate::identifier::DidUrl;
use crate::web::Location;

/// Adds the implicit services `#files` and `#whois` unless the document has its own ("DID URL Path Resolution",
/// "whois LinkedVP Service").
pub(super) fn add_implicit(state: &mut Map<String, Value>, location: &Location) {
    let Some(id) = state.get("id").and_then(Value::as_str).map(str::to_owned) else { return };
    let mut services = match state.get("service") {
        None => Vec::new(),
        Some(Value::Array(services)) => services.clone(),
        Some(_) => return,
    };
    let has = |services: &[Value], fragment: &str| {
        services.iter().filter_map(|service| service.get("id").and_then(Value::as_str)).any(|service| {
            service == fragment || service.strip_prefix(id.as_str()).is_some_and(|rest| rest == fragment)
        })
    };
    let base = location.base();
    if !has(&services, "#files") {
        services.push(json!({
            "id": format!("{id}#files"), "type": "relativeRef", "serviceEndpoint": format!("{base}/"),
        }));
    }
    if !has(&services, "#whois") {
        services.push(json!({
            "@context": "https://identity.foundation/linked-vp/contexts/v1",
            "id": format!("{id}#whois"), "type": "LinkedVerifiablePresentation",
            "serviceEndpoint": format!("{base}/whois.vp"),
        }));
    }
    state.insert("service".to_owned(), Value::Array(services));
}

/// The URL of the resource that a DID URL with a path names, by the document's services: `/whois` by `#whois`
/// (`application/vp`), every other path by `#files`. `None` when there is no path or the service is not one web URL.
#[must_use]
pub fn resource_url(document: &Document, url: &DidUrl) -> Option<String> {
    if url.did() != document.id() || url.path().is_empty() {
        return None;
    }
    let endpoint = |fragment: &str| {
        let endpoint = document.service(fragment)?.endpoint_url()?.to_owned();
        (endpoint.starts_with("https://") || endpoint.starts_with("http://")).then_some(endpoint)
    };
    if url.path() == "/whois" {
        return endpoint("whois");
    }
    // Dot segments would leave the folder.
    let decoded = crate::percent::decode(url.path())?;
    if decoded.split(['/', '\\']).any(|segment| matches!(segment, "." | "..")) {
        return None;
    }
    Some(format!("{}{}", endpoint("files")?.trim_end_matches('/'), url.path()))
}

/// The document of the parallel did:web ("Publishing a Parallel `did:web` DID"), of a resolved did:webvh document.
///
/// # Errors
/// [`DocumentError::Id`] for a document that is not of a did:webvh.
pub fn parallel_did_web(resolved: &Document) -> Result<Document, DocumentError> {
    let identifier = Identifier::of(resolved.id()).map_err(|_| DocumentError::Id)?;
    let mut members = resolved.members().clone();
    add_implicit(&mut members, identifier.location());
    let webvh = format!("did:webvh:{}:", identifier.scid());
    let text = Value::Object(members).to_string().replace(&webvh, "did:web:");
    let Ok(Value::Object(mut members)) = jose::json::parse(text) else {
        return Err(DocumentError::NotAnObject);
    };
    let own = members.get("id").cloned().unwrap_or_default();
    let mut names: Vec<Value> = Vec::new();
    let listed = members.get("alsoKnownAs").and_then(Value::as_array).cloned().unwrap_or_default();
    for name in listed.into_iter().chain([Value::from(resolved.id().as_str())]) {
        if name != own && !names.contains(&name) {
            names.push(name);
        }
    }
    members.insert("alsoKnownAs".to_owned(), Value::Array(names));
    Document::from_members(members)
}
