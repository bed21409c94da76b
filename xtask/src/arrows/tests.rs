//! The checker on made-up workspaces: each rule has a case that keeps it and one that breaks it.

use serde_json::{Value, json};

use super::rules::breaches;

/// A package in a folder with dependencies; `dev:` before a name makes it one for tests.
fn package(name: &str, folder: &str, dependencies: &[&str]) -> Value {
    let manifest =
        if folder.is_empty() { "/w/Cargo.toml".to_owned() } else { format!("/w/{folder}/Cargo.toml") };
    let dependencies: Vec<Value> = dependencies
        .iter()
        .map(|dependency| match dependency.strip_prefix("dev:") {
            Some(name) => json!({ "name": name, "kind": "dev" }),
            None => json!({ "name": dependency, "kind": null }),
        })
        .collect();
    json!({ "id": format!("path+{name}"), "name": name, "manifest_path": manifest, "dependencies": dependencies })
}

fn found_with_lock(packages: &[Value], lock: &str) -> Vec<String> {
    let ids: Vec<&Value> = packages.iter().map(|package| &package["id"]).collect();
    breaches(&json!({ "workspace_root": "/w", "workspace_members": ids, "packages": packages }), lock)
}

/// What the checker says about one package among the ordinary ones.
fn found(name: &str, folder: &str, dependencies: &[&str]) -> Vec<String> {
    let ordinary = [
        ("passport", ""),
        ("wallet", "wallet"),
        ("issuer", "issuer"),
        ("operator", "issuer/operator"),
        ("issuer-web", "issuer/web"),
        ("verifier", "verifier"),
        ("verifier-web", "verifier/web"),
        ("did-resolver", "did-resolver"),
        ("did", "crates/did"),
        ("store", "crates/store"),
        ("web", "crates/web"),
        ("harness", "tests/harness"),
        ("xtask", "xtask"),
    ];
    let mut packages: Vec<Value> = ordinary
        .iter()
        .filter(|(other, _)| *other != name)
        .map(|(other, folder)| package(other, folder, &[]))
        .collect();
    packages.push(package(name, folder, dependencies));
    found_with_lock(&packages, "")
}

#[test]
fn the_arrows_of_the_layout_are_kept() {
    let none = Vec::<String>::new();
    assert_eq!(found("passport", "", &["verifier-web", "verifier", "did", "did-resolver"]), none);
    assert_eq!(found("verifier-web", "verifier/web", &["verifier", "web", "tokio", "axum"]), none);
    assert_eq!(found("issuer-web", "issuer/web", &["issuer", "operator"]), none);
    assert_eq!(found("verifier", "verifier", &["did", "store", "tokio"]), none);
    assert_eq!(found("store", "crates/store", &["did", "tokio"]), none);
    assert_eq!(
        found("harness", "tests/harness", &["reqwest", "verifier", "wallet", "passport", "josekit"]),
        none
    );
}

#[test]
fn parties_never_import_one_another() {
    for (name, folder, other) in [
        ("wallet", "wallet", "verifier"),
        ("wallet", "wallet", "issuer"),
        ("issuer", "issuer", "verifier"),
        ("verifier", "verifier", "did-resolver"),
        ("verifier-web", "verifier/web", "wallet"),
    ] {
        let said = found(name, folder, &[other]);
        assert_eq!(said.len(), 1, "{name} → {other}: {said:?}");
        assert!(said[0].contains("never import one another"), "{said:?}");
    }
}

#[test]
fn not_even_for_tests() {
    assert_eq!(found("wallet", "wallet", &["dev:verifier"]).len(), 1);
}

#[test]
fn an_office_never_opens_the_keys_of_the_operator() {
    let said = found("issuer", "issuer", &["operator"]);
    assert_eq!(
        said,
        [
            "issuer (domain of issuer) must not use operator (domain of issuer): an office and the network operator never import one another"
        ]
    );
    assert_eq!(found("operator", "issuer/operator", &["issuer"]).len(), 1);
}

#[test]
fn a_crate_never_imports_a_party_nor_its_pages() {
    assert!(found("did", "crates/did", &["verifier"])[0].contains("never imports one of them"));
    assert!(found("web", "crates/web", &["verifier-web"])[0].contains("never imports one of them"));
}

#[test]
fn rules_know_no_web_server_and_nothing_knows_the_command() {
    assert!(found("verifier", "verifier", &["verifier-web"])[0].contains("know no web server"));
    assert!(found("verifier-web", "verifier/web", &["passport"])[0].contains("composition root"));
    assert!(found("verifier-web", "verifier/web", &["issuer-web"])[0].contains("two parties"));
}

#[test]
fn test_packages_are_for_tests() {
    assert_eq!(found("verifier", "verifier", &["dev:harness"]), Vec::<String>::new());
    assert!(found("verifier", "verifier", &["harness"])[0].contains("only tests"));
}

#[test]
fn tasks_stand_alone() {
    assert_eq!(found("xtask", "xtask", &["did"]).len(), 1);
    assert_eq!(found("verifier", "verifier", &["xtask"]).len(), 1);
}

#[test]
fn a_core_does_no_io_except_in_its_tests() {
    for library in ["tokio", "axum", "store", "web"] {
        let said = found("did", "crates/did", &[library]);
        assert_eq!(said, [format!("did is a protocol core and does no I/O, so it must not use {library}")]);
    }
    assert_eq!(found("did", "crates/did", &["dev:tokio"]), Vec::<String>::new());
}

#[test]
fn guarded_libraries_are_named_in_one_place() {
    for (library, owner) in [
        ("josekit", "jose"),
        ("aws-lc-rs", "jose"),
        ("sled", "store-sled"),
        ("reqwest", "outbound"),
        ("lettre", "outbound"),
    ] {
        assert_eq!(
            found("verifier", "verifier", &[library]),
            [format!("verifier names {library}, which only {owner} may")]
        );
        assert_eq!(found(owner, &format!("crates/{owner}"), &[library]), Vec::<String>::new());
    }
}

#[test]
fn guarded_libraries_are_not_named_for_unit_tests_either() {
    assert_eq!(found("verifier", "verifier", &["dev:josekit"]).len(), 1);
}

#[test]
fn a_package_outside_the_layout_is_named() {
    assert_eq!(
        found("extra", "tools/extra", &[]),
        ["extra: the layout has no place for the folder tools/extra"]
    );
}

#[test]
fn ssi_is_nowhere_in_the_build() {
    let lock = "[[package]]\nname = \"ssi-jwk\"\nversion = \"1.0.0\"\n[[package]]\nname = \"messi\"\n";
    let said = found_with_lock(&[], lock);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("Cargo.lock holds ssi-jwk"));
}
