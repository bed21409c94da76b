//! Saying hello over HTTP: who gets the form, and everything that is not taken.

use http::StatusCode;
use network::hello::{Contacts, Detail, Details, HelloId};
use verifier::community::people::Person;
use verifier::community::reach::Viewer;

use super::member_api::Door;
use super::people::change;
use super::portal::{signed_in, signed_in_as};
use super::*;

const NOBODY: &str = "/people/AAAAAAAAAAAAAAAAAAAAAA";

async fn only_one(scene: &Scene) -> String {
    let (space, _) = scene.stage.space();
    let there: Vec<Person> = space.directory(Viewer::MemberHere, None).await.unwrap().unwrap().people;
    assert_eq!(there.len(), 1);
    format!("/people/{}", there[0].id)
}

/// Somebody who shows a name to the members here.
async fn shown(scene: &Scene) -> (Door, String) {
    let door = Door::open(scene, 1).await;
    change(scene, &door, 1, json!({"claim": "given_name", "publish": "members-here"})).await;
    let page = only_one(scene).await;
    (door, page)
}

#[tokio::test]
async fn a_persons_page_says_to_a_member_here_whether_a_hello_can_be_said_and_to_nobody_else() {
    let scene = Scene::new();
    let (door, page) = shown(&scene).await;
    let (mut member, _) = signed_in(&scene).await;
    let seen = member.get(&page).await;
    // The member was entered by the team and shows no name: that is said before anything about the other.
    assert!(
        seen.text.contains("id=\"hello\"") && seen.text.contains("show at least your name"),
        "{}",
        seen.text
    );
    assert!(!seen.text.contains("<textarea"), "{}", seen.text);
    // One's own page has nothing of it.
    let mut own = signed_in_as(&scene, &door.sub, 43).await;
    assert!(!own.get(&page).await.text.contains("id=\"hello\""));
    let (space, _) = scene.stage.space();
    space.set_directory_reach("Ines", verifier::community::reach::Reach::Public).await.unwrap();
    change(&scene, &door, 2, json!({"claim": "given_name", "publish": "public"})).await;
    let visitor = Browser::new(&scene).get(&page).await;
    assert!(visitor.status == StatusCode::OK && !visitor.text.contains("id=\"hello\""), "{}", visitor.text);
}

#[tokio::test]
async fn a_hello_is_not_taken_without_session_token_words_or_anybody_there() {
    let scene = Scene::new();
    let (door, page) = shown(&scene).await;
    let (mut member, _) = signed_in(&scene).await;
    let token = csrf(&member.get("/member").await);
    let mut own = signed_in_as(&scene, &door.sub, 43).await;
    // A token of another form and of no form; no session at all.
    for body in [format!("csrf={token}&text=Hello"), "text=Hello".to_owned()] {
        assert_eq!(member.post_form(&format!("{page}/hello"), &body).await.status, StatusCode::FORBIDDEN);
    }
    let stranger = Browser::new(&scene).post_form(&format!("{page}/hello"), "csrf=x&text=Hello").await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    let site = site(&scene);
    let fresh = |browser: &Browser<'_>| {
        let mut headers = http::HeaderMap::new();
        headers.insert(header::COOKIE, browser.cookie.clone().unwrap().parse().unwrap());
        let session = web::session::SessionSecret::of_request(&headers).unwrap();
        site.csrf.token::<crate::hello::SayHello>(&session.id())
    };
    let (of_member, of_own) = (fresh(&member), fresh(&own));
    for (path, text, status, says) in [
        (page.as_str(), "", StatusCode::UNPROCESSABLE_ENTITY, "show at least your name"),
        (&page, "a%E2%80%AEb", StatusCode::UNPROCESSABLE_ENTITY, "show at least your name"),
        (&page, &"x".repeat(501), StatusCode::UNPROCESSABLE_ENTITY, "show at least your name"),
        (&page, "Hello", StatusCode::UNPROCESSABLE_ENTITY, "show at least your name"),
        (NOBODY, "Hello", StatusCode::NOT_FOUND, ""),
        ("/people/..%2F", "Hello", StatusCode::NOT_FOUND, ""),
    ] {
        let refused =
            member.post_form(&format!("{path}/hello"), &format!("csrf={of_member}&text={text}")).await;
        assert_eq!(refused.status, status, "{path} {text}");
        assert!(refused.text.contains(says), "{path} {text}: {}", refused.text);
    }
    let itself = own.post_form(&format!("{page}/hello"), &format!("csrf={of_own}&text=Hello")).await;
    assert_eq!(itself.status, StatusCode::UNPROCESSABLE_ENTITY);
    // The session of whoever is no member any more is none.
    let (space, _) = scene.stage.space();
    space.end_membership(&door.sub).await.unwrap();
    let ended = own.post_form(&format!("{page}/hello"), &format!("csrf={of_own}&text=Hello")).await;
    assert_eq!((ended.status, ended.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
}

#[tokio::test]
async fn a_response_of_another_form_or_to_a_hello_that_there_is_not_is_not_taken() {
    let scene = Scene::new();
    let mut wallet = Browser::new(&scene);
    let randomness = SeededRandomness::new(5);
    let id = HelloId::random(&randomness);
    let key = jose::DecryptionKey::generate("inbox", &randomness).unwrap();
    let detail = Detail { claim: "email".to_owned(), value: "a@b.example".to_owned(), checked: false };
    let contacts = Contacts { hello: id.clone(), details: Details::new(vec![detail]).unwrap() };
    let sealed = contacts.seal(key.public_jwk(), &randomness).unwrap();
    for value in [json!({"answer": sealed}), json!("block"), json!({"report": "abuse"})] {
        let answer = wallet.post_json(&id.path(), &value).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (StatusCode::NOT_FOUND, Some("not_found"))
        );
    }
    assert_eq!(wallet.post_json("/hello/short", &json!("block")).await.status, StatusCode::NOT_FOUND);
    for value in [
        json!({}),
        json!("report"),
        json!({"report": "dull"}),
        json!({"answer": "x"}),
        json!({"answer": sealed, "more": 1}),
    ] {
        let answer = wallet.post_json(&id.path(), &value).await;
        let code = answer.json()["error"].as_str().map(str::to_owned);
        assert_eq!(
            (answer.status, code.as_deref()),
            (StatusCode::BAD_REQUEST, Some("invalid_request")),
            "{value}"
        );
    }
    let long = json!({"answer": "x".repeat(5_000)});
    assert_eq!(wallet.post_json(&id.path(), &long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(wallet.post_form(&id.path(), "answer=x").await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(wallet.get(&id.path()).await.status, StatusCode::METHOD_NOT_ALLOWED);
}
