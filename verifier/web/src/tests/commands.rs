//! What the team asks from its terminal.

use serde_json::{Value, json};

use super::Scene;
use crate::handle;

async fn ask(scene: &Scene, request: Value) -> Result<Value, String> {
    let (space, presentation) = scene.stage.space();
    handle(&space, &presentation, request).await
}

#[tokio::test]
async fn a_request_without_a_screen_is_answered_and_its_result_told() {
    let scene = Scene::new();
    let made =
        ask(&scene, json!({"command": "verifier.request", "form": null, "seconds": 60})).await.unwrap();
    let session = made["session"].as_str().unwrap().to_owned();
    let result = || ask(&scene, json!({"command": "verifier.result", "session": session}));
    assert_eq!(result().await.unwrap(), json!({"result": "waiting"}));
    let link = made["link"].as_str().unwrap();
    assert!(link.starts_with("openid4vp://?client_id=x509_hash"), "{link}");
    let reply = scene.wallet().answer(&scene.router(), link).await;
    assert!(reply.json().get("redirect_uri").is_none(), "{}", reply.text);
    assert_eq!(result().await.unwrap(), json!({"result": "accepted"}));
    let unknown = ask(&scene, json!({"command": "verifier.result", "session": "x"})).await;
    assert_eq!(unknown.unwrap(), json!({"result": "unknown_request"}));
}

#[tokio::test]
async fn a_request_that_nobody_answers_has_expired_when_its_own_time_is_up() {
    let scene = Scene::new();
    // The last is the longest that may be asked for: it is remembered until its end, and an hour more.
    for seconds in [1, 300, 7 * 86_400] {
        let request = json!({"command": "verifier.request", "form": null, "seconds": seconds});
        let made = ask(&scene, request).await.unwrap();
        let result = async || {
            let request = json!({"command": "verifier.result", "session": made["session"]});
            ask(&scene, request).await.unwrap()["result"].clone()
        };
        scene.clock.advance(seconds - 1);
        assert_eq!(result().await, "waiting", "{seconds}");
        scene.clock.advance(1);
        assert_eq!(result().await, "expired", "{seconds}");
        scene.clock.advance(3_599);
        assert_eq!(result().await, "expired", "{seconds}");
        scene.clock.advance(1);
        assert_eq!(result().await, "unknown_request", "{seconds}");
    }
}

#[tokio::test]
async fn a_request_that_is_open_for_long_is_answered_to_the_end() {
    let scene = Scene::new();
    let request = json!({"command": "verifier.request", "form": null, "seconds": 86_400});
    let made = ask(&scene, request).await.unwrap();
    scene.clock.advance(86_399);
    let reply = scene.wallet().answer(&scene.router(), made["link"].as_str().unwrap()).await;
    assert_eq!(reply.status, http::StatusCode::OK, "{}", reply.text);
    let result = ask(&scene, json!({"command": "verifier.result", "session": made["session"]})).await;
    assert_eq!(result.unwrap(), json!({"result": "accepted"}));
}

#[tokio::test]
async fn a_request_can_be_made_under_the_other_identifier() {
    let scene = Scene::new();
    let request = json!({"command": "verifier.request", "form": "sign-up", "response_mode": "direct_post",
        "client_id": "decentralized_identifier", "request_uri_method": "post"});
    let made = ask(&scene, request).await.unwrap();
    assert!(made["client_id"].as_str().unwrap().starts_with("decentralized_identifier:did:webvh:"));
    assert_eq!(made["request_uri_method"], "post");
}

#[tokio::test]
async fn what_cannot_be_asked_is_told_in_a_sentence() {
    let scene = Scene::new();
    for (request, said) in [
        (json!({"command": "verifier.request", "form": "none"}), "there is no form named none"),
        (json!({"command": "verifier.request", "seconds": 0}), "seconds: from 1 to 604800"),
        (
            json!({"command": "verifier.request", "response_mode": "fragment"}),
            "the space does not know this command, or one of its members",
        ),
        (
            json!({"command": "verifier.result", "session": "s", "more": 1}),
            "the space does not know this command, or one of its members",
        ),
        (json!({"command": "issuer.offer"}), "the space does not know this command, or one of its members"),
        (json!({"command": "verifier.member.revoke", "sub": "x"}), "there is no such member"),
        (json!({"command": "verifier.approve", "id": "x"}), "there is no such sign-up"),
        (json!({"command": "verifier.contact", "id": "x"}), "there is no such contact"),
    ] {
        assert_eq!(ask(&scene, request.clone()).await.unwrap_err(), said, "{request}");
    }
}

fn member(birthdate: &str) -> Value {
    json!({"command": "verifier.member.add", "given_name": "Ben", "family_name": "Example",
        "birthdate": birthdate, "check": "document", "tx_code": true, "seconds": null})
}

#[tokio::test]
async fn a_member_is_added_listed_and_ended() {
    let scene = Scene::new();
    let added = ask(&scene, member("1985-06-07")).await.unwrap();
    assert!(added["offer"].as_str().unwrap().starts_with("openid-credential-offer://"));
    assert!(added["offer_uri"].as_str().unwrap().len() < added["offer"].as_str().unwrap().len());
    assert_eq!(added["tx_code"].as_str().unwrap().len(), 6);
    let list = ask(&scene, json!({"command": "verifier.member.list"})).await.unwrap();
    assert_eq!(list["members"][0]["sub"], added["sub"]);
    assert_eq!(list["members"][0]["since"], "2026-11-25T00:00:00Z");
    assert_eq!(list["members"][0]["standing"], "active");
    let ended = ask(&scene, json!({"command": "verifier.member.revoke", "sub": added["sub"]})).await.unwrap();
    assert_eq!(ended, json!({"revoked": 0}));
    let list = ask(&scene, json!({"command": "verifier.member.list"})).await.unwrap();
    assert_eq!(list["members"][0]["standing"], "ended");
    for birthdate in ["1985-13-07", "07.06.1985", "1985-6-7", "19850607", ""] {
        let error = ask(&scene, member(birthdate)).await.unwrap_err();
        assert_eq!(error, "the date of birth is written YYYY-MM-DD", "{birthdate}");
    }
}

#[tokio::test]
async fn a_members_contact_says_how_long_it_is_kept_and_its_end_once_there_is_one() {
    let scene = Scene::new();
    let made = ask(&scene, json!({"command": "verifier.request", "form": "ask-the-team"})).await.unwrap();
    scene.wallet().answer(&scene.router(), made["link"].as_str().unwrap()).await;
    let waiting = ask(&scene, json!({"command": "verifier.sign-ups"})).await.unwrap();
    let id = waiting["sign_ups"][0]["id"].as_str().unwrap().to_owned();
    ask(&scene, json!({"command": "verifier.approve", "id": id})).await.unwrap();
    let contact = async || ask(&scene, json!({"command": "verifier.contact", "id": id})).await.unwrap();
    let member = contact().await["given"][0].clone();
    assert_eq!((&member["kept_days"], &member["until"]), (&json!(90), &json!(null)));
    assert_eq!(member["kept"], "while a member, and 90 days after");
    let members = ask(&scene, json!({"command": "verifier.member.list"})).await.unwrap();
    let sub = members["members"][0]["sub"].as_str().unwrap();
    ask(&scene, json!({"command": "verifier.member.revoke", "sub": sub})).await.unwrap();
    let end = scene.stage.environment.now().plus(90 * 86_400).seconds();
    let end = jiff::Timestamp::from_second(end).unwrap().to_string();
    assert_eq!(contact().await["given"][0]["kept"], format!("until {end}"));
}

#[tokio::test]
async fn a_contact_shows_names_and_its_values_only_to_whoever_is_seen_looking() {
    let scene = Scene::new();
    let made = ask(&scene, json!({"command": "verifier.request", "form": "ask-the-team"})).await.unwrap();
    scene.wallet().answer(&scene.router(), made["link"].as_str().unwrap()).await;
    let waiting = ask(&scene, json!({"command": "verifier.sign-ups"})).await.unwrap();
    let id = waiting["sign_ups"][0]["id"].as_str().unwrap().to_owned();
    let before = scene.stage.memory.entries().len();
    let names = ask(&scene, json!({"command": "verifier.contact", "id": id})).await.unwrap();
    assert_eq!(scene.stage.memory.entries().len(), before, "names leave no trace");
    assert!(!names.to_string().contains("ada@example.org"));
    assert_eq!(names["given"][0]["claim"], "email");
    assert_eq!(names["given"][0]["word_of"], "own");
    assert_eq!(names["given"][0]["who_sees_it"], "team");
    let given = &names["given"][0];
    let end = scene.stage.environment.now().plus(90 * 86_400).seconds();
    let end = jiff::Timestamp::from_second(end).unwrap().to_string();
    assert_eq!((&given["kept_days"], &given["until"]), (&json!(90), &json!(end)), "nobody has decided");
    assert_eq!(given["kept"], format!("until {end}"));
    let looked = ask(&scene, json!({"command": "verifier.contact", "id": id, "values": true})).await.unwrap();
    assert_eq!(looked["given"][0]["value"], "ada@example.org");
    assert!(scene.stage.memory.entries().len() > before, "who looks is in the log");

    let declined = json!({"command": "verifier.decline", "id": id, "reason": "We are full."});
    assert_eq!(ask(&scene, declined).await.unwrap(), json!({"id": id, "decision": "declined"}));
    let gone = ask(&scene, json!({"command": "verifier.contact", "id": id, "values": true})).await;
    assert_eq!(gone.unwrap_err(), "there is no such contact");
    let result = json!({"command": "verifier.result", "session": made["session"]});
    assert_eq!(ask(&scene, result).await.unwrap(), json!({"result": "declined"}));
}

#[tokio::test]
async fn a_space_carries_away_its_sites_recipients_doors_and_keys_without_what_opens_them() {
    let scene = Scene::new();
    let made = async |request: Value| ask(&scene, request).await.unwrap();
    let site = made(json!({"command": "verifier.site.add", "name": "Booking", "purpose": "Rooms",
        "redirect_uris": ["https://book.example.org/back"], "claims": ["email"]}))
    .await;
    let webhook = made(json!({"command": "verifier.outgoing.webhook", "name": "Door list",
        "url": "https://hooks.example.org/in", "events": ["sign_up.approved"]}))
    .await;
    let set = json!({"YOUR-SOFTWARE": "Desks", "software.example": "desks.example.org"});
    made(json!({"command": "verifier.outgoing.action", "template": "empty", "set": set, "secret": "canary-action"}))
        .await;
    let door = json!({"name": "Relay", "auth": "bearer", "open": {"method": "POST", "url": "https://relay.example.org/"}});
    made(json!({"command": "verifier.door.add", "name": "Front door", "template": door.to_string(), "secret": "canary-door"}))
        .await;
    let key =
        made(json!({"command": "verifier.key.make", "name": "booking", "scopes": ["forms:read"]})).await;
    let mut lines = Vec::new();
    for part in ["sites", "recipients", "doors", "keys"] {
        let piece = made(json!({"command": "verifier.carry", "part": part, "after": null})).await;
        assert_eq!(piece["next"], Value::Null, "{part}");
        lines.extend(piece["lines"].as_array().unwrap().clone());
    }
    let of = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).collect::<Vec<_>>();
    assert_eq!(of("site")[0]["redirect_uris"], json!(["https://book.example.org/back"]));
    let ways: Vec<&str> = of("recipient").iter().map(|line| line["way"].as_str().unwrap()).collect();
    assert!(ways.len() == 2 && ways.contains(&"webhook") && ways.contains(&"action"), "{ways:?}");
    let action = of("recipient").into_iter().find(|line| line["way"] == "action").unwrap();
    assert_eq!(action["template"]["create"]["url"], "https://desks.example.org/people");
    assert_eq!(of("door")[0]["template"]["open"]["url"], "https://relay.example.org/");
    assert_eq!((&of("key")[0]["name"], &of("key")[0]["scopes"]), (&json!("booking"), &json!(["forms:read"])));
    let all = json!(lines).to_string();
    for secret in [&site["client_secret"], &webhook["secret"], &key["key"]] {
        assert!(!all.contains(secret.as_str().unwrap()), "{secret}");
    }
    assert!(!all.contains("canary"), "{all}");
}
