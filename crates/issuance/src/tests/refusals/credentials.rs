//! The form of `POST /credential` (OpenID4VCI §8.2, §8.3.1.2).

use super::*;
use crate::tests::scene::PROFILE;

fn raw(token: &Token, media_type: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::post("/credential").header(header::AUTHORIZATION, &token.0);
    if let Some(media_type) = media_type {
        request = request.header(header::CONTENT_TYPE, media_type);
    }
    request.body(body.into()).unwrap()
}

#[tokio::test]
async fn what_is_no_credential_request_is_refused_and_uses_nothing_up() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT]).await;
    let good = asking(&[scene.proof(&scene.nonce().await)]).to_string();
    let named_twice = good.replacen('{', r#"{"credential_configuration_id":"x","#, 1);
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(9_000), "]".repeat(9_000));
    let json = Some("application/json");
    let cases: [(&str, Option<&str>, Vec<u8>); 9] = [
        ("text", Some("text/plain"), good.clone().into()),
        ("a form", Some("application/x-www-form-urlencoded"), good.clone().into()),
        ("no media type", None, good.into()),
        ("nothing", json, Vec::new()),
        ("half of it", json, b"{\"credential_configuration_id\"".to_vec()),
        ("a list", json, b"[]".to_vec()),
        ("a name twice", json, named_twice.into()),
        ("no UTF-8", json, vec![b'{', 0xff, b'}']),
        ("endless depth", json, deep.into()),
    ];
    for (case, media_type, body) in cases {
        let request = || raw(&token, media_type, body.clone());
        refused(&scene, request, (400, "invalid_credential_request"), case).await;
    }
    is_still_issued(&scene, &token).await;
}

#[tokio::test]
async fn members_that_contradict_or_belong_to_drafts_are_refused_by_their_code() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT]).await;
    let proof = scene.proof(&scene.nonce().await);
    let good = asking(std::slice::from_ref(&proof));
    let malformed = "invalid_credential_request";
    let draft = json!({"proof_type": "jwt", "jwt": proof});
    let encryption = json!({"jwk": {}, "enc": "A128GCM"});
    let cases = [
        ("both identifiers", with(&good, "credential_identifier", json!("passport:1")), malformed),
        ("no identifier", with(&good, "credential_configuration_id", Value::Null), malformed),
        (
            "an identifier that is no text",
            with(&good, "credential_configuration_id", json!(["x"])),
            malformed,
        ),
        ("proof of the drafts", with(&good, "proof", draft), malformed),
        ("format of the drafts", with(&good, "format", json!("dc+sd-jwt")), malformed),
        ("no type of proof", with(&good, "proofs", json!({})), malformed),
        ("two types of proof", with(&good, "proofs", json!({"jwt": [proof], "di_vp": [{}]})), malformed),
        ("a proof that is no list", with(&good, "proofs", json!({"jwt": proof})), malformed),
        ("a proof that is no text", with(&good, "proofs", json!({"jwt": [7]})), malformed),
        ("no proofs", with(&good, "proofs", Value::Null), "invalid_proof"),
        ("an empty list of proofs", with(&good, "proofs", json!({"jwt": []})), "invalid_proof"),
        ("an attestation", with(&good, "proofs", json!({"attestation": [proof]})), "invalid_proof"),
        ("a data integrity proof", with(&good, "proofs", json!({"di_vp": [{}]})), "invalid_proof"),
        (
            "an encrypted response",
            with(&good, "credential_response_encryption", encryption),
            "invalid_encryption_parameters",
        ),
        (
            "what was not granted",
            with(&good, "credential_configuration_id", json!(PROFILE)),
            "unknown_credential_configuration",
        ),
        (
            "what nobody issues",
            with(&good, "credential_configuration_id", json!("card")),
            "unknown_credential_configuration",
        ),
    ];
    for (case, body, code) in cases {
        refused(&scene, || protected("/credential", &token, &body), (400, code), case).await;
    }
    let encrypted = || raw(&token, Some("application/jwt"), "a.b.c.d.e");
    let case = "an encrypted request";
    refused(&scene, encrypted, (400, "invalid_encryption_parameters"), case).await;
    let issued = scene.send(protected("/credential", &token, &good)).await;
    assert_eq!(issued.copies().len(), 1, "neither nonce nor token was used up");
}

#[tokio::test]
async fn identifiers_are_used_exactly_when_the_token_response_gave_them() {
    let scene = Scene::new();
    let details = json!([{"type": "openid_credential", "credential_configuration_id": PASSPORT}]).to_string();
    let offer = scene.offer(&[PASSPORT], false).await;
    let granted = scene.token(&offer.code, &[("authorization_details", &details)], None).await.json();
    let identifier = granted["authorization_details"][0]["credential_identifiers"][0].clone();
    let with_identifiers = Token(format!("Bearer {}", granted["access_token"].as_str().unwrap()));
    let without = scene.bearer(&[PASSPORT]).await;
    let good = asking(&[scene.proof(&scene.nonce().await)]);
    let by = |identifier: &Value| {
        let bare = with(&good, "credential_configuration_id", Value::Null);
        with(&bare, "credential_identifier", identifier.clone())
    };
    let unknown = "unknown_credential_identifier";
    for (case, token, body, code) in [
        ("the configuration", &with_identifiers, good.clone(), "invalid_credential_request"),
        ("another identifier", &with_identifiers, by(&json!("passport:2")), unknown),
        ("an identifier that was not given", &without, by(&identifier), unknown),
    ] {
        refused(&scene, || protected("/credential", token, &body), (400, code), case).await;
    }
    let issued = scene.send(protected("/credential", &with_identifiers, &by(&identifier))).await;
    assert_eq!(issued.copies().len(), 1);
    is_still_issued(&scene, &without).await;
}

#[tokio::test]
async fn what_was_issued_is_not_issued_again_under_the_same_token() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT, PROFILE]).await;
    is_still_issued(&scene, &token).await;
    let again = asking(&[scene.proof(&scene.nonce().await)]);
    let request = || protected("/credential", &token, &again);
    refused(&scene, request, (400, "credential_request_denied"), "once more").await;
    assert_eq!(scene.credential_with_fresh_nonce(&token, PROFILE).await.copies().len(), 1);
}
