//! AES-256-GCM (NIST SP 800-38D) under a key that its caller keeps: for what lies sealed in a store or a file. What is sealed to
//! somebody's public key is [`jwe`](crate::jwe).
//!
//! The cipher erases its own copy of the key when it goes.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

/// Bytes of a nonce.
pub const NONCE: usize = 12;
/// Bytes by which a sealed text is longer than the plain one.
pub const TAG: usize = 16;

/// Seals `plain` and binds it to `context`; the tag follows the ciphertext. A key seals nothing else with the same nonce.
///
/// None only where `plain` is longer than the cipher takes (64 GiB).
#[must_use]
pub fn seal(key: &[u8; 32], nonce: [u8; NONCE], context: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    // All at once: no copy of what is plain is left where a growing vector was.
    let mut sealed = Vec::with_capacity(plain.len().saturating_add(TAG));
    sealed.extend_from_slice(plain);
    let nonce = Nonce::assume_unique_for_key(nonce);
    cipher(key)?.seal_in_place_append_tag(nonce, Aad::from(context), &mut sealed).ok()?;
    Some(sealed)
}

/// What [`seal`] made, if it was with this key, nonce and context.
#[must_use]
pub fn open(key: &[u8; 32], nonce: [u8; NONCE], context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut opened = Zeroizing::new(sealed.to_vec());
    let nonce = Nonce::assume_unique_for_key(nonce);
    let length = cipher(key)?.open_in_place(nonce, Aad::from(context), &mut opened).ok()?.len();
    opened.truncate(length);
    Some(opened)
}

fn cipher(key: &[u8; 32]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap())
            .collect()
    }

    /// Test case 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), appendix B.
    #[test]
    fn the_published_case_is_sealed_and_opened_byte_by_byte() {
        let key: [u8; 32] =
            bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").try_into().unwrap();
        let nonce: [u8; NONCE] = bytes("cafebabefacedbaddecaf888").try_into().unwrap();
        let plain = bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        );
        let context = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let sealed = bytes(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
        );
        assert_eq!(seal(&key, nonce, &context, &plain), Some(sealed.clone()));
        assert_eq!(open(&key, nonce, &context, &sealed).unwrap().as_slice(), plain);
    }

    #[test]
    fn with_anything_changed_it_does_not_open() {
        let (key, nonce) = ([1; 32], [2; NONCE]);
        let sealed = seal(&key, nonce, b"place", b"value").unwrap();
        assert_eq!(sealed.len(), 5 + TAG);
        assert_eq!(open(&key, nonce, b"place", &sealed).unwrap().as_slice(), b"value");
        assert_eq!(open(&[3; 32], nonce, b"place", &sealed), None);
        assert_eq!(open(&key, [3; NONCE], b"place", &sealed), None);
        assert_eq!(open(&key, nonce, b"another", &sealed), None);
        assert_eq!(open(&key, nonce, b"place", &sealed[..TAG - 1]), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open(&key, nonce, b"place", &changed), None, "byte {at}");
        }
    }
}
