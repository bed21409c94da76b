//! What a verifier checks (§8.6), relying on no wallet.

use super::*;

fn answer(claims: &Map<String, Value>) -> Answer<'_> {
    Answer { vct: VCT, claims, shortened: &[], holder_bound: true, authority_key_identifiers: &[] }
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

#[test]
fn authorities_are_checked_again_because_a_wallet_may_ignore_them() {
    let claims = person();
    let identifiers = [vec![1, 2], vec![3]];
    let certified = Answer { authority_key_identifiers: &identifiers, ..answer(&claims) };
    let with = |authorities: Value, answer: Answer<'_>| {
        check(&one(json!({ "trusted_authorities": authorities })), &[("q", vec![answer])]).map(drop)
    };
    let aki = |values: Value| json!([{"type": "aki", "values": values}]);
    let refused = Err(NotSatisfied::OtherAuthority(id("q")));
    assert_eq!(with(aki(json!(["AQ", "Aw"])), certified), Ok(()), "any certificate, any value");
    assert_eq!(with(aki(json!(["AQ"])), certified), refused, "the beginning of an identifier is not it");
    assert_eq!(with(aki(json!(["Aw"])), answer(&claims)), refused, "a credential without a chain");
    let list = json!({"type": "etsi_tl", "values": ["https://lotl.example.org"]});
    assert_eq!(with(json!([list]), certified), refused, "what cannot be told is a no");
    assert_eq!(with(json!([list, {"type": "aki", "values": ["Aw"]}]), certified), Ok(()), "any type");
    assert_eq!(NotSatisfied::OtherAuthority(id("q")).code(), "other_authority");
}

#[test]
fn a_claim_set_counts_only_as_a_whole() {
    let claims = object(json!({"a": 1, "c": 1}));
    let query = one(json!({
        "claims": [{"id": "a", "path": ["a"]}, {"id": "b", "path": ["b"]}, {"id": "c", "path": ["c"], "values": [2]}],
        "claim_sets": [["a", "b"], ["b", "c"], ["a", "c"]]
    }));
    let error = check(&query, &[("q", vec![answer(&claims)])]).unwrap_err();
    assert_eq!(error, NotSatisfied::MissingClaims { id: id("q"), paths: names(&["b"]) });
    let right = object(json!({"a": 1, "c": 2}));
    let accepted = check(&query, &[("q", vec![answer(&right)])]).unwrap();
    let kept: Vec<usize> = accepted.answers[0].claims.iter().map(|claim| claim.claim).collect();
    assert_eq!(kept, [0, 2]);
}

#[test]
fn of_several_answers_each_one_must_fit() {
    let (good, bad) = (person(), object(json!({"other": 1})));
    let query = one(json!({"multiple": true, "claims": [{"path": ["age"]}]}));
    let error = check(&query, &[("q", vec![answer(&good), answer(&bad)])]).unwrap_err();
    assert_eq!(error, NotSatisfied::MissingClaims { id: id("q"), paths: names(&["age"]) });
    let accepted = check(&query, &[("q", vec![answer(&good), answer(&good)])]).unwrap();
    let positions: Vec<usize> = accepted.answers.iter().map(|answer| answer.position).collect();
    assert_eq!(positions, [0, 1]);
}

#[test]
fn a_type_is_compared_as_it_is_written() {
    let claims = person();
    let of = |vct: &'static str| check(&one(json!({})), &[("q", vec![Answer { vct, ..answer(&claims) }])]);
    assert!(of(VCT).is_ok());
    for other in [
        "urn:passport-network:Profile:1",
        "URN:passport-network:profile:1",
        "urn:passport-network:profile:1 ",
        "urn:passport-network:profile:01",
        "urn:passport-network:profile",
        "",
    ] {
        assert_eq!(of(other).unwrap_err().code(), "wrong_credential_type", "{other}");
    }
}
