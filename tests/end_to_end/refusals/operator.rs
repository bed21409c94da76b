//! `passport operator`: what is refused, with exit status 1 and a sentence; the network's state stays byte for byte.

use environment::SeededRandomness;
use jose::{Algorithm, Signer, SigningKey};
use serde_json::json;

use super::*;

const HARBOUR: &str = "did:web:harbour.example.org";

struct Network {
    root: tempfile::TempDir,
    folder: PathBuf,
}

fn key(seed: u64) -> Value {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap();
    key.public_jwk().to_value()
}

/// The request of a space for admission.
fn request(did: &str, host: &str, seed: u64) -> Value {
    json!({
        "did": did, "host": host, "role": "space", "display_name": "Harbour",
        "keys": {"request": key(seed), "issuing": key(seed + 1)},
        "registration": {
            "legal_name": "Harbour Cooperative",
            "contacts": {"email": "hello@example.org"},
            "data_protection_contact": {"email": "privacy@example.org"},
            "supervisory_authority": {"name": "Data Protection Example", "contacts": {}},
            "privacy_policy": "https://harbour.example.org/privacy",
            "intended_uses": [{"id": "join", "purpose": {"en": "Becoming a member"}, "legal_basis": "contract",
                "claims": [{"path": ["email"], "retention_days": 30}],
                "credential_types": ["urn:passport-network:profile:1"]}]
        }
    })
}

impl Network {
    /// A network with one space.
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("network");
        let list = "https://operator.example.org/network-list";
        does(&["operator", "init", text(&folder), "--name", "Test", "--list-url", list]);
        let this = Self { root, folder };
        let file = this.put("harbour.json", &request(HARBOUR, "harbour.example.org", 1).to_string());
        does(&["operator", "admit", text(&this.folder), text(&file)]);
        does(&["operator", "list", text(&this.folder)]);
        this
    }

    fn put(&self, name: &str, content: &str) -> PathBuf {
        let path = self.root.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Refused with exit status 1 and a sentence with `part`; not one file of the network is another.
    fn refuses(&self, words: &[&str], part: &str) {
        let before = contents(&self.folder);
        refuses(&[&["operator"], words].concat(), 1, part);
        assert!(contents(&self.folder) == before, "{words:?} changed the network");
    }
}

#[test]
fn a_party_that_breaks_a_rule_is_not_admitted() {
    let network = Network::new();
    let folder = text(&network.folder).to_owned();
    let other = || request("did:web:kiln.example.org", "kiln.example.org", 11);
    let with = |pointer: &str, value: Value| {
        let mut request = other();
        *request.pointer_mut(pointer).unwrap() = value;
        request
    };
    let mut unknown = other();
    unknown["admin"] = json!(true);
    let mut proven = other();
    proven["proofs"] = json!({"request": "a.b.c"});
    let mut prefixed = other();
    prefixed["number_prefix"] = json!("HRB1");
    let cases = [
        ("another member's host", with("/host", json!("harbour.example.org")), "has this host"),
        ("another member's key", with("/keys/issuing", key(1)), "uses one of these keys"),
        ("one key for both", with("/keys/issuing", key(11)), "different keys"),
        (
            "a private key",
            with("/keys/issuing", {
                let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(12)).unwrap();
                serde_json::from_str(&key.to_private_json()).unwrap()
            }),
            "documented form",
        ),
        ("no DID", with("/did", json!("kiln")), "DID of the party"),
        ("a host with a port", with("/host", json!("kiln.example.org:8080")), "without a port"),
        ("no name", with("/display_name", json!(" ")), "display name"),
        ("another role", with("/role", json!("operator")), "documented form"),
        ("no use", with("/registration/intended_uses", json!([])), ""),
        ("a space with a number prefix", prefixed, "only offices have one"),
        ("an unknown member", unknown, "documented form"),
        ("a proof that is none", proven, "proof of possession"),
    ];
    for (case, request, part) in cases {
        let file = network.put("request.json", &request.to_string());
        network.refuses(&["admit", &folder, text(&file)], part);
        assert!(!case.is_empty());
    }
    for (name, content) in
        [("empty.json", ""), ("half.json", "{"), ("twice.json", r#"{"did":"a","did":"b"}"#)]
    {
        network.refuses(&["admit", &folder, text(&network.put(name, content))], "documented form");
    }
    network.refuses(&["admit", &folder, text(&network.root.path().join("nowhere.json"))], "cannot be read");
    let listed = does(&["operator", "members", &folder]);
    assert_eq!(json_of(&listed).as_array().unwrap().len(), 1);
    let file = network.put("request.json", &other().to_string());
    does(&["operator", "admit", &folder, text(&file)]);
}

#[test]
fn members_that_there_are_not_or_that_were_put_aside_get_nothing() {
    let network = Network::new();
    let folder = text(&network.folder).to_owned();
    for command in ["renew", "suspend", "expel", "readmit"] {
        network.refuses(
            &[command, &folder, "did:web:nobody.example.org"],
            "no member of the network has this DID",
        );
        network.refuses(&[command, &folder, "HARBOUR"], "no member of the network has this DID");
    }
    let file = network.put("again.json", &request(HARBOUR, "harbour.example.org", 1).to_string());
    for command in ["suspend", "expel"] {
        does(&["operator", command, &folder, HARBOUR]);
        network.refuses(&["renew", &folder, HARBOUR], "readmit it first");
        network.refuses(&["admit", &folder, text(&file)], "readmit it first");
    }
    does(&["operator", "readmit", &folder, HARBOUR]);
    does(&["operator", "renew", &folder, HARBOUR]);
}

#[test]
fn a_folder_without_the_right_network_is_refused_by_every_command() {
    let network = Network::new();
    let folder = text(&network.folder).to_owned();
    let list = "https://operator.example.org/network-list";
    network.refuses(&["init", &folder, "--name", "Other", "--list-url", list], "another name");
    let elsewhere = "https://operator.example.org/other";
    network.refuses(&["init", &folder, "--name", "Test", "--list-url", elsewhere], "another name");
    let empty = network.root.path().join("empty");
    for (url, part) in
        [("nonsense", ""), ("http://operator.example.org/list", ""), ("ftp://x.example.org", "")]
    {
        refuses(&["operator", "init", text(&empty), "--name", "Test", "--list-url", url], 1, part);
        assert!(!empty.join("operator.json").exists(), "{url} founded a network");
    }
    let file = text(&network.root.path().join("harbour.json")).to_owned();
    let commands = |folder: &str| {
        [
            vec!["admit".to_owned(), folder.to_owned(), file.clone()],
            vec!["renew".to_owned(), folder.to_owned(), HARBOUR.to_owned()],
            vec!["list".to_owned(), folder.to_owned()],
            vec!["list".to_owned(), folder.to_owned(), "--renew".to_owned()],
            vec!["members".to_owned(), folder.to_owned()],
            vec!["suspend".to_owned(), folder.to_owned(), HARBOUR.to_owned()],
            vec!["expel".to_owned(), folder.to_owned(), HARBOUR.to_owned()],
            vec!["readmit".to_owned(), folder.to_owned(), HARBOUR.to_owned()],
        ]
    };
    let nowhere = network.root.path().join("nowhere");
    for words in commands(text(&nowhere)) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        network.refuses(&words, "there is no network in this folder");
        assert!(!nowhere.exists(), "{words:?} made a folder");
    }
    let state = network.folder.join("operator.json");
    let whole = fs::read(&state).unwrap();
    fs::write(&state, whole.split_at(whole.len() / 2).0).unwrap();
    for words in commands(&folder) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        network.refuses(&words, "restore it from a backup");
    }
    network.refuses(&["init", &folder, "--name", "Test", "--list-url", list], "restore it from a backup");
    fs::write(&state, whole).unwrap();
    does(&["operator", "list", &folder]);
}

#[test]
fn a_call_that_cannot_be_meant_ends_with_2() {
    for words in [
        &["operator"][..],
        &["operator", "dismiss", "x"],
        &["operator", "init", "x"],
        &["operator", "admit", "x"],
        &["operator", "renew", "x"],
        &["operator", "list"],
        &["operator", "members"],
        &["operator", "suspend", "x"],
        &["operator", "expel", "x"],
        &["operator", "readmit", "x"],
    ] {
        refuses(words, 2, "");
    }
}
