//! `passport wallet`: code and exit status of what is refused; credentials, details and passphrase stay as they were.

use std::io::{BufRead, BufReader};

use serde_json::json;

use super::*;
use crate::demo::passport;

struct Wallet {
    _root: tempfile::TempDir,
    folder: PathBuf,
    recovery_code: String,
}

impl Wallet {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("wallet");
        let printed = does(&["wallet", "init", "--json", "--store", text(&folder)]);
        let recovery_code = json_of(&printed)["recovery_code"].as_str().unwrap().to_owned();
        does(&["wallet", "own", "set", "company", "Example Ltd", "--store", text(&folder)]);
        Self { _root: root, folder, recovery_code }
    }

    fn call(&self, words: &[&str], secrets: &[(&str, &str)]) -> Output {
        let mut command = passport();
        command.arg("wallet").args(words).args(["--json", "--store", text(&self.folder)]);
        command.env("PASSPORT_PASSPHRASE", "a passphrase for this test");
        command.envs(secrets.iter().copied()).stdin(Stdio::null()).output().unwrap()
    }

    /// Refused with exit status 1 and this code; what the wallet holds is the same.
    fn refuses(&self, words: &[&str], secrets: &[(&str, &str)], code: &str) {
        let output = self.call(words, secrets);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {}", complaint(&output));
        let said = json_of(&String::from_utf8(output.stdout).unwrap());
        assert_eq!(said["error"]["code"], code, "{words:?}: {said}");
    }

    /// Everything that it shows, with the usual passphrase.
    fn holds(&self) -> [Value; 3] {
        [&["list"][..], &["history"], &["own", "show"]].map(|words| {
            let output = self.call(words, &[]);
            assert_eq!(output.status.code(), Some(0), "{words:?}: {}", complaint(&output));
            json_of(&String::from_utf8(output.stdout).unwrap())
        })
    }
}

#[test]
fn a_wrong_passphrase_opens_no_command_and_changes_nothing() {
    let wallet = Wallet::new();
    let before = wallet.holds();
    let descriptor = wallet.folder.with_file_name("network.json");
    let wrong =
        [("PASSPORT_PASSPHRASE", "another passphrase"), ("PASSPORT_NEW_PASSPHRASE", "a new passphrase")];
    for words in [
        &["passphrase"][..],
        &["accept-offer", "openid-credential-offer://?credential_offer=%7B%7D"],
        &["get", "https://office.example.org", "passport"],
        &["finish", "http://127.0.0.1/return?code=x&state=y"],
        &["provider", "leave"],
        &["present", "openid4vp://?client_id=x&request_uri=https%3A%2F%2Fspace.example.org"],
        &["collect"],
        &["refill"],
        &["list"],
        &["copy", "profile"],
        &["history"],
        &["own", "show"],
        &["mailbox", "list"],
        &["mailbox", "open", "x"],
        &["mailbox", "delete", "x"],
        &["mailbox", "block", "x"],
        &["mailbox", "blocked"],
        &["mailbox", "report", "x", "--reason", "phishing"],
        &["own", "set", "company", "Other Ltd"],
        &["own", "remove", "company"],
        &["space", "see", "x"],
        &["space", "change", "x", "company", "Other Ltd"],
        &["space", "publish", "x", "bio", "public"],
        &["space", "hide", "x", "bio"],
        &["space", "until", "x", "bio", "2030-01-01"],
        &["space", "take-back", "x", "bio"],
        &["space", "leave", "x"],
        &["space", "mute", "x"],
        &["space", "object", "x", "no newsletter"],
        &["change", "company", "Other Ltd", "--at", "x"],
        &["outbox", "list"],
        &["outbox", "cancel", "x"],
        &["did", "show"],
        &["did", "rotate"],
        &["did", "move"],
        &["did", "recover", "did:web:x"],
        &["did", "deactivate"],
        &["did", "spaces"],
        &["did", "new"],
        &["did", "tell"],
        &["number", "show"],
        &["number", "replace"],
        &["number", "block", "did:web:x"],
        &["number", "unblock", "did:web:x"],
    ] {
        wallet.refuses(words, &wrong, "wrong_passphrase");
    }
    wallet.refuses(&["network", text(&descriptor), "--yes"], &wrong, "file");
    assert_eq!(wallet.holds(), before);
}

#[test]
fn a_passphrase_is_changed_by_whoever_has_the_old_one_or_the_code_and_to_a_long_one() {
    let (wallet, other) = (Wallet::new(), Wallet::new());
    let before = wallet.holds();
    wallet.refuses(&["passphrase"], &[("PASSPORT_NEW_PASSPHRASE", "short")], "short_passphrase");
    let new = ("PASSPORT_NEW_PASSPHRASE", "a new passphrase");
    for (code, refusal) in [
        ("", "recovery_code"),
        ("0000", "recovery_code"),
        ("not a code at all", "recovery_code"),
        (other.recovery_code.as_str(), "wrong_passphrase"),
    ] {
        wallet.refuses(&["passphrase", "--recover"], &[("PASSPORT_RECOVERY_CODE", code), new], refusal);
    }
    assert_eq!(wallet.holds(), before, "the old passphrase still opens it");
    let right = [("PASSPORT_RECOVERY_CODE", wallet.recovery_code.as_str()), new];
    assert_eq!(wallet.call(&["passphrase", "--recover"], &right).status.code(), Some(0));
    wallet.refuses(&["list"], &[], "wrong_passphrase");
}

#[test]
fn a_message_that_is_not_there_is_not_opened_deleted_blocked_or_reported() {
    let wallet = Wallet::new();
    let before = wallet.holds();
    for words in [
        &["mailbox", "open", "0123456789ab", "--yes"][..],
        &["mailbox", "delete", "0123456789ab"],
        &["mailbox", "block", "0123456789ab", "--yes"],
        &["mailbox", "report", "0123456789ab", "--reason", "other"],
    ] {
        wallet.refuses(words, &[], "no_such_message");
    }
    wallet.refuses(&["mailbox", "block", "0123456789ab"], &[], "declined");
    wallet.refuses(&["mailbox", "blocked", "--unblock", "did:web:x"], &[], "not_blocked");
    assert_eq!(wallet.holds(), before);
    for words in [&["mailbox", "list"], &["mailbox", "blocked"]] {
        assert_eq!(wallet.call(words, &[]).status.code(), Some(0), "a mailbox without anything in it");
    }
}

#[test]
fn without_an_identifier_or_a_code_nothing_is_changed() {
    let wallet = Wallet::new();
    let before = wallet.holds();
    let right = [("PASSPORT_RECOVERY_CODE", wallet.recovery_code.as_str())];
    for words in
        [&["did", "show"][..], &["did", "show", "--log"], &["did", "rotate"], &["did", "deactivate", "--yes"]]
    {
        wallet.refuses(words, &right, "no_did");
    }
    wallet.refuses(&["did", "move"], &right, "no_place");
    wallet.refuses(&["did", "deactivate"], &right, "declined");
    wallet.refuses(
        &["did", "recover", "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"],
        &right,
        "not_a_log",
    );
    for (command, code) in [("rotate", "0000"), ("move", "not a code"), ("rotate", "")] {
        wallet.refuses(&["did", command], &[("PASSPORT_RECOVERY_CODE", code)], "recovery_code");
    }
    let folder = wallet.folder.with_file_name("another");
    let mut init = passport();
    init.args(["wallet", "init", "--recover", "--json", "--store", text(&folder)]);
    init.env("PASSPORT_PASSPHRASE", "a passphrase for this test").env("PASSPORT_RECOVERY_CODE", "0000");
    let output = init.stdin(Stdio::null()).output().unwrap();
    let said = json_of(&String::from_utf8(output.stdout).unwrap());
    assert_eq!((output.status.code(), &said["error"]["code"]), (Some(1), &Value::from("recovery_code")));
    assert!(!folder.exists(), "no wallet was made");
    assert_eq!(wallet.holds(), before);
}

#[test]
fn without_a_number_nothing_is_replaced_or_kept_from_a_space() {
    let wallet = Wallet::new();
    let before = wallet.holds();
    for words in [
        &["number", "show"][..],
        &["number", "replace"],
        &["number", "replace", "--yes"],
        &["number", "block", "did:web:kiln.example.org"],
        &["number", "unblock", "did:web:kiln.example.org"],
    ] {
        wallet.refuses(words, &[], "no_number");
    }
    wallet.refuses(&["number", "block", "kiln"], &[], "not_a_did");
    assert_eq!(wallet.holds(), before);
}

#[test]
fn links_that_break_a_rule_are_refused_before_anybody_is_asked() {
    let wallet = Wallet::new();
    let before = wallet.holds();
    let offer = |value: &str| format!("openid-credential-offer://?{value}");
    let grants = r#""grants":{"implicit":{}}"#;
    let other_grant = format!(
        r#"{{"credential_issuer":"https://office.example.org","credential_configuration_ids":["passport"],{grants}}}"#
    );
    let encoded = |text: &str| openid4vc::form::encode([("credential_offer", text)]);
    for (link, code) in [
        ("not a link".to_owned(), "invalid_credential_offer"),
        ("openid4vp://?client_id=x".to_owned(), "invalid_credential_offer"),
        (offer(""), "invalid_credential_offer"),
        (offer(&encoded("{}")), "invalid_credential_offer"),
        (offer(&encoded("{")), "invalid_credential_offer"),
        (offer(&encoded(&other_grant)), "unsupported_grant_type"),
        (offer("credential_offer_uri=http%3A%2F%2Foffice.example.org%2Foffer"), "address_refused"),
        (format!("{}&credential_offer_uri=x", offer(&encoded("{}"))), "invalid_credential_offer"),
    ] {
        wallet.refuses(&["accept-offer", &link, "--yes"], &[], code);
    }
    let client = format!("x509_hash%3A{}", "A".repeat(43));
    let request = |value: &str| format!("openid4vp://?client_id={client}&{value}");
    for (link, code) in [
        ("not a link".to_owned(), "invalid_request"),
        (offer(""), "invalid_request"),
        (request(""), "invalid_request"),
        (request("request=a.b.c&request_uri=https%3A%2F%2Fspace.example.org"), "invalid_request"),
        (request("request_uri=http%3A%2F%2Fspace.example.org"), "invalid_request"),
        (request("request=a.b.c"), "invalid_request"),
        (
            request("request_uri=https%3A%2F%2Fspace.example.org&request_uri_method=put"),
            "invalid_request_uri_method",
        ),
    ] {
        wallet.refuses(&["present", &link, "--yes"], &[], code);
    }
    let after = wallet.holds();
    assert_eq!((&after[0], &after[2]), (&before[0], &before[2]), "neither credentials nor details changed");
}

#[test]
fn without_a_network_nobody_is_trusted_and_nothing_can_be_refilled() {
    let wallet = Wallet::new();
    let before = wallet.holds();
    wallet.refuses(&["refill", "--yes"], &[], "not_refilled");
    let offer = r#"{"credential_issuer":"https://nowhere.localhost","credential_configuration_ids":["passport"],"grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"c"}}}"#;
    let link =
        format!("openid-credential-offer://?{}", openid4vc::form::encode([("credential_offer", offer)]));
    let output = wallet.call(&["accept-offer", &link, "--yes"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let after = wallet.holds();
    assert_eq!((&after[0], &after[2]), (&before[0], &before[2]));
}

#[test]
fn nobody_lets_go_of_what_was_not_promised() {
    let wallet = Wallet::new();
    let before = wallet.holds();
    for issuer in ["https://office.example.org", "office.example.org", ""] {
        wallet.refuses(&["collect", "--let-go", issuer], &[], "nothing_promised");
    }
    assert_eq!(wallet.holds(), before);
}

#[test]
fn a_descriptor_that_is_none_or_that_nobody_agrees_to_joins_no_network() {
    let wallet = Wallet::new();
    let before = wallet.holds();
    let root = wallet.folder.parent().unwrap();
    let file = |name: &str, content: &str| {
        let path = root.join(name);
        fs::write(&path, content).unwrap();
        path
    };
    for (name, content) in [("empty", ""), ("list", "[]"), ("object", "{}"), ("half", "{\"network\"")] {
        wallet.refuses(&["network", text(&file(name, content)), "--yes"], &[], "network_descriptor");
    }
    wallet.refuses(&["network", text(&root.join("nowhere")), "--yes"], &[], "file");
    let founded = |folder: &str, name: &str| {
        let list = format!("https://{folder}.example.org/network-list");
        let folder = root.join(folder);
        does(&["operator", "init", text(&folder), "--name", name, "--list-url", &list]);
        folder.join("network.json")
    };
    wallet.refuses(&["network"], &[], "no_network");
    let (first, second) = (founded("first", "First"), founded("second", "Second"));
    wallet.refuses(&["network", text(&first)], &[], "declined");
    assert_eq!(wallet.call(&["network", text(&first), "--yes"], &[]).status.code(), Some(0));
    // One that only looks like it: the name is known, the root is another.
    wallet.refuses(&["network", text(&founded("third", "First")), "--yes"], &[], "network_not_joined");
    wallet.refuses(&["network", text(&second)], &[], "declined");
    assert_eq!(wallet.call(&["network", text(&second), "--yes"], &[]).status.code(), Some(0));
    // What was refused left nothing; what was joined stands in the history, and nothing else is there.
    let after = wallet.holds();
    let entries = after[1]["history"].as_array().unwrap();
    let joined: Vec<_> = entries.iter().map(|entry| (&entry["kind"], &entry["party"])).collect();
    let network = json!("network");
    assert_eq!(joined, [(&network, &json!("Second")), (&network, &json!("First"))]);
    assert_eq!((&after[0], &after[2]), (&before[0], &before[2]));
}

#[test]
fn details_of_reserved_names_and_values_that_are_no_json_are_not_kept() {
    let wallet = Wallet::new();
    let before = wallet.holds();
    for name in ["", "iss", "_sd", "..."] {
        wallet.refuses(&["own", "set", name, "x"], &[], "detail_name");
    }
    for value in ["{", "{\"a\":1,\"a\":2}", "[1]x", "[1]"] {
        wallet.refuses(&["own", "set", "skills", value, "--json-value"], &[], "detail_value");
    }
    wallet.refuses(&["own", "remove", "iss"], &[], "detail_name");
    wallet.refuses(&["own", "remove", "skills"], &[], "no_such_detail");
    assert_eq!(wallet.holds(), before);
    assert_eq!(
        wallet.call(&["own", "set", "skills", "[\"felt\"]", "--json-value"], &[]).status.code(),
        Some(0)
    );
}

#[test]
fn a_call_that_cannot_be_meant_ends_with_2() {
    let wallet = Wallet::new();
    let store = ["--store", text(&wallet.folder)];
    for words in [
        &["wallet"][..],
        &["wallet", "forget"],
        &["wallet", "init"],
        &["wallet", "list"],
        &["wallet", "accept-offer"],
        &["wallet", "get"],
        &["wallet", "finish"],
        &["wallet", "present"],
        &["wallet", "provider"],
        &["wallet", "provider", "init"],
        &["wallet", "provider", "show"],
        &["wallet", "provider", "use"],
        &["wallet", "provider", "leave", "x"],
        &["wallet", "own"],
        &["wallet", "copy"],
        &["wallet", "own", "set", "company"],
        &["wallet", "own", "remove"],
        &["wallet", "network"],
        &["wallet", "mailbox"],
        &["wallet", "mailbox", "forget"],
        &["wallet", "mailbox", "open"],
        &["wallet", "mailbox", "delete"],
        &["wallet", "mailbox", "block"],
        &["wallet", "mailbox", "report", "x"],
        &["wallet", "mailbox", "report", "x", "--reason", "rude"],
        &["wallet", "did"],
        &["wallet", "did", "forget"],
        &["wallet", "number"],
        &["wallet", "number", "forget"],
        &["wallet", "number", "block"],
        &["wallet", "did", "recover"],
        &["wallet", "did", "rotate", "the-code-is-no-argument"],
        &["wallet", "did", "new", "the-code-is-no-argument"],
        &["wallet", "did", "tell", "--at", "kiln"],
        &["wallet", "space"],
        &["wallet", "space", "see"],
        &["wallet", "space", "change", "x", "company"],
        &["wallet", "space", "publish", "x", "bio", "world"],
        &["wallet", "space", "hide", "x"],
        &["wallet", "space", "until", "x", "bio"],
        &["wallet", "space", "take-back", "x"],
        &["wallet", "space", "leave"],
        &["wallet", "space", "mute"],
        &["wallet", "space", "object", "x"],
        &["wallet", "change", "company", "Other Ltd"],
        &["wallet", "outbox"],
        &["wallet", "outbox", "list", "x"],
        &["wallet", "outbox", "cancel"],
        &["wallet", "refill", "--preset", "everything"],
        &["wallet", "collect", "--batch", "many"],
        &["wallet", "present", "x", "--ca", "roots.pem"],
        &["wallet", "present", "x", "--trust-did", "did:web:x"],
        &["wallet", "present", "x", "--compat-request-uri-audience"],
        &["wallet", "present", "x", "--resolve", "nonsense"],
    ] {
        let with_store = words.len() > 2 && !words.contains(&"list") && !words.contains(&"init");
        let whole = if with_store { [words, &store].concat() } else { words.to_vec() };
        refuses(&whole, 2, "");
    }
}

#[test]
fn of_a_space_that_the_wallet_does_not_know_and_of_what_cannot_be_meant_nothing_is_asked() {
    let wallet = Wallet::new();
    let before = wallet.holds();
    for words in [
        &["space", "see", "Kiln"][..],
        &["space", "change", "Kiln", "company", "Other Ltd"],
        &["space", "publish", "Kiln", "company", "public"],
        &["space", "hide", "Kiln", "company"],
        &["space", "until", "Kiln", "company", "2030-01-01"],
        &["space", "take-back", "Kiln", "company", "--yes"],
        &["space", "leave", "Kiln", "--yes"],
        &["space", "mute", "Kiln"],
        &["space", "object", "Kiln", "no newsletter"],
        &["change", "company", "Other Ltd", "--at", "Kiln", "--at", "Rook"],
    ] {
        wallet.refuses(words, &[], "no_such_space");
    }
    wallet.refuses(&["outbox", "cancel", "x"], &[], "no_such_change");
    wallet.refuses(&["space", "until", "Kiln", "company", "tomorrow"], &[], "day");
    wallet.refuses(&["change", "email", "nobody", "--at", "Kiln"], &[], "detail_value");
    wallet.refuses(&["change", "exp", "1", "--at", "Kiln"], &[], "detail_name");
    wallet.refuses(&["change", "company", "null", "--json-value", "--at", "Kiln"], &[], "detail_value");
    assert_eq!(wallet.holds(), before);
}

#[test]
fn pages_that_cannot_be_served_are_refused_with_a_sentence() {
    let wallet = Wallet::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    wallet.refuses(&["serve", "--listen", &address], &[], "serve");
    wallet.refuses(&["serve", "--listen", "nowhere"], &[], "serve");
    let anywhere = ["--listen", "127.0.0.1:0"];
    for (words, code) in [
        (&["--host"][..], "wallet_exists"),
        (&["--network", "nowhere.json"], "file"),
        (&["--network", "http://operator.localhost:1/network.json"], "unreachable"),
    ] {
        wallet.refuses(&[&["serve"], &anywhere[..], words].concat(), &[], code);
    }
    let many = tempfile::tempdir().unwrap();
    fs::create_dir(many.path().join("wallets")).unwrap();
    let mut output = passport();
    output.args(["wallet", "serve", "--json", "--store", text(many.path())]).args(anywhere);
    let output = output.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(json_of(&String::from_utf8(output.stdout).unwrap())["error"]["code"], "wallets_of_a_host");
    let mut output = passport();
    output.args(["wallet", "serve", "--json", "--host", "--by-invitation", "nowhere.txt", "--store"]);
    let output = output.arg(many.path()).args(anywhere).output().unwrap();
    assert_eq!(json_of(&String::from_utf8(output.stdout).unwrap())["error"]["code"], "file");
    for wrong in [
        &["--lock-after", "0"][..],
        &["--lock-after", "721"],
        &["--tls-cert", "chain.pem"],
        &["--by-invitation", "codes.txt"],
        &["--public-url", "http://wallet.example.org"],
        &["--public-url", "https://wallet.example.org/path"],
        &["--public-url", "wallet.example.org"],
        &["--ca", "root.pem"],
        &["--trust-did", "did:jwk:e30"],
        &["--compat-request-uri-audience"],
    ] {
        let output = wallet.call(&[&["serve"], wrong].concat(), &[]);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_command_that_meets_the_served_pages_says_what_its_member_can_do() {
    let wallet = Wallet::new();
    let mut command = passport();
    command.args(["wallet", "serve", "--json", "--listen", "127.0.0.1:0", "--store", text(&wallet.folder)]);
    let mut served = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(served.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let met = wallet.call(&["list"], &[]);
    served.kill().unwrap();
    served.wait().unwrap();
    assert_eq!(json_of(&ready)["ready"], true);
    assert_eq!(met.status.code(), Some(1));
    let error = json_of(&String::from_utf8(met.stdout).unwrap())["error"].clone();
    assert_eq!(error["code"], "wallet_in_use");
    let sentence = error.to_string();
    assert!(sentence.contains("stop them with Ctrl-C") && !sentence.contains("admin socket"), "{sentence}");
    assert_eq!(wallet.call(&["list"], &[]).status.code(), Some(0), "afterwards it is open again");
}
