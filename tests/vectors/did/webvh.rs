//! did:webvh: the logs of six implementations, and what must be refused.

use std::fs;
use std::path::{Path, PathBuf};

use did::resolution::Version;
use did::webvh::{EntryFault, Identifier, LogError, last_did, resolve_log};
use did::{DidUrl, DocumentMetadata, ErrorCode, ResolveError};
use harness::vectors::suite;
use serde_json::{Map, Value, json};

use super::{Exceptions, NOW, folders, json_file, name, settle};
use crate::walk::same;

const HOLDS_THE_VERSION_TIME: &str = "its `updated` is the asked version's time; did:webvh 1.0, \"Read (Resolve)\", says the last valid entry's";
const IGNORES_THE_VERSION: &str = "it holds the newest version, not the one the scenario asks for";

const WEBVH_EXCEPTIONS: Exceptions<'_> = &[
    ("multi-update/dart/resolutionResult.1.json updated", HOLDS_THE_VERSION_TIME),
    ("multi-update/dart/resolutionResult.2.json updated", HOLDS_THE_VERSION_TIME),
    ("multi-update/java/resolutionResult.1.json updated", HOLDS_THE_VERSION_TIME),
    ("multi-update/java/resolutionResult.2.json updated", HOLDS_THE_VERSION_TIME),
    ("multi-update/java-eecc/resolutionResult.1.json updated", HOLDS_THE_VERSION_TIME),
    ("multi-update/java-eecc/resolutionResult.2.json updated", HOLDS_THE_VERSION_TIME),
    ("multi-update/ts/resolutionResult.1.json updated", HOLDS_THE_VERSION_TIME),
    ("multi-update/ts/resolutionResult.2.json updated", HOLDS_THE_VERSION_TIME),
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
                let (found, updated) = positive(&implementation, &result);
                outcomes.push((format!("{case} updated"), updated));
                outcomes.push((case, found));
            }
        }
    }
    settle("didwebvh-test-suite: positive", &outcomes, WEBVH_EXCEPTIONS);
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

type Outcome = Result<(), String>;

/// Whether the document is the expected one, and whether `updated` is.
fn positive(implementation: &Path, result: &Path) -> (Outcome, Outcome) {
    let log = fs::read(implementation.join("did.jsonl")).unwrap();
    let witness = fs::read(implementation.join("did-witness.json")).ok();
    let expected = json_file(result);
    let version = match name(result).split('.').nth(1).and_then(|number| number.parse().ok()) {
        Some(number) => Version::Number(number),
        None => Version::Latest,
    };
    let did = last_did(&log).expect("the log names a DID");
    let (metadata, document) = match resolve_log(&did, &log, witness.as_deref(), &version, NOW) {
        Ok(found) => (found.metadata, same_document(found.document.members(), &expected["didDocument"])),
        // Most implementations hand out the document of a deactivated DID all the same; the method forbids it.
        Err(ResolveError::Deactivated(metadata)) => (*metadata, Ok(())),
        Err(error) => return (Err(error.to_string()), Err(error.to_string())),
    };
    let expected = &expected["didDocumentMetadata"];
    let updated = same("updated", &metadata.to_value()["updated"], &expected["updated"]);
    (same_metadata(&metadata, expected).and(document), updated)
}

fn same_metadata(ours: &DocumentMetadata, theirs: &Value) -> Outcome {
    let ours = ours.to_value();
    for member in ["scid", "versionId", "created"] {
        same(member, &ours[member], &theirs[member])?;
    }
    same("deactivated", ours["deactivated"].as_bool(), Some(theirs["deactivated"].as_bool().unwrap_or(false)))
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
    settle("didwebvh-test-suite: negative", &outcomes, &[]);
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
