//! A private key inside a sealed record.

use jose::{DecryptionKey, KeyError, SigningKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// The private JWK of a key, erased when dropped.
#[derive(Clone)]
pub(crate) struct PrivateKey(Zeroizing<String>);

impl PrivateKey {
    pub(crate) fn of(key: &SigningKey) -> Self {
        Self(key.to_private_json())
    }

    pub(crate) fn of_text(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    pub(crate) fn signing_key(&self) -> Result<SigningKey, KeyError> {
        SigningKey::from_private_json(self.0.as_bytes())
    }

    pub(crate) fn decryption_key(&self) -> Result<DecryptionKey, KeyError> {
        DecryptionKey::from_private_json(self.0.as_bytes())
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PrivateKey")
    }
}

impl Serialize for PrivateKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PrivateKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}
