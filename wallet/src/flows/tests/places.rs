//! The spaces as the member sees them.

use credentials::types;
use network::claims::Audience;
use network::member_api::{ClaimChange, WhatToDo};
use serde_json::{Value, json};

use super::member_api::{back, email, items, member};
use super::stage::{OFFICE, SPACE, Stage, offer};
use crate::consent::{ByPreset, Consent, Preset};
use crate::flows::{AcceptOptions, MemberApiError, OwnSpace, PresentError, PresentOptions, When};
use crate::question::{Choice, Question};
use crate::records::{GivenValue, HistoryKind, KnownSpace};
use crate::wallet::BoxFuture;

const KILN: &str = "did:web:kiln.localhost";
const NEEDED: ByPreset = ByPreset(Preset::Needed);

async fn kiln(stage: &Stage) -> OwnSpace {
    stage.wallet.own_spaces().await.unwrap().into_iter().find(|own| own.space.id == KILN).unwrap()
}

/// A member who also shared their profile and what they say of themselves.
async fn sharing_member() -> Stage {
    let stage = member(8).await;
    let options = AcceptOptions { tx_code: None, copies: Some(6) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.no_refills = true);
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    stage
}

/// Whoever is asked fails.
struct Nobody;

impl Consent for Nobody {
    fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
        panic!("the member is asked")
    }
}

#[tokio::test]
async fn a_membership_is_listed_also_where_nothing_was_given_under_a_name_that_is_no_did() {
    let stage = member(6).await;
    stage.vault.batch().delete::<KnownSpace>(KILN).commit().await.unwrap();
    assert!(stage.wallet.spaces().await.unwrap().is_empty(), "nothing was given");
    let own = kiln(&stage).await;
    let membership = own.membership.clone().unwrap();
    assert_eq!(
        (membership.since.as_deref(), membership.plan.as_deref(), membership.counts),
        (Some("2026-11-01"), Some("member"), true)
    );
    assert_eq!(own.key.len(), 22);
    assert!(!own.key.contains("kiln") && !own.key.contains("did"), "{}", own.key);
    assert_eq!(stage.same_vault().await.own_space(&own.key).await.unwrap().unwrap().space.id, KILN);
    let other = stage.another_wallet(&stage.code, 9).await.key_of(KILN);
    assert_ne!(own.key, other, "nobody else can make it");
    assert!(stage.wallet.own_space(&other).await.unwrap().is_none());
    // And what it has can be asked.
    assert_eq!(stage.wallet.seen_at(KILN).await.unwrap().details.len(), 1);
}

#[tokio::test]
async fn an_office_is_no_space_of_the_member() {
    let stage = sharing_member().await;
    let office = |is_office: bool| KnownSpace {
        id: format!("did:web:{OFFICE}"),
        name: "Office".to_owned(),
        host: OFFICE.to_owned(),
        network: Some("n".to_owned()),
        is_office,
    };
    // Also of before it was noted: it signed the profile.
    for noted in [true, false] {
        stage.vault.put(&office(noted)).await.unwrap();
        let spaces = stage.wallet.own_spaces().await.unwrap();
        assert_eq!(spaces.iter().map(|own| own.space.id.as_str()).collect::<Vec<_>>(), [KILN]);
        assert_eq!(stage.wallet.offices().await.unwrap().len(), 1);
    }
    assert_eq!(stage.wallet.network_names().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_value_is_known_as_it_was_given_until_no_space_has_it_any_more() {
    let stage = sharing_member().await;
    let given = kiln(&stage).await;
    let claim = given.space.held.iter().find(|one| one.claim == "email").unwrap().clone();
    let value = given.value_of(&claim).cloned().unwrap();
    assert!(value.as_str().is_some_and(|value| value.contains('@')), "{value}");
    assert!(stage.vault.list::<GivenValue>().await.unwrap().iter().any(|kept| kept.value == value));
    assert!((claim.needed, claim.purpose.is_some()) == (true, true), "{:?}", (claim.needed, claim.purpose));
    let held = serde_json::to_string(&given.space.held).unwrap();
    assert!(!held.contains('@'), "no value leaves with the record: {held}");

    let sent = stage.wallet.change_rules_at(KILN, back("email")).await.unwrap();
    assert!(sent.done, "{sent:?}");
    assert!(!stage.vault.list::<GivenValue>().await.unwrap().iter().any(|kept| kept.value == value));
    assert!(kiln(&stage).await.space.held.iter().all(|one| one.claim != "email"));
}

#[tokio::test]
async fn a_plan_says_what_would_be_another_where_and_changes_nothing() {
    let stage = sharing_member().await;
    let spaces = [KILN.to_owned()];
    let (name, new) = email("new@example.org");
    let planned = stage.wallet.plan_change(&name, &new, &spaces).await.unwrap();
    assert_eq!(planned.len(), 1);
    let was = planned[0].now.clone().unwrap();
    assert_eq!((planned[0].is_same, planned[0].needs_check, planned[0].is_unheld), (false, true, false));
    let same = stage.wallet.plan_change(&name, &was, &spaces).await.unwrap();
    assert_eq!((same[0].is_same, same[0].needs_check), (true, false), "an office has checked it");
    let phone = crate::DetailName::new("phone_number").unwrap();
    let none = stage.wallet.plan_change(&phone, &json!("+49 30 1"), &spaces).await.unwrap();
    assert_eq!((none[0].is_unheld, &none[0].now), (true, &None));
    assert!(matches!(
        stage.wallet.plan_change(&name, &new, &["Nowhere".to_owned()]).await,
        Err(MemberApiError::UnknownSpace(_))
    ));
    assert!(items(&stage).await.is_empty());
    assert!(stage.calls().iter().all(|call| !call.contains("/member/")), "nobody was asked");
    assert!(!stage.wallet.own_details().await.unwrap().to_claims().contains_key("email"));
}

#[tokio::test]
async fn what_a_space_says_would_follow_is_about_what_it_was_asked_or_is_not_taken() {
    let stage = member(6).await;
    stage.set(|behaviour| behaviour.member.other_changes = true);
    assert!(matches!(
        stage.wallet.would_follow_changes(KILN, &back("email")).await,
        Err(MemberApiError::Malformed)
    ));
    stage.set(|behaviour| behaviour.member.other_changes = false);
    assert!(stage.wallet.would_follow_changes(KILN, &back("email")).await.is_ok());
    assert!(stage.wallet.would_follow_leaving(KILN).await.unwrap().membership_ended);
    assert!(items(&stage).await.is_empty(), "nothing was asked to be done");
}

#[tokio::test]
async fn leaving_is_kept_while_the_space_is_down_told_apart_and_sent_when_the_member_wishes() {
    let stage = member(6).await;
    stage.set(|behaviour| behaviour.down = Some(SPACE));
    assert!(matches!(stage.wallet.would_follow_leaving(KILN).await, Err(MemberApiError::Outbound(_))));
    let sent = stage.wallet.leave_space(KILN).await.unwrap();
    assert_eq!((sent.done, sent.waits), (false, true));
    assert_eq!(sent.why.as_ref().unwrap().code, "unreachable");
    let own = kiln(&stage).await;
    assert!(own.membership.is_some(), "not left yet");
    let [waiting] = own.waiting.as_slice() else { panic!("one thing waits") };
    assert_eq!(waiting.errand, crate::Errand::Leave);
    assert!(!waiting.may_be_done && !waiting.given_up, "it never got there");
    // Said twice it is one thing.
    assert!(!stage.wallet.leave_space(KILN).await.unwrap().done);
    assert_eq!(items(&stage).await.len(), 1);
    stage.set(|behaviour| behaviour.down = None);
    let sent = stage.wallet.send_waiting(&waiting.id).await.unwrap();
    assert!(sent.done && sent.membership_ended, "{sent:?}");
    let own = kiln(&stage).await;
    assert!(own.membership.is_none() && own.space.left_at.is_some() && own.waiting.is_empty());
    assert!(matches!(stage.wallet.send_waiting(&waiting.id).await, Err(MemberApiError::NoSuchItem)));
    let left = stage.wallet.plan_change(&email("x").0, &Value::from("x"), &[KILN.to_owned()]).await;
    assert!(matches!(left, Err(MemberApiError::Left(_))));
}

#[tokio::test]
async fn a_problem_names_its_code_and_whose_word_it_is() {
    let stage = member(6).await;
    let refuses = |status: u16, code: &str| {
        let body = json!({"error": code, "error_description": "no", "claims": ["email"]});
        stage.set(|behaviour| behaviour.member.refuses = Some((status, body)));
    };
    refuses(400, "until_too_late");
    let until = ClaimChange { claim: "email".to_owned(), what: WhatToDo::Until(Some(4_102_444_800)) };
    let sent = stage.wallet.change_rules_at(KILN, vec![until]).await.unwrap();
    let why = sent.why.unwrap();
    assert_eq!(
        (why.code.as_str(), why.is_their_word, why.claims),
        ("until_too_late", true, vec!["email".to_owned()])
    );
    refuses(503, "temporarily_unavailable");
    let publish = ClaimChange { claim: "email".to_owned(), what: WhatToDo::Publish(Audience::Public) };
    let sent = stage.wallet.change_rules_at(KILN, vec![publish]).await.unwrap();
    let why = sent.why.unwrap();
    assert_eq!((why.code.as_str(), why.is_their_word, sent.waits), ("not_now", false, true));
    assert_eq!(kiln(&stage).await.waiting[0].why.as_ref().unwrap().code, "not_now", "it is kept with it");
}

#[tokio::test]
async fn a_muted_space_asks_nobody_the_history_has_it_and_what_the_member_does_there_goes_on() {
    let stage = sharing_member().await;
    stage.wallet.mute_space(KILN, true).await.unwrap();
    stage.wallet.mute_space(KILN, true).await.unwrap();
    assert!(kiln(&stage).await.is_muted);
    let answers = stage.seen(|seen| seen.answers.len());
    let asked = stage.wallet.present(&stage.link(), &PresentOptions::default(), &Nobody).await;
    assert!(matches!(asked, Err(PresentError::Muted(_))), "{asked:?}");
    assert_eq!(stage.seen(|seen| seen.answers.len()), answers, "nothing is told to it");
    let history = stage.wallet.history().await.unwrap();
    let entry = history.iter().find(|entry| entry.not_completed.as_deref() == Some("muted")).unwrap();
    assert_eq!((entry.kind, entry.did.as_deref()), (HistoryKind::Request, Some(KILN)));
    // Another party asks as ever, and the member's own doings go on.
    stage.wallet.held_at(KILN).await.unwrap();
    let (name, value) = email("new@example.org");
    assert!(stage.wallet.change_at(name, value, &[KILN.to_owned()], When::Now).await.unwrap()[0].done);
    stage.wallet.mute_space(KILN, false).await.unwrap();
    assert!(!kiln(&stage).await.is_muted);
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
}

#[tokio::test]
async fn what_was_shared_is_of_a_type_that_says_who_checked_it() {
    let stage = sharing_member().await;
    let own = kiln(&stage).await;
    let checked: Vec<&str> =
        own.space.held.iter().filter(|one| one.claim == "email").map(|one| one.vct.as_str()).collect();
    assert_eq!(checked, [types::PROFILE]);
    let proof = own.space.given[0].proven().unwrap();
    assert_eq!(proof.issuer, KILN);
    assert!(proof.shared.iter().any(|shared| shared.claim == "email" && shared.needed));
}

#[tokio::test]
async fn of_changes_within_one_second_the_last_one_counts() {
    let stage = sharing_member().await;
    let until =
        |end: Option<i64>| vec![ClaimChange { claim: "email".to_owned(), what: WhatToDo::Until(end) }];
    let ends = [Some(4_102_444_800), None, Some(4_102_531_200), None, Some(4_102_617_600), None];
    for end in ends {
        assert!(stage.wallet.change_rules_at(KILN, until(end)).await.unwrap().done);
        let own = kiln(&stage).await;
        let held = own.space.held.iter().find(|one| one.claim == "email").unwrap();
        assert_eq!(held.until, end);
    }
}
