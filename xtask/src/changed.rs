//! `cargo xtask quick`: format, clippy and unit tests of what has uncommitted changes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::stage::command;
use crate::{arrows, cargo_program};

/// Checks the packages that git calls changed.
pub(crate) fn quick(root: &Path) -> Result<()> {
    let metadata = arrows::metadata(root)?;
    let packages = owners(&metadata, &changed_files(root)?);
    if packages.is_empty() {
        println!("no package has uncommitted changes");
        return Ok(());
    }
    let names: Vec<&str> = packages.keys().flat_map(|name| ["--package", name.as_str()]).collect();
    must(root, &[&["fmt", "--check"], names.as_slice()].concat())?;
    must(root, &[&["clippy", "--all-targets"], names.as_slice(), &["--", "-D", "warnings"]].concat())?;
    // A package of tests alone has no unit tests, and cargo refuses to look for them.
    let with_code: Vec<&str> = packages
        .iter()
        .filter(|(_, has_code)| **has_code)
        .flat_map(|(name, _)| ["--package", name])
        .collect();
    if with_code.is_empty() {
        Ok(())
    } else {
        must(root, &[&["test", "--lib", "--bins"], with_code.as_slice()].concat())
    }
}

fn must(root: &Path, arguments: &[&str]) -> Result<()> {
    match command(root, &cargo_program(), arguments)?.failure {
        None => Ok(()),
        Some(reason) => bail!(reason),
    }
}

/// Files that differ from the last commit, new ones included, relative to the checkout.
fn changed_files(root: &Path) -> Result<Vec<String>> {
    let output = Command::new("git")
        .args(["status", "--porcelain", "--untracked-files=all", "--no-renames", "-z"])
        .current_dir(root)
        .output()
        .context("git does not start")?;
    if !output.status.success() {
        bail!("git status failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.split('\0').filter_map(|entry| entry.get(3..)).map(str::to_owned).collect())
}

/// The packages that the files belong to, and whether each has a library or a program.
fn owners(metadata: &Value, files: &[String]) -> BTreeMap<String, bool> {
    let root = metadata.get("workspace_root").and_then(Value::as_str).unwrap_or_default();
    let packages: Vec<_> = arrows::members(metadata).filter_map(|package| described(package, root)).collect();
    let mut found = BTreeMap::new();
    for file in files {
        // The innermost folder owns the file: verifier/web before verifier.
        let owner = packages
            .iter()
            .filter(|(folder, ..)| inside(file, folder))
            .max_by_key(|(folder, ..)| folder.len());
        if let Some((_, name, has_code)) = owner {
            found.insert(name.clone(), *has_code);
        }
    }
    found
}

fn inside(file: &str, folder: &str) -> bool {
    folder.is_empty() && file.starts_with("src/")
        || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Folder, name, and whether the package has a library or a program.
fn described(package: &Value, root: &str) -> Option<(String, String, bool)> {
    let folder = arrows::folder(package, root)?;
    let name = package.get("name")?.as_str()?.to_owned();
    let kinds =
        package.get("targets")?.as_array()?.iter().filter_map(|target| target.get("kind")?.as_array());
    let has_code = kinds.flatten().any(|kind| kind == "lib" || kind == "bin");
    Some((folder, name, has_code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, folder: &str, kind: &str) -> Value {
        let manifest =
            if folder.is_empty() { "/w/Cargo.toml".to_owned() } else { format!("/w/{folder}/Cargo.toml") };
        json!({ "id": name, "name": name, "manifest_path": manifest, "targets": [{ "kind": [kind] }] })
    }

    fn workspace() -> Value {
        json!({
            "workspace_root": "/w",
            "workspace_members": ["passport", "verifier", "verifier-web", "vectors"],
            "packages": [
                package("passport", "", "bin"), package("verifier", "verifier", "lib"),
                package("verifier-web", "verifier/web", "lib"), package("vectors", "tests/vectors", "test"),
            ],
        })
    }

    fn owned(file: &str) -> Vec<String> {
        owners(&workspace(), &[file.to_owned()]).into_keys().collect()
    }

    #[test]
    fn the_innermost_package_owns_a_file() {
        assert_eq!(owned("verifier/web/src/lib.rs"), ["verifier-web"]);
        assert_eq!(owned("verifier/src/lib.rs"), ["verifier"]);
        assert_eq!(owned("verifier-notes/lib.rs"), Vec::<String>::new());
    }

    #[test]
    fn the_command_owns_only_its_sources() {
        assert_eq!(owned("src/main.rs"), ["passport"]);
        assert_eq!(owned("README.md"), Vec::<String>::new());
    }

    #[test]
    fn a_package_of_tests_alone_has_no_unit_tests() {
        let found = owners(&workspace(), &["tests/vectors/main.rs".to_owned()]);
        assert_eq!(found.get("vectors"), Some(&false));
    }
}
