//! New copies of a membership for a present one: as long as it counts, and not without end.

use credentials::types;
use credentials::vc::Facts;
use issuance::{FlowRecord, StatusEntry};
use jose::{Jwk, Signer};
use presentation::{Answer, Presented, Receiving, SignedBy, Way};
use serde_json::{Value, json};
use store::{Change, Fault, Tx};

use super::ending::{all, issued};
use super::stage::{DID, REQUEST, Stage};
use super::vouched;
use crate::members::STATEMENT;
use crate::renewing::{MOST_REFILLS, REFILL, SUBJECT};

/// A copy with this place, signed by whom.
pub(super) fn copy(stage: &Stage, key: &Jwk, signed_by: &str, status: Option<(&str, u64)>) -> Presented {
    let claims = json!({"space": signed_by.split_once(' ').unwrap().1});
    let mut presented = stage.presented("membership", types::MEMBERSHIP, key, claims);
    let status = status.map(|(uri, index)| json!({"status_list": {"uri": uri, "idx": index}}));
    let mut facts = json!({"vct": types::MEMBERSHIP, "cnf": {"jwk": key.to_value()},
        "iat": stage.now().seconds(), "exp": stage.now().plus(300).seconds()});
    if let Some(status) = status {
        facts["status"] = status;
    }
    presented.facts = Facts::of(facts.as_object().unwrap()).unwrap();
    presented.signed_by = match signed_by.split_once(' ').unwrap() {
        ("office", did) => SignedBy::Office(did.to_owned()),
        (_, did) => SignedBy::Space(did.to_owned()),
    };
    presented
}

fn answer(stage: &Stage, presented: Vec<Presented>) -> Answer {
    Answer {
        request_id: "request".to_owned(),
        subject: SUBJECT.to_owned(),
        request_hash: REQUEST.to_owned(),
        way: Way::NoScreen,
        answering_key: Some(stage.key().public_jwk().clone()),
        presented,
    }
}

/// An answer with the copy at this place of the space's first list.
fn shown(stage: &Stage, index: u64) -> Answer {
    let key = stage.key();
    let uri = "http://kiln.localhost/status/1";
    answer(stage, vec![copy(stage, key.public_jwk(), &format!("space {DID}"), Some((uri, index)))])
}

async fn member(stage: &Stage) -> String {
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    issued(stage, &sub, 0, 1).await;
    sub
}

async fn flows(stage: &Stage) -> Vec<FlowRecord> {
    all::<FlowRecord>(stage).await
}

#[tokio::test]
async fn a_member_who_shows_a_copy_is_offered_new_ones_of_the_same_membership() {
    let stage = Stage::new();
    let sub = member(&stage).await;
    let before = flows(&stage).await;
    let reply = stage.give(&shown(&stage, 0)).await.unwrap();
    assert!(reply.credential_offer.unwrap().starts_with("openid-credential-offer://"));
    assert_eq!((reply.redirect_uri, reply.sharing_proof_uri), (None, None), "nothing was learned");
    let mut new = flows(&stage).await;
    new.retain(|flow| before.iter().all(|known| known.id != flow.id));
    let offered: Vec<_> =
        new.iter().map(|flow| (flow.subject.as_str(), flow.configurations.clone())).collect();
    assert_eq!(offered, [(sub.as_str(), vec!["membership".to_owned()])]);
}

#[tokio::test]
async fn only_this_spaces_own_copies_are_refilled() {
    let stage = Stage::new();
    member(&stage).await;
    let key = stage.key();
    let there = Some(("http://kiln.localhost/status/1", 0));
    let ours = format!("space {DID}");
    let of = |by: &str, status| answer(&stage, vec![copy(&stage, key.public_jwk(), by, status)]);
    let before = stage.memory.entries();
    for (case, answer, code) in [
        ("another space", of("space did:web:other.example.org", there), "untrusted_issuer"),
        ("an office", of(&format!("office {DID}"), there), "untrusted_issuer"),
        (
            "the member",
            answer(
                &stage,
                vec![stage.presented("membership", types::MEMBERSHIP, key.public_jwk(), json!({}))],
            ),
            "untrusted_issuer",
        ),
        ("nothing", answer(&stage, Vec::new()), "missing_claims"),
        ("no status", of(&ours, None), "malformed_presentation"),
        ("a list of others", of(&ours, Some(("http://other.localhost/status/1", 0))), "revoked"),
        ("a place that nobody has", of(&ours, Some(("http://kiln.localhost/status/1", 1))), "revoked"),
    ] {
        assert_eq!(stage.give(&answer).await.unwrap_err(), code, "{case}");
    }
    assert!(stage.memory.entries() == before, "nothing has changed");
    assert!(stage.give(&of(&ours, there)).await.is_ok());
}

/// The place of a statement.
struct Stated(String);

impl Change for Stated {
    const NAME: &'static str = "stated";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let (list, subject) = ("1".to_owned(), self.0.clone());
        let until = tx.now().plus(86_400).seconds();
        let configuration = STATEMENT.to_owned();
        Ok(tx.put(&StatusEntry { list, index: 7, subject, configuration, until }).await?)
    }
}

#[tokio::test]
async fn the_place_of_a_statement_is_no_membership() {
    let stage = Stage::new();
    let sub = member(&stage).await;
    stage.tenant.carry_out(&Stated(sub)).await.unwrap();
    assert_eq!(stage.give(&shown(&stage, 7)).await.unwrap_err(), "revoked");
    assert!(stage.give(&shown(&stage, 0)).await.is_ok());
}

#[tokio::test]
async fn a_membership_that_has_ended_is_not_refilled_also_when_it_was_prepared_before() {
    let stage = Stage::new();
    let sub = member(&stage).await;
    let answer = shown(&stage, 0);
    let Ok(prepared) = stage.space.prepare(&answer).await else { panic!("it counts") };
    assert!(stage.holds(prepared.as_ref()).await);
    stage.space.end_membership(&sub).await.unwrap();
    assert!(!stage.holds(prepared.as_ref()).await);
    assert_eq!(stage.give(&shown(&stage, 0)).await.unwrap_err(), "revoked");
}

#[tokio::test]
async fn a_membership_is_refilled_twenty_four_times_a_day_and_counted_apart_from_any_other() {
    let stage = Stage::new();
    member(&stage).await;
    let (other, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    issued(&stage, &other, 1, 1).await;
    let last = shown(&stage, 0);
    let Ok(prepared) = stage.space.prepare(&last).await else { panic!("it counts") };
    for round in 0..MOST_REFILLS {
        assert!(stage.give(&shown(&stage, 0)).await.is_ok(), "{round}");
    }
    assert!(!stage.holds(prepared.as_ref()).await, "another answer was first");
    assert_eq!(stage.give(&last).await.unwrap_err(), "too_many");
    assert!(stage.give(&shown(&stage, 1)).await.is_ok());
    stage.clock.advance(86_399);
    assert_eq!(stage.give(&shown(&stage, 0)).await.unwrap_err(), "too_many");
    stage.clock.advance(1);
    assert!(stage.give(&shown(&stage, 0)).await.is_ok());
}

#[tokio::test]
async fn a_wallet_that_asks_for_eight_copies_refills_ten_times_in_two_weeks_and_more_than_that_is_refused() {
    let stage = Stage::new();
    let sub = member(&stage).await;
    let mut copies = 1;
    for refill in 0..10 {
        assert!(stage.give(&shown(&stage, 0)).await.is_ok(), "{refill}");
        issued(&stage, &sub, copies, 8).await;
        copies += 8;
    }
    assert_eq!(stage.give(&shown(&stage, 0)).await.unwrap_err(), "too_many", "{copies} of 100");
    // An expired copy counts no more, though its place is kept for a day.
    stage.clock.advance(14 * 86_400);
    issued(&stage, &sub, copies, 1).await;
    assert!(stage.give(&shown(&stage, copies)).await.is_ok());
}

#[tokio::test]
async fn a_refill_leaves_room_for_a_batch_of_the_teams_offer() {
    let stage = Stage::new();
    let sub = member(&stage).await;
    issued(&stage, &sub, 1, 79).await;
    assert!(stage.give(&shown(&stage, 0)).await.is_ok(), "80 of 100");
    issued(&stage, &sub, 80, 1).await;
    assert_eq!(stage.give(&shown(&stage, 0)).await.unwrap_err(), "too_many", "81 of 100");
    let offered = async || stage.space.offer_again(&sub, false, 600, "ada").await;
    issued(&stage, &sub, 81, 18).await;
    assert!(offered().await.is_ok(), "99 of 100");
    issued(&stage, &sub, 99, 1).await;
    assert!(matches!(offered().await, Err(crate::SpaceError::EnoughCopies)));
    stage.clock.advance(14 * 86_400);
    assert!(offered().await.is_ok());
}

#[test]
fn a_refill_asks_for_nothing_but_this_space_and_only_where_that_is_registered() {
    let stage = Stage::new();
    let refill = stage.space.refill().unwrap();
    let asked: &Value = &refill.query["credentials"];
    assert_eq!(asked.as_array().unwrap().len(), 1);
    assert_eq!(asked[0]["claims"], json!([{"path": ["space"], "values": [DID]}]));
    assert_eq!(asked[0]["meta"], json!({"vct_values": [types::MEMBERSHIP]}));
    let uses = &stage.space.registration().content().intended_uses;
    assert!(uses.iter().any(|one| one.id == REFILL));
    let other = Stage::without_refills();
    assert_eq!(other.space.refill(), None);
}
