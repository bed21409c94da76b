//! One type metadata document, as it is written (§6.2).

use std::collections::BTreeSet;

use jose::json;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::MetadataError;
use super::integrity::Integrity;
use super::locale::is_tag;
use crate::claims_path::ClaimsPath;

/// A document. Members that are not known are ignored, as they must be.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) vct: String,
    #[serde(default)]
    pub(super) extends: Option<String>,
    #[serde(default, rename = "extends#integrity")]
    pub(super) extends_integrity: Option<String>,
    /// Absent is another thing than empty: what is there replaces the extended type's.
    #[serde(default, deserialize_with = "some_objects")]
    pub(super) display: Option<Vec<TypeDisplay>>,
    #[serde(default, deserialize_with = "objects")]
    pub(super) claims: Vec<ClaimAsWritten>,
}

/// How a type is called and shown in one language.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TypeDisplay {
    /// `locale`, a language tag.
    #[serde(deserialize_with = "tag")]
    pub locale: String,
    /// `name`.
    pub name: String,
    /// `description`.
    #[serde(default)]
    pub description: Option<String>,
    /// `rendering`, to be read by [`super::rendering::Rendering`].
    #[serde(default)]
    pub rendering: Option<Value>,
}

/// What a document says of one claim: what is absent is inherited.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ClaimAsWritten {
    pub(super) path: ClaimsPath,
    #[serde(default, deserialize_with = "some_objects")]
    pub(super) display: Option<Vec<ClaimDisplay>>,
    #[serde(default)]
    pub(super) mandatory: Option<bool>,
    #[serde(default)]
    pub(super) sd: Option<SelectiveDisclosure>,
    #[serde(default, deserialize_with = "svg_id")]
    pub(super) svg_id: Option<String>,
}

/// How a claim is called in one language.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ClaimDisplay {
    /// `locale`, a language tag.
    #[serde(deserialize_with = "tag")]
    pub locale: String,
    /// `label`.
    pub label: String,
    /// `description`.
    #[serde(default)]
    pub description: Option<String>,
}

/// Whether a claim is selectively disclosable (§6.5.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SelectiveDisclosure {
    /// Always.
    Always,
    /// As the issuer likes.
    #[default]
    Allowed,
    /// Never.
    Never,
}

impl Document {
    /// Reads a document; claims at one path and one `svg_id` stand once.
    pub(super) fn parse(octets: &[u8]) -> Result<Self, MetadataError> {
        let document = json::parse(octets).map_err(|_| MetadataError::Malformed)?;
        let document: Self = object(document).map_err(|_| MetadataError::Malformed)?;
        // An integrity that belongs to nothing, or is no integrity, is no slip to pass over.
        match (&document.extends, &document.extends_integrity) {
            (None, Some(_)) => return Err(MetadataError::Malformed),
            (_, Some(text)) => drop(Integrity::parse(text)?),
            (_, None) => {}
        }
        let mut paths = BTreeSet::new();
        for claim in &document.claims {
            if !paths.insert(&claim.path) {
                return Err(MetadataError::ClaimTwice(claim.path.clone()));
            }
        }
        Ok(document)
    }
}

/// Reads an object. Without this, serde would also take the list of its members' values for it.
pub(super) fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    let members = Map::<String, Value>::deserialize(deserializer)?;
    T::deserialize(Value::Object(members)).map_err(D::Error::custom)
}

/// Reads an object for a member that may be absent.
pub(super) fn some_object<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    object(deserializer).map(Some)
}

/// Reads a list of objects.
pub(super) fn objects<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let elements = Vec::<Value>::deserialize(deserializer)?;
    elements.into_iter().map(|element| object(element).map_err(D::Error::custom)).collect()
}

/// Reads a list of objects for a member that may be absent.
pub(super) fn some_objects<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    objects(deserializer).map(Some)
}

fn tag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_tag(&text) { Ok(text) } else { Err(D::Error::custom("not a language tag")) }
}

/// Letters, digits and underscores, no digit first (§6.5).
fn svg_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_svg_id(&text) { Ok(Some(text)) } else { Err(D::Error::custom("not an svg_id")) }
}

pub(super) fn is_svg_id(text: &str) -> bool {
    text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
        && text.len() <= 128
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
