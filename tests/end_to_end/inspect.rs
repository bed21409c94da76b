//! `passport inspect` as a shell sees it: exit status, JSON alone on standard output, files and `-`.
#![cfg(test)]

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use credentials::issuer_key::SignAs;
use credentials::sd_jwt::key_binding::KeyBinding;
use credentials::sd_jwt::{Decoys, Frame, Held};
use credentials::status_list::{Bits, Publishing, Status, StatusList};
use credentials::{status_list, vc};
use environment::{Clock, SeededRandomness, SystemClock, Timestamp};
use jose::jwe::EncryptOptions;
use jose::{Algorithm, DecryptionKey, Signer, SigningKey, jwe, jwt};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

const ISSUER: SignAs<'_> =
    SignAs::Did { did: "did:web:office.example.org", kid: "did:web:office.example.org#k" };

/// What one call left behind.
struct Outcome {
    status: i32,
    /// `None`: nothing was printed.
    report: Option<Value>,
    complaints: String,
}

/// A folder in which the command is run.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        fs::write(self.0.path().join(name), content).unwrap();
        self
    }

    /// Runs `passport inspect` with the words of `line` as arguments.
    fn run(&self, line: &str, input: &str) -> Outcome {
        let mut child = Command::new(env!("CARGO_BIN_EXE_passport"))
            .arg("inspect")
            .args(line.split_whitespace())
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A call that is wrong ends before it reads: a closed pipe is no fault of the test.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let report = (!output.stdout.is_empty()).then(|| serde_json::from_slice(&output.stdout).unwrap());
        let complaints = String::from_utf8(output.stderr).unwrap();
        Outcome { status: output.status.code().unwrap(), report, complaints }
    }

    fn accepted(&self, line: &str, input: &str) -> Value {
        let outcome = self.run(line, input);
        assert_eq!((outcome.status, outcome.complaints.as_str()), (0, ""), "{line}: {:?}", outcome.report);
        outcome.report.unwrap()
    }

    /// Code and source of the refusal.
    fn refused(&self, line: &str, input: &str) -> [String; 2] {
        let outcome = self.run(line, input);
        assert_eq!((outcome.status, outcome.complaints.as_str()), (1, ""), "{line}: {:?}", outcome.report);
        let report = outcome.report.unwrap();
        assert_eq!(report["valid"], json!(false));
        ["code", "source"].map(|name| report["error"][name].as_str().unwrap().to_owned())
    }
}

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
}

fn public(key: &SigningKey) -> String {
    key.public_jwk().to_value().to_string()
}

/// A profile of Ada, valid for an hour from now.
fn credential(now: Timestamp) -> String {
    let holder = key(9);
    let issuing = vc::Issuing {
        vct: "https://office.example.org/profile",
        claims: json!({"given_name": "Ada", "family_name": "Example"}).as_object().unwrap().clone(),
        frame: Frame::TopLevel { except: Vec::new() },
        decoys: Decoys::default(),
        holder: Some(holder.public_jwk()),
        issued_at: Some(now),
        not_before: None,
        expires: Some(now.plus(3_600)),
        status: None,
    };
    vc::issue(issuing, ISSUER, &key(1), &SeededRandomness::new(5)).unwrap()
}

#[test]
fn a_presentation_is_accepted_for_its_verifier_and_refused_for_another() {
    let (desk, now) = (Desk::new(), SystemClock.now());
    let held = Held::reopen(&credential(now)).unwrap();
    let binding = KeyBinding { audience: "kiln", nonce: "n-1", issued_at: now };
    let bound = held.present_bound(&held.select_all(), &binding, &key(9)).unwrap();
    desk.put("key.json", public(&key(1))).put("bound.txt", format!("{bound}\n"));
    let report = desk.accepted("sd-jwt bound.txt --issuer-jwk key.json --nonce n-1 --aud kiln", "");
    assert_eq!((&report["valid"], &report["type"]), (&json!(true), &json!("dc+sd-jwt")));
    assert_eq!(report["claims"]["given_name"], "Ada");
    assert!(report["checked"].as_array().unwrap().contains(&json!("key_binding_nonce")));
    let line = "sd-jwt - --issuer-jwk key.json --nonce n-1 --aud";
    assert_eq!(desk.refused(&format!("{line} harbour"), &bound), ["wrong_audience", "RFC 9901 §4.3"]);
    let alone = held.to_compact();
    assert_eq!(desk.refused(&format!("{line} kiln"), &alone), ["missing_key_binding", "RFC 9901 §7.3"]);
    let late = now.plus(3_600).seconds();
    let line = format!("sd-jwt - --issuer-jwk key.json --at {late}");
    assert_eq!(desk.refused(&line, &alone), ["expired", "RFC 7519 §4.1.4"]);
}

#[test]
fn decoding_alone_says_nothing_about_validity() {
    let desk = Desk::new();
    let text = credential(SystemClock.now());
    let report = desk.accepted("sd-jwt - --decode-only", &text);
    assert_eq!((&report["valid"], &report["claims"]["given_name"]), (&Value::Null, &json!("Ada")));
    assert_eq!(desk.refused("sd-jwt -", &text), ["issuer_key_missing", "RFC 9901 §7.1"]);
}

#[test]
fn a_status_is_looked_up_inside_of_the_list_only() {
    let (desk, now) = (Desk::new(), SystemClock.now());
    let mut list = StatusList::new(Bits::One, 8).unwrap();
    list.set(3, Status::Invalid).unwrap();
    let uri = "https://office.example.org/status/1";
    let publishing = Publishing {
        list: &list,
        uri,
        issued_at: now,
        expires: Some(now.plus(600)),
        ttl: None,
        aggregation_uri: None,
    };
    let token = status_list::sign(&publishing, ISSUER, &key(1)).unwrap();
    desk.put("list.jwt", &token).put("key.json", public(&key(1)));
    let report = desk.accepted("status-list list.jwt --index 3 --jwk key.json", "");
    assert_eq!((&report["valid"], &report["status"]), (&json!(true), &json!(1)));
    assert_eq!(desk.accepted("status-list - --index 4", &token)["valid"], Value::Null);
    let outside = ["index_out_of_range", "Token Status List §8.3"];
    assert_eq!(desk.refused("status-list list.jwt --index 8 --jwk key.json", ""), outside);
}

#[test]
fn a_query_finds_its_credentials() {
    let desk = Desk::new();
    desk.put("ada.txt", credential(SystemClock.now()));
    let query = |claim: &str| {
        json!({"credentials": [{"id": "profile", "format": "dc+sd-jwt",
               "meta": {"vct_values": ["https://office.example.org/profile"]},
               "claims": [{"path": [claim]}]}]})
        .to_string()
    };
    let line = "dcql --query - --credential ada.txt";
    let report = desk.accepted(line, &query("given_name"));
    let matches = json!({"profile": [{"credential": 0, "claims": [["given_name"]]}]});
    assert_eq!((&report["matches"], &report["satisfied"]), (&matches, &json!(true)));
    let report = desk.accepted(line, &query("phone"));
    assert_eq!((&report["matches"], &report["satisfied"]), (&json!({}), &json!(false)));
    assert_eq!(desk.refused(line, "[]"), ["invalid_request", "OpenID4VP 1.0 §6"]);
}

#[test]
fn a_request_of_a_did_is_verified_and_one_signed_by_another_key_refused() {
    let (desk, now) = (Desk::new(), SystemClock.now());
    let did = did::jwk::did(key(3).public_jwk()).unwrap();
    let claims = json!({
        "client_id": format!("decentralized_identifier:{did}"),
        "aud": "https://self-issued.me/v2",
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "response_uri": "https://kiln.example.org/answer",
        "nonce": "n-1",
        "exp": now.plus(300).seconds(),
        "dcql_query": {"credentials": [{"id": "p", "format": "dc+sd-jwt", "meta": {}}]},
    });
    let claims: Map<String, Value> = claims.as_object().unwrap().clone();
    let signed = |signer: u64| {
        let header = Map::from_iter([("kid".to_owned(), json!(format!("{did}#0")))]);
        jwt::sign("oauth-authz-req+jwt", header, &claims, &key(signer)).unwrap()
    };
    let report = desk.accepted("request -", &format!("{}\n", signed(3)));
    assert_eq!((&report["valid"], &report["document"]), (&json!(true), &Value::Object(claims.clone())));
    assert_eq!(desk.refused("request -", &signed(4)), ["bad_signature", "RFC 7515 §5.2"]);
}

#[test]
fn an_offer_is_shown_and_one_of_an_unknown_grant_refused() {
    let desk = Desk::new();
    let offer = |grant: &str| {
        json!({"credential_issuer": "https://office.example.org", "credential_configuration_ids": ["passport"],
               "grants": {grant: {"pre-authorized_code": "code"}}})
        .to_string()
    };
    let text = offer("urn:ietf:params:oauth:grant-type:pre-authorized_code");
    let report = desk.accepted("offer -", &text);
    assert_eq!(report["document"].to_string(), serde_json::from_str::<Value>(&text).unwrap().to_string());
    let asked_for = offer("authorization_code");
    let report = desk.accepted("offer -", &asked_for);
    assert_eq!(
        report["document"].to_string(),
        serde_json::from_str::<Value>(&asked_for).unwrap().to_string()
    );
    let refused = desk.refused("offer -", &offer("urn:example:grant"));
    assert_eq!(refused, ["unsupported_grant_type", "OpenID4VCI 1.0 §4.1.1"]);
}

#[test]
fn an_encrypted_answer_opens_with_its_key_and_not_with_another() {
    let desk = Desk::new();
    let recipient = |seed| DecryptionKey::generate("k", &SeededRandomness::new(seed)).unwrap();
    for (name, seed) in [("own.json", 1), ("other.json", 2)] {
        desk.put(name, recipient(seed).to_private_json().as_bytes());
    }
    let sealed = jwe::encrypt(b"{\"vp_token\":{}}", recipient(1).public_jwk(), &EncryptOptions::default());
    let token = sealed.unwrap();
    assert_eq!(desk.accepted("jwe - --jwk own.json", &token)["document"], json!({"vp_token": {}}));
    let refused = desk.refused("jwe - --jwk other.json", &token);
    assert_eq!(refused, ["decryption_failed", "RFC 7516 §5.2"]);
}

#[test]
fn a_wrong_call_ends_with_2_and_explains_itself_on_standard_error() {
    let desk = Desk::new();
    for line in [
        "",
        "mdoc -",
        "sd-jwt",
        "sd-jwt - --nonce n-1",
        "sd-jwt not-there.txt",
        "sd-jwt - --issuer-jwk -",
        "status-list -",
        "dcql --query -",
        "jwe -",
    ] {
        let outcome = desk.run(line, "");
        assert_eq!((outcome.status, outcome.report), (2, None), "{line}");
        assert!(!outcome.complaints.is_empty(), "{line}");
    }
}
