//! `passport wallet export`, `import`, `open-export`, `take-up` and `close` at a terminal.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::demo::passport;

const OLD: &str = "a passphrase for this test";
const NEW: &str = "another one for the new place";
const FILE: &str = "words for the file alone";

/// Calls `passport wallet` with these secrets and nobody at a keyboard.
fn call(words: &[&str], secrets: &[(&str, &str)]) -> Output {
    let mut command = passport();
    for secret in ["PASSPORT_PASSPHRASE", "PASSPORT_FILE_PASSPHRASE", "PASSPORT_RECOVERY_CODE"] {
        command.env_remove(secret);
    }
    command.envs(secrets.iter().copied());
    command.arg("wallet").args(words).arg("--json").stdin(Stdio::null()).output().unwrap()
}

fn does(words: &[&str], secrets: &[(&str, &str)]) -> Value {
    let output = call(words, secrets);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refuses(words: &[&str], secrets: &[(&str, &str)], code: &str) {
    let output = call(words, secrets);
    assert_eq!(output.status.code(), Some(1), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["error"]["code"], code, "{words:?}: {said}");
}

const fn passphrase(text: &str) -> (&'static str, &str) {
    ("PASSPORT_PASSPHRASE", text)
}

const fn of_file(text: &str) -> (&'static str, &str) {
    ("PASSPORT_FILE_PASSPHRASE", text)
}

/// A wallet in a folder, with a detail in it; its recovery code.
fn made(store: &str) -> String {
    let made = does(&["init", "--store", store], &[passphrase(OLD)]);
    does(&["own", "set", "bio", "canary-bio", "--store", store], &[passphrase(OLD)]);
    made["recovery_code"].as_str().unwrap().to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_wallet_is_carried_to_another_folder_and_the_old_one_rests_until_it_is_taken_up() {
    let root = tempfile::tempdir().unwrap();
    let (old, new, file) =
        (root.path().join("old"), root.path().join("new"), root.path().join("away.passport-wallet"));
    let (old, new, file) = (text(&old), text(&new), text(&file));
    let code = made(old);
    let before = does(&["own", "show", "--store", old], &[passphrase(OLD)]);
    let export = ["export", file, "--move", "--store", old];
    let moving = [&export[..], &["--yes"]].concat();
    if std::fs::File::open("/dev/tty").is_err() {
        refuses(&moving, &[passphrase(OLD)], "no_passphrase");
    }
    refuses(&moving, &[passphrase(OLD), of_file("short")], "short_passphrase");
    // Whoever says no has no passphrase to choose.
    refuses(&export, &[passphrase(OLD)], "declined");
    assert!(!Path::new(file).exists());
    assert_eq!(does(&moving, &[passphrase(OLD), of_file(FILE)])["moved"], true);
    refuses(&moving, &[passphrase(OLD), of_file(FILE)], "file");
    let bytes = std::fs::read(file).unwrap();
    assert!(bytes.starts_with(b"passport-wallet-file 1\n"));
    assert!(!bytes.windows(6).any(|window| window == b"canary"));

    does(&["import", file, "--store", new], &[passphrase(NEW), of_file(FILE)]);
    assert_eq!(does(&["own", "show", "--store", new], &[passphrase(NEW)]), before);
    // The code is the one on the paper.
    let new_words = [("PASSPORT_NEW_PASSPHRASE", OLD), ("PASSPORT_RECOVERY_CODE", &code)];
    does(&["passphrase", "--recover", "--store", new], &new_words);
    assert_eq!(does(&["own", "show", "--store", new], &[passphrase(OLD)]), before);

    let said = call(&["list", "--store", old], &[passphrase(OLD)]);
    assert!(said.status.success(), "it can be looked at");
    assert!(String::from_utf8_lossy(&said.stderr).contains("moved to another place"));
    refuses(&["take-up", "--store", old], &[passphrase(OLD)], "declined");
    does(&["take-up", "--yes", "--store", old], &[passphrase(OLD)]);
    let said = call(&["list", "--store", old], &[passphrase(OLD)]);
    assert!(!String::from_utf8_lossy(&said.stderr).contains("moved to another place"));
}

#[test]
fn what_is_no_whole_wallet_is_not_taken_in() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    let (old, new, file, history) = (path("old"), path("new"), path("file"), path("history"));
    let code = made(&old);
    does(&["export", &file, "--store", &old], &[passphrase(OLD), of_file(FILE)]);
    does(&["export", &history, "--history", "--store", &old], &[passphrase(OLD), of_file(FILE)]);
    let bytes = std::fs::read(&file).unwrap();
    let (cut, other, empty) = (path("cut"), path("other"), path("empty"));
    std::fs::write(&cut, &bytes[..bytes.len() - 1]).unwrap();
    std::fs::write(&other, b"PK\x03\x04").unwrap();
    std::fs::write(&empty, b"").unwrap();
    let secrets = [passphrase(NEW), of_file(FILE)];
    for (file, code) in [
        (&path("none"), "file"),
        (&other, "no_export"),
        (&empty, "no_export"),
        (&cut, "damaged_export"),
        (&history, "other_kind"),
    ] {
        refuses(&["import", file, "--store", &new], &secrets, code);
    }
    let wrong = [passphrase(NEW), of_file("words of another file")];
    refuses(&["import", &file, "--store", &new], &wrong, "wrong_file_passphrase");
    let another_code = ("PASSPORT_RECOVERY_CODE", "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ");
    let by_code = ["import", &file, "--recover", "--store", &new];
    refuses(&by_code, &[passphrase(NEW), another_code], "wrong_file_passphrase");
    refuses(&["import", &file, "--store", &new], &[passphrase("short"), of_file(FILE)], "short_passphrase");
    assert!(!Path::new(&new).exists(), "nothing was made");
    refuses(&["import", &file, "--store", &old], &secrets, "wallet_exists");
    does(&by_code, &[passphrase(NEW), ("PASSPORT_RECOVERY_CODE", &code)]);
    assert!(Path::new(&new).exists());
}

#[test]
fn a_sealed_history_is_read_back_and_no_wallet_is_read_as_one() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    let (old, file, wallet) = (path("old"), path("history"), path("wallet"));
    let code = made(&old);
    does(&["export", &file, "--history", "--store", &old], &[passphrase(OLD), of_file(FILE)]);
    does(&["export", &wallet, "--store", &old], &[passphrase(OLD), of_file(FILE)]);
    let read = does(&["open-export", &file], &[of_file(FILE)]);
    assert_eq!((&read["history"], &read["spaces"]), (&Value::Array(vec![]), &Value::Array(vec![])));
    assert_eq!(does(&["open-export", &file, "--recover"], &[("PASSPORT_RECOVERY_CODE", &code)]), read);
    refuses(&["open-export", &file], &[of_file("words of another file")], "wrong_file_passphrase");
    refuses(&["open-export", &wallet], &[of_file(FILE)], "other_kind");
    refuses(&["open-export", &path("none")], &[of_file(FILE)], "file");
}

#[test]
fn a_closed_wallet_leaves_no_file() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallet");
    let store = text(&folder);
    made(store);
    for words in [&["close", "--yes", "--store", store][..], &["take-up", "--yes", "--store", store]] {
        refuses(words, &[passphrase("a wrong passphrase")], "wrong_passphrase");
    }
    let file = root.path().join("file");
    let export = ["export", text(&file), "--store", store];
    refuses(&export, &[passphrase("a wrong passphrase"), of_file(FILE)], "wrong_passphrase");
    refuses(&["close", "--store", store], &[passphrase(OLD)], "declined");
    assert_eq!(does(&["close", "--yes", "--store", store], &[passphrase(OLD)])["closed"], true);
    assert!(!folder.exists());
    refuses(&["list", "--store", store], &[passphrase(OLD)], "no_wallet");
    made(store);
}
