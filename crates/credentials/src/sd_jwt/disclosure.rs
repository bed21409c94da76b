//! One disclosure: base64url of a JSON array of salt, name (for object members) and value (RFC 9901 §4.2).

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use environment::Randomness;
use jose::base64url;
use jose::json::StrictValue;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::Value;

use super::{Digest, HashAlgorithm, SdJwtError};

/// A part of a text that all its parts share.
#[derive(Clone)]
pub(super) struct Part {
    text: Arc<str>,
    range: Range<usize>,
}

impl Part {
    /// A text that is no part of another.
    fn whole(text: &str) -> Self {
        Self { text: Arc::from(text), range: 0..text.len() }
    }

    /// The part of `text` in `range`; empty where there is none.
    pub(super) fn of(text: &Arc<str>, range: Range<usize>) -> Self {
        Self { text: Arc::clone(text), range }
    }

    pub(super) fn as_str(&self) -> &str {
        self.text.get(self.range.clone()).unwrap_or_default()
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Part {}

/// A decoded disclosure. Its Debug shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    pub(super) encoded: Part,
    pub(super) name: Option<String>,
    pub(super) value: Value,
}

impl Disclosure {
    /// Decodes a disclosure.
    ///
    /// # Errors
    /// [`SdJwtError::MalformedDisclosure`], [`SdJwtError::WrongArity`], [`SdJwtError::ReservedName`].
    pub fn parse(encoded: &str) -> Result<Self, SdJwtError> {
        Self::parse_with(Part::whole(encoded), &mut Vec::new())
    }

    /// [`Self::parse`] with room that is used again for the next one.
    pub(super) fn parse_with(encoded: Part, room: &mut Vec<u8>) -> Result<Self, SdJwtError> {
        base64url::decode_into(encoded.as_str(), room).map_err(|_| SdJwtError::MalformedDisclosure)?;
        let text = std::str::from_utf8(room).map_err(|_| SdJwtError::MalformedDisclosure)?;
        let elements: Elements = serde_json::from_str(text).map_err(|_| SdJwtError::MalformedDisclosure)?;
        let (name, value) = match (elements.second, elements.third) {
            _ if elements.more => return Err(SdJwtError::WrongArity),
            (None, _) => return Err(SdJwtError::WrongArity),
            (Some(value), None) => (None, value),
            (Some(Value::String(name)), Some(value)) => (Some(name), value),
            (Some(_), Some(_)) => return Err(SdJwtError::MalformedDisclosure),
        };
        if name.as_deref().is_some_and(super::is_reserved) {
            return Err(SdJwtError::ReservedName);
        }
        Ok(Self { encoded, name, value })
    }

    /// The text that stands between two tildes.
    #[must_use]
    pub fn encoded(&self) -> &str {
        self.encoded.as_str()
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
    pub fn digest(&self, hash: HashAlgorithm) -> Digest {
        hash.digest(self.encoded.as_str().as_bytes())
    }
}

/// The array without its salt: a wallet reads as many of them as a credential has claims, and needs no salt twice.
#[derive(Default)]
struct Elements {
    second: Option<Value>,
    third: Option<Value>,
    more: bool,
}

impl<'de> Deserialize<'de> for Elements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ElementsVisitor)
    }
}

struct ElementsVisitor;

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("salt, name and value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Elements, A::Error> {
        if sequence.next_element::<Salt>()?.is_none() {
            return Ok(Elements::default());
        }
        let mut next = || Ok(sequence.next_element::<StrictValue>()?.map(|StrictValue(value)| value));
        let (second, third) = (next()?, next()?);
        let more = next()?.is_some();
        if more {
            while next()?.is_some() {}
        }
        Ok(Elements { second, third, more })
    }
}

/// A salt is a string (RFC 9901 §4.2.1); which one does not matter.
struct Salt;

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Salt)
    }
}

impl Visitor<'_> for Salt {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a salt")
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }
}

/// The text of a fresh disclosure: of an object member if there is a name, else of an array element.
///
/// # Errors
/// That of `serde_json`, which has none for names and values that are JSON already.
pub(super) fn encode(
    name: Option<&str>,
    value: &Value,
    randomness: &dyn Randomness,
) -> Result<String, serde_json::Error> {
    // 128 random bits, so that a digest cannot be turned into its value by guessing (RFC 9901 §9.3).
    let salt = base64url::encode(randomness.bytes::<16>());
    let mut text = Vec::with_capacity(128);
    // base64url needs no escaping in JSON; names and values are written by serde_json.
    text.extend_from_slice(b"[\"");
    text.extend_from_slice(salt.as_bytes());
    text.extend_from_slice(b"\",");
    if let Some(name) = name {
        serde_json::to_writer(&mut text, name)?;
        text.push(b',');
    }
    serde_json::to_writer(&mut text, value)?;
    text.push(b']');
    Ok(base64url::encode(text))
}

impl fmt::Debug for Disclosure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Disclosure")
    }
}
