//! RFC 7520, the JOSE cookbook: one case for each key and for each token in each of its forms.

use std::fs;
use std::path::{Path, PathBuf};

use environment::SeededRandomness;
use harness::vectors::{Suite, suite};
use jose::jwe::{self, JweError};
use jose::jws::{self, JwsError};
use jose::{Algorithm, DecryptionKey, Jwk, KeyError, Signer as _, SigningKey};
use serde_json::{Map, Value};

use super::{ANY_TYPE, Refusal, header, refusal_of_jwe, refusal_of_jws, refusal_of_key, verified};
use crate::walk::{UNKNOWN, said, same, value};

const NAME: &str = "rfc7520-cookbook";

#[test]
fn the_cookbook_s_tokens_of_our_algorithms_hold_and_the_others_are_refused_for_what_they_are() {
    let Some(folder) = suite(NAME) else { return };
    let mut run = Suite::new(NAME, &[]);
    for file in files(&folder) {
        let path = file.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        for (form, outcome) in recipe(&path, &value(&file).unwrap()) {
            run.case(&format!("{path} {form}"), outcome);
        }
    }
    run.finish();
}

/// The recipes; `package.json` describes the collection.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json")
            && !path.ends_with("package.json")
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

type Outcomes = Vec<(&'static str, Result<(), String>)>;

fn recipe(path: &str, recipe: &Value) -> Outcomes {
    match path.split('/').next().unwrap_or_default() {
        "jwk" => vec![("key", refused_key(recipe))],
        "jws" | "rfc7797" => signature(recipe),
        "jwe" => encryption(recipe),
        "curve25519" if recipe["input"].get("enc").is_some() => encryption(recipe),
        "curve25519" => [signature(recipe), vec![("signed again", signed_again(recipe))]].concat(),
        "6.nesting_signatures_and_encryption.json" => {
            [signature(&recipe["sign"]), encryption(&recipe["encrypt"])].concat()
        }
        _ => vec![("unread", Err(UNKNOWN.to_owned()))],
    }
}

// Keys.

/// None of the cookbook's own keys is of a curve that we use.
fn refused_key(jwk: &Value) -> Result<(), String> {
    let private = ["d", "k"].iter().any(|name| jwk.get(*name).is_some());
    let expected = if private { KeyError::Private } else { KeyError::Unsupported };
    same("public", Jwk::from_value(jwk).err(), Some(expected))?;
    if jwk.get("d").is_some() {
        // RSA's other secrets are still there when `d` is taken out.
        let expected = if jwk.get("p").is_some() { KeyError::Private } else { KeyError::Unsupported };
        same("signing", SigningKey::from_private_json(jwk.to_string()).err(), Some(expected))?;
        same(
            "decryption",
            DecryptionKey::from_private_json(jwk.to_string()).err(),
            Some(KeyError::Unsupported),
        )?;
    }
    Ok(())
}

/// The public half of a JWK, of the kinds that we use.
fn public(jwk: &Value) -> Value {
    let mut public = jwk.clone();
    if public["kty"] == "OKP" || public["kty"] == "EC" {
        public.as_object_mut().unwrap().remove("d");
    }
    public
}

// Signatures.

fn signature(recipe: &Value) -> Outcomes {
    let mut outcomes = Vec::new();
    if let Some(token) = recipe["output"]["compact"].as_str() {
        outcomes.push(("compact", compact_jws(recipe, token)));
    }
    for (form, name) in [("general", "json"), ("flattened", "json_flat")] {
        if let Some(token) = recipe["output"].get(name) {
            let refused = jws::Unverified::parse(&token.to_string()).err();
            outcomes.push((form, same("refused", refused, Some(JwsError::Malformed))));
        }
    }
    outcomes
}

fn compact_jws(recipe: &Value, token: &str) -> Result<(), String> {
    let jwk = public(&recipe["input"]["key"]);
    match refusal_of_jws(&header(token)) {
        None => {
            let payload = verified(token, &jwk).map_err(|refusal| format!("{refusal:?}"))?;
            same("payload", Some(payload.as_slice()), recipe["input"]["payload"].as_str().map(str::as_bytes))
        }
        Some(refusal) => {
            // Its own key is none for us; under a key of ours the algorithm is what is wrong.
            let expected =
                if jwk.get("d").is_some() { Some(KeyError::Private) } else { refusal_of_key(&jwk) };
            same("own key", verified(token, &jwk).err(), expected.map(Refusal::Key))?;
            let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
            let key = jose::VerifyingKey::new(key.public_jwk()).map_err(said)?;
            let refused = jws::Unverified::parse(token).and_then(|token| token.verify(&key, &ANY_TYPE));
            same("our key", refused.err(), Some(refusal))
        }
    }
}

/// Ed25519 signs the same bytes alike each time.
fn signed_again(recipe: &Value) -> Result<(), String> {
    let key = SigningKey::from_private_json(recipe["input"]["key"].to_string()).map_err(said)?;
    let payload = recipe["input"]["payload"].as_str().ok_or("no payload")?;
    let token = jws::sign(Map::new(), payload.as_bytes(), &key).map_err(said)?;
    same("token", Some(token.as_str()), recipe["output"]["compact"].as_str())
}

// Encryption.

fn encryption(recipe: &Value) -> Outcomes {
    let mut outcomes = Vec::new();
    if let Some(token) = recipe["output"]["compact"].as_str() {
        outcomes.push(("compact", compact_jwe(token)));
    }
    for (form, name) in [("general", "json"), ("flattened", "json_flat")] {
        if let Some(token) = recipe["output"].get(name) {
            let refused = jwe::decrypt(&token.to_string(), &own_key()).err();
            outcomes.push((form, same("refused", refused, Some(JweError::Malformed))));
        }
    }
    outcomes
}

/// None of the cookbook's is ECDH-ES on P-256 with AES-GCM; the openid4vp-1.0-inline vectors hold one that is.
fn compact_jwe(token: &str) -> Result<(), String> {
    let expected = refusal_of_jwe(&header(token)).ok_or("it is of our algorithms now: open it")?;
    same("refused", jwe::decrypt(token, &own_key()).err(), Some(expected))
}

fn own_key() -> DecryptionKey {
    DecryptionKey::generate("k", &SeededRandomness::new(1)).unwrap()
}
