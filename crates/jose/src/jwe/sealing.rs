//! Encrypting with randomness that comes in: ECDH-ES on P-256 with A256GCM and nothing else in the header.
//!
//! josekit draws its ephemeral key itself and lets nobody see how long a token will be. Envelopes whose length says
//! nothing need both, so this one combination is done here, from RFC 7518 §4.6.2 and §5.3 and the concatenation key
//! derivation of NIST SP 800-56A §5.8.1.

use environment::Randomness;
use p256::ecdh::diffie_hellman;
use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::EncryptionFailed;
use crate::aead::{self, NONCE, TAG};
use crate::base64url;
use crate::key::Jwk;
use crate::signing::random_p256;

/// `enc` of every sealed token.
const ENCRYPTION: &str = "A256GCM";
/// Bits of the derived key.
const KEY_BITS: u32 = 256;
/// Characters of a sealed token beside its ciphertext: the header (166 bytes, always), the IV, the tag and four dots.
const AROUND: usize = 222 + 16 + 22 + 4;

/// How many bytes of plaintext give a sealed token of exactly `characters`; `None` if no number of bytes does.
#[must_use]
pub const fn plaintext_for(characters: usize) -> Option<usize> {
    let Some(ciphertext) = characters.checked_sub(AROUND) else { return None };
    match ciphertext.checked_rem(4) {
        // One character left over encodes no byte.
        Some(1) | None => None,
        Some(_) => match ciphertext.checked_mul(3) {
            Some(tripled) => tripled.checked_div(4),
            None => None,
        },
    }
}

/// Encrypts `plaintext` to `recipient` under a header of `alg`, `enc` and `epk` alone: it names no key and no person, and
/// has the same length every time.
///
/// # Errors
/// [`EncryptionFailed`] for a key that is not P-256, or is declared for signing or another algorithm.
pub fn seal(
    plaintext: &[u8],
    recipient: &Jwk,
    randomness: &dyn Randomness,
) -> Result<String, EncryptionFailed> {
    if !recipient.may_agree() {
        return Err(EncryptionFailed);
    }
    let ephemeral = random_p256(randomness).map_err(|_| EncryptionFailed)?;
    let public = Jwk::from_p256(&ephemeral.public_key()).map_err(|_| EncryptionFailed)?;
    let peer = p256::PublicKey::from_sec1_bytes(&recipient.to_bytes()).map_err(|_| EncryptionFailed)?;
    let shared = diffie_hellman(ephemeral.to_nonzero_scalar(), peer.as_affine());
    let key = derived(shared.raw_secret_bytes().as_ref(), ENCRYPTION, &[], &[], KEY_BITS);
    let header = json!({"alg": "ECDH-ES", "enc": ENCRYPTION, "epk": public.required_members()});
    let header = base64url::encode(header.to_string());
    let iv: [u8; NONCE] = randomness.bytes();
    let sealed = aead::seal(&key, iv, header.as_bytes(), plaintext).ok_or(EncryptionFailed)?;
    let (text, tag) = sealed.split_last_chunk::<TAG>().ok_or(EncryptionFailed)?;
    let [iv, text, tag] = [base64url::encode(iv), base64url::encode(text), base64url::encode(tag)];
    Ok(format!("{header}..{iv}.{text}.{tag}"))
}

/// One round of the Concat KDF with SHA-256 (RFC 7518 §4.6.2): enough for keys of at most 256 bits.
pub(super) fn derived(
    shared: &[u8],
    algorithm: &str,
    apu: &[u8],
    apv: &[u8],
    bits: u32,
) -> Zeroizing<[u8; 32]> {
    let mut hash = Sha256::new();
    hash.update(1_u32.to_be_bytes());
    hash.update(shared);
    for part in [algorithm.as_bytes(), apu, apv] {
        hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.update(bits.to_be_bytes());
    Zeroizing::new(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;

    use super::*;
    use crate::jwe::{decrypt, header};
    use crate::key::DecryptionKey;

    fn key() -> DecryptionKey {
        DecryptionKey::generate("k1", &SeededRandomness::new(5)).unwrap()
    }

    #[test]
    fn the_key_derivation_is_that_of_the_example_in_rfc_7518_appendix_c() {
        let shared = [
            158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163,
            218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
        ];
        let key = derived(&shared, "A128GCM", b"Alice", b"Bob", 128);
        assert_eq!(base64url::encode(&key[..16]), "VqqN6vgjbSBcIijNcacQGg");
    }

    #[test]
    fn a_sealed_token_opens_with_its_key_alone_and_its_header_names_nobody() {
        let token = seal(b"plaintext", key().public_jwk(), &SeededRandomness::new(1)).unwrap();
        assert_eq!(decrypt(&token, &key()).unwrap().as_slice(), b"plaintext");
        let header = header(&token).unwrap();
        assert_eq!(header.keys().collect::<Vec<_>>(), ["alg", "enc", "epk"]);
        let other = DecryptionKey::generate("k1", &SeededRandomness::new(6)).unwrap();
        assert!(decrypt(&token, &other).is_err());
    }

    #[test]
    fn a_token_is_as_long_as_was_foretold() {
        for size in [4_096, 8_192, 16_384, 266, 267] {
            let Some(bytes) = plaintext_for(size) else { panic!("{size} is possible") };
            for seed in 0..4 {
                let randomness = SeededRandomness::new(seed);
                let token = seal(&vec![7; bytes], key().public_jwk(), &randomness).unwrap();
                assert_eq!(token.len(), size);
            }
        }
        assert_eq!(plaintext_for(265), None, "one character of base64url is no byte");
        assert_eq!(plaintext_for(263), None);
    }

    #[test]
    fn equal_randomness_makes_equal_tokens_and_other_randomness_others() {
        let token = |seed| seal(b"x", key().public_jwk(), &SeededRandomness::new(seed)).unwrap();
        assert_eq!(token(1), token(1));
        assert_ne!(token(1), token(2));
    }

    #[test]
    fn a_key_that_signs_or_is_of_another_curve_seals_nothing() {
        let randomness = SeededRandomness::new(1);
        let signing = key().public_jwk().clone().with_use("sig");
        assert_eq!(seal(b"x", &signing, &randomness), Err(EncryptionFailed));
        let edwards = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
        let edwards = Jwk::from_ed25519(edwards.as_bytes()).unwrap();
        assert_eq!(seal(b"x", &edwards, &randomness), Err(EncryptionFailed));
    }
}
