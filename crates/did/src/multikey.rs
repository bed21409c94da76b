//! Public keys as multibase text: base58btc over a multicodec prefix and the key (Controlled Identifiers 1.0 §2.2.2).

use jose::{Jwk, KeyKind};

const ED25519: [u8; 2] = [0xed, 0x01];
const X25519: [u8; 2] = [0xec, 0x01];
const P256: [u8; 2] = [0x80, 0x24];

/// Longest text that is decoded; base58 takes quadratic time.
const LONGEST: usize = 128;

/// Why a text is not a multikey of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MultikeyError {
    /// Not multibase base58btc (`z…`).
    #[error("a key must be multibase base58btc, beginning with `z`")]
    NotBase58,
    /// A multicodec other than Ed25519, X25519 and P-256, or one that is not spelled canonically.
    #[error("only Ed25519, X25519 and P-256 keys are used here")]
    Unsupported,
    /// The key has the wrong length, or P-256 is not in its compressed form.
    #[error("the key has the wrong length or form")]
    Length,
    /// Not a point of its curve, or a weak one.
    #[error("the key is not a valid point of its curve")]
    NotOnCurve,
}

/// A public key of a multikey.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey {
    /// Ed25519 or P-256.
    Jwk(Jwk),
    /// A key for agreement only.
    X25519([u8; 32]),
}

impl PublicKey {
    /// The multikey text.
    #[must_use]
    pub fn to_multikey(&self) -> String {
        match self {
            Self::Jwk(jwk) => encode(jwk),
            Self::X25519(bytes) => base58(X25519, bytes),
        }
    }
}

/// The multikey text of an Ed25519 or P-256 key.
#[must_use]
pub fn encode(jwk: &Jwk) -> String {
    match jwk.kind() {
        KeyKind::Ed25519(bytes) => base58(ED25519, bytes),
        KeyKind::P256 { x, y } => {
            let parity = if y.last().is_some_and(|last| last % 2 == 1) { 3 } else { 2 };
            base58(P256, &[&[parity][..], x].concat())
        }
    }
}

fn base58(codec: [u8; 2], key: &[u8]) -> String {
    format!("z{}", bs58::encode([&codec[..], key].concat()).into_string())
}

/// Reads a multikey.
///
/// # Errors
/// See [`MultikeyError`].
pub fn decode(text: &str) -> Result<PublicKey, MultikeyError> {
    let bytes = decode_multibase(text)?;
    let (codec, key) = bytes.split_at_checked(2).ok_or(MultikeyError::Unsupported)?;
    match codec {
        codec if codec == ED25519 => {
            let key: [u8; 32] = key.try_into().map_err(|_| MultikeyError::Length)?;
            Jwk::from_ed25519(&key).map(PublicKey::Jwk).map_err(|_| MultikeyError::NotOnCurve)
        }
        codec if codec == X25519 => key.try_into().map(PublicKey::X25519).map_err(|_| MultikeyError::Length),
        codec if codec == P256 => {
            // SEC 1 knows other forms of the same length; one key has one spelling.
            if key.len() != 33 || !matches!(key.first(), Some(2 | 3)) {
                return Err(MultikeyError::Length);
            }
            Jwk::from_sec1(key).map(PublicKey::Jwk).map_err(|_| MultikeyError::NotOnCurve)
        }
        _ => Err(MultikeyError::Unsupported),
    }
}

/// The 32 bytes of an Ed25519 multikey, not yet known to be a point.
pub(crate) fn ed25519_bytes(text: &str) -> Result<[u8; 32], MultikeyError> {
    let bytes = decode_multibase(text)?;
    let key = bytes.strip_prefix(&ED25519[..]).ok_or(MultikeyError::Unsupported)?;
    key.try_into().map_err(|_| MultikeyError::Length)
}

/// The bytes behind `z…`.
///
/// # Errors
/// [`MultikeyError::NotBase58`].
pub(crate) fn decode_multibase(text: &str) -> Result<Vec<u8>, MultikeyError> {
    let digits = text.strip_prefix('z').ok_or(MultikeyError::NotBase58)?;
    if digits.len() > LONGEST {
        return Err(MultikeyError::Unsupported);
    }
    bs58::decode(digits).into_vec().map_err(|_| MultikeyError::NotBase58)
}

#[cfg(test)]
mod tests {
    use super::*;
    use environment::SeededRandomness;
    use jose::{Algorithm, Signer, SigningKey};

    #[test]
    fn keys_survive_the_round_trip() {
        for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
            for seed in 0..20 {
                let key = SigningKey::generate(algorithm, &SeededRandomness::new(seed)).unwrap();
                let text = encode(key.public_jwk());
                assert_eq!(decode(&text), Ok(PublicKey::Jwk(key.public_jwk().clone())));
                assert_eq!(decode(&text).unwrap().to_multikey(), text);
            }
        }
    }

    #[test]
    fn other_spellings_and_keys_are_refused() {
        let key = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(1)).unwrap();
        let text = encode(key.public_jwk());
        assert_eq!(decode(text.trim_start_matches('z')), Err(MultikeyError::NotBase58));
        assert_eq!(decode(&format!("{text}0")), Err(MultikeyError::NotBase58));
        assert_eq!(decode("z"), Err(MultikeyError::Unsupported));
        assert_eq!(decode(&format!("z{}", "2".repeat(200))), Err(MultikeyError::Unsupported));
        let bytes = key.public_jwk().to_bytes();
        assert_eq!(decode(&base58(ED25519, &bytes[1..])), Err(MultikeyError::Length));
        assert_eq!(decode(&base58([0xe7, 0x01], &[2; 33])), Err(MultikeyError::Unsupported));
        assert_eq!(decode(&base58(ED25519, &[0; 32])), Err(MultikeyError::NotOnCurve));
        assert_eq!(decode(&base58(P256, &[5; 33])), Err(MultikeyError::Length));
        let off_curve = [&[2_u8][..], &[0xff; 32]].concat();
        assert_eq!(decode(&base58(P256, &off_curve)), Err(MultikeyError::NotOnCurve));
    }

    #[test]
    fn a_text_of_the_greatest_length_is_decoded_and_a_longer_one_is_not() {
        let decoded = |digits: usize| decode_multibase(&format!("z{}", "1".repeat(digits)));
        assert_eq!(decoded(128), Ok(vec![0; 128]));
        for more in [129, 130] {
            assert_eq!(decoded(more), Err(MultikeyError::Unsupported));
        }
    }

    #[test]
    fn another_multibase_a_longer_key_and_a_longer_spelling_of_its_kind_are_refused() {
        let key = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(1)).unwrap();
        let text = encode(key.public_jwk());
        for other in ["u", "m", "f", "Z", "Q"] {
            let bent = text.replacen('z', other, 1);
            assert_eq!(decode(&bent), Err(MultikeyError::NotBase58), "{bent}");
        }
        let bytes = key.public_jwk().to_bytes();
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(decode(&base58(ED25519, &longer)), Err(MultikeyError::Length));
        assert_eq!(decode(&base58(X25519, &longer)), Err(MultikeyError::Length));
        // The number 0xed in three bytes of a varint, and a zero before the two.
        for codec in [&[0xed, 0x81, 0x00][..], &[0x00, 0xed, 0x01]] {
            let bent = format!("z{}", bs58::encode([codec, &bytes].concat()).into_string());
            assert_eq!(decode(&bent), Err(MultikeyError::Unsupported), "{bent}");
        }
    }

    #[test]
    fn an_uncompressed_p256_point_is_refused() {
        let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
        assert_eq!(decode(&base58(P256, &key.public_jwk().to_bytes())), Err(MultikeyError::Length));
    }
}
