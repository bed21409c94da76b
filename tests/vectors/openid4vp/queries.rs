//! The example queries of §6 and Appendix B: read, written again with the same meaning, and answered.

use std::path::Path;

use credentials::dcql::{Candidate, Query};
use serde_json::{Map, Value, json};

use crate::walk::{self, UNKNOWN, said, same};

const IDENTITY: &str = "https://credentials.example.com/identity_credential";
const REDUCED: &str = "https://credentials.example.com/reduced_identity_credential";
const RESIDENCE: &str = "https://cred.example/residence_credential";
const REWARDS: &str = "https://company.example/company_rewards";

pub(super) fn check(name: &str, file: &Path) -> Result<(), String> {
    let query = read(&walk::value(file)?)?;
    match name {
        "simple.json" => simple(&query),
        "value_matching_simple.json" => values(&query),
        "claims_alternatives.json" => claim_sets(&query),
        "credentials_alternatives.json" => credential_sets(&query),
        "multi_credentials.json" => two_formats(&query),
        "simple_mdoc.json" | "complex_mdoc.json" | "dcql_jwt_vc.json" | "dcql_ldp_vc.json" => foreign(&query),
        _ => Err(UNKNOWN.to_owned()),
    }
}

/// Reads a query, and writes it back as it stood, with the defaults filled in.
pub(crate) fn read(query: &Value) -> Result<Query, String> {
    let read = Query::parse(query).map_err(said)?;
    let mut expected = query.clone();
    if let Some(sets) = expected.get_mut("credential_sets").and_then(Value::as_array_mut) {
        for set in sets.iter_mut().filter(|set| set.get("required").is_none()) {
            set["required"] = json!(true);
        }
    }
    same("written", read.to_value(), expected)?;
    Ok(read)
}

/// A credential that the person has: its type and all its claims.
pub(crate) type Has = (&'static str, Value);

/// What a wallet sends: for each query the credential's position, the claim set and the places of its claims.
pub(crate) type Sent = Vec<(String, usize, Option<usize>, Vec<String>)>;

/// What a wallet with these credentials sends, optional sets included; `None`: nothing at all.
pub(crate) fn sent(query: &Query, has: &[Has]) -> Option<Sent> {
    let claims: Vec<Map<String, Value>> =
        has.iter().map(|(_, claims)| claims.as_object().unwrap().clone()).collect();
    let candidates: Vec<Candidate<'_>> = has
        .iter()
        .zip(&claims)
        .map(|((vct, _), claims)| Candidate {
            vct,
            claims,
            holder_bound: true,
            authority_key_identifiers: &[],
        })
        .collect();
    let chosen = query.evaluate(&candidates).choose(true)?;
    let places = |choice: &credentials::dcql::Choice| {
        choice.option.locations().map(ToString::to_string).collect::<Vec<_>>()
    };
    Some(
        chosen
            .iter()
            .map(|choice| {
                (choice.query.to_string(), choice.candidate, choice.option.claim_set, places(choice))
            })
            .collect(),
    )
}

fn one(
    query: &str,
    candidate: usize,
    set: Option<usize>,
    places: &[&str],
) -> (String, usize, Option<usize>, Vec<String>) {
    (query.to_owned(), candidate, set, places.iter().map(|place| (*place).to_owned()).collect())
}

fn identity() -> Value {
    json!({
        "family_name": "Doe", "given_name": "John", "postal_code": "90210",
        "address": {"street_address": "1 Quay", "country": "XX"}
    })
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// §6.4.1: without claim sets all claims, and nothing of what was not asked for.
fn simple(query: &Query) -> Result<(), String> {
    let all = one("my_credential", 0, None, &["family_name", "given_name", "address.street_address"]);
    same("whole", sent(query, &[(IDENTITY, identity())]), Some(vec![all]))?;
    same("a claim missing", sent(query, &[(IDENTITY, without(identity(), "address"))]), None::<Sent>)?;
    same("another type", sent(query, &[(REDUCED, identity())]), None::<Sent>)
}

/// §6.4.1: a claim of another value or another type of value counts as absent.
fn values(query: &Query) -> Result<(), String> {
    let places = ["family_name", "given_name", "address.street_address", "postal_code"];
    same(
        "fitting",
        sent(query, &[(IDENTITY, identity())]),
        Some(vec![one("my_credential", 0, None, &places)]),
    )?;
    for (name, value) in
        [("family_name", json!("doe")), ("postal_code", json!(90210)), ("postal_code", json!("90212"))]
    {
        let mut other = identity();
        other[name] = value;
        same(name, sent(query, &[(IDENTITY, other)]), None::<Sent>)?;
    }
    Ok(())
}

/// §6.4.1: the first claim set that can be satisfied.
fn claim_sets(query: &Query) -> Result<(), String> {
    let whole = json!({"family_name": "Doe", "postal_code": "1", "locality": "Harbour", "region": "X", "date_of_birth": "1990-01-01"});
    let first = one("pid", 0, Some(0), &["family_name", "locality", "region", "date_of_birth"]);
    same("both", sent(query, &[(IDENTITY, whole.clone())]), Some(vec![first]))?;
    let second = one("pid", 0, Some(1), &["family_name", "postal_code", "date_of_birth"]);
    let abroad = without(whole.clone(), "region");
    same("the second", sent(query, &[(IDENTITY, abroad.clone())]), Some(vec![second]))?;
    same("neither", sent(query, &[(IDENTITY, without(abroad, "postal_code"))]), None::<Sent>)
}

/// §6.4.2: one option of each required set, and the optional set where it can be.
fn credential_sets(query: &Query) -> Result<(), String> {
    let reduced = (REDUCED, json!({"family_name": "Doe", "given_name": "John"}));
    let residence = (RESIDENCE, json!({"postal_code": "1", "locality": "Harbour", "region": "X"}));
    let rewards = (REWARDS, json!({"rewards_number": "7"}));
    let pid = one("pid", 0, None, &["given_name", "family_name", "address.street_address"]);
    let nice = |candidate| one("nice_to_have", candidate, None, &["rewards_number"]);
    let has = [(IDENTITY, identity()), reduced.clone(), residence.clone()];
    same("the first option", sent(query, &has), Some(vec![pid]))?;
    let both = vec![
        one("pid_reduced_cred_1", 0, None, &["family_name", "given_name"]),
        one("pid_reduced_cred_2", 1, None, &["postal_code", "locality", "region"]),
        nice(2),
    ];
    same("the third option", sent(query, &[reduced.clone(), residence, rewards.clone()]), Some(both))?;
    same("half an option", sent(query, &[reduced, rewards.clone()]), None::<Sent>)?;
    same("the optional set alone", sent(query, &[rewards]), None::<Sent>)
}

/// §6.4.2: without credential sets all are wanted; one of them is an mdoc, so nothing is sent.
fn two_formats(query: &Query) -> Result<(), String> {
    let claims = identity();
    let claims = claims.as_object().ok_or("no claims")?;
    let candidate = Candidate { vct: IDENTITY, claims, holder_bound: true, authority_key_identifiers: &[] };
    same("answerable", query.evaluate(&[candidate]).answerable().into_iter().collect::<Vec<_>>(), ["pid"])?;
    same("sent", sent(query, &[(IDENTITY, identity())]), None::<Sent>)
}

/// mdoc and W3C credentials are asked for: read, and answered by no SD-JWT VC whatever its type is called.
pub(crate) fn foreign(query: &Query) -> Result<(), String> {
    let mut everything = identity();
    everything["credentialSubject"] = identity();
    for namespace in ["org.iso.7367.1", "org.iso.18013.5.1", "eu.europa.ec.eudi.pid.1"] {
        everything[namespace] = json!({
            "vehicle_holder": "x", "given_name": "x", "family_name": "x", "portrait": "x", "driving_privileges": "x",
            "resident_address": "x", "resident_country": "x"
        });
    }
    let types = [
        "org.iso.7367.1.mVRC",
        "org.iso.18013.5.1.mDL",
        "org.iso.23220.photoid.1",
        "IDCredential",
        "eu.europa.ec.eudi.pid.1",
    ];
    let has: Vec<Has> = types.iter().map(|vct| (*vct, everything.clone())).collect();
    same("sent", sent(query, &has), None::<Sent>)
}
