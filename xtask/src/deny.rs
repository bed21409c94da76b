//! `cargo-deny` over the product's dependencies: licences, sources, what must not come in, known faults (`deny.toml`).

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cargo_program;
use crate::stage::{Outcome, command, in_ci};

const MISSING: &str = "cargo-deny is missing; run `cargo install --locked cargo-deny`";
/// What cargo-deny says when it has no list of known faults and cannot get it.
const NO_DATABASE: [&str; 2] = ["failed to fetch advisory database", "failed to get 'FETCH_HEAD' metadata"];

/// As a stage of the long run, in which it must be there.
pub(crate) fn stage(root: &Path) -> Result<Outcome> {
    let cargo = cargo_program();
    let there = Command::new(&cargo).args(["deny", "--version"]).output().context("cargo does not start")?;
    if !there.status.success() {
        return Ok(Outcome::fails(MISSING));
    }
    let mut outcome = command(root, &cargo, &["deny", "--locked", "check", "bans", "licenses", "sources"])?;
    if outcome.failure.is_none() {
        outcome.join(advisories(root, &cargo)?);
    }
    Ok(outcome)
}

/// Known faults: their list is fetched, or where there is no network taken as it was fetched last.
fn advisories(root: &Path, cargo: &str) -> Result<Outcome> {
    let fresh = checked(root, cargo, &["deny", "--locked", "check", "advisories"])?;
    if !fresh.no_list() {
        return Ok(judged(&fresh, in_ci()));
    }
    let kept = checked(root, cargo, &["deny", "--locked", "--offline", "check", "advisories"])?;
    if !kept.no_list() {
        println!("the list of known faults cannot be fetched; the one of the last time was taken");
    }
    Ok(judged(&kept, in_ci()))
}

/// What cargo-deny said.
struct Said {
    success: bool,
    words: String,
}

impl Said {
    fn no_list(&self) -> bool {
        !self.success && NO_DATABASE.iter().any(|words| self.words.contains(words))
    }
}

fn checked(root: &Path, cargo: &str, words: &[&str]) -> Result<Said> {
    println!("$ {cargo} {}", words.join(" "));
    let output =
        Command::new(cargo).args(words).current_dir(root).output().context("cargo does not start")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    print!("{said}");
    Ok(Said { success: output.status.success(), words: said })
}

fn judged(said: &Said, in_ci: bool) -> Outcome {
    match (said.success, said.no_list()) {
        (true, _) => Outcome::holds(),
        (false, true) if !in_ci => Outcome {
            skips: vec!["known faults of dependencies: their list cannot be fetched".to_owned()],
            ..Outcome::default()
        },
        (false, true) => Outcome::fails("the list of known faults of dependencies cannot be fetched"),
        (false, false) => Outcome::fails("a dependency has a known fault, or was withdrawn; see above"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(success: bool, words: &str) -> Said {
        Said { success, words: words.to_owned() }
    }

    #[test]
    fn a_list_that_was_never_fetched_is_left_out_at_home_and_fails_in_ci() {
        for words in NO_DATABASE {
            let offline = said(false, &format!("[ERROR] {words} https://advisories.example.org"));
            assert_eq!(judged(&offline, false).skips.len(), 1);
            assert!(judged(&offline, false).failure.is_none());
            assert!(judged(&offline, true).failure.is_some());
        }
        assert!(judged(&said(false, "error[vulnerability]: …"), false).failure.is_some());
        assert!(judged(&said(true, ""), true).failure.is_none());
    }
}
