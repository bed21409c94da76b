//! RS256 (RFC 7518 §3.3), to be checked and for one use alone: ID tokens of a login outside the network, most of which sign so.
//!
//! It is no [`Algorithm`](crate::Algorithm): no [`Policy`](crate::jws::Policy) can name it, so that no credential, request or proof of
//! the network is ever taken with it, and nothing here signs with it.

use std::fmt;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;

use crate::base64url;
use crate::key::{Jwk, KeyError};

/// The `alg` value.
pub const NAME: &str = "RS256";
/// Bytes of a modulus of 2,048 bits (RFC 7518 §3.3: no key is shorter).
const SHORTEST: usize = 256;
/// Bytes of a modulus of 8,192 bits: a longer one costs whoever checks it much.
const LONGEST: usize = 1_024;
/// Most bytes of an exponent, which is 65537 nearly always.
const LONGEST_EXPONENT: usize = 4;

/// A public RSA key that checks RS256.
#[derive(Clone)]
pub struct Rs256Key {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    kid: Option<String>,
}

impl Rs256Key {
    /// Reads a public JWK (RFC 7518 §6.3.1).
    ///
    /// # Errors
    /// [`KeyError::NotAnObject`], [`KeyError::Private`], [`KeyError::Unsupported`] for another kind and for a modulus below 2,048 or
    /// above 8,192 bits, [`KeyError::Malformed`], [`KeyError::WrongUse`] where `use`, `key_ops` or `alg` name another use.
    pub fn from_value(value: &Value) -> Result<Self, KeyError> {
        let members = value.as_object().ok_or(KeyError::NotAnObject)?;
        if Jwk::PRIVATE.iter().any(|name| members.contains_key(*name)) {
            return Err(KeyError::Private);
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        if text("kty") != Some("RSA") {
            return Err(KeyError::Unsupported);
        }
        let number = |name: &str| {
            // Base64urlUInt (RFC 7518 §2): no leading zero.
            let bytes = base64url::decode(text(name).ok_or(KeyError::Malformed)?);
            bytes.ok().filter(|bytes| bytes.first().is_some_and(|byte| *byte != 0)).ok_or(KeyError::Malformed)
        };
        let (modulus, exponent) = (number("n")?, number("e")?);
        if !(SHORTEST..=LONGEST).contains(&modulus.len()) || exponent.len() > LONGEST_EXPONENT {
            return Err(KeyError::Unsupported);
        }
        let label =
            |name: &str, only: &str| members.get(name).is_none_or(|label| label.as_str() == Some(only));
        let verifies = |all: &Value| {
            all.as_array().is_some_and(|all| all.iter().any(|one| one.as_str() == Some("verify")))
        };
        if !label("use", "sig") || !label("alg", NAME) || !members.get("key_ops").is_none_or(verifies) {
            return Err(KeyError::WrongUse);
        }
        Ok(Self { modulus, exponent, kid: text("kid").map(str::to_owned) })
    }

    /// `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether `signature` over `message` was made with this key.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}

impl fmt::Debug for Rs256Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Rs256Key")
    }
}

#[cfg(test)]
mod tests;
