//! Every command with input that is accepted and input that misses it narrowly.
#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

mod queries;
mod requests;
mod sd_jwts;
mod status_lists;
mod types;

use std::fs;
use std::sync::Arc;

use clap::Parser;
use environment::{Environment, ManualClock, SeededRandomness, Timestamp};
use jose::{Algorithm, Signer, SigningKey, jwt};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use trust::authority::{Authority, LeafRequest, Validity};
use trust::{CertificateChain, Purpose, SubAuthority};

use super::{Ended, InspectArguments, run};

/// 2026-11-25T00:00:00Z.
const NOW: i64 = 1_795_564_800;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: InspectArguments,
}

/// A folder of files, and the command run in it.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Writes a file; returns its path.
    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs `passport inspect ARGUMENTS` with `input` as standard input.
    fn run(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> (Ended, Value) {
        let line = Line::try_parse_from(["inspect"].iter().chain(arguments)).unwrap();
        let clock = ManualClock::new(Timestamp::from_seconds(NOW));
        let environment = Environment::new(Arc::new(clock), Arc::new(SeededRandomness::new(1)));
        let mut output = Vec::new();
        let ended = run(&line.arguments, &environment, &mut output, &mut input.as_ref()).unwrap();
        (ended, serde_json::from_slice(&output).unwrap_or(Value::Null))
    }

    /// What an accepted input prints.
    fn accepted(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Value {
        let (ended, report) = self.run(arguments, input);
        assert_eq!(ended, Ended::Accepted, "{report}");
        assert!(report["checked"].is_array() && report["type"].is_string(), "{report}");
        report
    }

    /// Code and source of a refusal.
    fn refused(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> (String, String) {
        let (ended, report) = self.run(arguments, input);
        assert_eq!((ended, &report["valid"]), (Ended::Refused, &json!(false)), "{report}");
        assert!(report["error"]["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{report}");
        let text = |name: &str| report["error"][name].as_str().unwrap().to_owned();
        (text("code"), text("source"))
    }
}

fn pair(code: &str, source: &str) -> (String, String) {
    (code.to_owned(), source.to_owned())
}

fn checks(report: &Value, check: &str) -> bool {
    report["checked"].as_array().unwrap().contains(&json!(check))
}

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
}

fn public(key: &SigningKey) -> String {
    key.public_jwk().to_value().to_string()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn signed(typ: &str, header: &Value, claims: &Value, key: &SigningKey) -> String {
    jwt::sign(typ, object(header.clone()), &object(claims.clone()), key).unwrap()
}

/// A root and the chain of a leaf below it.
struct Certified {
    root: String,
    chain: CertificateChain,
}

/// A chain for `key` of kiln.example.org.
fn certified(seed: u64, purpose: Purpose, key: &SigningKey) -> Certified {
    let randomness = SeededRandomness::new(seed);
    let validity = Validity::days(Timestamp::from_seconds(NOW).minus(10), 80);
    let authority = |seed| SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap();
    let root = Authority::root("Kiln", authority(seed + 1), validity, &randomness).unwrap();
    let spaces =
        root.sub_authority(SubAuthority::Spaces, "Kiln", authority(seed + 2), validity, &randomness).unwrap();
    let (did, host) = ("did:web:kiln.example.org", "kiln.example.org");
    let request = LeafRequest::Party { did, host, purpose, key: key.public_jwk() };
    let leaf = spaces.leaf(request, validity, &randomness).unwrap();
    Certified {
        root: root.certificate().to_pem(),
        chain: CertificateChain::new(leaf, vec![spaces.certificate().clone()]),
    }
}

/// A chain of nothing but a certificate that `key` signed for itself.
fn self_signed(key: &SigningKey) -> CertificateChain {
    let own = SigningKey::from_private_json(key.to_private_json().as_bytes()).unwrap();
    let validity = Validity::days(Timestamp::from_seconds(NOW).minus(10), 80);
    let root = Authority::root("Kiln", own, validity, &SeededRandomness::new(3)).unwrap();
    CertificateChain::new(root.certificate().clone(), Vec::new())
}

fn header(chain: &CertificateChain) -> Value {
    Value::Object(chain.to_header())
}

#[test]
fn a_file_that_is_not_there_or_standard_input_named_twice_is_a_wrong_call() {
    let desk = Desk::new();
    for arguments in [
        &["sd-jwt", "/nowhere/at/all"][..],
        &["sd-jwt", "-", "--issuer-jwk", "-"],
        &["dcql", "--query", "-", "--credential", "-"],
        &["request", "-", "--ca", "/nowhere/at/all"],
    ] {
        assert_eq!(desk.run(arguments, "{}"), (Ended::WrongCall, Value::Null), "{arguments:?}");
    }
}

#[test]
fn arguments_that_cannot_be_meant_do_not_parse() {
    for arguments in [
        &["sd-jwt"][..],
        &["sd-jwt", "-", "--nonce", "n"],
        &["sd-jwt", "-", "--aud", "a"],
        &["sd-jwt", "-", "--at", "tomorrow"],
        &["status-list", "-"],
        &["status-list", "-", "--index", "-1"],
        &["dcql", "--query", "-"],
        &["jwe", "-"],
        &["mdoc", "-"],
        &[],
    ] {
        let parsed = Line::try_parse_from(["inspect"].iter().chain(arguments));
        assert_eq!(parsed.err().unwrap().exit_code(), 2, "{arguments:?}");
    }
}

#[test]
fn bytes_that_are_no_text_and_keys_that_are_none_are_refused_and_no_wrong_call() {
    let desk = Desk::new();
    assert_eq!(desk.refused(&["sd-jwt", "-"], [0xff, 0xfe]), pair("not_text", "RFC 7515 §7.1"));
    for (text, source) in [
        ("{", "RFC 7517 §4"),
        (r#"{"kty":"RSA","n":"AQ","e":"AQ"}"#, "RFC 7517 §4"),
        (r#"{"kty":"oct","k":"AQ"}"#, "RFC 7517 §4"),
    ] {
        let file = desk.put("key.json", text);
        let arguments = ["sd-jwt", "-", "--issuer-jwk", &file];
        assert_eq!(desk.refused(&arguments, "a.b.c~"), pair("unusable_key", source), "{text}");
    }
}
