//! DID documents (DID Core 1.0 §5): typed reading of what a document says, and a builder for our own.

use std::collections::{HashMap, HashSet};

use jose::{Jwk, KeyError};
use serde_json::{Map, Value, json};

use crate::identifier::{Did, DidError, DidUrl};
use crate::multikey::{self, MultikeyError, PublicKey};

/// Why a JSON value is not a DID document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not a JSON object, or a member name is given twice.
    #[error("a DID document must be a JSON object")]
    NotAnObject,
    /// `id` is missing or no DID.
    #[error("the document's `id` must be a DID")]
    Id,
    /// `id` differs from the DID that was resolved (DID Resolution §4).
    #[error("the document's `id` is not the DID that was resolved")]
    OtherId,
    /// A verification method or a reference to one is malformed (DID Core 1.0 §5.2, §5.3).
    #[error("a verification method or a reference to one is malformed")]
    VerificationMethod,
    /// A service is malformed (DID Core 1.0 §5.4).
    #[error("a service is malformed")]
    Service,
    /// Two verification methods or two services have one id.
    #[error("an id is used twice in the document")]
    DuplicateId,
}

/// Why a document does not give a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyLookupError {
    /// The DID URL belongs to another document, or is more than a DID and a fragment.
    #[error("the DID URL does not point into this document")]
    Elsewhere,
    /// The document has no such verification method.
    #[error("the DID document has no such verification method")]
    NotFound,
    /// The verification method is not listed under the asked relationship.
    #[error("the DID document does not list the key for this purpose")]
    NotForThisPurpose,
    /// The verification method is controlled by another DID.
    #[error("the verification method is controlled by another DID")]
    OtherController,
    /// A verification method type or a key type that is not used here.
    #[error("the verification method is of a kind that is not used here")]
    Unsupported,
    /// The key is malformed.
    #[error("the verification method's key is malformed: {0}")]
    Key(KeyError),
}

/// For what a document lets a key be used (DID Core 1.0 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relationship {
    /// To show that the subject acts.
    Authentication,
    /// To state claims: credentials, status lists, bindings.
    AssertionMethod,
    /// To agree on encryption keys with the subject.
    KeyAgreement,
    /// To invoke a capability.
    CapabilityInvocation,
    /// To delegate a capability.
    CapabilityDelegation,
}

impl Relationship {
    /// All five.
    pub const ALL: &'static [Self] = &[
        Self::Authentication,
        Self::AssertionMethod,
        Self::KeyAgreement,
        Self::CapabilityInvocation,
        Self::CapabilityDelegation,
    ];

    /// The member of the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::AssertionMethod => "assertionMethod",
            Self::KeyAgreement => "keyAgreement",
            Self::CapabilityInvocation => "capabilityInvocation",
            Self::CapabilityDelegation => "capabilityDelegation",
        }
    }
}

/// A DID document whose `id`, verification methods and services are well formed.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    id: Did,
    members: Map<String, Value>,
}

/// One verification method of a document.
#[derive(Clone, Debug)]
pub struct VerificationMethod<'a> {
    id: DidUrl,
    members: &'a Map<String, Value>,
}

/// One service of a document.
#[derive(Clone, Debug)]
pub struct Service<'a> {
    id: String,
    members: &'a Map<String, Value>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// See [`DocumentError`].
    pub fn from_value(value: Value) -> Result<Self, DocumentError> {
        let Value::Object(members) = value else { return Err(DocumentError::NotAnObject) };
        Self::from_members(members)
    }

    /// Reads a document of its members.
    ///
    /// # Errors
    /// See [`DocumentError`].
    pub fn from_members(members: Map<String, Value>) -> Result<Self, DocumentError> {
        let id = members.get("id").and_then(Value::as_str).ok_or(DocumentError::Id)?;
        let document = Self { id: Did::parse(id).map_err(|_| DocumentError::Id)?, members };
        document.check_methods()?;
        document.check_services()?;
        Ok(document)
    }

    /// Reads a document from JSON text, strictly.
    ///
    /// # Errors
    /// See [`DocumentError`].
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self, DocumentError> {
        Self::from_value(jose::json::parse(text).map_err(|_| DocumentError::NotAnObject)?)
    }

    /// This document, if it is the one of `did`.
    ///
    /// # Errors
    /// [`DocumentError::OtherId`].
    pub fn of(self, did: &Did) -> Result<Self, DocumentError> {
        if self.id == *did { Ok(self) } else { Err(DocumentError::OtherId) }
    }

    fn check_methods(&self) -> Result<(), DocumentError> {
        let mut ids = HashSet::new();
        let mut method = |value| -> Result<(), DocumentError> {
            let id = self.method_id(value).ok_or(DocumentError::VerificationMethod)?;
            if ids.insert(self.relative(id)) { Ok(()) } else { Err(DocumentError::DuplicateId) }
        };
        for value in self.list("verificationMethod").ok_or(DocumentError::VerificationMethod)? {
            method(value)?;
        }
        for relationship in Relationship::ALL {
            for value in self.list(relationship.name()).ok_or(DocumentError::VerificationMethod)? {
                match value {
                    Value::String(reference) if DidUrl::check_relative(&self.id, reference).is_ok() => {}
                    Value::Object(_) => method(value)?,
                    _ => return Err(DocumentError::VerificationMethod),
                }
            }
        }
        Ok(())
    }

    fn check_services(&self) -> Result<(), DocumentError> {
        let mut ids = HashSet::new();
        for value in self.list("service").ok_or(DocumentError::Service)? {
            let service = value.as_object().ok_or(DocumentError::Service)?;
            let id = service.get("id").and_then(Value::as_str).ok_or(DocumentError::Service)?;
            if !service.contains_key("serviceEndpoint") || !service.contains_key("type") {
                return Err(DocumentError::Service);
            }
            if !ids.insert(self.relative(id)) {
                return Err(DocumentError::DuplicateId);
            }
        }
        Ok(())
    }

    /// The id of a verification method, as it stands there.
    fn method_id<'a>(&self, value: &'a Value) -> Option<&'a str> {
        let members = value.as_object()?;
        members.get("type")?.as_str()?;
        let id = members.get("id")?.as_str()?;
        DidUrl::check_relative(&self.id, id).is_ok().then_some(id)
    }

    /// An id without this document's DID in front: two ids are the same when these are.
    fn relative<'a>(&self, id: &'a str) -> &'a str {
        id.strip_prefix(self.id.as_str()).filter(|rest| rest.starts_with('#')).unwrap_or(id)
    }

    /// The array at `name`; empty when absent, `None` when it is something else.
    fn list(&self, name: &str) -> Option<&[Value]> {
        self.members.get(name).map_or(Some(&[][..]), |value| value.as_array().map(Vec::as_slice))
    }

    fn method_of<'a>(&self, value: &'a Value) -> Option<VerificationMethod<'a>> {
        let members = value.as_object()?;
        members.get("type")?.as_str()?;
        let id = DidUrl::parse_relative(&self.id, members.get("id")?.as_str()?).ok()?;
        Some(VerificationMethod { id, members })
    }

    fn service_of<'a>(&self, value: &'a Value) -> Option<Service<'a>> {
        let members = value.as_object()?;
        let id = members.get("id")?.as_str()?;
        let id = if id.starts_with('#') { format!("{}{id}", self.id) } else { id.to_owned() };
        Some(Service { id, members })
    }

    /// The DID this document is about.
    #[must_use]
    pub const fn id(&self) -> &Did {
        &self.id
    }

    /// All members as they were read.
    #[must_use]
    pub const fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// The document as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Object(self.members.clone())
    }

    /// The strings of `alsoKnownAs`.
    pub fn also_known_as(&self) -> impl Iterator<Item = &str> {
        self.list("alsoKnownAs").unwrap_or_default().iter().filter_map(Value::as_str)
    }

    /// The verification methods: those listed, then those embedded in a relationship.
    #[must_use]
    pub fn verification_methods(&self) -> Vec<VerificationMethod<'_>> {
        let listed = self.list("verificationMethod").unwrap_or_default().iter();
        let embedded = Relationship::ALL
            .iter()
            .flat_map(|relationship| self.list(relationship.name()).unwrap_or_default());
        listed.chain(embedded).filter_map(|value| self.method_of(value)).collect()
    }

    /// The verification method at `url`.
    ///
    /// # Errors
    /// [`KeyLookupError::Elsewhere`] or [`KeyLookupError::NotFound`].
    pub fn verification_method(&self, url: &DidUrl) -> Result<VerificationMethod<'_>, KeyLookupError> {
        if !self.is_own_part(url) {
            return Err(KeyLookupError::Elsewhere);
        }
        self.verification_methods()
            .into_iter()
            .find(|method| method.id == *url)
            .ok_or(KeyLookupError::NotFound)
    }

    /// Whether a DID URL is this DID and a fragment, and nothing else.
    fn is_own_part(&self, url: &DidUrl) -> bool {
        url.did() == &self.id && url.is_plain() && url.fragment().is_some()
    }

    /// The DID URLs listed under `relationship`, embedded methods among them.
    #[must_use]
    pub fn references(&self, relationship: Relationship) -> Vec<DidUrl> {
        let reference = |value: &Value| match value {
            Value::String(text) => DidUrl::parse_relative(&self.id, text).ok(),
            embedded => self.method_of(embedded).map(|method| method.id),
        };
        self.list(relationship.name()).unwrap_or_default().iter().filter_map(reference).collect()
    }

    /// The key at `url`, if it is listed under `relationship`.
    ///
    /// # Errors
    /// See [`KeyLookupError`].
    pub fn key(&self, url: &DidUrl, relationship: Relationship) -> Result<Jwk, KeyLookupError> {
        let method = self.verification_method(url)?;
        if !self.references(relationship).contains(url) {
            return Err(KeyLookupError::NotForThisPurpose);
        }
        self.check_controller(&method)?;
        method.jwk()
    }

    /// Every key of ours listed under `relationship`, with its DID URL; kinds that are not used here are left out.
    #[must_use]
    pub fn keys(&self, relationship: Relationship) -> Vec<(DidUrl, Jwk)> {
        let methods = self.verification_methods().into_iter();
        let methods: HashMap<DidUrl, VerificationMethod<'_>> =
            methods.map(|method| (method.id.clone(), method)).collect();
        let key = |url: DidUrl| {
            let method = methods.get(&url).filter(|_| self.is_own_part(&url))?;
            self.check_controller(method).ok()?;
            method.jwk().ok().map(|key| (url, key))
        };
        self.references(relationship).into_iter().filter_map(key).collect()
    }

    /// The DID URL under which `key` is listed for `relationship`: whether the document knows this key, for
    /// certificates whose key must be in the document.
    #[must_use]
    pub fn lists(&self, key: &Jwk, relationship: Relationship) -> Option<DidUrl> {
        self.keys(relationship).into_iter().find(|(_, listed)| listed == key).map(|(url, _)| url)
    }

    /// A method of another controller speaks for that controller (Controlled Identifiers 1.0 §3.3). Deployed logs
    /// leave `controller` out; then the document itself is meant.
    pub(crate) fn check_controller(&self, method: &VerificationMethod<'_>) -> Result<(), KeyLookupError> {
        match method.members.get("controller") {
            None => Ok(()),
            Some(controller) if controller.as_str() == Some(self.id.as_str()) => Ok(()),
            Some(_) => Err(KeyLookupError::OtherController),
        }
    }

    /// The services.
    #[must_use]
    pub fn services(&self) -> Vec<Service<'_>> {
        let services = self.list("service").unwrap_or_default().iter();
        services.filter_map(|value| self.service_of(value)).collect()
    }

    /// The service with this fragment.
    #[must_use]
    pub fn service(&self, fragment: &str) -> Option<Service<'_>> {
        let id = format!("{}#{fragment}", self.id);
        self.services().into_iter().find(|service| service.id == id)
    }
}

impl VerificationMethod<'_> {
    /// The absolute id.
    #[must_use]
    pub const fn id(&self) -> &DidUrl {
        &self.id
    }

    /// The members as they stand in the document.
    #[must_use]
    pub const fn members(&self) -> &Map<String, Value> {
        self.members
    }

    /// `type`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text("type").unwrap_or_default()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    /// The key.
    ///
    /// # Errors
    /// [`KeyLookupError::Unsupported`] or [`KeyLookupError::Key`].
    pub fn jwk(&self) -> Result<Jwk, KeyLookupError> {
        match (self.members.get("publicKeyJwk"), self.members.get("publicKeyMultibase")) {
            // Two keys in one method: which one is meant would depend on the reader.
            (Some(_), Some(_)) => Err(KeyLookupError::Key(KeyError::Malformed)),
            (Some(jwk), None) if matches!(self.kind(), "JsonWebKey" | "JsonWebKey2020") => {
                Jwk::from_value(jwk).map_err(|error| match error {
                    KeyError::Unsupported => KeyLookupError::Unsupported,
                    other => KeyLookupError::Key(other),
                })
            }
            (None, Some(Value::String(text))) => self.multikey(text),
            _ => Err(KeyLookupError::Unsupported),
        }
    }

    fn multikey(&self, text: &str) -> Result<Jwk, KeyLookupError> {
        let key = multikey::decode(text).map_err(|error| match error {
            MultikeyError::Unsupported => KeyLookupError::Unsupported,
            MultikeyError::NotOnCurve => KeyLookupError::Key(KeyError::NotOnCurve),
            _ => KeyLookupError::Key(KeyError::Malformed),
        })?;
        match (self.kind(), key) {
            ("Multikey", PublicKey::Jwk(jwk)) => Ok(jwk),
            ("Ed25519VerificationKey2020", PublicKey::Jwk(jwk))
                if jwk.algorithm() == jose::Algorithm::EdDsa =>
            {
                Ok(jwk)
            }
            _ => Err(KeyLookupError::Unsupported),
        }
    }
}

impl Service<'_> {
    /// The id, absolute when it was relative to the document.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The members as they stand in the document.
    #[must_use]
    pub const fn members(&self) -> &Map<String, Value> {
        self.members
    }

    /// Whether `kind` is the `type` or among its types.
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        match self.members.get("type") {
            Some(Value::String(text)) => text == kind,
            Some(Value::Array(kinds)) => kinds.iter().any(|text| text == kind),
            _ => false,
        }
    }

    /// `serviceEndpoint` as it stands.
    #[must_use]
    pub fn endpoint(&self) -> &Value {
        self.members.get("serviceEndpoint").unwrap_or(&Value::Null)
    }

    /// `serviceEndpoint`, if it is one URL.
    #[must_use]
    pub fn endpoint_url(&self) -> Option<&str> {
        self.endpoint().as_str()
    }
}

/// Builds the documents we publish: `JsonWebKey2020` methods with absolute ids, which every known peer reads.
#[derive(Clone, Debug)]
pub struct DocumentBuilder {
    did: Did,
    methods: Vec<Value>,
    relationships: Vec<(Relationship, Vec<Value>)>,
    services: Vec<Value>,
    also_known_as: Vec<String>,
}

impl DocumentBuilder {
    /// An empty document of `did`.
    #[must_use]
    pub fn new(did: &Did) -> Self {
        let relationships =
            Relationship::ALL.iter().map(|relationship| (*relationship, Vec::new())).collect();
        Self {
            did: did.clone(),
            methods: Vec::new(),
            relationships,
            services: Vec::new(),
            also_known_as: Vec::new(),
        }
    }

    /// Adds `key` as `#fragment`, listed under `relationships`; a log key is listed under none.
    #[must_use]
    pub fn key(mut self, fragment: &str, key: &Jwk, relationships: &[Relationship]) -> Self {
        let id = format!("{}#{fragment}", self.did);
        for (relationship, references) in &mut self.relationships {
            if relationships.contains(relationship) {
                references.push(Value::from(id.as_str()));
            }
        }
        self.methods.push(json!({
            "id": id, "type": "JsonWebKey2020", "controller": self.did.as_str(),
            "publicKeyJwk": key.required_members(),
        }));
        self
    }

    /// Adds a service `#fragment`.
    #[must_use]
    pub fn service(mut self, fragment: &str, kind: &str, endpoint: impl Into<Value>) -> Self {
        let id = format!("{}#{fragment}", self.did);
        self.services.push(json!({"id": id, "type": kind, "serviceEndpoint": endpoint.into()}));
        self
    }

    /// Adds another name of the subject.
    #[must_use]
    pub fn also_known_as(mut self, name: impl Into<String>) -> Self {
        self.also_known_as.push(name.into());
        self
    }

    /// The document.
    ///
    /// # Errors
    /// A fragment that may not stand in a DID URL, or one that is used twice.
    pub fn build(self) -> Result<Document, DocumentError> {
        let mut members = Map::new();
        members.insert(
            "@context".to_owned(),
            json!(["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"]),
        );
        members.insert("id".to_owned(), Value::from(self.did.as_str()));
        let mut add = |name: &str, list: Vec<Value>| {
            if !list.is_empty() {
                members.insert(name.to_owned(), Value::Array(list));
            }
        };
        add("alsoKnownAs", self.also_known_as.into_iter().map(Value::from).collect());
        add("verificationMethod", self.methods);
        for (relationship, references) in self.relationships {
            add(relationship.name(), references);
        }
        add("service", self.services);
        Document::from_members(members)
    }
}

impl From<DidError> for DocumentError {
    fn from(_: DidError) -> Self {
        Self::Id
    }
}

#[cfg(test)]
mod tests;
