//! Own details in several sets: which one is offered where, and that the one that was chosen goes along.

use std::sync::Mutex;

use credentials::{types, vc};
use jose::base64url;
use serde_json::{Value, json};

use super::Picking;
use super::stage::{Stage, disclosed, offer};
use crate::consent::{ByPreset, Consent, Preset};
use crate::flows::{AcceptOptions, PresentOptions};
use crate::question::{Choice, NotSatisfied, Question, Selection};
use crate::records::{DetailName, DetailSet, OwnDetails, Place, SetName};

const NEEDED: ByPreset = ByPreset(Preset::Needed);

fn set_name(text: &str) -> SetName {
    SetName::new(text).unwrap()
}

/// A stage whose member is a baker where employed and says otherwise of themselves where not.
async fn stage_with_sets() -> (Stage, DetailSet, DetailSet) {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(6) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.no_refills = true);
    let bio = || DetailName::new("bio").unwrap();
    stage.wallet.set_own_detail(bio(), json!("Baker")).await.unwrap();
    let freelance = stage.wallet.add_detail_set(set_name("Freelance"), set_name("Employed")).await.unwrap();
    let edit = |own: &mut OwnDetails| own.set_at(bio(), json!("Potter"), Place::Set(&freelance.id));
    stage.wallet.edit_own_details(edit).await.unwrap();
    let employed = stage.wallet.own_details().await.unwrap().sets().next().unwrap().clone();
    (stage, employed, freelance)
}

/// The question as it is asked: which set is offered, which there are, and what the bio would be.
async fn asked(stage: &Stage) -> Question {
    let seen = Mutex::new(Question::default());
    let looking = Picking(|question: &Question| {
        seen.lock().unwrap().clone_from(question);
        Choice::LeaveOpen
    });
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &looking).await.unwrap_err();
    seen.into_inner().unwrap()
}

fn bio(question: &Question) -> Option<String> {
    let answers = question.groups.iter().flat_map(|group| &group.options).flat_map(|option| &option.answers);
    answers.flat_map(|answer| &answer.claims).find(|claim| claim.claim == "bio")?.value.clone()
}

async fn give(stage: &Stage, consent: &dyn Consent) -> String {
    stage.wallet.present(&stage.link(), &PresentOptions::default(), consent).await.unwrap();
    let answer = stage.seen(|seen| disclosed(seen.answers.last().unwrap()));
    let own = answer.iter().find(|(query, ..)| query == "own_bio").unwrap();
    own.2
        .iter()
        .map(|(_, disclosure)| String::from_utf8(base64url::decode(disclosure).unwrap()).unwrap())
        .collect()
}

fn all_in(set: &DetailSet) -> impl Consent + use<'_> {
    Picking(|question: &Question| {
        let chosen = question.in_set(Some(&set.id)).unwrap();
        let picked = Preset::All.pick(chosen).unwrap();
        Choice::Share(Selection { own_set: chosen.own_set.clone(), ..picked })
    })
}

#[tokio::test]
async fn the_first_set_is_offered_and_then_the_one_that_the_space_was_given_last() {
    let (stage, employed, freelance) = stage_with_sets().await;
    let question = asked(&stage).await;
    assert_eq!(question.own_set.as_ref(), Some(&employed.id));
    assert_eq!(question.sets, [employed.clone(), freelance.clone()]);
    assert_eq!(bio(&question).as_deref(), Some("Baker"));
    assert_eq!(bio(question.in_set(Some(&freelance.id)).unwrap()).as_deref(), Some("Potter"));
    assert!(question.in_set(Some("none")).is_none());
    let given = give(&stage, &all_in(&freelance)).await;
    assert!(given.contains("Potter") && !given.contains("Baker"), "{given}");
    stage.clock.advance(60);
    assert_eq!(asked(&stage).await.own_set, Some(freelance.id.clone()));
    let given = give(&stage, &all_in(&employed)).await;
    assert!(given.contains("Baker") && !given.contains("Potter"), "{given}");
    stage.clock.advance(60);
    assert_eq!(asked(&stage).await.own_set, Some(employed.id));
}

#[tokio::test]
async fn where_the_sets_say_the_same_there_is_nothing_to_choose() {
    let (stage, employed, _) = stage_with_sets().await;
    let same =
        |own: &mut OwnDetails| own.set_at(DetailName::new("bio").unwrap(), json!("Both"), Place::EverySet);
    stage.wallet.edit_own_details(same).await.unwrap();
    let question = asked(&stage).await;
    assert_eq!((question.sets.len(), question.own_set), (0, Some(employed.id)));
}

#[tokio::test]
async fn a_set_that_lacks_what_is_needed_gives_way_to_one_that_has_it() {
    let (stage, employed, freelance) = stage_with_sets().await;
    let own = json!({"credentials": [
        {"id": "own_bio", "format": vc::TYPE, "meta": {"vct_values": [types::OWN]}, "claims": [{"path": ["bio"]}]},
    ]});
    stage.set(|behaviour| behaviour.query = Some(own));
    let none = |own: &mut OwnDetails| {
        own.set_at(DetailName::new("bio").unwrap(), Value::Null, Place::Set(&employed.id))
    };
    stage.wallet.edit_own_details(none).await.unwrap();
    let question = asked(&stage).await;
    assert_eq!((question.own_set.as_ref(), question.sets.len()), (Some(&freelance.id), 0));
    assert_eq!(bio(&question).as_deref(), Some("Potter"));
}

#[tokio::test]
async fn a_set_that_is_none_is_not_answered_from() {
    let (stage, ..) = stage_with_sets().await;
    let question = asked(&stage).await;
    let picked = Preset::All.pick(&question).unwrap();
    let wrong = Selection { own_set: Some("other".to_owned()), ..picked };
    assert_eq!(question.check(&wrong), Err(NotSatisfied::NoSuchSet));
    let choosing = Picking(|_: &Question| Choice::Share(wrong.clone()));
    let refused =
        stage.wallet.present(&stage.link(), &PresentOptions::default(), &choosing).await.unwrap_err();
    assert_eq!(refused.code(), "not_satisfied");
    assert!(stage.seen(|seen| seen.taken.iter().all(|sent| !sent.contains_key("vp_token"))), "a no alone");
}

#[tokio::test]
async fn what_is_changed_at_a_space_is_changed_in_the_set_that_it_was_given() {
    let (stage, employed, freelance) = stage_with_sets().await;
    give(&stage, &all_in(&freelance)).await;
    let kiln = stage.wallet.spaces().await.unwrap()[0].id.clone();
    stage
        .wallet
        .set_where_spaces_know_it(DetailName::new("bio").unwrap(), json!("Glazer"), &[kiln])
        .await
        .unwrap();
    let own = stage.wallet.own_details().await.unwrap();
    assert_eq!(own.claims_in(Some(&freelance.id))["bio"], "Glazer");
    assert_eq!(own.claims_in(Some(&employed.id))["bio"], "Baker");
}
