//! One disclosure: base64url of a JSON array of salt, name (for object members) and value (RFC 9901 §4.2).

use std::fmt;

use environment::Randomness;
use jose::{base64url, json};
use serde_json::Value;

use super::{HashAlgorithm, SdJwtError};

/// A decoded disclosure. Its Debug shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    pub(super) encoded: String,
    pub(super) name: Option<String>,
    pub(super) value: Value,
}

impl Disclosure {
    /// Decodes a disclosure.
    ///
    /// # Errors
    /// [`SdJwtError::MalformedDisclosure`], [`SdJwtError::WrongArity`], [`SdJwtError::ReservedName`].
    pub fn parse(encoded: &str) -> Result<Self, SdJwtError> {
        let bytes = base64url::decode(encoded).map_err(|_| SdJwtError::MalformedDisclosure)?;
        let Ok(Value::Array(mut parts)) = json::parse(bytes) else {
            return Err(SdJwtError::MalformedDisclosure);
        };
        let value = parts.pop().ok_or(SdJwtError::WrongArity)?;
        let name = match parts.len() {
            1 => None,
            2 => Some(parts.pop()),
            _ => return Err(SdJwtError::WrongArity),
        };
        let name = match name {
            None => None,
            Some(Some(Value::String(name))) => Some(name),
            Some(_) => return Err(SdJwtError::MalformedDisclosure),
        };
        if !parts.first().is_some_and(Value::is_string) {
            return Err(SdJwtError::MalformedDisclosure);
        }
        if name.as_deref().is_some_and(super::is_reserved) {
            return Err(SdJwtError::ReservedName);
        }
        Ok(Self { encoded: encoded.to_owned(), name, value })
    }

    /// The text that stands between two tildes.
    #[must_use]
    pub fn encoded(&self) -> &str {
        &self.encoded
    }

    /// The claim's name; `None` for an array element.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The value; it may itself hold digests.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// The digest: the hash of the encoded text, not of the JSON (RFC 9901 §4.2.3).
    #[must_use]
    pub fn digest(&self, hash: HashAlgorithm) -> String {
        hash.base64url(self.encoded.as_bytes())
    }
}

/// The text of a fresh disclosure: of an object member if there is a name, else of an array element.
pub(super) fn encode(name: Option<&str>, value: &Value, randomness: &dyn Randomness) -> String {
    // 128 random bits, so that a digest cannot be turned into its value by guessing (RFC 9901 §9.3).
    let salt = base64url::encode(randomness.bytes::<16>());
    // base64url needs no escaping in JSON; names and values are written by serde_json.
    base64url::encode(match name {
        Some(name) => format!("[\"{salt}\",{},{value}]", Value::from(name)),
        None => format!("[\"{salt}\",{value}]"),
    })
}

impl fmt::Debug for Disclosure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Disclosure")
    }
}
