//! A credential in the holder's hands, kept parsed so that presenting it costs one signature and one hash.

use std::collections::BTreeSet;
use std::fmt;

use jose::{Algorithm, Signer, SigningFailed, jws};
use serde_json::{Map, Value};

use super::disclosure::Part;
use super::key_binding::KeyBinding;
use super::{HashAlgorithm, Processed, SdJwt, SdJwtError, Verified};
use crate::claims_path::{ClaimsPath, Location, PathError};

/// An SD-JWT that was verified when it was received. Its Debug shows no value.
#[derive(Clone)]
pub struct Held {
    issuer_jwt: Part,
    header: Map<String, Value>,
    hash: HashAlgorithm,
    processed: Processed,
}

/// The disclosures chosen for one presentation; made by [`Held::select`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection(BTreeSet<usize>);

/// Why nothing could be selected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// A path leads to no claim of this credential.
    #[error("the credential has nothing at {path}: {reason}")]
    NothingAt {
        /// The path.
        path: ClaimsPath,
        /// What stood in the way.
        reason: PathError,
    },
}

/// A presentation that waits for the holder's signature, for keys that are kept elsewhere.
#[derive(Clone)]
pub struct Prepared {
    presented: String,
    signing_input: String,
}

impl Held {
    /// Takes what an issuer sent.
    ///
    /// # Errors
    /// [`ReceivedKeyBinding`]: an issuer sends no key binding JWT (RFC 9901 §7.2).
    pub fn new(verified: Verified) -> Result<Self, ReceivedKeyBinding> {
        if verified.key_binding.is_some() {
            return Err(ReceivedKeyBinding);
        }
        let end = verified.presented.find('~').unwrap_or(verified.presented.len());
        let issuer_jwt = Part::of(&verified.presented, 0..end);
        Ok(Self { issuer_jwt, header: verified.header, hash: verified.hash, processed: verified.processed })
    }

    /// Opens a text again that this holder verified when it was received and has kept where nobody changes it.
    ///
    /// # Errors
    /// See [`SdJwtError`]; a key binding JWT is [`SdJwtError::MissingTilde`].
    pub fn reopen(compact: &str) -> Result<Self, SdJwtError> {
        let verified = SdJwt::parse(compact)?.into_verified_before()?;
        Self::new(verified).map_err(|_| SdJwtError::MissingTilde)
    }

    /// The whole credential as it was received, to be kept.
    #[must_use]
    pub fn to_compact(&self) -> String {
        self.present(&self.select_all())
    }

    /// The header of the issuer-signed JWT.
    #[must_use]
    pub const fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The claims and which of them are disclosable.
    #[must_use]
    pub const fn processed(&self) -> &Processed {
        &self.processed
    }

    /// All claims.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        self.processed.claims()
    }

    /// Everything.
    #[must_use]
    pub fn select_all(&self) -> Selection {
        Selection((0..self.processed.disclosed().len()).collect())
    }

    /// The disclosures that show the claims at `paths`: their own, their parents' and their children's.
    ///
    /// # Errors
    /// [`SelectionError::NothingAt`].
    pub fn select<'a>(
        &self,
        paths: impl IntoIterator<Item = &'a ClaimsPath>,
    ) -> Result<Selection, SelectionError> {
        let mut selection = Selection::default();
        for path in paths {
            let found = path
                .select(self.claims())
                .map_err(|reason| SelectionError::NothingAt { path: path.clone(), reason })?;
            for (location, _) in found {
                selection.0.extend(self.processed.needed_for(&location));
            }
        }
        Ok(selection)
    }

    /// The disclosures that show the claims at `locations`.
    #[must_use]
    pub fn select_locations<'a>(&self, locations: impl IntoIterator<Item = &'a Location>) -> Selection {
        Selection(locations.into_iter().flat_map(|location| self.processed.needed_for(location)).collect())
    }

    /// What a reader of the presentation sees: the screen before consent shows this.
    #[must_use]
    pub fn revealed(&self, selection: &Selection) -> Map<String, Value> {
        self.processed.claims_with(&selection.0)
    }

    /// The places of the disclosable claims that `selection` shows.
    pub fn revealed_locations<'a>(
        &'a self,
        selection: &'a Selection,
    ) -> impl Iterator<Item = &'a Location> + 'a {
        let disclosed = self.processed.disclosed().iter().enumerate();
        disclosed.filter(|(index, _)| selection.0.contains(index)).map(|(_, disclosed)| disclosed.location())
    }

    /// The presentation without key binding.
    #[must_use]
    pub fn present(&self, selection: &Selection) -> String {
        let mut presented = String::with_capacity(self.length());
        presented.push_str(self.issuer_jwt.as_str());
        presented.push('~');
        for (index, disclosed) in self.processed.disclosed().iter().enumerate() {
            if selection.0.contains(&index) {
                presented.push_str(disclosed.encoded());
                presented.push('~');
            }
        }
        presented
    }

    /// The presentation bound to `signer`, which must hold the key in `cnf`.
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn present_bound(
        &self,
        selection: &Selection,
        binding: &KeyBinding<'_>,
        signer: &dyn Signer,
    ) -> Result<String, SigningFailed> {
        self.present_saying(selection, binding, &Map::new(), signer)
    }

    /// As [`Self::present_bound`], with `further` claims in the key binding JWT (OpenID4VP 1.0 Appendix B.3.3).
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn present_saying(
        &self,
        selection: &Selection,
        binding: &KeyBinding<'_>,
        further: &Map<String, Value>,
        signer: &dyn Signer,
    ) -> Result<String, SigningFailed> {
        let prepared = self.prepare_saying(selection, binding, further, signer.algorithm());
        let signature = signer.sign(prepared.signing_input().as_bytes())?;
        Ok(prepared.finish(&signature))
    }

    /// The presentation up to the holder's signature.
    #[must_use]
    pub fn prepare(&self, selection: &Selection, binding: &KeyBinding<'_>, algorithm: Algorithm) -> Prepared {
        self.prepare_saying(selection, binding, &Map::new(), algorithm)
    }

    fn prepare_saying(
        &self,
        selection: &Selection,
        binding: &KeyBinding<'_>,
        further: &Map<String, Value>,
        algorithm: Algorithm,
    ) -> Prepared {
        let presented = self.present(selection);
        let sd_hash = self.hash.base64url(presented.as_bytes());
        let signing_input = binding.signing_input(&sd_hash, further, algorithm);
        Prepared { presented, signing_input }
    }

    /// Enough room for the whole credential and a key binding JWT.
    fn length(&self) -> usize {
        let disclosed = self.processed.disclosed().iter().map(|disclosed| disclosed.encoded().len());
        disclosed
            .fold(self.issuer_jwt.as_str().len(), |sum, length| sum.saturating_add(length).saturating_add(1))
            .saturating_add(512)
    }
}

impl Prepared {
    /// The bytes the holder's key signs.
    #[must_use]
    pub fn signing_input(&self) -> &str {
        &self.signing_input
    }

    /// The presentation with its signature.
    #[must_use]
    pub fn finish(mut self, signature: &[u8]) -> String {
        self.presented.push_str(&jws::assemble(&self.signing_input, signature));
        self.presented
    }
}

/// An issuer sent a key binding JWT, which only a holder makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an issued credential must not carry a key binding JWT")]
pub struct ReceivedKeyBinding;

impl fmt::Debug for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Held")
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Prepared")
    }
}
