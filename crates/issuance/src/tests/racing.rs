//! One DPoP proof that comes to two routers at the same moment, each time with something else: it counts once (RFC 9449 §11.1).

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jose::SigningKey;
use openid4vc::dpop;
use openid4vc::vci::deferred::PAUSE;
use serde_json::{Value, json};

use super::at_once;
use super::scene::{Answered, PASSPORT, PROFILE, Scene, Token, credential_request, refusal, token_request};
use crate::{Extensions, MintError};

/// A race is a matter of luck.
const ROUNDS: usize = 10;

/// A wallet with a token bound to its key, for two configurations.
struct Wallet {
    key: SigningKey,
    token: Token,
    secret: String,
}

impl Wallet {
    async fn new(scene: &Scene) -> Self {
        let offer = scene.offer(&[PASSPORT, PROFILE], false).await;
        let key = scene.key();
        let answered = scene.token(&offer.code, &[], Some(&scene.dpop(&key, "/token", None))).await;
        let secret = answered.json()["access_token"].as_str().unwrap().to_owned();
        Self { key, token: Token(format!("DPoP {secret}")), secret }
    }

    fn proof(&self, scene: &Scene, path: &str) -> String {
        scene.dpop(&self.key, path, Some(&self.secret))
    }

    fn post(&self, path: &str, proof: &str, body: &Value) -> Request<Body> {
        Request::post(path)
            .header(header::AUTHORIZATION, &self.token.0)
            .header(header::CONTENT_TYPE, "application/json")
            .header(dpop::HEADER, proof)
            .body(Body::from(body.to_string()))
            .unwrap()
    }

    async fn credential(&self, scene: &Scene, configuration: &str, proof: &str) -> Request<Body> {
        credential_request(&self.token, configuration, &[scene.proof(&scene.nonce().await)], Some(proof))
    }
}

fn deferring() -> Scene {
    let scene = Scene::extended(|_| Extensions { defers: true, ..Extensions::default() });
    scene.names.says(Some(MintError::Later { interval: 5 }));
    scene
}

/// Exactly one was taken with `status`; all others were told `refused`.
fn counts_once(answers: &[Answered], status: StatusCode, refused: &(u16, String)) {
    let (taken, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answered| answered.status == status);
    assert_eq!(taken.len(), 1, "{:?}", answers.iter().map(|one| one.status).collect::<Vec<_>>());
    assert!(!others.is_empty());
    for other in others {
        assert_eq!(other.refusal(), *refused, "{}", other.text);
    }
}

#[tokio::test]
async fn at_the_token_endpoint_with_a_code_each() {
    let scene = Scene::new();
    for _ in 0..ROUNDS {
        let key = scene.key();
        let proof = scene.dpop(&key, "/token", None);
        let mut crowd = Vec::new();
        for _ in 0..6 {
            crowd.push(token_request(&scene.offer(&[PASSPORT], false).await.code, &[], Some(&proof)));
        }
        counts_once(&at_once(&scene, crowd).await, StatusCode::OK, &refusal(400, "invalid_dpop_proof"));
    }
}

#[tokio::test]
async fn at_the_credential_endpoint_with_a_configuration_each() {
    let scene = Scene::new();
    for round in 1..=ROUNDS {
        let wallet = Wallet::new(&scene).await;
        let proof = wallet.proof(&scene, "/credential");
        let crowd = [
            wallet.credential(&scene, PASSPORT, &proof).await,
            wallet.credential(&scene, PROFILE, &proof).await,
        ];
        counts_once(&at_once(&scene, crowd).await, StatusCode::OK, &refusal(401, "invalid_dpop_proof"));
        assert_eq!(scene.copies().await, round);
    }
}

#[tokio::test]
async fn at_the_deferred_endpoint_with_a_transaction_each() {
    let scene = deferring();
    for _ in 0..ROUNDS {
        let wallet = Wallet::new(&scene).await;
        let mut transactions = Vec::new();
        for configuration in [PASSPORT, PROFILE] {
            let proof = wallet.proof(&scene, "/credential");
            let promised = scene.send(wallet.credential(&scene, configuration, &proof).await).await;
            assert_eq!(promised.status, StatusCode::ACCEPTED, "{}", promised.text);
            transactions.push(promised.json()["transaction_id"].clone());
        }
        let proof = wallet.proof(&scene, "/deferred");
        let ask =
            |transaction: &Value| wallet.post("/deferred", &proof, &json!({"transaction_id": transaction}));
        let answers = at_once(&scene, transactions.iter().map(ask).collect::<Vec<_>>()).await;
        counts_once(&answers, StatusCode::ACCEPTED, &refusal(401, "invalid_dpop_proof"));
    }
}

#[tokio::test]
async fn at_the_notification_endpoint() {
    let scene = Scene::new();
    for _ in 0..ROUNDS {
        let wallet = Wallet::new(&scene).await;
        let proof = wallet.proof(&scene, "/credential");
        let issued = scene.send(wallet.credential(&scene, PASSPORT, &proof).await).await;
        let told = json!({"notification_id": issued.notification_id(), "event": "credential_accepted"});
        let proof = wallet.proof(&scene, "/notification");
        let crowd: Vec<_> = (0..6).map(|_| wallet.post("/notification", &proof, &told)).collect();
        counts_once(
            &at_once(&scene, crowd).await,
            StatusCode::NO_CONTENT,
            &refusal(401, "invalid_dpop_proof"),
        );
    }
}

/// OpenID4VCI 1.0 has no `slow_down`: whoever asks too early or too often is told to wait as before, and gains nothing.
#[tokio::test]
async fn a_crowd_that_asks_for_one_transaction_is_put_off_and_then_one_of_them_served() {
    let scene = deferring();
    let wallet = Wallet::new(&scene).await;
    let proof = wallet.proof(&scene, "/credential");
    let promised = scene.send(wallet.credential(&scene, PASSPORT, &proof).await).await.json();
    let ask = || {
        let asked = json!({"transaction_id": promised["transaction_id"]});
        wallet.post("/deferred", &wallet.proof(&scene, "/deferred"), &asked)
    };
    let waiting = at_once(&scene, (0..12).map(|_| ask()).collect::<Vec<_>>()).await;
    assert!(waiting.iter().all(|one| one.status == StatusCode::ACCEPTED && one.json() == promised));
    scene.names.says(None);
    let answers = at_once(&scene, (0..12).map(|_| ask()).collect::<Vec<_>>()).await;
    let (served, others): (Vec<_>, Vec<_>) = answers.iter().partition(|one| one.status == StatusCode::OK);
    assert_eq!((served.len(), scene.copies().await), (1, 1));
    for other in others {
        let told = json!({"transaction_id": promised["transaction_id"], "interval": PAUSE});
        assert_eq!((other.status, other.json()), (StatusCode::ACCEPTED, told));
    }
}
