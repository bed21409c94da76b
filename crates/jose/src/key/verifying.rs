//! Public keys made ready to check signatures.

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};

use super::{Algorithm, Jwk, KeyError, KeyKind};
use crate::ed25519;

/// A public key made ready to check signatures; keep it where many signatures of one key are checked.
#[derive(Clone)]
pub struct VerifyingKey {
    jwk: Jwk,
    ready: Ready,
}

#[derive(Clone)]
enum Ready {
    P256(Box<ParsedPublicKey>),
    Ed25519(ed25519::VerifyingKey),
}

impl VerifyingKey {
    /// Makes `jwk` ready.
    ///
    /// # Errors
    /// [`KeyError::WrongUse`] when `use`, `key_ops` or `alg` of the key say that it is for something else.
    pub fn new(jwk: &Jwk) -> Result<Self, KeyError> {
        if !jwk.may_verify() {
            return Err(KeyError::WrongUse);
        }
        let ready = match jwk.kind() {
            KeyKind::P256 { .. } => Ready::P256(Box::new(
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, jwk.to_bytes())
                    .map_err(|_| KeyError::NotOnCurve)?,
            )),
            KeyKind::Ed25519(bytes) => {
                Ready::Ed25519(ed25519::VerifyingKey::new(bytes).ok_or(KeyError::NotOnCurve)?)
            }
        };
        Ok(Self { jwk: jwk.clone(), ready })
    }

    /// Makes an Ed25519 key ready that may be no point of the curve, for whoever is about to check a signature with it and would
    /// pay for decoding the point twice: with such a key nothing verifies, and what verifies shows that the key is a point
    /// (RFC 8032 §5.1.7 step 1). Ask [`Jwk::from_ed25519`] about one that verifies nothing.
    ///
    /// # Errors
    /// [`KeyError::NotOnCurve`] for a point of small order.
    pub fn from_unproved_ed25519(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let ready = Ready::Ed25519(ed25519::VerifyingKey::new(bytes).ok_or(KeyError::NotOnCurve)?);
        Ok(Self { jwk: Jwk::unlabelled(KeyKind::Ed25519(*bytes)), ready })
    }

    /// The key.
    #[must_use]
    pub const fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// The one algorithm this key is used with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.jwk.algorithm()
    }

    /// Whether `signature` (64 bytes, R‖S for ES256) over `message` was made with this key.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.ready {
            Ready::P256(key) => key.verify_sig(message, signature).is_ok(),
            Ready::Ed25519(key) => key.verifies(message, signature),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifyingKey({})", self.algorithm().name())
    }
}
