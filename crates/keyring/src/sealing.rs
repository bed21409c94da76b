//! AES-256-GCM with a random nonce, and what it makes.

use environment::Randomness;
use jose::aead::{self, NONCE};
use jose::base64url;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const FORMAT: u8 = 1;

/// A key of 256 bits that wipes itself.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct SecretKey([u8; 32]);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SecretKey")
    }
}

/// Sealed bytes: `format 1 | nonce 12 | ciphertext and tag`. In JSON it is base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes sealed bytes from where they were stored. Whether they open is told by opening.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Sealed({} bytes)", self.0.len())
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes =
            base64url::decode(text).map_err(|_| serde::de::Error::custom("sealed bytes do not read"))?;
        Ok(Self(bytes))
    }
}

impl SecretKey {
    pub(crate) fn generate(randomness: &dyn Randomness) -> Self {
        let mut key = Self([0; 32]);
        randomness.fill(&mut key.0);
        key
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Self([0; 32]);
        if bytes.len() != key.0.len() {
            return None;
        }
        key.0.copy_from_slice(bytes);
        Some(key)
    }

    pub(crate) const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals; `None` only when the plaintext is longer than the cipher takes (64 GiB).
    pub(crate) fn seal(
        &self,
        randomness: &dyn Randomness,
        bound_to: &[u8],
        plaintext: &[u8],
    ) -> Option<Sealed> {
        let nonce: [u8; NONCE] = randomness.bytes();
        let ciphertext = aead::seal(&self.0, nonce, bound_to, plaintext)?;
        Some(Sealed([&[FORMAT], nonce.as_slice(), &ciphertext].concat()))
    }

    /// Opens; `None` when the bytes were not sealed under this key for exactly this.
    pub(crate) fn open(&self, bound_to: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (format, behind) = sealed.split_first()?;
        let (nonce, ciphertext) = behind.split_first_chunk::<NONCE>()?;
        if *format != FORMAT {
            return None;
        }
        aead::open(&self.0, *nonce, bound_to, ciphertext)
    }
}

/// Parts with their lengths, so that no two lists of parts give the same bytes.
pub(crate) fn bind(parts: &[&[u8]]) -> Vec<u8> {
    let mut bound = Vec::new();
    for part in parts {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        bound.extend_from_slice(&length.to_be_bytes());
        bound.extend_from_slice(part);
    }
    bound
}
