//! Encrypted requests and answers, and keys that come and go, at two replicas.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use directory::Renewable;
use jose::DecryptionKey;
use jose::jwe::{self, EncryptOptions};
use openid4vc::access::Presented;
use openid4vc::http::Response;
use openid4vc::vci::credential::CredentialRequest;
use openid4vc::vci::deferred::DeferredRequest;
use openid4vc::vci::encryption::{ResponseKey, Sealed, seal_request};
use openid4vc::vci::metadata::IssuerMetadata;
use serde_json::{Value, json};

use super::scene::{Answered, ISSUER, PASSPORT, Scene, Token, refusal};
use crate::encrypting::Posted;
use crate::issue::Refusal;
use crate::routes::CredentialRefusal;
use crate::{Encryption, Extensions};

type Keys = Renewable<Vec<Arc<DecryptionKey>>>;

/// A scene that offers encryption, and the keys in use.
fn encrypting(required: bool) -> (Scene, Keys) {
    let keys = Keys::from(Vec::new());
    let shared = keys.clone();
    let scene = Scene::extended(move |_| Extensions {
        encryption: Some(Encryption { keys: shared, required }),
        ..Extensions::default()
    });
    keys.replace(vec![key(&scene, "k-1")]);
    (scene, keys)
}

fn key(scene: &Scene, kid: &str) -> Arc<DecryptionKey> {
    Arc::new(DecryptionKey::generate(kid, scene.environment.randomness()).unwrap())
}

async fn metadata(scene: &Scene) -> IssuerMetadata {
    let request = Request::get("/.well-known/openid-credential-issuer").body(Body::empty()).unwrap();
    let answered = scene.send(request).await;
    IssuerMetadata::from_object(answered.json().as_object().unwrap(), ISSUER).unwrap()
}

async fn body(scene: &Scene) -> Value {
    let nonce = scene.nonce().await;
    json!({"credential_configuration_id": PASSPORT, "proofs": {"jwt": [scene.proof(&nonce)]}})
}

async fn send(scene: &Scene, token: &Token, media_type: &str, body: &str) -> Answered {
    let request = Request::post("/credential")
        .header(header::AUTHORIZATION, &token.0)
        .header(header::CONTENT_TYPE, media_type)
        .body(Body::from(body.to_owned()))
        .unwrap();
    scene.send(request).await
}

/// Seals as our wallet does.
async fn sealed(scene: &Scene, metadata: &IssuerMetadata) -> (String, ResponseKey) {
    let body = body(scene).await;
    match seal_request(metadata, &body, scene.environment.randomness()).unwrap() {
        Sealed::Encrypted { jwe, response_key: Some(key) } => (jwe, key),
        other => panic!("{other:?}"),
    }
}

fn opened(answered: &Answered, key: &ResponseKey) -> Value {
    assert_eq!(answered.headers[header::CONTENT_TYPE], "application/jwt");
    assert_eq!(answered.headers[header::CACHE_CONTROL], "no-store");
    let headers = vec![("content-type".to_owned(), "application/jwt".to_owned())];
    let response =
        Response { status: answered.status.as_u16(), headers, body: answered.text.clone().into_bytes() };
    Value::Object(key.open(&response).unwrap())
}

#[tokio::test]
async fn an_encrypted_request_is_answered_encrypted_and_a_readable_one_readable() {
    let (scene, _) = encrypting(false);
    let metadata = metadata(&scene).await;
    let token = scene.bearer(&[PASSPORT]).await;
    let (jwe, key) = sealed(&scene, &metadata).await;
    let answered = send(&scene, &token, "application/jwt", &jwe).await;
    let credential = opened(&answered, &key)["credentials"][0]["credential"].as_str().unwrap().to_owned();
    assert!(!answered.text.contains(&credential));
    scene.status_of(&credential);
    let token = scene.bearer(&[PASSPORT]).await;
    assert_eq!(scene.credential_with_fresh_nonce(&token, PASSPORT).await.copies().len(), 1);
}

#[tokio::test]
async fn an_encrypted_request_that_asks_for_nothing_is_answered_readable() {
    let (scene, keys) = encrypting(false);
    let token = scene.bearer(&[PASSPORT]).await;
    let public = keys.get()[0].public_jwk().clone();
    let options = EncryptOptions { apu: Some(b"wallet"), apv: Some(b"office"), ..EncryptOptions::default() };
    let jwe = jwe::encrypt(body(&scene).await.to_string().as_bytes(), &public, &options).unwrap();
    assert_eq!(send(&scene, &token, "application/jwt", &jwe).await.copies().len(), 1);
}

#[tokio::test]
async fn errors_are_readable_whatever_was_asked_for() {
    let (scene, _) = encrypting(false);
    let metadata = metadata(&scene).await;
    let token = scene.bearer(&[PASSPORT]).await;
    let asked = json!({"credential_configuration_id": "other", "proofs": {"jwt": ["a.b.c"]}});
    let sealed = seal_request(&metadata, &asked, scene.environment.randomness()).unwrap();
    let refused = send(&scene, &token, sealed.media_type(), sealed.body()).await;
    assert_eq!(refused.refusal(), refusal(400, "unknown_credential_configuration"));
    assert_eq!(refused.headers[header::CONTENT_TYPE], "application/json");
    let (jwe, _) = self::sealed(&scene, &metadata).await;
    let stranger = send(&scene, &Token("Bearer x".to_owned()), "application/jwt", &jwe).await;
    assert_eq!(stranger.refusal(), refusal(401, "invalid_token"));
}

#[tokio::test]
async fn what_a_stranger_encrypted_is_not_opened_at_either_endpoint() {
    let (scene, _) = encrypting(false);
    let metadata = metadata(&scene).await;
    let token = scene.bearer(&[PASSPORT]).await;
    let (jwe, _) = sealed(&scene, &metadata).await;
    let replica = &scene.replicas[0];
    let of = |token: &str| Presented::parse([token]).unwrap();
    let media_type = Some("application/jwt");
    for stranger in ["Bearer x", "DPoP x"] {
        let posted = Posted::new(media_type, jwe.as_bytes(), CredentialRequest::from_members);
        let refused = replica.credential(&of(stranger), &[], &posted).await;
        assert!(matches!(refused, Err(Refusal::Refused(CredentialRefusal::Access(_)))), "{stranger}");
        assert!(posted.is_unopened() && posted.asked().is_none(), "{stranger}");
        let posted = Posted::new(media_type, jwe.as_bytes(), DeferredRequest::from_members);
        let refused = replica.deferred(&of(stranger), &[], &posted).await;
        assert!(matches!(refused, Err(Refusal::Refused(CredentialRefusal::Access(_)))), "{stranger}");
        assert!(posted.is_unopened(), "{stranger}");
    }
    let posted = Posted::new(media_type, jwe.as_bytes(), CredentialRequest::from_members);
    assert!(replica.credential(&of(&token.0), &[], &posted).await.is_ok());
    assert!(posted.asked().is_some(), "the near miss: with a good token it is");
}

#[tokio::test]
async fn each_fault_of_encryption_has_its_own_code_and_uses_nothing_up() {
    let (scene, keys) = encrypting(false);
    let metadata = metadata(&scene).await;
    let token = scene.bearer(&[PASSPORT]).await;
    let wallet_key = key(&scene, "w").public_jwk().to_value();
    let mut asking = body(&scene).await;
    asking["credential_response_encryption"] = json!({"jwk": wallet_key, "enc": "A128GCM"});
    let encryption = refusal(400, "invalid_encryption_parameters");
    let before = scene.memory.entries();
    let readable = send(&scene, &token, "application/json", &asking.to_string()).await;
    assert_eq!(readable.refusal(), encryption, "§8.2: only an encrypted request may ask");
    let public = keys.get()[0].public_jwk().clone();
    let encrypted = |change: &dyn Fn(&mut Value)| {
        let mut asked = asking.clone();
        change(&mut asked["credential_response_encryption"]);
        jwe::encrypt(asked.to_string().as_bytes(), &public, &EncryptOptions::default()).unwrap()
    };
    for (case, change) in [
        ("enc", &(|asked: &mut Value| asked["enc"] = json!("A192GCM")) as &dyn Fn(&mut Value)),
        ("zip", &|asked| asked["zip"] = json!("GZ")),
        ("alg", &|asked| drop(asked["jwk"].as_object_mut().unwrap().remove("alg"))),
        ("no jwk", &|asked| drop(asked.as_object_mut().unwrap().remove("jwk"))),
        ("no enc", &|asked| drop(asked.as_object_mut().unwrap().remove("enc"))),
        ("no object", &|asked| *asked = json!("x")),
    ] {
        let refused = send(&scene, &token, "application/jwt", &encrypted(change)).await;
        assert_eq!(refused.refusal(), encryption, "{case}");
    }
    let foreign = key(&scene, "k-1");
    let foreign = jwe::encrypt(b"{}", foreign.public_jwk(), &EncryptOptions::default()).unwrap();
    for (case, text) in [("another key", foreign.as_str()), ("no JWE", "a.b.c"), ("JSON", "{}"), ("none", "")]
    {
        let refused = send(&scene, &token, "application/jwt", text).await;
        assert_eq!(refused.refusal(), encryption, "{case}");
    }
    let list = jwe::encrypt(b"[1]", &public, &EncryptOptions::default()).unwrap();
    let refused = send(&scene, &token, "application/jwt", &list).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_credential_request"));
    let other_type = send(&scene, &token, "application/jose", &list).await;
    assert_eq!(other_type.refusal(), refusal(400, "invalid_credential_request"));
    assert!(scene.memory.entries() == before, "nothing has changed");
    let (jwe, response_key) = sealed(&scene, &metadata).await;
    opened(&send(&scene, &token, "application/jwt", &jwe).await, &response_key);
}

#[tokio::test]
async fn an_answer_key_that_may_not_agree_on_keys_is_found_out_before_anything_is_issued() {
    let (scene, keys) = encrypting(false);
    let token = scene.bearer(&[PASSPORT]).await;
    let public = keys.get()[0].public_jwk().clone();
    let mut asking = body(&scene).await;
    let before = scene.memory.entries();
    let mut sent = async |operations: Value| {
        let mut wallet_key = key(&scene, "w").public_jwk().to_value();
        wallet_key["key_ops"] = operations;
        asking["credential_response_encryption"] = json!({"jwk": wallet_key, "enc": "A128GCM"});
        let jwe = jwe::encrypt(asking.to_string().as_bytes(), &public, &EncryptOptions::default()).unwrap();
        send(&scene, &token, "application/jwt", &jwe).await
    };
    for operations in [json!(["verify"]), json!(["sign", "verify"])] {
        let refused = sent(operations).await;
        assert_eq!(refused.refusal(), refusal(400, "invalid_encryption_parameters"));
    }
    assert!(scene.memory.entries() == before, "nothing has changed");
    // RFC 7517 §4.3 names no operation for the public half; Web Cryptography writes none.
    assert_eq!(sent(json!([])).await.headers[header::CONTENT_TYPE], "application/jwt");
    assert_eq!(scene.copies().await, 1);
}

#[tokio::test]
async fn where_encryption_is_required_readable_requests_are_refused() {
    let (scene, _) = encrypting(true);
    let metadata = metadata(&scene).await;
    let token = scene.bearer(&[PASSPORT]).await;
    let readable = scene.credential_with_fresh_nonce(&token, PASSPORT).await;
    assert_eq!(readable.refusal(), refusal(400, "invalid_encryption_parameters"));
    let mut half = metadata.clone();
    half.response_encryption = None;
    let half = seal_request(&half, &body(&scene).await, scene.environment.randomness()).unwrap();
    let half = send(&scene, &token, half.media_type(), half.body()).await;
    assert_eq!(half.refusal(), refusal(400, "invalid_encryption_parameters"), "the answer too");
    let (jwe, key) = sealed(&scene, &metadata).await;
    opened(&send(&scene, &token, "application/jwt", &jwe).await, &key);
}

#[tokio::test]
async fn the_key_before_still_opens_and_the_one_before_that_does_not() {
    let (mut scene, keys) = encrypting(false);
    let (first, old) = (keys.get()[0].clone(), metadata(&scene).await);
    keys.replace(vec![key(&scene, "k-2"), first]);
    scene.restart();
    let new = metadata(&scene).await;
    let published = &new.request_encryption.as_ref().unwrap().keys;
    assert_eq!(published.iter().map(|key| key.kid().unwrap()).collect::<Vec<_>>(), ["k-2"]);
    for metadata in [&old, &new] {
        let token = scene.bearer(&[PASSPORT]).await;
        let (jwe, response_key) = sealed(&scene, metadata).await;
        opened(&send(&scene, &token, "application/jwt", &jwe).await, &response_key);
    }
    keys.replace(vec![key(&scene, "k-3"), keys.get()[0].clone()]);
    let token = scene.bearer(&[PASSPORT]).await;
    let (jwe, _) = sealed(&scene, &old).await;
    let refused = send(&scene, &token, "application/jwt", &jwe).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_encryption_parameters"));
}

#[tokio::test]
async fn what_is_not_offered_stands_in_no_metadata() {
    let (offering, keys) = encrypting(false);
    let offered = metadata(&offering).await;
    assert!(offered.request_encryption.is_some() && offered.response_encryption.is_some());
    keys.replace(Vec::new());
    for nothing in [metadata(&offering).await, metadata(&Scene::new()).await] {
        assert!(nothing.request_encryption.is_none() && nothing.response_encryption.is_none());
    }
    let token = offering.bearer(&[PASSPORT]).await;
    let (jwe, _) = sealed(&offering, &offered).await;
    let refused = send(&offering, &token, "application/jwt", &jwe).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_encryption_parameters"));
}
