//! Logs that our writer made, with the keys that may go on writing them.

use did::web::Location;
use did::webvh::{self, Created, Inception, KeyHash, Log, Settings, Update, witness};
use did::{Did, Document, DocumentBuilder, DocumentError, Relationship, key};
use environment::{SeededRandomness, Timestamp};
use jose::{Algorithm, Signer as _, SigningKey};
use serde_json::Value;

/// A log and the proofs of its witnesses.
pub(crate) struct Written {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) witness: Option<String>,
    pub(crate) keys: Vec<SigningKey>,
}

/// One log for everything that a log can do.
pub(crate) fn logs() -> Vec<Written> {
    vec![plain(), rotated(), pre_rotated(), moved(), witnessed(), ended(), whole()]
}

fn keys() -> Vec<SigningKey> {
    let key = |seed| SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(seed)).unwrap();
    (1..=6).map(key).collect()
}

/// Always the same, so that changes are the same and their counts too.
fn time(number: usize) -> Timestamp {
    Timestamp::from_seconds(1_750_000_000).plus(60 * i64::try_from(number).unwrap())
}

fn location(path: &str) -> Location {
    Location::new("office.example.org", None, &["members", path]).unwrap()
}

fn document(did: &Did) -> Result<Document, DocumentError> {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(9)).unwrap();
    DocumentBuilder::new(did).key("sign", key.public_jwk(), &[Relationship::Authentication]).build()
}

fn hash(key: &SigningKey) -> Vec<KeyHash> {
    vec![KeyHash::of(key.public_jwk())]
}

struct Writing {
    name: &'static str,
    keys: Vec<SigningKey>,
    text: String,
    log: Log,
    entries: usize,
}

impl Writing {
    fn begin(name: &'static str, settings: Settings) -> Self {
        let keys = keys();
        let place = location("ana");
        let inception = Inception { location: &place, document: &document, settings };
        let Created { text, log, .. } = webvh::create(&inception, &keys[0], time(0)).unwrap();
        Self { name, keys, text, log, entries: 1 }
    }

    fn then(mut self, update: &Update, signer: usize) -> Self {
        let line = self.log.append(update, &self.keys[signer], time(self.entries)).unwrap();
        self.text.push_str(&line);
        self.entries += 1;
        self
    }

    fn done(self) -> Written {
        Written { name: self.name, text: self.text, witness: None, keys: self.keys }
    }

    fn approved(self, witnesses: &[usize]) -> Written {
        let id = self.log.version_id().unwrap();
        let approve = |place: &usize| witness::approve(id, &self.keys[*place], time(50)).unwrap();
        let file = Value::Array(witnesses.iter().map(approve).collect()).to_string();
        Written { witness: Some(file), ..self.done() }
    }
}

fn witnesses(threshold: usize) -> witness::Witnesses {
    let dids: Vec<Did> = keys()[3..].iter().map(|witness| key::did(witness.public_jwk()).unwrap()).collect();
    witness::Witnesses::new(threshold, &dids).unwrap()
}

fn plain() -> Written {
    let ttl = |ttl| Update { ttl: Some(ttl), ..Update::default() };
    Writing::begin("plain", Settings::default()).then(&Update::default(), 0).then(&ttl(60), 0).done()
}

fn rotated() -> Written {
    let key = keys()[1].public_jwk().clone();
    let rotate = Update { update_keys: Some(vec![key]), ..Update::default() };
    Writing::begin("rotated", Settings::default()).then(&rotate, 0).then(&Update::default(), 1).done()
}

fn pre_rotated() -> Written {
    let keys = keys();
    let settings = Settings { next_keys: hash(&keys[1]), ..Settings::default() };
    let go_on = |key| Update { next_keys: Some(hash(key)), ..Update::default() };
    Writing::begin("pre-rotated", settings).then(&go_on(&keys[2]), 1).then(&go_on(&keys[0]), 2).done()
}

fn moved() -> Written {
    let settings = Settings { portable: true, ..Settings::default() };
    let move_on = Update { move_to: Some(location("moved")), ..Update::default() };
    Writing::begin("moved", settings).then(&move_on, 0).then(&Update::default(), 0).done()
}

fn witnessed() -> Written {
    let settings = Settings { witness: Some(witnesses(2)), ..Settings::default() };
    Writing::begin("witnessed", settings).then(&Update::default(), 0).approved(&[3, 5])
}

fn ended() -> Written {
    let end = Update { deactivate: true, ..Update::default() };
    Writing::begin("deactivated", Settings::default()).then(&Update::default(), 0).then(&end, 0).done()
}

/// Portable, pre-rotated, witnessed from the second entry on, and given up.
fn whole() -> Written {
    let keys = keys();
    let settings =
        Settings { portable: true, next_keys: hash(&keys[1]), ttl: Some(300), ..Settings::default() };
    let watched =
        Update { next_keys: Some(hash(&keys[2])), witness: Some(Some(witnesses(2))), ..Update::default() };
    let move_on =
        Update { next_keys: Some(hash(&keys[0])), move_to: Some(location("elsewhere")), ..Update::default() };
    let open = Update { next_keys: Some(Vec::new()), ..Update::default() };
    Writing::begin("everything", settings)
        .then(&watched, 1)
        .then(&move_on, 2)
        .then(&open, 0)
        .approved(&[3, 4])
}
