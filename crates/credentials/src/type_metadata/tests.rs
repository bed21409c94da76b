use std::collections::BTreeSet;
use std::path::Path;

use environment::SeededRandomness;
use jose::{Algorithm, SigningKey};
use serde_json::{Map, Value, json};

use super::rendering::Rendering;
use super::*;
use crate::claims_path::PathPart;
use crate::sd_jwt::{self, Decoys, Frame, Issuing, Processed};

/// The metadata of a chain of documents, the nearest first.
fn chain(documents: &[Value]) -> Result<TypeMetadata, MetadataError> {
    let vct = documents[0]["vct"].as_str().unwrap_or_default();
    let mut chain = Chain::new(vct, None)?;
    for document in documents {
        chain.take(document.to_string().as_bytes())?;
    }
    chain.finish()
}

fn one(claims: &Value) -> TypeMetadata {
    chain(&[json!({"vct": "urn:a", "claims": claims})]).unwrap()
}

fn path(value: &Value) -> ClaimsPath {
    ClaimsPath::from_value(value).unwrap()
}

// Our own types.

#[test]
fn each_of_our_types_has_a_document_with_labels_in_english_and_spanish() {
    assert_eq!(BUILT_IN.map(|(_, vct, _)| vct), types::ALL);
    for vct in types::ALL {
        let document = built_in(vct).unwrap();
        let locales = |tags: Vec<&str>| assert_eq!(tags, ["en", "es"], "{vct}");
        locales(document.display().iter().map(|entry| entry.locale.as_str()).collect());
        assert_eq!(document.types(), [vct], "ours extend nothing");
        assert!(!document.claims().is_empty());
        let mut labels = BTreeSet::new();
        for claim in document.claims() {
            locales(claim.display.iter().map(|entry| entry.locale.as_str()).collect());
            assert!(claim.display.iter().all(|entry| !entry.label.is_empty()));
            assert!(labels.insert(claim.display[0].label.clone()), "{vct}: two claims are called alike");
            assert_eq!(claim.sd, SelectiveDisclosure::Always, "every claim of ours is disclosable");
            assert!(claim.svg_id.is_some());
        }
    }
}

#[test]
fn each_of_our_types_has_colours_in_which_text_can_be_read_and_nothing_to_fetch() {
    for vct in types::ALL {
        for display in built_in(vct).unwrap().display() {
            let rendering = Rendering::of(display).unwrap();
            let simple = rendering.simple.unwrap();
            assert!(simple.colours.is_some(), "{vct}");
            assert!(
                simple.logo.is_none() && simple.background_image.is_none() && rendering.templates.is_empty()
            );
        }
    }
}

#[test]
fn the_copies_in_specs_are_the_documents_that_are_served() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/type-metadata");
    let mut copies: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "json"))
        .collect();
    copies.sort_unstable();
    let mut served: Vec<String> = names().map(|name| format!("{name}.json")).collect();
    served.sort_unstable();
    assert_eq!(copies, served);
    for name in names() {
        let copy = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        assert_eq!(copy, document(name).unwrap(), "{name}");
    }
    assert_eq!(document("card"), None);
}

#[test]
fn labels_fall_back_to_the_first_language() {
    let passport = built_in(types::PASSPORT).unwrap();
    let number = ClaimsPath::name("number");
    assert_eq!(passport.label_of(&number, "es-MX"), Some("Número de pasaporte de la red"));
    assert_eq!(passport.label_of(&number, "fr"), Some("Network passport number"));
    assert_eq!(passport.label_of(&ClaimsPath::name("other"), "en"), None);
    assert_eq!(passport.name_in("es"), Some("Pasaporte de la red"));
}

// Documents.

#[test]
fn a_foreign_document_is_read_and_unknown_members_are_ignored() {
    let document = chain(&[json!({
        "vct": "https://pid.example.org/1", "name": "PID", "svg_future": {},
        "claims": [{"path": ["given_name"], "new": 1}, {"path": ["nationalities", null], "sd": "never", "mandatory": true}]
    })])
    .unwrap();
    assert_eq!(document.claims()[0].sd, SelectiveDisclosure::Allowed);
    assert!(document.claims()[1].mandatory);
}

#[test]
fn malformed_documents_are_refused() {
    for bad in [
        "",
        "[]",
        "{}",
        r#"["a"]"#,
        r#"{"vct": "a", "display": [["en", "x"]]}"#,
        r#"{"vct": "a", "claims": [[["x"]]]}"#,
        r#"{"vct": 1}"#,
        r#"{"vct": "a", "vct": "a"}"#,
        r#"{"vct": "a", "extends": 1}"#,
        r#"{"vct": "a", "extends": ["b"]}"#,
        r#"{"vct": "a", "extends#integrity": "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}"#,
        r#"{"vct": "a", "claims": {}}"#,
        r#"{"vct": "a", "claims": [{}]}"#,
        r#"{"vct": "a", "claims": [{"path": []}]}"#,
        r#"{"vct": "a", "claims": [{"path": [-1]}]}"#,
        r#"{"vct": "a", "claims": [{"path": ["x"], "sd": "sometimes"}]}"#,
        r#"{"vct": "a", "claims": [{"path": ["x"], "mandatory": "yes"}]}"#,
        r#"{"vct": "a", "claims": [{"path": ["x"], "svg_id": "1x"}]}"#,
        r#"{"vct": "a", "claims": [{"path": ["x"], "svg_id": "x-y"}]}"#,
        r#"{"vct": "a", "claims": [{"path": ["x"], "svg_id": ""}]}"#,
        r#"{"vct": "a", "claims": [{"path": ["x"], "display": [{"lang": "en", "label": "x"}]}]}"#,
        r#"{"vct": "a", "display": [{"lang": "en", "name": "x"}]}"#,
        r#"{"vct": "a", "display": [{"locale": "en\"><script>", "name": "x"}]}"#,
    ] {
        let mut chain = Chain::new("a", None).unwrap();
        assert_eq!(chain.take(bad.as_bytes()), Err(MetadataError::Malformed), "{bad}");
        assert_eq!(chain.finish(), Err(MetadataError::Incomplete));
    }
    let twice = json!({"vct": "a", "claims": [{"path": ["x", null]}, {"path": ["x", null]}]});
    assert_eq!(chain(&[twice]), Err(MetadataError::ClaimTwice(path(&json!(["x", null])))));
}

#[test]
fn the_document_must_be_of_the_type_and_the_octets_of_the_integrity() {
    let text = json!({"vct": "https://a.example.org"}).to_string();
    let pinned = Integrity::text_of(text.as_bytes());
    let take = |vct: &str, integrity: Option<&str>, octets: &str| {
        let mut chain = Chain::new(vct, integrity)?;
        chain.take(octets.as_bytes())?;
        chain.finish()
    };
    assert!(take("https://a.example.org", Some(&pinned), &text).is_ok());
    assert_eq!(take("https://A.example.org", None, &text), Err(MetadataError::WrongType));
    let mismatch = Err(MetadataError::Integrity(IntegrityError::Mismatch));
    assert_eq!(
        take("https://a.example.org", Some(&pinned), &format!("{text} ")),
        mismatch,
        "octets count, not JSON"
    );
    assert_eq!(
        take("https://a.example.org", Some("sha1-AAAA"), &text),
        Err(MetadataError::Integrity(IntegrityError::Unsupported))
    );
    let largest = format!("{text}{}", " ".repeat(LARGEST_DOCUMENT - text.len()));
    assert!(take("https://a.example.org", None, &largest).is_ok());
    assert_eq!(take("https://a.example.org", None, &(largest + " ")), Err(MetadataError::TooLarge));
}

// Chains.

#[test]
fn all_that_a_type_extends_is_wanted_and_its_integrity_checked() {
    let base = json!({"vct": "https://base.example.org", "claims": [{"path": ["name"]}]}).to_string();
    let child = json!({
        "vct": "https://child.example.org", "extends": "https://base.example.org",
        "extends#integrity": Integrity::text_of(base.as_bytes()),
    });
    let mut whole = Chain::new("https://child.example.org", None).unwrap();
    let first = whole.wanted().unwrap();
    assert_eq!((first.vct(), first.is_pinned()), ("https://child.example.org", false));
    assert!(!first.is_meant(child.to_string().as_bytes()), "nobody has said which octets it has");
    whole.take(child.to_string().as_bytes()).unwrap();
    let wanted = whole.wanted().unwrap().clone();
    assert_eq!((wanted.vct(), wanted.is_pinned()), ("https://base.example.org", true));
    let other = base.replace("name", "nome");
    assert!(wanted.is_meant(base.as_bytes()) && !wanted.is_meant(other.as_bytes()));
    assert_eq!(whole.take(other.as_bytes()), Err(MetadataError::Integrity(IntegrityError::Mismatch)));
    whole.take(base.as_bytes()).unwrap();
    assert_eq!(whole.wanted(), None);
    assert!(whole.take(base.as_bytes()).is_err(), "nothing more is wanted");
    let metadata = whole.finish().unwrap();
    assert_eq!(metadata.vct(), "https://child.example.org");
    assert_eq!(metadata.types(), ["https://child.example.org", "https://base.example.org"]);
    assert_eq!(metadata.claims().len(), 1);
    assert_eq!(chain(&[child]), Err(MetadataError::Incomplete), "a part of a chain says nothing");
}

#[test]
fn circles_and_chains_without_end_are_refused() {
    let extending = |vct: &str, extends: &str| json!({"vct": vct, "extends": extends});
    assert_eq!(chain(&[extending("urn:a", "urn:a")]), Err(MetadataError::Circular));
    let circle = [extending("urn:a", "urn:b"), extending("urn:b", "urn:c"), extending("urn:c", "urn:a")];
    assert_eq!(chain(&circle), Err(MetadataError::Circular));
    let inner = [extending("urn:a", "urn:b"), extending("urn:b", "urn:c"), extending("urn:c", "urn:b")];
    assert_eq!(chain(&inner), Err(MetadataError::Circular));
    let long = |length: usize| -> Vec<Value> {
        let mut documents: Vec<Value> =
            (1..length).map(|at| extending(&format!("urn:{at}"), &format!("urn:{}", at + 1))).collect();
        documents.push(json!({"vct": format!("urn:{length}")}));
        documents
    };
    assert_eq!(chain(&long(MOST_DOCUMENTS)).unwrap().types().len(), MOST_DOCUMENTS);
    assert_eq!(chain(&long(MOST_DOCUMENTS + 1)), Err(MetadataError::TooDeep));
}

#[test]
fn an_extending_type_adds_and_overrides_as_the_example_of_the_draft_says() {
    // Draft -19, "Example for Extending Type Metadata".
    let base = json!({"vct": "https://example.com/base-type-metadata", "claims": [
        {"path": ["name"], "display": [{"label": "Full Name", "locale": "en"}]},
        {"path": ["address", "city"], "display": [{"label": "City", "locale": "en"}]},
    ]});
    let child = json!({"vct": "https://example.com/custom-type-metadata", "extends": "https://example.com/base-type-metadata",
    "claims": [
        {"path": ["address", "city"], "display": [{"label": "Town", "locale": "en"}]},
        {"path": ["nationalities"], "display": [{"label": "Nationalities", "locale": "en"}]},
    ]});
    let metadata = chain(&[child, base]).unwrap();
    let labels: Vec<(String, &str)> = metadata
        .claims()
        .iter()
        .map(|claim| (claim.path.to_string(), claim.display[0].label.as_str()))
        .collect();
    let expected = [("name", "Full Name"), ("address.city", "Town"), ("nationalities", "Nationalities")];
    assert_eq!(labels, expected.map(|(path, label)| (path.to_owned(), label)));
}

#[test]
fn a_type_that_extends_another_or_is_also_known_as_it_answers_no_question_for_that_other() {
    let child = "urn:example:profile-and-more";
    let metadata =
        chain(&[json!({"vct": child, "extends": types::PROFILE}), json!({"vct": types::PROFILE})]).unwrap();
    assert_eq!(metadata.types(), [child, types::PROFILE]);
    let query = json!({"credentials": [{"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": [types::PROFILE]}}]});
    let query = crate::dcql::Query::parse(&query).unwrap();
    let claims = json!({"vct": child, "aka_vcts": [types::PROFILE]}).as_object().unwrap().clone();
    let answer = |vct| crate::dcql::Answer {
        vct,
        claims: &claims,
        shortened: &[],
        holder_bound: true,
        authority_key_identifiers: &[],
    };
    assert!(query.check(&[("q", vec![answer(types::PROFILE)])]).is_ok());
    let refused = query.check(&[("q", vec![answer(child)])]).unwrap_err();
    assert_eq!(
        refused.code(),
        "wrong_credential_type",
        "whoever may issue the child may not for that issue the other"
    );
}

#[test]
fn what_an_extending_type_leaves_out_is_inherited_and_what_it_has_is_not_merged() {
    let base = json!({"vct": "urn:b", "display": [{"locale": "en", "name": "Base"}, {"locale": "es", "name": "La base"}],
        "claims": [{"path": ["x"], "mandatory": true, "sd": "always", "svg_id": "x",
            "display": [{"locale": "en", "label": "X"}, {"locale": "es", "label": "Equis"}]}]});
    let silent = json!({"vct": "urn:a", "extends": "urn:b", "claims": [{"path": ["x"]}]});
    let metadata = chain(&[silent, base.clone()]).unwrap();
    let claim = metadata.claim(&ClaimsPath::name("x")).unwrap();
    assert_eq!(
        (claim.mandatory, claim.sd, claim.svg_id.as_deref()),
        (true, SelectiveDisclosure::Always, Some("x"))
    );
    assert_eq!(metadata.label_of(&ClaimsPath::name("x"), "es"), Some("Equis"));
    assert_eq!(metadata.name_in("es"), Some("La base"));
    let speaking = json!({"vct": "urn:a", "extends": "urn:b", "display": [{"locale": "en", "name": "Child"}],
        "claims": [{"path": ["x"], "display": [{"locale": "en", "label": "Ex"}], "svg_id": "ex"}]});
    let metadata = chain(&[speaking, base.clone()]).unwrap();
    assert_eq!(
        metadata.label_of(&ClaimsPath::name("x"), "es"),
        Some("Ex"),
        "the language of the base is gone"
    );
    assert_eq!(metadata.name_in("es"), Some("Child"));
    let mute = json!({"vct": "urn:a", "extends": "urn:b", "display": []});
    assert_eq!(
        chain(&[mute, base]).unwrap().name_in("en"),
        None,
        "what is there replaces, also when it is empty"
    );
}

#[test]
fn an_extending_type_can_make_rules_stricter_and_never_laxer() {
    let base = |sd: &str, mandatory: bool| json!({"vct": "urn:b", "claims": [{"path": ["x"], "sd": sd, "mandatory": mandatory}]});
    let child = |claim: Value| json!({"vct": "urn:a", "extends": "urn:b", "claims": [claim]});
    let x = || ClaimsPath::name("x");
    for (from, to, allowed) in [
        ("allowed", "always", true),
        ("allowed", "never", true),
        ("always", "always", true),
        ("always", "never", false),
        ("always", "allowed", false),
        ("never", "always", false),
        ("never", "allowed", false),
    ] {
        let outcome = chain(&[child(json!({"path": ["x"], "sd": to})), base(from, false)]);
        let expected = if allowed { None } else { Some(MetadataError::DisclosureChanged(x())) };
        assert_eq!(outcome.err(), expected, "{from} to {to}");
    }
    for (from, to) in [(false, true), (false, false), (true, true)] {
        let stricter = chain(&[child(json!({"path": ["x"], "mandatory": to})), base("allowed", from)]);
        assert_eq!(stricter.unwrap().claims()[0].mandatory, to, "{from} to {to}");
    }
    assert_eq!(
        chain(&[child(json!({"path": ["x"], "mandatory": false})), base("allowed", true)]),
        Err(MetadataError::MandatoryDropped(x()))
    );
    // What a grandparent says holds although the parent says nothing.
    let parent = json!({"vct": "urn:p", "extends": "urn:b"});
    let grandchild = json!({"vct": "urn:a", "extends": "urn:p", "claims": [{"path": ["x"], "sd": "never"}]});
    assert_eq!(
        chain(&[grandchild, parent, base("always", false)]),
        Err(MetadataError::DisclosureChanged(x()))
    );
}

#[test]
fn an_svg_id_is_of_one_claim_in_the_whole_chain() {
    let base = json!({"vct": "urn:b", "claims": [{"path": ["x"], "svg_id": "it"}]});
    let child = json!({"vct": "urn:a", "extends": "urn:b", "claims": [{"path": ["y"], "svg_id": "it"}]});
    assert_eq!(chain(&[child, base.clone()]), Err(MetadataError::SvgIdTwice));
    let moved = json!({"vct": "urn:a", "extends": "urn:b", "claims": [{"path": ["x"], "svg_id": "x"}, {"path": ["y"], "svg_id": "it"}]});
    assert!(chain(&[moved, base]).is_ok());
}

#[test]
fn the_claims_of_a_whole_chain_are_bounded() {
    let claims = |range: std::ops::Range<usize>| -> Value {
        range.map(|number| json!({"path": [format!("c{number}")]})).collect()
    };
    let with = |count: usize| {
        let child = json!({"vct": "urn:a", "extends": "urn:b", "claims": claims(0..1_000)});
        chain(&[child, json!({"vct": "urn:b", "claims": claims(1_000..count)})])
    };
    assert_eq!(with(2_048).unwrap().claims().len(), 2_048);
    assert_eq!(with(2_049), Err(MetadataError::TooLarge));
}

// Credentials.

fn issued(claims: Value, paths: &[Value]) -> String {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let frame = Frame::Paths(paths.iter().map(path).collect());
    let Value::Object(claims) = claims else { panic!("claims are an object") };
    let issuing =
        Issuing { typ: "dc+sd-jwt", header: Map::new(), claims, frame: &frame, decoys: Decoys::default() };
    sd_jwt::issue(issuing, &key, &SeededRandomness::new(2)).unwrap()
}

/// Processes an SD-JWT of which the disclosures of the claims in `hidden` are left out.
fn processed(compact: &str, hidden: &[&str]) -> Processed {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let mut parts = compact.split('~');
    let mut sent = format!("{}~", parts.next().unwrap());
    for disclosure in parts.filter(|part| !part.is_empty()) {
        let text = String::from_utf8(jose::base64url::decode(disclosure).unwrap()).unwrap();
        if !hidden.iter().any(|name| text.contains(&format!("\"{name}\""))) {
            sent.push_str(disclosure);
            sent.push('~');
        }
    }
    let key = jose::VerifyingKey::new(jose::Signer::public_jwk(&key)).unwrap();
    let policy = jose::jws::Policy::typed(&["dc+sd-jwt"]);
    sd_jwt::SdJwt::parse(&sent).unwrap().verify(&key, &policy).unwrap().into_processed()
}

#[test]
fn a_claim_must_be_selectively_disclosable_as_its_type_says() {
    let compact = issued(
        json!({"a": 1, "b": 2, "c": {"d": 3, "e": 4}}),
        &[json!(["a"]), json!(["c"]), json!(["c", "d"])],
    );
    let credential = processed(&compact, &[]);
    let judged = |claims: Value| {
        let metadata = one(&claims);
        assert_eq!(metadata.check_issued(&credential), metadata.check_presented(&credential));
        metadata.check_issued(&credential)
    };
    for (at, rule, expected) in [
        (json!(["a"]), "always", Ok(())),
        (json!(["a"]), "allowed", Ok(())),
        (json!(["a"]), "never", Err(Mismatch::Disclosable(path(&json!(["a"]))))),
        (json!(["b"]), "never", Ok(())),
        (json!(["b"]), "allowed", Ok(())),
        (json!(["b"]), "always", Err(Mismatch::NotDisclosable(path(&json!(["b"]))))),
        (json!(["c", "d"]), "always", Ok(())),
        // Only in something disclosable, not itself.
        (json!(["c", "e"]), "always", Err(Mismatch::NotDisclosable(path(&json!(["c", "e"]))))),
        (json!(["c", "e"]), "never", Ok(())),
        (json!(["z"]), "always", Ok(())),
        (json!(["z"]), "never", Ok(())),
    ] {
        assert_eq!(judged(json!([{"path": at, "sd": rule}])), expected, "{at} {rule}");
    }
}

#[test]
fn a_path_that_meets_another_kind_of_value_refuses_the_credential() {
    let compact = issued(json!({"a": "text", "b": [1], "c": {}}), &[]);
    let credential = processed(&compact, &[]);
    for (at, fits) in [
        (json!(["a"]), true),
        (json!(["a", "x"]), false),
        (json!(["a", null]), false),
        (json!(["a", 0]), false),
        (json!(["b", null]), true),
        (json!(["b", 7]), true),
        (json!(["b", "x"]), false),
        (json!(["c", "x"]), true),
        (json!(["c", 0]), false),
        (json!(["z", "x", null]), true),
        (json!([0]), false),
    ] {
        let expected = if fits { Ok(()) } else { Err(Mismatch::Path(path(&at))) };
        let metadata = one(&json!([{"path": at}]));
        assert_eq!(metadata.check_issued(&credential), expected, "{at}");
        assert_eq!(metadata.check_presented(&credential), expected, "{at}");
    }
}

#[test]
fn what_is_mandatory_is_missed_by_the_holder_and_never_by_a_verifier_to_whom_it_was_not_shown() {
    let compact = issued(json!({"a": 1, "b": {"d": 1}}), &[json!(["a"])]);
    let metadata = one(&json!([{"path": ["a"], "mandatory": true, "sd": "always"}]));
    assert_eq!(metadata.check_issued(&processed(&compact, &[])), Ok(()));
    let without = processed(&compact, &["a"]);
    assert_eq!(metadata.check_presented(&without), Ok(()), "it may have been left out");
    assert_eq!(metadata.check_issued(&without), Err(Mismatch::Missing(ClaimsPath::name("a"))));
    // Which may be left out by the type alone.
    for rule in ["always", "allowed"] {
        let metadata = one(&json!([{"path": ["z"], "mandatory": true, "sd": rule}]));
        assert_eq!(metadata.check_presented(&without), Ok(()));
        assert_eq!(metadata.check_issued(&without), Err(Mismatch::Missing(ClaimsPath::name("z"))));
    }
    // What can never be left out is missing for everybody, as far as what holds it is seen.
    let missing = |at: Value| Err(Mismatch::Missing(path(&at)));
    let never =
        |at: Value| one(&json!([{"path": at, "mandatory": true, "sd": "never"}])).check_presented(&without);
    assert_eq!(never(json!(["z"])), missing(json!(["z"])));
    assert_eq!(never(json!(["b", "z"])), missing(json!(["b", "z"])));
    assert_eq!(never(json!(["b", "d"])), Ok(()));
    assert_eq!(never(json!(["y", "z"])), Ok(()), "what would hold it is not there");
}

#[test]
fn elements_of_an_array_count_as_they_were_issued() {
    let compact = issued(json!({"list": ["zero", "one", "two"]}), &[json!(["list", 0]), json!(["list", 2])]);
    let all = processed(&compact, &[]);
    let first_hidden = processed(&compact, &["zero"]);
    let rule = |at: Value, rule: &str| one(&json!([{"path": at, "sd": rule}]));
    // Element 1 is the first one that is shown, and it is the one that is not disclosable.
    assert_eq!(rule(json!(["list", 1]), "never").check_presented(&first_hidden), Ok(()));
    assert_eq!(
        rule(json!(["list", 1]), "always").check_presented(&first_hidden),
        Err(Mismatch::NotDisclosable(path(&json!(["list", 1]))))
    );
    // Element 0 is not shown: it was issued, and it is disclosable.
    assert_eq!(rule(json!(["list", 0]), "always").check_presented(&first_hidden), Ok(()));
    for at in [json!(["list", 0]), json!(["list", null])] {
        assert_eq!(
            rule(at.clone(), "never").check_presented(&first_hidden),
            Err(Mismatch::Disclosable(path(&at)))
        );
    }
    assert_eq!(
        rule(json!(["list", null]), "always").check_issued(&all),
        Err(Mismatch::NotDisclosable(path(&json!(["list", null]))))
    );
    // Its contents are not known, so nothing is said of them.
    assert_eq!(rule(json!(["list", 0, "x"]), "never").check_presented(&first_hidden), Ok(()));
    assert_eq!(
        rule(json!(["list", 0, "x"]), "never").check_presented(&all),
        Err(Mismatch::Path(path(&json!(["list", 0, "x"]))))
    );
    let mandatory = one(&json!([{"path": ["list", 0], "mandatory": true}]));
    assert_eq!(mandatory.check_presented(&first_hidden), Ok(()));
}

#[test]
fn that_an_element_is_hidden_is_all_a_verifier_needs_to_know_and_in_a_whole_array_none_is() {
    let compact = issued(json!({"list": ["zero", "one"], "whole": ["a"]}), &[json!(["list", 0])]);
    let never = |at: Value| one(&json!([{"path": at, "sd": "never"}]));
    let hidden = processed(&compact, &["zero"]);
    let list = path(&json!(["list", null]));
    assert_eq!(never(list.to_value()).check_presented(&hidden), Err(Mismatch::Disclosable(list)));
    for at in [json!(["whole", null]), json!(["whole", 0]), json!(["whole", 1]), json!(["list", 1])] {
        assert_eq!(never(at.clone()).check_presented(&hidden), Ok(()), "{at}");
        assert_eq!(never(at.clone()).check_issued(&hidden), Ok(()), "{at}");
    }
}

#[test]
fn a_decoy_is_no_element_to_the_holder() {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let mut claims = Map::new();
    claims.insert("list".to_owned(), json!(["a"]));
    let frame = Frame::Paths(vec![ClaimsPath::name("list").then(PathPart::Index(0))]);
    let decoys = Decoys { at_least: 2, at_most: 2 };
    let issuing = Issuing { typ: "dc+sd-jwt", header: Map::new(), claims, frame: &frame, decoys };
    let credential = processed(&sd_jwt::issue(issuing, &key, &SeededRandomness::new(2)).unwrap(), &[]);
    assert_eq!(one(&json!([{"path": ["list", null], "sd": "always"}])).check_issued(&credential), Ok(()));
    let none = one(&json!([{"path": ["list", null, "x"], "sd": "always"}]));
    assert!(matches!(none.check_issued(&credential), Err(Mismatch::Path(_))));
}

#[test]
fn a_copy_as_our_offices_and_spaces_sign_it_is_as_its_type_says() {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let issue = |claims: Value, frame: Frame| {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        let issuing = Issuing {
            typ: "dc+sd-jwt",
            header: Map::new(),
            claims,
            frame: &frame,
            decoys: Decoys::default(),
        };
        processed(&sd_jwt::issue(issuing, &key, &SeededRandomness::new(2)).unwrap(), &[])
    };
    let everything = || Frame::Everything { except: Vec::new() };
    let profile = json!({"email": "a@b.example", "email_verified": true, "given_name": "A", "family_name": "B",
        "birthdate": "2000-01-01", "age_equal_or_over": {"16": true, "18": true, "21": true}});
    let passport = json!({"number": "n", "did": "did:web:a.example", "since": "2026-01-01"});
    for (vct, claims) in [(types::PROFILE, profile.clone()), (types::PASSPORT, passport.clone())] {
        assert_eq!(built_in(vct).unwrap().check_issued(&issue(claims, everything())), Ok(()), "{vct}");
    }
    let metadata = built_in(types::PROFILE).unwrap();
    let whole = issue(profile.clone(), Frame::TopLevel { except: Vec::new() });
    let ages = path(&json!(["age_equal_or_over", "16"]));
    assert_eq!(metadata.check_issued(&whole), Err(Mismatch::NotDisclosable(ages)));
    let visible = issue(profile, Frame::Everything { except: vec!["email".to_owned()] });
    assert_eq!(metadata.check_issued(&visible), Err(Mismatch::NotDisclosable(ClaimsPath::name("email"))));
    let mut less = passport;
    less.as_object_mut().unwrap().remove("did");
    let metadata = built_in(types::PASSPORT).unwrap();
    assert_eq!(
        metadata.check_issued(&issue(less, everything())),
        Err(Mismatch::Missing(ClaimsPath::name("did")))
    );
}

// Reports.

#[test]
fn every_refusal_has_a_name_for_reports_and_test_vectors() {
    let x = || ClaimsPath::name("x");
    for (error, code) in [
        (MetadataError::Malformed, "malformed"),
        (MetadataError::WrongType, "wrong_type"),
        (MetadataError::TooLarge, "too_large"),
        (IntegrityError::Malformed.into(), "integrity_malformed"),
        (IntegrityError::Unsupported.into(), "integrity_unsupported"),
        (IntegrityError::Mismatch.into(), "integrity_mismatch"),
        (MetadataError::Circular, "circular"),
        (MetadataError::TooDeep, "too_deep"),
        (MetadataError::Incomplete, "incomplete"),
        (MetadataError::ClaimTwice(x()), "claim_twice"),
        (MetadataError::SvgIdTwice, "svg_id_twice"),
        (MetadataError::DisclosureChanged(x()), "disclosure_changed"),
        (MetadataError::MandatoryDropped(x()), "mandatory_dropped"),
    ] {
        assert_eq!(error.code(), code);
    }
    for (mismatch, code) in [
        (Mismatch::Path(x()), "path"),
        (Mismatch::Missing(x()), "missing"),
        (Mismatch::NotDisclosable(x()), "not_disclosable"),
        (Mismatch::Disclosable(x()), "disclosable"),
    ] {
        assert_eq!(mismatch.code(), code);
    }
}
