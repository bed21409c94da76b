//! Writing down the recovery code.

use super::*;

/// The code on the page.
fn code_on(browser: &Browser<'_>, page: &Shown) -> String {
    let rest = page.text.split("data-sealed=\"").nth(1).expect("the code");
    browser.keys.as_ref().unwrap().shown(rest.split('"').next().unwrap()).unwrap()
}

/// What a page's script makes of a code that is typed.
fn typed(code: &str) -> Fields {
    Split::code(&wallet::RecoveryCode::parse(code).unwrap()).fields
}

async fn show(browser: &mut Browser<'_>) -> Shown {
    let csrf = browser.get("/recovery").await.csrf("/recovery");
    browser.post("/recovery", &[("csrf", &csrf)]).await
}

#[tokio::test]
async fn the_code_is_shown_once_after_each_opening_until_it_was_tried_right() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.member("heron").await;
    assert!(browser.get("/ways").await.text.contains("href=\"/recovery\""));
    let page = show(&mut browser).await;
    assert_eq!((page.status, &page.headers["cache-control"]), (StatusCode::OK, &"no-store".parse().unwrap()));
    let code = code_on(&browser, &page);
    assert!(!page.text.contains(&code), "the host cannot read it");
    assert_eq!(code.len(), 39);
    let again = show(&mut browser).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text.contains("Open it once more to see it.") && !again.text.contains(&code));
    let csrf = again.csrf("/lock");
    browser.post("/lock", &[("csrf", &csrf)]).await;
    host.clock.advance(1);
    browser.unlock(PASSPHRASE).await;
    let anew = show(&mut browser).await;
    assert_eq!(code_on(&browser, &anew), code);
    let csrf = anew.csrf("/ways/recovery");
    let fields = typed(&code.to_lowercase());
    let tried = browser.post_with(&[("csrf", &csrf)], "/ways/recovery", &fields).await;
    assert_eq!(tried.location.as_deref(), Some("/ways"));
    assert!(!browser.get("/ways").await.text.contains("href=\"/recovery\""));
    assert_eq!(browser.get("/recovery").await.location.as_deref(), Some("/ways#recovery"));
}

#[tokio::test]
async fn nobody_is_shown_it_without_a_session_or_by_another_form() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.member("heron").await;
    let lock = browser.get("/").await.csrf("/lock");
    assert_eq!(browser.post("/recovery", &[("csrf", &lock)]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(host.browser().post("/recovery", &[]).await.location.as_deref(), Some("/unlock"));
    assert_eq!(show(&mut browser).await.status, StatusCode::OK, "it has not been shown by that");
}

#[tokio::test]
async fn a_wallet_of_the_terminal_has_none_to_show() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    assert_eq!(browser.get("/recovery").await.location.as_deref(), Some("/ways#recovery"));
    assert!(!browser.get("/ways").await.text.contains("href=\"/recovery\""));
}

#[tokio::test]
async fn the_code_alone_opens_its_own_wallet_and_no_other() {
    let (host, scene) = (Host::new(Making::by_anybody()), Scene::new().await);
    let (mut ada, mut ben) = (host.member("heron").await, host.member("stork").await);
    let (shown, other) = (show(&mut ada).await, show(&mut ben).await);
    let (code, others) = (code_on(&ada, &shown), code_on(&ben, &other));
    for (router, right, wrong) in [(&host.router, &code, &scene.code), (&scene.router, &scene.code, &code)] {
        let mut lost = Browser::of(router);
        let csrf = lost.get("/unlock/recovery").await.csrf("/unlock/recovery");
        for (tried, said) in [("ABCD", "This is no recovery code"), (wrong, "This code opens no wallet here")]
        {
            let added = wallet::RecoveryCode::parse(tried).map(|code| Split::code(&code).fields);
            let fields = [("csrf", csrf.as_str()), ("code", tried)];
            let refused = lost.post_with(&fields, "/unlock/recovery", &added.unwrap_or_default()).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.text.contains(said) && !refused.text.contains(tried), "{}", refused.text);
        }
        assert_eq!(
            lost.post("/unlock/recovery", &[("csrf", "x"), ("code", right)]).await.status,
            StatusCode::FORBIDDEN
        );
        let fields = [("csrf", csrf.as_str()), ("code", right.as_str())];
        let opened = lost.post_with(&fields, "/unlock/recovery", &typed(right)).await;
        assert_eq!((opened.status, opened.location.as_deref()), (StatusCode::SEE_OTHER, Some("/ways")));
        assert_eq!(lost.get("/ways").await.status, StatusCode::OK);
        // It was right, and typed from somewhere: it is not shown any more.
        assert_eq!(lost.get("/recovery").await.location.as_deref(), Some("/ways#recovery"));
    }
    assert_ne!(code, others);
}
