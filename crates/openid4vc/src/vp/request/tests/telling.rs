//! Who is told that a request is faulty, and of what.

use super::*;
use crate::form::Form;

/// What the maker of the honest request with one change may be told.
fn report(scene: &Scene, changes: &[(&str, Value)]) -> Option<Report> {
    let mut claims = scene.claims(&[]);
    for (name, value) in changes {
        if value.is_null() {
            claims.remove(*name);
        } else {
            claims.insert((*name).to_owned(), value.clone());
        }
    }
    let object = RequestObject::decode(&scene.signed(scene.header(), claims)).unwrap();
    let client_id = scene.client_id();
    let authentic = object.authenticate(None, &scene.expected(&client_id)).unwrap();
    let error = authentic.clone().check(TransactionTypes::NONE).unwrap_err();
    authentic.report(&error)
}

#[test]
fn the_maker_of_a_faulty_request_is_told_the_code_and_nothing_else() {
    let scene = scene();
    for (name, value, code) in [
        ("redirect_uri", json!("https://kiln.example/back"), "invalid_request"),
        ("dcql_query", json!({"credentials": []}), "invalid_request"),
        ("nonce", Value::Null, "invalid_request"),
        ("transaction_data", json!(["e30"]), "invalid_transaction_data"),
        ("client_metadata", json!({"vp_formats_supported": {"mso_mdoc": {}}}), "vp_formats_not_supported"),
    ] {
        let report = report(&scene, &[(name, value)]).unwrap();
        assert_eq!((report.code(), report.response_uri()), (code, RESPONSE_URI), "{name}");
        let request = report.to_request();
        assert_eq!(request.url, RESPONSE_URI);
        let form = Form::parse(request.header("content-type"), &request.body).unwrap();
        assert_eq!(form.iter().collect::<Vec<_>>(), [("error", code), ("state", STATE)], "{name}");
    }
}

#[test]
fn nobody_is_told_where_no_answer_could_go() {
    let scene = scene();
    for (name, value) in [
        ("response_uri", Value::Null),
        ("response_uri", json!("http://kiln.example/answers/1")),
        ("response_mode", Value::Null),
        ("response_mode", json!("fragment")),
        ("state", json!("a b")),
    ] {
        let faulty = [("scope", json!("member")), (name, value.clone())];
        assert_eq!(report(&scene, &faulty), None, "{name} {value}");
    }
    let without_state = report(&scene, &[("scope", json!("member")), ("state", Value::Null)]).unwrap();
    let request = without_state.to_request();
    let form = Form::parse(request.header("content-type"), &request.body).unwrap();
    assert_eq!(form.iter().collect::<Vec<_>>(), [("error", "invalid_request")]);
}

#[test]
fn a_request_that_is_not_authentic_is_told_to_nobody() {
    let scene = scene();
    let client_id = scene.client_id();
    for (name, value) in [
        ("aud", json!("https://wallet.example")),
        ("exp", json!(NOW.seconds() - 3_600)),
        ("nbf", json!(NOW.seconds() + 3_600)),
    ] {
        let mut claims = scene.claims(&[]);
        claims.insert(name.to_owned(), value);
        let object = RequestObject::decode(&scene.signed(scene.header(), claims)).unwrap();
        assert!(object.authenticate(None, &scene.expected(&client_id)).is_err(), "{name}");
    }
}
