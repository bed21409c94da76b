//! `cargo xtask second-opinions`: other people's libraries about the same things, in `specs/second-opinions.md`.
//!
//! Each package of `tests/second-opinion` is built and tested by itself, because `ssi` changes how a whole build reads
//! JSON, and so is `did-resolver/more-methods`, which stands on it. What they count lies in one file a comparison; here
//! the page is made of them, or compared with what it says.

mod page;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use crate::stage::{Outcome, command, in_ci};
use crate::{cargo_program, suite};
use page::Row;

/// The libraries' workspace.
const OPINIONS: &str = "tests/second-opinion/Cargo.toml";
/// The package whose tests compare nothing: how the others count.
const COMMON: &str = "second-opinion";
/// The packages that compare.
const PACKAGES: &[&str] =
    &["opinion-josekit", "opinion-sd-jwt-payload", "opinion-didwebvh-rs", "opinion-ssi"];
/// The resolver of further methods.
const MORE_METHODS: &str = "did-resolver/more-methods/Cargo.toml";
/// Where both are built, below the root of the workspace.
const TARGET: &str = "target/second-opinion";
/// Where the comparisons leave their counts.
const FOLDER: &str = "target/second-opinion/counts";
/// By this a comparison knows where.
const COUNTS: &str = "PASSPORT_SECOND_OPINIONS";
/// The page, below the root of the workspace.
const PAGE: &str = "specs/second-opinions.md";
/// Such builds at once: they are large, and others want to work too.
const JOBS: &str = "2";

/// Runs the comparisons and compares the page with them, or writes it.
pub(crate) fn run(root: &Path, write: bool) -> Result<ExitCode> {
    let outcome = compared(root, write)?;
    for skip in &outcome.skips {
        println!("skipped: {skip}");
    }
    match outcome.failure {
        Some(failure) => bail!(failure),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// The comparisons and the resolver of further methods, as a stage.
pub(crate) fn stage(root: &Path) -> Result<Outcome> {
    let mut outcome = compared(root, false)?;
    if outcome.failure.is_none() {
        outcome.join(formatted(root, MORE_METHODS, &["more-methods"])?);
    }
    if outcome.failure.is_none() {
        outcome.join(more_methods(root)?);
    }
    Ok(outcome)
}

/// The resolver of further methods, also behind the product's program, which is of another build.
fn more_methods(root: &Path) -> Result<Outcome> {
    let mut words = vec!["build", "--package", "passport"];
    words.extend(in_ci().then_some("--locked"));
    let mut outcome = command(root, &cargo_program(), &words)?;
    if outcome.failure.is_none() {
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let program = root.join(target).join("debug/passport");
        let program = program.to_str().context("the checkout lies at a path that is no text")?;
        let all = ["--", "--include-ignored"];
        outcome.join(tested(root, MORE_METHODS, &all, &[("PASSPORT_BINARY", program)])?);
    }
    Ok(outcome)
}

fn compared(root: &Path, write: bool) -> Result<Outcome> {
    let folder = root.join(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("{FOLDER} cannot be emptied"))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("{FOLDER} cannot be made"))?;
    let counts = folder.to_str().context("the checkout lies at a path that is no text")?;
    let mut outcome = formatted(root, OPINIONS, &[PACKAGES, &[COMMON, "ours"]].concat())?;
    if outcome.failure.is_none() {
        outcome.join(tested(root, OPINIONS, &["--package", COMMON], &[])?);
    }
    for package in PACKAGES {
        if outcome.failure.is_some() {
            return Ok(outcome);
        }
        outcome.join(tested(root, OPINIONS, &["--package", package], &[(COUNTS, counts)])?);
    }
    if outcome.failure.is_none() {
        outcome.join(settle(root, &page::rows(&folder)?, write)?);
    }
    Ok(outcome)
}

/// By name: `--all` would also mean the product's crates that they depend on.
fn formatted(root: &Path, manifest: &str, packages: &[&str]) -> Result<Outcome> {
    let mut words = vec!["fmt", "--check", "--manifest-path", manifest];
    for package in packages {
        words.extend(["--package", package]);
    }
    command(root, &cargo_program(), &words)
}

fn tested(root: &Path, manifest: &str, which: &[&str], variables: &[(&str, &str)]) -> Result<Outcome> {
    let target = root.join(TARGET);
    let target = target.to_str().context("the checkout lies at a path that is no text")?;
    let mut words = vec!["test", "--locked", "--jobs", JOBS, "--manifest-path", manifest];
    words.extend(which);
    let mut variables = variables.to_vec();
    variables.push(("CARGO_TARGET_DIR", target));
    suite::rust(root, &words, &variables)
}

fn settle(root: &Path, rows: &[Row], write: bool) -> Result<Outcome> {
    let kept = fs::read_to_string(root.join(PAGE)).unwrap_or_default();
    if write {
        fs::write(root.join(PAGE), page::render(rows))
            .with_context(|| format!("{PAGE} cannot be written"))?;
        return Ok(Outcome::holds());
    }
    if kept == page::render(rows) {
        return Ok(Outcome::holds());
    }
    // A comparison over published vectors says what it skips; in CI it fails.
    let missing = rows.len() < page::compared(&kept);
    if missing && !in_ci() {
        let skips = vec![format!("{PAGE} is not compared: vectors not found")];
        return Ok(Outcome { skips, ..Outcome::default() });
    }
    Ok(Outcome::fails(format!(
        "{PAGE} is not what was counted; if the libraries are right, run `cargo xtask second-opinions --write`"
    )))
}
