//! `passport wallet serve`, as whoever runs it starts it and browsers meet it: a wallet that is made there, and a host of many.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use openid4vc::form;
use serde_json::Value;
use wallet::testing::{Fields, MemberKeys, Split, salt_of_name};

use crate::demo::passport;

pub(crate) const PASSPHRASE: &str = "a passphrase for this test";

/// The pages, until they are dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) ready: Value,
    pub(crate) port: u16,
    log: File,
}

impl Served {
    pub(crate) fn start(folder: &Path, words: &[&str]) -> Self {
        let mut command = passport();
        command.args(["wallet", "serve", "--json", "--listen", "127.0.0.1:0", "--store"]).arg(folder);
        // Nobody is there to be asked anything.
        command
            .args(words)
            .env("PASSPORT_LOG", "trace")
            .env_remove("PASSPORT_PASSPHRASE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let log = tempfile::tempfile().unwrap();
        command.stderr(log.try_clone().unwrap());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(ready["ready"], true, "{line}");
        let url = ready["url"].as_str().unwrap();
        let port = url.strip_prefix("http://wallet.localhost:").expect("its address").parse().unwrap();
        Self { child, ready, port, log }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser { port: self.port, cookies: BTreeMap::new() }
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it, and gives what it wrote into its log.
    pub(crate) fn stop(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut text = String::new();
        self.log.rewind().unwrap();
        self.log.read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser that keeps cookies.
pub(crate) struct Browser {
    pub(crate) port: u16,
    pub(crate) cookies: BTreeMap<String, String>,
}

pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) text: String,
}

impl Page {
    /// What stands in a hidden field of the form that goes to `action`.
    pub(crate) fn field(&self, action: &str, name: &str) -> String {
        let form = self.text.split(&format!("action=\"{action}\"")).nth(1).expect("the form");
        let value = form.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("the field");
        value.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    pub(crate) fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, "")
    }

    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send("POST", path, &form::encode(fields.iter().copied()))
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Page {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: wallet.localhost:{}\r\ncookie: {}\r\ncontent-type: \
             application/x-www-form-urlencoded\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.port,
            pairs.join("; "),
            body.len(),
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        let mut location = None;
        for line in head.lines().skip(1) {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            match name.to_ascii_lowercase().as_str() {
                "location" => location = Some(value.to_owned()),
                "set-cookie" => {
                    let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
                _ => {}
            }
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Page { status, location, text: text.to_owned() }
    }

    /// Makes a wallet with a passphrase at the page that `path` leads to.
    pub(crate) fn make(&mut self, path: &str, name: &str) -> Page {
        let page = self.get(path);
        assert_eq!(page.status, 200, "{}", page.text);
        let [csrf, code, wallet] = ["csrf", "code", "wallet"].map(|name| page.field("/make", name));
        let mut fields = vec![
            ("csrf", csrf.as_str()),
            ("code", &code),
            ("wallet", &wallet),
            ("next", "/"),
            ("name", name),
        ];
        if name.is_empty() {
            fields.push(("passphrase", PASSPHRASE));
            return self.post("/make", &fields);
        }
        let begun = begun(name);
        fields.extend(begun.iter().map(|(name, value)| (*name, value.as_str())));
        self.post("/make", &fields)
    }

    /// Opens the wallet of a host by its name, as the page's script does.
    pub(crate) fn open(&mut self, name: &str) -> Page {
        let csrf = self.get("/unlock?other=1").field("/unlock", "csrf");
        let split = split(name);
        let mut fields = vec![("csrf", csrf.as_str()), ("name", name)];
        fields.extend(split.fields.iter().map(|(name, value)| (*name, value.as_str())));
        self.post("/unlock", &fields)
    }

    fn is_at_home(&mut self) -> bool {
        self.get("/").status == 200
    }
}

/// The passphrase as a browser splits it for a wallet of this name at a host.
pub(crate) fn split(name: &str) -> Split {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let salt = salt_of_name("wallet.localhost", name);
    runtime.block_on(Split::passphrase(PASSPHRASE, &salt, wallet::Cost::USUAL)).unwrap()
}

/// What a browser sends of a new wallet at a host.
fn begun(name: &str) -> Fields {
    MemberKeys::begin(&split(name)).unwrap().1
}

#[test]
fn a_wallet_is_made_by_the_link_that_is_printed_and_is_one_of_the_terminal_then() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallet");
    let served = Served::start(&folder, &[]);
    let link = served.ready["make"].as_str().unwrap();
    let path = link.split_once(&served.port.to_string()).unwrap().1.to_owned();
    assert!(!folder.exists(), "nothing is made before somebody makes it");
    let mut browser = served.browser();
    assert!(browser.get("/unlock").text.contains("There is no wallet here yet"));
    let made = browser.make(&path, "");
    assert_eq!((made.status, made.location.as_deref()), (303, Some("/")), "{}", made.text);
    assert!(browser.is_at_home());
    assert_eq!(served.browser().get(&path).location.as_deref(), Some("/unlock"), "the link is used up");
    drop(served);
    // A second start finds it, and prints no link.
    let again = Served::start(&folder, &[]);
    assert!(again.ready.get("make").is_none());
    assert!(again.browser().get("/unlock").text.contains("name=\"passphrase\""));
    drop(again);
    let mut listed = passport();
    listed.args(["wallet", "list", "--json", "--store"]).arg(&folder);
    let listed = listed.env("PASSPORT_PASSPHRASE", PASSPHRASE).stdin(Stdio::null()).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
}

#[test]
fn a_link_that_was_not_used_ends_with_its_process() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallet");
    let first = Served::start(&folder, &[]);
    let path = first.ready["make"].as_str().unwrap().split_once("/make").unwrap().1.to_owned();
    drop(first);
    let second = Served::start(&folder, &[]);
    assert_eq!(second.browser().get(&format!("/make{path}")).location.as_deref(), Some("/unlock"));
    assert_ne!(second.ready["make"].as_str().unwrap().split_once("/make").unwrap().1, path);
}

#[test]
fn a_host_keeps_wallets_of_many_over_a_restart_and_none_is_read_in_its_folder() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallets");
    let host = Served::start(&folder, &["--host"]);
    let (mut ada, mut ben) = (host.browser(), host.browser());
    assert!(ada.get("/unlock").text.contains("What this host can see, and what not"));
    for (browser, name) in [(&mut ada, "canary-heron"), (&mut ben, "canary-stork")] {
        let made = browser.make("/make", name);
        assert_eq!((made.status, made.location.as_deref()), (303, Some("/")), "{}", made.text);
    }
    assert!(ada.is_at_home() && ben.is_at_home());
    let csrf = ada.get("/details").field("/details", "csrf");
    ada.post("/details", &[("csrf", &csrf), ("email", "canary@example.org")]);
    assert!(ada.get("/details").text.contains("canary@example.org"));
    assert!(!ben.get("/details").text.contains("canary@example.org"));
    let mut mixed = host.browser();
    mixed.cookies.insert("__Host-session".to_owned(), ada.cookies["__Host-session"].clone());
    mixed.cookies.insert("__Host-wallet".to_owned(), ben.cookies["__Host-wallet"].clone());
    assert_eq!(mixed.get("/").location.as_deref(), Some("/unlock"));
    drop(host);
    let host = Served::start(&folder, &["--host"]);
    for browser in [&mut ada, &mut ben] {
        browser.port = host.port;
        assert!(browser.is_at_home(), "sessions are in the vaults");
    }
    assert_eq!(host.browser().open("canary-heron").location.as_deref(), Some("/"));
    drop(host);
    for entry in walk(&folder) {
        let bytes = std::fs::read(&entry).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary"), "{}", entry.display());
    }
}

#[test]
fn a_host_of_invited_members_takes_codes_that_were_added_while_it_runs() {
    let root = tempfile::tempdir().unwrap();
    let codes = root.path().join("codes.txt");
    std::fs::write(&codes, "short\n").unwrap();
    let host =
        Served::start(&root.path().join("wallets"), &["--host", "--by-invitation", codes.to_str().unwrap()]);
    let invited = |browser: &mut Browser, code: &str| {
        let page = browser.get("/make");
        let [csrf, wallet] = ["csrf", "wallet"].map(|name| page.field("/make", name));
        let begun = begun("heron");
        let mut fields =
            vec![("csrf", csrf.as_str()), ("code", code), ("wallet", &wallet), ("name", "heron")];
        fields.extend(begun.iter().map(|(name, value)| (*name, value.as_str())));
        browser.post("/make", &fields).status
    };
    let good = "an-invitation-of-this-host";
    assert_eq!(invited(&mut host.browser(), "short"), 422, "too short to be nobody's guess");
    assert_eq!(invited(&mut host.browser(), good), 422);
    std::fs::write(&codes, format!("short\n{good}\n")).unwrap();
    assert_eq!(invited(&mut host.browser(), good), 303);
    assert_eq!(invited(&mut host.browser(), good), 422, "it makes one wallet");
}

pub(crate) fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
