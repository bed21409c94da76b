use environment::SeededRandomness;
use jose::{Signer, SigningKey, jws};
use serde_json::json;

use super::*;

const ISSUER: &str = "https://login.kiln.example/realms/members";
const CLIENT: &str = "passport";
/// 2030-01-01T00:00:00Z.
const NOW: i64 = 1_893_456_000;
/// An ID token that another program (Python's cryptography over OpenSSL) signed by RS256.
const RS256_TOKEN: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL2xvZ2luLmtpbG4uZXhhbXBsZS9yZWFsbXMvbWVtYmVycyIsInN1YiI6IjI0ODI4OTc2MTAwMSIsImF1ZCI6InBhc3Nwb3J0IiwiZXhwIjoxODkzNDU2MzAwLCJpYXQiOjE4OTM0NTYwMDAsIm5vbmNlIjoidGhlLW5vbmNlIiwiZ3JvdXBzIjpbIm1lbWJlcnMiXSwiZ2l2ZW5fbmFtZSI6IkFkYSIsImZhbWlseV9uYW1lIjoiRXhhbXBsZSIsImJpcnRoZGF0ZSI6IjE5OTAtMDEtMDIifQ.WHzU8KSE-Nyc040v86VIxwD4YvUvz4Fzp-cc3J2DlkwgX-nVSFzt1tYOjteKpkLg--Xn0wbsfh3bowWvO28SHEK9kNd4f8F7eru0lEEmzsabDfI2s4_wy_3OUrZdwc5Qj9oND6Mj0Diafn_hPrJmwACZ7tUe_1ZClSC9MTahXhch4eYwa4HdSW58DwHobLkzQ08LQAjm1D6o3S2JnOjeaUGAwdJ3Tn5EY_tUsAQp06t7hGIgu-pU2VKPDZtleMR9qnzH9XGN4AopPL5X5mQi-WFk92AVWU-WO-WQrvy9gYOTfw3qnjv5jYZq1cM-b-6jFh9FDeKSZwLacy9sXB-H9g";
/// The moduli of the key that signed it, and of one that did not.
const MODULUS: &str = "tptCiwSa7c0e-b9OYl9IqVUbu5mi-gyFDOOuSMM3lMxtOqFMvHnbqdu_Qt79Tc44OsFtSyXnAGtPnKbGmvMla7X5Tq8YIQ6vJuuoYSKKfaUWry7XlXtpzMpHuSyVPqabNSZgkIvpa8gbPpH-WM70j39ZIZy6iXtQm_8jxk4vNt7KONbM75w6l42Sqv0tHGUosQPvhrm4OfppkQjHwt8K_RBo3kCDd9JHMNgOqNoeZPvBJQQ31ox8Y-NATqllLdHA7Vi1ykCI7Ob5sWZN0DmqkZ6Ap5TRV4Com3dwZ0Uuxg4b2ELoEk0xkdQtDO8VvBFajXv6pB5drt_a6YW7cnfS6Q";
const OTHER_MODULUS: &str = "ukVcbFDnLnTDEunhb14lmEsSS6AdAC2Zl6DfLUiFKBICYkBnenbi2nLwJK7GmU0VvNAl4B6CGMlGJlC3msxnI0s6rrSd2euemjef-g-Z0nWAa-EAvrvpNg2YJOFGkhWV7YThxAXU3EKoR562IcOmhCPOEiUgWhVk9R9dV5x0VSXT-xHrfp77pBMqiqjwgIHIUu-c2u3Ui8dbns1Yx31QCGSngOuKir47WXB4Xw1-Y2BvtNaqaOcDwEknDnV2NoYq-zCtzH7800e6pCF67cSZdB6uElPHm-ZZJROEgWzuv0azRWeGfweb_bJ82gXH05a_S605wYyYhneKw9sdKGAm7w";

fn rsa(modulus: &str) -> Value {
    json!({"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "use": "sig", "kid": "rsa-1"})
}

fn key(seed: u64, algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm, &SeededRandomness::new(seed)).unwrap().with_kid(format!("key-{seed}"))
}

fn set(keys: &[&SigningKey]) -> Keys {
    let keys: Vec<Value> = keys.iter().map(|key| key.public_jwk().to_value()).collect();
    Keys::read(&json!({"keys": keys})).unwrap()
}

fn claims() -> Map<String, Value> {
    let claims = json!({
        "iss": ISSUER, "sub": "248289761001", "aud": CLIENT, "exp": NOW + 300, "iat": NOW, "nonce": "the-nonce",
    });
    claims.as_object().unwrap().clone()
}

fn signed(header: Value, claims: &Map<String, Value>, key: &SigningKey) -> String {
    let payload = serde_json::to_vec(claims).unwrap();
    jws::sign(header.as_object().unwrap().clone(), &payload, key).unwrap()
}

fn checked_at(token: &str, keys: &Keys, now: i64) -> Result<SignedIn, IdTokenError> {
    let nonce = SecretText::new("the-nonce");
    let expected = Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        nonce: &nonce,
        access_token: None,
        now: Timestamp::from_seconds(now),
    };
    check(token, keys, &expected)
}

fn checked(token: &str, keys: &Keys) -> Result<SignedIn, IdTokenError> {
    checked_at(token, keys, NOW)
}

/// What comes of a token that differs in these claims; null leaves one out.
fn with(changes: Value) -> Result<SignedIn, IdTokenError> {
    let key = key(1, Algorithm::Es256);
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.remove(name),
            value => claims.insert(name.clone(), value.clone()),
        };
    }
    checked(&signed(json!({"kid": "key-1"}), &claims, &key), &set(&[&key]))
}

#[test]
fn a_token_by_each_of_the_three_algorithms_is_taken() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let key = key(1, algorithm);
        for header in [json!({"kid": "key-1", "typ": "JWT"}), json!({"kid": "key-1"}), json!({})] {
            let taken = checked(&signed(header, &claims(), &key), &set(&[&key])).unwrap();
            assert_eq!(taken.subject(), "248289761001");
        }
    }
    let keys = Keys::read(&json!({"keys": [rsa(MODULUS)]})).unwrap();
    let taken = checked(RS256_TOKEN, &keys).unwrap();
    assert_eq!((taken.subject(), &taken.claims()["groups"]), ("248289761001", &json!(["members"])));
    assert_eq!(format!("{taken:?}"), "SignedIn");
}

#[test]
fn what_no_key_of_the_login_signed_is_not_taken() {
    let own = key(1, Algorithm::Es256);
    let keys = set(&[&own]);
    let other = Keys::read(&json!({"keys": [rsa(OTHER_MODULUS)]})).unwrap();
    assert_eq!(checked(RS256_TOKEN, &other).unwrap_err(), IdTokenError::Token(JwsError::BadSignature));
    assert_eq!(checked(RS256_TOKEN, &keys).unwrap_err(), IdTokenError::UnknownKey);
    let foreign = signed(json!({"kid": "key-1"}), &claims(), &key(2, Algorithm::Es256));
    assert_eq!(checked(&foreign, &keys).unwrap_err(), IdTokenError::Token(JwsError::BadSignature));
    let unknown = signed(json!({"kid": "key-9"}), &claims(), &own);
    assert_eq!(checked(&unknown, &keys).unwrap_err(), IdTokenError::UnknownKey);
    // Without a name any of several could be meant, and of two with one name either.
    let nameless = signed(json!({}), &claims(), &own);
    assert_eq!(
        checked(&nameless, &set(&[&own, &key(2, Algorithm::Es256)])).unwrap_err(),
        IdTokenError::UnknownKey
    );
    let named = signed(json!({"kid": "key-1"}), &claims(), &own);
    let twin = key(2, Algorithm::Es256).with_kid("key-1");
    assert_eq!(checked(&named, &set(&[&own, &twin])).unwrap_err(), IdTokenError::UnknownKey);
    assert_eq!(checked(&named, &Keys::default()).unwrap_err(), IdTokenError::UnknownKey);
}

#[test]
fn nothing_unsigned_or_symmetric_is_taken_also_not_by_the_clients_secret_or_a_public_key() {
    let keys = Keys::read(&json!({"keys": [
        rsa(MODULUS),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "secret", "alg": "HS256"},
    ]}))
    .unwrap();
    let payload = jose::base64url::encode(serde_json::to_vec(&claims()).unwrap());
    let (_, signature) = RS256_TOKEN.rsplit_once('.').unwrap();
    for alg in ["none", "HS256", "RS384", "RS512", "PS256", "ES384", "rs256"] {
        for kid in ["rsa-1", "secret"] {
            let header = jose::base64url::encode(json!({"alg": alg, "kid": kid}).to_string());
            for signature in ["", "AAAA", signature] {
                let token = format!("{header}.{payload}.{signature}");
                assert_eq!(checked(&token, &keys).unwrap_err(), IdTokenError::Algorithm, "{alg}");
            }
        }
    }
    for near in ["", "a.b", "a.b.c.d.e", "e30.e30."] {
        assert!(checked(near, &keys).is_err(), "{near}");
    }
    // A key for another algorithm is not taken for the one that the token names.
    let key = key(1, Algorithm::EdDsa);
    let token = signed(json!({"kid": "key-1"}), &claims(), &key);
    let (_, rest) = token.split_once('.').unwrap();
    let header = jose::base64url::encode(json!({"alg": "ES256", "kid": "key-1"}).to_string());
    assert_eq!(checked(&format!("{header}.{rest}"), &set(&[&key])).unwrap_err(), IdTokenError::UnknownKey);
    let critical = signed(json!({"kid": "key-1", "crit": ["x"]}), &claims(), &key);
    let refused = checked(&critical, &set(&[&key])).unwrap_err();
    assert_eq!(refused, IdTokenError::Token(JwsError::UnknownExtension));
}

#[test]
fn a_token_is_of_the_login_that_was_asked_and_answers_this_request() {
    for near in [json!(null), json!("https://evil.example"), json!(format!("{ISSUER}/")), json!([ISSUER])] {
        assert_eq!(with(json!({"iss": near})).unwrap_err(), IdTokenError::Issuer);
    }
    for near in [json!(null), json!("another"), json!(""), json!(["the-nonce"])] {
        assert_eq!(with(json!({"nonce": near})).unwrap_err(), IdTokenError::Nonce);
    }
    for near in [json!(null), json!(""), json!("s".repeat(256)), json!(1)] {
        assert_eq!(with(json!({"sub": near})).unwrap_err(), IdTokenError::Subject);
    }
}

#[test]
fn a_token_is_for_this_client_and_was_given_to_it() {
    for fine in [
        json!({"aud": [CLIENT]}),
        json!({"aud": [CLIENT], "azp": CLIENT}),
        json!({"aud": ["account", CLIENT], "azp": CLIENT}),
    ] {
        assert!(with(fine.clone()).is_ok(), "{fine}");
    }
    for near in
        [json!(null), json!("other"), json!([]), json!(["other"]), json!("passport2"), json!([[CLIENT]])]
    {
        assert_eq!(with(json!({"aud": near})).unwrap_err(), IdTokenError::Audience);
    }
    for near in [
        json!({"aud": ["account", CLIENT]}),
        json!({"aud": ["account", CLIENT], "azp": "account"}),
        json!({"aud": CLIENT, "azp": "account"}),
        json!({"aud": CLIENT, "azp": [CLIENT]}),
    ] {
        assert_eq!(with(near.clone()).unwrap_err(), IdTokenError::AuthorizedParty, "{near}");
    }
}

#[test]
fn a_token_is_fresh_and_not_over() {
    let time = |error| matches!(error, IdTokenError::Time(_));
    let key = key(1, Algorithm::Es256);
    let token = signed(json!({"kid": "key-1"}), &claims(), &key);
    assert!(checked_at(&token, &set(&[&key]), NOW + 359).is_ok());
    assert!(matches!(
        checked_at(&token, &set(&[&key]), NOW + 360).unwrap_err(),
        IdTokenError::Time(ClaimError::Expired { .. })
    ));
    assert!(with(json!({"iat": NOW + 60, "nbf": NOW + 60})).is_ok());
    for near in [
        json!({"iat": NOW + 61}),
        json!({"iat": NOW - 601}),
        json!({"iat": null}),
        json!({"iat": NOW.to_string()}),
        json!({"exp": null}),
        json!({"exp": "later"}),
        json!({"nbf": NOW + 61}),
    ] {
        assert!(time(with(near.clone()).unwrap_err()), "{near}");
    }
}

#[test]
fn a_hash_that_is_there_is_that_of_the_access_token() {
    let key = key(1, Algorithm::Es256);
    let mut claims = claims();
    claims.insert("at_hash".to_owned(), json!("77QmUPtjPfzWtF2AnpK9RQ"));
    let token = signed(json!({"kid": "key-1"}), &claims, &key);
    let nonce = SecretText::new("the-nonce");
    let with = |access_token: Option<&SecretText>| {
        let expected = Expected {
            issuer: ISSUER,
            client_id: CLIENT,
            nonce: &nonce,
            access_token,
            now: Timestamp::from_seconds(NOW),
        };
        check(&token, &set(&[&key]), &expected).map(drop)
    };
    // OpenID Connect Core 1.0, Appendix A.3.
    assert_eq!(with(Some(&SecretText::new("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"))), Ok(()));
    assert_eq!(with(Some(&SecretText::new("another"))), Err(IdTokenError::AccessToken));
    assert_eq!(with(None), Err(IdTokenError::AccessToken));
}

#[test]
fn userinfo_of_somebody_else_is_not_taken_and_takes_the_place_of_nothing() {
    let map = |value: Value| value.as_object().unwrap().clone();
    let signed_in = with(json!({"given_name": "Ada"})).unwrap();
    let more = json!({"sub": "248289761001", "given_name": "Eve", "family_name": "Example"});
    let both = signed_in.clone().with_user_info(map(more)).unwrap();
    assert_eq!(
        (&both.claims()["given_name"], &both.claims()["family_name"]),
        (&json!("Ada"), &json!("Example"))
    );
    for near in [json!({}), json!({"sub": "248289761002"}), json!({"sub": 248_289_761_001_i64})] {
        assert_eq!(signed_in.clone().with_user_info(map(near)).unwrap_err(), IdTokenError::Subject);
    }
}

#[test]
fn keys_that_are_of_no_use_are_passed_over_and_very_many_are_not_looked_at() {
    let keys = json!({"keys": [
        1,
        {"kty": "oct", "k": "AA"},
        {"kty": "RSA", "n": MODULUS, "e": "AQAB", "use": "enc", "kid": "rsa-1"},
        rsa(MODULUS),
    ]});
    assert!(checked(RS256_TOKEN, &Keys::read(&keys).unwrap()).is_ok());
    let many = json!({"keys": vec![rsa(MODULUS); MOST_KEYS + 1]});
    for near in [many, json!({}), json!([]), json!({"keys": {}})] {
        assert_eq!(Keys::read(&near).unwrap_err(), IdTokenError::NoKeys);
    }
}
