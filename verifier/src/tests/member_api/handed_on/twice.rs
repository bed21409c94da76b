//! What may have gone out already: nobody is made twice, and nothing of before a restored backup goes out once more by itself.

use super::actions::{action, created, lines, saying, template};
use super::*;

fn that_knows_repeats() -> Template {
    Template { knows_repeats: true, ..template(saying(&json!("")), json!("none")) }
}

async fn codes(stage: &Stage) -> Vec<(Event, State, Option<String>)> {
    let all = stage.space.unconfirmed(20).await.unwrap();
    all.into_iter().map(|one| (one.event, one.state, one.last.and_then(|last| last.code))).collect()
}

fn by_hand(event: Event, code: &str) -> (Event, State, Option<String>) {
    (event, State::ByHand, Some(code.to_owned()))
}

#[tokio::test]
async fn a_creation_of_which_nothing_was_heard_waits_for_a_person_instead_of_being_made_again() {
    for answer in [
        Err(OutboundError::TimedOut),
        Err(OutboundError::Broken),
        Err(OutboundError::TooLarge { limit: 1 }),
        Ok(status(500)),
        Ok(status(502)),
        Ok(status(504)),
    ] {
        let mut stage = Stage::new();
        let other = Other::beside(&mut stage);
        action(&stage, template(saying(&Value::Null), json!("none")), "").await;
        let sign_up = member(&stage, 0).await;
        other.will_answer([answer]);
        send(&stage.space).await;
        let first = other.came();
        assert_eq!(codes(&stage).await, [by_hand(Event::Approved, "outcome_unknown")]);
        let handed = stage.space.handed_on(&sign_up.id).await.unwrap();
        assert_eq!((handed[0].details.len(), handed[0].confirmed), (2, false), "it may lie there");
        for _ in 0..SCHEDULE.len() {
            stage.clock.advance(DAY);
            send(&stage.space).await;
        }
        assert_eq!(other.came().len(), 0, "not by itself");

        // The team looked: they are not there. The second request has the key of the first.
        let [open] = stage.space.unconfirmed(10).await.unwrap().try_into().unwrap();
        stage.space.send_again(&open.id).await.unwrap();
        other.will_answer([created()]);
        send(&stage.space).await;
        let second = other.came();
        assert_eq!(lines(&first), lines(&second));
        assert_eq!(header(&first[0], "idempotency-key"), header(&second[0], "idempotency-key"));
        assert_eq!(codes(&stage).await, []);
    }
}

#[tokio::test]
async fn a_creation_that_was_refused_or_never_left_is_tried_again() {
    for answer in [
        Err(OutboundError::Unreachable),
        Err(OutboundError::Unresolvable),
        Err(OutboundError::Busy),
        Ok(status(401)),
        Ok(status(429)),
        Ok(status(503)),
    ] {
        let mut stage = Stage::new();
        let other = Other::beside(&mut stage);
        action(&stage, template(saying(&Value::Null), json!("none")), "").await;
        member(&stage, 0).await;
        other.will_answer([answer, created()]);
        send(&stage.space).await;
        stage.clock.advance(5);
        send(&stage.space).await;
        assert_eq!(other.came().len(), 2);
        assert_eq!(codes(&stage).await, []);
    }
}

#[tokio::test]
async fn software_that_knows_repeats_is_asked_again_and_somebody_changed_meanwhile_comes_as_they_are() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    action(&stage, that_knows_repeats(), "").await;
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    other.will_answer([Err(OutboundError::Broken)]);
    send(&stage.space).await;
    assert_eq!(other.came().len(), 1);
    make(&stage, &access, &changes(ID, vec![change("company", WhatToDo::TakeBack)])).await.unwrap();
    stage.clock.advance(5);
    other.will_answer([created()]);
    send(&stage.space).await;
    let came = other.came();
    let bodies: Vec<Value> = came.iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect();
    assert_eq!(bodies[0].get("firm"), None, "what was taken back meanwhile does not go out");
    assert_eq!(bodies[1], json!({"mail": CANARIES[0], "firm": ""}), "it may have arrived the first time");
}

#[tokio::test]
async fn a_creation_that_a_killed_server_was_about_to_send_is_made_again_only_where_that_makes_nobody_twice()
{
    for knows_repeats in [false, true] {
        let mut stage = Stage::new();
        let other = Other::beside(&mut stage);
        let template = Template { knows_repeats, ..that_knows_repeats() };
        action(&stage, template, "").await;
        member(&stage, 0).await;
        let begun = Arc::new(Mutex::new(Vec::new()));
        let killed = stage.space.clone().with_outgoing(Arc::new(Stuck(Arc::clone(&begun))));
        let work = send(&killed);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(200), work).await.is_err());
        assert_eq!(begun.lock().unwrap().len(), 1);
        stage.clock.advance(60);
        other.will_answer([created()]);
        send(&stage.space).await;
        assert_eq!(other.came().len(), usize::from(knows_repeats));
        let open = if knows_repeats { vec![] } else { vec![by_hand(Event::Approved, "outcome_unknown")] };
        assert_eq!(codes(&stage).await, open);
    }
}

#[tokio::test]
async fn what_was_under_way_in_a_restored_backup_waits_for_a_person_and_what_comes_after_it_goes_out() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    endpoint(&stage, &["email"]).await;
    action(&stage, template(saying(&Value::Null), json!("none")), "").await;
    let sign_up = member(&stage, 0).await;
    stage.restore().await;
    send(&stage.space).await;
    assert_eq!(other.came().len(), 0, "it may have gone out before the backup was brought back");
    let mut open = codes(&stage).await;
    open.sort_by_key(|(event, ..)| *event);
    let said = [Event::SignedUp, Event::Approved, Event::Approved].map(|event| by_hand(event, "restored"));
    assert_eq!(open, said);
    let handed = stage.space.handed_on(&sign_up.id).await.unwrap();
    assert!(handed.iter().all(|one| !one.confirmed) && handed.len() == 2, "it may lie there: {handed:?}");
    send(&stage.space).await;
    assert_eq!(other.came().len(), 0);

    // A person looks, and says so or has it sent again.
    for open in stage.space.unconfirmed(10).await.unwrap() {
        match open.event {
            Event::SignedUp => stage.space.confirm_by_hand(&open.id, "it is there", None).await.unwrap(),
            _ => stage.space.send_again(&open.id).await.unwrap(),
        }
    }
    other.will_answer([created()]);
    send(&stage.space).await;
    assert_eq!(other.came().len(), 2);
    stage.space.end_membership(sign_up.member.as_deref().unwrap()).await.unwrap();
    send(&stage.space).await;
    assert_eq!(types(&other.bodies()), ["membership.ended"]);
}

#[tokio::test]
async fn whoever_may_have_been_made_before_a_restore_is_not_forgotten_about_there() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    action(&stage, template(saying(&Value::Null), json!("none")), "").await;
    let sign_up = member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    leave(&stage, &access).await;
    stage.restore().await;
    send(&stage.space).await;
    assert_eq!(other.came().len(), 0);
    let said = [Event::Approved, Event::Erased].map(|event| by_hand(event, "restored"));
    let mut open = codes(&stage).await;
    open.sort_by_key(|(event, ..)| *event);
    assert_eq!(open, said, "an erasure is owed until somebody says that it is done");
    let erased = of_event(&stage, Event::Erased).await;
    stage.space.confirm_by_hand(&erased.id, "deleted there", None).await.unwrap();
    assert_eq!(codes(&stage).await, []);
    assert_eq!(stage.space.handed_on(&sign_up.id).await.unwrap(), []);
}
