//! Dereferencing DID URLs (DID Resolution CR, "DID URL Dereferencing"; did:webvh 1.0, "DID URL Resolution"): what a DID
//! URL means in a document that was resolved. Nothing is fetched here.

use serde_json::{Map, Value, json};
use url::Url;

use crate::document::{Document, Relationship, Service};
use crate::identifier::{Did, DidError, DidUrl};
use crate::percent;
use crate::resolution::{ErrorCode, Resolution, Version};
use crate::resolve::ResolveError;
use crate::web::Location;
use crate::webvh::{Identifier, resource_url};

/// A whole result of dereferencing.
pub const RESULT: &str = "application/did-url-dereferencing";

/// The media type of a list of addresses.
pub const ADDRESSES: &str = "text/uri-list";

/// The path at which a DID tells about its controller (did:webvh 1.0, "whois LinkedVP Service").
pub const WHOIS: &str = "/whois";

/// What a DID URL asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The DID.
    pub did: Did,
    /// The version of its document.
    pub version: Version,
    target: Target,
    fragment: Option<String>,
    /// What a key is expected to be for.
    relationship: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Document,
    Path(String),
    Services { service: Option<String>, kind: Option<String>, relative: Option<String> },
}

/// What services are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The document with the asked services alone.
    Document,
    /// The addresses that they have.
    Addresses,
}

/// What a DID URL means.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Dereferenced {
    /// A document, or one with some of its services.
    Document(Box<Resolution>),
    /// A verification method or service of the document, with the context of the document.
    Part(Value),
    /// Addresses of services.
    Addresses(Vec<String>),
    /// The address of a resource that a path names.
    Resource(String),
}

impl Reference {
    /// Reads a DID URL.
    ///
    /// # Errors
    /// [`ResolveError::Options`] for parameters that are malformed, doubled or contradict each other or the path,
    /// [`ResolveError::Feature`] for those that are not known here.
    pub fn read(url: &DidUrl) -> Result<Self, ResolveError> {
        let (versions, services) = split(url.query())?;
        let version = Version::of_query(versions.as_deref())?;
        let target = match (url.path(), services) {
            ("", services) if services.is_empty() => Target::Document,
            ("", services) => Target::of_services(services)?,
            (path, services) if services.is_empty() => Target::Path(path.to_owned()),
            _ => return Err(ResolveError::Options),
        };
        let fragment = url.fragment().map(str::to_owned);
        Ok(Self { did: url.did().clone(), version, target, fragment, relationship: None })
    }

    /// This reference with the version that was asked for beside the DID URL.
    ///
    /// # Errors
    /// [`ResolveError::Options`] if the DID URL asks for one itself.
    pub fn of_version(self, version: Version) -> Result<Self, ResolveError> {
        match (&self.version, version) {
            (_, Version::Latest) => Ok(self),
            (Version::Latest, version) => Ok(Self { version, ..self }),
            _ => Err(ResolveError::Options),
        }
    }

    /// This reference, which must give a verification method that is listed under `relationship`, the option
    /// `verificationRelationship`. The name may be any: no document lists a key under one that is not known here.
    #[must_use]
    pub fn of_relationship(self, relationship: String) -> Self {
        Self { relationship: Some(relationship), ..self }
    }

    /// Whether this is a DID, with a version or without, and nothing else.
    #[must_use]
    pub fn is_document(&self) -> bool {
        self.target == Target::Document && self.fragment.is_none() && self.relationship.is_none()
    }

    /// Whether this asks what the DID tells about its controller.
    #[must_use]
    pub fn is_whois(&self) -> bool {
        self.fragment.is_none() && matches!(&self.target, Target::Path(path) if path == WHOIS)
    }

    /// What this means in the resolved document of its DID.
    ///
    /// # Errors
    /// [`ResolveError::NotFound`] for what the document does not have, [`ResolveError::Endpoint`] for a service that is
    /// not at one web address, [`ResolveError::Options`] for a relative reference that leads away from its service,
    /// [`ResolveError::VerificationMethod`] and [`ResolveError::Relationship`] where a key for a purpose was asked for.
    pub fn find(&self, resolved: Resolution, wanted: Wanted) -> Result<Dereferenced, ResolveError> {
        if let Some(relationship) = &self.relationship {
            self.check_relationship(&resolved.document, relationship)?;
        }
        match &self.target {
            Target::Document => match &self.fragment {
                None => Ok(Dereferenced::Document(Box::new(resolved))),
                Some(fragment) => part(&resolved.document, fragment).map(Dereferenced::Part),
            },
            Target::Path(path) => {
                let address = resource_url(&resolved.document, path)?;
                self.with_fragment(address).map(Dereferenced::Resource)
            }
            Target::Services { service, kind, relative } => {
                let asked = Asked { service: service.as_deref(), kind: kind.as_deref() };
                match (wanted, relative) {
                    (Wanted::Document, None) => {
                        let document = with_services(&resolved.document, &asked)?;
                        let metadata = resolved.metadata;
                        Ok(Dereferenced::Document(Box::new(Resolution { document, metadata })))
                    }
                    _ => self.addresses(&resolved.document, &asked, relative.as_deref()),
                }
            }
        }
    }

    /// "Dereferencing the Fragment", with the option `verificationRelationship`; the controller as Controlled Identifiers
    /// 1.0 §3.3 demands it.
    fn check_relationship(&self, document: &Document, relationship: &str) -> Result<(), ResolveError> {
        let (Target::Document, Some(fragment)) = (&self.target, &self.fragment) else {
            return Err(ResolveError::VerificationMethod);
        };
        let url = document.id().with_fragment(fragment).map_err(|_| ResolveError::Did(DidError::Url))?;
        let Ok(method) = document.verification_method(&url) else {
            let is_service = document.service(fragment).is_some();
            return Err(if is_service { ResolveError::VerificationMethod } else { ResolveError::NotFound });
        };
        document.check_controller(&method).map_err(|_| ResolveError::VerificationMethod)?;
        let known = Relationship::ALL.iter().find(|known| known.name() == relationship);
        match known {
            Some(known) if document.references(*known).contains(&url) => Ok(()),
            _ => Err(ResolveError::Relationship),
        }
    }

    fn addresses(
        &self,
        document: &Document,
        asked: &Asked<'_>,
        relative: Option<&str>,
    ) -> Result<Dereferenced, ResolveError> {
        let mut addresses = Vec::new();
        for service in document.services().iter().filter(|service| asked.selects(document, service)) {
            for endpoint in endpoints(service) {
                let address = match relative {
                    Some(relative) => joined(service, endpoint, relative)?,
                    None => endpoint.to_owned(),
                };
                addresses.push(self.with_fragment(address)?);
            }
        }
        if addresses.is_empty() {
            Err(ResolveError::NotFound)
        } else {
            Ok(Dereferenced::Addresses(addresses))
        }
    }

    /// An address inherits the fragment of the DID URL and must not have one itself.
    fn with_fragment(&self, address: String) -> Result<String, ResolveError> {
        match &self.fragment {
            None => Ok(address),
            Some(_) if address.contains('#') => Err(ResolveError::Options),
            Some(fragment) => Ok(format!("{address}#{fragment}")),
        }
    }
}

impl Target {
    fn of_services(parameters: Vec<(String, String)>) -> Result<Self, ResolveError> {
        let (mut service, mut kind, mut relative) = (None, None, None);
        for (name, value) in parameters {
            let place = match name.as_str() {
                "service" => &mut service,
                "serviceType" => &mut kind,
                _ => &mut relative,
            };
            if value.is_empty() || place.replace(value).is_some() {
                return Err(ResolveError::Options);
            }
        }
        if service.is_none() && kind.is_none() {
            return Err(ResolveError::Options);
        }
        Ok(Self::Services { service, kind, relative })
    }
}

/// The parameters that choose services, decoded, and the query without them.
type Parameters = (Option<String>, Vec<(String, String)>);

fn split(query: Option<&str>) -> Result<Parameters, ResolveError> {
    let (mut others, mut services) = (Vec::new(), Vec::new());
    for pair in query.into_iter().flat_map(|query| query.split('&')) {
        match pair.split_once('=') {
            Some((name @ ("service" | "serviceType" | "relativeRef"), value)) => {
                services.push((name.to_owned(), percent::decode(value).ok_or(ResolveError::Options)?));
            }
            _ => others.push(pair),
        }
    }
    Ok(((!others.is_empty()).then(|| others.join("&")), services))
}

/// Which services are asked for.
struct Asked<'a> {
    service: Option<&'a str>,
    kind: Option<&'a str>,
}

impl Asked<'_> {
    /// A service is named by its fragment, with or without `#`, or by its whole id.
    fn selects(&self, document: &Document, service: &Service<'_>) -> bool {
        let named = |name: &str| match name.strip_prefix('#') {
            Some(fragment) => service.id() == format!("{}#{fragment}", document.id()),
            None => service.id() == name || service.id() == format!("{}#{name}", document.id()),
        };
        self.service.is_none_or(named) && self.kind.is_none_or(|kind| service.is(kind))
    }
}

/// The addresses of a service; a map has none.
fn endpoints<'a>(service: &'a Service<'_>) -> Vec<&'a str> {
    match service.endpoint() {
        Value::String(address) => vec![address],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether `address` lies at the DID's own place on the web: at its host, below its folder. Another address is a word of
/// whoever wrote the document about somebody who need not know of it. Of a DID that moved, the place is that of the DID
/// that is asked about: there its log was read.
#[must_use]
pub fn is_own(did: &Did, address: &str) -> bool {
    let location = match did.method() {
        "web" => Location::of_did_web(did).ok(),
        _ => Identifier::of(did).ok().map(|identifier| identifier.location().clone()),
    };
    let base = location.and_then(|location| Url::parse(&format!("{}/", location.base())).ok());
    // Parsed, so that no dot segment leads out of the folder.
    let (Some(base), Ok(address)) = (base, Url::parse(address)) else { return false };
    is_same_host(&base, &address)
        && address.path().starts_with(base.path())
        && !hides_segments(address.path())
}

/// Whether a path has slashes or dots that are written so that only some servers take them for such: to these it leads
/// out of the folder that it seems to lie in.
fn hides_segments(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["%2f", "%5c", "%2e", "\\"].iter().any(|hidden| path.contains(hidden))
}

fn is_same_host(base: &Url, address: &Url) -> bool {
    address.scheme() == base.scheme()
        && address.host() == base.host()
        && address.port_or_known_default() == base.port_or_known_default()
        && address.username() == base.username()
        && address.password() == base.password()
}

/// A service of the type `relativeRef` appends (did:webvh 1.0, "DID URL Path Resolution"); every other resolves by
/// RFC 3986 §5. Neither leads to another host: the DID's controller named that one, and not who wrote the DID URL.
fn joined(service: &Service<'_>, endpoint: &str, relative: &str) -> Result<String, ResolveError> {
    if service.is("relativeRef") && relative.starts_with('/') {
        return crate::webvh::appended(endpoint, relative);
    }
    let base = Url::parse(endpoint).map_err(|_| ResolveError::Endpoint)?;
    let address = base.join(relative).map_err(|_| ResolveError::Options)?;
    if is_same_host(&base, &address) { Ok(address.into()) } else { Err(ResolveError::Options) }
}

/// The verification method or service with this fragment.
fn part(document: &Document, fragment: &str) -> Result<Value, ResolveError> {
    let url = document.id().with_fragment(fragment).map_err(|_| ResolveError::Did(DidError::Url))?;
    let methods = document.verification_methods();
    let method = methods.iter().find(|method| *method.id() == url).map(|method| method.members().clone());
    let found = method.or_else(|| document.service(fragment).map(|service| service.members().clone()));
    let mut members = found.ok_or(ResolveError::NotFound)?;
    members.insert("id".to_owned(), Value::from(url.to_string()));
    if let (Some(context), false) = (document.members().get("@context"), members.contains_key("@context")) {
        members.insert("@context".to_owned(), context.clone());
    }
    Ok(Value::Object(members))
}

/// The document with the asked services alone.
fn with_services(document: &Document, asked: &Asked<'_>) -> Result<Document, ResolveError> {
    let services = document.services();
    let selected = services.iter().filter(|service| asked.selects(document, service));
    let kept: Vec<Value> = selected.map(|service| Value::Object(service.members().clone())).collect();
    if kept.is_empty() {
        return Err(ResolveError::NotFound);
    }
    let mut members = document.members().clone();
    members.insert("service".to_owned(), Value::Array(kept));
    Ok(Document::from_members(members)?)
}

/// The whole result as JSON, where a success is `content` of `content_type` and its metadata.
#[must_use]
pub fn to_value(outcome: &Result<(Value, &str, Map<String, Value>), ResolveError>) -> Value {
    let result = |dereferencing: Value, content: Value, metadata: Value| json!({"dereferencingMetadata": dereferencing, "content": content, "contentMetadata": metadata});
    match outcome {
        Ok((content, content_type, metadata)) => {
            result(json!({"contentType": content_type}), content.clone(), Value::Object(metadata.clone()))
        }
        Err(ResolveError::Deactivated(metadata)) => result(json!({}), Value::Null, metadata.to_value()),
        Err(error) => {
            let code: ErrorCode = error.code();
            let problem =
                json!({"type": code.type_url(), "title": code.title(), "detail": error.to_string()});
            result(json!({"error": problem}), Value::Null, json!({}))
        }
    }
}

#[cfg(test)]
mod tests;
