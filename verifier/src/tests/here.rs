//! *Here I am*: the membership in the answer says who it is, and nothing else does.

use credentials::types;
use credentials::vc::Facts;
use jose::Signer;
use presentation::{Answer, Receiving, SignedBy, Way};
use serde_json::json;

use super::ending::issued;
use super::inviting::{by_team, number, token, with_post};
use super::stage::{DID, REQUEST, Stage};
use super::vouched;
use crate::Space;
use crate::invitations::records::{Invitation, Purpose, State};
use crate::invitations::{HERE_LIFETIME, InviteError, Whom};

/// A member with one copy at this place of the list.
async fn member(stage: &Stage, place: u64) -> String {
    let (sub, _) = stage.space.add_member(&vouched(), false, 600).await.unwrap();
    issued(stage, &sub, place, 1).await;
    sub
}

async fn invited(stage: &Stage) -> (Space, Invitation) {
    let (space, _) = with_post(stage);
    let made = space.invite(&by_team(Whom::Number(number(1)), Purpose::HereIAm)).await.unwrap();
    (space, made)
}

/// What a wallet shows that holds the copy at `place` and says that it is of `sub`.
fn shown(stage: &Stage, invitation: &Invitation, by: &str, sub: &str, place: u64) -> Answer {
    let key = stage.key();
    let claims = json!({"sub": sub, "space": by});
    let mut copy = stage.presented("membership", types::MEMBERSHIP, key.public_jwk(), claims);
    let status = json!({"status_list": {"uri": "http://kiln.localhost/status/1", "idx": place}});
    let facts = json!({"vct": types::MEMBERSHIP, "cnf": {"jwk": key.public_jwk().to_value()},
        "iat": stage.now().seconds(), "exp": stage.now().plus(300).seconds(), "status": status});
    copy.facts = Facts::of(facts.as_object().unwrap()).unwrap();
    copy.signed_by = SignedBy::Space(by.to_owned());
    Answer {
        request_id: "request".to_owned(),
        subject: stage.space.here_i_am(&invitation.id).unwrap().subject,
        request_hash: REQUEST.to_owned(),
        way: Way::NoScreen,
        answering_key: Some(key.public_jwk().clone()),
        presented: vec![copy],
    }
}

async fn found(space: &Space, invitation: &Invitation) -> (State, Option<String>) {
    let one = space.invitation(&invitation.id).await.unwrap();
    let state = one.state(space.tenant().environment().now());
    (state, one.answered.and_then(|answered| answered.sub))
}

#[tokio::test]
async fn the_answer_names_the_member_and_the_first_one_counts() {
    let stage = Stage::new();
    let (ada, ben) = (member(&stage, 0).await, member(&stage, 1).await);
    let (space, made) = invited(&stage).await;
    let reply = stage.give(&shown(&stage, &made, DID, &ada, 0)).await.unwrap();
    assert_eq!((reply.redirect_uri, reply.sharing_proof_uri, reply.credential_offer), (None, None, None));
    assert_eq!(found(&space, &made).await, (State::Answered, Some(ada.clone())));
    assert_eq!(stage.give(&shown(&stage, &made, DID, &ben, 1)).await.unwrap_err(), "request_expired");
    assert_eq!(found(&space, &made).await.1, Some(ada));
}

#[tokio::test]
async fn once_somebody_was_there_the_team_may_ask_the_same_number_again_and_not_before() {
    let stage = Stage::new();
    let ada = member(&stage, 0).await;
    let (space, way) = with_post(&stage);
    let new = by_team(Whom::Number(number(1)), Purpose::HereIAm);
    let made = space.invite(&new).await.unwrap();
    space.send_invitations().await.unwrap();
    let subject = space.here_i_am(&made.id).unwrap().subject;
    space.invitation_opened(&made.id, &token(&way.letters()[0].1), &[&subject]).await.unwrap();
    assert_eq!(stage.give(&shown(&stage, &made, DID, &ada, 7)).await.unwrap_err(), "revoked");
    assert!(matches!(space.invite(&new).await, Err(InviteError::AlreadyOpen)), "nobody was there");
    stage.give(&shown(&stage, &made, DID, &ada, 0)).await.unwrap();
    let again = space.invite(&new).await.unwrap();
    assert_eq!(stage.give(&shown(&stage, &made, DID, &ada, 0)).await.unwrap_err(), "request_expired");
    assert_eq!(found(&space, &again).await, (State::Sent, None));
    assert!(matches!(space.invite(&new).await, Err(InviteError::AlreadyOpen)));
}

#[tokio::test]
async fn whoever_answers_in_anothers_place_is_found_as_themselves() {
    let stage = Stage::new();
    let (ada, ben) = (member(&stage, 0).await, member(&stage, 1).await);
    let (space, made) = invited(&stage).await;
    // The copy's place in the list says whose it is, whatever it claims.
    assert_eq!(stage.give(&shown(&stage, &made, DID, &ada, 1)).await.unwrap_err(), "missing_claims");
    assert_eq!(found(&space, &made).await.0, State::Sent);
    stage.give(&shown(&stage, &made, DID, &ben, 1)).await.unwrap();
    assert_eq!(found(&space, &made).await.1, Some(ben));
}

#[tokio::test]
async fn only_a_membership_of_this_space_that_counts_is_taken() {
    let stage = Stage::new();
    let (ada, ben) = (member(&stage, 0).await, member(&stage, 1).await);
    let (space, made) = invited(&stage).await;
    let elsewhere = "did:web:other.example.org";
    for (by, sub, place, code) in [
        (elsewhere, &ada, 0, "untrusted_issuer"),
        (DID, &ada, 7, "revoked"),
        (DID, &"nobody".to_owned(), 0, "missing_claims"),
    ] {
        let refused = stage.give(&shown(&stage, &made, by, sub, place)).await.unwrap_err();
        assert_eq!(refused, code, "{place}");
    }
    space.end_membership(&ben).await.unwrap();
    assert_eq!(stage.give(&shown(&stage, &made, DID, &ben, 1)).await.unwrap_err(), "revoked");
    let before = stage.memory.entries();
    let prepared = space.prepare(&shown(&stage, &made, DID, &ada, 0)).await;
    let Ok(prepared) = prepared else { panic!("it is taken") };
    assert!(stage.holds(prepared.as_ref()).await);
    assert!(stage.memory.entries() == before, "preparing changes nothing");
    space.end_membership(&ada).await.unwrap();
    assert!(!stage.holds(prepared.as_ref()).await, "the membership ended between the two");
    assert_eq!(found(&space, &made).await, (State::Sent, None));
}

#[tokio::test]
async fn an_answer_after_the_end_or_to_no_invitation_is_refused() {
    let stage = Stage::new();
    let ada = member(&stage, 0).await;
    let (space, made) = invited(&stage).await;
    let other = Invitation { id: "another".to_owned(), ..made.clone() };
    assert_eq!(stage.give(&shown(&stage, &other, DID, &ada, 0)).await.unwrap_err(), "request_expired");
    stage.clock.advance(HERE_LIFETIME);
    assert_eq!(stage.give(&shown(&stage, &made, DID, &ada, 0)).await.unwrap_err(), "request_expired");
    assert_eq!(found(&space, &made).await, (State::Expired, None));
}

#[test]
fn the_request_asks_for_the_membership_of_this_very_space_alone() {
    let stage = Stage::new();
    let asked = stage.space.here_i_am("invitation").unwrap();
    assert_eq!(
        asked.query,
        json!({"credentials": [{"id": "membership", "format": "dc+sd-jwt",
            "meta": {"vct_values": [types::MEMBERSHIP]},
            "claims": [{"path": ["sub"]}, {"path": ["space"], "values": [DID]}]}]})
    );
    assert!(Stage::without_refills().space.here_i_am("invitation").is_none());
}
