//! `passport resolve`: a refusal is a result with its error, and exit status 1.

use super::*;

/// The result's error, by exit status 1; there is no document.
fn error(words: &[&str], input: &str) -> String {
    let output = run(&[&["resolve"], words].concat(), input);
    assert_eq!(output.status.code(), Some(1), "{words:?}: {}", complaint(&output));
    let result = json_of(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(
        (&result["didDocument"], &result["didDocumentMetadata"]),
        (&Value::Null, &serde_json::json!({}))
    );
    let kind = result["didResolutionMetadata"]["error"]["type"].as_str().unwrap();
    kind.strip_prefix("https://www.w3.org/ns/did#").unwrap().to_owned()
}

#[test]
fn what_is_no_did_or_of_another_method_is_refused_by_its_error() {
    for (did, code) in [
        ("nonsense", "INVALID_DID"),
        ("did:", "INVALID_DID"),
        ("did:web:127.0.0.1", "INVALID_DID"),
        ("did:web:office.example.org:..:m", "INVALID_DID"),
        ("did:webvh:x:office.example.org", "INVALID_DID"),
        ("did:key:u6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "INVALID_DID"),
        ("did:jwk:e30", "INVALID_DID"),
        ("did:ion:EiClkZMDxPKqC9c", "METHOD_NOT_SUPPORTED"),
        ("did:web:nowhere.localhost", "INTERNAL_ERROR"),
        ("did:web:office.example.org?hl=x", "FEATURE_NOT_SUPPORTED"),
        ("did:web:office.example.org/a?service=files", "INVALID_OPTIONS"),
        ("did:web:office.example.org?versionNumber=one", "INVALID_OPTIONS"),
        ("did:web:office.example.org?versionId=1-a&versionNumber=1", "INVALID_OPTIONS"),
    ] {
        assert_eq!(error(&[did], ""), code, "{did}");
    }
}

#[test]
fn a_log_that_does_not_verify_resolves_to_nothing() {
    for (case, log) in [("nothing", ""), ("no JSON", "x"), ("an object that is no entry", "{}\n")] {
        assert_eq!(error(&["--log", "-"], log), "INVALID_DID", "{case}");
    }
}

#[test]
fn a_fragment_that_names_nothing_is_not_found() {
    let key = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
    let output = run(&["resolve", key], "");
    if output.status.code() == Some(0) {
        let absent = format!("{key}#nothing");
        let output = run(&["resolve", &absent], "");
        assert_eq!(output.status.code(), Some(1), "{}", complaint(&output));
        let result = json_of(&String::from_utf8(output.stdout).unwrap());
        assert_eq!(result["content"], Value::Null);
        let kind = &result["dereferencingMetadata"]["error"]["type"];
        assert_eq!(kind, "https://www.w3.org/ns/did#NOT_FOUND");
    } else {
        panic!("{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn a_call_that_cannot_be_meant_ends_with_2() {
    refuses(&["resolve"], 2, "");
    refuses(&["resolve", "did:web:x.example.org", "--witness", "file"], 2, "--log");
    refuses(&["resolve", "--log", "-", "--witness", "-"], 2, "standard input");
    refuses(&["resolve", "--log", "/nowhere/at/all"], 2, "cannot be read");
    refuses(&["resolve", "--as", "harbour"], 2, "DID_URL");
    refuses(&["resolve", "HRB1-0000-00000", "--as", "harbour", "--log", "-"], 2, "--log");
    refuses(
        &["resolve", "HRB1-0000-00000", "--as", "harbour", "--resolver", "https://x.example"],
        2,
        "--resolver",
    );
}

#[test]
fn a_number_that_was_mistyped_or_a_space_that_is_not_there_is_asked_of_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let data = text(folder.path());
    for (number, part) in [
        ("HRB1-0000-00001", "mistyped"),
        ("HRB1-0000", "13 symbols"),
        ("HRB1-0000-0000U", "without U"),
        ("did:web:x.example", "digits and letters"),
    ] {
        refuses(&["resolve", number, "--as", "harbour", "--data", data], 1, part);
    }
    refuses(&["resolve", "0000-0000-00000", "--as", "harbour", "--data", data], 1, "no party named");
    fs::create_dir(folder.path().join("harbour")).unwrap();
    fs::write(folder.path().join("harbour/party.json"), "{}").unwrap();
    refuses(&["resolve", "0000-0000-00000", "--as", "harbour", "--data", data], 1, "is not running");
}
