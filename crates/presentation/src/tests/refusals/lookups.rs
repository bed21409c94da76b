//! Request objects: which addresses there are, and which methods they take (OpenID4VP §5.10).

use axum::http::{Method, header};

use super::super::scene::path;
use super::network::Members;
use super::*;

#[tokio::test]
async fn every_address_takes_its_own_methods_and_no_other() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let before = members.scene.memory.entries();
    for (uri, allowed) in
        [(asked.request.request_uri.as_str(), "GET,HEAD,POST"), (asked.text("response_uri"), "POST")]
    {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            if allowed.split(',').any(|one| one == method.as_str()) {
                continue;
            }
            let request = Request::builder().method(&method).uri(path(uri)).body(Body::empty()).unwrap();
            let answered = members.scene.send(request).await;
            let said = (answered.status, answered.headers[header::ALLOW].to_str().unwrap());
            assert_eq!(said, (StatusCode::METHOD_NOT_ALLOWED, allowed), "{method}");
        }
    }
    assert!(members.scene.memory.entries() == before);
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
}

#[tokio::test]
async fn what_a_wallet_posts_in_another_form_makes_no_object_and_changes_nothing() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let before = members.scene.memory.entries();
    let long = format!("wallet_nonce={}", "x".repeat(1_025));
    let form = "application/x-www-form-urlencoded";
    for (case, media_type, body) in [
        ("JSON", "application/json", r#"{"wallet_nonce":"n"}"#),
        ("no media type", "", "wallet_nonce=n"),
        ("a nonce twice", form, "wallet_nonce=n&wallet_nonce=m"),
        ("an empty nonce", form, "wallet_nonce="),
        ("an endless nonce", form, long.as_str()),
        ("metadata that is no object", form, "wallet_metadata=%5B%5D"),
        ("metadata that is no JSON", form, "wallet_metadata=%7B"),
        ("a broken escape", form, "wallet_nonce=%4"),
    ] {
        for router in &members.scene.routers {
            let request = Request::post(path(&asked.request.request_uri))
                .header(header::CONTENT_TYPE, media_type)
                .body(Body::from(body.to_owned()))
                .unwrap();
            let answered = send(router.clone(), request).await;
            assert_eq!(answered.refusal(), refusal(400, "invalid_request"), "{case}");
            assert!(members.scene.memory.entries() == before, "{case}: the store has changed");
        }
    }
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
}
