//! Details go when they need not be kept any longer: what was promised is what happens.

use jose::Signer;
use network::decision::Outcome;
use presentation::Way;
use serde_json::json;

use super::stage::{REQUEST, Stage, browser};
use crate::SpaceError;
use crate::keeping::END_KEEPING;
use crate::records::{Asked, Contact, SignUp};

const DAY: i64 = 86_400;

/// An answer to a form, which asks for an e-mail address (30 days) and a name (90 days, as registered).
async fn answered(stage: &Stage, form: &str, until: Option<i64>) -> SignUp {
    let asked = stage.space.ask(form).await.unwrap();
    let terms = until.map(|until| json!({"request": REQUEST, "until": until}));
    let answer = stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, terms);
    stage.give(&answer).await.unwrap();
    stage.space.sign_up_for(&asked.id).await.unwrap().unwrap()
}

async fn work(stage: &Stage) {
    while stage.space.work().await.unwrap() > 0 {}
}

async fn names(stage: &Stage, id: &str) -> Vec<String> {
    match stage.space.contact(id).await {
        Ok((contact, values)) => {
            assert_eq!(contact.given.len(), values.0.len());
            for (given, kept) in contact.given.iter().zip(&values.0) {
                assert_eq!(given.claim, kept.claim);
                assert!(kept.value().is_some());
            }
            contact.given.into_iter().map(|given| given.claim).collect()
        }
        Err(SpaceError::NoSuch("contact")) => Vec::new(),
        Err(error) => panic!("{error}"),
    }
}

async fn ends(stage: &Stage, id: &str) -> Vec<Option<i64>> {
    let contact: Contact = stage.space.provenance(id).await.unwrap();
    stage.space.ends_of(&contact).await.unwrap()
}

#[tokio::test]
async fn a_members_details_stay_with_the_membership_and_for_their_days_after_it() {
    let stage = Stage::new();
    let keys = stage.sealing_keys();
    let sign_up = answered(&stage, "sign-up", None).await;
    assert_eq!(ends(&stage, &sign_up.id).await, [None, None], "no end while a member");
    assert_eq!(stage.tenant.jobs().waiting(END_KEEPING, 10).await.unwrap(), 0);
    stage.clock.advance(400 * DAY);
    work(&stage).await;
    assert_eq!(names(&stage, &sign_up.id).await, ["email", "given_name"]);

    stage.space.end_membership(&sign_up.member.clone().unwrap()).await.unwrap();
    let ended = stage.now().seconds();
    assert_eq!(ends(&stage, &sign_up.id).await, [Some(ended + 30 * DAY), Some(ended + 90 * DAY)]);
    stage.clock.advance(30 * DAY - 1);
    work(&stage).await;
    assert_eq!(names(&stage, &sign_up.id).await, ["email", "given_name"]);
    stage.clock.advance(1);
    work(&stage).await;
    assert_eq!(names(&stage, &sign_up.id).await, ["given_name"]);
    assert_eq!(stage.sealing_keys(), keys + 1, "the key of the whole is destroyed, and the rest has its own");
    // To end a membership that has ended moves nothing.
    stage.space.end_membership(&sign_up.member.clone().unwrap()).await.unwrap();
    assert_eq!(ends(&stage, &sign_up.id).await, [Some(ended + 90 * DAY)]);
    stage.clock.advance(60 * DAY - 1);
    work(&stage).await;
    assert_eq!(names(&stage, &sign_up.id).await, ["given_name"]);
    stage.clock.advance(1);
    work(&stage).await;
    assert_eq!(names(&stage, &sign_up.id).await, Vec::<String>::new());
    assert_eq!(stage.sealing_keys(), keys);
    assert_eq!(stage.space.members(10).await.unwrap()[0].contact, None);
}

#[tokio::test]
async fn a_sign_up_that_nobody_decides_has_a_date_and_goes_at_it() {
    let stage = Stage::new();
    let keys = stage.sealing_keys();
    let sign_up = answered(&stage, "ask-the-team", None).await;
    let at = sign_up.answered_at;
    assert_eq!(ends(&stage, &sign_up.id).await, [Some(at + 30 * DAY), Some(at + 90 * DAY)]);
    stage.clock.advance(30 * DAY);
    work(&stage).await;
    assert_eq!(names(&stage, &sign_up.id).await, ["given_name"]);
    assert_eq!(stage.space.waiting(10).await.unwrap().len(), 1);
    stage.clock.advance(60 * DAY);
    work(&stage).await;
    assert!(stage.space.sign_up_for(&sign_up.asked).await.unwrap().is_none());
    assert!(stage.space.waiting(10).await.unwrap().is_empty());
    assert_eq!(stage.sealing_keys(), keys);
}

#[tokio::test]
async fn who_becomes_a_member_in_time_keeps_the_details_there() {
    let stage = Stage::new();
    let sign_up = answered(&stage, "ask-the-team", None).await;
    stage.clock.advance(30 * DAY - 1);
    stage.space.decide(&sign_up.id, Outcome::Approved, None).await.unwrap();
    stage.clock.advance(400 * DAY);
    work(&stage).await;
    assert_eq!(names(&stage, &sign_up.id).await, ["email", "given_name"]);
    assert_eq!(ends(&stage, &sign_up.id).await, [None, None]);
}

#[tokio::test]
async fn a_date_that_the_member_set_counts_whatever_the_membership_does() {
    let stage = Stage::new();
    let until = stage.now().plus(10 * DAY).seconds();
    let sign_up = answered(&stage, "sign-up", Some(until)).await;
    assert_eq!(ends(&stage, &sign_up.id).await, [Some(until), Some(until)]);
    stage.clock.advance(10 * DAY - 1);
    work(&stage).await;
    assert_eq!(names(&stage, &sign_up.id).await.len(), 2);
    stage.clock.advance(1);
    work(&stage).await;
    assert!(names(&stage, &sign_up.id).await.is_empty());
    // One that lies far off gives a space no longer time than it registered.
    let late = stage.now().plus(1_000 * DAY).seconds();
    let sign_up = answered(&stage, "ask-the-team", Some(late)).await;
    let at = sign_up.answered_at;
    assert_eq!(ends(&stage, &sign_up.id).await, [Some(at + 30 * DAY), Some(at + 90 * DAY)]);
}

#[tokio::test]
async fn a_form_keeps_nothing_for_longer_than_is_registered() {
    let stage = Stage::new();
    let mut form = stage.space.forms().await.unwrap()["sign-up"].form.clone();
    form.fields[0].kept_days = Some(91);
    form.fields[1].kept_days = Some(0);
    let asked = stage.space.dangerous_ask_beyond_registration(form).await.unwrap();
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    let sign_up = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    let contact = stage.space.provenance(&sign_up.id).await.unwrap();
    let days: Vec<_> = contact.given.iter().map(|given| given.kept_days).collect();
    assert_eq!(days, [Some(90), Some(0)]);
}

/// Asks for details that are kept for no day, as a person of the team is to decide.
async fn kept_for_no_day(stage: &Stage, way: Way) -> SignUp {
    let mut form = stage.space.forms().await.unwrap()["ask-the-team"].form.clone();
    for field in &mut form.fields {
        field.kept_days = Some(0);
    }
    let asked = stage.space.dangerous_ask_beyond_registration(form).await.unwrap();
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), way, None)).await.unwrap();
    stage.space.sign_up_for(&asked.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_is_kept_for_no_day_waits_for_a_decision_as_long_as_its_request_is_open() {
    for way in [Way::NoScreen, Way::SameDevice { session: browser() }] {
        let stage = Stage::new();
        let sign_up = kept_for_no_day(&stage, way).await;
        let open = stage.tenant.get::<Asked>(&sign_up.asked).await.unwrap().unwrap().until;
        assert_eq!(ends(&stage, &sign_up.id).await, [Some(open), Some(open)]);
        work(&stage).await;
        stage.clock.advance(open - stage.now().seconds() - 1);
        work(&stage).await;
        assert_eq!(names(&stage, &sign_up.id).await.len(), 2);
        stage.clock.advance(1);
        work(&stage).await;
        assert!(names(&stage, &sign_up.id).await.is_empty());
        assert!(stage.space.sign_up_for(&sign_up.asked).await.unwrap().is_none());
    }
    // A decision ends the wait: a member's details stay, and go at once when the membership ends.
    let stage = Stage::new();
    let sign_up = kept_for_no_day(&stage, Way::NoScreen).await;
    stage.space.decide(&sign_up.id, Outcome::Approved, None).await.unwrap();
    stage.clock.advance(DAY);
    work(&stage).await;
    assert_eq!(names(&stage, &sign_up.id).await.len(), 2);
    let members = stage.space.members(10).await.unwrap();
    stage.space.end_membership(&members[0].sub).await.unwrap();
    work(&stage).await;
    assert!(names(&stage, &sign_up.id).await.is_empty());
}

#[tokio::test]
async fn a_date_that_the_member_set_counts_also_when_another_change_comes_first() {
    let stage = Stage::new();
    let until = stage.now().plus(10 * DAY).seconds();
    let sign_up = answered(&stage, "ask-the-team", Some(until)).await;
    stage.clock.advance(10 * DAY);
    let prepared = stage.space.prepare_end(&sign_up.id).await.unwrap().unwrap();
    stage.space.decide(&sign_up.id, Outcome::Approved, None).await.unwrap();
    let before = stage.memory.entries();
    assert!(!stage.tenant.carry_out(&prepared).await.unwrap(), "it was prepared for no member");
    assert!(stage.memory.entries() == before, "nothing has changed");
    stage.space.end_keeping(&sign_up.id).await.unwrap();
    assert!(names(&stage, &sign_up.id).await.is_empty());
}

#[tokio::test]
async fn details_whose_key_is_gone_are_erased_already_and_what_is_left_of_them_goes() {
    let stage = Stage::new();
    let sign_up = answered(&stage, "ask-the-team", None).await;
    stage.lose_sealing_keys();
    stage.clock.advance(30 * DAY);
    work(&stage).await;
    assert!(matches!(stage.space.provenance(&sign_up.id).await, Err(SpaceError::NoSuch("contact"))));
    assert!(stage.space.sign_up_for(&sign_up.asked).await.unwrap().is_none());
    assert_eq!(stage.tenant.jobs().waiting(END_KEEPING, 10).await.unwrap(), 0);
}
