//! Offers that the domain takes back.

use axum::http::StatusCode;
use store::{Change, Fault, Tx};

use super::scene::{Offer, PASSPORT, PROFILE, Scene, refusal};
use crate::{OfferRequest, withdraw};

struct Withdraw<'a>(&'a str);

impl Change for Withdraw<'_> {
    const NAME: &'static str = "withdraw";
    type Output = usize;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<usize, Fault<Self::Refusal>> {
        Ok(withdraw(tx, self.0).await?)
    }
}

pub(super) async fn take_back(scene: &Scene, subject: &str) -> usize {
    scene.tenant().carry_out(&Withdraw(subject)).await.unwrap()
}

/// An offer to somebody whose name begins like that of the scene's subject.
async fn offer_to_another(scene: &Scene) -> String {
    let request = OfferRequest {
        subject: "m-12".to_owned(),
        configurations: vec![PASSPORT.to_owned()],
        tx_code: false,
        lifetime: 60,
    };
    let offered = scene.replicas[1].offer(&request).await.unwrap();
    let link = url::Url::parse(&offered.by_reference).unwrap();
    link.query_pairs().next().unwrap().1.rsplit('/').next().unwrap().to_owned()
}

async fn is_shown(scene: &Scene, offer: &Offer) -> bool {
    let path = offer.address.strip_prefix(super::scene::ISSUER).unwrap();
    let request = axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap();
    scene.send(request).await.status == StatusCode::OK
}

#[tokio::test]
async fn codes_that_nobody_used_are_taken_back_and_those_of_others_are_not() {
    let scene = Scene::new();
    let offers = [scene.offer(&[PASSPORT], false).await, scene.offer(&[PASSPORT, PROFILE], true).await];
    let other = offer_to_another(&scene).await;
    assert_eq!(take_back(&scene, "m-1").await, 2);
    for offer in &offers {
        assert!(!is_shown(&scene, offer).await);
        let code = offer.tx_code.as_deref().map(|code| ("tx_code", code));
        let refused = scene.token(&offer.code, code.as_slice(), None).await;
        assert_eq!(refused.refusal(), refusal(400, "invalid_grant"));
    }
    assert_eq!(scene.token(&other, &[], None).await.status, StatusCode::OK);
    assert_eq!(take_back(&scene, "m-1").await, 0, "once");
    let later = scene.offer(&[PASSPORT], false).await;
    assert_eq!(scene.token(&later.code, &[], None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_in_use_is_taken_back_and_what_was_issued_stays() {
    let scene = Scene::new();
    let half = scene.bearer(&[PASSPORT, PROFILE]).await;
    let first = scene.credential_with_fresh_nonce(&half, PASSPORT).await;
    let whole = scene.bearer(&[PASSPORT]).await;
    let last = scene.credential_with_fresh_nonce(&whole, PASSPORT).await;
    assert_eq!((first.copies().len(), last.copies().len()), (1, 1));
    assert_eq!(take_back(&scene, "m-1").await, 1);
    let refused = scene.credential_with_fresh_nonce(&half, PROFILE).await;
    assert_eq!(refused.refusal(), refusal(401, "invalid_token"));
    assert_eq!(scene.copies().await, 2);
    // Everything of the other offer was fetched before: its wallet may still say what became of it.
    let notified = scene.notify(&whole, &last.notification_id(), "credential_accepted").await;
    assert_eq!(notified.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn more_offers_than_are_looked_at_in_one_go_are_all_taken_back() {
    let scene = Scene::new();
    let mut offers = Vec::new();
    for _ in 0..205 {
        offers.push(scene.offer(&[PASSPORT], false).await);
    }
    assert_eq!(take_back(&scene, "m-1").await, 205);
    for offer in [&offers[0], &offers[204]] {
        assert_eq!(scene.token(&offer.code, &[], None).await.refusal(), refusal(400, "invalid_grant"));
    }
}
