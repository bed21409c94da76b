//! Our logs, changed in thousands of ways, and most of them made fit again, so that rules behind the hashes are reached.

mod explained;

use jose::{Signer as _, SigningKey};
use second_opinion::Comparison;
use second_opinion::claims::Choices;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::sealing::{renew, seal};
use crate::written::{Written, logs};
use crate::{LIBRARY, named, ours, theirs};
use explained::{KINDS, explained};

/// So many changes to each log.
const CHANGES: u64 = 1_000;

#[test]
fn a_changed_log_is_taken_by_both_or_refused_by_both() {
    let mut seen = Comparison::new(LIBRARY, "changed did:webvh logs", KINDS);
    let mut taken = 0;
    for (place, log) in logs().iter().enumerate() {
        for seed in 0..CHANGES {
            let changed = change(log, &mut Choices::new(seed ^ ((place as u64) << 32)));
            let case = format!("{} {seed} {}", log.name, changed.change);
            taken += usize::from(compare(&mut seen, &case, &changed));
        }
    }
    // A change that both refuse for its hash would tell nothing.
    assert!(taken > 200, "{taken} changed logs were taken");
    seen.finish();
}

fn compare(seen: &mut Comparison, case: &str, changed: &Changed) -> bool {
    let witness = changed.witness.as_deref();
    let ours = ours(&changed.did, &changed.log, witness);
    let theirs = theirs(&changed.did, &changed.log, witness);
    let (is_taken, equal) = match (&ours, &theirs) {
        (Err(_), Err(_)) => (false, true),
        (Ok(ours), Ok(theirs)) => (true, ours == theirs),
        _ => (false, false),
    };
    match explained(changed, &ours, &theirs) {
        _ if equal => seen.agrees(),
        Some(kind) => seen.differs(kind),
        None => seen.unexplained(case, &format!("ours {ours:?}, theirs {theirs:?}")),
    }
    is_taken
}

/// A log after one change.
struct Changed {
    change: String,
    did: String,
    log: String,
    witness: Option<String>,
}

fn change(log: &Written, choices: &mut Choices) -> Changed {
    let mut entries: Vec<Value> = log.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut witness: Option<Value> = log.witness.as_deref().map(|text| serde_json::from_str(text).unwrap());
    let before = entries.clone();
    let of_witness = witness.is_some() && choices.below(3) == 0;
    let mut change = if of_witness {
        "witness file".to_owned()
    } else {
        (CHANGES_OF_ENTRIES[choices.below(CHANGES_OF_ENTRIES.len())])(&mut entries, choices, &log.keys)
    };
    let first = (0..entries.len()).find(|place| before.get(*place) != entries.get(*place)).unwrap_or(0);
    if choices.below(4) > 0 && !entries.is_empty() && !of_witness {
        seal(&mut entries, first, &log.keys);
        change.push_str(", sealed");
    }
    if let Some(file) = &mut witness {
        approve_again(file, &entries, &log.keys);
        if of_witness {
            change = change_approvals(file, &entries, choices, &log.keys);
        }
    }
    let lines: Vec<String> = entries.iter().map(Value::to_string).collect();
    let text = lines.join("\n");
    let did = did::webvh::last_did(text.as_bytes()).map_or_else(|| named(&log.text), |did| did.to_string());
    Changed { change, did, log: text, witness: witness.map(|file| file.to_string()) }
}

/// The approvals are of the last entry, whatever its id is now.
fn approve_again(file: &mut Value, entries: &[Value], keys: &[SigningKey]) {
    let Some(id) = entries.last().and_then(|entry| entry["versionId"].as_str()) else { return };
    for item in file.as_array_mut().into_iter().flatten() {
        item["versionId"] = json!(id);
        renew_approval(item, keys);
    }
}

fn renew_approval(item: &mut Value, keys: &[SigningKey]) {
    let approved = json!({"versionId": item["versionId"]});
    let document = Sha256::digest(serde_json_canonicalizer::to_vec(&approved).unwrap());
    let proofs = match &mut item["proof"] {
        Value::Array(proofs) => proofs.as_mut_slice(),
        single => std::slice::from_mut(single),
    };
    for proof in proofs {
        renew(proof, document.as_slice(), keys);
    }
}

fn change_approvals(
    file: &mut Value,
    entries: &[Value],
    choices: &mut Choices,
    keys: &[SigningKey],
) -> String {
    let items = file.as_array_mut().unwrap();
    let place = choices.below(items.len());
    let what = match choices.below(7) {
        0 => {
            items.remove(place);
            "an approval dropped"
        }
        1 => {
            items.push(items[place].clone());
            "an approval twice"
        }
        2 => {
            items[place]["versionId"] = choices.one(entries)["versionId"].clone();
            renew_approval(&mut items[place], keys);
            "an approval of another entry"
        }
        3 => {
            items[place]["versionId"] = json!("9-QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG");
            renew_approval(&mut items[place], keys);
            "an approval of no entry"
        }
        4 => {
            let other = did::multikey::encode(choices.one(keys).public_jwk());
            let item = &mut items[place];
            let proof = if item["proof"].is_array() { &mut item["proof"][0] } else { &mut item["proof"] };
            proof["verificationMethod"] = json!(format!("did:key:{other}#{other}"));
            renew_approval(item, keys);
            "an approval by somebody else"
        }
        5 => return format!("approvals: {}", retype(file, choices)),
        _ => return format!("approvals: {}", retext(file, choices)),
    };
    what.to_owned()
}

type EntryChange = fn(&mut Vec<Value>, &mut Choices, &[SigningKey]) -> String;

const CHANGES_OF_ENTRIES: &[EntryChange] = &[
    |entries, choices, _| one(entries, choices, retype),
    |entries, choices, _| one(entries, choices, retext),
    |entries, choices, _| one(entries, choices, drop_member),
    |entries, choices, _| one(entries, choices, add_member),
    |entries, choices, _| order(entries, choices),
    |entries, choices, keys| one(entries, choices, |entry, choices| parameter(entry, choices, keys)),
    |entries, choices, keys| one(entries, choices, |entry, choices| parameter(entry, choices, keys)),
    |entries, choices, keys| one(entries, choices, |entry, choices| proof(entry, choices, keys)),
    |entries, choices, _| one(entries, choices, time),
    |entries, choices, _| one(entries, choices, number),
    |entries, choices, _| one(entries, choices, state),
];

fn one(
    entries: &mut [Value],
    choices: &mut Choices,
    change: impl FnOnce(&mut Value, &mut Choices) -> String,
) -> String {
    let place = choices.below(entries.len());
    format!("entry {}: {}", place + 1, change(&mut entries[place], choices))
}

fn order(entries: &mut Vec<Value>, choices: &mut Choices) -> String {
    let place = choices.below(entries.len());
    match choices.below(3) {
        0 => {
            entries.insert(place, entries[place].clone());
            format!("entry {} twice", place + 1)
        }
        1 => {
            entries.remove(place);
            format!("entry {} dropped", place + 1)
        }
        _ => {
            let other = choices.below(entries.len());
            entries.swap(place, other);
            format!("entries {} and {} swapped", place + 1, other + 1)
        }
    }
}

/// Pointers to every value inside.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                found.push(at.clone());
                pointers(inner, &at, found);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                let at = format!("{at}/{index}");
                found.push(at.clone());
                pointers(inner, &at, found);
            }
        }
        _ => {}
    }
}

fn somewhere(value: &Value, choices: &mut Choices, is: impl Fn(&Value) -> bool) -> Option<String> {
    let mut found = Vec::new();
    pointers(value, "", &mut found);
    found.retain(|at| value.pointer(at).is_some_and(&is));
    (!found.is_empty()).then(|| choices.one(&found).clone())
}

fn retype(value: &mut Value, choices: &mut Choices) -> String {
    let Some(at) = somewhere(value, choices, |_| true) else { return "nothing to retype".to_owned() };
    let other = [json!(null), json!(1), json!(true), json!(""), json!([]), json!({}), json!("x"), json!([1])];
    let other = choices.one(&other).clone();
    let what = format!("{at} is {other}");
    *value.pointer_mut(&at).unwrap() = other;
    what
}

fn retext(value: &mut Value, choices: &mut Choices) -> String {
    let Some(at) = somewhere(value, choices, Value::is_string) else { return "no text to change".to_owned() };
    let text = value.pointer_mut(&at).unwrap();
    let mut characters: Vec<char> = text.as_str().unwrap().chars().collect();
    let place = choices.below(characters.len().max(1));
    match (choices.below(3), characters.get_mut(place)) {
        (0, Some(one)) => *one = if *one == 'a' { 'b' } else { 'a' },
        (1, Some(_)) => drop(characters.remove(place)),
        _ => {
            characters.insert(place.min(characters.len()), *choices.one(&['Z', ' ', '%', '/', '#', '0', 'ñ']))
        }
    }
    *text = json!(characters.into_iter().collect::<String>());
    format!("{at} is {text}")
}

fn drop_member(value: &mut Value, choices: &mut Choices) -> String {
    let Some(at) = somewhere(value, choices, |_| true) else { return "nothing to drop".to_owned() };
    let (parent, name) = at.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.remove(&name.replace("~1", "/").replace("~0", "~"))),
        Value::Array(items) => drop(items.remove(name.parse().unwrap())),
        _ => {}
    }
    format!("without {at}")
}

fn add_member(value: &mut Value, choices: &mut Choices) -> String {
    let at = somewhere(value, choices, Value::is_object).filter(|_| choices.flag()).unwrap_or_default();
    value.pointer_mut(&at).unwrap()["added"] = json!("x");
    format!("{at} with another member")
}

fn parameter(entry: &mut Value, choices: &mut Choices, keys: &[SigningKey]) -> String {
    let key = did::multikey::encode(choices.one(keys).public_jwk());
    let hash = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG";
    let witness = |threshold: Value, ids: &[&String]| {
        let witnesses: Vec<Value> = ids.iter().map(|id| json!({"id": format!("did:key:{id}")})).collect();
        json!({"threshold": threshold, "witnesses": witnesses})
    };
    let values = [
        ("method", json!("did:webvh:1.0")),
        ("method", json!("did:webvh:0.5")),
        ("method", json!("did:webvh:1.1")),
        ("scid", json!(hash)),
        ("portable", json!(true)),
        ("portable", json!(false)),
        ("portable", json!(null)),
        ("deactivated", json!(true)),
        ("deactivated", json!(false)),
        ("ttl", json!(0)),
        ("ttl", json!(-1)),
        ("ttl", json!(1.5)),
        ("ttl", json!("60")),
        ("ttl", json!(null)),
        ("ttl", json!(4_294_967_296_u64)),
        ("updateKeys", json!([])),
        ("updateKeys", json!([key])),
        ("updateKeys", json!([key, key])),
        ("updateKeys", json!(["nonsense"])),
        ("updateKeys", json!(null)),
        ("nextKeyHashes", json!([])),
        ("nextKeyHashes", json!([hash])),
        ("nextKeyHashes", json!(["nonsense"])),
        ("nextKeyHashes", json!(null)),
        ("watchers", json!([])),
        ("watchers", json!(["https://watcher.example.org"])),
        ("watchers", json!(["nonsense"])),
        ("watchers", json!(null)),
        ("witness", json!({})),
        ("witness", json!(null)),
        ("witness", witness(json!(0), &[&key])),
        ("witness", witness(json!(1), &[&key])),
        ("witness", witness(json!(1), &[])),
        ("witness", witness(json!(2), &[&key])),
        ("witness", witness(json!(2), &[&key, &key])),
        ("witness", witness(json!("1"), &[&key])),
    ];
    let (name, value) = choices.one(&values).clone();
    let what = format!("{name} is {value}");
    entry["parameters"][name] = value;
    what
}

fn proof(entry: &mut Value, choices: &mut Choices, keys: &[SigningKey]) -> String {
    let key = did::multikey::encode(choices.one(keys).public_jwk());
    let list = entry["proof"].is_array();
    let first = if list { &mut entry["proof"][0] } else { &mut entry["proof"] };
    let values = [
        ("verificationMethod", json!(format!("did:key:{key}#{key}"))),
        ("verificationMethod", json!(format!("did:key:{key}"))),
        ("proofPurpose", json!("authentication")),
        ("cryptosuite", json!("eddsa-rdfc-2022")),
        ("type", json!("Ed25519Signature2020")),
        ("created", json!("2026-01-01T00:00:00Z")),
        ("created", json!("yesterday")),
        ("expires", json!("2026-01-01T00:00:00Z")),
        ("domain", json!("example.org")),
        ("challenge", json!("x")),
        ("id", json!("urn:uuid:6a1676b8-b51f-11ed-937b-d76685a20ff5")),
        ("nonce", json!("x")),
        ("@context", json!("https://w3id.org/security/data-integrity/v2")),
    ];
    match choices.below(4) {
        0 => {
            let single = first.clone();
            entry["proof"] = if list { single } else { json!([single]) };
            "one proof outside of its list".to_owned()
        }
        1 => {
            let single = first.clone();
            entry["proof"] = json!([single, single]);
            "the proof twice".to_owned()
        }
        _ => {
            let (name, value) = choices.one(&values).clone();
            let what = format!("proof with {name} {value}");
            first[name] = value;
            what
        }
    }
}

fn time(entry: &mut Value, choices: &mut Choices) -> String {
    let text = entry["versionTime"].as_str().unwrap_or_default().to_owned();
    let plain = text.trim_end_matches('Z');
    let other = match choices.below(9) {
        0 => "2020-01-01T00:00:00Z".to_owned(),
        1 => "2090-01-01T00:00:00Z".to_owned(),
        2 => format!("{plain}+00:00"),
        3 => format!("{plain}+01:00"),
        4 => plain.to_owned(),
        5 => format!("{plain}.5Z"),
        6 => text.replace('T', " "),
        7 => text.to_lowercase(),
        _ => text.replace('-', ""),
    };
    entry["versionTime"] = json!(other);
    format!("at {other}")
}

fn number(entry: &mut Value, choices: &mut Choices) -> String {
    let id = entry["versionId"].as_str().unwrap_or_default().to_owned();
    let (number, hash) = id.split_once('-').unwrap_or_default();
    let number: u64 = number.parse().unwrap_or(1);
    let other = match choices.below(5) {
        0 => format!("{}-{hash}", number + 1),
        1 => format!("{}-{hash}", number - 1),
        2 => format!("0{number}-{hash}"),
        3 => format!("+{number}-{hash}"),
        _ => format!("{number}--{hash}"),
    };
    entry["versionId"] = json!(other);
    format!("version {other}")
}

fn state(entry: &mut Value, choices: &mut Choices) -> String {
    let id = entry["state"]["id"].as_str().unwrap_or_default().to_owned();
    let scid = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG";
    let values = [
        ("id", json!(id.replace("office", "other"))),
        ("id", json!(id.replace("members", "%2e%2e"))),
        ("id", json!(id.replace("office.example.org", "localhost%3A8080"))),
        ("id", json!(id.replace("office.example.org", "192.0.2.1"))),
        ("id", json!(id.replace("did:webvh:", "did:web:"))),
        ("id", json!(format!("did:webvh:{scid}:office.example.org"))),
        ("id", json!(format!("{id}#fragment"))),
        ("alsoKnownAs", json!([])),
        ("alsoKnownAs", json!([id])),
        ("alsoKnownAs", json!("text")),
        ("controller", json!("did:example:1")),
        ("controller", json!(["did:example:1"])),
        ("service", json!([{"id": "#s", "type": "S", "serviceEndpoint": "https://s.example"}])),
        ("service", json!("text")),
        ("verificationMethod", json!([])),
        ("verificationMethod", json!("text")),
    ];
    let (name, value) = choices.one(&values).clone();
    let what = format!("state with {name} {value}");
    entry["state"][name] = value;
    what
}
