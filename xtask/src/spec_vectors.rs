//! `cargo xtask spec-vectors`: our own test vectors and the descriptions of the member API and of a space's API, made from the code.
//!
//! They are made by `tests/vectors/spec` and by the tests of the same name in `verifier/web`, which also run with all other tests and then only
//! compare.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

/// By this the maker knows that it is to write; its other half is in `tests/vectors/spec.rs`.
const WRITE: &str = "PASSPORT_WRITE_VECTORS";

/// Compares the files of `specs/vectors`, `specs/member-api.openapi.json` and `specs/space-api.openapi.json` with what the code makes, or writes them.
pub(crate) fn run(root: &Path, write: bool) -> Result<ExitCode> {
    let mut command = Command::new(crate::cargo_program());
    command
        .args(["test", "--package", "vectors", "--package", "verifier-web", "spec::"])
        .current_dir(root)
        .env_remove(WRITE);
    if write {
        command.env(WRITE, "1");
    }
    let status = command.status().context("cargo does not start")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
