//! Whose login it was: the ID token, checked as OpenID Connect Core 1.0 §3.1.3.7 says. The numbers of its steps stand at the lines.
//! Step 1 (encryption) has no place here, as none is asked for; of 12 and 13 (`acr`, `auth_time`) nothing was asked either.

use environment::Timestamp;
use jose::jws::{JwsError, Policy, Unverified, Verified};
use jose::jwt::{self, ClaimError};
use jose::rs256::{self, Rs256Key};
use jose::{Algorithm, Jwk, VerifyingKey};
use openid4vc::secret::SecretText;
use serde_json::{Map, Value};

use crate::token::at_hash;

/// Most keys that are looked at.
const MOST_KEYS: usize = 64;
/// Longest `sub`, in bytes (Core §2).
const LONGEST_SUBJECT: usize = 255;
/// Seconds by which clocks may differ.
const SKEW: i64 = 60;
/// Seconds after which a token that has just been fetched is not fresh.
const OLDEST: i64 = 600;

/// The keys of a login.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Key>);

#[derive(Clone, Debug)]
enum Key {
    Own(VerifyingKey),
    Rs256(Rs256Key),
}

impl Key {
    fn kid(&self) -> Option<&str> {
        match self {
            Self::Own(key) => key.jwk().kid(),
            Self::Rs256(key) => key.kid(),
        }
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Own(key) => key.algorithm().name(),
            Self::Rs256(_) => rs256::NAME,
        }
    }
}

impl Keys {
    /// The keys of a JWK set that check what is taken here; others are passed over (RFC 7517 §5).
    ///
    /// # Errors
    /// [`IdTokenError::NoKeys`] where it is no set, or has very many keys.
    pub fn read(set: &Value) -> Result<Self, IdTokenError> {
        let all = set.get("keys").and_then(Value::as_array).filter(|all| all.len() <= MOST_KEYS);
        let all = all.ok_or(IdTokenError::NoKeys)?;
        let read = |value: &Value| {
            let own = Jwk::from_value(value).and_then(|jwk| VerifyingKey::new(&jwk)).map(Key::Own);
            own.or_else(|_| Rs256Key::from_value(value).map(Key::Rs256)).ok()
        };
        Ok(Self(all.iter().filter_map(read).collect()))
    }

    /// The key that a token names. One that names none is of the only key for its algorithm (Core §10.1).
    fn find(&self, kid: Option<&str>, algorithm: &str) -> Option<&Key> {
        let mut fitting =
            self.0.iter().filter(|key| key.algorithm() == algorithm && (kid.is_none() || key.kid() == kid));
        let found = fitting.next()?;
        fitting.next().is_none().then_some(found)
    }
}

/// What a token must say.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// The login that was asked.
    pub issuer: &'a str,
    /// Who asked.
    pub client_id: &'a str,
    /// The `nonce` of the request.
    pub nonce: &'a SecretText,
    /// The access token that came along.
    pub access_token: Option<&'a SecretText>,
    /// Now.
    pub now: Timestamp,
}

/// Why an ID token is not taken. Nothing of it stands in here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdTokenError {
    /// The keys are no JWK set, or very many.
    #[error("the keys of the login are no JWK set")]
    NoKeys,
    /// It is no signed token, or its signature does not fit.
    #[error(transparent)]
    Token(#[from] JwsError),
    /// `alg` is none, symmetric, or another that is not taken here.
    #[error("the ID token is signed by neither RS256, ES256 nor EdDSA")]
    Algorithm,
    /// No key of the login has its `kid`, or several could be meant.
    #[error("the login shows no key of that name for the ID token")]
    UnknownKey,
    /// `iss` is that of another login.
    #[error("the ID token is of another issuer")]
    Issuer,
    /// `aud` does not name this space's client.
    #[error("the ID token is for another audience")]
    Audience,
    /// `azp` is missing where there are several audiences, or names another.
    #[error("the ID token was given to another party")]
    AuthorizedParty,
    /// `exp`, `nbf` or `iat`.
    #[error(transparent)]
    Time(#[from] ClaimError),
    /// It answers another request.
    #[error("the ID token answers another request")]
    Nonce,
    /// It belongs to another access token.
    #[error("the ID token belongs to another access token")]
    AccessToken,
    /// `sub` is missing, empty or longer than any.
    #[error("the ID token names nobody")]
    Subject,
}

/// Somebody who has signed in, as far as the token says.
#[derive(Clone)]
pub struct SignedIn {
    subject: String,
    claims: Map<String, Value>,
}

impl SignedIn {
    /// The login's own name for the person, which is one only together with the issuer (Core §5.7).
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What the login says of the person.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The same with what the login says at its userinfo endpoint, where the token did not say it.
    ///
    /// # Errors
    /// [`IdTokenError::Subject`] where that is of somebody else (Core §5.3.4).
    pub fn with_user_info(mut self, user_info: Map<String, Value>) -> Result<Self, IdTokenError> {
        if user_info.get("sub").and_then(Value::as_str) != Some(self.subject.as_str()) {
            return Err(IdTokenError::Subject);
        }
        for (name, value) in user_info {
            self.claims.entry(name).or_insert(value);
        }
        Ok(self)
    }
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SignedIn")
    }
}

/// Checks an ID token that came from the token endpoint.
///
/// # Errors
/// [`IdTokenError`].
pub fn check(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<SignedIn, IdTokenError> {
    let (algorithm, claims) = verified(token, keys)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // 2.
    if text("iss") != Some(expected.issuer) {
        return Err(IdTokenError::Issuer);
    }
    check_audience(&claims, expected.client_id)?;
    // 9, 10. Without `exp` it is no ID token (§2).
    jwt::required_date(&claims, "exp")?;
    jwt::check_validity(&claims, expected.now, SKEW)?;
    jwt::check_issued_at(&claims, expected.now, OLDEST, SKEW)?;
    // 11.
    let nonce = text("nonce").unwrap_or_default();
    if !jose::digest::constant_time_equal(nonce.as_bytes(), expected.nonce.expose().as_bytes()) {
        return Err(IdTokenError::Nonce);
    }
    // §3.1.3.8; the hash of EdDSA is none that everybody agrees on.
    if algorithm != Algorithm::EdDsa.name()
        && let Some(hash) = claims.get("at_hash")
        && hash.as_str() != expected.access_token.map(|token| at_hash(token.expose())).as_deref()
    {
        return Err(IdTokenError::AccessToken);
    }
    let subject = text("sub").filter(|subject| !subject.is_empty() && subject.len() <= LONGEST_SUBJECT);
    let subject = subject.ok_or(IdTokenError::Subject)?.to_owned();
    Ok(SignedIn { subject, claims })
}

/// 6, 7, 8: a signature by a key of the login. The client's secret is no key here, so that nothing symmetric is taken.
fn verified(token: &str, keys: &Keys) -> Result<(&'static str, Map<String, Value>), IdTokenError> {
    let token = Unverified::parse(token)?;
    let taken = [rs256::NAME, Algorithm::Es256.name(), Algorithm::EdDsa.name()];
    let algorithm = taken.into_iter().find(|name| token.header_text("alg") == Some(*name));
    let algorithm = algorithm.ok_or(IdTokenError::Algorithm)?;
    let key = keys.find(token.header_text("kid"), algorithm).ok_or(IdTokenError::UnknownKey)?;
    let verified: Verified = match key {
        Key::Own(key) => token.verify(key, &Policy { types: &[], algorithms: Algorithm::ALL })?,
        Key::Rs256(key) => token.verify_rs256(key)?,
    };
    Ok((algorithm, verified.claims()?))
}

/// 3, 4, 5.
fn check_audience(claims: &Map<String, Value>, client_id: &str) -> Result<(), IdTokenError> {
    let (is_named, several) = match claims.get("aud") {
        Some(Value::String(one)) => (one == client_id, false),
        Some(Value::Array(all)) => (all.iter().any(|one| one.as_str() == Some(client_id)), all.len() > 1),
        _ => (false, false),
    };
    if !is_named {
        return Err(IdTokenError::Audience);
    }
    match claims.get("azp") {
        Some(party) if party.as_str() == Some(client_id) => Ok(()),
        None if !several => Ok(()),
        _ => Err(IdTokenError::AuthorizedParty),
    }
}

#[cfg(test)]
mod tests;
