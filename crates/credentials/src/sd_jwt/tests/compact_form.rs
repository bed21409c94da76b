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

#[test]
fn the_longest_text_is_read_and_one_byte_more_is_not() {
    let mut longest = forge(json!({"a": 1}), &[]);
    longest.push_str(&"x".repeat(LONGEST - longest.len()));
    let parsed = SdJwt::parse(&longest).unwrap();
    assert_eq!(parsed.key_binding_jwt(), longest.split_once('~').map(|(_, binding)| binding));
    assert_eq!(SdJwt::parse(&(longest + "x")).unwrap_err(), SdJwtError::TooLong);
}

#[test]
fn disclosures_come_as_they_were_sent_and_are_the_same_wherever_they_are_kept() {
    let sent = [disclose(&json!(["s", "b", 1])), disclose(&json!(["s", 1])), disclose(&json!(["t", "b", 1]))];
    let compact = forge(json!({}), &[&sent[0], &sent[1], &sent[2]]);
    let parsed = SdJwt::parse(&compact).unwrap();
    assert_eq!(parsed.disclosures().iter().map(Disclosure::encoded).collect::<Vec<_>>(), sent);
    assert_eq!(parsed.key_binding_jwt(), None);
    let alone: Vec<Disclosure> = sent.iter().map(|text| Disclosure::parse(text).unwrap()).collect();
    assert_eq!(parsed.disclosures(), alone);
    assert_ne!(alone[0], alone[2], "another salt");
}

#[test]
fn every_refusal_has_a_name_for_reports_and_the_section_that_is_broken() {
    let wrong_type = JwsError::WrongType { expected: TYP.to_owned() };
    for (error, code, section) in [
        (SdJwtError::TooLong, "too_long", "RFC 9901 §9"),
        (SdJwtError::TooDeep, "too_deep", "RFC 9901 §9"),
        (SdJwtError::JsonSerialisation, "json_serialisation", "RFC 9901 §8"),
        (SerialisationFault::NotAnObject.into(), "malformed_json_serialisation", "RFC 9901 §8"),
        (SdJwtError::MissingTilde, "missing_tilde", "RFC 9901 §4"),
        (SdJwtError::EmptyPart, "empty_part", "RFC 9901 §4"),
        (wrong_type.into(), "wrong_type", "RFC 8725 §3.11"),
        (JwsError::WrongAlgorithm.into(), "wrong_algorithm", "RFC 7515 §5.2"),
        (JwsError::BadSignature.into(), "bad_signature", "RFC 7515 §5.2"),
        (JwsError::UnknownExtension.into(), "unknown_extension", "RFC 7515 §5.2"),
        (JwsError::Malformed.into(), "malformed_jwt", "RFC 7515 §5.2"),
        (JwsError::MalformedHeader.into(), "malformed_jwt", "RFC 7515 §5.2"),
        (JwsError::MalformedPayload.into(), "malformed_jwt", "RFC 7515 §5.2"),
        (SdJwtError::UnknownHash, "unknown_sd_alg", "RFC 9901 §7.1"),
        (SdJwtError::MisplacedHash, "misplaced_sd_alg", "RFC 9901 §4.1.1"),
        (SdJwtError::MalformedDisclosure, "malformed_disclosure", "RFC 9901 §4.2"),
        (SdJwtError::MalformedDigests, "malformed_digests", "RFC 9901 §4.2.4"),
        (SdJwtError::WrongArity, "wrong_arity", "RFC 9901 §7.1"),
        (SdJwtError::ReservedName, "reserved_name", "RFC 9901 §7.1"),
        (SdJwtError::NameTaken, "name_taken", "RFC 9901 §7.1"),
        (SdJwtError::DigestTwice, "digest_twice", "RFC 9901 §7.1"),
        (SdJwtError::UnreferencedDisclosure, "unreferenced_disclosure", "RFC 9901 §7.1"),
    ] {
        assert_eq!((error.code(), error.section()), (code, section), "{error}");
    }
}
