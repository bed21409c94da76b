//! did:webvh: logs as they come, and chains that are valid but for one fault.

use std::sync::OnceLock;

use did::resolution::Version;
use did::web::Location;
use did::webvh::{
    self, Approvals, Created, EntryFault, Inception, KeyHash, Log, LogError, ProofFault, Settings, Update,
    WitnessFault, last_did, resolve_log, witness,
};
use did::{Did, DidUrl, Document, DocumentBuilder, DocumentError, Relationship, key};
use environment::Timestamp;
use jose::Signer as _;
use jose::SigningKey;
use serde_json::Value;

use crate::bytes::{Choices, one_byte_changed, two};
use crate::fixtures::{NOW, holder, log_keys};
use crate::target::{Target, files};

/// The targets of this file.
pub(crate) const TARGETS: &[Target] = &[
    Target::new("webvh_log", log)
        .published(&[files("didwebvh-test-suite", "did.jsonl")])
        .made(|| vec![chain(&mut Choices::new(&[3, 1, 2, 3, 4, 5, 6, 7])).text.into_bytes()])
        .words(&[
            "versionId",
            "versionTime",
            "parameters",
            "state",
            "proof",
            "updateKeys",
            "nextKeyHashes",
            "witness",
            "portable",
            "deactivated",
            "{SCID}",
            "\n",
        ]),
    Target::new("webvh_chain", valid_chain),
    Target::new("webvh_fault", one_fault),
    Target::new("webvh_one_byte", one_byte),
    Target::new("webvh_witness_file", witness_file)
        .published(&[files("didwebvh-test-suite", "did-witness.json")])
        .made(|| vec![witnessed().1.clone().into_bytes()])
        .words(&[
            "versionId",
            "proof",
            "eddsa-jcs-2022",
            "assertionMethod",
            "proofValue",
            "verificationMethod",
            "[]",
        ]),
    Target::new("webvh_approvals", approvals)
        .published(&[files("didwebvh-test-suite", "did-witness.json")])
        .made(|| vec![witnessed().1.clone().into_bytes()]),
    Target::new("webvh_witness_one_byte", witness_one_byte),
];

const DAY: i64 = 86_400;

/// What verifies, verifies line by line; every version of it resolves; every shorter log verifies too.
fn log(input: &[u8]) {
    let now = NOW.plus(400 * DAY);
    let (read, fault) = Log::read(input, now);
    assert_eq!(Log::verify(input, now).is_ok(), read.is_some() && fault.is_none());
    let Some(did) = last_did(input) else { return };
    let _ = resolve_log(&did, input, None, &Version::Latest, now);
    let (Some(read), None) = (read, fault) else { return };
    assert!(read.names(read.did().expect("a verified log has entries")));
    assert!(read.weight() >= input.len() / 64);
    let lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    assert_eq!(u64::try_from(lines.len()), Ok(read.number()));
    let shorter = lines[..lines.len() - 1].join(&b'\n');
    if !shorter.is_empty() {
        let shorter = Log::verify(&shorter, now).expect("the beginning of a log that verifies");
        assert!(read.continues(&shorter) && !shorter.continues(&read));
    }
}

/// A chain that the writer made.
struct Chain {
    text: String,
    log: Log,
    did: Did,
    /// The key that may write the next entry.
    next: usize,
}

fn location(path: &str) -> Location {
    Location::new("kiln.example", None, &["members", path]).unwrap()
}

fn document(did: &Did) -> Result<Document, DocumentError> {
    DocumentBuilder::new(did).key("sign", holder().public_jwk(), &[Relationship::Authentication]).build()
}

fn key_of(place: usize) -> &'static SigningKey {
    &log_keys()[place % log_keys().len()]
}

fn hashes(place: usize) -> Vec<KeyHash> {
    vec![KeyHash::of(key_of(place).public_jwk())]
}

fn time(number: u64) -> Timestamp {
    NOW.plus(i64::try_from(number).unwrap() * 60)
}

/// A valid chain of one to six entries: rotations, pre-rotation, moves, new documents.
fn chain(choices: &mut Choices<'_>) -> Chain {
    let (rotates, portable) = (choices.flag(), choices.flag());
    let settings = Settings {
        portable,
        next_keys: if rotates { hashes(1) } else { Vec::new() },
        ttl: choices.flag().then_some(u32::from(choices.byte())),
        ..Settings::default()
    };
    let place = location("ana");
    let inception = Inception { location: &place, document: &document, settings };
    let Created { did, text, log } = webvh::create(&inception, key_of(0), NOW).expect("a first entry");
    let mut chain = Chain { text, log, did, next: usize::from(rotates) };
    for _ in 0..choices.below(6) {
        chain.go_on(choices, rotates);
    }
    chain
}

impl Chain {
    fn go_on(&mut self, choices: &mut Choices<'_>, rotates: bool) {
        let number = self.log.number();
        let mut update =
            Update { ttl: choices.flag().then_some(u32::from(choices.byte())), ..Update::default() };
        let signer = self.next;
        if rotates {
            update.next_keys = Some(hashes(signer + 1));
            self.next = signer + 1;
        } else if choices.flag() {
            update.update_keys = Some(vec![key_of(signer + 1).public_jwk().clone()]);
            self.next = signer + 1;
        }
        if self.log.is_portable() && choices.flag() {
            update.move_to = Some(location(&format!("moved{number}")));
        }
        let line = self.log.append(&update, key_of(signer), time(number)).expect("the next entry");
        self.text.push_str(&line);
        self.did = self.log.did().expect("entries").clone();
    }
}

/// A valid chain of any shape is accepted, at every version.
fn valid_chain(input: &[u8]) {
    let chain = chain(&mut Choices::new(input));
    let now = time(60);
    let log = Log::verify(chain.text.as_bytes(), now).expect("what was written verifies");
    assert_eq!(log.number(), chain.log.number());
    let found =
        resolve_log(&chain.did, chain.text.as_bytes(), None, &Version::Latest, now).expect("it resolves");
    assert_eq!(*found.document.id(), chain.did);
    let url = DidUrl::parse_relative(&chain.did, "#sign").unwrap();
    let key = found.document.key(&url, Relationship::Authentication).expect("the key of the document");
    assert!(key == *holder().public_jwk());
    assert_eq!(found.metadata.version_id.as_deref(), log.version_id());
}

/// One fault in a valid chain is refused, and by its own name.
fn one_fault(input: &[u8]) {
    let mut choices = Choices::new(input);
    let chain = chain(&mut choices);
    let now = time(60);
    let mut lines: Vec<String> = chain.text.lines().map(str::to_owned).collect();
    let last = lines.len() - 1;
    let number = chain.log.number();
    let fault = |number: u64, fault: EntryFault| LogError::Entry { number, fault };
    let (expected, checked_at) = match choices.below(9) {
        0 => {
            // Somebody else's key, everything else right.
            let stranger =
                SigningKey::generate(jose::Algorithm::EdDsa, &crate::fixtures::randomness(99)).unwrap();
            let update = Update { next_keys: chain_commits(&chain).then(|| hashes(0)), ..Update::default() };
            let line =
                webvh::testing::forged_entry(&chain.log, &update, &stranger, now).expect("anybody can write");
            lines.push(line.trim_end().to_owned());
            let expected = if chain_commits(&chain) {
                EntryFault::Parameter(webvh::ParameterFault::PreRotationKey)
            } else {
                EntryFault::Proof(ProofFault::KeyNotActive)
            };
            (fault(number + 1, expected), now)
        }
        1 => {
            lines.push(lines[last].clone());
            (fault(number + 1, EntryFault::VersionNumber), now)
        }
        2 => {
            lines[last] = changed(&lines[last], |entry| {
                entry["state"]["alsoKnownAs"] = Value::from(vec!["did:web:x.example"])
            });
            let expected =
                if last == 0 { EntryFault::Scid } else { EntryFault::Proof(ProofFault::Signature) };
            (fault(number, expected), now)
        }
        3 => {
            lines[last] = changed(&lines[last], |entry| entry["extra"] = Value::from(1));
            (fault(number, EntryFault::Members), now)
        }
        4 => {
            lines[last] = changed(&lines[last], |entry| entry["proof"] = Value::Array(Vec::new()));
            let expected = EntryFault::Proof(ProofFault::Missing);
            (fault(number, expected), now)
        }
        5 => {
            lines[last] = changed(&lines[last], |entry| {
                entry["proof"][0]["cryptosuite"] = Value::from("eddsa-rdfc-2022")
            });
            (fault(number, EntryFault::Proof(ProofFault::Cryptosuite)), now)
        }
        6 => {
            lines[last] =
                changed(&lines[last], |entry| entry["parameters"]["method"] = Value::from("did:webvh:0.5"));
            (fault(number, EntryFault::Parameter(webvh::ParameterFault::Method)), now)
        }
        7 => {
            lines[last] = changed(&lines[last], |entry| {
                let id = entry["versionId"].as_str().unwrap().to_owned();
                let (number, hash) = id.split_once('-').unwrap();
                let number = number.parse::<u64>().unwrap() + 1;
                entry["versionId"] = Value::from(format!("{number}-{hash}"));
            });
            (fault(number, EntryFault::VersionNumber), now)
        }
        // Read before its time.
        _ => (fault(1, EntryFault::Future), NOW.minus(DAY)),
    };
    let text = lines.join("\n");
    let refused = Log::verify(text.as_bytes(), checked_at).expect_err("a fault was taken");
    assert_eq!(refused, expected, "{text}");
    let (kept, _) = Log::read(text.as_bytes(), checked_at);
    if let Some(kept) = kept {
        assert!(chain.log.continues(&kept), "what was kept is the part before the fault");
    }
}

fn chain_commits(chain: &Chain) -> bool {
    (0..log_keys().len()).any(|place| chain.log.commits_to(key_of(place).public_jwk()))
}

fn changed(line: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut entry: Value = serde_json::from_str(line).unwrap();
    change(&mut entry);
    entry.to_string()
}

/// A chain with one byte changed does not verify, unless it says the same: JSON has several spellings of one value.
fn one_byte(input: &[u8]) {
    let mut choices = Choices::new(input);
    let chain = chain(&mut choices);
    let Some(other) = one_byte_changed(&chain.text, &mut choices) else { return };
    if Log::verify(other.as_bytes(), time(60)).is_ok() {
        let values =
            |text: &str| text.lines().map(|line| jose::json::parse(line).unwrap()).collect::<Vec<_>>();
        assert_eq!(values(&other), values(&chain.text), "another log was taken: {other}");
    }
}

/// A log with two of three witnesses, and the file in which they approve it.
fn witnessed() -> &'static (Log, String) {
    static WITNESSED: OnceLock<(Log, String)> = OnceLock::new();
    WITNESSED.get_or_init(|| {
        let dids: Vec<Did> = (3..6).map(|place| key::did(key_of(place).public_jwk()).unwrap()).collect();
        let settings =
            Settings { witness: Some(witness::Witnesses::new(2, &dids).unwrap()), ..Settings::default() };
        let place = location("ana");
        let inception = Inception { location: &place, document: &document, settings };
        let mut log = webvh::create(&inception, key_of(0), NOW).unwrap().log;
        log.append(&Update::default(), key_of(0), time(1)).unwrap();
        let approve = |place| witness::approve(log.version_id().unwrap(), key_of(place), time(1)).unwrap();
        let file = Value::Array(vec![approve(3), approve(4)]).to_string();
        (log, file)
    })
}

fn witness_file(input: &[u8]) {
    let (log, _) = witnessed();
    assert_eq!(log.check_witnesses(None), Err(LogError::Witness(WitnessFault::Missing)));
    if log.check_witnesses(Some(input)).is_ok() {
        let Ok(Value::Array(items)) = jose::json::parse(input) else {
            panic!("a file that is no list approved")
        };
        let signed = items.iter().filter(|item| item.get("proof").is_some()).count();
        assert!(signed >= 1, "a file without proofs approved");
        for place in [3, 4] {
            let multikey = did::multikey::encode(key_of(place).public_jwk());
            let named = input.windows(multikey.len()).any(|window| window == multikey.as_bytes());
            assert!(named, "approved without the proof of a witness");
        }
    }
    let (first, second) = two(input);
    let _ = (log.check_witnesses(Some(first)), log.check_witnesses(Some(second)));
}

/// With two approvals needed and given, a change of one byte in either leaves too few, or says the same.
fn witness_one_byte(input: &[u8]) {
    let (log, file) = witnessed();
    assert!(log.check_witnesses(Some(file.as_bytes())).is_ok());
    let Some(other) = one_byte_changed(file, &mut Choices::new(input)) else { return };
    if log.check_witnesses(Some(other.as_bytes())).is_ok() {
        assert_eq!(jose::json::parse(&other).unwrap(), jose::json::parse(file).unwrap(), "{other}");
    }
}

/// Approvals are written as they were read; only those of witnesses are collected, and what is left out was not needed.
fn approvals(input: &[u8]) {
    let Ok(read) = Approvals::read(input) else { return };
    let again = Approvals::read(read.to_text().as_bytes()).expect("written by us");
    assert_eq!(again.to_text(), read.to_text());
    let (log, file) = witnessed();
    let mut kept = Approvals::read(file.as_bytes()).expect("made here");
    let before = kept.to_text();
    if kept.take(read, log).is_err() {
        assert_eq!(kept.to_text(), before, "a refusal changes nothing");
    }
    assert!(log.check_witnesses(Some(kept.pruned(log).to_text().as_bytes())).is_ok());
}
