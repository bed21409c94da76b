//! A type and all that it extends, document by document (§6.4 to §6.6, §8.2).

use std::collections::BTreeSet;

use super::document::{ClaimAsWritten, Document, SelectiveDisclosure, TypeDisplay};
use super::integrity::Integrity;
use super::{ClaimMetadata, MetadataError, TypeMetadata};

/// Largest document that is read, in bytes.
pub const LARGEST_DOCUMENT: usize = 256 << 10;

/// Most documents that may extend one another.
pub const MOST_DOCUMENTS: usize = 8;

/// Most claims that a type may have with all that it extends.
const MOST_CLAIMS: usize = 2_048;

/// A chain under construction. It does no I/O: whoever holds it brings what is [`wanted`](Chain::wanted).
#[derive(Debug)]
pub struct Chain {
    taken: Vec<Document>,
    wanted: Option<Wanted>,
}

/// The document that comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    vct: String,
    integrity: Option<Integrity>,
}

impl Wanted {
    /// Its type.
    #[must_use]
    pub fn vct(&self) -> &str {
        &self.vct
    }

    /// Whether it is told which octets it has.
    #[must_use]
    pub const fn is_pinned(&self) -> bool {
        self.integrity.is_some()
    }

    /// Whether it is told which octets it has, and these are the ones.
    #[must_use]
    pub fn is_meant(&self, octets: &[u8]) -> bool {
        self.integrity.as_ref().is_some_and(|integrity| integrity.verify(octets).is_ok())
    }
}

impl Chain {
    /// A chain that begins with the type `vct`; `integrity` is the credential's `vct#integrity`, if it has one.
    ///
    /// # Errors
    /// [`MetadataError::Integrity`].
    pub fn new(vct: &str, integrity: Option<&str>) -> Result<Self, MetadataError> {
        let integrity = integrity.map(Integrity::parse).transpose()?;
        Ok(Self { taken: Vec::new(), wanted: Some(Wanted { vct: vct.to_owned(), integrity }) })
    }

    /// What is to be brought next; `None` when the chain is whole.
    #[must_use]
    pub const fn wanted(&self) -> Option<&Wanted> {
        self.wanted.as_ref()
    }

    /// Takes the document that is wanted, in the octets in which it came.
    ///
    /// # Errors
    /// Every [`MetadataError`] about one document, about circles and about length. The chain is of no use afterwards.
    pub fn take(&mut self, octets: &[u8]) -> Result<(), MetadataError> {
        let Some(wanted) = self.wanted.take() else { return Err(MetadataError::TooDeep) };
        let checked = self.check(&wanted, octets);
        if checked.is_err() {
            self.wanted = Some(wanted);
        }
        let (document, next) = checked?;
        self.taken.push(document);
        self.wanted = next;
        Ok(())
    }

    fn check(&self, wanted: &Wanted, octets: &[u8]) -> Result<(Document, Option<Wanted>), MetadataError> {
        if octets.len() > LARGEST_DOCUMENT {
            return Err(MetadataError::TooLarge);
        }
        if let Some(integrity) = &wanted.integrity {
            integrity.verify(octets)?;
        }
        let document = Document::parse(octets)?;
        if document.vct != wanted.vct {
            return Err(MetadataError::WrongType);
        }
        let Some(extended) = &document.extends else { return Ok((document, None)) };
        if *extended == document.vct || self.taken.iter().any(|one| one.vct == *extended) {
            return Err(MetadataError::Circular);
        }
        if self.taken.len().saturating_add(1) >= MOST_DOCUMENTS {
            return Err(MetadataError::TooDeep);
        }
        let integrity = document.extends_integrity.as_deref().map(Integrity::parse).transpose()?;
        let next = Wanted { vct: extended.clone(), integrity };
        Ok((document, Some(next)))
    }

    /// The type with all that it extends.
    ///
    /// # Errors
    /// [`MetadataError::Incomplete`], and what an extending type may not change.
    pub fn finish(self) -> Result<TypeMetadata, MetadataError> {
        if self.wanted.is_some() {
            return Err(MetadataError::Incomplete);
        }
        let types = self.taken.iter().map(|document| document.vct.clone()).collect();
        let mut display: Vec<TypeDisplay> = Vec::new();
        let mut claims: Vec<ClaimMetadata> = Vec::new();
        for document in self.taken.into_iter().rev() {
            // What the extending type has is taken instead of the extended type's, as a whole.
            if let Some(own) = document.display {
                display = own;
            }
            for claim in document.claims {
                extend(&mut claims, claim)?;
            }
        }
        let mut ids = BTreeSet::new();
        if !claims.iter().filter_map(|claim| claim.svg_id.as_ref()).all(|id| ids.insert(id)) {
            return Err(MetadataError::SvgIdTwice);
        }
        if claims.len() > MOST_CLAIMS {
            return Err(MetadataError::TooLarge);
        }
        Ok(TypeMetadata { types, display, claims })
    }
}

/// Adds what a type says of a claim to what the types it extends say (§6.5.5).
fn extend(claims: &mut Vec<ClaimMetadata>, own: ClaimAsWritten) -> Result<(), MetadataError> {
    let Some(inherited) = claims.iter_mut().find(|claim| claim.path == own.path) else {
        claims.push(ClaimMetadata {
            path: own.path,
            display: own.display.unwrap_or_default(),
            mandatory: own.mandatory.unwrap_or(false),
            sd: own.sd.unwrap_or_default(),
            svg_id: own.svg_id,
        });
        return Ok(());
    };
    if let Some(sd) = own.sd {
        if inherited.sd != SelectiveDisclosure::Allowed && inherited.sd != sd {
            return Err(MetadataError::DisclosureChanged(own.path));
        }
        inherited.sd = sd;
    }
    if let Some(mandatory) = own.mandatory {
        if inherited.mandatory && !mandatory {
            return Err(MetadataError::MandatoryDropped(own.path));
        }
        inherited.mandatory = mandatory;
    }
    if let Some(display) = own.display {
        inherited.display = display;
    }
    inherited.svg_id = own.svg_id.or(inherited.svg_id.take());
    Ok(())
}
