//! First passports that a person of the office looks at first.

use issuance::{MintError, Minting};
use issuer::approving::INTERVAL;
use issuer::commands::handle;
use issuer::minting::{OfficeMinting, PASSPORT, PROFILE};
use issuer::records::{Application, HostedDid, Passport, RequestKind, Stage};
use openid4vc::vci::reason::{LONGEST, Reason};
use serde_json::{Value, json};
use store::{Reader, StoreFault, View};

use super::scene::{A_DAY, CANARIES, OFFICE_DID, Scene};
use super::{count, only};

fn by_hand(scene: &Scene) -> OfficeMinting {
    OfficeMinting::new(scene.identity.clone(), scene.tenant(), scene.keyring.clone()).approving_by_hand()
}

/// Asks the minting whether something may be handed out, and whether it may be offered.
struct Asked<'a>(&'a OfficeMinting, &'a str);

impl View for Asked<'_> {
    const NAME: &'static str = "asked";
    type Output = (bool, bool);

    async fn read(&self, reader: &mut Reader) -> Result<(bool, bool), StoreFault> {
        let entitled = self.0.is_entitled(reader, self.1, PASSPORT).await?;
        Ok((entitled, self.0.is_expected(reader, self.1, PASSPORT).await?))
    }
}

/// What would be minted, whether it may be handed out, and whether it may be offered.
async fn state(scene: &Scene, application: &str) -> (Result<(), MintError>, bool, bool) {
    let minting = by_hand(scene);
    let (entitled, expected) = scene.tenant().read(&Asked(&minting, application)).await.unwrap();
    (minting.mint(application, PASSPORT).await.map(drop), entitled, expected)
}

const WAITING: (Result<(), MintError>, bool, bool) =
    (Err(MintError::Later { interval: INTERVAL }), false, true);
const ISSUED: (Result<(), MintError>, bool, bool) = (Ok(()), true, true);
const DENIED: (Result<(), MintError>, bool, bool) = (Err(MintError::Gone), false, false);

async fn command(scene: &Scene, command: Value) -> Result<Value, String> {
    handle(&scene.office(), command).await
}

async fn decide(scene: &Scene, verb: &str, request: &str) -> Result<Value, String> {
    command(scene, json!({"command": format!("issuer.{verb}"), "request": request})).await
}

async fn requests(scene: &Scene) -> Vec<Value> {
    let told = command(scene, json!({"command": "issuer.requests"})).await.unwrap();
    told["requests"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_first_passport_waits_until_somebody_has_approved_it() {
    let scene = Scene::new();
    scene.ready().await;
    let id = only::<Application>(&scene).await.id;
    assert_eq!(state(&scene, &id).await, WAITING);
    let listed = requests(&scene).await;
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["request"], &listed[0]["kind"]), (&json!(id), &json!("first-passport")));
    assert_eq!(listed[0]["person"]["given_name"], CANARIES[0]);
    assert_eq!(listed[0]["checks"][0]["kind"], "document");
    assert!(listed[0]["seconds_left"].as_i64().unwrap() <= A_DAY);
    assert_eq!(decide(&scene, "approve", &id).await.unwrap(), json!({"approved": id}));
    assert_eq!(state(&scene, &id).await, ISSUED);
    assert_eq!(by_hand(&scene).mint(&id, PROFILE).await.unwrap().disclosable["given_name"], CANARIES[0]);
    assert!(requests(&scene).await.is_empty());
    assert!(decide(&scene, "approve", &id).await.is_ok(), "it may come again");
}

#[tokio::test]
async fn who_is_declined_is_denied_and_everything_goes_at_once() {
    let scene = Scene::new();
    scene.ready().await;
    let id = only::<Application>(&scene).await.id;
    assert_eq!(decide(&scene, "decline", &id).await.unwrap(), json!({"declined": id}));
    assert_eq!(state(&scene, &id).await, DENIED);
    let application = only::<Application>(&scene).await;
    assert_eq!((application.stage, application.values, application.number), (Stage::Ended, None, None));
    assert_eq!((count::<Passport>(&scene).await, count::<HostedDid>(&scene).await), (0, 0));
    assert_eq!(scene.sealing_keys(), 0);
    assert!(requests(&scene).await.is_empty());
    assert_eq!(decide(&scene, "decline", &id).await.unwrap(), json!({"declined": id}), "it may come again");
    assert_eq!(decide(&scene, "approve", &id).await.unwrap_err(), "there is no such request");
    assert_eq!(state(&scene, &id).await, DENIED);
}

#[tokio::test]
async fn a_reason_is_told_to_whoever_was_declined_as_it_was_first_said_and_to_nobody_else() {
    let scene = Scene::new();
    scene.ready().await;
    let id = only::<Application>(&scene).await.id;
    let decline = |reason: Value| {
        command(&scene, json!({"command": "issuer.decline", "request": id, "reason": reason}))
    };
    for (wrong, sentence) in [
        (json!(" "), "leave it out otherwise"),
        (json!("x".repeat(LONGEST + 1)), "at most 300 characters"),
        (json!("a\u{202e}b"), "one line of plain text"),
        (json!("a\u{1b}[2J"), "one line of plain text"),
    ] {
        let refused = decline(wrong).await.unwrap_err();
        assert!(refused.contains(sentence), "{refused}");
        assert_eq!(state(&scene, &id).await, WAITING, "nothing is decided");
    }
    assert_eq!(decline(json!("La fecha no coincide")).await.unwrap(), json!({"declined": id}));
    let declined = (Err(MintError::Declined(Reason::new("La fecha no coincide").unwrap())), false, false);
    assert_eq!(state(&scene, &id).await, declined);
    assert!(decline(json!("Another reason")).await.is_ok(), "it may come again");
    assert_eq!(state(&scene, &id).await, declined, "what was told is not told otherwise");
    assert_eq!(state(&scene, "other").await, DENIED);
    scene.clock.advance(A_DAY + 60);
    assert_eq!(state(&scene, &id).await, DENIED, "it goes with the decision");
}

#[tokio::test]
async fn what_was_approved_is_not_declined_any_more() {
    let scene = Scene::new();
    scene.ready().await;
    let id = only::<Application>(&scene).await.id;
    decide(&scene, "approve", &id).await.unwrap();
    let refused = decide(&scene, "decline", &id).await.unwrap_err();
    assert_eq!(refused, "this was approved before; suspend the passport to take it back");
    assert_eq!(state(&scene, &id).await, ISSUED);
}

#[tokio::test]
async fn nothing_is_decided_before_it_is_complete_or_after_its_time() {
    let scene = Scene::new();
    scene.applied().await;
    let id = only::<Application>(&scene).await.id;
    assert!(requests(&scene).await.is_empty(), "link and log are awaited");
    assert_eq!(decide(&scene, "approve", &id).await.unwrap_err(), "there is no such request");
    assert_eq!(decide(&scene, "approve", "other").await.unwrap_err(), "there is no such request");
    let late = Scene::new();
    late.ready().await;
    let id = only::<Application>(&late).await.id;
    late.clock.advance(A_DAY + 60);
    assert!(requests(&late).await.is_empty());
    assert_eq!(decide(&late, "approve", &id).await.unwrap_err(), "there is no such request");
    assert_eq!(state(&late, &id).await, DENIED);
}

#[tokio::test]
async fn fresh_copies_and_what_the_desk_offers_wait_for_nobody() {
    let scene = Scene::new();
    let (_, _, did) = scene.ready().await;
    let number = only::<Passport>(&scene).await.number;
    let first = only::<Application>(&scene).await.id;
    let asked = scene.ask(RequestKind::RefillPassport).await;
    let key = scene.key();
    scene.give(&scene.passport_answer(&asked, jose::Signer::public_jwk(&key), &number, &did)).await.unwrap();
    let offered = command(&scene, json!({"command": "issuer.offer"})).await.unwrap();
    let desk = offered["handle"].as_str().unwrap();
    assert!(by_hand(&scene).mint(desk, PROFILE).await.is_ok());
    let all = scene.tenant().list::<Application>(store::Range::all(), 10).await.unwrap().items;
    let refill = all.iter().find(|one| one.id != first && one.id != desk).unwrap();
    assert_eq!(state(&scene, &refill.id).await, ISSUED);
    let listed = requests(&scene).await;
    assert_eq!(listed.len(), 1, "the first passport alone: {OFFICE_DID}");
    assert_eq!(decide(&scene, "decline", desk).await.unwrap_err(), "there is no such request");
}

#[tokio::test]
async fn an_office_that_decides_by_itself_lets_nobody_wait() {
    let scene = Scene::new();
    scene.ready().await;
    let id = only::<Application>(&scene).await.id;
    let minting = OfficeMinting::new(scene.identity.clone(), scene.tenant(), scene.keyring.clone());
    assert!(minting.mint(&id, PASSPORT).await.is_ok());
}

#[tokio::test]
async fn a_decline_that_is_broken_off_before_the_key_is_destroyed_is_finished() {
    let scene = Scene::new();
    scene.ready().await;
    let id = only::<Application>(&scene).await.id;
    let keys = scene.folder.path().join("keyring/keys");
    let file = std::fs::read_dir(&keys).unwrap().next().unwrap().unwrap().path();
    let key = std::fs::read(&file).unwrap();
    for by in ["the worker", "declining again"] {
        decide(&scene, "decline", &id).await.unwrap();
        // As if the process had ended after the one transaction.
        std::fs::write(&file, &key).unwrap();
        assert_eq!((scene.sealing_keys(), only::<Application>(&scene).await.values), (1, None));
        if by == "the worker" {
            scene.work().await;
        } else {
            decide(&scene, "decline", &id).await.unwrap();
        }
        assert_eq!(scene.sealing_keys(), 0, "{by}");
    }
}

#[tokio::test]
async fn a_request_that_opens_no_more_hides_no_other_one() {
    let scene = Scene::new();
    scene.ready().await;
    let gone = only::<Application>(&scene).await.id;
    scene.ready().await;
    assert_eq!(requests(&scene).await.len(), 2);
    // As after a store was restored beside the keyring of now.
    scene.keyring.destroy(&keyring::KeyId::new(OFFICE_DID, &gone, "application")).unwrap();
    let listed = requests(&scene).await;
    assert_eq!(listed.len(), 1);
    assert_ne!(listed[0]["request"], json!(gone));
}
