use super::*;

const AUDIENCE: &str = "x509_hash:abc";
const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

/// The parts of a compact SD-JWT with or without key binding.
struct Parts {
    protected: String,
    payload: String,
    signature: String,
    unprotected: Map<String, Value>,
}

impl Parts {
    fn of(compact: &str) -> Self {
        let (before, binding) = compact.rsplit_once('~').unwrap();
        let mut parts = before.split('~');
        let jwt: Vec<_> = parts.next().unwrap().split('.').map(str::to_owned).collect();
        let mut unprotected = object(json!({"disclosures": parts.collect::<Vec<_>>()}));
        if !binding.is_empty() {
            unprotected.insert("kb_jwt".to_owned(), json!(binding));
        }
        let [protected, payload, signature] = jwt.try_into().unwrap();
        Self { protected, payload, signature, unprotected }
    }

    fn flattened(&self) -> Value {
        json!({"payload": self.payload, "protected": self.protected, "signature": self.signature, "header": self.unprotected})
    }

    fn general(&self, others: &[Value]) -> Value {
        let first =
            json!({"protected": self.protected, "signature": self.signature, "header": self.unprotected});
        let signatures: Vec<_> = std::iter::once(first).chain(others.iter().cloned()).collect();
        json!({"payload": self.payload, "signatures": signatures})
    }
}

fn bound() -> String {
    let mut claims = object(person());
    claims.insert("cnf".to_owned(), json!({"jwk": key(5).public_jwk().to_value()}));
    let frame = Frame::Everything { except: vec!["cnf".to_owned()] };
    let issuing = Issuing { typ: TYP, header: Map::new(), claims, frame: &frame, decoys: Decoys::default() };
    let compact = issue(issuing, &key(1), &SeededRandomness::new(9)).unwrap();
    let held = Held::new(verify(&compact).unwrap()).unwrap();
    let binding = KeyBinding { audience: AUDIENCE, nonce: "n-1", issued_at: NOW };
    held.present_bound(&held.select_all(), &binding, &key(5)).unwrap()
}

fn read(json: &Value) -> Result<Verified, SdJwtError> {
    SdJwt::parse_json(&json.to_string())?.verify(&verifying(&key(1)), &Policy::typed(&[TYP]))
}

fn fault(json: &Value) -> SerialisationFault {
    match read(json).unwrap_err() {
        SdJwtError::Serialisation(fault) => fault,
        other => panic!("{other}"),
    }
}

#[test]
fn both_forms_are_read_as_the_compact_one_and_their_key_binding_covers_it() {
    let compact = bound();
    let (parts, expected) = (Parts::of(&compact), verify(&compact).unwrap());
    for json in [parts.flattened(), parts.general(&[])] {
        let verified = read(&json).unwrap();
        assert_eq!(verified.claims(), expected.claims());
        assert_eq!(verified.header(), expected.header());
        assert_eq!(verified.without_key_binding(), expected.without_key_binding());
        let good = Expected { audience: AUDIENCE, nonce: "n-1", now: NOW, oldest: 0, skew: 0 };
        assert_eq!(key_binding::verify(&verified, &verifying(&key(5)), &good), Ok(()));
    }
}

#[test]
fn a_disclosure_left_out_of_the_header_breaks_the_hash() {
    let mut parts = Parts::of(&bound());
    parts.unprotected["disclosures"].as_array_mut().unwrap().pop();
    let verified = read(&parts.flattened()).unwrap();
    let expected = Expected { audience: AUDIENCE, nonce: "n-1", now: NOW, oldest: 0, skew: 0 };
    let error = key_binding::verify(&verified, &verifying(&key(5)), &expected).unwrap_err();
    assert_eq!(error, KeyBindingError::WrongHash);
}

#[test]
fn without_disclosures_and_key_binding_the_header_may_be_absent() {
    let compact = forge(json!({"a": 1}), &[]);
    let mut flattened = Parts::of(&compact).flattened();
    flattened.as_object_mut().unwrap().remove("header");
    assert_eq!(read(&flattened).unwrap().without_key_binding(), compact);
}

#[test]
fn unknown_members_are_ignored_in_the_object_and_in_the_header() {
    let mut parts = Parts::of(&bound());
    parts.unprotected.insert("kid".to_owned(), json!("issuer-key-1"));
    let mut flattened = parts.flattened();
    flattened["more"] = json!(1);
    assert!(read(&flattened).is_ok());
}

#[test]
fn the_first_signature_counts_and_the_others_carry_nothing_of_ours() {
    let parts = Parts::of(&bound());
    let other = |header: Value| json!({"protected": "e30", "signature": "AAAA", "header": header});
    let with = |header: Value| parts.general(&[other(header)]);
    assert!(read(&with(json!({"kid": "2"}))).is_ok());
    assert_eq!(fault(&with(json!({"disclosures": []}))), SerialisationFault::NotFirst);
    assert_eq!(fault(&with(json!({"kb_jwt": "a.b.c"}))), SerialisationFault::NotFirst);
    let mut second_first = with(json!({}));
    second_first["signatures"].as_array_mut().unwrap().reverse();
    assert_eq!(fault(&second_first), SerialisationFault::NotFirst);
    let bare = parts.general(&[json!({"signature": "AAAA"})]);
    assert_eq!(fault(&bare), SerialisationFault::Member("protected"));
    assert_eq!(fault(&json!({"payload": "e30", "signatures": []})), SerialisationFault::NoSignature);
    assert_eq!(
        fault(&json!({"payload": "e30", "signatures": [1]})),
        SerialisationFault::Member("signatures")
    );
}

#[test]
fn the_two_forms_may_not_be_mixed() {
    let parts = Parts::of(&bound());
    for name in ["protected", "header", "signature"] {
        let mut mixed = parts.general(&[]);
        mixed[name] = parts.flattened()[name].clone();
        assert_eq!(fault(&mixed), SerialisationFault::MixedForms, "{name}");
    }
}

#[test]
fn every_part_must_be_there_and_of_its_type() {
    for name in ["payload", "protected", "signature"] {
        let mut without = Parts::of(&bound()).flattened();
        without[name] = json!(["a"]);
        assert_eq!(fault(&without), SerialisationFault::Member(name));
        without.as_object_mut().unwrap().remove(name);
        assert_eq!(fault(&without), SerialisationFault::Member(name));
    }
    for (name, wrong) in [
        ("disclosures", json!("WyJhIl0")),
        ("disclosures", json!([1])),
        ("disclosures", json!(["WyJhIl0~WyJhIl0"])),
        ("kb_jwt", json!(1)),
        ("kb_jwt", json!("")),
        ("kb_jwt", json!("a~b")),
    ] {
        let mut parts = Parts::of(&bound());
        parts.unprotected[name] = wrong;
        assert_eq!(fault(&parts.flattened()), SerialisationFault::Member(name));
    }
    let mut parts = Parts::of(&bound()).flattened();
    parts["header"] = json!([]);
    assert_eq!(fault(&parts), SerialisationFault::Member("header"));
}

#[test]
fn an_empty_disclosure_is_refused_as_in_the_compact_form() {
    let mut parts = Parts::of(&bound());
    parts.unprotected["disclosures"].as_array_mut().unwrap().push(json!(""));
    assert_eq!(read(&parts.flattened()).unwrap_err(), SdJwtError::EmptyPart);
}

#[test]
fn parts_that_hold_a_dot_or_a_tilde_do_not_become_other_parts() {
    let parts = Parts::of(&bound());
    for (protected, payload, signature) in [
        (format!("{}.{}", parts.protected, parts.payload), String::new(), parts.signature.clone()),
        (parts.protected.clone(), String::new(), format!("{}.{}", parts.payload, parts.signature)),
        (parts.protected.clone(), format!("{}.", parts.payload), parts.signature.clone()),
        (parts.protected.clone(), parts.payload.clone(), format!("{}~", parts.signature)),
        (parts.protected.clone(), parts.payload.clone(), format!("{}~WyJzIiwibiIsMV0", parts.signature)),
        (parts.protected.clone(), parts.payload.clone(), format!("{}=", parts.signature)),
    ] {
        let json = json!({"protected": protected, "payload": payload, "signature": signature});
        let error = read(&json).unwrap_err();
        assert!(matches!(error, SdJwtError::Serialisation(SerialisationFault::Member(_))), "{error}");
    }
}

#[test]
fn the_headers_share_no_name_and_extensions_are_refused_in_both() {
    let mut parts = Parts::of(&bound());
    parts.unprotected.insert("typ".to_owned(), json!(TYP));
    assert_eq!(fault(&parts.flattened()), SerialisationFault::SharedName);
    parts.unprotected.remove("typ");
    parts.unprotected.insert("crit".to_owned(), json!(["exp"]));
    assert_eq!(fault(&parts.flattened()), SerialisationFault::UnprotectedExtension);
    parts.unprotected.remove("crit");
    parts.protected = base64url::encode(json!({"alg": "ES256", "typ": TYP, "crit": ["exp"]}).to_string());
    assert_eq!(read(&parts.flattened()).unwrap_err(), SdJwtError::Jws(JwsError::UnknownExtension));
}

#[test]
fn a_type_or_algorithm_that_is_not_protected_counts_for_nothing() {
    let mut parts = Parts::of(&bound());
    parts.protected = base64url::encode(r#"{"alg":"ES256"}"#);
    parts.unprotected.insert("typ".to_owned(), json!(TYP));
    assert!(matches!(read(&parts.flattened()).unwrap_err(), SdJwtError::Jws(JwsError::WrongType { .. })));
    let mut parts = Parts::of(&bound());
    parts.protected = base64url::encode(json!({"typ": TYP}).to_string());
    parts.unprotected.insert("alg".to_owned(), json!("ES256"));
    assert_eq!(read(&parts.flattened()).unwrap_err(), SdJwtError::Jws(JwsError::WrongAlgorithm));
}

#[test]
fn what_is_no_object_with_unique_names_or_too_long_is_refused() {
    for text in ["", "[]", "{", "\"{}\"", r#"{"payload":"e30","payload":"e30"}"#] {
        let error = SdJwt::parse_json(text).unwrap_err();
        assert_eq!(error, SdJwtError::Serialisation(SerialisationFault::NotAnObject), "{text}");
    }
    let compact = bound();
    assert_eq!(
        SdJwt::parse_json(&compact).unwrap_err(),
        SdJwtError::Serialisation(SerialisationFault::NotAnObject)
    );
    let long = format!("{{\"payload\":\"{}\"}}", "a".repeat(LONGEST));
    assert_eq!(SdJwt::parse_json(&long).unwrap_err(), SdJwtError::TooLong);
}

#[test]
fn a_refusal_names_the_section() {
    let error = SdJwt::parse_json("[]").unwrap_err();
    assert_eq!((error.code(), error.section()), ("malformed_json_serialisation", "RFC 9901 §8"));
}

#[test]
fn the_longest_serialisation_is_read_and_one_byte_more_is_not() {
    let text = Parts::of(&bound()).flattened().to_string();
    let longest = format!("{text}{}", " ".repeat(LONGEST - text.len()));
    assert!(SdJwt::parse_json(&longest).is_ok());
    assert_eq!(SdJwt::parse_json(&format!("{longest} ")).unwrap_err(), SdJwtError::TooLong);
}
