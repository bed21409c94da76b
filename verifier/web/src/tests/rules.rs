//! Forms that not everybody may answer, or not at once.

use std::num::NonZeroU32;

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use verifier::form::{Approval, Form, Only};
use verifier::forms::ChangedBy;

use super::inviting::{ask, key, with_key};
use super::stage::{form, path, send};
use super::{Browser, Scene};

pub(super) async fn change(scene: &Scene, form: Form) {
    let (space, _) = scene.stage.space();
    let from = space.form(&form.id).await.unwrap().map(|version| version.number);
    space.change_form(form, from, ChangedBy::Terminal).await.unwrap();
}

#[tokio::test]
async fn a_form_by_invitation_only_is_asked_on_no_page_and_of_no_program() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let only = Only { invited: true, ..Only::default() };
    change(&scene, Form { only, ..form("sign-up", Approval::Automatic) }).await;
    assert!(!browser.get("/").await.text.contains("href=\"/join\""));
    for address in ["/join", "/join/number"] {
        assert_eq!(browser.get(address).await.status, StatusCode::FORBIDDEN, "{address}");
    }
    for wanted in [json!({"way": "link"}), json!({"way": "qr", "form": "sign-up"})] {
        let refused = browser.post_json("/join/requests", &wanted).await;
        assert_eq!(
            (refused.status, refused.json()["error"].clone()),
            (StatusCode::FORBIDDEN, json!("by_invitation"))
        );
    }
    // The team's own terminal asks whom it likes, and another form is open.
    let (space, _) = scene.stage.space();
    assert!(space.ask("sign-up").await.is_ok());
    let other = browser.post_json("/join/requests", &json!({"way": "link", "form": "ask-the-team"})).await;
    assert_eq!(other.status, StatusCode::OK);
    change(&scene, form("sign-up", Approval::Automatic)).await;
    assert_eq!(browser.get("/join").await.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_finds_no_place_is_told_so_and_gets_the_next() {
    let scene = Scene::new();
    change(&scene, Form { places: NonZeroU32::new(1), ..form("sign-up", Approval::Automatic) }).await;
    let mut states = Vec::new();
    let mut browsers = vec![Browser::new(&scene), Browser::new(&scene)];
    for browser in &mut browsers {
        let asked = browser.post_json("/join/requests", &json!({"way": "link"})).await;
        let reply = scene.wallet().answer(&scene.router(), asked.json()["link"].as_str().unwrap()).await;
        browser.get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
        states.push(browser.state().await);
    }
    assert_eq!(states, ["joined", "waiting-for-a-place"]);
    let page = browsers[1].get("/join/answer").await.text;
    assert!(
        page.contains("no place is free") && page.contains("data-state=\"waiting-for-a-place\""),
        "{page}"
    );
    let (space, _) = scene.stage.space();
    let member = space.members(10).await.unwrap().remove(0).sub;
    space.end_membership(&member).await.unwrap();
    while space.work().await.unwrap() > 0 {}
    assert_eq!(browsers[1].state().await, "joined");
}

#[tokio::test]
async fn a_form_that_changes_while_somebody_answers_is_taken_as_it_was_asked() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let asked = browser.post_json("/join/requests", &json!({"way": "link"})).await;
    change(&scene, form("sign-up", Approval::Person)).await;
    let reply = scene.wallet().answer(&scene.router(), asked.json()["link"].as_str().unwrap()).await;
    browser.get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    assert_eq!(browser.state().await, "joined");
    let router = scene.router();
    let request = Request::get("/join").header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
    assert_eq!(send(&router, request).await.status, StatusCode::OK);
}

/// A sign-up that waits for the space's own software.
pub(super) async fn waits_for_software(scene: &Scene) -> String {
    change(scene, form("elsewhere", Approval::Elsewhere)).await;
    waits_for_software_again(scene).await
}

#[tokio::test]
async fn the_spaces_own_software_sees_what_waits_for_it_and_decides_once() {
    let scene = Scene::new();
    let id = waits_for_software(&scene).await;
    let key = key(&scene, "booking").await;
    let call = |method, at: String, body: Option<Value>| {
        let (router, key) = (scene.router(), key.clone());
        async move { send(&router, with_key(method, &at, &key, body.as_ref())).await }
    };
    let list = call(Method::GET, "/api/v1/sign-ups".to_owned(), None).await;
    assert_eq!(list.json()["sign_ups"][0]["waits_for"], "elsewhere");
    assert!(!list.text.contains("@"), "no values: {}", list.text);
    let one = call(Method::GET, format!("/api/v1/sign-ups/{id}"), None).await;
    assert_eq!((one.status, one.json()["state"].clone()), (StatusCode::OK, json!("waiting")));
    assert!(!one.text.contains("@"), "no values: {}", one.text);
    let values = call(Method::GET, format!("/api/v1/sign-ups/{id}/values"), None).await;
    assert_eq!(values.status, StatusCode::OK);
    assert!(values.json()["given"][0]["value"].is_string(), "{}", values.text);
    let (space, _) = scene.stage.space();
    assert_eq!(space.looks(10).await.unwrap()[0].by.as_deref(), Some("token:booking"), "the look is noted");

    let at = format!("/api/v1/sign-ups/{id}/decision");
    for (wrong, status) in [
        (json!({"outcome": "maybe"}), StatusCode::BAD_REQUEST),
        (json!({"outcome": "declined", "reason": "a\nb"}), StatusCode::BAD_REQUEST),
        (json!({"outcome": "declined", "reason": "x".repeat(301)}), StatusCode::BAD_REQUEST),
        (json!({"outcome": "approved", "because": "x"}), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(call(Method::POST, at.clone(), Some(wrong.clone())).await.status, status, "{wrong}");
    }
    let decided = call(Method::POST, at.clone(), Some(json!({"outcome": "approved"}))).await;
    assert_eq!((decided.status, decided.json()["state"].clone()), (StatusCode::OK, json!("approved")));
    assert_eq!(decided.json()["decided_by"], "software");
    // A program whose answer got lost says the same again.
    let same = call(Method::POST, at.clone(), Some(json!({"outcome": "approved"}))).await;
    assert_eq!((same.status, same.json()), (StatusCode::OK, decided.json()));
    let reason = json!({"outcome": "approved", "reason": "Come in"});
    assert_eq!(call(Method::POST, at.clone(), Some(reason)).await.json()["error"], "already_decided");
    let again = call(Method::POST, at, Some(json!({"outcome": "declined"}))).await;
    assert_eq!(
        (again.status, again.json()["error"].clone()),
        (StatusCode::CONFLICT, json!("already_decided"))
    );
    let values = call(Method::GET, format!("/api/v1/sign-ups/{id}/values"), None).await;
    assert_eq!(values.status, StatusCode::NOT_FOUND, "a contact is asked for as one");
    let one = call(Method::GET, format!("/api/v1/sign-ups/{id}"), None).await;
    assert_eq!(one.json(), decided.json());
    let unknown = call(
        Method::POST,
        "/api/v1/sign-ups/unknown/decision".to_owned(),
        Some(json!({"outcome": "approved"})),
    )
    .await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn software_decides_nothing_that_was_left_to_people_or_without_its_key() {
    let scene = Scene::new();
    let id = waits_for_software(&scene).await;
    let mut browser = Browser::new(&scene);
    let asked = browser.post_json("/join/requests", &json!({"way": "link", "form": "ask-the-team"})).await;
    let reply = scene.wallet().answer(&scene.router(), asked.json()["link"].as_str().unwrap()).await;
    browser.get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    let (space, _) = scene.stage.space();
    let ours = space.sign_up_for(asked.json()["session"].as_str().unwrap()).await.unwrap().unwrap().id;
    let key = key(&scene, "booking").await;
    let approved = json!({"outcome": "approved"});
    let at = |id: &str| format!("/api/v1/sign-ups/{id}/decision");
    let refused = send(&scene.router(), with_key(Method::POST, &at(&ours), &key, Some(&approved))).await;
    assert_eq!(
        (refused.status, refused.json()["error"].clone()),
        (StatusCode::FORBIDDEN, json!("not_yours"))
    );
    for (method, path, body) in [
        (Method::POST, at(&id), Some(&approved)),
        (Method::GET, format!("/api/v1/sign-ups/{id}"), None),
        (Method::GET, "/api/v1/sign-ups".to_owned(), None),
    ] {
        let refused = send(&scene.router(), with_key(method, &path, "guessed", body)).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(space.waiting(10).await.unwrap().len(), 2);
    // All places are taken: software is told so.
    change(&scene, Form { places: NonZeroU32::new(1), ..form("elsewhere", Approval::Elsewhere) }).await;
    let first = send(&scene.router(), with_key(Method::POST, &at(&id), &key, Some(&approved))).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    let second = waits_for_software_again(&scene).await;
    let full = send(&scene.router(), with_key(Method::POST, &at(&second), &key, Some(&approved))).await;
    assert_eq!((full.status, full.json()["error"].clone()), (StatusCode::CONFLICT, json!("no_place")));
}

/// One more, by the form as it is.
pub(super) async fn waits_for_software_again(scene: &Scene) -> String {
    let mut browser = Browser::new(scene);
    let asked = browser.post_json("/join/requests", &json!({"way": "link", "form": "elsewhere"})).await;
    let reply = scene.wallet().answer(&scene.router(), asked.json()["link"].as_str().unwrap()).await;
    browser.get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    let (space, _) = scene.stage.space();
    space.sign_up_for(asked.json()["session"].as_str().unwrap()).await.unwrap().unwrap().id
}

#[tokio::test]
async fn the_terminal_lists_shows_sets_and_withdraws_forms_and_says_what_is_wrong() {
    let scene = Scene::new();
    let line = async || {
        let list = ask(&scene, json!({"command": "verifier.form.list"})).await.unwrap();
        list["forms"].as_array().unwrap().iter().find(|one| one["form"] == "sign-up").unwrap().clone()
    };
    assert_eq!(line().await["version"], 0);
    let mut form = ask(&scene, json!({"command": "verifier.form.show", "form": "sign-up"})).await.unwrap();
    form["places"] = json!(5);
    let set = ask(&scene, json!({"command": "verifier.form.set", "form": form})).await.unwrap();
    assert_eq!((&set["version"], &set["by"]), (&json!(1), &json!("terminal")));
    assert_eq!(line().await["places_taken"], 0);
    let first = json!({"command": "verifier.form.show", "form": "sign-up", "version": 1});
    assert_eq!(ask(&scene, first).await.unwrap()["places"], 5);

    let mut beyond = form.clone();
    beyond["fields"][0]["claim"] = json!("address");
    let mut empty = form.clone();
    empty["fields"] = json!([]);
    for (wrong, said) in [
        (json!({"command": "verifier.form.show", "form": "none"}), "there is no form named none"),
        (
            json!({"command": "verifier.form.show", "form": "sign-up", "version": 2}),
            "there is no form named sign-up",
        ),
        (json!({"command": "verifier.form.set", "form": {"id": "x"}}), "this is no form: missing field"),
        (json!({"command": "verifier.form.set", "form": beyond}), "the registration does not cover"),
        (json!({"command": "verifier.form.set", "form": empty}), "the form asks for nothing"),
        (json!({"command": "verifier.form.withdraw", "form": "none"}), "there is no form named none"),
    ] {
        let refused = ask(&scene, wrong.clone()).await.unwrap_err();
        assert!(refused.starts_with(said), "{wrong}: {refused}");
    }
    let withdrawn =
        ask(&scene, json!({"command": "verifier.form.withdraw", "form": "sign-up"})).await.unwrap();
    assert_eq!(withdrawn["is_asked"], false);
    let refused = ask(&scene, json!({"command": "verifier.request", "form": "sign-up"})).await.unwrap_err();
    assert_eq!(refused, "there is no form named sign-up");
}
