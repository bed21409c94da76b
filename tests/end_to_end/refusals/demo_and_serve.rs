//! `passport demo` and `passport serve`: what keeps them from starting, told in a sentence; the data stays as it was.

use std::net::TcpListener;

use super::*;

#[test]
fn nothing_is_served_from_a_folder_without_parties_or_with_damaged_ones() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let words = ["serve", "--listen", "127.0.0.1:0", "--data", text(&data)];
    refuses(&words, 1, "name another folder with --data");
    assert!(!data.exists());
    let party = data.join("kiln");
    fs::create_dir_all(&party).unwrap();
    fs::write(party.join("party.json"), "{\"role\":\"space\"").unwrap();
    refuses(&words, 1, "party.json");
    assert_eq!(fs::read_to_string(party.join("party.json")).unwrap(), "{\"role\":\"space\"");
}

#[test]
fn an_address_that_is_taken_or_none_and_half_of_a_certificate_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let party = root.path().join("kiln");
    fs::create_dir_all(&party).unwrap();
    fs::write(party.join("party.json"), "{}").unwrap();
    let before = contents(root.path());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, port) =
        (taken.local_addr().unwrap().to_string(), taken.local_addr().unwrap().port().to_string());
    let data = text(root.path());
    refuses(&["serve", "--listen", &address, "--data", data], 1, "cannot listen");
    refuses(&["serve", "--listen", "nonsense", "--data", data], 1, "cannot listen");
    refuses(&["demo", "--port", &port, "--data", data], 1, "is taken");
    for command in ["serve", "demo"] {
        refuses(&[command, "--tls-cert", "chain.pem", "--data", data], 2, "--tls-key");
        refuses(&[command, "--tls-key", "key.pem", "--data", data], 2, "--tls-cert");
    }
    let lost = ["--tls-cert", "/nowhere/chain.pem", "--tls-key", "/nowhere/key.pem", "--data", data];
    refuses(&[&["serve", "--listen", "127.0.0.1:0"], &lost[..]].concat(), 1, "/nowhere/chain.pem");
    refuses(&[&["demo", "--port", "0"], &lost[..]].concat(), 1, "/nowhere/chain.pem");
    assert_eq!(contents(root.path()), before);
}

#[test]
fn a_foreign_type_that_is_not_named_whole_starts_no_demo() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    for (named, part) in [
        ("kiln-north", "SPACE,VCT,ROOTFILE"),
        ("kiln-north,urn:x", "SPACE,VCT,ROOTFILE"),
        ("office,urn:x,root.pem", "names no space of the demo"),
        ("kiln-north,urn:x,/nowhere/root.pem", "/nowhere/root.pem"),
    ] {
        refuses(&["demo", "--port", "0", "--data", text(&data), "--foreign-type", named], 1, part);
        assert!(!data.exists(), "{named}: something was set up");
    }
    refuses(&["demo", "--port", "many"], 2, "--port");
    refuses(&["serve", "--unknown"], 2, "--unknown");
    refuses(&["unknown"], 2, "unknown");
    refuses(&[], 2, "");
}
