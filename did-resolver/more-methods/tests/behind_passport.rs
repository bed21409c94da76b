//! This program behind `passport resolver serve --more-methods`, both as they are run: a DID of each method, asked over HTTP by
//! `passport resolve --resolver`.
//!
//! It needs the product's program, of another build, so the ordinary run leaves it out: `cargo xtask test --only second-opinion`
//! builds that program and says where it is.
#![cfg(test)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// Where the product's program is.
const PROGRAM: &str = "PASSPORT_BINARY";
const UNKNOWN_METHOD: &str = "https://www.w3.org/ns/did#METHOD_NOT_SUPPORTED";
const INVALID: &str = "https://www.w3.org/ns/did#INVALID_DID";
const BROKEN: &str = "https://www.w3.org/ns/did#INTERNAL_ERROR";
const KEY: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

fn passport() -> Command {
    let program = std::env::var_os(PROGRAM).map(PathBuf::from).unwrap();
    let mut command = Command::new(program);
    command.env_remove("PASSPORT_DATA").env_remove("PASSPORT_TRUSTED_PROXY");
    command
}

/// A server that runs until it is dropped.
struct Running {
    child: Child,
    port: u16,
}

impl Running {
    /// Starts it; its first line ends the address that it listens on with `;`.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split(" on ").nth(1).and_then(|rest| rest.split(';').next()).unwrap();
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        Self { child, port }
    }

    /// What `passport resolve --resolver` says when it asks this one.
    fn resolve(&self, did: &str) -> (Option<i32>, Value) {
        let endpoint = format!("http://localhost:{}", self.port);
        let output = passport().args(["resolve", did, "--resolver", &endpoint]).output().unwrap();
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
    }

    /// Status and body of a GET.
    fn get(&self, path: &str) -> (String, Value) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().to_owned();
        (status, serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn error(result: &Value) -> Option<&str> {
    result["didResolutionMetadata"]["error"]["type"].as_str()
}

/// One of each method; the long form of did:ion from Sidetree 1.0.0, "Test Vectors".
fn dids() -> Vec<String> {
    let ion = "did:ion:EiDyOQbbZAa3aiRzeCkV7LOx3SERjjH93EXoIM3UoN4oWg";
    vec![
        "did:pkh:eip155:1:0xb9c5714089478a327f09197987f16f9e5d936e8a".to_owned(),
        "did:ethr:0xb9c5714089478a327f09197987f16f9e5d936e8a".to_owned(),
        "did:tz:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8".to_owned(),
        format!("{ion}:{}", include_str!("ion-long-form.txt").trim_ascii()),
    ]
}

#[test]
#[ignore = "needs the product's program, named by PASSPORT_BINARY"]
fn a_did_of_each_method_resolves_through_passport_and_says_who_answered() {
    let more =
        Running::start(Command::new(env!("CARGO_BIN_EXE_more-methods")).args(["--listen", "127.0.0.1:0"]));
    let endpoint = format!("http://127.0.0.1:{}", more.port);
    let serve = ["resolver", "serve", "--listen", "127.0.0.1:0"];
    let resolver = Running::start(passport().args(serve).args(["--more-methods", &endpoint]));
    let alone = Running::start(passport().args(serve));
    for did in dids() {
        let (status, result) = resolver.resolve(&did);
        assert_eq!((status, result["didDocument"]["id"].as_str()), (Some(0), Some(did.as_str())), "{result}");
        let (status, result) = resolver.get(&format!("/1.0/identifiers/{}", did.replace(':', "%3A")));
        let asked = &result["didResolutionMetadata"]["resolver"];
        assert_eq!(
            (status.as_str(), asked.as_str()),
            ("200", Some(&*format!("{endpoint}/1.0/identifiers/")))
        );
        assert_eq!(result["didDocument"]["id"].as_str(), Some(did.as_str()));
        let (status, result) = alone.resolve(&did);
        assert_eq!((status, error(&result)), (Some(1), Some(UNKNOWN_METHOD)), "{did}");
        // The last character is part of what is checked in each of them.
        let other = if did.ends_with('8') { "9" } else { "g" };
        let broken = format!("{}{other}", did.get(..did.len() - 1).unwrap());
        let (status, result) = resolver.resolve(&broken);
        assert_eq!((status, error(&result)), (Some(1), Some(INVALID)), "{broken}");
    }
    let (status, result) = resolver.resolve("did:nowhere:a");
    assert_eq!((status, error(&result)), (Some(1), Some(UNKNOWN_METHOD)));
    // What is spoken here is asked of nobody.
    let (status, result) = resolver.get(&format!("/1.0/identifiers/{KEY}"));
    assert_eq!((status.as_str(), result["didResolutionMetadata"].get("resolver")), ("200", None));
    drop(more);
    assert_eq!(resolver.get(&format!("/1.0/identifiers/{KEY}")).0, "200");
    let (status, result) = resolver.resolve(&dids()[2]);
    assert_eq!((status, error(&result)), (Some(1), Some(BROKEN)));
}
