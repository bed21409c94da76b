//! The seeds of a target: committed files, published vectors read in place, and what our own code makes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::target::Target;

/// Larger files are no seeds: a mutation of them tells little and takes long.
const LARGEST: u64 = 64 << 10;
/// So many files of one suite.
const MOST: usize = 200;

/// The folder of the committed seeds of `target`.
#[must_use]
pub fn folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name)
}

/// All seeds of `target`, the same at each call.
///
/// # Panics
/// With `CI=true`, when a published suite is absent.
#[must_use]
pub fn of(target: &Target) -> Vec<Vec<u8>> {
    let mut seeds = read_all(&folder(target), "");
    for published in target.published {
        if let Some(suite) = harness::vectors::suite(published.suite) {
            seeds.extend(read_all(&suite, published.ends));
        }
    }
    seeds.extend((target.made)());
    seeds.push(Vec::new());
    seeds
}

fn read_all(folder: &Path, ends: &str) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    collect(folder, ends, &mut files);
    files.sort();
    files.truncate(MOST);
    files.iter().filter_map(|file| fs::read(file).ok()).collect()
}

fn collect(folder: &Path, ends: &str, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, ends, files);
        } else if path.to_string_lossy().ends_with(ends)
            && entry.metadata().is_ok_and(|metadata| metadata.len() <= LARGEST)
        {
            files.push(path);
        }
    }
}
