//! The JSON schema of a did:webvh log entry: our own logs and those of the test suite, held to it.

use std::fs;

use did::web::Location;
use did::webvh::{Created, Inception, KeyHash, Settings, Update, create, witness::Witnesses};
use did::{Did, Document};
use environment::{Randomness, SeededRandomness, Timestamp};
use harness::vectors::{Suite, suite};
use jose::{Algorithm, Signer as _, SigningKey, json};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::{NOW, folders, name};
use crate::walk::said;

const NAME: &str = "didwebvh-schema";

const ENDS_A_LIST: &str = "an empty list ends pre-rotation or all updates (did:webvh 1.0, \"Deactivate\", \"Pre-Rotation Key Hash \
     Generation\"); the schema asks for one item";

const WATCHERS: &str = "watchers are left out: a resolver may use them (did:webvh 1.0, \"DID Watchers\")";

#[test]
fn our_logs_and_those_of_the_suite_are_as_the_schema_of_a_log_entry_says() {
    let Some(folder) = suite(NAME) else { return };
    let text = fs::read_to_string(folder.join("schemas/v1.0/log_entry.json")).unwrap();
    let strict = schema(&text);
    let mut run = Suite::new(NAME, EXCEPTIONS);
    for (case, line) in our_lines() {
        run.case(&format!("ours: {case}"), fits(&strict, &line));
    }
    // Others write empty lists where they have none.
    let lenient = schema(&text.replace(r#""minItems": 1"#, r#""minItems": 0"#));
    if let Some(logs) = suite("didwebvh-test-suite") {
        for scenario in
            folders(&logs.join("vectors")).iter().filter(|path| !name(path).starts_with("negative-"))
        {
            for implementation in folders(scenario) {
                let log = fs::read_to_string(implementation.join("did.jsonl")).unwrap();
                let outcome = log.lines().try_for_each(|line| fits(&lenient, line));
                run.case(&format!("{}/{}", name(scenario), name(&implementation)), outcome);
            }
        }
    }
    run.left_out("watcherOpenAPI/watcher-v1.0.0.yml", 1, WATCHERS);
    run.finish();
}

const EXCEPTIONS: &[(&str, &str)] =
    &[("ours: deactivation", ENDS_A_LIST), ("ours: end of pre-rotation", ENDS_A_LIST)];

/// The schema, with what JSON Schema knows in place of the type `date-time`, which it does not.
fn schema(text: &str) -> Validator {
    let text = text.replace(r#""type": "date-time""#, r#""type": "string", "format": "date-time""#);
    jsonschema::options().should_validate_formats(true).build(&json::parse(text).unwrap()).unwrap()
}

fn fits(schema: &Validator, line: &str) -> Result<(), String> {
    let entry = json::parse(line).map_err(said)?;
    let complaints: Vec<_> =
        schema.iter_errors(&entry).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("; ")) }
}

// What we write.

fn key(randomness: &dyn Randomness) -> SigningKey {
    SigningKey::generate(Algorithm::EdDsa, randomness).unwrap()
}

fn at(step: i64) -> Timestamp {
    NOW.minus(1_000 - step)
}

fn document(did: &Did) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": did.to_string(),
        "service": [{"id": format!("{did}#s"), "type": "Example", "serviceEndpoint": "https://office.example.org"}]
    })
}

/// The first lines and updates of two logs: one with everything that an entry can hold, one that pre-rotates.
fn our_lines() -> Vec<(&'static str, String)> {
    let randomness = SeededRandomness::new(1);
    let (first, next, witness) = (key(&randomness), key(&randomness), key(&randomness));
    let witness = Did::parse(&format!("did:key:{}", did::multikey::encode(witness.public_jwk()))).unwrap();
    let whole = Settings {
        portable: true,
        next_keys: Vec::new(),
        witness: Some(Witnesses::new(1, &[witness]).unwrap()),
        watchers: vec!["https://watcher.example.org".to_owned()],
        ttl: Some(3_600),
    };
    let mut lines = Vec::new();
    let mut created = begin(whole, &first);
    lines.push(("inception", created.text.clone()));
    let moved = Update {
        move_to: Some(Location::new("elsewhere.example.org", None, &[]).unwrap()),
        ..Update::default()
    };
    for (case, update) in [
        ("update", Update { ttl: Some(60), ..Update::default() }),
        ("move", moved),
        ("end of witnessing", Update { witness: Some(None), ..Update::default() }),
        ("deactivation", Update { deactivate: true, ..Update::default() }),
    ] {
        let now = at(i64::try_from(lines.len()).unwrap());
        lines.push((case, created.log.append(&update, &first, now).unwrap()));
    }
    let committed = Settings { next_keys: vec![KeyHash::of(next.public_jwk())], ..Settings::default() };
    let mut created = begin(committed, &first);
    lines.push(("inception with a commitment", created.text.clone()));
    let end = Update { next_keys: Some(Vec::new()), ..Update::default() };
    lines.push(("end of pre-rotation", created.log.append(&end, &next, at(1)).unwrap()));
    lines
}

fn begin(settings: Settings, signer: &SigningKey) -> Created {
    let location = Location::new("office.example.org", None, &[]).unwrap();
    let build = |did: &Did| Document::from_value(document(did));
    create(&Inception { location: &location, document: &build, settings }, signer, at(0)).unwrap()
}
