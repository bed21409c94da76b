//! Signed metadata beside readable ones.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jose::{Jwk, Signer, SigningFailed, VerifyingKey};
use openid4vc::vci::metadata::IssuerMetadata;
use openid4vc::vci::signed_metadata::{SignedBy, SignedMetadata};
use trust::Certificate;

use super::scene::{Answered, ISSUER, SETTINGS, Scene, refusal, send};
use crate::Issuance;

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

/// A key whose keeper is away.
struct Away(Jwk);

impl Signer for Away {
    fn public_jwk(&self) -> &Jwk {
        &self.0
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        Err(SigningFailed)
    }
}

#[tokio::test]
async fn metadata_that_cannot_be_signed_now_are_to_be_asked_for_again_and_readable_ones_are_there() {
    let scene = Scene::new();
    let inner = &scene.replicas[0].inner;
    let mut identity = inner.identity.as_ref().clone();
    identity.issuing.signer = Arc::new(Away(identity.issuing.signer.public_jwk().clone()));
    let configurations = inner.configurations.values().cloned().collect();
    let (nonces, minting) = (inner.nonces.clone(), Arc::clone(&inner.minting));
    let tenant = inner.tenant.clone();
    let issuer = Issuance::new(Arc::new(identity), tenant, nonces, configurations, minting, SETTINGS);
    let asked = async |accept: &str| {
        let request = Request::get("/.well-known/openid-credential-issuer").header(header::ACCEPT, accept);
        send(issuer.routes(), request.body(Body::empty()).unwrap()).await
    };
    let refused = asked("application/jwt").await;
    assert_eq!(refused.refusal(), refusal(503, "temporarily_unavailable"));
    assert_eq!(refused.headers[header::RETRY_AFTER], "2");
    let readable = asked("application/json").await;
    assert_eq!((readable.status, readable.headers.get(header::RETRY_AFTER)), (StatusCode::OK, None));
}

#[tokio::test]
async fn who_does_not_ask_gets_readable_metadata() {
    let scene = Scene::new();
    for accept in [None, Some("*/*"), Some("application/json, application/jwt;q=0.5"), Some("text/html")] {
        let answered = asked(&scene, accept).await;
        assert_eq!(answered.headers[header::CONTENT_TYPE], "application/json", "{accept:?}");
    }
}
