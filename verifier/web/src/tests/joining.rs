//! Who is at the screen: the same device, another device, another browser, nobody.

use http::StatusCode;
use serde_json::json;

use super::stage::path;
use super::{Browser, Scene, csrf, digits};

#[tokio::test]
async fn a_wallet_on_the_same_device_comes_back_and_has_joined() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let link = browser.ask("link").await;
    assert_eq!(browser.state().await, "waiting");
    let wallet = scene.wallet();
    let reply = wallet.answer(&scene.router(), &link).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert_eq!(browser.state().await, "waiting", "nobody came back yet");
    let back = path(reply.json()["redirect_uri"].as_str().unwrap());
    assert!(back.starts_with("/join/return?"), "{back}");
    let returned = browser.get(&back).await;
    assert_eq!((returned.status, returned.header("location")), (StatusCode::SEE_OTHER, "/join/answer"));
    assert_eq!(browser.state().await, "joined");
    let page = browser.get("/join/answer").await;
    assert!(page.text.contains("Welcome to Kiln North"), "{}", page.text);
    assert!(
        page.text.contains("openid-credential-offer://"),
        "the membership for a wallet that fetches nothing"
    );
    // The address is opened once more in the same browser: it goes on to where it was.
    let again = browser.get(&back).await;
    assert_eq!((again.status, again.header("location")), (StatusCode::SEE_OTHER, "/join/answer"));

    let uri = reply.json()["sharing_proof_uri"].as_str().unwrap().to_owned();
    let found = wallet.follow_up(&scene.router(), &uri, &wallet.key).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text);
    assert_eq!(found.header("cache-control"), "no-store");
    for member in ["sharing_proof", "decision", "credential_offer"] {
        assert!(found.json()[member].is_string(), "{member}: {}", found.text);
    }
    // Another key finds what an unknown address finds.
    let other = wallet.follow_up(&scene.router(), &uri, &scene.wallet().key).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    let bare =
        super::send(&scene.router(), http::Request::get(path(&uri)).body(axum::body::Body::empty()).unwrap())
            .await;
    assert_eq!(bare.status, StatusCode::UNAUTHORIZED);
    assert!(bare.headers.contains_key("dpop-nonce"));
}

#[tokio::test]
async fn a_return_in_another_browser_is_refused_and_its_values_are_dropped() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let link = browser.ask("link").await;
    let wallet = scene.wallet();
    let reply = wallet.answer(&scene.router(), &link).await;
    let back = path(reply.json()["redirect_uri"].as_str().unwrap());
    let before = scene.stage.memory.entries().len();
    let mut other = Browser::new(&scene);
    let _ = other.ask("link").await;
    let refused = other.get(&back).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("This is another browser"), "{}", refused.text);
    assert_ne!(other.state().await, "joined");
    assert_eq!(browser.state().await, "ended");
    // Too late for the right one, too: the address works once.
    assert_eq!(browser.get(&back).await.status, StatusCode::GONE);
    let (space, _) = scene.stage.space();
    let uri = reply.json()["sharing_proof_uri"].as_str().unwrap().to_owned();
    let found = wallet.follow_up(&scene.router(), &uri, &wallet.key).await;
    assert_eq!(found.status, StatusCode::NOT_FOUND);
    assert!(space.waiting(10).await.unwrap().is_empty());
    assert!(before > 0 && space.work().await.unwrap() > 0, "the contact's key is destroyed");
}

#[tokio::test]
async fn a_return_without_any_cookie_or_too_late_is_refused() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    for (late, status, said) in [
        (false, StatusCode::FORBIDDEN, "This is another browser"),
        (true, StatusCode::GONE, "You came back too late"),
    ] {
        let link = browser.ask("link").await;
        let reply = scene.wallet().answer(&scene.router(), &link).await;
        let back = path(reply.json()["redirect_uri"].as_str().unwrap());
        let refused = if late {
            scene.clock.advance(181);
            browser.get(&back).await
        } else {
            Browser::new(&scene).get(&back).await
        };
        assert_eq!(refused.status, status);
        assert!(refused.text.contains(said), "{}", refused.text);
    }
}

#[tokio::test]
async fn a_wrong_code_in_the_address_changes_nothing() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let link = browser.ask("link").await;
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    let back = path(reply.json()["redirect_uri"].as_str().unwrap());
    let (address, _) = back.split_once("response_code=").unwrap();
    let refused = browser.get(&format!("{address}response_code=wrong")).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/join/return?request=a").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&back).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_digits_of_the_phone_sign_the_waiting_screen_in() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let link = screen.ask("qr").await;
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    let address = path(reply.json()["redirect_uri"].as_str().unwrap());
    assert!(address.starts_with("/join/phone?"), "{address}");
    assert_eq!(screen.state().await, "code-wanted");
    let page = screen.get("/join/answer").await;
    assert!(page.text.contains("Type the digits from your phone"), "{}", page.text);
    let mut phone = Browser::new(&scene);
    let shown = phone.get(&address).await;
    assert_eq!(shown.status, StatusCode::OK);
    let code = digits(&shown);
    assert_eq!((code.len(), code.as_bytes()[3]), (7, b' '), "grouped: {code}");
    // Whoever waits and reloads the first page is led to the digits, not to another request.
    assert_eq!(screen.get("/join").await.header("location"), "/join/answer");

    let wrong = if code == "000 000" { "111111" } else { "000000" };
    let token = csrf(&page);
    let refused = screen.post_form("/join/code", &format!("csrf={token}&code={wrong}")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("These are not the digits on your phone"), "{}", refused.text);
    let short = screen.post_form("/join/code", &format!("csrf={token}&code=12")).await;
    assert_eq!(short.status, StatusCode::BAD_REQUEST);
    assert!(short.text.contains("Type all 6 digits"), "{}", short.text);
    let spaced = code.replace(' ', "+");
    let taken = screen.post_form("/join/code", &format!("csrf={token}&code={spaced}")).await;
    assert_eq!((taken.status, taken.header("location")), (StatusCode::SEE_OTHER, "/join/answer"));
    assert_eq!(screen.state().await, "joined");
    assert_eq!(phone.get(&address).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn digits_are_taken_as_json_from_the_screen_that_asked_and_from_no_other() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let link = screen.ask("qr").await;
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    let shown = Browser::new(&scene).get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    let code = digits(&shown);
    let mut stranger = Browser::new(&scene);
    let refused = stranger.post_json("/join/code", &json!({"code": code})).await;
    assert_eq!(
        (refused.status, refused.json()["error"].as_str()),
        (StatusCode::FORBIDDEN, Some("other_session"))
    );
    let _ = stranger.ask("qr").await;
    let refused = stranger.post_json("/join/code", &json!({"code": code})).await;
    assert_eq!((refused.status, refused.json()["error"].as_str()), (StatusCode::GONE, Some("not_awaited")));
    let odd = screen.post_json("/join/code", &json!({"code": "12"})).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    let odd = screen.post_json("/join/code", &json!({"code": code, "more": 1})).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    let taken = screen.post_json("/join/code", &json!({"code": code})).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    assert_eq!(taken.json()["state"], "joined");
    assert_ne!(stranger.state().await, "joined");
}

#[tokio::test]
async fn five_wrong_codes_file_the_sign_up_and_open_no_session() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let link = screen.ask("qr").await;
    let wallet = scene.wallet();
    let reply = wallet.answer(&scene.router(), &link).await;
    let shown = Browser::new(&scene).get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    let code = digits(&shown);
    let wrong = if code == "000 000" { "111111" } else { "000000" };
    for left in (0..5).rev() {
        let refused = screen.post_json("/join/code", &json!({"code": wrong})).await;
        let error = if left == 0 { "too_many_tries" } else { "wrong_digits" };
        assert_eq!(refused.json()["error"], error);
    }
    let late = screen.post_json("/join/code", &json!({"code": code})).await;
    assert_eq!(late.status, StatusCode::GONE);
    assert_eq!(screen.state().await, "filed");
    let page = screen.get("/join/answer").await;
    assert!(page.text.contains("Nobody typed the digits"), "{}", page.text);
    assert!(!page.text.contains("openid-credential-offer"));
    // The wallet still gets what it is owed.
    let uri = reply.json()["sharing_proof_uri"].as_str().unwrap().to_owned();
    assert!(wallet.follow_up(&scene.router(), &uri, &wallet.key).await.json()["sharing_proof"].is_string());
}

#[tokio::test]
async fn a_person_decides_where_the_form_says_so() {
    for (outcome, state, said) in [
        (network::decision::Outcome::Approved, "joined", "Welcome to Kiln North"),
        (network::decision::Outcome::Declined, "declined", "did not take your sign-up"),
    ] {
        let scene = Scene::new();
        let mut browser = Browser::new(&scene);
        let asked =
            browser.post_json("/join/requests", &json!({"way": "link", "form": "ask-the-team"})).await;
        let reply = scene.wallet().answer(&scene.router(), asked.json()["link"].as_str().unwrap()).await;
        let (space, _) = scene.stage.space();
        // Nobody can be decided about before it is known who was there.
        let session = asked.json()["session"].as_str().unwrap().to_owned();
        let sign_up = space.sign_up_for(&session).await.unwrap().unwrap();
        assert!(space.waiting(10).await.unwrap().is_empty());
        let early = space.decide(&sign_up.id, outcome, None).await.unwrap_err();
        assert_eq!(early.to_string(), "there is no such sign-up");
        browser.get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
        assert_eq!(browser.state().await, "with-the-team");
        let page = browser.get("/join/answer").await;
        assert!(page.text.contains("Kiln North has your answer"), "{}", page.text);
        space.decide(&sign_up.id, outcome, None).await.unwrap();
        assert_eq!(browser.state().await, state);
        assert!(browser.get("/join/answer").await.text.contains(said));
        let again = space.decide(&sign_up.id, outcome, None).await.unwrap_err();
        assert_eq!(again.to_string(), "this sign-up has been decided already");
    }
}

#[tokio::test]
async fn a_member_who_declines_is_told_so_while_the_other_way_is_open() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let link = browser.ask("link").await;
    let _ = browser.ask("qr").await;
    assert_eq!(scene.wallet().decline(&scene.router(), &link).await.status, StatusCode::OK);
    assert_eq!(browser.state().await, "not-shared");
    let page = browser.get("/join/answer").await;
    assert!(page.text.contains("You chose not to share"), "{}", page.text);
    assert!(page.text.contains("href=\"/join?again=1\""));
    // Beginning again makes other requests, and the old one says nothing about them.
    let _ = browser.get("/join?again=1").await;
    assert_eq!(browser.state().await, "waiting");
}

#[tokio::test]
async fn whoever_joins_next_at_the_same_device_starts_with_a_session_of_their_own() {
    let scene = Scene::new();
    let mut kiosk = Browser::new(&scene);
    let link = kiosk.ask("link").await;
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    kiosk.get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    assert_eq!(kiosk.state().await, "joined");
    let first = kiosk.cookie.clone();
    assert_eq!(kiosk.get("/join").await.status, StatusCode::OK);
    assert_ne!(kiosk.cookie, first);
    assert_eq!(kiosk.state().await, "waiting");
}

#[tokio::test]
async fn a_request_ends_after_five_minutes() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let _ = browser.get("/join").await;
    assert_eq!(browser.state().await, "waiting");
    scene.clock.advance(301);
    assert_eq!(browser.state().await, "ended");
    let page = browser.get("/join/answer").await;
    assert!(page.text.contains("This took too long"), "{}", page.text);
}

#[tokio::test]
async fn a_browser_that_asks_very_often_gets_another_session_and_sees_its_newest_request() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let mut cookies = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let _ = browser.ask("qr").await;
        cookies.extend(browser.cookie.clone());
        assert_eq!(browser.state().await, "waiting");
    }
    assert_eq!(cookies.len(), 2);
    let link = browser.ask("qr").await;
    assert_eq!(scene.wallet().answer(&scene.router(), &link).await.status, StatusCode::OK);
    assert_eq!(browser.state().await, "code-wanted");
}
