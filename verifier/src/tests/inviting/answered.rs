//! What an answer makes of an invitation, and of the place that it takes.

use jose::Signer;
use openid4vc::secret::SecretText;
use outbound::mail::MailError;
use presentation::{Receiving, Settlement, Way};

use super::{Out, at_page, by_team, number, state, to_sign_up, token, with_post};
use crate::Space;
use crate::invitations::opening::Opening;
use crate::invitations::post::Letter;
use crate::invitations::records::{Invitation, OpenFor, Purpose, State};
use crate::invitations::{InviteError, SIGN_UP_LIFETIME, Whom};
use crate::tests::ending::all;
use crate::tests::stage::{Stage, browser};

/// Somebody opens the link of this letter's invitation and signs up; gives what the space asked.
async fn signs_up(stage: &Stage, space: &Space, letter: &Letter) -> crate::records::Asked {
    let asked = space.ask("sign-up").await.unwrap();
    space.invitation_opened(&letter.id, &token(letter), &[&asked.id]).await.unwrap();
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    asked
}

/// The identifiers of the letters that were carried, each sent now as far as it may be.
async fn sent(space: &Space, way: &Out) -> Vec<String> {
    while space.send_invitations().await.unwrap() > 0 {}
    way.letters().into_iter().map(|(_, letter)| letter.id).collect()
}

#[tokio::test]
async fn after_an_answer_the_team_may_invite_the_same_member_again_and_not_before() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    let first = space.invite(&to_sign_up(1)).await.unwrap();
    assert_eq!(sent(&space, &way).await, [first.id.as_str()]);
    let letter = way.letters()[0].1.clone();
    // Opened, and asked several times: it is open all the same.
    for _ in 0..2 {
        let asked = space.ask("sign-up").await.unwrap();
        space.invitation_opened(&first.id, &token(&letter), &[&asked.id]).await.unwrap();
        assert!(matches!(space.invite(&to_sign_up(1)).await, Err(InviteError::AlreadyOpen)));
    }
    signs_up(&stage, &space, &letter).await;
    assert_eq!(state(&space, &first).await, State::Answered);
    assert_eq!(all::<OpenFor>(&stage).await.len(), 0, "nothing says that the member was invited");
    let second = space.invite(&to_sign_up(1)).await.unwrap();
    assert_eq!(sent(&space, &way).await, [first.id.as_str(), second.id.as_str()]);
    assert!(
        matches!(space.invite(&to_sign_up(1)).await, Err(InviteError::AlreadyOpen)),
        "the second is open"
    );
    // The link that was answered stays used up, and answers to what was asked by it free nothing of the second.
    assert!(matches!(space.invitation_behind(&token(&letter)).await.unwrap(), Opening::Answered(_)));
    signs_up(&stage, &space, &letter).await;
    assert_eq!((state(&space, &second).await, all::<OpenFor>(&stage).await.len()), (State::Sent, 1));
    assert!(matches!(space.invite(&to_sign_up(1)).await, Err(InviteError::AlreadyOpen)));
}

#[tokio::test]
async fn after_an_answer_what_is_typed_at_the_page_goes_out_and_while_one_is_open_it_does_not() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    let of_team = space.invite(&to_sign_up(1)).await.unwrap();
    assert_eq!(sent(&space, &way).await.len(), 1);
    space.invite(&at_page(1)).await.unwrap();
    assert_eq!(sent(&space, &way).await, [of_team.id.as_str()], "the team's is open");
    signs_up(&stage, &space, &way.letters()[0].1).await;
    let typed = space.invite(&at_page(1)).await.unwrap();
    assert_eq!(sent(&space, &way).await, [of_team.id.as_str(), typed.id.as_str()]);
    // One that was typed is open, too, until it is answered.
    space.invite(&at_page(1)).await.unwrap();
    assert_eq!(sent(&space, &way).await.len(), 2);
    signs_up(&stage, &space, &way.letters()[1].1).await;
    let again = space.invite(&at_page(1)).await.unwrap();
    assert_eq!(sent(&space, &way).await.last(), Some(&again.id));
}

#[tokio::test]
async fn an_answer_frees_the_place_of_its_own_invitation_and_of_no_other() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    let typed = space.invite(&at_page(1)).await.unwrap();
    sent(&space, &way).await;
    let link_of_page = way.letters()[0].1.clone();
    space.invite(&to_sign_up(1)).await.unwrap();
    space.invite(&to_sign_up(2)).await.unwrap();
    space.invite(&by_team(Whom::Number(number(1)), Purpose::HereIAm)).await.unwrap();
    // The team's took the place of the one that was typed, whose link opens still.
    signs_up(&stage, &space, &link_of_page).await;
    assert_eq!(state(&space, &typed).await, State::Answered);
    for new in [to_sign_up(1), to_sign_up(2), by_team(Whom::Number(number(1)), Purpose::HereIAm)] {
        assert!(matches!(space.invite(&new).await, Err(InviteError::AlreadyOpen)));
    }
}

#[tokio::test]
async fn an_answer_that_is_awaited_frees_the_place_once_its_device_came_back() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    let made = space.invite(&to_sign_up(1)).await.unwrap();
    sent(&space, &way).await;
    let token = token(&way.letters()[0].1);
    for (settlement, is_free) in [(Settlement::Rejected, false), (Settlement::Complete, true)] {
        let asked = stage.asked_on_a_page("sign-up").await;
        space.invitation_opened(&made.id, &token, &[&asked.id]).await.unwrap();
        let key = stage.key();
        let way = Way::SameDevice { session: browser() };
        stage.give(&stage.answer(&asked, key.public_jwk(), way, None)).await.unwrap();
        assert!(matches!(space.invite(&to_sign_up(1)).await, Err(InviteError::AlreadyOpen)), "not known yet");
        let settled = space.settle(&asked.id, settlement).await.unwrap();
        stage.store(settled.as_ref()).await;
        assert_eq!(space.invite(&to_sign_up(1)).await.is_ok(), is_free);
    }
}

#[tokio::test]
async fn a_letter_that_is_tried_again_after_its_answer_goes_nowhere_and_takes_no_place() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    for new in [to_sign_up(1), at_page(2)] {
        space.invite(&new).await.unwrap();
        // The mailbox took it, and its answer was lost.
        way.fail([MailError::Unreachable]);
        let before = sent(&space, &way).await.len();
        signs_up(&stage, &space, &way.letters().last().unwrap().1).await;
        stage.clock.advance(5);
        assert_eq!(sent(&space, &way).await.len(), before);
        assert_eq!(all::<OpenFor>(&stage).await.len(), 0);
    }
}

#[tokio::test]
async fn a_place_that_an_earlier_version_took_counts_until_its_end() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    space.invite(&to_sign_up(1)).await.unwrap();
    let open = all::<OpenFor>(&stage).await.remove(0);
    let mut stored = serde_json::to_value(&open).unwrap();
    stored.as_object_mut().unwrap().remove("freed_by").unwrap();
    let earlier: OpenFor = serde_json::from_value(stored).unwrap();
    stage.tenant.carry_out(&PutOpen(earlier)).await.unwrap();
    assert_eq!(sent(&space, &way).await.len(), 1, "the team's own goes out");
    space.invite(&at_page(1)).await.unwrap();
    assert_eq!(sent(&space, &way).await.len(), 1);
    signs_up(&stage, &space, &way.letters()[0].1).await;
    assert!(matches!(space.invite(&to_sign_up(1)).await, Err(InviteError::AlreadyOpen)));
    stage.clock.advance(SIGN_UP_LIFETIME);
    space.invite(&to_sign_up(1)).await.unwrap();
}

/// Stores a mark as it is.
struct PutOpen(OpenFor);

impl store::Change for PutOpen {
    const NAME: &'static str = "put-open";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut store::Tx) -> Result<(), store::Fault<Self::Refusal>> {
        Ok(tx.put(&self.0).await?)
    }
}

/// A letter that was carried, with its invitation.
async fn invited(stage: &Stage) -> (Space, Invitation, SecretText) {
    let (space, way) = with_post(stage);
    let made = space.invite(&to_sign_up(1)).await.unwrap();
    space.send_invitations().await.unwrap();
    let token = token(&way.letters()[0].1);
    (space, made, token)
}

#[tokio::test]
async fn an_answer_fills_the_invitation_once_it_is_known_who_gave_it() {
    let stage = Stage::new();
    let (space, made, token) = invited(&stage).await;
    let opening = space.invitation_behind(&token).await.unwrap();
    assert!(matches!(opening, Opening::Open(_)));
    assert_eq!(state(&space, &made).await, State::Sent, "looking changes nothing");
    let rejected = stage.asked_on_a_page("sign-up").await;
    let same_device = stage.asked_on_a_page("sign-up").await;
    let unrelated = space.ask("sign-up").await.unwrap();
    space.invitation_opened(&made.id, &token, &[&rejected.id, &same_device.id]).await.unwrap();
    assert_eq!(state(&space, &made).await, State::Opened);

    let key = stage.key();
    stage.give(&stage.answer(&unrelated, key.public_jwk(), Way::NoScreen, None)).await.unwrap();
    assert_eq!(state(&space, &made).await, State::Opened, "another sign-up is no answer to it");
    let way = Way::SameDevice { session: browser() };
    for (asked, settlement, then) in [
        (&rejected, Settlement::Rejected, State::Opened),
        (&same_device, Settlement::Complete, State::Answered),
    ] {
        stage.give(&stage.answer(asked, key.public_jwk(), way, None)).await.unwrap();
        assert_eq!(state(&space, &made).await, State::Opened, "nobody knows yet who was there");
        let settled = space.settle(&asked.id, settlement).await.unwrap();
        stage.store(settled.as_ref()).await;
        assert_eq!(state(&space, &made).await, then);
    }
    assert!(matches!(space.invitation_behind(&token).await.unwrap(), Opening::Answered(_)));
    let answered = space.invitation(&made.id).await.unwrap();
    assert_eq!(answered.answered.unwrap().sub, None, "no sign-up and no member is named");
}

#[tokio::test]
async fn a_forwarded_link_opens_the_ordinary_sign_up_and_a_stolen_one_no_more() {
    let stage = Stage::new();
    let (space, made, token) = invited(&stage).await;
    // Whoever got the link from somebody else signs up as themselves.
    let asked = space.ask("sign-up").await.unwrap();
    space.invitation_opened(&made.id, &token, &[&asked.id]).await.unwrap();
    let stranger = stage.key();
    stage.give(&stage.answer(&asked, stranger.public_jwk(), Way::NoScreen, None)).await.unwrap();
    let members = space.members(10).await.unwrap();
    assert_eq!(members.len(), 1);
    let first = space.invitation(&made.id).await.unwrap().answered.unwrap();
    // A request that was made before may still be answered: an ordinary sign-up, and the invitation stays as it was.
    stage.clock.advance(10);
    let other = space.ask("sign-up").await.unwrap();
    space.invitation_opened(&made.id, &token, &[&other.id]).await.unwrap();
    stage.give(&stage.answer(&other, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    assert_eq!(space.invitation(&made.id).await.unwrap().answered.unwrap(), first);
    assert!(matches!(space.invitation_behind(&token).await.unwrap(), Opening::Answered(_)));
    // What looks like the link opens nothing: another secret, its hash, the invitation's name.
    let hash = serde_json::to_value(token.hash()).unwrap();
    for other in [made.id.as_str(), hash.as_str().unwrap(), "", token.expose().get(1..).unwrap()] {
        assert_eq!(space.invitation_behind(&SecretText::new(other)).await.unwrap(), Opening::Gone);
    }
    stage.clock.advance(SIGN_UP_LIFETIME);
    assert_eq!(space.invitation_behind(&token).await.unwrap(), Opening::Gone, "as if it had never been");
}
