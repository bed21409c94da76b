use serde_json::json;

use super::*;
use crate::Algorithm;
use crate::jws::{JwsError, Policy, Unverified};
use crate::key::VerifyingKey;
use crate::signing::{Signer, SigningKey};

/// RFC 7515 Appendix A.2: the modulus, and the token that its key signed.
const MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
/// A modulus of 1,024 bits.
const SHORT: &str = "88ygj30Tw6VqSzWSaBJHa5-oVle8FW-nN_RjO_Gk4I1J-VwaHeru11t-fMw0dgIJkdmT-7J3efuGfJhK3yxxyR42KI9Bf-mhYCPC2RehFK0l3I6KNKuzX9xNK7frJfGcWiSuQQsbUj5ZcZZP8eBLXDBu-RymuzuwL2aviWuZzVs";

fn key() -> Value {
    json!({"kty": "RSA", "n": MODULUS, "e": "AQAB"})
}

fn with(name: &str, value: Value) -> Value {
    let mut key = key();
    key[name] = value;
    key
}

#[test]
fn the_token_of_the_standard_is_taken_and_one_that_differs_in_a_letter_is_not() {
    let key = Rs256Key::from_value(&key()).unwrap();
    let verified = Unverified::parse(TOKEN).unwrap().verify_rs256(&key).unwrap();
    assert_eq!(verified.claims().unwrap()["iss"], "joe");
    let other = TOKEN.replacen(".cC4h", ".cC5h", 1);
    let refused = Unverified::parse(&other).unwrap().verify_rs256(&key).unwrap_err();
    assert_eq!(refused, JwsError::BadSignature);
}

#[test]
fn no_policy_takes_rs256_and_no_other_algorithm_is_taken_for_it() {
    let own = SigningKey::generate(Algorithm::Es256, &environment::SeededRandomness::new(1)).unwrap();
    let ours = VerifyingKey::new(own.public_jwk()).unwrap();
    let any = Policy { types: &[], algorithms: Algorithm::ALL };
    assert_eq!(Unverified::parse(TOKEN).unwrap().verify(&ours, &any).unwrap_err(), JwsError::WrongAlgorithm);
    assert_eq!(Algorithm::from_name(NAME), None);
    let key = Rs256Key::from_value(&key()).unwrap();
    let (_, rest) = TOKEN.split_once('.').unwrap();
    for alg in ["none", "HS256", "RS384", "PS256", "ES256", "rs256", ""] {
        let header = base64url::encode(json!({"alg": alg}).to_string());
        let token = Unverified::parse(&format!("{header}.{rest}")).unwrap();
        assert_eq!(token.verify_rs256(&key).unwrap_err(), JwsError::WrongAlgorithm, "{alg}");
    }
}

#[test]
fn a_key_is_public_of_2048_bits_at_least_and_for_this_use() {
    for fine in [
        key(),
        with("use", json!("sig")),
        with("alg", json!("RS256")),
        with("key_ops", json!(["verify"])),
        with("x5t", json!("unknown")),
    ] {
        assert!(Rs256Key::from_value(&fine).is_ok(), "{fine}");
    }
    let zero = base64url::encode([&[0_u8][..], &base64url::decode(MODULUS).unwrap()].concat());
    let long = base64url::encode([0xff_u8; 1_025]);
    for (near, error) in [
        (json!("key"), KeyError::NotAnObject),
        (with("d", json!("AQAB")), KeyError::Private),
        (with("kty", json!("EC")), KeyError::Unsupported),
        (with("n", json!(SHORT)), KeyError::Unsupported),
        (with("n", json!(long)), KeyError::Unsupported),
        (with("e", json!("AQAAAAE")), KeyError::Unsupported),
        (with("n", json!(zero)), KeyError::Malformed),
        (with("n", json!(1)), KeyError::Malformed),
        (with("e", json!("")), KeyError::Malformed),
        (with("e", Value::Null), KeyError::Malformed),
        (with("use", json!("enc")), KeyError::WrongUse),
        (with("alg", json!("PS256")), KeyError::WrongUse),
        (with("alg", json!("RSA-OAEP")), KeyError::WrongUse),
        (with("key_ops", json!(["encrypt"])), KeyError::WrongUse),
    ] {
        assert_eq!(Rs256Key::from_value(&near).unwrap_err(), error, "{near}");
    }
}

#[test]
fn an_exponent_of_one_or_an_even_one_verifies_nothing() {
    for exponent in ["AQ", "Ag"] {
        let key = Rs256Key::from_value(&with("e", json!(exponent))).unwrap();
        let token = Unverified::parse(TOKEN).unwrap();
        assert_eq!(token.verify_rs256(&key).unwrap_err(), JwsError::BadSignature, "{exponent}");
    }
}
