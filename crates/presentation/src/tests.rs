//! Whole flows over the routes: every request goes to the other of two replicas over one store.

mod handing_out;
mod moved;
mod refusals;
mod scene;
mod wire;

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use jose::{Algorithm, Signer, SigningKey};
use openid4vc::dpop::{self, NewProof};
use openid4vc::http::Method;
use openid4vc::secret::SecretHash;
use serde_json::{Value, json};
use store::memory::Interruption;

use crate::{RequestState, Way};

use self::scene::{Asked, OPEN, Scene, VERIFIER, at_once, form, let_in, path, refusal};

/// Refused with 400, for this reason; nothing was stored.
async fn is_refused(scene: &Scene, request: Request<Body>, subject: &str, reason: &str) {
    let before = scene.taken().await;
    let answered = scene.send(request).await;
    assert_eq!(answered.refusal(), refusal(400, "invalid_request"), "{reason}: {}", answered.text);
    assert_eq!(scene.reason(subject).await.as_deref(), Some(reason), "{}", answered.text);
    assert_eq!(scene.taken().await, before);
}

async fn is_taken(scene: &Scene, asked: &Asked) {
    let answered = scene.send(scene.answer(asked)).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
    assert_eq!(answered.json(), json!({"sharing_proof_uri": format!("{VERIFIER}/follow-up/1")}));
}

#[tokio::test]
async fn an_answer_is_taken_once_by_whichever_replica_gets_it() {
    for encrypt in [true, false] {
        let scene = Scene::new();
        let asked = scene.ask("a", encrypt).await;
        let presentation = scene.presentation(asked.text("client_id"), asked.text("nonce"));
        let token = json!({"own": [presentation]});
        let answered = scene.send(asked.post(&token, asked.text("state"))).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
        assert_eq!((scene.taken().await, scene.reason("a").await), (1, None));
        for _ in 0..2 {
            is_refused(&scene, asked.post(&token, asked.text("state")), "a", "replay").await;
            is_refused(&scene, scene.answer(&asked), "a", "replay").await;
            scene.fetch(&asked.request).await;
        }
        for _ in 0..2 {
            assert_eq!(scene.fetch(&asked.request).await.refusal(), refusal(404, "invalid_request"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_eight_answers_at_once_exactly_one_is_taken() {
    for encrypt in [true, false] {
        let scene = Scene::new();
        let asked = scene.ask("a", encrypt).await;
        let answers = at_once(&scene, (0..8).map(|_| scene.answer(&asked)).collect()).await;
        let (taken, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == StatusCode::OK);
        assert_eq!((taken.len(), scene.taken().await), (1, 1));
        for answer in refused {
            assert_eq!(answer.refusal(), refusal(400, "invalid_request"), "{}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_of_wrong_answers_does_not_keep_the_right_one_out() {
    for _ in 0..5 {
        let scene = Scene::new();
        let asked = scene.ask("a", false).await;
        let wrong = [&[("state", "x")][..], &[("vp_token", "[]"), ("state", "x")], &[("response", "x")]];
        let mut requests: Vec<_> = wrong.into_iter().map(|fields| asked.form(fields)).collect();
        requests.insert(1, scene.answer(&asked));
        requests.push(asked.form(&[("error", "access_denied"), ("state", "x")]));
        let answers = at_once(&scene, requests).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses, [400, 200, 400, 400, 400]);
        assert_eq!(scene.taken().await, 1);
    }
}

#[tokio::test]
async fn a_wrong_answer_is_refused_for_its_reason_and_leaves_the_request_open() {
    let scene = Scene::new();
    let asked = scene.ask("a", true).await;
    let (audience, nonce, state) = (asked.text("client_id"), asked.text("nonce"), asked.text("state"));
    let own = |presentation: String| json!({"own": [presentation]});
    let good = own(scene.presentation(audience, nonce));
    let thief = SigningKey::generate(Algorithm::Es256, scene.environment.randomness()).unwrap();
    let unprefixed = audience.trim_start_matches("x509_hash:");
    let unbound = scene.presentation(audience, nonce);
    let unbound = unbound.rsplit_once('~').map(|(credential, _)| format!("{credential}~")).unwrap();
    let cases: [(Value, &str); 6] = [
        (own(scene.presentation(audience, "another")), "stale_nonce"),
        (own(scene.presentation(unprefixed, nonce)), "wrong_audience"),
        (own(scene.presentation(VERIFIER, nonce)), "wrong_audience"),
        (own(scene.presentation_by(&thief, audience, nonce)), "bad_signature"),
        (own(unbound), "missing_key_binding"),
        (json!({}), "malformed_vp_token"),
    ];
    for (token, reason) in cases {
        let answered = scene.send(asked.post(&token, state)).await;
        assert_eq!(answered.refusal(), refusal(400, "invalid_request"), "{reason}: {}", answered.text);
        let known = scene.reason("a").await.unwrap();
        assert_eq!(known, reason, "{}", answered.text);
    }
    let shown = Some(RequestState::Refused("missing_key_binding".to_owned()));
    assert_eq!(scene.state_at_screen("a").await, shown, "the last that carried the state");
    is_refused(&scene, asked.post(&good, "another"), "a", "wrong_state").await;
    let text = good.to_string();
    is_refused(&scene, asked.form(&[("vp_token", &text), ("state", state)]), "a", "wrong_response_mode")
        .await;
    is_refused(&scene, asked.form(&[]), "a", "malformed_answer").await;
    is_refused(&scene, asked.form(&[("response", "x")]), "a", "encryption_refused").await;
    assert_eq!(scene.state_at_screen("a").await, shown, "whoever sent these may have the address alone");
    is_taken(&scene, &asked).await;
    assert_eq!(scene.reason("a").await, None);
    assert_eq!(scene.state_at_screen("a").await, Some(RequestState::Accepted));
}

#[tokio::test]
async fn whoever_knows_the_address_alone_changes_nothing_at_the_waiting_screen() {
    for encrypt in [true, false] {
        let scene = Scene::new();
        let asked = scene.ask("a", encrypt).await;
        let elsewhere = scene.ask("b", encrypt).await;
        let state = elsewhere.text("state");
        let token = json!({"own": ["x"]});
        let text = token.to_string();
        for request in [
            asked.form(&[]),
            asked.form(&[("response", "x")]),
            asked.form(&[("response", "a.b.c.d.e")]),
            asked.form(&[("vp_token", "[]"), ("state", state)]),
            asked.form(&[("vp_token", &text)]),
            asked.form(&[("vp_token", &text), ("state", state)]),
            asked.form(&[("error", "access_denied")]),
            asked.form(&[("error", "access_denied"), ("state", state)]),
            asked.form(&[("error", "access_denied"), ("state", "")]),
            asked.post(&token, state),
            asked.post(&json!([]), state),
        ] {
            let answered = scene.send(request).await;
            assert_eq!(answered.refusal(), refusal(400, "invalid_request"), "{}", answered.text);
            assert!(scene.reason("a").await.is_some(), "the team is told");
            assert_eq!(scene.state_at_screen("a").await, Some(RequestState::Waiting), "{}", answered.text);
        }
        scene.clock.advance(OPEN);
        scene.send(asked.form(&[("response", "x")])).await;
        assert_eq!(scene.state_at_screen("a").await, Some(RequestState::Expired));
    }
}

#[tokio::test]
async fn an_answer_to_one_request_answers_no_other() {
    for encrypt in [true, false] {
        let scene = Scene::new();
        let (one, other) = (scene.ask("a", encrypt).await, scene.ask("b", encrypt).await);
        let body = scene.answer(&one).into_body();
        let elsewhere = Request::post(path(other.text("response_uri")))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answered = scene.send(elsewhere.body(body).unwrap()).await;
        assert_eq!(answered.refusal(), refusal(400, "invalid_request"));
        let presentation = scene.presentation(one.text("client_id"), one.text("nonce"));
        let moved = other.post(&json!({"own": [presentation]}), other.text("state"));
        is_refused(&scene, moved, "b", "stale_nonce").await;
        assert_eq!((scene.taken().await, scene.reason("a").await), (0, None));
        is_taken(&scene, &one).await;
        is_taken(&scene, &other).await;
    }
}

#[tokio::test]
async fn an_unknown_request_is_not_found_by_any_method() {
    let scene = Scene::new();
    scene.ask("a", true).await;
    for id in ["guessed", "x", "..%2Fa", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let get = Request::get(format!("/request/{id}")).body(Body::empty()).unwrap();
        let post = form(&format!("{VERIFIER}/request/{id}"), &[("wallet_nonce", "n")]);
        let answer = form(&format!("{VERIFIER}/response/{id}"), &[("error", "access_denied")]);
        for request in [get, post, answer] {
            let answered = scene.send(request).await;
            assert_eq!(answered.refusal(), refusal(404, "invalid_request"), "{id}");
        }
    }
}

#[tokio::test]
async fn a_wallets_error_is_noted_if_it_knows_the_state_and_an_answer_is_taken_all_the_same() {
    let scene = Scene::new();
    for (taken, (subject, encrypt)) in [("a", true), ("b", false)].into_iter().enumerate() {
        let asked = scene.ask(subject, encrypt).await;
        let stranger = asked.form(&[("error", "access_denied"), ("state", "another")]);
        is_refused(&scene, stranger, subject, "wrong_state").await;
        let without = asked.form(&[("error", "access_denied")]);
        is_refused(&scene, without, subject, "wrong_state").await;
        assert_eq!(scene.state_at_screen(subject).await, Some(RequestState::Waiting));
        let denied = Some(RequestState::Refused("access_denied".to_owned()));
        for _ in 0..2 {
            let answered = scene.send(asked.error("access_denied", encrypt)).await;
            assert_eq!((answered.status, answered.json()), (StatusCode::OK, json!({})), "{}", answered.text);
            assert_eq!(scene.state(subject).await, denied);
            assert_eq!(scene.state_at_screen(subject).await, denied);
            assert_eq!(scene.fetch(&asked.request).await.status, StatusCode::OK);
        }
        let plain = scene.send(asked.error("wallet_unavailable", false)).await;
        assert_eq!((plain.status, plain.json()), (StatusCode::OK, json!({})), "{}", plain.text);
        assert_eq!(scene.reason(subject).await.as_deref(), Some("wallet_unavailable"), "the last counts");
        assert_eq!(scene.taken().await, taken);
        is_taken(&scene, &asked).await;
        assert_eq!((scene.taken().await, scene.reason(subject).await), (taken + 1, None));
        // What was answered is over, for an error as for another answer.
        is_refused(&scene, asked.error("access_denied", encrypt), subject, "replay").await;
        assert_eq!(scene.state_at_screen(subject).await, Some(RequestState::Accepted));
    }
}

#[tokio::test]
async fn an_error_is_taken_until_the_second_in_which_the_request_ends() {
    for encrypt in [true, false] {
        let scene = Scene::new();
        let asked = scene.ask("a", encrypt).await;
        scene.clock.advance(OPEN);
        is_refused(&scene, asked.error("access_denied", encrypt), "a", "request_expired").await;
        assert_eq!(scene.state_at_screen("a").await, Some(RequestState::Expired));
        let asked = scene.ask("b", encrypt).await;
        scene.clock.advance(OPEN - 1);
        assert_eq!(scene.send(asked.error("access_denied", encrypt)).await.status, StatusCode::OK);
        scene.clock.advance(1);
        assert_eq!(scene.state("b").await, Some(RequestState::Refused("access_denied".to_owned())));
        assert_eq!(scene.fetch(&asked.request).await.refusal(), refusal(404, "invalid_request"));
    }
}

#[tokio::test]
async fn an_error_that_no_standard_names_is_told_to_nobody_by_its_own_word() {
    let scene = Scene::new();
    let asked = scene.ask("a", true).await;
    for code in ["accepted", "waiting", "expired", "declined", "revoked", "session_mismatch", "<b>"] {
        for is_encrypted in [true, false] {
            let answered = scene.send(asked.error(code, is_encrypted)).await;
            assert_eq!((answered.status, answered.json()), (StatusCode::OK, json!({})), "{code}");
            let unknown = Some(RequestState::Refused("unknown_error".to_owned()));
            assert_eq!(
                (scene.state("a").await, scene.state_at_screen("a").await),
                (unknown.clone(), unknown)
            );
        }
    }
    scene.send(asked.error("vp_formats_not_supported", true)).await;
    assert_eq!(scene.reason("a").await.as_deref(), Some("vp_formats_not_supported"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn errors_with_the_state_sent_beside_an_answer_do_not_keep_it_out() {
    for _ in 0..5 {
        let scene = Scene::new();
        let asked = scene.ask("a", false).await;
        let mut requests: Vec<_> = (0..6).map(|_| asked.error("access_denied", false)).collect();
        requests.insert(3, scene.answer(&asked));
        let answers = at_once(&scene, requests).await;
        assert_eq!(answers[3].status, StatusCode::OK, "{}", answers[3].text);
        assert_eq!(scene.taken().await, 1);
        assert_eq!(scene.state_at_screen("a").await, Some(RequestState::Accepted));
    }
}

#[tokio::test]
async fn a_request_is_answered_until_the_second_in_which_it_ends() {
    let scene = Scene::new();
    let (last, late) = (scene.ask("a", true).await, scene.ask("b", true).await);
    scene.clock.advance(OPEN - 1);
    is_taken(&scene, &last).await;
    scene.clock.advance(1);
    for _ in 0..2 {
        is_refused(&scene, scene.answer(&late), "b", "request_expired").await;
        assert_eq!(scene.fetch(&late.request).await.refusal(), refusal(404, "invalid_request"));
        scene.fetch(&late.request).await;
    }
}

#[tokio::test]
async fn a_request_stands_as_its_answers_left_it_and_has_expired_when_there_were_none() {
    let refused = |code: &str| Some(RequestState::Refused(code.to_owned()));
    let scene = Scene::new();
    let mut asked = Vec::new();
    for subject in ["taken", "closed", "declined", "unanswered", "late"] {
        assert_eq!(scene.state(subject).await, None);
        asked.push(scene.ask(subject, true).await);
        assert_eq!(scene.state(subject).await, Some(RequestState::Waiting), "{subject}");
    }
    for place in [0, 0, 1] {
        scene.send(scene.answer(&asked[place])).await;
    }
    let [_, _, declined, _, late] = asked.as_slice() else { panic!("five requests") };
    scene.send(declined.form(&[("error", "access_denied"), ("state", declined.text("state"))])).await;
    let ended = async |unanswered| {
        for (subject, state) in [
            // That the answer came a second time does not unmake the first.
            ("taken", Some(RequestState::Accepted)),
            ("closed", refused("missing_claims")),
            ("declined", refused("access_denied")),
            ("unanswered", Some(unanswered)),
        ] {
            assert_eq!(scene.state(subject).await, state, "{subject}");
        }
    };
    ended(RequestState::Waiting).await;
    scene.clock.advance(OPEN - 1);
    ended(RequestState::Waiting).await;
    scene.clock.advance(1);
    ended(RequestState::Expired).await;
    assert_eq!(scene.state("late").await, Some(RequestState::Expired));
    scene.send(scene.answer(late)).await;
    assert_eq!(scene.state("late").await, refused("request_expired"));
}

#[tokio::test]
async fn a_request_that_cannot_be_settled_keeps_no_other_from_being_and_is_tried_again() {
    let scene = Scene::new();
    let way = Way::SameDevice { session: SecretHash::from_bytes([9; 32]) };
    for subject in ["stuck", "other"] {
        let asked = scene.ask_by(subject, true, way).await;
        scene.send(scene.answer(&asked)).await;
        assert_eq!(scene.state(subject).await, Some(RequestState::Waiting), "its person has not come back");
    }
    let [one, other] = &scene.replicas;
    let settled = || scene.domain.settled.lock().unwrap().clone();
    assert_eq!((one.work().await.unwrap(), settled().len()), (0, 0), "there is time still");
    scene.clock.advance(2 * OPEN);
    assert_eq!(one.work().await.unwrap(), 1);
    assert_eq!(settled(), ["other"]);
    assert_eq!(other.work().await.unwrap(), 0, "it is not tried at once");
    scene.domain.is_mended.store(true, Ordering::Relaxed);
    scene.clock.advance(OPEN);
    assert_eq!(other.work().await.unwrap(), 1);
    assert_eq!(settled(), ["other", "stuck"]);
    assert_eq!(one.work().await.unwrap(), 0, "each is settled once");
}

#[tokio::test]
async fn each_state_has_one_word() {
    let refused = RequestState::Refused("revoked".to_owned());
    let states = [RequestState::Waiting, RequestState::Accepted, RequestState::Expired, refused];
    assert_eq!(states.each_ref().map(RequestState::name), ["waiting", "accepted", "expired", "revoked"]);
}

#[tokio::test]
async fn what_the_domain_rejects_is_not_stored_and_may_be_answered_again() {
    let scene = Scene::new();
    let asked = scene.ask("closed", true).await;
    for _ in 0..2 {
        is_refused(&scene, scene.answer(&asked), "closed", "missing_claims").await;
        assert_eq!(scene.fetch(&asked.request).await.status, StatusCode::OK);
        scene.fetch(&asked.request).await;
    }
    assert_eq!(scene.taken().await, 0);
}

#[tokio::test]
async fn a_connection_that_breaks_while_storing_neither_loses_nor_doubles_an_answer() {
    for interruption in [Interruption::BeforeWriting, Interruption::AfterWriting] {
        let scene = Scene::new();
        let asked = scene.ask("a", true).await;
        scene.memory.interrupt_next_commit(interruption);
        is_taken(&scene, &asked).await;
        assert_eq!(scene.taken().await, 1, "{interruption:?}");
        is_refused(&scene, scene.answer(&asked), "a", "replay").await;
    }
}

#[tokio::test]
async fn a_proof_opens_the_follow_up_once_over_all_replicas_and_there_alone() {
    let scene = Scene::new();
    let prove = |method, url: &str| {
        let new = NewProof { key: scene.wallet.public_jwk(), method, url, access_token: None, nonce: None };
        new.to_sign(scene.now(), scene.environment.randomness()).sign(&scene.wallet).unwrap()
    };
    let (here, at) = (format!("{VERIFIER}/follow-up/1"), "/follow-up/1");
    let [one, other] = &scene.replicas;
    let headers = |proofs: &[&str]| {
        let mut headers = HeaderMap::new();
        for proof in proofs {
            headers.append(dpop::HEADER, HeaderValue::from_str(proof).unwrap());
        }
        headers
    };
    let good = prove(Method::Get, &here);
    let before = scene.memory.entries();
    for replica in [one, other] {
        assert!(replica.proof_at(&headers(&[&good]), Method::Get, at).is_ok());
    }
    assert!(scene.memory.entries() == before, "a proof that nobody waits for leaves nothing");
    let thumbprint = let_in(one, &headers(&[&good]), at).await.unwrap();
    assert_eq!(thumbprint, scene.wallet.public_jwk().thumbprint_base64url());
    let fresh = prove(Method::Get, &here);
    let spoiled = [vec![good.as_str()], vec![], vec![fresh.as_str(), fresh.as_str()], vec!["x"]];
    for proofs in spoiled {
        for replica in [one, other] {
            let refused = let_in(replica, &headers(&proofs), at).await.unwrap_err();
            assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
            assert_eq!(refused.headers()["www-authenticate"], "DPoP error=\"invalid_dpop_proof\"");
            assert!(refused.headers().contains_key(dpop::NONCE_HEADER));
        }
    }
    for (method, url) in
        [(Method::Post, here.as_str()), (Method::Get, "https://kiln.example.org/follow-up/2")]
    {
        let elsewhere = prove(method, url);
        assert!(let_in(other, &headers(&[&elsewhere]), at).await.is_err());
    }
    assert!(let_in(other, &headers(&[&fresh]), at).await.is_ok());
    scene.clock.advance(dpop::OLDEST + 1);
    assert!(let_in(other, &headers(&[&good]), at).await.is_err());
}

#[tokio::test]
async fn the_store_holds_no_secret_of_a_request_in_the_open() {
    let scene = Scene::new();
    for encrypt in [true, false] {
        let asked = scene.ask("a", encrypt).await;
        scene.fetch_by_post(&asked.request, &[("wallet_nonce", "of-the-wallet")]).await;
        let id = asked.request.request_uri.rsplit('/').next().unwrap();
        let parts: Vec<&str> = asked.compact.split('.').collect();
        for secret in [asked.text("nonce"), asked.text("state"), id, parts[1]] {
            let found = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!scene.memory.entries().iter().any(|(key, value)| found(key) || found(value)));
        }
    }
}
