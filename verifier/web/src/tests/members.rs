//! Members who were there before, and what a wallet fetches of their offers.

use axum::body::Body;
use http::{Request, header};
use jose::{Algorithm, Signer, SigningKey};
use openid4vc::vci::offer::{CredentialOffer, Link};
use openid4vc::vci::proof;
use openid4vc::vci::wallet::{Access, Answer, Plan, Retries};
use serde_json::{Value, json};
use verifier::offering::MOST_OFFERS;

use super::stage::path;
use super::{Scene, send};
use crate::handle;

async fn team(scene: &Scene, request: Value) -> Result<Value, String> {
    let (space, presentation) = scene.stage.space();
    handle(&space, &presentation, request).await
}

/// A member was added; gives `sub` and the offer.
async fn added(scene: &Scene) -> (String, String) {
    let added = team(
        scene,
        json!({"command": "verifier.member.add", "given_name": "Ben", "family_name": "Example",
            "birthdate": "1985-06-07", "check": "document"}),
    );
    let added = added.await.unwrap();
    (added["sub"].as_str().unwrap().to_owned(), added["offer"].as_str().unwrap().to_owned())
}

async fn offered_again(scene: &Scene, sub: &str) -> Result<String, String> {
    let offered = team(scene, json!({"command": "verifier.member.offer", "sub": sub})).await?;
    assert_eq!(offered["sub"], sub);
    Ok(offered["offer"].as_str().unwrap().to_owned())
}

async fn carry(scene: &Scene, request: openid4vc::http::Request) -> openid4vc::http::Response {
    let mut built = Request::builder().method(request.method.name()).uri(path(&request.url));
    for (name, value) in &request.headers {
        built = built.header(*name, value);
    }
    let answered = send(&scene.router(), built.body(Body::from(request.body)).unwrap()).await;
    let header = |name: &header::HeaderName| answered.header(name.as_str()).to_owned();
    openid4vc::http::Response {
        status: answered.status.as_u16(),
        headers: answered.headers.keys().map(|name| (name.as_str().to_owned(), header(name))).collect(),
        body: answered.text.into_bytes(),
    }
}

/// Takes up an offer; the error code if it does not count.
pub(super) async fn access(scene: &Scene, offer: &str) -> Result<Access, String> {
    let Link::ByValue(offer) = Link::parse(offer).unwrap() else { panic!("an offer by value") };
    let offer: CredentialOffer = *offer;
    let (space, _) = scene.stage.space();
    let plan = Plan::new(offer, space.issuance().metadata(), space.issuance().server_metadata()).unwrap();
    let response = carry(scene, plan.token_request(None).unwrap()).await;
    if response.status != 200 {
        return Err(code_of(&response));
    }
    match plan.token_response(&response, &mut Retries::default()).unwrap() {
        Answer::Done(access) => Ok(access),
        Answer::Again(_) => panic!("a token"),
    }
}

fn code_of(response: &openid4vc::http::Response) -> String {
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    body["error"].as_str().unwrap().to_owned()
}

/// One copy; the error code if it is refused.
pub(super) async fn fetch(scene: &Scene, access: &Access, configuration: &str) -> Result<(), String> {
    fetch_copies(scene, access, configuration, 1).await.map(|copies| assert_eq!(copies, 1))
}

/// As many copies; gives how many there were, or the error code.
async fn fetch_copies(
    scene: &Scene,
    access: &Access,
    configuration: &str,
    copies: usize,
) -> Result<usize, String> {
    let environment = &scene.stage.environment;
    let nonce = Access::nonce_response(&carry(scene, access.nonce_request().unwrap()).await).unwrap();
    let proof = || {
        let key = SigningKey::generate(Algorithm::Es256, environment.randomness()).unwrap();
        let new = proof::NewProof {
            key: key.public_jwk(),
            credential_issuer: access.credential_issuer(),
            nonce: Some(&nonce),
            client_id: None,
            key_attestation: None,
        };
        new.to_sign(environment.now()).sign(&key).unwrap()
    };
    let proofs = std::iter::repeat_with(proof).take(copies).collect();
    let request = access.credential_requests(configuration, proofs).remove(0);
    let response = carry(scene, request).await;
    if response.status != 200 {
        return Err(code_of(&response));
    }
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    Ok(body["credentials"].as_array().unwrap().len())
}

#[tokio::test]
async fn batches_of_eight_copies_are_handed_out_until_a_hundred_live_and_of_the_last_what_fits() {
    let scene = Scene::new();
    let (sub, mut offer) = added(&scene).await;
    for batch in 1..=13 {
        let taken = access(&scene, &offer).await.unwrap();
        let copies = if batch == 13 { 4 } else { 8 };
        assert_eq!(fetch_copies(&scene, &taken, "membership", 8).await, Ok(copies), "{batch}");
        if batch % 4 == 0 {
            scene.clock.advance(86_400);
        }
        match offered_again(&scene, &sub).await {
            Ok(again) => offer = again,
            Err(said) => {
                assert_eq!(batch, 13, "{said}");
                assert!(said.starts_with("there are as many copies of this membership"), "{said}");
            }
        }
    }
    scene.clock.advance(14 * 86_400);
    let offer = offered_again(&scene, &sub).await.unwrap();
    let taken = access(&scene, &offer).await.unwrap();
    assert_eq!(fetch_copies(&scene, &taken, "membership", 8).await, Ok(8));
}

#[tokio::test]
async fn an_offer_that_got_lost_is_made_again_and_the_earlier_ones_count_no_more() {
    let scene = Scene::new();
    let (sub, first) = added(&scene).await;
    let (other, others) = added(&scene).await;
    let second = offered_again(&scene, &sub).await.unwrap();
    let third = offered_again(&scene, &sub).await.unwrap();
    for lost in [&first, &second] {
        assert_eq!(access(&scene, lost).await.unwrap_err(), "invalid_grant");
    }
    let taken = access(&scene, &third).await.unwrap();
    for configuration in ["membership", "statement"] {
        assert_eq!(fetch(&scene, &taken, configuration).await, Ok(()));
    }
    let members = team(&scene, json!({"command": "verifier.member.list"})).await.unwrap();
    assert_eq!(members["members"].as_array().unwrap().len(), 2, "nobody was entered twice");
    // The other member has the same name and birthdate; nothing of theirs was touched.
    assert_ne!(other, sub);
    assert!(access(&scene, &others).await.is_ok());
}

#[tokio::test]
async fn whoever_has_begun_to_fetch_a_lost_offer_gets_no_more_of_it() {
    let scene = Scene::new();
    let (sub, lost) = added(&scene).await;
    let begun = access(&scene, &lost).await.unwrap();
    assert_eq!(fetch(&scene, &begun, "membership").await, Ok(()));
    let again = offered_again(&scene, &sub).await.unwrap();
    assert_eq!(fetch(&scene, &begun, "statement").await.unwrap_err(), "invalid_token");
    let taken = access(&scene, &again).await.unwrap();
    for configuration in ["membership", "statement"] {
        assert_eq!(fetch(&scene, &taken, configuration).await, Ok(()));
    }
}

#[tokio::test]
async fn who_has_fetched_everything_is_offered_the_membership_again_and_no_second_statement() {
    let scene = Scene::new();
    let (sub, offer) = added(&scene).await;
    let taken = access(&scene, &offer).await.unwrap();
    for configuration in ["membership", "statement"] {
        fetch(&scene, &taken, configuration).await.unwrap();
    }
    for worked in [false, true] {
        if worked {
            while scene.stage.space().0.work().await.unwrap() > 0 {}
        }
        let again = offered_again(&scene, &sub).await.unwrap();
        let taken = access(&scene, &again).await.unwrap();
        assert!(fetch(&scene, &taken, "statement").await.is_err());
        assert_eq!(fetch(&scene, &taken, "membership").await, Ok(()));
    }
}

#[tokio::test]
async fn an_offer_is_made_again_five_times_a_day_and_the_last_one_counts() {
    let scene = Scene::new();
    let (sub, _) = added(&scene).await;
    let (other, _) = added(&scene).await;
    let mut last = String::new();
    for _ in 0..MOST_OFFERS {
        last = offered_again(&scene, &sub).await.unwrap();
    }
    let said = offered_again(&scene, &sub).await.unwrap_err();
    assert!(said.starts_with("this member was offered it again 5 times today"), "{said}");
    assert!(offered_again(&scene, &other).await.is_ok(), "each member has a count of their own");
    // The refusal took nothing back.
    assert!(access(&scene, &last).await.is_ok());
    scene.clock.advance(86_399);
    assert!(offered_again(&scene, &sub).await.is_err());
    scene.clock.advance(1);
    assert!(offered_again(&scene, &sub).await.is_ok());
}

#[tokio::test]
async fn nobody_else_is_offered_anything_again() {
    let scene = Scene::new();
    let (sub, offer) = added(&scene).await;
    team(&scene, json!({"command": "verifier.member.revoke", "sub": sub})).await.unwrap();
    for sub in [sub.as_str(), "nobody", ""] {
        assert_eq!(offered_again(&scene, sub).await.unwrap_err(), "there is no such member");
    }
    assert_eq!(access(&scene, &offer).await.unwrap_err(), "invalid_grant", "the membership has ended");
    for (request, said) in [
        (json!({"command": "verifier.member.offer", "sub": "x", "seconds": 0}), "seconds: from 1 to 604800"),
        (
            json!({"command": "verifier.member.offer", "given_name": "Ben"}),
            "the space does not know this command, or one of its members",
        ),
    ] {
        assert_eq!(team(&scene, request).await.unwrap_err(), said);
    }
}

#[tokio::test]
async fn a_renewed_offer_may_ask_for_a_code_and_ends_when_it_is_told_to() {
    let scene = Scene::new();
    let (sub, _) = added(&scene).await;
    let request = json!({"command": "verifier.member.offer", "sub": sub, "tx_code": true, "seconds": 60});
    let offered = team(&scene, request).await.unwrap();
    assert_eq!(offered["tx_code"].as_str().unwrap().len(), 6);
    let offer = offered_again(&scene, &sub).await.unwrap();
    scene.clock.advance(600);
    assert_eq!(access(&scene, &offer).await.unwrap_err(), "invalid_grant");
}
