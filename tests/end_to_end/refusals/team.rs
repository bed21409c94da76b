//! `passport issuer` and `passport verifier`: refused with a sentence; the stores of office and space stay as they were.

use super::*;
use crate::demo::Demo;

const NUMBER: &str = "HRB1-0000-00000";

/// Every command that a party's server carries out, with words that it takes.
const COMMANDS: &[&[&str]] = &[
    &["issuer", "offer"],
    &["issuer", "revoke", "x"],
    &["issuer", "suspend", NUMBER],
    &["issuer", "reinstate", NUMBER],
    &["issuer", "renumber", NUMBER],
    &["issuer", "reports"],
    &["issuer", "requests"],
    &["issuer", "approve", "x"],
    &["issuer", "decline", "x"],
    &["verifier", "request", "harbour"],
    &["verifier", "result", "harbour", "x"],
    &[
        "verifier",
        "member",
        "add",
        "harbour",
        "--given-name",
        "A",
        "--family-name",
        "B",
        "--birthdate",
        "1990-01-02",
    ],
    &["verifier", "member", "offer", "harbour", "x"],
    &["verifier", "member", "list", "harbour"],
    &["verifier", "member", "revoke", "harbour", "x"],
    &["verifier", "sign-ups", "harbour"],
    &["verifier", "approve", "harbour", "x"],
    &["verifier", "decline", "harbour", "x"],
    &["verifier", "contact", "harbour", "x"],
    &["verifier", "ask-again", "harbour", "x", "--without", "bio"],
    &["verifier", "counter-offers", "harbour"],
    &["verifier", "objections", "harbour"],
    &["verifier", "invite", "harbour", NUMBER],
    &["verifier", "invitations", "harbour"],
    &["verifier", "team", "invite", "harbour", "--name", "Ines", "--role", "owner"],
    &["verifier", "team", "again", "harbour", "Ines"],
    &["verifier", "team", "end", "harbour", "Ines"],
    &["verifier", "team", "list", "harbour"],
    &[
        "verifier",
        "site",
        "add",
        "harbour",
        "--name",
        "Book",
        "--purpose",
        "Rooms",
        "--redirect-uri",
        "https://book.example.org/",
    ],
    &["verifier", "contacts", "export", "harbour"],
    &["verifier", "site", "list", "harbour"],
    &["verifier", "site", "new-secret", "harbour", "x"],
    &["verifier", "site", "new-key", "harbour"],
    &["verifier", "site", "end", "harbour", "x"],
    &[
        "verifier",
        "webhook",
        "add",
        "harbour",
        "--name",
        "Doors",
        "--url",
        "https://hooks.example.org/",
        "--event",
        "sign_up.approved",
    ],
    &["verifier", "webhook", "list", "harbour"],
    &["verifier", "webhook", "remove", "harbour", "x"],
    &["verifier", "webhook", "new-secret", "harbour", "x"],
    &["verifier", "webhook", "test", "harbour", "x"],
    &["verifier", "webhook", "again", "harbour", "x"],
    &["verifier", "webhook", "confirm", "harbour", "x", "--reason", "done there"],
    &["verifier", "action", "template", "harbour", "cobot"],
    &["verifier", "action", "add", "harbour", "--template", "/dev/null"],
    &["verifier", "action", "dry-run", "harbour", "x"],
    &["verifier", "online", "harbour", "off"],
    &["verifier", "key", "make", "harbour", "--name", "desk", "--scope", "forms:read"],
    &["verifier", "key", "list", "harbour"],
    &["verifier", "key", "revoke", "harbour", "--name", "desk"],
    &["verifier", "door", "template", "harbour", "kisi"],
    &["verifier", "door", "add", "harbour", "--name", "Front", "--template", "/dev/null"],
    &["verifier", "door", "list", "harbour"],
    &["verifier", "door", "remove", "harbour", "x"],
];

struct Team {
    demo: Demo,
    root: tempfile::TempDir,
}

impl Team {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let demo = Demo::start_logging(&root.path().join("data"), 0, &root.path().join("log"));
        Self { demo, root }
    }

    fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// Refused with exit status 1 and a sentence with `part`.
    fn refuses(&self, words: &[&str], part: &str) {
        let data = self.data();
        refuses(&[words, &["--data", text(&data)]].concat(), 1, part);
    }

    fn does(&self, words: &[&str]) -> String {
        let data = self.data();
        does(&[words, &["--data", text(&data)]].concat())
    }

    /// What the store of a party holds, entry by entry.
    fn store(&self, party: &str) -> Vec<String> {
        let export = self.does(&["store", "export", party]);
        let lines: Vec<String> = export.lines().map(str::to_owned).collect();
        // The first line tells the time, the last sums all up.
        lines.get(1..lines.len() - 1).unwrap().to_vec()
    }
}

#[test]
fn what_an_office_is_not_to_do_leaves_its_store_as_it_was() {
    let team = Team::new();
    team.does(&["issuer", "offer"]);
    let before = team.store("office");
    assert!(!before.is_empty());
    let offer = |more: &[&'static str]| [&["issuer", "offer"], more].concat();
    let named = |birthdate: &'static str, email: &'static str| {
        let whole =
            ["--given-name", "Ada", "--family-name", "Example", "--birthdate", birthdate, "--email", email];
        [&["issuer", "offer"], &whole[..]].concat()
    };
    team.refuses(&offer(&["--given-name", "Ada"]), "whole person");
    team.refuses(&named("1990-13-02", "ada@example.org"), "");
    team.refuses(&named("2990-01-02", "ada@example.org"), "");
    team.refuses(&named("1990-01-02", "nobody"), "");
    for command in ["suspend", "reinstate", "renumber"] {
        team.refuses(&["issuer", command, "HRB1"], "13 symbols");
        team.refuses(&["issuer", command, "HRB1-0000-00001"], "");
        team.refuses(&["issuer", command, "not a number!"], "");
    }
    for handle in ["x", "", NUMBER] {
        team.refuses(&["issuer", "revoke", handle], "there is no such profile from the desk");
    }
    team.refuses(&["issuer", "revoke", "x", "--office", "harbour"], "does not know this command");
    team.refuses(&["issuer", "suspend", NUMBER, "--office", "nobody"], "there is no party named \"nobody\"");
    team.refuses(&["issuer", "suspend", NUMBER, "--office", "harbour"], "does not know this command");
    assert_eq!(team.store("office"), before);
    team.demo.stop();
}

#[test]
fn what_a_space_is_not_to_do_leaves_its_store_as_it_was() {
    let team = Team::new();
    let member = json_of(&team.does(&["verifier", "member", "add", "harbour"]));
    let before = team.store("harbour");
    assert!(!before.is_empty());
    let add = [
        "verifier",
        "member",
        "add",
        "harbour",
        "--given-name",
        "Ada",
        "--family-name",
        "Example",
        "--birthdate",
    ];
    let cases: [(&[&str], &str); 16] = [
        (&["verifier", "request", "harbour", "--form", "none"], "there is no form named none"),
        (&["verifier", "request", "harbour", "--seconds", "0"], "seconds: from 1"),
        (&["verifier", "request", "harbour", "--seconds", "604801"], "seconds: from 1"),
        (&[&add[..], &["1990-13-02"]].concat(), "YYYY-MM-DD"),
        (&[&add[..], &["02.01.1990"]].concat(), "YYYY-MM-DD"),
        (&[&add[..], &["1990-01-02", "--seconds", "0"]].concat(), "seconds: from 1"),
        (&["verifier", "member", "offer", "harbour", "x"], "there is no such member"),
        (&["verifier", "member", "revoke", "harbour", "x"], "there is no such member"),
        (&["verifier", "approve", "harbour", "x"], "there is no such sign-up"),
        (&["verifier", "decline", "harbour", "x"], "there is no such sign-up"),
        (&["verifier", "ask-again", "harbour", "x", "--without", "bio"], "there is no such sign-up"),
        (&["verifier", "contact", "harbour", "x"], "there is no such contact"),
        (&["verifier", "contact", "harbour", "x", "--values"], "there is no such contact"),
        (&["verifier", "sign-ups", "office"], "does not know this command"),
        (&["verifier", "online", "office", "off"], "does not know this command"),
        (&["verifier", "member", "list", "../harbour"], "there is no party named"),
    ];
    for (words, part) in cases {
        team.refuses(words, part);
    }
    assert_eq!(team.does(&["verifier", "result", "harbour", "x"]).trim(), "unknown_request");
    assert_eq!(team.store("harbour"), before);
    let members = json_of(&team.does(&["verifier", "member", "list", "harbour"]));
    assert_eq!(members["members"][0]["sub"], member["sub"]);
    team.demo.stop();
}

#[test]
fn without_a_server_or_a_party_every_command_says_so_and_does_nothing() {
    let root = tempfile::tempdir().unwrap();
    for party in ["office", "harbour"] {
        fs::create_dir(root.path().join(party)).unwrap();
        fs::write(root.path().join(party).join("party.json"), "{}").unwrap();
    }
    let before = contents(root.path());
    let elsewhere = root.path().join("elsewhere");
    for words in COMMANDS {
        refuses(&[words, &["--data", text(root.path())][..]].concat(), 1, "is not running");
        refuses(&[words, &["--data", text(&elsewhere)][..]].concat(), 1, "there is no party named");
    }
    assert_eq!(contents(root.path()), before);
    assert!(!elsewhere.exists());
}

#[test]
fn a_poster_is_made_for_a_space_in_a_language_that_is_spoken() {
    let root = tempfile::tempdir().unwrap();
    let data = text(root.path());
    let out = root.path().join("poster.html");
    let poster = |space: &'static str, more: &[&'static str]| [&["verifier", "poster", space], more].concat();
    for (space, part) in
        [("nobody", "no party named \"nobody\""), ("../x", "no party named"), ("", "no party named")]
    {
        refuses(&[&poster(space, &[])[..], &["--out", text(&out), "--data", data]].concat(), 1, part);
    }
    fs::create_dir(root.path().join("kiln")).unwrap();
    fs::write(root.path().join("kiln/party.json"), "{").unwrap();
    refuses(
        &[&poster("kiln", &[])[..], &["--out", text(&out), "--data", data]].concat(),
        1,
        "is not understood",
    );
    assert!(!out.exists());
}

#[test]
fn a_call_that_cannot_be_meant_ends_with_2() {
    for words in [
        &["issuer"][..],
        &["issuer", "forget", "x"],
        &["issuer", "suspend"],
        &["issuer", "reinstate"],
        &["issuer", "renumber"],
        &["issuer", "revoke"],
        &["issuer", "reports", "x"],
        &["issuer", "requests", "x"],
        &["issuer", "approve"],
        &["issuer", "decline"],
        &["issuer", "offer", "--seconds", "soon"],
        &["verifier"],
        &["verifier", "request"],
        &["verifier", "request", "harbour", "--response-mode", "fragment"],
        &["verifier", "request", "harbour", "--client-id", "redirect_uri"],
        &["verifier", "request", "harbour", "--request-uri-method", "put"],
        &["verifier", "result", "harbour"],
        &["verifier", "member"],
        &["verifier", "member", "add", "harbour", "--given-name", "Ada"],
        &["verifier", "member", "add", "harbour", "--check", "hearsay"],
        &["verifier", "member", "offer", "harbour"],
        &["verifier", "member", "list"],
        &["verifier", "member", "revoke", "harbour"],
        &["verifier", "sign-ups"],
        &["verifier", "approve", "harbour"],
        &["verifier", "decline", "harbour"],
        &["verifier", "contact", "harbour"],
        &["verifier", "ask-again", "harbour"],
        &["verifier", "ask-again", "harbour", "x", "--instead", "birthdate"],
        &["verifier", "counter-offers"],
        &["verifier", "objections"],
        &["verifier", "invite", "harbour"],
        &["verifier", "invite", "harbour", NUMBER, "--email", "ada@example.org"],
        &["verifier", "invitations"],
        &["verifier", "team", "invite", "harbour", "--name", "Ines"],
        &["verifier", "team", "invite", "harbour", "--name", "Ines", "--role", "king"],
        &["verifier", "team", "again", "harbour"],
        &["verifier", "team", "end", "harbour"],
        &["verifier", "team", "list"],
        &["verifier", "site", "add", "harbour", "--name", "Book", "--purpose", "Rooms"],
        &[
            "verifier",
            "site",
            "add",
            "harbour",
            "--name",
            "Book",
            "--redirect-uri",
            "https://book.example.org/",
        ],
        &["verifier", "contacts"],
        &["verifier", "contacts", "export"],
        &["verifier", "contacts", "export", "harbour", "--separator", "tab"],
        &["verifier", "site", "list"],
        &["verifier", "site", "new-secret", "harbour"],
        &["verifier", "site", "new-key"],
        &["verifier", "site", "end", "harbour"],
        &["verifier", "webhook", "add", "harbour", "--name", "Doors", "--url", "https://hooks.example.org/"],
        &["verifier", "webhook", "list"],
        &["verifier", "webhook", "remove", "harbour"],
        &["verifier", "webhook", "new-secret", "harbour"],
        &["verifier", "webhook", "test", "harbour"],
        &["verifier", "webhook", "again", "harbour"],
        &["verifier", "webhook", "confirm", "harbour", "x"],
        &["verifier", "action", "template", "harbour"],
        &["verifier", "action", "add", "harbour"],
        &["verifier", "action", "dry-run", "harbour"],
        &["verifier", "online"],
        &["verifier", "online", "harbour", "perhaps"],
        &["verifier", "key", "make", "harbour", "--name", "desk"],
        &["verifier", "key", "make", "harbour", "--name", "desk", "--scope", "forms:write"],
        &["verifier", "key", "list"],
        &["verifier", "key", "revoke", "harbour"],
        &["verifier", "door", "template", "harbour"],
        &["verifier", "door", "add", "harbour", "--name", "Front"],
        &["verifier", "door", "list"],
        &["verifier", "door", "remove", "harbour"],
        &["verifier", "poster"],
    ] {
        refuses(words, 2, "");
    }
}

#[test]
fn a_table_of_people_overwrites_no_file() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("harbour")).unwrap();
    fs::write(root.path().join("harbour").join("party.json"), "{}").unwrap();
    let (there, new) = (root.path().join("there.csv"), root.path().join("new.csv"));
    fs::write(&there, "kept").unwrap();
    let export = |out: &Path, part| {
        let words =
            ["verifier", "contacts", "export", "harbour", "--out", text(out), "--data", text(root.path())];
        refuses(&words, 1, part);
    };
    export(&there, "cannot be made");
    export(&new, "is not running");
    assert_eq!(fs::read_to_string(&there).unwrap(), "kept");
    assert!(!new.exists(), "nothing is left of a table that was not made");
}
