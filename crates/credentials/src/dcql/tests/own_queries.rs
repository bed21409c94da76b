//! Queries made of their parts, what they are called in reports, and what of a query is written.

use super::*;

fn own(name: &str, claims: &[&str]) -> CredentialQuery {
    CredentialQuery::sd_jwt_vc(id(name), VCT, names(claims))
}

fn set(options: Vec<Vec<Id>>) -> CredentialSet {
    CredentialSet { options, required: true }
}

#[test]
fn a_query_of_different_claims_and_of_sets_with_options_is_made() {
    let query =
        Query::new(vec![own("a", &["x", "y"]), own("b", &[])], vec![set(vec![vec![id("a")]])]).unwrap();
    assert_eq!(query.check_as_own(), Ok(()));
    assert_eq!(parse(&query.to_value()), Ok(query));
}

#[test]
fn a_set_needs_an_option_and_an_option_a_query_that_is_there() {
    let with = |sets| Query::new(vec![own("a", &[])], sets);
    for empty in [vec![], vec![vec![]], vec![vec![id("a")], vec![]]] {
        assert_eq!(with(vec![set(empty)]), Err(DcqlError::BadCredentialSets));
    }
    assert_eq!(with(vec![set(vec![vec![id("b")]])]), Err(DcqlError::UnknownCredential(id("b"))));
    assert!(with(vec![]).is_ok());
    assert_eq!(Query::new(vec![], vec![]), Err(DcqlError::BadCredentials));
}

#[test]
fn claim_sets_need_claims_with_ids_also_when_they_are_not_read() {
    let with = |claims: Vec<ClaimsQuery>, claim_sets: Vec<Vec<Id>>| {
        Query::new(vec![CredentialQuery { claims, claim_sets, ..own("q", &[]) }], vec![]).map(drop)
    };
    let claim = |name: &str, own: Option<Id>| ClaimsQuery {
        id: own,
        path: ClaimsPath::name(name),
        values: Vec::new(),
        intent_to_retain: None,
    };
    assert_eq!(with(vec![], vec![vec![id("x")]]), Err(DcqlError::ClaimSetsWithoutClaims(id("q"))));
    let nameless = with(vec![claim("x", Some(id("x"))), claim("y", None)], vec![vec![id("x")]]);
    assert_eq!(nameless, Err(DcqlError::ClaimWithoutId(id("q"))));
    let x = || vec![claim("x", Some(id("x")))];
    assert_eq!(with(x(), vec![vec![id("x")], vec![]]), Err(DcqlError::BadClaimSets(id("q"))));
    let unknown = DcqlError::UnknownClaim { id: id("q"), claim: id("y") };
    assert_eq!(with(x(), vec![vec![id("x"), id("y")]]), Err(unknown));
    assert_eq!(with(x(), vec![vec![id("x")]]), Ok(()));
}

#[test]
fn an_authority_has_as_many_values_as_are_written() {
    let with = |kind: &str, values: Value| {
        let query = one(json!({"trusted_authorities": [{"type": kind, "values": values}]}));
        parse(&query).unwrap().credentials()[0].trusted_authorities[0].values()
    };
    for kind in ["aki", "etsi_tl"] {
        assert_eq!(with(kind, json!(["AQ"])), 1, "{kind}");
        assert_eq!(with(kind, json!(["AQ", "Ag", "Aw"])), 3, "{kind}");
    }
}

#[test]
fn what_takes_any_type_is_written_with_an_empty_meta() {
    for format in ["dc+sd-jwt", "mso_mdoc", "future"] {
        let query = json!({"credentials": [{"id": "q", "format": format, "meta": {}}]});
        assert_eq!(parse(&query).unwrap().to_value(), query);
    }
}

#[test]
fn a_refused_query_is_told_by_the_ids_in_it() {
    let unknown = DcqlError::UnknownClaim { id: id("q"), claim: id("c") };
    assert_eq!(unknown.to_string(), "claim_sets of q names c, which is not among its claims");
    let twice = DcqlError::DuplicateClaim { id: id("q"), path: ClaimsPath::names("a", &["b"]) };
    assert_eq!(twice.to_string(), "q asks for a.b twice");
}

#[test]
fn every_fault_of_an_answer_has_a_name_for_reports() {
    let q = || id("q");
    for (fault, code) in [
        (NotSatisfied::UnknownQuery("z".to_owned()), "unknown_query"),
        (NotSatisfied::AnsweredTwice(q()), "answered_twice"),
        (NotSatisfied::NoPresentation(q()), "no_presentation"),
        (NotSatisfied::TooManyPresentations(q()), "too_many_presentations"),
        (NotSatisfied::WrongType(q()), "wrong_credential_type"),
        (NotSatisfied::NotBound(q()), "not_bound"),
        (NotSatisfied::OtherAuthority(q()), "other_authority"),
        (NotSatisfied::SameTwice(q()), "same_credential_twice"),
        (NotSatisfied::MissingClaims { id: q(), paths: names(&["a"]) }, "missing_claims"),
        (NotSatisfied::MissingQuery(q()), "query_not_satisfied"),
        (NotSatisfied::RequiredSet(0), "query_not_satisfied"),
    ] {
        assert_eq!(fault.code(), code, "{fault}");
    }
}
