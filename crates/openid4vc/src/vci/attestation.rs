//! Wallet attestation: a provider vouches for a wallet, the wallet proves that it is the one (attestation-based client
//! authentication, draft -07; OpenID4VCI 1.0 Appendix E), and key attestations ([`keys`], Appendix D).
//!
//! ```text
//! provider: NewAttestation ─► wallet: NewProofOfPossession ─► server: ClientAttestation::read ─► verify ─► Attested
//! ```
//! The provider is known by its DID or by a root ([`provider`]). `iss` is sent, as the pinned draft wants, and never required,
//! as its successors have none; one that is there must fit. A proof is used once: the caller stores [`Attested::use_hash`]
//! until [`Attested::expires_at`] and refuses the second one.

pub mod keys;
pub mod provider;

use environment::{Randomness, Timestamp};
use jose::jws::{self, JwsError, Policy};
use jose::jwt::{self, ClaimError};
use jose::{Algorithm, Jwk, VerifyingKey, base64url};
use serde_json::{Map, Value, json};
use trust::PathError;

use self::provider::{ListedStatus, NamedProvider, TakenProvider};
use crate::http;
use crate::secret::SecretHash;
use crate::timed_nonce::{NonceKey, Purpose};
use crate::to_sign::ToSign;

/// The header that carries an attestation.
pub const ATTESTATION_HEADER: &str = "oauth-client-attestation";
/// The header that carries the proof of possession.
pub const PROOF_HEADER: &str = "oauth-client-attestation-pop";
/// The header in which a server gives a challenge for the next proof.
pub const CHALLENGE_HEADER: &str = "oauth-client-attestation-challenge";
/// The member in which the challenge endpoint gives one.
pub const CHALLENGE_MEMBER: &str = "attestation_challenge";
/// `typ` of an attestation.
pub const TYPE: &str = "oauth-client-attestation+jwt";
/// `typ` of a proof of possession.
pub const PROOF_TYPE: &str = "oauth-client-attestation-pop+jwt";
/// The name of this client authentication in `token_endpoint_auth_methods_supported`.
pub const METHOD: &str = "attest_jwt_client_auth";
/// Oldest proof that is taken, in seconds.
pub const OLDEST: i64 = 300;
/// How far the clocks of two parties may differ, in seconds.
pub const SKEW: i64 = 60;
/// How long a challenge of ours may be used, in seconds.
pub const CHALLENGE_LIFETIME: i64 = 300;

/// Why an attested wallet is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// No attestation where one is needed.
    #[error("this server takes attested wallets only: OAuth-Client-Attestation is missing")]
    Missing,
    /// Not exactly one of each header.
    #[error("exactly one OAuth-Client-Attestation and one OAuth-Client-Attestation-PoP are needed")]
    NotOneOfEach,
    /// The attestation is not a JWS of the right type and algorithm, or its signature is wrong.
    #[error("the attestation is not a valid JWS: {0}")]
    Attestation(#[source] JwsError),
    /// `kid` is no DID URL, and there is no chain in `x5c`.
    #[error("the attestation must name its provider's key by certificates in x5c or by a DID URL in kid")]
    ProviderNotNamed,
    /// The provider is none that is taken here, or `iss` names another one.
    #[error("the attestation is not by a wallet provider that is taken here")]
    UnknownProvider,
    /// The certificates lead to no root of a provider that is taken here, or one of them breaks a rule.
    #[error("the certificates of the attestation are not those of a wallet provider that is taken here: {0}")]
    Chain(#[source] PathError),
    /// The provider's DID has no such key for attestations.
    #[error("the provider's DID document has no such key under assertionMethod")]
    NoProviderKey,
    /// `cnf` holds no public key in `jwk`.
    #[error("cnf must hold the wallet's public key in jwk")]
    NoInstanceKey,
    /// A claim of the attestation is missing, of the wrong type or outside its time.
    #[error("the attestation is refused: {0}")]
    AttestationClaim(#[source] ClaimError),
    /// Its status list says that the attestation counts no longer.
    #[error("the attestation was taken back by its wallet provider")]
    Revoked,
    /// Its status list cannot be had at the moment.
    #[error("the status of the attestation cannot be looked up at the moment; try again later")]
    StatusUnavailable,
    /// Its status list is none: it is not there, not by the key that signed the attestation, or has no such place.
    #[error("the status list of the attestation is not one that its wallet provider signed")]
    StatusRefused,
    /// The attestation has expired.
    #[error("the attestation has expired; get a fresh one from the wallet provider")]
    Expired,
    /// The proof is not a JWS of the right type and algorithm by the wallet's key.
    #[error("the proof of possession is not a valid JWS by the key in cnf: {0}")]
    Proof(#[source] JwsError),
    /// A claim of the proof is missing, of the wrong type or outside its time.
    #[error("the proof of possession is refused: {0}")]
    ProofClaim(#[source] ClaimError),
    /// `aud` of the proof is not this server.
    #[error("aud of the proof of possession must be the identifier of this server")]
    WrongAudience,
    /// `client_id` of the request, `sub` of the attestation and `iss` of the proof do not agree.
    #[error("client_id, sub of the attestation and iss of the proof of possession must be the same")]
    OtherClient,
    /// The proof has no challenge of ours, or an old one.
    #[error("the proof of possession needs a fresh challenge of this server")]
    ChallengeNeeded,
    /// The same proof came before.
    #[error("the proof of possession was used before")]
    Replayed,
    /// The provider's DID cannot be resolved at the moment.
    #[error("the wallet provider's DID cannot be resolved at the moment; try again later")]
    ProviderUnavailable,
    /// The request belongs to another wallet than the one that began (§10.1 of the draft, RFC 6749 §5.2).
    #[error("this belongs to another wallet")]
    OtherInstance,
}

impl AttestationError {
    /// The error code (draft §6.2, RFC 6749 §5.2).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ChallengeNeeded => "use_attestation_challenge",
            Self::Expired => "use_fresh_attestation",
            Self::OtherInstance => "invalid_grant",
            Self::ProviderUnavailable | Self::StatusUnavailable => "temporarily_unavailable",
            _ => "invalid_client",
        }
    }

    /// The HTTP status: no scheme of `Authorization` is involved, so there is none to challenge for (RFC 6749 §5.2).
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::ProviderUnavailable | Self::StatusUnavailable => 503,
            _ => 400,
        }
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> String {
        http::error_body(self.code(), self)
    }
}

/// An attestation that a provider is to make (draft §5.1).
#[derive(Clone, Copy, Debug)]
pub struct NewAttestation<'a> {
    /// Who vouches: the provider's DID.
    pub issuer: &'a str,
    /// The wallet's client_id, which all instances share (Appendix E, §15.4.4).
    pub client_id: &'a str,
    /// The key of this instance.
    pub key: &'a Jwk,
    /// For how many seconds it counts.
    pub lifetime: i64,
    /// The wallet's name for people.
    pub wallet_name: Option<&'a str>,
    /// Where people learn more of it.
    pub wallet_link: Option<&'a str>,
}

impl NewAttestation<'_> {
    /// The attestation, to be signed by the provider's key, which `header` names ([`provider::header`], or
    /// [`SignAs::header`](credentials::issuer_key::SignAs::header)).
    #[must_use]
    pub fn to_sign(&self, mut header: Map<String, Value>, algorithm: Algorithm, now: Timestamp) -> ToSign {
        header.insert("typ".to_owned(), Value::from(TYPE));
        let mut claims = Map::from_iter([
            ("iss".to_owned(), Value::from(self.issuer)),
            ("sub".to_owned(), Value::from(self.client_id)),
            ("iat".to_owned(), json!(now.seconds())),
            ("exp".to_owned(), json!(now.plus(self.lifetime).seconds())),
            ("cnf".to_owned(), json!({"jwk": self.key.required_members()})),
        ]);
        for (name, value) in [("wallet_name", self.wallet_name), ("wallet_link", self.wallet_link)] {
            if let Some(value) = value {
                claims.insert(name.to_owned(), Value::from(value));
            }
        }
        ToSign::new(header, &claims, algorithm)
    }
}

/// A proof of possession that a wallet is to make for one request (draft §5.2).
#[derive(Clone, Copy, Debug)]
pub struct NewProofOfPossession<'a> {
    /// The client_id, as the attestation says it.
    pub client_id: &'a str,
    /// The server's issuer identifier.
    pub audience: &'a str,
    /// The server's challenge, if it gave one.
    pub challenge: Option<&'a str>,
    /// The key of this instance.
    pub key: &'a Jwk,
}

impl NewProofOfPossession<'_> {
    /// The proof, to be signed by the instance's key.
    #[must_use]
    pub fn to_sign(&self, now: Timestamp, randomness: &dyn Randomness) -> ToSign {
        let header = Map::from_iter([("typ".to_owned(), Value::from(PROOF_TYPE))]);
        let mut claims = Map::from_iter([
            ("iss".to_owned(), Value::from(self.client_id)),
            ("aud".to_owned(), Value::from(self.audience)),
            ("jti".to_owned(), Value::from(base64url::encode(randomness.bytes::<16>()))),
            ("iat".to_owned(), json!(now.seconds())),
        ]);
        if let Some(challenge) = self.challenge {
            claims.insert("challenge".to_owned(), Value::from(challenge));
        }
        ToSign::new(header, &claims, self.key.algorithm())
    }
}

/// What an attested request must fit.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The server's issuer identifier.
    pub audience: &'a str,
    /// `client_id` of the request, if it has one.
    pub client_id: Option<&'a str>,
    /// The key of our challenges.
    pub challenges: &'a NonceKey,
    /// The present moment.
    pub now: Timestamp,
}

/// An attestation and its proof as they came, nothing checked yet.
#[derive(Clone, Debug)]
pub struct ClientAttestation {
    attestation: jws::Unverified,
    proof: jws::Unverified,
    named: NamedProvider,
}

impl ClientAttestation {
    /// Reads the two headers of a request; `None` when it has neither.
    ///
    /// # Errors
    /// [`AttestationError::NotOneOfEach`], [`AttestationError::Attestation`], [`AttestationError::Proof`],
    /// [`AttestationError::ProviderNotNamed`].
    pub fn read(attestations: &[&str], proofs: &[&str]) -> Result<Option<Self>, AttestationError> {
        let (attestation, proof) = match (attestations, proofs) {
            ([], []) => return Ok(None),
            ([attestation], [proof]) => (attestation, proof),
            _ => return Err(AttestationError::NotOneOfEach),
        };
        let attestation = jws::Unverified::parse(attestation).map_err(AttestationError::Attestation)?;
        let proof = jws::Unverified::parse(proof).map_err(AttestationError::Proof)?;
        let named = NamedProvider::of(attestation.header()).ok_or(AttestationError::ProviderNotNamed)?;
        Ok(Some(Self { attestation, proof, named }))
    }

    /// Who is said to have signed the attestation: find out whether it is one of those that are taken.
    #[must_use]
    pub const fn named(&self) -> &NamedProvider {
        &self.named
    }

    /// Checks everything (draft §9), given who turned out to be named.
    ///
    /// # Errors
    /// See [`AttestationError`].
    pub fn verify(
        self,
        provider: &TakenProvider,
        expected: &Expected<'_>,
    ) -> Result<Attested, AttestationError> {
        let provider_key = VerifyingKey::new(provider.key()).map_err(|_| AttestationError::NoProviderKey)?;
        let claims =
            verified(self.attestation, &provider_key, TYPE).map_err(AttestationError::Attestation)?;
        if !provider.is_issuer(&claims) {
            return Err(AttestationError::UnknownProvider);
        }
        let (client_id, key) = check_attestation(&claims, expected.now)?;
        let status = provider.status(&claims).map_err(AttestationError::AttestationClaim)?;
        if expected.client_id.is_some_and(|given| given != client_id) {
            return Err(AttestationError::OtherClient);
        }
        let instance_key = VerifyingKey::new(&key).map_err(|_| AttestationError::NoInstanceKey)?;
        let claims = verified(self.proof, &instance_key, PROOF_TYPE).map_err(AttestationError::Proof)?;
        let (jti, issued_at) = check_proof(&claims, &client_id, expected)?;
        let instance = key.thumbprint_base64url();
        let use_hash = SecretHash::of(&format!("wallet attestation.{instance}.{jti}"));
        let expires_at = issued_at.plus(OLDEST.saturating_add(1));
        let provider = provider.id().to_owned();
        Ok(Attested { provider, client_id, instance, status, use_hash, expires_at })
    }
}

fn verified(token: jws::Unverified, key: &VerifyingKey, typ: &str) -> Result<Map<String, Value>, JwsError> {
    token.verify(key, &Policy::typed(&[typ]))?.claims()
}

fn check_attestation(claims: &Map<String, Value>, now: Timestamp) -> Result<(String, Jwk), AttestationError> {
    jwt::required_date(claims, "exp").map_err(AttestationError::AttestationClaim)?;
    jwt::check_validity(claims, now, SKEW).map_err(|error| match error {
        ClaimError::Expired { .. } => AttestationError::Expired,
        other => AttestationError::AttestationClaim(other),
    })?;
    let client_id = jwt::text(claims, "sub").map_err(AttestationError::AttestationClaim)?;
    if client_id.is_empty() || client_id.len() > 512 {
        return Err(AttestationError::AttestationClaim(ClaimError::WrongType("sub")));
    }
    // A private key in it would not read.
    let key = claims.get("cnf").and_then(|cnf| cnf.get("jwk")).and_then(|jwk| Jwk::from_value(jwk).ok());
    Ok((client_id.to_owned(), key.ok_or(AttestationError::NoInstanceKey)?))
}

fn check_proof<'c>(
    claims: &'c Map<String, Value>,
    client_id: &str,
    expected: &Expected<'_>,
) -> Result<(&'c str, Timestamp), AttestationError> {
    if claims.get("iss").is_some_and(|iss| iss != client_id) {
        return Err(AttestationError::OtherClient);
    }
    if !is_only_audience(claims.get("aud"), expected.audience) {
        return Err(AttestationError::WrongAudience);
    }
    let times = || {
        let issued_at = jwt::check_issued_at(claims, expected.now, OLDEST, SKEW)?;
        jwt::check_validity(claims, expected.now, SKEW)?;
        let jti = jwt::text(claims, "jti")?;
        if jti.is_empty() || jti.len() > 512 {
            return Err(ClaimError::WrongType("jti"));
        }
        Ok((jti, issued_at))
    };
    let checked = times().map_err(AttestationError::ProofClaim)?;
    let challenge =
        claims.get("challenge").and_then(Value::as_str).ok_or(AttestationError::ChallengeNeeded)?;
    expected
        .challenges
        .check(Purpose::Attestation, challenge, expected.now, CHALLENGE_LIFETIME)
        .map_err(|_| AttestationError::ChallengeNeeded)?;
    Ok(checked)
}

/// RFC 7519 §4.1.3: one string, or an array, here of this one alone: a proof for two servers could be carried over.
fn is_only_audience(audience: Option<&Value>, own: &str) -> bool {
    match audience {
        Some(Value::String(one)) => one == own,
        Some(Value::Array(all)) => matches!(all.as_slice(), [Value::String(one)] if one == own),
        _ => false,
    }
}

/// A wallet for which a provider vouches, and which proved that it is the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested {
    provider: String,
    client_id: String,
    instance: String,
    status: Option<ListedStatus>,
    use_hash: SecretHash,
    expires_at: Timestamp,
}

impl Attested {
    /// The provider: its DID, or the hash of its certificate.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The client_id, shared by all wallets of this kind.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Thumbprint of the key of this wallet.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Where it is listed whether the attestation still counts, if anywhere.
    #[must_use]
    pub const fn status(&self) -> Option<&ListedStatus> {
        self.status.as_ref()
    }

    /// Under which the use of the proof is remembered (key and `jti`).
    #[must_use]
    pub const fn use_hash(&self) -> SecretHash {
        self.use_hash
    }

    /// Until when; afterwards the proof is too old by itself.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

#[cfg(test)]
mod tests;
