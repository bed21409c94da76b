//! What `init` makes, and what it refuses without leaving anything behind.

use std::path::PathBuf;

use ::operator::{Admission, Operator};
use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct SpaceLine {
    #[command(flatten)]
    new: NewSpace,
}

#[derive(Debug, Parser)]
struct OfficeLine {
    #[command(flatten)]
    new: NewOffice,
}

const SPACE: [&str; 10] = [
    "harbour",
    "--alone",
    "--origin",
    "http://harbour.localhost:8083",
    "--name",
    "Harbour",
    "--legal-name",
    "Harbour Coworking Ltd",
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

/// `line` with the value of a flag replaced.
fn with<'a>(line: &[&'a str], flag: &str, value: &'a str) -> Vec<&'a str> {
    let mut line = line.to_vec();
    *line.iter_mut().skip_while(|word| **word != flag).nth(1).unwrap() = value;
    line
}

/// The words for a space, the value of a flag (or the name, under "") replaced.
fn space_with<'a>(flag: &str, value: &'a str) -> Vec<&'a str> {
    if flag.is_empty() { [&[value], &SPACE[1..]].concat() } else { with(&SPACE, flag, value) }
}

fn space(line: &[&str], data: &Path) -> Result<String> {
    let new = SpaceLine::parse_from([&["init"], line].concat()).new;
    let mut said = Vec::new();
    make_space(&new, data, &Environment::system(), &mut said)?;
    Ok(String::from_utf8(said)?)
}

fn office(line: &[&str], data: &Path) -> Result<String> {
    let new = OfficeLine::parse_from([&["init"], line].concat()).new;
    let mut said = Vec::new();
    make_office(&new, data, &Environment::system(), &mut said)?;
    Ok(String::from_utf8(said)?)
}

/// The words for an office, without its mail server.
fn office_line() -> Vec<&'static str> {
    [&["office"], &SPACE[2..]].concat()
}

fn request_in(folder: &Path) -> Admission {
    Admission::from_json(fs::read(folder.join("admission-request.json")).unwrap()).unwrap()
}

fn network(folder: PathBuf) -> Operator {
    let list = "http://operator.localhost:8081/network-list";
    Operator::init(&folder, "A network", list, Environment::system()).unwrap()
}

#[test]
fn a_space_is_made_with_all_that_an_operator_needs_to_admit_it() {
    let data = tempfile::tempdir().unwrap();
    let said = space(&SPACE, data.path()).unwrap();
    let folder = data.path().join("harbour");
    let request = request_in(&folder);
    assert!(said.contains(&request.did), "{said}");
    for next in [
        "passport verifier request-admission harbour",
        "passport operator admit",
        "harbour/admission.json",
        "--listen 127.0.0.1:8083",
    ] {
        assert!(said.contains(next), "{next}: {said}");
    }
    assert_eq!((request.host.as_str(), request.role), ("harbour.localhost", Role::Space));
    let claims = &request.registration.intended_uses[0].claims;
    let names: Vec<String> = claims.iter().map(|claim| claim.path.to_value().to_string()).collect();
    for name in [r#"["email"]"#, r#"["given_name"]"#, r#"["family_name"]"#] {
        assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
    }
    let bundle = network(data.path().join("operator")).admit(&request).unwrap();
    assert_eq!(bundle.did, request.did);
    // Asked for again, the request is the same but for its fresh proofs: the keys and the identifier stay.
    let mut again = Vec::new();
    request_admission(data.path(), "harbour", Role::Space, &Environment::system(), &mut again).unwrap();
    let unproven = |request: Admission| Admission { proofs: None, ..request };
    assert!(request.proofs.is_some());
    assert_eq!(unproven(request_in(&folder)), unproven(request));
    let other = request_admission(data.path(), "harbour", Role::Office, &Environment::system(), &mut again);
    assert_eq!(other.unwrap_err().to_string(), "harbour is a space and not an office");
}

#[test]
fn an_office_is_made_with_its_mail_server() {
    let data = tempfile::tempdir().unwrap();
    office(&[&office_line()[..], &MAIL].concat(), data.path()).unwrap();
    let folder = PartyFolder::open(data.path(), "office", &Environment::system()).unwrap();
    let mail = folder.settings().unwrap().unwrap().mail.unwrap();
    assert_eq!((mail.host.as_str(), mail.port, mail.tls.as_str()), ("localhost", 2525, "plain"));
    let request = request_in(folder.path());
    assert!(network(data.path().join("operator")).admit(&request).unwrap().number_prefix.is_some());
}

#[test]
fn a_folder_that_is_there_is_not_touched() {
    let data = tempfile::tempdir().unwrap();
    space(&SPACE, data.path()).unwrap();
    let before = request_in(&data.path().join("harbour"));
    let refused = space(&SPACE, data.path()).unwrap_err().to_string();
    assert!(refused.contains("harbour is there already"), "{refused}");
    assert_eq!(request_in(&data.path().join("harbour")), before);
    fs::create_dir(data.path().join("empty")).unwrap();
    assert!(space(&space_with("", "empty"), data.path()).is_err());
    assert_eq!(fs::read_dir(data.path().join("empty")).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_meant_is_refused_and_nothing_is_made() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let long = "n".repeat(101);
    for (flag, value, said) in [
        ("", "operator", "the network operator's"),
        ("", "Harbour", "lower-case letters"),
        ("", "../harbour", "lower-case letters"),
        ("--origin", "http://harbour.example.org", "take https://harbour.example.org"),
        ("--origin", "https://harbour.example.org/join", "scheme, host and port only"),
        ("--origin", "https://harbour.example.org/?a", "scheme, host and port only"),
        ("--origin", "https://ada@harbour.example.org", "scheme, host and port only"),
        ("--origin", "https://127.0.0.1", "not an IP address"),
        ("--origin", "ftp://harbour.example.org", "not ftp:"),
        ("--email", "team", "no e-mail address"),
        ("--name", " ", "--name takes 1 to 100"),
        ("--name", &long, "--name takes 1 to 100"),
        ("--legal-name", "", "--legal-name takes 1 to 100"),
    ] {
        let refused = space(&space_with(flag, value), &data).unwrap_err().to_string();
        assert!(refused.contains(said), "{flag} {value}: {refused}");
        assert!(!data.exists(), "{flag} {value}");
    }
    for origin in ["https://harbour.example.org", "https://harbour.localhost:8083"] {
        let data = root.path().join(jose::base64url::encode(origin));
        space(&space_with("--origin", origin), &data).unwrap();
        assert!(data.join("harbour/party.json").is_file(), "{origin}");
    }
}

#[test]
fn an_office_whose_mails_could_not_be_sent_is_not_made() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    for (flag, value, said) in
        [("--mail-host", "mail.example.org", "this machine alone"), ("--mail-from", "nobody", "sender")]
    {
        let mail = with(&MAIL, flag, value);
        let refused = office(&[&office_line()[..], &mail].concat(), &data).unwrap_err();
        let refused = format!("{refused:#}");
        assert!(refused.contains("the mail settings") && refused.contains(said), "{flag}: {refused}");
        assert!(!data.exists(), "{flag}");
    }
    let line = [&["init", "office"], &SPACE[2..], &MAIL[..6]].concat();
    assert!(OfficeLine::try_parse_from(line).is_err(), "the sender has to be named");
}

#[test]
fn settings_that_are_not_there_are_named_with_the_command_that_makes_them() {
    let data = tempfile::tempdir().unwrap();
    for (role, command) in [(Role::Space, "passport verifier init"), (Role::Office, "passport issuer init")] {
        for name in ["nobody", "../nobody", ""] {
            let refused = request_admission(data.path(), name, role, &Environment::system(), &mut Vec::new());
            assert!(refused.unwrap_err().to_string().contains(command), "{name}");
        }
    }
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
}
