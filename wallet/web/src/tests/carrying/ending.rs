//! A wallet that ends here, and the drill for a lost phone.

use super::*;

#[tokio::test]
async fn of_a_wallet_that_was_closed_nothing_is_left_here() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.member("heron").await;
    let mut second = host.browser();
    second.open("heron", PASSPHRASE).await;
    let csrf = browser.get("/close").await.csrf("/close");
    let unsure = browser.post("/close", &[("csrf", &csrf)]).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unsure.text.contains("Tick that you know"), "{}", unsure.text);
    let closed = browser.post("/close", &[("csrf", &csrf), ("sure", "yes")]).await;
    assert_eq!((closed.status, closed.location.as_deref()), (StatusCode::SEE_OTHER, Some("/closed")));
    assert_eq!(closed.headers["clear-site-data"], "\"cache\", \"storage\"");
    assert_eq!((&browser.cookie, &browser.wallet), (&None, &None));
    assert!(browser.get("/closed").await.text.contains("Nothing of it is left here"));
    assert_eq!(second.get("/").await.location.as_deref(), Some("/unlock"), "it is open nowhere");
    assert_eq!(host.desks.manned_now(), 0);
    let refused = host.browser().open("heron", PASSPHRASE).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    host.member("heron").await;
}

#[tokio::test]
async fn a_wallet_that_goes_on_elsewhere_is_closed_without_a_word_about_an_end() {
    let scene = Scene::new().await;
    let mut browser = lived_in(&scene).await;
    let ends = "Nobody can bring it back";
    let page = browser.get("/close").await;
    assert!(page.text.contains(ends) && !page.text.contains("goes on at the other place"), "{}", page.text);
    browser.export("keep").await;
    assert!(browser.get("/close").await.text.contains(ends), "a file that is kept moves nothing");
    browser.export("move").await;
    let page = browser.get("/close").await;
    assert!(page.text.contains("Your wallet goes on at the other place"), "{}", page.text);
    for untrue in [ends, "Before you do", "Your number leads nowhere"] {
        assert!(!page.text.contains(untrue), "{untrue}");
    }
    let closed = browser.post("/close", &[("csrf", &page.csrf("/close")), ("sure", "yes")]).await;
    assert_eq!(closed.location.as_deref(), Some("/closed?goes-on=yes"));
    let said = browser.get("/closed?goes-on=yes").await.text;
    assert!(said.contains("Your number leads there") && !said.contains("Ask them by"), "{said}");
    let said = browser.get("/closed").await.text;
    assert!(said.contains("Ask them by") && !said.contains("Your number leads there"), "{said}");
}

#[tokio::test]
async fn the_drill_is_done_when_the_wallet_is_opened_without_what_is_lost() {
    let scene = Scene::new().await;
    let mut browser = lived_in(&scene).await;
    let page = browser.get("/lost").await;
    assert!(page.text.contains("You have not tried it yet."), "{}", page.text);
    let csrf = page.csrf("/lost/begin");
    for none in ["", "face", &base64url::encode([1; 32])] {
        let refused = browser.post("/lost/begin", &[("csrf", &csrf), ("without", none)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{none}");
    }
    let begun = browser.post("/lost/begin", &[("csrf", &csrf), ("without", "passphrase")]).await;
    assert_eq!(begun.location.as_deref(), Some("/unlock?next=%2Flost%3Ftrying%3Dyes"));
    assert_eq!(browser.get("/").await.location.as_deref(), Some("/unlock"), "it is locked");
    // By what is lost nothing is shown.
    browser.unlock(PASSPHRASE).await;
    assert!(browser.get("/lost").await.text.contains("Under way: open your wallet without Passphrase."));
    // The page that opens it says so, and the code leads back to what came of it; nowhere else from there.
    let mut other = scene.browser();
    let begins = other.get("/unlock?next=%2Flost%3Ftrying%3Dyes").await.text;
    assert!(begins.contains("You are trying out that a way to open it is gone."), "{begins}");
    assert!(begins.contains("href=\"/unlock/recovery?next=%2Flost%3Ftrying%3Dyes\""), "{begins}");
    let earnest = other.get("/unlock?next=%2Flost").await.text;
    assert!(!earnest.contains("You are trying out") && earnest.contains("href=\"/unlock/recovery\""));
    for (next, then) in
        [("/lost?trying=yes", "/lost?trying=yes"), ("/lost", "/ways"), ("https://evil.example", "/ways")]
    {
        let csrf = other.get("/unlock/recovery").await.csrf("/unlock/recovery");
        let fields = [("csrf", csrf.as_str()), ("code", &scene.code), ("next", next)];
        let opened = other.post("/unlock/recovery", &fields).await;
        assert_eq!(opened.location.as_deref(), Some(then), "{next}");
    }
    let page = other.get("/lost").await;
    assert!(page.text.contains("Done on 2026-11-18: you opened it by Recovery code."), "{}", page.text);
    // And what is lost is locked out.
    let csrf = page.csrf("/lost/sessions");
    let ended = other.post("/lost/sessions", &[("csrf", &csrf)]).await;
    assert_eq!(ended.location.as_deref(), Some("/lost?ended=1"));
    assert_eq!(browser.get("/").await.location.as_deref(), Some("/unlock"));
    assert!(other.get("/lost?ended=1").await.text.contains("It is locked everywhere but here."));
    assert!(RecoveryCode::parse(&scene.code).is_ok());
}
