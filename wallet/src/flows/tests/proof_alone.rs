//! Answers of which nothing but the proof of sharing is awaited: new values that a member gives, and what was offered and is here.

use network::decision::Outcome;
use network::follow_up::CounterOfferOfSpace;
use serde_json::json;

use super::stage::{Stage, offer, offer_of};
use crate::DetailName;
use crate::consent::{ByPreset, Consent, OfferChoice, Offered, Preset};
use crate::flows::{AcceptOptions, LateAnswer, MemberApiError, SentChange, When};
use crate::question::{Choice, Question};
use crate::records::{AwaitedCredentials, FollowUpAwaited, KeptAnswer, KnownSpace, same_as};
use crate::wallet::{BoxFuture, Wallet};

const NEEDED: ByPreset = ByPreset(Preset::Needed);
const DAY: i64 = 86_400;
const KILN: &str = "did:web:kiln.localhost";

/// A member who is asked nothing.
struct Unasked;

impl Consent for Unasked {
    fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
        panic!("a question")
    }

    fn accepts<'a>(&'a self, _: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        panic!("an offer")
    }
}

/// A member of the space, which has an e-mail address of theirs already, and who has a way in.
async fn member() -> Stage {
    let stage = Stage::new().await;
    for _ in 0..2 {
        let link = offer_of("http://kiln.localhost", &["membership"]);
        stage.wallet.accept_offer(&link, &AcceptOptions::default(), &NEEDED).await.unwrap();
    }
    let known = KnownSpace {
        id: KILN.to_owned(),
        name: "Kiln".to_owned(),
        host: "kiln.localhost".to_owned(),
        network: Some("n".to_owned()),
        is_office: false,
    };
    stage.vault.put(&known).await.unwrap();
    // It must not refill by itself in between.
    stage.set(|behaviour| behaviour.no_refills_at_the_space = true);
    assert!(change(&stage.wallet, "old@example.org").await.unwrap()[0].done);
    assert_eq!(emails(&stage).await, ["old@example.org"]);
    stage
}

async fn change(wallet: &Wallet, email: &str) -> Result<Vec<SentChange>, MemberApiError> {
    let name = DetailName::new("email").unwrap();
    wallet.change_at(name, json!(email), &["Kiln".to_owned()], When::Now).await
}

/// Which of the addresses the space has, by the wallet's record.
async fn emails(stage: &Stage) -> Vec<&'static str> {
    let spaces = stage.wallet.spaces().await.unwrap();
    let held = spaces.into_iter().find(|space| space.id == KILN).unwrap().held;
    let known = ["old@example.org", "new@example.org"];
    held.iter()
        .map(|one| *known.iter().find(|email| same_as(&json!(email)) == one.same_as).unwrap())
        .collect()
}

async fn awaited(stage: &Stage) -> Vec<FollowUpAwaited> {
    stage.vault.list::<FollowUpAwaited>().await.unwrap()
}

async fn last_answer(stage: &Stage) -> KeptAnswer {
    let answers = stage.vault.list::<KeptAnswer>().await.unwrap();
    answers.into_iter().max_by_key(|answer| answer.number).unwrap()
}

/// Whether anything is awaited a month later, or told of as never come.
async fn is_done_with(stage: &Stage, case: &str) {
    assert!(awaited(stage).await.is_empty(), "{case}");
    stage.clock.advance(31 * DAY);
    stage.set(|behaviour| behaviour.list_version += 1);
    stage.same_vault().await.collect(&Unasked).await.unwrap();
    let history = stage.wallet.history().await.unwrap();
    assert!(
        history.iter().all(|entry| entry.not_completed.as_deref() != Some("never_came")),
        "{case}: {history:?}"
    );
    assert!(awaited(stage).await.is_empty(), "{case}");
}

#[tokio::test]
async fn of_a_change_killed_while_its_proof_is_fetched_the_proof_is_awaited_and_nothing_else() {
    let stage = member().await;
    stage.killed_at("/follow-up/1", async |wallet| drop(change(wallet, "new@example.org").await)).await;
    let [follow_up] = &awaited(&stage).await[..] else { panic!("one follow-up") };
    assert!(follow_up.proof_alone && !follow_up.proof_kept);
    assert_eq!(last_answer(&stage).await.given.replaces, ["email"]);
    stage.same_vault().await.collect(&Unasked).await.unwrap();
    assert_eq!(emails(&stage).await, ["new@example.org"]);
    is_done_with(&stage, "killed").await;
}

#[tokio::test]
async fn of_a_change_whose_reply_was_lost_and_that_is_taken_the_second_time_the_proof_alone_is_awaited() {
    for is_late in [false, true] {
        let case = format!("the proof is late: {is_late}");
        let stage = member().await;
        stage.set(|behaviour| behaviour.reply_error = Some(outbound::OutboundError::TimedOut));
        assert!(!change(&stage.wallet, "new@example.org").await.unwrap()[0].done, "{case}");
        stage.set(|behaviour| {
            behaviour.reply_error = None;
            behaviour.no_follow_ups = is_late;
        });
        stage.clock.advance(61);
        let collected = stage.same_vault().await.collect(&Unasked).await.unwrap();
        assert!(matches!(collected.from[0].answer, Some(LateAnswer::Taken { .. })), "{case}: {collected:?}");
        let left = awaited(&stage).await;
        assert_eq!(left.len(), usize::from(is_late), "{case}");
        assert!(left.iter().all(|one| one.proof_alone), "{case}");
        stage.set(|behaviour| behaviour.no_follow_ups = false);
        stage.wallet.collect(&Unasked).await.unwrap();
        assert_eq!(emails(&stage).await, ["new@example.org"], "{case}");
        is_done_with(&stage, &case).await;
    }
}

#[tokio::test]
async fn a_space_that_decides_or_offers_something_after_a_change_is_not_obeyed() {
    let stage = member().await;
    stage.set(|behaviour| behaviour.no_follow_ups = true);
    assert!(change(&stage.wallet, "new@example.org").await.unwrap()[0].done);
    let instead = CounterOfferOfSpace { request: stage.link(), reason: None };
    stage.set(|behaviour| {
        behaviour.no_follow_ups = false;
        behaviour.outcome = Some(Outcome::Declined);
        behaviour.offer = Some(offer_of("http://kiln.localhost", &["membership"]));
        behaviour.asks_instead = Some(instead);
    });
    let [from] = &stage.wallet.collect(&Unasked).await.unwrap().from[..] else { panic!("one party") };
    assert_eq!((from.sharing_proof, &from.problem), (true, &None));
    assert!(from.decision.is_none() && from.accepted.is_none() && from.asked_anew.is_none(), "{from:?}");
    assert_eq!(last_answer(&stage).await.given.outcome, None);
    assert_eq!(emails(&stage).await, ["new@example.org"], "what was proven counts");
    is_done_with(&stage, "a liar").await;
}

#[tokio::test]
async fn an_offer_in_the_late_reply_to_a_change_is_left_alone() {
    let stage = member().await;
    stage.set(|behaviour| {
        behaviour.reply_error = Some(outbound::OutboundError::TimedOut);
        // Nothing follows that would be found there again.
        behaviour.follow_up_uri = Some("http://elsewhere.localhost/follow-up/1".to_owned());
    });
    assert!(!change(&stage.wallet, "new@example.org").await.unwrap()[0].done);
    stage.set(|behaviour| {
        behaviour.reply_error = None;
        behaviour.offer = Some(offer_of("http://kiln.localhost", &["membership"]));
    });
    stage.clock.advance(61);
    let from = stage.wallet.collect(&Unasked).await.unwrap().from.remove(0);
    assert!(matches!(from.answer, Some(LateAnswer::Taken { .. })), "{from:?}");
    assert!(from.accepted.is_none());
}

#[tokio::test]
async fn what_is_over_is_asked_by_nobody_though_it_was_left_behind() {
    let stage = member().await;
    stage.set(|behaviour| behaviour.no_follow_ups = true);
    change(&stage.wallet, "new@example.org").await.unwrap();
    // As a version of before left it where an offer beside the proof could not be taken.
    let left = FollowUpAwaited { proof_kept: true, ..awaited(&stage).await.remove(0) };
    stage.vault.put(&left).await.unwrap();
    let asked = || stage.calls().iter().filter(|call| call.contains("/follow-up/")).count();
    let before = asked();
    stage.wallet.collect(&Unasked).await.unwrap();
    assert_eq!((asked(), awaited(&stage).await.len()), (before, 0));
}

#[tokio::test]
async fn an_offer_by_which_its_office_ends_what_it_promised_is_taken_though_the_proof_alone_is_awaited() {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["profile"]), &AcceptOptions::default(), &NEEDED).await.unwrap();
    stage.set(|behaviour| (behaviour.deferred, behaviour.no_follow_ups) = (true, true));
    let refilled = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(refilled.accepted[0].deferred.len(), 1);
    let promised = stage.vault.list::<AwaitedCredentials>().await.unwrap();
    let [follow_up] = &awaited(&stage).await[..] else { panic!("one follow-up") };
    assert_eq!((follow_up.proof_alone, promised[0].follow_up.as_ref()), (true, Some(&follow_up.id)));
    // Asked for the proof, the office offers anew, and what it promised before is over.
    let another = offer(&["profile"]).replace("code%22%3A%22code%22", "code%22%3A%22other%22");
    assert_ne!(another, offer(&["profile"]));
    stage.set(|behaviour| {
        (behaviour.deferred, behaviour.no_follow_ups) = (false, false);
        behaviour.offer = Some(another);
    });
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert!(collected.from.iter().any(|from| from.sharing_proof), "{collected:?}");
    assert!(collected.from.iter().any(|from| from.accepted.is_some()), "{collected:?}");
    assert!(stage.vault.list::<AwaitedCredentials>().await.unwrap().is_empty());
    assert!(awaited(&stage).await.is_empty());
}
