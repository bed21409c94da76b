//! Standard Webhooks 1.0.0: what is signed, with what, and how it is written.
//!
//! ```text
//! webhook-id:        msg_…
//! webhook-timestamp: seconds since the epoch, of this attempt
//! webhook-signature: v1,base64(HMAC-SHA256(secret, id ‖ "." ‖ timestamp ‖ "." ‖ body)) [ v1,… ]
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use environment::Randomness;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What a secret begins with, as people handle it.
const PREFIX: &str = "whsec_";
/// Fewest and most bytes of a secret.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// The secret of an endpoint. It is not printed.
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("WebhookSecret")
    }
}

impl WebhookSecret {
    /// A fresh one of 32 bytes.
    #[must_use]
    pub fn fresh(randomness: &dyn Randomness) -> Self {
        Self(Zeroizing::new(randomness.bytes::<32>().to_vec()))
    }

    /// Reads `whsec_` and base64 of 24 to 64 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?);
        LENGTHS.contains(&bytes.len()).then_some(Self(bytes))
    }

    /// As people handle it.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", STANDARD.encode(&self.0)))
    }

    fn signature(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        // HMAC takes a key of any length (RFC 2104 §3), so the other arm is never come to.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// The header `webhook-signature`: one signature for each secret that counts, separated by spaces; the newest comes first.
#[must_use]
pub fn signatures(secrets: &[WebhookSecret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let all: Vec<String> = secrets.iter().map(|secret| secret.signature(id, timestamp, body)).collect();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;

    use super::*;

    /// Computed from the text of the specification with another implementation (Python's `hmac`).
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        let signed = signatures(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, BODY);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn while_a_secret_is_renewed_both_sign_and_the_newest_comes_first() {
        let fresh = WebhookSecret::fresh(&SeededRandomness::new(7));
        let again = WebhookSecret::parse(&fresh.text()).unwrap();
        let alone = signatures(&[again], "msg_1", 1, b"{}");
        let both = signatures(&[fresh, WebhookSecret::parse(SECRET).unwrap()], "msg_1", 1, b"{}");
        let (newest, before) = both.split_once(' ').unwrap();
        assert_eq!(newest, alone);
        assert_eq!(before, signatures(&[WebhookSecret::parse(SECRET).unwrap()], "msg_1", 1, b"{}"));
        assert_ne!(newest, before);
    }

    #[test]
    fn a_secret_has_24_to_64_bytes_and_its_prefix_and_is_not_printed() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7_u8; bytes]));
        for fine in [24, 32, 64] {
            assert_eq!(*WebhookSecret::parse(&of(fine)).unwrap().text(), of(fine));
        }
        for near in [of(23), of(65), of(32).replace("whsec_", ""), "whsec_%%%".to_owned(), String::new()] {
            assert!(WebhookSecret::parse(&near).is_none(), "{near}");
        }
        assert_eq!(format!("{:?}", WebhookSecret::parse(&of(24)).unwrap()), "WebhookSecret");
    }
}
