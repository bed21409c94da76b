//! What was used up stays used up when every process has ended and begun anew.

use super::*;

#[tokio::test]
async fn answers_proofs_links_and_logs_stay_as_they_were_after_a_restart() {
    let mut world = World::new();
    let key = world.scene.key();
    let asked = world.post_json("/passport/requests", &json!({})).await.json();
    let (membership, statement, own) =
        (world.membership(key.public_jwk()), world.statement("m-1", key.public_jwk()), world.own(&key));
    let shown = [("membership", &*membership, &key), ("statement", &*statement, &key), ("own", &*own, &key)];
    let request = world.request(&asked).await;
    let answer = world.answer(&request, &shown);
    let response = world.carry(answer.clone()).await;
    assert_eq!(response.status, 200);
    let reply: Value = serde_json::from_slice(&response.body).unwrap();
    let uri = reply["sharing_proof_uri"].as_str().unwrap().to_owned();
    let path = uri.strip_prefix(ORIGIN).unwrap();
    let (_, proof) = world.proven(Method::Get, path, &key);
    let follow_up = || Request::get(path).header("dpop", &proof).body(Body::empty()).unwrap();
    let found = world.send(follow_up()).await.json();
    let label = found["did_hosting"]["location"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let first = world.scene.member_did("office.localhost", &label, true).0.text;
    assert_eq!(world.leave_log(&label, &key, &first).await.status, StatusCode::NO_CONTENT);
    world.work().await;
    assert_eq!(world.press_button_in_mail().await.status, StatusCode::OK);
    let mail = world.scene.mails.mails().pop().unwrap();
    let link = mail.text.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_owned();

    world.restart();
    for _ in 0..2 {
        let again = world.carry(answer.clone()).await;
        assert_eq!(again.status, 400);
        assert_eq!(reason(&world, &asked["session"]).await.as_deref(), Some("replay"));
    }
    assert_eq!(applications(&world).await, 1);
    refused(&world, follow_up, (401, "invalid_dpop_proof"), "the proof").await;
    refused(&world, || get(link.strip_prefix(ORIGIN).unwrap()), (410, "none"), "the link").await;
    let second = world.scene.member_did("office.localhost", &label, true).0.text;
    let other = world.leave_log(&label, &key, &second).await;
    assert_eq!(said(&other), (409, "invalid_log".to_owned()));

    let honest = world.follow_up(&uri, &key).await.json();
    assert!(honest["credential_offer"].is_string(), "the honest member goes on: {honest}");
}
