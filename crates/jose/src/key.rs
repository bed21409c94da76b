//! Public keys as JSON Web Keys (RFC 7517).

mod decryption;
mod verifying;

use std::fmt;

use p256::elliptic_curve::sec1::ToSec1Point;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::{base64url, digest, json};

pub use decryption::DecryptionKey;
pub use verifying::VerifyingKey;

/// The signature algorithms of the network (RFC 7518 §3.4, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// EdDSA with Ed25519.
    EdDsa,
}

impl Algorithm {
    /// Both, for policies that leave the choice to the peer.
    pub const ALL: &'static [Self] = &[Self::Es256, Self::EdDsa];

    /// The `alg` value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of an `alg` value; `None` for any we do not speak, `none` among them.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name)
    }
}

/// Most names in `key_ops`; RFC 7517 §4.3 knows eight.
const MOST_OPERATIONS: usize = 16;

/// Why a key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not a JSON object.
    #[error("a key must be a JSON object")]
    NotAnObject,
    /// `kty` and `crv` name a key we do not use.
    #[error("only P-256 and Ed25519 keys are used here")]
    Unsupported,
    /// A member is missing, of the wrong type or length, or not canonical base64url; or a point is encoded otherwise
    /// than SEC 1 §2.3.3 does with or without compression.
    #[error("the key's coordinates are missing or malformed")]
    Malformed,
    /// The coordinates are not a point of the curve, or a weak one.
    #[error("the key is not a valid point of its curve")]
    NotOnCurve,
    /// Private members stand in a key that must be public.
    #[error("a private key was given where a public one belongs")]
    Private,
    /// `use`, `key_ops` or `alg` of the key forbid this use.
    #[error("the key is declared for another use")]
    WrongUse,
}

/// The material of a public key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// A P-256 point: x and y, 32 bytes each.
    P256 {
        /// x coordinate, big-endian.
        x: [u8; 32],
        /// y coordinate, big-endian.
        y: [u8; 32],
    },
    /// A compressed Ed25519 point.
    Ed25519([u8; 32]),
}

/// A public key that is known to be a valid point of its curve.
///
/// Equality compares the key material only; `kid`, `alg` and `use` are labels.
#[derive(Clone)]
pub struct Jwk {
    kind: KeyKind,
    kid: Option<String>,
    alg: Option<String>,
    public_key_use: Option<String>,
    operations: Option<Vec<String>>,
}

impl Jwk {
    /// The members that a public key never has (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
    pub(crate) const PRIVATE: [&'static str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    /// Reads a public JWK.
    ///
    /// # Errors
    /// See [`KeyError`]; unknown members are ignored (RFC 7517 §4), private ones refused.
    pub fn from_value(value: &Value) -> Result<Self, KeyError> {
        let members = value.as_object().ok_or(KeyError::NotAnObject)?;
        if Self::PRIVATE.iter().any(|name| members.contains_key(*name)) {
            return Err(KeyError::Private);
        }
        Self::from_members(members)
    }

    fn from_members(members: &Map<String, Value>) -> Result<Self, KeyError> {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let coordinate = |name: &str| -> Result<[u8; 32], KeyError> {
            base64url::decode_exact(text(name).ok_or(KeyError::Malformed)?).map_err(|_| KeyError::Malformed)
        };
        let kind = match (text("kty"), text("crv")) {
            (Some("EC"), Some("P-256")) => KeyKind::P256 { x: coordinate("x")?, y: coordinate("y")? },
            (Some("OKP"), Some("Ed25519")) => KeyKind::Ed25519(coordinate("x")?),
            _ => return Err(KeyError::Unsupported),
        };
        let label = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(label)) => Ok(Some(label.clone())),
            Some(_) => Err(KeyError::Malformed),
        };
        check_point(&kind)?;
        let operations = members.get("key_ops").map(operations).transpose()?;
        Ok(Self { kind, kid: label("kid")?, alg: label("alg")?, public_key_use: label("use")?, operations })
    }

    /// Reads a public JWK from JSON text.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_value(&json::parse(text).map_err(|_| KeyError::NotAnObject)?)
    }

    /// A P-256 key of its SEC 1 point (§2.3.4): uncompressed as in certificates (RFC 5480 §2.2), or compressed as in
    /// multikeys. The point at infinity is no key, and the forms that only libraries know (compact 05, hybrid 06 and
    /// 07) would give one key several spellings.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for every other first byte and length, [`KeyError::NotOnCurve`].
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        if !matches!((bytes.first(), bytes.len()), (Some(4), 65) | (Some(2 | 3), 33)) {
            return Err(KeyError::Malformed);
        }
        let key = p256::PublicKey::from_sec1_bytes(bytes).map_err(|_| KeyError::NotOnCurve)?;
        Self::from_p256(&key)
    }

    pub(crate) fn from_p256(key: &p256::PublicKey) -> Result<Self, KeyError> {
        let point = key.to_sec1_point(false);
        let exact = |bytes: Option<&[u8]>| -> Result<[u8; 32], KeyError> {
            bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(KeyError::NotOnCurve)
        };
        let kind = KeyKind::P256 {
            x: exact(point.x().map(AsRef::as_ref))?,
            y: exact(point.y().map(AsRef::as_ref))?,
        };
        Ok(Self::unlabelled(kind))
    }

    /// An Ed25519 key of its 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::NotOnCurve`], also for points of small order.
    pub fn from_ed25519(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let kind = KeyKind::Ed25519(*bytes);
        check_point(&kind)?;
        Ok(Self::unlabelled(kind))
    }

    const fn unlabelled(kind: KeyKind) -> Self {
        Self { kind, kid: None, alg: None, public_key_use: None, operations: None }
    }

    /// This key with a `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// This key with an `alg`.
    #[must_use]
    pub fn with_alg(mut self, alg: impl Into<String>) -> Self {
        self.alg = Some(alg.into());
        self
    }

    /// This key with a `use` (`sig` or `enc`).
    #[must_use]
    pub fn with_use(mut self, public_key_use: impl Into<String>) -> Self {
        self.public_key_use = Some(public_key_use.into());
        self
    }

    pub(crate) fn without_operations(mut self) -> Self {
        self.operations = None;
        self
    }

    /// The key material.
    #[must_use]
    pub const fn kind(&self) -> &KeyKind {
        &self.kind
    }

    /// `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// `alg`.
    #[must_use]
    pub fn alg(&self) -> Option<&str> {
        self.alg.as_deref()
    }

    /// `use`.
    #[must_use]
    pub fn public_key_use(&self) -> Option<&str> {
        self.public_key_use.as_deref()
    }

    /// `key_ops` (RFC 7517 §4.3).
    #[must_use]
    pub fn operations(&self) -> Option<&[String]> {
        self.operations.as_deref()
    }

    /// Whether its labels leave this key to checking signatures.
    fn may_verify(&self) -> bool {
        self.public_key_use().is_none_or(|purpose| purpose == "sig")
            && self.alg().is_none_or(|alg| alg == self.algorithm().name())
            && self.operations().is_none_or(|operations| operations.iter().any(|one| one == "verify"))
    }

    /// Whether its kind and labels leave this key to agreeing on keys (ECDH-ES).
    ///
    /// RFC 7517 §4.3 names no operation for the public half, and Web Cryptography writes an empty list.
    #[must_use]
    pub fn may_agree(&self) -> bool {
        let agrees =
            |one: &String| matches!(one.as_str(), "deriveKey" | "deriveBits" | "encrypt" | "wrapKey");
        matches!(self.kind, KeyKind::P256 { .. })
            && self.public_key_use().is_none_or(|purpose| purpose == "enc")
            && self.alg().is_none_or(|alg| alg == "ECDH-ES")
            && self.operations().is_none_or(|all| all.is_empty() || all.iter().any(agrees))
    }

    /// The algorithm with which this key signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.kind {
            KeyKind::P256 { .. } => Algorithm::Es256,
            KeyKind::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// The uncompressed SEC 1 point (65 bytes) of a P-256 key, the 32 bytes of an Ed25519 key.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.kind {
            KeyKind::P256 { x, y } => [&[4_u8][..], x, y].concat(),
            KeyKind::Ed25519(bytes) => bytes.to_vec(),
        }
    }

    /// The key as JSON: its required members and the labels it has.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut value = self.required_members();
        if let Value::Object(members) = &mut value {
            for (name, label) in [("kid", &self.kid), ("alg", &self.alg), ("use", &self.public_key_use)] {
                if let Some(label) = label {
                    members.insert(name.to_owned(), Value::from(label.as_str()));
                }
            }
            if let Some(operations) = self.operations() {
                members.insert("key_ops".to_owned(), Value::from(operations));
            }
        }
        value
    }

    /// Only the members of RFC 7638 §3.2, in its order.
    #[must_use]
    pub fn required_members(&self) -> Value {
        match &self.kind {
            KeyKind::P256 { x, y } => {
                json!({"crv": "P-256", "kty": "EC", "x": base64url::encode(x), "y": base64url::encode(y)})
            }
            KeyKind::Ed25519(x) => json!({"crv": "Ed25519", "kty": "OKP", "x": base64url::encode(x)}),
        }
    }

    /// The SHA-256 thumbprint (RFC 7638).
    #[must_use]
    pub fn thumbprint(&self) -> [u8; 32] {
        // The text is written by hand because its member order is part of the definition.
        let text = match &self.kind {
            KeyKind::P256 { x, y } => format!(
                r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
                base64url::encode(x),
                base64url::encode(y)
            ),
            KeyKind::Ed25519(x) => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url::encode(x))
            }
        };
        digest::sha256(text)
    }

    /// base64url of the thumbprint, as `jkt` carries it.
    #[must_use]
    pub fn thumbprint_base64url(&self) -> String {
        base64url::encode(self.thumbprint())
    }
}

/// `key_ops`: an array of names, none of them twice (RFC 7517 §4.3).
fn operations(value: &Value) -> Result<Vec<String>, KeyError> {
    let mut operations = Vec::new();
    for operation in value.as_array().ok_or(KeyError::Malformed)? {
        let operation = operation.as_str().ok_or(KeyError::Malformed)?.to_owned();
        if operations.contains(&operation) || operations.len() == MOST_OPERATIONS {
            return Err(KeyError::Malformed);
        }
        operations.push(operation);
    }
    Ok(operations)
}

/// A point of small order would verify anything; an invalid one leaks bits in a key agreement.
fn check_point(kind: &KeyKind) -> Result<(), KeyError> {
    match kind {
        KeyKind::P256 { x, y } => {
            let encoded = [&[4_u8][..], x, y].concat();
            p256::PublicKey::from_sec1_bytes(&encoded).map(drop).map_err(|_| KeyError::NotOnCurve)
        }
        KeyKind::Ed25519(bytes) => match ed25519_dalek::VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() => Ok(()),
            _ => Err(KeyError::NotOnCurve),
        },
    }
}

impl PartialEq for Jwk {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Eq for Jwk {}

impl std::hash::Hash for Jwk {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
    }
}

impl fmt::Debug for Jwk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A holder's key is a handle of a person: the log gets its kind only.
        write!(formatter, "Jwk({})", self.algorithm().name())
    }
}

impl fmt::Debug for KeyKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::P256 { .. } => "P256",
            Self::Ed25519(_) => "Ed25519",
        })
    }
}

impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Jwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
