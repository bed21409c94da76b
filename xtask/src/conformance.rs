//! `cargo xtask conformance`: how many cases of each folder of published vectors hold, in `specs/conformance.md`.
//!
//! Every suite of `tests/vectors` leaves its counts in `target/conformance` (see `tests/harness/src/vectors/counts.rs`);
//! here they are added up per folder and written, or compared with what the page says. Where the vectors are absent
//! nothing can be compared: what is left out is named with its number of cases, and with `CI=true` that fails.

mod counts;
mod page;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use crate::stage::{Outcome, in_ci};
use crate::suite;
use counts::Counts;

/// By this a suite knows where to leave its counts.
pub(crate) const COUNTS: &str = "PASSPORT_CONFORMANCE";
/// Where they are left, below the root of the workspace.
const FOLDER: &str = "target/conformance";
/// The page, below the root of the workspace.
const PAGE: &str = "specs/conformance.md";

/// Runs the walkers and compares the page with what they counted, or writes it.
pub(crate) fn run(root: &Path, write: bool) -> Result<ExitCode> {
    let folder = prepare(root)?;
    let walked = suite::rust(root, &["test", "--package", "vectors"], &[(COUNTS, &folder)])?;
    if let Some(failure) = walked.failure {
        bail!("the walkers do not hold, so nothing is counted: {failure}");
    }
    let settled = settle(root, write)?;
    for skip in &settled.skips {
        println!("skipped: {skip}");
    }
    if let Some(failure) = settled.failure {
        bail!(failure);
    }
    Ok(ExitCode::SUCCESS)
}

/// Empties the place for the counts and names it, for a run of the walkers: [`COUNTS`] hands it to them.
pub(crate) fn prepare(root: &Path) -> Result<String> {
    let folder = root.join(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("{FOLDER} cannot be emptied"))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("{FOLDER} cannot be made"))?;
    folder
        .into_os_string()
        .into_string()
        .ok()
        .with_context(|| format!("{FOLDER} lies at a path that is no text"))
}

/// After the walkers have run: compares the page with the counts, or writes it.
pub(crate) fn settle(root: &Path, write: bool) -> Result<Outcome> {
    let kept = fs::read_to_string(root.join(PAGE)).unwrap_or_default();
    let published = vectors(root);
    let absent = page::absent(&kept, &published);
    if published.is_empty() || (!absent.is_empty() && !write) {
        return Ok(left_out(absent, in_ci()));
    }
    let counts = Counts::read(&root.join(FOLDER))?;
    let made = page::render(&published, &counts)?;
    if write {
        fs::write(root.join(PAGE), made).with_context(|| format!("{PAGE} cannot be written"))?;
    } else if kept != made {
        return Ok(Outcome::fails(format!(
            "{PAGE} is not what the walkers count; if they are right, run `cargo xtask conformance --write`"
        )));
    }
    println!("{}", counts.total());
    Ok(Outcome::holds())
}

/// Vectors that are not here: nothing to compare, which CI does not allow.
fn left_out(absent: Vec<String>, in_ci: bool) -> Outcome {
    let mut outcome = Outcome::holds();
    if in_ci {
        outcome.failure = Some("published vectors are missing; set PASSPORT_VECTORS".to_owned());
    }
    outcome.skips = absent.into_iter().map(|folder| format!("{folder}: vectors not found")).collect();
    outcome.skips.push(format!("{PAGE} is not compared"));
    outcome
}

/// Where the published vectors lie, whether or not they are here.
pub(crate) fn place(root: &Path) -> PathBuf {
    env::var_os("PASSPORT_VECTORS").map_or_else(|| root.join("../shared/vectors"), PathBuf::from)
}

/// The folders of published vectors that are here, by name.
fn vectors(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(place(root)).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_that_are_not_here_are_named_and_fail_in_ci() {
        let absent = || vec!["did-key (30 cases)".to_owned()];
        let at_home = left_out(absent(), false);
        assert_eq!(at_home.failure, None);
        assert_eq!(
            at_home.skips,
            ["did-key (30 cases): vectors not found", "specs/conformance.md is not compared"]
        );
        assert!(left_out(absent(), true).failure.is_some());
    }
}
