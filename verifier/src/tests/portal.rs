//! Signing in: a copy of this space's own membership, one session for one answer, and its end.

use jose::Signer;
use openid4vc::secret::SecretText;
use presentation::{Answer, Receiving, Settlement, SignedBy, Way};
use serde_json::json;

use super::ending::issued;
use super::renewing::copy;
use super::stage::{DID, REQUEST, Stage, browser};
use super::vouched;
use crate::portal::{IDLE, LONGEST, MOST_SIGN_INS, MemberSession, ShownMembership, is_about_signing_in};

const HERE: Way = Way::SameDevice { session: openid4vc::secret::SecretHash::from_bytes([9; 32]) };

async fn member(stage: &Stage) -> String {
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    issued(stage, &sub, 0, 1).await;
    sub
}

/// An answer to a fresh request with the copy at this place of the space's first list.
fn shown(stage: &Stage, index: u64, way: Way) -> Answer {
    let key = stage.key();
    let uri = "http://kiln.localhost/status/1";
    Answer {
        request_id: "request".to_owned(),
        subject: stage.space.sign_in_request().unwrap().subject,
        request_hash: REQUEST.to_owned(),
        way,
        answering_key: Some(key.public_jwk().clone()),
        presented: vec![copy(stage, key.public_jwk(), &format!("space {DID}"), Some((uri, index)))],
    }
}

fn secret(name: &str) -> SecretText {
    SecretText::new(name)
}

/// Signs in as that member; the session's name.
async fn signed_in(stage: &Stage, name: &str) -> MemberSession {
    let answer = shown(stage, 0, HERE);
    stage.give(&answer).await.unwrap();
    stage.space.sign_in(&answer.subject, &secret(name)).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_request_asks_for_this_spaces_membership_alone_and_nothing_of_the_member() {
    let stage = Stage::new();
    let request = stage.space.sign_in_request().unwrap();
    assert!(is_about_signing_in(&request.subject));
    assert_ne!(stage.space.sign_in_request().unwrap().subject, request.subject);
    assert_eq!(
        request.query,
        json!({"credentials": [{"id": "membership", "format": "dc+sd-jwt",
            "meta": {"vct_values": ["urn:passport-network:membership:1"]},
            "claims": [{"path": ["space"], "values": [DID]}]}]})
    );
    assert_eq!(Stage::without_refills().space.sign_in_request(), None, "where it is not registered");
}

#[tokio::test]
async fn one_answer_gives_one_session_to_whoever_is_known_to_be_there() {
    let stage = Stage::new();
    let sub = member(&stage).await;
    for (way, page) in [
        (HERE, "http://kiln.localhost/sign-in/return"),
        (Way::OtherDevice { session: browser() }, "http://kiln.localhost/sign-in/phone"),
    ] {
        let answer = shown(&stage, 0, way);
        let reply = stage.give(&answer).await.unwrap();
        assert_eq!(reply.redirect_uri.as_deref(), Some(page));
        assert_eq!((reply.sharing_proof_uri, reply.credential_offer), (None, None), "nothing was learned");
        let session = secret(page);
        assert_eq!(stage.space.signed_in(&session).await.unwrap(), None);
        let made = stage.space.sign_in(&answer.subject, &session).await.unwrap().unwrap();
        assert_eq!((made.session, made.sub.as_str()), (session.hash(), sub.as_str()));
        let found = stage.space.signed_in(&session).await.unwrap().unwrap();
        assert_eq!((found.session, found.member.sub.as_str()), (made, sub.as_str()));
        // It works once, under no other name and for no other request.
        assert_eq!(stage.space.sign_in(&answer.subject, &secret("other")).await.unwrap(), None);
        assert_eq!(stage.space.signed_in(&secret("other")).await.unwrap(), None);
    }
    let unknown = stage.space.sign_in_request().unwrap().subject;
    assert_eq!(stage.space.sign_in(&unknown, &secret("other")).await.unwrap(), None);
}

#[tokio::test]
async fn only_this_spaces_own_membership_that_counts_signs_in() {
    let stage = Stage::new();
    let sub = member(&stage).await;
    let key = stage.key();
    let place = Some(("http://kiln.localhost/status/1", 0));
    let before = stage.memory.entries();
    let with = |presented| Answer { presented, ..shown(&stage, 0, HERE) };
    let other = copy(&stage, key.public_jwk(), "space did:web:other.example.org", place);
    let office = copy(&stage, key.public_jwk(), &format!("office {DID}"), place);
    let mut own = copy(&stage, key.public_jwk(), &format!("space {DID}"), place);
    own.signed_by = SignedBy::Holder;
    for (case, answer, code) in [
        ("another space", with(vec![other]), "untrusted_issuer"),
        ("an office", with(vec![office]), "untrusted_issuer"),
        ("the member", with(vec![own]), "untrusted_issuer"),
        ("nothing", with(Vec::new()), "missing_claims"),
        (
            "no status",
            with(vec![copy(&stage, key.public_jwk(), &format!("space {DID}"), None)]),
            "malformed_presentation",
        ),
        ("a place that nobody has", shown(&stage, 1, HERE), "revoked"),
        ("nobody at a screen", shown(&stage, 0, Way::NoScreen), "invalid_request"),
    ] {
        assert_eq!(stage.give(&answer).await.unwrap_err(), code, "{case}");
    }
    assert!(stage.memory.entries() == before, "nothing has changed");
    let answer = shown(&stage, 0, HERE);
    stage.give(&answer).await.unwrap();
    stage.space.end_membership(&sub).await.unwrap();
    assert_eq!(stage.space.sign_in(&answer.subject, &secret("late")).await.unwrap(), None, "ended meanwhile");
    assert_eq!(stage.give(&shown(&stage, 0, HERE)).await.unwrap_err(), "revoked");
}

#[tokio::test]
async fn what_was_shown_by_somebody_else_goes_and_so_does_what_nobody_came_for() {
    let stage = Stage::new();
    member(&stage).await;
    for settlement in [Settlement::Rejected, Settlement::Filed] {
        let answer = shown(&stage, 0, HERE);
        stage.give(&answer).await.unwrap();
        let settled = stage.space.settle(&answer.subject, settlement).await.unwrap();
        stage.store(settled.as_ref()).await;
        assert_eq!(stage.space.sign_in(&answer.subject, &secret("s")).await.unwrap(), None, "{settlement:?}");
        assert!(stage.tenant.get::<ShownMembership>(&answer.subject).await.unwrap().is_none());
    }
    let answer = shown(&stage, 0, HERE);
    stage.give(&answer).await.unwrap();
    let settled = stage.space.settle(&answer.subject, Settlement::Complete).await.unwrap();
    stage.store(settled.as_ref()).await;
    stage.clock.advance(900);
    assert_eq!(stage.space.sign_in(&answer.subject, &secret("s")).await.unwrap(), None, "too late");
}

#[tokio::test]
async fn a_session_ends_with_the_membership_at_once() {
    let stage = Stage::new();
    let sub = member(&stage).await;
    signed_in(&stage, "here").await;
    signed_in(&stage, "there").await;
    assert!(stage.space.signed_in(&secret("here")).await.unwrap().is_some());
    stage.space.end_membership(&sub).await.unwrap();
    for name in ["here", "there"] {
        assert_eq!(stage.space.signed_in(&secret(name)).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_at_last_in_any_case() {
    let stage = Stage::new();
    member(&stage).await;
    let made = signed_in(&stage, "idle").await;
    assert_eq!(made.until(), stage.now().plus(IDLE).seconds());
    stage.clock.advance(IDLE - 1);
    assert!(stage.space.signed_in(&secret("idle")).await.unwrap().is_some());
    stage.clock.advance(IDLE - 1);
    assert!(stage.space.signed_in(&secret("idle")).await.unwrap().is_some(), "it was used");
    stage.clock.advance(IDLE);
    assert_eq!(stage.space.signed_in(&secret("idle")).await.unwrap(), None);

    signed_in(&stage, "used").await;
    let steps = LONGEST / (IDLE - 1);
    for _ in 0..steps {
        stage.clock.advance(IDLE - 1);
        assert!(stage.space.signed_in(&secret("used")).await.unwrap().is_some());
    }
    stage.clock.advance(LONGEST - steps * (IDLE - 1));
    assert_eq!(stage.space.signed_in(&secret("used")).await.unwrap(), None, "used all the time");
}

#[tokio::test]
async fn the_use_of_a_session_is_written_every_five_minutes_and_no_more() {
    let stage = Stage::new();
    member(&stage).await;
    signed_in(&stage, "s").await;
    let before = stage.memory.entries();
    stage.clock.advance(299);
    assert!(stage.space.signed_in(&secret("s")).await.unwrap().is_some());
    assert!(stage.memory.entries() == before);
    stage.clock.advance(1);
    assert!(stage.space.signed_in(&secret("s")).await.unwrap().is_some());
    assert!(stage.memory.entries() != before);
}

#[tokio::test]
async fn whoever_signs_out_is_out_and_nobody_else() {
    let stage = Stage::new();
    member(&stage).await;
    signed_in(&stage, "one").await;
    signed_in(&stage, "two").await;
    assert!(stage.space.sign_out(&secret("one")).await.unwrap());
    assert!(!stage.space.sign_out(&secret("one")).await.unwrap());
    assert_eq!(stage.space.signed_in(&secret("one")).await.unwrap(), None);
    assert!(stage.space.signed_in(&secret("two")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_membership_signs_in_forty_eight_times_a_day_and_no_more() {
    let stage = Stage::new();
    member(&stage).await;
    for _ in 0..MOST_SIGN_INS {
        stage.give(&shown(&stage, 0, HERE)).await.unwrap();
    }
    assert_eq!(stage.give(&shown(&stage, 0, HERE)).await.unwrap_err(), "too_many");
    stage.clock.advance(86_400);
    assert!(stage.give(&shown(&stage, 0, HERE)).await.is_ok());
}
