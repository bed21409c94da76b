//! What is looked up by name, and the methods that each address takes.

use axum::http::Method;

use super::*;

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn offers_lists_and_types_of_other_names_are_not_found() {
    let scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], false).await;
    let hash = jose::digest::sha256_base64url(&offer.code);
    let (by_hash, longer) =
        (format!("/credential-offer/{hash}"), format!("/credential-offer/{}x", offer.code));
    for path in [
        "/credential-offer/guessed",
        "/credential-offer/..%2Ftoken",
        by_hash.as_str(),
        longer.as_str(),
        "/status/0",
        "/status/999999",
        "/status/%00",
        "/types/passport/2",
        "/types/passport/01",
        "/types/Passport/1",
        "/types/card/1",
        "/types/..%2Fpassport/1",
    ] {
        refused(&scene, || get(path), (404, "not_found"), path).await;
    }
    let shown = scene.send(get(offer.address.strip_prefix(ISSUER).unwrap())).await;
    assert_eq!(shown.status, StatusCode::OK, "the honest reader still finds the offer");
    assert_eq!(scene.send(get("/types/passport/1")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_address_takes_its_own_methods_and_no_other() {
    let scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], false).await;
    let offered = offer.address.strip_prefix(ISSUER).unwrap();
    let before = scene.memory.entries();
    for (path, allowed) in [
        ("/.well-known/openid-credential-issuer", "GET,HEAD"),
        ("/.well-known/oauth-authorization-server", "GET,HEAD"),
        ("/.well-known/openid-configuration", "GET,HEAD"),
        (offered, "GET,HEAD"),
        ("/status/1", "GET,HEAD"),
        ("/types/passport/1", "GET,HEAD"),
        ("/par", "POST"),
        ("/token", "POST"),
        ("/nonce", "POST"),
        ("/credential", "POST"),
        ("/deferred", "POST"),
        ("/challenge", "POST"),
        ("/notification", "POST"),
    ] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            if allowed.split(',').any(|one| one == method.as_str()) {
                continue;
            }
            let request = Request::builder().method(&method).uri(path).body(Body::empty()).unwrap();
            let answered = scene.send(request).await;
            let said = (answered.status, answered.headers[header::ALLOW].to_str().unwrap());
            assert_eq!(said, (StatusCode::METHOD_NOT_ALLOWED, allowed), "{method} {path}");
        }
    }
    assert!(scene.memory.entries() == before);
    scene.redeem(&offer.code).await;
}
