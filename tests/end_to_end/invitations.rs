//! Invitations over the real parties: by number into the wallet's mailbox and back, *Here I am*, and what nobody learns.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use did::number::PassportNumber;
use environment::SeededRandomness;
use outbound::Request;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::browser::{Browser, mail_link};
use crate::demo::{Demo, passport};

const EMAIL: &str = "ada@example.org";

/// A demo with one member who has a passport.
pub(crate) struct Scene {
    demo: Demo,
    root: TempDir,
    pub(crate) number: String,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let demo = Demo::start_logging(&root.path().join("data"), 0, &root.path().join("log"));
        let mut scene = Self { demo, root, number: String::new() };
        scene.wallet(&["init"]);
        scene.wallet(&["network", &scene.at("operator", "/network.json")]);
        scene.wallet(&["own", "set", "email", EMAIL]);
        let added = scene.team(&["verifier", "member", "add", "harbour"]);
        scene.wallet(&["accept-offer", added["offer"].as_str().unwrap()]);
        scene.get_passport().await;
        let listed = scene.wallet(&["list"]);
        let credentials = listed["credentials"].as_array().unwrap();
        let number = credentials.iter().find_map(|one| one["claims"]["number"].as_str()).expect("a number");
        scene.number = PassportNumber::parse(number).unwrap().printed();
        scene
    }

    async fn get_passport(&self) {
        let mut browser = Browser::new();
        let requests = Url::parse(&self.at("office", "/passport/requests")).unwrap();
        let asked = browser.send(Request::post_json(requests, &json!({"way": "link"}))).await;
        let asked: Value = serde_json::from_str(&asked).unwrap();
        self.wallet(&["present", asked["link"].as_str().unwrap()]);
        self.wallet(&["collect"]);
        let link = mail_link(&mut browser, &self.at("mail", "/")).await;
        let mut other = Browser::new();
        let page = other.open(&link).await;
        other.press(&link, &page).await;
        self.wallet(&["collect"]);
    }

    fn at(&self, party: &str, path: &str) -> String {
        format!("http://{party}.localhost:{}{path}", self.demo.port())
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub(crate) fn wallet(&self, words: &[&str]) -> Value {
        let mut command = passport();
        command.arg("wallet").args(words).arg("--store").arg(self.root.path().join("wallet"));
        command.args(["--json", "--yes"]).env("PASSPORT_PASSPHRASE", "a passphrase for this test");
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{words:?}: {said} {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&said).unwrap_or(Value::Null)
    }

    pub(crate) fn team(&self, words: &[&str]) -> Value {
        let output = passport().args(words).arg("--data").arg(self.data()).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The invitation of the team as the team sees it now.
    fn seen(&self, space: &str, made: &Value) -> Value {
        let all = self.team(&["verifier", "invitations", space]);
        let all = all["invitations"].as_array().unwrap().clone();
        all.into_iter().find(|one| one["id"] == made["id"]).unwrap()
    }

    /// The one message in the mailbox, as soon as it is there.
    pub(crate) async fn mail(&self) -> Value {
        let start = Instant::now();
        loop {
            let listed = self.wallet(&["mailbox", "list"]);
            if let Some(mail) = listed["mail"].as_array().and_then(|mail| mail.first()) {
                return mail.clone();
            }
            assert!(start.elapsed() < Duration::from_secs(30), "no invitation came: {listed}");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// Types number and address at a space's page; gives the page that follows.
    async fn types(&self, space: &str, email: &str) -> String {
        let mut browser = Browser::new();
        let at = self.at(space, "/join/number");
        let page = browser.open(&at).await;
        let token = page.split_once("name=\"csrf\" value=\"").unwrap().1.split_once('"').unwrap().0;
        let fields = [("number", self.number.as_str()), ("email", email), ("csrf", token)];
        let answer = browser.send(Request::post_form(Url::parse(&at).unwrap(), &fields)).await;
        assert_eq!(answer, "", "it leads on");
        let page = browser.open(&self.at(space, "/join/number/sent")).await;
        // One of the spaces dresses its pages in a colour of its own.
        page.lines().filter(|line| !line.contains("href=\"/look/")).collect::<Vec<_>>().join("\n")
    }

    /// Waits until a space has sent what it has to send.
    pub(crate) async fn sent(&self, space: &str) {
        let start = Instant::now();
        while self.export(space).contains("invitation-outgoing") {
            assert!(start.elapsed() < Duration::from_secs(30), "{space} has not sent its invitations");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    pub(crate) fn export(&self, party: &str) -> String {
        let output = passport().args(["store", "export", party, "--data"]).arg(self.data()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_by_number_reaches_the_wallet_and_its_answer_the_team() {
    let scene = Scene::new().await;
    let made = scene.team(&["verifier", "invite", "kiln-north", &scene.number]);
    let mail = scene.mail().await;
    assert_eq!((&mail["kind"], &mail["space_name"]), (&json!("sign-up"), &json!("Kiln North")), "{mail}");
    assert_eq!(scene.seen("kiln-north", &made)["state"], "sent");
    scene.wallet(&["mailbox", "open", mail["id"].as_str().unwrap()]);
    let answered = scene.seen("kiln-north", &made);
    assert_eq!((&answered["state"], &answered["sub"]), (&json!("answered"), &Value::Null));
    scene.wallet(&["collect"]);
    let members = scene.team(&["verifier", "member", "list", "kiln-north"]);
    let sub = members["members"][0]["sub"].as_str().unwrap().to_owned();

    // The account is found by the membership in the answer alone.
    let here = scene.team(&["verifier", "invite", "kiln-north", &scene.number, "--here"]);
    let mail = scene.mail().await;
    assert_eq!(mail["kind"], "here-i-am", "{mail}");
    scene.wallet(&["mailbox", "open", mail["id"].as_str().unwrap()]);
    let found = scene.seen("kiln-north", &here);
    assert_eq!((&found["state"], &found["sub"]), (&json!("answered"), &json!(sub)));

    // A number that nobody has is sent like any other.
    let office = PassportNumber::parse(&scene.number).unwrap().office();
    let nobody = PassportNumber::generate(office, &SeededRandomness::new(77));
    let lost = scene.team(&["verifier", "invite", "kiln-north", &nobody.printed()]);
    let (members, others): (Vec<&String>, Vec<&String>) =
        (lost.as_object().unwrap().keys().collect(), made.as_object().unwrap().keys().collect());
    assert_eq!((members, &lost["state"]), (others, &made["state"]));

    // Typed at the page: with another's address nothing comes of it, and the page says the same.
    let wrong = scene.types("harbour", "ben@example.org").await;
    scene.sent("harbour").await;
    let listed = scene.wallet(&["mailbox", "list"]);
    assert_eq!(listed["mail"], json!([]), "{listed}");
    let right = scene.types("kiln-south", EMAIL).await;
    assert_eq!(right.replace("Kiln South", "Harbour"), wrong);
    let mail = scene.mail().await;
    assert_eq!((&mail["kind"], &mail["space_name"]), (&json!("sign-up"), &json!("Kiln South")), "{mail}");

    scene.sent("kiln-north").await;
    let log = std::fs::read_to_string(scene.root.path().join("log")).unwrap();
    for number in [scene.number.clone(), scene.number.replace('-', ""), nobody.printed(), nobody.canonical()]
    {
        assert!(!log.contains(&number), "a number stands in the log");
        for space in ["kiln-north", "kiln-south", "harbour"] {
            assert!(!scene.export(space).contains(&number), "a number stands in the store of {space}");
        }
    }
    assert!(!log.contains(EMAIL) && !log.contains("ben@example.org"), "an address stands in the log");
    scene.demo.stop();
}
