//! DCQL by what the standard says, from reading a query to checking what came.

mod both_ends;
mod many;
mod own_queries;
mod reading;
mod sets;
mod verifier_side;
mod wallet_side;

use serde_json::json;

use super::*;

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
