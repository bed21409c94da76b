//! base64url, strict JSON, keys, JWS, JWE and the claims of JWTs.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jose::jwe::{self, ContentEncryption, EncryptOptions};
use jose::jws::{self, Policy};
use jose::{Algorithm, DecryptionKey, Jwk, SigningKey, VerifyingKey, base64url, json, jwt};
use serde_json::{Map, Value, json};

use crate::bytes::{Choices, one_byte_changed, say_the_same, text};
use crate::fixtures::{NOW, holder, log_keys, opener, randomness, signer, verifier};
use crate::target::{Target, files};

/// The targets of this file.
pub(crate) const TARGETS: &[Target] = &[
    Target::new("base64url", base64url_text),
    Target::new("json", json_text).published(&[
        files("jcs", ".json"),
        files("did-key", "ed25519-x25519.json"),
        files("openid4vp-1.0-examples", ".json"),
    ]),
    Target::new("jwk", jwk).published(&[files("rfc7520-cookbook", "key.json")]).made(jwk_seeds),
    Target::new("jwk_private", jwk_private).made(private_seeds),
    Target::new("key_bytes", key_bytes).made(|| vec![signer_jwk().to_bytes()]),
    Target::new("jws", jws_compact)
        .published(&[files("sd-jwt-spec-testcases", "sd_jwt_jws_part.txt")])
        .made(|| signed().iter().map(|token| token.clone().into_bytes()).collect())
        .words(&["alg", "none", "ES256", "EdDSA", "HS256", "crit", "b64", "jwk", "typ", "."]),
    Target::new("jws_one_byte", jws_one_byte),
    Target::new("jwe", jwe_compact)
        .made(|| sealed().iter().map(|token| token.clone().into_bytes()).collect())
        .words(&["alg", "ECDH-ES", "dir", "A128GCM", "zip", "DEF", "epk", "apu", "apv", "crit", "p2c", "."]),
    Target::new("jwe_round", jwe_round),
    Target::new("jwt_claims", jwt_claims)
        .made(|| vec![br#"{"iat":1790000000,"exp":1790000100,"nbf":1.5,"sub":"x"}"#.to_vec()])
        .words(&["\"exp\":", "\"nbf\":", "\"iat\":", "1e300", "-1", "9223372036854775807"]),
];

use jose::Signer as _;

fn signer_jwk() -> Jwk {
    signer().public_jwk().clone()
}

/// One value has one spelling.
fn base64url_text(input: &[u8]) {
    if let Ok(bytes) = base64url::decode(input) {
        assert_eq!(base64url::encode(&bytes).as_bytes(), input, "a second spelling was taken");
    }
    assert_eq!(base64url::decode(base64url::encode(input)).as_deref(), Ok(input));
}

/// What is taken is what serde_json reads, comes back after writing, and nests no deeper than said.
fn json_text(input: &[u8]) {
    let Ok(value) = json::parse(input) else { return };
    let lenient: Value = serde_json::from_slice(input).expect("strict JSON is JSON");
    assert_eq!(value, lenient);
    assert!(depth(&value) <= json::DEEPEST.saturating_add(1));
    let written = value.to_string();
    let again = json::parse(&written).expect("what was written is read");
    assert_eq!(again.to_string(), written, "writing is stable");
    if let Ok(canonical) = serde_json_canonicalizer::to_vec(&value) {
        let read = json::parse(&canonical).expect("canonical JSON is JSON");
        assert_eq!(serde_json_canonicalizer::to_vec(&read).unwrap(), canonical, "one canonical form");
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(depth).max().unwrap_or(0).saturating_add(1),
        Value::Object(members) => members.values().map(depth).max().unwrap_or(0).saturating_add(1),
        _ => 0,
    }
}

/// A key that is read is a point of its curve, public, and the same after writing.
fn jwk(input: &[u8]) {
    let Ok(key) = Jwk::from_json(input) else { return };
    let again = Jwk::from_value(&key.to_value()).expect("a key that was written");
    assert!(again == key && again.thumbprint() == key.thumbprint());
    assert_eq!(
        (again.kid(), again.alg(), again.public_key_use()),
        (key.kid(), key.alg(), key.public_key_use())
    );
    let members = key.to_value();
    assert!(members.get("d").is_none(), "a private member came through");
    if let Ok(ready) = VerifyingKey::new(&key) {
        assert!(!ready.verifies(b"message", &[0; 64]));
    }
}

fn jwk_seeds() -> Vec<Vec<u8>> {
    let keys =
        [signer_jwk().with_kid("a").with_alg("ES256").with_use("sig"), log_keys()[0].public_jwk().clone()];
    keys.iter().map(|key| key.to_value().to_string().into_bytes()).collect()
}

fn jwk_private(input: &[u8]) {
    if let Ok(key) = SigningKey::from_private_json(input) {
        let again = SigningKey::from_private_json(key.to_private_json().as_bytes()).expect("written by us");
        assert!(again.public_jwk() == key.public_jwk());
        assert!(Jwk::from_json(key.to_private_json().as_bytes()).is_err(), "a private key is no public one");
    }
    if let Ok(key) = DecryptionKey::from_private_json(input) {
        let again =
            DecryptionKey::from_private_json(key.to_private_json().as_bytes()).expect("written by us");
        assert!(again.public_jwk() == key.public_jwk());
    }
}

fn private_seeds() -> Vec<Vec<u8>> {
    vec![
        signer().to_private_json().as_bytes().to_vec(),
        log_keys()[0].to_private_json().as_bytes().to_vec(),
        opener().to_private_json().as_bytes().to_vec(),
    ]
}

fn key_bytes(input: &[u8]) {
    if let Ok(key) = Jwk::from_sec1(input) {
        assert!(Jwk::from_sec1(&key.to_bytes()).expect("an uncompressed point") == key);
    }
    if let Some(Ok(key)) = input.first_chunk::<32>().map(Jwk::from_ed25519) {
        assert_eq!(key.to_bytes(), input.first_chunk::<32>().unwrap());
    }
}

/// Tokens that are really signed.
fn signed() -> &'static BTreeSet<String> {
    static TOKENS: OnceLock<BTreeSet<String>> = OnceLock::new();
    TOKENS.get_or_init(|| {
        let header = |typ: &str| Map::from_iter([("typ".to_owned(), Value::from(typ))]);
        let sign = |typ: &str, payload: &[u8]| jws::sign(header(typ), payload, signer()).unwrap();
        [sign("a+jwt", br#"{"a":1}"#), sign("b+jwt", b"not JSON"), sign("a+jwt", b"")].into()
    })
}

/// Only what was signed verifies, and what is parsed is written the same.
fn jws_compact(input: &[u8]) {
    let Some(compact) = text(input) else { return };
    let Ok(token) = jws::Unverified::parse(compact) else { return };
    assert!(!token.header().contains_key("crit") && !token.header().contains_key("b64"));
    let payload = compact.split('.').nth(1).and_then(|part| base64url::decode(part).ok());
    assert_eq!(payload.as_deref(), Some(token.payload()));
    let policy = Policy::typed(&["a+jwt", "b+jwt"]);
    if token.verify(verifier(), &policy).is_ok() {
        assert!(
            signed().iter().any(|known| say_the_same(known, compact)),
            "a signature that nobody made was taken: {compact}"
        );
    }
}

/// What verifies does not after the change of one byte.
fn jws_one_byte(input: &[u8]) {
    let mut choices = Choices::new(input);
    let tokens: Vec<&String> = signed().iter().collect();
    let token = choices.one(&tokens).unwrap();
    let Some(changed) = one_byte_changed(token, &mut choices) else { return };
    let verified =
        jws::Unverified::parse(&changed).and_then(|token| token.verify(verifier(), &Policy::typed(&[])));
    assert!(verified.is_err(), "{changed}");
}

/// What is sealed here.
const PLAINTEXTS: &[&[u8]] = &[br#"{"a":[1,2,3]}"#, b"{}"];

/// Tokens that are really sealed to [`opener`].
fn sealed() -> &'static BTreeSet<String> {
    static TOKENS: OnceLock<BTreeSet<String>> = OnceLock::new();
    TOKENS.get_or_init(|| {
        let plain = EncryptOptions::default();
        let full = EncryptOptions {
            encryption: ContentEncryption::A128Gcm,
            apu: Some(b"from"),
            apv: Some(b"to"),
            compress: true,
            header: Map::from_iter([("cty".to_owned(), Value::from("JWT"))]),
        };
        let encrypt = |options| jwe::encrypt(br#"{"a":[1,2,3]}"#, opener().public_jwk(), options).unwrap();
        let sealed = jwe::seal(b"{}", opener().public_jwk(), &randomness(5)).unwrap();
        [encrypt(&plain), encrypt(&full), sealed].into()
    })
}

/// Only what was sealed opens; the header shown before is the header that was sealed.
fn jwe_compact(input: &[u8]) {
    let Some(token) = text(input) else { return };
    let header = jwe::header(token);
    match jwe::decrypt(token, opener()) {
        Ok(plaintext) => {
            assert!(
                header.is_ok() && PLAINTEXTS.contains(&plaintext.as_slice()),
                "opened, and nobody sealed it: {token}"
            );
            assert!(plaintext.len() <= jwe::LONGEST_PLAINTEXT);
        }
        Err(_) => assert!(!sealed().contains(token)),
    }
}

/// What is sealed opens to the same, with its own key alone, and not after a change of one byte.
fn jwe_round(input: &[u8]) {
    let mut choices = Choices::new(input);
    let (apu, apv) = (choices.text(), choices.text());
    let options = EncryptOptions {
        encryption: if choices.flag() { ContentEncryption::A128Gcm } else { ContentEncryption::A256Gcm },
        apu: choices.flag().then_some(apu.as_bytes()),
        apv: choices.flag().then_some(apv.as_bytes()),
        compress: choices.flag(),
        header: Map::new(),
    };
    let plaintext = choices.rest();
    let token = jwe::encrypt(plaintext, opener().public_jwk(), &options).expect("a P-256 key");
    assert_eq!(jwe::decrypt(&token, opener()).expect("its own key").as_slice(), plaintext);
    if let Some(changed) = one_byte_changed(&token, &mut choices) {
        assert!(jwe::decrypt(&changed, opener()).is_err(), "{changed}");
    }
    let other = DecryptionKey::generate("open", &randomness(7)).unwrap();
    assert!(jwe::decrypt(&token, &other).is_err());
    assert!(
        jwe::encrypt(plaintext, log_keys()[0].public_jwk(), &options).is_err(),
        "no key agreement with Ed25519"
    );
}

fn jwt_claims(input: &[u8]) {
    let Ok(claims) = json::parse_object(input) else { return };
    for name in ["exp", "nbf", "iat", "sub"] {
        if let Ok(value) = jwt::text(&claims, name) {
            assert_eq!(claims.get(name), Some(&json!(value)));
        }
        if let Ok(Some(_)) = jwt::date(&claims, name) {
            assert!(claims.get(name).is_some_and(Value::is_number));
        }
    }
    if jwt::check_validity(&claims, NOW, 60).is_ok()
        && let Ok(Some(expires)) = jwt::date(&claims, "exp")
    {
        assert!(expires.plus(60) > NOW, "an expired token was taken");
    }
    if jwt::check_issued_at(&claims, NOW, 300, 60).is_ok() {
        let issued = jwt::required_date(&claims, "iat").expect("checked");
        assert!(NOW.since(issued) <= 300 + 60 && issued.since(NOW) <= 60);
    }
    let _ = Algorithm::from_name(&claims.keys().next().cloned().unwrap_or_default());
    let _ = holder();
}
