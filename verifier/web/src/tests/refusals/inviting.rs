//! Invitations: what the page, the link and the team's addresses refuse.

use http::Method;
use verifier::invitations::post::Obstacle;
use verifier::invitations::{MOST_AT_PAGE, MOST_BY_TEAM};

use super::*;
use crate::tests::inviting::{ask, key, with_key};
use crate::tests::outbox::number;

fn form_of(number: &str, csrf: &str) -> String {
    openid4vc::form::encode([("number", number), ("email", "ada@example.org"), ("csrf", csrf)])
}

#[tokio::test]
async fn a_number_needs_the_token_of_its_own_session_and_page() {
    let scene = Scene::new();
    let (mut browser, mut other) = (Browser::new(&scene), Browser::new(&scene));
    let (page, strangers) = (browser.get("/join/number").await, other.get("/join/number").await);
    let (own, number) = (cookie(&browser).to_owned(), number(1));
    let at = "/join/number";
    for (case, cookie, body) in [
        ("no token", Some(own.as_str()), format!("number={number}&email=ada@example.org")),
        ("an empty one", Some(&own), form_of(&number, "")),
        ("another session's", Some(&own), form_of(&number, &csrf(&strangers))),
        ("no session", None, form_of(&number, &csrf(&page))),
    ] {
        refused(&scene, || post(at, cookie, FORM, &body), (403, "none"), case).await;
    }
    let twice = format!("{}&number={number}", form_of(&number, &csrf(&page)));
    refused(&scene, || post(at, Some(&own), FORM, &twice), (400, "invalid_request"), "twice").await;
    let mistyped = form_of("HRB1-0000-00001", &csrf(&page));
    refused(&scene, || post(at, Some(&own), FORM, &mistyped), (400, "none"), "mistyped").await;
    let foreign = || {
        let mut request = post(at, Some(&own), FORM, &form_of(&number, &csrf(&page)));
        request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
        request
    };
    refused(&scene, foreign, (403, "none"), "another site").await;
    let honest = post(at, Some(&own), FORM, &form_of(&number, &csrf(&page)));
    assert_eq!(send(&scene.router(), honest).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(start_paused = true)]
async fn whoever_types_too_many_numbers_waits_and_so_does_everybody_at_the_space_when_there_were_enough() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let page = browser.get("/join/number").await;
    let own = cookie(&browser).to_owned();
    let typed = |seed: u64| post("/join/number", Some(&own), FORM, &form_of(&number(seed), &csrf(&page)));
    // A client's budget lies in each process; the scene's two have eight each.
    let alone = crate::router(scene.stage.site().with_budget(1_000));
    for seed in 0..8 {
        assert_eq!(send(&alone, typed(seed)).await.status, StatusCode::SEE_OTHER, "{seed}");
    }
    let before = scene.stage.memory.entries();
    let over = send(&alone, typed(8)).await;
    assert!(over.status == StatusCode::TOO_MANY_REQUESTS && over.text.contains("Not now"), "{}", over.text);
    assert!(scene.stage.memory.entries() == before);
    // Another client's budget does not help when the space's is used up.
    for seed in 8..u64::from(MOST_AT_PAGE) {
        let replica = crate::router(scene.stage.site().with_budget(1_000));
        assert_eq!(send(&replica, typed(seed)).await.status, StatusCode::SEE_OTHER, "{seed}");
    }
    let replica = crate::router(scene.stage.site().with_budget(1_000));
    assert_eq!(send(&replica, typed(99)).await.status, StatusCode::TOO_MANY_REQUESTS);
    scene.clock.advance(3_600);
    assert_eq!(send(&replica, typed(99)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(start_paused = true)]
async fn the_links_have_the_budget_of_a_client() {
    let scene = Scene::new();
    let router = crate::router(scene.stage.site().with_budget(1));
    for _ in 0..2 {
        assert_eq!(send(&router, get("/join/invited/x")).await.status, StatusCode::NOT_FOUND);
    }
    for request in [get("/join/invited/x"), get("/join/number"), post("/join/invited/x", None, JSON, "")] {
        let address = request.uri().clone();
        assert_eq!(said(&send(&router, request).await), (429, "slow_down"), "{address}");
    }
}

#[tokio::test]
async fn a_link_makes_no_request_for_pages_of_others_nor_for_guesses() {
    let scene = Scene::new();
    ask(&scene, json!({"command": "verifier.invite", "number": number(1)})).await.unwrap();
    scene.stage.space().0.send_invitations().await.unwrap();
    let (_, letter) = scene.stage.outbox.letters().pop().unwrap();
    let at = path(&letter.link);
    let foreign = || {
        let mut request = post(&at, None, JSON, "");
        request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
        request
    };
    refused(&scene, foreign, (403, "invalid_request"), "another site").await;
    for guessed in [letter.id.as_str(), "x", "AAAAAAAAAAAAAAAAAAAAAA"] {
        let at = format!("/join/invited/{guessed}");
        refused(&scene, || post(&at, None, JSON, ""), (404, "not_found"), guessed).await;
        refused(&scene, || get(&at), (404, "none"), guessed).await;
    }
    assert_eq!(send(&scene.router(), post(&at, None, JSON, "")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_key_nothing_is_shown_and_nobody_invited() {
    let scene = Scene::new();
    let key = key(&scene, "desk").await;
    let revoked = crate::tests::inviting::key(&scene, "gone").await;
    ask(&scene, json!({"command": "verifier.key.revoke", "name": "gone"})).await.unwrap();
    let hash = serde_json::to_value(openid4vc::secret::SecretHash::of(&key)).unwrap();
    let wanted = json!({"number": number(1)}).to_string();
    let before = scene.stage.memory.entries();
    for (case, header, status, challenge) in [
        ("none", None, 401, "Bearer"),
        ("another scheme", Some("Basic YTpi".to_owned()), 401, "Bearer"),
        ("an empty one", Some("Bearer ".to_owned()), 401, "Bearer error=\"invalid_token\""),
        ("guessed", Some("Bearer guessed".to_owned()), 401, "Bearer error=\"invalid_token\""),
        (
            "its hash",
            Some(format!("Bearer {}", hash.as_str().unwrap())),
            401,
            "Bearer error=\"invalid_token\"",
        ),
        ("revoked", Some(format!("Bearer {revoked}")), 401, "Bearer error=\"invalid_token\""),
        ("as DPoP", Some(format!("DPoP {key}")), 401, "Bearer error=\"invalid_token\""),
    ] {
        for request in [
            get("/api/v1/invitations"),
            get("/api/v1/invitations/x"),
            post("/api/v1/invitations", None, JSON, &wanted),
            // What is malformed is not looked at.
            post("/api/v1/invitations", None, "text/plain", "{"),
        ] {
            let mut request = request;
            if let Some(header) = &header {
                request.headers_mut().insert("authorization", header.parse().unwrap());
            }
            let address = request.uri().clone();
            let answered = send(&scene.router(), request).await;
            assert_eq!(answered.status.as_u16(), status, "{case} {address}");
            assert_eq!(answered.header("www-authenticate"), challenge, "{case}");
            assert_eq!(answered.json()["error"], "invalid_token", "{case}");
        }
    }
    let mut twice = with_key(Method::GET, "/api/v1/invitations", &key, None);
    twice.headers_mut().append("authorization", format!("Bearer {key}").parse().unwrap());
    assert_eq!(said(&send(&scene.router(), twice).await), (400, "invalid_request"));
    assert!(scene.stage.memory.entries() == before);
    let honest = with_key(Method::GET, "/api/v1/invitations", &key, None);
    assert_eq!(send(&scene.router(), honest).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_the_team_cannot_mean_is_refused_in_words_and_counts_for_nothing() {
    let scene = Scene::new();
    let key = key(&scene, "desk").await;
    let at = "/api/v1/invitations";
    let good = number(1);
    for (case, body) in [
        ("nobody", json!({})),
        ("two", json!({"number": good, "email": "ada@example.org"})),
        ("a mistyped number", json!({"number": "HRB1-0000-00001"})),
        ("no address", json!({"email": "ada"})),
        ("an unknown member", json!({"number": good, "more": 1})),
        ("a form that there is not", json!({"number": good, "form": "nothing"})),
        ("no time", json!({"number": good, "days": 0})),
        ("too long", json!({"number": good, "days": 15})),
        ("here by mail", json!({"email": "ada@example.org", "purpose": "here-i-am"})),
        ("another purpose", json!({"number": good, "purpose": "hello"})),
        ("no language", json!({"number": good, "language": ""})),
        ("a language that is not spoken", json!({"number": good, "language": "fr"})),
        ("a long one", json!({"email": "ada@example.org", "language": "e".repeat(5_000)})),
    ] {
        let request = || with_key(Method::POST, at, &key, Some(&body));
        refused(&scene, request, (400, "invalid_request"), case).await;
    }
    let plain = || {
        let mut request = with_key(Method::POST, at, &key, Some(&json!({"number": good})));
        request.headers_mut().insert("content-type", "text/plain".parse().unwrap());
        request
    };
    refused(&scene, plain, (415, "invalid_request"), "another media type").await;
    for id in ["nothing", "AAAAAAAAAAAAAAAAAAAAAA", &"A".repeat(5_000), "%00", "%F0%9F%91%8B"] {
        let nothing = || with_key(Method::GET, &format!("/api/v1/invitations/{id}"), &key, None);
        refused(&scene, nothing, (404, "not_found"), "no such invitation").await;
    }
    let invite = |seed: u64| with_key(Method::POST, at, &key, Some(&json!({"number": number(seed)})));
    for (obstacle, status, code) in [
        (Obstacle::NoOffice, 400, "invalid_request"),
        (Obstacle::NotAdmitted, 403, "not_admitted"),
        (Obstacle::NoList, 503, "temporarily_unavailable"),
    ] {
        scene.stage.outbox.close(Some(obstacle));
        let before = scene.stage.memory.entries();
        let answered = send(&scene.router(), invite(1)).await;
        assert_eq!((answered.status.as_u16(), answered.json()["error"].as_str()), (status, Some(code)));
        assert!(scene.stage.memory.entries() == before);
    }
    scene.stage.outbox.close(None);
    assert_eq!(send(&scene.router(), invite(1)).await.status, StatusCode::CREATED);
    let again = send(&scene.router(), invite(1)).await;
    assert_eq!((again.status, again.json()["error"].as_str()), (StatusCode::CONFLICT, Some("already_open")));
    for seed in 2..=u64::from(MOST_BY_TEAM) {
        assert_eq!(send(&scene.router(), invite(seed)).await.status, StatusCode::CREATED, "{seed}");
    }
    assert_eq!(said(&send(&scene.router(), invite(99)).await), (429, "slow_down"));
}

#[tokio::test]
async fn a_command_that_cannot_be_meant_says_so_in_a_sentence() {
    let scene = Scene::new();
    let invite = |more: Value| {
        let mut request = json!({"command": "verifier.invite"});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    scene.stage.outbox.close(Some(Obstacle::NotAdmitted));
    let before = scene.stage.memory.entries();
    for (request, said) in [
        (invite(json!({"number": "HRB1-0000-00001"})), "was mistyped: its check symbol does not fit"),
        (invite(json!({"number": "HRB1"})), "13 symbols"),
        (invite(json!({"email": "ada"})), "NAME@DOMAIN"),
        (invite(json!({})), "name a passport number or an e-mail address"),
        (invite(json!({"number": number(1), "form": "nothing"})), "there is no form named nothing"),
        (invite(json!({"number": number(1)})), "this space is not admitted to the network"),
        (json!({"command": "verifier.key.make", "name": "", "scopes": ["forms:read"]}), "a key's name has"),
        (json!({"command": "verifier.key.make", "name": "a", "scopes": []}), "say what the key may do"),
        (
            json!({"command": "verifier.key.make", "name": "a", "scopes": ["forms:read"], "days": 0}),
            "days: from 1 to",
        ),
        (
            json!({"command": "verifier.key.make", "name": "a", "scopes": ["all"]}),
            "does not know this command",
        ),
        (json!({"command": "verifier.key.revoke", "name": "none"}), "there is no such key"),
    ] {
        let refused = ask(&scene, request).await.unwrap_err();
        assert!(refused.contains(said), "{refused}");
    }
    assert!(scene.stage.memory.entries() == before);
    key(&scene, "desk").await;
    let taken = json!({"command": "verifier.key.make", "name": "desk", "scopes": ["forms:read"]});
    let taken = ask(&scene, taken).await.unwrap_err();
    assert!(taken.contains("there is a key of this name"), "{taken}");
}
