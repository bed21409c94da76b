//! `cargo-deny` over the product's dependencies: licences, sources, what must not come in, known faults (`deny.toml`).

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cargo_program;
use crate::stage::{Outcome, command, in_ci};

const MISSING: &str = "cargo-deny is missing; run `cargo install --locked cargo-deny`";
/// What cargo-deny says when it has no list of known faults and cannot get it.
const NO_DATABASE: &str = "failed to fetch advisory database";

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

/// Known faults: their list is fetched, which needs the network.
fn advisories(root: &Path, cargo: &str) -> Result<Outcome> {
    let words = ["deny", "--locked", "check", "advisories"];
    println!("$ {cargo} {}", words.join(" "));
    let output =
        Command::new(cargo).args(words).current_dir(root).output().context("cargo does not start")?;
    let said = String::from_utf8_lossy(&output.stderr);
    print!("{said}");
    Ok(judged(output.status.success(), &said, in_ci()))
}

fn judged(success: bool, said: &str, in_ci: bool) -> Outcome {
    match (success, said.contains(NO_DATABASE)) {
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

    #[test]
    fn a_list_that_cannot_be_fetched_is_left_out_at_home_and_fails_in_ci() {
        let offline = "[ERROR] failed to fetch advisory database https://advisories.example.org";
        assert_eq!(judged(false, offline, false).skips.len(), 1);
        assert!(judged(false, offline, false).failure.is_none());
        assert!(judged(false, offline, true).failure.is_some());
        assert!(judged(false, "error[vulnerability]: …", false).failure.is_some());
        assert!(judged(true, "", true).failure.is_none());
    }
}
