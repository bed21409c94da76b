//! The hash algorithms behind digests and `sd_hash` (RFC 9901 §4.1.1).

use jose::base64url;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha384, Sha512};

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
        match self {
            Self::Sha256 => base64url::encode(Sha256::digest(bytes)),
            Self::Sha384 => base64url::encode(Sha384::digest(bytes)),
            Self::Sha512 => base64url::encode(Sha512::digest(bytes)),
        }
    }
}
