//! Compact JWE: ECDH-ES on P-256 with A128GCM or A256GCM (RFC 7516, RFC 7518 §4.6 and §5.3).
//!
//! josekit makes tokens; it opens none, for it takes shortened tags, panics on an empty IV, ignores `crit` and inflates
//! without limit. They are opened by aws-lc behind the guard of this module, so that what one code makes the other reads.

mod opening;
mod sealing;

use josekit::jwe::alg::ecdh_es::EcdhEsJweAlgorithm;
use josekit::jwe::{JweContext, JweHeader};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::key::{DecryptionKey, Jwk, KeyKind};
use crate::{base64url, json};
use opening::Parts;

pub use sealing::{plaintext_for, seal};

/// Longest token that is read, in bytes.
pub const LONGEST_TOKEN: usize = 1 << 20;
/// Longest plaintext that a compressed token may grow to, in bytes.
pub const LONGEST_PLAINTEXT: usize = 1 << 20;
const LONGEST_PARTY_INFO: usize = 1_024;

/// Content encryption (RFC 7518 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentEncryption {
    /// AES-128 in Galois/Counter Mode.
    A128Gcm,
    /// AES-256 in Galois/Counter Mode.
    A256Gcm,
}

impl ContentEncryption {
    /// Both, the stronger one first.
    pub const ALL: &'static [Self] = &[Self::A256Gcm, Self::A128Gcm];

    /// The `enc` value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The encryption of an `enc` value; `None` for any we do not speak.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|encryption| encryption.name() == name)
    }
}

/// Why a JWE is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// Longer than [`LONGEST_TOKEN`].
    #[error("the token is too long")]
    TooLong,
    /// Not five canonical base64url parts, or a header that is no JSON object with unique names (RFC 7516 §7.1) or holds
    /// something else where a text belongs (§4.1).
    #[error("not a compact JWE of five base64url parts")]
    Malformed,
    /// `alg` is not ECDH-ES.
    #[error("alg must be ECDH-ES")]
    WrongAlgorithm,
    /// `enc` is neither A128GCM nor A256GCM.
    #[error("enc must be A128GCM or A256GCM")]
    WrongEncryption,
    /// `crit` is present, or `zip` is something other than `DEF` (RFC 7516 §4.1.3, §4.1.13).
    #[error("the header declares an extension that is not understood")]
    UnknownExtension,
    /// `epk` is missing, private, of another curve or no point of it (RFC 7518 §4.6.1.1).
    #[error("epk is not a valid public P-256 key")]
    BadEphemeralKey,
    /// `apu` or `apv` is not base64url or longer than 1,024 characters.
    #[error("apu or apv is malformed")]
    BadPartyInfo,
    /// The encrypted key is not empty, the IV not 12 or the tag not 16 bytes (RFC 7518 §4.6, §5.3).
    #[error("the encrypted key must be empty, the IV 12 and the tag 16 bytes long")]
    BadLengths,
    /// `kid` names another key than the one that was offered.
    #[error("kid names another key")]
    WrongKey,
    /// The plaintext would grow beyond [`LONGEST_PLAINTEXT`].
    #[error("the compressed plaintext is too long")]
    PlaintextTooLong,
    /// The tag does not fit: another key, or changed on the way.
    #[error("the token does not decrypt with this key")]
    DecryptionFailed,
}

/// How to encrypt.
#[derive(Clone, Debug)]
pub struct EncryptOptions<'a> {
    /// `enc`.
    pub encryption: ContentEncryption,
    /// Agreement PartyUInfo, the bytes before encoding.
    pub apu: Option<&'a [u8]>,
    /// Agreement PartyVInfo, the bytes before encoding.
    pub apv: Option<&'a [u8]>,
    /// Whether to compress (`zip: DEF`). Never for secrets beside text that an attacker chooses.
    pub compress: bool,
    /// Further protected header members, such as `typ` or `cty`.
    pub header: Map<String, Value>,
}

impl Default for EncryptOptions<'_> {
    fn default() -> Self {
        Self {
            encryption: ContentEncryption::A256Gcm,
            apu: None,
            apv: None,
            compress: false,
            header: Map::new(),
        }
    }
}

/// A key or option from which no JWE can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the recipient's key cannot be used for ECDH-ES")]
pub struct EncryptionFailed;

/// Encrypts `plaintext` to `recipient`; its `kid`, if it has one, goes into the header.
///
/// # Errors
/// [`EncryptionFailed`] for a key that is not P-256, or is declared for signing or another algorithm.
pub fn encrypt(
    plaintext: &[u8],
    recipient: &Jwk,
    options: &EncryptOptions<'_>,
) -> Result<String, EncryptionFailed> {
    if !recipient.may_agree() {
        return Err(EncryptionFailed);
    }
    let mut header = JweHeader::from_map(options.header.clone()).map_err(|_| EncryptionFailed)?;
    header.set_algorithm("ECDH-ES");
    header.set_content_encryption(options.encryption.name());
    if let Some(kid) = recipient.kid() {
        header.set_key_id(kid);
    }
    if options.compress {
        header.set_compression("DEF");
    }
    let mut encrypter = josekit_key(&recipient.required_members())
        .and_then(|key| EcdhEsJweAlgorithm::EcdhEs.encrypter_from_jwk(&key).ok())
        .ok_or(EncryptionFailed)?;
    if let Some(apu) = options.apu {
        encrypter.set_agreement_partyuinfo(apu);
    }
    if let Some(apv) = options.apv {
        encrypter.set_agreement_partyvinfo(apv);
    }
    JweContext::new().serialize_compact(plaintext, &header, &encrypter).map_err(|_| EncryptionFailed)
}

/// The protected header of a JWE, before anything is decrypted: for finding the key.
///
/// # Errors
/// [`JweError::TooLong`], [`JweError::Malformed`].
pub fn header(token: &str) -> Result<Map<String, Value>, JweError> {
    if token.len() > LONGEST_TOKEN {
        return Err(JweError::TooLong);
    }
    let part = token.split('.').next().ok_or(JweError::Malformed)?;
    json::parse_object(base64url::decode(part).map_err(|_| JweError::Malformed)?)
        .map_err(|_| JweError::Malformed)
}

/// With whom a key has to agree that opens this token: the ephemeral key in its header.
///
/// # Errors
/// See [`JweError`].
pub fn ephemeral_key(token: &str) -> Result<Jwk, JweError> {
    Ok(guard(&header(token)?)?.ephemeral)
}

/// Opens a compact JWE with the secret that its key, which lies elsewhere, has agreed on with [`ephemeral_key`]. Whether a `kid`
/// in the header is that key's is not looked at.
///
/// # Errors
/// See [`JweError`].
pub fn decrypt_agreed(token: &str, shared: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>, JweError> {
    let header = header(token)?;
    let parts = Parts::of(token)?;
    let guarded = guard(&header)?;
    parts.guard_lengths()?;
    opening::open_agreed(parts, &guarded, shared)
}

/// Opens a compact JWE.
///
/// A `kid` in the header must be the key's own, if the key has one; a missing `kid` is taken.
///
/// # Errors
/// See [`JweError`].
pub fn decrypt(token: &str, key: &DecryptionKey) -> Result<Zeroizing<Vec<u8>>, JweError> {
    let header = header(token)?;
    let parts = Parts::of(token)?;
    // Algorithms first: which lengths are right depends on them, and a sender must learn the cause, not its effect.
    let guarded = guard(&header)?;
    parts.guard_lengths()?;
    if let (Some(named), Some(own)) = (header.get("kid"), key.public_jwk().kid())
        && named.as_str() != Some(own)
    {
        return Err(JweError::WrongKey);
    }
    opening::open(parts, &guarded, key)
}

fn josekit_key(jwk: &Value) -> Option<josekit::jwk::Jwk> {
    josekit::jwk::Jwk::from_map(jwk.as_object()?.clone()).ok()
}

/// What the header says of how to open the token.
struct Guarded {
    ephemeral: Jwk,
    encryption: ContentEncryption,
    apu: Vec<u8>,
    apv: Vec<u8>,
    is_compressed: bool,
}

/// Lets a header pass that asks for nothing but what is spoken.
fn guard(header: &Map<String, Value>) -> Result<Guarded, JweError> {
    if header.get("alg").and_then(Value::as_str) != Some("ECDH-ES") {
        return Err(JweError::WrongAlgorithm);
    }
    let encryption = header.get("enc").and_then(Value::as_str).and_then(ContentEncryption::from_name);
    let encryption = encryption.ok_or(JweError::WrongEncryption)?;
    let zip = header.get("zip");
    if header.contains_key("crit") || zip.is_some_and(|zip| zip.as_str() != Some("DEF")) {
        return Err(JweError::UnknownExtension);
    }
    let ephemeral = header.get("epk").and_then(|epk| Jwk::from_value(epk).ok());
    let ephemeral = ephemeral.filter(|key| matches!(key.kind(), KeyKind::P256 { .. }));
    let ephemeral = ephemeral.ok_or(JweError::BadEphemeralKey)?;
    let (apu, apv) = (party_info(header, "apu")?, party_info(header, "apv")?);
    if TEXTS.iter().any(|name| header.get(*name).is_some_and(|value| !value.is_string())) {
        return Err(JweError::Malformed);
    }
    Ok(Guarded { ephemeral, encryption, apu, apv, is_compressed: zip.is_some() })
}

/// The other members that are text wherever they occur (RFC 7516 §4.1).
const TEXTS: [&str; 7] = ["jku", "x5u", "x5t", "x5t#S256", "kid", "typ", "cty"];

fn party_info(header: &Map<String, Value>, name: &str) -> Result<Vec<u8>, JweError> {
    let Some(value) = header.get(name) else { return Ok(Vec::new()) };
    let text = value.as_str().filter(|text| text.len() <= LONGEST_PARTY_INFO);
    text.and_then(|text| base64url::decode(text).ok()).ok_or(JweError::BadPartyInfo)
}

#[cfg(test)]
mod tests;
