//! Finding the published test vectors, which are not part of this repository, and counting what holds of them.
//!
//! They lie in `PASSPORT_VECTORS`, or else in `../shared/vectors` beside the workspace. A clone without them
//! says what it skips; with `CI=true` their absence is a failure.

mod counts;

use std::collections::BTreeMap;
use std::env;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use counts::Counted;

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
    let cases = counts::published(name).map_or_else(|| "an unknown number of".to_owned(), |n| n.to_string());
    println!("skipped: {name} ({cases} cases): vectors not found");
    None
}

fn root() -> PathBuf {
    match env::var_os("PASSPORT_VECTORS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    }
}

/// The verdicts over one suite: what fails must be listed with its reason, and what is listed must fail.
///
/// What it counts goes into `specs/conformance.md` (`cargo xtask conformance`) with no further step.
#[derive(Debug)]
pub struct Suite {
    name: String,
    exceptions: BTreeMap<String, String>,
    counted: Counted,
    wrong: Vec<String>,
}

impl Suite {
    /// A run over `name`, with the cases that are known to fail and why. The name is that of the folder of the
    /// vectors, or `folder: part` where several walkers share one.
    #[must_use]
    pub fn new(name: &str, exceptions: &[(&str, &str)]) -> Self {
        let owned = |(case, reason): &(&str, &str)| ((*case).to_owned(), (*reason).to_owned());
        Self {
            name: name.to_owned(),
            exceptions: exceptions.iter().map(owned).collect(),
            counted: Counted::default(),
            wrong: Vec::new(),
        }
    }

    /// Notes the outcome of a case.
    pub fn case<E: Display>(&mut self, case: &str, outcome: Result<(), E>) {
        match (outcome, self.exceptions.remove(case)) {
            (Ok(()), None) => self.counted.passed = self.counted.passed.saturating_add(1),
            (Err(error), None) => self.wrong.push(format!("{case}: {error}")),
            (Ok(()), Some(reason)) => {
                self.wrong.push(format!("{case} passes now; it was excepted: {reason}"))
            }
            (Err(error), Some(reason)) => {
                excepted(&self.name, case, &reason, &error.to_string());
                self.counted.exceptions.push((case.to_owned(), reason, 1));
            }
        }
    }

    /// Notes a whole file of `cases` about something that nothing here does, so that there is nothing to run.
    pub fn left_out(&mut self, file: &str, cases: u64, reason: &str) {
        excepted(&self.name, file, reason, &format!("{cases} cases"));
        self.counted.exceptions.push((file.to_owned(), reason.to_owned(), cases));
    }

    /// Prints the count and fails if a verdict was wrong, an exception was never met, nothing was run, or the name
    /// begins with no folder of the vectors.
    ///
    /// # Panics
    /// See above.
    #[expect(
        clippy::print_stdout,
        reason = "a test helper: the count must be seen, a wrong verdict must fail"
    )]
    pub fn finish(self) {
        println!("{}: {} cases passed", self.name, self.counted.passed);
        let unmet: Vec<_> =
            self.exceptions.keys().map(|case| format!("{case} was excepted but is no case")).collect();
        assert!(self.wrong.is_empty() && unmet.is_empty(), "{}: {:#?} {unmet:#?}", self.name, self.wrong);
        assert!(self.counted.passed > 0, "{}: no case was run", self.name);
        let folder = folder_of(&self.name);
        assert!(root().join(folder).is_dir(), "{}: {folder} is no folder of the vectors", self.name);
        self.counted.hand_in(folder);
    }
}

/// The folder whose vectors a suite of this name walks.
fn folder_of(name: &str) -> &str {
    name.split_once(':').map_or(name, |(folder, _)| folder)
}

#[expect(clippy::print_stdout, reason = "a test helper: an exception must be seen")]
fn excepted(suite: &str, case: &str, reason: &str, error: &str) {
    println!("excepted: {suite} {case}: {reason} ({error})");
}
