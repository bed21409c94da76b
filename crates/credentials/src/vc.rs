//! SD-JWT VC (draft -13, the pin of HAIP 1.0) on top of [`crate::sd_jwt`].
//!
//! The types follow the checks: [`Unverified`] tells whose key is to be found, [`Unverified::verify`] makes
//! [`IssuerVerified`], and [`IssuerVerified::presented`] makes [`Presented`] once the key binding fits.

mod facts;
mod issuing;

use environment::Timestamp;
use jose::jws::Policy;
use jose::jwt::{self, ClaimError};
use jose::{Jwk, KeyError, VerifyingKey};
use serde_json::{Map, Value};

use crate::dcql;
use crate::issuer_key::{IssuedBy, IssuerKeyError};
use crate::sd_jwt::{self, Processed, ReceivedKeyBinding, SdJwt, SdJwtError, key_binding};

pub use facts::{Facts, StatusReference};
pub use issuing::{Issuing, VcIssueError, issue};

/// `typ`, and the format identifier in OpenID4VCI and OpenID4VP.
pub const TYPE: &str = "dc+sd-jwt";
/// `typ` before draft -05 of SD-JWT VC.
pub const LEGACY_TYPE: &str = "vc+sd-jwt";
/// The media type.
pub const MEDIA_TYPE: &str = "application/dc+sd-jwt";

/// Claims that may never be selectively disclosable, nor anything inside of them (SD-JWT VC §3.2.2.2).
pub const NEVER_DISCLOSABLE: [&str; 8] =
    ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "aka_vcts"];

/// Which `typ` is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Types {
    /// `dc+sd-jwt` only.
    #[default]
    Current,
    /// `vc+sd-jwt` too: a compatibility switch for old issuers.
    CurrentAndLegacy,
}

impl Types {
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Current => &[TYPE],
            Self::CurrentAndLegacy => &[TYPE, LEGACY_TYPE],
        }
    }
}

/// Why a credential or a presentation is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VcError {
    /// It is not a valid SD-JWT.
    #[error(transparent)]
    SdJwt(#[from] SdJwtError),
    /// No issuer key can be found.
    #[error(transparent)]
    IssuerKey(#[from] IssuerKeyError),
    /// A claim is missing, of the wrong type, or out of its time.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// A claim that everybody relies on is selectively disclosable (SD-JWT VC §3.2.2.2).
    #[error("{0} must not be selectively disclosable")]
    Disclosable(&'static str),
    /// `cnf` has no usable `jwk` (RFC 7800 §3.2).
    #[error("cnf must hold a usable public jwk: {0}")]
    BadConfirmation(KeyError),
    /// `status` is not `{status_list: {idx, uri}}` (Token Status List §6.2).
    #[error("status must hold a status_list of idx and uri")]
    BadStatus,
    /// The self-issued credential was to be checked with another key, or another one as self-issued.
    #[error("a self-issued credential is checked with the key in its cnf")]
    NotSelfIssued,
    /// The credential is bound to no key, though key binding is required.
    #[error("the credential is not bound to a key")]
    NotBound,
    /// The key binding is refused.
    #[error(transparent)]
    KeyBinding(#[from] key_binding::KeyBindingError),
}

impl VcError {
    /// A short name for reports.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SdJwt(error) => error.code(),
            Self::IssuerKey(error) => error.code(),
            Self::Claim(ClaimError::Missing(_)) => "missing_claim",
            Self::Claim(ClaimError::Expired { .. }) => "expired",
            Self::Claim(ClaimError::NotYetValid { .. }) => "not_yet_valid",
            Self::Claim(_) => "malformed_claim",
            Self::Disclosable(_) => "disclosable_claim",
            Self::BadConfirmation(_) => "bad_cnf",
            Self::BadStatus => "bad_status",
            Self::NotSelfIssued => "not_self_issued",
            Self::NotBound => "not_bound",
            Self::KeyBinding(error) => error.code(),
        }
    }

    /// The section of a standard that is broken.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self {
            Self::SdJwt(error) => error.section(),
            Self::IssuerKey(_) | Self::NotSelfIssued => "SD-JWT VC §3.5",
            Self::Claim(ClaimError::Expired { .. }) => "RFC 7519 §4.1.4",
            Self::Claim(ClaimError::NotYetValid { .. }) => "RFC 7519 §4.1.5",
            Self::Claim(_) | Self::Disclosable(_) => "SD-JWT VC §3.2.2.2",
            Self::BadConfirmation(_) => "RFC 7800 §3.2",
            Self::BadStatus => "Token Status List §6.2",
            Self::NotBound => "RFC 9901 §7.3",
            Self::KeyBinding(error) => error.section(),
        }
    }
}

/// A credential or presentation whose issuer's key is still to be found.
#[derive(Clone, Debug)]
pub struct Unverified {
    sd_jwt: SdJwt,
    issued_by: IssuedBy,
    types: Types,
}

/// A credential that its issuer's key signed and whose claims keep the rules; key binding is unchecked.
///
/// That the key may sign such credentials is for `trust` to say.
#[derive(Clone, Debug)]
pub struct IssuerVerified {
    verified: sd_jwt::Verified,
    facts: Facts,
    issued_by: IssuedBy,
}

/// A presentation that is in order as far as cryptography can tell.
#[derive(Clone, Debug)]
pub struct Presented {
    processed: Processed,
    facts: Facts,
    issued_by: IssuedBy,
    /// The claims of the key binding JWT, where one was required.
    key_binding: Option<Map<String, Value>>,
}

/// Whether a presentation must be bound to its holder's key: decided by the request, never by what came.
#[derive(Clone, Copy, Debug)]
pub enum Binding<'a> {
    /// It must, with these values.
    Required(&'a key_binding::Expected<'a>),
    /// The request said `require_cryptographic_holder_binding: false`; a key binding that comes is ignored.
    NotRequired,
}

/// A credential in the wallet, parsed once.
#[derive(Clone, Debug)]
pub struct Held {
    sd_jwt: sd_jwt::Held,
    facts: Facts,
    issued_by: IssuedBy,
}

impl Unverified {
    /// Reads the compact form and finds out how the issuer is identified.
    ///
    /// # Errors
    /// [`VcError::SdJwt`] (also for another `typ`), [`VcError::IssuerKey`], [`VcError::BadConfirmation`].
    pub fn parse(compact: &str, types: Types) -> Result<Self, VcError> {
        let sd_jwt = SdJwt::parse(compact)?;
        let typ = sd_jwt.header().get("typ").and_then(Value::as_str);
        if !typ.is_some_and(|typ| types.names().contains(&typ)) {
            let expected = types.names().join(" or ");
            return Err(SdJwtError::Jws(jose::jws::JwsError::WrongType { expected }).into());
        }
        // A disclosable iss or cnf is not seen here and is refused once the disclosures are in place.
        let holder = facts::confirmation(sd_jwt.payload())?;
        let issued_by = IssuedBy::of(sd_jwt.header(), sd_jwt.payload().get("iss"), holder.as_ref())?;
        Ok(Self { sd_jwt, issued_by, types })
    }

    /// How the issuer is identified, for finding its key.
    #[must_use]
    pub const fn issued_by(&self) -> &IssuedBy {
        &self.issued_by
    }

    /// `vct` as the text says, not yet authenticated.
    #[must_use]
    pub fn vct(&self) -> Option<&str> {
        self.sd_jwt.payload().get("vct").and_then(Value::as_str)
    }

    /// The split SD-JWT.
    #[must_use]
    pub const fn sd_jwt(&self) -> &SdJwt {
        &self.sd_jwt
    }

    /// Checks signature, disclosures, claims and times with the issuer's `key`.
    ///
    /// # Errors
    /// See [`VcError`]. A self-issued credential goes through [`Unverified::verify_self_issued`].
    pub fn verify(self, key: &VerifyingKey, now: Timestamp, skew: i64) -> Result<IssuerVerified, VcError> {
        if matches!(self.issued_by, IssuedBy::Holder { .. }) {
            return Err(VcError::NotSelfIssued);
        }
        self.verify_with(key, now, skew)
    }

    /// Checks a credential that its holder signed, with the key in its `cnf`.
    ///
    /// # Errors
    /// See [`VcError`]; [`VcError::NotSelfIssued`] for any other.
    pub fn verify_self_issued(self, now: Timestamp, skew: i64) -> Result<IssuerVerified, VcError> {
        let IssuedBy::Holder { key, .. } = &self.issued_by else { return Err(VcError::NotSelfIssued) };
        let key = VerifyingKey::new(key).map_err(VcError::BadConfirmation)?;
        self.verify_with(&key, now, skew)
    }

    fn verify_with(self, key: &VerifyingKey, now: Timestamp, skew: i64) -> Result<IssuerVerified, VcError> {
        let verified = self.sd_jwt.verify(key, &Policy::typed(self.types.names()))?;
        refuse_disclosable(verified.processed())?;
        let facts = Facts::of(verified.claims())?;
        jwt::check_validity(verified.claims(), now, skew)?;
        Ok(IssuerVerified { verified, facts, issued_by: self.issued_by })
    }
}

fn refuse_disclosable(processed: &Processed) -> Result<(), VcError> {
    for disclosed in processed.disclosed() {
        let Some(crate::Step::Name(first)) = disclosed.location().steps().first() else { continue };
        if let Some(name) = NEVER_DISCLOSABLE.into_iter().find(|name| **name == **first) {
            return Err(VcError::Disclosable(name));
        }
    }
    Ok(())
}

impl IssuerVerified {
    /// `vct`, `cnf`, times and status.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// How the issuer is identified.
    #[must_use]
    pub const fn issued_by(&self) -> &IssuedBy {
        &self.issued_by
    }

    /// The claims and their provenance.
    #[must_use]
    pub const fn processed(&self) -> &Processed {
        self.verified.processed()
    }

    /// All claims that were sent.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        self.verified.claims()
    }

    /// Keeps the credential, as its holder.
    ///
    /// # Errors
    /// [`ReceivedKeyBinding`]: an issuer sends no key binding JWT.
    pub fn into_held(self) -> Result<Held, ReceivedKeyBinding> {
        let sd_jwt = sd_jwt::Held::new(self.verified)?;
        Ok(Held { sd_jwt, facts: self.facts, issued_by: self.issued_by })
    }

    /// Takes it as a presentation.
    ///
    /// # Errors
    /// [`VcError::NotBound`], [`VcError::KeyBinding`], [`VcError::BadConfirmation`].
    pub fn presented(self, binding: Binding<'_>) -> Result<Presented, VcError> {
        let key_binding = match binding {
            Binding::NotRequired => None,
            Binding::Required(expected) => {
                let key = self.facts.holder_key().ok_or(VcError::NotBound)?;
                let key = VerifyingKey::new(key).map_err(VcError::BadConfirmation)?;
                Some(key_binding::verified_claims(&self.verified, &key, expected)?)
            }
        };
        let processed = self.verified.into_processed();
        Ok(Presented { processed, facts: self.facts, issued_by: self.issued_by, key_binding })
    }
}

impl Presented {
    /// `vct`, `cnf`, times and status.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// How the issuer is identified.
    #[must_use]
    pub const fn issued_by(&self) -> &IssuedBy {
        &self.issued_by
    }

    /// The claims and their provenance.
    #[must_use]
    pub const fn processed(&self) -> &Processed {
        &self.processed
    }

    /// All claims that were sent.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        self.processed.claims()
    }

    /// The key whose possession the presentation proved; `None` when none was asked for.
    #[must_use]
    pub fn proven_key(&self) -> Option<&Jwk> {
        self.facts.holder_key().filter(|_| self.key_binding.is_some())
    }

    /// The claims of the key binding JWT; `None` when none was asked for.
    #[must_use]
    pub const fn key_binding(&self) -> Option<&Map<String, Value>> {
        self.key_binding.as_ref()
    }

    /// This presentation as an answer that a DCQL query is checked against. Certificates are not read here: whoever has read
    /// the chain sets its `authority_key_identifiers`.
    #[must_use]
    pub fn as_answer(&self) -> dcql::Answer<'_> {
        dcql::Answer {
            vct: self.facts.vct(),
            claims: self.claims(),
            shortened: self.processed.shortened(),
            holder_bound: self.key_binding.is_some(),
            authority_key_identifiers: &[],
        }
    }
}

impl Held {
    /// Opens a credential again that was verified when it was received.
    ///
    /// # Errors
    /// See [`VcError`].
    pub fn reopen(compact: &str) -> Result<Self, VcError> {
        let sd_jwt = sd_jwt::Held::reopen(compact)?;
        let facts = Facts::of(sd_jwt.claims())?;
        let issued_by = IssuedBy::of(sd_jwt.header(), sd_jwt.claims().get("iss"), facts.holder_key())?;
        Ok(Self { sd_jwt, facts, issued_by })
    }

    /// The SD-JWT, for selecting and presenting.
    #[must_use]
    pub const fn sd_jwt(&self) -> &sd_jwt::Held {
        &self.sd_jwt
    }

    /// `vct`, `cnf`, times and status.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// How the issuer is identified.
    #[must_use]
    pub const fn issued_by(&self) -> &IssuedBy {
        &self.issued_by
    }

    /// All claims.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        self.sd_jwt.claims()
    }

    /// This credential as a candidate for DCQL; `authority_key_identifiers` are those of its chain.
    #[must_use]
    pub fn as_candidate<'a>(&'a self, authority_key_identifiers: &'a [Vec<u8>]) -> dcql::Candidate<'a> {
        dcql::Candidate {
            vct: self.facts.vct(),
            claims: self.claims(),
            holder_bound: self.facts.holder_key().is_some(),
            authority_key_identifiers,
        }
    }
}

#[cfg(test)]
mod tests;
