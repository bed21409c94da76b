//! The wallet is killed between two steps: nothing that was issued is lost, and nothing that was given is forgotten.

use environment::Clock;

use super::stage::{Stage, holder_keys, offer, offer_of};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, PresentOptions};
use crate::records::{AwaitedCredentials, FollowUpAwaited, HistoryEntry, HistoryKind, KeptAnswer};
use crate::wallet::Wallet;

const NEEDED: ByPreset = ByPreset(Preset::Needed);

fn two() -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(2) }
}

/// What the history tells of requests.
async fn told(wallet: &Wallet) -> Vec<HistoryEntry> {
    let mut history = wallet.history().await.unwrap();
    history.retain(|entry| entry.kind == HistoryKind::Request);
    history
}

pub(super) async fn with_profile() -> Stage {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.no_refills = true);
    let four = AcceptOptions { tx_code: None, copies: Some(4) };
    stage.wallet.accept_offer(&offer(&["profile"]), &four, &NEEDED).await.unwrap();
    stage
}

async fn promised() -> Stage {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.deferred = true);
    stage.wallet.accept_offer(&offer(&["profile"]), &two(), &NEEDED).await.unwrap();
    stage.clock.advance(61);
    stage
}

#[tokio::test]
async fn a_wallet_killed_while_it_thanks_the_issuer_has_what_came_late() {
    let stage = promised().await;
    stage.killed_at("/notification", async |wallet| drop(wallet.collect(&NEEDED).await)).await;
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_accepted"]);
    let again = stage.same_vault().await;
    assert_eq!(again.list().await.unwrap()[0].copies_left, 2);
    assert!(stage.vault.list::<AwaitedCredentials>().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_wallet_killed_after_it_kept_what_a_follow_up_offered_asks_nobody_for_it_again() {
    let stage = with_profile().await;
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    let membership = offer_of("http://kiln.localhost", &["membership"]);
    stage.set(|behaviour| behaviour.offer = Some(membership));
    // The issuer is thanked after everything is kept, and before anything else is written.
    stage.killed_at("/notification", async |wallet| drop(wallet.collect(&NEEDED).await)).await;
    assert!(stage.vault.list::<FollowUpAwaited>().await.unwrap().is_empty());
    stage.set(|behaviour| behaviour.offer = None);
    let again = stage.same_vault().await;
    assert!(again.list().await.unwrap().iter().any(|one| one.vct == credentials::types::MEMBERSHIP));
    let asked = || stage.calls().iter().filter(|call| call.contains("/follow-up/")).count();
    let before = asked();
    for days in [0, 31] {
        stage.clock.advance(days * 86_400);
        stage.set(|behaviour| behaviour.list_version += 1);
        assert!(again.collect(&NEEDED).await.unwrap().from.is_empty(), "{days}");
    }
    assert_eq!(asked(), before);
    let history = again.history().await.unwrap();
    assert!(history.iter().all(|entry| entry.not_completed.as_deref() != Some("never_came")), "{history:?}");
}

#[tokio::test]
async fn what_came_late_and_is_not_in_order_ends_the_waiting_and_stands_in_the_history() {
    let stage = promised().await;
    // What was promised is there already; another key signs for the issuer.
    let awaited = stage.vault.list::<AwaitedCredentials>().await.unwrap().remove(0);
    let other = AwaitedCredentials { vct: credentials::types::PASSPORT.to_owned(), ..awaited };
    stage.vault.put(&other).await.unwrap();
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert!(collected.from[0].problem.is_some() && collected.from[0].accepted.is_none());
    let history = stage.wallet.history().await.unwrap();
    assert!(history.iter().any(|entry| entry.not_completed.as_deref() == Some("other_type")), "{history:?}");
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure"]);
    assert!(stage.wallet.collect(&NEEDED).await.unwrap().from.is_empty(), "it is not asked again");
}

#[tokio::test]
async fn a_wallet_killed_after_its_answer_left_knows_what_it_gave_and_by_which_key() {
    let stage = with_profile().await;
    let link = stage.link();
    let options = PresentOptions::default();
    stage.killed_at("/response/1", async |wallet| drop(wallet.present(&link, &options, &NEEDED).await)).await;
    let answer = stage.seen(|seen| seen.answers[0].clone());
    let again = stage.same_vault().await;
    let spaces = again.spaces().await.unwrap();
    assert_eq!(spaces[0].name, "kiln.localhost");
    let claims: Vec<&str> = spaces[0].given[0].claims.iter().map(|one| one.claim.as_str()).collect();
    assert_eq!(claims, ["email", "given_name"]);
    let [entry] = &told(&again).await[..] else { panic!("one request") };
    assert_eq!(entry.presented, ["email", "given_name"]);
    assert_eq!(entry.not_completed.as_deref(), Some("outcome_unknown"));
    assert_eq!((entry.party.as_deref(), entry.at), (Some("kiln.localhost"), stage.clock.now().seconds()));
    let kept = stage.vault.list::<KeptAnswer>().await.unwrap().remove(0);
    let key = kept.unanswered.unwrap().public_jwk().unwrap();
    let shown = jose::Jwk::from_value(&holder_keys(&answer)[0]).unwrap();
    assert_eq!(key, shown);
}

#[tokio::test]
async fn an_answer_that_was_taken_is_told_once_and_awaits_nothing_but_what_follows() {
    let stage = with_profile().await;
    for answers in 1..=2 {
        stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
        let entries = told(&stage.wallet).await;
        assert_eq!(entries.len(), answers);
        assert!(entries.iter().all(|entry| entry.not_completed.is_none() && entry.presented.len() == 2));
        let kept = stage.vault.list::<KeptAnswer>().await.unwrap();
        assert_eq!(kept.len(), answers);
        assert!(kept.iter().all(|answer| answer.unanswered.is_none()));
        assert_eq!(stage.vault.list::<FollowUpAwaited>().await.unwrap().len(), answers);
    }
}

#[tokio::test]
async fn an_answer_that_never_left_was_not_given() {
    let stage = with_profile().await;
    stage.set(|behaviour| behaviour.reply_error = Some(outbound::OutboundError::Unreachable));
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap_err();
    let [entry] = &told(&stage.wallet).await[..] else { panic!("one request") };
    assert_eq!((entry.not_completed.as_deref(), entry.presented.len()), (Some("unreachable"), 0));
    assert!(stage.wallet.spaces().await.unwrap().is_empty());
    // One that may have arrived was; whoever breaks TLS after it has read the answer is `Broken` (outbound's failures).
    for error in [outbound::OutboundError::TimedOut, outbound::OutboundError::Broken] {
        let stage = with_profile().await;
        stage.set(|behaviour| behaviour.reply_error = Some(error));
        stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap_err();
        let given = stage.wallet.spaces().await.unwrap().remove(0).given;
        assert_eq!((given.len(), given[0].claims.len()), (1, 2));
        assert!(told(&stage.wallet).await.iter().any(|entry| {
            entry.not_completed.as_deref() == Some("outcome_unknown")
                && entry.presented == ["email", "given_name"]
        }));
    }
}
