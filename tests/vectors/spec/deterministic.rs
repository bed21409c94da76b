//! Keys, signatures and ciphertexts that are the same each time, and not made by the code that they test.
//!
//! The product signs with a random nonce and encrypts under a fresh key; here the nonce is that of RFC 6979 and the
//! ephemeral key comes from the seed.

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use environment::{Randomness, SeededRandomness, Timestamp};
use jose::{DecryptionKey, Jwk, Signer, SigningFailed, SigningKey, base64url};
use p256::ecdsa::signature::Signer as _;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// When all of it happens: 2026-11-25T08:00:00Z, the day on which the certificates of `trust::testing` are new.
pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_795_593_600);

/// Randomness that repeats itself; each file takes a seed of its own.
pub(super) fn randomness(seed: u64) -> SeededRandomness {
    SeededRandomness::new(seed)
}

/// A P-256 key that signs by RFC 6979.
pub(super) struct Key {
    signing: p256::ecdsa::SigningKey,
    public: Jwk,
}

impl Key {
    /// The next key of `randomness`.
    pub(super) fn generate(randomness: &dyn Randomness) -> Self {
        let secret = p256::SecretKey::from_slice(&randomness.bytes::<32>()).unwrap();
        let public = Jwk::from_sec1(&secret.public_key().to_sec1_bytes()).unwrap();
        Self { signing: secret.into(), public }
    }

    /// The same key as one of the product's, signing by RFC 6979.
    pub(super) fn of(key: &SigningKey) -> Self {
        let secret = p256::SecretKey::from_slice(key.secret_bytes().as_ref()).unwrap();
        let public = key.public_jwk().clone();
        Self { signing: secret.into(), public }
    }

    /// The private JWK, for the file.
    pub(super) fn private_jwk(&self) -> Value {
        let mut jwk = self.public.required_members();
        jwk["d"] = json!(base64url::encode(self.signing.to_bytes()));
        jwk
    }

    /// The same key for opening what was sealed to it.
    pub(super) fn for_opening(&self) -> DecryptionKey {
        DecryptionKey::from_private_json(self.private_jwk().to_string()).unwrap()
    }
}

impl Signer for Key {
    fn public_jwk(&self) -> &Jwk {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let signature: p256::ecdsa::Signature = self.signing.sign(message);
        Ok(signature.to_bytes().to_vec())
    }
}

/// A compact JWE, ECDH-ES on P-256 with A256GCM (RFC 7516 §5.1, RFC 7518 §4.6 and §5.3), with `header` beside `alg`,
/// `enc` and `epk`.
pub(super) fn seal(
    plaintext: &[u8],
    to: &Jwk,
    header: Map<String, Value>,
    randomness: &dyn Randomness,
) -> String {
    let ephemeral = p256::SecretKey::from_slice(&randomness.bytes::<32>()).unwrap();
    let epk = Jwk::from_sec1(&ephemeral.public_key().to_sec1_bytes()).unwrap();
    let recipient = p256::PublicKey::from_sec1_bytes(&to.to_bytes()).unwrap();
    let agreed = p256::ecdh::diffie_hellman(ephemeral.to_nonzero_scalar(), recipient.as_affine());
    let mut members = header;
    members.insert("alg".to_owned(), json!("ECDH-ES"));
    members.insert("enc".to_owned(), json!("A256GCM"));
    members.insert("epk".to_owned(), epk.required_members());
    let protected = base64url::encode(Value::Object(members).to_string());
    let key = agreed_key(agreed.raw_secret_bytes());
    let iv = randomness.bytes::<12>();
    let sealed = Aes256Gcm::new(&key.into())
        .encrypt(&iv.into(), Payload { msg: plaintext, aad: protected.as_bytes() })
        .unwrap();
    let (ciphertext, tag) = sealed.split_at(sealed.len() - 16);
    format!(
        "{protected}..{}.{}.{}",
        base64url::encode(iv),
        base64url::encode(ciphertext),
        base64url::encode(tag)
    )
}

/// The Concat KDF of RFC 7518 §4.6.2 for 256 bits, without party information: one round of SHA-256.
fn agreed_key(secret: &[u8]) -> [u8; 32] {
    let algorithm = b"A256GCM";
    let mut round = Sha256::new();
    round.update(1_u32.to_be_bytes());
    round.update(secret);
    round.update(7_u32.to_be_bytes());
    round.update(algorithm);
    round.update(0_u32.to_be_bytes());
    round.update(0_u32.to_be_bytes());
    round.update(256_u32.to_be_bytes());
    round.finalize().into()
}

#[test]
fn what_is_sealed_here_opens_there() {
    let randomness: &dyn Randomness = &randomness(1);
    let (key, other) = (Key::generate(randomness), Key::generate(randomness));
    let token = seal(b"a plaintext", key.public_jwk(), Map::new(), randomness);
    assert_eq!(*jose::jwe::decrypt(&token, &key.for_opening()).unwrap(), b"a plaintext");
    assert_eq!(jose::jwe::decrypt(&token, &other.for_opening()), Err(jose::jwe::JweError::DecryptionFailed));
}

#[test]
fn what_is_signed_here_is_verified_there() {
    let randomness: &dyn Randomness = &randomness(2);
    let (key, other) = (Key::generate(randomness), Key::generate(randomness));
    let signature = Signer::sign(&key, b"a message").unwrap();
    assert_eq!(signature, Signer::sign(&key, b"a message").unwrap());
    assert!(jose::VerifyingKey::new(key.public_jwk()).unwrap().verifies(b"a message", &signature));
    assert!(!jose::VerifyingKey::new(other.public_jwk()).unwrap().verifies(b"a message", &signature));
}
