//! didwebvh-rs, the other implementation of did:webvh in Rust: what we say of a log beside what it says.
//!
//! A verdict is about a whole log: taken up to its last entry, with that entry's version and document, or refused.
//! didwebvh-rs hands out what verifies of a log whose end does not; that is a refusal of the log here.

mod changed;
mod published;
mod sealing;
mod suite;
mod written;

use did::resolution::Version;
use did::webvh::{last_did, resolve_log};
use did::{Did, ResolveError};
use didwebvh_rs::log_entry::LogEntryMethods as _;
use didwebvh_rs::prelude::DIDWebVHState;
use environment::{Clock as _, SystemClock, Timestamp};
use serde_json::Value;

const LIBRARY: &str = "didwebvh-rs";

/// What was taken.
#[derive(Debug, PartialEq)]
struct Taken {
    version: String,
    deactivated: bool,
    /// Not compared for a DID that was given up: we hand out none.
    document: Option<Value>,
}

type Verdict<E> = Result<Taken, E>;

/// didwebvh-rs reads the clock itself.
fn now() -> Timestamp {
    SystemClock.now()
}

fn ours(did: &str, log: &str, witness: Option<&str>) -> Verdict<ResolveError> {
    let did = Did::parse(did)?;
    match resolve_log(&did, log.as_bytes(), witness.map(str::as_bytes), &Version::Latest, now()) {
        Ok(found) => Ok(Taken {
            version: found.metadata.version_id.unwrap_or_default(),
            deactivated: found.metadata.deactivated,
            document: Some(without_implicit_services(found.document.to_value())),
        }),
        Err(ResolveError::Deactivated(metadata)) => {
            let version = metadata.version_id.clone().unwrap_or_default();
            Ok(Taken { version, deactivated: true, document: None })
        }
        Err(error) => Err(error),
    }
}

fn theirs(did: &str, log: &str, witness: Option<&str>) -> Verdict<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut state = DIDWebVHState::default();
    let (entry, metadata) =
        runtime.block_on(state.resolve_log_owned(did, log, witness)).map_err(|error| error.to_string())?;
    let newest = newest_version(log).unwrap_or_default();
    if metadata.version_id != newest {
        return Err(format!("only {} of {newest} verifies", metadata.version_id));
    }
    let document = (!metadata.deactivated).then(|| without_implicit_services(entry.get_state().clone()));
    Ok(Taken { version: metadata.version_id, deactivated: metadata.deactivated, document })
}

/// The version id that the last line claims to have.
fn newest_version(log: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(log.trim_end().lines().last()?).ok()?;
    entry["versionId"].as_str().map(str::to_owned)
}

/// We add the services that every did:webvh has, didwebvh-rs leaves that to its caller.
fn without_implicit_services(mut document: Value) -> Value {
    let Some(members) = document.as_object_mut() else { return document };
    let id = members.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(services) = members.get_mut("service").and_then(Value::as_array_mut) {
        let implicit = |service: &Value| {
            let name = service["id"].as_str().unwrap_or_default();
            matches!(name.strip_prefix(id.as_str()).unwrap_or(name), "#files" | "#whois")
        };
        services.retain(|service| !implicit(service));
        if services.is_empty() {
            members.remove("service");
        }
    }
    document
}

/// The DID that a log is about in the end.
fn named(log: &str) -> String {
    last_did(log.as_bytes()).expect("the log names a DID").to_string()
}
