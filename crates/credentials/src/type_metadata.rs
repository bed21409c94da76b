//! SD-JWT VC Type Metadata (draft -13 §6, with the validation rules of -17 and later): what a type is called, which claims
//! it has, and how it is shown.
//!
//! ```text
//! vct, vct#integrity ──> Chain ──wanted──> (octets, from wherever) ──take──> Chain ──finish──> TypeMetadata
//!                                                                                               │ check_issued, check_presented
//!                                                                                               │ name_in, label_of
//!                                                                                               └ rendering_in ──> Rendering
//! ```
//!
//! - [`Chain`] asks for one document after the other until the last one extends nothing, and refuses circles, chains
//!   without end, wrong types and wrong octets ([`Integrity`]). Processing is all or nothing (§6.6): there is a
//!   [`TypeMetadata`] only of a whole chain.
//! - [`TypeMetadata`] checks credentials: as their holder, who has every disclosure, or as a verifier, to whom what is not
//!   disclosed is never missing. That a type extends another says nothing about who may issue it.
//! - [`rendering`]: colours, pictures and SVG templates, taken only where they are harmless.
//!
//! The documents of our own types are built in, served at `/types/TYPE/1` and copied in `specs/type-metadata/`. Nothing is
//! fetched for them; foreign documents are fetched by the crate `type-metadata`.

mod chain;
mod document;
mod integrity;
mod locale;
pub mod rendering;
mod validation;

use crate::claims_path::ClaimsPath;
use crate::types;

pub use chain::{Chain, LARGEST_DOCUMENT, MOST_DOCUMENTS, Wanted};
pub use document::{ClaimDisplay, SelectiveDisclosure, TypeDisplay};
pub use integrity::{Integrity, IntegrityError};
pub use locale::best_for;
pub use validation::Mismatch;

/// What is known of a type, with all that it extends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeMetadata {
    types: Vec<String>,
    display: Vec<TypeDisplay>,
    claims: Vec<ClaimMetadata>,
}

/// What is said of one claim, or of several that one path selects (§6.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimMetadata {
    /// `path`.
    pub path: ClaimsPath,
    /// `display`.
    pub display: Vec<ClaimDisplay>,
    /// `mandatory`: the issuer always puts it in; a presentation may still leave it out.
    pub mandatory: bool,
    /// `sd`.
    pub sd: SelectiveDisclosure,
    /// `svg_id`: what the claim is called in SVG templates.
    pub svg_id: Option<String>,
}

/// Why the metadata of a type is not taken. A credential whose type must be processed is refused then (§6.6).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// A document is not JSON of the right shape.
    #[error("not a type metadata document")]
    Malformed,
    /// `vct` is not the type that was looked up (§6.3).
    #[error("the document describes another type")]
    WrongType,
    /// A document is larger than [`LARGEST_DOCUMENT`].
    #[error("the document is too large")]
    TooLarge,
    /// A document is not the one that was meant (§7).
    #[error(transparent)]
    Integrity(#[from] IntegrityError),
    /// A type extends one that extends it (§8.2).
    #[error("the types extend one another in a circle")]
    Circular,
    /// More than [`MOST_DOCUMENTS`] extend one another.
    #[error("too many types extend one another")]
    TooDeep,
    /// A document is still wanted: a part of a chain says nothing (§6.6).
    #[error("the type extends another whose document is not there")]
    Incomplete,
    /// A document describes a claim twice.
    #[error("{0} is described twice")]
    ClaimTwice(ClaimsPath),
    /// Two claims have one `svg_id` (§6.5).
    #[error("two claims have one svg_id")]
    SvgIdTwice,
    /// An extending type changes `always` or `never` (§6.5.5.1).
    #[error("{0}: the extended type says whether it is selectively disclosable, and that cannot be changed")]
    DisclosureChanged(ClaimsPath),
    /// An extending type makes a mandatory claim optional (§6.5.5.1).
    #[error("{0}: the extended type makes it mandatory, and that cannot be changed")]
    MandatoryDropped(ClaimsPath),
}

impl MetadataError {
    /// A short name for reports and test vectors.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::WrongType => "wrong_type",
            Self::TooLarge => "too_large",
            Self::Integrity(error) => error.code(),
            Self::Circular => "circular",
            Self::TooDeep => "too_deep",
            Self::Incomplete => "incomplete",
            Self::ClaimTwice(_) => "claim_twice",
            Self::SvgIdTwice => "svg_id_twice",
            Self::DisclosureChanged(_) => "disclosure_changed",
            Self::MandatoryDropped(_) => "mandatory_dropped",
        }
    }
}

impl TypeMetadata {
    /// The type.
    #[must_use]
    pub fn vct(&self) -> &str {
        self.types.first().map_or("", String::as_str)
    }

    /// The type and all that it extends, the nearest first. It may be matched by any of them, and be issued by nobody
    /// for that (§8.5).
    #[must_use]
    pub fn types(&self) -> &[String] {
        &self.types
    }

    /// How the type is shown, by language.
    #[must_use]
    pub fn display(&self) -> &[TypeDisplay] {
        &self.display
    }

    /// The claims, those of extended types first.
    #[must_use]
    pub fn claims(&self) -> &[ClaimMetadata] {
        &self.claims
    }

    /// What is said of the claims at exactly this path.
    #[must_use]
    pub fn claim(&self, path: &ClaimsPath) -> Option<&ClaimMetadata> {
        self.claims.iter().find(|claim| claim.path == *path)
    }

    /// The name in the language nearest to `locale` ([`best_for`]).
    #[must_use]
    pub fn name_in(&self, locale: &str) -> Option<&str> {
        self.display_in(locale).map(|entry| entry.name.as_str())
    }

    /// How the type is shown in the language nearest to `locale` ([`best_for`]).
    #[must_use]
    pub fn display_in(&self, locale: &str) -> Option<&TypeDisplay> {
        best_for(locale, &self.display, |entry| &entry.locale)
    }

    /// The label of a claim in the language nearest to `locale` ([`best_for`]).
    #[must_use]
    pub fn label_of(&self, path: &ClaimsPath, locale: &str) -> Option<&str> {
        let display = &self.claim(path)?.display;
        best_for(locale, display, |entry| &entry.locale).map(|entry| entry.label.as_str())
    }
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

/// The document of one of our types, by the type.
#[must_use]
pub fn document_of(vct: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(_, known, _)| *known == vct).map(|(_, _, text)| *text)
}

/// The document of one of our types, read.
#[must_use]
pub fn built_in(vct: &str) -> Option<TypeMetadata> {
    let text = document_of(vct)?;
    let mut chain = Chain::new(vct, None).ok()?;
    chain.take(text.as_bytes()).ok()?;
    chain.finish().ok()
}

/// The names of our types as they stand in `/types/NAME/1`.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _, _)| *name)
}

#[cfg(test)]
mod tests;
