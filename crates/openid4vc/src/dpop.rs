//! Proofs of possession for access tokens (RFC 9449).
//!
//! A proof that verifies is [`Verified`]; the caller stores [`Verified::use_hash`] until
//! [`Verified::expires_at`] and refuses the second one ([`DpopError::Replayed`]).

use environment::{Randomness, Timestamp};
use jose::jws::{JwsError, Policy, Unverified};
use jose::jwt::{self, ClaimError};
use jose::{Jwk, VerifyingKey, base64url, digest};
use serde_json::{Map, Value, json};
use url::Url;

use crate::http::Method;
use crate::secret::SecretHash;
use crate::timed_nonce::{NonceKey, Purpose};
use crate::to_sign::ToSign;

/// `typ` of a proof.
pub const TYPE: &str = "dpop+jwt";
/// The header that carries a proof.
pub const HEADER: &str = "dpop";
/// The header that carries a nonce for the next proof.
pub const NONCE_HEADER: &str = "dpop-nonce";
/// Oldest proof that is taken, in seconds.
pub const OLDEST: i64 = 300;
/// How far a wallet's clock may run ahead, in seconds.
pub const SKEW: i64 = 60;
/// How long a nonce of ours may be used, in seconds.
pub const NONCE_LIFETIME: i64 = 300;

/// Why a proof is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DpopError {
    /// No proof where one is needed.
    #[error("a DPoP proof is needed")]
    Missing,
    /// More than one `DPoP` header (RFC 9449 §4.3 check 1).
    #[error("more than one DPoP proof was given")]
    Repeated,
    /// Not a JWS of the right type and algorithm, or its signature is wrong.
    #[error("the DPoP proof is not a valid JWS: {0}")]
    Jws(#[from] JwsError),
    /// `jwk` is missing, private or unusable.
    #[error("the DPoP proof names no usable public key in jwk")]
    NoKey,
    /// A claim is missing, of the wrong type, or outside its time window.
    #[error("the DPoP proof is refused: {0}")]
    Claim(#[from] ClaimError),
    /// `htm` is another method.
    #[error("htm is not the method of this request")]
    WrongMethod,
    /// `htu` is another URL.
    #[error("htu is not the URL of this request")]
    WrongUrl,
    /// `ath` is not the hash of the access token.
    #[error("ath is not the hash of the access token")]
    WrongTokenHash,
    /// The proof is by another key than the token is bound to.
    #[error("the DPoP proof is by another key than the access token is bound to")]
    OtherKey,
    /// A nonce is asked for, and there is none, or it is old or foreign.
    #[error("the DPoP proof needs a fresh nonce of this server")]
    NonceNeeded,
    /// The same proof came before.
    #[error("the DPoP proof was used before")]
    Replayed,
}

impl DpopError {
    /// The error code (RFC 9449 §5, §7.1, §8).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NonceNeeded => "use_dpop_nonce",
            Self::OtherKey => "invalid_token",
            _ => "invalid_dpop_proof",
        }
    }

    /// The HTTP status at a protected endpoint; at the token endpoint it is 400.
    #[must_use]
    pub const fn status(&self) -> u16 {
        401
    }
}

/// A proof that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewProof<'a> {
    /// The wallet's key.
    pub key: &'a Jwk,
    /// Method of the request.
    pub method: Method,
    /// URL of the request.
    pub url: &'a str,
    /// The access token that goes along, if any.
    pub access_token: Option<&'a str>,
    /// The nonce the server gave, if any.
    pub nonce: Option<&'a str>,
}

impl NewProof<'_> {
    /// The proof, to be signed.
    #[must_use]
    pub fn to_sign(&self, now: Timestamp, randomness: &dyn Randomness) -> ToSign {
        let mut header = Map::new();
        header.insert("typ".to_owned(), Value::from(TYPE));
        header.insert("jwk".to_owned(), self.key.required_members());
        let mut claims = Map::new();
        claims.insert("jti".to_owned(), Value::from(base64url::encode(randomness.bytes::<16>())));
        claims.insert("htm".to_owned(), Value::from(self.method.name()));
        claims.insert("htu".to_owned(), Value::from(without_query(self.url)));
        claims.insert("iat".to_owned(), json!(now.seconds()));
        if let Some(token) = self.access_token {
            claims.insert("ath".to_owned(), Value::from(digest::sha256_base64url(token)));
        }
        if let Some(nonce) = self.nonce {
            claims.insert("nonce".to_owned(), Value::from(nonce));
        }
        ToSign::new(header, &claims, self.key.algorithm())
    }
}

/// What a proof must fit.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Method of the request.
    pub method: Method,
    /// The URL under which the request was meant to come, from the configuration and not from a header.
    pub url: &'a str,
    /// The access token that came along, if any.
    pub access_token: Option<&'a str>,
    /// The key's thumbprint to which the token is bound, if it is known.
    pub bound_to: Option<[u8; 32]>,
    /// The key of our nonces: a nonce that is given is checked.
    pub nonces: &'a NonceKey,
    /// Whether a proof without a nonce is turned away.
    pub nonce_required: bool,
    /// The present moment.
    pub now: Timestamp,
}

/// A proof that fits.
#[derive(Clone, Debug)]
pub struct Verified {
    key: Jwk,
    use_hash: SecretHash,
    expires_at: Timestamp,
}

impl Verified {
    /// The wallet's key.
    #[must_use]
    pub const fn key(&self) -> &Jwk {
        &self.key
    }

    /// The key's thumbprint, `jkt`.
    #[must_use]
    pub fn thumbprint(&self) -> [u8; 32] {
        self.key.thumbprint()
    }

    /// Under which this use is remembered (key and `jti`; RFC 9449 §11.1).
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

/// Checks the `DPoP` headers of a request (RFC 9449 §4.3).
///
/// # Errors
/// See [`DpopError`].
pub fn verify<'a>(
    headers: impl IntoIterator<Item = &'a str>,
    expected: &Expected<'_>,
) -> Result<Verified, DpopError> {
    let mut headers = headers.into_iter();
    let proof = headers.next().ok_or(DpopError::Missing)?;
    if headers.next().is_some() {
        return Err(DpopError::Repeated);
    }
    let unverified = Unverified::parse(proof)?;
    let key =
        unverified.header().get("jwk").and_then(|jwk| Jwk::from_value(jwk).ok()).ok_or(DpopError::NoKey)?;
    let ready = VerifyingKey::new(&key).map_err(|_| DpopError::NoKey)?;
    let claims = unverified.verify(&ready, &Policy::typed(&[TYPE]))?.claims()?;
    check_request(&claims, expected)?;
    let issued_at = jwt::check_issued_at(&claims, expected.now, OLDEST, SKEW)?;
    jwt::check_validity(&claims, expected.now, SKEW)?;
    check_nonce(&claims, expected)?;
    if expected.bound_to.is_some_and(|bound| bound != key.thumbprint()) {
        return Err(DpopError::OtherKey);
    }
    let jti = jwt::text(&claims, "jti")?;
    if jti.is_empty() || jti.len() > 512 {
        return Err(ClaimError::WrongType("jti").into());
    }
    let use_hash = SecretHash::of(&format!("{}.{jti}", key.thumbprint_base64url()));
    Ok(Verified { key, use_hash, expires_at: issued_at.plus(OLDEST.saturating_add(1)) })
}

/// Checks the `DPoP` headers of a request that may do without a proof, as at a token endpoint.
///
/// # Errors
/// See [`DpopError`]; without a header it is `None`.
pub fn verify_if_present(headers: &[&str], expected: &Expected<'_>) -> Result<Option<Verified>, DpopError> {
    if headers.is_empty() { Ok(None) } else { verify(headers.iter().copied(), expected).map(Some) }
}

fn check_request(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), DpopError> {
    if jwt::text(claims, "htm")? != expected.method.name() {
        return Err(DpopError::WrongMethod);
    }
    if without_query(jwt::text(claims, "htu")?) != without_query(expected.url) {
        return Err(DpopError::WrongUrl);
    }
    if let Some(token) = expected.access_token {
        let given = jwt::text(claims, "ath").map_err(|_| DpopError::WrongTokenHash)?;
        let right = digest::sha256_base64url(token);
        if !digest::constant_time_equal(given.as_bytes(), right.as_bytes()) {
            return Err(DpopError::WrongTokenHash);
        }
    }
    Ok(())
}

fn check_nonce(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), DpopError> {
    match claims.get("nonce") {
        None if !expected.nonce_required => Ok(()),
        None => Err(DpopError::NonceNeeded),
        Some(nonce) => {
            let nonce = nonce.as_str().ok_or(ClaimError::WrongType("nonce"))?;
            expected
                .nonces
                .check(Purpose::Dpop, nonce, expected.now, NONCE_LIFETIME)
                .map(drop)
                .map_err(|_| DpopError::NonceNeeded)
        }
    }
}

/// Scheme- and syntax-based normalisation without query and fragment (RFC 9449 §4.3 check 9).
fn without_query(url: &str) -> String {
    Url::parse(url).map_or_else(
        |_| url.to_owned(),
        |mut url| {
            url.set_query(None);
            url.set_fragment(None);
            url.into()
        },
    )
}

#[cfg(test)]
mod tests;
