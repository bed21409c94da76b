//! What an open page hears while somebody looks at it.

use std::pin::Pin;
use std::time::Duration;

use axum::body::HttpBody;

use super::*;
use crate::news::Kind;

/// What a page hears.
struct Heard(Body);

impl Heard {
    async fn of(browser: &Browser<'_>, since: &str) -> Self {
        let request = Request::get(format!("/live?since={since}"));
        let response = browser.answer(request, Body::empty()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream; charset=utf-8");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self(response.into_body())
    }

    /// The next event: its name and what it says; none where the stream has ended.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            let frame = std::future::poll_fn(|context| Pin::new(&mut self.0).poll_frame(context)).await?;
            let text = String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap();
            let field = |name: &str| {
                text.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(ToOwned::to_owned))
            };
            if let Some(event) = field("event") {
                return Some((event, field("data").unwrap_or_default()));
            }
        }
    }

    async fn changed(&mut self) -> String {
        let (event, kinds) = self.next().await.expect("an event");
        assert_eq!(event, "changed");
        kinds
    }

    async fn ends_with(&mut self, event: &str) {
        assert_eq!(self.next().await, Some((event.to_owned(), String::new())));
        assert_eq!(self.next().await, None);
    }
}

/// What stands in a page of all that it knows.
fn known(page: &Shown) -> String {
    let at = page.text.split("data-live-since=\"").nth(1).expect("what the page knows");
    at.split('"').next().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn an_open_page_is_told_what_kind_of_thing_changed_since_it_was_made_and_nothing_more() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let since = known(&browser.get("/").await);
    scene.desk.news().note(Kind::Mail);
    let mut heard = Heard::of(&browser, &since).await;
    assert_eq!(heard.changed().await, "mail", "what came before the page could hear");
    scene.desk.news().note(Kind::Spaces);
    assert_eq!(heard.changed().await, "spaces");
    scene.desk.news().note(Kind::Asked);
    scene.desk.news().note(Kind::Held);
    assert_eq!(heard.changed().await, "asked held");
    // Whoever does not say what they know is told from where on they are.
    let mut another = Heard::of(&browser, "nonsense").await;
    assert_eq!(another.changed().await, "");
    // A browser that comes back says it in a header.
    let again = Request::get("/live?since=0.0.0.0.0").header("last-event-id", since);
    let mut again = Heard(browser.answer(again, Body::empty()).await.into_body());
    assert_eq!(again.changed().await, "asked mail spaces held");
}

#[tokio::test(start_paused = true)]
async fn locking_anywhere_ends_what_the_pages_of_that_session_hear_at_once() {
    let scene = Scene::new().await;
    let (mut phone, mut desk) = (scene.browser(), scene.browser());
    phone.unlock(PASSPHRASE).await;
    desk.unlock(PASSPHRASE).await;
    let (on, at) = (known(&phone.get("/").await), known(&desk.get("/").await));
    let mut on_phone = Heard::of(&phone, &on).await;
    let mut at_desk = Heard::of(&desk, &at).await;
    // The phone is ended from the desk.
    let ways = desk.get("/ways").await;
    let session = ways.text.split("name=\"session\" value=\"").skip(1);
    let sessions: Vec<&str> = session.map(|rest| rest.split('"').next().unwrap()).collect();
    let own = web::session::SessionSecret::of_request(&http::HeaderMap::from_iter([(
        COOKIE,
        desk.cookie.clone().unwrap().parse().unwrap(),
    )]));
    let own = own.unwrap().id().text();
    let other = sessions.iter().find(|one| **one != own).unwrap();
    let csrf = ways.csrf("/ways/sessions/end");
    desk.post("/ways/sessions/end", &[("csrf", &csrf), ("session", other)]).await;
    on_phone.ends_with("locked").await;
    assert_eq!(at_desk.changed().await, "sessions", "the other one is told that a session ended");
    let csrf = desk.get("/").await.csrf("/lock");
    desk.post("/lock", &[("csrf", &csrf)]).await;
    at_desk.ends_with("locked").await;
    // Without a session there is nothing to hear.
    Heard::of(&scene.browser(), "0.0.0.0.0").await.ends_with("locked").await;
    let mut planted = scene.browser();
    planted.cookie = Some(format!("__Host-session={}", jose::base64url::encode([7; 32])));
    Heard::of(&planted, "0.0.0.0.0").await.ends_with("locked").await;
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_open_and_what_its_script_fetches_keep_no_session_open() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let since = known(&browser.get("/").await);
    let mut heard = Heard::of(&browser, &since).await;
    for _ in 0..2 {
        scene.clock.advance(400);
        for path in ["/", "/messages", "/spaces"] {
            let looks = Request::get(path).header("passport-looks", "1");
            assert_eq!(browser.send(looks, Body::empty()).await.status, StatusCode::OK, "{path}");
        }
    }
    scene.clock.advance(100);
    // Nobody has done anything: the stream finds out by itself.
    heard.ends_with("locked").await;
    assert_eq!(browser.get("/").await.location.as_deref(), Some("/unlock"));
}

#[tokio::test]
async fn what_a_script_fetches_begins_no_session() {
    let scene = Scene::new().await;
    let mut locked = scene.browser();
    let looks = Request::get("/unlock").header("passport-looks", "1");
    assert_eq!(locked.send(looks, Body::empty()).await.status, StatusCode::OK);
    assert_eq!(locked.cookie, None, "a device that was borrowed keeps nothing of it");
    locked.get("/unlock").await;
    assert!(locked.cookie.is_some(), "a form has one");
}

#[tokio::test(start_paused = true)]
async fn more_pages_than_a_person_opens_leave_the_first_ones_out() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let since = known(&browser.get("/").await);
    let mut first = Heard::of(&browser, &since).await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(Heard::of(&browser, &since).await);
    }
    assert_eq!(scene.desk.watching().pages(), 4);
    others.push(Heard::of(&browser, &since).await);
    first.ends_with("enough").await;
    assert_eq!(scene.desk.watching().pages(), 4);
    scene.desk.news().note(Kind::Mail);
    for heard in &mut others {
        assert_eq!(heard.changed().await, "mail");
    }
    // Another session of the same wallet has places of its own, up to what a wallet has.
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let mut another = scene.browser();
        another.unlock(PASSPHRASE).await;
        for _ in 0..4 {
            sessions.push(Heard::of(&another, &since).await);
        }
    }
    assert_eq!(scene.desk.watching().pages(), 16);
    let mut one_more = scene.browser();
    one_more.unlock(PASSPHRASE).await;
    let _one_more = Heard::of(&one_more, &since).await;
    assert_eq!(scene.desk.watching().pages(), 16);
    others.remove(0).ends_with("enough").await;
    // Who goes leaves room.
    drop((others, sessions));
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(scene.desk.watching().pages(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_of_what_is_told_is_told_no_more() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let since = known(&browser.get("/").await);
    let _heard = Heard::of(&browser, &since).await;
    assert_eq!(scene.desk.watching().pages(), 1);
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_secs(20)).await;
    }
    assert_eq!(scene.desk.watching().pages(), 0, "what nobody takes waits for ever");
}
