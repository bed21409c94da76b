//! Every rule of the checklist that a log alone can break, each beside a log that keeps it.

use environment::{SeededRandomness, Timestamp};
use jose::{Algorithm, Signer, SigningKey};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::entry::{Canonical, PLACEHOLDER};
use super::witness::Witnesses;
use super::*;
use crate::document::{DocumentBuilder, DocumentError};
use crate::resolution::{Resolution, Version};
use crate::resolve::ResolveError;
use crate::{DidUrl, Document, Relationship, multikey};

const START: Timestamp = Timestamp::from_seconds(1_790_000_000);
const LATER: Timestamp = Timestamp::from_seconds(1_790_900_000);

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(seed)).unwrap()
}

fn multikey_of(key: &SigningKey) -> String {
    multikey::encode(key.public_jwk())
}

fn place() -> Location {
    Location::new("harbour.example.org", None, &["members", "k3v9"]).unwrap()
}

fn document(did: &Did) -> Result<Document, DocumentError> {
    let sign = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(99)).unwrap();
    DocumentBuilder::new(did).key("sign", sign.public_jwk(), &[Relationship::Authentication]).build()
}

fn created(settings: Settings) -> Created {
    create(&Inception { location: &place(), document: &document, settings }, &key(1), START).unwrap()
}

fn after(seconds: i64) -> Timestamp {
    START.plus(seconds)
}

fn resolve(did: &Did, log: &str, version: &Version) -> Result<Resolution, ResolveError> {
    resolve_log(did, log.as_bytes(), None, version, LATER)
}

/// A log made by hand, so that it can break any rule and still be hashed and signed.
struct HandMade {
    text: String,
    version_id: String,
    number: u64,
    scid: String,
}

fn text_of(seconds: i64) -> String {
    VersionTime::of(after(seconds)).unwrap().to_string()
}

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn hand_made_line(
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
    fn parameters() -> Value {
        json!({"method": METHOD, "scid": PLACEHOLDER, "updateKeys": [multikey_of(&key(1))]})
    }

    fn state() -> Value {
        json!({"id": "did:webvh:{SCID}:harbour.example.org:members:k3v9"})
    }

    fn begin(parameters: &Value, state: &Value, time: &str) -> Self {
        let placeholder = Canonical::new(&members(parameters), &members(state), time).unwrap();
        let scid = placeholder.scid(PLACEHOLDER).unwrap();
        let replace =
            |value: &Value| serde_json::from_str(&value.to_string().replace(PLACEHOLDER, &scid)).unwrap();
        let (parameters, state): (Value, Value) = (replace(parameters), replace(state));
        let (text, version_id) = hand_made_line(("1", &scid), time, &parameters, &state, &key(1));
        Self { text, version_id, number: 1, scid }
    }

    fn begin_with(change: &Value) -> Self {
        let mut parameters = Self::parameters();
        for (name, value) in change.as_object().unwrap() {
            parameters[name.as_str()] = value.clone();
        }
        Self::begin(&parameters, &Self::state(), &text_of(0))
    }

    fn did(&self) -> Did {
        Did::parse(&format!("did:webvh:{}:harbour.example.org:members:k3v9", self.scid)).unwrap()
    }

    fn next(mut self, parameters: &Value, key: &SigningKey) -> Self {
        let state = json!({"id": self.did()});
        self.add(parameters, &state, &text_of(i64::try_from(self.number).unwrap()), key);
        self
    }

    fn add(&mut self, parameters: &Value, state: &Value, time: &str, key: &SigningKey) {
        self.number += 1;
        let number = self.number.to_string();
        let (line, version_id) = hand_made_line((&number, &self.version_id), time, parameters, state, key);
        self.text.push_str(&line);
        self.version_id = version_id;
    }

    fn verdict(&self) -> Result<(), ResolveError> {
        resolve(&self.did(), &self.text, &Version::Latest).map(drop)
    }

    fn fault(&self) -> EntryFault {
        match self.verdict() {
            Err(ResolveError::Log(LogError::Entry { number, fault })) if number == self.number => fault,
            other => panic!("the last entry should be refused: {other:?}"),
        }
    }
}

fn plain() -> HandMade {
    HandMade::begin_with(&json!({}))
}

#[test]
fn a_created_did_resolves_to_its_document_with_the_implicit_services() {
    let Created { did, text, .. } =
        created(Settings { portable: true, ttl: Some(60), ..Settings::default() });
    let found = resolve(&did, &text, &Version::Latest).unwrap();
    assert_eq!(found.document.id(), &did);
    let url = did.with_fragment("sign").unwrap();
    assert!(found.document.key(&url, Relationship::Authentication).is_ok());
    let base = "https://harbour.example.org/members/k3v9";
    assert_eq!(found.document.service("files").unwrap().endpoint_url(), Some(format!("{base}/").as_str()));
    assert_eq!(
        found.document.service("whois").unwrap().endpoint_url(),
        Some(format!("{base}/whois.vp").as_str())
    );
    let webvh = found.metadata.webvh.unwrap();
    assert!(webvh.portable && did.method_specific_id().starts_with(&webvh.scid));
    assert_eq!((webvh.ttl, found.metadata.deactivated), (60, false));
    assert_eq!(found.metadata.created, found.metadata.updated);
}

#[test]
fn another_did_is_not_resolved_by_this_log() {
    let Created { did, text, .. } = created(Settings::default());
    let elsewhere = Did::parse(&did.as_str().replace("harbour", "kiln")).unwrap();
    assert_eq!(resolve(&elsewhere, &text, &Version::Latest), Err(ResolveError::Log(LogError::OtherDid)));
    let other = Did::parse(&did.as_str().replace("did:webvh:Qm", "did:webvh:Qn")).unwrap();
    assert_eq!(resolve(&other, &text, &Version::Latest), Err(ResolveError::Log(LogError::OtherDid)));
    let web = Did::parse("did:web:harbour.example.org").unwrap();
    assert_eq!(resolve(&web, &text, &Version::Latest), Err(ResolveError::Location(LocationError::Method)));
}

#[test]
fn the_vault_key_signs_entry_one_and_only_the_committed_key_the_next() {
    let settings =
        Settings { portable: true, next_keys: vec![KeyHash::of(key(2).public_jwk())], ..Settings::default() };
    let Created { did, mut text, mut log } = created(settings);
    let refused = |update: &Update, seed| match log.clone().append(update, &key(seed), after(10)) {
        Err(WriteError::Rule(LogError::Entry { number: 2, fault: EntryFault::Parameter(fault) })) => fault,
        other => panic!("{other:?}"),
    };
    let free = Update { next_keys: Some(Vec::new()), ..Update::default() };
    assert_eq!(refused(&free, 1), ParameterFault::PreRotationKey, "a thief with the vault key alone");
    assert_eq!(
        refused(&Update::default(), 2),
        ParameterFault::PreRotationOmitted,
        "it never ends by omission"
    );
    let update = Update { next_keys: Some(vec![KeyHash::of(key(3).public_jwk())]), ..Update::default() };
    text.push_str(&log.append(&update, &key(2), after(10)).unwrap());
    assert_eq!(log.number(), 2);
    let gone = Update { deactivate: true, ..Update::default() };
    assert!(log.clone().append(&gone, &key(2), after(20)).is_err(), "a revealed key is spent");
    text.push_str(&log.append(&gone, &key(3), after(20)).unwrap());
    let Err(ResolveError::Deactivated(metadata)) = resolve(&did, &text, &Version::Latest) else {
        panic!("a deactivated DID has no document");
    };
    assert!(metadata.deactivated);
    let before = resolve(&did, &text, &Version::Number(2)).unwrap();
    assert!(before.metadata.deactivated, "an older version says that the DID is given up");
    let again = log.append(&Update::default(), &key(3), after(30));
    let refusal = LogError::Entry { number: 4, fault: EntryFault::AfterDeactivation };
    assert_eq!(again, Err(WriteError::Rule(refusal)));
}

#[test]
fn without_commitments_the_keys_of_the_entry_before_sign() {
    let Created { did, mut text, mut log } = created(Settings::default());
    let rotate = Update { update_keys: Some(vec![key(2).public_jwk().clone()]), ..Update::default() };
    assert!(log.clone().append(&rotate, &key(2), after(1)).is_err());
    text.push_str(&log.append(&rotate, &key(1), after(1)).unwrap());
    assert!(log.clone().append(&Update::default(), &key(1), after(2)).is_err());
    text.push_str(&log.append(&Update::default(), &key(2), after(2)).unwrap());
    let gone = Update { deactivate: true, ..Update::default() };
    text.push_str(&log.append(&gone, &key(2), after(3)).unwrap());
    assert!(matches!(resolve(&did, &text, &Version::Latest), Err(ResolveError::Deactivated(_))));
}

#[test]
fn a_portable_did_moves_and_is_found_by_both_names() {
    let Created { did, mut text, mut log } = created(Settings { portable: true, ..Settings::default() });
    let kiln = Location::new("kiln.example.org", Some(8443), &["m"]).unwrap();
    let update = Update { move_to: Some(kiln), ..Update::default() };
    text.push_str(&log.append(&update, &key(1), after(1)).unwrap());
    let moved = log.did().unwrap().clone();
    assert!(moved.as_str().ends_with(":kiln.example.org%3A8443:m"));
    let found = resolve(&moved, &text, &Version::Latest).unwrap();
    assert_eq!(found.document.also_known_as().collect::<Vec<_>>(), [did.as_str()]);
    assert_eq!(found.metadata.canonical_id, None);
    assert!(found.document.key(&moved.with_fragment("sign").unwrap(), Relationship::Authentication).is_ok());
    assert_eq!(
        found.document.service("files").unwrap().endpoint_url(),
        Some("https://kiln.example.org:8443/m/")
    );
    let by_old_name = resolve(&did, &text, &Version::Latest).unwrap();
    assert_eq!(by_old_name.metadata.canonical_id, Some(moved));
    assert_eq!(by_old_name.document, found.document);
}

#[test]
fn a_did_that_is_not_portable_or_no_longer_does_not_move() {
    let kiln = || Some(Location::new("kiln.example.org", None, &[]).unwrap());
    let refused = |log: &mut Log, update: &Update| match log.append(update, &key(1), after(9)) {
        Err(WriteError::Rule(LogError::Entry { fault, .. })) => fault,
        other => panic!("{other:?}"),
    };
    let update = Update { move_to: kiln(), ..Update::default() };
    assert_eq!(refused(&mut created(Settings::default()).log, &update), EntryFault::NotPortable);
    let mut log = created(Settings { portable: true, ..Settings::default() }).log;
    let both = Update { move_to: kiln(), no_longer_portable: true, ..Update::default() };
    assert_eq!(refused(&mut log, &both), EntryFault::NotPortable);
    log.append(&Update { no_longer_portable: true, ..Update::default() }, &key(1), after(1)).unwrap();
    assert_eq!(refused(&mut log, &update), EntryFault::NotPortable);
    let again = plain().next(&json!({"portable": true}), &key(1));
    assert_eq!(again.fault(), EntryFault::Parameter(ParameterFault::PortableLate));
}

#[test]
fn a_move_must_name_the_did_before_and_keep_the_scid() {
    let moved = |state: &dyn Fn(&HandMade) -> Value| {
        let mut log = HandMade::begin_with(&json!({"portable": true}));
        let state = state(&log);
        log.add(&json!({}), &state, &text_of(1), &key(1));
        log
    };
    let id = |log: &HandMade| format!("did:webvh:{}:kiln.example.org", log.scid);
    assert_eq!(moved(&|log| json!({"id": id(log), "alsoKnownAs": [log.did()]})).verdict(), Ok(()));
    assert_eq!(moved(&|log| json!({"id": id(log)})).fault(), EntryFault::MoveNotNamed);
    assert_eq!(
        moved(&|log| json!({"id": id(log), "alsoKnownAs": [id(log)]})).fault(),
        EntryFault::MoveNotNamed
    );
    let swapped = moved(
        &|log| json!({"id": id(log).replace("did:webvh:Qm", "did:webvh:Qn"), "alsoKnownAs": [log.did()]}),
    );
    assert_eq!(swapped.fault(), EntryFault::OtherScid);
    for id in ["did:web:kiln.example.org", "kiln", "did:webvh:Qm:kiln.example.org"] {
        assert_eq!(moved(&|_| json!({"id": id})).fault(), EntryFault::StateId, "{id}");
    }
    assert_eq!(moved(&|log| json!({"id": format!("{}#k", log.did())})).fault(), EntryFault::StateId);
}

#[test]
fn versions_are_found_by_id_number_and_time() {
    let Created { did, mut text, mut log } = created(Settings::default());
    for number in 1..4 {
        let sign = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(number)).unwrap();
        let document = DocumentBuilder::new(&did).key("sign", sign.public_jwk(), &[]).build().unwrap();
        let update = Update { document: Some(document), ..Update::default() };
        text.push_str(&log.append(&update, &key(1), after(i64::try_from(number).unwrap() * 100)).unwrap());
    }
    let version_of =
        |version: &Version| resolve(&did, &text, version).map(|found| found.metadata.version_id.unwrap());
    let second = version_of(&Version::Number(2)).unwrap();
    assert!(second.starts_with("2-"));
    assert_eq!(version_of(&Version::Id(second.clone())), Ok(second.clone()));
    let time = |seconds| Version::Time(VersionTime::of(after(seconds)).unwrap());
    assert_eq!(version_of(&time(100)), Ok(second.clone()));
    assert_eq!(version_of(&time(199)), Ok(second.clone()));
    assert!(version_of(&time(200)).unwrap().starts_with("3-"));
    assert!(version_of(&time(100_000)).unwrap().starts_with("4-"));
    for missing in [time(-1), Version::Number(0), Version::Number(5), Version::Id("2-Qm".to_owned())] {
        assert_eq!(version_of(&missing), Err(ResolveError::NotFound), "{missing:?}");
    }
    let found = resolve(&did, &text, &Version::Number(2)).unwrap();
    assert_eq!(found.metadata.updated, Some(text_of(300)));
    assert_eq!(found.metadata.version_time, Some(text_of(100)));
}

#[test]
fn a_broken_end_spoils_the_newest_version_but_not_older_ones() {
    let Created { did, mut text, mut log } = created(Settings::default());
    text.push_str(&log.append(&Update::default(), &key(1), after(100)).unwrap());
    let third = log.append(&Update::default(), &key(1), after(200)).unwrap();
    text.push_str(&third.replace("harbour", "horbour"));
    assert!(matches!(
        resolve(&did, &text, &Version::Latest),
        Err(ResolveError::Log(LogError::Entry { number: 3, .. }))
    ));
    assert!(resolve(&did, &text, &Version::Number(2)).is_ok());
    let time = |seconds| Version::Time(VersionTime::of(after(seconds)).unwrap());
    assert!(resolve(&did, &text, &time(99)).is_ok());
    assert!(resolve(&did, &text, &time(100)).is_err(), "how long version 2 was current is not known");
    assert!(resolve(&did, &text, &Version::Number(3)).is_err());
}

#[test]
fn entries_within_one_second_get_different_times() {
    let mut log = created(Settings::default()).log;
    log.append(&Update::default(), &key(1), START).unwrap();
    log.append(&Update::default(), &key(1), START).unwrap();
    let early = START.minus(1_000);
    assert_eq!(log.append(&Update::default(), &key(1), early), Err(WriteError::Clock));
}

#[test]
fn the_document_must_be_of_the_did_that_is_written() {
    let other = |_: &Did| document(&Did::parse("did:web:a.b").unwrap());
    let inception = Inception { location: &place(), document: &other, settings: Settings::default() };
    assert_eq!(create(&inception, &key(1), START).err(), Some(WriteError::OtherDid));
    let mut log = created(Settings::default()).log;
    let update = Update { document: Some(other(&place().did_web().unwrap()).unwrap()), ..Update::default() };
    assert_eq!(log.append(&update, &key(1), after(1)), Err(WriteError::OtherDid));
    let placeholder = |did: &Did| DocumentBuilder::new(did).also_known_as("urn:{SCID}").build();
    let inception = Inception { location: &place(), document: &placeholder, settings: Settings::default() };
    assert_eq!(create(&inception, &key(1), START).err(), Some(WriteError::Placeholder));
    let p256 = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let inception = Inception { location: &place(), document: &document, settings: Settings::default() };
    assert_eq!(create(&inception, &p256, START).err(), Some(WriteError::Signer));
}

#[test]
fn unknown_missing_and_malformed_parameters_are_refused() {
    assert_eq!(plain().verdict(), Ok(()));
    for (change, fault) in [
        (json!({"unknown": 1}), ParameterFault::Unknown),
        (json!({"method": "did:webvh:1.1"}), ParameterFault::Method),
        (json!({"method": "did:webvh:99.0"}), ParameterFault::Method),
        (json!({"method": "did:webvh:0.5"}), ParameterFault::Method),
        (json!({"method": "did:webvh:1.0-rc1"}), ParameterFault::Method),
        (json!({"method": "didwebvh:1.0"}), ParameterFault::Method),
        (json!({"method": null}), ParameterFault::Method),
        (json!({"portable": null}), ParameterFault::Value),
        (json!({"portable": "true"}), ParameterFault::Value),
        (json!({"nextKeyHashes": null}), ParameterFault::Value),
        (json!({"nextKeyHashes": [1]}), ParameterFault::Value),
        (json!({"watchers": null}), ParameterFault::Value),
        (json!({"watchers": "https://w.example.org"}), ParameterFault::Value),
        (json!({"deactivated": 0}), ParameterFault::Value),
        (json!({"ttl": null}), ParameterFault::Value),
        (json!({"ttl": -1}), ParameterFault::Value),
        (json!({"ttl": 2_147_483_649_u64}), ParameterFault::Value),
        (json!({"ttl": 1.5}), ParameterFault::Value),
        (json!({"updateKeys": null}), ParameterFault::Value),
        (json!({"updateKeys": ["z6Mk"]}), ParameterFault::UpdateKey),
        (
            json!({"updateKeys": ["zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"]}),
            ParameterFault::UpdateKey,
        ),
    ] {
        assert_eq!(HandMade::begin_with(&change).fault(), EntryFault::Parameter(fault), "{change}");
    }
    for change in
        [json!({"ttl": 2_147_483_648_u64}), json!({"watchers": [], "deactivated": false, "witness": {}})]
    {
        assert_eq!(HandMade::begin_with(&change).verdict(), Ok(()), "{change}");
    }
    for missing in ["method", "updateKeys"] {
        let mut parameters = HandMade::parameters();
        parameters.as_object_mut().unwrap().remove(missing);
        let log = HandMade::begin(&parameters, &HandMade::state(), &text_of(0));
        assert_eq!(log.fault(), EntryFault::Parameter(ParameterFault::Missing), "{missing}");
    }
    let log = plain();
    let scid = json!({"scid": log.scid});
    assert_eq!(log.next(&scid, &key(1)).fault(), EntryFault::Parameter(ParameterFault::ScidAgain));
    assert_eq!(plain().next(&json!({"method": METHOD}), &key(1)).verdict(), Ok(()));
    let downgrade = plain().next(&json!({"method": "did:webvh:0.5"}), &key(1));
    assert_eq!(downgrade.fault(), EntryFault::Parameter(ParameterFault::Method));
}

#[test]
fn while_keys_are_committed_to_every_entry_spells_both_lists_out() {
    let committed = || {
        HandMade::begin_with(
            &json!({"nextKeyHashes": [KeyHash::of(key(2).public_jwk()).as_str(), "an unused one"]}),
        )
    };
    let next = KeyHash::of(key(3).public_jwk());
    let two = multikey_of(&key(2));
    let fine = committed().next(&json!({"updateKeys": [two], "nextKeyHashes": [next.as_str()]}), &key(2));
    assert_eq!(fine.verdict(), Ok(()));
    let ended = committed()
        .next(&json!({"updateKeys": [two], "nextKeyHashes": []}), &key(2))
        .next(&json!({"updateKeys": [multikey_of(&key(7))]}), &key(2))
        .next(&json!({}), &key(7));
    assert_eq!(ended.verdict(), Ok(()), "after an empty list the ordinary rules hold again");
    for (parameters, fault) in [
        (json!({}), ParameterFault::PreRotationOmitted),
        (json!({"nextKeyHashes": [next.as_str()]}), ParameterFault::PreRotationOmitted),
        (json!({"updateKeys": [two]}), ParameterFault::PreRotationOmitted),
        (json!({"updateKeys": [multikey_of(&key(1))], "nextKeyHashes": []}), ParameterFault::PreRotationKey),
        (
            json!({"updateKeys": [two, multikey_of(&key(1))], "nextKeyHashes": []}),
            ParameterFault::PreRotationKey,
        ),
    ] {
        let log = committed().next(&parameters, &key(2));
        assert_eq!(log.fault(), EntryFault::Parameter(fault), "{parameters}");
    }
    let by_old_key = committed().next(&json!({"updateKeys": [two], "nextKeyHashes": []}), &key(1));
    assert_eq!(by_old_key.fault(), EntryFault::Proof(ProofFault::KeyNotActive));
    let nobody = committed().next(&json!({"updateKeys": [], "nextKeyHashes": []}), &key(2));
    assert_eq!(nobody.fault(), EntryFault::Proof(ProofFault::KeyNotActive));
}

#[test]
fn times_are_utc_rise_and_do_not_lie_ahead() {
    let times = |first: &str, second: &str| {
        let mut log = HandMade::begin(&HandMade::parameters(), &HandMade::state(), first);
        let state = json!({"id": log.did()});
        log.add(&json!({}), &state, second, &key(1));
        log
    };
    let now = LATER.seconds() - START.seconds();
    assert_eq!(times(&text_of(0), &text_of(1)).verdict(), Ok(()));
    assert_eq!(times(&text_of(0), &text_of(now + 300)).verdict(), Ok(()));
    assert_eq!(times(&text_of(0), &text_of(now + 301)).fault(), EntryFault::Future);
    assert_eq!(times(&text_of(0), &text_of(0)).fault(), EntryFault::NotLater);
    assert_eq!(times(&text_of(0), &text_of(-1)).fault(), EntryFault::NotLater);
    assert_eq!(times(&text_of(0), &text_of(1).replace('Z', "+02:00")).fault(), EntryFault::VersionTime);
    assert_eq!(times(&text_of(0), &text_of(1).replace('Z', "+00:00")).verdict(), Ok(()));
    let ahead_in_the_middle =
        HandMade::begin(&HandMade::parameters(), &HandMade::state(), "9999-01-01T00:00:00Z");
    assert_eq!(ahead_in_the_middle.fault(), EntryFault::Future);
}

fn changed(change: impl FnOnce(&mut Value)) -> EntryFault {
    let mut log = plain();
    let mut entry: Value = serde_json::from_str(&log.text).unwrap();
    change(&mut entry);
    log.text = format!("{entry}\n");
    log.fault()
}

#[test]
fn an_entry_has_its_five_members_and_no_other() {
    for name in ["versionId", "versionTime", "parameters", "state"] {
        assert_eq!(
            changed(|entry| drop(entry.as_object_mut().unwrap().remove(name))),
            EntryFault::Members,
            "{name}"
        );
        assert_eq!(changed(|entry| entry[name] = Value::Null), EntryFault::Members, "{name}");
    }
    assert_eq!(changed(|entry| entry["note"] = json!(1)), EntryFault::Members);
    let missing = EntryFault::Proof(ProofFault::Missing);
    assert_eq!(changed(|entry| drop(entry.as_object_mut().unwrap().remove("proof"))), missing);
    assert_eq!(changed(|entry| entry["proof"] = json!([])), missing);
}

#[test]
fn a_version_id_is_the_right_number_one_dash_and_the_hash_of_the_entry() {
    let with_id = |change: &dyn Fn(&str) -> String| {
        changed(|entry| entry["versionId"] = Value::from(change(entry["versionId"].as_str().unwrap())))
    };
    for malformed in ["", "1", "1-", "-1", "01-", "1--", "+1-", "1.0-"] {
        let fault =
            with_id(&|id| malformed.to_owned() + id.get(2..).filter(|_| malformed.len() > 2).unwrap_or(""));
        assert_eq!(fault, EntryFault::VersionId, "{malformed}");
    }
    assert_eq!(with_id(&|id| id.replacen('1', "2", 1)), EntryFault::VersionNumber);
    assert_eq!(with_id(&|id| format!("{id}-")), EntryFault::VersionId);
    // A proof covers the version id, so another hash breaks it first; a signed wrong hash is refused for itself.
    assert_eq!(with_id(&|id| id.replace("1-Qm", "1-Qn")), EntryFault::Proof(ProofFault::Signature));
    let mut log = plain();
    let state = json!({"id": log.did()});
    log.version_id = log.version_id.replace("Qm", "Qn");
    log.add(&json!({}), &state, &text_of(1), &key(1));
    assert_eq!(log.fault(), EntryFault::EntryHash);
    let mut gap = plain();
    gap.number += 1;
    let state = json!({"id": gap.did()});
    gap.add(&json!({}), &state, &text_of(1), &key(1));
    gap.number -= 1;
    assert_eq!(gap.fault(), EntryFault::VersionNumber);
}

#[test]
fn the_scid_is_the_hash_of_the_first_entry() {
    let log = plain();
    let (wrong, _) = {
        let scid = log.scid.replace("Qm", "Qn");
        let parameters = json!({"method": METHOD, "scid": scid, "updateKeys": [multikey_of(&key(1))]});
        let state = json!({"id": format!("did:webvh:{scid}:harbour.example.org")});
        hand_made_line(("1", &scid), &text_of(0), &parameters, &state, &key(1))
    };
    let verdict = Log::verify(wrong.as_bytes(), LATER).err();
    assert_eq!(verdict, Some(LogError::Entry { number: 1, fault: EntryFault::Scid }));
    let mut state = HandMade::state();
    state["id"] = json!("did:webvh:QmSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1D:harbour.example.org");
    let other = HandMade::begin(&HandMade::parameters(), &state, &text_of(0));
    assert_eq!(other.fault(), EntryFault::OtherScid);
}

#[test]
fn a_proof_is_exactly_of_the_one_kind() {
    let fault = |name: &str, value: Value| match changed(|entry| entry["proof"][0][name] = value) {
        EntryFault::Proof(fault) => fault,
        other => panic!("{other:?}"),
    };
    let (one, two) = (multikey_of(&key(1)), multikey_of(&key(2)));
    for (name, value, expected) in [
        ("cryptosuite", json!("eddsa-rdfc-2022"), ProofFault::Cryptosuite),
        ("cryptosuite", json!("ecdsa-jcs-2019"), ProofFault::Cryptosuite),
        ("cryptosuite", Value::Null, ProofFault::Malformed),
        ("proofPurpose", json!("authentication"), ProofFault::Purpose),
        ("type", json!("Ed25519Signature2020"), ProofFault::Malformed),
        ("verificationMethod", json!(format!("did:key:{one}")), ProofFault::VerificationMethod),
        ("verificationMethod", json!(format!("did:key:{one}#{two}")), ProofFault::VerificationMethod),
        ("verificationMethod", json!(format!("did:key:{two}#{one}")), ProofFault::VerificationMethod),
        ("verificationMethod", json!(format!("did:web:{one}#{one}")), ProofFault::VerificationMethod),
        ("verificationMethod", json!(format!("did:key:{two}#{two}")), ProofFault::KeyNotActive),
        ("expires", json!("2020-01-01T00:00:00Z"), ProofFault::Malformed),
        ("domain", json!("example.org"), ProofFault::Malformed),
        ("@context", json!("https://www.w3.org/ns/did/v1"), ProofFault::Malformed),
        ("created", json!("2020-01-01T00:00:00Z"), ProofFault::Signature),
        ("proofValue", json!("z"), ProofFault::Malformed),
        ("proofValue", json!("u1234"), ProofFault::Malformed),
        ("proofValue", json!(format!("z{}", "1".repeat(64))), ProofFault::Signature),
    ] {
        assert_eq!(fault(name, value.clone()), expected, "{name} {value}");
    }
    let twice =
        changed(|entry| entry["proof"].as_array_mut().unwrap().push(json!({"type": "DataIntegrityProof"})));
    assert_eq!(twice, EntryFault::Proof(ProofFault::Malformed), "every proof must hold, not one of them");
    let mut single = plain();
    let mut entry: Value = serde_json::from_str(&single.text).unwrap();
    entry["proof"] = entry["proof"][0].take();
    single.text = entry.to_string();
    assert_eq!(single.verdict(), Ok(()), "the schema allows one proof without a list");
}

#[test]
fn every_entry_is_checked_not_only_the_last() {
    let log = plain().next(&json!({}), &key(2)).next(&json!({}), &key(1));
    let verdict = log.verdict();
    let fault = EntryFault::Proof(ProofFault::KeyNotActive);
    assert_eq!(verdict, Err(ResolveError::Log(LogError::Entry { number: 2, fault })));
}

#[test]
fn logs_that_are_empty_too_large_or_no_lines_of_json_are_refused() {
    let Created { did, text, .. } = created(Settings::default());
    let refusal = |log: &[u8]| match resolve_log(&did, log, None, &Version::Latest, LATER) {
        Err(ResolveError::Log(error)) => error,
        other => panic!("{other:?}"),
    };
    let json = LogError::Entry { number: 1, fault: EntryFault::Json };
    assert_eq!(refusal(b""), LogError::Empty);
    assert_eq!(refusal(b"\n"), LogError::Empty);
    assert_eq!(refusal(b"[]"), json);
    assert_eq!(refusal(b"<html>"), json);
    assert_eq!(refusal(&vec![b' '; LARGEST_LOG + 1]), LogError::TooLarge);
    let doubled = text.replacen('{', "{\"versionTime\":\"2020-01-01T00:00:00Z\",", 1);
    assert_eq!(refusal(doubled.as_bytes()), json);
    let gap = format!("{text}\n{text}");
    assert_eq!(refusal(gap.as_bytes()), LogError::Entry { number: 2, fault: EntryFault::Json });
    assert!(resolve(&did, text.trim_end(), &Version::Latest).is_ok(), "the last line feed may be missing");
}

// Witnesses.

fn witness_did(seed: u64) -> Did {
    crate::key::did(key(seed).public_jwk()).unwrap()
}

fn witnessed(threshold: usize, seeds: &[u64]) -> Settings {
    let ids: Vec<Did> = seeds.iter().map(|seed| witness_did(*seed)).collect();
    Settings { witness: Some(Witnesses::new(threshold, &ids).unwrap()), ..Settings::default() }
}

fn approvals(approvals: &[(&str, u64)]) -> Vec<u8> {
    let items: Vec<Value> = approvals
        .iter()
        .map(|(version_id, seed)| witness::approve(version_id, &key(*seed), START).unwrap())
        .collect();
    Value::from(items).to_string().into_bytes()
}

fn outcome(created: &Created, file: Option<&[u8]>) -> Result<(), ResolveError> {
    resolve_log(&created.did, created.text.as_bytes(), file, &Version::Latest, LATER).map(drop)
}

fn threshold_missed(number: u64, approvals: usize, threshold: usize) -> Result<(), ResolveError> {
    Err(ResolveError::Log(LogError::Witness(WitnessFault::Threshold { number, approvals, threshold })))
}

#[test]
fn enough_different_witnesses_must_approve_the_first_entry() {
    let created = created(witnessed(2, &[11, 12, 13]));
    let id = created.log.version_id().unwrap();
    assert_eq!(outcome(&created, Some(&approvals(&[(id, 11), (id, 13)]))), Ok(()));
    assert_eq!(outcome(&created, None), Err(ResolveError::Log(LogError::Witness(WitnessFault::Missing))));
    assert_eq!(outcome(&created, Some(&approvals(&[(id, 11)]))), threshold_missed(1, 1, 2));
    assert_eq!(outcome(&created, Some(&approvals(&[(id, 11), (id, 11)]))), threshold_missed(1, 1, 2));
    assert_eq!(outcome(&created, Some(&approvals(&[(id, 11), (id, 99)]))), threshold_missed(1, 1, 2));
    let unpublished = id.replacen('1', "2", 1);
    assert_eq!(
        outcome(&created, Some(&approvals(&[(id, 11), (&unpublished, 12)]))),
        threshold_missed(1, 1, 2)
    );
    let metadata = resolve_log(
        &created.did,
        created.text.as_bytes(),
        Some(&approvals(&[(id, 11), (id, 13), (&unpublished, 12)])),
        &Version::Latest,
        LATER,
    );
    let witness = metadata.unwrap().metadata.webvh.unwrap().witness.unwrap();
    assert_eq!((witness.0, witness.1.len()), (2, 3));
}

#[test]
fn a_later_approval_covers_earlier_entries_but_not_the_other_way() {
    let mut created = created(witnessed(1, &[11, 12]));
    let first = created.log.version_id().unwrap().to_owned();
    created.text.push_str(&created.log.append(&Update::default(), &key(1), after(1)).unwrap());
    let second = created.log.version_id().unwrap();
    assert_eq!(outcome(&created, Some(&approvals(&[(second, 12)]))), Ok(()));
    assert_eq!(outcome(&created, Some(&approvals(&[(&first, 12)]))), threshold_missed(2, 0, 1));
}

#[test]
fn the_list_before_approves_the_entry_that_replaces_or_ends_it() {
    for change in [Some(Witnesses::new(1, &[witness_did(13)]).unwrap()), None] {
        let mut created = created(witnessed(2, &[11, 12]));
        let update = Update { witness: Some(change), ..Update::default() };
        created.text.push_str(&created.log.append(&update, &key(1), after(1)).unwrap());
        let second = created.log.version_id().unwrap();
        assert_eq!(outcome(&created, Some(&approvals(&[(second, 11), (second, 12)]))), Ok(()));
        assert_eq!(outcome(&created, Some(&approvals(&[(second, 13)]))), threshold_missed(1, 0, 2));
    }
    let mut created = created(Settings::default());
    let update = Update { witness: witnessed(1, &[11]).witness.map(Some), ..Update::default() };
    created.text.push_str(&created.log.append(&update, &key(1), after(1)).unwrap());
    let second = created.log.version_id().unwrap().to_owned();
    assert_eq!(
        outcome(&created, Some(b"[]")),
        threshold_missed(2, 0, 1),
        "the first list takes effect at once"
    );
    assert_eq!(outcome(&created, Some(&approvals(&[(&second, 11)]))), Ok(()));
}

#[test]
fn proofs_that_do_not_verify_count_nothing_and_malformed_files_are_errors() {
    let created = created(witnessed(1, &[11]));
    let id = created.log.version_id().unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut items: Value = serde_json::from_slice(&approvals(&[(id, 11)])).unwrap();
        change(&mut items);
        outcome(&created, Some(items.to_string().as_bytes()))
    };
    let (one, two) = (multikey_of(&key(11)), multikey_of(&key(12)));
    assert_eq!(with(&|_| {}), Ok(()));
    assert_eq!(
        with(&|items| items[0]["proof"][0]["cryptosuite"] = json!("eddsa-rdfc-2022")),
        threshold_missed(1, 0, 1)
    );
    assert_eq!(
        with(&|items| items[0]["proof"][0]["created"] = json!("2020-01-01T00:00:00Z")),
        threshold_missed(1, 0, 1)
    );
    for method in [format!("did:key:{one}#{two}"), format!("did:key:{two}#{one}"), format!("did:key:{one}")] {
        let changed = with(&|items| items[0]["proof"][0]["verificationMethod"] = json!(method));
        assert_eq!(changed, threshold_missed(1, 0, 1), "{method}");
    }
    let malformed = Err(ResolveError::Log(LogError::Witness(WitnessFault::Malformed)));
    assert_eq!(with(&|items| *items = json!({})), malformed);
    assert_eq!(with(&|items| items[0]["versionId"] = json!(1)), malformed);
    assert_eq!(with(&|items| items[0]["proof"] = json!({})), malformed);
    assert_eq!(with(&|items| items.as_array_mut().unwrap().push(json!("x"))), malformed);
    assert_eq!(outcome(&created, Some(&vec![b' '; witness::LARGEST_FILE + 1])), malformed);
}

#[test]
fn a_malformed_witness_parameter_is_an_error_and_never_no_witnesses() {
    let id = witness_did(11);
    let p256 = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let p256 = crate::key::did(p256.public_jwk()).unwrap();
    let one = json!([{"id": id}]);
    for witness in [
        json!(null),
        json!([]),
        json!({"threshold": 0, "witnesses": one}),
        json!({"threshold": -1, "witnesses": one}),
        json!({"threshold": 1.5, "witnesses": one}),
        json!({"threshold": "1", "witnesses": one}),
        json!({"threshold": 2, "witnesses": one}),
        json!({"threshold": 1, "witnesses": []}),
        json!({"threshold": 1}),
        json!({"witnesses": one}),
        json!({"threshold": 1, "witnesses": one, "note": 1}),
        json!({"threshold": 1, "witnesses": [{"id": id}, {"id": id}]}),
        json!({"threshold": 1, "witnesses": [{"id": id, "weight": 2}]}),
        json!({"threshold": 1, "witnesses": [id]}),
        json!({"threshold": 1, "witnesses": [{"id": "did:web:example.org"}]}),
        json!({"threshold": 1, "witnesses": [{"id": p256}]}),
    ] {
        let log = HandMade::begin_with(&json!({"witness": witness}));
        assert_eq!(log.fault(), EntryFault::Parameter(ParameterFault::Witness), "{witness}");
    }
}

// Services, resources and the parallel did:web.

#[test]
fn explicit_services_take_the_place_of_the_implicit_ones() {
    let with_services = |did: &Did| {
        DocumentBuilder::new(did).service("files", "relativeRef", "https://files.example.org/f/").build()
    };
    let inception = Inception { location: &place(), document: &with_services, settings: Settings::default() };
    let Created { did, text, .. } = create(&inception, &key(1), START).unwrap();
    let document = resolve(&did, &text, &Version::Latest).unwrap().document;
    let resource = |path: &str| resource_url(&document, &DidUrl::parse(&format!("{did}{path}")).unwrap());
    assert_eq!(document.services().len(), 2);
    assert_eq!(resource("/a/b.json").as_deref(), Some("https://files.example.org/f/a/b.json"));
    assert_eq!(resource("/whois").as_deref(), Some("https://harbour.example.org/members/k3v9/whois.vp"));
    assert_eq!(resource(""), None);
    for outside in ["/../a", "/a/../../b", "/%2E%2E/a", "/."] {
        assert_eq!(resource(outside), None, "{outside}");
    }
}

#[test]
fn well_known_is_left_out_of_the_services_of_a_host_without_path() {
    let location = Location::new("harbour.example.org", None, &[]).unwrap();
    let inception = Inception { location: &location, document: &document, settings: Settings::default() };
    let Created { did, text, .. } = create(&inception, &key(1), START).unwrap();
    assert_eq!(Identifier::of(&did).unwrap().log_url(), "https://harbour.example.org/.well-known/did.jsonl");
    assert_eq!(
        Identifier::of(&did).unwrap().witness_url(),
        "https://harbour.example.org/.well-known/did-witness.json"
    );
    let document = resolve(&did, &text, &Version::Latest).unwrap().document;
    assert_eq!(
        document.service("whois").unwrap().endpoint_url(),
        Some("https://harbour.example.org/whois.vp")
    );
}

#[test]
fn the_parallel_did_web_names_its_origin_and_carries_the_services() {
    let with_name = |did: &Did| {
        DocumentBuilder::new(did).also_known_as("did:web:harbour.example.org:members:k3v9").build()
    };
    let inception = Inception { location: &place(), document: &with_name, settings: Settings::default() };
    let Created { did, text, .. } = create(&inception, &key(1), START).unwrap();
    let document = resolve(&did, &text, &Version::Latest).unwrap().document;
    let web = parallel_did_web(&document).unwrap();
    assert_eq!(web.id(), &place().did_web().unwrap());
    assert_eq!(web.also_known_as().collect::<Vec<_>>(), [did.as_str()]);
    assert!(web.service("files").is_some() && web.service("whois").is_some());
    let of_key = crate::key::resolve(&witness_did(1)).unwrap();
    assert_eq!(parallel_did_web(&of_key), Err(DocumentError::Id));
}

#[test]
fn the_grammar_of_the_method_is_kept() {
    let scid = "QmSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1D";
    let identifier = |text: String| Identifier::of(&Did::parse(&text).unwrap());
    let fine = identifier(format!("did:webvh:{scid}:example.org%3A3000:dids:issuer")).unwrap();
    assert_eq!(fine.log_url(), "https://example.org:3000/dids/issuer/did.jsonl");
    for (text, error) in [
        (format!("did:web:{scid}:example.org"), LocationError::Method),
        (format!("did:webvh:{scid}"), LocationError::Scid),
        (format!("did:webvh:{}:example.org", scid.trim_start_matches('Q')), LocationError::Scid),
        (format!("did:webvh:{}0:example.org", scid.trim_start_matches('Q')), LocationError::Scid),
        (format!("did:webvh:{scid}:localhost"), LocationError::Domain),
        (format!("did:webvh:{scid}:127.0.0.1%3a8080"), LocationError::Domain),
        (format!("did:webvh:{scid}:example.org:%2e%2e:admin"), LocationError::Path),
        (format!("did:webvh:{scid}::example.org"), LocationError::Domain),
    ] {
        assert_eq!(identifier(text.clone()), Err(error), "{text}");
    }
}

// Properties.

fn three_entries() -> Created {
    let mut created = created(Settings { portable: true, ..Settings::default() });
    for number in 1..3 {
        let update = Update { ttl: Some(number), ..Update::default() };
        created.text.push_str(&created.log.append(&update, &key(1), after(i64::from(number))).unwrap());
    }
    created
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever byte is changed: the log is refused, or it still means the same.
    #[test]
    fn a_changed_log_never_resolves_to_something_else(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let Created { did, text, .. } = three_entries();
        let honest = resolve(&did, &text, &Version::Latest).unwrap();
        let mut bytes = text.into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(found) = resolve_log(&did, &bytes, None, &Version::Latest, LATER) {
            prop_assert_eq!(found, honest);
        }
    }

    /// Lines left out, doubled or in another order never make a newer state.
    #[test]
    fn lines_in_another_order_are_a_prefix_or_refused(order in prop::collection::vec(0_usize..3, 1..5)) {
        let Created { did, text, .. } = three_entries();
        let lines: Vec<&str> = text.lines().collect();
        let shuffled: String = order.iter().map(|place| format!("{}\n", lines[*place])).collect();
        let is_prefix = order.iter().enumerate().all(|(place, line)| place == *line);
        prop_assert_eq!(resolve(&did, &shuffled, &Version::Latest).is_ok(), is_prefix);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let Created { did, .. } = created(Settings::default());
        prop_assert!(resolve_log(&did, &bytes, Some(&bytes), &Version::Latest, LATER).is_err());
    }

    #[test]
    fn no_text_makes_the_identifier_reader_panic(text in "did:(webvh|web|key|jwk):[ -~]{0,80}") {
        if let Ok(did) = Did::parse(&text) {
            let _ = Identifier::of(&did);
            let _ = crate::web::document_url(&did);
            let _ = crate::resolve::SelfContainedResolver::resolve_now(&did, &Version::Latest);
        }
    }
}

/// A DID whose next entry is committed to one key, and that may move.
fn committed_to(seed: u64) -> Created {
    created(Settings {
        portable: true,
        next_keys: vec![KeyHash::of(key(seed).public_jwk())],
        ..Settings::default()
    })
}

#[test]
fn the_key_that_may_sign_next_is_known_by_its_hash() {
    let created = committed_to(2);
    assert!(created.log.commits_to(key(2).public_jwk()));
    assert!(!created.log.commits_to(key(1).public_jwk()), "the key of entry 1 is not the next one");
    assert!(!created.log.commits_to(key(3).public_jwk()));
    assert!(
        !self::created(Settings::default()).log.commits_to(key(1).public_jwk()),
        "nothing is committed to"
    );
}

#[test]
fn a_log_continues_what_stands_at_its_beginning_and_no_other() {
    let first = committed_to(2);
    let mut longer = first.log.clone();
    let next = Some(vec![KeyHash::of(key(3).public_jwk())]);
    longer.append(&Update { next_keys: next.clone(), ..Update::default() }, &key(2), after(1)).unwrap();
    assert!(longer.continues(&first.log) && longer.continues(&longer));
    assert!(!first.log.continues(&longer), "it was cut off");
    let mut other = first.log.clone();
    other.append(&Update { next_keys: next, ttl: Some(9), ..Update::default() }, &key(2), after(1)).unwrap();
    assert!(!other.continues(&longer) && !longer.continues(&other), "they part at entry 2");
}

#[test]
fn nobody_but_the_committed_key_continues_a_log_whatever_the_entry_says_of_keys() {
    let created = committed_to(2);
    let mut log = created.log.clone();
    let next = Some(vec![KeyHash::of(key(3).public_jwk())]);
    let rotated =
        log.append(&Update { next_keys: next.clone(), ..Update::default() }, &key(2), after(1)).unwrap();
    let text = format!("{}{rotated}", created.text);
    // The key of entry 1, the key that signed the entry before, and a stranger's.
    for signer in [1, 2, 9] {
        let own = Some(vec![key(signer).public_jwk().clone()]);
        let theirs = Some(vec![key(3).public_jwk().clone()]);
        for (update_keys, fault) in [
            (None, EntryFault::Parameter(ParameterFault::PreRotationKey)),
            (own, EntryFault::Parameter(ParameterFault::PreRotationKey)),
            // Whoever has learned the committed key may name it, and cannot sign.
            (theirs, EntryFault::Proof(ProofFault::KeyNotActive)),
            (Some(Vec::new()), EntryFault::Proof(ProofFault::KeyNotActive)),
        ] {
            let update = Update { update_keys, next_keys: next.clone(), ..Update::default() };
            let line = testing::forged_entry(&log, &update, &key(signer), after(2)).unwrap();
            let refused = Log::verify(format!("{text}{line}").as_bytes(), after(2));
            assert_eq!(refused.unwrap_err(), LogError::Entry { number: 3, fault }, "key {signer}");
        }
    }
    let line =
        testing::forged_entry(&log, &Update { next_keys: next, ..Update::default() }, &key(3), after(2));
    assert!(Log::verify(format!("{text}{}", line.unwrap()).as_bytes(), after(2)).is_ok());
}
