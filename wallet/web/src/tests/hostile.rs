//! What another site, a frame, a look-alike or a link of another kind gets of the wallet's pages: nothing.

use std::time::Duration;

use http::header::{CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS};

use super::*;

/// An address of the router.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) path: String,
    /// Whether something is shown there.
    pub(super) is_get: bool,
    /// Whether something is sent there.
    pub(super) is_post: bool,
}

/// The addresses of the router, as they stand in its source.
pub(super) fn addresses() -> Vec<Address> {
    let sources = [include_str!("../site.rs"), include_str!("../installable.rs")];
    let mut found = Vec::new();
    for route in sources.iter().flat_map(|source| source.split(".route(").skip(1)) {
        let path = route.split('"').nth(1).unwrap().replace("{name}", "name");
        let handlers = route.split(".merge(").next().unwrap();
        let takes = |method: &str| handlers.contains(&format!("{method}("));
        found.push(Address { path, is_get: takes("get"), is_post: takes("post") });
    }
    assert!(found.len() > 60, "{found:?}");
    found
}

/// What others call who have no session: the host of an inbox, a browser's worker, and whoever reads a mail. Each brings a secret of its
/// own, and is tested with the notices.
pub(super) const OF_OTHERS: [&str; 4] =
    ["/ring", "/notices/renewed", "/notices/confirm/{token}", "/notices/stop/{token}"];

async fn sent(scene: &Scene, browser: &Browser<'_>, request: http::request::Builder, body: &str) -> Shown {
    let mut again = scene.browser();
    again.cookie.clone_from(&browser.cookie);
    let form = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    again.send(form, Body::from(body.to_owned())).await
}

#[tokio::test]
async fn nothing_is_sent_to_any_address_without_the_token_of_its_own_form_or_from_another_site() {
    let mut posts = 0;
    let ours = |path: &str| !OF_OTHERS.contains(&path);
    for Address { path, .. } in addresses().into_iter().filter(|one| one.is_post && ours(&one.path)) {
        posts += 1;
        // A wallet for each address: some take few forms of a client within a minute.
        let scene = Scene::new().await;
        let (mut browser, mut other) = (scene.browser(), scene.browser());
        browser.unlock(PASSPHRASE).await;
        let foreign = other.get("/unlock").await.csrf("/unlock");
        let own = browser.get("/open").await.csrf("/open");
        for body in [String::new(), "csrf=".to_owned(), format!("csrf={foreign}")] {
            let shown = sent(&scene, &browser, Request::post(&path), &body).await;
            // A form with a file is sent otherwise (RFC 7578); its tokens are tested with it.
            let refused = if path == "/make/bring" { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
            assert_eq!(shown.status, refused, "{path} {body}: {}", shown.text);
        }
        // With the right token, but from a page of another site.
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
        ] {
            let request = Request::post(&path).header(name, value);
            let shown = sent(&scene, &browser, request, &format!("csrf={own}")).await;
            assert_eq!(shown.status, StatusCode::FORBIDDEN, "{path} {value}: {}", shown.text);
        }
        assert_eq!(browser.get("/").await.status, StatusCode::OK, "{path}: it is open still");
    }
    assert!(posts >= 15, "{posts}");
}

#[tokio::test]
async fn no_page_is_shown_in_a_frame_or_runs_what_is_not_the_wallets_own() {
    let scene = Scene::new().await;
    let mut unlocked = scene.browser();
    unlocked.unlock(PASSPHRASE).await;
    let mut locked = scene.browser();
    let pages = addresses().into_iter().map(|one| one.path).chain(["/nowhere".to_owned()]);
    for path in pages.filter(|path| !path.ends_with(".png")) {
        for browser in [&mut locked, &mut unlocked] {
            // What is new is told without end.
            if path == "/live" && browser.cookie.is_some() {
                continue;
            }
            let shown = browser.get(&path).await;
            let policy =
                shown.headers.get(CONTENT_SECURITY_POLICY).unwrap_or_else(|| panic!("{path}: no policy"));
            let policy = policy.to_str().unwrap();
            assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert!(
                policy.contains("default-src 'none'") && policy.contains("base-uri 'none'"),
                "{path}: {policy}"
            );
            assert!(!policy.contains("unsafe-inline") && !policy.contains("http"), "{path}: {policy}");
            assert_eq!(shown.headers[X_FRAME_OPTIONS], "DENY", "{path}");
            for inline in ["<script>", "<style", " style=\"", " onclick=", " onload="] {
                assert!(!shown.text.contains(inline), "{path}: {inline}");
            }
        }
    }
}

#[tokio::test]
async fn what_pages_of_others_load_from_here_is_refused_and_is_no_use_of_the_session() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let cookie = browser.cookie.clone().unwrap();
    let loaded = async |path: &str, site: &str, mode: &str, dest: &str| {
        let request = Request::get(path)
            .header(COOKIE, &cookie)
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", mode)
            .header("sec-fetch-dest", dest);
        scene.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    for path in ["/", "/history.json", "/asked/name/status", "/icon-192.png", "/worker.js", "/unlock"] {
        for (site, mode, dest) in [
            ("same-site", "no-cors", "image"),
            ("cross-site", "no-cors", "script"),
            ("same-site", "cors", "empty"),
            ("cross-site", "navigate", "iframe"),
            ("cross-site", "navigate", "object"),
            ("odd", "no-cors", "image"),
        ] {
            let refused = loaded(path, site, mode, dest).await;
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path} {site} {mode} {dest}");
            assert_eq!(refused.headers()["cross-origin-resource-policy"], "same-origin");
        }
        for (site, mode, dest) in [
            ("same-origin", "no-cors", "image"),
            ("cross-site", "navigate", "document"),
            ("none", "navigate", "document"),
        ] {
            let let_in = loaded(path, site, mode, dest).await;
            assert_ne!(let_in.status(), StatusCode::FORBIDDEN, "{path} {site} {mode} {dest}");
            assert_eq!(let_in.headers()["cross-origin-resource-policy"], "same-origin");
        }
    }
    scene.clock.advance(899);
    loaded("/", "same-site", "no-cors", "image").await;
    scene.clock.advance(2);
    assert_eq!(browser.get("/").await.location.as_deref(), Some("/unlock"), "it has ended by itself");
}

/// Pictures that others make are shown nowhere: neither named by them nor drawn by them in a page of the wallet. Of the member's own
/// details the picture is shown, looked at as when it was chosen (`question::tests`).
#[test]
fn no_page_of_what_others_ask_or_offer_has_a_picture() {
    for (name, template) in [
        ("question", include_str!("../../templates/question.html")),
        ("part", include_str!("../../templates/part.html")),
        ("offer", include_str!("../../templates/offer.html")),
        ("code", include_str!("../../templates/code.html")),
        ("faulty", include_str!("../../templates/faulty.html")),
        ("done", include_str!("../../templates/done.html")),
        ("messages", include_str!("../../templates/messages.html")),
        ("hello", include_str!("../../templates/hello.html")),
    ] {
        let own = "<img class=\"portrait\" src=\"{{ picture }}\" width=\"64\" height=\"64\" alt=\"\">";
        let template = if name == "part" { template.replace(own, "") } else { template.to_owned() };
        for picture in ["<img", "<svg", "<picture", "<object", "<iframe", "|safe", "src="] {
            assert!(!template.contains(picture), "{name}: {picture}");
        }
    }
}

#[tokio::test]
async fn links_of_foreign_schemes_open_nothing_wherever_they_come_from() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let csrf = browser.get("/open").await.csrf("/open");
    for link in [
        "javascript:alert(1)//?client_id=x&request_uri=https://a.example",
        "data:text/html,<script>alert(1)</script>?client_id=x",
        "file:///etc/passwd?client_id=x&request_uri=https://a.example",
        "intent://scan/#Intent;scheme=openid4vp;end?client_id=x",
        "mailto:a@example.org?client_id=x&credential_offer_uri=y",
        "wifi:T:WPA;S:x;P:y;;",
        "sms:+1?body=client_id",
        "blob:https://a.example/?client_id=x",
        "\u{202e}openid4vp://?client_id=x",
        "openid4vp\u{200b}://?client_id=x&request_uri=https://a.example",
        "<svg/onload=alert(1)>",
    ] {
        let pasted = browser.post("/open", &[("csrf", &csrf), ("link", link)]).await;
        let encoded: String = url::form_urlencoded::byte_serialize(link.as_bytes()).collect();
        let handed = browser.get(&format!("/open?link={encoded}")).await;
        for shown in [pasted, handed] {
            assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY, "{link}: {}", shown.text);
            assert!(!shown.text.contains("<script>") && !shown.text.contains("<svg"), "{link}");
        }
        assert!(scene.desk.flows().waiting().is_empty());
    }
    for query in ["", "?", "?a=b", "?client_id=", "?client_id=a&client_id=b", "?%ff=1"] {
        let shown = browser.get(&format!("/authorize{query}")).await;
        assert_ne!(shown.status, StatusCode::OK, "{query}");
        assert!(!browser.get("/").await.text.contains("/asked/"), "{query}: something is under way");
    }
}

#[tokio::test]
async fn many_links_at_once_leave_the_pages_quick_and_room_for_the_next_one() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let csrf = browser.get("/open").await.csrf("/open");
    let begun = std::time::Instant::now();
    let mut opened_at_once = 0;
    for number in 0..64 {
        let link =
            format!("openid4vp://?client_id=x{number}&request_uri=https%3A%2F%2Fkiln.example%2F{number}");
        let opened = browser.post("/open", &[("csrf", &csrf), ("link", &link)]).await;
        match opened.status {
            StatusCode::SEE_OTHER => opened_at_once += 1,
            status => assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{number}"),
        }
    }
    assert!(opened_at_once >= 16, "{opened_at_once}");
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    // They come to nothing, and then another one is taken.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let next = "openid4vp://?client_id=next&request_uri=https%3A%2F%2Fkiln.example%2Fnext";
    let opened = browser.post("/open", &[("csrf", &csrf), ("link", next)]).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text);
    assert_eq!(browser.get(&opened.location.unwrap()).await.status, StatusCode::OK);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
