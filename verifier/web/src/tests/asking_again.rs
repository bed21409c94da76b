//! Something else instead of a no, asked by the team.

use http::StatusCode;
use serde_json::{Value, json};

use super::Scene;
use super::stage::Wallet;
use crate::handle;

async fn ask(scene: &Scene, request: Value) -> Result<Value, String> {
    let (space, presentation) = scene.stage.space();
    handle(&space, &presentation, request).await
}

/// An answer that waits for the team; the wallet, the sign-up and where its follow-up is.
async fn applied(scene: &Scene) -> (Wallet, String, String) {
    let request = json!({"command": "verifier.request", "form": "ask-the-team"});
    let made = ask(scene, request).await.unwrap();
    let wallet = scene.wallet();
    let reply = wallet.answer(&scene.router(), made["link"].as_str().unwrap()).await;
    let uri = reply.json()["sharing_proof_uri"].as_str().unwrap().to_owned();
    let id = sign_ups(scene).await[0]["id"].as_str().unwrap().to_owned();
    (wallet, id, uri)
}

async fn sign_ups(scene: &Scene) -> Value {
    ask(scene, json!({"command": "verifier.sign-ups"})).await.unwrap()["sign_ups"].clone()
}

async fn counter_offer(scene: &Scene, wallet: &Wallet, uri: &str) -> Value {
    let found = wallet.follow_up(&scene.router(), uri, &wallet.key).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text);
    found.json()["counter_offer"].clone()
}

fn again(id: &str) -> Value {
    json!({"command": "verifier.ask-again", "id": id, "without": ["company", "bio"], "reason": "Less is enough"})
}

#[tokio::test]
async fn an_answer_to_what_was_asked_again_takes_the_place_of_the_first() {
    let scene = Scene::new();
    let (wallet, id, uri) = applied(&scene).await;
    assert_eq!(counter_offer(&scene, &wallet, &uri).await, Value::Null);
    let said = ask(&scene, again(&id)).await.unwrap();
    assert_eq!(said["asks"], json!(["email", "given_name", "family_name", "birthdate"]));
    assert_eq!(sign_ups(&scene).await[0]["asked_again"]["state"], "waiting");
    let offered = counter_offer(&scene, &wallet, &uri).await;
    assert_eq!(offered["reason"], "Less is enough");
    assert_eq!(counter_offer(&scene, &wallet, &uri).await, offered, "the same each time");
    let contacts = scene.stage.memory.entries().len();
    let reply = wallet.answer(&scene.router(), offered["request"].as_str().unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let listed = sign_ups(&scene).await;
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_ne!(listed[0]["id"], json!(id));
    assert_eq!((&listed[0]["in_place_of"], &listed[0]["asked_again"]), (&json!(id), &Value::Null));
    assert!(contacts > 0);
    let gone = ask(&scene, json!({"command": "verifier.contact", "id": id})).await.unwrap_err();
    assert_eq!(gone, "there is no such contact");
    let earlier = wallet.follow_up(&scene.router(), &uri, &wallet.key).await;
    assert_eq!(earlier.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_applicants_no_reaches_the_team_which_still_decides() {
    let scene = Scene::new();
    let (wallet, id, uri) = applied(&scene).await;
    ask(&scene, again(&id)).await.unwrap();
    let link = counter_offer(&scene, &wallet, &uri).await["request"].as_str().unwrap().to_owned();
    wallet.decline(&scene.router(), &link).await;
    assert_eq!(sign_ups(&scene).await[0]["asked_again"]["state"], "access_denied");
    ask(&scene, json!({"command": "verifier.approve", "id": id})).await.unwrap();
    assert_eq!(counter_offer(&scene, &wallet, &uri).await, Value::Null, "it is decided");
    let late = wallet.answer(&scene.router(), &link).await;
    assert_eq!(late.status, StatusCode::BAD_REQUEST, "{}", late.text);
    let refused = ask(&scene, again(&id)).await.unwrap_err();
    assert_eq!(refused, "this sign-up has been decided already");
}

#[tokio::test]
async fn what_was_asked_again_before_counts_no_more_and_ends_within_a_week() {
    let scene = Scene::new();
    let (wallet, id, uri) = applied(&scene).await;
    ask(&scene, again(&id)).await.unwrap();
    let first = counter_offer(&scene, &wallet, &uri).await["request"].as_str().unwrap().to_owned();
    ask(&scene, json!({"command": "verifier.ask-again", "id": id, "form": "sign-up"})).await.unwrap();
    let second = counter_offer(&scene, &wallet, &uri).await["request"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(wallet.answer(&scene.router(), &first).await.status, StatusCode::BAD_REQUEST);
    scene.clock.advance(7 * 86_400 - 1);
    assert_eq!(counter_offer(&scene, &wallet, &uri).await["request"], json!(second));
    scene.clock.advance(1);
    assert_eq!(counter_offer(&scene, &wallet, &uri).await, Value::Null);
    assert_eq!(sign_ups(&scene).await[0]["asked_again"]["state"], "expired");
}

#[tokio::test]
async fn only_what_a_form_can_ask_is_asked_again_and_only_of_who_waits() {
    let scene = Scene::new();
    let (_, id, _) = applied(&scene).await;
    let before = scene.stage.memory.entries();
    for (request, said) in [
        (json!({"id": "nobody", "without": ["bio"]}), "there is no such sign-up"),
        (
            json!({"id": id}),
            "say what to ask for instead: another form, what to leave out, or what to take in its place",
        ),
        (json!({"id": id, "without": ["address"]}), "the form does not ask for address"),
        (json!({"id": id, "form": "none"}), "there is no form named none"),
        (
            json!({"id": id, "form": "ask-too-much"}),
            "the registration does not cover [\"address\"]: ask the network's operator to register it, or take it off the form",
        ),
        (
            json!({"id": id, "instead": [{"of": "bio", "offer": "links"}]}),
            "the registration does not cover [\"links\"]: ask the network's operator to register it, or take it off the form",
        ),
        (json!({"id": id, "instead": [{"of": "bio", "offer": "email"}]}), "the form asks for email twice"),
    ] {
        let mut request = request;
        request["command"] = json!("verifier.ask-again");
        assert_eq!(ask(&scene, request.clone()).await.unwrap_err(), said, "{request}");
    }
    assert_eq!(scene.stage.memory.entries(), before);
}
