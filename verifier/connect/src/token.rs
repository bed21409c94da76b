//! What is in a token, and whose it is.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use zeroize::ZeroizeOnDrop;

/// How a member signs in: by a key that nobody else has (RFC 8176 §2).
pub const METHOD: &str = "pop";
/// A membership was shown with its key, at the screen or with six digits typed there. It claims no level of another's scheme.
pub const CLASS: &str = "urn:passport-network:acr:membership";

/// A space's secret behind the names under which sites know its members.
#[derive(Clone, ZeroizeOnDrop)]
pub struct SubjectKey([u8; 32]);

impl SubjectKey {
    /// The key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The pairwise `sub` (Core §8.1): of the member `member` for all sites of `sector`. Without the key nobody can tell whether two
    /// are one member, not even who knows the membership.
    #[must_use]
    pub fn subject(&self, sector: &str, member: &str) -> String {
        // HMAC takes keys of every length, so there is always a code.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(b"passport connect subject\0");
        // The length keeps a sector and a member from being read as two others.
        mac.update(&u64::try_from(sector.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(sector.as_bytes());
        mac.update(member.as_bytes());
        jose::base64url::encode(mac.finalize().into_bytes())
    }
}

/// Whether `verifier` is the one behind the challenge (RFC 7636 §4.6).
#[must_use]
pub fn proves(verifier: &str, challenge: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let is_verifier = (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_allowed);
    let own = jose::digest::sha256_base64url(verifier);
    is_verifier && jose::digest::constant_time_equal(own.as_bytes(), challenge.as_bytes())
}

/// What an ID token says.
#[derive(Clone, Debug)]
pub struct IdToken<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// The pairwise `sub`.
    pub subject: &'a str,
    /// The site's `client_id`.
    pub audience: &'a str,
    /// Of the request.
    pub nonce: Option<&'a str>,
    /// When the member signed in, in seconds since the epoch.
    pub auth_time: i64,
    /// When it is made.
    pub issued_at: i64,
    /// When it is over.
    pub expires: i64,
    /// The access token that goes along.
    pub access_token: &'a str,
    /// What the site had asked to find in it.
    pub details: Map<String, Value>,
}

impl IdToken<'_> {
    /// The claims (Core §2, §3.1.3.6). None of the details can take the place of another.
    #[must_use]
    pub fn claims(&self) -> Map<String, Value> {
        let mut claims = self.details.clone();
        let own = json!({
            "iss": self.issuer,
            "sub": self.subject,
            "aud": self.audience,
            "exp": self.expires,
            "iat": self.issued_at,
            "auth_time": self.auth_time,
            "acr": CLASS,
            "amr": [METHOD],
            "at_hash": at_hash(self.access_token),
        });
        if let Value::Object(own) = own {
            claims.extend(own);
        }
        if let Some(nonce) = self.nonce {
            claims.insert("nonce".to_owned(), nonce.into());
        }
        claims
    }
}

/// The left half of the token's SHA-256 (Core §3.1.3.6).
pub(crate) fn at_hash(access_token: &str) -> String {
    let hash = jose::digest::sha256(access_token);
    jose::base64url::encode(hash.iter().take(16).copied().collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_another_at_every_sector_and_space_and_the_same_at_one() {
        let key = SubjectKey::new([1; 32]);
        let one = key.subject("book.example.org", "ada");
        assert_eq!(one, key.subject("book.example.org", "ada"));
        assert_eq!(one.len(), 43);
        for other in [
            key.subject("wiki.example.org", "ada"),
            key.subject("book.example.org", "bo"),
            key.subject("book.example.or", "gada"),
            SubjectKey::new([2; 32]).subject("book.example.org", "ada"),
        ] {
            assert_ne!(one, other);
        }
        assert!(!one.contains("ada"));
    }

    #[test]
    fn a_verifier_proves_its_own_challenge_alone() {
        // RFC 7636, Appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(proves(verifier, challenge));
        assert!(!proves(verifier.get(..42).unwrap(), challenge));
        assert!(!proves(&verifier.replace('d', "e"), challenge));
        assert!(!proves(challenge, challenge) && !proves("", challenge));
        let short = "a".repeat(42);
        assert!(!proves(&short, &jose::digest::sha256_base64url(&short)));
        let long = "a".repeat(129);
        assert!(!proves(&long, &jose::digest::sha256_base64url(&long)));
    }

    #[test]
    fn the_hash_of_an_access_token_is_half_of_its_digest() {
        // OpenID Connect Core 1.0, Appendix A.3.
        assert_eq!(at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }

    #[test]
    fn a_detail_never_takes_the_place_of_what_the_provider_says() {
        let details = json!({"sub": "other", "iss": "other", "email": "ada@example.org"});
        let token = IdToken {
            issuer: "https://kiln/connect",
            subject: "s",
            audience: "book",
            nonce: Some("n"),
            auth_time: 5,
            issued_at: 7,
            expires: 9,
            access_token: "t",
            details: details.as_object().unwrap().clone(),
        };
        let claims = token.claims();
        assert_eq!(
            (&claims["iss"], &claims["sub"], &claims["aud"]),
            (&json!("https://kiln/connect"), &json!("s"), &json!("book"))
        );
        assert_eq!(
            (&claims["email"], &claims["nonce"], &claims["amr"]),
            (&json!("ada@example.org"), &json!("n"), &json!(["pop"]))
        );
        assert_eq!((&claims["auth_time"], &claims["iat"], &claims["exp"]), (&json!(5), &json!(7), &json!(9)));
    }
}
