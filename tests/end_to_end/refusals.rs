//! What commands and running servers refuse: exit status, code or sentence, and nothing changed.

mod bench;
mod demo_and_serve;
mod endpoints;
mod operator;
mod resolve;
mod restart;
mod setting_up;
mod store;
mod team;
mod wallet;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::demo::passport;

/// Runs `passport` with these words; `input` is its standard input.
fn run(words: &[&str], input: &str) -> Output {
    let mut child = passport()
        .args(words)
        .env("PASSPORT_PASSPHRASE", "a passphrase for this test")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever is refused may be so before anything is read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Does it.
fn does(words: &[&str]) -> String {
    let output = run(words, "");
    assert_eq!(output.status.code(), Some(0), "{words:?}: {}", complaint(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Ends with this status, says `part` of it on standard error, and prints nothing.
fn refuses(words: &[&str], status: i32, part: &str) {
    let output = run(words, "");
    let said = complaint(&output);
    assert_eq!(output.status.code(), Some(status), "{words:?}: {said}");
    assert!(said.contains(part), "{words:?} does not say {part:?}: {said}");
    assert!(output.stdout.is_empty(), "{words:?} printed {}", String::from_utf8_lossy(&output.stdout));
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Everything in a folder: the files, each with its bytes.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else if path.is_file() {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What a command printed as JSON.
fn json_of(printed: &str) -> Value {
    serde_json::from_str(printed).unwrap_or_else(|_| panic!("no JSON: {printed:?}"))
}
