//! A network without the demo: exactly the commands of docs/space.md, "Set up a network of your own", one process for each party.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use outbound::Request;
use serde_json::{Value, json};
use url::Url;

use crate::browser::{Browser, mail_link};
use crate::demo::passport;

const SECTION: &str = "## Set up a network of your own";
/// The ports in the document; the test takes free ones.
const PORTS: [&str; 7] = ["8080", "8081", "8082", "8083", "8084", "8085", "2525"];

/// The commands of the section, a line each.
fn documented() -> Vec<String> {
    documented_in("docs/space.md", SECTION)
}

/// The commands of a section of a file, a line each.
pub(super) fn documented_in(file: &str, section: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(file).unwrap();
    let (_, section) = text.split_once(section).expect("the section is there");
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let mut commands = Vec::new();
    for block in section.split("```sh\n").skip(1) {
        let (block, _) = block.split_once("```").expect("the block ends");
        commands.extend(block.replace("\\\n", " ").lines().map(str::to_owned));
    }
    commands
}

/// A server that runs until it is dropped.
pub(super) struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The folder in which the commands are typed, and what they printed.
pub(super) struct Desk {
    folder: PathBuf,
    ports: BTreeMap<&'static str, u16>,
    pub(super) printed: BTreeMap<&'static str, String>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) servers: Vec<Server>,
    /// Whether the commands say themselves where they agree to what a person would be asked.
    pub(super) says_all: bool,
}

impl Desk {
    pub(super) fn new(folder: &Path) -> Self {
        // All are held at once, so that they differ.
        let taken = PORTS.map(|port| (port, TcpListener::bind("127.0.0.1:0").unwrap()));
        let ports =
            taken.iter().map(|(port, listener)| (*port, listener.local_addr().unwrap().port())).collect();
        Self {
            folder: folder.to_owned(),
            ports,
            printed: BTreeMap::new(),
            environment: Vec::new(),
            servers: Vec::new(),
            says_all: false,
        }
    }

    /// The command as it is typed here: free ports, printed values in their places, and yes where a person would be asked, unless it says
    /// all itself.
    pub(super) fn typed(&self, command: &str) -> String {
        let mut typed = command.to_owned();
        for (port, free) in &self.ports {
            typed = typed.replace(port, &free.to_string());
        }
        for (place, value) in &self.printed {
            typed = typed.replace(&format!("'{place}'"), &format!("'{value}'"));
        }
        let agrees = typed.starts_with("passport wallet") && !self.says_all;
        if agrees { format!("{typed} --yes") } else { typed }
    }

    fn shell(&self, line: &str) -> Command {
        let programs = Path::new(env!("CARGO_BIN_EXE_passport")).parent().unwrap();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        // `exec`, so that the process that is killed is the server itself.
        command.args(["-c", &format!("exec {line}")]).current_dir(&self.folder).env("PATH", path);
        command.env_remove("PASSPORT_DATA").envs(self.environment.iter().cloned()).stdin(Stdio::null());
        command
    }

    pub(super) fn output(&self, command: &str) -> Output {
        self.shell(&self.typed(command)).output().unwrap()
    }

    pub(super) fn run(&mut self, command: &str) -> String {
        let output = self.output(command);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        self.remember(&printed);
        printed
    }

    fn remember(&mut self, printed: &str) {
        let value: Value = serde_json::from_str(printed).unwrap_or_default();
        for (place, at) in
            [("OFFER", "/offer"), ("LINK", "/link"), ("SESSION", "/session"), ("ID", "/sign_ups/0/id")]
        {
            if let Some(text) = value.pointer(at).and_then(Value::as_str) {
                self.printed.insert(place, text.to_owned());
            }
        }
    }

    /// Starts a server and waits until it says that it serves.
    pub(super) fn serve(&mut self, command: &str) {
        let mut child = self.shell(&self.typed(command)).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.servers.push(Server(child));
        assert!(line.contains("stop with Ctrl-C"), "{command} said {line:?}");
    }

    pub(super) fn at(&self, party: &str, port: &str, path: &str) -> String {
        format!("http://{party}.localhost:{}{path}", self.ports[port])
    }

    /// The link on the office's page.
    pub(super) async fn ask_for_passport(&mut self, office: &str) {
        let address = Url::parse(&format!("{office}/passport/requests")).unwrap();
        let asked = Browser::new().send(Request::post_json(address, &json!({"way": "link"}))).await;
        self.remember(&asked);
    }

    /// The link in the mail, and the button behind it.
    pub(super) async fn confirm_email(&self) {
        self.confirm_email_at(&self.at("mail", "8085", "/")).await;
    }

    /// The same with the mails that are shown there.
    pub(super) async fn confirm_email_at(&self, mails: &str) {
        let mut browser = Browser::new();
        let link = mail_link(&mut browser, mails).await;
        let page = browser.open(&link).await;
        browser.press(&link, &page).await;
    }

    /// Fetches until the wallet holds a credential of this type from this party: what follows an answer takes moments.
    pub(super) async fn collect_until(&mut self, command: &str, held: [&str; 2]) {
        self.collect_until_in("ada.store", command, held).await;
    }

    /// The same with the wallet in that folder.
    pub(super) async fn collect_until_in(&mut self, store: &str, command: &str, held: [&str; 2]) {
        for _ in 0..50 {
            self.run(command);
            let list = self.run(&format!("passport wallet list --store {store} --json"));
            let list: Value = serde_json::from_str(&list).unwrap();
            let credentials = list["credentials"].as_array().unwrap();
            if credentials.iter().any(|one| [&one["type"], &one["issuer_name"]] == held) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("{held:?} does not come");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_commands_set_up_a_network_in_which_a_member_joins_a_space() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path());
    let commands = documented();
    assert!(commands.len() > 25, "{commands:#?}");
    let mut results = Vec::new();
    let passport = ["urn:passport-network:passport:1", "Our office"];
    let membership = ["urn:passport-network:membership:1", "Kiln"];
    let mut collected = [passport, membership].into_iter();
    for command in &commands {
        if let Some(variable) = command.strip_prefix("export ") {
            let (name, value) = variable.split_once('=').unwrap();
            desk.environment.push((name.to_owned(), value.trim_matches('\'').to_owned()));
        } else if command.starts_with("passport serve") || command.starts_with("passport mailbox") {
            desk.serve(command);
        } else if command.starts_with("passport wallet collect") {
            let held = collected.next().expect("collected twice");
            if held == passport {
                desk.confirm_email().await;
            }
            desk.collect_until(command, held).await;
        } else {
            if command.contains("'LINK'") && !desk.printed.contains_key("LINK") {
                desk.ask_for_passport(&desk.at("office", "8082", "")).await;
            }
            let printed = desk.run(command);
            if command.contains("verifier result") {
                results.push(printed.trim().to_owned());
            }
        }
    }
    assert_eq!(results, ["accepted"]);
    assert_eq!(collected.next(), None, "everything was collected");
    let history = desk.run("passport wallet history --store ada.store");
    assert!(history.contains("Kiln (kiln.localhost)"), "{history}");
}

/// What a command refuses with.
pub(super) fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn whoever_is_not_there_or_not_admitted_is_told_the_next_command() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::new(folder.path());
    let empty = refusal(&desk.output("passport serve --data nothing --listen 127.0.0.1:8081"));
    for command in
        ["passport verifier init", "passport issuer init", "passport operator init", "passport network init"]
    {
        assert!(empty.contains(command), "{empty}");
    }
    let init = "passport verifier init kiln --alone --data d --origin http://kiln.localhost:8084 --name Kiln --legal-name 'Kiln Ltd' --email team@example.org";
    assert!(desk.output(init).status.success());
    assert!(refusal(&desk.output(init)).contains("is there already"));
    let early = refusal(&desk.output("passport serve --data d --listen 127.0.0.1:8084"));
    for next in ["kiln/admission-request.json", "passport operator admit", "kiln/admission.json"] {
        assert!(early.contains(next), "{early}");
    }
}

#[test]
fn the_operator_says_what_became_of_a_member() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::new(folder.path());
    let says = |command: &str| {
        let output = desk.output(command);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for command in documented().iter().take(4) {
        says(command);
    }
    let request = fs::read(folder.path().join("harbour-data/harbour/admission-request.json")).unwrap();
    let request: Value = serde_json::from_slice(&request).unwrap();
    let did = request["did"].as_str().unwrap();
    for command in documented().iter().filter(|command| command.contains("operator admit")) {
        assert!(says(command).contains("is admitted. Hand it"), "{command}");
    }
    for (command, said) in
        [("suspend", "is suspended"), ("expel", "is expelled"), ("readmit", "is admitted again")]
    {
        let line = says(&format!("passport operator {command} network/operator {did}"));
        assert!(line.starts_with(did) && line.contains(said), "{line}");
        assert_eq!(line.lines().count(), 1);
    }
    let unknown = desk.output("passport operator suspend network/operator did:web:nobody.example");
    assert_eq!(refusal(&unknown), "passport: no member of the network has this DID\n");
}

#[test]
fn a_demo_in_a_folder_that_cannot_be_written_blames_the_folder_once() {
    let output =
        passport().args(["demo", "--json", "--port", "0", "--data", "/proc/nothing"]).output().unwrap();
    let said = refusal(&output);
    assert!(said.contains("name a folder that can be written with --data"), "{said}");
    assert!(!said.contains("the port"), "{said}");
    assert_eq!(said.matches("os error").count(), 1, "{said}");
}
