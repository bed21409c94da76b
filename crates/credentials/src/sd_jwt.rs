//! SD-JWT (RFC 9901): the compact form both ways, the JSON serialisations on input.
//!
//! [`SdJwt::parse`] splits the text, [`SdJwt::verify`] checks the issuer's signature and puts the
//! disclosures back into the payload (§7.1). [`issue`] makes one, [`Held`] selects and presents, and
//! [`key_binding`] makes and checks the holder's proof. [`SdJwt::parse_json`] reads the JSON serialisations (§8);
//! where only the compact form is allowed they are refused by name.

mod digest;
mod disclosure;
mod held;
mod issuing;
mod json_serialisation;
pub mod key_binding;
mod processing;

use std::sync::Arc;

use jose::jws::{self, JwsError};
use jose::{VerifyingKey, json};
use serde_json::{Map, Value};

pub use digest::{Digest, HashAlgorithm};
pub use disclosure::Disclosure;
use disclosure::Part;
pub use held::{Held, Prepared, ReceivedKeyBinding, Selection, SelectionError};
pub use issuing::{Decoys, Frame, IssueError, Issuing, issue};
pub use json_serialisation::SerialisationFault;
pub use processing::{Disclosed, Processed, Shortened};

/// Longest SD-JWT that is read, in bytes.
pub const LONGEST: usize = 1 << 20;

/// Why an SD-JWT is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SdJwtError {
    /// Longer than [`LONGEST`].
    #[error("the SD-JWT is too long")]
    TooLong,
    /// The JSON serialisation (RFC 9901 §8) where the compact form alone is allowed.
    #[error("the JSON serialisation is not taken here: send the compact form")]
    JsonSerialisation,
    /// A JSON serialisation that breaks the rules for one (RFC 9901 §8).
    #[error("the JSON serialisation is malformed: {0}")]
    Serialisation(#[from] SerialisationFault),
    /// No tilde: a plain JWT, or the last tilde was lost (RFC 9901 §4).
    #[error("the tilde that ends an SD-JWT is missing")]
    MissingTilde,
    /// Two tildes in a row (RFC 9901 §4).
    #[error("a disclosure is empty")]
    EmptyPart,
    /// The issuer-signed JWT is malformed, of the wrong type or algorithm, or not signed by this key.
    #[error("the issuer-signed JWT is refused: {0}")]
    Jws(#[from] JwsError),
    /// `_sd_alg` is not a hash we take (RFC 9901 §7.1 step 2).
    #[error("_sd_alg is unknown or too weak")]
    UnknownHash,
    /// `_sd_alg` below the top level (RFC 9901 §4.1.1).
    #[error("_sd_alg may stand at the top level only")]
    MisplacedHash,
    /// A disclosure is not base64url of a JSON array (RFC 9901 §4.2).
    #[error("a disclosure is not base64url of a JSON array")]
    MalformedDisclosure,
    /// A disclosure has another number of elements than its place asks for (RFC 9901 §7.1 step 3).
    #[error("a disclosure has the wrong number of elements for its place")]
    WrongArity,
    /// A disclosed claim is named `_sd`, `...` or `_sd_alg` (RFC 9901 §7.1 step 3).
    #[error("a disclosed claim has a reserved name")]
    ReservedName,
    /// A disclosed claim already stands at its level (RFC 9901 §7.1 step 3).
    #[error("a disclosed claim already exists at its level")]
    NameTaken,
    /// `_sd` is not an array of strings, or `...` stands where no digest belongs (RFC 9901 §4.2.4).
    #[error("_sd must be an array of digests, and ... the only member of an array element")]
    MalformedDigests,
    /// A digest comes twice (RFC 9901 §7.1 step 4).
    #[error("a digest occurs more than once")]
    DigestTwice,
    /// A disclosure belongs to no digest, or comes twice (RFC 9901 §7.1 step 5).
    #[error("a disclosure is not referenced by any digest")]
    UnreferencedDisclosure,
    /// The claims nest too deep once the disclosures are in place, or stand below too long names.
    #[error("the claims are nested too deep, or their names are too long")]
    TooDeep,
}

impl SdJwtError {
    /// A short name for reports.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::JsonSerialisation => "json_serialisation",
            Self::Serialisation(_) => "malformed_json_serialisation",
            Self::MissingTilde => "missing_tilde",
            Self::EmptyPart => "empty_part",
            Self::Jws(error) => jws_code(error),
            Self::UnknownHash => "unknown_sd_alg",
            Self::MisplacedHash => "misplaced_sd_alg",
            Self::MalformedDisclosure => "malformed_disclosure",
            Self::WrongArity => "wrong_arity",
            Self::ReservedName => "reserved_name",
            Self::NameTaken => "name_taken",
            Self::MalformedDigests => "malformed_digests",
            Self::DigestTwice => "digest_twice",
            Self::UnreferencedDisclosure => "unreferenced_disclosure",
            Self::TooDeep => "too_deep",
        }
    }

    /// The section of a standard that is broken.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self {
            Self::TooLong | Self::TooDeep => "RFC 9901 §9",
            Self::JsonSerialisation | Self::Serialisation(_) => "RFC 9901 §8",
            Self::MissingTilde | Self::EmptyPart => "RFC 9901 §4",
            Self::Jws(JwsError::WrongType { .. }) => "RFC 8725 §3.11",
            Self::Jws(_) => "RFC 7515 §5.2",
            Self::MisplacedHash => "RFC 9901 §4.1.1",
            Self::MalformedDisclosure => "RFC 9901 §4.2",
            Self::MalformedDigests => "RFC 9901 §4.2.4",
            _ => "RFC 9901 §7.1",
        }
    }
}

/// A short name for a refused JWS, for reports.
#[must_use]
pub(crate) const fn jws_code(error: &JwsError) -> &'static str {
    match error {
        JwsError::UnknownExtension => "unknown_extension",
        JwsError::WrongType { .. } => "wrong_type",
        JwsError::WrongAlgorithm => "wrong_algorithm",
        JwsError::BadSignature => "bad_signature",
        _ => "malformed_jwt",
    }
}

/// A split SD-JWT; nothing in it has been checked against a key.
#[derive(Clone, Debug)]
pub struct SdJwt {
    jws: jws::Unverified,
    payload: Map<String, Value>,
    hash: HashAlgorithm,
    disclosures: Vec<Disclosure>,
    presented: Arc<str>,
    key_binding: Option<String>,
}

/// An SD-JWT whose issuer signature fits and whose disclosures are in place; its key binding is unchecked.
#[derive(Clone, Debug)]
pub struct Verified {
    header: Map<String, Value>,
    processed: Processed,
    hash: HashAlgorithm,
    presented: Arc<str>,
    key_binding: Option<String>,
}

impl SdJwt {
    /// Splits the compact form and decodes every part.
    ///
    /// # Errors
    /// See [`SdJwtError`]; digests are matched later, by [`SdJwt::verify`].
    pub fn parse(compact: &str) -> Result<Self, SdJwtError> {
        if compact.len() > LONGEST {
            return Err(SdJwtError::TooLong);
        }
        if compact.trim_start().starts_with('{') {
            return Err(SdJwtError::JsonSerialisation);
        }
        let (before, key_binding) = compact.rsplit_once('~').ok_or(SdJwtError::MissingTilde)?;
        let mut parts = before.split('~');
        let issuer_jwt = parts.next().unwrap_or_default();
        let jws = jws::Unverified::parse(issuer_jwt)?;
        let payload = jws.claims()?;
        let hash = HashAlgorithm::of_payload(&payload)?;
        let presented: Arc<str> = Arc::from(compact.get(..=before.len()).unwrap_or_default());
        let disclosures = disclosures(&presented, issuer_jwt.len(), parts.map(str::len))?;
        let key_binding = (!key_binding.is_empty()).then(|| key_binding.to_owned());
        Ok(Self { jws, payload, hash, disclosures, presented, key_binding })
    }

    /// The header, not yet authenticated: only for finding the key.
    #[must_use]
    pub const fn header(&self) -> &Map<String, Value> {
        self.jws.header()
    }

    /// The payload with its digests, not yet authenticated: only for finding the key.
    #[must_use]
    pub const fn payload(&self) -> &Map<String, Value> {
        &self.payload
    }

    /// The disclosures in the order in which they came.
    #[must_use]
    pub fn disclosures(&self) -> &[Disclosure] {
        &self.disclosures
    }

    /// The hash behind the digests and `sd_hash`.
    #[must_use]
    pub const fn hash(&self) -> HashAlgorithm {
        self.hash
    }

    /// The key binding JWT, if one came.
    #[must_use]
    pub fn key_binding_jwt(&self) -> Option<&str> {
        self.key_binding.as_deref()
    }

    /// Checks the issuer's signature under `policy` and processes the disclosures (RFC 9901 §7.1).
    ///
    /// # Errors
    /// See [`SdJwtError`].
    pub fn verify(self, key: &VerifyingKey, policy: &jws::Policy<'_>) -> Result<Verified, SdJwtError> {
        let verified = self.jws.verify(key, policy)?;
        Ok(Verified {
            header: verified.into_header(),
            processed: processing::process(self.payload, self.disclosures, self.hash)?,
            hash: self.hash,
            presented: self.presented,
            key_binding: self.key_binding,
        })
    }

    /// Processes the disclosures without any signature check: for showing a text, never for relying on it.
    ///
    /// # Errors
    /// See [`SdJwtError`].
    pub fn process_unverified(self) -> Result<Processed, SdJwtError> {
        processing::process(self.payload, self.disclosures, self.hash)
    }

    /// What a holder kept after having verified it once.
    fn into_verified_before(self) -> Result<Verified, SdJwtError> {
        Ok(Verified {
            header: self.jws.into_header(),
            processed: processing::process(self.payload, self.disclosures, self.hash)?,
            hash: self.hash,
            presented: self.presented,
            key_binding: self.key_binding,
        })
    }
}

/// The disclosures of `lengths` that stand in `text` after the first part, a tilde before each.
fn disclosures(
    text: &Arc<str>,
    first: usize,
    lengths: impl Iterator<Item = usize>,
) -> Result<Vec<Disclosure>, SdJwtError> {
    let mut room = Vec::new();
    let mut end = first;
    lengths
        .map(|length| {
            let begin = end.saturating_add(1);
            end = begin.saturating_add(length);
            if length == 0 {
                return Err(SdJwtError::EmptyPart);
            }
            Disclosure::parse_with(Part::of(text, begin..end), &mut room)
        })
        .collect()
}

impl Verified {
    /// The authenticated header of the issuer-signed JWT.
    #[must_use]
    pub const fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The claims and where each of them comes from.
    #[must_use]
    pub const fn processed(&self) -> &Processed {
        &self.processed
    }

    /// The claims with all sent disclosures in place.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        self.processed.claims()
    }

    /// The claims alone, when all is checked.
    pub(crate) fn into_processed(self) -> Processed {
        self.processed
    }

    /// The key binding JWT, if one came; unchecked.
    #[must_use]
    pub fn key_binding_jwt(&self) -> Option<&str> {
        self.key_binding.as_deref()
    }

    /// `sd_hash` as a key binding JWT for exactly these disclosures must carry it (RFC 9901 §4.3.1).
    #[must_use]
    pub fn sd_hash(&self) -> String {
        self.hash.base64url(self.presented.as_bytes())
    }

    /// The issuer-signed JWT and disclosures with the trailing tilde, without the key binding JWT.
    #[must_use]
    pub fn without_key_binding(&self) -> &str {
        &self.presented
    }
}

/// Whether RFC 9901 keeps this member name for itself (§4.1.1, §4.2.4).
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(name, "_sd" | "..." | "_sd_alg")
}

/// The deepest nesting of claims after processing.
pub(crate) const DEEPEST: usize = json::DEEPEST;

#[cfg(test)]
mod tests;
