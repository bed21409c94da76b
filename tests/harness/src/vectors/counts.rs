//! What the walkers counted, for `specs/conformance.md`.
//!
//! `cargo xtask conformance` names a folder in `PASSPORT_CONFORMANCE`; every suite that ends well leaves one file in
//! it. The task reads them: no list of walkers is kept anywhere.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, process};

use serde_json::json;

/// Where the counts go; its other half is in `xtask/src/conformance.rs`.
const FOLDER: &str = "PASSPORT_CONFORMANCE";

/// The page that the counts make, and that tells a clone without the vectors how many it leaves out.
const PAGE: &str = "../../specs/conformance.md";

/// What one suite counted.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) passed: u64,
    /// Each case that is known to fail or file that is left out, why, and how many cases that is.
    pub(super) exceptions: Vec<(String, String, u64)>,
}

impl Counted {
    /// Leaves the counts where the task reads them, when it runs us.
    ///
    /// # Panics
    /// When they cannot be written: a suite that is not counted would be missing from the page unseen.
    #[expect(clippy::expect_used, reason = "a test helper: counts that are lost must fail")]
    pub(super) fn hand_in(&self, folder: &str) {
        let Some(place) = env::var_os(FOLDER).map(PathBuf::from) else { return };
        let counts = json!({"folder": folder, "passed": self.passed, "exceptions": self.exceptions});
        fs::write(place.join(file_name()), counts.to_string()).expect("the counts can be written");
    }
}

/// A name that no other suite of this run uses, in whatever process it is.
fn file_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}.json", process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// How many cases the page says that a folder has.
pub(super) fn published(folder: &str) -> Option<u64> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).ok()?;
    cases_in(&page, folder)
}

/// The first number of the row `| folder | cases | … |`.
fn cases_in(page: &str, folder: &str) -> Option<u64> {
    page.lines().find_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        if cells.next()?.trim_matches('`') != folder {
            return None;
        }
        cells.next()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_cases_is_read_from_the_row_of_the_folder() {
        let page = "| folder | cases |\n|---|---|\n| `did-key` | 42 | 40 |\n| `jcs` | – |\n";
        assert_eq!(cases_in(page, "did-key"), Some(42));
        assert_eq!(cases_in(page, "jcs"), None);
        assert_eq!(cases_in(page, "did"), None);
    }

    #[test]
    fn two_suites_do_not_overwrite_each_other() {
        assert_ne!(file_name(), file_name());
    }
}
