//! Who is at the screen: the same device, another device, another browser, nobody.

use http::StatusCode;
use serde_json::{Value, json};

use super::stage::{path, post_form};
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
    assert!(page.text.contains("The right digits were not typed"), "{}", page.text);
    assert!(!page.text.contains("openid-credential-offer"));
    // The wallet still gets what it is owed.
    let uri = reply.json()["sharing_proof_uri"].as_str().unwrap().to_owned();
    assert!(wallet.follow_up(&scene.router(), &uri, &wallet.key).await.json()["sharing_proof"].is_string());
}

#[tokio::test]
async fn after_five_wrong_tries_the_page_waits_no_more_although_its_other_request_is_open() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let asked = screen.get("/join").await;
    let link = asked.text.split("value=\"").find(|text| text.starts_with("openid4vp://")).unwrap();
    let link = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    let shown = Browser::new(&scene).get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    let wrong = if digits(&shown) == "000 000" { "111111" } else { "000000" };
    let body = format!("csrf={}&code={wrong}", csrf(&screen.get("/join/answer").await));
    for left in (0..5).rev() {
        let refused = screen.post_form("/join/code", &body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let (said, not_said) = if left == 0 {
            ("That was the last of 5 tries", "These are not the digits")
        } else {
            ("These are not the digits", "That was the last")
        };
        assert!(refused.text.contains(said) && !refused.text.contains(not_said), "{}", refused.text);
        assert_eq!(refused.text.contains("The right digits were not typed"), left == 0, "{left} left");
        assert!(!refused.text.contains("Waiting for your wallet"), "{}", refused.text);
    }
    assert_eq!(screen.state().await, "filed");
    // Beginning again asks anew, and what is over says nothing about it.
    let _ = screen.get("/join").await;
    assert_eq!(screen.state().await, "waiting");
}

#[tokio::test]
async fn whoever_types_before_digits_were_shown_is_told_so_and_loses_no_try() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let link = screen.ask("qr").await;
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    let address = path(reply.json()["redirect_uri"].as_str().unwrap());
    let page = screen.get("/join/answer").await;
    assert!(page.text.contains("If your wallet printed an address instead, open that"), "{}", page.text);
    let token = csrf(&page);
    for _ in 0..6 {
        let early = screen.post_form("/join/code", &format!("csrf={token}&code=123456")).await;
        assert_eq!(early.status, StatusCode::GONE);
        assert!(early.text.contains("No digits have been shown yet"), "{}", early.text);
        assert!(!early.text.contains("out of date"), "{}", early.text);
    }
    // Loaded again, the page shows other digits and says that the older ones count no more.
    let (mut phone, mut seen) = (Browser::new(&scene), std::collections::BTreeSet::new());
    while seen.len() < 2 {
        let shown = phone.get(&address).await;
        assert!(shown.text.contains("the older ones no longer count"), "{}", shown.text);
        seen.insert(digits(&shown));
    }
    scene.clock.advance(120);
    let late = screen.post_form("/join/code", &format!("csrf={token}&code=123456")).await;
    assert_eq!(late.status, StatusCode::GONE);
    assert!(late.text.contains("These digits are out of date"), "{}", late.text);
    assert!(late.text.contains("The right digits were not typed"), "{}", late.text);
}

#[tokio::test]
async fn digits_are_typed_as_the_phone_groups_them() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let link = screen.ask("qr").await;
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    let shown = Browser::new(&scene).get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    let code = digits(&shown);
    let page = screen.get("/join/answer").await;
    let longest = page.text.split_once("maxlength=\"").unwrap().1.split_once('"').unwrap().0;
    assert!(longest.parse::<usize>().unwrap() >= code.len(), "{code:?} fits into the field");
    let taken = screen.post_json("/join/code", &json!({"code": code})).await;
    assert_eq!((taken.status, taken.json()["state"].as_str()), (StatusCode::OK, Some("joined")));
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
    assert!(page.text.contains("href=\"/join\""));
    // Beginning again makes other requests, and the old one says nothing about them.
    let _ = browser.get("/join").await;
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
    scene.clock.advance(299);
    assert_eq!(browser.state().await, "waiting");
    scene.clock.advance(1);
    assert_eq!(browser.state().await, "expired");
    let page = browser.get("/join/answer").await;
    assert!(page.text.contains("This took too long"), "{}", page.text);
    assert!(page.text.contains("Kiln North has received nothing"), "{}", page.text);
}

#[tokio::test]
async fn whoever_waits_for_digits_begins_again_by_a_form_of_its_own_session_alone() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let link = screen.ask("qr").await;
    assert_eq!(scene.wallet().answer(&scene.router(), &link).await.status, StatusCode::OK);
    let page = screen.get("/join/answer").await;
    assert!(
        page.text.contains("action=\"/join/again\"") && !page.text.contains("href=\"/join"),
        "{}",
        page.text
    );
    let own = screen.cookie.clone();
    let token = page.text.split("name=\"csrf\" value=\"").nth(2).unwrap().split('"').next().unwrap();
    // What a page of another host can make a browser do: load addresses, and send forms without the token.
    for path in ["/join?again=1", "/join", "/join/again"] {
        let loaded = screen.get(path).await;
        assert_ne!(loaded.status, StatusCode::OK, "{path}");
        assert_eq!(
            (screen.cookie.clone(), screen.state().await),
            (own.clone(), "code-wanted".to_owned()),
            "{path}"
        );
    }
    let of_digits = csrf(&page);
    for body in ["", "csrf=", &format!("csrf={of_digits}")] {
        let refused = screen.post_form("/join/again", body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{body}");
        assert_eq!((screen.cookie.clone(), screen.state().await), (own.clone(), "code-wanted".to_owned()));
    }
    let begun = screen.post_form("/join/again", &format!("csrf={token}")).await;
    assert_eq!((begun.status, begun.header("location")), (StatusCode::SEE_OTHER, "/join"));
    assert_eq!(screen.get("/join").await.status, StatusCode::OK);
    assert_ne!(screen.cookie, own);
    assert_eq!(screen.state().await, "waiting");
}

#[tokio::test]
async fn garbage_at_the_answers_address_leaves_the_page_waiting_and_it_goes_on_to_the_digits() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let link = screen.ask("qr").await;
    let wallet = scene.wallet();
    let address = wallet.response_uri(&scene.router(), &link).await;
    for fields in [
        &[("response", "x")][..],
        &[],
        &[("error", "access_denied")],
        &[("error", "access_denied"), ("state", "guessed")],
        &[("vp_token", "{}"), ("state", "guessed")],
    ] {
        let answered = post_form(&scene.router(), &address, fields).await;
        assert_eq!(answered.status, StatusCode::BAD_REQUEST, "{fields:?}");
        assert_eq!(screen.state().await, "waiting", "{fields:?}");
        let page = screen.get("/join/answer").await;
        assert!(page.text.contains("Waiting for your wallet"), "{fields:?}: {}", page.text);
    }
    assert_eq!(wallet.answer(&scene.router(), &link).await.status, StatusCode::OK);
    assert_eq!(screen.state().await, "code-wanted");
    assert!(screen.get("/join/answer").await.text.contains("Type the digits from your phone"));
}

#[tokio::test]
async fn a_page_that_says_how_an_answer_ended_goes_on_when_another_comes() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let (declined, link) = (screen.ask("link").await, screen.ask("qr").await);
    assert_eq!(scene.wallet().decline(&scene.router(), &declined).await.status, StatusCode::OK);
    let page = screen.get("/join/answer").await;
    assert!(page.text.contains("You chose not to share"), "{}", page.text);
    assert!(page.text.contains("data-waiting=\"/join/status\" data-state=\"not-shared\""), "{}", page.text);
    assert!(page.text.contains("<script") && !page.text.contains("Waiting for your wallet"), "{}", page.text);
    assert_eq!(screen.state().await, "not-shared");
    assert_eq!(scene.wallet().answer(&scene.router(), &link).await.status, StatusCode::OK);
    assert_eq!(screen.state().await, "code-wanted", "the script goes on");
}

#[tokio::test]
async fn a_member_may_answer_after_an_error_that_somebody_sent_to_the_same_request() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let link = screen.ask("qr").await;
    let bystander = scene.wallet();
    for _ in 0..2 {
        assert_eq!(bystander.decline(&scene.router(), &link).await.status, StatusCode::OK);
        assert_eq!(screen.state().await, "not-shared");
    }
    let page = screen.get("/join/answer").await;
    assert!(page.text.contains("data-waiting=\"/join/status\" data-state=\"not-shared\""), "{}", page.text);
    assert_eq!(scene.wallet().answer(&scene.router(), &link).await.status, StatusCode::OK);
    assert_eq!(screen.state().await, "code-wanted", "the script goes on");
    // When the time of a request is up nothing more can come, and there is nothing to look at.
    let mut late = Browser::new(&scene);
    let declined = late.ask("link").await;
    scene.wallet().decline(&scene.router(), &declined).await;
    scene.clock.advance(300);
    let page = late.get("/join/answer").await;
    assert!(page.text.contains("You chose not to share"), "{}", page.text);
    assert!(!page.text.contains("data-waiting"), "{}", page.text);
}

/// What the browser that asked is told of its request, and what the team is.
async fn told(scene: &Scene, browser: &mut Browser<'_>, asked: &Value) -> (String, String) {
    let (space, presentation) = scene.stage.space();
    let request = json!({"command": "verifier.result", "session": asked["session"]});
    let result = crate::handle(&space, &presentation, request).await.unwrap();
    (browser.state().await, result["result"].as_str().unwrap().to_owned())
}

fn both(page: &str, team: &str) -> (String, String) {
    (page.to_owned(), team.to_owned())
}

#[tokio::test]
async fn page_and_team_are_told_alike_that_nobody_has_answered() {
    for way in ["link", "qr"] {
        let scene = Scene::new();
        let mut browser = Browser::new(&scene);
        let asked = browser.post_json("/join/requests", &json!({"way": way})).await.json();
        scene.clock.advance(299);
        assert_eq!(told(&scene, &mut browser, &asked).await, both("waiting", "waiting"), "{way}");
        scene.clock.advance(1);
        assert_eq!(told(&scene, &mut browser, &asked).await, both("expired", "expired"), "{way}");
    }
}

#[tokio::test]
async fn page_and_team_are_told_alike_that_the_member_declined_also_when_time_is_up() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let asked = browser.post_json("/join/requests", &json!({"way": "qr"})).await.json();
    scene.wallet().decline(&scene.router(), asked["link"].as_str().unwrap()).await;
    for _ in 0..2 {
        assert_eq!(told(&scene, &mut browser, &asked).await, both("not-shared", "access_denied"));
        scene.clock.advance(300);
    }
}

#[tokio::test]
async fn page_and_team_are_told_alike_that_an_answer_was_taken_also_when_time_is_up() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let asked = browser.post_json("/join/requests", &json!({"way": "link"})).await.json();
    let reply = scene.wallet().answer(&scene.router(), asked["link"].as_str().unwrap()).await;
    assert_eq!(told(&scene, &mut browser, &asked).await, both("waiting", "waiting"), "nobody came back yet");
    browser.get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    for _ in 0..2 {
        assert_eq!(told(&scene, &mut browser, &asked).await, both("joined", "accepted"));
        scene.clock.advance(300);
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_back_is_told_to_the_team_before_and_after_the_worker_has_looked() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let asked = browser.post_json("/join/requests", &json!({"way": "link"})).await.json();
    scene.wallet().answer(&scene.router(), asked["link"].as_str().unwrap()).await;
    scene.clock.advance(179);
    assert_eq!(told(&scene, &mut browser, &asked).await, both("waiting", "waiting"));
    scene.clock.advance(1);
    // The sign-up is still there, but it will not count any more.
    assert_eq!(told(&scene, &mut browser, &asked).await.1, "session_mismatch");
    scene.clock.advance(200);
    assert_eq!(scene.stage.space().1.work().await.unwrap(), 1);
    assert_eq!(told(&scene, &mut browser, &asked).await, both("ended", "session_mismatch"));
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
