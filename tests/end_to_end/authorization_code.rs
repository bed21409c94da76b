//! Credentials for which a person has their say on the office's own page, through the real binary: offers of the desk, the
//! whole first passport, a kill in between, and who is not awaited.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use crate::browser::{Browser, mail_link};
use crate::demo::{Demo, passport};

/// What came back to a browser that goes nowhere by itself.
struct Page {
    status: u16,
    location: Option<String>,
    body: String,
}

/// A browser as plain as can be, which shows where it is sent.
#[derive(Default)]
struct Surfer {
    cookie: Option<String>,
}

impl Surfer {
    fn get(&mut self, address: &str) -> Page {
        self.send("GET", address, "")
    }

    /// Presses the one button of the form on this page.
    fn press(&mut self, address: &str, page: &str) {
        let after = page.split_once("name=\"csrf\"").expect("a form").1;
        let token = after.split_once("value=\"").unwrap().1.split_once('"').unwrap().0;
        self.send("POST", address, &openid4vc::form::encode([("csrf", token)]));
    }

    fn send(&mut self, method: &str, address: &str, body: &str) -> Page {
        let url = Url::parse(address).unwrap();
        let (host, port) = (url.host_str().unwrap(), url.port().unwrap());
        let target = &url[url::Position::BeforePath..];
        let cookie = self.cookie.as_ref().map(|cookie| format!("cookie: {cookie}\r\n")).unwrap_or_default();
        let origin = url.origin().ascii_serialization();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: {host}:{port}\r\norigin: {origin}\r\n{cookie}connection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(": "));
            fields.find(|(there, _)| there.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
        };
        if let Some(cookie) = header("set-cookie") {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Page { status, location: header("location"), body: body.to_owned() }
    }

    /// Opens an address that leads on, and gives where to.
    fn led_on(&mut self, address: &str) -> String {
        let page = self.get(address);
        let location = page.location.unwrap_or_else(|| panic!("{address}: {} {}", page.status, page.body));
        Url::parse(address).unwrap().join(&location).unwrap().into()
    }
}

/// An address on a page that begins with this path.
fn link_on(page: &str, path: &str) -> String {
    let (_, after) =
        page.split_once(&format!("href=\"{path}")).unwrap_or_else(|| panic!("no {path} on {page}"));
    let rest = after.split('"').next().unwrap();
    format!("{path}{rest}").replace("&amp;", "&").replace("&#38;", "&")
}

struct Member {
    folder: PathBuf,
}

impl Member {
    fn command(&self, words: &[&str]) -> std::process::Command {
        let mut command = passport();
        command.arg("wallet").args(words).arg("--store").arg(&self.folder);
        command.env("PASSPORT_PASSPHRASE", "a passphrase for this test").stdin(Stdio::null());
        command
    }

    fn call(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    fn does(&self, words: &[&str]) -> String {
        let output = self.call(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn refuses(&self, words: &[&str], code: &str) {
        let output = self.call(&[words, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(said["error"]["code"], code, "{words:?}: {said}");
    }

    /// A call that waits for the browser, and the page that it names.
    fn waits<S: AsRef<str>>(&self, words: &[S]) -> (Child, String) {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let mut child = self.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        while let Some(Ok(line)) = told.next() {
            if let Some(address) = line.trim().strip_prefix("http://office.") {
                // What it says later is read, so that it is not held up.
                std::thread::spawn(move || told.for_each(drop));
                return (child, format!("http://office.{address}"));
            }
            said.push_str(&line);
        }
        panic!("no address: {said} ({:?})", child.wait())
    }
}

fn ended(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn team(data: &Path, words: &[&str]) -> Value {
    let output = passport().args(words).arg("--data").arg(data).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// From the wallet's address to the page of the desk, and on to where the browser goes back.
fn at_the_desk(surfer: &mut Surfer, address: &str, path: &str) -> String {
    let page = surfer.led_on(address);
    let shown = surfer.get(&page);
    assert_eq!(shown.status, 200, "{}", shown.body);
    let link = Url::parse(&page).unwrap().join(&link_on(&shown.body, path)).unwrap();
    surfer.led_on(link.as_str())
}

#[test]
fn an_offer_of_the_desk_is_taken_up_with_the_persons_say_also_over_a_kill_and_by_nobody_else() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let demo = Demo::start_logging(&data, 0, &root.path().join("log"));
    let member = Member { folder: root.path().join("wallet") };
    member.does(&["init"]);
    let descriptor = format!("http://operator.localhost:{}/network.json", demo.port());
    member.does(&["network", &descriptor, "--yes"]);
    let offer = || {
        let words = ["issuer", "offer", "--taken-up", "by-authorization"];
        team(&data, &words)["offer"].as_str().unwrap().to_owned()
    };

    // The wallet waits, and somebody else knocks first.
    let (waiting, address) = member.waits(&["accept-offer", &offer(), "--yes", "--batch", "2"]);
    let mut surfer = Surfer::default();
    let back = at_the_desk(&mut surfer, &address, "/authorize/continue");
    assert!(back.starts_with("http://127.0.0.1:") && back.contains("iss="), "{back}");
    let foreign = back.replace("state=", "state=x");
    assert_eq!(Surfer::default().get(&foreign).status, 400);
    assert_eq!(Surfer::default().get(&back).status, 200);
    let (code, printed) = ended(waiting);
    assert_eq!(code, Some(0));
    assert!(printed.contains("Received") && printed.contains("2 copies"), "{printed}");
    member.refuses(&["finish", &back], "not_awaited");

    // Killed while the person is on the page: what is waited for is in the vault.
    let (mut killed, address) = member.waits(&["accept-offer", &offer(), "--yes", "--batch", "2"]);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let back = at_the_desk(&mut Surfer::default(), &address, "/authorize/continue");
    member.refuses(&["finish", &back.replace("state=", "state=x")], "not_awaited");
    member.refuses(&["finish", &back.replace("/return", "/elsewhere")], "not_awaited");
    assert!(member.does(&["finish", &back]).contains("Received"));

    // An answer of another server is refused and costs nothing, and a no is told.
    let (mut killed, address) = member.waits(&["accept-offer", &offer(), "--yes"]);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let back = at_the_desk(&mut Surfer::default(), &address, "/authorize/continue");
    let mixed_up = back.replace("iss=http%3A%2F%2Foffice", "iss=http%3A%2F%2Fharbour");
    assert_ne!(mixed_up, back);
    member.refuses(&["finish", &mixed_up], "other_iss");
    assert!(member.does(&["finish", &back]).contains("Received"));
    let (waiting, address) = member.waits(&["accept-offer", &offer(), "--yes"]);
    let mut surfer = Surfer::default();
    let back = at_the_desk(&mut surfer, &address, "/authorize/cancel");
    assert_eq!(Surfer::default().get(&back).status, 200);
    assert_eq!(ended(waiting).0, Some(1));
    assert!(member.does(&["history", "--json"]).contains("access_denied"));
    demo.stop();
}

fn get(port: u16) -> Vec<String> {
    let office = format!("http://office.localhost:{port}");
    ["get", &office, "passport", "profile", "--yes", "--batch", "2"].map(str::to_owned).to_vec()
}

/// A member of the home space whose wallet knows the network.
fn member_of_harbour(root: &Path, data: &Path, port: u16) -> Member {
    let member = Member { folder: root.join("wallet") };
    member.does(&["init"]);
    member.does(&["network", &format!("http://operator.localhost:{port}/network.json"), "--yes"]);
    member.does(&["own", "set", "email", "ada@example.org"]);
    let person = ["--given-name", "Ada", "--family-name", "Test", "--birthdate", "1990-01-02"];
    let add = [&["verifier", "member", "add", "harbour"][..], &person, &["--check", "document"]].concat();
    member.does(&["accept-offer", team(data, &add)["offer"].as_str().unwrap(), "--yes"]);
    member
}

/// All that the office asks of a person, in one browser; gives the address at which that browser ends.
async fn by_the_offices_page(member: &Member, port: u16, address: &str) -> String {
    let office = format!("http://office.localhost:{port}");
    let mut surfer = Surfer::default();
    let start = surfer.led_on(address);
    let page = surfer.get(&start).body;
    // The wallet is free meanwhile: the page asks it for the membership.
    // It leaves its identifier with the answer: nobody has to collect for the page to go on.
    member.does(&["present", &link_on(&page, "openid4vp:"), "--yes"]);
    let mail = mail_link(&mut Browser::new(), &format!("http://mail.localhost:{port}/")).await;
    let shown = surfer.get(&mail).body;
    surfer.press(&mail, &shown);
    let answer = link_on(&page, "/passport/answer?request=");
    let request = answer.split_once("request=").unwrap().1;
    let mut state = String::new();
    for _ in 0..100 {
        state = surfer.get(&format!("{office}/passport/status?request={request}")).body;
        if state.contains("ready") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(state.contains("ready"), "{state}");
    surfer.led_on(&format!("{office}/authorize/return?request={request}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_gets_the_first_passport_by_the_offices_page_while_the_wallet_waits() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let demo = Demo::start_logging(&data, 0, &root.path().join("log"));
    let port = demo.port();
    let member = member_of_harbour(root.path(), &data, port);
    let (waiting, address) = member.waits(&get(port));
    let back = by_the_offices_page(&member, port, &address).await;
    assert_eq!(Surfer::default().get(&back).status, 200);
    let (code, printed) = ended(waiting);
    assert_eq!(code, Some(0), "{printed}");
    let listed = member.does(&["list", "--json"]);
    assert!(listed.contains("passport:1") && listed.contains("profile:1"), "{listed}");
    demo.stop();
}

/// The office of a demo, with other rules from its next start on.
fn rule(data: &Path, issuing: Value) {
    let file = data.join("office").join("party.json");
    let mut settings: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    settings["issuing"] = issuing;
    std::fs::write(&file, settings.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_that_approves_by_hand_and_takes_attested_wallets_alone_gives_later() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let demo = Demo::start_logging(&data, 0, &root.path().join("log-1"));
    let port = demo.port();
    demo.stop();
    let provider = root.path().join("provider");
    let provider = provider.to_str().unwrap();
    let made = passport().args(["wallet", "provider", "init", provider, "--json"]).output().unwrap();
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    // The office knows the provider by its root; wallets send its certificates beside its DID.
    std::fs::copy(made["root"].as_str().unwrap(), data.join("office").join("wallets.pem")).unwrap();
    let issuing = json!({
        "approval": "by_hand", "wallet_providers": ["wallets.pem"], "attested_keys": {}, "encryption": "required",
    });
    rule(&data, issuing);
    let demo = Demo::start_logging(&data, port, &root.path().join("log-2"));
    let member = member_of_harbour(root.path(), &data, port);
    let words = get(port);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    member.refuses(&words, "attestation_needed");
    member.does(&["provider", "use", provider]);

    let (waiting, address) = member.waits(&words);
    let back = by_the_offices_page(&member, port, &address).await;
    assert_eq!(Surfer::default().get(&back).status, 200);
    let (code, printed) = ended(waiting);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("will be ready later"), "{printed}");
    let requests = team(&data, &["issuer", "requests"]);
    let request = requests["requests"][0]["request"].as_str().unwrap_or_else(|| panic!("{requests}"));
    let data_folder = data.to_str().unwrap();
    let steering = ["issuer", "decline", request, "--reason", "No \u{202e}match", "--data", data_folder];
    let refused = passport().args(steering).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("one line of plain text"), "{said}");
    team(&data, &["issuer", "approve", request]);
    // The office said when to ask again, and the wallet does not come before.
    let early = member.does(&["collect", "--json"]);
    assert!(!early.contains("copies") && early.contains("ask_again_in"), "{early}");
    let listed: Value = serde_json::from_str(&member.does(&["list", "--json"])).unwrap();
    assert!(!listed["credentials"].to_string().contains("passport:1"), "{listed}");
    assert!(listed["being_made"].to_string().contains("passport:1"), "{listed}");
    if std::env::var_os("PASSPORT_TEST_LONG").is_some() {
        tokio::time::sleep(Duration::from_secs(301)).await;
        let collected = member.does(&["collect", "--yes", "--json"]);
        let listed = member.does(&["list", "--json"]);
        assert!(listed.contains("passport:1") && listed.contains("profile:1"), "{collected} {listed}");
    } else {
        println!("skipped: the fetch after five minutes of waiting (cargo xtask test --long)");
    }
    demo.stop();
}

#[test]
fn a_provider_that_is_not_there_vouches_for_nobody() {
    let root = tempfile::tempdir().unwrap();
    let member = Member { folder: root.path().join("wallet") };
    member.does(&["init"]);
    let folder = root.path().join("provider");
    let path = folder.to_str().unwrap();
    member.refuses(&["provider", "use", path], "no_provider");
    let made = passport().args(["wallet", "provider", "init", path, "--json"]).output().unwrap();
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(made["client_id"], made["did"]);
    let again = passport().args(["wallet", "provider", "init", path, "--json"]).output().unwrap();
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(again["error"]["code"], "provider_exists");
    assert!(member.does(&["provider", "use", path]).contains("vouches for this wallet"));
    assert!(member.does(&["provider", "leave"]).contains("Nobody"));
}
