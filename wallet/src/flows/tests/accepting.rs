use std::collections::BTreeSet;

use super::stage::{Stage, offer};
use crate::consent::{ByPreset, Consent, Offered};
use crate::flows::{AcceptError, AcceptOptions};
use crate::question::{Choice, Question};
use crate::records::Copy;
use crate::trust::TrustError;
use crate::wallet::BoxFuture;

const YES: ByPreset = ByPreset(crate::Preset::Needed);

fn options(copies: usize) -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(copies) }
}

#[tokio::test]
async fn copies_come_in_pairs_under_one_key_each() {
    let stage = Stage::new().await;
    let accepted =
        stage.wallet.accept_offer(&offer(&["passport", "profile"]), &options(3), &YES).await.unwrap();
    assert_eq!(accepted.credentials.iter().map(|one| one.copies).collect::<Vec<_>>(), [3, 3]);
    let copies = stage.vault.list::<Copy>().await.unwrap();
    assert_eq!(copies.len(), 3);
    assert!(copies.iter().all(|copy| copy.credentials.len() == 2));
    let keys: BTreeSet<&str> = copies.iter().map(|copy| copy.id.as_str()).collect();
    assert_eq!(keys.len(), 3);
    let listed = stage.wallet.list().await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].network.as_deref(), Some("Test network"));
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_accepted", "credential_accepted"]);
}

#[tokio::test]
async fn the_issuer_decides_how_many_copies_there_are_at_most() {
    let stage = Stage::new().await;
    let accepted = stage.wallet.accept_offer(&offer(&["profile"]), &options(50), &YES).await.unwrap();
    assert_eq!(accepted.credentials[0].copies, 4);
}

async fn refused(change: impl FnOnce(&mut super::stage::Behaviour)) -> (Stage, AcceptError) {
    let stage = Stage::new().await;
    stage.set(change);
    let error = stage.wallet.accept_offer(&offer(&["profile"]), &options(2), &YES).await.unwrap_err();
    assert!(stage.vault.list::<Copy>().await.unwrap().is_empty(), "nothing is kept");
    let history = stage.wallet.history().await.unwrap();
    assert_eq!(history[0].not_completed.as_deref(), Some(error.code()));
    (stage, error)
}

#[tokio::test]
async fn a_space_that_signs_a_profile_is_refused_and_told_so() {
    let (stage, error) = refused(|behaviour| behaviour.space_signs = true).await;
    assert!(matches!(error, AcceptError::Trust(TrustError::NotItsType)), "{error:?}");
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure"]);
}

#[tokio::test]
async fn another_type_and_two_copies_under_one_key_are_refused() {
    let (_, error) = refused(|behaviour| behaviour.other_type = true).await;
    assert!(matches!(error, AcceptError::OtherType), "{error:?}");
    let (_, error) = refused(|behaviour| behaviour.one_key = true).await;
    assert!(matches!(error, AcceptError::KeyTwice), "{error:?}");
}

#[tokio::test]
async fn an_older_network_list_is_never_taken() {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.list_version = 7);
    stage.wallet.accept_offer(&offer(&["profile"]), &options(1), &YES).await.unwrap();
    // The list in hand has expired, and the operator serves an older one.
    stage.clock.advance(2 * 86_400);
    stage.set(|behaviour| behaviour.list_version = 6);
    let error = stage.wallet.accept_offer(&offer(&["profile"]), &options(1), &YES).await.unwrap_err();
    assert!(
        matches!(error, AcceptError::Trust(TrustError::Directory(directory::DirectoryError::Rollback(_)))),
        "{error:?}"
    );
}

struct No;

impl Consent for No {
    fn ask<'a>(&'a self, _question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(std::future::ready(Choice::Refuse))
    }

    fn accepts<'a>(&'a self, _offered: &'a Offered) -> BoxFuture<'a, bool> {
        Box::pin(std::future::ready(false))
    }
}

#[tokio::test]
async fn an_offer_that_the_member_does_not_want_is_left_alone() {
    let stage = Stage::new().await;
    let error = stage.wallet.accept_offer(&offer(&["profile"]), &options(1), &No).await.unwrap_err();
    assert!(matches!(error, AcceptError::Declined));
    assert!(stage.wallet.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn credentials_that_come_later_are_collected_after_the_interval() {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.deferred = true);
    let accepted = stage.wallet.accept_offer(&offer(&["profile"]), &options(2), &YES).await.unwrap();
    assert_eq!(accepted.deferred.len(), 1);
    let early = stage.wallet.collect(&YES).await.unwrap();
    assert!(early.from[0].accepted.is_none());
    assert_eq!(early.ask_again_in(), Some(60));
    stage.clock.advance(61);
    let collected = stage.wallet.collect(&YES).await.unwrap();
    assert_eq!(collected.from[0].accepted.as_ref().unwrap().credentials[0].copies, 2);
    assert_eq!(stage.wallet.list().await.unwrap()[0].copies_left, 2);
    assert!(stage.wallet.pending().await.unwrap().is_empty());
    assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_accepted"]);
}
