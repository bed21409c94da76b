//! Every vector of the cross-implementation suite.

use std::fs;
use std::path::{Path, PathBuf};

use harness::vectors::suite;
use second_opinion::Comparison;

use crate::{LIBRARY, named, ours, theirs};

#[test]
fn every_log_of_the_suite_is_taken_by_both_or_refused_by_both() {
    let Some(folder) = suite("didwebvh-test-suite") else { return };
    let mut seen = Comparison::new(LIBRARY, "did:webvh logs of the test suite", &[]);
    for scenario in folders(&folder.join("vectors")) {
        for implementation in folders(&scenario) {
            let read = |name: &str| fs::read_to_string(implementation.join(name)).ok();
            let Some(log) = read("did.jsonl").filter(|log| !log.trim().is_empty()) else { continue };
            let witness = read("did-witness.json");
            let case = format!("{}/{}", name(&scenario), name(&implementation));
            let did = named(&log);
            let ours = ours(&did, &log, witness.as_deref()).map_err(|error| error.to_string());
            match (ours, theirs(&did, &log, witness.as_deref())) {
                (Err(_), Err(_)) => seen.agrees(),
                (ours, theirs) => seen.equal(&case, &ours, &theirs),
            }
        }
    }
    seen.finish();
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
