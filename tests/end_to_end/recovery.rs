//! The recovery drill: the device is lost, only the recovery code is left, and the office refuses to help. The keys are
//! replaced, the identifier moves to another office, the number is another one, and the spaces are told.
//!
//! Two offices, the home space, one more space, an operator and a mail server, each a process of its own. What happened is
//! written down, step by step, as a transcript for people.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use outbound::Request;
use serde_json::{Value, json};
use url::Url;

use crate::browser::{Browser, mail_link};
use crate::demo::passport;

const PASSPHRASE: &str = "a passphrase for this drill";
const PARTIES: [&str; 8] = ["operator", "office", "north", "harbour", "kiln", "rook", "smtp", "mail"];
const PASSPORT: &str = "urn:passport-network:passport:1";
const MEMBERSHIP: &str = "urn:passport-network:membership:1";

/// A process that runs until it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Drill {
    folder: PathBuf,
    ports: BTreeMap<&'static str, u16>,
    servers: BTreeMap<&'static str, Server>,
    /// The wallet that is in use.
    wallet: &'static str,
    browser: Browser,
    /// The link of the newest mail.
    mail: String,
    transcript: Vec<String>,
}

impl Drill {
    fn new(folder: &Path) -> Self {
        // All are held at once, so that they differ.
        let taken = PARTIES.map(|party| (party, TcpListener::bind("127.0.0.1:0").unwrap()));
        let ports = taken.iter().map(|(party, listener)| (*party, listener.local_addr().unwrap().port()));
        Self {
            folder: folder.to_owned(),
            ports: ports.collect(),
            servers: BTreeMap::new(),
            wallet: "lost.store",
            browser: Browser::new(),
            mail: String::new(),
            transcript: Vec::new(),
        }
    }

    /// One line of the transcript.
    fn tell(&mut self, line: impl Into<String>) {
        self.transcript.push(line.into());
    }

    /// Both offices have a host that begins with `office`.
    fn origin(&self, party: &str) -> String {
        let host = if party == "north" { "office.north" } else { party };
        format!("http://{host}.localhost:{}", self.ports[party])
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = passport();
        command.args(arguments).current_dir(&self.folder).env_remove("PASSPORT_DATA");
        command.env_remove("PASSPORT_RECOVERY_CODE").env("PASSPORT_PASSPHRASE", PASSPHRASE);
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {errors} {said}");
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// A command of the wallet that is in use, with `fed` on standard input.
    fn wallet_fed(&self, arguments: &[&str], fed: Option<&str>) -> Output {
        let options = ["--json", "--yes", "--store", self.wallet];
        let mut command = self.command(&[&["wallet"], arguments, &options].concat());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        if let Some(fed) = fed {
            // A command that ends before it reads closes the pipe.
            let _ = input.write_all(format!("{fed}\n").as_bytes());
        }
        drop(input);
        child.wait_with_output().unwrap()
    }

    fn wallet(&self, arguments: &[&str]) -> Value {
        self.by_code(arguments, None)
    }

    fn by_code<'a>(&self, arguments: &[&str], code: impl Into<Option<&'a str>>) -> Value {
        let output = self.wallet_fed(arguments, code.into());
        let errors = String::from_utf8_lossy(&output.stderr);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {errors} {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The same command, ended as by a power cut once the office was asked.
    fn killed(&self, arguments: &[&str], code: &str, office: &Refusing) {
        let before = office.asked.load(Ordering::SeqCst);
        let options = ["--json", "--yes", "--store", self.wallet];
        let mut command = self.command(&[&["wallet"], arguments, &options].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{code}\n").as_bytes()).unwrap();
        let start = Instant::now();
        while office.asked.load(Ordering::SeqCst) == before {
            assert!(start.elapsed() < Duration::from_secs(30), "{arguments:?} asks nobody");
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn refused(&self, arguments: &[&str], code: &str) -> Value {
        let output = self.wallet_fed(arguments, Some(code));
        assert_eq!(
            output.status.code(),
            Some(1),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        said["error"].clone()
    }

    fn serve(&mut self, party: &'static str, arguments: &[&str]) {
        let mut child = self.command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.servers.insert(party, Server(child));
        assert!(line.contains("stop with Ctrl-C"), "{party} said {line:?}");
    }

    fn serve_party(&mut self, party: &'static str, data: &str) {
        let listen = format!("127.0.0.1:{}", self.ports[party]);
        self.serve(party, &["serve", "--data", data, "--listen", &listen]);
    }

    fn set_up(&mut self) {
        let list = format!("{}/network-list", self.origin("operator"));
        self.run(&["operator", "init", "network/operator", "--name", "Drill network", "--list-url", &list]);
        let smtp = self.ports["smtp"].to_string();
        for (party, name) in [("office", "Old Office"), ("north", "North Office")] {
            let (origin, data) = (self.origin(party), format!("{party}-data"));
            self.run(&[
                "issuer",
                "init",
                party,
                "--data",
                &data,
                "--origin",
                &origin,
                "--name",
                name,
                "--legal-name",
                name,
                "--email",
                "office@example.org",
                "--mail-host",
                "localhost",
                "--mail-port",
                &smtp,
                "--mail-tls",
                "plain",
                "--mail-from",
                "Office <office@example.org>",
            ]);
        }
        for (party, name) in [("harbour", "Harbour"), ("kiln", "Kiln"), ("rook", "Rook")] {
            let (origin, data) = (self.origin(party), format!("{party}-data"));
            self.run(&[
                "verifier",
                "init",
                party,
                "--alone",
                "--data",
                &data,
                "--origin",
                &origin,
                "--name",
                name,
                "--legal-name",
                name,
                "--email",
                "team@example.org",
            ]);
        }
        for space in ["kiln", "rook"] {
            self.let_ask_for_the_passport(space);
        }
        for party in ["office", "north", "harbour", "kiln", "rook"] {
            let folder = format!("{party}-data/{party}");
            let (request, out) =
                (format!("{folder}/admission-request.json"), format!("{folder}/admission.json"));
            self.run(&["operator", "admit", "network/operator", &request, "--out", &out]);
        }
        self.serve_party("operator", "network");
        for (party, data) in [
            ("office", "office-data"),
            ("north", "north-data"),
            ("harbour", "harbour-data"),
            ("kiln", "kiln-data"),
            ("rook", "rook-data"),
        ] {
            self.serve_party(party, data);
        }
        let page = self.ports["mail"].to_string();
        self.serve("mail", &["mailbox", "--smtp", &smtp, "--page", &page]);
        self.tell("A network: an operator, two offices (Old Office, North Office), Harbour, Kiln and Rook.");
    }

    /// Whoever answers in full is a member, and the passport is part of it.
    fn let_ask_for_the_passport(&self, space: &str) {
        let data = format!("{space}-data");
        let file = self.folder.join(&data).join(space).join("party.json");
        let mut settings: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        settings["forms"][0]["passport"] = json!("required");
        settings["forms"][0]["approval"] = json!("automatic");
        fs::write(&file, settings.to_string()).unwrap();
        self.run(&["verifier", "request-admission", space, "--data", &data]);
    }

    fn listed(&self, vct: &str, issuer: &str) -> Option<Value> {
        let listed = self.wallet(&["list"]);
        let all = listed["credentials"].as_array().unwrap();
        all.iter().find(|one| one["type"] == vct && one["issuer_name"] == issuer).cloned()
    }

    async fn collect_until(&self, vct: &str, issuer: &str) -> Value {
        for _ in 0..50 {
            let collected = self.wallet(&["collect"]);
            if let Some(found) = self.listed(vct, issuer) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert!(!collected.is_null());
        }
        panic!("no {vct} from {issuer} comes");
    }

    /// The member's home space gives membership and statement.
    fn membership(&self) -> String {
        let added = self.run(&[
            "verifier",
            "member",
            "add",
            "harbour",
            "--data",
            "harbour-data",
            "--given-name",
            "Ada",
            "--family-name",
            "Example",
            "--birthdate",
            "1990-01-02",
        ]);
        self.wallet(&["accept-offer", added["offer"].as_str().unwrap()]);
        added["sub"].as_str().unwrap().to_owned()
    }

    /// Asks an office for a passport, as far as the papers; gives what `collect` says then.
    async fn apply(&mut self, office: &str) -> Value {
        let address = Url::parse(&format!("{}/passport/requests", self.origin(office))).unwrap();
        let asked = self.browser.send(Request::post_json(address, &json!({"way": "link"}))).await;
        let asked: Value = serde_json::from_str(&asked).unwrap();
        self.wallet(&["present", asked["link"].as_str().unwrap()]);
        self.wallet(&["collect"])
    }

    /// Opens the link in the newest mail.
    async fn confirm(&mut self) {
        let page = format!("{}/", self.origin("mail"));
        let mut link = mail_link(&mut self.browser, &page).await;
        for _ in 0..100 {
            if link != self.mail {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            link = mail_link(&mut self.browser, &page).await;
        }
        assert_ne!(link, self.mail, "another mail");
        let mut other = Browser::new();
        let shown = other.open(&link).await;
        other.press(&link, &shown).await;
        self.mail = link;
    }

    /// Signs up at a space that asks for the passport; gives how that stands there.
    fn join(&self, space: &str) -> String {
        let data = format!("{space}-data");
        let asked = self.run(&["verifier", "request", space, "--data", &data]);
        self.wallet(&["present", asked["link"].as_str().unwrap()]);
        let session = asked["session"].as_str().unwrap();
        let output = self.command(&["verifier", "result", space, session, "--data", &data]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn new_wallet(&self, code: Option<&str>) -> Value {
        let init: &[&str] = if code.is_some() { &["init", "--recover"] } else { &["init"] };
        let made = self.by_code(init, code);
        self.wallet(&["network", &format!("{}/network.json", self.origin("operator"))]);
        self.wallet(&["own", "set", "email", "ada@example.org"]);
        made
    }

    /// Whose a number is, as Kiln is told.
    fn whose(&self, number: &str) -> Output {
        self.command(&["resolve", number, "--as", "kiln", "--data", "kiln-data"]).output().unwrap()
    }

    /// Until the office has the member's word for it.
    async fn becomes_of(&self, number: &str, did: &str) {
        let mut said = String::new();
        for _ in 0..20 {
            let found = self.whose(number);
            said = format!(
                "{}{}",
                String::from_utf8_lossy(&found.stdout),
                String::from_utf8_lossy(&found.stderr)
            );
            if found.status.success() && said.contains(did) {
                return;
            }
            self.wallet(&["collect"]);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("{number} does not lead to {did}: {said}");
    }

    /// What anybody resolves.
    fn resolves(&self, did: &str) -> Output {
        self.command(&["resolve", did]).output().unwrap()
    }

    fn log_address(&self, did: &str) -> String {
        format!("{}/{}/did.jsonl", self.origin("office"), did.rsplit(':').next().unwrap())
    }
}

/// What the office says to whoever wants something of it.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    No,
    Never,
}

/// An office that serves a log and does nothing else for anybody.
#[derive(Clone)]
struct Refusing {
    log: Arc<Mutex<String>>,
    answer: Arc<Mutex<Answer>>,
    /// How often it was asked.
    asked: Arc<AtomicUsize>,
}

impl Refusing {
    async fn serve(port: u16, log: &str) -> Self {
        let this = Self {
            log: Arc::new(Mutex::new(log.to_owned())),
            answer: Arc::new(Mutex::new(Answer::No)),
            asked: Arc::default(),
        };
        let office = this.clone();
        let router =
            Router::new().fallback(move |method: Method, uri: Uri| office.clone().answer(method, uri));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        this
    }

    async fn answer(self, method: Method, uri: Uri) -> (StatusCode, String) {
        if method == Method::GET && uri.path().ends_with("/did.jsonl") {
            return (StatusCode::OK, self.log.lock().unwrap().clone());
        }
        let answer = *self.answer.lock().unwrap();
        self.asked.fetch_add(1, Ordering::SeqCst);
        if answer == Answer::Never {
            std::future::pending::<()>().await;
        }
        (StatusCode::FORBIDDEN, "we do not help".to_owned())
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_device_lost_and_the_office_refusing_the_recovery_code_alone_brings_everything_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut drill = Drill::new(folder.path());
    drill.set_up();

    // Ada as she was.
    let made = drill.new_wallet(None);
    let code = text(&made["recovery_code"]);
    let sub = drill.membership();
    drill.apply("office").await;
    drill.confirm().await;
    let old = drill.collect_until(PASSPORT, "Old Office").await;
    let (old_number, old_did) = (text(&old["claims"]["number"]), text(&old["claims"]["did"]));
    assert_eq!(drill.join("kiln"), "accepted");
    drill.collect_until(MEMBERSHIP, "Kiln").await;
    assert_eq!(drill.join("rook"), "accepted");
    drill.collect_until(MEMBERSHIP, "Rook").await;
    drill.becomes_of(&old_number, &old_did).await;
    drill.tell(format!("Ada has the number {old_number} of the Old Office, and the identifier {old_did}."));
    drill.tell(
        "She is a member of Harbour, her home, and of Kiln and Rook, which know her number and identifier.",
    );

    // The device is gone, and the office serves the log and nothing else.
    fs::remove_dir_all(folder.path().join("lost.store")).unwrap();
    let address = drill.log_address(&old_did);
    let log = Browser::new().open(&address).await;
    drop(drill.servers.remove("office"));
    let refusing = Refusing::serve(drill.ports["office"], &log).await;
    drill.wallet = "new.store";
    drill.tell(
        "Her device is lost. What is left is the recovery code on paper. The Old Office refuses to help.",
    );

    // The code and the public log bring the identifier back.
    drill.new_wallet(Some(&code));
    let wrong = drill.refused(&["did", "recover", &old_did], &"7".repeat(32));
    assert_eq!(wrong["code"], "wrong_recovery_code");
    drill.tell(format!("A wrong code: \"{}\".", text(&wrong["detail"])));
    *refusing.answer.lock().unwrap() = Answer::Never;
    drill.killed(&["did", "recover", &old_did], &code, &refusing);
    *refusing.answer.lock().unwrap() = Answer::No;
    let recovered = drill.by_code(&["did", "recover", &old_did], code.as_str());
    assert_eq!(recovered["resumed"], true, "what was written before the kill is sent again: {recovered}");
    assert_eq!((recovered["did"].as_str(), &recovered["entries"]), (Some(old_did.as_str()), &json!(2)));
    assert_eq!(recovered["left"][0]["taken"], false);
    drill.tell(format!(
        "The right code, in a new wallet, and again after a power cut: the identifier is back with new keys, in entry 2 of its log. The office: \"{}\".",
        text(&recovered["left"][0]["problem"])
    ));

    // The office cannot sign for her: whatever it serves beside the log is refused, and the wallet sees it.
    let shown = drill.wallet(&["did", "show"]);
    assert_eq!(shown["served"], "older");
    *refusing.log.lock().unwrap() = log.replacen("\"authentication\"", "\"keyAgreement\"", 1);
    assert!(!drill.resolves(&old_did).status.success());
    assert_eq!(drill.wallet(&["did", "show"])["served"], "other");
    *refusing.log.lock().unwrap() = log.clone();
    drill.tell("The office serves a log with a changed entry: nobody takes it, and the wallet warns.");

    // Home again, and to another office.
    drill.run(&["verifier", "member", "revoke", "harbour", &sub, "--data", "harbour-data"]);
    drill.membership();
    drill.tell("Harbour ends the copies on the lost device and gives Ada her membership and statement anew.");
    let told = drill.apply("north").await.to_string();
    assert!(told.contains("passport wallet did move"), "{told}");
    let wrong = drill.refused(&["did", "move"], &"7".repeat(32));
    assert_eq!(wrong["code"], "wrong_recovery_code");
    let moved = drill.by_code(&["did", "move"], code.as_str());
    let new_did = text(&moved["did"]);
    assert!(new_did != old_did && new_did.contains(":office.north.localhost%3A"), "{moved}");
    assert_eq!(moved["entries"], 3);
    assert!(
        moved["left"].as_array().unwrap().iter().all(|left| left["taken"] == false),
        "the old office alone: {moved}"
    );
    drill.tell(format!("The North Office takes the identifier with its history, in entry 3: {new_did}."));
    drill.confirm().await;
    let new = drill.collect_until(PASSPORT, "North Office").await;
    let new_number = text(&new["claims"]["number"]);
    assert_eq!(text(&new["claims"]["did"]), new_did);
    assert!(new_number.get(..4) != old_number.get(..4), "{old_number} {new_number}");
    drill.tell(format!("It gives Ada a passport with the number {new_number}."));

    drill.becomes_of(&new_number, &new_did).await;
    assert!(!drill.whose(&old_number).status.success());
    drill.tell("Kiln asks the offices: the new number leads to the identifier at its new place, the old one nowhere.");

    // Who resolves the new name finds the old one in it, and one history.
    let resolved = drill.resolves(&new_did);
    assert!(resolved.status.success(), "{}", String::from_utf8_lossy(&resolved.stderr));
    let resolved = String::from_utf8(resolved.stdout).unwrap();
    assert!(resolved.contains("alsoKnownAs") && resolved.contains(&old_did), "{resolved}");
    let there = Browser::new()
        .open(&format!("{}/{}/did.jsonl", drill.origin("north"), new_did.rsplit(':').next().unwrap()))
        .await;
    assert!(there.starts_with(&log) && there.lines().count() == 3);
    drill.tell("Whoever resolves the new identifier sees that it was the old one: one log, three entries.");

    // The spaces are told. Their list went with the device. Rook offers the membership of before again, and says by its member
    // API what it holds; it is told by a new passport in the place of the old one.
    assert_eq!(drill.wallet(&["did", "spaces"])["spaces"], json!([]));
    let members = drill.run(&["verifier", "member", "list", "rook", "--data", "rook-data"]);
    let [member] = members["members"].as_array().unwrap().as_slice() else { panic!("{members}") };
    let sub = text(&member["sub"]);
    let offered = drill.run(&["verifier", "member", "offer", "rook", &sub, "--data", "rook-data"]);
    drill.wallet(&["accept-offer", offered["offer"].as_str().unwrap()]);
    let held = |drill: &Drill, claim: &str| {
        let seen = drill.wallet(&["space", "see", "Rook"]);
        let details = seen["details"].as_array().unwrap();
        text(&details.iter().find(|one| one["claim"] == claim).unwrap()["value"])
    };
    let unknown = drill.wallet(&["did", "spaces"])["without_record"].clone();
    assert_eq!(unknown, json!(["Harbour", "Rook"]), "whom it is a member of says the memberships");
    let told = drill.wallet(&["did", "tell", "Rook", "--now"]);
    assert_eq!(told["changes"][0]["done"], true, "{told}");
    let rook = drill.wallet(&["did", "spaces"])["spaces"][0].clone();
    assert_eq!((&rook["name"], &rook["is_current"]), (&json!("Rook"), &json!(true)), "{rook}");
    assert_eq!((held(&drill, "number"), held(&drill, "did")), (new_number.clone(), new_did.clone()));
    let members = drill.run(&["verifier", "member", "list", "rook", "--data", "rook-data"]);
    assert_eq!(
        members["members"].as_array().unwrap().len(),
        1,
        "the account is the one of before: {members}"
    );
    drill.tell("Rook's team offers Ada her membership again, and her wallet tells Rook: it says that it holds an identifier of hers and the number of before, and is given the new passport in their place.");

    // Harbour gave the new membership; at Kiln she signs up with the new passport.
    assert_eq!(drill.join("kiln"), "accepted");
    let spaces = drill.wallet(&["did", "spaces"]);
    for (place, name) in ["Kiln", "Rook"].into_iter().enumerate() {
        let space = &spaces["spaces"][place];
        assert_eq!((&space["name"], &space["is_current"]), (&json!(name), &json!(true)), "{spaces}");
    }
    drill.collect_until(MEMBERSHIP, "Kiln").await;
    drill.tell(
        "Kiln is shown the new passport and knows the new number and identifier; Harbour never had either.",
    );
    // And the keys can be replaced again, where an office helps.
    let rotated = drill.by_code(&["did", "rotate"], code.as_str());
    let taken: Vec<&Value> =
        rotated["left"].as_array().unwrap().iter().filter(|left| left["taken"] == true).collect();
    assert_eq!((taken.len(), &rotated["entries"]), (1, &json!(4)), "{rotated}");
    assert_eq!(drill.wallet(&["did", "show"])["served"], "as-left");
    drill.tell("At the North Office new keys take one command. The Old Office goes on refusing, and nothing depends on it.");

    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recovery-drill.txt");
    let numbered =
        drill.transcript.iter().enumerate().map(|(place, line)| format!("{}. {line}\n", place + 1));
    fs::write(&file, numbered.collect::<String>()).unwrap();
    println!("the transcript of the recovery drill: {}", file.display());
}
