//! `cargo xtask arrows`: checks from `cargo metadata` which package uses which.
//!
//! The rules are those of `docs/architecture.md`: command → web → domain → crates; the wallet, the office and the
//! space never import one another; the protocol cores do no I/O; a few libraries are named in one place only.

mod place;
mod rules;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Checks the workspace and prints every breach.
pub(crate) fn run(root: &Path) -> Result<()> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).context("Cargo.lock cannot be read")?;
    let metadata = metadata(root)?;
    let breaches = rules::breaches(&metadata, &lock);
    for breach in &breaches {
        println!("{breach}");
    }
    let count = members(&metadata).count();
    if breaches.is_empty() {
        println!("{count} packages keep to the arrows");
        return Ok(());
    }
    bail!("{} arrows point the wrong way; docs/architecture.md says which way they go", breaches.len())
}

/// What cargo says about the packages of the workspace and the dependencies that they name themselves.
pub(crate) fn metadata(root: &Path) -> Result<Value> {
    let output = Command::new(crate::cargo_program())
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .context("cargo does not start")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")
}

/// The packages of the workspace.
pub(crate) fn members(metadata: &Value) -> impl Iterator<Item = &Value> {
    let listed = metadata.get("workspace_members").and_then(Value::as_array);
    metadata
        .get("packages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(move |package| listed.is_some_and(|ids| package.get("id").is_some_and(|id| ids.contains(id))))
}

/// The folder of a package relative to the workspace; empty for the command at the top.
pub(crate) fn folder(package: &Value, root: &str) -> Option<String> {
    let manifest = package.get("manifest_path")?.as_str()?;
    let inside = manifest.strip_prefix(root)?.strip_prefix('/')?;
    Some(inside.strip_suffix("Cargo.toml")?.trim_end_matches('/').to_owned())
}
