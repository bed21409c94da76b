//! Results and errors of DID Resolution (W3C Candidate Recommendation), as JSON.
//!
//! We write the W3C form. Deployed resolvers also write the did:webvh form (`"error": "invalidDid"`) and the form of
//! the Universal Resolver (an object with a bare `type`); [`read`] takes all three.

pub mod binding;

use serde_json::{Map, Value, json};

use crate::document::{Document, DocumentError};
use crate::identifier::Did;
use crate::resolve::ResolveError;
use crate::webvh::{Identifier, VersionTime};

const VOCABULARY: &str = "https://www.w3.org/ns/did#";

/// Of the errors that Controlled Identifiers 1.0 names (§3.5).
const SECURITY_VOCABULARY: &str = "https://w3id.org/security#";

/// A document and what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolution {
    /// The document.
    pub document: Document,
    /// What the method tells about it.
    pub metadata: DocumentMetadata,
}

/// `didDocumentMetadata` (DID Resolution §4.3 and did:webvh 1.0, "Read").
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct DocumentMetadata {
    /// When the DID was created, says its controller.
    pub created: Option<String>,
    /// When the DID's last valid version was made.
    pub updated: Option<String>,
    /// Whether the DID was given up.
    pub deactivated: bool,
    /// The version of the document.
    pub version_id: Option<String>,
    /// When that version was made.
    pub version_time: Option<String>,
    /// The DID under which the subject is known now, when it moved away from the one that was asked.
    pub canonical_id: Option<Did>,
    /// What only did:webvh knows.
    pub webvh: Option<WebvhMetadata>,
}

/// What only did:webvh knows about a document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebvhMetadata {
    /// The self-certifying identifier.
    pub scid: String,
    /// Whether the DID may still move to another place.
    pub portable: bool,
    /// For how many seconds the controller suggests to cache.
    pub ttl: u32,
    /// How many witnesses must approve, and who they are.
    pub witness: Option<(usize, Vec<String>)>,
    /// Services that keep a copy of the log.
    pub watchers: Vec<String>,
}

impl DocumentMetadata {
    /// The metadata as JSON. DID Resolution allows no numbers here, so they are strings.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut members = Map::new();
        let texts = [
            ("created", &self.created),
            ("updated", &self.updated),
            ("versionId", &self.version_id),
            ("versionTime", &self.version_time),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                members.insert(name.to_owned(), Value::from(text.as_str()));
            }
        }
        if let Some(did) = &self.canonical_id {
            members.insert("canonicalId".to_owned(), Value::from(did.as_str()));
        }
        if self.deactivated || self.webvh.is_some() {
            members.insert("deactivated".to_owned(), Value::from(self.deactivated));
        }
        if let Some(webvh) = &self.webvh {
            webvh.add_to(&mut members);
        }
        Value::Object(members)
    }
}

impl WebvhMetadata {
    fn add_to(&self, members: &mut Map<String, Value>) {
        let witness = self.witness.as_ref().map_or_else(
            || json!({}),
            |(threshold, ids)| {
                let witnesses: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
                json!({"threshold": threshold.to_string(), "witnesses": witnesses})
            },
        );
        for (name, value) in [
            ("scid", Value::from(self.scid.as_str())),
            ("portable", Value::from(self.portable)),
            ("ttl", Value::from(self.ttl.to_string())),
            ("witness", witness),
            ("watchers", Value::from(self.watchers.clone())),
        ] {
            members.insert(name.to_owned(), value);
        }
    }
}

/// The errors of DID Resolution §10 and DID URL dereferencing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The DID is malformed, or what lies behind it does not verify.
    InvalidDid,
    /// The document is malformed.
    InvalidDidDocument,
    /// The DID URL is malformed.
    InvalidDidUrl,
    /// The options contradict each other or are malformed.
    InvalidOptions,
    /// There is no such DID, version or resource.
    NotFound,
    /// The asked media type is not served.
    RepresentationNotSupported,
    /// The method is not resolved here.
    MethodNotSupported,
    /// An option or kind of key is not supported here.
    FeatureNotSupported,
    /// A verification method was expected, and there is none.
    InvalidVerificationMethod,
    /// A verification method is not for this relationship.
    InvalidRelationship,
    /// Something failed on the way.
    InternalError,
}

impl ErrorCode {
    const ALL: [Self; 11] = [
        Self::InvalidDid,
        Self::InvalidDidDocument,
        Self::InvalidDidUrl,
        Self::InvalidOptions,
        Self::NotFound,
        Self::RepresentationNotSupported,
        Self::MethodNotSupported,
        Self::FeatureNotSupported,
        Self::InvalidVerificationMethod,
        Self::InvalidRelationship,
        Self::InternalError,
    ];

    /// The name after the `#` of [`Self::type_url`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidDid => "INVALID_DID",
            Self::InvalidDidDocument => "INVALID_DID_DOCUMENT",
            Self::InvalidDidUrl => "INVALID_DID_URL",
            Self::InvalidOptions => "INVALID_OPTIONS",
            Self::NotFound => "NOT_FOUND",
            Self::RepresentationNotSupported => "REPRESENTATION_NOT_SUPPORTED",
            Self::MethodNotSupported => "METHOD_NOT_SUPPORTED",
            Self::FeatureNotSupported => "FEATURE_NOT_SUPPORTED",
            Self::InvalidVerificationMethod => "INVALID_VERIFICATION_METHOD",
            Self::InvalidRelationship => "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
            Self::InternalError => "INTERNAL_ERROR",
        }
    }

    /// The name as DID Core 1.0 and did:webvh 1.0 spell it: `invalidDid`.
    #[must_use]
    pub const fn camel_case(self) -> &'static str {
        match self {
            Self::InvalidDid => "invalidDid",
            Self::InvalidDidDocument => "invalidDidDocument",
            Self::InvalidDidUrl => "invalidDidUrl",
            Self::InvalidOptions => "invalidOptions",
            Self::NotFound => "notFound",
            Self::RepresentationNotSupported => "representationNotSupported",
            Self::MethodNotSupported => "methodNotSupported",
            Self::FeatureNotSupported => "featureNotSupported",
            Self::InvalidVerificationMethod => "invalidVerificationMethod",
            Self::InvalidRelationship => "invalidRelationshipForVerificationMethod",
            Self::InternalError => "internalError",
        }
    }

    /// The `type` of the RFC 9457 object.
    #[must_use]
    pub fn type_url(self) -> String {
        let vocabulary = match self {
            Self::InvalidVerificationMethod | Self::InvalidRelationship => SECURITY_VOCABULARY,
            _ => VOCABULARY,
        };
        format!("{vocabulary}{}", self.name())
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::InvalidDid => "The DID is not valid.",
            Self::InvalidDidDocument => "The DID document is not valid.",
            Self::InvalidDidUrl => "The DID URL is not valid.",
            Self::InvalidOptions => "The options are not valid.",
            Self::NotFound => "The DID or resource was not found.",
            Self::RepresentationNotSupported => "The representation is not supported.",
            Self::MethodNotSupported => "The DID method is not supported.",
            Self::FeatureNotSupported => "A feature is not supported.",
            Self::InvalidVerificationMethod => "There is no such verification method.",
            Self::InvalidRelationship => "The verification method is not for this relationship.",
            Self::InternalError => "The DID could not be resolved.",
        }
    }

    /// The HTTP status of the binding (DID Resolution §7.1).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidDid | Self::InvalidDidUrl | Self::InvalidOptions => 400,
            Self::NotFound => 404,
            Self::RepresentationNotSupported => 406,
            Self::MethodNotSupported | Self::FeatureNotSupported => 501,
            // "Any other error URI" is 500.
            Self::InvalidDidDocument
            | Self::InvalidVerificationMethod
            | Self::InvalidRelationship
            | Self::InternalError => 500,
        }
    }

    /// Reads a code in any of the three spellings; unknown ones are `InternalError`.
    #[must_use]
    pub fn read(error: &Value) -> Self {
        let text = match error {
            Value::String(text) => text.as_str(),
            other => other.get("type").and_then(Value::as_str).unwrap_or_default(),
        };
        let spells =
            |code: &Self| text == code.type_url() || text == code.name() || text == code.camel_case();
        let known = Self::ALL.into_iter().find(spells);
        known.unwrap_or(Self::InternalError)
    }
}

/// The whole result as JSON: of a success, of a deactivated DID, or of a failure.
#[must_use]
pub fn to_value(outcome: &Result<Resolution, ResolveError>) -> Value {
    let result = |resolution: Value, document: Value, metadata: Value| {
        json!({
            "didResolutionMetadata": resolution, "didDocument": document, "didDocumentMetadata": metadata,
        })
    };
    match outcome {
        Ok(found) => result(
            json!({"contentType": "application/did"}),
            found.document.to_value(),
            found.metadata.to_value(),
        ),
        Err(ResolveError::Deactivated(metadata)) => result(json!({}), Value::Null, metadata.to_value()),
        Err(error) => {
            let code = error.code();
            let problem =
                json!({"type": code.type_url(), "title": code.title(), "detail": error.to_string()});
            result(json!({"error": problem}), Value::Null, json!({}))
        }
    }
}

/// The HTTP status of an outcome (DID Resolution §7.1): 410 for a deactivated DID.
#[must_use]
pub fn status(outcome: &Result<Resolution, ResolveError>) -> u16 {
    match outcome {
        Ok(_) => 200,
        Err(ResolveError::Deactivated(_)) => 410,
        Err(error) => error.code().status(),
    }
}

/// Reads the result another resolver gave for `did`, in any of the three error dialects.
///
/// # Errors
/// What the other resolver answered, or [`ErrorCode::InvalidDidDocument`] as
/// [`ResolveError::Document`] when its document is malformed or of another DID.
pub fn read(did: &Did, result: &[u8]) -> Result<Resolution, ResolveError> {
    let result =
        jose::json::parse_object(result).map_err(|_| ResolveError::Elsewhere(ErrorCode::InternalError))?;
    read_result(did, &result)
}

fn read_result(did: &Did, result: &Map<String, Value>) -> Result<Resolution, ResolveError> {
    let member = |name: &str| result.get(name).unwrap_or(&Value::Null);
    if let Some(error) = member("didResolutionMetadata").get("error").filter(|error| !error.is_null()) {
        return Err(ResolveError::Elsewhere(ErrorCode::read(error)));
    }
    let metadata = read_metadata(member("didDocumentMetadata"));
    // Some resolvers hand out the last document of a deactivated DID; it must not be used.
    if metadata.deactivated {
        return Err(ResolveError::Deactivated(Box::new(metadata)));
    }
    let document = Document::from_value(member("didDocument").clone())?;
    let document = if has_moved(did, &document, &metadata) { document } else { document.of(did)? };
    Ok(Resolution { document, metadata })
}

/// Whether the document is that of a did:webvh that moved away from the one that was asked: its log is the same, as the
/// self-certifying part says (did:webvh 1.0, "DID Portability").
fn has_moved(asked: &Did, document: &Document, metadata: &DocumentMetadata) -> bool {
    let scid = |did: &Did| Identifier::of(did).ok().map(|identifier| identifier.scid().to_owned());
    metadata.canonical_id.as_ref() == Some(document.id())
        && scid(asked).is_some_and(|of_asked| scid(document.id()) == Some(of_asked))
}

fn read_metadata(value: &Value) -> DocumentMetadata {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    DocumentMetadata {
        created: text("created"),
        updated: text("updated"),
        deactivated: value.get("deactivated").and_then(Value::as_bool).unwrap_or(false),
        version_id: text("versionId"),
        version_time: text("versionTime"),
        canonical_id: text("canonicalId").and_then(|did| Did::parse(&did).ok()),
        webvh: None,
    }
}

/// The version of a document that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Version {
    /// The newest.
    #[default]
    Latest,
    /// The one with this `versionId`.
    Id(String),
    /// The one with this number.
    Number(u64),
    /// The one that was current at this moment.
    Time(VersionTime),
}

impl Version {
    /// Reads the query of a DID URL: nothing, or exactly one of `versionId`, `versionTime` and `versionNumber`.
    ///
    /// # Errors
    /// [`ResolveError::Options`] for a malformed or contradicting query, [`ResolveError::Feature`] for parameters we
    /// do not know.
    pub fn of_query(query: Option<&str>) -> Result<Self, ResolveError> {
        let mut version = Self::Latest;
        for pair in query.into_iter().flat_map(|query| query.split('&')) {
            let (name, value) = pair.split_once('=').ok_or(ResolveError::Options)?;
            if !matches!(name, "versionId" | "versionTime" | "versionNumber") {
                return Err(ResolveError::Feature);
            }
            if version != Self::Latest {
                return Err(ResolveError::Options);
            }
            let value = crate::percent::decode(value).ok_or(ResolveError::Options)?;
            version = match name {
                "versionId" => Self::Id(value),
                "versionTime" => Self::Time(VersionTime::parse(&value).ok_or(ResolveError::Options)?),
                _ => Self::Number(number(&value).ok_or(ResolveError::Options)?),
            };
        }
        Ok(version)
    }
}

/// A decimal number without sign and leading zeros.
fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    plain.then(|| text.parse().ok()).flatten()
}

impl From<DocumentError> for ResolveError {
    fn from(error: DocumentError) -> Self {
        Self::Document(error)
    }
}

#[cfg(test)]
mod tests;
