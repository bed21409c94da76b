//! Logs to be read: made as they should be, and by hand so that they can break any rule and still be hashed and signed.

pub(super) use environment::{SeededRandomness, Timestamp};
pub(super) use jose::{Algorithm, Signer, SigningKey};
pub(super) use serde_json::{Map, Value, json};

pub(super) use crate::document::{DocumentBuilder, DocumentError};
pub(super) use crate::resolution::{Resolution, Version};
pub(super) use crate::resolve::ResolveError;
pub(super) use crate::webvh::entry::{Canonical, PLACEHOLDER};
pub(super) use crate::webvh::witness::Witnesses;
pub(super) use crate::webvh::*;
pub(super) use crate::{Document, Relationship, multikey};

pub(super) const START: Timestamp = Timestamp::from_seconds(1_790_000_000);

pub(super) const LATER: Timestamp = Timestamp::from_seconds(1_790_900_000);

pub(super) fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(seed)).unwrap()
}

pub(super) fn multikey_of(key: &SigningKey) -> String {
    multikey::encode(key.public_jwk())
}

pub(super) fn place() -> Location {
    Location::new("harbour.example.org", None, &["members", "k3v9"]).unwrap()
}

pub(super) fn document(did: &Did) -> Result<Document, DocumentError> {
    let sign = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(99)).unwrap();
    DocumentBuilder::new(did).key("sign", sign.public_jwk(), &[Relationship::Authentication]).build()
}

pub(super) fn created(settings: Settings) -> Created {
    create(&Inception { location: &place(), document: &document, settings }, &key(1), START).unwrap()
}

pub(super) fn after(seconds: i64) -> Timestamp {
    START.plus(seconds)
}

pub(super) fn resolve(did: &Did, log: &str, version: &Version) -> Result<Resolution, ResolveError> {
    resolve_log(did, log.as_bytes(), None, version, LATER)
}

/// A log made by hand, so that it can break any rule and still be hashed and signed.
pub(super) struct HandMade {
    pub(super) text: String,
    pub(super) version_id: String,
    pub(super) number: u64,
    pub(super) scid: String,
}

pub(super) fn text_of(seconds: i64) -> String {
    VersionTime::of(after(seconds)).unwrap().to_string()
}

pub(super) fn members(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

pub(super) fn hand_made_line(
    version: (&str, &str),
    time: &str,
    parameters: &Value,
    state: &Value,
    key: &SigningKey,
) -> (String, String) {
    let canonical = Canonical::new(&members(parameters), &members(state), time).unwrap();
    let (number, previous) = version;
    let version_id = format!("{number}-{}", canonical.entry_hash(previous));
    let proof = proof::make(&canonical.hash(&version_id), key, START).unwrap();
    let line = json!({
        "versionId": version_id, "versionTime": time, "parameters": parameters, "state": state, "proof": [proof],
    });
    (format!("{line}\n"), version_id)
}

impl HandMade {
    pub(super) fn parameters() -> Value {
        json!({"method": METHOD, "scid": PLACEHOLDER, "updateKeys": [multikey_of(&key(1))]})
    }

    pub(super) fn state() -> Value {
        json!({"id": "did:webvh:{SCID}:harbour.example.org:members:k3v9"})
    }

    pub(super) fn begin(parameters: &Value, state: &Value, time: &str) -> Self {
        let placeholder = Canonical::new(&members(parameters), &members(state), time).unwrap();
        let scid = placeholder.scid(PLACEHOLDER).unwrap();
        let replace =
            |value: &Value| serde_json::from_str(&value.to_string().replace(PLACEHOLDER, &scid)).unwrap();
        let (parameters, state): (Value, Value) = (replace(parameters), replace(state));
        let (text, version_id) = hand_made_line(("1", &scid), time, &parameters, &state, &key(1));
        Self { text, version_id, number: 1, scid }
    }

    pub(super) fn begin_with(change: &Value) -> Self {
        let mut parameters = Self::parameters();
        for (name, value) in change.as_object().unwrap() {
            parameters[name.as_str()] = value.clone();
        }
        Self::begin(&parameters, &Self::state(), &text_of(0))
    }

    pub(super) fn did(&self) -> Did {
        Did::parse(&format!("did:webvh:{}:harbour.example.org:members:k3v9", self.scid)).unwrap()
    }

    pub(super) fn next(mut self, parameters: &Value, key: &SigningKey) -> Self {
        let state = json!({"id": self.did()});
        self.add(parameters, &state, &text_of(i64::try_from(self.number).unwrap()), key);
        self
    }

    pub(super) fn add(&mut self, parameters: &Value, state: &Value, time: &str, key: &SigningKey) {
        self.number += 1;
        let number = self.number.to_string();
        let (line, version_id) = hand_made_line((&number, &self.version_id), time, parameters, state, key);
        self.text.push_str(&line);
        self.version_id = version_id;
    }

    pub(super) fn verdict(&self) -> Result<(), ResolveError> {
        resolve(&self.did(), &self.text, &Version::Latest).map(drop)
    }

    pub(super) fn fault(&self) -> EntryFault {
        match self.verdict() {
            Err(ResolveError::Log(LogError::Entry { number, fault })) if number == self.number => fault,
            other => panic!("the last entry should be refused: {other:?}"),
        }
    }
}

pub(super) fn plain() -> HandMade {
    HandMade::begin_with(&json!({}))
}

pub(super) fn changed(change: impl FnOnce(&mut Value)) -> EntryFault {
    let mut log = plain();
    let mut entry: Value = serde_json::from_str(&log.text).unwrap();
    change(&mut entry);
    log.text = format!("{entry}\n");
    log.fault()
}

/// A DID whose next entry is committed to one key, and that may move.
pub(super) fn committed_to(seed: u64) -> Created {
    created(Settings {
        portable: true,
        next_keys: vec![KeyHash::of(key(seed).public_jwk())],
        ..Settings::default()
    })
}
