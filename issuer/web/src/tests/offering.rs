//! Offers that a wallet finds again and again, copies that are being fetched when a passport is suspended.

use std::sync::Arc;

use axum::http::StatusCode;
use did::number::PassportNumber;
use issuance::{BoxFuture, FlowRecord, Issuance, MintError, Minted, Minting};
use issuer::Office;
use issuer::minting::{OfficeMinting, configurations};
use issuer::records::PassportStanding;
use serde_json::{Value, json};
use store::{Range, Reader, StoreFault};

use super::world::World;
use super::{copies, offered, passport};

/// Suspends the passport between what a copy says and its signature.
struct Meanwhile {
    minting: OfficeMinting,
    staff: Office,
    number: PassportNumber,
}

impl Minting for Meanwhile {
    fn mint<'a>(
        &'a self,
        subject: &'a str,
        configuration: &'a str,
    ) -> BoxFuture<'a, Result<Minted, MintError>> {
        Box::pin(async move {
            let minted = self.minting.mint(subject, configuration).await;
            self.staff.set_standing(&self.number, PassportStanding::Suspended).await.unwrap();
            minted
        })
    }

    fn is_entitled<'a>(
        &'a self,
        reader: &'a mut Reader,
        subject: &'a str,
        configuration: &'a str,
    ) -> BoxFuture<'a, Result<bool, StoreFault>> {
        self.minting.is_entitled(reader, subject, configuration)
    }
}

#[tokio::test]
async fn a_passport_that_is_suspended_while_its_copies_are_signed_gives_none() {
    let world = World::new();
    let scene = &world.scene;
    let (_, offer) = offered(&world, &scene.key()).await;
    let access = world.access(&offer).await;
    let meanwhile = Meanwhile {
        minting: OfficeMinting::new(Arc::clone(&scene.identity), scene.tenant(), Arc::clone(&scene.keyring)),
        staff: scene.office(),
        number: PassportNumber::parse(&passport(&world).await.number).unwrap(),
    };
    let issuance = Issuance::new(
        Arc::clone(&scene.identity),
        scene.tenant(),
        scene.nonces.clone(),
        configurations(),
        Arc::new(meanwhile),
        issuance::Settings::default(),
    );
    let racing = issuance.routes();
    for configuration in ["passport", "profile"] {
        let refused = world.fetch_at(&racing, &access, configuration, &[scene.key()]).await.unwrap_err();
        assert_eq!(refused["error"], "credential_request_denied", "{configuration}");
    }
    assert_eq!(copies(&world).await, (0, 0));
}

#[tokio::test]
async fn whoever_asks_again_and_again_has_one_offer_and_what_was_offered_before_is_void() {
    let world = World::new();
    let key = world.scene.key();
    let (uri, first) = offered(&world, &key).await;
    let mut newest = first.clone();
    for _ in 0..40 {
        let found = world.follow_up(&uri, &key).await.json();
        newest = found["credential_offer"].as_str().unwrap().to_owned();
    }
    let flows = world.scene.tenant().list::<FlowRecord>(Range::all(), 100).await.unwrap().items;
    assert_eq!(flows.len(), 1);
    assert_eq!(world.token(&first).await, (StatusCode::BAD_REQUEST, json!("invalid_grant")));
    let access = world.access(&newest).await;
    for configuration in ["passport", "profile"] {
        world.fetch(&access, configuration, &[world.scene.key()]).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_fetches_passports_alone_gets_ten_batches_and_all_of_them_are_revoked() {
    let world = World::new();
    let key = world.scene.key();
    let (uri, mut offer) = offered(&world, &key).await;
    let keys: Vec<_> = (0..10).map(|_| world.scene.key()).collect();
    for round in 1..=10 {
        let access = world.access(&offer).await;
        assert_eq!(world.fetch(&access, "passport", &keys).await.unwrap().len(), 10, "{round}");
        assert_eq!(world.follow_up(&uri, &key).await.json()["credential_offer"], Value::Null);
        // The access token counts for five minutes.
        world.scene.clock.advance(300);
        let found = world.follow_up(&uri, &key).await.json();
        offer = found["credential_offer"].as_str().unwrap().to_owned();
    }
    let access = world.access(&offer).await;
    for _ in 0..2 {
        let refused = world.fetch(&access, "passport", &keys[..1]).await.unwrap_err();
        assert_eq!(refused["error"], "credential_request_denied");
    }
    assert_eq!(world.fetch(&access, "profile", &keys[..1]).await.unwrap().len(), 1);
    let number = PassportNumber::parse(&passport(&world).await.number).unwrap();
    let revoked = world.scene.office().set_standing(&number, PassportStanding::Suspended).await.unwrap();
    assert_eq!((revoked, copies(&world).await), (101, (100, 1)));
}
