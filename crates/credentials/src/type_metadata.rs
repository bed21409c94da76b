//! SD-JWT VC Type Metadata (draft -13 §4): labels, and which claims are always there.
//!
//! The documents of our own types are built in, served at `/types/TYPE/1` and copied in `specs/type-metadata/`.
//! Foreign documents are read in their basic form; `extends` and integrity need full processing (all or
//! nothing, §4.4), which is refused by name until it is built.

use jose::json;
use serde::Deserialize;

use crate::claims_path::ClaimsPath;
use crate::types;

/// A type metadata document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TypeMetadata {
    /// `vct`: the type that is described.
    pub vct: String,
    /// `name`: for developers.
    #[serde(default)]
    pub name: Option<String>,
    /// `description`: for developers.
    #[serde(default)]
    pub description: Option<String>,
    /// `display`: for people.
    #[serde(default)]
    pub display: Vec<TypeDisplay>,
    /// `claims`.
    #[serde(default)]
    pub claims: Vec<ClaimMetadata>,
}

/// How a type is called in one language.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TypeDisplay {
    /// `locale`, a language tag.
    pub locale: String,
    /// `name`.
    pub name: String,
    /// `description`.
    #[serde(default)]
    pub description: Option<String>,
}

/// What is said of one claim.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ClaimMetadata {
    /// `path`.
    pub path: ClaimsPath,
    /// `display`.
    #[serde(default)]
    pub display: Vec<ClaimDisplay>,
    /// `mandatory`: the issuer always puts it in; a presentation may still leave it out.
    #[serde(default)]
    pub mandatory: bool,
    /// `sd`.
    #[serde(default)]
    pub sd: SelectiveDisclosure,
}

/// How a claim is called in one language.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ClaimDisplay {
    /// `locale`, a language tag.
    pub locale: String,
    /// `label`.
    pub label: String,
    /// `description`.
    #[serde(default)]
    pub description: Option<String>,
}

/// Whether a claim is selectively disclosable (§4.6.2).
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

/// Why a document is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Not JSON of the right shape.
    #[error("not a type metadata document")]
    Malformed,
    /// `vct` is not the type that was looked up (§4.1).
    #[error("the document describes another type")]
    WrongType,
    /// The document extends another, which is not supported yet.
    #[error("type metadata that extends another type is not supported")]
    ExtendsNotSupported,
    /// The credential pins the document by a hash, which is not supported yet.
    #[error("checking the integrity of type metadata is not supported")]
    IntegrityNotSupported,
}

impl TypeMetadata {
    /// Reads the document of `vct`; `integrity` is the credential's `vct#integrity`, if it has one.
    ///
    /// # Errors
    /// See [`MetadataError`].
    pub fn parse(text: impl AsRef<[u8]>, vct: &str, integrity: Option<&str>) -> Result<Self, MetadataError> {
        if integrity.is_some() {
            return Err(MetadataError::IntegrityNotSupported);
        }
        let document = json::parse(text).map_err(|_| MetadataError::Malformed)?;
        if document.get("extends").is_some() {
            return Err(MetadataError::ExtendsNotSupported);
        }
        let document: Self = serde_json::from_value(document).map_err(|_| MetadataError::Malformed)?;
        if document.vct == vct { Ok(document) } else { Err(MetadataError::WrongType) }
    }

    /// The name in `locale`, or in the first language of the document.
    #[must_use]
    pub fn name_in(&self, locale: &str) -> Option<&str> {
        let entries = self.display.iter().map(|entry| (entry.locale.as_str(), entry.name.as_str()));
        in_locale(entries, locale)
    }

    /// The label of a claim in `locale`, or in the first language of the document.
    #[must_use]
    pub fn label_of(&self, path: &ClaimsPath, locale: &str) -> Option<&str> {
        let claim = self.claims.iter().find(|claim| claim.path == *path)?;
        in_locale(claim.display.iter().map(|entry| (entry.locale.as_str(), entry.label.as_str())), locale)
    }
}

fn in_locale<'a>(entries: impl Iterator<Item = (&'a str, &'a str)>, locale: &str) -> Option<&'a str> {
    let entries: Vec<_> = entries.collect();
    let exact = entries.iter().find(|(tag, _)| *tag == locale);
    exact.or_else(|| entries.first()).map(|(_, text)| *text)
}

/// Our documents: the name in `/types/NAME/1`, the type, the text.
const BUILT_IN: [(&str, &str, &str); 6] = [
    ("passport", types::PASSPORT, include_str!("type_metadata/passport.json")),
    ("profile", types::PROFILE, include_str!("type_metadata/profile.json")),
    ("own", types::OWN, include_str!("type_metadata/own.json")),
    ("terms", types::TERMS, include_str!("type_metadata/terms.json")),
    ("membership", types::MEMBERSHIP, include_str!("type_metadata/membership.json")),
    ("statement", types::STATEMENT, include_str!("type_metadata/statement.json")),
];

/// The document of one of our types, as text to be served at `/types/NAME/1`.
#[must_use]
pub fn document(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _, _)| *known == name).map(|(_, _, text)| *text)
}

/// The document of one of our types, read.
#[must_use]
pub fn built_in(vct: &str) -> Option<TypeMetadata> {
    let (_, _, text) = BUILT_IN.iter().find(|(_, known, _)| *known == vct)?;
    TypeMetadata::parse(text, vct, None).ok()
}

/// The names of our types as they stand in `/types/NAME/1`.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _, _)| *name)
}

#[cfg(test)]
mod tests;
