//! What a space signed before it took another log key is still its word, for as long as it can have signed it.

use network::decision::Outcome;
use network::member_api::{ClaimChange, WhatToDo};
use trust::testing::NOW;

use super::stage::{Behaviour, Stage, offer, offer_of};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, PresentOptions, ShareProof};
use crate::records::KnownSpace;

const NEEDED: ByPreset = ByPreset(Preset::Needed);

fn two() -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(2) }
}

/// An answer was given at [`NOW`], and nothing of what follows was good yet; `change` happens, and a hundred seconds pass.
async fn answered(change: impl FnOnce(&mut Behaviour)) -> Stage {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.no_refills = true);
    stage.wallet.accept_offer(&offer(&["profile"]), &two(), &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.proof_lacks_a_claim = true);
    let presented = stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    assert!(matches!(presented.sharing_proof, ShareProof::Wrong(_)));
    stage.set(|behaviour| {
        behaviour.proof_lacks_a_claim = false;
        behaviour.outcome = Some(Outcome::Approved);
        change(behaviour);
    });
    stage.clock.advance(100);
    stage
}

#[tokio::test]
async fn proof_and_decision_of_a_log_key_that_was_rotated_away_count_if_they_say_they_were_signed_since_the_answer()
 {
    for signed_at in [-60, 0, 49] {
        let stage = answered(|behaviour| {
            behaviour.rotated_at = Some(NOW.seconds() + 50);
            behaviour.signed_at = Some(NOW.seconds() + signed_at);
        })
        .await;
        let from = stage.wallet.collect(&NEEDED).await.unwrap().from.remove(0);
        assert_eq!((from.problem, from.sharing_proof), (None, true), "{signed_at}");
        assert_eq!(from.decision.as_deref(), Some("approved"), "{signed_at}");
        let given = stage.wallet.spaces().await.unwrap().remove(0).given.remove(0);
        assert!(given.proof.is_some() && given.decision.is_some(), "{signed_at}");
    }
}

#[tokio::test]
async fn a_stolen_log_key_signs_nothing_more_after_it_was_rotated_away_nor_for_before_the_answer() {
    // Before the answer with the clocks' minute, after the rotation, and after now.
    for signed_at in [-61, -86_400, 50, 99, 101] {
        let stage = answered(|behaviour| {
            behaviour.rotated_at = Some(NOW.seconds() + 50);
            behaviour.signed_at = Some(NOW.seconds() + signed_at);
        })
        .await;
        let from = stage.wallet.collect(&NEEDED).await.unwrap().from.remove(0);
        let problem = from.problem.unwrap();
        assert!(problem.contains("signature"), "{signed_at}: {problem}");
        assert_eq!((from.sharing_proof, from.decision), (false, None), "{signed_at}");
        let given = stage.wallet.spaces().await.unwrap().remove(0).given.remove(0);
        assert!(given.proof.is_none() && given.decision.is_none(), "{signed_at}");
    }
    // It is the key alone: with the one that it has, what says that it is of before the answer counts.
    let stage = answered(|behaviour| behaviour.signed_at = Some(NOW.seconds() - 61)).await;
    let from = stage.wallet.collect(&NEEDED).await.unwrap().from.remove(0);
    assert_eq!((from.problem, from.sharing_proof), (None, true));
}

/// A change was asked for at [`NOW`], and its proof, which says that it was signed so many seconds later, got lost; then the
/// space took another log key, and an hour passed.
async fn asked_for_a_change(signed_at: i64) -> Stage {
    let stage = Stage::new().await;
    let link = offer_of("http://kiln.localhost", &["membership"]);
    stage.wallet.accept_offer(&link, &two(), &NEEDED).await.unwrap();
    let known = KnownSpace {
        id: "did:web:kiln.localhost".to_owned(),
        name: "Kiln".to_owned(),
        host: "kiln.localhost".to_owned(),
        network: Some("n".to_owned()),
        is_office: false,
    };
    stage.vault.put(&known).await.unwrap();
    stage.set(|behaviour| {
        behaviour.no_refills_at_the_space = true;
        behaviour.member.loses_answers = true;
        behaviour.member.signed_at = Some(NOW.seconds() + signed_at);
    });
    let back = ClaimChange { claim: "email".to_owned(), what: WhatToDo::TakeBack };
    assert!(!stage.wallet.change_rules_at("Kiln", vec![back]).await.unwrap().done);
    stage.set(|behaviour| behaviour.rotated_at = Some(NOW.seconds() + 50));
    stage.clock.advance(3_600);
    stage
}

#[tokio::test]
async fn a_proof_of_change_of_a_log_key_that_was_rotated_away_counts_if_it_says_it_was_signed_since_it_was_asked_for()
 {
    for (signed_at, counts) in [(-60, true), (49, true), (-61, false), (50, false), (3_601, false)] {
        let stage = asked_for_a_change(signed_at).await;
        let sent = stage.wallet.collect(&NEEDED).await.unwrap().changes.remove(0);
        assert_eq!(sent.done, counts, "{signed_at}: {sent:?}");
        let changes = stage.wallet.spaces().await.unwrap().remove(0).changes;
        assert_eq!(changes.len(), usize::from(counts), "{signed_at}");
    }
}
