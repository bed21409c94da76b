//! What is said to a question, when, and what becomes of one that nobody answers.

use wallet::{Consent as _, Selection};

use super::*;

fn flow() -> Arc<Flow> {
    Flow::alone(None)
}

/// A flow that asks, and what is said to it.
fn asked(flow: &Arc<Flow>) -> tokio::task::JoinHandle<Choice> {
    let flow = Arc::clone(flow);
    tokio::spawn(async move { AtThePage(flow).ask(&Question::default()).await })
}

async fn turn_of(flow: &Flow) -> Turn {
    let turn = flow.settled().await;
    assert!(matches!(turn.stage, Stage::Asks(_)));
    turn
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_to_the_question_that_was_seen_and_is_given_once() {
    let flow = flow();
    let first = asked(&flow);
    let seen = turn_of(&flow).await;
    assert!(flow.waits_for_somebody());
    assert!(!flow.say(seen.number.wrapping_add(1), Said::Choice(Choice::Refuse)), "another turn");
    assert!(!flow.say(seen.number.wrapping_sub(1), Said::Choice(Choice::Refuse)), "another turn");
    assert!(flow.say(seen.number, Said::Choice(Choice::Refuse)));
    assert!(matches!(flow.turn().stage, Stage::Working), "the question is still shown");
    assert!(!flow.say(seen.number, Said::Choice(Choice::LeaveOpen)), "twice");
    assert_eq!(first.await.unwrap(), Choice::Refuse);
    assert!(!flow.waits_for_somebody());

    let second = asked(&flow);
    let next = turn_of(&flow).await;
    assert!(
        !flow.say(seen.number, Said::Choice(Choice::Refuse)),
        "what was said to the first is none to the second"
    );
    assert!(flow.say(next.number, Said::Choice(Choice::NothingToGive)));
    assert_eq!(second.await.unwrap(), Choice::NothingToGive);
}

#[tokio::test(start_paused = true)]
async fn whoever_says_nothing_or_something_else_has_said_neither_yes_nor_no() {
    let silent = flow();
    let begun = Instant::now();
    assert_eq!(asked(&silent).await.unwrap(), Choice::LeaveOpen);
    assert_eq!(begun.elapsed(), PATIENCE);

    let left = flow();
    let asking = asked(&left);
    turn_of(&left).await;
    left.leave();
    assert_eq!(asking.await.unwrap(), Choice::LeaveOpen);

    let other = flow();
    let asking = asked(&other);
    let turn = turn_of(&other).await;
    assert!(other.say(turn.number, Said::Report(true)));
    assert_eq!(asking.await.unwrap(), Choice::LeaveOpen);
}

#[tokio::test(start_paused = true)]
async fn a_question_waits_no_longer_than_its_request_is_open() {
    let (flow, clock) = Flow::asked_until(0);
    let ends_at = Some(1_795_000_000 + 90);
    let asking = |flow: Arc<Flow>| async move {
        let mut question = Question::default();
        question.ends_at = ends_at;
        AtThePage(flow).ask(&question).await
    };
    let begun = Instant::now();
    assert_eq!(asking(Arc::clone(&flow)).await, Choice::LeaveOpen);
    assert_eq!(begun.elapsed(), Duration::from_secs(90));
    clock.advance(-1_000);
    let begun = Instant::now();
    assert_eq!(asking(flow).await, Choice::LeaveOpen);
    assert_eq!(begun.elapsed(), PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_of_a_flow_that_was_left_and_it_is_given_up_at_once() {
    let flow = flow();
    let asking = asked(&flow);
    turn_of(&flow).await;
    let begun = Instant::now();
    flow.leave();
    flow.abandoned().await;
    assert_eq!(asking.await.unwrap(), Choice::LeaveOpen);
    let number = flow.turn().number;
    assert_eq!(asked(&flow).await.unwrap(), Choice::LeaveOpen);
    assert_eq!(flow.turn().number, number, "it was asked");
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_the_member_chose_may_still_leave_for_a_while() {
    for (choice, leaves) in [(Choice::Share(Selection::default()), true), (Choice::LeaveOpen, false)] {
        let flow = flow();
        let asking = asked(&flow);
        let turn = turn_of(&flow).await;
        assert!(flow.say(turn.number, Said::Choice(choice.clone())));
        assert_eq!(asking.await.unwrap(), choice);
        let begun = Instant::now();
        flow.leave();
        flow.abandoned().await;
        assert_eq!(begun.elapsed(), if leaves { LAST_WORDS } else { Duration::ZERO });
    }
    let flow = flow();
    let asking = asked(&flow);
    let turn = turn_of(&flow).await;
    assert!(flow.say(turn.number, Said::Choice(Choice::Refuse)));
    asking.await.unwrap();
    flow.leave();
    let sent = Arc::clone(&flow);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(3)).await;
        sent.nothing_leaves();
    });
    let begun = Instant::now();
    flow.abandoned().await;
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_browser_is_led_on_once_and_what_is_over_is_forgotten() {
    let flow = flow();
    let outcome = Outcome { go_on: Some("https://kiln.example/".to_owned()), ..Outcome::default() };
    assert!(flow.leads_on(&Outcome::default()).is_none());
    assert_eq!(flow.leads_on(&outcome).as_deref(), Some("https://kiln.example/"));
    assert_eq!(flow.leads_on(&outcome), None);
    flow.stand_at(Stage::Over(Arc::new(outcome)));
    assert!(flow.is_over() && !flow.is_forgotten());
    tokio::time::advance(REMEMBERED + Duration::from_secs(1)).await;
    assert!(flow.is_forgotten());
}

#[tokio::test(start_paused = true)]
async fn a_page_is_held_back_for_a_moment_only() {
    let flow = flow();
    let begun = Instant::now();
    assert!(matches!(flow.settled().await.stage, Stage::Working));
    assert_eq!(begun.elapsed(), MOMENT);
}
