//! OpenID4VCI beyond the pre-authorised code: pushed requests, returns, attestations, encrypted requests, signed metadata.

use std::sync::{Arc, OnceLock};

use jose::jwe::{self, EncryptOptions};
use jose::{DecryptionKey, json};
use openid4vc::form;
use openid4vc::vci::attestation::{ClientAttestation, keys};
use openid4vc::vci::authorization::{PushedRequest, PushedResponse, RedirectUri, details};
use openid4vc::vci::deferred::DeferredRequest;
use openid4vc::vci::encryption::{self, Offered, RequestEncryption, ResponseEncryption};
use openid4vc::vci::pkce;
use openid4vc::vci::signed_metadata::{self, SignedMetadata};
use url::Url;

use crate::bytes::{Choices, one_byte_changed, text, two};
use crate::fixtures::{NOW, opener, randomness, verifier};
use crate::target::{Target, files};

/// The targets of this file.
pub(crate) const TARGETS: &[Target] = &[
    Target::new("pushed_request", pushed_request)
        .made(|| {
            let verifier = pkce::Verifier::generate(&randomness(41));
            let challenge = verifier.challenge().to_text();
            let details = details::to_text(&["passport".to_owned()], None);
            let parameters = [
                ("response_type", "code"),
                ("client_id", "wallet"),
                ("redirect_uri", "http://127.0.0.1:4000/back"),
                ("code_challenge", challenge.as_str()),
                ("code_challenge_method", "S256"),
                ("state", "s"),
                ("scope", "passport"),
                ("authorization_details", details.as_str()),
                ("issuer_state", "i"),
            ];
            vec![form::encode(parameters).into_bytes()]
        })
        .words(&["&request_uri=", "&request=", "plain", "S256", "&dpop_jkt=", "&scope=", "&authorization_details=", "&response_mode="]),
    Target::new("redirect_uri", redirect_uri)
        .made(|| vec![b"https://wallet.example/back?x=1".to_vec(), b"http://[::1]:1/".to_vec(), b"web+passport:back".to_vec()])
        .words(&["http://localhost", "http://127.0.0.1", "javascript:", "data:", "#", "@", "\\", "openid-credential-offer:", "intent:"]),
    Target::new("authorization_details", authorization_details)
        .published(&[files("openid4vci-1.0-examples", ".json")])
        .made(|| vec![details::to_text(&["a".to_owned(), "b".to_owned()], Some("https://office.example")).into_bytes()]),
    Target::new("pkce", proof_key).made(|| vec![pkce::Verifier::generate(&randomness(42)).expose().as_bytes().to_vec()]),
    Target::new("request_uri", request_uri)
        .made(|| vec![b"urn:ietf:params:oauth:request_uri:abc".to_vec()]),
    Target::new("attestation", attestation)
        .made(|| vec![b"a.b.c\nd.e.f".to_vec()])
        .words(&["oauth-client-attestation+jwt", "oauth-client-attestation-pop+jwt", "key-attestation+jwt", "attested_keys", "cnf", "kid"]),
    Target::new("encrypted_request", encrypted_request)
        .made(|| vec![sealed().clone().into_bytes(), br#"{"credential_configuration_id":"a"}"#.to_vec()])
        .words(&["credential_response_encryption", "jwk", "enc", "zip", "DEF", "alg", "kid"]),
    Target::new("encrypted_request_inside", encrypted_request_inside)
        .made(|| vec![br#"{"credential_configuration_id":"a","credential_response_encryption":{"jwk":{"kty":"EC"},"enc":"A256GCM"}}"#.to_vec()])
        .words(&["credential_response_encryption", "jwk", "enc", "A128GCM", "A256GCM", "zip", "DEF", "alg", "ECDH-ES", "use", "enc"]),
    Target::new("encrypted_request_one_byte", encrypted_request_one_byte),
    Target::new("deferred_request", deferred_request).made(|| vec![br#"{"transaction_id":"a"}"#.to_vec()]),
    Target::new("signed_metadata", signed_issuer_metadata)
        .made(|| vec![b"application/jwt;q=0.9, application/json".to_vec()])
        .words(&["openidvci-issuer-metadata+jwt", "x5c", "kid", "sub", "application/jwt", "q="]),
];

fn pushed_request(input: &[u8]) {
    match PushedRequest::parse(Some(form::MEDIA_TYPE), input) {
        Ok(request) => {
            let uri = request.return_to.redirect_uri.as_str();
            assert!(RedirectUri::parse(uri).is_ok());
            let given = form::encode([("code", "c")]);
            let back = request
                .return_to
                .with_code(&openid4vc::secret::SecretText::new("c"), "https://office.example");
            assert!(
                back.starts_with(uri.split('?').next().unwrap_or_default()) && back.contains(&given),
                "{back}"
            );
        }
        Err(error) => {
            assert!(json::parse_object(error.body()).is_ok() && (400..500).contains(&error.status()))
        }
    }
    assert!(PushedRequest::parse(Some("application/json"), input).is_err());
}

/// A browser is sent to https or to this machine, and nowhere that runs anything.
fn redirect_uri(input: &[u8]) {
    let Some(given) = text(input) else { return };
    let Ok(uri) = RedirectUri::parse(given) else { return };
    assert_eq!(uri.as_str(), given);
    let url = Url::parse(given).expect("a redirect URI is a URL");
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none(), "{given}");
    assert!(
        !matches!(url.scheme(), "javascript" | "data" | "file" | "vbscript" | "blob" | "about" | "intent"),
        "{given}"
    );
    assert!(url.scheme() != "http" || openid4vc::address::is_loopback(&url), "{given}");
    let _ = uri.host();
}

fn authorization_details(input: &[u8]) {
    let Some(given) = text(input) else { return };
    let Ok(configurations) = details::configurations(given) else { return };
    let again = details::to_text(&configurations, None);
    assert_eq!(details::configurations(&again).as_ref(), Ok(&configurations), "{again}");
    let _ = details::parse(given);
}

/// Only the verifier that was challenged fits, and `plain` never does (RFC 7636 §4.6).
fn proof_key(input: &[u8]) {
    let Some(given) = text(input) else { return };
    assert!(pkce::Challenge::parse(Some(given), Some("plain")).is_err());
    assert!(pkce::Challenge::parse(Some(given), None).is_err());
    if let Ok(challenge) = pkce::Challenge::parse(Some(given), Some("S256")) {
        assert_eq!(challenge.to_text(), given);
    }
    let honest = pkce::Verifier::generate(&randomness(42));
    if let Ok(verifier) = pkce::Verifier::parse(given) {
        assert!((43..=128).contains(&given.len()) && verifier.expose() == given);
        assert!(verifier.challenge().matches(&verifier));
        assert_eq!(honest.challenge().matches(&verifier), honest.expose() == given);
    }
}

fn request_uri(input: &[u8]) {
    let Some(given) = text(input) else { return };
    if let Some(handle) = PushedResponse::handle_of(given) {
        assert!(given.ends_with(handle.expose()) && !handle.expose().is_empty());
    }
}

fn attestation(input: &[u8]) {
    let (first, second) = two(input);
    let (Some(first), Some(second)) = (text(first), text(second)) else { return };
    if let Ok(Some(attestation)) = ClientAttestation::read(&[first], &[second]) {
        let _ = attestation.named();
    }
    assert!(ClientAttestation::read(&[first, second], &[second]).is_err(), "one of each");
    assert!(ClientAttestation::read(&[first], &[]).is_err());
    let _ = (keys::provider_of(first), keys::of_proof(first));
}

struct Side {
    request: RequestEncryption,
    response: ResponseEncryption,
    keys: Vec<Arc<DecryptionKey>>,
}

fn side() -> &'static Side {
    static SIDE: OnceLock<Side> = OnceLock::new();
    SIDE.get_or_init(|| {
        let key = DecryptionKey::generate("requests", &randomness(43)).unwrap();
        Side {
            request: RequestEncryption::offering(key.public_jwk().clone(), false),
            response: ResponseEncryption::offering(false),
            keys: vec![Arc::new(key)],
        }
    })
}

fn offered() -> Offered<'static> {
    Offered { request: Some(&side().request), keys: &side().keys, response: Some(&side().response) }
}

fn seal(plaintext: &[u8]) -> Option<String> {
    jwe::encrypt(plaintext, side().keys[0].public_jwk(), &EncryptOptions::default()).ok()
}

fn sealed() -> &'static String {
    static SEALED: OnceLock<String> = OnceLock::new();
    SEALED.get_or_init(|| seal(br#"{"credential_configuration_id":"a"}"#).unwrap())
}

fn encrypted_request(input: &[u8]) {
    if let Ok(opened) = encryption::open_request(Some("application/jwt"), input, &offered()) {
        let sealed = serde_json::json!({"credential_configuration_id": "a"});
        assert_eq!(serde_json::Value::Object(opened.members), sealed, "opened, and nobody sealed it");
    }
    if let Ok(opened) = encryption::open_request(Some("application/json"), input, &offered()) {
        assert!(opened.asked.is_none(), "a readable request asked for an encrypted answer");
        assert!(json::parse_object(input).is_ok_and(|members| members == opened.members));
    }
}

/// What an opened request asks for can be done: the answer goes out encrypted, and not readable by mistake.
fn encrypted_request_inside(input: &[u8]) {
    let Some(token) = seal(input) else { return };
    let Ok(opened) = encryption::open_request(Some("application/jwt"), token.as_bytes(), &offered()) else {
        return;
    };
    assert!(json::parse_object(input).is_ok_and(|members| members == opened.members));
    assert_eq!(opened.asked.is_some(), opened.members.contains_key("credential_response_encryption"));
    if let Some(asked) = opened.asked {
        let answer = asked.seal(&serde_json::json!({"credentials": ["canary"]})).expect("it was offered");
        assert!(!answer.contains("canary") && jwe::header(&answer).is_ok());
    }
}

fn encrypted_request_one_byte(input: &[u8]) {
    assert!(encryption::open_request(Some("application/jwt"), sealed().as_bytes(), &offered()).is_ok());
    if let Some(changed) = one_byte_changed(sealed(), &mut Choices::new(input)) {
        assert!(
            encryption::open_request(Some("application/jwt"), changed.as_bytes(), &offered()).is_err(),
            "{changed}"
        );
    }
    assert!(jwe::decrypt(sealed(), opener()).is_err(), "another party's key");
}

fn deferred_request(input: &[u8]) {
    let Ok(members) = json::parse_object(input) else { return };
    if let Ok(request) = DeferredRequest::from_members(&members) {
        let again = request.to_value();
        assert_eq!(DeferredRequest::from_members(again.as_object().unwrap()).as_ref(), Ok(&request));
    }
}

/// Nobody has signed metadata here: none verify.
fn signed_issuer_metadata(input: &[u8]) {
    let Some(given) = text(input) else { return };
    let _ = signed_metadata::asks_for_signed(given);
    if let Ok(signed) = SignedMetadata::parse(given) {
        let _ = signed.signed_by();
        assert!(signed.verify(verifier(), "https://office.example", NOW).is_err());
    }
}
