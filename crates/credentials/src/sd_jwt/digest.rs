//! The hash algorithms behind digests and `sd_hash` (RFC 9901 §4.1.1).

use std::fmt;

use jose::base64url;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::SdJwtError;

/// A hash from the IANA Named Information registry that is strong enough here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// SHA-256, the default and the only one we issue with.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    /// The `_sd_alg` value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    /// The algorithm of an `_sd_alg` value; `None` for unknown and weak ones.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|hash| hash.name() == name)
    }

    pub(crate) fn of_payload(payload: &Map<String, Value>) -> Result<Self, SdJwtError> {
        match payload.get("_sd_alg") {
            None => Ok(Self::default()),
            Some(name) => name.as_str().and_then(Self::from_name).ok_or(SdJwtError::UnknownHash),
        }
    }

    /// base64url of the hash of `bytes`.
    #[must_use]
    pub fn base64url(self, bytes: &[u8]) -> String {
        self.digest(bytes).as_str().to_owned()
    }

    /// The hash of `bytes` as it stands in `_sd`.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Digest {
        match self {
            Self::Sha256 => Digest::of(&Sha256::digest(bytes)),
            Self::Sha384 => Digest::of(&Sha384::digest(bytes)),
            Self::Sha512 => Digest::of(&Sha512::digest(bytes)),
        }
    }
}

/// base64url of 64 bytes.
const LONGEST: usize = 86;

/// base64url of a hash, kept without an allocation: a credential has one for each claim.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest {
    text: [u8; LONGEST],
    length: usize,
}

impl Digest {
    fn of(hash: &[u8]) -> Self {
        let mut text = [0; LONGEST];
        let length = base64url::encode_into(hash, &mut text).map_or(0, str::len);
        Self { text, length }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.get(..self.length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
