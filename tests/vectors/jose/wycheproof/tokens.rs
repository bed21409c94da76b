//! `json_web_signature`, `json_web_encryption`, `json_web_key` and `json_web_crypto`.
//!
//! A case of our algorithms ends as the file says. A valid one of other algorithms is refused, for the key or for the
//! algorithm; so is an invalid one, whose fault is then not looked for.

use environment::SeededRandomness;
use harness::vectors::{Suite, suite};
use jose::jws::{self, JwsError};
use jose::{Algorithm, DecryptionKey, KeyError, Signer as _, SigningKey, VerifyingKey, jwe};
use serde_json::{Value, json};

use super::super::{
    ANY_TYPE, Refusal, header, hex, opened, refusal_of_jwe, refusal_of_jws, refusal_of_key, verified,
};
use super::{Case, NAME, cases, file};
use crate::walk::{said, same};

const FILES: [&str; 4] =
    ["json_web_signature_test", "json_web_encryption_test", "json_web_key_test", "json_web_crypto_test"];

#[test]
fn bent_tokens_and_keys_are_refused_and_honest_ones_of_our_algorithms_taken() {
    let Some(folder) = suite(NAME) else { return };
    let mut run = Suite::new(&format!("{NAME}: tokens"), &[]);
    for name in FILES {
        for case in cases(name, &file(&folder, name)) {
            let outcome = match case.test.get("jwe") {
                Some(_) => encrypted(&case),
                None => signed(&case),
            };
            run.case(&case.name, outcome);
        }
    }
    run.finish();
}

/// A token in JSON form comes as an object; our parsers get its text.
fn token(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Of a set, the key that the token names; we have no sets, so what is handed in is one key.
fn key<'a>(keys: &'a Value, token: &str) -> &'a Value {
    let Some(set) = keys["keys"].as_array() else { return keys };
    set.iter().find(|key| key.get("kid") == header(token).get("kid")).unwrap_or(keys)
}

fn signed(case: &Case<'_>) -> Result<(), String> {
    let token = token(&case.test["jws"]);
    let keys = case.group.get("public").unwrap_or(&case.group["private"]);
    let jwk = key(keys, &token);
    let outcome = verified(&token, jwk);
    let Some(kind) = refusal_of_key(jwk) else {
        return match (refusal_of_jws(&header(&token)), case.result()) {
            (Some(refusal), "valid") => same("refused", outcome.err(), Some(Refusal::Jws(refusal))),
            _ => case.settled(outcome),
        };
    };
    same("own key", outcome.err(), Some(Refusal::Key(kind)))?;
    if case.result() != "valid" {
        return Ok(());
    }
    // Under a key that we do use, its algorithm is what is wrong, not its form.
    let ours = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let ours = VerifyingKey::new(ours.public_jwk()).map_err(said)?;
    let refused = jws::Unverified::parse(&token).and_then(|token| token.verify(&ours, &ANY_TYPE));
    // RFC 7515 §2 knows no other characters; Wycheproof takes a token with one in two cases.
    let compact = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let expected = if token.bytes().all(compact) { JwsError::WrongAlgorithm } else { JwsError::Malformed };
    same("our key", refused.err(), Some(expected))
}

fn encrypted(case: &Case<'_>) -> Result<(), String> {
    let token = token(&case.test["jwe"]);
    let jwk = key(&case.group["private"], &token);
    let outcome = opened(&token, jwk);
    if jwk["kty"] != "EC" || jwk["crv"] != "P-256" {
        same("own key", outcome.err(), Some(Refusal::Key(KeyError::Unsupported)))?;
    } else if refusal_of_jwe(&header(&token)).is_none() {
        if let (Ok(plaintext), Some(expected)) = (&outcome, case.test["pt"].as_str()) {
            same("plaintext", plaintext, &hex(expected))?;
        }
        return case.settled(outcome);
    } else if outcome.is_ok() {
        return Err("opened, and is not of our algorithms".to_owned());
    }
    if case.result() != "valid" {
        return Ok(());
    }
    let ours = DecryptionKey::generate("k", &SeededRandomness::new(1)).unwrap();
    let expected =
        if token.starts_with('{') { Some(jwe::JweError::Malformed) } else { refusal_of_jwe(&header(&token)) };
    same("our key", jwe::decrypt(&token, &ours).err(), expected)
}

#[test]
fn a_set_of_keys_is_not_taken_for_a_key() {
    let set = json!({"keys": [{"kty": "EC", "crv": "P-256"}]});
    assert_eq!(jose::Jwk::from_value(&set).err(), Some(KeyError::Unsupported));
}
