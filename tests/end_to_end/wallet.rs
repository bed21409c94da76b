//! `passport wallet` before it opens anything: what is wrong with the folder is told before a secret is asked for.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::demo::passport;

/// Every command that needs a wallet, with the least it takes.
const NEEDS_A_WALLET: &[&[&str]] = &[
    &["passphrase"],
    &["passphrase", "--recover"],
    &["accept-offer", "openid-credential-offer://?credential_offer=%7B%7D"],
    &["present", "openid4vp://?client_id=x&request_uri=https%3A%2F%2Fspace.example.org"],
    &["collect"],
    &["refill"],
    &["refill", "--when-low"],
    &["list"],
    &["history"],
    &["own", "set", "email", "ada@example.org"],
    &["own", "show"],
    &["network", "https://operator.example.org/network.json"],
];

/// Nobody is there to type anything, and unless it is given no variable says it either.
fn call(arguments: &[&str], folder: &Path, passphrase: Option<&str>) -> Output {
    let mut command = passport();
    for secret in ["PASSPORT_PASSPHRASE", "PASSPORT_NEW_PASSPHRASE", "PASSPORT_RECOVERY_CODE"] {
        command.env_remove(secret);
    }
    if let Some(passphrase) = passphrase {
        command.env("PASSPORT_PASSPHRASE", passphrase);
    }
    command.arg("wallet").args(arguments).arg("--store").arg(folder).arg("--json");
    command.stdin(Stdio::null()).output().unwrap()
}

fn refusal(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let mut printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    printed["error"].take()
}

/// A new wallet in a folder of its own.
fn made(folder: &Path) {
    let output = call(&["init"], folder, Some("a passphrase for this test"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_wallet_that_is_not_there_is_told_before_a_secret_is_asked_for() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallet");
    let help = passport().args(["wallet", "help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let listed = help.split_once("Commands:").unwrap().1.split_once("Options:").unwrap().0;
    let all: BTreeSet<&str> =
        listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    let tried: BTreeSet<&str> = NEEDS_A_WALLET.iter().map(|line| line[0]).chain(["init", "help"]).collect();
    assert_eq!(all, tried, "every command is tried");
    for line in NEEDS_A_WALLET {
        let said = refusal(&call(line, &folder, None));
        assert_eq!(said["code"], "no_wallet", "{line:?}: {said}");
        let sentence = said["detail"].as_str().unwrap();
        assert!(
            sentence.contains(folder.to_str().unwrap()) && sentence.contains("wallet init"),
            "{sentence}"
        );
        assert!(!folder.exists(), "{line:?} made a folder");
    }
    made(&folder);
    assert_eq!(refusal(&call(&["list"], &folder, Some("another passphrase")))["code"], "wrong_passphrase");
}

#[test]
fn a_folder_that_holds_a_wallet_is_told_before_a_passphrase_is_chosen() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallet");
    assert_eq!(refusal(&call(&["init"], &folder, Some("short")))["code"], "short_passphrase");
    assert!(!folder.exists());
    made(&folder);
    let said = refusal(&call(&["init"], &folder, None));
    assert_eq!(said["code"], "wallet_exists");
    assert!(said["detail"].as_str().unwrap().contains("choose another folder"), "{said}");
}

#[test]
fn a_detail_that_cannot_be_kept_is_told_before_a_secret_is_asked_for() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallet");
    made(&folder);
    for (line, code) in [
        (&["own", "set", "", "x"][..], "detail_name"),
        (&["own", "set", "skills", "[", "--json-value"], "detail_value"),
    ] {
        assert_eq!(refusal(&call(line, &folder, None))["code"], code, "{line:?}");
    }
    let known = &["own", "set", "skills", "[]", "--json-value"];
    assert_eq!(refusal(&call(known, &folder, Some("another passphrase")))["code"], "wrong_passphrase");
}
