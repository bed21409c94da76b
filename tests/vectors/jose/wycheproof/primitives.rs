//! The primitives: signatures through [`VerifyingKey`], key agreement on P-256 through a JWE made around each case.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit as _, Payload};
use harness::vectors::{Suite, suite};
use jose::{Algorithm, DecryptionKey, Jwk, KeyError, Signer as _, SigningKey, VerifyingKey, base64url, jwe};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::hex;
use super::{Case, NAME, cases, file};
use crate::walk::{said, same};

/// Files about what no crate of ours shows to its callers.
const LEFT_OUT: &[(&str, &str)] = &[
    ("aes_cmac_test", "AES-CMAC belongs to the door tags (ntag424-sdm), which are not built yet"),
    (
        "aes_gcm_test",
        "no crate takes a content key from outside; AES-GCM is met in the JWE cases, under agreed keys",
    ),
    ("hkdf_sha256_test", "HKDF is used inside the wallet's vault alone, with inputs that nobody chooses"),
    ("x25519_test", "X25519 keys are only named in DID documents; nothing agrees on a key with them"),
];

#[test]
fn signatures_and_key_agreement_end_as_wycheproof_says() {
    let Some(folder) = suite(NAME) else { return };
    let mut run = Suite::new(&format!("{NAME}: primitives"), &[]);
    let mut walk = |name: &str, check: fn(&Case<'_>) -> Result<(), String>| {
        for case in cases(name, &file(&folder, name)) {
            run.case(&case.name, check(&case));
        }
    };
    walk("ecdsa_secp256r1_sha256_p1363_test", ecdsa);
    walk("ed25519_test", ed25519);
    walk("ecdh_secp256r1_ecpoint_test", agreement);
    for (name, reason) in LEFT_OUT {
        let file = file(&folder, name);
        run.left_out(&format!("{name}.json"), u64::try_from(cases(name, &file).len()).unwrap(), reason);
    }
    run.finish();
}

fn ecdsa(case: &Case<'_>) -> Result<(), String> {
    let key =
        Jwk::from_sec1(&hex(case.group["publicKey"]["uncompressed"].as_str().unwrap())).map_err(said)?;
    if let Some(jwk) = case.group.get("publicKeyJwk") {
        same("publicKeyJwk", Jwk::from_value(jwk).as_ref(), Ok(&key))?;
    }
    signature(case, &key)
}

fn ed25519(case: &Case<'_>) -> Result<(), String> {
    let bytes: [u8; 32] = hex(case.group["publicKey"]["pk"].as_str().unwrap()).try_into().unwrap();
    let key = Jwk::from_ed25519(&bytes).map_err(said)?;
    if let Some(jwk) = case.group.get("publicKeyJwk") {
        same("publicKeyJwk", Jwk::from_value(jwk).as_ref(), Ok(&key))?;
    }
    signature(case, &key)
}

fn signature(case: &Case<'_>, key: &Jwk) -> Result<(), String> {
    let key = VerifyingKey::new(key).map_err(said)?;
    let holds = key.verifies(&hex(case.text("msg")), &hex(case.text("sig")));
    case.settled(if holds { Ok(()) } else { Err("the signature does not verify") })
}

/// A JWE whose key was derived from the case's shared secret opens exactly if we agree on the same secret.
fn agreement(case: &Case<'_>) -> Result<(), String> {
    let public = match Jwk::from_sec1(&hex(case.text("public"))) {
        Ok(public) => public,
        Err(error @ (KeyError::Malformed | KeyError::NotOnCurve)) => {
            return case.settled(Err::<(), _>(error));
        }
        Err(error) => return Err(format!("refused for another reason: {error}")),
    };
    let token = jwe_around(&public, &hex(case.text("shared")));
    let opened = jwe::decrypt(&token, &private(&hex(case.text("private")))?);
    // Compressed points are what is only acceptable; multikeys are made of them, so we take them.
    match (case.result(), opened) {
        ("valid" | "acceptable", Ok(plaintext)) => same("plaintext", plaintext.as_slice(), b"agreed"),
        (_, outcome) => case.settled(outcome),
    }
}

/// The scalar in 32 bytes, whatever zeros stand before it.
fn private(scalar: &[u8]) -> Result<DecryptionKey, String> {
    let digits: Vec<u8> = scalar.iter().copied().skip_while(|byte| *byte == 0).collect();
    let mut bytes = [0; 32];
    let start = bytes.len().checked_sub(digits.len()).ok_or("a scalar of more than 32 bytes")?;
    bytes[start..].copy_from_slice(&digits);
    let public = SigningKey::from_secret_bytes(Algorithm::Es256, &bytes).map_err(said)?;
    let mut jwk = public_jwk(&public);
    jwk["d"] = json!(base64url::encode(bytes));
    DecryptionKey::from_private_json(jwk.to_string()).map_err(said)
}

fn public_jwk(key: &SigningKey) -> Value {
    key.public_jwk().required_members()
}

/// RFC 7518 §4.6.2 with no party info, and §5.3.
fn jwe_around(ephemeral: &Jwk, shared: &[u8]) -> String {
    let header = json!({"alg": "ECDH-ES", "enc": "A256GCM", "epk": ephemeral.required_members()});
    let header = base64url::encode(header.to_string());
    let mut hash = Sha256::new();
    hash.update(1_u32.to_be_bytes());
    hash.update(shared);
    hash.update(7_u32.to_be_bytes());
    hash.update(b"A256GCM");
    for number in [0_u32, 0, 256] {
        hash.update(number.to_be_bytes());
    }
    let cipher = Aes256Gcm::new(&hash.finalize());
    let payload = Payload { msg: b"agreed", aad: header.as_bytes() };
    let sealed = cipher.encrypt(&[0; 12].into(), payload).unwrap();
    let (text, tag) = sealed.split_at(sealed.len() - 16);
    let [iv, text, tag] = [&[0; 12][..], text, tag].map(base64url::encode);
    format!("{header}..{iv}.{text}.{tag}")
}
