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
use hmac::{Hmac, KeyInit, Mac};
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// The cookie's name. The prefix makes browsers demand `Secure`, `Path=/` and no `Domain`, so that no
/// other host, not even a subdomain, can set it (RFC 6265bis §4.1.3.2).
pub const COOKIE_NAME: &str = "__Host-session";

/// The cookie of a space's team, which is never a visitor's (decision 0036).
pub const TEAM_COOKIE_NAME: &str = "__Host-team";

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

    /// The secret in a request's cookie. Other cookies are not looked at, whatever bytes are in them, and neither is one of
    /// our name that holds no secret (RFC 6265 §5.4: a server is sent what others at its host have set). Two secrets
    /// are none: nothing tells which of them is this browser's.
    #[must_use]
    pub fn of_request(headers: &HeaderMap) -> Option<Self> {
        Self::of_cookie(headers, COOKIE_NAME)
    }

    /// The same in a cookie of another name, which has the prefix, too.
    #[must_use]
    pub fn of_cookie(headers: &HeaderMap, name: &str) -> Option<Self> {
        let pairs =
            headers.get_all(COOKIE).iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
        let mut secrets = pairs.filter_map(|pair| secret_in(pair, name));
        let found = secrets.next()?;
        secrets.all(|other| jose::digest::constant_time_equal(&found, &other)).then(|| Self(found))
    }

    /// What the store knows this session by.
    #[must_use]
    pub fn id(&self) -> SessionId {
        SessionId(jose::digest::sha256(self.0))
    }

    /// A key for one purpose, which neither the store nor a key for another purpose tells.
    #[must_use]
    pub fn key(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        // HMAC takes keys of every length, so there is always a code; it is a pseudorandom function of the purpose.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return Zeroizing::new([0; 32]) };
        mac.update(purpose.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    /// The `Set-Cookie` value; without `seconds` the cookie ends with the browser.
    #[must_use]
    pub fn cookie(&self, seconds: Option<u32>) -> HeaderValue {
        self.cookie_named(COOKIE_NAME, seconds)
    }

    /// The same under another name.
    #[must_use]
    pub fn cookie_named(&self, name: &str, seconds: Option<u32>) -> HeaderValue {
        let lifetime = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let secret = jose::base64url::encode(self.0);
        let text = format!("{name}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax{lifetime}");
        let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

/// The secret in one `name=value` of a `Cookie` header.
fn secret_in(pair: &[u8], wanted: &str) -> Option<[u8; 32]> {
    let (name, value) = std::str::from_utf8(pair).ok()?.trim().split_once('=')?;
    if name != wanted {
        return None;
    }
    jose::base64url::decode_exact(value).ok()
}

/// The `Set-Cookie` value that removes the session from the browser.
#[must_use]
pub fn removal_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// The `Set-Cookie` value that removes the session of a space's team from the browser.
#[must_use]
pub fn team_removal_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-team=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// The `Set-Cookie` value that removes a cookie of this name, which has the prefix.
#[must_use]
pub fn removal_cookie_named(name: &str) -> HeaderValue {
    let text = format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
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

    fn headers(cookies: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(COOKIE, HeaderValue::from_bytes(cookie).unwrap());
        }
        headers
    }

    fn sent(secret: &SessionSecret) -> String {
        secret.cookie(None).to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    #[test]
    fn the_cookie_of_the_team_is_no_visitors_and_the_other_way_round() {
        let secret = SessionSecret::fresh(&SeededRandomness::new(1));
        let of =
            |cookie: HeaderValue| headers(&[cookie.to_str().unwrap().split(';').next().unwrap().as_bytes()]);
        let (team, visitor) = (of(secret.cookie_named(TEAM_COOKIE_NAME, None)), of(secret.cookie(None)));
        let found = |headers: &HeaderMap, name| SessionSecret::of_cookie(headers, name).map(|one| one.id());
        assert_eq!(found(&team, TEAM_COOKIE_NAME), Some(secret.id()));
        assert_eq!(found(&team, COOKIE_NAME), None);
        assert_eq!(found(&visitor, COOKIE_NAME), Some(secret.id()));
        assert_eq!(found(&visitor, TEAM_COOKIE_NAME), None);
        assert!(SessionSecret::of_request(&team).is_none());
    }

    #[test]
    fn a_cookie_comes_back_as_the_same_session() {
        let secret = SessionSecret::fresh(&SeededRandomness::new(1));
        let cookies = format!("a=b; {}; c=d", sent(&secret));
        let again = SessionSecret::of_request(&headers(&[cookies.as_bytes()])).unwrap();
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
    fn two_secrets_a_short_one_and_none_are_no_session() {
        let secret = sent(&SessionSecret::fresh(&SeededRandomness::new(1)));
        let other = sent(&SessionSecret::fresh(&SeededRandomness::new(2)));
        let shorter: String = secret.chars().take(secret.len() - 1).collect();
        let both = format!("{secret}; {other}");
        for cookies in [
            vec![],
            vec![""],
            vec!["session=abc"],
            vec!["__Host-session=abc"],
            vec!["__Host-session="],
            vec![&*shorter],
            vec![&*secret, &*other],
            vec![&*both],
            vec![&*secret, &*secret, &*other],
        ] {
            let bytes: Vec<&[u8]> = cookies.iter().map(|cookie| cookie.as_bytes()).collect();
            assert!(SessionSecret::of_request(&headers(&bytes)).is_none(), "{cookies:?}");
        }
    }

    #[test]
    fn whatever_else_the_browser_sends_leaves_the_session_alone() {
        let secret = SessionSecret::fresh(&SeededRandomness::new(1));
        let own = sent(&secret);
        let name = COOKIE_NAME.as_bytes();
        for other in [
            "stadt=München".as_bytes(),
            b"latin=M\xfcnchen",
            b"\xff\xfe",
            b"\x80=\x80",
            b"tab=\t",
            b"",
            b"=",
            b"alone",
            b"a=b=c",
            b"__host-session=abc",
            b"__Host-session",
            b"__Host-session=",
            b"__Host-session=abc",
            &[name, b"=\xff"].concat(),
            own.as_bytes(),
        ] {
            let (before, after) =
                ([other, b"; ", own.as_bytes()].concat(), [own.as_bytes(), b";", other].concat());
            for cookies in
                [vec![&*before], vec![&*after], vec![other, own.as_bytes()], vec![own.as_bytes(), other]]
            {
                let found = SessionSecret::of_request(&headers(&cookies));
                let found = found.map(|found| found.id());
                assert_eq!(found, Some(secret.id()), "{:?}", String::from_utf8_lossy(other));
            }
        }
    }
}
