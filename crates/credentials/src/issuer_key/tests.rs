use environment::SeededRandomness;
use jose::{Algorithm, Signer, SigningKey};
use serde_json::json;

use super::*;

fn key(seed: u64) -> Jwk {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap();
    key.public_jwk().clone()
}

fn of(header: Value, issuer: Option<Value>, holder: Option<&Jwk>) -> Result<IssuedBy, IssuerKeyError> {
    IssuedBy::of(header.as_object().unwrap(), issuer.as_ref(), holder)
}

#[test]
fn a_chain_without_iss_or_with_an_https_iss_identifies_by_certificate() {
    let header = json!({"x5c": ["AAEC", "Aw=="]});
    let chain = vec![vec![0, 1, 2], vec![3]];
    assert_eq!(of(header.clone(), None, None), Ok(IssuedBy::X5c { chain: chain.clone(), issuer: None }));
    let https = "https://office.example.org";
    assert_eq!(
        of(header, Some(json!(https)), None),
        Ok(IssuedBy::X5c { chain, issuer: Some(https.to_owned()) })
    );
}

#[test]
fn a_chain_beside_a_did_is_refused_so_that_an_attacker_cannot_choose() {
    let did = "did:web:office.example.org";
    let kid = format!("{did}#key");
    assert_eq!(
        of(json!({"x5c": ["AAEC"], "kid": kid}), Some(json!(did)), None),
        Err(IssuerKeyError::X5cBesideDid)
    );
    assert_eq!(
        of(json!({"kid": kid}), Some(json!(did)), None),
        Ok(IssuedBy::Did { did: did.to_owned(), kid })
    );
}

#[test]
fn a_did_issuer_needs_a_kid_of_its_own() {
    let did = Some(json!("did:web:office.example.org"));
    let own = Ok(IssuedBy::Did {
        did: "did:web:office.example.org".to_owned(),
        kid: "did:web:office.example.org#key".to_owned(),
    });
    assert_eq!(of(json!({"kid": "did:web:office.example.org#key"}), did.clone(), None), own);
    assert_eq!(of(json!({"kid": "#key"}), did.clone(), None), own, "known issuers write the fragment alone");
    for kid in [
        json!("did:web:evil.example.org#key"),
        json!("did:web:office.example.org.evil#key"),
        json!("did:web:office.example.org"),
        json!("did:web:office.example.org#"),
        json!("did:web:office.example.org/path#key"),
        json!("key"),
        json!("#a#b"),
        json!(1),
    ] {
        assert_eq!(of(json!({ "kid": kid }), did.clone(), None), Err(IssuerKeyError::BadKid));
    }
    assert_eq!(of(json!({}), did, None), Err(IssuerKeyError::BadKid));
}

#[test]
fn self_issued_is_only_the_did_jwk_of_the_very_key_in_cnf() {
    let own = key(1);
    let did = did_jwk(&own);
    let header = json!({"kid": format!("{did}#0")});
    let holder = Ok(IssuedBy::Holder { did: did.clone(), key: own.clone() });
    assert_eq!(of(header.clone(), Some(json!(did)), Some(&own)), holder);
    assert_eq!(of(json!({}), Some(json!(did)), Some(&own)), holder);
    let other = of(header.clone(), Some(json!(did)), Some(&key(2)));
    assert_eq!(other, Ok(IssuedBy::Did { did: did.clone(), kid: format!("{did}#0") }));
    let unbound = of(header, Some(json!(did)), None);
    assert_eq!(unbound, Ok(IssuedBy::Did { did: did.clone(), kid: format!("{did}#0") }));
    assert_eq!(of(json!({}), Some(json!(did)), None), Err(IssuerKeyError::BadKid));
}

#[test]
fn an_https_issuer_without_chain_is_refused_by_name() {
    let issuer = Some(json!("https://office.example.org"));
    assert_eq!(of(json!({}), issuer, None), Err(IssuerKeyError::WebIssuer));
}

#[test]
fn an_issuer_of_another_kind_and_none_at_all_are_refused() {
    for issuer in [json!("http://office.example.org"), json!("office"), json!(1), json!(null), json!("")] {
        assert_eq!(of(json!({}), Some(issuer.clone()), None), Err(IssuerKeyError::BadIssuer));
        assert_eq!(of(json!({"x5c": ["AA=="]}), Some(issuer), None), Err(IssuerKeyError::BadIssuer));
    }
    assert_eq!(of(json!({}), None, None), Err(IssuerKeyError::NoIssuer));
}

#[test]
fn a_malformed_chain_is_refused() {
    let too_many = json!(vec!["AAEC"; LONGEST_CHAIN + 1]);
    // base64url and missing padding too: x5c is plain base64 (RFC 7515 §4.1.6).
    for chain in [json!([]), json!("AAEC"), json!([1]), json!(["_-8="]), json!(["Aw"]), too_many] {
        assert_eq!(of(json!({ "x5c": chain }), None, None), Err(IssuerKeyError::MalformedX5c));
    }
    assert!(of(json!({"x5c": vec!["AAEC"; LONGEST_CHAIN]}), None, None).is_ok());
}

#[test]
fn every_refusal_has_a_name_for_reports() {
    for (error, code) in [
        (IssuerKeyError::MalformedX5c, "malformed_x5c"),
        (IssuerKeyError::BadIssuer, "bad_iss"),
        (IssuerKeyError::NoIssuer, "no_issuer"),
        (IssuerKeyError::X5cBesideDid, "x5c_beside_did"),
        (IssuerKeyError::WebIssuer, "web_issuer_not_supported"),
        (IssuerKeyError::BadKid, "bad_kid"),
    ] {
        assert_eq!(error.code(), code);
    }
}
