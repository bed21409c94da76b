//! The wallet at a device that is not the member's.

use super::*;

#[tokio::test]
async fn at_a_device_that_is_not_the_members_nothing_is_kept_and_the_lock_is_on_each_page() {
    let scene = Scene::new().await;
    let (mut borrowed, mut own) = (scene.browser(), scene.browser());
    assert!(borrowed.get("/unlock").await.text.contains("This is not my device"));
    let opened = borrowed.unlock_borrowed(PASSPHRASE).await;
    assert_eq!((opened.status, opened.location.as_deref()), (StatusCode::SEE_OTHER, Some("/")));
    let cookie = opened.headers[SET_COOKIE].to_str().unwrap();
    assert!(!cookie.contains("Max-Age") && !cookie.contains("Expires"), "it ends with the browser: {cookie}");
    own.unlock(PASSPHRASE).await;
    for path in [
        "/",
        "/scan",
        "/open",
        "/messages",
        "/spaces",
        "/details",
        "/history",
        "/card",
        "/ways",
        "/asked/name",
    ] {
        for (browser, is_borrowed) in [(&mut borrowed, true), (&mut own, false)] {
            let page = browser.get(path).await.text;
            assert_eq!(page.contains("This is not your device."), is_borrowed, "{path}");
            assert_eq!(page.contains(">Lock now</button>"), is_borrowed, "{path}");
            assert_eq!(
                page.contains("/assets/worker-"),
                !is_borrowed,
                "{path}: what makes the browser keep pages"
            );
            assert_eq!(page.contains("manifest"), !is_borrowed, "{path}: what makes it an application");
        }
    }
}

#[tokio::test]
async fn nothing_stays_in_a_browser_before_it_is_known_whose_device_it_is() {
    let scene = Scene::new().await;
    let page = scene.browser().get("/unlock").await.text;
    assert!(!page.contains("/assets/worker-") && page.contains("manifest"), "{page}");
}

#[tokio::test]
async fn the_tick_stays_where_the_passphrase_was_wrong() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let ticked = "name=\"borrowed\" value=\"yes\" form=\"passphrase-form\" aria-describedby=\"borrowed-hint\" checked>";
    assert!(!browser.get("/unlock").await.text.contains(ticked));
    assert!(browser.unlock_borrowed("wrong").await.text.contains(ticked));
    assert!(!browser.unlock("wrong").await.text.contains(ticked));
}

#[tokio::test]
async fn such_a_session_ends_after_five_minutes_without_use_and_looking_on_is_no_use() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock_borrowed(PASSPHRASE).await;
    for _ in 0..3 {
        scene.clock.advance(269);
        assert_eq!(browser.get("/").await.status, StatusCode::OK);
    }
    scene.clock.advance(150);
    browser.get("/asked/name/status").await;
    scene.clock.advance(150);
    assert_eq!(browser.get("/").await.location.as_deref(), Some("/unlock"));
    scene.desk.lock_if_nobody_is_there().await.unwrap();
    assert!(!scene.desk.is_open().await);
}

#[tokio::test]
async fn locked_there_it_says_what_is_still_to_be_done_and_nothing_of_the_member() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock_borrowed(PASSPHRASE).await;
    let csrf = browser.get("/").await.csrf("/lock");
    let locked = browser.post("/lock", &[("csrf", &csrf)]).await;
    assert_eq!((locked.status, locked.location.as_deref()), (StatusCode::SEE_OTHER, Some("/left")));
    assert_eq!(locked.headers["clear-site-data"], "\"cache\"");
    assert_eq!(browser.cookie, None);
    let left = browser.get("/left").await;
    assert!(left.text.contains("Delete this address from its history."), "{}", left.text);
    assert!(!left.text.contains("/assets/worker-") && !left.text.contains("<nav"));
    assert_eq!(browser.get("/").await.location.as_deref(), Some("/unlock"));
}

#[tokio::test]
async fn no_passkey_is_added_at_a_device_of_somebody_else() {
    let scene = Scene::new().await;
    let (mut borrowed, mut own) = (scene.browser(), scene.browser());
    borrowed.unlock_borrowed(PASSPHRASE).await;
    own.unlock(PASSPHRASE).await;
    let page = borrowed.get("/ways").await;
    assert!(
        !page.text.contains("action=\"/ways/passkeys\"") && page.text.contains("No passkey is added here")
    );
    let salt = jose::base64url::encode([1; 32]);
    let fields = |csrf: &str| {
        let key = jose::base64url::encode([2; 32]);
        let pairs = [
            ("csrf", csrf),
            ("salt", salt.as_str()),
            ("credential", "AQIDBAUGBwgJCgsMDQ4PEA"),
            ("key", key.as_str()),
            ("name", "x"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    for (browser, status) in
        [(&mut borrowed, StatusCode::UNPROCESSABLE_ENTITY), (&mut own, StatusCode::SEE_OTHER)]
    {
        let csrf = browser.get("/ways").await.csrf("/ways/passphrase");
        let fields = fields(&csrf);
        let pairs: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(browser.post("/ways/passkeys", &pairs).await.status, status);
    }
}

#[tokio::test]
async fn at_a_host_such_a_browser_forgets_whose_wallet_it_was() {
    let host = Host::new(Making::by_anybody());
    let mut own = host.member("heron").await;
    let kept = own.get("/unlock").await;
    assert_eq!(kept.location.as_deref(), Some("/"));
    let mut browser = host.browser();
    let first = browser.get("/unlock").await;
    assert_eq!(first.text.matches("This is not my device").count(), 1, "{}", first.text);
    let csrf = first.csrf("/unlock");
    let split = browser.split(&first, "heron", PASSPHRASE).await;
    let fields = [("csrf", csrf.as_str()), ("name", "heron"), ("borrowed", "yes")];
    let opened = browser.post_with(&fields, "/unlock", &split.fields).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text);
    let cookies: Vec<&str> =
        opened.headers.get_all(SET_COOKIE).iter().map(|set| set.to_str().unwrap()).collect();
    assert_eq!(cookies.len(), 2);
    assert!(cookies.iter().all(|set| !set.contains("Max-Age") && !set.contains("Expires")), "{cookies:?}");
    let csrf = browser.get("/").await.csrf("/lock");
    browser.post("/lock", &[("csrf", &csrf)]).await;
    assert_eq!((browser.cookie, browser.wallet), (None, None));
    let csrf = own.get("/").await.csrf("/lock");
    own.post("/lock", &[("csrf", &csrf)]).await;
    assert!(own.wallet.is_some(), "the member's own browser knows it");
}

#[tokio::test]
async fn the_recovery_code_opens_it_there_too_and_nothing_stays() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let csrf = browser.get("/unlock/recovery").await.csrf("/unlock/recovery");
    let fields = [("csrf", csrf.as_str()), ("code", &scene.code), ("borrowed", "yes")];
    assert_eq!(browser.post("/unlock/recovery", &fields).await.location.as_deref(), Some("/ways"));
    assert!(browser.get("/ways").await.text.contains("No passkey is added here"));
}
