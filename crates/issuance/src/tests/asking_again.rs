//! Offers for whoever asks again and again.

use axum::http::StatusCode;
use store::Range;

use super::scene::{OPEN, Offer, PASSPORT, PROFILE, SETTINGS, Scene, end, refusal, request};
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
async fn whoever_is_not_entitled_is_offered_nothing() {
    let scene = Scene::new();
    assert!(ask(&scene, 0, Shown::ToWallet).await.is_some());
    end(&scene.tenant(), "m-1").await;
    for turn in 0..2 {
        assert!(ask(&scene, turn, Shown::ToWallet).await.is_none());
    }
}
