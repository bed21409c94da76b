//! The answer as a whole: how many, to what, under which key (OpenID4VP §8.1, §8.6, §6.4.2), and its form (§8.2).

use axum::http::header;

use super::super::scene::path;
use super::network::Members;
use super::paper::stranger;
use super::*;

#[tokio::test]
async fn an_answer_of_another_number_name_or_key_than_was_asked_is_refused() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let profile = members.profile(&asked).compact();
    let own = members.own(&asked).compact();
    let other = stranger(&members.scene);
    let did = credentials::issuer_key::did_jwk(jose::Signer::public_jwk(&other));
    let mut elsewhere = members
        .own(&asked)
        .header("kid", json!(format!("{did}#0")))
        .payload("iss", json!(did))
        .payload("cnf", json!({"jwk": jose::Signer::public_jwk(&other).required_members()}));
    (elsewhere.signer, elsewhere.binder) = (&other, &other);
    let cases = [
        (
            "two answers for one query",
            json!({"profile": [profile, members.profile(&asked).compact()]}),
            "too_many_presentations",
        ),
        ("the same answer twice", json!({"profile": [profile, profile]}), "too_many_presentations"),
        ("an answer that was not asked for", json!({"profile": [profile], "other": [own]}), "unknown_query"),
        ("the needed one left out", json!({"own": [own]}), "query_not_satisfied"),
        (
            "our types under two keys",
            json!({"profile": [profile], "own": [elsewhere.compact()]}),
            "different_keys",
        ),
        ("each in the other's place", json!({"profile": [own], "own": [profile]}), "wrong_credential_type"),
        ("no list", json!({"profile": profile}), "malformed_vp_token"),
        ("an empty list", json!({"profile": []}), "malformed_vp_token"),
        ("an empty text", json!({"profile": [""]}), "malformed_vp_token"),
        ("no text", json!({"profile": [{}]}), "malformed_vp_token"),
        ("nothing", json!({}), "malformed_vp_token"),
        ("no object", json!([profile]), "malformed_vp_token"),
        ("more than are read", json!({"profile": vec!["x"; 65]}), "malformed_vp_token"),
    ];
    for (case, answer, reason) in cases {
        refused(&members.scene, "a", || asked.post(&answer, asked.text("state")), reason, case).await;
    }
    is_taken(&members.scene, "a", &asked, &json!({"profile": [profile], "own": [own]})).await;
}

#[tokio::test]
async fn a_body_that_says_nothing_two_things_or_to_nobody_is_refused() {
    let members = Members::new();
    for encrypt in [false, true] {
        let asked = members.ask(if encrypt { "b" } else { "a" }, encrypt).await;
        let subject = if encrypt { "b" } else { "a" };
        let honest = members.honest(&asked);
        let (token, state) = (honest.to_string(), asked.text("state").to_owned());
        let (answer, state) = (("vp_token", token.as_str()), ("state", state.as_str()));
        let form = |fields: &[(&str, &str)]| openid4vc::form::encode(fields.iter().copied());
        let malformed = "malformed_answer";
        let bodies = [
            ("nothing", form(&[]), malformed),
            ("a state alone", form(&[state]), malformed),
            ("an answer and a refusal", form(&[answer, ("error", "access_denied"), state]), malformed),
            ("readable and encrypted", form(&[answer, ("response", "a.b.c.d.e"), state]), malformed),
            ("an answer twice", format!("{}&{}", form(&[answer, state]), form(&[answer])), malformed),
            ("a broken escape", format!("{}&x=%4", form(&[answer, state])), malformed),
            ("a token that is no JSON", form(&[("vp_token", "{"), state]), "malformed_vp_token"),
            (
                "a name twice in the token",
                form(&[("vp_token", r#"{"a":["x"],"a":["y"]}"#), state]),
                "malformed_vp_token",
            ),
        ];
        for (case, body, reason) in bodies {
            let request = || {
                let request = Request::post(path(asked.text("response_uri")))
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                request.body(Body::from(body.clone())).unwrap()
            };
            refused(&members.scene, subject, request, reason, case).await;
        }
        for media_type in ["application/json", "text/plain", "multipart/form-data", ""] {
            let request = || {
                let request =
                    Request::post(path(asked.text("response_uri"))).header(header::CONTENT_TYPE, media_type);
                request.body(Body::from(form(&[answer, state]))).unwrap()
            };
            refused(&members.scene, subject, request, malformed, media_type).await;
        }
        for (case, wrong) in [("another state", "another"), ("an empty state", "")] {
            refused(&members.scene, subject, || asked.post(&honest, wrong), "wrong_state", case).await;
        }
        is_taken(&members.scene, subject, &asked, &honest).await;
    }
}

#[tokio::test]
async fn an_answer_of_which_more_would_be_kept_than_the_store_takes_is_refused_for_good() {
    let scene = Scene::new();
    let endless = scene.ask("endless", true).await;
    let request = || scene.answer(&endless);
    refused(&scene, "endless", request, "too_long", "more than the store takes").await;
    let answered = scene.send(request()).await;
    assert!(!answered.headers.contains_key(header::RETRY_AFTER), "it is never taken");
    let long = scene.ask("long", true).await;
    let answered = scene.send(scene.answer(&long)).await;
    assert_eq!(answered.status, StatusCode::OK, "nearly as much is kept: {}", answered.text);
    assert_eq!(scene.taken().await, 1);
}
