//! `passport type-metadata` as a shell sees it.
#![cfg(test)]

use std::process::Command;

use serde_json::{Value, json};

fn run(words: &[&str]) -> (Option<i32>, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passport"));
    let output = command.arg("type-metadata").args(words).output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}

#[test]
fn types_of_the_network_are_printed_and_those_that_cannot_be_had_refused() {
    let passport = "urn:passport-network:passport:1";
    let (status, printed) = run(&[passport]);
    assert_eq!((status, &printed["types"]), (Some(0), &json!([passport])));
    assert_eq!(printed["claims"][0]["display"][1]["label"], "Número de pasaporte de la red");
    assert_eq!(printed["display"][0]["rendering"]["simple"]["text_color"], "#ffffff");
    for (words, code) in [
        (&["urn:eudi:pid:1"][..], "not_published"),
        (&["http://pid.example.org/type"], "not_published"),
        (&["https://127.0.0.1/type"], "unreachable"),
        (&["https://office.localhost/type"], "unreachable"),
        (
            &[passport, "--integrity", "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
            "integrity_mismatch",
        ),
        (&[passport, "--integrity", "md5-AAAA"], "integrity_unsupported"),
    ] {
        let (status, printed) = run(words);
        assert_eq!((status, printed["error"]["code"].as_str()), (Some(1), Some(code)), "{words:?}");
    }
    assert_eq!(run(&[]).0, Some(2));
}
