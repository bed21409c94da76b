//! Walking every file of a folder: none is left unread, and one that comes to the folder later fails its suite.

use std::fs;
use std::path::{Path, PathBuf};

use harness::vectors::{Suite, suite};
use jose::json;
use serde_json::Value;

/// What a check says of a file that it does not know.
pub(crate) const UNKNOWN: &str = "no walker reads this file";

/// Gives every file of the folder `name` to `check`, by its path below `inner`.
pub(crate) fn every_file(
    name: &str,
    inner: &str,
    exceptions: &[(&str, &str)],
    check: impl Fn(&str, &Path) -> Result<(), String>,
) {
    let Some(folder) = suite(name) else { return };
    let mut run = Suite::new(name, exceptions);
    for file in files(&folder) {
        let path = file.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        let case = path.strip_prefix(inner).unwrap_or(&path).trim_start_matches('/');
        run.case(case, check(case, &file));
    }
    run.finish();
}

/// All files below a folder, sorted. `SOURCE.md`, which says where they are from, is none of them.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !path.ends_with("SOURCE.md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A file's text without the white space around it.
pub(crate) fn text(file: &Path) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.trim().to_owned())
}

/// A file's text without any white space: what is broken over lines for printing.
pub(crate) fn unbroken(file: &Path) -> Result<String, String> {
    Ok(text(file)?.split_whitespace().collect())
}

/// A file's JSON.
pub(crate) fn value(file: &Path) -> Result<Value, String> {
    json::parse(text(file)?).map_err(said)
}

/// What an error says.
pub(crate) fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Whether two things that can be printed are the same.
pub(crate) fn same<T: PartialEq<U> + std::fmt::Debug, U: std::fmt::Debug>(
    what: &str,
    ours: T,
    theirs: U,
) -> Result<(), String> {
    if ours == theirs { Ok(()) } else { Err(format!("{what}: {ours:?} instead of {theirs:?}")) }
}

/// Whether something was refused, and for this reason alone.
pub(crate) fn refused<T, E: PartialEq + std::fmt::Debug>(
    outcome: Result<T, E>,
    reason: E,
) -> Result<(), String> {
    match outcome {
        Ok(_) => Err(format!("taken, instead of refused by {reason:?}")),
        Err(error) => same("refused", error, reason),
    }
}

/// Texts, to be held against what stands in a test.
pub(crate) fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}
