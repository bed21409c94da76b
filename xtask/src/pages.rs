//! `cargo xtask budgets` and `cargo xtask screens`: what the wallet's pages weigh, and the pictures of them in docs/.
//!
//! Both are scripts of `tests/browser` over one `passport demo`; here is how they are started.

use std::path::Path;

use anyhow::{Result, bail};

use crate::npm;
use crate::stage::command;

/// Measures each page of the wallet as it is opened for the first time, and prints the table; with `write` also into
/// docs/performance.md. Fails where a page has more scripts than it may.
pub(crate) fn budgets(root: &Path, write: bool) -> Result<()> {
    let written = if write { &[("PASSPORT_WRITE", "yes")][..] } else { &[] };
    run(root, &["tests/browser/run.mjs", "--only", "^budgets"], written)
}

/// Takes the pictures of the wallet for docs/ and the README.
pub(crate) fn screens(root: &Path) -> Result<()> {
    let folder = root.join("docs").display().to_string();
    run(root, &["tests/browser/run.mjs", "--from", "pictures"], &[("PASSPORT_PICTURES", &folder)])
}

fn run(root: &Path, words: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    npm::install(root, "tests/browser")?;
    if let Some(reason) = command(root, "cargo", &["build", "--quiet", "--bin", "passport"])?.failure {
        bail!("passport: {reason}");
    }
    let set: Vec<String> = environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let arguments: Vec<&str> =
        set.iter().map(String::as_str).chain(["node"]).chain(words.iter().copied()).collect();
    if let Some(reason) = command(root, "env", &arguments)?.failure {
        bail!("the pages of the wallet: {reason}");
    }
    Ok(())
}
