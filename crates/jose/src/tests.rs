//! What the tests beside the code left open, found by changing the code and seeing that no test minded.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use environment::{SeededRandomness, Timestamp};
use serde_json::{Map, Value, json};

use crate::jwe::{self, JweError};
use crate::jws::{self, Policy, Unverified};
use crate::jwt::{self, ClaimError};
use crate::{Algorithm, Jwk, Signer as _, SigningKey, VerifyingKey, base64url, digest};

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
}

fn members(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn a_digest_is_sha_256_in_base64url() {
    // FIPS 180-4, the digest of "abc".
    let expected = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    assert_eq!(digest::sha256_base64url("abc"), expected);
    assert_eq!(base64url::encode(digest::sha256("abc")), expected);
}

#[test]
fn bytes_are_equal_only_if_all_of_them_are_and_none_is_missing() {
    assert!(digest::constant_time_equal(b"abc", b"abc") && digest::constant_time_equal(b"", b""));
    for other in [&b"abd"[..], b"bbc", b"ab", b"abcd", b""] {
        assert!(!digest::constant_time_equal(b"abc", other), "{other:?}");
    }
}

#[test]
fn a_jwe_of_the_greatest_length_is_read_and_a_longer_one_is_not() {
    let header = base64url::encode(r#"{"alg":"ECDH-ES"}"#);
    let longest = format!("{header}.{}", "A".repeat(jwe::LONGEST_TOKEN - header.len() - 1));
    assert_eq!(longest.len(), jwe::LONGEST_TOKEN);
    assert_eq!(jwe::header(&longest), Ok(members(json!({"alg": "ECDH-ES"}))));
    assert_eq!(jwe::header(&format!("{longest}A")), Err(JweError::TooLong));
}

#[test]
fn a_payload_is_shown_before_and_after_it_is_authenticated() {
    let signer = key(1);
    let token = jws::sign(Map::new(), br#"{"a":[1]}"#, &signer).unwrap();
    let unverified = Unverified::parse(&token).unwrap();
    assert_eq!(unverified.payload(), br#"{"a":[1]}"#);
    assert_eq!(unverified.claims(), Ok(members(json!({"a": [1]}))));
    let verified =
        unverified.verify(&VerifyingKey::new(signer.public_jwk()).unwrap(), &Policy::typed(&[])).unwrap();
    assert_eq!(verified.payload(), br#"{"a":[1]}"#);
    assert_eq!(verified.claims(), Ok(members(json!({"a": [1]}))));
}

#[test]
fn a_claim_of_text_is_that_text() {
    let claims = members(json!({"aud": "office", "iat": 1}));
    assert_eq!(jwt::text(&claims, "aud"), Ok("office"));
    assert_eq!(jwt::text(&claims, "sub"), Err(ClaimError::Missing("sub")));
    assert_eq!(jwt::text(&claims, "iat"), Err(ClaimError::WrongType("iat")));
}

#[test]
fn a_date_is_counted_in_seconds_as_far_as_a_double_counts_them() {
    let date = |value: f64| jwt::date(&members(json!({"exp": value})), "exp");
    let last = 9_007_199_254_740_991;
    #[expect(clippy::cast_precision_loss, reason = "the last number that a double holds exactly")]
    let as_double = last as f64;
    assert_eq!(date(as_double), Ok(Some(Timestamp::from_seconds(last))));
    assert_eq!(date(as_double + 1.0), Err(ClaimError::WrongType("exp")));
    assert_eq!(date(-as_double - 1.0), Err(ClaimError::WrongType("exp")));
    assert_eq!(date(1.75), Ok(Some(Timestamp::from_seconds(1))));
}

#[test]
fn a_jwt_is_signed_under_its_type_and_its_further_members() {
    let signer = key(1);
    let claims = members(json!({"sub": "a"}));
    let token =
        jwt::sign("test+jwt", members(json!({"kid": "k", "typ": "other"})), &claims, &signer).unwrap();
    let key = VerifyingKey::new(signer.public_jwk()).unwrap();
    let verified = Unverified::parse(&token).unwrap().verify(&key, &Policy::typed(&["test+jwt"])).unwrap();
    assert_eq!(*verified.header(), members(json!({"alg": "ES256", "kid": "k", "typ": "test+jwt"})));
    assert_eq!(verified.claims(), Ok(claims));
}

#[test]
fn equal_keys_have_equal_hashes_whatever_they_are_called_and_others_do_not() {
    let hash = |key: &Jwk| {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        hasher.finish()
    };
    let (one, other) = (key(1).public_jwk().clone(), key(2).public_jwk().clone());
    assert_eq!(hash(&one), hash(&one.clone().with_kid("a").with_alg("ES256")));
    assert_ne!(hash(&one), hash(&other));
}

#[test]
fn a_key_that_is_logged_tells_its_kind_and_nothing_else() {
    let key = key(1);
    let ready = VerifyingKey::new(key.public_jwk()).unwrap();
    assert_eq!(format!("{:?}", key.public_jwk()), "Jwk(ES256)");
    assert_eq!(format!("{:?}", key.public_jwk().kind()), "P256");
    assert_eq!(format!("{ready:?}"), "VerifyingKey(ES256)");
}
