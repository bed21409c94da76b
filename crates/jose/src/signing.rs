//! Private signing keys and the port behind which they may live elsewhere.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use ed25519_dalek::Signer as _;
use environment::Randomness;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::key::{Algorithm, Jwk, KeyError};
use crate::{base64url, json};

/// The key's keeper did not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signing key could not be used")]
pub struct SigningFailed;

/// Something that signs with one private key, wherever that key is.
pub trait Signer: Send + Sync {
    /// The public half.
    fn public_jwk(&self) -> &Jwk;

    /// Signs `message`: 64 bytes, R‖S for ES256.
    ///
    /// # Errors
    /// [`SigningFailed`] when the keeper of the key refuses or cannot be reached.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed>;

    /// The algorithm of the key.
    fn algorithm(&self) -> Algorithm {
        self.public_jwk().algorithm()
    }
}

/// A private key in this process's memory.
pub struct SigningKey {
    secret: Secret,
    public: Jwk,
}

enum Secret {
    P256 { pair: Box<EcdsaKeyPair>, scalar: Zeroizing<[u8; 32]> },
    Ed25519(ed25519_dalek::SigningKey),
}

impl SigningKey {
    /// A fresh key.
    ///
    /// # Errors
    /// [`KeyError`] only if the randomness is broken.
    pub fn generate(algorithm: Algorithm, randomness: &dyn Randomness) -> Result<Self, KeyError> {
        match algorithm {
            Algorithm::Es256 => {
                let scalar = Zeroizing::new(random_p256(randomness)?.to_bytes().into());
                Self::from_secret_bytes(algorithm, &scalar)
            }
            Algorithm::EdDsa => {
                let seed = Zeroizing::new(randomness.bytes::<32>());
                Self::from_secret_bytes(algorithm, &seed)
            }
        }
    }

    /// The key of a P-256 scalar (big-endian) or an Ed25519 seed.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for a scalar of 0 or beyond the group order.
    pub fn from_secret_bytes(algorithm: Algorithm, bytes: &[u8; 32]) -> Result<Self, KeyError> {
        match algorithm {
            Algorithm::Es256 => {
                let secret = p256::SecretKey::from_slice(bytes).map_err(|_| KeyError::Malformed)?;
                let public = Jwk::from_sec1(&secret.public_key().to_sec1_bytes())?;
                let pair = EcdsaKeyPair::from_private_key_and_public_key(
                    &ECDSA_P256_SHA256_FIXED_SIGNING,
                    bytes,
                    &public.to_bytes(),
                )
                .map_err(|_| KeyError::Malformed)?;
                let secret = Secret::P256 { pair: Box::new(pair), scalar: Zeroizing::new(*bytes) };
                Ok(Self { secret, public })
            }
            Algorithm::EdDsa => {
                let secret = ed25519_dalek::SigningKey::from_bytes(bytes);
                let public = Jwk::from_ed25519(secret.verifying_key().as_bytes())?;
                Ok(Self { secret: Secret::Ed25519(secret), public })
            }
        }
    }

    /// Reads a private JWK.
    ///
    /// # Errors
    /// See [`KeyError`]; a `d` that does not belong to the public members is [`KeyError::Malformed`], `key_ops` without
    /// `sign` is [`KeyError::WrongUse`].
    pub fn from_private_json(text: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let mut members = json::parse_object(text).map_err(|_| KeyError::NotAnObject)?;
        let secret = members.remove("d").ok_or(KeyError::Malformed)?;
        let declared = Jwk::from_value(&Value::Object(members))?;
        let secret: Zeroizing<[u8; 32]> = Zeroizing::new(
            secret.as_str().and_then(|d| base64url::decode_exact(d).ok()).ok_or(KeyError::Malformed)?,
        );
        if declared.operations().is_some_and(|all| !all.iter().any(|one| one == "sign")) {
            return Err(KeyError::WrongUse);
        }
        let mut key = Self::from_secret_bytes(declared.algorithm(), &secret)?;
        if key.public != declared {
            return Err(KeyError::Malformed);
        }
        // They were those of the private half.
        key.public = declared.without_operations();
        Ok(key)
    }

    /// The private JWK as text that erases itself.
    #[must_use]
    pub fn to_private_json(&self) -> Zeroizing<String> {
        let mut value = self.public.to_value();
        if let Value::Object(members) = &mut value {
            members.insert("d".to_owned(), Value::from(base64url::encode(self.secret_bytes().as_ref())));
        }
        Zeroizing::new(value.to_string())
    }

    /// The P-256 scalar or the Ed25519 seed, for sealing it or for signing a certificate with it.
    #[must_use]
    pub fn secret_bytes(&self) -> Zeroizing<[u8; 32]> {
        match &self.secret {
            Secret::P256 { scalar, .. } => scalar.clone(),
            Secret::Ed25519(key) => Zeroizing::new(key.to_bytes()),
        }
    }

    /// This key with a `kid` on its public half.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.public = self.public.with_kid(kid);
        self
    }
}

impl Signer for SigningKey {
    fn public_jwk(&self) -> &Jwk {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        match &self.secret {
            Secret::P256 { pair, .. } => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| SigningFailed),
            Secret::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.algorithm().name())
    }
}

/// A uniformly random P-256 scalar: candidates outside the group are thrown away (FIPS 186-5 A.2.2).
pub(crate) fn random_p256(randomness: &dyn Randomness) -> Result<p256::SecretKey, KeyError> {
    // A candidate fails once in 2^32; sixteen failures in a row mean that the randomness is broken.
    (0..16)
        .find_map(|_| {
            let candidate = Zeroizing::new(randomness.bytes::<32>());
            p256::SecretKey::from_slice(candidate.as_ref()).ok()
        })
        .ok_or(KeyError::NotOnCurve)
}
