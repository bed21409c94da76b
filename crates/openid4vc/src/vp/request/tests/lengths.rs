//! How much a request may hold.

use super::*;

#[test]
fn a_request_that_nobody_could_look_through_is_refused() {
    let scene = scene();
    let asking = |queries: usize, claims: usize, name: &str| {
        let claims = vec![json!({"path": [name]}); claims];
        let query = |number| json!({"id": format!("q{number}"), "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}, "claims": claims});
        json!({"credentials": (0..queries).map(query).collect::<Vec<_>>()})
    };
    let mut sets = asking(1, 1, "a");
    sets["credential_sets"] = json!([{"options": vec![["q0"]; 64]}]);
    for accepted in [asking(64, 2, "a"), asking(1, 128, "a"), asking(1, 1, &"a".repeat(252)), sets.clone()] {
        assert!(scene.read_with(&[("dcql_query", accepted)]).is_ok());
    }
    sets["credential_sets"] = json!([{"options": vec![["q0"]; 65]}]);
    let mut claim_sets = asking(1, 1, "a");
    claim_sets["credentials"][0]["claims"][0]["id"] = json!("c");
    claim_sets["credentials"][0]["claim_sets"] = json!(vec![["c"]; 65]);
    for (query, what) in [
        (asking(65, 1, "a"), "credentials"),
        (asking(1, 129, "a"), "claims"),
        (asking(1, 1, &"a".repeat(253)), "claims"),
        (claim_sets, "claim_sets"),
        (sets, "credential_sets"),
    ] {
        let error = refusal(&scene, "dcql_query", query);
        assert_eq!((&error, error.code()), (&RequestError::TooMuch(what), "invalid_request"));
    }
}

type Change<'a> = &'a dyn Fn(&mut Value);

#[test]
fn no_list_in_a_query_goes_on_without_end() {
    let scene = scene();
    let many = |count: usize| (0..count).map(|one| json!(format!("v{one}"))).collect::<Value>();
    let asking = |change: &dyn Fn(&mut Value)| {
        let mut query = json!({"credentials": [
            {"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}, "claims": [{"id": "c", "path": ["x"]}]},
            {"id": "b", "format": "dc+sd-jwt", "meta": {}, "claims": [{"path": ["x"]}]},
        ]});
        change(&mut query);
        scene.read_with(&[("dcql_query", query)]).map(drop)
    };
    let set =
        |options: Value| move |query: &mut Value| query["credential_sets"] = json!([{"options": options}]);
    let one = |name: &'static str, value: Value| {
        move |query: &mut Value| query["credentials"][0][name] = value.clone()
    };
    let claim = |name: &'static str, value: Value| {
        move |query: &mut Value| query["credentials"][0]["claims"][0][name] = value.clone()
    };
    let authority = |values: usize| json!([{"type": "etsi_tl", "values": many(values)}]);
    let accepted: [Change<'_>; 7] = [
        &|query| set(json!([["a", "b"], ["b", "a"]]))(query),
        &one("meta", json!({"vct_values": many(64)})),
        &one("meta", json!({"vct_values": ["x".repeat(512)]})),
        &claim("values", many(64)),
        &one("claim_sets", json!([["c"], ["c"]])),
        &one("trusted_authorities", authority(64)),
        &|query| {
            query["credentials"][1]["id"] = json!("b".repeat(256));
        },
    ];
    for (position, change) in accepted.into_iter().enumerate() {
        assert_eq!(asking(change), Ok(()), "{position}");
    }
    let refused: [(Change<'_>, &str); 10] = [
        (&|query| set(json!([vec!["a"; 2_000]]))(query), "credential_sets"),
        (&|query| set(json!([["a", "b", "a"]]))(query), "credential_sets"),
        (&one("meta", json!({"vct_values": many(65)})), "vct_values"),
        (&one("meta", json!({"vct_values": ["x".repeat(513)]})), "vct_values"),
        (&claim("values", many(65)), "values"),
        (&one("claim_sets", json!([["c", "c"]])), "claim_sets"),
        (&one("trusted_authorities", authority(65)), "trusted_authorities"),
        (
            &one("trusted_authorities", json!(vec![json!({"type": "aki", "values": ["AQID"]}); 65])),
            "trusted_authorities",
        ),
        (&|query| query["credentials"][1]["id"] = json!("b".repeat(257)), "credentials"),
        (&claim("id", json!("c".repeat(257))), "claims"),
    ];
    for (change, what) in refused {
        assert_eq!(asking(change), Err(RequestError::TooMuch(what)));
    }
}

#[test]
fn the_options_of_all_sets_together_name_no_more_than_can_be_shown() {
    let scene = scene();
    let ids: Vec<String> = (0..64).map(|one| format!("q{one}")).collect();
    let queries = ids.iter().map(|id| json!({"id": id, "format": "dc+sd-jwt", "meta": {}}));
    let mut query = json!({"credentials": queries.collect::<Value>()});
    query["credential_sets"] = json!([{"options": vec![json!(ids); 4]}]);
    assert!(scene.read_with(&[("dcql_query", query.clone())]).is_ok());
    query["credential_sets"] = json!([{"options": vec![json!(ids); 4]}, {"options": [["q0"]]}]);
    assert_eq!(refusal(&scene, "dcql_query", query), RequestError::TooMuch("credential_sets"));
}

#[test]
fn what_is_said_about_the_verifier_does_not_go_on_without_end() {
    let scene = scene();
    let said = |count: usize, ids: usize| {
        let ids: Vec<String> = (0..ids).map(|one| format!("q{one}")).collect();
        let info = json!({"format": "x", "data": "y", "credential_ids": ids});
        scene.read_with(&[("verifier_info", json!(vec![info; count]))]).map(drop)
    };
    assert_eq!(said(64, 64), Ok(()));
    assert_eq!(said(65, 1), Err(RequestError::TooMuch("verifier_info")));
    assert_eq!(said(1, 65), Err(RequestError::TooMuch("verifier_info")));
}
