//! Checking Ed25519 signatures: as strict as `ed25519-dalek`'s `verify_strict`, by aws-lc, which is a third faster.
//!
//! aws-lc computes the point R of the signature anew and compares its encoding, which refuses every other spelling of
//! R and every S that is not reduced (RFC 8032 §5.1.7). What it lets pass, and strict checking does not, are points of
//! small order: with one as the key a signature fits many messages. Those are known by their encodings. Keys are made
//! and signatures are signed by ed25519-dalek, which is also what the tests hold this against.

use aws_lc_rs::signature::{ED25519, ParsedPublicKey};

/// Every encoding of a point of small order, canonical or not, without the bit of the sign: y = 0, 1, the two of
/// order 8, p − 1, p and p + 1, little-endian.
const SMALL_ORDER: [[u8; 32]; 7] = [
    [0; 32],
    first(1),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    near_the_prime(0xec),
    near_the_prime(0xed),
    near_the_prime(0xee),
];

const fn first(byte: u8) -> [u8; 32] {
    let mut encoding = [0; 32];
    encoding[0] = byte;
    encoding
}

/// 2^255 − 256 and `byte`.
const fn near_the_prime(byte: u8) -> [u8; 32] {
    let mut encoding = [0xff; 32];
    encoding[0] = byte;
    encoding[31] = 0x7f;
    encoding
}

fn is_of_small_order(encoding: &[u8; 32]) -> bool {
    let mut without_sign = *encoding;
    without_sign[31] &= 0x7f;
    SMALL_ORDER.contains(&without_sign)
}

/// A public key made ready to check signatures.
#[derive(Clone)]
pub(crate) struct VerifyingKey(Box<ParsedPublicKey>);

impl VerifyingKey {
    /// `None` for what is no key, a point of small order among that.
    pub(crate) fn new(bytes: &[u8; 32]) -> Option<Self> {
        if is_of_small_order(bytes) {
            return None;
        }
        ParsedPublicKey::new(&ED25519, bytes).ok().map(|key| Self(Box::new(key)))
    }

    /// Whether `signature` over `message` was made with this key.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        signature.first_chunk::<32>().is_some_and(|r| !is_of_small_order(r))
            && self.0.verify_sig(message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey as Strict};
    use proptest::prelude::*;

    use super::*;

    /// Order of the base point, little-endian (RFC 8032 §5.1).
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    fn both(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> (bool, bool) {
        let ours = VerifyingKey::new(key).is_some_and(|key| key.verifies(message, signature));
        let strict = Strict::from_bytes(key)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok());
        (ours, strict)
    }

    #[test]
    fn the_listed_encodings_are_the_ones_of_small_order() {
        for encoding in SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut encoding = encoding;
                encoding[31] |= sign;
                if let Ok(key) = Strict::from_bytes(&encoding) {
                    assert!(key.is_weak(), "{encoding:x?}");
                }
                assert!(VerifyingKey::new(&encoding).is_none());
            }
        }
        assert!(SMALL_ORDER.iter().filter(|encoding| Strict::from_bytes(encoding).is_ok()).count() >= 5);
    }

    /// y = 0, 1, −1, and 0 and 1 spelled with the prime added, written out; those of order 8 are left.
    #[test]
    fn the_encodings_that_are_computed_are_the_ones_that_are_meant() {
        let small = |byte: u8| -> [u8; 32] { std::array::from_fn(|place| if place == 0 { byte } else { 0 }) };
        let of_the_prime = |byte: u8| -> [u8; 32] {
            std::array::from_fn(|place| match place {
                0 => byte,
                31 => 0x7f,
                _ => 0xff,
            })
        };
        assert_eq!(SMALL_ORDER[..2], [small(0), small(1)]);
        assert_eq!(SMALL_ORDER[4..], [of_the_prime(0xec), of_the_prime(0xed), of_the_prime(0xee)]);
        let distinct: std::collections::BTreeSet<_> = SMALL_ORDER.iter().collect();
        assert_eq!(distinct.len(), 7);
        let [one, below] = [SMALL_ORDER[1], SMALL_ORDER[4]];
        assert!(Strict::from_bytes(&one).unwrap().is_weak() && Strict::from_bytes(&below).unwrap().is_weak());
        assert!(!is_of_small_order(&small(2)) && !is_of_small_order(&of_the_prime(0xeb)));
    }

    #[test]
    fn no_signature_fits_a_key_of_small_order_and_none_has_r_of_small_order() {
        let honest = SigningKey::from_bytes(&[7; 32]);
        for key in SMALL_ORDER.iter().chain([honest.verifying_key().as_bytes()]) {
            for r in SMALL_ORDER {
                for s in [[0; 32], first(1)] {
                    let signature: [u8; 64] = [r, s].concat().try_into().unwrap();
                    for message in 0..32_u8 {
                        assert_eq!(both(key, &[message], &signature), (false, false));
                    }
                }
            }
        }
    }

    #[test]
    fn s_beyond_the_order_is_refused() {
        let key = SigningKey::from_bytes(&[9; 32]);
        let good = key.sign(b"message").to_bytes();
        assert_eq!(both(key.verifying_key().as_bytes(), b"message", &good), (true, true));
        let mut carry = 0_u16;
        let mut bad = good;
        for (byte, order) in bad[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            *byte = u8::try_from(sum & 0xff).unwrap();
            carry = sum >> 8;
        }
        assert_eq!(both(key.verifying_key().as_bytes(), b"message", &bad), (false, false));
    }

    #[test]
    fn a_signature_of_another_length_is_refused() {
        let key = SigningKey::from_bytes(&[9; 32]);
        let good = key.sign(b"message").to_bytes();
        let ours = VerifyingKey::new(key.verifying_key().as_bytes()).unwrap();
        assert!(ours.verifies(b"message", &good));
        for bad in [&good[..63], &good[..32], &good[..0], &[&good[..], &[0]].concat()] {
            assert!(!ours.verifies(b"message", bad));
        }
    }

    proptest! {
        /// Keys, signatures and messages with some bytes changed are judged alike.
        #[test]
        fn the_verdict_is_the_one_of_strict_checking(
            seed in any::<[u8; 32]>(),
            message in proptest::collection::vec(any::<u8>(), 0..64),
            changes in proptest::collection::vec((0_usize..96, any::<u8>()), 0..3),
        ) {
            let signer = SigningKey::from_bytes(&seed);
            let mut key = signer.verifying_key().to_bytes();
            let mut signature = signer.sign(&message).to_bytes();
            for (place, byte) in changes {
                if place < 64 { signature[place] ^= byte } else { key[place - 64] ^= byte }
            }
            let (ours, strict) = both(&key, &message, &signature);
            prop_assert_eq!(ours, strict);
        }
    }
}
