//! Credentials that are ready later, asked for at two replicas in turn.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use credentials::status_list::Status;
use jose::SigningKey;
use openid4vc::dpop;
use openid4vc::vci::deferred::{MOST_AGAIN, PAUSE};
use openid4vc::vci::reason::Reason;
use serde_json::{Value, json};

use super::scene::{
    Answered, PASSPORT, PROFILE, SETTINGS, Scene, Token, credential_request, end, refusal, token_request,
};
use super::{at_once, complete, statuses};
use crate::{Extensions, MintError};

pub(super) const LATER: MintError = MintError::Later { interval: 3_600 };

fn deferring() -> Scene {
    let scene = Scene::extended(|_| Extensions { defers: true, ..Extensions::default() });
    scene.names.says(Some(LATER));
    scene
}

/// A wallet with an access token bound to its key.
pub(super) struct Wallet {
    key: SigningKey,
    token: Token,
    secret: String,
}

impl Wallet {
    async fn with(scene: &Scene, configurations: &[&str]) -> Self {
        Self::redeeming(scene, &scene.offer(configurations, false).await.code).await
    }

    pub(super) async fn redeeming(scene: &Scene, code: &str) -> Self {
        let key = scene.key();
        let answered = scene.token(code, &[], Some(&scene.dpop(&key, "/token", None))).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
        let secret = answered.json()["access_token"].as_str().unwrap().to_owned();
        Self { key, token: Token(format!("DPoP {secret}")), secret }
    }

    pub(super) async fn credential(&self, scene: &Scene, configuration: &str, copies: usize) -> Answered {
        let nonce = scene.nonce().await;
        let proofs: Vec<String> = (0..copies).map(|_| scene.proof(&nonce)).collect();
        let dpop = scene.dpop(&self.key, "/credential", Some(&self.secret));
        scene.send(credential_request(&self.token, configuration, &proofs, Some(&dpop))).await
    }

    fn request(&self, scene: &Scene, body: &Value) -> Request<Body> {
        self.post(scene, "/deferred", body)
    }

    fn post(&self, scene: &Scene, path: &str, body: &Value) -> Request<Body> {
        let dpop = scene.dpop(&self.key, path, Some(&self.secret));
        Request::post(path)
            .header(header::AUTHORIZATION, &self.token.0)
            .header(header::CONTENT_TYPE, "application/json")
            .header(dpop::HEADER, dpop)
            .body(Body::from(body.to_string()))
            .unwrap()
    }

    pub(super) async fn ask(&self, scene: &Scene, transaction: &str) -> Answered {
        scene.send(self.request(scene, &json!({"transaction_id": transaction}))).await
    }

    async fn tell(&self, scene: &Scene, id: &str, event: &str) -> Answered {
        let body = json!({"notification_id": id, "event": event});
        scene.send(self.post(scene, "/notification", &body)).await
    }
}

pub(super) fn transaction(answered: &Answered) -> String {
    assert_eq!(answered.status, StatusCode::ACCEPTED, "{}", answered.text);
    assert_eq!(answered.headers[header::CACHE_CONTROL], "no-store");
    let body = answered.json();
    assert_eq!(body["interval"], 3_600);
    assert!(body.get("credentials").is_none() && body.get("notification_id").is_none());
    body["transaction_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_not_ready_is_promised_asked_for_again_and_handed_out_once() {
    let scene = deferring();
    let wallet = Wallet::with(&scene, &[PASSPORT]).await;
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 3).await);
    for _ in 0..2 {
        let waiting = transaction(&wallet.ask(&scene, &promised).await);
        assert_eq!(waiting, promised, "§9.2: the same transaction_id");
    }
    assert_eq!(scene.copies().await, 0);
    scene.names.says(None);
    let answered = wallet.ask(&scene, &promised).await;
    assert_eq!(answered.copies().len(), 3);
    assert_eq!(complete(&scene).await, 0, "it may not have come");
    let told = wallet.tell(&scene, &answered.notification_id(), "credential_accepted").await;
    assert_eq!((told.status, complete(&scene).await), (StatusCode::NO_CONTENT, 1));
    for later in [0, PAUSE] {
        scene.clock.advance(later);
        let again = wallet.ask(&scene, &promised).await;
        assert_eq!(again.refusal(), refusal(400, "invalid_transaction_id"));
    }
    assert_eq!((scene.copies().await, complete(&scene).await), (3, 1));
}

/// The wallet is told to ask again, with the same transaction.
fn put_off(answered: &Answered, transaction: &str, seconds: i64) {
    assert_eq!(answered.status, StatusCode::ACCEPTED, "{}", answered.text);
    assert_eq!(answered.json(), json!({"transaction_id": transaction, "interval": seconds}));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again_for_the_same_keys_and_what_was_lost_counts_no_more() {
    let mut scene = deferring();
    let wallet = Wallet::with(&scene, &[PASSPORT, PROFILE]).await;
    let passport = transaction(&wallet.credential(&scene, PASSPORT, 3).await);
    let profile = transaction(&wallet.credential(&scene, PROFILE, 1).await);
    scene.names.says(None);
    let lost = wallet.ask(&scene, &passport).await;
    let beside = wallet.ask(&scene, &profile).await;
    put_off(&wallet.ask(&scene, &passport).await, &passport, PAUSE);
    scene.clock.advance(PAUSE - 1);
    put_off(&wallet.ask(&scene, &passport).await, &passport, 1);
    assert_eq!((scene.copies().await, complete(&scene).await), (4, 0));
    scene.clock.advance(1);
    scene.restart();
    let again = wallet.ask(&scene, &passport).await;
    let keys = |answered: &Answered| -> Vec<String> {
        answered.copies().iter().map(|copy| scene.holder_of(copy)).collect()
    };
    assert_eq!((keys(&lost).len(), keys(&lost)), (3, keys(&again)));
    let places = |answered: &Answered| -> Vec<(String, u64)> {
        answered.copies().iter().map(|copy| scene.status_of(copy)).collect()
    };
    assert_eq!(statuses(&scene, &places(&lost)).await, [Status::Invalid; 3]);
    assert_eq!(statuses(&scene, &places(&again)).await, [Status::Valid; 3]);
    assert_eq!(statuses(&scene, &places(&beside)).await, [Status::Valid], "what else was given stays");
    // What was lost is nobody's: nothing is to be said of it.
    let refused = wallet.tell(&scene, &lost.notification_id(), "credential_accepted").await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_notification_id"));
    for (answered, completed) in [(&beside, 0), (&again, 1)] {
        let told = wallet.tell(&scene, &answered.notification_id(), "credential_accepted").await;
        assert_eq!((told.status, complete(&scene).await), (StatusCode::NO_CONTENT, completed));
    }
    assert_eq!(statuses(&scene, &places(&again)).await, [Status::Valid; 3], "it came");
}

#[tokio::test]
async fn what_came_is_not_given_again_whatever_became_of_it_and_what_did_not_while_the_token_lives() {
    let scene = deferring();
    for event in ["credential_accepted", "credential_deleted", "credential_failure"] {
        let wallet = Wallet::with(&scene, &[PASSPORT]).await;
        scene.names.says(Some(LATER));
        let promised = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
        scene.names.says(None);
        let came = wallet.ask(&scene, &promised).await;
        let told = wallet.tell(&scene, &came.notification_id(), event).await;
        assert_eq!(told.status, StatusCode::NO_CONTENT);
        scene.clock.advance(PAUSE);
        let again = wallet.ask(&scene, &promised).await;
        assert_eq!(again.refusal(), refusal(400, "invalid_transaction_id"), "{event}");
        assert_eq!(statuses(&scene, &[scene.status_of(&came.copies()[0])]).await, [Status::Valid]);
    }
    let wallet = Wallet::with(&scene, &[PASSPORT]).await;
    scene.names.says(Some(LATER));
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    scene.names.says(None);
    let _lost = wallet.ask(&scene, &promised).await.copies();
    scene.clock.advance(SETTINGS.token_lifetime - 1);
    assert_eq!(wallet.ask(&scene, &promised).await.copies().len(), 1);
    scene.clock.advance(1);
    assert_eq!(wallet.ask(&scene, &promised).await.refusal(), refusal(401, "invalid_token"));
}

#[tokio::test]
async fn what_is_never_said_to_have_come_is_given_five_times_more_and_then_no_more() {
    let scene = Scene::approving();
    scene.names.says(Some(LATER));
    let wallet = Wallet::with(&scene, &[PASSPORT]).await;
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 2).await);
    scene.names.says(None);
    let mut places = Vec::new();
    for _ in 0..=MOST_AGAIN {
        let given = wallet.ask(&scene, &promised).await.copies();
        places.extend(given.iter().map(|copy| scene.status_of(copy)));
        scene.clock.advance(PAUSE);
    }
    for _ in 0..2 {
        let refused = wallet.ask(&scene, &promised).await;
        assert_eq!(refused.refusal(), refusal(400, "invalid_transaction_id"));
    }
    assert_eq!((scene.copies().await, places.len()), (12, 12));
    let (last, earlier) = (places.split_off(10), places);
    assert_eq!(statuses(&scene, &earlier).await, [Status::Invalid; 10]);
    assert_eq!(statuses(&scene, &last).await, [Status::Valid; 2]);
}

#[tokio::test]
async fn nothing_is_given_again_to_whom_the_entitlement_has_ended_and_nothing_revoked_for_it() {
    let scene = deferring();
    let wallet = Wallet::with(&scene, &[PASSPORT]).await;
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    scene.names.says(None);
    let given = wallet.ask(&scene, &promised).await.copies();
    scene.clock.advance(PAUSE);
    end(&scene.tenant(), "m-1").await;
    let refused = wallet.ask(&scene, &promised).await;
    assert_eq!(refused.refusal(), refusal(400, "credential_request_denied"));
    assert_eq!(scene.copies().await, 1);
    assert_eq!(
        statuses(&scene, &[scene.status_of(&given[0])]).await,
        [Status::Valid],
        "that is the domain's"
    );
}

#[tokio::test]
async fn the_proofs_that_were_given_count_for_the_copies_that_come_later() {
    let mut scene = deferring();
    let wallet = Wallet::with(&scene, &[PASSPORT]).await;
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    // The nonces of those proofs are long dead, and no replica remembers anything.
    scene.clock.advance(SETTINGS.nonce_lifetime + 60);
    scene.restart();
    scene.names.says(None);
    let copies = wallet.ask(&scene, &promised).await.copies();
    let (_, place) = scene.status_of(&copies[0]);
    assert!(place < 1 << 20);
}

#[tokio::test]
async fn who_lost_the_first_answer_asks_anew_and_the_earlier_transaction_counts_no_longer() {
    let scene = deferring();
    let wallet = Wallet::with(&scene, &[PASSPORT]).await;
    let lost = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    assert_ne!(lost, promised);
    scene.names.says(None);
    assert_eq!(wallet.ask(&scene, &lost).await.refusal(), refusal(400, "invalid_transaction_id"));
    assert_eq!(wallet.ask(&scene, &promised).await.copies().len(), 1);
}

#[tokio::test]
async fn what_the_credential_endpoint_gave_meanwhile_is_not_given_again_for_the_promise_before_it() {
    let scene = deferring();
    let wallet = Wallet::with(&scene, &[PASSPORT, PROFILE]).await;
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 3).await);
    scene.names.says(None);
    assert_eq!(wallet.credential(&scene, PASSPORT, 3).await.copies().len(), 3);
    let again = wallet.ask(&scene, &promised).await;
    assert_eq!(again.refusal(), refusal(400, "invalid_transaction_id"));
    assert_eq!((scene.copies().await, complete(&scene).await), (3, 0), "the profile is still to come");
    assert_eq!(wallet.credential(&scene, PROFILE, 1).await.copies().len(), 1);
    assert_eq!((scene.copies().await, complete(&scene).await), (4, 1));
}

#[tokio::test]
async fn each_configuration_waits_for_itself() {
    let scene = deferring();
    let wallet = Wallet::with(&scene, &[PASSPORT, PROFILE]).await;
    let passport = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    scene.names.says(None);
    assert_eq!(wallet.credential(&scene, PROFILE, 1).await.copies().len(), 1);
    assert_eq!(wallet.ask(&scene, &passport).await.copies().len(), 1);
    let more = wallet.credential(&scene, PASSPORT, 1).await;
    assert_eq!(more.refusal(), refusal(400, "credential_request_denied"), "it was issued");
}

#[tokio::test]
async fn a_transaction_is_of_one_access_token() {
    let scene = deferring();
    let (wallet, other) = (Wallet::with(&scene, &[PASSPORT]).await, Wallet::with(&scene, &[PASSPORT]).await);
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    let _ = other.credential(&scene, PASSPORT, 1).await;
    scene.names.says(None);
    let stolen = other.ask(&scene, &promised).await;
    assert_eq!(stolen.refusal(), refusal(400, "invalid_transaction_id"));
    for unknown in ["x", &"y".repeat(43)] {
        assert_eq!(wallet.ask(&scene, unknown).await.refusal(), refusal(400, "invalid_transaction_id"));
    }
    assert_eq!(wallet.ask(&scene, &promised).await.copies().len(), 1);
}

#[tokio::test]
async fn what_is_declined_in_the_end_is_denied_for_good() {
    let scene = deferring();
    let wallet = Wallet::with(&scene, &[PASSPORT]).await;
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    scene.names.says(Some(MintError::Gone));
    let denied = refusal(400, "credential_request_denied");
    assert_eq!(wallet.ask(&scene, &promised).await.refusal(), denied);
    assert_eq!(wallet.ask(&scene, &promised).await.refusal(), denied);
    scene.names.says(None);
    end(&scene.tenant(), "m-1").await;
    assert_eq!(wallet.ask(&scene, &promised).await.refusal(), denied, "the entitlement ended meanwhile");
    assert_eq!(scene.copies().await, 0);
}

#[tokio::test]
async fn who_is_declined_with_a_reason_gets_it_at_either_endpoint_and_as_ascii_too() {
    let scene = deferring();
    let (wallet, late) = (Wallet::with(&scene, &[PASSPORT]).await, Wallet::with(&scene, &[PASSPORT]).await);
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    scene.names.says(Some(MintError::Declined(Reason::new("Falta la \"fecha\" de nació").unwrap())));
    let told = json!({
        "error": "credential_request_denied", "error_description": "Falta la 'fecha' de naci?",
        "reason": "Falta la \"fecha\" de nació",
    });
    for answered in [wallet.ask(&scene, &promised).await, late.credential(&scene, PASSPORT, 1).await] {
        assert_eq!((answered.status, answered.json()), (StatusCode::BAD_REQUEST, told.clone()));
    }
    assert_eq!(scene.copies().await, 0);
    // The near miss: without one nothing is said beside the code.
    scene.names.says(Some(MintError::Gone));
    let answered = wallet.ask(&scene, &promised).await;
    assert_eq!(answered.refusal(), refusal(400, "credential_request_denied"));
    assert!(answered.json().get("reason").is_none());
}

#[tokio::test]
async fn of_two_that_ask_at_once_one_gets_the_credentials() {
    let scene = deferring();
    let wallet = Wallet::with(&scene, &[PASSPORT]).await;
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 2).await);
    scene.names.says(None);
    let body = json!({"transaction_id": promised});
    let requests: Vec<_> = (0..8).map(|_| wallet.request(&scene, &body)).collect();
    let answered = at_once(&scene, requests).await;
    let (given, others): (Vec<_>, Vec<_>) = answered.iter().partition(|one| one.status == StatusCode::OK);
    assert_eq!((given.len(), others.len()), (1, 7));
    for other in others {
        put_off(other, &promised, PAUSE);
    }
    assert_eq!(scene.copies().await, 2);
    let places: Vec<_> = given[0].copies().iter().map(|copy| scene.status_of(copy)).collect();
    assert_eq!(statuses(&scene, &places).await, [Status::Valid; 2]);
    // And of those that ask again because it was lost.
    scene.clock.advance(PAUSE);
    let requests: Vec<_> = (0..8).map(|_| wallet.request(&scene, &body)).collect();
    let answered = at_once(&scene, requests).await;
    assert_eq!(answered.iter().filter(|one| one.status == StatusCode::OK).count(), 1);
    assert_eq!((scene.copies().await, statuses(&scene, &places).await), (4, vec![Status::Invalid; 2]));
}

#[tokio::test]
async fn a_request_without_a_transaction_or_with_a_used_proof_is_refused() {
    let scene = deferring();
    let wallet = Wallet::with(&scene, &[PASSPORT]).await;
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    for body in [json!({}), json!({"transaction_id": 7}), json!({"transaction_id": ""})] {
        let refused = scene.send(wallet.request(&scene, &body)).await;
        assert_eq!(refused.refusal(), refusal(400, "invalid_credential_request"), "{body}");
    }
    let proof = scene.dpop(&wallet.key, "/deferred", Some(&wallet.secret));
    let request = |token: &str, proof: Option<&str>| {
        let request = Request::post("/deferred")
            .header(header::AUTHORIZATION, token)
            .header(header::CONTENT_TYPE, "application/json");
        let request = match proof {
            Some(proof) => request.header(dpop::HEADER, proof),
            None => request,
        };
        request.body(Body::from(json!({"transaction_id": promised}).to_string())).unwrap()
    };
    assert_eq!(scene.send(request(&wallet.token.0, Some(&proof))).await.status, StatusCode::ACCEPTED);
    let replayed = scene.send(request(&wallet.token.0, Some(&proof))).await;
    assert_eq!(replayed.refusal(), refusal(401, "invalid_dpop_proof"), "at the other replica");
    let bare = scene.send(request(&wallet.token.0, None)).await;
    assert_eq!(bare.refusal(), refusal(401, "invalid_dpop_proof"));
    let bearer = scene.send(request(&format!("Bearer {}", wallet.secret), None)).await;
    assert_eq!(bearer.refusal(), refusal(401, "invalid_token"));
    let elsewhere = scene.dpop(&wallet.key, "/credential", Some(&wallet.secret));
    let elsewhere = scene.send(request(&wallet.token.0, Some(&elsewhere))).await;
    assert_eq!(elsewhere.refusal(), refusal(401, "invalid_dpop_proof"));
}

#[tokio::test]
async fn tokens_that_live_long_are_bound_to_a_key() {
    let scene = deferring();
    let offer = scene.offer(&[PASSPORT], false).await;
    let bearer = scene.send(token_request(&offer.code, &[], None)).await;
    assert_eq!(bearer.refusal(), refusal(400, "invalid_dpop_proof"));
    let proof = scene.dpop(&scene.key(), "/token", None);
    assert_eq!(scene.token(&offer.code, &[], Some(&proof)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_issuer_that_never_defers_has_no_endpoint_and_says_so() {
    let (deferring, plain) = (deferring(), Scene::new());
    let endpoint = |scene: &Scene| scene.replicas[0].metadata().deferred_credential_endpoint;
    assert_eq!(endpoint(&deferring).unwrap(), "https://office.example.org/deferred");
    assert_eq!(endpoint(&plain), None);
    let answered = plain.send(Request::post("/deferred").body(Body::from("{}")).unwrap()).await;
    assert_eq!(answered.refusal(), refusal(404, "not_found"));
    // A domain that says later all the same finds nobody to promise it to.
    plain.names.says(Some(LATER));
    let token = plain.bearer(&[PASSPORT]).await;
    let refused = plain.credential_with_fresh_nonce(&token, PASSPORT).await;
    assert_eq!(refused.refusal(), refusal(400, "credential_request_denied"));
}

#[tokio::test]
async fn the_store_holds_no_transaction_id_and_a_withdrawn_offer_ends_the_waiting() {
    let scene = deferring();
    let wallet = Wallet::with(&scene, &[PASSPORT]).await;
    let promised = transaction(&wallet.credential(&scene, PASSPORT, 1).await);
    let found = |bytes: &[u8]| bytes.windows(promised.len()).any(|part| part == promised.as_bytes());
    assert!(!scene.memory.entries().iter().any(|(key, value)| found(key) || found(value)));
    assert_eq!(super::withdrawing::take_back(&scene, "m-1").await, 1);
    scene.names.says(None);
    assert_eq!(wallet.ask(&scene, &promised).await.refusal(), refusal(401, "invalid_token"));
}
