use std::collections::BTreeMap;

use environment::SeededRandomness;
use jose::{Signer, SigningKey};

use super::*;
use crate::vci::metadata::CredentialConfiguration;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ISSUER: &str = "https://office.example";
const KID: &str = "did:web:office.example#issuing";

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(41)).unwrap()
}

fn metadata() -> IssuerMetadata {
    let passport = CredentialConfiguration::key_bound("urn:passport-network:passport:1", "passport");
    IssuerMetadata {
        credential_issuer: ISSUER.to_owned(),
        authorization_servers: Vec::new(),
        credential_endpoint: format!("{ISSUER}/credential"),
        nonce_endpoint: None,
        deferred_credential_endpoint: None,
        notification_endpoint: None,
        request_encryption: None,
        response_encryption: None,
        batch_size: None,
        display: Vec::new(),
        configurations: BTreeMap::from([("passport".to_owned(), passport)]),
    }
}

fn signed_as(signed_as: SignAs<'_>) -> String {
    let metadata = metadata();
    let new = NewSignedMetadata { metadata: &metadata, lifetime: 3_600 };
    new.to_sign(signed_as, Algorithm::Es256, NOW).sign(&key()).unwrap()
}

fn by_did() -> String {
    signed_as(SignAs::Did { did: "did:web:office.example", kid: KID })
}

fn verified(compact: &str) -> Result<IssuerMetadata, SignedMetadataError> {
    let ready = VerifyingKey::new(key().public_jwk()).unwrap();
    SignedMetadata::parse(compact)?.verify(&ready, ISSUER, NOW)
}

fn with(name: &str, value: Value) -> SignedMetadataError {
    let token = Unverified::parse(&by_did()).unwrap();
    let (header, mut claims) = (token.header().clone(), token.claims().unwrap());
    if value.is_null() {
        claims.remove(name);
    } else {
        claims.insert(name.to_owned(), value);
    }
    let compact = jose::jws::sign(header, &serde_json::to_vec(&claims).unwrap(), &key()).unwrap();
    verified(&compact).unwrap_err()
}

#[test]
fn metadata_signed_here_are_read_here_whether_by_chain_or_by_did() {
    let by_did = by_did();
    assert_eq!(verified(&by_did).unwrap(), metadata());
    assert_eq!(SignedMetadata::parse(&by_did).unwrap().signed_by(), &SignedBy::Did(KID.to_owned()));
    assert_eq!(Unverified::parse(&by_did).unwrap().claims().unwrap()["iss"], "did:web:office.example");
    let by_chain = signed_as(SignAs::X5c(&[vec![1], vec![2]]));
    assert_eq!(verified(&by_chain).unwrap(), metadata());
    let read = SignedMetadata::parse(&by_chain).unwrap();
    assert_eq!(read.signed_by(), &SignedBy::X5c(vec![vec![1], vec![2]]));
    let token = Unverified::parse(&by_chain).unwrap();
    assert!(!token.claims().unwrap().contains_key("iss"), "the leaf says who it is");
    assert_eq!(token.claims().unwrap()["credential_endpoint"], format!("{ISSUER}/credential"));
}

#[test]
fn only_a_200_of_the_signed_type_is_read() {
    let response = |status: u16, media_type: &str| Response {
        status,
        headers: vec![("content-type".to_owned(), media_type.to_owned())],
        body: by_did().into_bytes(),
    };
    assert!(SignedMetadata::read(&response(200, "application/jwt; charset=utf-8")).is_ok());
    for (status, media_type) in [(404, MEDIA_TYPE), (200, "application/json")] {
        let error = SignedMetadata::read(&response(status, media_type)).unwrap_err();
        assert_eq!(error, SignedMetadataError::NotSigned);
    }
}

#[test]
fn the_signer_must_be_named() {
    let sign = |header: Value| {
        let claims = Unverified::parse(&by_did()).unwrap().payload().to_vec();
        jose::jws::sign(header.as_object().unwrap().clone(), &claims, &key()).unwrap()
    };
    for header in [
        json!({"typ": TYPE}),
        json!({"typ": TYPE, "kid": "issuing"}),
        json!({"typ": TYPE, "kid": KID, "x5c": []}),
        json!({"typ": TYPE, "kid": KID, "x5c": "AQ=="}),
    ] {
        assert_eq!(verified(&sign(header)), Err(SignedMetadataError::NoSigner));
    }
    let typed = verified(&sign(json!({"typ": "JWT", "kid": KID})));
    assert!(matches!(typed, Err(SignedMetadataError::Jws(JwsError::WrongType { .. }))));
}

#[test]
fn another_key_subject_issuer_or_time_is_refused() {
    let other = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let other = VerifyingKey::new(other.public_jwk()).unwrap();
    let forged = SignedMetadata::parse(&by_did()).unwrap().verify(&other, ISSUER, NOW);
    assert_eq!(forged, Err(JwsError::BadSignature.into()));
    assert_eq!(with("sub", json!("https://office.example/")), SignedMetadataError::OtherSubject);
    assert_eq!(with("sub", Value::Null), ClaimError::Missing("sub").into());
    assert_eq!(with("iat", Value::Null), ClaimError::Missing("iat").into());
    let ahead = with("iat", json!(NOW.plus(SKEW + 1).seconds()));
    assert!(matches!(ahead, SignedMetadataError::Claim(ClaimError::IssuedAtOutsideWindow { .. })));
    let expired = with("exp", json!(NOW.minus(SKEW).seconds()));
    assert!(matches!(expired, SignedMetadataError::Claim(ClaimError::Expired { .. })));
    let of_other = with("credential_issuer", json!("https://other.example"));
    assert_eq!(of_other, SignedMetadataError::Metadata(MetadataError::OtherIssuer));
}

#[test]
fn only_who_asks_for_signed_metadata_gets_them() {
    for accept in [
        "application/jwt",
        "Application/JWT; q=0.5",
        "application/jwt, application/json;q=0.9",
        "application/json;q=0.1, application/jwt;q=0.2",
        "application/jwt, application/json",
        "text/html;q=0.9, application/jwt;q=0.1",
    ] {
        assert!(asks_for_signed(accept), "{accept}");
    }
    for accept in [
        "",
        "*/*",
        "application/json",
        "application/*",
        "application/jwt;q=0",
        "application/jwt;q=0.0",
        "application/json, application/jwt",
        "application/jwt;q=0.5, */*",
        "application/jwt;q=x",
        "application/jwtx",
    ] {
        assert!(!asks_for_signed(accept), "{accept}");
    }
}
