//! The form of `POST /notification` (OpenID4VCI §11.3).

use super::*;

#[tokio::test]
async fn what_is_no_notification_about_ones_own_credential_is_refused() {
    let scene = Scene::new();
    let (token, other) = (scene.bearer(&[PASSPORT]).await, scene.bearer(&[PASSPORT]).await);
    let id = scene.credential_with_fresh_nonce(&token, PASSPORT).await.notification_id();
    let others = scene.credential_with_fresh_nonce(&other, PASSPORT).await.notification_id();
    let good = json!({"notification_id": id, "event": "credential_accepted"});
    let (malformed, unknown) = ("invalid_notification_request", "invalid_notification_id");
    let cases = [
        ("an unknown event", with(&good, "event", json!("credential_framed")), malformed),
        ("no event", with(&good, "event", Value::Null), malformed),
        ("an event that is no text", with(&good, "event", json!(1)), malformed),
        ("no identifier", with(&good, "notification_id", Value::Null), malformed),
        ("an identifier that is no text", with(&good, "notification_id", json!([id])), malformed),
        ("another token's identifier", with(&good, "notification_id", json!(others)), unknown),
        ("a guessed identifier", with(&good, "notification_id", json!("guessed")), unknown),
        ("an empty identifier", with(&good, "notification_id", json!("")), unknown),
    ];
    for (case, body, code) in cases {
        refused(&scene, || protected("/notification", &token, &body), (400, code), case).await;
    }
    for (case, media_type, body) in [
        ("text", "text/plain", good.to_string()),
        ("a form", "application/x-www-form-urlencoded", "event=credential_accepted".to_owned()),
        ("no JSON", "application/json", "{".to_owned()),
        ("a name twice", "application/json", good.to_string().replacen('{', r#"{"event":"x","#, 1)),
    ] {
        let request = || {
            let request = Request::post("/notification")
                .header(header::AUTHORIZATION, &token.0)
                .header(header::CONTENT_TYPE, media_type);
            request.body(Body::from(body.clone())).unwrap()
        };
        refused(&scene, request, (400, malformed), case).await;
    }
    let taken = scene.send(protected("/notification", &token, &good)).await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT);
}
