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
    let hex: String = jose::digest::sha256(&disclosure).iter().map(|byte| format!("{byte:02x}")).collect();
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
    let payload = json!({
        "_sd": [digest(&outer)], "list": [{"...": "gone"}, {"...": digest(&last)}], "whole": ["a"]
    });
    let verified = verify(&forge(payload, &[&inner, &outer, &last])).unwrap();
    let processed = verified.processed();
    let places: Vec<(String, Option<usize>)> = processed
        .disclosed()
        .iter()
        .map(|disclosed| (disclosed.location().to_string(), disclosed.parent()))
        .collect();
    let expected = [("outer.inner", Some(1)), ("outer", None), ("list.0", None)];
    assert_eq!(places, expected.map(|(place, parent)| (place.to_owned(), parent)));
    assert_eq!(processed.shortened().len(), 1, "nothing is missing in the other array");
    assert_eq!(processed.shortened()[0].location().to_string(), "list");
    assert_eq!(processed.shortened()[0].positions(), [1]);
    assert_eq!(Value::Object(processed.always_disclosed()), json!({"list": [], "whole": ["a"]}));
}

#[test]
fn the_wrong_number_of_elements_is_refused() {
    for wrong in [json!([]), json!(["s"]), json!(["s", "a", 1, 2]), json!(["s", "a", 1, 2, 3, 4])] {
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

/// The order of digests is kept by their first eight bytes, and by the rest where those are alike.
#[test]
fn digests_that_begin_alike_are_told_apart() {
    let [one, other] = ["c14218111", "c15545626"].map(|name| disclose(&json!(["s", name, 1])));
    let [first, second] = [digest(&one), digest(&other)];
    assert_eq!(first.get(..8), second.get(..8), "such a pair is found by trying some thirty million names");
    let both = json!({"c14218111": 1, "c15545626": 1});
    for digests in [[&first, &second], [&second, &first]] {
        let payload = json!({ "_sd": digests });
        assert_eq!(claims(&forge(payload.clone(), &[&one, &other])), Ok(both.clone()));
        assert_eq!(claims(&forge(payload.clone(), &[&other, &one])), Ok(both.clone()));
        assert_eq!(claims(&forge(payload.clone(), &[&one])), Ok(json!({"c14218111": 1})));
        assert_eq!(claims(&forge(payload, &[&other])), Ok(json!({"c15545626": 1})));
    }
    let unmet = Err(SdJwtError::UnreferencedDisclosure);
    assert_eq!(claims(&forge(json!({"_sd": [first]}), &[&other])), unmet);
    assert_eq!(claims(&forge(json!({"_sd": [first, first]}), &[&one])), Err(SdJwtError::DigestTwice));
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

/// Claims that stand below a long name would each be compared with all the others by that name.
#[test]
fn claims_below_too_long_names_are_refused_and_what_stands_above_them_is_shared() {
    let below = |length: usize, count: usize| {
        let disclosures: Vec<String> =
            (0..count).map(|n| disclose(&json!(["s", format!("n{n}"), n]))).collect();
        let digests: Vec<String> = disclosures.iter().map(|disclosure| digest(disclosure)).collect();
        let sent: Vec<&str> = disclosures.iter().map(String::as_str).collect();
        let mut payload = Map::new();
        payload.insert("n".repeat(length), json!({"_sd": digests}));
        forge(Value::Object(payload), &sent)
    };
    let held = SdJwt::parse(&below(4_000, 50)).unwrap().process_unverified().unwrap();
    let names: Vec<_> = held.disclosed().iter().map(|disclosed| &disclosed.location().steps()[0]).collect();
    let (Step::Name(first), Step::Name(last)) = (names[0], names[49]) else { panic!("names") };
    assert!(Arc::ptr_eq(first, last));
    assert!(claims(&below(4_094, 1)).is_ok(), "with the two bytes of n0");
    assert_eq!(claims(&below(4_095, 1)), Err(SdJwtError::TooDeep));
    assert_eq!(claims(&below(4_097, 1)), Err(SdJwtError::TooDeep));
    assert_eq!(claims(&below(150_000, 2)), Err(SdJwtError::TooDeep));
}
