//! Offers for whoever asks again and again.

use std::time::Duration;

use axum::http::StatusCode;
use credentials::status_list::Status;
use store::{Change, Fault, Lanes, Range, Tx};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::deferred::{LATER, Wallet, transaction};
use super::scene::{Answered, OPEN, Offer, PASSPORT, PROFILE, SETTINGS, Scene, end, refusal, request};
use super::statuses;
use crate::revoking::STATUS_LISTS;
use crate::{FlowRecord, Shown};

/// Asks the replicas in turn.
async fn ask(scene: &Scene, turn: usize, shown: Shown) -> Option<Offer> {
    let request = request("m-1", &[PASSPORT, PROFILE]);
    let offered = scene.replicas[turn % 2].offer_again(&request, shown).await.unwrap();
    offered.as_ref().map(Offer::of)
}

async fn flows(scene: &Scene) -> usize {
    scene.tenant().list::<FlowRecord>(Range::all(), 1_000).await.unwrap().items.len()
}

#[tokio::test]
async fn of_any_number_of_offers_the_newest_alone_is_open_and_stored() {
    let scene = Scene::new();
    let mut offers = Vec::new();
    for turn in 0..40 {
        offers.push(ask(&scene, turn, Shown::ToWallet).await.unwrap());
    }
    assert_eq!(flows(&scene).await, 1);
    let newest = offers.pop().unwrap();
    for void in &offers {
        assert_eq!(scene.token(&void.code, &[], None).await.refusal(), refusal(400, "invalid_grant"));
    }
    assert_eq!(scene.token(&newest.code, &[], None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_and_a_wallet_that_ask_at_the_same_time_void_neither_offer_of_the_other() {
    let scene = Scene::new();
    let wallet = ask(&scene, 0, Shown::ToWallet).await.unwrap();
    let void = ask(&scene, 1, Shown::OnPage).await.unwrap();
    let page = ask(&scene, 2, Shown::OnPage).await.unwrap();
    assert_eq!(flows(&scene).await, 2);
    assert_eq!(scene.token(&void.code, &[], None).await.refusal(), refusal(400, "invalid_grant"));
    for open in [wallet, page] {
        assert_eq!(scene.token(&open.code, &[], None).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_offer_to_one_voids_none_to_another_nor_one_that_was_made_by_hand() {
    let scene = Scene::new();
    let by_hand = scene.offer(&[PASSPORT], false).await;
    let other = scene.replicas[0].offer_again(&request("m-12", &[PASSPORT]), Shown::ToWallet).await.unwrap();
    let _ = ask(&scene, 1, Shown::ToWallet).await.unwrap();
    for open in [by_hand, Offer::of(&other.unwrap())] {
        assert_eq!(scene.token(&open.code, &[], None).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn nothing_more_is_offered_while_a_token_is_in_use_and_again_when_it_has_ended() {
    let scene = Scene::new();
    let offer = ask(&scene, 0, Shown::ToWallet).await.unwrap();
    let token = scene.redeem(&offer.code).await;
    for turn in 0..4 {
        assert!(ask(&scene, turn, Shown::ToWallet).await.is_none());
        assert!(ask(&scene, turn, Shown::OnPage).await.is_none());
    }
    assert_eq!(scene.credential_with_fresh_nonce(&token, PASSPORT).await.copies().len(), 1);
    assert!(ask(&scene, 0, Shown::ToWallet).await.is_none());
    scene.clock.advance(SETTINGS.token_lifetime);
    let offer = ask(&scene, 1, Shown::ToWallet).await.unwrap();
    let token = scene.redeem(&offer.code).await;
    // The whole pair, so that copies of one key can come together again.
    for configuration in [PASSPORT, PROFILE] {
        assert_eq!(scene.credential_with_fresh_nonce(&token, configuration).await.copies().len(), 1);
    }
    // Everything was fetched: nothing is left to be offered.
    scene.clock.advance(OPEN);
    for turn in 0..2 {
        assert!(ask(&scene, turn, Shown::ToWallet).await.is_none());
    }
}

#[tokio::test]
async fn a_wallet_that_lost_its_promise_is_offered_the_same_five_minutes_later_and_its_token_ends() {
    let scene = Scene::approving();
    scene.names.says(Some(LATER));
    let offer = ask(&scene, 0, Shown::ToWallet).await.unwrap();
    let wallet = Wallet::redeeming(&scene, &offer.code).await;
    let lost = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    scene.clock.advance(299);
    for shown in [Shown::ToWallet, Shown::OnPage] {
        assert!(ask(&scene, 1, shown).await.is_none());
    }
    scene.clock.advance(2);
    // What is offered elsewhere takes nothing from it.
    assert!(ask(&scene, 0, Shown::OnPage).await.is_some());
    assert_eq!(transaction(&wallet.ask(&scene, &lost).await), lost);
    let offer_again = ask(&scene, 1, Shown::ToWallet).await.unwrap();
    assert_eq!(flows(&scene).await, 2);
    scene.names.says(None);
    for refused in [wallet.ask(&scene, &lost).await, wallet.credential(&scene, PROFILE, 1).await] {
        assert_eq!(refused.refusal(), refusal(401, "invalid_token"));
    }
    let proof = scene.dpop(&scene.key(), "/token", None);
    let used = scene.token(&offer.code, &[], Some(&proof)).await;
    assert_eq!(used.refusal(), refusal(400, "invalid_grant"));
    assert_eq!(scene.copies().await, 0);
    let wallet = Wallet::redeeming(&scene, &offer_again.code).await;
    for configuration in [PASSPORT, PROFILE] {
        assert_eq!(wallet.credential(&scene, configuration, 1).await.copies().len(), 1);
    }
    assert_eq!(scene.copies().await, 2);
    scene.clock.advance(301);
    assert!(ask(&scene, 0, Shown::ToWallet).await.is_none(), "everything was fetched");
}

#[tokio::test]
async fn what_an_ended_token_gave_and_nobody_said_to_have_come_counts_no_more() {
    let scene = Scene::approving();
    scene.names.says(Some(LATER));
    let offer = ask(&scene, 0, Shown::ToWallet).await.unwrap();
    let wallet = Wallet::redeeming(&scene, &offer.code).await;
    let passport = transaction(&wallet.credential(&scene, PASSPORT, 3).await);
    let profile = transaction(&wallet.credential(&scene, PROFILE, 1).await);
    scene.names.says(None);
    let lost = wallet.ask(&scene, &passport).await;
    scene.clock.advance(301);
    let places = |answered: &Answered| -> Vec<(String, u64)> {
        answered.copies().iter().map(|copy| scene.status_of(copy)).collect()
    };
    assert!(ask(&scene, 0, Shown::OnPage).await.is_some());
    assert_eq!(
        statuses(&scene, &places(&lost)).await,
        [Status::Valid; 3],
        "an offer elsewhere takes nothing"
    );
    let offer_again = ask(&scene, 1, Shown::ToWallet).await.unwrap();
    assert_eq!(statuses(&scene, &places(&lost)).await, [Status::Invalid; 3]);
    assert_eq!(wallet.ask(&scene, &profile).await.refusal(), refusal(401, "invalid_token"));
    let wallet = Wallet::redeeming(&scene, &offer_again.code).await;
    let again = wallet.credential(&scene, PASSPORT, 3).await;
    assert_eq!(statuses(&scene, &places(&again)).await, [Status::Valid; 3]);
}

/// Goes on for as long as a revocation of very many copies.
struct MassRevocation<'a> {
    begun: &'a Semaphore,
    may_end: &'a Semaphore,
}

impl Change for MassRevocation<'_> {
    const NAME: &'static str = "mass-revocation";
    type Output = ();
    type Refusal = std::convert::Infallible;

    fn lanes(&self) -> Lanes {
        Lanes::of(STATUS_LISTS)
    }

    async fn apply(&self, _: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        self.begun.add_permits(1);
        self.may_end.acquire().await.unwrap().forget();
        Ok(())
    }
}

#[tokio::test]
async fn who_asks_again_queues_with_those_who_revoke_only_if_there_is_something_to_revoke() {
    let scene = Scene::approving();
    scene.names.says(Some(LATER));
    let offer = ask(&scene, 0, Shown::ToWallet).await.unwrap();
    let wallet = Wallet::redeeming(&scene, &offer.code).await;
    let passport = transaction(&wallet.credential(&scene, PASSPORT, 3).await);
    scene.names.says(None);
    let lost = wallet.ask(&scene, &passport).await;
    let lost: Vec<_> = lost.copies().iter().map(|copy| scene.status_of(copy)).collect();
    scene.clock.advance(301);
    let (begun, may_end) = (Semaphore::new(0), Semaphore::new(0));
    let revocation = MassRevocation { begun: &begun, may_end: &may_end };
    // Lanes are those of one process.
    let revoking = scene.replicas[0].inner.tenant.carry_out(&revocation);
    let asking = async {
        begun.acquire().await.unwrap().forget();
        for _ in 0..2 {
            let elsewhere = timeout(Duration::from_secs(20), ask(&scene, 0, Shown::OnPage)).await;
            assert!(elsewhere.expect("nothing of it is revoked").is_some());
        }
        let mut again = Box::pin(ask(&scene, 0, Shown::ToWallet));
        assert!(timeout(Duration::from_millis(200), &mut again).await.is_err(), "it queues");
        assert_eq!(statuses(&scene, &lost).await, [Status::Valid; 3]);
        may_end.add_permits(1);
        assert!(again.await.is_some());
        assert_eq!(statuses(&scene, &lost).await, [Status::Invalid; 3]);
    };
    let (revoked, ()) = tokio::join!(revoking, asking);
    revoked.unwrap();
}

#[tokio::test]
async fn what_is_signed_while_its_token_ends_for_another_offer_is_not_handed_out() {
    let scene = Scene::approving();
    scene.names.says(Some(LATER));
    let offer = ask(&scene, 0, Shown::ToWallet).await.unwrap();
    let wallet = Wallet::redeeming(&scene, &offer.code).await;
    let lost = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    scene.clock.advance(301);
    scene.names.says(None);
    let replica = scene.replicas[0].clone();
    scene.names.after_minting(move || async move {
        let request = request("m-1", &[PASSPORT, PROFILE]);
        assert!(replica.offer_again(&request, Shown::ToWallet).await.unwrap().is_some());
    });
    assert_eq!(wallet.ask(&scene, &lost).await.refusal(), refusal(401, "invalid_token"));
    assert_eq!(scene.copies().await, 0);
}

#[tokio::test]
async fn whoever_is_not_entitled_is_offered_nothing() {
    let scene = Scene::new();
    assert!(ask(&scene, 0, Shown::ToWallet).await.is_some());
    end(&scene.tenant(), "m-1").await;
    for turn in 0..2 {
        assert!(ask(&scene, turn, Shown::ToWallet).await.is_none());
    }
}
