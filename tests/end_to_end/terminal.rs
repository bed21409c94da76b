//! One member's story by the command line alone, with canary values that must turn up nowhere but on her screen.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use outbound::Request;
use serde_json::{Value, json};
use url::Url;

use crate::browser::{Browser, mail_link};
use crate::demo::{Demo, passport};

/// Values of the member; each is unlike anything else in the world.
const CANARIES: [&str; 6] = [
    "Quillfeather",
    "Zephyrine-Canary",
    "1987-03-14",
    "quill.canary@example.org",
    "Canary Works 4711",
    "bio-canary-0815",
];

struct Member<'a> {
    folder: PathBuf,
    data: &'a Path,
}

impl Member<'_> {
    fn wallet(&self, arguments: &[&str]) -> Output {
        let mut command = passport();
        command.arg("wallet").args(arguments).arg("--store").arg(&self.folder);
        command.env("PASSPORT_PASSPHRASE", "a passphrase for this test").output().unwrap()
    }

    fn wallet_does(&self, arguments: &[&str]) -> String {
        let output = self.wallet(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn wallet_refuses(&self, arguments: &[&str]) {
        let output = self.wallet(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?} says nothing");
    }

    fn team(&self, arguments: &[&str]) -> String {
        let output = passport().args(arguments).arg("--data").arg(self.data).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn team_prints(&self, arguments: &[&str]) -> Value {
        let printed = self.team(arguments);
        serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{arguments:?} printed {printed:?}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_gets_a_passport_and_joins_by_the_command_line_and_leaves_no_trace_of_values() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let demo = Demo::start_logging(&data, 0, &root.path().join("log-1"));
    let port = demo.port();
    let member = Member { folder: root.path().join("wallet"), data: &data };
    let at = |party: &str, path: &str| format!("http://{party}.localhost:{port}{path}");

    member.wallet_does(&["init"]);
    member.wallet_does(&["network", &at("operator", "/network.json"), "--yes"]);
    for (name, value) in [("email", CANARIES[3]), ("company", CANARIES[4]), ("bio", CANARIES[5])] {
        member.wallet_does(&["own", "set", name, value]);
    }

    let added = member.team_prints(&[
        "verifier",
        "member",
        "add",
        "harbour",
        "--given-name",
        CANARIES[0],
        "--family-name",
        CANARIES[1],
        "--birthdate",
        CANARIES[2],
        "--check",
        "document",
    ]);
    let offer = added["offer"].as_str().unwrap();
    member.wallet_does(&["accept-offer", offer, "--yes"]);
    member.wallet_refuses(&["accept-offer", offer, "--yes"]);

    let mut browser = Browser::new();
    let asked =
        Request::post_json(Url::parse(&at("office", "/passport/requests")).unwrap(), &json!({"way": "link"}));
    let asked: Value = serde_json::from_str(&browser.send(asked).await).unwrap();
    member.wallet_does(&["present", asked["link"].as_str().unwrap(), "--yes"]);
    member.wallet_does(&["collect", "--yes"]);
    let link = mail_link(&mut browser, &at("mail", "/")).await;
    let mut other = Browser::new();
    let page = other.open(&link).await;
    other.press(&link, &page).await;
    let mut listed = String::new();
    for _ in 0..50 {
        member.wallet_does(&["collect", "--yes"]);
        listed = member.wallet_does(&["list", "--json"]);
        if listed.contains("passport:1") && listed.contains("profile:1") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(listed.contains("passport:1") && listed.contains("profile:1"), "{listed}");

    let request = member.team_prints(&["verifier", "request", "kiln-north"]);
    let session = request["session"].as_str().unwrap().to_owned();
    let link = request["link"].as_str().unwrap().to_owned();
    assert_eq!(member.team(&["verifier", "result", "kiln-north", &session]).trim(), "waiting");
    member.wallet_does(&["present", &link, "--yes", "--preset", "all"]);
    assert_eq!(member.team(&["verifier", "result", "kiln-north", &session]).trim(), "accepted");
    member.wallet_refuses(&["present", &link, "--yes"]);

    demo.kill();
    let demo = Demo::start_logging(&data, port, &root.path().join("log-2"));
    assert_eq!(member.team(&["verifier", "result", "kiln-north", &session]).trim(), "accepted");
    // What was used up before the kill stays used up.
    member.wallet_refuses(&["present", &link, "--yes"]);
    member.wallet_refuses(&["accept-offer", offer, "--yes"]);
    let export = root.path().join("export.jsonl");
    member.team(&["store", "export", "kiln-north", "--out", export.to_str().unwrap()]);
    assert!(fs::metadata(&export).unwrap().len() > 1_000);
    demo.stop();
    search_for_canaries(root.path());
    search_for_number(root.path(), &listed);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { files(&path) } else { vec![path] }
        })
        .filter(|path| path.is_file())
        .collect()
}

fn holds(path: &Path, canary: &str) -> bool {
    let bytes = fs::read(path).unwrap();
    let encoded = jose::base64url::encode(canary);
    // The middle of the encoding is the same whatever stands around the value.
    let encoded = encoded.get(2..encoded.len().saturating_sub(3)).unwrap_or_default();
    let found = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    found(canary.as_bytes()) || found(encoded.as_bytes())
}

/// Logs at the most talkative level, every store, keyring, wallet, export: none holds a value.
fn search_for_canaries(root: &Path) {
    let files = files(root);
    assert!(files.len() > 20, "{files:?}");
    assert!(files.iter().any(|path| holds(path, "harbour.localhost")), "the search finds nothing at all");
    for path in &files {
        for canary in CANARIES {
            assert!(!holds(path, canary), "{canary} stands in {}", path.display());
        }
    }
}

/// The number is known to the office and to the wallet, and stands in no log and at no space.
fn search_for_number(root: &Path, listed: &str) {
    let listed: Value = serde_json::from_str(listed).unwrap();
    let text = listed.to_string();
    let number = text.split_once("\"number\":\"").expect("the passport shows its number").1;
    let number = number.split_once('"').unwrap().0;
    assert_eq!(number.len(), 13, "{number}");
    for path in files(root).iter().filter(|path| !path.starts_with(root.join("data/office/store"))) {
        assert!(!holds(path, number), "the number stands in {}", path.display());
    }
}
