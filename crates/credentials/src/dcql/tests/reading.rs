//! Reading and writing queries (OpenID4VP 1.0 §6): each rule, and what misses it narrowly.

use super::*;

fn refused(value: Value, error: DcqlError) {
    assert_eq!(parse(&value), Err(error), "{value}");
}

#[test]
fn a_full_query_reads_and_is_written_back_the_same() {
    let query = json!({
        "credentials": [
            {
                "id": "profile_1", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT, "b"]}, "multiple": true,
                "require_cryptographic_holder_binding": false,
                "trusted_authorities": [
                    {"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]},
                    {"type": "etsi_tl", "values": ["https://lotl.example.org"]}
                ],
                "claims": [
                    {"id": "a", "path": ["given_name"], "values": ["Ada", 1, true]},
                    {"id": "b", "path": ["degrees", null, "type"]},
                    {"id": "c", "path": ["nationalities", 0]}
                ],
                "claim_sets": [["a", "b"], ["c"]]
            },
            {
                "id": "mdl", "format": "mso_mdoc", "meta": {"doctype_value": "org.iso.18013.5.1.mDL"},
                "claims": [{"path": ["org.iso.18013.5.1", "given_name"], "intent_to_retain": true}]
            },
            {"id": "w3c", "format": "ldp_vc", "meta": {"type_values": [["https://a.example.org#T"]]}}
        ],
        "credential_sets": [
            {"options": [["profile_1"], ["mdl", "w3c"]], "required": true},
            {"options": [["w3c"]], "required": false}
        ]
    });
    let read = parse(&query).unwrap();
    assert_eq!(read.to_value(), query);
    assert_eq!(serde_json::from_value::<Query>(serde_json::to_value(&read).unwrap()).unwrap(), read);
}

#[test]
fn absent_members_have_their_defaults_and_unknown_ones_are_ignored() {
    let read = parse(&one(json!({"future": {"x": 1}, "claims": [{"path": ["a"], "purpose": "x"}]}))).unwrap();
    let query = &read.credentials()[0];
    assert!(!query.multiple && query.require_holder_binding);
    assert!(query.claim_sets.is_empty() && query.trusted_authorities.is_empty());
    let mut sets = one(json!({}));
    sets["credential_sets"] = json!([{"options": [["q"]]}]);
    assert!(parse(&sets).unwrap().credential_sets()[0].required);
}

#[test]
fn an_unknown_member_changes_nothing_wherever_it_stands() {
    let query = json!({
        "credentials": [{
            "id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]},
            "trusted_authorities": [{"type": "aki", "values": ["AQ"]}],
            "claims": [{"id": "a", "path": ["a"], "values": [1]}], "claim_sets": [["a"]]
        }],
        "credential_sets": [{"options": [["q"]]}]
    });
    let read = parse(&query).unwrap();
    for place in [
        "",
        "/credentials/0",
        "/credentials/0/meta",
        "/credentials/0/trusted_authorities/0",
        "/credentials/0/claims/0",
        "/credential_sets/0",
    ] {
        for value in [json!(null), json!([]), json!({"required": true})] {
            let mut with_more = query.clone();
            let object = with_more.pointer_mut(place).unwrap().as_object_mut().unwrap();
            object.insert("unheard_of".to_owned(), value.clone());
            assert_eq!(parse(&with_more).as_ref(), Ok(&read), "{place} {value}");
        }
    }
}

#[test]
fn credentials_must_be_a_non_empty_array_of_objects() {
    for bad in [json!([]), json!("x"), json!(null), json!(1)] {
        refused(bad, DcqlError::NotAnObject);
    }
    for bad in
        [json!({}), json!({"credentials": []}), json!({"credentials": {}}), json!({"credentials": [1]})]
    {
        refused(bad, DcqlError::BadCredentials);
    }
}

#[test]
fn ids_are_letters_digits_underscores_and_hyphens_and_unique() {
    for bad in [json!(""), json!("a b"), json!("a.b"), json!("ä"), json!(1), json!(null)] {
        refused(one(json!({ "id": bad })), DcqlError::BadId);
    }
    assert!(parse(&one(json!({"id": "aZ-09_"}))).is_ok());
    let query = one(json!({}))["credentials"][0].clone();
    refused(json!({"credentials": [query, query]}), DcqlError::DuplicateId(id("q")));
    let claims = json!({"claims": [{"id": "x", "path": ["a"]}, {"id": "x", "path": ["b"]}]});
    refused(one(claims), DcqlError::DuplicateId(id("x")));
    refused(one(json!({"claims": [{"id": "x y", "path": ["a"]}]})), DcqlError::BadId);
}

#[test]
fn format_and_meta_are_required() {
    for bad in [json!(null), json!(1), json!("")] {
        refused(one(json!({ "format": bad })), DcqlError::BadFormat(id("q")));
    }
    for bad in [
        json!(null),
        json!("x"),
        json!({"vct_values": []}),
        json!({"vct_values": "x"}),
        json!({"vct_values": [1]}),
    ] {
        refused(one(json!({ "meta": bad })), DcqlError::BadMeta(id("q")));
    }
    let mut without = one(json!({}));
    without["credentials"][0].as_object_mut().unwrap().remove("meta");
    refused(without, DcqlError::BadMeta(id("q")));
    assert!(parse(&one(json!({"meta": {}}))).is_ok());
    refused(one(json!({"format": "mso_mdoc", "meta": {"doctype_value": 1}})), DcqlError::BadMeta(id("q")));
    for bad in [json!([]), json!(["x"]), json!([[]]), json!([[1]])] {
        let of = |format: &str| one(json!({"format": format, "meta": {"type_values": bad}}));
        refused(of("jwt_vc_json"), DcqlError::BadMeta(id("q")));
        refused(of("ldp_vc"), DcqlError::BadMeta(id("q")));
        assert!(parse(&of("future")).is_ok(), "of a format that is not known nothing is known");
    }
}

#[test]
fn flags_are_true_or_false() {
    for member in ["multiple", "require_cryptographic_holder_binding"] {
        for bad in [json!("true"), json!(1), json!(null)] {
            refused(one(json!({ member: bad })), DcqlError::NotBoolean { id: id("q"), member });
        }
    }
    let mdoc = json!({"format": "mso_mdoc", "meta": {},
                      "claims": [{"path": ["a", "b"], "intent_to_retain": "yes"}]});
    refused(one(mdoc), DcqlError::NotBoolean { id: id("q"), member: "intent_to_retain" });
}

#[test]
fn claims_must_be_a_non_empty_array_of_objects_with_paths() {
    for bad in [json!([]), json!({}), json!("x"), json!([1]), json!(null)] {
        refused(one(json!({ "claims": bad })), DcqlError::BadClaims(id("q")));
    }
    let bad_path = |reason| DcqlError::BadPath { id: id("q"), reason };
    refused(one(json!({"claims": [{}]})), bad_path(PathError::Empty));
    refused(one(json!({"claims": [{"path": []}]})), bad_path(PathError::Empty));
    refused(one(json!({"claims": [{"path": "a"}]})), bad_path(PathError::Empty));
    for part in [json!(-1), json!(1.5), json!(true), json!({})] {
        refused(one(json!({"claims": [{"path": ["a", part]}]})), bad_path(PathError::BadPart));
    }
}

#[test]
fn an_mdoc_path_is_a_namespace_and_an_element() {
    let mdoc = |path: Value| one(json!({"format": "mso_mdoc", "meta": {}, "claims": [{"path": path}]}));
    assert!(parse(&mdoc(json!(["n", "e"]))).is_ok());
    for bad in [json!(["n"]), json!(["n", "e", "x"]), json!(["n", 1]), json!(["n", null])] {
        refused(mdoc(bad), DcqlError::BadMdocPath(id("q")));
    }
}

#[test]
fn values_are_strings_integers_and_booleans() {
    let with = |values: Value| one(json!({"claims": [{"path": ["a"], "values": values}]}));
    assert!(parse(&with(json!(["x", -1, false]))).is_ok());
    for bad in [json!([]), json!("x"), json!([1.5]), json!([null]), json!([["x"]]), json!([{}]), json!(null)]
    {
        refused(with(bad), DcqlError::BadValues(id("q")));
    }
}

#[test]
fn claim_sets_need_claims_with_ids_and_known_names() {
    refused(one(json!({"claim_sets": [["a"]]})), DcqlError::ClaimSetsWithoutClaims(id("q")));
    let with = |claims: Value, sets: Value| one(json!({"claims": claims, "claim_sets": sets}));
    let claims = json!([{"id": "a", "path": ["a"]}, {"id": "b", "path": ["b"]}]);
    assert!(parse(&with(claims.clone(), json!([["a", "b"], ["b"]]))).is_ok());
    for bad in [json!([]), json!([[]]), json!([["a"], []]), json!("a"), json!([["a b"]]), json!([[1]])] {
        refused(with(claims.clone(), bad), DcqlError::BadClaimSets(id("q")));
    }
    let unknown = DcqlError::UnknownClaim { id: id("q"), claim: id("c") };
    refused(with(claims, json!([["a"], ["c"]])), unknown);
    let nameless = json!([{"id": "a", "path": ["a"]}, {"path": ["b"]}]);
    refused(with(nameless, json!([["a"]])), DcqlError::ClaimWithoutId(id("q")));
}

#[test]
fn trusted_authorities_have_a_type_and_values() {
    let with = |authorities: Value| one(json!({ "trusted_authorities": authorities }));
    assert!(
        parse(&with(json!([{"type": "aki", "values": ["AQ"]}, {"type": "new", "values": ["x"]}]))).is_ok()
    );
    for bad in [
        json!([]),
        json!({}),
        json!([1]),
        json!([{"values": ["AQ"]}]),
        json!([{"type": "aki"}]),
        json!([{"type": "aki", "values": []}]),
        json!([{"type": "aki", "values": [1]}]),
        json!([{"type": "aki", "values": ["no base64url!"]}]),
    ] {
        refused(with(bad), DcqlError::BadTrustedAuthorities(id("q")));
    }
}

#[test]
fn credential_sets_name_known_queries() {
    let with = |sets: Value| {
        let mut query = one(json!({}));
        query["credential_sets"] = sets;
        query
    };
    assert!(parse(&with(json!([{"options": [["q"]]}]))).is_ok());
    for bad in [
        json!([]),
        json!({}),
        json!([1]),
        json!([{}]),
        json!([{"options": []}]),
        json!([{"options": [[]]}]),
        json!([{"options": ["q"]}]),
        json!([{"options": [["q"]], "required": "yes"}]),
    ] {
        refused(with(bad), DcqlError::BadCredentialSets);
    }
    refused(with(json!([{"options": [["q"], ["r"]]}])), DcqlError::UnknownCredential(id("r")));
}

#[test]
fn a_claim_asked_for_twice_is_tolerated_from_others_and_refused_in_our_own_queries() {
    let twice = json!({"claims": [{"path": ["given_name"]}, {"path": ["given_name"]}]});
    assert!(parse(&one(twice)).is_ok());
    let path = ClaimsPath::name("given_name");
    let own = CredentialQuery::sd_jwt_vc(id("q"), VCT, [path.clone(), path.clone()]);
    assert_eq!(Query::new(vec![own], vec![]), Err(DcqlError::DuplicateClaim { id: id("q"), path }));
}

#[test]
fn authorities_that_no_answer_can_be_checked_against_are_read_from_others_and_refused_in_our_own_queries() {
    let with = |authorities: Value| parse(&one(json!({ "trusted_authorities": authorities }))).unwrap();
    let aki = json!({"type": "aki", "values": ["AQ"]});
    assert_eq!(with(json!([aki])).check_as_own(), Ok(()));
    for kind in ["etsi_tl", "openid_federation", "future"] {
        let other = json!({"type": kind, "values": ["https://list.example.org"]});
        let error = with(json!([aki, other])).check_as_own().unwrap_err();
        assert_eq!((&error, error.code()), (&DcqlError::UncheckedAuthority(id("q")), "invalid_request"));
    }
}

#[test]
fn a_query_that_no_sd_jwt_vc_can_satisfy_is_told_from_its_formats_alone() {
    let query = |id: &str, format: &str| json!({"id": id, "format": format, "meta": {}});
    let (ours, mdoc, w3c) = (query("a", "dc+sd-jwt"), query("b", "mso_mdoc"), query("c", "ldp_vc"));
    let takes = |value: Value| parse(&value).unwrap().takes_sd_jwt_vc();
    assert!(takes(json!({"credentials": [ours]})));
    assert!(!takes(json!({"credentials": [mdoc]})));
    assert!(!takes(json!({"credentials": [ours, mdoc]})), "without sets all are wanted");
    let with = |sets: Value| json!({"credentials": [ours, mdoc, w3c], "credential_sets": sets});
    assert!(takes(with(json!([{"options": [["b"], ["a"]]}]))));
    assert!(takes(with(json!([{"options": [["a"]]}, {"options": [["b", "c"]], "required": false}]))));
    assert!(!takes(with(json!([{"options": [["b"], ["a", "c"]]}]))));
}
