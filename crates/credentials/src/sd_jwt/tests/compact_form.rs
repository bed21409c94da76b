use super::*;

#[test]
fn the_last_tilde_is_needed_without_key_binding() {
    let compact = forge(json!({"a": 1}), &[]);
    assert_eq!(claims(&compact), Ok(json!({"a": 1})));
    assert_eq!(claims(compact.trim_end_matches('~')), Err(SdJwtError::MissingTilde));
}

#[test]
fn what_follows_the_last_tilde_is_the_key_binding_jwt_and_nothing_else() {
    let compact = forge(json!({"a": 1}), &[]);
    assert_eq!(verify(&compact).unwrap().key_binding_jwt(), None);
    assert_eq!(verify(&format!("{compact}x")).unwrap().key_binding_jwt(), Some("x"));
}

#[test]
fn an_empty_disclosure_is_refused() {
    let disclosure = disclose(&json!(["salt", "a", 1]));
    let compact = forge(json!({"_sd": [digest(&disclosure)]}), &[&disclosure]);
    assert!(claims(&compact).is_ok());
    assert_eq!(claims(&format!("{compact}~")), Err(SdJwtError::EmptyPart));
}

#[test]
fn the_json_serialisation_is_refused_by_name() {
    let json = r#"{"payload":"e30","protected":"e30","signature":"","header":{"disclosures":[]}}"#;
    assert_eq!(SdJwt::parse(json).unwrap_err(), SdJwtError::JsonSerialisation);
    assert_eq!(SdJwt::parse(&format!("\n {json}")).unwrap_err(), SdJwtError::JsonSerialisation);
}

#[test]
fn white_space_padding_and_other_alphabets_are_refused() {
    let disclosure = disclose(&json!(["s", "a", "ab"]));
    let payload = json!({"_sd": [digest(&disclosure)]});
    assert!(claims(&forge(payload.clone(), &[&disclosure])).is_ok());
    for spoiled in [format!("{disclosure} "), format!("{disclosure}="), format!("{disclosure}+")] {
        let compact = forge(json!({"_sd": [digest(&spoiled)]}), &[&spoiled]);
        assert_eq!(claims(&compact), Err(SdJwtError::MalformedDisclosure));
    }
}

#[test]
fn an_endless_text_is_refused_before_it_is_read() {
    assert_eq!(SdJwt::parse(&"a".repeat(LONGEST + 1)).unwrap_err(), SdJwtError::TooLong);
}

#[test]
fn another_type_another_key_and_a_changed_payload_are_refused() {
    let compact = forge(json!({"a": 1}), &[]);
    let parsed = || SdJwt::parse(&compact).unwrap();
    let bad_signature = SdJwtError::Jws(JwsError::BadSignature);
    let wrong = parsed().verify(&verifying(&key(2)), &Policy::typed(&[TYP])).unwrap_err();
    assert_eq!(wrong, bad_signature);
    let wrong = parsed().verify(&verifying(&key(1)), &Policy::typed(&["dc+sd-jwt"])).unwrap_err();
    assert_eq!(wrong.code(), "wrong_type");
    let mut parts: Vec<String> = compact.split('.').map(str::to_owned).collect();
    parts[1] = base64url::encode(r#"{"a":2}"#);
    assert_eq!(claims(&parts.join(".")), Err(bad_signature));
}

#[test]
fn alg_none_is_refused() {
    let header = base64url::encode(json!({"typ": TYP, "alg": "none"}).to_string());
    let compact = format!("{header}.{}.~", base64url::encode("{}"));
    assert_eq!(claims(&compact), Err(SdJwtError::Jws(JwsError::WrongAlgorithm)));
}
