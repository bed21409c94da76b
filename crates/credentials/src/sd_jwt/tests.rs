use environment::{Randomness, SeededRandomness, Timestamp};
use jose::jws::{JwsError, Policy};
use jose::jwt::ClaimError;
use jose::{Algorithm, Signer, SigningKey, VerifyingKey, base64url, jws};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::key_binding::{Expected, KeyBinding, KeyBindingError};
use super::*;
use crate::claims_path::{ClaimsPath, PathError};

const TYP: &str = "example+sd-jwt";

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
}

fn verifying(key: &SigningKey) -> VerifyingKey {
    VerifyingKey::new(key.public_jwk()).unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn path(value: Value) -> ClaimsPath {
    ClaimsPath::from_value(&value).unwrap()
}

/// Encodes a disclosure as written.
fn disclose(value: &Value) -> String {
    base64url::encode(value.to_string())
}

fn digest(disclosure: &str) -> String {
    HashAlgorithm::Sha256.base64url(disclosure.as_bytes())
}

/// Signs any payload and appends any disclosures, as no honest issuer would.
fn forge(payload: Value, disclosures: &[&str]) -> String {
    let header = object(json!({"typ": TYP}));
    let jwt = jws::sign(header, payload.to_string().as_bytes(), &key(1)).unwrap();
    let mut compact = format!("{jwt}~");
    for disclosure in disclosures {
        compact.push_str(disclosure);
        compact.push('~');
    }
    compact
}

fn verify(compact: &str) -> Result<Verified, SdJwtError> {
    SdJwt::parse(compact)?.verify(&verifying(&key(1)), &Policy::typed(&[TYP]))
}

fn claims(compact: &str) -> Result<Value, SdJwtError> {
    verify(compact).map(|verified| Value::Object(verified.claims().clone()))
}

fn person() -> Value {
    json!({
        "iss": "https://harbour.example.org",
        "name": "Ada Example",
        "email": "ada@example.org",
        "address": {"locality": "Harbour", "country": "XX", "lines": ["a", "b"]},
        "nationalities": ["one", "two", "three"],
        "nothing": null
    })
}

fn issued(frame: &Frame, decoys: Decoys) -> String {
    let issuing = Issuing { typ: TYP, header: Map::new(), claims: object(person()), frame, decoys };
    issue(issuing, &key(1), &SeededRandomness::new(9)).unwrap()
}

fn held(frame: &Frame) -> Held {
    Held::new(verify(&issued(frame, Decoys::default())).unwrap()).unwrap()
}

fn everything() -> Frame {
    Frame::Everything { except: vec!["iss".to_owned()] }
}

mod compact_form {
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
}

mod processing {
    use super::*;

    #[test]
    fn a_digest_is_the_hash_of_the_encoded_text_whatever_its_spelling_as_json() {
        // The disclosures of RFC 9901 §4.2.1 and §4.2.3: same claim, different white space.
        let disclosure = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0";
        assert_eq!(digest(disclosure), "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0");
        let parsed = Disclosure::parse(disclosure).unwrap();
        assert_eq!(parsed.name(), Some("family_name"));
        assert_eq!(parsed.value(), &json!("Möbius"));
        let element = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0";
        assert_eq!(digest(element), "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs");
        assert_eq!(Disclosure::parse(element).unwrap().name(), None);
    }

    #[test]
    fn a_hexadecimal_digest_does_not_match() {
        let disclosure = disclose(&json!(["salt", "a", 1]));
        let hex: String =
            jose::digest::sha256(&disclosure).iter().map(|byte| format!("{byte:02x}")).collect();
        let compact = forge(json!({"_sd": [hex]}), &[&disclosure]);
        assert_eq!(claims(&compact), Err(SdJwtError::UnreferencedDisclosure));
    }

    #[test]
    fn disclosed_members_and_elements_take_their_places_and_all_traces_go() {
        let inner = disclose(&json!(["s1", "inner", {"x": 1}]));
        let outer = disclose(&json!(["s2", "outer", {"_sd": [digest(&inner), "decoy-a"], "open": true}]));
        let element = disclose(&json!(["s3", "second"]));
        let payload = json!({
            "_sd_alg": "sha-256",
            "_sd": ["decoy-b", digest(&outer)],
            "list": ["first", {"...": digest(&element)}, {"...": "decoy-c"}]
        });
        let compact = forge(payload, &[&element, &inner, &outer]);
        let expected = json!({"outer": {"inner": {"x": 1}, "open": true}, "list": ["first", "second"]});
        assert_eq!(claims(&compact), Ok(expected));
    }

    #[test]
    fn a_digest_without_disclosure_is_ignored() {
        assert_eq!(claims(&forge(json!({"_sd": ["decoy"], "a": [{"...": "d"}]}), &[])), Ok(json!({"a": []})));
    }

    #[test]
    fn provenance_names_place_and_parent_of_every_disclosure() {
        let inner = disclose(&json!(["s1", "inner", 1]));
        let outer = disclose(&json!(["s2", "outer", {"_sd": [digest(&inner)]}]));
        let last = disclose(&json!(["s3", "last"]));
        let payload = json!({"_sd": [digest(&outer)], "list": [{"...": "gone"}, {"...": digest(&last)}]});
        let verified = verify(&forge(payload, &[&inner, &outer, &last])).unwrap();
        let processed = verified.processed();
        let places: Vec<(String, Option<usize>)> = processed
            .disclosed()
            .iter()
            .map(|disclosed| (disclosed.location().to_string(), disclosed.parent()))
            .collect();
        let expected = [("outer.inner", Some(1)), ("outer", None), ("list.0", None)];
        assert_eq!(places, expected.map(|(place, parent)| (place.to_owned(), parent)));
        assert_eq!(processed.shortened()[0].location().to_string(), "list");
        assert_eq!(processed.shortened()[0].positions(), [1]);
        assert_eq!(Value::Object(processed.always_disclosed()), json!({"list": []}));
    }

    #[test]
    fn the_wrong_number_of_elements_is_refused() {
        for wrong in [json!([]), json!(["s"]), json!(["s", "a", 1, 2])] {
            assert_eq!(Disclosure::parse(&disclose(&wrong)), Err(SdJwtError::WrongArity));
        }
        let member = disclose(&json!(["s", "a", 1]));
        let element = disclose(&json!(["s", 1]));
        let in_array = forge(json!({"list": [{"...": digest(&member)}]}), &[&member]);
        assert_eq!(claims(&in_array), Err(SdJwtError::WrongArity));
        let in_object = forge(json!({"_sd": [digest(&element)]}), &[&element]);
        assert_eq!(claims(&in_object), Err(SdJwtError::WrongArity));
    }

    #[test]
    fn a_disclosure_that_is_no_array_of_text_salt_and_text_name_is_refused() {
        for wrong in [json!({"a": 1}), json!("a"), json!([1, "a", 1]), json!(["s", 1, 1]), json!([null, 1])] {
            assert_eq!(Disclosure::parse(&disclose(&wrong)), Err(SdJwtError::MalformedDisclosure));
        }
        let twice = base64url::encode(r#"["s","a",{"x":1,"x":2}]"#);
        assert_eq!(Disclosure::parse(&twice), Err(SdJwtError::MalformedDisclosure));
    }

    #[test]
    fn reserved_names_are_refused() {
        for name in ["_sd", "...", "_sd_alg"] {
            let disclosure = disclose(&json!(["s", name, "x"]));
            let compact = forge(json!({"_sd": [digest(&disclosure)]}), &[&disclosure]);
            assert_eq!(claims(&compact), Err(SdJwtError::ReservedName), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_taken_is_refused_at_its_level_only() {
        let disclosure = disclose(&json!(["s", "a", 1]));
        let taken = forge(json!({"a": 0, "_sd": [digest(&disclosure)]}), &[&disclosure]);
        assert_eq!(claims(&taken), Err(SdJwtError::NameTaken));
        let elsewhere = forge(json!({"a": {"_sd": [digest(&disclosure)]}}), &[&disclosure]);
        assert_eq!(claims(&elsewhere), Ok(json!({"a": {"a": 1}})));
        let again = disclose(&json!(["t", "a", 2]));
        let both = forge(json!({"_sd": [digest(&disclosure), digest(&again)]}), &[&disclosure, &again]);
        assert_eq!(claims(&both), Err(SdJwtError::NameTaken));
    }

    #[test]
    fn a_digest_that_comes_twice_anywhere_is_refused() {
        let disclosure = disclose(&json!(["s", "a", 1]));
        let d = digest(&disclosure);
        let nested = disclose(&json!(["t", "b", {"_sd": [d]}]));
        let n = digest(&nested);
        for (payload, sent) in [
            (json!({"_sd": [d, d]}), vec![&disclosure]),
            (json!({"_sd": [d], "x": {"_sd": [d]}}), vec![&disclosure]),
            (json!({"_sd": ["decoy", "decoy"]}), vec![]),
            (json!({"_sd": ["decoy"], "x": [{"...": "decoy"}]}), vec![]),
            (json!({"_sd": [d, n]}), vec![&disclosure, &nested]),
            (json!({"_sd": [n], "x": {"_sd": [d]}}), vec![&disclosure, &nested]),
        ] {
            let sent: Vec<&str> = sent.into_iter().map(String::as_str).collect();
            assert_eq!(claims(&forge(payload.clone(), &sent)), Err(SdJwtError::DigestTwice), "{payload}");
        }
        assert!(claims(&forge(json!({"_sd": [n]}), &[&disclosure, &nested])).is_ok());
    }

    #[test]
    fn a_disclosure_nobody_refers_to_is_refused() {
        let stray = disclose(&json!(["s", "a", 1]));
        assert_eq!(claims(&forge(json!({}), &[&stray])), Err(SdJwtError::UnreferencedDisclosure));
        let payload = json!({"_sd": [digest(&stray)]});
        assert!(claims(&forge(payload.clone(), &[&stray])).is_ok());
        assert_eq!(claims(&forge(payload, &[&stray, &stray])), Err(SdJwtError::UnreferencedDisclosure));
    }

    #[test]
    fn a_child_without_its_parent_is_refused() {
        let inner = disclose(&json!(["s1", "inner", 1]));
        let outer = disclose(&json!(["s2", "outer", {"_sd": [digest(&inner)]}]));
        let payload = json!({"_sd": [digest(&outer)]});
        assert_eq!(claims(&forge(payload.clone(), &[&inner])), Err(SdJwtError::UnreferencedDisclosure));
        assert!(claims(&forge(payload, &[&outer])).is_ok());
    }

    #[test]
    fn two_disclosures_that_hold_each_other_cannot_be_smuggled_in() {
        // No preimage is known, so a cycle can only be imitated by references from nowhere.
        let a = disclose(&json!(["s1", "a", {"_sd": ["digest-of-b"]}]));
        let b = disclose(&json!(["s2", "b", {"_sd": [digest(&a)]}]));
        assert_eq!(claims(&forge(json!({}), &[&a, &b])), Err(SdJwtError::UnreferencedDisclosure));
    }

    #[test]
    fn the_hash_must_be_known_and_strong() {
        for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            let disclosure = disclose(&json!(["s", "a", 1]));
            let payload = json!({"_sd_alg": hash.name(), "_sd": [hash.base64url(disclosure.as_bytes())]});
            assert_eq!(claims(&forge(payload, &[&disclosure])), Ok(json!({"a": 1})));
        }
        for unknown in
            [json!("sha-1"), json!("md5"), json!("SHA-256"), json!("sha-256-32"), json!(256), json!(null)]
        {
            assert_eq!(claims(&forge(json!({"_sd_alg": unknown}), &[])), Err(SdJwtError::UnknownHash));
        }
    }

    #[test]
    fn without_a_declared_hash_it_is_sha_256() {
        let disclosure = disclose(&json!(["s", "a", 1]));
        let other = HashAlgorithm::Sha512.base64url(disclosure.as_bytes());
        let compact = forge(json!({"_sd": [other]}), &[&disclosure]);
        assert_eq!(claims(&compact), Err(SdJwtError::UnreferencedDisclosure));
    }

    #[test]
    fn a_hash_declared_below_the_top_level_is_refused() {
        assert_eq!(claims(&forge(json!({"a": {"_sd_alg": "sha-256"}}), &[])), Err(SdJwtError::MisplacedHash));
        let disclosure = disclose(&json!(["s", "a", {"_sd_alg": "sha-256"}]));
        let compact = forge(json!({"_sd": [digest(&disclosure)]}), &[&disclosure]);
        assert_eq!(claims(&compact), Err(SdJwtError::MisplacedHash));
    }

    #[test]
    fn digests_of_another_shape_are_refused() {
        for payload in [
            json!({"_sd": "digest"}),
            json!({"_sd": {"a": 1}}),
            json!({"_sd": [1]}),
            json!({"_sd": [null]}),
            json!({"a": {"_sd": null}}),
            json!({"...": "digest"}),
            json!({"a": {"...": "digest"}}),
            json!({"a": [{"...": 1}]}),
            json!({"a": [{"...": "digest", "b": 1}]}),
        ] {
            assert_eq!(claims(&forge(payload.clone(), &[])), Err(SdJwtError::MalformedDigests), "{payload}");
        }
    }

    #[test]
    fn claims_that_only_nest_deep_once_disclosed_are_refused() {
        let mut disclosures: Vec<String> = Vec::new();
        let mut top = json!("bottom");
        for _ in 0..DEEPEST {
            let disclosure = disclose(&json!(["s", "n", top]));
            top = json!({"_sd": [digest(&disclosure)]});
            disclosures.push(disclosure);
        }
        let sent: Vec<&str> = disclosures.iter().map(String::as_str).collect();
        assert!(claims(&forge(top.clone(), &sent)).is_ok());
        let last = disclose(&json!(["s", "n", top]));
        let one_more = json!({"_sd": [digest(&last)]});
        let sent: Vec<&str> = sent.into_iter().chain([last.as_str()]).collect();
        assert_eq!(claims(&forge(one_more, &sent)), Err(SdJwtError::TooDeep));
    }
}

mod issuing {
    use super::*;

    fn payload(compact: &str) -> Map<String, Value> {
        SdJwt::parse(compact).unwrap().payload().clone()
    }

    #[test]
    fn whatever_the_frame_a_reader_of_all_disclosures_sees_all_claims() {
        let frames = [
            Frame::Nothing,
            Frame::TopLevel { except: vec![] },
            everything(),
            Frame::Paths(vec![path(json!(["address", "locality"])), path(json!(["nationalities", null]))]),
            Frame::Paths(vec![path(json!(["address"])), path(json!(["address", "lines", 1]))]),
        ];
        for frame in frames {
            for decoys in [Decoys::default(), Decoys { at_least: 1, at_most: 4 }] {
                assert_eq!(claims(&issued(&frame, decoys)), Ok(person()), "{frame:?}");
            }
        }
    }

    #[test]
    fn without_disclosable_claims_there_is_neither_sd_nor_disclosure() {
        let compact = issued(&Frame::Nothing, Decoys { at_least: 3, at_most: 3 });
        assert_eq!(Value::Object(payload(&compact)), person());
        assert!(compact.ends_with('~') && compact.matches('~').count() == 1);
    }

    #[test]
    fn flat_structured_and_recursive_disclosures_differ_in_what_stays_open() {
        let flat = payload(&issued(&Frame::Paths(vec![path(json!(["address"]))]), Decoys::default()));
        assert!(!flat.contains_key("address") && flat["_sd"].as_array().unwrap().len() == 1);
        let locality = path(json!(["address", "locality"]));
        let structured = payload(&issued(&Frame::Paths(vec![locality.clone()]), Decoys::default()));
        assert_eq!(structured["address"]["country"], "XX");
        assert_eq!(structured["address"]["_sd"].as_array().unwrap().len(), 1);
        let both = Frame::Paths(vec![path(json!(["address"])), locality.clone()]);
        let recursive = held(&both);
        let chosen = recursive.select([&locality]).unwrap();
        assert_eq!(recursive.present(&chosen).matches('~').count(), 3, "the child brings its parent");
        assert_eq!(recursive.processed().disclosed().iter().filter(|d| d.parent().is_some()).count(), 1);
    }

    #[test]
    fn digests_are_sorted_so_that_their_order_tells_nothing() {
        let frame = Frame::TopLevel { except: vec![] };
        let payload = payload(&issued(&frame, Decoys { at_least: 2, at_most: 2 }));
        let digests: Vec<&str> =
            payload["_sd"].as_array().unwrap().iter().map(|d| d.as_str().unwrap()).collect();
        assert_eq!(digests.len(), 8);
        assert!(digests.is_sorted());
    }

    #[test]
    fn decoys_look_like_digests_and_stand_anywhere_in_an_array() {
        let frame = Frame::Paths(vec![path(json!(["nationalities", null]))]);
        let payload = payload(&issued(&frame, Decoys { at_least: 5, at_most: 5 }));
        let elements = payload["nationalities"].as_array().unwrap();
        assert_eq!(elements.len(), 8);
        assert!(elements.iter().all(|e| e["..."].as_str().unwrap().len() == 43));
    }

    #[test]
    fn salts_are_fresh_and_128_bits_long() {
        let salts = |seed| -> Vec<Value> {
            let frame = everything();
            let issuing = Issuing {
                typ: TYP,
                header: Map::new(),
                claims: object(person()),
                frame: &frame,
                decoys: Decoys::default(),
            };
            let compact = issue(issuing, &key(1), &SeededRandomness::new(seed)).unwrap();
            let disclosures = compact.split('~').skip(1).filter(|part| !part.is_empty());
            disclosures
                .map(|d| serde_json::from_slice::<Value>(&base64url::decode(d).unwrap()).unwrap()[0].clone())
                .collect()
        };
        let (one, other) = (salts(1), salts(2));
        for (index, salt) in one.iter().enumerate() {
            assert_eq!(base64url::decode(salt.as_str().unwrap()).unwrap().len(), 16);
            assert!(!other.contains(salt) && one.iter().position(|s| s == salt) == Some(index));
        }
    }

    #[test]
    fn reserved_names_and_paths_to_nothing_are_refused() {
        let try_issue = |claims: Value, frame: &Frame| {
            let issuing = Issuing {
                typ: TYP,
                header: Map::new(),
                claims: object(claims),
                frame,
                decoys: Decoys::default(),
            };
            issue(issuing, &key(1), &SeededRandomness::new(9))
        };
        for reserved in [json!({"_sd": []}), json!({"a": {"...": 1}}), json!({"a": [{"_sd_alg": 1}]})] {
            assert_eq!(try_issue(reserved, &Frame::Nothing), Err(IssueError::ReservedName));
        }
        let slip = path(json!(["adress"]));
        let frame = Frame::Paths(vec![path(json!(["name"])), slip.clone()]);
        assert_eq!(try_issue(person(), &frame), Err(IssueError::NothingAt(slip)));
    }
}

mod holding {
    use super::*;

    fn shown(held: &Held, paths: &[Value]) -> Value {
        let paths: Vec<ClaimsPath> = paths.iter().cloned().map(path).collect();
        let selection = held.select(&paths).unwrap();
        let presented = claims(&held.present(&selection)).unwrap();
        assert_eq!(presented, Value::Object(held.revealed(&selection)), "the screen shows what is sent");
        presented
    }

    #[test]
    fn only_what_was_selected_is_shown() {
        let held = held(&everything());
        let iss = "https://harbour.example.org";
        assert_eq!(shown(&held, &[]), json!({"iss": iss}));
        assert_eq!(shown(&held, &[json!(["email"])]), json!({"iss": iss, "email": "ada@example.org"}));
        assert_eq!(
            shown(&held, &[json!(["address", "lines", 1]), json!(["nationalities", 2])]),
            json!({"iss": iss, "address": {"lines": ["b"]}, "nationalities": ["three"]})
        );
        assert_eq!(
            shown(&held, &[json!(["nationalities", null])]),
            json!({"iss": iss, "nationalities": ["one", "two", "three"]})
        );
    }

    #[test]
    fn selecting_a_parent_shows_it_whole() {
        let held = held(&everything());
        assert_eq!(shown(&held, &[json!(["address"])])["address"], person()["address"]);
    }

    #[test]
    fn no_disclosure_is_sent_twice() {
        let held = held(&everything());
        let path = path(json!(["email"]));
        let once = held.present(&held.select([&path]).unwrap());
        assert_eq!(held.present(&held.select([&path, &path]).unwrap()), once);
    }

    #[test]
    fn a_path_to_nothing_cannot_be_selected() {
        let held = held(&everything());
        let missing = path(json!(["phone"]));
        let error = SelectionError::NothingAt { path: missing.clone(), reason: PathError::NothingSelected };
        assert_eq!(held.select([&missing]), Err(error));
    }

    #[test]
    fn a_credential_survives_being_kept_as_text() {
        let held = held(&everything());
        let again = Held::reopen(&held.to_compact()).unwrap();
        assert_eq!(again.claims(), held.claims());
        assert_eq!(again.to_compact(), held.to_compact());
    }

    #[test]
    fn an_issued_credential_with_key_binding_is_refused() {
        let compact = format!("{}x.y.z", issued(&everything(), Decoys::default()));
        assert_eq!(Held::new(verify(&compact).unwrap()).unwrap_err(), ReceivedKeyBinding);
        assert_eq!(Held::reopen(&compact).unwrap_err(), SdJwtError::MissingTilde);
    }

    #[test]
    fn debug_output_shows_no_value() {
        let held = held(&everything());
        let disclosure = Disclosure::parse(&disclose(&json!(["s", "a", "canary"]))).unwrap();
        let printed = format!("{held:?} {disclosure:?} {:?}", held.processed());
        assert!(!printed.contains("Ada") && !printed.contains("canary"));
    }
}

mod binding {
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
            assert_eq!(
                check(&compact, &expected()),
                Err(KeyBindingError::Claim(ClaimError::WrongType(name)))
            );
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
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-e]", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_claims() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::hash_map("[a-h]", any_value(), 0..6).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_claims_come_back_whole_and_any_selection_is_what_the_screen_said(
        claims_in in any_claims(),
        recursive in any::<bool>(),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        seed in any::<u64>(),
    ) {
        let randomness: &dyn Randomness = &SeededRandomness::new(seed);
        let frame = if recursive {
            Frame::Everything { except: vec![] }
        } else {
            Frame::TopLevel { except: vec!["a".to_owned()] }
        };
        let issuing = Issuing {
            typ: TYP,
            header: Map::new(),
            claims: claims_in.clone(),
            frame: &frame,
            decoys: Decoys { at_least: 0, at_most: 3 },
        };
        let compact = issue(issuing, &key(1), randomness).unwrap();
        let held = Held::new(verify(&compact).unwrap()).unwrap();
        prop_assert_eq!(held.claims(), &claims_in);
        let places: Vec<_> = held.processed().disclosed().iter().map(|d| d.location().clone()).collect();
        let chosen: Vec<_> = picks
            .iter()
            .filter(|_| !places.is_empty())
            .map(|pick| pick.get(&places).clone())
            .collect();
        let selection = held.select_locations(&chosen);
        let presented = verify(&held.present(&selection)).unwrap();
        prop_assert_eq!(presented.claims(), &held.revealed(&selection));
        // Every disclosure sent was chosen, or holds a chosen one, or lies in one.
        for sent in held.revealed_locations(&selection) {
            prop_assert!(chosen.iter().any(|c| c.holds(sent) || sent.holds(c)));
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[A-Za-z0-9_.~={}\\- ]{0,200}") {
        let _ = SdJwt::parse(&text).map(SdJwt::process_unverified);
    }
}
