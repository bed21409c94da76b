//! Pages and logs by name, and the methods that each address takes.

use axum::http::Method;
use store::memory::Interruption;

use super::*;

#[tokio::test]
async fn names_that_are_none_are_told_so_and_others_requests_are_not_shown() {
    let world = World::new();
    let asked = world.post_json("/passport/requests", &json!({})).await.json();
    let session = asked["session"].as_str().unwrap();
    for (path, refusal) in [
        ("/passport/status", (400, "invalid_request")),
        ("/passport/status?request=", (400, "invalid_request")),
        ("/passport/status?request=a&request=b", (400, "invalid_request")),
        ("/passport/status?request=a%22b", (404, "not_found")),
        ("/passport/status?request=..%2Fa", (404, "not_found")),
        ("/passport/answer", (404, "none")),
        ("/passport/answer?request=a%22b", (404, "none")),
        ("/passport/answer?request=a&request=b", (404, "none")),
        ("/guessed/did.jsonl", (404, "not_found")),
        ("/..%2Fpassport/did.jsonl", (404, "not_found")),
    ] {
        refused(&world, || get(path), refusal, path).await;
    }
    let endless = format!("/passport/status?request={}", "a".repeat(65));
    refused(&world, || get(&endless), (404, "not_found"), "an endless name").await;
    // Whoever has only the name of a request, and not the browser that made it, is told that it has ended.
    for answered in world.both(|| get(&format!("/passport/status?request={session}"))).await {
        assert_eq!(answered.json()["state"], "open", "a program's request belongs to no browser");
    }
    let page = world.get("/passport").await;
    let status_url = world::between(&page.text, "data-waiting=\"", "\"").to_owned();
    for answered in world.both(|| get(&status_url)).await {
        assert_eq!(answered.json()["state"], "ended");
    }
}

#[tokio::test]
async fn every_address_takes_its_own_methods_and_no_other() {
    let world = World::new();
    let before = world.scene.memory.entries();
    for (path, allowed) in [
        ("/", "GET,HEAD"),
        ("/healthz", "GET,HEAD"),
        ("/privacy", "GET,HEAD"),
        ("/passport", "GET,HEAD"),
        ("/passport/requests", "POST"),
        ("/passport/mail", "POST"),
        ("/passport/answer", "GET,HEAD"),
        ("/passport/status", "GET,HEAD"),
        ("/refill/requests", "POST"),
        ("/email/x", "GET,HEAD,POST"),
        ("/follow-up/x", "GET,HEAD"),
        ("/did-log/x", "PUT"),
        ("/mailbox/x", "GET,HEAD,POST"),
        ("/mailbox/x/done", "POST"),
        ("/mailbox/x/blocks", "POST"),
        ("/mailbox/x/reports", "POST"),
        ("/mailbox/x/bell", "POST"),
        ("/x/did.jsonl", "GET,HEAD"),
        ("/.well-known/did.jsonl", "GET,HEAD"),
    ] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            if allowed.split(',').any(|one| one == method.as_str()) {
                continue;
            }
            let request = || Request::builder().method(&method).uri(path).body(Body::empty()).unwrap();
            for answered in world.both(request).await {
                assert_eq!(answered.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
                assert_eq!(answered.headers[header::ALLOW], allowed, "{method} {path}");
            }
        }
    }
    assert!(world.scene.memory.entries() == before);
}

#[tokio::test]
async fn an_office_whose_store_takes_no_writes_is_not_ready() {
    for (broken, status, said) in [(true, 503, "not ready\n"), (false, 200, "ok\n")] {
        let world = World::new();
        let before = world.scene.memory.entries();
        if broken {
            world.scene.memory.interrupt_next_commit(Interruption::BeforeWriting);
        }
        let answered = world.get("/healthz").await;
        assert_eq!((answered.status.as_u16(), answered.text.as_str()), (status, said));
        assert!(world.scene.memory.entries() == before, "looking leaves nothing");
    }
}

#[tokio::test]
async fn an_endless_name_is_a_name_that_there_is_not() {
    let world = World::new();
    let name = "a".repeat(2_000);
    for path in [
        format!("/{name}/did.jsonl"),
        format!("/{}/did.jsonl", "0".repeat(32)),
        format!("/{}/did.jsonl", "0".repeat(33)),
        format!("/{}/did.jsonl", "A".repeat(32)),
        format!("/follow-up/{name}"),
        format!("/request/{name}"),
        format!("/status/{name}"),
        format!("/types/{name}/1"),
        format!("/credential-offer/{name}"),
        format!("/email/{name}"),
        format!("/passport/answer?request={name}"),
    ] {
        for answered in world.both(|| get(&path)).await {
            assert!(answered.status.is_client_error(), "{path}: {}", answered.status);
        }
    }
}
