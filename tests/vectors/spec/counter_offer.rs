//! Counter-offers as they are sent (specs/profile.md §7).

use network::counter_offer::{CounterOffer, FORMAT, Reply, data};
use serde_json::{Value, json};

use super::deterministic::NOW;

pub(super) fn vectors() -> Value {
    json!({
        "about": "Counter-offers, the entry of verifier_info that names their address, and the answers to them",
        "spec": "specs/profile.md",
        "now": NOW.seconds(),
        "verifier_info": {
            "format": FORMAT,
            "data": data("https://kiln.example.org/counter-offer/yrh6oS7r7c6gN9m2m0yXjQ"),
        },
        "taken": taken(),
        "refused": refused(),
        "answers": answers(),
    })
}

fn message() -> Value {
    json!({
        "request": "4Yy3Qp1Zk0Yz9Zc8m0vUjH8g2r6b1oQn8f3K2q5d7xE",
        "state": "Jx2W0m3s5u8x7A1d4G6j9L0n3Q5t8W1z4C7f0I3l6o8",
        "offered": [["given_name"], ["email"]],
        "instead": [{"of": ["birthdate"], "offer": ["age_equal_or_over", "18"]}],
    })
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut message = message();
    change(&mut message);
    message
}

fn taken() -> Vec<Value> {
    let cases = [
        ("over 18 in place of the date of birth", message()),
        ("less, and nothing in its place", with(|one| one["instead"] = json!([]))),
        ("a replacement alone", with(|one| one["offered"] = json!([]))),
        (
            "a nested claim and the elements of a list",
            with(|one| {
                one["offered"] = json!([["address", "locality"], ["skills", null]]);
            }),
        ),
    ];
    let read = |(name, body): (&str, Value)| {
        let offer = CounterOffer::from_json(body.to_string().as_bytes()).unwrap();
        let again: Value = serde_json::from_str(&offer.to_json()).unwrap();
        assert_eq!(again, body, "{name}");
        json!({"name": name, "body": body})
    };
    cases.map(read).to_vec()
}

fn refused() -> Vec<Value> {
    let cases = [
        ("a value beside a path", with(|one| one["email"] = json!("ada@example.org"))),
        ("a value in a path", with(|one| one["offered"][1] = json!(["email", {"value": "ada@example.org"}]))),
        ("an empty path", with(|one| one["offered"][1] = json!([]))),
        ("a claim twice", with(|one| one["offered"][1] = json!(["given_name"]))),
        ("a claim offered and replaced", with(|one| one["offered"][1] = json!(["birthdate"]))),
        (
            "nothing",
            with(|one| {
                one["offered"] = json!([]);
                one["instead"] = json!([]);
            }),
        ),
        (
            "no state",
            with(|one| {
                one.as_object_mut().unwrap().remove("state");
            }),
        ),
        (
            "too many paths",
            with(|one| {
                one["offered"] = (0..127).map(|place| json!([format!("claim{place}")])).collect();
            }),
        ),
    ];
    let read = |(name, body): (&str, Value)| {
        let why = CounterOffer::from_json(body.to_string().as_bytes()).unwrap_err();
        json!({"name": name, "body": body, "why": why.to_string()})
    };
    cases.map(read).to_vec()
}

fn answers() -> Vec<Value> {
    let bodies = [
        json!({"outcome": "new_request", "request": {
            "link": "openid4vp://?client_id=x509_hash%3AAbC&request_uri=https%3A%2F%2Fkiln.example.org%2Frequest%2F1&request_uri_method=post",
            "client_id": "x509_hash:AbC",
            "request_uri": "https://kiln.example.org/request/1",
            "request_uri_method": "post",
        }}),
        json!({"outcome": "declined", "reason": "birthdate is needed, and nothing is taken in its place"}),
    ];
    for body in &bodies {
        let reply = Reply::from_json(body.to_string().as_bytes()).unwrap();
        assert_eq!(serde_json::to_value(reply).unwrap(), *body);
    }
    bodies.to_vec()
}
