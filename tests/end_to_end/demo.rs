//! The demo as its user runs it: the ten steps, and a second start on the same data.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub(crate) fn passport() -> Command {
    Command::new(env!("CARGO_BIN_EXE_passport"))
}

#[test]
fn the_ten_steps_end_as_told() {
    let output = passport().args(["demo", "--once", "--json"]).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("only JSON on standard output");
    let steps = report["steps"].as_array().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    let told = [
        "passport",
        "join",
        "join-own-details",
        "beyond-registration",
        "counter-offer",
        "changed",
        "taken-back",
        "left",
        "replay",
        "revoked",
    ];
    assert_eq!(names, told);

    assert!(report["did"].as_str().unwrap().starts_with("did:webvh:"), "{report}");
    let number = report["number"].as_str().unwrap();
    let groups: Vec<usize> = number.split('-').map(str::len).collect();
    assert_eq!(groups, [4, 4, 5], "{number}");

    let joined = &steps[1];
    assert_eq!(joined["way"], "qr");
    assert_eq!(joined["requested"].as_array().unwrap().len(), 6, "{joined}");
    assert_eq!(joined["disclosed"].as_array().unwrap().len(), 4, "{joined}");
    assert_eq!(joined["withheld"].as_array().unwrap().len(), 2, "{joined}");
    assert_eq!(joined["refused"], Value::Null);

    assert_eq!(steps[2]["way"], "number");
    assert_eq!(steps[2]["refused"], Value::Null);
    assert_eq!(steps[2]["also"], json!(["mistyped_number"]));
    assert_eq!(steps[3]["refused"], "beyond_registration");
    assert_eq!(steps[3]["disclosed"], json!([]));
    assert_eq!(steps[4]["disclosed"], json!(["email", "age_equal_or_over.18"]));
    assert_eq!(steps[4]["withheld"], json!(["birthdate"]));
    assert_eq!(
        (&steps[5]["edited"], &steps[5]["space"]),
        (&json!(["email"]), &json!("Kiln North, Kiln South"))
    );
    assert_eq!(steps[6]["edited"], json!(["phone_number"]));
    assert_eq!(steps[7]["space"], "Kiln South");
    assert_eq!(steps[8]["refused"], "replay");
    assert_eq!(steps[8]["also"], json!(["stale_nonce", "relayed_qr"]));
    assert_eq!(steps[9]["refused"], "revoked");
}

/// A demo that runs until it is dropped.
pub(crate) struct Demo {
    child: Child,
    ready: Value,
}

impl Demo {
    fn start(data: &Path, port: u16) -> Self {
        Self::spawn(data, port, Stdio::inherit(), "warn")
    }

    /// Starts the demo with the most talkative log, written to `log`.
    pub(crate) fn start_logging(data: &Path, port: u16, log: &Path) -> Self {
        Self::spawn(data, port, File::create(log).unwrap().into(), "trace")
    }

    fn spawn(data: &Path, port: u16, log: Stdio, level: &str) -> Self {
        let mut child = passport()
            .args(["demo", "--json", "--port", &port.to_string(), "--data"])
            .arg(data)
            .env("PASSPORT_LOG", level)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no ready line: {line:?}"));
        Self { child, ready }
    }

    /// The port that all parties share.
    pub(crate) fn port(&self) -> u16 {
        u16::try_from(self.ready["port"].as_u64().unwrap()).unwrap()
    }

    /// Ends the demo as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the demo to stop and waits until it has.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let start = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(20), "the demo does not stop when it is told to");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_second_start_goes_on_with_the_same_identifiers_also_after_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let first = Demo::start(data.path(), 0);
    let dids = first.ready["dids"].clone();
    let port = first.port();
    assert!(dids["harbour"].as_str().unwrap().contains(&format!("harbour.localhost%3A{port}")));
    first.kill();
    let second = Demo::start(data.path(), port);
    assert_eq!(second.ready["dids"], dids);
    second.stop();

    let elsewhere =
        passport().args(["demo", "--json", "--port", "1", "--data"]).arg(data.path()).output().unwrap();
    assert_eq!(elsewhere.status.code(), Some(1));
    let said = String::from_utf8_lossy(&elsewhere.stderr);
    assert!(said.contains("first") || said.contains("taken") || said.contains("port"), "{said}");
}
