//! Compact JWE: ECDH-ES on P-256 with A128GCM or A256GCM (RFC 7516, RFC 7518 §4.6 and §5.3).
//!
//! josekit does the cryptography. Alone it takes shortened tags, panics on an empty IV, ignores `crit` and
//! inflates without limit; the guard in this module refuses all of that before and around the call.

mod sealing;

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use josekit::jwe::alg::ecdh_es::EcdhEsJweAlgorithm;
use josekit::jwe::{JweCompression, JweContext, JweHeader};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::key::{DecryptionKey, Jwk, KeyKind};
use crate::{base64url, json};

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
    /// Not five canonical base64url parts, or a header that is no JSON object with unique names (RFC 7516 §7.1).
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
    context().serialize_compact(plaintext, &header, &encrypter).map_err(|_| EncryptionFailed)
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

/// Opens a compact JWE.
///
/// A `kid` in the header must be the key's own, if the key has one; a missing `kid` is taken.
///
/// # Errors
/// See [`JweError`].
pub fn decrypt(token: &str, key: &DecryptionKey) -> Result<Zeroizing<Vec<u8>>, JweError> {
    let header = header(token)?;
    let lengths = Lengths::of(token)?;
    // Algorithms first: which lengths are right depends on them, and a sender must learn the cause, not its effect.
    guard_header(&header)?;
    lengths.guard()?;
    if let (Some(named), Some(own)) = (header.get("kid"), key.public_jwk().kid())
        && named.as_str() != Some(own)
    {
        return Err(JweError::WrongKey);
    }
    let private = Zeroizing::new(key.to_private_json());
    let mut private: Value = serde_json::from_str(&private).map_err(|_| JweError::DecryptionFailed)?;
    if let Value::Object(members) = &mut private {
        // josekit would compare these labels by its own rules; ours have been applied above.
        for label in ["kid", "alg", "use"] {
            members.remove(label);
        }
    }
    let decrypter = josekit_key(&private)
        .and_then(|key| EcdhEsJweAlgorithm::EcdhEs.decrypter_from_jwk(&key).ok())
        .ok_or(JweError::DecryptionFailed)?;
    let context = context();
    // The guard leaves no input known to panic in josekit; this is the net below it.
    let opened = catch_unwind(AssertUnwindSafe(|| context.deserialize_compact(token, &decrypter)));
    match opened {
        Ok(Ok((plaintext, _))) => Ok(Zeroizing::new(plaintext)),
        Ok(Err(error)) if error.to_string().contains(TOO_LONG) => Err(JweError::PlaintextTooLong),
        _ => Err(JweError::DecryptionFailed),
    }
}

fn josekit_key(jwk: &Value) -> Option<josekit::jwk::Jwk> {
    josekit::jwk::Jwk::from_map(jwk.as_object()?.clone()).ok()
}

/// How many bytes stand in the parts whose lengths the algorithms fix.
struct Lengths {
    encrypted_key: usize,
    iv: usize,
    tag: usize,
}

impl Lengths {
    /// RFC 7516 §7.1: five parts in base64url, whatever the algorithms.
    fn of(token: &str) -> Result<Self, JweError> {
        let parts: Vec<&str> = token.split('.').collect();
        let [_, encrypted_key, iv, ciphertext, tag] = parts.as_slice() else {
            return Err(JweError::Malformed);
        };
        let length =
            |part: &str| base64url::decode(part).map(|bytes| bytes.len()).map_err(|_| JweError::Malformed);
        length(ciphertext)?;
        Ok(Self { encrypted_key: length(encrypted_key)?, iv: length(iv)?, tag: length(tag)? })
    }

    /// RFC 7518 §4.6: no encrypted key in direct agreement; §5.3: 96-bit IV and 128-bit tag.
    const fn guard(&self) -> Result<(), JweError> {
        match self {
            Self { encrypted_key: 0, iv: 12, tag: 16 } => Ok(()),
            _ => Err(JweError::BadLengths),
        }
    }
}

fn guard_header(header: &Map<String, Value>) -> Result<(), JweError> {
    if header.get("alg").and_then(Value::as_str) != Some("ECDH-ES") {
        return Err(JweError::WrongAlgorithm);
    }
    if header.get("enc").and_then(Value::as_str).and_then(ContentEncryption::from_name).is_none() {
        return Err(JweError::WrongEncryption);
    }
    if header.contains_key("crit") || header.get("zip").is_some_and(|zip| zip.as_str() != Some("DEF")) {
        return Err(JweError::UnknownExtension);
    }
    let ephemeral = header.get("epk").and_then(|epk| Jwk::from_value(epk).ok());
    if !ephemeral.is_some_and(|key| matches!(key.kind(), KeyKind::P256 { .. })) {
        return Err(JweError::BadEphemeralKey);
    }
    for name in ["apu", "apv"] {
        let Some(value) = header.get(name) else { continue };
        let fine = value
            .as_str()
            .is_some_and(|text| text.len() <= LONGEST_PARTY_INFO && base64url::decode(text).is_ok());
        if !fine {
            return Err(JweError::BadPartyInfo);
        }
    }
    Ok(())
}

fn context() -> JweContext {
    let mut context = JweContext::new();
    context.remove_compression("DEF");
    context.add_compression(Box::new(BoundedDeflate));
    context
}

const TOO_LONG: &str = "the inflated plaintext is too long";

/// DEFLATE (RFC 1951) that stops at [`LONGEST_PLAINTEXT`].
#[derive(Clone, Copy, Debug)]
struct BoundedDeflate;

impl JweCompression for BoundedDeflate {
    fn name(&self) -> &str {
        "DEF"
    }

    fn compress(&self, message: &[u8]) -> Result<Vec<u8>, io::Error> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(message)?;
        encoder.finish()
    }

    fn decompress(&self, message: &[u8]) -> Result<Vec<u8>, io::Error> {
        let mut plaintext = Vec::new();
        let limit = u64::try_from(LONGEST_PLAINTEXT).unwrap_or(u64::MAX).saturating_add(1);
        DeflateDecoder::new(message).take(limit).read_to_end(&mut plaintext)?;
        if plaintext.len() > LONGEST_PLAINTEXT {
            return Err(io::Error::other(TOO_LONG));
        }
        Ok(plaintext)
    }

    fn box_clone(&self) -> Box<dyn JweCompression> {
        Box::new(*self)
    }
}

#[cfg(test)]
mod tests;
