//! The private key that opens a JWE.

use std::fmt;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use environment::Randomness;
use serde_json::Value;
use zeroize::Zeroizing;

use super::{Jwk, KeyError, KeyKind};
use crate::{base64url, json};

/// A private P-256 key that opens JWEs sent to its public half.
pub struct DecryptionKey {
    secret: p256::SecretKey,
    agreeing: PrivateKey,
    public: Jwk,
}

impl DecryptionKey {
    /// A fresh key; its public half is labelled with `kid`, `alg: ECDH-ES` and `use: enc`.
    ///
    /// # Errors
    /// [`KeyError::NotOnCurve`] only if the randomness is broken.
    pub fn generate(kid: &str, randomness: &dyn Randomness) -> Result<Self, KeyError> {
        Self::labelled(crate::signing::random_p256(randomness)?, Some(kid.to_owned()))
    }

    fn labelled(secret: p256::SecretKey, kid: Option<String>) -> Result<Self, KeyError> {
        let scalar: Zeroizing<[u8; 32]> = Zeroizing::new(secret.to_bytes().into());
        let agreeing = PrivateKey::from_private_key(&ECDH_P256, scalar.as_ref());
        let agreeing = agreeing.map_err(|_| KeyError::NotOnCurve)?;
        let point = agreeing.compute_public_key().map_err(|_| KeyError::NotOnCurve)?;
        let mut public = Jwk::from_sec1(point.as_ref())?.with_alg("ECDH-ES").with_use("enc");
        public.kid = kid;
        Ok(Self { secret, agreeing, public })
    }

    /// The shared secret with the holder of `peer` (NIST SP 800-56A §5.7.1.2), none if it is of another curve.
    #[must_use]
    pub fn agree(&self, peer: &Jwk) -> Option<Zeroizing<[u8; 32]>> {
        let KeyKind::P256 { .. } = peer.kind() else { return None };
        let peer = UnparsedPublicKey::new(&ECDH_P256, peer.to_bytes());
        agree(&self.agreeing, peer, (), |shared| {
            <[u8; 32]>::try_from(shared).map(Zeroizing::new).map_err(|_| ())
        })
        .ok()
    }

    /// Reads a private JWK (P-256 with `d`).
    ///
    /// # Errors
    /// See [`KeyError`]; [`KeyError::WrongUse`] when `use`, `key_ops` or `alg` say that it is for something else.
    pub fn from_private_json(text: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let members = json::parse_object(text).map_err(|_| KeyError::NotAnObject)?;
        let declared = Jwk::from_members(&members)?;
        if matches!(declared.kind, KeyKind::P256 { .. }) && !declared.may_agree() {
            return Err(KeyError::WrongUse);
        }
        let secret: Zeroizing<[u8; 32]> = Zeroizing::new(
            members
                .get("d")
                .and_then(Value::as_str)
                .and_then(|d| base64url::decode_exact(d).ok())
                .ok_or(KeyError::Malformed)?,
        );
        let secret = p256::SecretKey::from_slice(secret.as_ref()).map_err(|_| KeyError::Malformed)?;
        let key = Self::labelled(secret, declared.kid.clone())?;
        if key.public == declared { Ok(key) } else { Err(KeyError::Malformed) }
    }

    /// The private JWK as text that erases itself.
    #[must_use]
    pub fn to_private_json(&self) -> Zeroizing<String> {
        let mut value = self.public.to_value();
        if let Value::Object(members) = &mut value {
            members.insert("d".to_owned(), Value::from(base64url::encode(self.secret.to_bytes())));
        }
        Zeroizing::new(value.to_string())
    }

    /// The public half, to be published or sent.
    #[must_use]
    pub const fn public_jwk(&self) -> &Jwk {
        &self.public
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DecryptionKey")
    }
}
