//! What a verifier sends out, as the standards and the profile write it: its request, and its word on an answer.

use std::collections::BTreeSet;

use trust::CertificateChain;

use super::scene::claims_of;
use super::*;

#[tokio::test]
async fn a_request_is_as_the_standard_and_the_profile_say() {
    let scene = Scene::new();
    let asked = scene.ask("a", true).await;
    let fetched = scene.fetch(&asked.request).await;
    assert_eq!(fetched.headers[header::CONTENT_TYPE], "application/oauth-authz-req+jwt");
    let token = jose::jws::Unverified::parse(&asked.compact).unwrap();
    assert_eq!(token.header_text("typ"), Some("oauth-authz-req+jwt"));
    // HAIP 1.0 §5: x509_hash of a leaf that is not its own issuer, and no anchor in the header.
    let chain = CertificateChain::from_header(token.header()).unwrap();
    assert!(chain.certificates().all(|certificate| !certificate.is_self_issued()));
    assert_eq!(asked.text("client_id"), chain.leaf().client_id());
    for (name, value) in [
        ("aud", "https://self-issued.me/v2"),
        ("response_type", "vp_token"),
        ("response_mode", "direct_post.jwt"),
    ] {
        assert_eq!(asked.text(name), value, "{name}");
    }
    for absent in ["redirect_uri", "scope", "request_uri", "presentation_definition"] {
        assert!(asked.object.get(absent).is_none(), "{absent}");
    }
    assert!(asked.text("response_uri").starts_with(VERIFIER));
    let metadata = &asked.object["client_metadata"];
    assert!(metadata["vp_formats_supported"]["dc+sd-jwt"]["sd-jwt_alg_values"].is_array());
    let encryptions: BTreeSet<&str> = metadata["encrypted_response_enc_values_supported"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(encryptions, BTreeSet::from(["A128GCM", "A256GCM"]));
    let keys = metadata["jwks"]["keys"].as_array().unwrap();
    let [key] = keys.as_slice() else { panic!("one key") };
    assert_eq!((&key["crv"], &key["alg"]), (&json!("P-256"), &json!("ECDH-ES")));
    assert!(!key["kid"].as_str().unwrap().is_empty() && key.get("d").is_none());
}

#[tokio::test]
async fn the_registration_of_the_verifier_goes_along_in_the_form_of_the_eudi() {
    let scene = Scene::new();
    let asked = scene.ask("a", true).await;
    let info = asked.object["verifier_info"].as_array().unwrap();
    let registration = info.iter().find(|one| one["format"] == "registration_cert").unwrap();
    let own = scene.replicas[0].inner.identity.registration.get();
    assert_eq!(registration["data"], json!(own.as_str()));
    for one in info {
        assert!(one["format"].is_string() && (one["data"].is_string() || one["data"].is_object()), "{one}");
    }
}

#[tokio::test]
async fn each_request_has_a_nonce_a_state_an_address_and_a_key_of_its_own() {
    let scene = Scene::new();
    let mut seen = BTreeSet::new();
    for subject in ["a", "b", "c"] {
        let asked = scene.ask(subject, true).await;
        let handle = asked.request.request_uri.rsplit('/').next().unwrap().to_owned();
        let answered = asked.text("response_uri").rsplit('/').next().unwrap().to_owned();
        let key = asked.object["client_metadata"]["jwks"]["keys"][0]["x"].as_str().unwrap().to_owned();
        for secret in [asked.text("nonce"), asked.text("state"), &handle] {
            // 128 bits are 22 characters of base64url (errata of OpenID4VP 1.0 §5.2).
            assert!(secret.len() >= 22 && secret.bytes().all(|byte| byte.is_ascii_graphic()), "{secret}");
            assert!(seen.insert(secret.to_owned()), "of its own, and state is not the address: {secret}");
        }
        assert!(seen.insert(key), "of its own");
        assert_ne!(answered, asked.text("state"));
    }
}

#[tokio::test]
async fn an_answer_that_is_taken_gets_json_that_nobody_keeps() {
    let scene = Scene::new();
    let asked = scene.ask("a", true).await;
    let answered = scene.send(scene.answer(&asked)).await;
    assert_eq!((answered.status, answered.json().is_object()), (StatusCode::OK, true));
    assert_eq!(answered.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(answered.headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn what_a_wallet_posts_beside_its_nonce_is_ignored() {
    let scene = Scene::new();
    let asked = scene.ask("a", true).await;
    let plain = scene.fetch_by_post(&asked.request, &[("wallet_nonce", "n")]).await;
    let fields = [("wallet_nonce", "n"), ("unheard_of", "x"), ("nonce", "of-the-wallet")];
    let posted = scene.fetch_by_post(&asked.request, &fields).await;
    assert_eq!(posted.status, StatusCode::OK, "{}", posted.text);
    assert_eq!(claims_of(&posted.text), claims_of(&plain.text), "and it changes nothing");
    assert_eq!(claims_of(&posted.text)["nonce"], asked.object["nonce"]);
}
