//! Whole flows over the routes: every request goes to the other of two replicas over one store.

mod asking_again;
mod attested;
mod authorizing;
mod copies;
mod deferred;
mod encrypted;
mod racing;
mod refusals;
mod revoking;
mod scene;
mod signed_metadata;
mod wire;
mod withdrawing;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use credentials::status_list::{Status, UnverifiedToken};
use environment::SeededRandomness;
use jose::VerifyingKey;
use openid4vc::secret::SecretText;
use openid4vc::timed_nonce::{NonceKey, Purpose};
use store::memory::Interruption;
use tokio::task::JoinSet;

use self::scene::{
    Answered, ISSUER, OPEN, PASSPORT, PROFILE, SETTINGS, Scene, Token, credential_request, refusal, send,
    token_request,
};
use crate::COMPLETE;

/// Sends all requests at once, half of them to each router.
async fn at_once(scene: &Scene, requests: impl IntoIterator<Item = Request<Body>>) -> Vec<Answered> {
    let mut sent = JoinSet::new();
    for (position, request) in requests.into_iter().enumerate() {
        sent.spawn(send(scene.routers[position % 2].clone(), request));
    }
    sent.join_all().await
}

async fn complete(scene: &Scene) -> usize {
    scene.tenant().jobs().waiting(COMPLETE, 10).await.unwrap()
}

#[tokio::test]
async fn any_replica_goes_on_with_a_flow_and_the_store_holds_hashes_only() {
    let scene = Scene::new();
    let offer = scene.offer(&[PASSPORT, PROFILE], false).await;
    let token = scene.redeem(&offer.code).await;
    let nonce = scene.nonce().await;
    let proofs = [scene.proof(&nonce), scene.proof(&nonce), scene.proof(&nonce)];
    let passports = scene.send(credential_request(&token, PASSPORT, &proofs, None)).await;
    assert_eq!(passports.copies().len(), 3);
    assert_eq!((scene.copies().await, complete(&scene).await), (3, 0));
    let profile = scene.credential_with_fresh_nonce(&token, PROFILE).await;
    assert_eq!((profile.copies().len(), complete(&scene).await), (1, 1));
    for issued in [&passports, &profile] {
        let notified = scene.notify(&token, &issued.notification_id(), "credential_accepted").await;
        assert_eq!(notified.status, StatusCode::NO_CONTENT, "{}", notified.text);
    }
    let entries = scene.memory.entries();
    let secrets = [&offer.code, token.0.trim_start_matches("Bearer "), &nonce, &passports.notification_id()];
    for secret in secrets {
        let found = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!entries.iter().any(|(key, value)| found(key) || found(value)));
    }
}

#[tokio::test]
async fn a_code_that_comes_again_at_the_other_replica_is_refused_and_ends_its_token() {
    let scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], false).await;
    let token = scene.redeem(&offer.code).await;
    let again = scene.token(&offer.code, &[], None).await;
    assert_eq!(again.refusal(), refusal(400, "invalid_grant"));
    let refused = scene.credential_with_fresh_nonce(&token, PASSPORT).await;
    assert_eq!(refused.refusal(), refusal(401, "invalid_token"));
    assert!(refused.headers[header::WWW_AUTHENTICATE].to_str().unwrap().contains("invalid_token"));
    assert_eq!((scene.copies().await, complete(&scene).await), (0, 0));
}

#[tokio::test]
async fn a_code_that_comes_again_after_everything_was_issued_takes_nothing_back() {
    let scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], false).await;
    let token = scene.redeem(&offer.code).await;
    let issued = scene.credential_with_fresh_nonce(&token, PASSPORT).await;
    let again = scene.token(&offer.code, &[], None).await;
    assert_eq!(again.refusal(), refusal(400, "invalid_grant"));
    let notified = scene.notify(&token, &issued.notification_id(), "credential_accepted").await;
    assert_eq!(notified.status, StatusCode::NO_CONTENT);
    assert_eq!(scene.copies().await, 1);
}

#[tokio::test]
async fn an_offer_is_taken_up_until_the_second_in_which_it_ends() {
    let scene = Scene::new();
    let (last, late) = (scene.offer(&[PASSPORT], false).await, scene.offer(&[PASSPORT], false).await);
    scene.clock.advance(OPEN - 1);
    assert_eq!(scene.token(&last.code, &[], None).await.status, StatusCode::OK);
    scene.clock.advance(1);
    let refused = scene.token(&late.code, &[], None).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_grant"));
}

#[tokio::test]
async fn wrong_transaction_codes_are_counted_over_all_replicas() {
    let scene = Scene::new();
    let alive = scene.offer(&[PASSPORT], true).await;
    let dead = scene.offer(&[PASSPORT], true).await;
    for (offer, tries) in [(&alive, 4), (&dead, 5)] {
        for _ in 0..tries {
            let wrong = scene.token(&offer.code, &[("tx_code", "x")], None).await;
            assert_eq!(wrong.refusal(), refusal(400, "invalid_grant"));
        }
    }
    let right = |offer: &scene::Offer| offer.tx_code.clone().unwrap();
    let taken = scene.token(&alive.code, &[("tx_code", &right(&alive))], None).await;
    assert_eq!(taken.status, StatusCode::OK);
    let refused = scene.token(&dead.code, &[("tx_code", &right(&dead))], None).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_grant"));
}

#[tokio::test]
async fn a_request_without_its_transaction_code_costs_no_try() {
    let scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], true).await;
    for _ in 0..10 {
        assert_eq!(scene.token(&offer.code, &[], None).await.refusal(), refusal(400, "invalid_request"));
    }
    let taken = scene.token(&offer.code, &[("tx_code", &offer.tx_code.unwrap())], None).await;
    assert_eq!(taken.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_gives_each_configuration_once_and_not_after_its_end() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT]).await;
    assert_eq!(scene.credential_with_fresh_nonce(&token, PASSPORT).await.copies().len(), 1);
    let again = scene.credential_with_fresh_nonce(&token, PASSPORT).await;
    assert_eq!(again.refusal(), refusal(400, "credential_request_denied"));
    let other = scene.credential_with_fresh_nonce(&token, PROFILE).await;
    assert_eq!(other.refusal(), refusal(400, "unknown_credential_configuration"));
    let (last, late) = (scene.bearer(&[PASSPORT]).await, scene.bearer(&[PASSPORT]).await);
    scene.clock.advance(SETTINGS.token_lifetime - 1);
    assert_eq!(scene.credential_with_fresh_nonce(&last, PASSPORT).await.copies().len(), 1);
    scene.clock.advance(1);
    let refused = scene.credential_with_fresh_nonce(&late, PASSPORT).await;
    assert_eq!(refused.refusal(), refusal(401, "invalid_token"));
    assert_eq!(scene.copies().await, 2);
}

#[tokio::test]
async fn a_stranger_is_told_about_the_token_before_the_form_of_the_request() {
    let scene = Scene::new();
    for token in ["Bearer ", "Bearer guessed", "Basic Z3Vlc3NlZA"] {
        let request = Request::post("/credential").header(header::AUTHORIZATION, token);
        let refused = scene.send(request.body(Body::from("{")).unwrap()).await;
        assert_eq!(refused.refusal(), refusal(401, "invalid_token"), "{token}");
    }
}

#[tokio::test]
async fn a_nonce_counts_once_for_a_minute_and_only_if_it_is_ours() {
    let scene = Scene::new();
    let used = scene.nonce().await;
    let first = scene.bearer(&[PASSPORT]).await;
    assert_eq!(scene.credential(&first, PASSPORT, &used).await.copies().len(), 1);
    let stale = scene.nonce().await;
    scene.clock.advance(SETTINGS.nonce_lifetime);
    let now = scene.now();
    let stranger = SeededRandomness::new(77);
    let foreign = NonceKey::generate(&stranger).issue(Purpose::Credential, now, &stranger);
    let answered = scene.send(Request::post("/nonce").body(Body::empty()).unwrap()).await;
    let for_dpop = answered.headers["dpop-nonce"].to_str().unwrap().to_owned();
    let token = scene.bearer(&[PASSPORT]).await;
    for nonce in [&used, &stale, &foreign, &for_dpop, "", "x"] {
        for _ in 0..2 {
            let refused = scene.credential(&token, PASSPORT, nonce).await;
            assert_eq!(refused.refusal(), refusal(400, "invalid_nonce"), "{nonce}");
        }
    }
    assert_eq!(scene.copies().await, 1);
    assert_eq!(scene.credential_with_fresh_nonce(&token, PASSPORT).await.copies().len(), 1);
}

#[tokio::test]
async fn a_used_nonce_is_refused_at_the_other_replica_while_it_is_still_fresh() {
    let scene = Scene::new();
    let (one, other) = (scene.bearer(&[PASSPORT]).await, scene.bearer(&[PASSPORT]).await);
    let nonce = scene.nonce().await;
    assert_eq!(scene.credential(&one, PASSPORT, &nonce).await.copies().len(), 1);
    for _ in 0..2 {
        let refused = scene.credential(&other, PASSPORT, &nonce).await;
        assert_eq!(refused.refusal(), refusal(400, "invalid_nonce"));
    }
    assert_eq!(scene.copies().await, 1);
}

#[tokio::test]
async fn a_dpop_proof_is_used_up_over_all_replicas() {
    let scene = Scene::new();
    let key = scene.key();
    let (one, other) =
        (scene.offer(&[PASSPORT, PROFILE], false).await, scene.offer(&[PASSPORT], false).await);
    let proof = scene.dpop(&key, "/token", None);
    let granted = scene.token(&one.code, &[], Some(&proof)).await;
    assert_eq!((granted.status, &granted.json()["token_type"]), (StatusCode::OK, &"DPoP".into()));
    let replayed = scene.token(&other.code, &[], Some(&proof)).await;
    assert_eq!(replayed.refusal(), refusal(400, "invalid_dpop_proof"));
    let fresh = scene.token(&other.code, &[], Some(&scene.dpop(&key, "/token", None))).await;
    assert_eq!(fresh.status, StatusCode::OK);

    let token = granted.json()["access_token"].as_str().unwrap().to_owned();
    let presented = Token(format!("DPoP {token}"));
    let proof = scene.dpop(&key, "/credential", Some(&token));
    let ask = async |presented: &Token, configuration: &str, proof: Option<&str>| {
        let proofs = [scene.proof(&scene.nonce().await)];
        scene.send(credential_request(presented, configuration, &proofs, proof)).await
    };
    assert_eq!(ask(&presented, PASSPORT, Some(&proof)).await.copies().len(), 1);
    // The nonce and this request alternate as well: both replicas get a replay.
    for _ in 0..2 {
        let replayed = ask(&presented, PROFILE, Some(&proof)).await;
        assert_eq!(replayed.refusal(), refusal(401, "invalid_dpop_proof"));
        assert!(replayed.headers[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("DPoP"));
        scene.nonce().await;
    }
    let thief = scene.dpop(&scene.key(), "/credential", Some(&token));
    let elsewhere = scene.dpop(&key, "/notification", Some(&token));
    let other_token = scene.dpop(&key, "/credential", Some("other"));
    let spoiled = [
        (Some(thief), "invalid_token"),
        (Some(elsewhere), "invalid_dpop_proof"),
        (Some(other_token), "invalid_dpop_proof"),
        (None, "invalid_dpop_proof"),
    ];
    for (proof, code) in spoiled {
        let refused = ask(&presented, PROFILE, proof.as_deref()).await;
        assert_eq!(refused.refusal(), refusal(401, code));
    }
    let as_bearer = Token(format!("Bearer {token}"));
    let fresh = scene.dpop(&key, "/credential", Some(&token));
    assert_eq!(ask(&as_bearer, PROFILE, Some(&fresh)).await.refusal(), refusal(401, "invalid_token"));
    assert_eq!(scene.copies().await, 1);
    assert_eq!(ask(&presented, PROFILE, Some(&fresh)).await.copies().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_eight_requests_at_once_exactly_one_gets_the_credential() {
    for bound_to_one_nonce in [false, true] {
        let scene = Scene::new();
        let token = scene.bearer(&[PASSPORT]).await;
        let mut requests = Vec::new();
        let shared = scene.nonce().await;
        for _ in 0..8 {
            let nonce = if bound_to_one_nonce { shared.clone() } else { scene.nonce().await };
            requests.push(credential_request(&token, PASSPORT, &[scene.proof(&nonce)], None));
        }
        let answers = at_once(&scene, requests).await;
        let (taken, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == StatusCode::OK);
        assert_eq!(taken.len(), 1);
        for answer in refused {
            assert_eq!(answer.refusal(), refusal(400, "credential_request_denied"));
        }
        assert_eq!((scene.copies().await, complete(&scene).await), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_tokens_with_one_nonce_exactly_one_gets_a_credential() {
    let scene = Scene::new();
    let tokens = [scene.bearer(&[PASSPORT]).await, scene.bearer(&[PASSPORT]).await];
    let nonce = scene.nonce().await;
    let requests =
        tokens.iter().map(|token| credential_request(token, PASSPORT, &[scene.proof(&nonce)], None));
    let mut answers = at_once(&scene, requests).await;
    answers.sort_by_key(|answer| answer.status);
    assert_eq!(answers[0].copies().len(), 1);
    assert_eq!(answers[1].refusal(), refusal(400, "invalid_nonce"));
    assert_eq!(scene.copies().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_with_one_code_is_told_the_rule_and_never_to_come_again() {
    for bound in [false, true] {
        let scene = Scene::new();
        let offer = scene.offer(&[PASSPORT], false).await;
        let requests = (0..24).map(|_| {
            let proof = bound.then(|| scene.dpop(&scene.key(), "/token", None));
            token_request(&offer.code, &[], proof.as_deref())
        });
        let answers = at_once(&scene, requests.collect::<Vec<_>>()).await;
        let (taken, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == StatusCode::OK);
        assert_eq!(taken.len(), 1);
        for answer in refused {
            assert_eq!(answer.refusal(), refusal(400, "invalid_grant"));
        }
    }
}

#[tokio::test]
async fn a_token_request_that_moves_nothing_writes_nothing() {
    let scene = Scene::new();
    let (dead, locked) = (scene.offer(&[PASSPORT], false).await, scene.offer(&[PASSPORT], true).await);
    scene.redeem(&dead.code).await;
    let replayed = scene.token(&dead.code, &[], None).await;
    assert_eq!(replayed.refusal(), refusal(400, "invalid_grant"));
    let before = scene.memory.entries();
    for _ in 0..2 {
        let proof = scene.dpop(&scene.key(), "/token", None);
        for (code, refused) in [(&dead.code, "invalid_grant"), (&locked.code, "invalid_request")] {
            let answered = scene.token(code, &[], Some(&proof)).await;
            assert_eq!(answered.refusal(), refusal(400, refused));
        }
        assert_eq!(scene.token("guessed", &[], None).await.refusal(), refusal(400, "invalid_grant"));
    }
    assert!(scene.memory.entries() == before);
    let wrong = scene.token(&locked.code, &[("tx_code", "x")], None).await;
    assert_eq!(wrong.refusal(), refusal(400, "invalid_grant"));
    assert!(scene.memory.entries() != before);
}

#[tokio::test]
async fn a_notification_is_about_a_credential_of_its_own_token() {
    let scene = Scene::new();
    let (one, other) = (scene.bearer(&[PASSPORT]).await, scene.bearer(&[PASSPORT]).await);
    let id = scene.credential_with_fresh_nonce(&one, PASSPORT).await.notification_id();
    let others = scene.credential_with_fresh_nonce(&other, PASSPORT).await.notification_id();
    for foreign in [&others, "guessed", ""] {
        let refused = scene.notify(&one, foreign, "credential_accepted").await;
        assert_eq!(refused.refusal(), refusal(400, "invalid_notification_id"), "{foreign}");
    }
    let unknown = scene.notify(&one, &id, "credential_framed").await;
    assert_eq!(unknown.refusal(), refusal(400, "invalid_notification_request"));
    let stranger = scene.notify(&Token("Bearer guessed".to_owned()), &id, "credential_accepted").await;
    assert_eq!(stranger.refusal(), refusal(401, "invalid_token"));
    for event in ["credential_accepted", "credential_accepted", "credential_deleted"] {
        assert_eq!(scene.notify(&one, &id, event).await.status, StatusCode::NO_CONTENT, "{event}");
    }
}

#[tokio::test]
async fn an_offer_by_reference_is_shown_until_it_is_taken_up_or_has_ended() {
    let scene = Scene::new();
    let (taken, ended) = (scene.offer(&[PASSPORT], true).await, scene.offer(&[PASSPORT], false).await);
    let show = async |offer: &scene::Offer| {
        let path = offer.address.strip_prefix(ISSUER).unwrap();
        scene.send(Request::get(path).body(Body::empty()).unwrap()).await
    };
    for _ in 0..2 {
        let shown = show(&taken).await;
        assert_eq!((shown.status, &shown.json()["credential_issuer"]), (StatusCode::OK, &ISSUER.into()));
        assert_eq!(shown.headers[header::CACHE_CONTROL], "no-store");
        assert!(!shown.text.contains(taken.tx_code.as_ref().unwrap()));
    }
    let token = scene.token(&taken.code, &[("tx_code", taken.tx_code.as_ref().unwrap())], None).await;
    assert_eq!(token.status, StatusCode::OK);
    assert_eq!(show(&ended).await.status, StatusCode::OK);
    scene.clock.advance(OPEN);
    for gone in [&taken, &taken, &ended, &ended] {
        assert_eq!(show(gone).await.refusal(), refusal(404, "not_found"));
    }
}

#[tokio::test]
async fn an_offer_is_open_until_it_is_taken_up_or_has_ended() {
    let scene = Scene::new();
    let (taken, ended) = (scene.offer(&[PASSPORT], false).await, scene.offer(&[PASSPORT], false).await);
    let open = async |offer: &scene::Offer| {
        let code = SecretText::new(&offer.code).hash();
        scene.replicas[1].is_open(code).await.unwrap()
    };
    assert!(open(&taken).await && open(&ended).await);
    scene.redeem(&taken.code).await;
    assert!(!open(&taken).await && open(&ended).await);
    scene.clock.advance(OPEN);
    assert!(!open(&ended).await);
}

/// The statuses of all places, from lists whose signature, type, name and times are checked.
async fn statuses(scene: &Scene, places: &[(String, u64)]) -> Vec<Status> {
    let key = VerifyingKey::new(scene.replicas[0].identity().issuing.signer.public_jwk()).unwrap();
    let mut all = Vec::new();
    for (address, index) in places {
        let path = address.strip_prefix(ISSUER).unwrap();
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answered = scene.send(request).await;
        let media_type = answered.headers[header::CONTENT_TYPE].to_str().unwrap();
        let token = UnverifiedToken::from_response(media_type, answered.text.as_bytes()).unwrap();
        let list = token.verify(&key, address, scene.now(), 0).unwrap();
        all.push(list.status(*index, scene.now()).unwrap());
    }
    all
}

#[tokio::test]
async fn a_list_that_no_copy_can_point_to_does_not_exist() {
    let scene = Scene::new();
    for list in ["0", "999999", "x", "..%2Foffice"] {
        let request = Request::get(format!("/status/{list}")).body(Body::empty()).unwrap();
        assert_eq!(scene.send(request).await.refusal(), refusal(404, "not_found"), "{list}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_while_storing_neither_loses_nor_doubles_a_credential() {
    for interruption in [Interruption::BeforeWriting, Interruption::AfterWriting] {
        let scene = Scene::new();
        let offer = scene.offer(&[PASSPORT], false).await;
        scene.memory.interrupt_next_commit(interruption);
        let token = scene.redeem(&offer.code).await;
        scene.memory.interrupt_next_commit(interruption);
        let issued = scene.credential_with_fresh_nonce(&token, PASSPORT).await;
        assert_eq!(issued.copies().len(), 1, "{interruption:?}");
        assert_eq!((scene.copies().await, complete(&scene).await), (1, 1));
    }
}

#[tokio::test]
async fn who_saw_an_offer_on_a_screen_keeps_nobody_from_what_they_wait_for() {
    let scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], true).await;
    let tx_code = offer.tx_code.clone().unwrap();
    let answered = scene.token(&offer.code, &[("tx_code", &tx_code)], None).await;
    let token = Token(format!("Bearer {}", answered.json()["access_token"].as_str().unwrap()));
    // At both replicas, and more often than there are tries.
    for guess in ["x", "y", "z", "0", "1", "2"] {
        for more in [&[][..], &[("tx_code", guess)]] {
            let again = scene.token(&offer.code, more, None).await;
            assert_eq!(again.refusal(), refusal(400, "invalid_grant"), "{more:?}");
        }
    }
    assert_eq!(scene.credential_with_fresh_nonce(&token, PASSPORT).await.copies().len(), 1);
}

#[tokio::test]
async fn a_picture_of_an_offer_ends_nothing_once_its_code_would_have_died() {
    let scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], false).await;
    scene.clock.advance(OPEN - 1);
    let token = scene.redeem(&offer.code).await;
    scene.clock.advance(1);
    assert_eq!(scene.token(&offer.code, &[], None).await.refusal(), refusal(400, "invalid_grant"));
    assert_eq!(scene.credential_with_fresh_nonce(&token, PASSPORT).await.copies().len(), 1);
}
