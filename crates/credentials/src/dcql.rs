//! The Digital Credentials Query Language (OpenID4VP 1.0 §6), for both ends.
//!
//! - [`Query::parse`] reads a query and refuses every malformed one; [`Query::new`] makes one.
//! - Wallet: [`Query::evaluate`] finds what can answer, and [`Query::evaluate_indexed`] among many; [`Matches::choose`] picks;
//!   [`ClaimOption`] says which claims to send, for [`crate::sd_jwt::Held::select_locations`].
//! - Verifier: [`Query::check`] tells whether answers satisfy the query, and which of their claims were asked for.
//!
//! Only SD-JWT VC can be matched; queries for other formats are read and never satisfied.

mod candidates;
mod evaluation;
mod parsing;
mod satisfaction;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::claims_path::{ClaimsPath, PathError};

pub use candidates::Candidates;
pub use evaluation::{Candidate, Choice, ClaimOption, Match, Matches, QueryMatches, SelectedClaim};
pub use satisfaction::{Accepted, AcceptedAnswer, Answer, NotSatisfied};

/// A well-formed query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    credentials: Vec<CredentialQuery>,
    credential_sets: Vec<CredentialSet>,
}

/// The `id` of a credential or claims query: letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

/// A Credential Query (§6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialQuery {
    /// `id`.
    pub id: Id,
    /// `format` and `meta`.
    pub wanted: Wanted,
    /// `multiple`: more than one credential may answer.
    pub multiple: bool,
    /// `require_cryptographic_holder_binding`.
    pub require_holder_binding: bool,
    /// `trusted_authorities`; empty if absent.
    pub trusted_authorities: Vec<TrustedAuthority>,
    /// `claims`; empty if absent, which asks for no disclosable claim.
    pub claims: Vec<ClaimsQuery>,
    /// `claim_sets`; empty if absent.
    pub claim_sets: Vec<Vec<Id>>,
}

/// What kind of credential is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `dc+sd-jwt`.
    SdJwtVc {
        /// `vct_values`; empty if absent, which takes any type.
        vct_values: Vec<String>,
    },
    /// `mso_mdoc`; read, never matched.
    Mdoc {
        /// `doctype_value`.
        doctype: Option<String>,
    },
    /// Any other format; read, never matched.
    Other {
        /// `format`.
        format: String,
        /// `meta`.
        meta: Map<String, Value>,
    },
}

/// A Trusted Authorities Query (§6.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustedAuthority {
    /// `aki`: key identifiers of certificates in the chain.
    KeyIdentifiers(Vec<Vec<u8>>),
    /// `etsi_tl`, `openid_federation` and unknown types; never matched.
    Other {
        /// `type`.
        kind: String,
        /// `values`.
        values: Vec<String>,
    },
}

/// A Claims Query (§6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimsQuery {
    /// `id`, needed with `claim_sets`.
    pub id: Option<Id>,
    /// `path`.
    pub path: ClaimsPath,
    /// `values`; empty if absent.
    pub values: Vec<ExpectedValue>,
    /// `intent_to_retain` (mdoc only).
    pub intent_to_retain: Option<bool>,
}

/// A value that a claim may have: text, a whole number or a truth value.
#[derive(Clone, PartialEq, Eq)]
pub struct ExpectedValue(Value);

/// A Credential Set Query (§6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialSet {
    /// `options`, the most wanted first.
    pub options: Vec<Vec<Id>>,
    /// `required`.
    pub required: bool,
}

/// Why a query is not one. The wire code is `invalid_request` for all of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DcqlError {
    /// The query is no JSON object.
    #[error("a DCQL query is a JSON object")]
    NotAnObject,
    /// `credentials` is missing, empty, or no array of objects (§6).
    #[error("credentials must be a non-empty array of objects")]
    BadCredentials,
    /// An `id` is missing or has other characters than letters, digits, `_` and `-` (§6.1, §6.3).
    #[error("an id must be a non-empty string of letters, digits, _ and -")]
    BadId,
    /// An `id` comes twice.
    #[error("the id {0} is used twice")]
    DuplicateId(Id),
    /// `format` is missing or no string (§6.1).
    #[error("format of {0} must be a string")]
    BadFormat(Id),
    /// `meta` is missing or malformed for the format (§6.1, Appendix B).
    #[error("meta of {0} is missing or malformed")]
    BadMeta(Id),
    /// A member that must be true or false is something else.
    #[error("{member} of {id} must be true or false")]
    NotBoolean {
        /// The credential query.
        id: Id,
        /// The member.
        member: &'static str,
    },
    /// `trusted_authorities` is malformed (§6.1.1).
    #[error("trusted_authorities of {0} is malformed")]
    BadTrustedAuthorities(Id),
    /// `claims` is no non-empty array of objects (§6.1).
    #[error("claims of {0} must be a non-empty array of objects")]
    BadClaims(Id),
    /// A `path` is malformed (§7), or not [namespace, element] for an mdoc (§7.2).
    #[error("a path of {id} is malformed: {reason}")]
    BadPath {
        /// The credential query.
        id: Id,
        /// What is wrong.
        reason: PathError,
    },
    /// A path of an mdoc query is not [namespace, element] (§7.2).
    #[error("a path of {0} must be a namespace and an element")]
    BadMdocPath(Id),
    /// `values` is no non-empty array of strings, whole numbers and truth values (§6.3).
    #[error("values of a claim of {0} must be a non-empty array of strings, integers and booleans")]
    BadValues(Id),
    /// Two claims queries point to the same claim (§6.1); only refused in queries of our own.
    #[error("{id} asks for {path} twice")]
    DuplicateClaim {
        /// The credential query.
        id: Id,
        /// The path.
        path: ClaimsPath,
    },
    /// A type of `trusted_authorities` that no answer can be checked against here; only refused in queries of our own, since
    /// a wallet is not relied on for it (§6.1).
    #[error("trusted_authorities of {0} has a type that answers cannot be checked against")]
    UncheckedAuthority(Id),
    /// `claim_sets` without `claims` (§6.4.1).
    #[error("{0} has claim_sets without claims")]
    ClaimSetsWithoutClaims(Id),
    /// `claim_sets` is no non-empty array of non-empty arrays of ids (§6.1).
    #[error("claim_sets of {0} must be a non-empty array of non-empty arrays of ids")]
    BadClaimSets(Id),
    /// A claims query has no `id` though there are `claim_sets` (§6.3).
    #[error("{0} has claim_sets, so each of its claims needs an id")]
    ClaimWithoutId(Id),
    /// `claim_sets` names a claim that is not there.
    #[error("claim_sets of {id} names {claim}, which is not among its claims")]
    UnknownClaim {
        /// The credential query.
        id: Id,
        /// The unknown id.
        claim: Id,
    },
    /// `credential_sets` or its `options` is malformed (§6.2).
    #[error("credential_sets must be a non-empty array of objects with non-empty options")]
    BadCredentialSets,
    /// `credential_sets` names a credential query that is not there.
    #[error("credential_sets names {0}, which is not among the credentials")]
    UnknownCredential(Id),
}

impl DcqlError {
    /// The error code of OpenID4VP §8.5.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "invalid_request"
    }
}

impl Id {
    /// Checks the characters.
    ///
    /// # Errors
    /// [`DcqlError::BadId`].
    pub fn new(text: impl Into<String>) -> Result<Self, DcqlError> {
        let text = text.into();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if text.is_empty() || !text.bytes().all(allowed) { Err(DcqlError::BadId) } else { Ok(Self(text)) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl ExpectedValue {
    /// Checks the kind of value.
    #[must_use]
    pub fn new(value: Value) -> Option<Self> {
        let taken = match &value {
            Value::String(_) | Value::Bool(_) => true,
            Value::Number(number) => number.is_i64() || number.is_u64(),
            _ => false,
        };
        taken.then_some(Self(value))
    }

    /// Whether `value` has the same type and value (§6.3): 1 is neither "1" nor 1.0.
    #[must_use]
    pub fn matches(&self, value: &Value) -> bool {
        self.0 == *value
    }
}

impl fmt::Debug for ExpectedValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Compared with a person's claim, it may be that claim.
        formatter.write_str("ExpectedValue")
    }
}

impl CredentialQuery {
    /// A query for credentials of one SD-JWT VC type, for all of `claims`.
    #[must_use]
    pub fn sd_jwt_vc(id: Id, vct: &str, claims: impl IntoIterator<Item = ClaimsPath>) -> Self {
        let claims = claims.into_iter();
        Self {
            id,
            wanted: Wanted::SdJwtVc { vct_values: vec![vct.to_owned()] },
            multiple: false,
            require_holder_binding: true,
            trusted_authorities: Vec::new(),
            claims: claims
                .map(|path| ClaimsQuery { id: None, path, values: Vec::new(), intent_to_retain: None })
                .collect(),
            claim_sets: Vec::new(),
        }
    }

    /// The claims queries of one option: those of claim set `index`, or all when there are no claim sets.
    fn option(&self, index: usize) -> Vec<(usize, &ClaimsQuery)> {
        let set = self.claim_sets.get(index);
        let mut option: Vec<(usize, &ClaimsQuery)> = Vec::with_capacity(self.claims.len());
        for (position, claim) in self.claims.iter().enumerate() {
            let listed = set.is_none_or(|set| claim.id.as_ref().is_some_and(|id| set.contains(id)));
            // A second query for the same claim is ignored (§6.1), by wallet and verifier alike.
            if listed && !option.iter().any(|(_, earlier)| earlier.path == claim.path) {
                option.push((position, claim));
            }
        }
        option
    }

    /// How many options there are; without claim sets, one.
    fn option_count(&self) -> usize {
        self.claim_sets.len().max(1)
    }

    /// Whether a credential of type `vct` is of the kind that is asked for.
    fn wants(&self, vct: &str) -> bool {
        match &self.wanted {
            Wanted::SdJwtVc { vct_values } => {
                vct_values.is_empty() || vct_values.iter().any(|wanted| wanted == vct)
            }
            Wanted::Mdoc { .. } | Wanted::Other { .. } => false,
        }
    }
}

impl TrustedAuthority {
    /// How many `values` it has.
    #[must_use]
    pub const fn values(&self) -> usize {
        match self {
            Self::KeyIdentifiers(identifiers) => identifiers.len(),
            Self::Other { values, .. } => values.len(),
        }
    }
}

impl Wanted {
    /// `format`.
    #[must_use]
    pub fn format(&self) -> &str {
        match self {
            Self::SdJwtVc { .. } => crate::vc::TYPE,
            Self::Mdoc { .. } => "mso_mdoc",
            Self::Other { format, .. } => format,
        }
    }
}

impl Query {
    /// A query of its parts; no credential sets means that all credentials are wanted.
    ///
    /// # Errors
    /// See [`DcqlError`]; stricter than [`Query::parse`]: no claim may be asked for twice in one query.
    pub fn new(
        credentials: Vec<CredentialQuery>,
        credential_sets: Vec<CredentialSet>,
    ) -> Result<Self, DcqlError> {
        let query = Self { credentials, credential_sets };
        query.check_references()?;
        query.check_as_own()?;
        Ok(query)
    }

    /// Whether a verifier of ours may ask it: what a wallet forgives in the queries of others is refused in our own, and so is
    /// what no answer could be checked against.
    ///
    /// # Errors
    /// [`DcqlError::DuplicateClaim`], [`DcqlError::UncheckedAuthority`].
    pub fn check_as_own(&self) -> Result<(), DcqlError> {
        for credential in &self.credentials {
            let mut paths = BTreeSet::new();
            if let Some(claim) = credential.claims.iter().find(|claim| !paths.insert(&claim.path)) {
                let (id, path) = (credential.id.clone(), claim.path.clone());
                return Err(DcqlError::DuplicateClaim { id, path });
            }
            let unchecked =
                |authority: &TrustedAuthority| matches!(authority, TrustedAuthority::Other { .. });
            if credential.trusted_authorities.iter().any(unchecked) {
                return Err(DcqlError::UncheckedAuthority(credential.id.clone()));
            }
        }
        Ok(())
    }

    /// Whether somebody could satisfy it with SD-JWT VCs alone, whatever credentials there are (§8.5
    /// `vp_formats_not_supported`). It says nothing about anybody.
    #[must_use]
    pub fn takes_sd_jwt_vc(&self) -> bool {
        let spoken = self.credentials.iter().filter(|one| matches!(one.wanted, Wanted::SdJwtVc { .. }));
        self.accepts(&spoken.map(|one| one.id.as_str()).collect()).is_ok()
    }

    /// The credential queries.
    #[must_use]
    pub fn credentials(&self) -> &[CredentialQuery] {
        &self.credentials
    }

    /// The credential sets; empty when every credential is wanted.
    #[must_use]
    pub fn credential_sets(&self) -> &[CredentialSet] {
        &self.credential_sets
    }

    /// The credential query of an id.
    #[must_use]
    pub fn credential(&self, id: &str) -> Option<&CredentialQuery> {
        self.credentials.iter().find(|credential| credential.id.as_str() == id)
    }

    /// Whether a credential query is asked for at all: with credential sets, only what a set names is.
    #[must_use]
    pub fn requests(&self, id: &str) -> bool {
        self.credential(id).is_some()
            && (self.credential_sets.is_empty()
                || self
                    .credential_sets
                    .iter()
                    .flat_map(|set| set.options.iter().flatten())
                    .any(|named| named.as_str() == id))
    }

    /// Whether answers to exactly these queries satisfy the query (§6.4.2); the screen asks this live.
    ///
    /// # Errors
    /// [`NotSatisfied::UnknownQuery`], [`NotSatisfied::MissingQuery`], [`NotSatisfied::RequiredSet`].
    pub fn accepts(&self, answered: &BTreeSet<&str>) -> Result<(), NotSatisfied> {
        if let Some(unknown) = answered.iter().find(|id| self.credential(id).is_none()) {
            return Err(NotSatisfied::UnknownQuery((*unknown).to_owned()));
        }
        if self.credential_sets.is_empty() {
            return match self.credentials.iter().find(|query| !answered.contains(query.id.as_str())) {
                Some(missing) => Err(NotSatisfied::MissingQuery(missing.id.clone())),
                None => Ok(()),
            };
        }
        let unmet =
            |set: &CredentialSet| set.required && !set.options.iter().any(|option| met(option, answered));
        match self.credential_sets.iter().position(unmet) {
            Some(index) => Err(NotSatisfied::RequiredSet(index)),
            None => Ok(()),
        }
    }

    /// Those of `answered` that complete no option of any set: a wallet leaves them out, a verifier drops them.
    #[must_use]
    pub fn surplus<'a>(&self, answered: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
        if self.credential_sets.is_empty() {
            return answered.iter().copied().filter(|id| self.credential(id).is_none()).collect();
        }
        let options = self.credential_sets.iter().flat_map(|set| &set.options);
        let complete: BTreeSet<&str> =
            options.filter(|option| met(option, answered)).flatten().map(Id::as_str).collect();
        answered.iter().copied().filter(|id| !complete.contains(id)).collect()
    }

    fn check_references(&self) -> Result<(), DcqlError> {
        if self.credentials.is_empty() {
            return Err(DcqlError::BadCredentials);
        }
        let mut ids = BTreeSet::new();
        for credential in &self.credentials {
            if !ids.insert(&credential.id) {
                return Err(DcqlError::DuplicateId(credential.id.clone()));
            }
            credential.check_references()?;
        }
        for set in &self.credential_sets {
            if set.options.is_empty() || set.options.iter().any(Vec::is_empty) {
                return Err(DcqlError::BadCredentialSets);
            }
            if let Some(unknown) = set.options.iter().flatten().find(|id| !ids.contains(id)) {
                return Err(DcqlError::UnknownCredential(unknown.clone()));
            }
        }
        Ok(())
    }
}

impl CredentialQuery {
    fn check_references(&self) -> Result<(), DcqlError> {
        let mut ids = BTreeSet::new();
        for id in self.claims.iter().filter_map(|claim| claim.id.as_ref()) {
            if !ids.insert(id) {
                return Err(DcqlError::DuplicateId(id.clone()));
            }
        }
        if self.claim_sets.is_empty() {
            return Ok(());
        }
        if self.claims.is_empty() {
            return Err(DcqlError::ClaimSetsWithoutClaims(self.id.clone()));
        }
        if self.claims.iter().any(|claim| claim.id.is_none()) {
            return Err(DcqlError::ClaimWithoutId(self.id.clone()));
        }
        if self.claim_sets.iter().any(Vec::is_empty) {
            return Err(DcqlError::BadClaimSets(self.id.clone()));
        }
        match self.claim_sets.iter().flatten().find(|claim| !ids.contains(claim)) {
            Some(claim) => Err(DcqlError::UnknownClaim { id: self.id.clone(), claim: claim.clone() }),
            None => Ok(()),
        }
    }
}

fn met(option: &[Id], answered: &BTreeSet<&str>) -> bool {
    option.iter().all(|id| answered.contains(id.as_str()))
}

impl Serialize for Query {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Query {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
