//! Opening, locking, and what nobody sees without either.

use super::*;

#[tokio::test]
async fn without_a_session_each_page_leads_to_the_one_that_opens_the_wallet() {
    let scene = Scene::new().await;
    for (path, to) in [
        ("/", "/unlock"),
        ("/?a=b&c", "/unlock?next=%2F%3Fa%3Db%26c"),
        ("/spaces", "/unlock?next=%2Fspaces"),
        ("/spaces/key", "/unlock?next=%2Fspaces%2Fkey"),
        ("/spaces/key/detail?claim=bio", "/unlock?next=%2Fspaces%2Fkey%2Fdetail%3Fclaim%3Dbio"),
        ("/spaces/key/object", "/unlock?next=%2Fspaces%2Fkey%2Fobject"),
        ("/spaces/key/asked/task", "/unlock?next=%2Fspaces%2Fkey%2Fasked%2Ftask"),
        ("/spaces/key/proofs/proof", "/unlock?next=%2Fspaces%2Fkey%2Fproofs%2Fproof"),
        ("/spaces/key/proofs/proof/file", "/unlock?next=%2Fspaces%2Fkey%2Fproofs%2Fproof%2Ffile"),
        ("/change?claim=bio", "/unlock?next=%2Fchange%3Fclaim%3Dbio"),
        ("/change/task", "/unlock?next=%2Fchange%2Ftask"),
        ("/history?kind=request&from=50", "/unlock?next=%2Fhistory%3Fkind%3Drequest%26from%3D50"),
        ("/history.json", "/unlock?next=%2Fhistory.json"),
        ("/history.csv", "/unlock?next=%2Fhistory.csv"),
        ("/history/export", "/unlock?next=%2Fhistory%2Fexport"),
        ("/history/delete?entry=x", "/unlock?next=%2Fhistory%2Fdelete%3Fentry%3Dx"),
        ("/digests", "/unlock?next=%2Fdigests"),
        ("/export", "/unlock?next=%2Fexport"),
        ("/moved", "/unlock?next=%2Fmoved"),
        ("/close", "/unlock?next=%2Fclose"),
        ("/lost", "/unlock?next=%2Flost"),
        ("/held?from=25", "/unlock?next=%2Fheld%3Ffrom%3D25"),
        ("/held/throw?kind=x", "/unlock?next=%2Fheld%2Fthrow%3Fkind%3Dx"),
        ("/notices", "/unlock?next=%2Fnotices"),
        ("/messages", "/unlock?next=%2Fmessages"),
        ("/messages/hello?id=x", "/unlock?next=%2Fmessages%2Fhello%3Fid%3Dx"),
        ("/details", "/unlock?next=%2Fdetails"),
        ("/recovery", "/unlock?next=%2Frecovery"),
        ("/scan", "/unlock?next=%2Fscan"),
        ("/card", "/unlock?next=%2Fcard"),
        ("/details/picture", "/unlock?next=%2Fdetails%2Fpicture"),
    ] {
        let shown = scene.browser().get(path).await;
        assert_eq!((shown.status, shown.location.as_deref()), (StatusCode::SEE_OTHER, Some(to)));
    }
    let mut planted = scene.browser();
    planted.cookie = Some(format!("__Host-session={}", jose::base64url::encode([7; 32])));
    assert_eq!(planted.get("/").await.location.as_deref(), Some("/unlock"));
    assert!(!scene.desk.is_open().await);
}

#[tokio::test]
async fn the_right_passphrase_opens_the_wallet_in_a_session_of_its_own() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.get("/unlock").await;
    let before = browser.cookie.clone();
    let opened = browser.unlock(PASSPHRASE).await;
    assert_eq!((opened.status, opened.location.as_deref()), (StatusCode::SEE_OTHER, Some("/")));
    assert!(before.is_some() && browser.cookie != before, "what was there before opens nothing");
    let home = browser.get("/").await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(
        home.text.contains("No number yet") && home.text.contains("You have given no space your details.")
    );
    assert_eq!(home.headers["cache-control"], "no-store");
    assert_eq!(browser.get("/unlock").await.location.as_deref(), Some("/"), "it is open");
    let mut other = scene.browser();
    other.cookie = before;
    assert_eq!(other.get("/").await.location.as_deref(), Some("/unlock"));
}

#[tokio::test]
async fn a_wrong_passphrase_opens_nothing_and_is_told() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    for (typed, said) in
        [("Some right words", "This does not open the wallet"), ("", "Type your passphrase.")]
    {
        let shown = browser.unlock(typed).await;
        assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(shown.text.contains(said), "{}", shown.text);
        assert!(typed.is_empty() || !shown.text.contains(typed), "nothing that was typed comes back");
        assert_eq!(browser.get("/").await.location.as_deref(), Some("/unlock"));
    }
    for _ in 0..4 {
        browser.unlock("wrong").await;
    }
    let shown = browser.unlock(PASSPHRASE).await;
    assert!(shown.text.contains("Try again in 1 second."), "{}", shown.text);
    scene.clock.advance(1);
    assert_eq!(browser.unlock(PASSPHRASE).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn locking_ends_the_session_and_with_the_last_one_the_key_leaves_memory() {
    let scene = Scene::new().await;
    let (mut phone, mut desk) = (scene.browser(), scene.browser());
    phone.unlock(PASSPHRASE).await;
    desk.unlock(PASSPHRASE).await;
    let csrf = phone.get("/").await.csrf("/lock");
    let stolen = phone.cookie.clone();
    let locked = phone.post("/lock", &[("csrf", &csrf)]).await;
    assert_eq!((locked.status, locked.location.as_deref()), (StatusCode::SEE_OTHER, Some("/unlock")));
    assert_eq!(phone.cookie, None);
    phone.cookie = stolen;
    assert_eq!(phone.get("/").await.location.as_deref(), Some("/unlock"));
    assert!(scene.desk.is_open().await, "somebody is there still");
    let csrf = desk.get("/").await.csrf("/lock");
    desk.post("/lock", &[("csrf", &csrf)]).await;
    assert!(!scene.desk.is_open().await);
}

#[tokio::test]
async fn the_connection_over_which_something_was_typed_is_closed_with_its_answer() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    for typed in ["Some right words", PASSPHRASE] {
        let answer = browser.unlock(typed).await;
        assert_eq!(answer.headers["connection"], "close", "{}", answer.status);
    }
    assert!(!browser.get("/").await.headers.contains_key("connection"));
    // Where several requests share a connection, it is nobody's to close.
    let request = Request::post("/unlock").version(http::Version::HTTP_2).body(Body::empty()).unwrap();
    let answer = scene.router.clone().oneshot(request).await.unwrap();
    assert!(!answer.headers().contains_key("connection"));
}

#[tokio::test]
async fn who_does_nothing_for_a_quarter_of_an_hour_is_locked_out() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    scene.clock.advance(899);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    scene.clock.advance(900);
    assert_eq!(browser.get("/").await.location.as_deref(), Some("/unlock"));
    scene.desk.lock_if_nobody_is_there().await.unwrap();
    assert!(!scene.desk.is_open().await);
}

#[tokio::test]
async fn nobody_is_led_from_here_to_another_host() {
    let scene = Scene::new().await;
    for (next, to) in [
        ("/history", "/history"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/a b", "/"),
        ("", "/"),
    ] {
        let mut browser = scene.browser();
        let csrf = browser.get("/unlock").await.csrf("/unlock");
        let fields = [("csrf", csrf.as_str()), ("next", next), ("passphrase", PASSPHRASE)];
        assert_eq!(browser.post("/unlock", &fields).await.location.as_deref(), Some(to), "{next}");
    }
}

#[tokio::test]
async fn a_form_of_another_page_or_session_opens_and_locks_nothing() {
    let scene = Scene::new().await;
    let (mut browser, mut other) = (scene.browser(), scene.browser());
    let csrf = other.get("/unlock").await.csrf("/unlock");
    browser.get("/unlock").await;
    let forged = browser.post("/unlock", &[("csrf", &csrf), ("passphrase", PASSPHRASE)]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    browser.unlock(PASSPHRASE).await;
    for token in ["", csrf.as_str()] {
        assert_eq!(browser.post("/lock", &[("csrf", token)]).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    assert_eq!(browser.get("/lock").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_phone_can_keep_the_wallet_as_an_application() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let page = browser.get("/unlock").await;
    assert!(page.text.contains("<link rel=\"manifest\" href=\"/manifest.webmanifest\">"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("manifest-src 'self'") && policy.contains("frame-ancestors 'none'"));
    let manifest = browser.get("/manifest.webmanifest").await;
    assert_eq!(manifest.headers["content-type"], "application/manifest+json");
    let manifest: serde_json::Value = serde_json::from_str(&manifest.text).unwrap();
    assert_eq!((&manifest["display"], &manifest["start_url"]), (&"standalone".into(), &"/".into()));
    let worker = browser.get("/worker.js").await;
    assert_eq!(worker.headers["content-type"], "text/javascript; charset=utf-8");
    assert!(worker.text.contains("/assets/") && !worker.text.contains("http"));
}

/// Every address, and what it takes.
const ADDRESSES: &[(&str, &str)] = &[
    ("/", "GET"),
    ("/unlock", "GET POST"),
    ("/lock", "POST"),
    ("/left", "GET"),
    ("/unlock.js", "GET"),
    ("/borrowed.js", "GET"),
    ("/manifest.webmanifest", "GET"),
    ("/worker.js", "GET"),
    ("/passkey.js", "GET"),
    ("/asked.js", "GET"),
    ("/card.js", "GET"),
    ("/scan.js", "GET"),
    ("/decoder/3.1.6/reader/index.js", "GET"),
    ("/decoder/3.1.6/share.js", "GET"),
    ("/decoder/3.1.6/reader/zxing_reader.wasm", "GET"),
    ("/card", "GET"),
    ("/scan", "GET"),
    ("/offline.js", "GET"),
    ("/offline", "GET"),
    ("/icon-192.png", "GET"),
    ("/icon-512.png", "GET"),
    ("/icon-maskable-512.png", "GET"),
    ("/authorize", "GET"),
    ("/open", "GET POST"),
    ("/asked/name", "GET POST"),
    ("/asked/name/status", "GET"),
    ("/asked/name/check", "POST"),
    ("/unlock/passkey", "POST"),
    ("/awaited", "POST"),
    ("/passport", "POST"),
    ("/details", "GET POST"),
    ("/messages", "GET"),
    ("/messages/open", "POST"),
    ("/messages/delete", "POST"),
    ("/messages/block", "POST"),
    ("/messages/read", "POST"),
    ("/messages/hello", "GET"),
    ("/messages/hello/answer", "POST"),
    ("/messages/hello/not-now", "POST"),
    ("/messages/hello/block", "POST"),
    ("/messages/hello/report", "POST"),
    ("/spaces", "GET"),
    ("/held", "GET"),
    ("/held/status", "GET"),
    ("/held/look", "POST"),
    ("/held/anew", "POST"),
    ("/held/put-away", "POST"),
    ("/held/throw", "GET POST"),
    ("/history", "GET"),
    ("/history.json", "GET"),
    ("/history.csv", "GET"),
    ("/history/export", "GET POST"),
    ("/history/delete", "GET POST"),
    ("/digests", "GET"),
    ("/digests/seen", "POST"),
    ("/digests/wish", "POST"),
    ("/details/sets", "POST"),
    ("/details/sets/rename", "POST"),
    ("/details/sets/remove", "POST"),
    ("/details/picture", "GET POST"),
    ("/picture.js", "GET"),
    ("/ways", "GET"),
    ("/ways/passphrase", "POST"),
    ("/ways/recovery", "POST"),
    ("/ways/passkeys", "POST"),
    ("/ways/passkeys/remove", "POST"),
    ("/ways/sessions/end", "POST"),
    ("/make", "GET POST"),
    ("/make/passkey", "POST"),
    ("/recovery", "GET POST"),
    ("/making.js", "GET"),
    ("/recovery.js", "GET"),
    ("/unlock/recovery", "GET POST"),
    ("/spaces/key", "GET"),
    ("/spaces/key/detail", "GET"),
    ("/spaces/key/object", "GET"),
    ("/spaces/key/ask", "POST"),
    ("/spaces/key/asked/task", "GET"),
    ("/spaces/key/asked/task/status", "GET"),
    ("/spaces/key/waiting", "POST"),
    ("/spaces/key/mute", "POST"),
    ("/spaces/key/proofs/proof", "GET"),
    ("/spaces/key/proofs/proof/file", "GET"),
    ("/change", "GET POST"),
    ("/change/send", "POST"),
    ("/change/task", "GET"),
    ("/change/task/status", "GET"),
    ("/export", "GET POST"),
    ("/export.js", "GET"),
    ("/moved", "GET POST"),
    ("/close", "GET POST"),
    ("/closed", "GET"),
    ("/lost", "GET"),
    ("/lost/begin", "POST"),
    ("/lost/sessions", "POST"),
    ("/make/bring", "GET POST"),
    ("/live", "GET"),
    ("/live.js", "GET"),
    ("/notices", "GET"),
    ("/notices.js", "GET"),
    ("/notices/browser", "POST"),
    ("/notices/browser/remove", "POST"),
    ("/notices/mail", "POST"),
    ("/notices/mail/remove", "POST"),
    ("/notices/renewed", "POST"),
    ("/notices/confirm/token", "GET POST"),
    ("/notices/stop/token", "GET POST"),
    ("/ring", "POST"),
    ("/keys.js", "GET"),
    ("/p256.js", "GET"),
    ("/files.js", "GET"),
    ("/approving.js", "GET"),
    ("/host.js", "GET"),
    ("/signing.js", "GET"),
    ("/keys/session", "GET"),
    ("/keys/next", "GET"),
    ("/keys/done", "POST"),
    ("/argon2/4.13.0/argon2.js", "GET"),
];

#[tokio::test]
async fn every_address_takes_its_own_methods_and_no_other() {
    let scene = Scene::new().await;
    for (address, own) in ADDRESSES {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let request = Request::builder().method(method).uri(*address).body(Body::empty()).unwrap();
            let status = scene.router.clone().oneshot(request).await.unwrap().status();
            assert_eq!(status != StatusCode::METHOD_NOT_ALLOWED, own.contains(method), "{method} {address}");
        }
    }
}

#[tokio::test]
async fn every_page_of_the_open_wallet_has_the_menu_with_where_it_is_and_the_lock() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let mut seen = 0;
    for (address, own) in ADDRESSES {
        // These pages are anybody's, and what is new is told without end.
        let is_anybodys =
            matches!(*address, "/offline" | "/left" | "/unlock/recovery" | "/closed" | "/make/bring")
                || (address.starts_with("/notices/") && address.ends_with("/token"));
        if !own.contains("GET") || is_anybodys || *address == "/live" {
            continue;
        }
        let shown = browser.send(Request::get(*address), Body::empty()).await;
        let kind = shown.headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap()).unwrap_or_default();
        if !kind.starts_with("text/html") {
            continue;
        }
        seen += 1;
        assert_eq!(shown.text.matches("<nav class=\"menu\" aria-label=\"Pages\">").count(), 1, "{address}");
        assert_eq!(shown.text.matches("action=\"/lock\"").count(), 1, "{address}");
        let here = format!("<a href=\"{address}\" aria-current=\"page\">");
        let leads_elsewhere = [
            "/open",
            "/authorize",
            "/asked/",
            "/spaces/",
            "/change",
            "/details/",
            "/history/",
            "/held/",
            "/digests",
            "/notices",
            "/messages/",
        ];
        let is_in_it = !leads_elsewhere.iter().any(|start| address.starts_with(start));
        assert_eq!(shown.text.contains(&here), is_in_it, "{address}");
        for (above, below) in [
            ("/spaces", &["/spaces/", "/change"][..]),
            ("/details", &["/details/"]),
            ("/history", &["/history/", "/digests"]),
        ] {
            let marked = shown.text.contains(&format!("<a href=\"{above}\" aria-current=\"true\">"));
            assert_eq!(marked, below.iter().any(|start| address.starts_with(start)), "{address} {above}");
        }
    }
    assert!(seen > 8, "{seen}");
    for path in ["/unlock", "/unlock/recovery", "/offline", "/left", "/closed"] {
        assert!(!scene.browser().get(path).await.text.contains("<nav"), "{path}");
    }
}
