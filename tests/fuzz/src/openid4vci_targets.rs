//! OpenID4VCI and what lies under both protocols: forms, addresses, links, metadata, requests, proofs, DPoP.

use std::sync::OnceLock;

use jose::{Signer as _, json};
use openid4vc::access::Presented;
use openid4vc::address;
use openid4vc::dpop;
use openid4vc::form::{self, Form};
use openid4vc::http::{Method, Response, essence};
use openid4vc::timed_nonce::{NonceKey, Purpose};
use openid4vc::vci::credential::{CredentialRequest, CredentialResponse};
use openid4vc::vci::metadata::IssuerMetadata;
use openid4vc::vci::notification::NotificationRequest;
use openid4vc::vci::offer::{CredentialOffer, Link};
use openid4vc::vci::proof;
use openid4vc::vci::server_metadata::ServerMetadata;
use openid4vc::vci::token::{TokenRequest, TokenResponse};
use serde_json::Value;

use crate::bytes::{Choices, one_byte_changed, say_the_same, text, two};
use crate::fixtures::{NOW, holder, randomness};
use crate::target::{Target, files};

/// The targets of this file.
pub(crate) const TARGETS: &[Target] = &[
    Target::new("form", form_body)
        .made(|| vec![b"grant_type=authorization_code&code=a%2Bb&state=%C3%B1".to_vec()])
        .words(&["%", "%0", "%zz", "&", "=", "+", "&a=1&a=2"]),
    Target::new("address", address_text)
        .made(|| {
            vec![
                b"https://office.example/path".to_vec(),
                b"http://127.0.0.1:8080/".to_vec(),
                b"https://localhost/".to_vec(),
            ]
        })
        .words(&[
            "http://",
            "https://",
            "HTTPS:",
            "@",
            "localhost",
            "127.1",
            "0x7f.1",
            "[::1]",
            "%31",
            "\\",
            ":0",
            ":65536",
            "..",
            "#",
            "?",
        ]),
    Target::new("offer_link", offer_link)
        .published(&[files("openid4vci-1.0-examples", ".txt")])
        .made(|| {
            vec![
                Link::ByReference("https://office.example/offer/1".to_owned())
                    .to_uri("openid-credential-offer")
                    .into_bytes(),
            ]
        })
        .words(&[
            "openid-credential-offer://?",
            "haip-vci://?",
            "credential_offer=",
            "credential_offer_uri=",
            "https%3A%2F%2F",
        ]),
    Target::new("offer", offer)
        .published(&[files("openid4vci-1.0-examples", ".json"), files("eudi-openid4vci", ".json")])
        .words(&[
            "credential_issuer",
            "credential_configuration_ids",
            "grants",
            "tx_code",
            "pre-authorized_code",
            "urn:ietf:params:oauth:grant-type:pre-authorized_code",
            "authorization_code",
            "issuer_state",
            "input_mode",
        ]),
    Target::new("issuer_metadata", issuer_metadata)
        .published(&[
            files("openid4vci-1.0-examples", ".json"),
            files("oidf-conformance-suite", "metadata.json"),
            files("oidf-conformance-suite", "openid-credential-issuer-metadata-mock-minimal.json"),
            files("eudi-openid4vci", ".json"),
        ])
        .words(&[
            "credential_issuer",
            "credential_endpoint",
            "nonce_endpoint",
            "batch_credential_issuance",
            "batch_size",
            "credential_configurations_supported",
            "dc+sd-jwt",
            "display",
            "proof_types_supported",
        ]),
    Target::new("server_metadata", server_metadata)
        .published(&[
            files("eudi-openid4vci", "server_metadata.json"),
            files("oidf-conformance-suite", ".json"),
        ])
        .words(&["issuer", "token_endpoint", "grant_types_supported", "dpop_signing_alg_values_supported"]),
    Target::new("token_request", token_request)
        .made(|| {
            let grant = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
            vec![
                form::encode([("grant_type", grant), ("pre-authorized_code", "c"), ("tx_code", "1234")])
                    .into_bytes(),
                form::encode([
                    ("grant_type", "authorization_code"),
                    ("code", "c"),
                    ("code_verifier", &"v".repeat(43)),
                    ("redirect_uri", "http://127.0.0.1:1/"),
                ])
                .into_bytes(),
            ]
        })
        .words(&[
            "grant_type=",
            "&tx_code=",
            "&pre-authorized_code=",
            "&client_id=",
            "&code=",
            "&code_verifier=",
            "&redirect_uri=",
        ]),
    Target::new("token_response", token_response)
        .published(&[files("openid4vci-1.0-examples", ".json")])
        .made(|| {
            vec![
                br#"{"access_token":"a","token_type":"DPoP","expires_in":60,"authorization_details":[]}"#
                    .to_vec(),
            ]
        }),
    Target::new("credential_request", credential_request)
        .published(&[files("openid4vci-1.0-examples", ".json")])
        .made(|| vec![br#"{"credential_configuration_id":"a","proofs":{"jwt":["x"]}}"#.to_vec()])
        .words(&[
            "credential_identifier",
            "credential_configuration_id",
            "proofs",
            "jwt",
            "credential_response_encryption",
        ]),
    Target::new("credential_response", credential_response)
        .published(&[files("openid4vci-1.0-examples", ".json"), files("openid4vci-1.0-examples", ".txt")])
        .words(&["credentials", "credential", "notification_id", "transaction_id", "interval"]),
    Target::new("notification", notification)
        .made(|| {
            vec![br#"{"notification_id":"a","event":"credential_accepted","event_description":"x"}"#.to_vec()]
        })
        .words(&["credential_failure", "credential_deleted"]),
    Target::new("proof", proof_jwt).made(|| vec![honest_proof().clone().into_bytes()]).words(&[
        "openid4vci-proof+jwt",
        "jwk",
        "kid",
        "x5c",
        "aud",
        "nonce",
    ]),
    Target::new("proof_one_byte", proof_one_byte),
    Target::new("dpop", dpop_proof)
        .made(|| vec![honest_dpop().clone().into_bytes()])
        .words(&["dpop+jwt", "htm", "htu", "ath", "jti", "nonce"]),
    Target::new("dpop_one_byte", dpop_one_byte),
    Target::new("authorization_header", authorization_header)
        .made(|| vec![b"DPoP abc".to_vec(), b"Bearer a\nDPoP b".to_vec()]),
    Target::new("timed_nonce", timed_nonce)
        .made(|| vec![nonces().issue(Purpose::Credential, NOW, &randomness(1)).into_bytes()]),
];

const ISSUER: &str = "https://office.example";
const URL: &str = "https://office.example/token";

fn form_body(input: &[u8]) {
    let Ok(form) = Form::parse(Some(form::MEDIA_TYPE), input) else { return };
    let written = form::encode(form.iter());
    let again = Form::parse(Some(form::MEDIA_TYPE), written.as_bytes()).expect("written by us");
    assert_eq!(again.iter().collect::<Vec<_>>(), form.iter().collect::<Vec<_>>());
    assert!(form.iter().count() <= form::MOST_PARAMETERS);
    assert!(Form::parse(Some("application/json"), input).is_err() && Form::parse(None, input).is_err());
}

/// An address that is taken is https, or http on this machine, and says nothing that a reader could miss.
fn address_text(input: &[u8]) {
    let Some(given) = text(input) else { return };
    let _ = essence(given);
    if let Ok(url) = address::parse(given) {
        assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none(), "{given}");
        assert!(url.scheme() == "https" || address::is_loopback(&url), "{given}");
        assert!(given.len() <= address::LONGEST);
        assert!(
            given.bytes().all(|byte| byte.is_ascii_graphic()),
            "{given:?} holds what URL readers drop silently"
        );
    }
    if let Ok(placed) = address::well_known(given, "openid-credential-issuer") {
        let (issuer, placed) =
            (url::Url::parse(given).expect("taken"), url::Url::parse(&placed).expect("made"));
        assert_eq!((issuer.host(), issuer.port()), (placed.host(), placed.port()));
    }
}

fn offer_link(input: &[u8]) {
    let Some(given) = text(input) else { return };
    let Ok(link) = Link::parse(given) else { return };
    assert_eq!(Link::parse(&link.to_uri("openid-credential-offer")).as_ref(), Ok(&link));
    if let Link::ByReference(reference) = &link {
        assert!(address::parse(reference).is_ok());
    }
}

fn offer(input: &[u8]) {
    let Ok(offer) = CredentialOffer::parse(input) else { return };
    let again = CredentialOffer::parse(offer.to_value().to_string()).expect("written by us");
    assert_eq!(again, offer);
    assert!(!offer.configuration_ids.is_empty());
}

fn named(input: &[u8], member: &str) -> String {
    let members = json::parse_object(input).unwrap_or_default();
    members.get(member).and_then(Value::as_str).unwrap_or(ISSUER).to_owned()
}

fn answer(input: &[u8]) -> Response {
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    Response { status: 200, headers, body: input.to_vec() }
}

/// Metadata count for the issuer that was asked alone, and are written as they were read.
fn issuer_metadata(input: &[u8]) {
    let issuer = named(input, "credential_issuer");
    let Ok(metadata) = IssuerMetadata::from_response(&answer(input), &issuer) else { return };
    let written = metadata.to_value();
    if offers_what_is_spoken(&written) {
        let again = IssuerMetadata::from_response(&answer(written.to_string().as_bytes()), &issuer);
        assert_eq!(again.expect("written by us").to_value(), written);
    }
    assert!(IssuerMetadata::from_response(&answer(input), "https://other.example").is_err());
}

/// Of encryptions that are not spoken here nothing is kept, so that what is written of them is not read again.
fn offers_what_is_spoken(metadata: &Value) -> bool {
    ["credential_request_encryption", "credential_response_encryption"].iter().all(|name| {
        let listed = metadata.get(name).and_then(|offered| offered.get("enc_values_supported"));
        listed.is_none_or(|listed| listed.as_array().is_some_and(|listed| !listed.is_empty()))
    })
}

fn server_metadata(input: &[u8]) {
    let issuer = named(input, "issuer");
    let Ok(metadata) = ServerMetadata::from_response(&answer(input), &issuer) else { return };
    let again = metadata.to_value().to_string();
    let again = ServerMetadata::from_response(&answer(again.as_bytes()), &issuer).expect("written by us");
    assert_eq!(again.to_value(), metadata.to_value());
    assert!(ServerMetadata::from_response(&answer(input), "https://other.example").is_err());
}

fn token_request(input: &[u8]) {
    match TokenRequest::parse(Some(form::MEDIA_TYPE), input) {
        Ok(_) => assert!(Form::parse(Some(form::MEDIA_TYPE), input).is_ok()),
        Err(error) => assert!(error.status() == 400 && json::parse_object(error.body()).is_ok()),
    }
    assert!(TokenRequest::parse(Some("application/json"), input).is_err());
}

fn token_response(input: &[u8]) {
    let Ok(members) = json::parse_object(input) else { return };
    let Some(response) = TokenResponse::from_object(&members) else { return };
    let Value::Object(written) = response.to_value() else { panic!("a token response is an object") };
    let again = TokenResponse::from_object(&written).expect("written by us");
    assert_eq!(again.to_value(), response.to_value());
}

fn credential_request(input: &[u8]) {
    match CredentialRequest::parse(Some("application/json"), input) {
        Ok(request) => {
            let written = request.to_value().to_string();
            let again = CredentialRequest::parse(Some("application/json"), written.as_bytes())
                .expect("written by us");
            assert_eq!(again.to_value(), request.to_value());
        }
        Err(error) => {
            assert!(json::parse_object(error.body()).is_ok() && (400..500).contains(&error.status()))
        }
    }
}

fn credential_response(input: &[u8]) {
    let Ok(members) = json::parse_object(input) else { return };
    let Some(response) = CredentialResponse::from_object(&members) else { return };
    let Value::Object(written) = response.to_value() else { panic!("a credential response is an object") };
    let again = CredentialResponse::from_object(&written).expect("written by us");
    assert_eq!(again.to_value(), response.to_value());
    assert!(!response.credentials.is_empty());
}

fn notification(input: &[u8]) {
    match NotificationRequest::parse(Some("application/json"), input) {
        Ok(request) => {
            let written = request.to_value().to_string();
            let again = NotificationRequest::parse(Some("application/json"), written.as_bytes())
                .expect("written by us");
            assert_eq!(again.to_value(), request.to_value());
        }
        Err(error) => assert!(json::parse_object(error.body()).is_ok()),
    }
}

fn nonces() -> &'static NonceKey {
    static KEY: OnceLock<NonceKey> = OnceLock::new();
    KEY.get_or_init(|| NonceKey::from_bytes([7; 32]))
}

fn honest_proof() -> &'static String {
    static PROOF: OnceLock<String> = OnceLock::new();
    PROOF.get_or_init(|| {
        let nonce = nonces().issue(Purpose::Credential, NOW, &randomness(1));
        let new = proof::NewProof {
            key: holder().public_jwk(),
            credential_issuer: ISSUER,
            nonce: Some(&nonce),
            client_id: None,
            key_attestation: None,
        };
        let to_sign = new.to_sign(NOW);
        to_sign.finish(&holder().sign(to_sign.input()).unwrap())
    })
}

fn takes_proof(given: &str) -> bool {
    let rules = proof::Rules {
        credential_issuer: ISSUER,
        nonces: nonces(),
        nonce_lifetime: 300,
        client_id: None,
        key_of: &proof::self_contained_key,
        attested: None,
        now: NOW,
    };
    proof::verify(given, &rules).is_ok()
}

/// Only the proof that carries our nonce and was signed is taken.
fn proof_jwt(input: &[u8]) {
    let Some(given) = text(input) else { return };
    if takes_proof(given) {
        assert!(say_the_same(given, honest_proof()), "a proof that nobody signed");
    }
    let _ = proof::self_contained_key(given);
}

fn proof_one_byte(input: &[u8]) {
    assert!(takes_proof(honest_proof()));
    if let Some(changed) = one_byte_changed(honest_proof(), &mut Choices::new(input)) {
        assert!(!takes_proof(&changed), "{changed}");
    }
}

fn honest_dpop() -> &'static String {
    static PROOF: OnceLock<String> = OnceLock::new();
    PROOF.get_or_init(|| {
        let new = dpop::NewProof {
            key: holder().public_jwk(),
            method: Method::Post,
            url: URL,
            access_token: Some("token"),
            nonce: None,
        };
        let to_sign = new.to_sign(NOW, &randomness(2));
        to_sign.finish(&holder().sign(to_sign.input()).unwrap())
    })
}

fn takes_dpop(given: &str, url: &str, token: &str) -> bool {
    let expected = dpop::Expected {
        method: Method::Post,
        url,
        access_token: Some(token),
        bound_to: Some(holder().public_jwk().thumbprint()),
        nonces: nonces(),
        nonce_required: false,
        now: NOW,
    };
    dpop::verify([given], &expected).is_ok()
}

fn dpop_proof(input: &[u8]) {
    let Some(given) = text(input) else { return };
    if takes_dpop(given, URL, "token") {
        assert!(say_the_same(given, honest_dpop()), "a proof that nobody signed");
        assert!(!takes_dpop(given, "https://office.example/credential", "token"));
        assert!(!takes_dpop(given, URL, "other"));
    }
}

fn dpop_one_byte(input: &[u8]) {
    assert!(takes_dpop(honest_dpop(), URL, "token"));
    if let Some(changed) = one_byte_changed(honest_dpop(), &mut Choices::new(input)) {
        assert!(!takes_dpop(&changed, URL, "token"), "{changed}");
    }
}

fn authorization_header(input: &[u8]) {
    let (first, second) = two(input);
    let (Some(first), Some(second)) = (text(first), text(second)) else { return };
    if let Ok(presented) = Presented::parse([first]) {
        assert_eq!(
            Presented::parse([presented.header().as_str()]).expect("written by us").header(),
            presented.header()
        );
        assert!(Presented::parse([first, second]).is_err(), "two headers are one too many");
    }
}

/// Only what was issued here is taken, once it was, and not for another purpose.
fn timed_nonce(input: &[u8]) {
    let issued = nonces().issue(Purpose::Credential, NOW, &randomness(1));
    let Some(given) = text(input) else { return };
    if nonces().check(Purpose::Credential, given, NOW, 60).is_ok() {
        assert_eq!(given, issued);
    }
    assert!(nonces().check(Purpose::Wallet, given, NOW, 60).is_err());
    assert!(nonces().check(Purpose::Credential, &issued, NOW.plus(60), 60).is_err());
}
