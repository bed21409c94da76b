//! What lies in packaging/: the unit as systemd reads it, and the container's question whether its parties are well.
//!
//! `systemd-analyze` comes from the Debian package `systemd`, `curl` from that of its name. Without one the test prints that it is skipped;
//! with `CI=true` it fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::own_network::Desk;

fn packaging(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(file)
}

fn is_there(program: &str) -> bool {
    let is_there = Command::new(program).arg("--version").output().is_ok_and(|said| said.status.success());
    if !is_there {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{program} is missing");
        println!("skipped: packaging: {program} is not there");
    }
    is_there
}

/// The unit with the program of this build in the place of the installed one.
fn unit(folder: &Path, change: impl FnOnce(String) -> String) -> PathBuf {
    let text = fs::read_to_string(packaging("passport.service")).unwrap();
    let text = text.replace(
        "ExecStart=/usr/local/bin/passport",
        &format!("ExecStart={}", env!("CARGO_BIN_EXE_passport")),
    );
    let file = folder.join("passport.service");
    fs::write(&file, change(text)).unwrap();
    file
}

fn verified(file: &Path) -> (bool, String) {
    let said = Command::new("systemd-analyze").arg("verify").arg(file).output().unwrap();
    (said.status.success(), String::from_utf8_lossy(&said.stderr).into_owned())
}

#[test]
fn systemd_takes_the_unit_and_calls_its_exposure_low() {
    if !is_there("systemd-analyze") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = unit(folder.path(), |text| text);
    let (taken, said) = verified(&file);
    assert!(taken && !said.contains("passport.service"), "{said}");
    let mistyped = unit(folder.path(), |text| text.replace("NoNewPrivileges=", "NoNewPrivilege="));
    assert!(verified(&mistyped).1.contains("Unknown key"), "a mistake is noticed");
    let security = |file: &Path| {
        let said = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--threshold=20"])
            .arg(file)
            .output();
        said.unwrap().status.success()
    };
    assert!(security(&unit(folder.path(), |text| text)), "more than 2.0 of 10");
    let open = unit(folder.path(), |text| {
        text.lines().filter(|line| !line.starts_with("Protect")).collect::<Vec<_>>().join("\n")
    });
    assert!(!security(&open), "the limit is one");
}

#[test]
fn the_unit_and_the_container_call_what_there_is() {
    let unit = fs::read_to_string(packaging("passport.service")).unwrap();
    let line = unit.lines().find(|line| line.starts_with("ExecStart=")).unwrap();
    let container = fs::read_to_string(packaging("Containerfile")).unwrap();
    assert!(
        container.contains("USER 10001:10001")
            && container.contains(r#"CMD ["serve", "--listen", "0.0.0.0:8080"]"#)
    );
    for words in [line.split_once("passport ").unwrap().1, "serve --listen 0.0.0.0:8080"] {
        let mut arguments: Vec<&str> = words.split(' ').collect();
        // An empty folder: the flags are read, and nobody is there.
        let empty = tempfile::tempdir().unwrap();
        arguments.extend(
            ["--data", empty.path().to_str().unwrap()].iter().skip(if words.contains("--data") {
                2
            } else {
                0
            }),
        );
        let said = Command::new(env!("CARGO_BIN_EXE_passport"))
            .env("PASSPORT_DATA", empty.path())
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8(said.stderr).unwrap();
        assert!(said.contains("holds nobody to serve"), "{words}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_container_asks_each_party_how_it_is() {
    if !is_there("curl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path());
    desk.run("passport verifier init --name Harbour --origin http://harbour.localhost:8080 --email team@example.org");
    let healthy = packaging("healthy");
    let asked =
        |desk: &Desk, data: &str| desk.output(&format!("{} {data} 8080", healthy.display())).status.code();
    assert_eq!(asked(&desk, "passport-data"), Some(1), "nobody is served yet");
    desk.serve("passport serve --listen 127.0.0.1:8080");
    assert_eq!(asked(&desk, "passport-data"), Some(0));
    assert_eq!(asked(&desk, "nowhere"), Some(1), "there is no party");
}
