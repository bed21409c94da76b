use environment::SeededRandomness;
use serde_json::json;

use super::*;
use crate::SigningKey;

const POLICY: Policy<'static> = Policy::typed(&["test+jwt"]);

fn key(algorithm: Algorithm) -> (SigningKey, VerifyingKey) {
    let signing = SigningKey::generate(algorithm, &SeededRandomness::new(1)).unwrap();
    let verifying = VerifyingKey::new(signing.public_jwk()).unwrap();
    (signing, verifying)
}

fn header(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn verify(token: &str, key: &VerifyingKey) -> Result<Verified, JwsError> {
    Unverified::parse(token)?.verify(key, &POLICY)
}

#[test]
fn what_is_signed_verifies_with_both_algorithms() {
    for algorithm in Algorithm::ALL {
        let (signing, verifying) = key(*algorithm);
        let token = sign(header(json!({"typ":"test+jwt"})), br#"{"a":1}"#, &signing).unwrap();
        assert_eq!(verify(&token, &verifying).unwrap().claims().unwrap()["a"], 1);
    }
}

#[test]
fn the_header_that_is_taken_out_is_the_one_that_was_signed() {
    let (signing, verifying) = key(Algorithm::Es256);
    let token = sign(header(json!({"typ":"test+jwt", "kid":"one"})), b"{}", &signing).unwrap();
    let expected = header(json!({"alg":"ES256", "typ":"test+jwt", "kid":"one"}));
    assert_eq!(Unverified::parse(&token).unwrap().into_header(), expected);
    assert_eq!(verify(&token, &verifying).unwrap().into_header(), expected);
}

#[test]
fn a_changed_payload_header_or_signature_is_refused() {
    let (signing, verifying) = key(Algorithm::Es256);
    let token = sign(header(json!({"typ":"test+jwt"})), br#"{"a":1}"#, &signing).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let other_payload = format!("{}.{}.{}", parts[0], base64url::encode(r#"{"a":2}"#), parts[2]);
    assert_eq!(verify(&other_payload, &verifying).unwrap_err(), JwsError::BadSignature);
    let zeros = format!("{}.{}.{}", parts[0], parts[1], base64url::encode([0; 64]));
    assert_eq!(verify(&zeros, &verifying).unwrap_err(), JwsError::BadSignature);
    let none = format!("{}.{}.", parts[0], parts[1]);
    assert_eq!(verify(&none, &verifying).unwrap_err(), JwsError::BadSignature);
}

#[test]
fn alg_none_symmetric_missing_or_not_of_the_key_is_refused() {
    let (signing, verifying) = key(Algorithm::Es256);
    for alg in [json!("none"), json!("HS256"), json!("EdDSA"), json!("es256"), json!(null), json!(["ES256"])]
    {
        let input = format!(
            "{}.{}",
            base64url::encode(json!({"typ":"test+jwt","alg":alg}).to_string()),
            base64url::encode("{}")
        );
        let token = assemble(&input, &signing.sign(input.as_bytes()).unwrap());
        assert_eq!(verify(&token, &verifying).unwrap_err(), JwsError::WrongAlgorithm, "{alg}");
    }
}

#[test]
fn another_typ_or_none_is_refused() {
    let (signing, verifying) = key(Algorithm::Es256);
    for other in [json!({}), json!({"typ":"JWT"}), json!({"typ":"TEST+JWT"}), json!({"typ":1})] {
        let token = sign(header(other), b"{}", &signing).unwrap();
        let error = JwsError::WrongType { expected: "test+jwt".to_owned() };
        assert_eq!(verify(&token, &verifying).unwrap_err(), error);
    }
}

#[test]
fn crit_and_b64_are_refused_even_when_empty() {
    let (signing, _) = key(Algorithm::Es256);
    for extension in [json!({"crit":["exp"]}), json!({"crit":[]}), json!({"b64":false})] {
        let mut members = header(extension);
        members.insert("typ".to_owned(), json!("test+jwt"));
        let token = sign(members, b"{}", &signing).unwrap();
        assert_eq!(Unverified::parse(&token).unwrap_err(), JwsError::UnknownExtension);
    }
}

#[test]
fn padding_white_space_other_alphabets_and_other_counts_of_parts_are_refused() {
    let (signing, _) = key(Algorithm::Es256);
    let token = sign(header(json!({"typ":"test+jwt"})), b"{}", &signing).unwrap();
    for bent in [
        format!("{token}="),
        format!("{token}!"),
        format!(" {token}"),
        format!("{token}.a"),
        "a.b".to_owned(),
    ] {
        assert_eq!(Unverified::parse(&bent).unwrap_err(), JwsError::Malformed, "{bent}");
    }
    let double = base64url::encode(r#"{"alg":"ES256","alg":"none"}"#);
    assert_eq!(Unverified::parse(&format!("{double}.e30.AA")).unwrap_err(), JwsError::MalformedHeader);
}
