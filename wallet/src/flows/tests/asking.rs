//! What a question says beside what is asked: who else sees it, until when, and what has become of its member since.

use std::sync::Mutex;

use credentials::{types, vc};
use serde_json::{Value, json};
use trust::testing::NOW;

use super::stage::{Stage, disclosed, offer, offer_of};
use crate::consent::{ByPreset, Consent, Preset};
use crate::flows::{AcceptOptions, PresentError, PresentOptions};
use crate::question::{Choice, NotSatisfied, Question, Selection};
use crate::records::{DetailName, FollowUpAwaited, KeptAnswer, KnownSpace};
use crate::wallet::BoxFuture;

const NEEDED: ByPreset = ByPreset(Preset::Needed);
const A_DAY: i64 = 86_400;
const KILN: &str = "did:web:kiln.localhost";

/// A member who looks at the question, and gives what is needed until some moment, or nothing.
#[derive(Default)]
struct Looking {
    until: Option<Option<i64>>,
    question: Mutex<Option<Question>>,
}

impl Looking {
    fn giving(until: Option<i64>) -> Self {
        Self { until: Some(until), ..Self::default() }
    }

    fn question(&self) -> Question {
        self.question.lock().unwrap().clone().unwrap()
    }
}

impl Consent for Looking {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        *self.question.lock().unwrap() = Some(question.clone());
        let choice = match self.until {
            None => Choice::LeaveOpen,
            Some(until) => Choice::Share(Selection { until, ..Preset::Needed.pick(question).unwrap() }),
        };
        Box::pin(std::future::ready(choice))
    }
}

async fn stage() -> Stage {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(4) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.no_refills = true);
    stage
}

async fn asked(stage: &Stage) -> Question {
    let looking = Looking::default();
    let left = stage.wallet.present(&stage.link(), &PresentOptions::default(), &looking).await;
    assert!(matches!(left, Err(PresentError::LeftOpen)), "{left:?}");
    looking.question()
}

/// The terms of the last answer, as its asker reads them.
fn terms_of(stage: &Stage) -> Option<network::terms::Terms> {
    let answers = stage.seen(|seen| seen.answers.clone());
    let token: Value = serde_json::from_str(answers.last()?.get("vp_token")?).unwrap();
    let presentation = token["terms"][0].as_str()?;
    let verified =
        vc::Unverified::parse(presentation, vc::Types::Current).unwrap().verify_self_issued(NOW, 0).unwrap();
    let verified = verified.presented(vc::Binding::NotRequired).unwrap();
    let request = verified.claims()["request"].as_str().unwrap().to_owned();
    Some(network::terms::Terms::from_claims(verified.claims(), &request).unwrap())
}

#[tokio::test]
async fn the_day_on_which_everything_is_taken_back_goes_out_with_the_answer_and_none_that_is_too_near() {
    let stage = stage().await;
    let first = NOW.plus(2 * A_DAY).start_of_day().seconds();
    assert!(first >= NOW.plus(A_DAY).seconds(), "a space wants to have it for a day");
    assert_eq!(asked(&stage).await.first_end, Some(first));
    let present = async |until| {
        let member = Looking::giving(until);
        stage.wallet.present(&stage.link(), &PresentOptions::default(), &member).await
    };
    let refused = present(Some(first - 1)).await.unwrap_err();
    assert!(matches!(refused, PresentError::Choice(NotSatisfied::EndsTooSoon)), "{refused:?}");
    present(Some(first)).await.unwrap();
    assert_eq!(terms_of(&stage).unwrap().until, Some(first));
    present(None).await.unwrap();
    assert_eq!(terms_of(&stage).map(|terms| terms.until), None, "whoever says nothing sends no terms");
}

#[tokio::test]
async fn whoever_does_not_ask_for_an_end_is_told_none() {
    let stage = stage().await;
    let query = |id: &str, vct: &str, claims: &[&str]| {
        let claims: Vec<Value> = claims.iter().map(|claim| json!({"path": [claim]})).collect();
        json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": claims})
    };
    stage.set(|behaviour| {
        let terms = query("terms", types::TERMS, &["request", "audiences"]);
        behaviour.query = Some(json!({
            "credentials": [query("profile", types::PROFILE, &["email"]), terms],
            "credential_sets": [{"options": [["profile"]]}, {"options": [["terms"]], "required": false}],
        }));
    });
    let question = asked(&stage).await;
    assert_eq!((question.asks_for_terms, question.first_end), (true, None));
}

#[tokio::test]
async fn a_question_is_asked_otherwise_once_its_member_has_joined_where_the_asker_takes_them_for_new() {
    let stage = stage().await;
    let question = asked(&stage).await;
    assert!(!question.joins_again);
    assert_eq!(stage.wallet.question_by_now(&question).await.unwrap(), None, "nothing has changed");
    let own = json!({"id": "membership", "format": "dc+sd-jwt", "meta": {"vct_values": [types::MEMBERSHIP]},
        "claims": [{"path": ["space"], "values": [KILN]}]});
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    let membership = offer_of("http://kiln.localhost", &["membership"]);
    stage.wallet.accept_offer(&membership, &options, &NEEDED).await.unwrap();
    let by_now = stage.wallet.question_by_now(&question).await.unwrap().unwrap();
    assert_eq!(by_now, Question { joins_again: true, ..question.clone() });
    assert_eq!(stage.wallet.question_by_now(&by_now).await.unwrap(), None, "it says so already");
    // By its own membership the space knows its member again.
    stage.set(|behaviour| behaviour.query = Some(json!({"credentials": [own]})));
    let knowing = asked(&stage).await;
    assert!(!knowing.joins_again);
    assert_eq!(stage.wallet.question_by_now(&knowing).await.unwrap(), None);
}

/// Fills in what is missing once they have seen the question, and gives all that is asked then.
struct FillingIn<'a> {
    stage: &'a Stage,
    /// What was asked, each time.
    seen: Mutex<Vec<Question>>,
}

impl Consent for FillingIn<'_> {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(async move {
            self.seen.lock().unwrap().push(question.clone());
            let wallet = &self.stage.wallet;
            if question.can_be_satisfied() {
                return NEEDED.ask(question).await;
            }
            assert!(!wallet.has_other_things_since(question).await.unwrap(), "nothing was filled in yet");
            let bio = DetailName::new("bio").unwrap();
            wallet.set_own_detail(bio, json!("Bread, mostly")).await.unwrap();
            assert!(wallet.has_other_things_since(question).await.unwrap());
            Choice::AskAgain
        })
    }
}

#[tokio::test]
async fn what_is_filled_in_while_a_question_waits_is_in_the_very_question_when_it_is_asked_again() {
    let stage = stage().await;
    stage.set(|behaviour| {
        behaviour.query = Some(json!({"credentials": [{"id": "own", "format": "dc+sd-jwt",
            "meta": {"vct_values": [types::OWN]}, "claims": [{"path": ["bio"]}]}]}));
    });
    let member = FillingIn { stage: &stage, seen: Mutex::default() };
    let presented = stage.wallet.present(&stage.link(), &PresentOptions::default(), &member).await.unwrap();
    assert_eq!(presented.disclosed, ["bio"]);
    let seen = member.seen.lock().unwrap().clone();
    let [before, after] = &seen[..] else { panic!("asked twice") };
    assert!(!before.can_be_satisfied() && after.can_be_satisfied());
    assert_eq!(before.request, after.request, "of the one request");
    assert!(!stage.wallet.has_other_things_since(after).await.unwrap());
    assert_eq!(stage.seen(|seen| seen.answers.len()), 1);
}

#[tokio::test]
async fn what_came_with_a_reply_and_was_declined_is_not_offered_by_what_follows_and_its_proof_is_still_kept()
{
    for has_proof in [true, false] {
        let stage = stage().await;
        stage.set(|behaviour| {
            behaviour.offer = Some(offer_of("http://kiln.localhost", &["membership"]));
            behaviour.no_proof = !has_proof;
        });
        let presented =
            stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
        assert!(presented.credential_offer.is_some(), "it came with the reply");
        let follow_up = presented.follow_up.unwrap();
        stage.wallet.decline_what_followed(&follow_up).await.unwrap();
        assert_eq!(stage.vault.list::<FollowUpAwaited>().await.unwrap().len(), usize::from(!has_proof));
        let from = stage.wallet.collect(&NEEDED).await.unwrap().from;
        assert!(from.iter().all(|one| one.accepted.is_none()), "{from:?}");
        stage.set(|behaviour| behaviour.no_proof = false);
        stage.wallet.collect(&NEEDED).await.unwrap();
        assert!(stage.vault.list::<FollowUpAwaited>().await.unwrap().is_empty());
        assert!(stage.wallet.spaces().await.unwrap()[0].given[0].proof.is_some());
        assert!(stage.wallet.list().await.unwrap().iter().all(|one| one.vct != types::MEMBERSHIP));
        // What is over already, or never was, is nothing to decline.
        stage.wallet.decline_what_followed(&follow_up).await.unwrap();
    }
}

#[tokio::test]
async fn what_the_asker_has_already_links_nobody_anew() {
    let stage = stage().await;
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    let mut elsewhere = stage.vault.list::<KnownSpace>().await.unwrap().remove(0);
    elsewhere.id = "did:web:harbour.localhost".to_owned();
    elsewhere.name = "Harbour".to_owned();
    stage.vault.put(&elsewhere).await.unwrap();
    let given = stage.vault.list::<KeptAnswer>().await.unwrap().remove(0);
    stage.vault.put(&KeptAnswer { space: elsewhere.id, ..given }).await.unwrap();
    let question = asked(&stage).await;
    assert_eq!(question.possible_links(), [], "they could tell already");
    stage.vault.batch().delete::<KeptAnswer>(&KeptAnswer::name_of(KILN, 0)).commit().await.unwrap();
    let links = asked(&stage).await.possible_links();
    assert_eq!(links.len(), 1, "{links:?}");
    assert_eq!(
        (links[0].details.join(" "), links[0].others.join(" ")),
        ("email given_name".to_owned(), "Harbour".to_owned())
    );
}

/// A member during whose look at the question the space changes what is asked behind the very same address.
struct Meanwhile<'a>(&'a Stage);

impl Consent for Meanwhile<'_> {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        self.0.set(|behaviour| behaviour.query = Some(greedy()));
        NEEDED.ask(question)
    }
}

fn greedy() -> Value {
    let claims = json!([{"path": ["email"]}, {"path": ["birthdate"]}]);
    json!({"credentials": [
        {"id": "profile", "format": "dc+sd-jwt", "meta": {"vct_values": [types::PROFILE]}, "claims": claims},
    ]})
}

#[tokio::test]
async fn a_request_that_is_another_one_when_it_is_fetched_again_is_answered_as_it_was_seen() {
    let stage = stage().await;
    let fetched = || stage.calls().iter().filter(|call| call.contains("/request/1")).count();
    let before = fetched();
    let member = Meanwhile(&stage);
    let presented = stage.wallet.present(&stage.link(), &PresentOptions::default(), &member).await.unwrap();
    assert_eq!(presented.disclosed, ["email", "given_name"]);
    assert_eq!(fetched() - before, 1, "what was seen is answered, and not fetched once more");
    let shown = stage.seen(|seen| disclosed(seen.answers.last().unwrap()));
    let names = shown.iter().flat_map(|(_, _, names)| names.clone()).collect::<Vec<_>>();
    assert!(!format!("{names:?}").contains("birthdate"), "{names:?}");
    // Who opens the link again is asked again, and what was said before counts for nothing.
    let looking = Looking::default();
    let left = stage.wallet.present(&stage.link(), &PresentOptions::default(), &looking).await;
    assert!(matches!(left, Err(PresentError::BeyondRegistration)), "{left:?}");
    assert_eq!(looking.question().asked(), ["email", "birthdate"]);
    assert_eq!(stage.seen(|seen| seen.answers.len()), 1);
}
