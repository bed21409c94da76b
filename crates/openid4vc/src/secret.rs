//! Codes, tokens and identifiers that only their owner may know: in memory they erase themselves and print
//! nothing, in records only their hashes stand.

use std::fmt;

use environment::Randomness;
use jose::{base64url, digest};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A secret text. It serialises as itself: what holds one must be sealed before it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// A secret that was given to us.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// A fresh secret of 256 random bits, 43 characters that need no escaping in a URL.
    #[must_use]
    pub fn random(randomness: &dyn Randomness) -> Self {
        Self::new(base64url::encode(randomness.bytes::<32>()))
    }

    /// `length` random decimal digits, for people to type.
    #[must_use]
    pub fn random_digits(length: u8, randomness: &dyn Randomness) -> Self {
        let digit = |_| char::from_digit(u32::try_from(randomness.below(10)).unwrap_or(0), 10).unwrap_or('0');
        Self::new((0..length).map(digit).collect::<String>())
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The hash under which this secret is found and compared.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretText")
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// SHA-256 of a secret, what records hold in its place; base64url in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of a secret.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(digest::sha256(secret))
    }

    /// A hash that is known already.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a record's key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether `candidate` is the secret, in constant time.
    #[must_use]
    pub fn matches(&self, candidate: &str) -> bool {
        digest::constant_time_equal(&self.0, &digest::sha256(candidate))
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The hash of a short code gives the code away.
        formatter.write_str("SecretHash")
    }
}

impl Serialize for SecretHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for SecretHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        base64url::decode_exact(text).map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use environment::SeededRandomness;

    #[test]
    fn a_secret_matches_its_hash_and_nothing_near_it() {
        let secret = SecretText::random(&SeededRandomness::new(1));
        assert_eq!(secret.expose().len(), 43);
        assert!(secret.hash().matches(secret.expose()));
        assert!(!secret.hash().matches(secret.expose().trim_end_matches(|_| true)));
        assert!(!secret.hash().matches(secret.expose().get(..42).unwrap()));
        assert_ne!(secret, SecretText::random(&SeededRandomness::new(2)));
    }

    #[test]
    fn digits_have_the_length_asked_for() {
        let code = SecretText::random_digits(6, &SeededRandomness::new(3));
        assert!(code.expose().len() == 6 && code.expose().bytes().all(|byte| byte.is_ascii_digit()));
    }

    #[test]
    fn neither_secret_nor_hash_is_printed_and_a_hash_survives_storage() {
        let secret = SecretText::new("canary");
        assert_eq!(format!("{secret:?} {:?}", secret.hash()), "SecretText SecretHash");
        let stored = serde_json::to_string(&secret.hash()).unwrap();
        assert_eq!(serde_json::from_str::<SecretHash>(&stored).unwrap(), secret.hash());
        assert!(serde_json::from_str::<SecretHash>("\"AAAA\"").is_err());
    }
}
