//! What a browser may see of others, and the methods that each address takes.

use http::Method;
use store::memory::Interruption;

use super::*;

#[tokio::test]
async fn a_browser_sees_nothing_of_another_ones_sign_up() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let back = answered(&scene, &mut browser, "link").await;
    browser.get(&back).await;
    assert_eq!(browser.state().await, "joined");
    let mut other = Browser::new(&scene);
    let _ = other.ask("qr").await;
    for (cookie, state) in [
        (Some(cookie(&other).to_owned()), "waiting"),
        (Some("session=guessed".to_owned()), "ended"),
        (None, "ended"),
    ] {
        for _ in 0..2 {
            let mut stranger = Browser { scene: &scene, cookie: cookie.clone(), language: "en" };
            assert_eq!(stranger.state().await, state);
            let page = stranger.get("/join/answer").await;
            assert!(
                !page.text.contains("openid-credential-offer") && !page.text.contains("Welcome"),
                "{}",
                page.text
            );
        }
    }
}

#[tokio::test]
async fn every_address_takes_its_own_methods_and_no_other() {
    let scene = Scene::new();
    let before = scene.stage.memory.entries();
    for (path, allowed) in [
        ("/", "GET,HEAD"),
        ("/privacy", "GET,HEAD"),
        ("/healthz", "GET,HEAD"),
        ("/join", "GET,HEAD"),
        ("/join/requests", "POST"),
        ("/refill/requests", "POST"),
        ("/join/again", "POST"),
        ("/join/return", "GET,HEAD"),
        ("/join/phone", "GET,HEAD"),
        ("/join/code", "GET,HEAD,POST"),
        ("/join/answer", "GET,HEAD"),
        ("/join/status", "GET,HEAD"),
        ("/join/number", "GET,HEAD,POST"),
        ("/join/number/sent", "GET,HEAD"),
        ("/join/invited/x", "GET,HEAD,POST"),
        ("/join/invited/x/status", "GET,HEAD"),
        ("/api/openapi.json", "GET,HEAD"),
        ("/api/v1/forms", "GET,HEAD"),
        ("/api/v1/forms/x", "GET,HEAD"),
        ("/api/v1/sign-ups", "GET,HEAD"),
        ("/api/v1/sign-ups/x", "GET,HEAD"),
        ("/api/v1/sign-ups/x/values", "GET,HEAD"),
        ("/api/v1/sign-ups/x/decision", "POST"),
        ("/api/v1/sign-ups/x/ask", "POST"),
        ("/api/v1/contacts", "GET,HEAD"),
        ("/api/v1/contacts/x", "GET,HEAD"),
        ("/api/v1/contacts/x/values", "GET,HEAD"),
        ("/api/v1/invitations", "GET,HEAD,POST"),
        ("/api/v1/invitations/x", "GET,HEAD"),
        ("/api/v1/memberships", "GET,HEAD"),
        ("/api/v1/memberships/x", "GET,HEAD"),
        ("/api/v1/memberships/x/end", "POST"),
        ("/api/v1/memberships/x/offer", "POST"),
        ("/follow-up/x", "GET,HEAD"),
        ("/counter-offer/x", "POST"),
        ("/sign-in", "GET,HEAD"),
        ("/sign-in/return", "GET,HEAD"),
        ("/sign-in/phone", "GET,HEAD"),
        ("/sign-in/answer", "GET,HEAD"),
        ("/sign-in/status", "GET,HEAD"),
        ("/sign-in/code", "GET,HEAD,POST"),
        ("/sign-out", "POST"),
        ("/connect/authorize", "GET,HEAD,POST"),
        ("/connect/consent", "GET,HEAD,POST"),
        ("/connect/end", "POST"),
        ("/connect/logout", "GET,HEAD,POST"),
        ("/connect/token", "POST"),
        ("/connect/revoke", "POST"),
        ("/connect/userinfo", "GET,HEAD,POST"),
        ("/connect/jwks", "GET,HEAD"),
        ("/connect/.well-known/openid-configuration", "GET,HEAD"),
        ("/member", "GET,HEAD"),
        ("/no-passport", "GET,HEAD"),
        ("/no-passport/login", "GET,HEAD"),
        ("/no-passport/login/return", "GET,HEAD"),
        ("/look/file", "GET,HEAD"),
        ("/passport-button.js", "GET,HEAD"),
        ("/people", "GET,HEAD"),
        ("/people/x", "GET,HEAD"),
        ("/people/x/picture", "GET,HEAD"),
        ("/people/x/hello", "POST"),
        ("/hello/x", "POST"),
        ("/member/requests", "POST"),
        ("/member/details", "GET,HEAD"),
        ("/member/changes", "POST"),
        ("/member/change-requests", "POST"),
        ("/member/leave", "POST"),
        ("/member/objections", "POST"),
        ("/.well-known/did.jsonl", "GET,HEAD"),
    ] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            if allowed.split(',').any(|one| one == method.as_str()) {
                continue;
            }
            for _ in 0..2 {
                let request = Request::builder().method(&method).uri(path).body(Body::empty()).unwrap();
                let answered = send(&scene.router(), request).await;
                assert_eq!(answered.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
                assert_eq!(answered.header("allow"), allowed, "{method} {path}");
            }
        }
    }
    assert!(scene.stage.memory.entries() == before);
}

#[tokio::test]
async fn a_space_whose_store_takes_no_writes_is_not_ready() {
    for (broken, status, said) in [(true, 503, "not ready\n"), (false, 200, "ok\n")] {
        let scene = Scene::new();
        let before = scene.stage.memory.entries();
        if broken {
            scene.stage.memory.interrupt_next_commit(Interruption::BeforeWriting);
        }
        let answered = send(&scene.router(), get("/healthz")).await;
        assert_eq!((answered.status.as_u16(), answered.text.as_str()), (status, said));
        assert!(scene.stage.memory.entries() == before, "looking leaves nothing");
    }
}

#[tokio::test]
async fn an_endless_name_is_a_name_that_there_is_not() {
    let scene = Scene::new();
    let name = "a".repeat(2_000);
    for path in [
        format!("/follow-up/{name}"),
        format!("/request/{name}"),
        format!("/status/{name}"),
        format!("/types/{name}/1"),
        format!("/credential-offer/{name}"),
        format!("/join/return?request={name}&response_code=b"),
        format!("/join/phone?request={name}&response_code=b"),
        format!("/join/invited/{name}"),
        format!("/connect/authorize?client_id={name}"),
    ] {
        let answered = send(&scene.router(), get(&path)).await;
        assert!(answered.status.is_client_error(), "{path}: {}", answered.status);
    }
}
