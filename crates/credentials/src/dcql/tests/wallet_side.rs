//! What a wallet finds and chooses (§6.4.1).

use super::*;

#[test]
fn without_claims_nothing_disclosable_is_sent() {
    let found = options(&one(json!({})), &person());
    assert_eq!(found, [ClaimOption { claim_set: None, claims: vec![] }]);
}

#[test]
fn claims_without_sets_are_wanted_all_or_the_credential_is_not_returned() {
    let query = |paths: Value| one(json!({ "claims": paths }));
    let all =
        options(&query(json!([{"path": ["given_name"]}, {"path": ["address", "locality"]}])), &person());
    assert_eq!(places(&all[0]), ["given_name", "address.locality"]);
    let missing = query(json!([{"path": ["given_name"]}, {"path": ["email"]}]));
    assert!(options(&missing, &person()).is_empty());
}

#[test]
fn the_first_claim_set_that_can_be_satisfied_comes_first() {
    let query = one(json!({
        "claims": [{"id": "a", "path": ["email"]}, {"id": "b", "path": ["age"]}, {"id": "c", "path": ["member"]}],
        "claim_sets": [["a"], ["b", "c"], ["c"]]
    }));
    let found = options(&query, &person());
    let sets: Vec<_> = found.iter().map(|option| option.claim_set).collect();
    assert_eq!(sets, [Some(1), Some(2)]);
    assert_eq!(places(&found[0]), ["age", "member"]);
    let nothing = object(json!({"other": 1}));
    assert!(options(&query, &nothing).is_empty(), "no option: no credential");
}

#[test]
fn values_match_by_type_and_value_and_else_the_claim_counts_as_absent() {
    let query = |path: &str, values: Value| one(json!({"claims": [{"path": [path], "values": values}]}));
    for (path, good, bad) in [
        ("given_name", json!(["Ben", "Ada"]), json!(["ada", "Ben"])),
        ("age", json!([30]), json!(["30", 31])),
        ("member", json!([true]), json!(["true", 1, false])),
        ("ratio", json!([1]), json!([1])),
    ] {
        let matches = !options(&query(path, good), &person()).is_empty();
        assert_eq!(matches, path != "ratio", "{path}: 1.0 is no integer");
        assert!(options(&query(path, bad), &person()).is_empty(), "{path}");
    }
    let mismatch = options(&query("given_name", json!(["Ben"])), &person());
    let absent = options(&query("no_such_claim", json!(["Ben"])), &person());
    assert_eq!(mismatch, absent, "a mismatch looks like absence");
}

#[test]
fn of_several_elements_only_those_with_wanted_values_are_selected() {
    let query = one(json!({"claims": [{"path": ["nationalities", null], "values": ["two", "three"]}]}));
    assert_eq!(places(&options(&query, &person())[0]), ["nationalities.1"]);
    let query = one(json!({"claims": [{"path": ["degrees", null, "type"]}]}));
    assert_eq!(places(&options(&query, &person())[0]), ["degrees.0.type", "degrees.1.type"]);
}

#[test]
fn a_path_that_does_not_fit_the_credential_is_not_satisfied() {
    for path in [json!(["given_name", "x"]), json!(["address", null]), json!(["address", 0]), json!([0])] {
        assert!(options(&one(json!({"claims": [{"path": path}]})), &person()).is_empty());
    }
}

#[test]
fn a_claim_asked_for_twice_is_selected_once() {
    let query = one(json!({"claims": [{"path": ["age"]}, {"path": ["age"]}]}));
    assert_eq!(places(&options(&query, &person())[0]), ["age"]);
}

#[test]
fn type_format_and_holder_binding_must_fit() {
    let claims = person();
    let finds = |query: Value, candidate: Candidate<'_>| {
        !parse(&query).unwrap().evaluate(&[candidate]).of("q").unwrap().candidates.is_empty()
    };
    let good = candidate(&claims);
    assert!(finds(one(json!({})), good));
    assert!(finds(one(json!({"meta": {}})), good), "an empty meta takes any type");
    assert!(!finds(one(json!({})), Candidate { vct: "urn:passport-network:profile:2", ..good }));
    assert!(!finds(one(json!({})), Candidate { vct: "URN:passport-network:profile:1", ..good }));
    assert!(!finds(one(json!({"format": "mso_mdoc", "meta": {}})), good));
    assert!(!finds(one(json!({"format": "vc+sd-jwt"})), good));
    let unbound = Candidate { holder_bound: false, ..good };
    assert!(!finds(one(json!({})), unbound));
    assert!(finds(one(json!({"require_cryptographic_holder_binding": false})), unbound));
}

#[test]
fn trusted_authorities_are_alternatives_over_types_and_values() {
    let claims = person();
    let identifiers = [vec![1, 2], vec![3]];
    let own = Candidate { authority_key_identifiers: &identifiers, ..candidate(&claims) };
    let finds = |authorities: Value| {
        let query = parse(&one(json!({ "trusted_authorities": authorities }))).unwrap();
        !query.evaluate(&[own]).of("q").unwrap().candidates.is_empty()
    };
    assert!(finds(json!([{"type": "aki", "values": ["AQ", "Aw"]}])), "any certificate of the chain");
    assert!(finds(json!([{"type": "etsi_tl", "values": ["x"]}, {"type": "aki", "values": ["AQI"]}])));
    assert!(!finds(json!([{"type": "aki", "values": ["AQ"]}])));
    assert!(!finds(json!([{"type": "etsi_tl", "values": ["x"]}])));
    // What is of another type matches nothing, though it names the very identifier.
    for other in ["etsi_tl", "openid_federation", "AKI", "future"] {
        assert!(!finds(json!([{"type": other, "values": ["AQI", "Aw"]}])), "{other}");
    }
    assert!(finds(
        json!([{"type": "aki", "values": ["AQ", "Aw"]}, {"type": "openid_federation", "values": ["x"]}])
    ));
}

#[test]
fn every_fitting_candidate_is_offered_in_order() {
    let (one_claims, two_claims, other) = (person(), person(), object(json!({"a": 1})));
    let query = parse(&one(json!({"claims": [{"path": ["age"]}]}))).unwrap();
    let candidates = [candidate(&one_claims), candidate(&other), candidate(&two_claims)];
    let matches = query.evaluate(&candidates);
    let found: Vec<usize> = matches.of("q").unwrap().candidates.iter().map(|m| m.candidate).collect();
    assert_eq!(found, [0, 2]);
}
