//! did:key.

use std::collections::BTreeSet;

use did::resolution::Version;
use did::{Did, ErrorCode, Relationship, SelfContainedResolver};
use harness::vectors::suite;
use serde_json::Value;

use super::{json_file, settle};
use crate::walk::same;

#[test]
fn every_did_key_of_our_curves_resolves_to_the_published_document_and_the_others_are_refused_by_name() {
    let Some(folder) = suite("did-key") else { return };
    let mut outcomes = Vec::new();
    for file in ["ed25519-x25519", "x25519", "nist-curves", "secp256k1", "bls12381", "rsa"] {
        let cases = json_file(&folder.join(format!("test-vectors/{file}.json")));
        for (did, document) in did_key_cases(&cases) {
            let outcome = if is_of_our_curves(&did) { same_did_key(&did, &document) } else { refused(&did) };
            outcomes.push((format!("{file} {did}"), outcome));
        }
    }
    settle("did-key", &outcomes, &[]);
}

/// Ed25519, X25519 and P-256.
fn is_of_our_curves(did: &str) -> bool {
    ["did:key:z6Mk", "did:key:z6LS", "did:key:zDn"].iter().any(|ours| did.starts_with(ours))
}

/// A kind of key that is not used here is not called malformed.
fn refused(did: &str) -> Result<(), String> {
    let did = Did::parse(did).map_err(|error| error.to_string())?;
    let refused = SelfContainedResolver::resolve_now(&did, &Version::Latest).err();
    same("refused", refused.map(|error| error.code()), Some(ErrorCode::FeatureNotSupported))
}

fn did_key_cases(cases: &Value) -> Vec<(String, Value)> {
    let documents = cases.get("didDocument").unwrap_or(cases).as_object().unwrap();
    let document = |case: &Value| case.get("didDocument").unwrap_or(case).clone();
    documents
        .iter()
        .filter(|(did, _)| did.starts_with("did:key:"))
        .map(|(did, case)| (did.clone(), document(case)))
        .collect()
}

/// The vectors are of 2022 and spell keys in the suites of that time; ids, purposes and key bytes are what counts.
fn same_did_key(did: &str, expected: &Value) -> Result<(), String> {
    let did = Did::parse(did).map_err(|error| error.to_string())?;
    let found =
        SelfContainedResolver::resolve_now(&did, &Version::Latest).map_err(|error| error.to_string())?;
    let ours = found.document.to_value();
    for relationship in Relationship::ALL {
        let list = |document: &Value| -> BTreeSet<String> {
            let items = document[relationship.name()].as_array().cloned().unwrap_or_default();
            items.iter().map(|item| item.as_str().or(item["id"].as_str()).unwrap().to_owned()).collect()
        };
        if list(&ours) != list(expected) {
            return Err(format!("{} differs", relationship.name()));
        }
    }
    let (ours, theirs) = (key_bytes(&ours)?, key_bytes(expected)?);
    if ours == theirs { Ok(()) } else { Err("the keys differ".to_owned()) }
}

fn key_bytes(document: &Value) -> Result<BTreeSet<(String, Vec<u8>)>, String> {
    let embedded =
        Relationship::ALL.iter().filter_map(|relationship| document[relationship.name()].as_array());
    let methods = document["verificationMethod"].as_array().into_iter().chain(embedded).flatten();
    methods
        .filter(|method| method.is_object())
        .map(|method| Ok((method["id"].as_str().unwrap().to_owned(), method_key(method)?)))
        .collect()
}

fn method_key(method: &Value) -> Result<Vec<u8>, String> {
    let text = |name: &str| method[name].as_str();
    if let Some(base58) = text("publicKeyBase58") {
        let bytes = bs58::decode(base58).into_vec().map_err(|error| error.to_string())?;
        // P256Key2021 holds the compressed point.
        return match bytes.len() {
            33 => jose::Jwk::from_sec1(&bytes).map(|jwk| jwk.to_bytes()).map_err(|error| error.to_string()),
            _ => Ok(bytes),
        };
    }
    if let Some(multibase) = text("publicKeyMultibase") {
        return match did::multikey::decode(multibase).map_err(|error| error.to_string())? {
            did::multikey::PublicKey::Jwk(jwk) => Ok(jwk.to_bytes()),
            did::multikey::PublicKey::X25519(bytes) => Ok(bytes.to_vec()),
            _ => Err("an unknown key".to_owned()),
        };
    }
    let jwk = &method["publicKeyJwk"];
    if jwk["crv"] == "X25519" {
        return jose::base64url::decode(jwk["x"].as_str().unwrap()).map_err(|error| error.to_string());
    }
    jose::Jwk::from_value(jwk).map(|jwk| jwk.to_bytes()).map_err(|error| error.to_string())
}
