//! A member of two spaces sees what they hold, changes it at both, takes it back and leaves, over the real parties.

use std::process::Output;

use serde_json::{Value, json};

use crate::demo::passport;
use crate::invitations::Scene;

const SPACES: [&str; 2] = ["kiln-north", "kiln-south"];
const CANARIES: [&str; 3] = ["canary-company-one", "canary-company-two", "canary-bio"];

/// Joins both spaces with everything that is asked.
async fn member() -> Scene {
    let scene = Scene::new().await;
    scene.wallet(&["own", "set", "company", CANARIES[0]]);
    scene.wallet(&["own", "set", "bio", CANARIES[2]]);
    for space in SPACES {
        let link = scene.team(&["verifier", "request", space])["link"].as_str().unwrap().to_owned();
        scene.wallet(&["present", &link, "--preset", "all"]);
        scene.wallet(&["collect"]);
    }
    scene
}

fn call(scene: &Scene, words: &[&str]) -> Output {
    call_with(scene, &[words, &["--yes"]].concat())
}

/// Nobody is there to answer a question.
fn call_with(scene: &Scene, words: &[&str]) -> Output {
    let mut command = passport();
    command.arg("wallet").args(words).arg("--store").arg(scene.data().with_file_name("wallet"));
    command.arg("--json").env("PASSPORT_PASSPHRASE", "a passphrase for this test");
    command.stdin(std::process::Stdio::null());
    command.output().unwrap()
}

fn held(scene: &Scene, space: &str) -> Vec<(String, Value)> {
    let seen = scene.wallet(&["space", "see", &format!("{space}.localhost")]);
    let details = seen["details"].as_array().unwrap();
    details.iter().map(|one| (one["claim"].as_str().unwrap().to_owned(), one["value"].clone())).collect()
}

fn value_of(scene: &Scene, space: &str, claim: &str) -> Option<Value> {
    held(scene, space).into_iter().find(|(name, _)| name == claim).map(|(_, value)| value)
}

fn all_done(told: &Value) -> bool {
    told["changes"].as_array().unwrap().iter().all(|change| change["done"] == true)
}

/// Files below the folder that hold a canary in the clear.
fn traces(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(traces(&path));
        } else if let Ok(bytes) = std::fs::read(&path)
            && CANARIES.iter().any(|canary| bytes.windows(canary.len()).any(|part| part == canary.as_bytes()))
        {
            found.push(path);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn one_edit_reaches_two_spaces_and_what_is_taken_back_is_gone_and_who_leaves_is_no_member() {
    let scene = member().await;
    for space in SPACES {
        assert_eq!(value_of(&scene, space, "company"), Some(json!(CANARIES[0])), "{space}");
    }
    // Each is told at a time of its own.
    let at = ["--at", "kiln-north.localhost", "--at", "Kiln South"];
    let told = scene.wallet(&[&["change", "company", CANARIES[1]][..], &at].concat());
    let due: Vec<i64> =
        told["changes"].as_array().unwrap().iter().map(|one| one["again_at"].as_i64().unwrap()).collect();
    assert!(due.len() == 2 && due[0] != due[1], "{told}");
    let waiting = scene.wallet(&["outbox", "list"]);
    for item in waiting["outbox"].as_array().unwrap() {
        scene.wallet(&["outbox", "cancel", item["id"].as_str().unwrap()]);
    }
    assert_eq!(value_of(&scene, "kiln-north", "company"), Some(json!(CANARIES[0])), "nothing was sent");
    // Or at once, if the member wishes it.
    let told = scene.wallet(&[&["change", "company", CANARIES[1], "--now"][..], &at].concat());
    assert!(all_done(&told), "{told}");
    for space in SPACES {
        assert_eq!(value_of(&scene, space, "company"), Some(json!(CANARIES[1])), "{space}");
    }

    let unasked = call_with(&scene, &["space", "publish", "Kiln North", "bio", "brand"]);
    let said: Value = serde_json::from_slice(&unasked.stdout).unwrap();
    assert_eq!((unasked.status.code(), &said["error"]["code"]), (Some(1), &json!("declined")), "{said}");
    for words in [
        &["space", "publish", "Kiln North", "bio", "brand"][..],
        &["space", "hide", "Kiln North", "bio"],
        &["space", "until", "Kiln North", "bio", "2099-01-01"],
        &["space", "until", "Kiln North", "bio", "none"],
        &["space", "take-back", "Kiln North", "bio"],
        &["space", "object", "Kiln North", "no newsletter", "--about", "email"],
    ] {
        assert!(all_done(&scene.wallet(words)), "{words:?}");
    }
    assert_eq!(value_of(&scene, "kiln-north", "bio"), None);
    assert!(value_of(&scene, "kiln-south", "bio").is_some(), "the other has it still");
    let objections = scene.team(&["verifier", "objections", "kiln-north"]);
    assert_eq!(objections["objections"][0]["reason"], "no newsletter");
    let gone = call(&scene, &["space", "take-back", "Kiln North", "bio"]);
    let said: Value = serde_json::from_slice(&gone.stdout).unwrap();
    assert_eq!((gone.status.code(), &said["error"]["code"]), (Some(1), &json!("not_held")), "{said}");

    let left = scene.wallet(&["space", "leave", "Kiln South"]);
    assert_eq!(left["changes"][0]["membership_ended"], true, "{left}");
    let after = call(&scene, &["space", "see", "Kiln South"]);
    let said: Value = serde_json::from_slice(&after.stdout).unwrap();
    assert_eq!((after.status.code(), &said["error"]["code"]), (Some(1), &json!("left")), "{said}");
    let members = scene.team(&["verifier", "member", "list", "kiln-south"]);
    assert!(
        members["members"].as_array().unwrap().iter().all(|one| one["standing"] != "active"),
        "{members}"
    );
    let history = scene.wallet(&["history"]);
    let spaces = history["spaces"].as_array().unwrap();
    let proofs = |name: &str| {
        spaces.iter().find(|one| one["name"] == name).unwrap()["changes"].as_array().unwrap().len()
    };
    assert_eq!((proofs("Kiln North"), proofs("Kiln South")), (6, 1));
    // By its proofs the wallet knows what each has, and it is what the space says itself.
    let known = |name: &str| {
        let space = spaces.iter().find(|one| one["name"] == name).unwrap();
        let held = space["held"].as_array().unwrap().iter();
        let mut names: Vec<String> = held.map(|one| one["claim"].as_str().unwrap().to_owned()).collect();
        names.sort_unstable();
        (names, space["left_at"].is_null())
    };
    let mut by_the_space: Vec<String> =
        held(&scene, "kiln-north").into_iter().map(|(claim, _)| claim).collect();
    by_the_space.sort_unstable();
    assert_eq!(known("Kiln North"), (by_the_space, true));
    assert_eq!(known("Kiln South"), (Vec::new(), false));
    assert_eq!(traces(&scene.data()), Vec::<std::path::PathBuf>::new(), "no value stands in the open");
}
