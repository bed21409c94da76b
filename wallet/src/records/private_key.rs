//! A private key inside a sealed record.

use jose::{DecryptionKey, Jwk, KeyError, SigningKey};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::keys::HolderKey;

/// A private key: itself, or what its holder needs to use it (decision 0028).
#[derive(Clone)]
pub(crate) enum PrivateKey {
    /// The private JWK, erased when dropped.
    Here(Zeroizing<String>),
    /// The public half, and a text that the holder alone can open.
    Elsewhere { public: Jwk, sealed: String },
}

/// The form in which a key is kept that lies elsewhere; one that lies here is a text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ElsewhereForm {
    public: Jwk,
    sealed: String,
}

impl PrivateKey {
    pub(crate) fn of(key: &SigningKey) -> Self {
        Self::Here(key.to_private_json())
    }

    pub(crate) const fn of_text(text: Zeroizing<String>) -> Self {
        Self::Here(text)
    }

    /// The public half.
    ///
    /// # Errors
    /// [`KeyError`] for a damaged record.
    pub(crate) fn public_jwk(&self) -> Result<Jwk, KeyError> {
        match self {
            Self::Elsewhere { public, .. } => Ok(public.clone()),
            Self::Here(text) => {
                let mut members: Map<String, Value> =
                    serde_json::from_str(text).map_err(|_| KeyError::NotAnObject)?;
                if let Some(Value::String(secret)) = members.remove("d") {
                    drop(Zeroizing::new(secret));
                }
                Jwk::from_value(&Value::Object(members))
            }
        }
    }

    /// The key, wherever it lies.
    ///
    /// # Errors
    /// As [`Self::public_jwk`].
    pub(crate) fn holder_key(&self) -> Result<HolderKey, KeyError> {
        Ok(HolderKey::of(self.public_jwk()?, self.clone()))
    }

    /// The key, if it lies here.
    ///
    /// # Errors
    /// [`KeyError::Private`] for one that lies elsewhere, others for a damaged record.
    pub(crate) fn signing_key(&self) -> Result<SigningKey, KeyError> {
        SigningKey::from_private_json(self.text()?)
    }

    /// The same of a key that opens.
    ///
    /// # Errors
    /// As [`Self::signing_key`].
    pub(crate) fn decryption_key(&self) -> Result<DecryptionKey, KeyError> {
        DecryptionKey::from_private_json(self.text()?)
    }

    fn text(&self) -> Result<&[u8], KeyError> {
        match self {
            Self::Here(text) => Ok(text.as_bytes()),
            Self::Elsewhere { .. } => Err(KeyError::Private),
        }
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PrivateKey")
    }
}

impl Serialize for PrivateKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Here(text) => serializer.serialize_str(text),
            Self::Elsewhere { public, sealed } => {
                ElsewhereForm { public: public.clone(), sealed: sealed.clone() }.serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for PrivateKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

/// Reads either form without a copy of the text that nobody erases.
struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = PrivateKey;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a private key, or what its holder needs to use it")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<PrivateKey, E> {
        Ok(PrivateKey::Here(Zeroizing::new(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<PrivateKey, A::Error> {
        let form = ElsewhereForm::deserialize(MapAccessDeserializer::new(members))?;
        Ok(PrivateKey::Elsewhere { public: form.public, sealed: form.sealed })
    }
}
