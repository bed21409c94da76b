//! Questions that are open for long: the request may end meanwhile, and the copy that was to be shown may be shown for another.

use std::sync::Mutex;

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::stage::{Stage, holder_keys, offer};
use crate::Presented;
use crate::consent::{ByPreset, Consent, Preset};
use crate::flows::{AcceptOptions, PresentError, PresentOptions};
use crate::question::{Choice, Question};
use crate::records::DetailName;
use crate::wallet::BoxFuture;

const NEEDED: ByPreset = ByPreset(Preset::Needed);
/// For how many seconds the requests of the stage are open.
const OPEN: i64 = 300;

/// A member who answers when told to.
#[derive(Default)]
struct Later {
    refuses: bool,
    question: Mutex<Option<Question>>,
    asked: Notify,
    word: Notify,
}

impl Later {
    fn question(&self) -> Question {
        self.question.lock().unwrap().clone().unwrap()
    }
}

impl Consent for Later {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(async move {
            *self.question.lock().unwrap() = Some(question.clone());
            self.asked.notify_one();
            self.word.notified().await;
            if self.refuses { Choice::Refuse } else { NEEDED.ask(question).await }
        })
    }
}

/// A member with so many copies of the profile, of whom an e-mail address is asked and what they say of themselves.
async fn stage(copies: usize) -> Stage {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(copies) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    say(&stage, "I bake").await;
    let query = |id: &str, vct: &str, claim: &str| json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": [{"path": [claim]}]});
    let profile = query("profile", credentials::types::PROFILE, "email");
    let own = query("own", credentials::types::OWN, "bio");
    stage.set(|behaviour| {
        behaviour.no_refills = true;
        behaviour.query = Some(json!({"credentials": [profile, own]}));
        // The office registers no word of the member's own beside.
        behaviour.registers_also = Some(registered());
    });
    stage
}

fn registered() -> trust::registration::IntendedUse {
    let claim = |name| trust::registration::RegisteredClaim {
        path: trust::ClaimPath::name(name),
        retention_days: 30,
    };
    trust::registration::IntendedUse {
        id: "also".to_owned(),
        purpose: [("en".to_owned(), "To know who bakes".to_owned())].into(),
        legal_basis: trust::registration::LegalBasis::Contract,
        claims: vec![claim("email"), claim("bio")],
        credential_types: vec![credentials::types::PROFILE.to_owned(), credentials::types::OWN.to_owned()],
    }
}

async fn say(stage: &Stage, bio: &str) {
    stage.wallet.set_own_detail(DetailName::new("bio").unwrap(), json!(bio)).await.unwrap();
}

async fn copies_left(stage: &Stage) -> usize {
    stage.wallet.list().await.unwrap()[0].copies_left
}

fn answers(stage: &Stage) -> usize {
    stage.calls().iter().filter(|call| call.starts_with("POST") && call.ends_with("/response/1")).count()
}

/// The codes of what was not completed, oldest first.
async fn codes(stage: &Stage) -> Vec<String> {
    let mut history = stage.wallet.history().await.unwrap();
    history.reverse();
    history.into_iter().filter_map(|entry| entry.not_completed).collect()
}

#[tokio::test]
async fn what_is_agreed_to_after_the_request_has_ended_is_not_sent_and_spends_no_copy() {
    for (late, refuses, code) in [
        (OPEN - 1, false, None),
        (OPEN, false, Some("request_ran_out")),
        (OPEN + 1, false, Some("request_ran_out")),
        (OPEN + 1, true, Some("declined")),
    ] {
        let stage = stage(4).await;
        let (member, link) = (Later { refuses, ..Later::default() }, stage.link());
        let end = stage.clock_seconds() + OPEN;
        let options = PresentOptions::default();
        let (outcome, ()) = tokio::join!(stage.wallet.present(&link, &options, &member), async {
            member.asked.notified().await;
            stage.clock.advance(late);
            member.word.notify_one();
        });
        assert_eq!(member.question().ends_at, Some(end));
        assert_eq!(outcome.err().as_ref().map(PresentError::code), code, "{late}");
        assert_eq!(codes(&stage).await.first().map(String::as_str), code, "{late}");
        let sent = usize::from(code != Some("request_ran_out"));
        assert_eq!(answers(&stage), sent, "{late}: a no is one all the same");
        assert_eq!(copies_left(&stage).await, if code.is_none() { 3 } else { 4 }, "{late}");
    }
}

/// Two questions, of the space and the office, that are open at once; `between` is done once the first was answered.
async fn both(
    stage: &Stage,
    at_once: bool,
    between: impl AsyncFnOnce(),
) -> [Result<Presented, PresentError>; 2] {
    let (first, second) = (Later::default(), Later::default());
    let (link, office, options) = (stage.link(), stage.office_link(), PresentOptions::default());
    let (one, other, ()) = tokio::join!(
        stage.wallet.present(&link, &options, &first),
        stage.wallet.present(&office, &options, &second),
        async {
            first.asked.notified().await;
            second.asked.notified().await;
            first.word.notify_one();
            while !at_once && stage.seen(|seen| seen.taken.is_empty()) {
                tokio::task::yield_now().await;
            }
            between().await;
            second.word.notify_one();
        },
    );
    [one, other]
}

#[tokio::test]
async fn of_two_questions_that_are_open_at_once_each_is_answered_with_a_copy_of_its_own() {
    for at_once in [false, true] {
        let stage = stage(4).await;
        for outcome in both(&stage, at_once, async || {}).await {
            assert_eq!(outcome.unwrap().disclosed, ["email", "bio"], "{at_once}");
        }
        // What the member says of itself goes under the key of the copy beside it.
        let keys: Vec<Vec<Value>> = stage.seen(|seen| seen.taken.iter().map(holder_keys).collect());
        let [one, other] = &keys[..] else { panic!("two answers") };
        assert!(one.iter().all(|key| !other.contains(key)), "{at_once}: no key is shown to both");
        assert_eq!(copies_left(&stage).await, 2, "{at_once}");
        assert!(codes(&stage).await.is_empty(), "{at_once}");
    }
}

#[tokio::test]
async fn without_a_second_copy_or_with_other_values_the_second_question_is_answered_with_nothing() {
    for (copies, bio) in [(2, "I bake"), (4, "I bake bread")] {
        let stage = stage(copies).await;
        let [one, other] = both(&stage, false, async || say(&stage, bio).await).await;
        one.unwrap();
        let error = other.unwrap_err();
        assert!(matches!(error, PresentError::Damaged), "{copies}: {error:?}");
        assert_eq!((answers(&stage), copies_left(&stage).await), (1, copies - 1), "{copies}");
        assert_eq!(codes(&stage).await, ["copy_gone"], "{copies}");
    }
}
