//! Key proofs of type `jwt` (OpenID4VCI 1.0 Appendix F.1 and F.4).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use environment::Timestamp;
use jose::jws::{JwsError, Policy, Unverified};
use jose::jwt::{self, ClaimError};
use jose::{Algorithm, Jwk, VerifyingKey};
use serde_json::{Map, Value, json};

use super::attestation::keys::{self, AttestedKeys, KeyAttestationError, ProviderKey};
use super::attestation::provider::ListedStatus;
use super::credential::Proofs;
use super::metadata::KeyAttestationsRequired;
use crate::timed_nonce::{NonceError, NonceKey, NonceUse, Purpose};
use crate::to_sign::ToSign;

/// `typ` of a proof.
pub const TYPE: &str = "openid4vci-proof+jwt";
/// Oldest proof that is taken, in seconds.
pub const OLDEST: i64 = 600;
/// How far a wallet's clock may run ahead, in seconds.
pub const SKEW: i64 = 60;

/// Why a proof is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// Not a JWS of the right type and algorithm, or its signature is wrong.
    #[error("the proof is not a valid JWS: {0}")]
    Jws(#[from] JwsError),
    /// Not exactly one of `jwk`, `kid`, `x5c`.
    #[error("the proof must name its key by exactly one of jwk and kid")]
    KeyNotNamedOnce,
    /// `x5c` is not taken.
    #[error("proofs with x5c are not taken here")]
    CertificateChain,
    /// The key is private, malformed, or its `kid` is of no DID that is known without asking anybody.
    #[error("the key of the proof is unusable or cannot be found")]
    NoKey,
    /// `aud` is not this issuer, as one string.
    #[error("aud must be the identifier of this issuer")]
    WrongAudience,
    /// `iss` is present although the wallet is anonymous, or it is not the wallet's client_id.
    #[error("iss must be the client_id, and absent for an anonymous wallet")]
    WrongIssuer,
    /// A claim is missing, of the wrong type, or outside its time window.
    #[error("the proof is refused: {0}")]
    Claim(#[from] ClaimError),
    /// `nonce` is old or not one of ours.
    #[error("the nonce of the proof is refused: {0}")]
    Nonce(#[from] NonceError),
    /// The nonce was used before.
    #[error("the nonce of the proof was used before")]
    NonceUsed,
    /// The key attestation is missing or wrong.
    #[error("{0}")]
    KeyAttestation(#[from] KeyAttestationError),
    /// Two proofs of one batch are by the same key.
    #[error("each proof must be by another key")]
    SameKey,
}

impl ProofError {
    /// The error code (§8.3.1.2).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nonce(_) | Self::NonceUsed => "invalid_nonce",
            Self::KeyAttestation(error) => error.code(),
            _ => "invalid_proof",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::KeyAttestation(error) => error.status(),
            _ => 400,
        }
    }
}

/// A proof that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewProof<'a> {
    /// The key the credential is to be bound to.
    pub key: &'a Jwk,
    /// The issuer's identifier.
    pub credential_issuer: &'a str,
    /// The issuer's nonce, if it has a nonce endpoint.
    pub nonce: Option<&'a str>,
    /// How the wallet named itself, if it did.
    pub client_id: Option<&'a str>,
    /// A key attestation that holds the key, where the issuer requires one (Appendix D).
    pub key_attestation: Option<&'a str>,
}

impl NewProof<'_> {
    /// The proof, to be signed with its key.
    #[must_use]
    pub fn to_sign(&self, now: Timestamp) -> ToSign {
        let mut header = Map::new();
        header.insert("typ".to_owned(), Value::from(TYPE));
        header.insert("jwk".to_owned(), self.key.required_members());
        if let Some(attestation) = self.key_attestation {
            header.insert(keys::HEADER.to_owned(), Value::from(attestation));
        }
        let mut claims = Map::new();
        claims.insert("aud".to_owned(), Value::from(self.credential_issuer));
        claims.insert("iat".to_owned(), json!(now.seconds()));
        if let Some(nonce) = self.nonce {
            claims.insert("nonce".to_owned(), Value::from(nonce));
        }
        if let Some(client_id) = self.client_id {
            claims.insert("iss".to_owned(), Value::from(client_id));
        }
        ToSign::new(header, &claims, self.key.algorithm())
    }
}

/// What proofs must fit.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The issuer's identifier.
    pub credential_issuer: &'a str,
    /// The key of our nonces.
    pub nonces: &'a NonceKey,
    /// For how many seconds a nonce may be used.
    pub nonce_lifetime: i64,
    /// How the wallet named itself at the token endpoint.
    pub client_id: Option<&'a str>,
    /// The key of a `kid`, found without asking anybody; usually [`self_contained_key`].
    pub key_of: &'a dyn Fn(&str) -> Option<Jwk>,
    /// Who may vouch for keys, where key attestations are required; absent: they are not looked at.
    pub attested: Option<Attesters<'a>>,
    /// The present moment.
    pub now: Timestamp,
}

/// Who may vouch for keys, and what they must say.
#[derive(Clone, Copy)]
pub struct Attesters<'a> {
    /// What the metadata require.
    pub required: &'a KeyAttestationsRequired,
    /// The provider that is taken, found out beforehand.
    pub provider_key: &'a ProviderKey<'a>,
}

impl Rules<'_> {
    fn of_attestations<'a>(&'a self, attesters: &Attesters<'a>, most_keys: usize) -> keys::Rules<'a> {
        keys::Rules {
            required: attesters.required,
            provider_key: attesters.provider_key,
            most_keys,
            nonces: self.nonces,
            nonce_lifetime: self.nonce_lifetime,
            now: self.now,
        }
    }
}

/// A proof that fits.
#[derive(Clone, Debug)]
pub struct VerifiedProof {
    key: Jwk,
    nonce: NonceUse,
}

impl VerifiedProof {
    /// The key, to be written into `cnf`.
    #[must_use]
    pub const fn key(&self) -> &Jwk {
        &self.key
    }

    /// The use of the nonce: an issuer that lets nonces be used once stores it.
    #[must_use]
    pub const fn nonce(&self) -> NonceUse {
        self.nonce
    }
}

/// Checks one proof.
///
/// # Errors
/// See [`ProofError`].
pub fn verify(proof: &str, rules: &Rules<'_>) -> Result<VerifiedProof, ProofError> {
    let unverified = Unverified::parse(proof)?;
    let key = named_key(&unverified, rules)?;
    let ready = VerifyingKey::new(&key).map_err(|_| ProofError::NoKey)?;
    let claims =
        unverified.verify(&ready, &Policy { types: &[TYPE], algorithms: Algorithm::ALL })?.claims()?;
    // A single string: a proof for two audiences could be carried from one to the other.
    if claims.get("aud").and_then(Value::as_str) != Some(rules.credential_issuer) {
        return Err(ProofError::WrongAudience);
    }
    jwt::check_issued_at(&claims, rules.now, OLDEST, SKEW)?;
    jwt::check_validity(&claims, rules.now, SKEW)?;
    if let Some(issuer) = claims.get("iss")
        && (issuer.as_str() != rules.client_id || rules.client_id.is_none())
    {
        return Err(ProofError::WrongIssuer);
    }
    let nonce = jwt::text(&claims, "nonce")?;
    let nonce = rules.nonces.check(Purpose::Credential, nonce, rules.now, rules.nonce_lifetime)?;
    Ok(VerifiedProof { key, nonce })
}

/// Checks all proofs of a request; each must be by another key.
///
/// # Errors
/// The first refusal, see [`ProofError`].
pub fn verify_all(proofs: &[String], rules: &Rules<'_>) -> Result<Vec<VerifiedProof>, ProofError> {
    let mut thumbprints = BTreeSet::new();
    proofs
        .iter()
        .map(|proof| {
            let verified = verify(proof, rules)?;
            if thumbprints.insert(verified.key.thumbprint()) {
                Ok(verified)
            } else {
                Err(ProofError::SameKey)
            }
        })
        .collect()
}

/// What the proofs of one request prove.
#[derive(Clone, Debug, Default)]
pub struct ProvedKeys {
    /// The keys that credentials are to be bound to, all different.
    pub keys: Vec<Jwk>,
    /// The nonces that were used, each once.
    pub nonces: Vec<NonceUse>,
    /// Where the attestations of keys are listed, as far as they are: to be asked before anything is issued.
    pub statuses: Vec<ListedStatus>,
}

impl ProvedKeys {
    fn use_nonce(&mut self, nonce: NonceUse) {
        if !self.nonces.iter().any(|known| known.hash == nonce.hash) {
            self.nonces.push(nonce);
        }
    }
}

/// Checks the proofs of a request, whatever their type, and gives the keys that credentials are to be bound to, `most_keys`
/// at most. With a key attestation these are all the keys it holds (Appendix F.1, F.3).
///
/// # Errors
/// The first refusal, see [`ProofError`].
pub fn verify_request(
    proofs: &Proofs,
    most_keys: usize,
    rules: &Rules<'_>,
) -> Result<ProvedKeys, ProofError> {
    match (proofs, &rules.attested) {
        (Proofs::Jwt(proofs), None) => {
            let mut proved = ProvedKeys::default();
            for verified in verify_all(proofs, rules)? {
                proved.use_nonce(verified.nonce);
                proved.keys.push(verified.key);
            }
            Ok(proved)
        }
        (Proofs::Jwt(proofs), Some(attesters)) => {
            verify_attested(proofs, most_keys, &rules.of_attestations(attesters, most_keys), rules)
        }
        (Proofs::Attestation(attestation), Some(attesters)) => {
            let attested = keys::verify(attestation, false, &rules.of_attestations(attesters, most_keys))?;
            let statuses = attested.status.into_iter().collect();
            Ok(ProvedKeys { keys: attested.keys, nonces: vec![attested.nonce], statuses })
        }
        (Proofs::Attestation(_), None) => Err(KeyAttestationError::UnknownProvider.into()),
    }
}

/// Each proof carries an attestation that holds its key; proofs may share one, which is then checked once.
fn verify_attested(
    proofs: &[String],
    most_keys: usize,
    of_attestations: &keys::Rules<'_>,
    rules: &Rules<'_>,
) -> Result<ProvedKeys, ProofError> {
    let mut proved = ProvedKeys::default();
    let mut thumbprints = BTreeSet::new();
    let mut checked: BTreeMap<String, AttestedKeys> = BTreeMap::new();
    for (proof, verified) in proofs.iter().zip(verify_all(proofs, rules)?) {
        let place = checked.entry(keys::of_proof(proof).ok_or(KeyAttestationError::Missing)?);
        let is_new = matches!(place, Entry::Vacant(_));
        let attested = match place {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let attested = keys::verify(place.key(), true, of_attestations)?;
                place.insert(attested)
            }
        };
        if !attested.contains(&verified.key.thumbprint()) {
            return Err(KeyAttestationError::NotAttested.into());
        }
        proved.use_nonce(verified.nonce);
        proved.use_nonce(attested.nonce);
        if is_new {
            proved.statuses.extend(attested.status.clone());
            let all = std::iter::once(&verified.key).chain(&attested.keys);
            proved.keys.extend(all.filter(|key| thumbprints.insert(key.thumbprint())).cloned());
        }
        if proved.keys.len() > most_keys {
            return Err(KeyAttestationError::TooManyKeys.into());
        }
    }
    Ok(proved)
}

fn named_key(proof: &Unverified, rules: &Rules<'_>) -> Result<Jwk, ProofError> {
    let header = proof.header();
    match (header.get("jwk"), header.get("kid"), header.get("x5c")) {
        (Some(jwk), None, None) => Jwk::from_value(jwk).map_err(|_| ProofError::NoKey),
        (None, Some(kid), None) => kid.as_str().and_then(rules.key_of).ok_or(ProofError::NoKey),
        (None, None, Some(_)) => Err(ProofError::CertificateChain),
        _ => Err(ProofError::KeyNotNamedOnce),
    }
}

/// The key of a `kid` that is a DID URL of did:jwk or did:key, which need no network.
#[must_use]
pub fn self_contained_key(kid: &str) -> Option<Jwk> {
    let url = did::DidUrl::parse(kid).ok()?;
    let document = match url.did().method() {
        "jwk" => did::jwk::resolve(url.did()).ok()?,
        "key" => did::key::resolve(url.did()).ok()?,
        _ => return None,
    };
    document.key(&url, did::Relationship::Authentication).ok()
}

#[cfg(test)]
mod tests;
