//! `passport wallet` as a person uses it: what is told before anything is opened, and what is asked and said in a
//! terminal.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use outbound::Request;
use serde_json::{Value, json};
use url::Url;

use crate::browser::{Browser, mail_link};
use crate::demo::{Demo, passport};

/// Every command that needs a wallet, with the least it takes.
const NEEDS_A_WALLET: &[&[&str]] = &[
    &["passphrase"],
    &["passphrase", "--recover"],
    &["accept-offer", "openid-credential-offer://?credential_offer=%7B%7D"],
    &["get", "https://office.example.org", "passport"],
    &["finish", "http://127.0.0.1/return?code=x&state=y"],
    &["provider", "use", "nowhere"],
    &["provider", "leave"],
    &["present", "openid4vp://?client_id=x&request_uri=https%3A%2F%2Fspace.example.org"],
    &["collect"],
    &["refill"],
    &["refill", "--when-low"],
    &["list"],
    &["history"],
    &["export", "wallet.passport-wallet"],
    &["take-up"],
    &["close"],
    &["copy", "profile"],
    &["own", "set", "email", "ada@example.org"],
    &["own", "remove", "email"],
    &["own", "show"],
    &["network", "https://operator.example.org/network.json"],
    &["mailbox", "list"],
    &["mailbox", "open", "x"],
    &["mailbox", "delete", "x"],
    &["mailbox", "block", "x"],
    &["mailbox", "blocked"],
    &["mailbox", "report", "x", "--reason", "phishing"],
    &["did", "show"],
    &["did", "rotate"],
    &["did", "move"],
    &["did", "recover", "did:web:x"],
    &["did", "deactivate"],
    &["did", "spaces"],
    &["did", "new"],
    &["did", "tell", "kiln.example.org", "--now"],
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
    &["number", "show"],
    &["number", "replace"],
    &["number", "block", "did:web:x"],
    &["number", "unblock", "did:web:x"],
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
    let all: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()))
        .collect();
    let tried: BTreeSet<&str> = NEEDS_A_WALLET
        .iter()
        .map(|line| line[0])
        .chain(["init", "import", "open-export", "serve", "help"])
        .collect();
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
fn a_link_of_the_other_kind_is_told_with_the_command_that_takes_it() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallet");
    let (offer, request) = (
        "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Foffice.example.org%2Foffer",
        "openid4vp://?client_id=x&request_uri=https%3A%2F%2Fspace.example.org",
    );
    for (command, link, code, takes) in [
        ("present", offer, "invalid_request", "`passport wallet accept-offer`"),
        ("accept-offer", request, "invalid_credential_offer", "`passport wallet present`"),
    ] {
        let said = refusal(&call(&[command, link], &folder, None));
        assert_eq!(said["code"], code);
        assert!(said["detail"].as_str().unwrap().contains(takes), "{said}");
    }
    for (command, link) in [("present", request), ("accept-offer", offer)] {
        assert_eq!(refusal(&call(&[command, link], &folder, None))["code"], "no_wallet");
    }
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
        (&["own", "set", "email", "not-an-email"], "detail_value"),
        (&["own", "remove", "exp"], "detail_name"),
    ] {
        assert_eq!(refusal(&call(line, &folder, None))["code"], code, "{line:?}");
    }
    let known = &["own", "set", "skills", "[]", "--json-value"];
    assert_eq!(refusal(&call(known, &folder, Some("another passphrase")))["code"], "wrong_passphrase");
}

/// The options that every command of a wallet takes, whether or not they mean something to it.
const TAKEN_EVERYWHERE: &[&str] = &[
    "--yes",
    "--tx-code",
    "1234",
    "--batch",
    "2",
    "--outside-network",
    "--ca",
    "nowhere.pem",
    "--trust-did",
    "did:web:example.org",
    "--insecure-http",
];

#[test]
fn every_command_takes_the_common_options_and_its_help_shows_its_own_alone() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallet");
    for line in NEEDS_A_WALLET {
        let output = call(&[line, TAKEN_EVERYWHERE].concat(), &folder, None);
        assert_eq!(refusal(&output)["code"], "no_wallet", "{line:?}");
    }
    let made = call(&[&["init"], TAKEN_EVERYWHERE].concat(), &folder, Some("a passphrase for this test"));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let outside = ["outside-network", "ca", "trust-did", "insecure-http", "tls-ca", "resolve"];
    let with = |own: &[&'static str]| -> BTreeSet<String> {
        let always = ["store", "json", "help", "version"];
        always.iter().chain(own).map(|name| (*name).to_owned()).collect()
    };
    for (words, own) in [
        (&["init"][..], with(&["recover"])),
        (&["passphrase"], with(&["recover"])),
        (&["accept-offer"], with(&[&["yes", "tx-code", "batch", "no-wait"][..], &outside].concat())),
        (&["get"], with(&[&["yes", "batch", "no-wait"][..], &outside].concat())),
        (&["finish"], with(&[&["yes"][..], &outside].concat())),
        (&["provider", "use"], with(&[])),
        (
            &["present"],
            with(&[&["yes", "preset", "offer-less", "without", "instead", "as"][..], &outside].concat()),
        ),
        (&["collect"], with(&[&["yes", "let-go"][..], &outside].concat())),
        (&["refill"], with(&["yes", "batch", "preset", "when-low", "insecure-http", "tls-ca", "resolve"])),
        (&["list"], with(&[])),
        (&["copy"], with(&[])),
        (&["history"], with(&[])),
        (&["export"], with(&["yes", "move", "history"])),
        (&["import"], with(&["recover"])),
        (&["take-up"], with(&["yes"])),
        (&["close"], with(&["yes"])),
        (&["own", "set"], with(&["json-value", "as"])),
        (&["own", "remove"], with(&[])),
        (&["own", "show"], with(&[])),
        (&["network"], with(&["yes", "insecure-http", "tls-ca", "resolve"])),
        // What serves is no call: it takes the options of servers.
        (
            &["serve"],
            with(&[
                "host",
                "by-invitation",
                "network",
                "listen",
                "public-url",
                "trusted-proxy",
                "mail",
                "lock-after",
                "tls-cert",
                "tls-key",
                "tls-ca",
                "outside-network",
                "ca",
                "trust-did",
                "insecure-http",
            ]),
        ),
    ] {
        let output = passport().arg("wallet").args(words).arg("--help").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        let listed = help.lines().filter_map(|line| {
            let line = line.trim_start();
            let option = line.strip_prefix("-h, ").or(line.strip_prefix("-V, ")).unwrap_or(line);
            option.strip_prefix("--").map(|rest| rest.split([' ', ',']).next().unwrap().to_owned())
        });
        assert_eq!(listed.collect::<BTreeSet<String>>(), own, "{words:?}: {help}");
    }
}

#[test]
fn without_a_terminal_the_variable_that_is_missing_is_named() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallet");
    made(&folder);
    let detail = |line: &[&str], passphrase| {
        refusal(&call(line, &folder, passphrase))["detail"].as_str().unwrap().to_owned()
    };
    let right = Some("a passphrase for this test");
    // Where there is a terminal after all, the prompt would wait for it.
    if std::fs::File::open("/dev/tty").is_err() {
        assert!(detail(&["list"], None).contains("set PASSPORT_PASSPHRASE or"));
        assert!(detail(&["passphrase"], right).contains("set PASSPORT_NEW_PASSPHRASE or"));
        assert!(detail(&["passphrase", "--recover"], None).contains("set PASSPORT_RECOVERY_CODE or"));
    }
    let wrong = detail(&["list"], Some("another passphrase"));
    assert!(wrong.contains("this passphrase does not open the wallet"), "{wrong}");
}

#[test]
fn before_a_network_is_joined_an_offer_and_a_request_say_so() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallet");
    made(&folder);
    let right = Some("a passphrase for this test");
    let offer = r#"{"credential_issuer":"http://harbour.localhost:1","credential_configuration_ids":["membership"],"grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"c"}}}"#;
    let offer =
        format!("openid-credential-offer://?{}", openid4vc::form::encode([("credential_offer", offer)]));
    let hash = "A".repeat(43);
    let request = format!(
        "openid4vp://?client_id=x509_hash%3A{hash}&request_uri=http%3A%2F%2Fharbour.localhost%3A1%2Frequest%2F1"
    );
    for line in [["accept-offer", offer.as_str()], ["present", request.as_str()]] {
        let said = refusal(&call(&[&line[..], &["--yes"]].concat(), &folder, right));
        assert!(said["detail"].as_str().unwrap().contains("passport wallet network"), "{line:?}: {said}");
    }
}

/// A wallet at a terminal, where these lines are typed.
struct Terminal {
    folder: PathBuf,
}

impl Terminal {
    /// Exit status, and all that is on the screen.
    fn types(&self, words: &[&str], lines: &str) -> (Option<i32>, String) {
        let mut child = passport()
            .arg("wallet")
            .args(words)
            .arg("--store")
            .arg(&self.folder)
            .env("PASSPORT_PASSPHRASE", "a passphrase for this test")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
        let output = child.wait_with_output().unwrap();
        let screen = [output.stderr, output.stdout].concat();
        (output.status.code(), String::from_utf8(screen).unwrap())
    }

    fn does(&self, words: &[&str], lines: &str) -> String {
        let (code, screen) = self.types(words, lines);
        assert_eq!(code, Some(0), "{words:?}: {screen}");
        screen
    }

    fn refuses(&self, words: &[&str], lines: &str, part: &str) -> String {
        let (code, screen) = self.types(words, lines);
        assert_eq!(code, Some(1), "{words:?}: {screen}");
        assert!(screen.contains(part), "{words:?} does not say {part:?}: {screen}");
        screen
    }
}

/// What the team's command prints.
fn team(data: &Path, words: &[&str]) -> Value {
    let output = passport().args(words).arg("--data").arg(data).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_at_a_terminal_is_told_what_is_missing_loses_no_request_and_gives_what_was_meant() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let demo = Demo::start_logging(&data, 0, &root.path().join("log"));
    let at = |party: &str, path: &str| format!("http://{party}.localhost:{}{path}", demo.port());
    let terminal = Terminal { folder: root.path().join("wallet") };
    terminal.does(&["init"], "");
    let descriptor = at("operator", "/network.json");
    assert!(terminal.does(&["network", &descriptor], "what\ny\n").contains("Joined"));
    assert!(terminal.does(&["network", &descriptor], "").contains("already a member"));

    let person = ["--given-name", "Ada", "--family-name", "Test", "--birthdate", "1990-01-02"];
    let added = team(
        &data,
        &[&["verifier", "member", "add", "harbour"][..], &person, &["--check", "document"]].concat(),
    );
    let offer = added["offer"].as_str().unwrap();
    terminal.does(&["accept-offer", offer], "yy\ny\n");
    terminal.refuses(&["accept-offer", offer, "--yes"], "", "ask whoever made the offer for a new one");

    // What is missing is named, and the request is there when it has been got.
    let mut browser = Browser::new();
    let asked =
        Request::post_json(Url::parse(&at("office", "/passport/requests")).unwrap(), &json!({"way": "link"}));
    let asked: Value = serde_json::from_str(&browser.send(asked).await).unwrap();
    let link = asked["link"].as_str().unwrap();
    let remedy = "`passport wallet own set email you@example.org`";
    terminal.refuses(&["present", link], "y\n", remedy);
    terminal.refuses(&["present", link, "--yes"], "", remedy);
    let history = terminal.does(&["history"], "");
    assert!(!history.contains("ask for deletion"), "nothing was given: {history}");
    terminal.does(&["own", "set", "email", "ada@example.org"], "");
    let screen = terminal.refuses(&["present", link], "y\nyes\n", "the request stays open");
    assert_eq!(screen.matches("your member number: ").count(), 1, "{screen}");
    let screen = terminal.does(&["present", link], "y\nn\nmaybe\ny\n");
    assert!(
        screen.contains("e-mail address: ada@example.org, your own word; seen by the team; kept at most")
    );
    assert!(screen.contains("Your identifier was left there: did:webvh:"), "{screen}");
    terminal.refuses(&["present", link, "--yes"], "", "this request was used or has run out");

    // One round says what is awaited; one after the mail brings everything.
    let screen = terminal.does(&["collect"], "");
    assert!(screen.contains("confirm your e-mail address by the link in the mail"), "{screen}");
    let link = mail_link(&mut browser, &at("mail", "/")).await;
    let mut other = Browser::new();
    let page = other.open(&link).await;
    other.press(&link, &page).await;
    let screen = terminal.does(&["collect"], "y\n");
    assert!(screen.contains("Received"), "{screen}");
    terminal.refuses(&["copy", "profile"], "", "no copy of a profile checked by an office that was shown");

    joins_and_says_no_to_the_birthdate(&terminal, &data);
    demo.stop();
}

/// Chosen one by one at one space; by habit at another.
fn joins_and_says_no_to_the_birthdate(terminal: &Terminal, data: &Path) {
    terminal.does(&["own", "set", "bio", "Potter"], "");
    terminal.does(&["own", "set", "company", "Example Ltd"], "");
    terminal.does(&["own", "remove", "company"], "");
    let request = team(data, &["verifier", "request", "kiln-north"]);
    // Three that are needed, no birthdate, the bio; the e-mail address for the members there.
    let typed = "c\ny\ny\ny\nn\ny\ny\nnetwork\nm\n\n\nme\n\ny\n";
    let screen = terminal.does(&["present", request["link"].as_str().unwrap()], typed);
    assert!(screen.contains("e-mail address: ada@example.org, checked by"), "{screen}");
    assert!(screen.contains("; seen by the team and the members there; kept at most 90 days"), "{screen}");
    assert!(screen.contains("Not given: date of birth, company"), "{screen}");

    let request = team(data, &["verifier", "request", "kiln-south"]);
    let link = request["link"].as_str().unwrap();
    let given = terminal.does(&["present", link, "--yes", "--preset", "usual", "--json"], "");
    let given: Value = serde_json::from_str(&given).unwrap();
    let disclosed: Vec<&str> =
        given["disclosed"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(disclosed.contains(&"email") && !disclosed.contains(&"birthdate"), "{disclosed:?}");

    let listed = terminal.does(&["list"], "");
    let number =
        listed.lines().find_map(|line| line.trim().strip_prefix("network passport number: ")).unwrap();
    assert_eq!(number.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 5], "{number}");
    assert!(listed.contains("6 of 8 left"), "{listed}");
    let copy = terminal.does(&["copy", "profile"], "");
    assert!(copy.trim_end().ends_with('~') && copy.starts_with("ey"), "{copy}");
    let history = terminal.does(&["history"], "");
    assert!(history.contains("ask for deletion") && history.contains("kept until 20"), "{history}");
}
