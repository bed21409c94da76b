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
    let digests: Vec<&str> = payload["_sd"].as_array().unwrap().iter().map(|d| d.as_str().unwrap()).collect();
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

#[test]
fn each_frame_conceals_exactly_the_claims_that_it_names() {
    let concealed = |frame: &Frame| -> Vec<String> {
        let held = held(frame);
        let mut places: Vec<String> =
            held.processed().disclosed().iter().map(|one| one.location().to_string()).collect();
        places.sort_unstable();
        places
    };
    let except = || vec!["iss".to_owned(), "address".to_owned()];
    let top = Frame::TopLevel { except: except() };
    assert_eq!(concealed(&top), ["email", "name", "nationalities", "nothing"]);
    let elements = ["nationalities.0", "nationalities.1", "nationalities.2"];
    let all = Frame::Everything { except: except() };
    let expected = [&["email", "name", "nationalities"][..], &elements, &["nothing"]].concat();
    assert_eq!(concealed(&all), expected);
    let paths = [json!(["address", "lines", 1]), json!(["nationalities", null]), json!(["email"])];
    let paths = Frame::Paths(paths.into_iter().map(path).collect());
    assert_eq!(concealed(&paths), [&["address.lines.1", "email"][..], &elements].concat());
}
