//! Canonical JSON (RFC 8785), on which the hashes of did:webvh stand.

use std::fs;
use std::path::PathBuf;

use harness::vectors::suite;

use super::{name, settle};

#[test]
fn json_is_canonicalised_as_rfc_8785_prints_it() {
    let Some(folder) = suite("jcs") else { return };
    let mut outcomes = Vec::new();
    let mut inputs: Vec<PathBuf> =
        fs::read_dir(folder.join("testdata/input")).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    for input in inputs {
        let value = jose::json::parse(fs::read(&input).unwrap()).unwrap();
        let ours = serde_json_canonicalizer::to_vec(&value).unwrap();
        let theirs = fs::read(folder.join("testdata/output").join(name(&input))).unwrap();
        let outcome =
            if ours == theirs.trim_ascii_end() { Ok(()) } else { Err("the text differs".to_owned()) };
        outcomes.push((name(&input), outcome));
        let case = input.with_extension("txt");
        let digits = fs::read_to_string(folder.join("testdata/outhex").join(name(&case))).unwrap();
        let outcome = if in_hex(&ours) == digits.split_whitespace().collect::<String>() {
            Ok(())
        } else {
            Err("the bytes differ".to_owned())
        };
        outcomes.push((name(&case), outcome));
    }
    settle("jcs", &outcomes, &[]);
}

fn in_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
