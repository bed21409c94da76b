//! The signatures alone, of 256 bytes, with keys read beforehand, by the fastest library at hand: the physical limit.
#![expect(clippy::expect_used, reason = "a benchmark over fixed material stops loudly when that is not good")]

use std::hint::black_box;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    ParsedPublicKey,
};

use crate::measure::{Beside, Job, Repeat, same};

const MESSAGE: [u8; 256] = [7; 256];

const fn job(name: &'static str, what: &'static str, ready: fn() -> Repeat) -> Job {
    Job { name, what, beside: None, ready }
}

/// All of them.
pub const ALL: &[Job] = &[
    job("bare_es256_sign", "one ES256 signature", es256_sign),
    job("bare_es256_verify", "one ES256 check", es256_verify),
    job("bare_ed25519_verify", "one Ed25519 check", ed25519_verify),
];

/// So many ES256 signatures.
pub(crate) const fn signatures(what: &'static str, times: f64) -> Option<Beside> {
    Some(Beside { what, name: "bare_es256_sign", times })
}

/// So many checks of ES256 signatures.
pub(crate) const fn checks(what: &'static str, times: f64) -> Option<Beside> {
    Some(Beside { what, name: "bare_es256_verify", times })
}

/// So many checks of Ed25519 signatures.
pub(crate) const fn log_checks(what: &'static str, times: f64) -> Option<Beside> {
    Some(Beside { what, name: "bare_ed25519_verify", times })
}

fn es256() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key is made")
}

fn es256_sign() -> Repeat {
    let (key, random) = (es256(), SystemRandom::new());
    same(move || key.sign(&random, black_box(&MESSAGE)).expect("it signs"))
}

fn es256_verify() -> Repeat {
    let key = es256();
    let signature = key.sign(&SystemRandom::new(), &MESSAGE).expect("it signs");
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key()).expect("the key is good");
    same(move || key.verify_sig(black_box(&MESSAGE), signature.as_ref()).expect("it fits"))
}

fn ed25519_verify() -> Repeat {
    let key = Ed25519KeyPair::generate().expect("a key is made");
    let signature = key.sign(&MESSAGE);
    let key = ParsedPublicKey::new(&ED25519, key.public_key()).expect("the key is good");
    same(move || key.verify_sig(black_box(&MESSAGE), signature.as_ref()).expect("it fits"))
}
