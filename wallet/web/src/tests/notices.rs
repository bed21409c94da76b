//! Who is told that something came, at the pages and at what others call.

use std::sync::Mutex;

use outbound::mail::{Deliver, Delivering, Mail};
use serde_json::{Value, json};
use wallet::notices::Outgoing;

use super::*;
use crate::CatalogueLetters;

const ENDPOINT: &str = "https://push.example.org/send/canary-endpoint";

#[derive(Default)]
struct Letters(Mutex<Vec<Mail>>);

impl Deliver for Letters {
    fn deliver(&self, mail: Mail) -> Delivering<'_> {
        self.0.lock().unwrap().push(mail);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Host {
    /// What is due is sent; the mails.
    async fn mails(&self) -> Vec<Mail> {
        let environment = Environment::new(self.clock.clone(), Arc::new(SeededRandomness::new(9)));
        let (letters, fetch) = (Letters::default(), Nowhere);
        let out = Outgoing { fetch: &fetch, mailer: Some(&letters), letters: &CatalogueLetters };
        notifier().work(self.desks.vaults(), out, &environment).await.unwrap();
        letters.0.into_inner().unwrap()
    }

    /// A ticket for the only wallet of this host.
    async fn ticket(&self, browser: &Browser<'_>) -> String {
        let named = browser.wallet.clone().unwrap();
        let id = named.split_once('=').unwrap().1.split('.').next().unwrap().to_owned();
        let id = VaultId::parse(&id).unwrap();
        notifier().ticket(&id, &SeededRandomness::new(11)).unwrap()
    }

    async fn ring(&self, body: &Value) -> StatusCode {
        let request = Request::post("/ring").header(CONTENT_TYPE, "application/json");
        self.browser().answer(request, Body::from(body.to_string())).await.status()
    }
}

async fn turn_on(browser: &mut Browser<'_>, endpoint: &str) -> Shown {
    let csrf = browser.get("/notices").await.csrf("/notices/browser");
    browser.post("/notices/browser", &[("csrf", &csrf), ("endpoint", endpoint)]).await
}

#[tokio::test]
async fn a_browser_is_told_from_when_it_says_so_until_it_says_no_and_no_endpoint_stands_in_a_page() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.member("heron").await;
    let ticket = host.ticket(&browser).await;
    assert_eq!(host.ring(&json!({"ticket": ticket})).await, StatusCode::GONE, "nobody wants to be told");
    let page = browser.get("/notices").await;
    assert!(page.text.contains("You are told that there is news, and nothing else"), "{}", page.text);
    assert!(page.text.contains(&notifier().application_key()), "{}", page.text);
    assert_eq!(turn_on(&mut browser, ENDPOINT).await.location.as_deref(), Some("/notices"));
    let page = browser.get("/notices").await;
    let id = jose::digest::sha256_base64url(ENDPOINT);
    assert!(page.text.contains(&id) && !page.text.contains("canary-endpoint"), "{}", page.text);
    assert_eq!(host.ring(&json!({"ticket": ticket})).await, StatusCode::NO_CONTENT);
    let csrf = page.csrf("/notices/browser/remove");
    browser.post("/notices/browser/remove", &[("csrf", &csrf), ("browser", &id)]).await;
    assert!(!browser.get("/notices").await.text.contains(&id));
    assert_eq!(host.ring(&json!({"ticket": ticket})).await, StatusCode::GONE);
}

#[tokio::test]
async fn what_is_no_endpoint_or_no_address_is_not_taken_and_forms_of_other_pages_do_nothing() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.member("heron").await;
    for no in ["", "http://push.example.org/x", "https://ada@push.example.org/x", "javascript:alert(1)"] {
        assert_eq!(turn_on(&mut browser, no).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{no}");
    }
    let csrf = browser.get("/notices").await.csrf("/notices/mail");
    for no in ["", "ada", "ada@example.org, ben@example.org", "Ada <ada@example.org>"] {
        let shown = browser.post("/notices/mail", &[("csrf", &csrf), ("email", no)]).await;
        assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY, "{no}");
        assert!(shown.text.contains("href=\"#email\""), "{}", shown.text);
    }
    let other = browser.get("/ways").await.csrf("/ways/passphrase");
    for path in ["/notices/browser", "/notices/browser/remove", "/notices/mail", "/notices/mail/remove"] {
        let shown = browser.post(path, &[("csrf", &other), ("endpoint", ENDPOINT)]).await;
        assert_eq!(shown.status, StatusCode::FORBIDDEN, "{path}");
        let nobody = host.browser().post(path, &[("csrf", &other)]).await;
        assert_eq!(nobody.location.as_deref(), Some("/unlock"), "{path}");
    }
    assert!(host.mails().await.is_empty());
}

#[tokio::test]
async fn mails_are_on_by_a_link_and_off_by_one_touch_without_a_wallet() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.member("heron").await;
    let csrf = browser.get("/notices").await.csrf("/notices/mail");
    let asked = browser.post("/notices/mail", &[("csrf", &csrf), ("email", " ada@example.org ")]).await;
    assert_eq!(asked.location.as_deref(), Some("/notices?done=asked"));
    let page = browser.get("/notices?done=asked").await;
    assert!(page.text.contains("A mail is on its way to ada@example.org"), "{}", page.text);
    let mails = host.mails().await;
    let [mail] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    assert_eq!((mail.to.as_str(), &mail.unsubscribe), ("ada@example.org", &None));
    let path = |text: &str| {
        let rest =
            text.split("https://wallet.example.org").find(|rest| rest.starts_with("/notices/")).unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let confirm = path(&mail.text);
    let mut anybody = host.browser();
    for _ in 0..2 {
        let looked = anybody.get(&confirm).await;
        assert!(looked.status == StatusCode::OK && looked.text.contains("Turn mails on"), "{}", looked.text);
    }
    assert!(browser.get("/notices").await.text.contains("on its way"), "looking turns nothing on");
    assert!(anybody.post(&confirm, &[]).await.text.contains("Mails are on"));
    assert!(browser.get("/notices").await.text.contains("Mails go to ada@example.org"));

    let ticket = host.ticket(&browser).await;
    host.ring(&json!({"ticket": ticket})).await;
    host.clock.advance(3_600);
    let mails = host.mails().await;
    let [mail] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    assert_eq!(mail.subject, "There is news in your wallet");
    let stop = path(mail.unsubscribe.as_deref().unwrap());
    assert!(mail.text.contains(&stop) && mail.text.contains("https://wallet.example.org\n"), "{}", mail.text);
    assert!(anybody.get(&stop).await.text.contains("Stop the mails"));
    // As a mail program sends it (RFC 8058 §3.2).
    let touched = anybody.post(&stop, &[("List-Unsubscribe", "One-Click")]).await;
    assert!(touched.status == StatusCode::OK && touched.text.contains("Mails are off"), "{}", touched.text);
    assert_eq!(anybody.post(&stop, &[("List-Unsubscribe", "One-Click")]).await.status, StatusCode::GONE);
    assert!(!browser.get("/notices").await.text.contains("ada@example.org"), "the address is gone");
    for no in ["/notices/stop/x", "/notices/confirm/x", &confirm, &stop.replace("stop", "confirm")] {
        assert_eq!(anybody.get(no).await.status, StatusCode::GONE, "{no}");
        assert_eq!(anybody.post(no, &[]).await.status, StatusCode::GONE, "{no}");
    }
}

#[tokio::test]
async fn a_ring_without_a_ticket_of_this_host_rings_nobody_and_says_nothing() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.member("heron").await;
    turn_on(&mut browser, ENDPOINT).await;
    let ticket = host.ticket(&browser).await;
    for (body, status) in [
        (json!({"ticket": ""}), StatusCode::GONE),
        (json!({"ticket": ticket.chars().rev().collect::<String>()}), StatusCode::GONE),
        (json!({"ticket": ticket, "from": "kiln"}), StatusCode::BAD_REQUEST),
        (json!({}), StatusCode::BAD_REQUEST),
        (json!({"ticket": ticket}), StatusCode::NO_CONTENT),
    ] {
        assert_eq!(host.ring(&body).await, status, "{body}");
    }
    // A wallet of one's own machine is rung by nobody.
    let scene = Scene::new().await;
    let request = Request::post("/ring").header(CONTENT_TYPE, "application/json");
    let shown = scene.browser().answer(request, Body::from(json!({"ticket": ticket}).to_string())).await;
    assert_eq!(shown.status(), StatusCode::NOT_FOUND);
    let mut own = scene.browser();
    own.unlock(PASSPHRASE).await;
    let page = own.get("/notices").await;
    assert!(page.text.contains("runs on your own machine") && !page.text.contains("data-push"));
}

#[tokio::test]
async fn a_worker_moves_its_own_browser_and_no_other() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.member("heron").await;
    turn_on(&mut browser, ENDPOINT).await;
    let now = "https://push.example.org/send/other";
    let id = |endpoint: &str| jose::digest::sha256_base64url(endpoint);
    let mut worker = host.browser();
    worker.wallet.clone_from(&browser.wallet);
    let fields = [("before", ENDPOINT), ("now", now)];
    // Another wallet's browser, and one that does not know the endpoint before.
    let mut other = host.member("egret").await;
    assert_eq!(other.post("/notices/renewed", &fields).await.status, StatusCode::NO_CONTENT);
    let guessed = [("before", "https://push.example.org/send/guess"), ("now", now)];
    assert_eq!(worker.post("/notices/renewed", &guessed).await.status, StatusCode::NO_CONTENT);
    assert!(browser.get("/notices").await.text.contains(&id(ENDPOINT)), "it was moved by a stranger");
    let nothing = worker.post("/notices/renewed", &[("before", ENDPOINT)]).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
    let foreign = Request::post("/notices/renewed")
        .header("sec-fetch-site", "cross-site")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    assert_eq!(worker.send(foreign, Body::from("before=x&now=y")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(worker.post("/notices/renewed", &fields).await.status, StatusCode::NO_CONTENT);
    let page = browser.get("/notices").await.text;
    assert!(page.contains(&id(now)) && !page.contains(&id(ENDPOINT)));
}

#[tokio::test]
async fn nothing_is_left_in_a_browser_that_is_not_the_members() {
    let host = Host::new(Making::by_anybody());
    host.member("heron").await;
    let mut borrowed = host.browser();
    let page = borrowed.get("/unlock?other=1").await;
    let csrf = page.csrf("/unlock");
    let split = borrowed.split(&page, "heron", PASSPHRASE).await;
    let fields = [("csrf", csrf.as_str()), ("next", "/"), ("name", "heron"), ("borrowed", "yes")];
    borrowed.post_with(&fields, "/unlock", &split.fields).await;
    let page = borrowed.get("/notices").await;
    assert!(page.text.contains("This is not your device") && !page.text.contains("data-turn-on"));
    let csrf = page.csrf("/notices/mail");
    let refused = borrowed.post("/notices/browser", &[("csrf", &csrf), ("endpoint", ENDPOINT)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}
