//! Signed metadata beside readable ones.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jose::VerifyingKey;
use openid4vc::vci::metadata::IssuerMetadata;
use openid4vc::vci::signed_metadata::{SignedBy, SignedMetadata};
use trust::Certificate;

use super::scene::{Answered, ISSUER, Scene};

async fn asked(scene: &Scene, accept: Option<&str>) -> Answered {
    let request = Request::get("/.well-known/openid-credential-issuer");
    let request = match accept {
        Some(accept) => request.header(header::ACCEPT, accept),
        None => request,
    };
    let answered = scene.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (answered.status, &answered.headers[header::VARY]),
        (StatusCode::OK, &"accept".parse().unwrap())
    );
    answered
}

#[tokio::test]
async fn who_asks_for_signed_metadata_gets_them_by_the_key_that_signs_credentials() {
    let scene = Scene::new();
    let answered = asked(&scene, Some("application/jwt")).await;
    assert_eq!(answered.headers[header::CONTENT_TYPE], "application/jwt");
    let signed = SignedMetadata::parse(&answered.text).unwrap();
    let SignedBy::X5c(chain) = signed.signed_by().clone() else { panic!("by chain") };
    let leaf = Certificate::from_der(&chain[0]).unwrap();
    let issuing = scene.replicas[0].identity().issuing.signer.public_jwk().clone();
    assert_eq!(leaf.uris(), [scene.replicas[0].identity().did.as_str()], "the leaf names the DID");
    let read = signed.verify(&VerifyingKey::new(&issuing).unwrap(), ISSUER, scene.now()).unwrap();
    let readable = asked(&scene, None).await.json();
    assert_eq!(read, IssuerMetadata::from_object(readable.as_object().unwrap(), ISSUER).unwrap());
}

#[tokio::test]
async fn who_does_not_ask_gets_readable_metadata() {
    let scene = Scene::new();
    for accept in [None, Some("*/*"), Some("application/json, application/jwt;q=0.5"), Some("text/html")] {
        let answered = asked(&scene, accept).await;
        assert_eq!(answered.headers[header::CONTENT_TYPE], "application/json", "{accept:?}");
    }
}
