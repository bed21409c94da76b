//! An answer that cannot be taken at this moment goes again as it is: once it is agreed to, shown and paid for with a copy
//! (decision 0025).

use std::sync::Mutex;

use credentials::types;
use environment::Clock;
use serde_json::json;
use tokio::sync::Notify;

use super::stage::{Stage, holder_keys, link_by_did, offer};
use crate::consent::{ByPreset, Consent, Preset};
use crate::flows::{AcceptOptions, CollectedFrom, LateAnswer, PresentError, PresentOptions, ShareProof};
use crate::question::{Choice, Question};
use crate::records::{DetailName, FollowUpAwaited, HistoryEntry, HistoryKind, KeptAnswer, SentAnswer};
use crate::wallet::{BoxFuture, Wallet};
use crate::{Presented, RefillError};

const NEEDED: ByPreset = ByPreset(Preset::Needed);
/// How many copies there are in the beginning.
const COPIES: usize = 4;
/// For how many seconds the requests of the stage are open.
const OPEN: i64 = 300;

async fn with_profile() -> Stage {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.no_refills = true);
    let options = AcceptOptions { tx_code: None, copies: Some(COPIES) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    stage
}

/// Puts so many answers off.
async fn putting_off(answers: usize, seconds: u64) -> Stage {
    let stage = with_profile().await;
    stage.set(|behaviour| behaviour.puts_off = (answers, Some(seconds)));
    stage
}

async fn present(stage: &Stage, consent: &dyn Consent) -> Result<Presented, PresentError> {
    stage.wallet.present(&stage.link(), &PresentOptions::default(), consent).await
}

/// What collecting says of answers.
async fn collected(wallet: &Wallet) -> Vec<CollectedFrom> {
    let mut from = wallet.collect(&NEEDED).await.unwrap().from;
    from.retain(|one| one.answer.is_some());
    from
}

/// How often an answer came, and how many different ones those were.
fn came(stage: &Stage) -> (usize, usize) {
    stage.seen(|seen| {
        let mut different = seen.answers.clone();
        different.dedup();
        (seen.answers.len(), different.len())
    })
}

async fn copies_left(stage: &Stage) -> usize {
    stage.wallet.list().await.unwrap()[0].copies_left
}

/// What the history tells of requests.
async fn told(wallet: &Wallet) -> Vec<HistoryEntry> {
    let mut history = wallet.history().await.unwrap();
    history.retain(|entry| entry.kind == HistoryKind::Request);
    history
}

/// The one request in the history, as the code of what it came to.
async fn outcome(wallet: &Wallet) -> Option<String> {
    let [entry] = &told(wallet).await[..] else { panic!("one request") };
    assert_eq!(entry.presented, ["email", "given_name"]);
    entry.not_completed.clone()
}

async fn kept(stage: &Stage) -> usize {
    stage.vault.list::<SentAnswer>().await.unwrap().len()
}

async fn awaits_its_outcome(stage: &Stage) -> bool {
    stage.vault.list::<KeptAnswer>().await.unwrap()[0].unanswered.is_some()
}

/// A member who is asked nothing any more, and hears of waiting.
#[derive(Default)]
struct Watching {
    agrees: bool,
    waits: Mutex<Vec<(String, i64)>>,
    waiting: Notify,
}

impl Watching {
    fn agreeing() -> Self {
        Self { agrees: true, ..Self::default() }
    }

    fn waited(&self) -> Vec<(String, i64)> {
        self.waits.lock().unwrap().clone()
    }
}

impl Consent for Watching {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        assert!(self.agrees, "what was agreed to is not asked anew");
        NEEDED.ask(question)
    }

    fn waits(&self, asker: &str, seconds: i64) {
        self.waits.lock().unwrap().push((asker.to_owned(), seconds));
        self.waiting.notify_one();
    }
}

#[tokio::test]
async fn an_answer_that_is_put_off_for_a_moment_goes_again_as_it_was_while_the_member_looks_on() {
    let stage = putting_off(1, 1).await;
    let watching = Watching::agreeing();
    let presented = present(&stage, &watching).await.unwrap();
    assert_eq!(came(&stage), (2, 1), "the very same answer");
    assert_eq!(copies_left(&stage).await, COPIES - 1);
    assert_eq!(presented.sharing_proof, ShareProof::Kept);
    assert_eq!(watching.waited(), [("kiln.localhost".to_owned(), 1)]);
    assert_eq!(outcome(&stage.wallet).await, None);
    assert_eq!((kept(&stage).await, awaits_its_outcome(&stage).await), (0, false));
    // The next one is another.
    present(&stage, &watching).await.unwrap();
    assert_eq!((came(&stage), copies_left(&stage).await), ((3, 2), COPIES - 2));
}

#[tokio::test]
async fn nobody_waits_at_the_terminal_for_longer_than_moments() {
    let stage = putting_off(100, 2).await;
    let watching = Watching::agreeing();
    let error = present(&stage, &watching).await.unwrap_err();
    assert!(matches!(error, PresentError::PutOff { seconds: 2 }), "{error:?}");
    assert_eq!(watching.waited(), vec![("kiln.localhost".to_owned(), 2); 3]);
    assert_eq!((came(&stage), copies_left(&stage).await), ((4, 1), COPIES - 1));
    for seconds in [Some(7), Some(60), Some(u64::MAX), None] {
        let stage = putting_off(1, 1).await;
        stage.set(|behaviour| behaviour.puts_off = (1, seconds));
        let watching = Watching::agreeing();
        assert_eq!(present(&stage, &watching).await.unwrap_err().code(), "put_off", "{seconds:?}");
        assert_eq!((came(&stage).0, watching.waited().len()), (1, 0), "{seconds:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_put_off_for_longer_is_sent_by_collecting_and_what_follows_is_kept() {
    let stage = putting_off(2, 60).await;
    let error = present(&stage, &NEEDED).await.unwrap_err();
    assert!(matches!(error, PresentError::PutOff { seconds: 60 }), "{error:?}");
    assert_eq!(outcome(&stage.wallet).await.as_deref(), Some("put_off"));
    assert!(awaits_its_outcome(&stage).await);
    stage.clock.advance(59);
    let [from] = &collected(&stage.wallet).await[..] else { panic!("one answer") };
    assert_eq!((&from.answer, from.ask_again_in), (&Some(LateAnswer::NotYet), Some(1)));
    assert_eq!(came(&stage).0, 1, "not before it was said");
    stage.clock.advance(1);
    let [from] = &collected(&stage.wallet).await[..] else { panic!("one answer") };
    assert_eq!((&from.answer, from.ask_again_in), (&Some(LateAnswer::NotYet), Some(60)));
    stage.clock.advance(60);
    let [from] = &collected(&stage.wallet).await[..] else { panic!("one answer") };
    let redirect_uri = Some("http://kiln.localhost/join/phone?response_code=x".to_owned());
    assert_eq!(from.answer, Some(LateAnswer::Taken { redirect_uri, credential_offer: None }));
    assert_eq!((from.party.as_str(), from.sharing_proof, &from.problem), ("kiln.localhost", true, &None));
    assert_eq!((came(&stage), copies_left(&stage).await), ((3, 1), COPIES - 1));
    assert_eq!(outcome(&stage.wallet).await, None);
    let spaces = stage.wallet.spaces().await.unwrap();
    assert!(spaces[0].given.len() == 1 && spaces[0].given[0].proof.is_some());
    assert_eq!((kept(&stage).await, awaits_its_outcome(&stage).await), (0, false));
    assert!(collected(&stage.wallet).await.is_empty(), "it is told once");
    assert_eq!(came(&stage).0, 3);
}

#[tokio::test]
async fn the_same_request_opened_again_sends_the_same_answer_and_asks_nobody_anything() {
    let stage = putting_off(1, 60).await;
    present(&stage, &NEEDED).await.unwrap_err();
    let nobody = Watching::default();
    for early in [0, 30] {
        stage.clock.advance(early);
        let error = present(&stage, &nobody).await.unwrap_err();
        assert!(matches!(error, PresentError::PutOff { seconds } if seconds == 60 - early), "{error:?}");
        assert_eq!(came(&stage).0, 1);
    }
    stage.clock.advance(30);
    let presented = present(&stage, &nobody).await.unwrap();
    assert_eq!(
        (presented.asker.name.as_str(), presented.asker.host.as_str()),
        ("kiln.localhost", "kiln.localhost")
    );
    assert_eq!(presented.requested, ["email", "given_name", "bio"]);
    assert_eq!(
        (&presented.disclosed[..], &presented.withheld[..]),
        (&["email".to_owned(), "given_name".to_owned()][..], &["bio".to_owned()][..])
    );
    assert_eq!(presented.sharing_proof, ShareProof::Kept);
    assert!(presented.redirect_uri.is_some());
    assert_eq!((came(&stage), copies_left(&stage).await), ((2, 1), COPIES - 1));
    assert_eq!(outcome(&stage.wallet).await, None);
}

#[tokio::test]
async fn an_answer_that_is_put_off_until_its_request_ends_was_not_taken_and_is_told_so_once() {
    let stage = putting_off(100, 60).await;
    present(&stage, &NEEDED).await.unwrap_err();
    stage.clock.advance(OPEN - 1);
    assert_eq!(collected(&stage.wallet).await[0].answer, Some(LateAnswer::NotYet));
    assert_eq!(came(&stage), (2, 1), "it may be taken to the last second");
    stage.clock.advance(1);
    let [from] = &collected(&stage.wallet).await[..] else { panic!("one answer") };
    assert_eq!(from.answer, Some(LateAnswer::NotTaken));
    assert!(from.problem.as_deref().is_some_and(|problem| problem.contains("never taken")));
    assert_eq!(outcome(&stage.wallet).await.as_deref(), Some("not_taken"));
    assert_eq!((came(&stage).0, copies_left(&stage).await), (2, COPIES - 1));
    assert_eq!((kept(&stage).await, awaits_its_outcome(&stage).await), (0, false));
    assert!(collected(&stage.wallet).await.is_empty());
    // What it gave counts as given, and the link asks anew.
    assert_eq!(stage.wallet.spaces().await.unwrap()[0].given.len(), 1);
    stage.set(|behaviour| behaviour.puts_off = (0, None));
    present(&stage, &NEEDED).await.unwrap();
    assert_eq!((came(&stage), copies_left(&stage).await), ((3, 2), COPIES - 2));
}

#[tokio::test]
async fn a_refusal_is_final_at_once_the_first_time_and_any_other() {
    let stage = with_profile().await;
    stage.set(|behaviour| behaviour.reply_status = Some(400));
    assert_eq!(present(&stage, &NEEDED).await.unwrap_err().code(), "invalid_request");
    assert_eq!(outcome(&stage.wallet).await.as_deref(), Some("invalid_request"));
    assert_eq!((kept(&stage).await, awaits_its_outcome(&stage).await), (0, false));
    stage.clock.advance(61);
    assert!(collected(&stage.wallet).await.is_empty());
    assert_eq!(came(&stage).0, 1);
    for status in [400, 403] {
        let stage = putting_off(1, 60).await;
        stage.set(|behaviour| behaviour.reply_status = Some(status));
        present(&stage, &NEEDED).await.unwrap_err();
        stage.clock.advance(61);
        assert_eq!(collected(&stage.wallet).await[0].answer, Some(LateAnswer::NotTaken), "{status}");
        assert_eq!(outcome(&stage.wallet).await.as_deref(), Some("invalid_request"));
        assert_eq!((came(&stage), kept(&stage).await), ((2, 1), 0));
        stage.clock.advance(61);
        assert!(collected(&stage.wallet).await.is_empty());
        assert_eq!((came(&stage).0, copies_left(&stage).await), (2, COPIES - 1));
    }
}

#[tokio::test]
async fn an_answer_goes_again_to_where_it_went_and_nowhere_else() {
    let stage = putting_off(1, 60).await;
    present(&stage, &NEEDED).await.unwrap_err();
    let fetched = |stage: &Stage| stage.calls().iter().filter(|call| call.contains("/request/1")).count();
    let before = fetched(&stage);
    // Whoever serves the request now, or is behind its link, has no part in it.
    stage.set(|behaviour| behaviour.response_host = Some("elsewhere.localhost".to_owned()));
    stage.clock.advance(61);
    present(&stage, &Watching::default()).await.unwrap();
    assert_eq!(fetched(&stage), before);
    let answers: Vec<String> = stage
        .calls()
        .into_iter()
        .filter(|call| call.starts_with("POST") && call.contains("response"))
        .collect();
    assert_eq!(answers, vec!["POST http://kiln.localhost/response/1".to_owned(); 2]);
    // Nor does the answer go to another party that is to be answered alone.
    let stage = putting_off(1, 60).await;
    present(&stage, &NEEDED).await.unwrap_err();
    let of = async |party| stage.wallet.sent_through(&stage.link(), party).await.unwrap().is_some();
    assert!(of(None).await && of(Some("did:web:kiln.localhost")).await);
    assert!(!of(Some("did:web:office.localhost")).await);
    assert!(stage.wallet.sent_through(&stage.office_link(), None).await.unwrap().is_none());
}

#[tokio::test]
async fn a_wallet_killed_while_it_waits_sends_that_answer_when_it_collects() {
    let stage = putting_off(1, 5).await;
    let watching = Watching::agreeing();
    let (wallet, link, options) = (stage.same_vault().await, stage.link(), PresentOptions::default());
    tokio::select! {
        outcome = wallet.present(&link, &options, &watching) => panic!("{outcome:?}"),
        () = watching.waiting.notified() => {}
    }
    assert_eq!(came(&stage).0, 1);
    let again = stage.same_vault().await;
    assert_eq!(outcome(&again).await.as_deref(), Some("put_off"));
    stage.clock.advance(5);
    assert!(matches!(collected(&again).await[0].answer, Some(LateAnswer::Taken { .. })));
    assert_eq!((came(&stage), copies_left(&stage).await), ((2, 1), COPIES - 1));
    assert_eq!(outcome(&again).await, None);
    let answer = stage.seen(|seen| holder_keys(&seen.answers[0]));
    assert_eq!(answer, stage.seen(|seen| holder_keys(&seen.answers[1])));
    assert!(again.spaces().await.unwrap()[0].given[0].proof.is_some());
}

#[tokio::test]
async fn a_wallet_killed_before_it_heard_that_it_is_put_off_sends_that_answer_when_it_collects() {
    let stage = putting_off(1, 60).await;
    let link = stage.link();
    let options = PresentOptions::default();
    stage.killed_at("/response/1", async |wallet| drop(wallet.present(&link, &options, &NEEDED).await)).await;
    let again = stage.same_vault().await;
    assert_eq!(outcome(&again).await.as_deref(), Some("outcome_unknown"));
    assert_eq!(collected(&again).await[0].answer, Some(LateAnswer::NotYet), "it may be under way");
    assert_eq!(came(&stage).0, 1);
    stage.clock.advance(61);
    assert!(matches!(collected(&again).await[0].answer, Some(LateAnswer::Taken { .. })));
    assert_eq!((came(&stage), copies_left(&stage).await), ((2, 1), COPIES - 1));
    assert_eq!(outcome(&again).await, None);
}

#[tokio::test]
async fn a_wallet_killed_after_its_answer_was_taken_learns_nothing_by_sending_it_again_and_stops() {
    for put_off_first in [false, true] {
        let stage = putting_off(usize::from(put_off_first), 60).await;
        let (link, options) = (stage.link(), PresentOptions::default());
        if put_off_first {
            present(&stage, &NEEDED).await.unwrap_err();
            stage.clock.advance(61);
        }
        stage
            .killed_at("/response/1", async |wallet| drop(wallet.present(&link, &options, &NEEDED).await))
            .await;
        assert_eq!(stage.seen(|seen| seen.taken.len()), 1);
        let again = stage.same_vault().await;
        stage.clock.advance(61);
        let [from] = &collected(&again).await[..] else { panic!("one answer") };
        assert_eq!(from.answer, Some(LateAnswer::Unknown), "{put_off_first}");
        assert_eq!(outcome(&again).await.as_deref(), Some("outcome_unknown"));
        assert!(awaits_its_outcome(&stage).await, "its key proves whose answer it was");
        assert_eq!((came(&stage).1, stage.seen(|seen| seen.taken.len())), (1, 1));
        let tries = came(&stage).0;
        stage.clock.advance(61);
        assert!(collected(&again).await.is_empty());
        assert_eq!((came(&stage).0, copies_left(&stage).await), (tries, COPIES - 1));
    }
}

#[tokio::test]
async fn an_answer_that_may_have_been_taken_is_not_known_to_be_refused_because_it_was_put_off_since() {
    for ends_first in [false, true] {
        let stage = putting_off(0, 60).await;
        let (link, options) = (stage.link(), PresentOptions::default());
        stage
            .killed_at("/response/1", async |wallet| drop(wallet.present(&link, &options, &NEEDED).await))
            .await;
        assert_eq!(stage.seen(|seen| seen.taken.len()), 1);
        let again = stage.same_vault().await;
        stage.set(|behaviour| behaviour.puts_off = (1, Some(60)));
        stage.clock.advance(61);
        assert_eq!(collected(&again).await[0].answer, Some(LateAnswer::NotYet), "{ends_first}");
        assert_eq!(outcome(&again).await.as_deref(), Some("outcome_unknown"), "{ends_first}");
        // Whoever took it says from now on that it was answered; or the request ends before it goes again.
        stage.clock.advance(if ends_first { OPEN } else { 60 });
        let [from] = &collected(&again).await[..] else { panic!("one answer") };
        assert_eq!(from.answer, Some(LateAnswer::Unknown), "{ends_first}");
        assert_eq!(outcome(&again).await.as_deref(), Some("outcome_unknown"), "{ends_first}");
        assert!(awaits_its_outcome(&stage).await, "{ends_first}: its key proves whose answer it was");
        assert_eq!((came(&stage).0, kept(&stage).await), (if ends_first { 2 } else { 3 }, 0));
    }
}

#[tokio::test]
async fn of_an_answer_that_a_server_failed_over_nobody_knows_whether_it_was_taken() {
    for status in [500, 502, 504] {
        for put_off_first in [false, true] {
            let stage = putting_off(usize::from(put_off_first), 60).await;
            stage.set(|behaviour| behaviour.reply_status = Some(status));
            let mut error = present(&stage, &NEEDED).await.unwrap_err();
            if put_off_first {
                stage.clock.advance(61);
                assert_eq!(collected(&stage.wallet).await[0].answer, Some(LateAnswer::Unknown), "{status}");
                error = PresentError::OutcomeUnknown;
            }
            assert_eq!(error.code(), "outcome_unknown", "{status}");
            assert_eq!(outcome(&stage.wallet).await.as_deref(), Some("outcome_unknown"), "{status}");
            assert_eq!((kept(&stage).await, awaits_its_outcome(&stage).await), (0, true), "{status}");
            let tries = came(&stage).0;
            stage.clock.advance(61);
            assert!(collected(&stage.wallet).await.is_empty(), "{status}: it does not go again");
            assert_eq!((came(&stage).0, copies_left(&stage).await), (tries, COPIES - 1), "{status}");
        }
    }
}

#[tokio::test]
async fn a_space_that_is_not_reached_when_the_answer_goes_again_is_asked_once_more() {
    let stage = putting_off(1, 60).await;
    present(&stage, &NEEDED).await.unwrap_err();
    stage.clock.advance(61);
    stage.set(|behaviour| behaviour.reply_error = Some(outbound::OutboundError::Unreachable));
    assert_eq!(collected(&stage.wallet).await[0].answer, Some(LateAnswer::NotYet));
    assert_eq!(outcome(&stage.wallet).await.as_deref(), Some("put_off"), "what was given was given");
    stage.set(|behaviour| behaviour.reply_error = None);
    stage.clock.advance(60);
    assert!(matches!(collected(&stage.wallet).await[0].answer, Some(LateAnswer::Taken { .. })));
    assert_eq!((outcome(&stage.wallet).await, copies_left(&stage).await), (None, COPIES - 1));
}

#[tokio::test]
async fn what_was_said_first_does_not_come_after_what_was_said_last() {
    for (claims, goes_again) in
        [(&["email", "given_name"][..], false), (&["email"], false), (&["age_equal_or_over"], true)]
    {
        let stage = putting_off(1, 60).await;
        present(&stage, &NEEDED).await.unwrap_err();
        stage.set(|behaviour| {
            behaviour.by_did = true;
            let claims: Vec<_> = claims.iter().map(|claim| json!({"path": [claim]})).collect();
            behaviour.query = Some(json!({"credentials": [{"id": "profile", "format": "dc+sd-jwt",
                "meta": {"vct_values": [types::PROFILE]}, "claims": claims}]}));
        });
        let other = stage.wallet.present(&link_by_did(), &PresentOptions::default(), &NEEDED).await;
        other.unwrap();
        stage.clock.advance(61);
        let [from] = &collected(&stage.wallet).await[..] else { panic!("one answer") };
        assert_eq!(matches!(from.answer, Some(LateAnswer::Taken { .. })), goes_again, "{claims:?}");
        assert_eq!(came(&stage).0, if goes_again { 3 } else { 2 }, "{claims:?}");
        let first = told(&stage.wallet).await.into_iter().find(|entry| entry.requested.len() == 3).unwrap();
        assert_eq!(first.not_completed.as_deref(), (!goes_again).then_some("not_taken"));
    }
}

#[tokio::test]
async fn an_answer_goes_again_no_longer_than_what_was_signed_for_it_counts() {
    for (query, seconds) in [
        (
            json!({"id": "one", "format": "dc+sd-jwt", "meta": {"vct_values": [types::PROFILE]}, "claims": [{"path": ["email"]}]}),
            900,
        ),
        (
            json!({"id": "one", "format": "dc+sd-jwt", "meta": {"vct_values": [types::OWN]}, "claims": [{"path": ["email"]}]}),
            300,
        ),
    ] {
        let stage = putting_off(1, 60).await;
        stage
            .wallet
            .set_own_detail(DetailName::new("email").unwrap(), json!("ada@example.org"))
            .await
            .unwrap();
        let end = stage.clock.now().plus(86_400).seconds();
        stage.set(|behaviour| {
            behaviour.query = Some(json!({"credentials": [query]}));
            behaviour.bend_request = Some(Box::new(move |claims| claims["exp"] = json!(end)));
        });
        present(&stage, &NEEDED).await.unwrap_err();
        let sent = stage.vault.list::<SentAnswer>().await.unwrap().remove(0);
        assert_eq!(sent.until - stage.clock.now().seconds(), seconds, "{query}");
    }
}

#[tokio::test]
async fn an_answer_too_long_to_be_kept_is_sent_all_the_same_and_its_refusal_is_final() {
    let stage = with_profile().await;
    let own = json!({"id": "own", "format": "dc+sd-jwt", "meta": {"vct_values": [types::OWN]}, "claims": [{"path": ["bio"]}]});
    stage.set(|behaviour| behaviour.query = Some(json!({"credentials": [own]})));
    for (length, is_kept) in [(90_000, true), (110_000, false)] {
        stage.set(|behaviour| behaviour.puts_off = (1, Some(60)));
        let bio = json!("x".repeat(length));
        stage.wallet.set_own_detail(DetailName::new("bio").unwrap(), bio).await.unwrap();
        let error = present(&stage, &NEEDED).await.unwrap_err();
        assert_eq!(error.code(), if is_kept { "put_off" } else { "not_taken" }, "{length}");
        assert_eq!(kept(&stage).await, usize::from(is_kept), "{length}");
        stage.clock.advance(61);
        assert_eq!(collected(&stage.wallet).await.len(), usize::from(is_kept));
    }
    // Within moments it goes again out of memory.
    stage.set(|behaviour| behaviour.puts_off = (1, Some(1)));
    present(&stage, &NEEDED).await.unwrap();
}

#[tokio::test]
async fn a_refill_that_is_put_off_costs_one_copy_and_brings_its_new_ones_when_it_is_collected() {
    let stage = putting_off(1, 60).await;
    stage.set(|behaviour| behaviour.no_refills = false);
    let refused = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap_err();
    assert!(matches!(refused, RefillError::Present(PresentError::PutOff { .. })), "{refused:?}");
    assert_eq!(copies_left(&stage).await, COPIES - 1);
    stage.set(|behaviour| behaviour.offer = Some(offer(&["profile"])));
    stage.clock.advance(61);
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert!(collected.from.iter().any(|from| matches!(from.answer, Some(LateAnswer::Taken { .. }))));
    assert!(collected.from.iter().any(|from| from.accepted.is_some()), "{collected:?}");
    assert_eq!(came(&stage), (2, 1));
    assert!(copies_left(&stage).await > COPIES - 1);
    assert!(stage.vault.list::<FollowUpAwaited>().await.unwrap().is_empty());
}
