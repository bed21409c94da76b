//! What the history tells of a transaction (EUDI Topic 19, TS10), and that a copy that its issuer did not sign is none.

use environment::Clock;

use super::stage::{Stage, offer};
use crate::consent::{ByPreset, Consent, Preset};
use crate::flows::{AcceptOptions, PresentOptions};
use crate::question::{Choice, Question};
use crate::records::{ArrivedCredential, AwaitedCredentials, HistoryEntry, HistoryKind};
use crate::wallet::BoxFuture;

const NEEDED: ByPreset = ByPreset(Preset::Needed);

/// A member who gives nothing.
struct Declining;

impl Consent for Declining {
    fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(async { Choice::Refuse })
    }
}

async fn stage() -> Stage {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.no_refills = true);
    stage
}

/// The newest entry about a request.
async fn told(stage: &Stage) -> HistoryEntry {
    let history = stage.wallet.history().await.unwrap();
    history.into_iter().find(|entry| entry.kind == HistoryKind::Request).unwrap()
}

#[tokio::test]
async fn a_presentation_is_told_with_party_purpose_claims_and_whom_to_ask() {
    let stage = stage().await;
    stage.clock.advance(5);
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    let entry = told(&stage).await;
    assert_eq!(entry.at, stage.clock.now().seconds());
    assert_eq!(entry.party.as_deref(), Some("kiln.localhost"));
    assert_eq!(entry.did.as_deref(), Some("did:web:kiln.localhost"));
    assert_eq!(entry.host.as_deref(), Some("kiln.localhost"));
    assert_eq!(entry.network.as_deref(), Some("Test network"));
    assert_eq!(entry.purpose.as_deref(), Some("To know who works here"));
    assert!(entry.data_protection_contact.is_some_and(|contact| !contact.is_empty()));
    assert!(entry.supervisory_authority.is_some_and(|authority| authority.starts_with("Authority")));
    assert_eq!(entry.requested, ["email", "given_name", "bio"]);
    assert_eq!(entry.presented, ["email", "given_name"]);
    assert_eq!(entry.not_completed, None);
}

#[tokio::test]
async fn what_was_declined_is_told_with_its_reason_and_names_nothing_as_given() {
    let stage = stage().await;
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &Declining).await.unwrap_err();
    let entry = told(&stage).await;
    assert_eq!((entry.not_completed.as_deref(), entry.presented.len()), (Some("declined"), 0));
    assert!(!entry.is_their_word);
    assert_eq!(entry.requested, ["email", "given_name", "bio"]);
    assert_eq!(entry.party.as_deref(), Some("kiln.localhost"));
}

#[tokio::test]
async fn a_copy_that_its_issuer_did_not_sign_is_refused_with_all_of_its_batch() {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.spoils_signatures = true);
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    let refused = stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap_err();
    assert_eq!(refused.code(), "bad_signature");
    assert!(stage.wallet.list().await.unwrap().is_empty());
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure"]);
}

/// Codes that mean something the member did, where they are this wallet's own.
const OF_THE_MEMBER: [&str; 3] = ["declined", "left_open", "let_go"];

#[tokio::test]
async fn the_code_with_which_a_space_refuses_is_told_as_its_word_whatever_it_is() {
    for code in OF_THE_MEMBER {
        let stage = stage().await;
        stage.set(|behaviour| (behaviour.reply_status, behaviour.reply_code) = (Some(400), Some(code)));
        stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap_err();
        let entry = told(&stage).await;
        assert_eq!((entry.not_completed.as_deref(), entry.is_their_word), (Some(code), true));
    }
}

#[tokio::test]
async fn the_code_with_which_an_issuer_ends_a_promise_after_its_month_is_told_as_its_word_whatever_it_is() {
    for code in OF_THE_MEMBER {
        let stage = promised().await;
        stage.clock.advance(31 * 86_400);
        stage.set(|behaviour| {
            behaviour.list_version += 1;
            behaviour.code.deferred_error = Some(code);
        });
        stage.wallet.collect(&NEEDED).await.unwrap();
        assert!(stage.vault.list::<AwaitedCredentials>().await.unwrap().is_empty(), "{code}");
        let history = stage.wallet.history().await.unwrap();
        let ended = history.iter().find(|entry| entry.not_completed.as_deref() == Some(code)).unwrap();
        assert!(ended.is_their_word, "{code}");
    }
    // The same code where it is the member's own doing.
    let stage = promised().await;
    assert_eq!(stage.wallet.let_go_of("office.localhost").await.unwrap(), 1);
    let history = stage.wallet.history().await.unwrap();
    let ended = history.iter().find(|entry| entry.not_completed.as_deref() == Some("let_go")).unwrap();
    assert!(!ended.is_their_word);
}

/// What the history tells of offers, oldest first: its code, and what was received.
async fn told_of_offers(stage: &Stage) -> Vec<(Option<String>, Vec<String>)> {
    let mut history = stage.wallet.history().await.unwrap();
    history.retain(|entry| entry.kind == HistoryKind::Offer);
    history.sort_by_key(|entry| entry.at);
    history.into_iter().map(|entry| (entry.not_completed, entry.presented)).collect()
}

async fn promised() -> Stage {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.deferred = true);
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    stage.clock.advance(61);
    stage
}

#[tokio::test]
async fn what_came_late_is_told_as_received_when_it_came_and_as_still_to_come_before() {
    let stage = promised().await;
    let still_to_come = (Some("still_to_come".to_owned()), Vec::new());
    assert_eq!(told_of_offers(&stage).await, std::slice::from_ref(&still_to_come));
    stage.wallet.collect(&NEEDED).await.unwrap();
    let received = (None, vec![credentials::types::PROFILE.to_owned()]);
    assert_eq!(told_of_offers(&stage).await, [still_to_come, received]);
    let history = stage.wallet.history().await.unwrap();
    let late = history.iter().find(|entry| !entry.presented.is_empty()).unwrap();
    assert_eq!((late.at, &late.requested), (stage.clock.now().seconds(), &late.presented));
    assert_eq!(late.host.as_deref(), Some("office.localhost"));
    assert_eq!(late.did.as_deref(), Some("did:web:office.localhost"));
    assert_eq!(late.network.as_deref(), Some("Test network"));
}

#[tokio::test]
async fn what_an_issuer_fell_silent_over_is_told_as_a_part_that_did_not_come() {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.busy_after = Some(1));
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    let accepted = stage.wallet.accept_offer(&offer(&["passport", "profile"]), &options, &NEEDED).await;
    assert_eq!(accepted.unwrap().missing, [credentials::types::PROFILE]);
    let passport = vec![credentials::types::PASSPORT.to_owned()];
    assert_eq!(told_of_offers(&stage).await, [(Some("partly".to_owned()), passport)]);
}

#[tokio::test]
async fn what_came_late_is_told_once_however_it_ends() {
    let stage = promised().await;
    let awaited = stage.vault.list::<AwaitedCredentials>().await.unwrap().remove(0);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(told_of_offers(&stage).await.len(), 2);
    // As it is where the wallet was killed before what came was kept: it is told of once more, and in the same entry.
    stage.vault.put(&awaited).await.unwrap();
    assert!(stage.vault.list::<ArrivedCredential>().await.unwrap().is_empty());
    assert_eq!(stage.wallet.let_go_of("office.localhost").await.unwrap(), 1);
    let told = told_of_offers(&stage).await;
    assert_eq!((told.len(), told[1].0.as_deref()), (2, Some("let_go")));
}
