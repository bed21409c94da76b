//! Finding the published test vectors, which are not part of this repository.
//!
//! They lie in `PASSPORT_VECTORS`, or else in `../shared/vectors` beside the workspace. A clone without them
//! says what it skips; with `CI=true` their absence is a failure.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// The folder of one suite; `None` when the vectors are absent, which has been printed.
///
/// # Panics
/// With `CI=true`, when the folder is absent.
#[must_use]
#[expect(clippy::print_stdout, reason = "a test helper: skipping must be seen, absence in CI must fail")]
pub fn suite(name: &str) -> Option<PathBuf> {
    let folder = root().join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(env::var("CI").as_deref() != Ok("true"), "{name}: vectors not found; set PASSPORT_VECTORS");
    println!("skipped: {name} (n cases unknown): vectors not found");
    None
}

fn root() -> PathBuf {
    match env::var_os("PASSPORT_VECTORS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    }
}

/// The verdicts over one suite: what fails must be listed with its reason, and what is listed must fail.
#[derive(Debug)]
pub struct Suite {
    name: String,
    exceptions: BTreeMap<String, String>,
    passed: usize,
    wrong: Vec<String>,
}

impl Suite {
    /// A run over `name`, with the cases that are known to fail and why.
    #[must_use]
    pub fn new(name: &str, exceptions: &[(&str, &str)]) -> Self {
        let owned = |(case, reason): &(&str, &str)| ((*case).to_owned(), (*reason).to_owned());
        Self {
            name: name.to_owned(),
            exceptions: exceptions.iter().map(owned).collect(),
            passed: 0,
            wrong: Vec::new(),
        }
    }

    /// Notes the outcome of a case.
    pub fn case<E: Display>(&mut self, case: &str, outcome: Result<(), E>) {
        match (outcome, self.exceptions.remove(case)) {
            (Ok(()), None) => self.passed = self.passed.saturating_add(1),
            (Err(error), None) => self.wrong.push(format!("{case}: {error}")),
            (Ok(()), Some(reason)) => {
                self.wrong.push(format!("{case} passes now; it was excepted: {reason}"))
            }
            (Err(error), Some(reason)) => excepted(&self.name, case, &reason, &error.to_string()),
        }
    }

    /// Prints the count and fails if a verdict was wrong, an exception was never met, or nothing was run.
    ///
    /// # Panics
    /// See above.
    #[expect(
        clippy::print_stdout,
        reason = "a test helper: the count must be seen, a wrong verdict must fail"
    )]
    pub fn finish(self) {
        println!("{}: {} cases passed", self.name, self.passed);
        let unmet: Vec<_> =
            self.exceptions.keys().map(|case| format!("{case} was excepted but is no case")).collect();
        assert!(self.wrong.is_empty() && unmet.is_empty(), "{}: {:#?} {unmet:#?}", self.name, self.wrong);
        assert!(self.passed > 0, "{}: no case was run", self.name);
    }
}

#[expect(clippy::print_stdout, reason = "a test helper: an exception must be seen")]
fn excepted(suite: &str, case: &str, reason: &str, error: &str) {
    println!("excepted: {suite} {case}: {reason} ({error})");
}
