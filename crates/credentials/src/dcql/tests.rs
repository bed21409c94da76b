use environment::{SeededRandomness, Timestamp};
use jose::{Algorithm, Signer, SigningKey, VerifyingKey};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::issuer_key::SignAs;
use crate::sd_jwt::key_binding::{Expected, KeyBinding};
use crate::sd_jwt::{Decoys, Frame};
use crate::vc;

const VCT: &str = "urn:passport-network:profile:1";

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn names(paths: &[&str]) -> Vec<ClaimsPath> {
    paths.iter().map(|name| ClaimsPath::name(*name)).collect()
}

/// One credential query with further members.
fn one(members: Value) -> Value {
    let mut query = json!({"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}});
    for (name, value) in members.as_object().unwrap() {
        query[name] = value.clone();
    }
    json!({"credentials": [query]})
}

fn parse(value: &Value) -> Result<Query, DcqlError> {
    Query::parse(value)
}

fn person() -> Map<String, Value> {
    object(json!({
        "given_name": "Ada", "age": 30, "member": true, "ratio": 1.0,
        "address": {"locality": "Harbour", "country": "XX"},
        "nationalities": ["one", "two"],
        "degrees": [{"type": "a"}, {"type": "b"}]
    }))
}

fn candidate(claims: &Map<String, Value>) -> Candidate<'_> {
    Candidate { vct: VCT, claims, holder_bound: true, authority_key_identifiers: &[] }
}

fn options(query: &Value, claims: &Map<String, Value>) -> Vec<ClaimOption> {
    let query = parse(query).unwrap();
    let matches = query.evaluate(&[candidate(claims)]);
    matches.of("q").unwrap().candidates.first().map(|found| found.options.clone()).unwrap_or_default()
}

fn places(option: &ClaimOption) -> Vec<String> {
    option.locations().map(ToString::to_string).collect()
}

mod reading {
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
        let read =
            parse(&one(json!({"future": {"x": 1}, "claims": [{"path": ["a"], "purpose": "x"}]}))).unwrap();
        let query = &read.credentials()[0];
        assert!(!query.multiple && query.require_holder_binding);
        assert!(query.claim_sets.is_empty() && query.trusted_authorities.is_empty());
        let mut sets = one(json!({}));
        sets["credential_sets"] = json!([{"options": [["q"]]}]);
        assert!(parse(&sets).unwrap().credential_sets()[0].required);
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
        refused(
            one(json!({"format": "mso_mdoc", "meta": {"doctype_value": 1}})),
            DcqlError::BadMeta(id("q")),
        );
        for bad in [json!([]), json!(["x"]), json!([[]]), json!([[1]])] {
            let query = one(json!({"format": "jwt_vc_json", "meta": {"type_values": bad}}));
            refused(query, DcqlError::BadMeta(id("q")));
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
        for bad in
            [json!([]), json!("x"), json!([1.5]), json!([null]), json!([["x"]]), json!([{}]), json!(null)]
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
            parse(&with(json!([{"type": "aki", "values": ["AQ"]}, {"type": "new", "values": ["x"]}])))
                .is_ok()
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
}

mod wallet_side {
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
        for path in [json!(["given_name", "x"]), json!(["address", null]), json!(["address", 0]), json!([0])]
        {
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
}

mod sets {
    use super::*;

    /// Queries a to e, each satisfied by a claim of its own name.
    fn query(sets: Value) -> Query {
        let credentials: Vec<Value> = ["a", "b", "c", "d", "e"]
            .iter()
            .map(|name| json!({"id": name, "format": "dc+sd-jwt", "meta": {}, "claims": [{"path": [name]}]}))
            .collect();
        parse(&json!({"credentials": credentials, "credential_sets": sets})).unwrap()
    }

    fn chosen(query: &Query, have: &[&str], optional: bool) -> Option<Vec<String>> {
        let claims: Map<String, Value> = have.iter().map(|name| ((*name).to_owned(), json!(1))).collect();
        let candidates = [candidate(&claims)];
        let matches = query.evaluate(&candidates);
        assert_eq!(matches.is_satisfiable(), matches.choose(optional).is_some());
        let choice = matches.choose(optional)?;
        let ids: BTreeSet<&str> = choice.iter().map(|choice| choice.query.as_str()).collect();
        assert_eq!(query.accepts(&ids), Ok(()), "what is chosen is accepted");
        assert!(query.surplus(&ids).is_empty(), "nothing is sent that completes no option");
        Some(ids.into_iter().map(str::to_owned).collect())
    }

    fn some(ids: &[&str]) -> Option<Vec<String>> {
        Some(ids.iter().map(|id| (*id).to_owned()).collect())
    }

    #[test]
    fn without_sets_every_credential_is_wanted() {
        let claims = json!([{"path": ["a"]}]);
        let query = parse(&json!({"credentials": [
            {"id": "a", "format": "dc+sd-jwt", "meta": {}, "claims": claims},
            {"id": "b", "format": "dc+sd-jwt", "meta": {}, "claims": [{"path": ["b"]}]}
        ]}))
        .unwrap();
        assert_eq!(chosen(&query, &["a", "b"], true), some(&["a", "b"]));
        assert_eq!(chosen(&query, &["a"], true), None);
        let missing = query.accepts(&BTreeSet::from(["a"]));
        assert_eq!(missing, Err(NotSatisfied::MissingQuery(id("b"))));
    }

    #[test]
    fn every_required_set_needs_one_whole_option_and_the_first_is_preferred() {
        let query = query(json!([{"options": [["a"], ["b", "c"]]}, {"options": [["d"]]}]));
        assert_eq!(chosen(&query, &["a", "b", "c", "d", "e"], true), some(&["a", "d"]));
        assert_eq!(chosen(&query, &["b", "c", "d"], true), some(&["b", "c", "d"]));
        assert_eq!(chosen(&query, &["b", "d"], true), None);
        assert_eq!(chosen(&query, &["a"], true), None, "one required set too few: nothing is returned");
        let error = query.accepts(&BTreeSet::from(["a"]));
        assert_eq!(error, Err(NotSatisfied::RequiredSet(1)));
    }

    #[test]
    fn optional_sets_are_answered_by_choice() {
        let query = query(json!([{"options": [["a"]]}, {"options": [["b", "c"], ["d"]], "required": false}]));
        assert_eq!(chosen(&query, &["a", "b", "c", "d"], false), some(&["a"]));
        assert_eq!(chosen(&query, &["a", "b", "c", "d"], true), some(&["a", "b", "c"]));
        assert_eq!(chosen(&query, &["a", "b", "d"], true), some(&["a", "d"]));
        assert_eq!(chosen(&query, &["a", "b"], true), some(&["a"]));
        assert_eq!(query.accepts(&BTreeSet::from(["a"])), Ok(()));
    }

    #[test]
    fn a_query_named_in_no_set_is_not_requested() {
        let query = query(json!([{"options": [["a"]]}]));
        assert!(query.requests("a") && !query.requests("b") && !query.requests("z"));
        assert_eq!(chosen(&query, &["a", "b"], true), some(&["a"]));
        let claims = object(json!({"a": 1, "b": 1}));
        let candidates = [candidate(&claims)];
        assert!(query.evaluate(&candidates).of("b").unwrap().candidates.is_empty());
        assert_eq!(query.surplus(&BTreeSet::from(["a", "b"])), BTreeSet::from(["b"]));
    }

    #[test]
    fn half_an_option_is_surplus() {
        let query = query(json!([{"options": [["a"], ["b", "c"]]}]));
        let answered = BTreeSet::from(["a", "b"]);
        assert_eq!(query.accepts(&answered), Ok(()));
        assert_eq!(query.surplus(&answered), BTreeSet::from(["b"]));
        let unknown = query.accepts(&BTreeSet::from(["a", "z"]));
        assert_eq!(unknown, Err(NotSatisfied::UnknownQuery("z".to_owned())));
    }
}

mod verifier_side {
    use super::*;

    fn answer(claims: &Map<String, Value>) -> Answer<'_> {
        Answer { vct: VCT, claims, shortened: &[], holder_bound: true }
    }

    fn check(query: &Value, answers: &[(&str, Vec<Answer<'_>>)]) -> Result<Accepted, NotSatisfied> {
        parse(query).unwrap().check(answers)
    }

    #[test]
    fn an_answer_with_all_claims_is_accepted_and_the_asked_claims_are_named() {
        let claims = person();
        let query = one(json!({"claims": [{"path": ["age"]}, {"path": ["address", "locality"]}]}));
        let accepted = check(&query, &[("q", vec![answer(&claims)])]).unwrap();
        let kept: Vec<String> = accepted.answers[0]
            .claims
            .iter()
            .flat_map(|claim| claim.locations.iter().map(ToString::to_string))
            .collect();
        assert_eq!(kept, ["age", "address.locality"], "what was sent beyond is not named");
    }

    #[test]
    fn missing_claims_are_named_by_path() {
        let claims = person();
        let query = one(json!({"claims": [{"path": ["age"]}, {"path": ["email"]}]}));
        let paths = names(&["email"]);
        let error = NotSatisfied::MissingClaims { id: id("q"), paths };
        assert_eq!(check(&query, &[("q", vec![answer(&claims)])]), Err(error));
    }

    #[test]
    fn any_claim_set_will_do() {
        let claims = object(json!({"b": 1}));
        let query = one(json!({"claims": [{"id": "a", "path": ["a"]}, {"id": "b", "path": ["b"]}],
                               "claim_sets": [["a"], ["b"]]}));
        let accepted = check(&query, &[("q", vec![answer(&claims)])]).unwrap();
        assert_eq!(accepted.answers[0].claims[0].claim, 1);
    }

    #[test]
    fn values_are_checked_again_because_a_wallet_may_ignore_them() {
        let claims = person();
        let query = |age: Value| one(json!({"claims": [{"path": ["age"], "values": [age]}]}));
        assert!(check(&query(json!(30)), &[("q", vec![answer(&claims)])]).is_ok());
        let error = check(&query(json!("30")), &[("q", vec![answer(&claims)])]).unwrap_err();
        assert_eq!(error.code(), "missing_claims");
    }

    #[test]
    fn one_presentation_unless_multiple() {
        let claims = person();
        let (single, several) = (one(json!({})), one(json!({"multiple": true})));
        let two = || vec![answer(&claims), answer(&claims)];
        assert_eq!(check(&single, &[("q", two())]), Err(NotSatisfied::TooManyPresentations(id("q"))));
        assert_eq!(check(&several, &[("q", two())]).unwrap().answers.len(), 2);
        assert_eq!(check(&single, &[("q", vec![])]), Err(NotSatisfied::NoPresentation(id("q"))));
        let twice = [("q", vec![answer(&claims)]), ("q", vec![answer(&claims)])];
        assert_eq!(check(&single, &twice), Err(NotSatisfied::AnsweredTwice(id("q"))));
    }

    #[test]
    fn unknown_ids_wrong_types_and_unbound_answers_are_refused() {
        let claims = person();
        let query = one(json!({}));
        let unknown = check(&query, &[("q", vec![answer(&claims)]), ("z", vec![answer(&claims)])]);
        assert_eq!(unknown, Err(NotSatisfied::UnknownQuery("z".to_owned())));
        let other = Answer { vct: "other", ..answer(&claims) };
        assert_eq!(check(&query, &[("q", vec![other])]), Err(NotSatisfied::WrongType(id("q"))));
        let unbound = Answer { holder_bound: false, ..answer(&claims) };
        assert_eq!(check(&query, &[("q", vec![unbound])]), Err(NotSatisfied::NotBound(id("q"))));
        let waived = one(json!({"require_cryptographic_holder_binding": false}));
        assert!(check(&waived, &[("q", vec![unbound])]).is_ok());
        assert_eq!(check(&query, &[]), Err(NotSatisfied::MissingQuery(id("q"))));
    }
}

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
}

fn held(claims: Map<String, Value>, decoys: u8) -> vc::Held {
    let holder = key(5);
    let issuing = vc::Issuing {
        vct: VCT,
        claims,
        frame: Frame::Everything { except: vec![] },
        decoys: Decoys { at_least: 0, at_most: decoys },
        holder: Some(holder.public_jwk()),
        issued_at: None,
        not_before: None,
        expires: None,
        status: None,
    };
    let chain = [vec![0x30, 0]];
    let compact = vc::issue(issuing, SignAs::X5c(&chain), &key(1), &SeededRandomness::new(2)).unwrap();
    vc::Held::reopen(&compact).unwrap()
}

/// Sends what was chosen and reads it as the verifier does.
fn present(held: &vc::Held, option: &ClaimOption) -> vc::Presented {
    let now = Timestamp::from_seconds(1_000);
    let selection = held.sd_jwt().select_locations(option.locations());
    let binding = KeyBinding { audience: "v", nonce: "n", issued_at: now };
    let compact = held.sd_jwt().present_bound(&selection, &binding, &key(5)).unwrap();
    let issuer = VerifyingKey::new(key(1).public_jwk()).unwrap();
    let parsed = vc::Unverified::parse(&compact, vc::Types::Current).unwrap();
    let expected = Expected { audience: "v", nonce: "n", now, oldest: 10, skew: 0 };
    parsed.verify(&issuer, now, 0).unwrap().presented(vc::Binding::Required(&expected)).unwrap()
}

#[test]
fn an_index_still_means_the_same_element_when_those_before_it_are_not_sent() {
    let claims = object(json!({"list": ["a", "b", "c"], "rows": [["x"], ["y", "z"]]}));
    for decoys in [0, 3] {
        let held = held(claims.clone(), decoys);
        let query =
            parse(&one(json!({"claims": [{"path": ["list", 2]}, {"path": ["rows", 1, 1]}]}))).unwrap();
        let candidates = [held.as_candidate(&[])];
        let matches = query.evaluate(&candidates);
        let presented = present(&held, &matches.of("q").unwrap().candidates[0].options[0]);
        assert_eq!(presented.claims()["list"], json!(["c"]));
        assert_eq!(presented.claims()["rows"], json!([["z"]]));
        let accepted = query.check(&[("q", vec![presented.as_answer()])]).unwrap();
        assert_eq!(accepted.answers[0].claims[0].locations[0].to_string(), "list.0");
    }
    // An element signed before the one that is meant does not pass for it.
    let held = held(claims, 0);
    let first = ClaimOption {
        claim_set: None,
        claims: vec![SelectedClaim {
            claim: 0,
            locations: vec![crate::Location::default().name("list").index(0)],
        }],
    };
    let presented = present(&held, &first);
    assert_eq!(presented.claims()["list"], json!(["a"]));
    let query = parse(&one(json!({"claims": [{"path": ["list", 2]}]}))).unwrap();
    let refused = query.check(&[("q", vec![presented.as_answer()])]).unwrap_err();
    assert_eq!(refused.code(), "missing_claims");
}

fn any_claims() -> impl Strategy<Value = Map<String, Value>> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..3_i32).prop_map(Value::from),
        "[ab]".prop_map(Value::from)
    ];
    let value = leaf.prop_recursive(2, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[a-c]", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop::collection::hash_map("[a-d]", value, 0..5).prop_map(|members| members.into_iter().collect())
}

fn any_query() -> impl Strategy<Value = Value> {
    let part = prop_oneof![
        4 => "[a-d]".prop_map(Value::from),
        1 => (0..3_u8).prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let path = ("[a-d]", prop::collection::vec(part, 0..3))
        .prop_map(|(first, rest)| std::iter::once(Value::from(first)).chain(rest).collect::<Value>());
    let claims = prop::collection::vec((path, any::<bool>()), 1..4);
    (claims, any::<bool>()).prop_map(|(claims, sets)| {
        let mut query = one(json!({}));
        let listed: Vec<Value> = claims
            .iter()
            .enumerate()
            .map(|(index, (path, valued))| {
                let mut claim = json!({"id": format!("c{index}"), "path": path});
                if *valued {
                    claim["values"] = json!(["a", 1, true]);
                }
                claim
            })
            .collect();
        if sets {
            let singles: Vec<Value> = (0..listed.len()).map(|index| json!([format!("c{index}")])).collect();
            query["credentials"][0]["claim_sets"] = Value::from(singles);
        }
        query["credentials"][0]["claims"] = Value::from(listed);
        query
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_the_wallet_may_send_satisfies_the_verifier_and_nothing_unasked_is_sent(
        claims in any_claims(),
        query in any_query(),
        decoys in 0_u8..3,
    ) {
        let query = parse(&query).unwrap();
        let held = held(claims, decoys);
        let candidates = [held.as_candidate(&[])];
        let matches = query.evaluate(&candidates);
        for found in &matches.of("q").unwrap().candidates {
            for option in &found.options {
                let presented = present(&held, option);
                prop_assert!(query.check(&[("q", vec![presented.as_answer()])]).is_ok());
                let selection = held.sd_jwt().select_locations(option.locations());
                for sent in held.sd_jwt().revealed_locations(&selection) {
                    let asked = option.locations().any(|place| place.holds(sent) || sent.holds(place));
                    prop_assert!(asked, "{sent} was not asked for");
                }
            }
        }
    }

    #[test]
    fn every_query_is_written_as_it_was_read(query in any_query()) {
        let read = parse(&query).unwrap();
        prop_assert_eq!(parse(&read.to_value()), Ok(read));
    }
}
