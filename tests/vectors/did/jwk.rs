//! did:jwk.

use std::fs;

use did::resolution::Version;
use did::{Did, SelfContainedResolver};
use harness::vectors::suite;
use serde_json::Value;

use super::settle;

#[test]
fn every_did_jwk_resolves_to_the_published_document() {
    let Some(folder) = suite("did-jwk") else { return };
    // The first document of the specification has a stray `$` in one reference.
    let text = fs::read_to_string(folder.join("did-jwk.json")).unwrap().replace("did:jwk:$", "did:jwk:");
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let mut outcomes = Vec::new();
    for case in vectors["dids"].as_array().unwrap() {
        let did = case["did"].as_str().unwrap();
        let found = SelfContainedResolver::resolve_now(&Did::parse(did).unwrap(), &Version::Latest);
        let outcome = match found {
            Ok(found)
                if found.document.to_value()["verificationMethod"][0]["publicKeyJwk"] == case["jwk"] =>
            {
                Ok(())
            }
            Ok(_) => Err("the key differs".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        outcomes.push((format!("key of {did}"), outcome));
    }
    for expected in
        vectors["json_blocks_in_spec"].as_array().unwrap().iter().filter(|block| block["id"].is_string())
    {
        let did = expected["id"].as_str().unwrap();
        let found = SelfContainedResolver::resolve_now(&Did::parse(did).unwrap(), &Version::Latest);
        let outcome = match found {
            Ok(found) if found.document.to_value() == *expected => Ok(()),
            Ok(_) => Err("the document differs".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        outcomes.push((format!("document of {did}"), outcome));
    }
    settle("did-jwk", &outcomes, &[]);
}
