//! What a member may do about a space that writes, over the real parties; and that the office, which keeps the mail, knows
//! neither what was written nor to whom.

use serde_json::json;

use crate::invitations::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_space_that_writes_is_reported_and_blocked_and_the_office_learns_no_more_than_that() {
    let scene = Scene::new().await;
    scene.team(&["verifier", "invite", "kiln-north", &scene.number]);
    scene.sent("kiln-north").await;
    let waiting = scene.export("office");
    assert!(waiting.contains("mailbox-envelope"));
    let mail = scene.mail().await;
    let id = mail["id"].as_str().unwrap();
    assert!(!scene.export("office").contains("mailbox-envelope"), "what was fetched is gone");

    scene.wallet(&["mailbox", "report", id, "--reason", "unwanted"]);
    let reports = scene.team(&["issuer", "reports"]);
    let report = &reports["reports"][0];
    let told = (&report["space"], &report["reason"], &report["count"]);
    assert_eq!(told, (&mail["space"], &json!("unwanted"), &json!(1)));
    assert_eq!(report.as_object().unwrap().len(), 4, "and the day: {report}");

    assert_eq!(scene.wallet(&["mailbox", "block", id])["blocked"], "Kiln North");
    assert_eq!(scene.wallet(&["mailbox", "list"])["mail"], json!([]));
    let kept = scene.export("office");
    assert!(kept.contains("\"blocked\":true"), "the office takes nothing more of it");
    for private in ["/join/invited/", "passport-invitation"] {
        assert!(!waiting.contains(private) && !kept.contains(private), "{private}");
    }
    let space = mail["space"].as_str().unwrap();
    let unblocked = scene.wallet(&["mailbox", "blocked", "--unblock", space]);
    assert_eq!(unblocked["blocked"], json!([]));
    assert!(!scene.export("office").contains("\"blocked\":true"));
}
