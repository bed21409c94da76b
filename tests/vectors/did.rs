//! did:webvh (cross-implementation suite), did:key, did:jwk and canonical JSON.
//!
//! A case that is known to differ stands in a list with its reason; the run fails when a case outside the lists differs
//! and when a listed one no longer does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use did::resolution::Version;
use did::webvh::{EntryFault, Identifier, LogError, last_did, resolve_log};
use did::{Did, DidUrl, DocumentMetadata, ErrorCode, Relationship, ResolveError, SelfContainedResolver};
use environment::Timestamp;
use harness::vectors::{Suite, suite};
use serde_json::{Map, Value, json};

/// 2026-11-25, after the newest log of the suite was made.
const NOW: Timestamp = Timestamp::from_seconds(1_795_564_800);

type Exceptions<'a> = &'a [(&'a str, &'a str)];

fn settle(name: &str, outcomes: &[(String, Result<(), String>)], exceptions: Exceptions<'_>) {
    let mut suite = Suite::new(name, exceptions);
    for (case, outcome) in outcomes {
        suite.case(case, outcome.clone());
    }
    suite.finish();
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

// did:webvh.

const HOLDS_THE_VERSION_TIME: &str =
    "its `updated` is the asked version's time; did:webvh 1.0 says the last entry's";
const IGNORES_THE_VERSION: &str = "it holds the newest version, not the one the scenario asks for";

const WEBVH_EXCEPTIONS: Exceptions<'_> = &[
    ("multi-update/dart/resolutionResult.1.json", HOLDS_THE_VERSION_TIME),
    ("multi-update/dart/resolutionResult.2.json", HOLDS_THE_VERSION_TIME),
    ("multi-update/java/resolutionResult.1.json", HOLDS_THE_VERSION_TIME),
    ("multi-update/java/resolutionResult.2.json", HOLDS_THE_VERSION_TIME),
    ("multi-update/java-eecc/resolutionResult.1.json", HOLDS_THE_VERSION_TIME),
    ("multi-update/java-eecc/resolutionResult.2.json", HOLDS_THE_VERSION_TIME),
    ("multi-update/ts/resolutionResult.1.json", HOLDS_THE_VERSION_TIME),
    ("multi-update/ts/resolutionResult.2.json", HOLDS_THE_VERSION_TIME),
    ("multi-update/python/resolutionResult.1.json", IGNORES_THE_VERSION),
    ("multi-update/python/resolutionResult.2.json", IGNORES_THE_VERSION),
];

#[test]
fn every_log_of_every_implementation_resolves_to_its_document() {
    let Some(folder) = suite("didwebvh-test-suite") else { return };
    let mut outcomes = Vec::new();
    let scenarios = folders(&folder.join("vectors"));
    for scenario in scenarios.iter().filter(|path| !name(path).starts_with("negative-")) {
        for implementation in folders(scenario) {
            for result in results(&implementation) {
                let case = format!("{}/{}/{}", name(scenario), name(&implementation), name(&result));
                outcomes.push((case, positive(&implementation, &result)));
            }
        }
    }
    settle("did:webvh, positive", &outcomes, WEBVH_EXCEPTIONS);
}

fn results(implementation: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(implementation)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| name(path).starts_with("resolutionResult"))
        .collect();
    found.sort();
    found
}

fn positive(implementation: &Path, result: &Path) -> Result<(), String> {
    let log = fs::read(implementation.join("did.jsonl")).unwrap();
    let witness = fs::read(implementation.join("did-witness.json")).ok();
    let expected = json_file(result);
    let version = match name(result).split('.').nth(1).and_then(|number| number.parse().ok()) {
        Some(number) => Version::Number(number),
        None => Version::Latest,
    };
    let did = last_did(&log).ok_or("the log names no DID")?;
    match resolve_log(&did, &log, witness.as_deref(), &version, NOW) {
        Ok(found) => {
            same_metadata(&found.metadata, &expected["didDocumentMetadata"])?;
            same_document(found.document.members(), &expected["didDocument"])
        }
        // Most implementations hand out the document of a deactivated DID all the same; the method forbids it.
        Err(ResolveError::Deactivated(metadata)) => {
            same_metadata(&metadata, &expected["didDocumentMetadata"])
        }
        Err(error) => Err(error.to_string()),
    }
}

fn same_metadata(ours: &DocumentMetadata, theirs: &Value) -> Result<(), String> {
    let ours = ours.to_value();
    for member in ["scid", "versionId", "created", "updated"] {
        if ours[member] != theirs[member] {
            return Err(format!("{member} differs"));
        }
    }
    let deactivated = theirs["deactivated"].as_bool().unwrap_or(false);
    if ours["deactivated"] == deactivated { Ok(()) } else { Err("deactivated differs".to_owned()) }
}

fn same_document(ours: &Map<String, Value>, theirs: &Value) -> Result<(), String> {
    let theirs = theirs.as_object().ok_or("no document is expected")?;
    let did = ours["id"].as_str().unwrap();
    if with_plain_services(ours, did) == with_plain_services(theirs, did) {
        Ok(())
    } else {
        Err("the document differs".to_owned())
    }
}

/// The document with the spellings of the implicit services made equal: ids with or without the DID, endpoints with or
/// without a final slash.
fn with_plain_services(document: &Map<String, Value>, did: &str) -> Map<String, Value> {
    let mut document = document.clone();
    for service in document.get_mut("service").and_then(Value::as_array_mut).into_iter().flatten() {
        let id = service["id"].as_str().unwrap().to_owned();
        let fragment = id.strip_prefix(did).unwrap_or(&id);
        if matches!(fragment, "#files" | "#whois") {
            service["id"] = json!(fragment);
            let endpoint = service["serviceEndpoint"].as_str().unwrap().trim_end_matches('/').to_owned();
            service["serviceEndpoint"] = json!(endpoint);
        }
    }
    document
}

#[test]
fn every_negative_log_and_did_is_refused() {
    let Some(folder) = suite("didwebvh-test-suite") else { return };
    let mut outcomes = Vec::new();
    let scenarios = folders(&folder.join("vectors"));
    for scenario in scenarios.iter().filter(|path| name(path).starts_with("negative-")) {
        for did in script_dids(scenario) {
            outcomes.push((format!("{} {did}", name(scenario)), refused_did(&did)));
        }
        for implementation in folders(scenario) {
            let log = fs::read(implementation.join("did.jsonl")).unwrap();
            if !log.trim_ascii().is_empty() {
                let case = format!("{}/{}", name(scenario), name(&implementation));
                outcomes.push((case, refused_log(&implementation, &log)));
            }
        }
    }
    settle("did:webvh, negative", &outcomes, &[]);
}

/// The DIDs that a scenario's script asks to resolve.
fn script_dids(scenario: &Path) -> Vec<String> {
    let script = fs::read_to_string(scenario.join("script.yaml")).unwrap();
    let quoted = |line: &str| line.trim().strip_prefix("did: \"")?.strip_suffix('"').map(str::to_owned);
    script.lines().filter_map(quoted).collect()
}

fn refused_did(text: &str) -> Result<(), String> {
    let identifier = DidUrl::parse(text).ok().and_then(|url| Identifier::of(url.did()).ok());
    if identifier.is_none() { Ok(()) } else { Err("the DID is accepted".to_owned()) }
}

/// The log is refused, and for the kind of fault that the suite names.
fn refused_log(implementation: &Path, log: &[u8]) -> Result<(), String> {
    let witness = fs::read(implementation.join("did-witness.json")).ok();
    let did = last_did(log).ok_or("the log names no DID")?;
    let Err(error) = resolve_log(&did, log, witness.as_deref(), &Version::Latest, NOW) else {
        return Err("the log is accepted".to_owned());
    };
    let expected = json_file(&implementation.join("resolutionResult.json"));
    let expected = expected["didResolutionMetadata"]["error"].as_str().unwrap().to_owned();
    let fits = match (expected.as_str(), &error) {
        ("invalidProof", ResolveError::Log(LogError::Entry { fault, .. })) => {
            matches!(fault, EntryFault::Proof(_))
        }
        ("invalidParameters", ResolveError::Log(LogError::Entry { fault, .. })) => {
            matches!(fault, EntryFault::Parameter(_))
        }
        ("invalidDid", error) => error.code() == ErrorCode::InvalidDid,
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("expected {expected}, refused with: {error}")) }
}

// did:key.

const UNUSED_CURVE: &str = "a kind of key that the network does not use";

#[test]
fn every_did_key_of_our_curves_resolves_to_the_published_document() {
    let Some(folder) = suite("did-key") else { return };
    let mut outcomes = Vec::new();
    for file in ["ed25519-x25519", "x25519", "nist-curves", "secp256k1", "bls12381", "rsa"] {
        let cases = json_file(&folder.join(format!("test-vectors/{file}.json")));
        for (did, document) in did_key_cases(&cases) {
            outcomes.push((format!("{file} {did}"), same_did_key(&did, &document)));
        }
    }
    let unused: Vec<(&str, &str)> = outcomes
        .iter()
        .filter(|(case, _)| {
            !["did:key:z6Mk", "did:key:z6LS", "did:key:zDn"].iter().any(|ours| case.contains(ours))
        })
        .map(|(case, _)| (case.as_str(), UNUSED_CURVE))
        .collect();
    settle("did:key", &outcomes, &unused);
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

// did:jwk.

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
    settle("did:jwk", &outcomes, &[]);
}

// Canonical JSON, on which the hashes of did:webvh stand.

#[test]
fn json_is_canonicalised_as_rfc_8785_prints_it() {
    let Some(folder) = suite("jcs") else { return };
    let mut outcomes = Vec::new();
    let mut inputs: Vec<PathBuf> =
        fs::read_dir(folder.join("testdata/input")).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    for input in inputs {
        let value = jose::json::parse(fs::read(&input).unwrap()).unwrap();
        let ours = serde_json_canonicalizer::to_vec(&value).unwrap();
        let theirs = fs::read(folder.join("testdata/output").join(name(&input))).unwrap();
        let outcome =
            if ours == theirs.trim_ascii_end() { Ok(()) } else { Err("the text differs".to_owned()) };
        outcomes.push((name(&input), outcome));
    }
    settle("canonical JSON", &outcomes, &[]);
}
