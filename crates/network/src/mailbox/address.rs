//! Where an inbox is.

use std::fmt;

use jose::{Jwk, base64url};
use serde::{Deserialize, Deserializer, Serialize};

/// The text is no address of an inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an inbox is addressed by the base64url SHA-256 thumbprint of its key, 43 characters")]
pub struct NotAnAddress;

/// The address of an inbox: the base64url SHA-256 thumbprint (RFC 7638) of the key that reads it. A random text to
/// everybody who did not make the key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// The address of the inbox that `key` reads.
    #[must_use]
    pub fn of(key: &Jwk) -> Self {
        Self(key.thumbprint_base64url())
    }

    /// Reads an address.
    ///
    /// # Errors
    /// [`NotAnAddress`] for anything but the one spelling of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        base64url::decode_exact::<32>(text).map(|_| Self(text.to_owned())).map_err(|_| NotAnAddress)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The path of an inbox at its host.
#[must_use]
pub fn path(address: &Address) -> String {
    format!("/mailbox/{address}")
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;
    use jose::{Algorithm, Signer, SigningKey};

    use super::*;

    #[test]
    fn an_address_is_the_thumbprint_of_a_key_in_its_one_spelling() {
        let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
        let address = Address::of(key.public_jwk());
        assert_eq!(Address::parse(address.as_str()), Ok(address.clone()));
        assert_eq!(path(&address), format!("/mailbox/{address}"));
        let text = address.as_str();
        let short: String = text.chars().take(42).collect();
        let (long, other_bits) = (format!("{text}A"), format!("{short}B"));
        let other_alphabet = format!("+{}", text.chars().skip(1).collect::<String>());
        for near in ["", &short, &long, &other_bits, &format!("{text}="), &other_alphabet] {
            assert_eq!(Address::parse(near), Err(NotAnAddress), "{near}");
        }
    }
}
