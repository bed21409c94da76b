//! A member whose copies run out or are revoked: nobody is locked out, and the number stays.

use std::path::{Path, PathBuf};
use std::process::Output;

use outbound::Request;
use serde_json::{Value, json};
use url::Url;

use crate::browser::{Browser, mail_link};
use crate::demo::{Demo, passport};

struct Member {
    folder: PathBuf,
    data: PathBuf,
    port: u16,
    browser: Browser,
    /// The link of the newest mail.
    mail: String,
}

impl Member {
    fn at(&self, party: &str, path: &str) -> String {
        format!("http://{party}.localhost:{}{path}", self.port)
    }

    fn wallet(&self, arguments: &[&str]) -> Output {
        let mut command = passport();
        command.arg("wallet").args(arguments).arg("--json").arg("--store").arg(&self.folder);
        command.env("PASSPORT_PASSPHRASE", "a passphrase for this test").output().unwrap()
    }

    fn does(&self, arguments: &[&str]) -> Value {
        let output = self.wallet(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {errors} {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn team(&self, arguments: &[&str]) -> Value {
        let output = passport().args(arguments).arg("--data").arg(&self.data).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn listed(&self, kind: &str) -> Value {
        let mut listed = self.does(&["list"]);
        let all = listed["credentials"].as_array_mut().unwrap();
        let vct = format!("urn:passport-network:{kind}:1");
        all.iter_mut().find(|one| one["type"] == vct.as_str()).map(Value::take).unwrap_or_default()
    }

    /// A fresh request of a space, answered.
    fn join(&self) -> Output {
        let link = self.team(&["verifier", "request", "kiln-north"])["link"].as_str().unwrap().to_owned();
        self.wallet(&["present", &link, "--yes"])
    }

    /// What is done at the office's page, as far as the papers; the DID of the passport then.
    async fn apply(&mut self) -> Value {
        let address = Url::parse(&self.at("office", "/passport/requests")).unwrap();
        let asked = self.browser.send(Request::post_json(address, &json!({"way": "link"}))).await;
        let asked: Value = serde_json::from_str(&asked).unwrap();
        self.does(&["present", asked["link"].as_str().unwrap(), "--yes"]);
        self.does(&["collect", "--yes"])
    }

    /// The link in the mail, and the passport.
    async fn confirm(&mut self) {
        let address = self.at("mail", "/");
        let mut link = mail_link(&mut self.browser, &address).await;
        for _ in 0..100 {
            if link != self.mail {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            link = mail_link(&mut self.browser, &address).await;
        }
        assert_ne!(link, self.mail, "another mail");
        let mut other = Browser::new();
        let page = other.open(&link).await;
        other.press(&link, &page).await;
        self.mail = link;
        for _ in 0..50 {
            let collected = self.does(&["collect", "--yes"]);
            if collected["from"].as_array().unwrap().iter().any(|from| !from["accepted"].is_null()) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("no passport came");
    }

    async fn with_a_passport(demo: &Demo, root: &Path, data: &Path) -> Self {
        let mut member = Self {
            folder: root.join("wallet"),
            data: data.to_owned(),
            port: demo.port(),
            browser: Browser::new(),
            mail: String::new(),
        };
        member.does(&["init"]);
        let network = member.at("operator", "/network.json");
        member.does(&["network", &network, "--yes"]);
        member.does(&["own", "set", "email", "ada@example.org"]);
        let added = member.team(&[
            "verifier",
            "member",
            "add",
            "harbour",
            "--given-name",
            "Ada",
            "--family-name",
            "Example",
            "--birthdate",
            "1990-01-02",
        ]);
        member.does(&["accept-offer", added["offer"].as_str().unwrap(), "--yes"]);
        member.apply().await;
        member.confirm().await;
        member
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_again_and_again_never_runs_out_of_copies() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let demo = Demo::start_logging(&data, 0, &root.path().join("log"));
    let member = Member::with_a_passport(&demo, root.path(), &data).await;
    let copies = member.listed("profile")["copies"].as_u64().unwrap();
    for round in 0..copies + 3 {
        // By itself the wallet refills once a day, which is enough for as many visits as there were copies.
        if round == copies {
            member.does(&["refill", "--yes"]);
        }
        let joined = member.join();
        assert!(joined.status.success(), "{round}: {}", String::from_utf8_lossy(&joined.stdout));
        assert!(member.listed("profile")["copies_left"].as_u64().unwrap() > 0, "{round}");
    }
    assert!(member.listed("passport")["copies_left"].as_u64().unwrap() > 0);
    demo.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_was_suspended_and_reinstated_gets_the_same_passport_again() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let demo = Demo::start_logging(&data, 0, &root.path().join("log"));
    let mut member = Member::with_a_passport(&demo, root.path(), &data).await;
    let number = member.listed("passport")["claims"]["number"].as_str().unwrap().to_owned();
    let did = member.does(&["list"])["did"].clone();
    member.team(&["issuer", "suspend", &number]);

    // Wallet and space may have looked into the lists a moment ago, and no refusal makes the wallet look again: the
    // member does, and no copy is spent after that.
    let _ = member.join();
    let _ = member.wallet(&["refill", "--yes"]);
    let refused: Value = serde_json::from_slice(&member.join().stdout).unwrap();
    let detail = refused["error"]["detail"].as_str().unwrap();
    assert_eq!(refused["error"]["code"], "no_fresh_copy", "{refused}");
    assert!(detail.contains(&member.at("office", "/passport")), "{detail}");
    let listed = member.listed("profile");
    assert_eq!(listed["copies_left"], 0, "{listed}");
    assert!(listed["copies_revoked"].as_u64().unwrap() > 1, "{listed}");

    // As long as it is suspended nothing comes of a second application either.
    let collected = member.apply().await;
    let told = collected.to_string();
    assert!(told.contains("does not count at present"), "{told}");

    member.team(&["issuer", "reinstate", &number]);
    let refilled = member.does(&["refill", "--yes"]);
    let accepted = refilled["accepted"].as_array().unwrap();
    assert_eq!(accepted.len(), 1, "the membership alone: {refilled}");
    let problems = refilled["problems"].to_string();
    assert!(problems.contains("has expired or was revoked"), "{problems}");
    member.does(&["collect", "--yes"]);
    member.confirm().await;
    assert_eq!(member.listed("passport")["claims"]["number"], number.as_str(), "the number stays");
    assert_eq!(member.does(&["list"])["did"], did);
    let joined = member.join();
    assert!(joined.status.success(), "{}", String::from_utf8_lossy(&joined.stdout));
    demo.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_is_refilled_at_its_space_until_the_team_ends_it() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let demo = Demo::start_logging(&data, 0, &root.path().join("log"));
    let member = Member::with_a_passport(&demo, root.path(), &data).await;
    let before = member.listed("membership");
    let refilled = member.does(&["refill", "--yes"]);
    assert_eq!(refilled["problems"], json!([]), "{refilled}");
    let after = member.listed("membership");
    assert!(after["copies_left"].as_u64().unwrap() > before["copies_left"].as_u64().unwrap(), "{after}");
    assert_eq!(after["claims"]["sub"], before["claims"]["sub"], "the same membership");

    let sub = after["claims"]["sub"].as_str().unwrap();
    member.team(&["verifier", "member", "revoke", "harbour", sub]);
    let refilled = member.does(&["refill", "--yes"]);
    let problems = refilled["problems"].as_array().unwrap();
    assert_eq!((refilled["accepted"].as_array().unwrap().len(), problems.len()), (1, 2), "{refilled}");
    let left = member.listed("membership");
    assert_eq!(left["copies_left"], 0, "{left}");
    demo.stop();
}
