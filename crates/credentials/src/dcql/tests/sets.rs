//! Credential sets (§6.4.2), at both ends.

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
    let matches = query.evaluate(&candidates);
    assert!(matches.of("b").unwrap().candidates.is_empty());
    let found: Vec<(&str, usize)> =
        matches.per_query().iter().map(|one| (one.query.id.as_str(), one.candidates.len())).collect();
    assert_eq!(found, [("a", 1), ("b", 0), ("c", 0), ("d", 0), ("e", 0)]);
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
