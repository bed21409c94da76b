//! `passport resolver serve` over real HTTP, asked by `passport resolve --resolver`.
#![cfg(test)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use serde_json::Value;

fn passport(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passport"));
    command.args(words).env_remove("PASSPORT_DATA").env_remove("PASSPORT_TRUSTED_PROXY");
    command
}

fn run(words: &[&str]) -> Output {
    passport(words).output().unwrap()
}

/// A resolver that runs until it is dropped, at `port` of this machine.
struct Running {
    child: Child,
    port: u16,
}

impl Running {
    fn start(words: &[&str]) -> Self {
        let words = [&["resolver", "serve", "--listen", "127.0.0.1:0"], words].concat();
        let mut child = passport(&words).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split(" on ").nth(1).and_then(|rest| rest.split(';').next()).unwrap();
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        Self { child, port }
    }

    fn resolve(&self, did_url: &str) -> (Option<i32>, Value) {
        let endpoint = format!("http://localhost:{}", self.port);
        let output = run(&["resolve", did_url, "--resolver", &endpoint]);
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
    }

    /// The status of a GET at `host`.
    fn status(&self, host: &str, path: &str) -> String {
        self.get(host, path).split(' ').nth(1).unwrap().to_owned()
    }

    /// What a GET at `host` answers, as JSON.
    fn body(&self, host: &str, path: &str) -> Value {
        serde_json::from_str(self.get(host, path).split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    fn get(&self, host: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A host of this machine with the document of its did:web, which is returned.
fn host_with_a_document() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let did = format!("did:web:host.localhost%3A{}", listener.local_addr().unwrap().port());
    let body = format!("{{\"id\":\"{did}\"}}");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = BufReader::new(stream.try_clone().unwrap()).lines();
            while head.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
        }
    });
    did
}

fn error(result: &Value) -> &str {
    result["didResolutionMetadata"]["error"]["type"].as_str().unwrap()
}

#[test]
fn a_did_resolves_through_the_service_and_names_of_its_machine_only_where_that_was_opened() {
    let did = host_with_a_document();
    let open = Running::start(&["--development"]);
    let (status, result) = open.resolve(&did);
    assert_eq!((status, result["didDocument"]["id"].as_str()), (Some(0), Some(did.as_str())), "{result}");
    let (status, result) = open.resolve(&format!("{did}?versionNumber=1"));
    assert_eq!((status, error(&result)), (Some(1), "https://www.w3.org/ns/did#FEATURE_NOT_SUPPORTED"));
    let closed = Running::start(&[]);
    let (status, result) = closed.resolve(&did);
    assert_eq!((status, error(&result)), (Some(1), "https://www.w3.org/ns/did#INTERNAL_ERROR"));
    let told = closed.body("localhost", &format!("/1.0/identifiers/{did}"));
    let told = told["didResolutionMetadata"]["error"]["detail"].as_str().unwrap();
    assert!(told.contains("resolver serve --development"), "whoever runs it learns how to open it: {told}");
    assert_eq!(closed.status("localhost", "/healthz"), "200");
    assert_eq!(closed.status("localhost", "/1.0/identifiers/nonsense"), "400");
    assert_eq!(closed.status("other.example.org", "/healthz"), "421", "it answers to its own name alone");
}

#[test]
fn a_method_that_is_not_spoken_is_asked_of_the_resolver_that_was_configured_for_more() {
    let more = Running::start(&[]);
    let forwarding = Running::start(&["--more-methods", &format!("http://localhost:{}", more.port)]);
    // The other one is a resolver as this one: it speaks no more methods.
    let answer = forwarding.body("localhost", "/1.0/identifiers/did:tz:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8");
    let metadata = &answer["didResolutionMetadata"];
    let asked = format!("http://localhost:{}/1.0/identifiers/", more.port);
    assert_eq!(metadata["resolver"].as_str(), Some(asked.as_str()), "{answer}");
    assert_eq!(error(&answer), "https://www.w3.org/ns/did#METHOD_NOT_SUPPORTED");
}

#[test]
fn a_resolver_that_cannot_be_meant_or_reached_is_refused() {
    let code = |words: &[&str]| run(words).status.code();
    let did = "did:web:a.example.org";
    for endpoint in ["", "resolver.example.org", "ftp://resolver.example.org", "https://r.example.org?did="] {
        assert_eq!(code(&["resolve", did, "--resolver", endpoint]), Some(2), "{endpoint}");
    }
    assert_eq!(code(&["resolve", did, "--log", "-", "--resolver", "https://r.example.org"]), Some(2));
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = run(&["resolve", did, "--resolver", &format!("http://localhost:{gone}")]);
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), error(&result)), (Some(1), "https://www.w3.org/ns/did#INTERNAL_ERROR"));
}

#[test]
fn a_service_that_cannot_listen_or_is_wrongly_called_is_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (words, status, part) in [
        (&["--listen", address.as_str()][..], 1, "cannot listen"),
        (&["--listen", "nonsense"], 1, "cannot listen"),
        (&["--budget", "0"], 2, "--budget"),
        (&["--trusted-proxy", "proxy"], 2, "address of a proxy"),
        (&["--more-methods", "http://resolver.example.org"], 2, "--more-methods"),
        (&["--more-methods", "127.0.0.1:8091"], 2, "--more-methods"),
        (&["--tls-cert", "/nowhere/chain.pem"], 2, "--tls-key"),
        (&["--tls-cert", "/nowhere/chain.pem", "--tls-key", "/nowhere/key.pem"], 1, "/nowhere/chain.pem"),
        (
            &["--listen", "127.0.0.1:0", "--host", "a.example.org,a.example.org"],
            1,
            "two parties want the host",
        ),
    ] {
        let output = run(&[&["resolver", "serve"], words].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{words:?}: {said}");
        assert!(said.contains(part), "{words:?}: {said}");
    }
}
