//! Request objects: one for everybody, one of its own for each wallet that sends a wallet_nonce (OpenID4VP §5.10), and
//! none of them in the way of another.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use openid4vc::secret::SecretText;
use openid4vc::vp::request::digest_of;
use serde_json::json;
use store::{Change, Fault, Tx};

use super::is_refused;
use super::scene::{Asked, OPEN, Scene, VERIFIER, at_once, claims_of, form, path, refusal, send};
use crate::records::{RequestObject, RequestRecord};

/// More than anybody would keep a list of.
const MANY: usize = 40;

/// The request as a wallet with this nonce finds it.
async fn fetched(scene: &Scene, asked: &Asked, nonce: &str) -> Asked {
    let answered = scene.fetch_by_post(&asked.request, &[("wallet_nonce", nonce)]).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
    Asked { object: claims_of(&answered.text), compact: answered.text, request: asked.request.clone() }
}

fn hash_of(asked: &Asked) -> String {
    jose::base64url::encode(digest_of(&asked.compact))
}

/// The answer to this object is taken, as one to this object.
async fn is_taken(scene: &Scene, asked: &Asked) {
    let answered = scene.send(scene.answer(asked)).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
    assert_eq!(scene.last_answer().request_hash, hash_of(asked));
}

#[tokio::test]
async fn a_wallet_that_posts_its_nonce_gets_an_object_of_its_own_for_the_same_request() {
    let scene = Scene::new();
    let asked = scene.ask("a", true).await;
    let again = scene.fetch(&asked.request).await;
    assert_eq!((again.text == asked.compact, asked.object.get("wallet_nonce")), (true, None));
    let without = scene.fetch_by_post(&asked.request, &[("wallet_metadata", "{}")]).await;
    assert_eq!(without.text, asked.compact);
    let posted = scene.fetch_by_post(&asked.request, &[("wallet_nonce", "of-the-wallet")]).await;
    assert_eq!(posted.headers[header::CONTENT_TYPE], "application/oauth-authz-req+jwt");
    assert_eq!(posted.headers[header::CACHE_CONTROL], "no-store");
    let object = claims_of(&posted.text);
    assert_eq!(object["wallet_nonce"], "of-the-wallet");
    assert_ne!(object["state"], asked.object["state"]);
    let mut rest = object.clone();
    rest["state"] = asked.object["state"].clone();
    rest.as_object_mut().unwrap().remove("wallet_nonce");
    assert_eq!(rest, asked.object, "nothing else differs");
}

#[tokio::test]
async fn a_wallet_nonce_or_body_that_breaks_a_rule_is_refused() {
    let scene = Scene::new();
    let asked = scene.ask("a", true).await;
    let overlong = "x".repeat(513);
    for fields in [&[("wallet_nonce", "")][..], &[("wallet_nonce", &overlong)], &[("wallet_metadata", "[]")]]
    {
        let refused = scene.fetch_by_post(&asked.request, fields).await;
        assert_eq!(refused.refusal(), refusal(400, "invalid_request"), "{fields:?}");
    }
    let json =
        Request::post(path(&asked.request.request_uri)).header(header::CONTENT_TYPE, "application/json");
    let refused = scene.send(json.body(Body::from("{\"wallet_nonce\":\"n\"}")).unwrap()).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_request"));
    is_taken(&scene, &fetched(&scene, &asked, &"x".repeat(512)).await).await;
    for _ in 0..2 {
        let gone = scene.fetch_by_post(&asked.request, &[("wallet_nonce", "late")]).await;
        assert_eq!(gone.refusal(), refusal(404, "invalid_request"));
    }
}

#[tokio::test]
async fn whoever_else_fetches_the_request_takes_nothing_from_the_wallet_that_answers() {
    for encrypt in [true, false] {
        for nonce in [None, Some("of-the-wallet")] {
            let scene = Scene::new();
            let asked = scene.ask("a", encrypt).await;
            let bystanders = |from: usize| {
                let uri = asked.request.request_uri.clone();
                let fetch = move |one| form(&uri, &[("wallet_nonce", &format!("bystander-{one}"))]);
                (from..from + MANY).map(fetch).collect::<Vec<_>>()
            };
            at_once(&scene, bystanders(0)).await;
            let mine = match nonce {
                None => asked.clone(),
                Some(nonce) => fetched(&scene, &asked, nonce).await,
            };
            let stored = scene.memory.entries();
            for answered in at_once(&scene, bystanders(MANY)).await {
                assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
            }
            scene.fetch(&asked.request).await;
            assert!(scene.memory.entries() == stored, "handing out an object stores nothing");
            is_taken(&scene, &mine).await;
        }
    }
}

#[tokio::test]
async fn fetches_that_come_while_the_answer_is_taken_do_not_keep_it_out() {
    let scene = Scene::new();
    let asked = scene.ask("a", true).await;
    let mine = fetched(&scene, &asked, "of-the-wallet").await;
    let uri = &asked.request.request_uri;
    let mut requests: Vec<_> =
        (0..MANY).map(|one| form(uri, &[("wallet_nonce", &format!("bystander-{one}"))])).collect();
    requests.insert(MANY / 2, scene.answer(&mine));
    let answers = at_once(&scene, requests).await;
    assert_eq!(answers[MANY / 2].json(), json!({"sharing_proof_uri": format!("{VERIFIER}/follow-up/1")}));
    assert_eq!((scene.last_answer().request_hash, scene.taken().await), (hash_of(&mine), 1));
}

#[tokio::test]
async fn each_of_several_objects_is_known_by_its_own_state_whichever_is_answered() {
    let fetches = ["one", "two", "two", "one"];
    for answered in 0..fetches.len() {
        let scene = Scene::new();
        let asked = scene.ask("a", true).await;
        let mut objects = Vec::new();
        for nonce in fetches {
            objects.push(fetched(&scene, &asked, nonce).await);
        }
        assert_ne!(hash_of(&objects[0]), hash_of(&objects[1]));
        // What is fetched twice under one nonce says the same twice, whatever its signature.
        assert_eq!(hash_of(&objects[0]), hash_of(&objects[3]));
        assert_eq!(objects[0].object, objects[3].object);
        is_taken(&scene, &objects[answered]).await;
    }
}

#[tokio::test]
async fn a_state_that_was_not_handed_out_like_this_is_refused_also_beside_an_error() {
    let scene = Scene::new();
    for (subject, encrypt) in [("a", true), ("b", false)] {
        let (asked, other) = (scene.ask(subject, encrypt).await, scene.ask("other", encrypt).await);
        let mine = fetched(&scene, &asked, "one").await;
        let elsewhere = fetched(&scene, &other, "one").await;
        let second = fetched(&scene, &asked, "two").await;
        let (tag, nonce) = mine.text("state").split_once('.').unwrap();
        let (_, second) = second.text("state").split_once('.').unwrap();
        let states = [
            String::new(),
            tag.to_owned(),
            format!("{tag}."),
            format!(".{nonce}"),
            format!("{tag}.{second}"),
            format!("{}.{nonce}", asked.text("state")),
            format!("{tag}.{nonce}="),
            format!(" {tag}.{nonce}"),
            elsewhere.text("state").to_owned(),
            other.text("state").to_owned(),
        ];
        let token = json!({"own": [scene.presentation(mine.text("client_id"), mine.text("nonce"))]});
        for state in &states {
            is_refused(&scene, mine.post(&token, state), subject, "wrong_state").await;
            let declined = mine.form(&[("error", "access_denied"), ("state", state)]);
            is_refused(&scene, declined, subject, "wrong_state").await;
        }
        is_taken(&scene, &mine).await;
    }
}

#[tokio::test]
async fn a_bystander_who_fetched_the_request_too_cannot_end_it_by_an_error() {
    for encrypt in [true, false] {
        let scene = Scene::new();
        let asked = scene.ask("a", encrypt).await;
        let bystander = fetched(&scene, &asked, "one").await;
        for is_encrypted in [false, encrypt] {
            let answered = scene.send(bystander.error("access_denied", is_encrypted)).await;
            assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
            assert_eq!(scene.reason("a").await.as_deref(), Some("access_denied"));
        }
        let mine = fetched(&scene, &asked, "two").await;
        is_taken(&scene, &mine).await;
        assert_eq!(scene.reason("a").await, None);
    }
}

/// A request as it was stored before request objects had records of their own.
struct AsBefore(RequestRecord);

impl Change for AsBefore {
    const NAME: &'static str = "store-request-as-before";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        tx.delete::<RequestObject>(&self.0.id.as_bytes()[..]).await?;
        Ok(tx.put(&self.0).await?)
    }
}

#[tokio::test]
async fn a_request_that_was_open_at_the_upgrade_is_handed_out_and_answered() {
    for nonce in [None, Some("of-the-wallet")] {
        let scene = Scene::new();
        let asked = scene.ask("a", true).await;
        let tenant = &scene.replicas[0].inner.tenant;
        let id = SecretText::new(asked.request.request_uri.rsplit('/').next().unwrap()).hash();
        let key = id.as_bytes();
        let record = tenant.get::<RequestRecord>(&key[..]).await.unwrap().unwrap();
        let object = tenant.get::<RequestObject>(&key[..]).await.unwrap().unwrap();
        let before = RequestRecord { object_digest: None, object: Some(object.sealed), ..record };
        tenant.carry_out(&AsBefore(before)).await.unwrap();
        assert_eq!(scene.fetch(&asked.request).await.text, asked.compact);
        // What is remembered of a refusal takes nothing from it.
        is_refused(&scene, asked.form(&[("error", "x"), ("state", "x")]), "a", "wrong_state").await;
        let mine = match nonce {
            None => asked.clone(),
            Some(nonce) => fetched(&scene, &asked, nonce).await,
        };
        is_taken(&scene, &mine).await;
    }
}

#[tokio::test]
async fn an_answer_from_the_last_second_is_taken_though_the_request_ends_while_it_is_looked_at() {
    for nonce in [None, Some("of-the-wallet")] {
        let scene = Scene::new();
        let asked = scene.ask("a", true).await;
        let mine = match nonce {
            None => asked.clone(),
            Some(nonce) => fetched(&scene, &asked, nonce).await,
        };
        scene.clock.advance(OPEN - 1);
        let answer = json!({"own": [scene.presentation(mine.text("client_id"), mine.text("nonce"))]});
        let turns = scene.replicas[0].inner.turns.take_all().await;
        let answering = tokio::spawn(send(scene.routers[0].clone(), mine.compressed(&answer)));
        tokio::task::yield_now().await;
        assert!(!answering.is_finished());
        scene.clock.advance(10);
        drop(turns);
        let answered = answering.await.unwrap();
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
        assert_eq!(scene.last_answer().request_hash, hash_of(&mine));
        for gone in [scene.fetch(&asked.request).await, scene.send(scene.answer(&mine)).await] {
            assert_ne!(gone.status, StatusCode::OK, "and nothing more");
        }
    }
}
