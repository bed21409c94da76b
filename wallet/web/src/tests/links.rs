//! Links that are opened, and the pages of what comes of them.

use super::*;

const LINK: &str = "/authorize?client_id=decentralized_identifier%3Adid%3Aweb%3Akiln.example&request_uri=https%3A%2F%2Fkiln.example%2Fr";

async fn opened(browser: &mut Browser<'_>, link: &str) -> String {
    let shown = browser.get(link).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER, "{}", shown.text);
    shown.location.unwrap()
}

#[tokio::test]
async fn a_link_waits_behind_the_locked_wallet_and_is_opened_once_it_is_open() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let locked = opened(&mut browser, LINK).await;
    let next: String = url::form_urlencoded::byte_serialize(LINK.as_bytes()).collect();
    assert_eq!(locked, format!("/unlock?next={next}"));
    browser.unlock(PASSPHRASE).await;
    let address = opened(&mut browser, LINK).await;
    assert!(address.starts_with("/asked/"), "{address}");
    let shown = browser.get(&address).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.text.contains("They could not be reached"), "{}", shown.text);
    assert_ne!(opened(&mut browser, LINK).await, address, "what failed is tried anew");
}

#[tokio::test]
async fn nothing_is_opened_for_frames_images_or_browsers_that_load_ahead() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    for (name, value) in [
        ("sec-fetch-dest", "iframe"),
        ("sec-fetch-dest", "image"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-purpose", "prefetch"),
    ] {
        for path in [LINK, "/open?link=openid4vp%3A%2F%2F%3Fclient_id%3Dx"] {
            let shown = browser.send(Request::get(path).header(name, value), Body::empty()).await;
            assert_eq!(shown.status, StatusCode::FORBIDDEN, "{name} {value}");
        }
    }
    assert_eq!(browser.send(Request::head(LINK), Body::empty()).await.location, None, "HEAD opens nothing");
}

#[tokio::test]
async fn what_is_no_link_is_told_in_words_and_opens_nothing() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let csrf = browser.get("/open").await.csrf("/open");
    for (link, said) in [
        ("", "Paste the link first"),
        ("hello", "This is no link that a wallet can open"),
        ("javascript:alert(1)", "it begins with “javascript:”"),
        ("http://kiln.example/join", "This leads to kiln.example without encryption (http)"),
        ("https://k\u{131}ln.example/join", "This leads to xn--kln-jua.example, a name with letters"),
        ("https://kiln.example@evil.example/", "This shows one name and leads to another: evil.example."),
        ("<script>", "This is no link that a wallet can open"),
    ] {
        let shown = browser.post("/open", &[("csrf", &csrf), ("link", link)]).await;
        assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY, "{link}");
        assert!(shown.text.contains(said), "{link}: {}", shown.text);
        assert!(!shown.text.contains("<script>"));
    }
    for nothing in ["/authorize", "/authorize?a=b", "/authorize?client_id=x&client_id=y"] {
        assert_eq!(browser.get(nothing).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{nothing}");
    }
}

#[tokio::test]
async fn the_address_of_a_page_is_told_with_its_host_and_nothing_is_opened_there() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let csrf = browser.get("/open").await.csrf("/open");
    let shown =
        browser.post("/open", &[("csrf", &csrf), ("link", "https://Kiln.example/join?a=1&b=\"2")]).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.text.contains("This is the address of a page at kiln.example."), "{}", shown.text);
    let link =
        "<a class=\"button main\" href=\"https://kiln.example/join?a=1&#38;b=%222\" rel=\"noreferrer\">";
    assert!(shown.text.contains(link), "{}", shown.text);
    assert!(!browser.get("/").await.text.contains("/asked/"), "nothing is under way");
}

#[tokio::test]
async fn the_page_that_scans_alone_may_use_the_camera_and_run_the_decoder() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let page = browser.get("/scan").await;
    let csrf = page.csrf("/open");
    let without = page.text.split("<noscript>").nth(1).unwrap().split("</noscript>").next().unwrap();
    assert!(without.contains("The camera works here only where scripts are allowed."), "{without}");
    let mut seen = 0;
    for path in ["/scan", "/open", "/", "/card", "/messages", "/unlock"] {
        let shown = browser.get(path).await;
        let header = |name| shown.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        let (policy, permissions) = (header("content-security-policy"), header("permissions-policy"));
        let may = (policy.contains("'wasm-unsafe-eval'"), permissions.contains("camera=(self)"));
        assert_eq!(may, (path == "/scan", path == "/scan"), "{path}: {policy}; {permissions}");
        seen += usize::from(policy.contains("script-src 'self'") && permissions.contains("microphone=()"));
    }
    assert_eq!(seen, 6);
    let refused = browser.post("/open", &[("csrf", &csrf), ("link", "hello")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let policy = refused.headers["content-security-policy"].to_str().unwrap();
    assert!(!policy.contains("wasm"), "{policy}");
    let wasm = browser.send(Request::head("/decoder/3.1.6/reader/zxing_reader.wasm"), Body::empty()).await;
    assert_eq!(wasm.headers["content-type"], "application/wasm");
    assert_eq!(wasm.headers["content-encoding"], "gzip");
}

#[tokio::test]
async fn nobody_answers_without_a_session_the_form_of_this_page_or_a_question_that_is_there() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    assert_eq!(browser.get("/asked/name/status").await.text, r#"{"state":"gone"}"#);
    for path in ["/open", "/asked/name"] {
        let shown = browser.get(path).await;
        assert_eq!(shown.status, StatusCode::SEE_OTHER, "{path}");
        assert!(shown.location.unwrap().starts_with("/unlock"), "{path}");
    }
    browser.unlock(PASSPHRASE).await;
    let csrf = browser.get("/open").await.csrf("/open");
    for path in ["/open", "/asked/name", "/asked/name/check"] {
        let without = browser.post(path, &[("answer", "share")]).await;
        assert_eq!(without.status, StatusCode::FORBIDDEN, "{path}");
        let foreign = browser.post(path, &[("csrf", if path == "/open" { "x" } else { &csrf })]).await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN, "{path}");
    }
    let gone = browser.get("/asked/name").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(gone.text.contains("This page is over"), "{}", gone.text);
    assert_eq!(browser.get("/asked/name/status").await.text, r#"{"state":"gone"}"#);
}

#[tokio::test]
async fn what_was_under_way_is_gone_when_the_wallet_is_locked() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let address = opened(&mut browser, LINK).await;
    assert_eq!(browser.get(&address).await.status, StatusCode::OK);
    let csrf = browser.get("/").await.csrf("/lock");
    browser.post("/lock", &[("csrf", &csrf)]).await;
    browser.unlock(PASSPHRASE).await;
    assert_eq!(browser.get(&address).await.status, StatusCode::NOT_FOUND);
}
