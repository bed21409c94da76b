use network::decision::Outcome;
use serde_json::json;

use super::stage::{Stage, offer, verified_log};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, PresentOptions, RefillError};
use crate::records::{Copy, FollowUpAwaited, MemberDid, RecoveryCommitment};

const NEEDED: ByPreset = ByPreset(Preset::Needed);

async fn answered(change: impl FnOnce(&mut super::stage::Behaviour)) -> Stage {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    stage.wallet.accept_offer(&offer(&["passport", "profile"]), &options, &NEEDED).await.unwrap();
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    stage.set(change);
    stage
}

#[tokio::test]
async fn a_decision_is_checked_and_kept_and_the_offer_taken() {
    let stage = answered(|behaviour| {
        behaviour.outcome = Some(Outcome::Approved);
        behaviour.offer = Some(offer(&["profile"]));
    })
    .await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(collected.from[0].problem, None);
    assert_eq!(collected.from[0].decision.as_deref(), Some("approved"));
    assert!(collected.from[0].accepted.is_some() && collected.from[0].sharing_proof);
    let given = &stage.wallet.spaces().await.unwrap()[0].given[0];
    assert_eq!(given.outcome.as_deref(), Some("approved"));
    assert!(stage.vault.list::<FollowUpAwaited>().await.unwrap().is_empty());
    assert!(stage.wallet.collect(&NEEDED).await.unwrap().from.is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_space_ends_the_waiting() {
    let stage = answered(|behaviour| behaviour.outcome = Some(Outcome::Declined)).await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(collected.from[0].decision.as_deref(), Some("declined"));
    assert!(stage.wallet.pending().await.unwrap().is_empty());
}

#[tokio::test]
async fn without_a_decision_the_wallet_goes_on_waiting() {
    let stage = answered(|_| {}).await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(collected.from[0].decision, None);
    assert_eq!(stage.wallet.pending().await.unwrap()[0].awaited, ["decision", "offer"]);
}

#[tokio::test]
async fn the_first_entry_of_the_did_commits_to_the_recovery_code() {
    let stage = answered(|behaviour| behaviour.did_hosting = true).await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(collected.from[0].problem, None);
    let did = collected.did.unwrap();
    assert_eq!(stage.wallet.did().await.unwrap().as_deref(), Some(did.as_str()));
    let text = stage.seen(|seen| seen.did_log.clone()).unwrap();
    let log = verified_log(&text);
    assert_eq!(log.did().unwrap().as_str(), did);
    let entry: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(entry["parameters"]["portable"], json!(true));
    let recovery = stage.vault.get::<RecoveryCommitment>(RecoveryCommitment::NAME).await.unwrap().unwrap();
    let hash = did::webvh::KeyHash::of(&recovery.key);
    assert_eq!(entry["parameters"]["nextKeyHashes"], json!([hash.as_str()]));
    assert_eq!(recovery.index, 1);
    let names: Vec<&str> = entry["state"]["verificationMethod"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert!(names[0].ends_with("#sign") && names[1].ends_with("#seal"));
    // Asked again, the wallet leaves the same log and makes no second DID.
    let again = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(again.did.as_deref(), Some(did.as_str()));
    assert!(stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap().uploaded);
}

#[tokio::test]
async fn refill_shows_a_copy_of_each_kind_and_the_new_copies_come_in_pairs() {
    let stage = Stage::new().await;
    let four = AcceptOptions { tx_code: None, copies: Some(4) };
    stage.wallet.accept_offer(&offer(&["passport", "profile"]), &four, &NEEDED).await.unwrap();
    assert!(!stage.wallet.needs_refill().await.unwrap());
    for _ in 0..2 {
        stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    }
    assert!(stage.wallet.needs_refill().await.unwrap());
    let refilled = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(refilled.problems, Vec::<String>::new());
    assert_eq!(refilled.accepted.len(), 2);
    let copies = stage.vault.list::<Copy>().await.unwrap();
    assert_eq!(copies.len(), 4, "used copies are cleared away");
    assert!(copies.iter().all(|copy| copy.credentials.len() == 2), "each new key has both");
    assert!(!stage.wallet.needs_refill().await.unwrap());
}

#[tokio::test]
async fn a_wallet_without_passport_and_profile_has_nothing_to_refill() {
    let stage = Stage::new().await;
    let refused = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await;
    assert!(matches!(refused, Err(RefillError::NothingHeld)));
}
