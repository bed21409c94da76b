//! `POST /join/code`: six digits, at the screen that asked, within two minutes and five tries.

use super::*;

const AT: &str = "/join/code";

/// A screen that waits for digits, and the digits.
async fn waiting<'a>(scene: &'a Scene) -> (Browser<'a>, String) {
    let mut screen = Browser::new(scene);
    let address = answered(scene, &mut screen, "qr").await;
    let shown = Browser::new(scene).get(&address).await;
    (screen, digits(&shown).replace(' ', ""))
}

#[tokio::test]
async fn what_is_no_code_or_of_no_screen_costs_no_try() {
    let scene = Scene::new();
    let (mut screen, digits) = waiting(&scene).await;
    let own = cookie(&screen).to_owned();
    let good = json!({"code": digits}).to_string();
    let (letters, long) =
        (json!({"code": "12345a"}).to_string(), json!({"code": format!("{digits}0")}).to_string());
    let more = json!({"code": digits, "more": 1}).to_string();
    let twice = format!(r#"{{"code":"{digits}","code":"{digits}"}}"#);
    for (case, body) in [
        ("too few", r#"{"code":"12345"}"#),
        ("too many", &long),
        ("letters", &letters),
        ("a number", r#"{"code":123456}"#),
        ("nothing", "{}"),
        ("an unknown member", &more),
        ("a name twice", &twice),
        ("half of it", r#"{"code""#),
    ] {
        refused(&scene, || post(AT, Some(&own), JSON, body), (400, "invalid_request"), case).await;
    }
    refused(&scene, || post(AT, None, JSON, &good), (403, "other_session"), "no session").await;
    refused(&scene, || post(AT, Some(&own), "text/plain", &good), (415, "invalid_request"), "text").await;
    let mut stranger = Browser::new(&scene);
    let _ = stranger.ask("qr").await;
    let others = cookie(&stranger).to_owned();
    let case = "a screen that waits for an answer";
    refused(&scene, || post(AT, Some(&others), JSON, &good), (410, "not_awaited"), case).await;
    let taken = screen.post_json(AT, &json!({"code": digits})).await;
    assert_eq!((taken.status, taken.json()["state"].as_str()), (StatusCode::OK, Some("joined")));
    refused(&scene, || post(AT, Some(&own), JSON, &good), (410, "not_awaited"), "typed already").await;
    assert_ne!(stranger.state().await, "joined");
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_own_session_and_page() {
    let scene = Scene::new();
    let ((mut screen, digits), (mut other, _)) = (waiting(&scene).await, waiting(&scene).await);
    let token = csrf(&screen.get("/join/answer").await);
    let others = csrf(&other.get("/join/answer").await);
    let own = cookie(&screen).to_owned();
    let (without, empty, foreign, good) = (
        format!("code={digits}"),
        format!("code={digits}&csrf="),
        format!("code={digits}&csrf={others}"),
        format!("code={digits}&csrf={token}"),
    );
    for (case, cookie, body) in [
        ("no token", Some(own.as_str()), &without),
        ("an empty token", Some(&own), &empty),
        ("another session's token", Some(&own), &foreign),
        ("no session", None, &good),
    ] {
        refused(&scene, || post(AT, cookie, FORM, body), (403, "none"), case).await;
    }
    let twice = format!("{good}&code={digits}");
    refused(&scene, || post(AT, Some(&own), FORM, &twice), (400, "invalid_request"), "the code twice").await;
    let short = format!("code=12&csrf={token}");
    refused(&scene, || post(AT, Some(&own), FORM, &short), (400, "none"), "too few digits").await;
    let taken = screen.post_form(AT, &good).await;
    assert_eq!((taken.status, taken.header("location")), (StatusCode::SEE_OTHER, "/join/answer"));
}

#[tokio::test]
async fn wrong_digits_are_counted_over_both_replicas_and_the_fifth_files_the_sign_up() {
    let scene = Scene::new();
    let (mut screen, digits) = waiting(&scene).await;
    for left in (0..5).rev() {
        let answered = screen.post_json(AT, &json!({"code": other_than(&digits)})).await;
        let code = if left == 0 { "too_many_tries" } else { "wrong_digits" };
        assert_eq!(said(&answered), (403, code), "{left} tries left");
    }
    let own = cookie(&screen).to_owned();
    let right = json!({"code": digits}).to_string();
    refused(&scene, || post(AT, Some(&own), JSON, &right), (410, "not_awaited"), "the sixth").await;
    assert_eq!(screen.state().await, "filed");
}

#[tokio::test]
async fn digits_that_come_late_open_no_session() {
    let scene = Scene::new();
    let (mut screen, digits) = waiting(&scene).await;
    scene.clock.advance(120);
    let late = screen.post_json(AT, &json!({"code": digits})).await;
    assert_eq!(said(&late), (410, "too_late"));
    assert_eq!(screen.state().await, "filed");
    let (mut screen, digits) = waiting(&scene).await;
    scene.clock.advance(119);
    assert_eq!(screen.post_json(AT, &json!({"code": digits})).await.status, StatusCode::OK);
}
