//! Word of a decision goes to the inbox that the terms named, and leaves nothing behind.

use std::sync::{Arc, Mutex};

use did::number::{OfficePrefix, PassportNumber};
use jose::{DecryptionKey, Signer, VerifyingKey};
use network::decision::{Decision, Outcome};
use network::mailbox::{About, Message};
use network::terms::Inbox;
use presentation::{BoxFuture, Way};
use serde_json::json;

use super::ending::all;
use super::stage::{DID, REQUEST, Stage, browser};
use crate::Space;
use crate::invitations::post::{Courier, Letter, Letters, NotYet, Obstacle, Place, Post};
use crate::records::SignUp;
use crate::telling::TELL_INBOX;

const ADDRESS: &str = "https://office.localhost/mailbox/canary-address";

/// Keeps what is left at inboxes.
#[derive(Default)]
pub(super) struct Hatch {
    pub(super) left: Mutex<Vec<(Inbox, Message)>>,
    pub(super) is_shut: Mutex<bool>,
}

impl Courier for Hatch {
    fn way_to(&self, _: OfficePrefix) -> Result<(), Obstacle> {
        Err(Obstacle::NoOffice)
    }

    fn find<'a>(&'a self, _: &'a PassportNumber) -> BoxFuture<'a, Result<Option<Place>, NotYet>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn carry<'a>(&'a self, _: &'a Place, _: &'a Letter) -> BoxFuture<'a, Result<(), NotYet>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn leave<'a>(&'a self, inbox: &'a Inbox, message: &'a Message) -> BoxFuture<'a, Result<(), NotYet>> {
        if *self.is_shut.lock().unwrap() {
            return Box::pin(std::future::ready(Err(NotYet::Place("the mailbox cannot be reached"))));
        }
        self.left.lock().unwrap().push((inbox.clone(), message.clone()));
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Letters for Hatch {
    fn invitation(&self, _: &str, _: &str, _: &str) -> (String, String) {
        (String::new(), String::new())
    }
}

pub(super) fn with_post(stage: &mut Stage) -> Arc<Hatch> {
    let hatch = Arc::new(Hatch::default());
    let post = Post { courier: hatch.clone(), mailer: None, letters: hatch.clone() };
    stage.space = stage.space.clone().with_post(post);
    hatch
}

fn inbox(stage: &Stage) -> Inbox {
    let key = DecryptionKey::generate("inbox", stage.tenant.environment().randomness()).unwrap();
    Inbox { address: ADDRESS.to_owned(), key: key.public_jwk().clone() }
}

async fn answered(stage: &Stage, form: &str, way: Way, inbox: Option<&Inbox>) -> SignUp {
    let asked = stage.space.ask(form).await.unwrap();
    let terms = inbox.map(|inbox| json!({"request": REQUEST, "inbox": inbox}));
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), way, terms)).await.unwrap();
    stage.space.sign_up_for(&asked.id).await.unwrap().unwrap()
}

/// Everything that was left so far.
pub(super) fn left(hatch: &Hatch) -> Vec<(Inbox, Message)> {
    hatch.left.lock().unwrap().clone()
}

fn outcome(stage: &Stage, sign_up: &SignUp, message: &Message) -> Outcome {
    let log = VerifyingKey::new(stage.space.identity().log.signer.public_jwk()).unwrap();
    let decision = message.decision.as_deref().unwrap();
    Decision::verify(decision, DID, &log, REQUEST, &sign_up.holder, stage.now()).unwrap().outcome
}

async fn tell(space: &Space) -> usize {
    space.tell_inboxes().await.unwrap()
}

#[tokio::test]
async fn an_approval_goes_to_the_inbox_with_an_offer_once_its_wallet_had_time_to_fetch_it_itself() {
    let mut stage = Stage::new();
    let hatch = with_post(&mut stage);
    let keys = stage.sealing_keys();
    let inbox = inbox(&stage);
    let sign_up = answered(&stage, "sign-up", Way::NoScreen, Some(&inbox)).await;
    assert_eq!(stage.traces_of(&["canary-address"]), 0, "it lies sealed");
    stage.clock.advance(599);
    assert_eq!((tell(&stage.space).await, left(&hatch).len()), (0, 0));
    stage.clock.advance(1);
    assert_eq!(tell(&stage.space).await, 1);
    let told = left(&hatch);
    let [(to, message)] = &told[..] else { panic!("one message") };
    assert_eq!((to, message.about, message.inbox.as_str()), (&inbox, About::Decision, ADDRESS));
    assert_eq!(message.expires_at, sign_up.answered_at + 14 * 86_400);
    assert_eq!(outcome(&stage, &sign_up, message), Outcome::Approved);
    assert!(message.credential_offer.as_ref().unwrap().starts_with("openid-credential-offer://"));
    assert_eq!(stage.sealing_keys(), keys + 1, "the contact's key alone is left");
    assert!(all::<crate::telling::ToTell>(&stage).await.is_empty());
    assert_eq!((tell(&stage.space).await, left(&hatch).len()), (0, 1));
}

#[tokio::test]
async fn a_declined_applicant_is_told_although_the_details_are_gone_with_the_decision() {
    let mut stage = Stage::new();
    let hatch = with_post(&mut stage);
    let keys = stage.sealing_keys();
    let inbox = inbox(&stage);
    let sign_up = answered(&stage, "ask-the-team", Way::NoScreen, Some(&inbox)).await;
    stage.clock.advance(600);
    assert_eq!(tell(&stage.space).await, 0, "nothing is decided");
    stage.space.decide(&sign_up.id, Outcome::Declined, Some("no room".to_owned())).await.unwrap();
    while stage.space.work().await.unwrap() > 0 {}
    stage.clock.advance(600);
    assert_eq!(tell(&stage.space).await, 1);
    let told = left(&hatch);
    assert_eq!((&told[0].0, &told[0].1.credential_offer), (&inbox, &None));
    assert_eq!(outcome(&stage, &sign_up, &told[0].1), Outcome::Declined);
    assert_eq!(stage.sealing_keys(), keys, "no key is left of who was declined");
}

#[tokio::test]
async fn who_came_back_to_the_same_device_is_told_too() {
    let mut stage = Stage::new();
    let hatch = with_post(&mut stage);
    let inbox = inbox(&stage);
    let way = Way::SameDevice { session: browser() };
    let sign_up = answered(&stage, "sign-up", way, Some(&inbox)).await;
    let prepared =
        presentation::Receiving::settle(&stage.space, &sign_up.asked, presentation::Settlement::Complete);
    let Ok(prepared) = prepared.await else { panic!("it is known") };
    stage.store(prepared.as_ref()).await;
    stage.clock.advance(600);
    assert_eq!((tell(&stage.space).await, left(&hatch).len()), (1, 1));
}

#[tokio::test]
async fn a_mailbox_that_cannot_be_reached_is_tried_again_with_the_same_message_until_its_time_is_up() {
    let mut stage = Stage::new();
    let hatch = with_post(&mut stage);
    let keys = stage.sealing_keys();
    let inbox = inbox(&stage);
    answered(&stage, "sign-up", Way::NoScreen, Some(&inbox)).await;
    *hatch.is_shut.lock().unwrap() = true;
    stage.clock.advance(600);
    assert_eq!((tell(&stage.space).await, tell(&stage.space).await), (1, 0), "not at once again");
    assert_eq!(stage.tenant.jobs().waiting(TELL_INBOX, 10).await.unwrap(), 1);
    *hatch.is_shut.lock().unwrap() = false;
    stage.clock.advance(3_600);
    assert_eq!((tell(&stage.space).await, left(&hatch).len()), (1, 1));

    answered(&stage, "sign-up", Way::NoScreen, Some(&inbox)).await;
    *hatch.is_shut.lock().unwrap() = true;
    stage.clock.advance(600);
    tell(&stage.space).await;
    stage.clock.advance(14 * 86_400);
    assert_eq!((tell(&stage.space).await, left(&hatch).len()), (1, 1), "it is given up");
    assert_eq!(stage.sealing_keys(), keys + 2, "two contacts, and nothing to be told");
}

#[tokio::test]
async fn an_inbox_that_never_takes_anything_is_given_up_after_some_tries() {
    let mut stage = Stage::new();
    let hatch = with_post(&mut stage);
    let keys = stage.sealing_keys();
    let inbox = inbox(&stage);
    answered(&stage, "sign-up", Way::NoScreen, Some(&inbox)).await;
    *hatch.is_shut.lock().unwrap() = true;
    let mut tries = 0;
    for _ in 0..72 {
        stage.clock.advance(3_600);
        tries += tell(&stage.space).await;
    }
    assert_eq!(tries, 49, "at the last only its traces are erased");
    assert_eq!((left(&hatch).len(), stage.sealing_keys()), (0, keys + 1), "the contact is left");
}

#[tokio::test]
async fn whose_terms_name_no_inbox_is_not_told_nor_is_anybody_where_nothing_can_be_left() {
    let mut stage = Stage::new();
    let there = inbox(&stage);
    answered(&stage, "sign-up", Way::NoScreen, Some(&there)).await;
    let hatch = with_post(&mut stage);
    answered(&stage, "sign-up", Way::NoScreen, None).await;
    stage.clock.advance(600);
    assert_eq!((tell(&stage.space).await, left(&hatch).len()), (0, 0));
}

#[tokio::test]
async fn who_is_forgotten_before_being_told_is_not_told_and_no_key_is_left() {
    let mut stage = Stage::new();
    let hatch = with_post(&mut stage);
    let keys = stage.sealing_keys();
    let asked = stage.space.ask("sign-up").await.unwrap();
    let until = stage.now().plus(86_400).seconds();
    let terms = json!({"request": REQUEST, "inbox": inbox(&stage), "until": until});
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, Some(terms))).await.unwrap();
    stage.clock.advance(86_400);
    while stage.space.work().await.unwrap() > 0 {}
    assert_eq!((tell(&stage.space).await, left(&hatch).len()), (1, 0));
    assert_eq!(stage.sealing_keys(), keys);
}

#[tokio::test]
async fn a_membership_is_offered_again_where_its_member_alone_sees_it_and_who_did_it_is_logged() {
    let mut stage = Stage::new();
    let hatch = with_post(&mut stage);
    let inbox = inbox(&stage);
    let sign_up = answered(&stage, "sign-up", Way::NoScreen, Some(&inbox)).await;
    let sub = sign_up.member.clone().unwrap();
    stage.clock.advance(600);
    tell(&stage.space).await;
    let keys = stage.sealing_keys();
    let until = stage.space.offer_to_member(&sub, "token:desk").await.unwrap();
    assert_eq!(until, stage.now().plus(14 * 86_400).seconds());
    assert_eq!(stage.traces_of(&["canary-address", "openid-credential-offer"]), 0, "both lie sealed");
    assert_eq!(tell(&stage.space).await, 1);
    let told = left(&hatch);
    let (to, message) = &told[1];
    assert_eq!((to, message.about, &message.decision), (&inbox, About::Offer, &None));
    assert_eq!(message.expires_at, until);
    assert!(message.credential_offer.as_ref().unwrap().starts_with("openid-credential-offer://"));
    assert_ne!(message.credential_offer, told[0].1.credential_offer);
    assert_eq!(stage.sealing_keys(), keys, "the key goes with what was told");
    let leaves = all::<store::PendingLeaf>(&stage).await;
    let codes: Vec<_> = leaves.iter().filter_map(|one| one.leaf().entry().unwrap().code).collect();
    assert_eq!(codes.iter().filter(|code| *code == "token:desk").count(), 1, "{codes:?}");
    for _ in 1..crate::offering::MOST_OFFERS {
        stage.space.offer_to_member(&sub, "token:desk").await.unwrap();
    }
    let often = stage.space.offer_to_member(&sub, "token:desk").await;
    assert!(matches!(often, Err(crate::SpaceError::OfferedTooOften)));
}

#[tokio::test]
async fn nothing_is_offered_to_whom_no_inbox_is_known_or_who_has_gone() {
    let mut stage = Stage::new();
    let inbox = inbox(&stage);
    // Nothing can be left anywhere.
    let sign_up = answered(&stage, "sign-up", Way::NoScreen, Some(&inbox)).await;
    let sub = sign_up.member.clone().unwrap();
    let offered = async |space: &Space, sub: &str| space.offer_to_member(sub, "token:desk").await;
    assert!(matches!(offered(&stage.space, &sub).await, Err(crate::SpaceError::NoInbox)));
    let hatch = with_post(&mut stage);
    let without = answered(&stage, "sign-up", Way::NoScreen, None).await.member.unwrap();
    let before = stage.memory.entries();
    assert!(matches!(offered(&stage.space, &without).await, Err(crate::SpaceError::NoInbox)));
    assert!(matches!(offered(&stage.space, "nobody").await, Err(crate::SpaceError::NoSuch("member"))));
    assert!(stage.memory.entries() == before, "nothing has changed");

    // Whoever leaves before it could be left is not told.
    assert!(offered(&stage.space, &sub).await.is_ok());
    *hatch.is_shut.lock().unwrap() = true;
    assert_eq!(tell(&stage.space).await, 1);
    stage.space.end_membership(&sub).await.unwrap();
    assert!(matches!(offered(&stage.space, &sub).await, Err(crate::SpaceError::NoSuch("member"))));
    stage.clock.advance(400 * 86_400);
    while stage.space.work().await.unwrap() > 0 {}
    *hatch.is_shut.lock().unwrap() = false;
    tell(&stage.space).await;
    assert_eq!(left(&hatch), []);
}
