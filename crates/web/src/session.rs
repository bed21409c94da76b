//! Sessions as values: a cookie holds 32 random bytes, the party's store holds their hash and what the
//! session means. Nothing lives in this process, so any replica continues any session.
//!
//! ```text
//! let secret = SessionSecret::fresh(randomness);     // store secret.id() → what the session means
//! response.headers_mut().append(SET_COOKIE, secret.cookie(Some(3600)));
//! // later
//! let Some(secret) = SessionSecret::of_request(&headers) else { … };   // look secret.id() up
//! ```

use std::convert::Infallible;
use std::fmt;

use axum::extract::FromRequestParts;
use environment::Randomness;
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use zeroize::ZeroizeOnDrop;

/// The cookie's name. The prefix makes browsers demand `Secure`, `Path=/` and no `Domain`, so that no
/// other host, not even a subdomain, can set it (RFC 6265bis §4.1.3.2).
pub const COOKIE_NAME: &str = "__Host-session";

/// What the browser holds.
#[derive(Clone, ZeroizeOnDrop)]
pub struct SessionSecret([u8; 32]);

/// What the store holds: the SHA-256 of the secret, useless to whoever reads the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// The hash, to be the key of a record.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash as text, to be the key of a record.
    #[must_use]
    pub fn text(&self) -> String {
        jose::base64url::encode(self.0)
    }
}

impl SessionSecret {
    /// A new secret. Make one whenever what a session may do grows (sign-in), never keep the old one.
    #[must_use]
    pub fn fresh(randomness: &dyn Randomness) -> Self {
        Self(randomness.bytes())
    }

    /// The secret in a request's cookie, if there is exactly one and it is well-formed.
    #[must_use]
    pub fn of_request(headers: &HeaderMap) -> Option<Self> {
        let mut found = None;
        for header in headers.get_all(COOKIE) {
            for pair in header.to_str().ok()?.split(';') {
                let Some((COOKIE_NAME, value)) = pair.trim().split_once('=') else { continue };
                if found.is_some() {
                    return None;
                }
                found = Some(Self(jose::base64url::decode_exact(value).ok()?));
            }
        }
        found
    }

    /// What the store knows this session by.
    #[must_use]
    pub fn id(&self) -> SessionId {
        SessionId(jose::digest::sha256(self.0))
    }

    /// The `Set-Cookie` value; without `seconds` the cookie ends with the browser.
    #[must_use]
    pub fn cookie(&self, seconds: Option<u32>) -> HeaderValue {
        let lifetime = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let secret = jose::base64url::encode(self.0);
        let text = format!("{COOKIE_NAME}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax{lifetime}");
        let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

/// The `Set-Cookie` value that removes the session from the browser.
#[must_use]
pub fn removal_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionSecret")
    }
}

/// The session that a request claims; whether it is one, the party's store knows.
#[derive(Clone, Debug)]
pub struct ClaimedSession(pub Option<SessionSecret>);

impl<S: Sync> FromRequestParts<S> for ClaimedSession {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(SessionSecret::of_request(&parts.headers)))
    }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;

    use super::*;

    fn headers(cookies: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        headers
    }

    fn sent(secret: &SessionSecret) -> String {
        secret.cookie(None).to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    #[test]
    fn a_cookie_comes_back_as_the_same_session() {
        let secret = SessionSecret::fresh(&SeededRandomness::new(1));
        let again = SessionSecret::of_request(&headers(&[&format!("a=b; {}; c=d", sent(&secret))])).unwrap();
        assert_eq!(again.id(), secret.id());
        assert_ne!(SessionSecret::fresh(&SeededRandomness::new(2)).id(), secret.id());
        assert_ne!(secret.id().bytes(), &secret.0);
    }

    #[test]
    fn the_cookie_is_bound_to_its_host_and_hidden_from_scripts() {
        let secret = SessionSecret::fresh(&SeededRandomness::new(1));
        let cookie = secret.cookie(Some(60));
        let text = cookie.to_str().unwrap();
        for part in
            ["__Host-session=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Max-Age=60"]
        {
            assert!(text.contains(part), "{part}");
        }
        assert!(!text.contains("Domain"));
        assert!(!secret.cookie(None).to_str().unwrap().contains("Max-Age"));
        assert!(removal_cookie().to_str().unwrap().contains("Max-Age=0"));
        assert!(!format!("{cookie:?} {secret:?}").contains(&jose::base64url::encode(secret.0)));
    }

    #[test]
    fn two_cookies_a_short_one_and_none_are_no_session() {
        let secret = sent(&SessionSecret::fresh(&SeededRandomness::new(1)));
        let other = sent(&SessionSecret::fresh(&SeededRandomness::new(2)));
        let shorter: String = secret.chars().take(secret.len() - 1).collect();
        for cookies in [
            vec![],
            vec![""],
            vec!["session=abc"],
            vec!["__Host-session=abc"],
            vec!["__Host-session="],
            vec![&*shorter],
            vec![&*secret, &*other],
            vec![&*secret, &*secret],
        ] {
            assert!(SessionSecret::of_request(&headers(&cookies)).is_none(), "{cookies:?}");
        }
        assert!(SessionSecret::of_request(&headers(&[&format!("{secret}; {other}")])).is_none());
        assert!(SessionSecret::of_request(&headers(&[&secret])).is_some());
    }
}
