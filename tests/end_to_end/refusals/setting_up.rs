//! `passport verifier init`, `passport issuer init`, their `request-admission`, and `passport mailbox`: refused with a sentence; no
//! folder is made and none is touched.

use std::net::TcpListener;

use super::*;

const PARTY: [&str; 8] = [
    "--origin",
    "http://kiln.localhost:8083",
    "--name",
    "Kiln",
    "--legal-name",
    "Kiln Ltd",
    "--email",
    "team@example.org",
];
const MAIL: [&str; 8] = [
    "--mail-host",
    "localhost",
    "--mail-port",
    "2525",
    "--mail-tls",
    "plain",
    "--mail-from",
    "Office <office@example.org>",
];

/// The words that make a party below `data`, the value of one flag replaced.
fn init<'a>(command: &'a str, name: &'a str, data: &'a Path, flag: &str, value: &'a str) -> Vec<&'a str> {
    let mail: &[&str] = if command == "issuer" { &MAIL } else { &["--alone"] };
    let mut words = [&[command, "init", name], &PARTY[..], mail, &["--data", text(data)]].concat();
    if let Some(place) = words.iter().position(|word| !flag.is_empty() && *word == flag) {
        *words.get_mut(place + 1).unwrap() = value;
    }
    words
}

#[test]
fn a_party_that_cannot_be_one_is_not_made_by_either_command() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    for command in ["verifier", "issuer"] {
        for name in ["operator", "Kiln", "../kiln", ""] {
            refuses(&init(command, name, &data, "", ""), 1, "folder");
        }
        for (flag, value, part) in [
            ("--origin", "http://kiln.example.org", "take https://kiln.example.org"),
            ("--origin", "https://127.0.0.1", "not an IP address"),
            ("--origin", "https://kiln.example.org/join", "scheme, host and port only"),
            ("--email", "team", "no e-mail address"),
            ("--name", " ", "--name takes 1 to 100"),
            ("--legal-name", "", "--legal-name takes 1 to 100"),
        ] {
            refuses(&init(command, "kiln", &data, flag, value), 1, part);
        }
    }
    for (flag, value, part) in [
        ("--mail-host", "mail.example.org", "this machine alone"),
        ("--mail-from", "nobody", "the mail settings"),
    ] {
        refuses(&init("issuer", "kiln", &data, flag, value), 1, part);
    }
    assert!(!data.exists(), "something was made");
    does(&init("verifier", "kiln", &data, "", ""));
    does(&init("issuer", "office", &data, "", ""));
}

#[test]
fn a_folder_that_is_there_is_neither_made_again_nor_asked_for_in_another_role() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    does(&init("verifier", "kiln", &data, "", ""));
    does(&init("issuer", "office", &data, "", ""));
    let before = contents(&data);
    let request = |command: &'static str, name: &'static str| {
        [command, "request-admission", name, "--data", text(&data)].map(str::to_owned)
    };
    for command in ["verifier", "issuer"] {
        for name in ["kiln", "office"] {
            refuses(&init(command, name, &data, "", ""), 1, "is there already");
        }
        for name in ["nobody", "../kiln", ""] {
            let words = request(command, name);
            let told = format!("passport {command} init");
            refuses(&words.each_ref().map(String::as_str), 1, &told);
        }
    }
    let crossed = [
        ("verifier", "office", "office is an office and not a space"),
        ("issuer", "kiln", "kiln is a space and not an office"),
    ];
    for (command, name, part) in crossed {
        refuses(&request(command, name).each_ref().map(String::as_str), 1, part);
    }
    assert!(contents(&data) == before, "a refusal changed a folder");
    for (command, name) in [("verifier", "kiln"), ("issuer", "office")] {
        does(&request(command, name).each_ref().map(String::as_str));
    }
    assert!(unproven(contents(&data)) == unproven(before), "the keys, the identifier and what is asked stay");
}

/// The files without the proofs in the requests, which are made anew each time.
fn unproven(mut files: BTreeMap<PathBuf, Vec<u8>>) -> BTreeMap<PathBuf, Vec<u8>> {
    for (path, content) in &mut files {
        if path.ends_with("admission-request.json") {
            let mut request: Value = serde_json::from_slice(content).unwrap();
            let proofs = request.as_object_mut().unwrap().remove("proofs").unwrap();
            assert!(proofs["request"].is_string() && proofs["issuing"].is_string());
            *content = request.to_string().into_bytes();
        }
    }
    files
}

#[test]
fn settings_that_were_damaged_are_not_asked_for() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    does(&init("verifier", "kiln", &data, "", ""));
    let settings = data.join("kiln/party.json");
    let whole = fs::read_to_string(&settings).unwrap();
    let words = ["verifier", "request-admission", "kiln", "--data", text(&data)];
    let unknown = whole.replace("\"email\"", "\"shoe_size\"").replace("either", "checked");
    for (damaged, part) in [("{", "party.json"), ("{}", "party.json"), (&unknown, "shoe_size")] {
        fs::write(&settings, damaged).unwrap();
        let before = contents(&data);
        refuses(&words, 1, part);
        assert!(contents(&data) == before, "{damaged}");
    }
    fs::write(&settings, whole).unwrap();
    does(&words);
}

#[test]
fn a_mailbox_takes_no_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    refuses(&["mailbox", "--smtp", &port, "--page", "0"], 1, &port);
    refuses(&["mailbox", "--smtp", "0", "--page", &port], 1, &port);
}

#[test]
fn a_call_that_cannot_be_meant_ends_with_2() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let whole = init("issuer", "office", &data, "", "");
    // Every flag is needed, with its value.
    for flag in [
        "--origin",
        "--name",
        "--legal-name",
        "--email",
        "--mail-host",
        "--mail-port",
        "--mail-tls",
        "--mail-from",
    ] {
        let place = whole.iter().position(|word| *word == flag).unwrap();
        let mut words = whole.clone();
        words.drain(place..=place + 1);
        refuses(&words, 2, flag);
        // The legal name of a space is its name until somebody says otherwise.
        if !flag.starts_with("--mail") && flag != "--legal-name" {
            let mut words = init("verifier", "kiln", &data, "", "");
            words.drain(place..=place + 1);
            refuses(&words, 2, flag);
        }
    }
    for (flag, value) in [("--origin", "kiln"), ("--mail-port", "70000"), ("--mail-tls", "ssl")] {
        refuses(&init("issuer", "office", &data, flag, value), 2, flag);
    }
    for words in [
        &["issuer", "init"][..],
        &["issuer", "request-admission"],
        &["verifier", "init"],
        &["verifier", "init", "--ask", "everything"],
        &["verifier", "init", "--approval", "nobody"],
        &["verifier", "request-admission"],
        &["mailbox", "--smtp", "many"],
        &["mailbox", "--page", "70000"],
        &["mailbox", "x"],
    ] {
        refuses(words, 2, "");
    }
    assert!(!data.exists());
}
