//! Key attestations (OpenID4VCI 1.0 Appendix D): a provider vouches for the keys that credentials are bound to.

use std::collections::BTreeSet;

use environment::Timestamp;
use jose::jws::{JwsError, Policy, Unverified};
use jose::jwt::{self, ClaimError};
use jose::{Algorithm, Jwk, VerifyingKey};
use serde_json::{Map, Value, json};
use trust::PathError;

use super::SKEW;
use super::provider::{ListedStatus, NamedProvider, TakenProvider};
use crate::timed_nonce::{NonceError, NonceKey, NonceUse, Purpose};
use crate::to_sign::ToSign;
use crate::vci::metadata::KeyAttestationsRequired;

/// `typ` of a key attestation.
pub const TYPE: &str = "key-attestation+jwt";
/// The header of a `jwt` proof that carries one.
pub const HEADER: &str = "key_attestation";

/// Why a key attestation is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyAttestationError {
    /// The proof carries none.
    #[error("this credential needs a key attestation")]
    Missing,
    /// Not a JWS of the right type and algorithm, or its signature is wrong.
    #[error("the key attestation is not a valid JWS: {0}")]
    Jws(#[from] JwsError),
    /// Neither `kid` nor `x5c` names a provider that is taken.
    #[error("the key attestation is not by a wallet provider that is taken here")]
    UnknownProvider,
    /// The certificates lead to no root of a provider that is taken, or one of them breaks a rule.
    #[error(
        "the certificates of the key attestation are not those of a wallet provider that is taken here: {0}"
    )]
    Chain(#[source] PathError),
    /// A claim is missing, of the wrong type or outside its time.
    #[error("the key attestation is refused: {0}")]
    Claim(#[from] ClaimError),
    /// `attested_keys` is no list of public keys, each once.
    #[error("attested_keys must be a list of public keys, each once")]
    NoKeys,
    /// More keys than one request may bring.
    #[error("more attested keys than batch_size allows")]
    TooManyKeys,
    /// Its status list says that the attestation counts no longer.
    #[error("the key attestation was taken back by its wallet provider")]
    Revoked,
    /// Its status list cannot be had at the moment.
    #[error("the status of the key attestation cannot be looked up at the moment; try again later")]
    StatusUnavailable,
    /// Its status list is none: it is not there, not by the key that signed the attestation, or has no such place.
    #[error("the status list of the key attestation is not one that its wallet provider signed")]
    StatusRefused,
    /// The provider's DID cannot be resolved at the moment.
    #[error("the wallet provider's DID cannot be resolved at the moment; try again later")]
    ProviderUnavailable,
    /// The keys are not kept, or not guarded, as the metadata want it.
    #[error("key_storage or user_authentication does not say what this issuer requires")]
    Insufficient,
    /// The key that signed the proof is not among those attested.
    #[error("the key of the proof is not among attested_keys")]
    NotAttested,
    /// `nonce` is old or not one of ours.
    #[error("the nonce of the key attestation is refused: {0}")]
    Nonce(#[from] NonceError),
}

impl KeyAttestationError {
    /// The error code (§8.3.1.2).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nonce(_) => "invalid_nonce",
            Self::TooManyKeys => "invalid_credential_request",
            Self::ProviderUnavailable | Self::StatusUnavailable => "temporarily_unavailable",
            _ => "invalid_proof",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::ProviderUnavailable | Self::StatusUnavailable => 503,
            _ => 400,
        }
    }
}

/// A key attestation that a provider is to make.
#[derive(Clone, Copy, Debug)]
pub struct NewKeyAttestation<'a> {
    /// Who vouches: the provider's DID.
    pub issuer: &'a str,
    /// The keys.
    pub keys: &'a [Jwk],
    /// The issuer's c_nonce, if it has a nonce endpoint.
    pub nonce: Option<&'a str>,
    /// For how many seconds it counts.
    pub lifetime: i64,
    /// How the keys are kept (Appendix D.2); empty: not said.
    pub key_storage: &'a [&'a str],
    /// How the person unlocks them; empty: not said.
    pub user_authentication: &'a [&'a str],
}

impl NewKeyAttestation<'_> {
    /// The attestation, to be signed by the provider's key, which `header` names ([`header`](super::provider::header), or
    /// [`SignAs::header`](credentials::issuer_key::SignAs::header)).
    #[must_use]
    pub fn to_sign(&self, mut header: Map<String, Value>, algorithm: Algorithm, now: Timestamp) -> ToSign {
        header.insert("typ".to_owned(), Value::from(TYPE));
        let keys: Vec<Value> = self.keys.iter().map(Jwk::required_members).collect();
        let mut claims = Map::from_iter([
            ("iss".to_owned(), Value::from(self.issuer)),
            ("iat".to_owned(), json!(now.seconds())),
            ("exp".to_owned(), json!(now.plus(self.lifetime).seconds())),
            ("attested_keys".to_owned(), Value::Array(keys)),
        ]);
        if let Some(nonce) = self.nonce {
            claims.insert("nonce".to_owned(), Value::from(nonce));
        }
        let strengths =
            [("key_storage", self.key_storage), ("user_authentication", self.user_authentication)];
        for (name, list) in strengths {
            if !list.is_empty() {
                claims.insert(name.to_owned(), json!(list));
            }
        }
        ToSign::new(header, &claims, algorithm)
    }
}

/// Who is said to have signed a key attestation; `None` where it names nobody.
#[must_use]
pub fn provider_of(attestation: &str) -> Option<NamedProvider> {
    NamedProvider::of(Unverified::parse(attestation).ok()?.header())
}

/// The key attestation in the header of a `jwt` proof, if there is one.
#[must_use]
pub fn of_proof(proof: &str) -> Option<String> {
    Unverified::parse(proof).ok()?.header_text(HEADER).map(str::to_owned)
}

/// Finds a provider that is taken. What fails is [`KeyAttestationError::UnknownProvider`], [`KeyAttestationError::Chain`] or
/// [`KeyAttestationError::ProviderUnavailable`].
pub type ProviderKey<'a> = dyn Fn(&NamedProvider) -> Result<TakenProvider, KeyAttestationError> + 'a;

/// What key attestations must fit.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// What the metadata require.
    pub required: &'a KeyAttestationsRequired,
    /// The provider that is taken, found out beforehand.
    pub provider_key: &'a ProviderKey<'a>,
    /// Most keys that are taken.
    pub most_keys: usize,
    /// The key of our nonces.
    pub nonces: &'a NonceKey,
    /// For how many seconds a nonce may be used.
    pub nonce_lifetime: i64,
    /// The present moment.
    pub now: Timestamp,
}

/// Keys for which a provider vouches.
#[derive(Clone, Debug)]
pub struct AttestedKeys {
    /// The keys, all different.
    pub keys: Vec<Jwk>,
    /// The use of the nonce.
    pub nonce: NonceUse,
    /// Where it is listed whether the attestation still counts, if anywhere.
    pub status: Option<ListedStatus>,
    thumbprints: BTreeSet<[u8; 32]>,
}

impl AttestedKeys {
    /// Whether the key with this thumbprint is among them.
    #[must_use]
    pub fn contains(&self, thumbprint: &[u8; 32]) -> bool {
        self.thumbprints.contains(thumbprint)
    }
}

/// Checks a key attestation; `with_proof`: it stands in the header of a `jwt` proof, and must expire (Appendix D.1).
///
/// # Errors
/// See [`KeyAttestationError`].
pub fn verify(
    attestation: &str,
    with_proof: bool,
    rules: &Rules<'_>,
) -> Result<AttestedKeys, KeyAttestationError> {
    let unverified = Unverified::parse(attestation)?;
    let named = NamedProvider::of(unverified.header()).ok_or(KeyAttestationError::UnknownProvider)?;
    let provider = (rules.provider_key)(&named)?;
    let key = VerifyingKey::new(provider.key()).map_err(|_| KeyAttestationError::UnknownProvider)?;
    let claims = unverified.verify(&key, &Policy::typed(&[TYPE]))?.claims()?;
    if !provider.is_issuer(&claims) {
        return Err(KeyAttestationError::UnknownProvider);
    }
    if jwt::required_date(&claims, "iat")? > rules.now.plus(SKEW) {
        return Err(ClaimError::IssuedAtOutsideWindow {
            issued_at: jwt::required_date(&claims, "iat")?.seconds(),
            now: rules.now.seconds(),
        }
        .into());
    }
    if with_proof {
        jwt::required_date(&claims, "exp")?;
    }
    jwt::check_validity(&claims, rules.now, SKEW)?;
    let status = provider.status(&claims)?;
    let (keys, thumbprints) = attested_keys(&claims, rules.most_keys)?;
    let says = |name: &str, wanted: &[String]| {
        let said = claims.get(name).and_then(Value::as_array);
        wanted.is_empty() || said.is_some_and(|said| wanted.iter().any(|one| said.contains(&json!(one))))
    };
    if !says("key_storage", &rules.required.key_storage)
        || !says("user_authentication", &rules.required.user_authentication)
    {
        return Err(KeyAttestationError::Insufficient);
    }
    let nonce = jwt::text(&claims, "nonce")?;
    let nonce = rules.nonces.check(Purpose::Credential, nonce, rules.now, rules.nonce_lifetime)?;
    Ok(AttestedKeys { keys, nonce, status, thumbprints })
}

/// The keys and their thumbprints. They are counted before one of them is looked at.
fn attested_keys(
    claims: &Map<String, Value>,
    most: usize,
) -> Result<(Vec<Jwk>, BTreeSet<[u8; 32]>), KeyAttestationError> {
    let listed = claims
        .get("attested_keys")
        .and_then(Value::as_array)
        .filter(|listed| !listed.is_empty())
        .ok_or(KeyAttestationError::NoKeys)?;
    if listed.len() > most {
        return Err(KeyAttestationError::TooManyKeys);
    }
    let mut thumbprints = BTreeSet::new();
    let keys = listed.iter().map(|value| {
        let key = Jwk::from_value(value).map_err(|_| KeyAttestationError::NoKeys)?;
        if thumbprints.insert(key.thumbprint()) { Ok(key) } else { Err(KeyAttestationError::NoKeys) }
    });
    let keys = keys.collect::<Result<_, _>>()?;
    Ok((keys, thumbprints))
}

#[cfg(test)]
mod tests;
