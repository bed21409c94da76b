//! What a did:webvh document has without saying so, and the did:web document beside it.

use serde_json::{Map, Value, json};
use url::Url;

use super::Identifier;
use crate::dereference::WHOIS;
use crate::document::{Document, DocumentError};
use crate::identifier::DidError;
use crate::resolve::ResolveError;
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

/// The URL of the resource that a path after a DID names, by the services of the DID's resolved document: `/whois` by
/// `#whois` (`application/vp`), every other path by `#files`.
///
/// # Errors
/// [`ResolveError::NotFound`] without a path or such a service, [`ResolveError::Endpoint`] for a service that is not at one
/// web address, [`ResolveError::Did`] for a path that leaves its folder.
pub fn resource_url(document: &Document, path: &str) -> Result<String, ResolveError> {
    let endpoint = |fragment: &str| {
        let service = document.service(fragment).ok_or(ResolveError::NotFound)?;
        service.endpoint_url().map(str::to_owned).ok_or(ResolveError::Endpoint)
    };
    match path {
        "" => Err(ResolveError::NotFound),
        WHOIS => endpoint("whois").and_then(on_the_web),
        path => appended(&endpoint("files")?, path),
    }
}

/// `path` below `endpoint`.
pub(crate) fn appended(endpoint: &str, path: &str) -> Result<String, ResolveError> {
    let endpoint = on_the_web(endpoint.to_owned())?;
    // Where a query or a fragment ends the address, nothing can be appended.
    if endpoint.contains(['?', '#']) {
        return Err(ResolveError::Endpoint);
    }
    let outside = ResolveError::Did(DidError::Url);
    // Dot segments would leave the folder. Only the path counts: what follows it is the resource's own.
    let folders = path.split(['?', '#']).next().unwrap_or_default();
    let decoded = crate::percent::decode(folders).ok_or(outside.clone())?;
    if decoded.split(['/', '\\']).any(|segment| matches!(segment, "." | "..")) {
        return Err(outside);
    }
    Ok(format!("{}{path}", endpoint.trim_end_matches('/')))
}

fn on_the_web(endpoint: String) -> Result<String, ResolveError> {
    let is_on_the_web = |url: &Url| matches!(url.scheme(), "https" | "http") && url.has_host();
    if Url::parse(&endpoint).is_ok_and(|url| is_on_the_web(&url)) {
        Ok(endpoint)
    } else {
        Err(ResolveError::Endpoint)
    }
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

/// Why a did:web is not the parallel one of a did:webvh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParallelFault {
    /// The did:webvh's document does not name the did:web in `alsoKnownAs`.
    #[error("the did:webvh does not name the did:web in alsoKnownAs")]
    NotNamed,
    /// The did:web's document does not name the did:webvh in `alsoKnownAs`.
    #[error("the did:web does not name the did:webvh in alsoKnownAs")]
    NotNamedBack,
    /// The did:web's document is not the one that follows from the did:webvh's.
    #[error("the document of the did:web is not the one that follows from the did:webvh")]
    Differs,
    /// The document is not of a did:webvh.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

/// Checks that `web` is the parallel did:web of the resolved `webvh`: each names the other, and the document is the one that
/// follows. A did:web by itself has no history and no proof; one that passes here says no more than the did:webvh does.
///
/// # Errors
/// See [`ParallelFault`].
pub fn check_parallel(webvh: &Document, web: &Document) -> Result<(), ParallelFault> {
    let expected = parallel_did_web(webvh)?;
    if !webvh.also_known_as().any(|name| name == expected.id().as_str()) {
        return Err(ParallelFault::NotNamed);
    }
    if !web.also_known_as().any(|name| name == webvh.id().as_str()) {
        return Err(ParallelFault::NotNamedBack);
    }
    if *web == expected { Ok(()) } else { Err(ParallelFault::Differs) }
}
