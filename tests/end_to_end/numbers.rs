//! A passport number over the real parties: a space asks whose it is, the member keeps it from the space and replaces it.

use serde_json::Value;

use crate::demo::passport;
use crate::invitations::Scene;

/// What harbour is refused when it asks about a number.
fn refused(scene: &Scene, number: &str) -> String {
    let mut command = passport();
    command.args(["resolve", number, "--as", "harbour", "--data"]).arg(scene.data());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

fn resolved(scene: &Scene, number: &str) -> Value {
    scene.team(&["resolve", number, "--as", "harbour"])
}

/// The number with its last symbol changed.
fn mistyped(number: &str) -> String {
    let (rest, last) = number.split_at(number.len() - 1);
    format!("{rest}{}", if last == "0" { "1" } else { "0" })
}

const NOTHING: &str = "knows no such number for this space";

#[tokio::test]
async fn a_number_leads_spaces_to_its_member_until_it_is_kept_from_them_or_replaced() {
    let scene = Scene::new().await;
    let number = scene.number.clone();
    let did = scene.wallet(&["did", "show"])["did"].clone();
    let shown = scene.wallet(&["number", "show"]);
    assert_eq!(shown["number"]["number"], Value::from(number.as_str()));
    assert!(shown["number"]["stated_until"].is_i64(), "the office has the statement: {shown}");
    assert_eq!(scene.wallet(&["list"])["warnings"], Value::from(Vec::<Value>::new()));
    for spelling in [number.clone(), number.to_lowercase().replace('-', " \u{2013} ")] {
        let found = resolved(&scene, &spelling);
        assert_eq!(found["did"], did);
        assert!(found["mailbox"].as_str().unwrap().contains("/mailbox/"), "{found}");
    }
    assert!(refused(&scene, &mistyped(&number)).contains("mistyped"));

    let credentials = scene.wallet(&["list"])["credentials"].as_array().unwrap().clone();
    let harbour = credentials.iter().find_map(|one| one["claims"]["space"].as_str()).unwrap().to_owned();
    let blocked = scene.wallet(&["number", "block", &harbour]);
    assert_eq!(blocked["number"]["blocked"], Value::from(vec![harbour.as_str()]));
    assert!(refused(&scene, &number).contains(NOTHING));
    scene.wallet(&["number", "unblock", &harbour]);
    assert_eq!(resolved(&scene, &number)["did"], did);

    let replaced = scene.wallet(&["number", "replace"]);
    let new = replaced["number"].as_str().unwrap().to_owned();
    assert!(new != number && replaced["accepted"]["credentials"].is_array(), "{replaced}");
    assert!(refused(&scene, &number).contains(NOTHING));
    assert_eq!(resolved(&scene, &new)["did"], did);

    // The desk gives a third one; the wallet takes it over by the member's wish.
    let third = scene.team(&["issuer", "renumber", &new])["number"].as_str().unwrap().to_owned();
    assert!(refused(&scene, &new).contains(NOTHING));
    assert!(refused(&scene, &third).contains(NOTHING), "the member has not stated it");
    assert_eq!(scene.wallet(&["number", "replace"])["number"], Value::from(third.as_str()));
    assert_eq!(resolved(&scene, &third)["did"], did);
    assert_eq!(scene.wallet(&["list"])["warnings"], Value::from(Vec::<Value>::new()));
}
