//! What is sent again, and what is told of what follows.

use std::collections::VecDeque;
use std::sync::Mutex;

use network::follow_up::WaitingFor;
use wallet::{Asker, LeavingIdentifier};

use super::*;

/// A wallet that gives one after another of these, and writes down what it was asked for.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Result<Presented, PresentError>>>,
    follow: Mutex<VecDeque<CollectedFrom>>,
    called: Mutex<Vec<String>>,
    /// Whether the member is asked by whatever is answered.
    asks: bool,
}

impl Answering for Script {
    fn present<'a>(
        &'a self,
        link: &'a str,
        _: &'a PresentOptions,
        consent: &'a dyn Consent,
    ) -> BoxFuture<'a, Result<Presented, PresentError>> {
        Box::pin(async move {
            self.called.lock().unwrap().push(link.to_owned());
            if self.asks {
                let question = wallet::Question::default();
                assert_eq!(consent.ask(&question).await, wallet::Choice::LeaveOpen);
            }
            self.answers.lock().unwrap().pop_front().expect("another answer")
        })
    }

    fn collect_one<'a>(
        &'a self,
        follow_up: &'a str,
        _: &'a dyn Consent,
    ) -> BoxFuture<'a, Result<Option<CollectedFrom>, CollectError>> {
        self.called.lock().unwrap().push(follow_up.to_owned());
        let from = self.follow.lock().unwrap().pop_front();
        Box::pin(std::future::ready(Ok(from)))
    }
}

fn presented() -> Presented {
    Presented {
        asker: Asker { name: "Kiln".to_owned(), ..Asker::default() },
        requested: Vec::new(),
        disclosed: vec!["email".to_owned()],
        withheld: Vec::new(),
        came_along: Vec::new(),
        redirect_uri: None,
        credential_offer: None,
        sharing_proof: ShareProof::Later,
        identifier: LeavingIdentifier::NotAsked,
        follow_up: Some("own".to_owned()),
    }
}

fn shared() -> Outcome {
    let Presented { asker, disclosed, came_along, sharing_proof: proof, identifier, .. } = presented();
    let shared = Shared { asker: asker.name, disclosed, came_along, proof, identifier };
    Outcome { shared: Some(shared), ..Outcome::default() }
}

const fn put_off(seconds: i64) -> Result<Presented, PresentError> {
    Err(PresentError::PutOff { seconds })
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_put_off_goes_again_by_its_link_when_it_is_time() {
    let flow = Flow::alone(None);
    let answers = VecDeque::from([put_off(60), put_off(30), Ok(presented())]);
    let script = Script { answers: Mutex::new(answers), ..Script::default() };
    let begun = Instant::now();
    assert_eq!(present(&flow, "link", &script).await.unwrap(), presented());
    assert_eq!(begun.elapsed(), Duration::from_secs(90));
    assert_eq!(*script.called.lock().unwrap(), ["link"; 3]);
    assert!(matches!(flow.turn().stage, Stage::Waits(None, 30)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_goes_again_for_ten_minutes_at_most_and_only_while_the_request_is_open() {
    let flow = Flow::alone(None);
    let answers = std::iter::repeat_with(|| put_off(200)).take(20).collect();
    let script = Script { answers: Mutex::new(answers), ..Script::default() };
    let begun = Instant::now();
    assert!(matches!(present(&flow, "link", &script).await, Err(PresentError::PutOff { seconds: 200 })));
    assert_eq!(begun.elapsed(), Duration::from_secs(400));

    let flow = Flow::alone(None);
    let answers = std::iter::repeat_with(|| put_off(1)).take(20).collect();
    let script = Script { answers: Mutex::new(answers), ..Script::default() };
    assert!(matches!(present(&flow, "link", &script).await, Err(PresentError::PutOff { .. })));
    assert_eq!(script.called.lock().unwrap().len(), 9);

    let (flow, _clock) = Flow::asked_until(100);
    let answers = VecDeque::from([put_off(100)]);
    let script = Script { answers: Mutex::new(answers), ..Script::default() };
    let begun = Instant::now();
    assert!(matches!(present(&flow, "link", &script).await, Err(PresentError::PutOff { .. })));
    assert_eq!(begun.elapsed(), Duration::ZERO, "the request has ended by then");
}

#[tokio::test(start_paused = true)]
async fn what_goes_again_asks_nobody_anything() {
    let flow = Flow::alone(None);
    flow.leave();
    let answers = VecDeque::from([put_off(1), Err(PresentError::LeftOpen)]);
    let script = Script { answers: Mutex::new(answers), asks: true, ..Script::default() };
    assert!(matches!(present(&flow, "link", &script).await, Err(PresentError::PutOff { seconds: 1 })));
}

#[test]
fn nobody_who_was_asked_until_the_end_is_told_that_it_is_still_open() {
    let (flow, clock) = Flow::asked_until(100);
    assert_eq!(why(&flow, &PresentError::LeftOpen), Stopped::Own("left_open".to_owned()));
    clock.advance(100);
    assert_eq!(why(&flow, &PresentError::LeftOpen), Stopped::Own("request_ran_out".to_owned()));
    assert_eq!(why(&flow, &PresentError::Declined), Stopped::Own("declined".to_owned()));
    let refused = openid4vc::vp::wallet::ReplyError::Refused { code: "declined".to_owned() };
    let theirs = why(&flow, &PresentError::NotTaken(refused));
    assert_eq!(theirs, Stopped::Theirs("declined".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_follows_an_answer_is_that_answers_alone_and_all_of_it_is_told() {
    let flow = Flow::alone(None);
    let follow = VecDeque::from([
        CollectedFrom { waiting_for: vec![WaitingFor::Team], ..CollectedFrom::default() },
        CollectedFrom { waiting_for: vec![WaitingFor::Team], ..CollectedFrom::default() },
        CollectedFrom {
            sharing_proof: true,
            decision: Some("declined".to_owned()),
            reason: Some("Full".to_owned()),
            problems: vec![Problem::NotTrusted, Problem::NotTrusted],
            ..CollectedFrom::default()
        },
    ]);
    let script = Script { follow: Mutex::new(follow), ..Script::default() };
    flow.stand_at(Stage::Over(Arc::new(shared())));
    let before = flow.turn().number;
    look_after(&flow, &script, "own", shared()).await;
    assert_eq!(*script.called.lock().unwrap(), ["own"; 4]);
    assert_eq!(flow.turn().number, before + 2, "told of what is new alone");
    let Stage::Over(outcome) = flow.turn().stage else { panic!("not over") };
    let decided =
        Decided { is_declined: true, reason: Some("Full".to_owned()), explained: None, party: None };
    assert_eq!(outcome.decided, Some(decided));
    assert_eq!(outcome.shared.as_ref().unwrap().proof, ShareProof::Kept);
    assert_eq!(outcome.problems, [Hitch { party: None, problem: Problem::NotTrusted }], "once");
    assert!(outcome.waiting_for.is_empty());
}

#[tokio::test(start_paused = true)]
async fn as_long_as_a_team_has_not_decided_its_answer_is_looked_for_while_the_page_is_remembered() {
    let waits = || CollectedFrom { waiting_for: vec![WaitingFor::Team], ..CollectedFrom::default() };
    let decided = CollectedFrom { decision: Some("approved".to_owned()), ..CollectedFrom::default() };
    let flow = Flow::alone(None);
    let follow = (0..6).map(|_| waits()).chain([decided]).collect();
    let script = Script { follow: Mutex::new(follow), ..Script::default() };
    flow.stand_at(Stage::Over(Arc::new(shared())));
    let begun = Instant::now();
    look_after(&flow, &script, "own", shared()).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(30 + 30 + 60));
    let Stage::Over(outcome) = flow.turn().stage else { panic!("not over") };
    assert_eq!(
        outcome.decided,
        Some(Decided { is_declined: false, reason: None, explained: None, party: None })
    );

    let flow = Flow::alone(None);
    let script = Script { follow: Mutex::new((0..40).map(|_| waits()).collect()), ..Script::default() };
    let begun = Instant::now();
    look_after(&flow, &script, "own", shared()).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(30 + 30 + 8 * 60), "not for ever");
    assert_eq!(script.called.lock().unwrap().len(), 5 + 9);
}
