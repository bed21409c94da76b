//! The page that waits for the mail, and its button for another one.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use issuer::email::{MOST_LINKS, PAUSE};
use issuer::records::Asked;
use jose::Signer;
use serde_json::json;

use super::world::{Answered, World, between};

/// A browser that has asked for a passport, and whose wallet has answered.
struct Browser<'a> {
    world: &'a World,
    cookie: String,
    request: String,
}

impl<'a> Browser<'a> {
    async fn answered(world: &'a World) -> Self {
        let browser = Self::asking(world).await;
        let kept = world.scene.tenant().get::<Asked>(&*browser.request).await.unwrap().unwrap();
        let answer = world.scene.first_answer(&kept, world.scene.key().public_jwk());
        world.scene.give(&answer).await.unwrap();
        world.work().await;
        browser
    }

    async fn asking(world: &'a World) -> Self {
        let page = world.get("/passport").await;
        let cookie = page.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let status = between(&page.text, "data-waiting=\"", "\"");
        Self { world, cookie, request: status.split_once('=').unwrap().1.to_owned() }
    }

    async fn page(&self, language: &str) -> Answered {
        let request = Request::get(format!("/passport/answer?request={}", self.request))
            .header(header::COOKIE, &self.cookie)
            .header(header::ACCEPT_LANGUAGE, language);
        self.world.send(request.body(Body::empty()).unwrap()).await
    }

    async fn press(&self, action: &str, csrf: &str) -> Answered {
        let request = Request::post(action)
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.world.send(request.body(Body::from(format!("csrf={csrf}"))).unwrap()).await
    }
}

/// Where the button of the page goes, and its token.
fn button(page: &Answered) -> (String, String) {
    let action = between(&page.text, "<form method=\"post\" action=\"", "\"").to_owned();
    (action, between(&page.text, "name=\"csrf\" value=\"", "\"").to_owned())
}

fn has_button(page: &Answered) -> bool {
    page.text.contains("/passport/mail")
}

fn links(world: &World) -> Vec<String> {
    let link = |text: &str| text.split_whitespace().find(|word| word.contains("/email/")).unwrap().to_owned();
    world.scene.mails.mails().iter().map(|mail| link(&mail.text)).collect()
}

fn path(link: &str) -> &str {
    link.strip_prefix(super::ORIGIN).unwrap()
}

#[tokio::test]
async fn a_person_whose_mail_got_lost_has_it_sent_again_and_the_earlier_link_is_used_up() {
    let world = World::new();
    let browser = Browser::answered(&world).await;
    let page = browser.page("en").await;
    assert!(page.text.contains("Send the mail again"), "{}", page.text);
    assert!(browser.page("es").await.text.contains("Enviar el correo otra vez"));
    let (action, csrf) = button(&page);
    let early = browser.press(&action, &csrf).await;
    assert_eq!(early.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(early.text.contains("Please wait a minute") && has_button(&early), "{}", early.text);
    world.scene.clock.advance(PAUSE);
    let sent = browser.press(&action, &csrf).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text);
    assert!(sent.text.contains("Another mail is on its way"), "{}", sent.text);
    world.work().await;
    let links = links(&world);
    assert_eq!(links.len(), 2);
    assert_eq!(world.get(path(&links[0])).await.status, StatusCode::GONE);
    assert_eq!(world.press_button_in_mail().await.status, StatusCode::OK);
    // Nothing is waited for any more: no button, and pressing an old one leads to the page.
    assert!(!has_button(&browser.page("en").await));
    let late = browser.press(&action, &csrf).await;
    assert_eq!(late.status, StatusCode::SEE_OTHER);
    let there = format!("/passport/answer?request={}", browser.request);
    assert_eq!(late.headers[header::LOCATION], there.as_str());
    world.work().await;
    assert_eq!(world.scene.mails.mails().len(), 2);
}

#[tokio::test]
async fn the_button_ends_with_the_last_mail_and_says_so_to_whoever_presses_it_still() {
    let world = World::new();
    let browser = Browser::answered(&world).await;
    let (action, csrf) = button(&browser.page("en").await);
    for _ in 1..MOST_LINKS {
        world.scene.clock.advance(PAUSE);
        assert_eq!(browser.press(&action, &csrf).await.status, StatusCode::OK);
    }
    assert!(!has_button(&browser.page("en").await));
    world.scene.clock.advance(PAUSE);
    let refused = browser.press(&action, &csrf).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.text.contains("There were 3 mails already"), "{}", refused.text);
}

#[tokio::test]
async fn only_the_browser_that_asked_has_a_mail_sent_again_and_only_by_its_own_page() {
    let world = World::new();
    let browser = Browser::answered(&world).await;
    let other = Browser::answered(&world).await;
    world.scene.clock.advance(PAUSE);
    let sent = world.scene.mails.mails().len();
    let (action, csrf) = button(&browser.page("en").await);
    let (other_action, other_csrf) = button(&other.page("en").await);
    let stranger = world.get(&format!("/passport/answer?request={}", browser.request)).await;
    assert!(!has_button(&stranger));
    // Another browser's token, none, and another browser with a token of its own.
    assert_eq!(browser.press(&action, &other_csrf).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.press(&action, "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.press(&other_action, &csrf).await.status, StatusCode::SEE_OTHER);
    let forged = Request::post(&action)
        .header(header::COOKIE, &browser.cookie)
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let forged = world.send(forged.body(Body::from(format!("csrf={csrf}"))).unwrap()).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    for broken in ["/passport/mail", "/passport/mail?request=a%22b"] {
        assert_eq!(browser.press(broken, &csrf).await.status, StatusCode::NOT_FOUND, "{broken}");
    }
    world.work().await;
    assert_eq!(world.scene.mails.mails().len(), sent);
    assert_eq!(browser.press(&action, &csrf).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_that_waits_for_a_wallet_has_no_such_button() {
    let world = World::new();
    let browser = Browser::asking(&world).await;
    assert!(!has_button(&browser.page("en").await));
    let status = Request::get(format!("/passport/status?request={}", browser.request))
        .header(header::COOKIE, &browser.cookie);
    let status = world.send(status.body(Body::empty()).unwrap()).await;
    assert_eq!(status.json(), json!({"state": "open"}));
}
