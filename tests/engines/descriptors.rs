//! A process that has no file descriptor left, as in a flood of connections, goes on committing.

use std::process::Command;

use crate::kill::reached;

/// More than the store, its runtime and the three standard ones need.
const DESCRIPTORS: u64 = 64;
const CHANGES: u64 = 40;

#[tokio::test]
async fn a_store_commits_while_no_descriptor_is_left_and_after() {
    let folder = tempfile::TempDir::new().unwrap();
    let store = folder.path().join("store");
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -n {DESCRIPTORS}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_store-starved"))
        .args([store.to_str().unwrap(), &CHANGES.to_string()])
        .output()
        .unwrap();
    let said = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let numbers = format!("{CHANGES}\n{}\n{}\n", 2 * CHANGES, 3 * CHANGES);
    assert_eq!(said, (numbers, String::new()), "{}", output.status);
    assert_eq!(reached(&store, 1).await.unwrap()[&0], 3 * CHANGES);
    // Each change was a batch of its own, and the first made the store: the last of them was noted as durable.
    let noted = std::fs::read_to_string(store.join("sequence")).unwrap();
    let noted: Vec<u64> = noted.split(['\0', ' ', '\n']).filter_map(|word| word.parse().ok()).collect();
    assert_eq!(noted.into_iter().max(), Some(3 * CHANGES + 1));
}
