//! Opening with the one key agreement and the two encryptions that are spoken: RFC 7516 §5.2, RFC 7518 §4.6.2 and §5.3.

use std::io::Read;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use flate2::read::DeflateDecoder;
use zeroize::Zeroizing;

use super::sealing::derived;
use super::{ContentEncryption, Guarded, JweError, LONGEST_PLAINTEXT};
use crate::base64url;
use crate::key::DecryptionKey;

const IV_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// The five parts of a compact token, all but the header decoded.
pub(super) struct Parts<'a> {
    /// The header as it came: it is authenticated in this spelling.
    header: &'a str,
    encrypted_key: Vec<u8>,
    iv: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(token: &'a str) -> Result<Self, JweError> {
        let parts: Vec<&str> = token.split('.').take(6).collect();
        let [header, encrypted_key, iv, ciphertext, tag] = parts.as_slice() else {
            return Err(JweError::Malformed);
        };
        let decode = |part: &str| base64url::decode(part).map_err(|_| JweError::Malformed);
        Ok(Self {
            header,
            encrypted_key: decode(encrypted_key)?,
            iv: decode(iv)?,
            ciphertext: decode(ciphertext)?,
            tag: decode(tag)?,
        })
    }

    /// Lengths other than the ones of the standard: a shortened tag is quickly forged.
    pub(super) const fn guard_lengths(&self) -> Result<(), JweError> {
        match (self.encrypted_key.len(), self.iv.len(), self.tag.len()) {
            (0, IV_BYTES, TAG_BYTES) => Ok(()),
            _ => Err(JweError::BadLengths),
        }
    }

    /// The plaintext, before it is inflated.
    fn open(self, key: &[u8], encryption: ContentEncryption) -> Option<Zeroizing<Vec<u8>>> {
        let algorithm = match encryption {
            ContentEncryption::A128Gcm => &AES_128_GCM,
            ContentEncryption::A256Gcm => &AES_256_GCM,
        };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
        let nonce = Nonce::try_assume_unique_for_key(&self.iv).ok()?;
        let mut text = Zeroizing::new(self.ciphertext);
        text.extend_from_slice(&self.tag);
        let length = key.open_in_place(nonce, Aad::from(self.header.as_bytes()), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

/// Opens a token whose header and lengths the guard has let pass.
pub(super) fn open(
    parts: Parts<'_>,
    header: &Guarded,
    key: &DecryptionKey,
) -> Result<Zeroizing<Vec<u8>>, JweError> {
    let shared = key.agree(&header.ephemeral).ok_or(JweError::DecryptionFailed)?;
    open_agreed(parts, header, &shared)
}

/// The same with the secret that was agreed on.
pub(super) fn open_agreed(
    parts: Parts<'_>,
    header: &Guarded,
    shared: &[u8; 32],
) -> Result<Zeroizing<Vec<u8>>, JweError> {
    let (bits, bytes) = match header.encryption {
        ContentEncryption::A128Gcm => (128, 16),
        ContentEncryption::A256Gcm => (256, 32),
    };
    let derived = derived(shared, header.encryption.name(), &header.apu, &header.apv, bits);
    let content_key = derived.get(..bytes).ok_or(JweError::DecryptionFailed)?;
    let plaintext = parts.open(content_key, header.encryption).ok_or(JweError::DecryptionFailed)?;
    if header.is_compressed { inflate(&plaintext) } else { Ok(plaintext) }
}

/// The one compression (RFC 7518 §7.3.1), never longer than the limit.
fn inflate(compressed: &[u8]) -> Result<Zeroizing<Vec<u8>>, JweError> {
    let mut plaintext = Zeroizing::new(Vec::new());
    let limit = u64::try_from(LONGEST_PLAINTEXT).unwrap_or(u64::MAX).saturating_add(1);
    DeflateDecoder::new(compressed)
        .take(limit)
        .read_to_end(&mut plaintext)
        .map_err(|_| JweError::DecryptionFailed)?;
    if plaintext.len() > LONGEST_PLAINTEXT {
        return Err(JweError::PlaintextTooLong);
    }
    Ok(plaintext)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_deflate_stream_is_not_taken_for_text() {
        assert_eq!(inflate(&[0xFF; 40]), Err(JweError::DecryptionFailed));
        assert_eq!(inflate(b""), Err(JweError::DecryptionFailed));
        // One stored block of two bytes (RFC 1951 §3.2.4).
        assert_eq!(inflate(&[1, 2, 0, 0xFD, 0xFF, b'{', b'}']).unwrap().as_slice(), b"{}");
    }
}
