//! Registration certificates: what a space may ask of members, and why (ETSI TS 119 475).
//!
//! A compact JWS, `typ: rc-wrp+jwt`, with the `x5c` of the network's registrar. It travels in `verifier_info` under the
//! format `registration_cert` and speaks of the party whose DID is its `sub`.

use std::collections::{BTreeMap, HashSet};

use environment::Timestamp;
use jose::jws::{self, JwsError, Policy};
use jose::jwt::{self, ClaimError};
use jose::{Signer, SigningFailed, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::chain::{CertificateChain, ChainError};
use crate::descriptor::NetworkDescriptor;
use crate::identifier::is_did;
use crate::network_list::Brand;
use crate::path::{self, PathError};
use crate::purpose::Purpose;

mod claim_path;
mod scope;

pub use claim_path::{ClaimPath, ClaimPathError, PathElement};
pub use scope::{BeyondRegistration, CoveredClaim, RequestedCredential, WithinRegistration, within};

/// `typ` of a registration certificate.
pub const TYPE: &str = "rc-wrp+jwt";
/// Format of its entry in `verifier_info`.
pub const FORMAT: &str = "registration_cert";
/// Longest validity, in seconds: 30 days.
pub const LONGEST_VALIDITY: i64 = 30 * 86_400;

const CLOCK_SKEW: i64 = 60;

/// Why a registration certificate is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// The token is not a registration certificate, or its signature is wrong.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// The certificates cannot be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The signer is not the registrar of this network.
    #[error("the signer of the registration certificate: {0}")]
    Path(#[from] PathError),
    /// A claim is missing, malformed or out of its time.
    #[error("the registration certificate: {0}")]
    Claim(#[from] ClaimError),
    /// It speaks of another party than the one that was authenticated.
    #[error("the registration certificate belongs to another party")]
    OtherSubject,
    /// It was made for another network.
    #[error("the registration certificate belongs to another network")]
    OtherNetwork,
    /// `exp` lies more than 30 days after `iat`.
    #[error(
        "the registration certificate would be valid for {seconds} seconds, which is longer than 30 days"
    )]
    ValidTooLong {
        /// From `iat` to `exp`.
        seconds: i64,
    },
    /// The content breaks a rule.
    #[error(transparent)]
    Content(#[from] ContentError),
}

/// Why the content of a registration is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// A member is missing or has the wrong type.
    #[error("the registration lacks a member or has one of the wrong type")]
    Malformed,
    /// The subject is not a DID.
    #[error("the registered party is not named by a DID")]
    NotADid,
    /// No use is registered, or two have one identifier.
    #[error("the registration must list intended uses, each under an identifier of its own")]
    IntendedUses,
    /// A use says no purpose, no claim or no credential type.
    #[error("an intended use must have a purpose, claims and credential types")]
    EmptyUse,
    /// The privacy policy is not an address on the web.
    #[error("the privacy policy must be an https address")]
    PrivacyPolicy,
    /// The party, or whoever answers for data protection there, cannot be reached.
    #[error("the party and its data protection contact must be reachable by e-mail, phone or web")]
    Unreachable,
}

/// The ground on which data is asked for (GDPR Article 6(1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalBasis {
    /// The person agrees.
    Consent,
    /// A contract with the person needs it.
    Contract,
    /// A law demands it.
    LegalObligation,
    /// An interest that outweighs the person's.
    LegitimateInterest,
}

/// How to reach a party.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts {
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Address on the web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
}

impl Contacts {
    /// Whether there is no way to reach anybody.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.email.is_none() && self.phone.is_none() && self.uri.is_none()
    }
}

/// The public authority that watches over data protection at a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupervisoryAuthority {
    /// Its name.
    pub name: String,
    /// How to reach it.
    pub contacts: Contacts,
}

/// A claim of a use, and how long it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisteredClaim {
    /// The claim, and everything below it.
    pub path: ClaimPath,
    /// Days after which it is erased when nothing else was agreed.
    pub retention_days: u32,
}

/// One use that a party makes of claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntendedUse {
    /// Identifier within the registration.
    pub id: String,
    /// Why, by language tag.
    pub purpose: BTreeMap<String, String>,
    /// On what ground.
    pub legal_basis: LegalBasis,
    /// Which claims.
    pub claims: Vec<RegisteredClaim>,
    /// From credentials of which types (`vct`).
    pub credential_types: Vec<String>,
}

impl IntendedUse {
    /// The purpose in the first of `languages` in which it is given, else in English, else in any.
    #[must_use]
    pub fn purpose_in(&self, languages: &[&str]) -> &str {
        languages
            .iter()
            .copied()
            .chain(["en"])
            .find_map(|language| self.purpose.get(language))
            .or_else(|| self.purpose.values().next())
            .map_or("", String::as_str)
    }
}

/// What a registration certificate says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationContent {
    /// The party's DID.
    #[serde(rename = "sub")]
    pub did: String,
    /// Its legal name.
    #[serde(rename = "sub_ln")]
    pub legal_name: String,
    /// The name that people read.
    pub name: String,
    /// The brand it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
    /// How to reach it.
    pub contacts: Contacts,
    /// How to reach the person who answers for data protection there.
    pub data_protection_contact: Contacts,
    /// The authority to complain to.
    pub supervisory_authority: SupervisoryAuthority,
    /// Address of the privacy policy.
    pub privacy_policy: String,
    /// What claims are used for.
    pub intended_uses: Vec<IntendedUse>,
}

impl RegistrationContent {
    /// Checks what the types do not say.
    ///
    /// # Errors
    /// See [`ContentError`].
    pub fn check(&self) -> Result<(), ContentError> {
        if !is_did(&self.did) {
            return Err(ContentError::NotADid);
        }
        let policy = url::Url::parse(&self.privacy_policy).map_err(|_| ContentError::PrivacyPolicy)?;
        if !matches!(policy.scheme(), "https" | "http") {
            return Err(ContentError::PrivacyPolicy);
        }
        if self.contacts.is_empty() || self.data_protection_contact.is_empty() {
            return Err(ContentError::Unreachable);
        }
        let mut identifiers = HashSet::new();
        for intended_use in &self.intended_uses {
            if !identifiers.insert(intended_use.id.as_str()) {
                return Err(ContentError::IntendedUses);
            }
            let is_empty = intended_use.purpose.values().all(|text| text.trim().is_empty())
                || intended_use.claims.is_empty()
                || intended_use.credential_types.is_empty();
            if is_empty {
                return Err(ContentError::EmptyUse);
            }
        }
        if identifiers.is_empty() { Err(ContentError::IntendedUses) } else { Ok(()) }
    }

    /// The registered credentials in the form that EUDI wallets read: `claim`, in the singular (ETSI TS 119 475).
    fn credentials(&self) -> Value {
        let of_use = |intended_use: &IntendedUse| {
            let claims: Vec<Value> =
                intended_use.claims.iter().map(|claim| json!({"path": claim.path})).collect();
            json!({"format": "dc+sd-jwt", "meta": {"vct_values": intended_use.credential_types}, "claim": claims})
        };
        Value::Array(self.intended_uses.iter().map(of_use).collect())
    }
}

/// Signs a registration certificate that is valid for `days`, at most 30.
///
/// # Errors
/// [`SigningFailed`] when the keeper of the key does not sign.
pub fn sign(
    content: &RegistrationContent,
    network: &str,
    chain: &CertificateChain,
    signer: &dyn Signer,
    now: Timestamp,
    days: i64,
) -> Result<String, SigningFailed> {
    let Ok(Value::Object(mut claims)) = serde_json::to_value(content) else { return Err(SigningFailed) };
    let expires = now.plus(days.saturating_mul(86_400).clamp(0, LONGEST_VALIDITY));
    claims.insert("network".to_owned(), Value::from(network));
    claims.insert("iat".to_owned(), Value::from(now.seconds()));
    claims.insert("exp".to_owned(), Value::from(expires.seconds()));
    claims.insert("credentials".to_owned(), content.credentials());
    jwt::sign(TYPE, chain.to_header(), &claims, signer)
}

/// A registration certificate whose signature, chain, subject and time were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    content: RegistrationContent,
    issued_at: Timestamp,
    expires_at: Timestamp,
    compact: String,
}

impl Registration {
    /// Verifies a registration certificate of the party `did`, which must have been authenticated.
    ///
    /// # Errors
    /// See [`RegistrationError`].
    pub fn verify(
        compact: &str,
        descriptor: &NetworkDescriptor,
        did: &str,
        now: Timestamp,
    ) -> Result<Self, RegistrationError> {
        let token = jws::Unverified::parse(compact)?;
        let chain = CertificateChain::from_header(token.header())?;
        let path = path::verify(&chain, descriptor.root(), Purpose::Registrar, now)?;
        let key = VerifyingKey::new(path.key()).map_err(|_| JwsError::WrongAlgorithm)?;
        let claims = token.verify(&key, &Policy::typed(&[TYPE]))?.claims()?;
        if jwt::text(&claims, "network")? != descriptor.network() {
            return Err(RegistrationError::OtherNetwork);
        }
        if jwt::text(&claims, "sub")? != did {
            return Err(RegistrationError::OtherSubject);
        }
        let (issued_at, expires_at) = check_time(&claims, now)?;
        let content: RegistrationContent =
            serde_json::from_value(Value::Object(claims)).map_err(|_| ContentError::Malformed)?;
        content.check()?;
        Ok(Self { content, issued_at, expires_at, compact: compact.to_owned() })
    }

    /// What it says.
    #[must_use]
    pub const fn content(&self) -> &RegistrationContent {
        &self.content
    }

    /// The intended use with this identifier.
    #[must_use]
    pub fn intended_use(&self, id: &str) -> Option<&IntendedUse> {
        self.content.intended_uses.iter().find(|intended_use| intended_use.id == id)
    }

    /// When it was signed.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// The first moment at which it is no longer taken.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The token, as it was verified.
    #[must_use]
    pub fn compact(&self) -> &str {
        &self.compact
    }
}

fn check_time(
    claims: &Map<String, Value>,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), RegistrationError> {
    let expires_at = jwt::required_date(claims, "exp")?;
    jwt::check_validity(claims, now, 0)?;
    let issued_at = jwt::check_issued_at(claims, now, LONGEST_VALIDITY, CLOCK_SKEW)?;
    let seconds = expires_at.since(issued_at);
    if seconds > LONGEST_VALIDITY {
        return Err(RegistrationError::ValidTooLong { seconds });
    }
    Ok((issued_at, expires_at))
}

/// Finds the registration certificate in a `verifier_info` (OpenID4VP 1.0 §5.1).
///
/// None when there is none; two are as good as none, since nobody could say which one counts.
#[must_use]
pub fn from_verifier_info(verifier_info: &Value) -> Option<&str> {
    let mut found = verifier_info
        .as_array()?
        .iter()
        .filter(|entry| entry.get("format").and_then(Value::as_str) == Some(FORMAT))
        .filter_map(|entry| entry.get("data").and_then(Value::as_str));
    let first = found.next();
    if found.next().is_some() { None } else { first }
}

/// The entry of `verifier_info` that carries `compact`.
#[must_use]
pub fn to_verifier_info(compact: &str) -> Value {
    json!({"format": FORMAT, "data": compact})
}

#[cfg(test)]
mod tests;
