//! Our own test vectors: every file of `specs/vectors`, made from the code.
//!
//! Each maker is a function `vectors() -> Value` in a file of its own, entered in [`FILES`]. Randomness is seeded, time
//! stands still and signatures and ciphertexts are those of [`deterministic`], so that the bytes are the same each time.
//! A maker also checks what it makes: with the product's own code, what is to be taken is taken and every near-miss is
//! refused with the error that the file names.
//!
//! `cargo xtask spec-vectors` compares, `cargo xtask spec-vectors --write` writes.

mod counter_offer;
mod deterministic;
mod mailbox;
mod member_api;
mod number;
mod profile;
mod proof_of_sharing;
mod type_metadata;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

/// Makes what a file holds.
type Maker = fn() -> Value;

/// The files, and what makes them.
const FILES: &[(&str, Maker)] = &[
    ("counter-offer", counter_offer::vectors),
    ("profile", profile::vectors),
    ("mailbox", mailbox::vectors),
    ("member-api", member_api::vectors),
    ("proof-of-sharing", proof_of_sharing::vectors),
    ("number", number::vectors),
    ("type-metadata", type_metadata::vectors),
];

/// Set by `cargo xtask spec-vectors --write`.
const WRITE: &str = "PASSPORT_WRITE_VECTORS";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/vectors")
}

fn text(vectors: &Value) -> String {
    let mut text = serde_json::to_string_pretty(vectors).unwrap();
    text.push('\n');
    text
}

#[test]
fn the_files_hold_what_the_code_makes() {
    let writes = env::var_os(WRITE).is_some();
    for (name, make) in FILES {
        let file = folder().join(format!("{name}.json"));
        let made = text(&make());
        if writes {
            fs::write(&file, made).unwrap();
        } else {
            let kept = fs::read_to_string(&file).unwrap_or_default();
            assert!(
                kept == made,
                "specs/vectors/{name}.json is not what the code makes; if the code is right, run `cargo xtask spec-vectors --write`"
            );
        }
    }
    assert_eq!(kept_files(), made_files(), "specs/vectors holds other files than FILES names");
}

/// Files that are no JSON lie in folders, each held by the tests of the code that makes them.
fn kept_files() -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    files.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

fn made_files() -> BTreeSet<String> {
    FILES.iter().map(|(name, _)| format!("{name}.json")).collect()
}

#[test]
fn what_is_made_twice_is_the_same() {
    for (name, make) in FILES {
        assert!(make() == make(), "{name} differs from one time to the next");
    }
}

#[test]
fn every_file_names_its_page_which_names_the_file() {
    for (name, make) in FILES {
        let page = make()["spec"].as_str().unwrap_or_default().to_owned();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let text = fs::read_to_string(root.join(&page)).unwrap_or_default();
        assert!(text.contains(&format!("vectors/{name}.json")), "{page} does not name vectors/{name}.json");
    }
}
