//! did:webvh (cross-implementation suite), did:key, did:jwk and canonical JSON.
//!
//! A case that is known to differ stands in a list with its reason; the run fails when a case outside the lists differs
//! and when a listed one no longer does.

mod canonical_json;
mod jwk;
mod key;
mod webvh;
mod webvh_schema;

use std::fs;
use std::path::{Path, PathBuf};

use environment::Timestamp;
use harness::vectors::Suite;
use serde_json::Value;

/// 2026-11-25, after the newest log of the suite was made.
const NOW: Timestamp = Timestamp::from_seconds(1_795_564_800);

type Exceptions<'a> = &'a [(&'a str, &'a str)];

fn settle(name: &str, outcomes: &[(String, Result<(), String>)], exceptions: Exceptions<'_>) {
    let mut suite = Suite::new(name, exceptions);
    for (case, outcome) in outcomes {
        suite.case(case, outcome.clone());
    }
    suite.finish();
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}
