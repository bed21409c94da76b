//! The keys, the moment and the names that made seeds and targets share.

use std::sync::OnceLock;

use environment::{SeededRandomness, Timestamp};
use jose::{Algorithm, DecryptionKey, Signer as _, SigningKey, VerifyingKey};

/// The moment at which every target stands.
pub const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
/// A space.
pub const SPACE: &str = "did:web:kiln.example";
/// An office.
pub const OFFICE: &str = "did:web:office.example";
/// A member.
pub const MEMBER: &str = "did:web:member.example";

/// A seeded source of randomness.
#[must_use]
pub fn randomness(seed: u64) -> SeededRandomness {
    SeededRandomness::new(seed)
}

/// The P-256 key that signs everything.
#[must_use]
pub fn signer() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::Es256, &randomness(1)).unwrap())
}

/// The Ed25519 keys of logs.
#[must_use]
pub fn log_keys() -> &'static [SigningKey] {
    static KEYS: OnceLock<Vec<SigningKey>> = OnceLock::new();
    KEYS.get_or_init(|| {
        (10..16).map(|seed| SigningKey::generate(Algorithm::EdDsa, &randomness(seed)).unwrap()).collect()
    })
}

/// The key that checks what [`signer`] signs.
#[must_use]
pub fn verifier() -> &'static VerifyingKey {
    static KEY: OnceLock<VerifyingKey> = OnceLock::new();
    KEY.get_or_init(|| VerifyingKey::new(signer().public_jwk()).unwrap())
}

/// The holder's key.
#[must_use]
pub fn holder() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::Es256, &randomness(2)).unwrap())
}

/// The key that opens what is sealed.
#[must_use]
pub fn opener() -> &'static DecryptionKey {
    static KEY: OnceLock<DecryptionKey> = OnceLock::new();
    KEY.get_or_init(|| DecryptionKey::generate("open", &randomness(3)).unwrap())
}

/// The thumbprint of the holder's key.
#[must_use]
pub fn holder_thumbprint() -> String {
    holder().public_jwk().thumbprint_base64url()
}
