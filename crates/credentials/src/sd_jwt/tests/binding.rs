use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

fn expected() -> Expected<'static> {
    Expected { audience: "x509_hash:abc", nonce: "n-1", now: NOW, oldest: 300, skew: 60 }
}

fn presented(binding: &KeyBinding<'_>) -> String {
    let held = held(&everything());
    let selection = held.select([&path(json!(["email"]))]).unwrap();
    held.present_bound(&selection, binding, &key(5)).unwrap()
}

fn good() -> KeyBinding<'static> {
    KeyBinding { audience: "x509_hash:abc", nonce: "n-1", issued_at: NOW }
}

fn check(compact: &str, expected: &Expected<'_>) -> Result<(), KeyBindingError> {
    key_binding::verify(&verify(compact).unwrap(), &verifying(&key(5)), expected)
}

/// A key binding JWT of any header and claims for the usual presentation.
fn forged(header: Value, change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let bare = presented(&good()).rsplit_once('~').unwrap().0.to_owned() + "~";
    let mut claims = object(json!({
        "iat": NOW.seconds(), "aud": "x509_hash:abc", "nonce": "n-1", "sd_hash": digest(&bare)
    }));
    change(&mut claims);
    let jwt = jws::sign(object(header), Value::Object(claims).to_string().as_bytes(), &key(5)).unwrap();
    format!("{bare}{jwt}")
}

#[test]
fn a_presentation_bound_to_this_request_is_taken() {
    assert_eq!(check(&presented(&good()), &expected()), Ok(()));
    assert_eq!(check(&forged(json!({"typ": "kb+jwt"}), |_| {}), &expected()), Ok(()));
}

#[test]
fn a_signature_made_elsewhere_is_as_good() {
    let held = held(&everything());
    let prepared = held.prepare(&held.select_all(), &good(), Algorithm::Es256);
    let signature = key(5).sign(prepared.signing_input().as_bytes()).unwrap();
    assert_eq!(check(&prepared.finish(&signature), &expected()), Ok(()));
}

#[test]
fn ed25519_binds_as_well() {
    let holder = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(8)).unwrap();
    let held = held(&everything());
    let compact = held.present_bound(&held.select_all(), &good(), &holder).unwrap();
    let verified = verify(&compact).unwrap();
    assert_eq!(key_binding::verify(&verified, &verifying(&holder), &expected()), Ok(()));
}

#[test]
fn a_missing_key_binding_is_refused() {
    let compact = presented(&good());
    let bare = compact.rsplit_once('~').unwrap().0.to_owned() + "~";
    assert_eq!(check(&bare, &expected()), Err(KeyBindingError::Missing));
}

#[test]
fn another_audience_or_nonce_is_refused() {
    let other = Expected { audience: "x509_hash:abcd", ..expected() };
    assert_eq!(check(&presented(&good()), &other), Err(KeyBindingError::WrongAudience));
    let other = Expected { nonce: "n-2", ..expected() };
    assert_eq!(check(&presented(&good()), &other), Err(KeyBindingError::WrongNonce));
}

#[test]
fn an_array_of_audiences_is_refused_even_if_it_names_us() {
    let compact = forged(json!({"typ": "kb+jwt"}), |claims| {
        claims.insert("aud".to_owned(), json!(["x509_hash:abc"]));
    });
    assert_eq!(check(&compact, &expected()), Err(KeyBindingError::Claim(ClaimError::WrongType("aud"))));
}

#[test]
fn every_claim_is_needed() {
    for name in ["iat", "aud", "nonce", "sd_hash"] {
        let compact = forged(json!({"typ": "kb+jwt"}), |claims| {
            claims.remove(name);
        });
        assert_eq!(check(&compact, &expected()), Err(KeyBindingError::Claim(ClaimError::Missing(name))));
        let compact = forged(json!({"typ": "kb+jwt"}), |claims| {
            claims.insert(name.to_owned(), json!(true));
        });
        assert_eq!(check(&compact, &expected()), Err(KeyBindingError::Claim(ClaimError::WrongType(name))));
    }
}

#[test]
fn another_typ_is_refused() {
    for header in [json!({}), json!({"typ": "JWT"}), json!({"typ": "KB+JWT"}), json!({"typ": TYP})] {
        let error = check(&forged(header, |_| {}), &expected()).unwrap_err();
        assert_eq!(error.code(), "wrong_type");
    }
}

#[test]
fn the_time_of_signing_must_be_near() {
    let at = |seconds| presented(&KeyBinding { issued_at: Timestamp::from_seconds(seconds), ..good() });
    assert_eq!(check(&at(1_000_000 - 300), &expected()), Ok(()));
    assert_eq!(check(&at(1_000_000 + 60), &expected()), Ok(()));
    for far in [1_000_000 - 301, 1_000_000 + 61] {
        assert_eq!(check(&at(far), &expected()).unwrap_err().code(), "stale_key_binding");
    }
}

#[test]
fn a_key_binding_that_has_expired_is_refused() {
    let compact = forged(json!({"typ": "kb+jwt"}), |claims| {
        claims.insert("exp".to_owned(), json!(1_000_000 - 60));
    });
    assert_eq!(check(&compact, &expected()).unwrap_err().code(), "expired");
}

#[test]
fn a_disclosure_added_or_taken_away_afterwards_breaks_the_hash() {
    let held = held(&everything());
    let compact = presented(&good());
    let jwt = compact.rsplit_once('~').unwrap().1;
    let fewer = held.present(&Selection::default());
    assert_eq!(check(&format!("{fewer}{jwt}"), &expected()), Err(KeyBindingError::WrongHash));
    let more = held.present(&held.select_all());
    assert_eq!(check(&format!("{more}{jwt}"), &expected()), Err(KeyBindingError::WrongHash));
}

#[test]
fn the_hash_covers_the_last_tilde() {
    let compact = forged(json!({"typ": "kb+jwt"}), |claims| {
        let bare = presented(&good()).rsplit_once('~').unwrap().0.to_owned();
        claims.insert("sd_hash".to_owned(), json!(digest(&bare)));
    });
    assert_eq!(check(&compact, &expected()), Err(KeyBindingError::WrongHash));
}

#[test]
fn the_hash_is_made_with_the_algorithm_of_the_credential() {
    let bare = forge(json!({"_sd_alg": "sha-512"}), &[]);
    let bound = |hash: HashAlgorithm| {
        let claims = json!({"iat": NOW.seconds(), "aud": "x509_hash:abc", "nonce": "n-1",
                            "sd_hash": hash.base64url(bare.as_bytes())});
        let jwt = jws::sign(object(json!({"typ": "kb+jwt"})), claims.to_string().as_bytes(), &key(5));
        format!("{bare}{}", jwt.unwrap())
    };
    assert_eq!(check(&bound(HashAlgorithm::Sha512), &expected()), Ok(()));
    assert_eq!(check(&bound(HashAlgorithm::Sha256), &expected()), Err(KeyBindingError::WrongHash));
    let held = Held::reopen(&bare).unwrap();
    let made = held.present_bound(&Selection::default(), &good(), &key(5)).unwrap();
    assert_eq!(check(&made, &expected()), Ok(()));
}

#[test]
fn another_holder_and_alg_none_are_refused() {
    let verified = verify(&presented(&good())).unwrap();
    let error = key_binding::verify(&verified, &verifying(&key(6)), &expected()).unwrap_err();
    assert_eq!(error, KeyBindingError::Jws(JwsError::BadSignature));
    let compact = presented(&good());
    let (bare, jwt) = compact.rsplit_once('~').unwrap();
    let payload = jwt.split('.').nth(1).unwrap();
    let header = base64url::encode(r#"{"alg":"none","typ":"kb+jwt"}"#);
    let unsigned = format!("{bare}~{header}.{payload}.");
    assert_eq!(check(&unsigned, &expected()), Err(KeyBindingError::Jws(JwsError::WrongAlgorithm)));
}

#[test]
fn a_key_binding_is_signed_with_an_asymmetric_algorithm_that_is_spoken() {
    let compact = presented(&good());
    let (bare, jwt) = compact.rsplit_once('~').unwrap();
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let payload = signed.split_once('.').unwrap().1;
    let under = |algorithm: &str, signature: &str| {
        let header = base64url::encode(format!(r#"{{"alg":"{algorithm}","typ":"kb+jwt"}}"#));
        check(&format!("{bare}~{header}.{payload}.{signature}"), &expected())
    };
    for algorithm in ["none", "None", "HS256", "HS512", "ES384", "RS256", ""] {
        for signature in [signature, "", "AAAA"] {
            let refused = under(algorithm, signature);
            let wrong = Err(KeyBindingError::Jws(JwsError::WrongAlgorithm));
            assert_eq!(refused, wrong, "{algorithm} {signature}");
        }
    }
    // The right algorithm over another header, whose signature does not fit.
    assert_eq!(under("ES256", "AAAA"), Err(KeyBindingError::Jws(JwsError::BadSignature)));
    assert_eq!(check(&compact, &expected()), Ok(()));
}

#[test]
fn every_refusal_of_a_binding_has_a_name_for_reports_and_the_section_that_is_broken() {
    let (expired, early) =
        (ClaimError::Expired { expired_at: 1, now: 2 }, ClaimError::NotYetValid { not_before: 2, now: 1 });
    let stale = ClaimError::IssuedAtOutsideWindow { issued_at: 1, now: 9 };
    for (error, code, section) in [
        (KeyBindingError::Missing, "missing_key_binding", "RFC 9901 §7.3"),
        (JwsError::BadSignature.into(), "bad_signature", "RFC 9901 §7.3"),
        (ClaimError::Missing("aud").into(), "missing_claim", "RFC 9901 §4.3"),
        (ClaimError::WrongType("aud").into(), "malformed_claim", "RFC 9901 §4.3"),
        (expired.into(), "expired", "RFC 9901 §4.3"),
        (early.into(), "not_yet_valid", "RFC 9901 §4.3"),
        (stale.into(), "stale_key_binding", "RFC 9901 §4.3"),
        (KeyBindingError::WrongAudience, "wrong_audience", "RFC 9901 §4.3"),
        (KeyBindingError::WrongNonce, "wrong_nonce", "RFC 9901 §4.3"),
        (KeyBindingError::WrongHash, "wrong_sd_hash", "RFC 9901 §4.3"),
    ] {
        assert_eq!((error.code(), error.section()), (code, section), "{error}");
    }
}

#[test]
fn further_claims_stand_beside_those_of_every_binding_and_never_in_their_place() {
    let held = held(&everything());
    let further = object(json!({"transaction_data_hashes": ["h"], "aud": "another", "nonce": "another"}));
    let compact = held.present_saying(&held.select_all(), &good(), &further, &key(5)).unwrap();
    let said =
        key_binding::verified_claims(&verify(&compact).unwrap(), &verifying(&key(5)), &expected()).unwrap();
    assert_eq!(said["transaction_data_hashes"], json!(["h"]));
    assert_eq!((&said["aud"], &said["nonce"]), (&json!("x509_hash:abc"), &json!("n-1")));
}
