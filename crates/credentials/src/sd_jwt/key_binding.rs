//! The key binding JWT (RFC 9901 §4.3): the holder's proof for one verifier and one request.

use environment::Timestamp;
use jose::jws::{self, JwsError, Policy};
use jose::jwt::{self, ClaimError};
use jose::{Algorithm, VerifyingKey};
use serde_json::{Map, Value};

use super::{Verified, jws_code};

/// `typ` of a key binding JWT.
pub const TYPE: &str = "kb+jwt";

/// What a holder binds a presentation to.
#[derive(Clone, Copy, Debug)]
pub struct KeyBinding<'a> {
    /// The verifier; in OpenID4VP the client identifier with its prefix.
    pub audience: &'a str,
    /// The verifier's nonce.
    pub nonce: &'a str,
    /// The time of signing.
    pub issued_at: Timestamp,
}

impl KeyBinding<'_> {
    /// `further` claims never take the place of those that every key binding JWT has.
    pub(super) fn signing_input(
        &self,
        sd_hash: &str,
        further: &Map<String, Value>,
        algorithm: Algorithm,
    ) -> String {
        let mut claims = further.clone();
        claims.insert("iat".to_owned(), Value::from(self.issued_at.seconds()));
        claims.insert("aud".to_owned(), Value::from(self.audience));
        claims.insert("nonce".to_owned(), Value::from(self.nonce));
        claims.insert("sd_hash".to_owned(), Value::from(sd_hash));
        let header = Map::from_iter([("typ".to_owned(), Value::from(TYPE))]);
        jws::signing_input(header, Value::Object(claims).to_string().as_bytes(), algorithm)
    }
}

/// What a verifier expects of a key binding JWT.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// This verifier, compared exactly.
    pub audience: &'a str,
    /// The nonce of the request, compared exactly.
    pub nonce: &'a str,
    /// The time of the check.
    pub now: Timestamp,
    /// How old `iat` may be, in seconds.
    pub oldest: i64,
    /// How far the holder's clock may be ahead, in seconds.
    pub skew: i64,
}

/// Why a key binding is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyBindingError {
    /// No key binding JWT came, though one is required (RFC 9901 §7.3 step 1).
    #[error("the presentation is not bound to a key: a key binding JWT is required")]
    Missing,
    /// The JWT is malformed, of the wrong type or algorithm, or not signed by the holder's key.
    #[error("the key binding JWT is refused: {0}")]
    Jws(#[from] JwsError),
    /// A claim is missing, of the wrong type, or out of its time.
    #[error("the key binding JWT is refused: {0}")]
    Claim(#[from] ClaimError),
    /// `aud` names another verifier.
    #[error("aud of the key binding JWT names another verifier")]
    WrongAudience,
    /// `nonce` is not the one of this request.
    #[error("nonce of the key binding JWT is not the one of this request")]
    WrongNonce,
    /// `sd_hash` is over other disclosures or another credential.
    #[error("sd_hash of the key binding JWT does not fit what was presented")]
    WrongHash,
}

impl KeyBindingError {
    /// A short name for reports.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing_key_binding",
            Self::Jws(error) => jws_code(error),
            Self::Claim(ClaimError::Missing(_)) => "missing_claim",
            Self::Claim(ClaimError::WrongType(_)) => "malformed_claim",
            Self::Claim(ClaimError::Expired { .. }) => "expired",
            Self::Claim(ClaimError::NotYetValid { .. }) => "not_yet_valid",
            Self::Claim(_) => "stale_key_binding",
            Self::WrongAudience => "wrong_audience",
            Self::WrongNonce => "wrong_nonce",
            Self::WrongHash => "wrong_sd_hash",
        }
    }

    /// The section of a standard that is broken.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self {
            Self::Missing | Self::Jws(_) => "RFC 9901 §7.3",
            _ => "RFC 9901 §4.3",
        }
    }
}

/// Checks the key binding JWT of `verified` with the holder's key (RFC 9901 §7.3 step 5).
///
/// # Errors
/// See [`KeyBindingError`].
pub fn verify(
    verified: &Verified,
    key: &VerifyingKey,
    expected: &Expected<'_>,
) -> Result<(), KeyBindingError> {
    verified_claims(verified, key, expected).map(drop)
}

/// As [`verify`], giving all claims of the key binding JWT: what else the holder signed for this request stands there
/// (OpenID4VP 1.0 Appendix B.3.3).
///
/// # Errors
/// See [`KeyBindingError`].
pub fn verified_claims(
    verified: &Verified,
    key: &VerifyingKey,
    expected: &Expected<'_>,
) -> Result<Map<String, Value>, KeyBindingError> {
    let jwt = verified.key_binding_jwt().ok_or(KeyBindingError::Missing)?;
    let claims = jws::Unverified::parse(jwt)?.verify(key, &Policy::typed(&[TYPE]))?.claims()?;
    jwt::check_issued_at(&claims, expected.now, expected.oldest, expected.skew)?;
    jwt::check_validity(&claims, expected.now, expected.skew)?;
    // A list of audiences is refused too: aud is one string here (RFC 9901 §4.3).
    if jwt::text(&claims, "aud")? != expected.audience {
        return Err(KeyBindingError::WrongAudience);
    }
    if jwt::text(&claims, "nonce")? != expected.nonce {
        return Err(KeyBindingError::WrongNonce);
    }
    if jwt::text(&claims, "sd_hash")? != verified.sd_hash() {
        return Err(KeyBindingError::WrongHash);
    }
    Ok(claims)
}
