//! What a member has changed at spaces: proven, kept, and sent again until it is done.

use credentials::types;
use network::claims::Audience;
use network::member_api::{ClaimChange, WhatToDo};
use serde_json::{Value, json};

use super::collecting::asked_before;
use super::stage::{Stage, disclosed, offer, offer_of};
use crate::consent::{ByPreset, Consent, Preset};
use crate::flows::{AcceptOptions, LeftSpace, MemberApiError, PresentOptions, RefillError, SentChange, When};
use crate::question::{Choice, Question};
use crate::records::{
    Copy, FollowUpAwaited, KeptAccess, KeptAnswer, KnownSpace, OutboxItem, RecoveryCommitment, SpaceView,
};
use crate::wallet::BoxFuture;
use crate::{DetailName, HistoryKind};

const NEEDED: ByPreset = ByPreset(Preset::Needed);
const KILN: &str = "did:web:kiln.localhost";

/// Lets the space misbehave.
type Bend = fn(&mut super::stage::MemberDesk);

/// A member of the space with this many copies of the membership.
pub(super) async fn member(copies: usize) -> Stage {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(copies) };
    let link = offer_of("http://kiln.localhost", &["membership"]);
    stage.wallet.accept_offer(&link, &options, &NEEDED).await.unwrap();
    know(&stage, KILN, "Kiln").await;
    // It must not refill by itself in between.
    stage.set(|behaviour| behaviour.no_refills_at_the_space = true);
    stage
}

async fn know(stage: &Stage, did: &str, name: &str) {
    let known = KnownSpace {
        id: did.to_owned(),
        name: name.to_owned(),
        host: did.rsplit(':').next().unwrap().to_owned(),
        network: Some("n".to_owned()),
        is_office: false,
    };
    stage.vault.put(&known).await.unwrap();
}

pub(super) fn back(claim: &str) -> Vec<ClaimChange> {
    vec![ClaimChange { claim: claim.to_owned(), what: WhatToDo::TakeBack }]
}

pub(super) async fn items(stage: &Stage) -> Vec<OutboxItem> {
    stage.vault.list().await.unwrap()
}

pub(super) async fn kiln(stage: &Stage) -> SpaceView {
    stage.wallet.spaces().await.unwrap().into_iter().find(|space| space.id == KILN).unwrap()
}

fn paths(stage: &Stage) -> Vec<String> {
    stage.seen(|seen| seen.member.asked.iter().map(|(path, _)| path.clone()).collect())
}

fn shown_memberships(stage: &Stage) -> usize {
    stage.seen(|seen| seen.answers.len())
}

pub(super) fn email(value: &str) -> (DetailName, Value) {
    (DetailName::new("email").unwrap(), json!(value))
}

pub(super) async fn collect(stage: &Stage) -> Vec<SentChange> {
    stage.wallet.collect(&NEEDED).await.unwrap().changes
}

#[tokio::test]
async fn what_a_space_holds_is_seen_by_showing_it_its_own_membership_once_in_ten_minutes() {
    let stage = member(6).await;
    let held = stage.wallet.held_at("kiln.localhost").await.unwrap();
    assert_eq!((held.details.len(), held.details[0].claim.as_str()), (1, "email"));
    let shown = stage.seen(|seen| disclosed(seen.answers.last().unwrap()));
    assert_eq!((shown.len(), shown[0].1.as_str()), (1, types::MEMBERSHIP));
    let names: Vec<&str> = shown[0].2.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["space"]);
    stage.wallet.held_at("Kiln").await.unwrap();
    stage.wallet.held_at(KILN).await.unwrap();
    assert_eq!(shown_memberships(&stage), 1, "the way in is open");
    stage.clock.advance(600);
    stage.wallet.held_at(KILN).await.unwrap();
    assert_eq!(shown_memberships(&stage), 2);
    assert!(matches!(stage.wallet.held_at("Nowhere").await, Err(MemberApiError::UnknownSpace(_))));
    know(&stage, "did:web:rook.localhost", "Rook").await;
    assert!(matches!(stage.wallet.held_at("Rook").await, Err(MemberApiError::NoMembership(_))));
}

#[tokio::test]
async fn a_change_is_kept_with_its_proof_and_leaves_nothing_to_do() {
    let stage = member(6).await;
    let publish = ClaimChange { claim: "email".to_owned(), what: WhatToDo::Publish(Audience::Public) };
    let sent = stage.wallet.change_rules_at("Kiln", vec![publish]).await.unwrap();
    assert!(sent.done && sent.problem.is_none(), "{sent:?}");
    assert!(items(&stage).await.is_empty());
    let changes = kiln(&stage).await.changes;
    assert_eq!((changes.len(), changes[0].what.as_str()), (1, "show email to public"));
    assert!(!changes[0].proof.is_empty());
    let history = stage.wallet.history().await.unwrap();
    let entry = history.iter().find(|entry| entry.kind == HistoryKind::Change).unwrap();
    assert_eq!((entry.presented.as_slice(), &entry.not_completed), (&["email".to_owned()][..], &None));

    let objected = stage.wallet.object_at("Kiln", vec!["email".to_owned()], "no".to_owned()).await.unwrap();
    assert!(objected.done);
    let would = stage.wallet.would_follow_changes("Kiln", &back("email")).await.unwrap();
    assert!(!would.membership_ended);
    assert_eq!(kiln(&stage).await.changes.len(), 2, "a dry run is no change");
    assert_eq!(shown_memberships(&stage), 1);
}

#[tokio::test]
async fn what_is_no_proof_of_the_change_is_not_taken_for_one() {
    let cases: [(&str, Bend); 4] = [
        ("another identifier", |desk| desk.other_id = true),
        ("another signer", |desk| desk.other_key = true),
        ("another key", |desk| desk.other_holder = true),
        ("other changes", |desk| desk.other_changes = true),
    ];
    for (case, bend) in cases {
        let stage = member(6).await;
        stage.set(|behaviour| bend(&mut behaviour.member));
        let sent = stage.wallet.change_rules_at("Kiln", back("email")).await.unwrap();
        assert!(!sent.done, "{case}");
        assert!(sent.problem.unwrap().contains("proof is not one"), "{case}");
        assert!(kiln(&stage).await.changes.is_empty(), "{case}");
        assert!(items(&stage).await[0].given_up, "{case}");
        stage.clock.advance(86_400);
        stage.set(|behaviour| behaviour.list_version += 1);
        assert!(collect(&stage).await.is_empty(), "{case}: not asked again by itself");
    }
}

#[tokio::test]
async fn a_change_whose_answer_got_lost_is_asked_again_under_its_identifier_and_done_once() {
    let stage = member(6).await;
    stage.set(|behaviour| behaviour.member.loses_answers = true);
    let sent = stage.wallet.change_rules_at("Kiln", back("email")).await.unwrap();
    assert!(!sent.done && sent.again_at.is_some());
    let [item] = &items(&stage).await[..] else { panic!("one item") };
    let id = item.id.clone();
    assert!(item.access.is_some() && item.holders.len() == 1);
    assert!(collect(&stage).await.is_empty(), "not before its time");
    // The process ended; the way in has expired, and is the only one that is answered again.
    stage.clock.advance(3_600);
    let sent = collect(&stage).await;
    assert!(sent[0].done, "{sent:?}");
    let asked = stage.seen(|seen| seen.member.asked.clone());
    assert_eq!(asked.iter().map(|(_, body)| body["id"].as_str().unwrap()).collect::<Vec<_>>(), [&id, &id]);
    assert_eq!(stage.seen(|seen| seen.member.done.len()), 1);
    assert_eq!(kiln(&stage).await.changes.len(), 1);
    assert_eq!(shown_memberships(&stage), 1);
}

#[tokio::test]
async fn a_space_that_knows_the_token_no_more_is_shown_another_copy_and_its_earlier_proof_is_taken() {
    let stage = member(6).await;
    stage.set(|behaviour| behaviour.member.loses_answers = true);
    stage.wallet.change_rules_at("Kiln", back("email")).await.unwrap();
    stage.set(|behaviour| behaviour.member.forgets_tokens = true);
    // The member asks for the same again, before it would be sent by itself.
    let asked_before = paths(&stage).len();
    stage.set(|behaviour| behaviour.member.tokens.push("restored".to_owned()));
    let sent = stage.wallet.change_rules_at("Kiln", back("email")).await.unwrap();
    assert!(sent.done, "{sent:?}");
    assert_eq!(shown_memberships(&stage), 2);
    assert_eq!(paths(&stage).len(), asked_before + 1);
    assert_eq!(stage.seen(|seen| seen.member.done.len()), 1, "it was done once");
}

#[tokio::test]
async fn one_edit_goes_to_two_spaces_at_different_times_and_each_tells_how_it_went() {
    let stage = member(8).await;
    know(&stage, "did:web:rook.localhost", "Rook").await;
    let (name, value) = email("new@example.org");
    let spaces = ["Kiln".to_owned(), "rook.localhost".to_owned(), KILN.to_owned()];
    let told = stage.wallet.change_at(name, value.clone(), &spaces, When::Apart).await.unwrap();
    let names: Vec<_> = told.iter().map(|one| one.space.as_str()).collect();
    assert_eq!(names, ["Kiln", "Rook"], "each once");
    let now = stage.clock_seconds();
    let due: Vec<i64> = told.iter().map(|one| one.again_at.unwrap() - now).collect();
    assert!(due.iter().all(|delay| (15 * 60..=12 * 3_600).contains(delay)), "{due:?}");
    assert_ne!(due[0], due[1]);
    assert!(stage.calls().iter().all(|call| !call.contains("/member/")), "nothing was sent yet");
    assert_eq!(stage.wallet.own_details().await.unwrap().to_claims()["email"], value);
    assert!(collect(&stage).await.is_empty());

    // Both are due: one goes now, the other waits anew, as if it were new.
    stage.clock.advance(12 * 3_600);
    let first = collect(&stage).await;
    assert_eq!(first.len(), 1);
    assert!(collect(&stage).await.is_empty());
    let again = items(&stage).await.iter().map(|item| item.due_at).min().unwrap() - stage.clock_seconds();
    assert!((15 * 60..=12 * 3_600).contains(&again), "{again}");
    stage.clock.advance(12 * 3_600);
    // The list in hand has expired for whoever goes last.
    stage.set(|behaviour| behaviour.list_version += 1);
    let second = collect(&stage).await;
    assert_eq!(second.len(), 1);
    let mut all = [first, second].concat();
    all.sort_by(|left, right| left.space.cmp(&right.space));
    assert!(all[0].done && all[0].space == "Kiln", "{all:?}");
    assert!(!all[1].done && all[1].problem.as_ref().unwrap().contains("no membership"), "{all:?}");
    assert!(!all[1].waits && stage.wallet.outbox().await.unwrap().is_empty(), "what is final is not kept");
    let (name, value) = email("newer@example.org");
    stage.wallet.change_at(name, value, &["Rook".to_owned()], When::Apart).await.unwrap();
    let left = stage.wallet.outbox().await.unwrap();
    assert_eq!((left.len(), left[0].space.as_str(), left[0].given_up), (1, "Rook", false));
    stage.wallet.cancel_change(&left[0].id).await.unwrap();
    assert!(matches!(stage.wallet.cancel_change(&left[0].id).await, Err(MemberApiError::NoSuchItem)));
    assert!(stage.wallet.outbox().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_new_value_is_given_beside_the_membership_and_never_the_old_checked_one() {
    let stage = member(8).await;
    let options = AcceptOptions { tx_code: None, copies: Some(6) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    let (name, value) = email("new@example.org");
    let sent = stage.wallet.change_at(name, value, &["Kiln".to_owned()], When::Now).await.unwrap();
    assert!(sent[0].done, "{sent:?}");
    let shown = stage.seen(|seen| disclosed(seen.answers.last().unwrap()));
    let queries: Vec<&str> = shown.iter().map(|(query, ..)| query.as_str()).collect();
    assert_eq!(queries, ["membership", "own_email"]);
    let (_, encoded) = &shown[1].2[0];
    let disclosure = String::from_utf8(jose::base64url::decode(encoded).unwrap()).unwrap();
    assert!(disclosure.contains("new@example.org"));
    let space = kiln(&stage).await;
    assert!(space.given.last().unwrap().proof.is_some(), "a proof of sharing as always");
    assert_eq!(space.given.last().unwrap().replaces, ["email"]);
    assert!(stage.vault.list::<FollowUpAwaited>().await.unwrap().is_empty(), "nothing more follows");
}

#[tokio::test]
async fn a_change_leaves_awaited_what_was_asked_before_and_its_own_proof_that_is_not_there_yet() {
    let stage = member(8).await;
    let sign_up = asked_before(&stage, "kiln.localhost", "sign-up").await;
    for (no_follow_ups, awaited) in [(false, 0), (true, 1)] {
        stage.set(|behaviour| behaviour.no_follow_ups = no_follow_ups);
        let (name, value) = email(&format!("{no_follow_ups}@example.org"));
        let sent = stage.wallet.change_at(name, value, &["Kiln".to_owned()], When::Now).await.unwrap();
        assert!(sent[0].done, "{sent:?}");
        let mut left = stage.vault.list::<FollowUpAwaited>().await.unwrap();
        left.retain(|one| one.id != sign_up.id);
        assert_eq!(left.len(), awaited);
        assert!(left.iter().all(|one| one.proof_alone && !one.proof_kept));
        let before = stage.vault.get::<FollowUpAwaited>(&sign_up.id).await.unwrap().unwrap();
        assert!(!before.decision_kept && !before.proof_alone, "the sign-up is not decided");
    }
}

/// By the wallet's record the space was given an e-mail address out of a credential of this type.
async fn gave_email(stage: &Stage, space: &str, vct: &str) {
    gave(stage, space, "email", vct).await;
}

/// By the wallet's record the space was given this out of a credential of this type.
async fn gave(stage: &Stage, space: &str, claim: &str, vct: &str) {
    let claim = json!({"claim": claim, "vct": vct, "digest": "d", "audience": "team", "same_as": "s"});
    let given = json!({"at": 1, "request": "r", "purpose": null, "claims": [claim], "proof": null, "decision": null,
        "outcome": "approved"});
    let answer = KeptAnswer {
        space: space.to_owned(),
        number: 0,
        given: serde_json::from_value(given).unwrap(),
        unanswered: None,
    };
    stage.vault.put(&answer).await.unwrap();
}

#[tokio::test]
async fn a_space_that_has_a_checked_value_is_told_later_only_what_an_office_has_checked() {
    const ROOK: &str = "did:web:rook.localhost";
    let stage = member(6).await;
    know(&stage, ROOK, "Rook").await;
    gave_email(&stage, KILN, types::PROFILE).await;
    gave_email(&stage, ROOK, types::OWN).await;
    let (kiln, both) = (["Kiln".to_owned()], ["Kiln".to_owned(), "Rook".to_owned()]);
    let (name, value) = email("new@example.org");
    let refused = stage.wallet.change_at(name.clone(), value.clone(), &kiln, When::Apart).await.unwrap_err();
    assert_eq!(refused.code(), "check_first");
    assert_eq!(
        refused.to_string(),
        "Kiln: nothing is changed: your passport office has to check the new address first: say it with \
         `passport wallet own set email …`, apply there again (open its /passport page), then change it; a space that takes your own \
         word as well takes it at once, with `--now`"
    );
    assert!(items(&stage).await.is_empty());
    assert!(!stage.wallet.own_details().await.unwrap().to_claims().contains_key("email"));

    // The other takes the member's own word.
    let told = stage.wallet.change_at(name.clone(), value, &both, When::Apart).await.unwrap();
    let told: Vec<_> =
        told.iter().map(|one| (one.space.as_str(), one.waits, one.again_at.is_some())).collect();
    assert_eq!(told, [("Rook", true, true), ("Kiln", false, false)]);
    let queued: Vec<String> = items(&stage).await.into_iter().map(|item| item.space).collect();
    assert_eq!(queued, [ROOK]);

    // What an office has checked meanwhile is queued; told at once, the space says itself what it takes.
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    let copies = stage.vault.list::<Copy>().await.unwrap();
    let profile = copies.iter().flat_map(|copy| &copy.credentials).find(|one| one.vct == types::PROFILE);
    let checked = crate::wallet::content(&profile.unwrap().compact)["email"].clone();
    let told = stage.wallet.change_at(name.clone(), checked, &kiln, When::Apart).await.unwrap();
    assert!(told[0].waits, "{told:?}");
    let (_, other) = email("other@example.org");
    let refused = stage.wallet.change_at(name.clone(), other.clone(), &kiln, When::Apart).await.unwrap_err();
    assert_eq!(refused.code(), "check_first", "another value than the one that was checked");
    assert!(stage.wallet.change_at(name, other, &kiln, When::Now).await.unwrap()[0].done);
}

#[tokio::test]
async fn what_a_space_does_not_hold_by_the_wallets_record_is_not_queued_for_it() {
    const ROOK: &str = "did:web:rook.localhost";
    let stage = member(6).await;
    know(&stage, ROOK, "Rook").await;
    let (kiln, both) = (["Kiln".to_owned()], ["Kiln".to_owned(), "Rook".to_owned()]);
    let bio = || (DetailName::new("bio").unwrap(), json!("potter"));
    // Of what was given there is no record: the wallet does not know.
    let (name, value) = bio();
    assert!(stage.wallet.change_at(name, value, &kiln, When::Apart).await.unwrap()[0].waits);
    stage.wallet.cancel_change(&items(&stage).await[0].id).await.unwrap();

    gave_email(&stage, KILN, types::OWN).await;
    let calls = stage.calls().len();
    let (name, value) = (DetailName::new("company").unwrap(), json!("Ltd"));
    let refused = stage.wallet.change_at(name, value, &kiln, When::Apart).await.unwrap_err();
    assert_eq!(refused.code(), "not_held");
    assert_eq!(
        refused.to_string(),
        "Kiln: nothing is changed: by this wallet's record there is no company of yours to change there (`passport wallet space \
         see` asks what it holds); `--now` tries it all the same"
    );
    assert!(items(&stage).await.is_empty());
    assert!(!stage.wallet.own_details().await.unwrap().to_claims().contains_key("company"));
    assert_eq!(stage.calls().len(), calls, "nobody was asked");

    // Whoever else can be told is told.
    let (name, value) = bio();
    let told = stage.wallet.change_at(name, value, &both, When::Apart).await.unwrap();
    let told: Vec<_> = told.iter().map(|one| (one.space.as_str(), one.waits)).collect();
    assert_eq!(told, [("Rook", true), ("Kiln", false)]);
    // What it has is queued, and told at once the space says itself what it holds.
    let (name, value) = email("new@example.org");
    assert!(stage.wallet.change_at(name, value, &kiln, When::Apart).await.unwrap()[0].waits);
    let (name, value) = bio();
    stage.wallet.change_at(name, value, &kiln, When::Now).await.unwrap();
    assert!(paths(&stage).contains(&"change-requests".to_owned()));
}

#[tokio::test]
async fn a_wallet_that_was_made_again_does_not_say_what_a_space_does_not_hold() {
    let stage = member(6).await;
    gave_email(&stage, KILN, types::OWN).await;
    let batch = stage.vault.batch().delete::<RecoveryCommitment>(RecoveryCommitment::NAME);
    batch.commit().await.unwrap();
    let (name, value) = (DetailName::new("company").unwrap(), json!("Ltd"));
    let told = stage.wallet.change_at(name, value, &["Kiln".to_owned()], When::Apart).await.unwrap();
    assert!(told[0].waits, "{told:?}");
}

#[tokio::test]
async fn whoever_has_a_name_to_be_checked_is_sent_to_the_home_space_and_not_to_their_own_word() {
    let stage = member(6).await;
    gave(&stage, KILN, "given_name", types::PROFILE).await;
    let (name, value) = (DetailName::new("given_name").unwrap(), json!("Adah"));
    let refused = stage.wallet.change_at(name, value, &["Kiln".to_owned()], When::Apart).await.unwrap_err();
    let told = refused.to_string();
    assert_eq!(refused.code(), "check_first");
    assert!(told.contains("a statement of your home space") && told.contains("`--now`"), "{told}");
    assert!(!told.contains("own set"), "{told}");
}

#[tokio::test]
async fn what_was_to_be_done_at_a_space_goes_with_the_membership() {
    let stage = member(8).await;
    know(&stage, "did:web:rook.localhost", "Rook").await;
    let both = ["Kiln".to_owned(), "Rook".to_owned()];
    let (name, value) = email("new@example.org");
    stage.wallet.change_at(name, value, &both, When::Apart).await.unwrap();
    assert!(stage.wallet.leave_space("Kiln").await.unwrap().done);
    let left: Vec<String> = items(&stage).await.into_iter().map(|item| item.space_name).collect();
    assert_eq!(left, ["Rook"]);
}

#[tokio::test]
async fn what_is_due_at_a_space_is_not_sent_once_the_membership_has_ended() {
    let stage = member(8).await;
    stage.set(|behaviour| behaviour.member.refuses = Some((503, json!({}))));
    assert!(!stage.wallet.change_rules_at("Kiln", back("email")).await.unwrap().done);
    let (name, value) = email("new@example.org");
    stage.wallet.change_at(name, value, &["Kiln".to_owned()], When::Apart).await.unwrap();
    stage.clock.advance(86_400);
    stage.set(|behaviour| {
        behaviour.list_version += 1;
        behaviour.member.refuses = None;
        behaviour.member.ends_membership = true;
    });
    // Whichever of the two goes first, nothing is left to do.
    let sent = collect(&stage).await;
    assert!(sent.last().unwrap().membership_ended, "{sent:?}");
    assert!(items(&stage).await.is_empty());
    assert!(sent.iter().all(|one| one.done), "{sent:?}");
}

/// Whether the question that the space's request amounts to says that the member would join again.
async fn joins_again(stage: &Stage) -> bool {
    struct Reading(std::sync::Mutex<Option<bool>>);
    impl Consent for Reading {
        fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
            *self.0.lock().unwrap() = Some(question.joins_again);
            Box::pin(std::future::ready(Choice::LeaveOpen))
        }
    }
    let reading = Reading(std::sync::Mutex::new(None));
    assert!(stage.wallet.present(&stage.link(), &PresentOptions::default(), &reading).await.is_err());
    reading.0.into_inner().unwrap().unwrap()
}

#[tokio::test]
async fn a_member_whom_a_space_asks_as_somebody_new_is_told_so() {
    let stage = member(6).await;
    assert!(joins_again(&stage).await);
    assert!(stage.wallet.leave_space("Kiln").await.unwrap().done);
    assert!(!joins_again(&stage).await, "the membership has ended");
    let stranger = Stage::new().await;
    assert!(!joins_again(&stranger).await);
}

/// A query `id` for a credential of one of these types.
fn asking_for(id: &str, vcts: &[&str], claims: &Value) -> Value {
    json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": vcts}, "claims": claims})
}

/// A query for a membership.
fn asking_for_membership(claims: &Value) -> Value {
    asking_for("membership", &[types::MEMBERSHIP], claims)
}

#[tokio::test]
async fn a_member_is_told_so_unless_nobody_could_answer_without_the_membership_of_that_very_space() {
    const ROOK: &str = "did:web:rook.localhost";
    let stage = member(6).await;
    let of = |values: &[&str]| json!([{"path": ["space"], "values": values}]);
    let own = asking_for_membership(&of(&[KILN]));
    let with_since =
        asking_for_membership(&json!([{"path": ["since"]}, {"path": ["space"], "values": [KILN]}]));
    let email = asking_for("own", &[types::OWN], &json!([{"path": ["email"]}]));
    let alone = |asked: &Value| json!({"credentials": [asked]});
    let beside = |sets: Value| json!({"credentials": [own, email], "credential_sets": sets});
    let needed = json!({"options": [["membership"]]});
    let left_out =
        json!([{"path": ["space"], "values": [KILN], "id": "space"}, {"path": ["since"], "id": "since"}]);
    let mut in_claim_sets = asking_for_membership(&left_out);
    in_claim_sets["claim_sets"] = json!([["since"], ["space"]]);
    let cases = [
        // As refills, the member API, Here I am and requests for new values ask.
        ("its own", alone(&own), false),
        ("its own, and something of it", alone(&with_since), false),
        ("its own, needed beside others", beside(json!([{"options": [["own"]]}, needed])), false),
        ("its own, without sets", json!({"credentials": [own, email]}), false),
        // As a form asks that wants some membership.
        ("of any space, since when", alone(&asking_for_membership(&json!([{"path": ["since"]}]))), true),
        ("of any space, which", alone(&asking_for_membership(&json!([{"path": ["space"]}]))), true),
        ("of another space", alone(&asking_for_membership(&of(&[ROOK]))), true),
        ("of another space as well", alone(&asking_for_membership(&of(&[KILN, ROOK]))), true),
        (
            "a second query for the claim, which counts for nothing",
            alone(&asking_for_membership(
                &json!([{"path": ["space"]}, {"path": ["space"], "values": [KILN]}]),
            )),
            true,
        ),
        ("or something else", alone(&asking_for("m", &[types::MEMBERSHIP, types::OWN], &of(&[KILN]))), true),
        ("a set of claims without it", alone(&in_claim_sets), true),
        (
            "as one may wish",
            beside(json!([{"options": [["own"]]}, {"options": [["membership"]], "required": false}])),
            true,
        ),
        ("or another way", beside(json!([{"options": [["membership"], ["own"]]}])), true),
        ("in no set", beside(json!([{"options": [["own"]]}])), true),
    ];
    for (case, query, expected) in cases {
        stage.set(|behaviour| behaviour.query = Some(query));
        assert_eq!(joins_again(&stage).await, expected, "{case}");
    }
}

#[tokio::test]
async fn a_space_that_was_left_is_asked_for_no_refill() {
    let stage = member(6).await;
    assert!(stage.wallet.leave_space("Kiln").await.unwrap().done);
    assert!(!stage.wallet.needs_refill().await.unwrap());
    let refused = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await;
    assert!(matches!(refused, Err(RefillError::NothingHeld)), "{refused:?}");
    assert!(stage.calls().iter().all(|call| !call.contains("/refill/")));
    // Whoever is added anew has copies to be renewed.
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    let link = offer_of("http://kiln.localhost", &["membership"]);
    stage.wallet.accept_offer(&link, &options, &NEEDED).await.unwrap();
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    let refilled = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(refilled.accepted.len(), 1);
    let [problem] = &refilled.problems[..] else { panic!("{:?}", refilled.problems) };
    assert!(problem.starts_with("membership of kiln.localhost: "), "whose it is is said: {problem}");
}

#[tokio::test]
async fn an_edit_that_was_not_sent_yet_is_replaced_by_the_next() {
    let stage = member(6).await;
    let spaces = ["Kiln".to_owned()];
    for value in ["one@example.org", "two@example.org"] {
        let (name, value) = email(value);
        stage.wallet.change_at(name, value, &spaces, When::Apart).await.unwrap();
    }
    assert_eq!(items(&stage).await.len(), 1);
    stage.clock.advance(12 * 3_600);
    assert!(collect(&stage).await[0].done);
    let asked = stage.seen(|seen| seen.member.asked.len());
    assert_eq!(asked, 1);
    stage.set(|behaviour| behaviour.list_version += 1);
    // What was taken away here meanwhile is not given there.
    let (name, value) = email("three@example.org");
    stage.wallet.change_at(name.clone(), value, &spaces, When::Apart).await.unwrap();
    stage.wallet.set_own_detail(name, Value::Null).await.unwrap();
    stage.clock.advance(12 * 3_600);
    let sent = collect(&stage).await;
    assert!(
        !sent[0].done && sent[0].problem.as_ref().unwrap().contains("nothing to show email by"),
        "{sent:?}"
    );
}

#[tokio::test]
async fn what_a_space_refuses_is_told_and_not_asked_again_and_what_it_cannot_do_now_is() {
    let stage = member(6).await;
    let refusal = json!({"error": "not_held", "error_description": "not held", "claims": ["phone"]});
    stage.set(|behaviour| behaviour.member.refuses = Some((400, refusal)));
    let refused = stage.wallet.change_rules_at("Kiln", back("phone")).await.unwrap();
    assert!(!refused.done && refused.again_at.is_none());
    assert!(refused.problem.unwrap().contains("not_held"));
    assert!(!refused.waits && items(&stage).await.is_empty(), "what is final is not kept");
    stage.set(|behaviour| behaviour.member.refuses = Some((503, json!({}))));
    let busy = stage.wallet.change_rules_at("Kiln", back("email")).await.unwrap();
    assert!(!busy.done && busy.again_at.is_some());
    stage.set(|behaviour| behaviour.member.refuses = None);
    stage.clock.advance(3_600);
    let sent = collect(&stage).await;
    assert_eq!(sent.len(), 1);
    assert!(sent[0].done && sent[0].what == "take email back");
}

#[tokio::test]
async fn who_left_a_space_shows_its_membership_to_nobody_any_more() {
    let stage = member(6).await;
    assert!(stage.wallet.would_follow_leaving("Kiln").await.unwrap().membership_ended);
    assert_eq!(stage.vault.list::<KeptAccess>().await.unwrap().len(), 1);
    let left = stage.wallet.leave_space("Kiln").await.unwrap();
    assert!(left.done && left.membership_ended);
    assert!(stage.vault.list::<KeptAccess>().await.unwrap().is_empty());
    let copies = stage.vault.list::<Copy>().await.unwrap();
    assert!(copies.iter().all(|copy| copy.credentials.iter().all(|one| one.revoked)));
    assert_eq!(kiln(&stage).await.changes[0].what, "leave");
    let calls = stage.calls().len();
    let expected = LeftSpace {
        space: "Kiln".to_owned(),
        at: stage.clock_seconds(),
        kept: Vec::new(),
        contact: Some("team@kiln.example.org".to_owned()),
    };
    let (name, value) = email("new@example.org");
    let refused = [
        stage.wallet.held_at("Kiln").await.map(drop),
        stage.wallet.would_follow_leaving("Kiln").await.map(drop),
        stage.wallet.leave_space("Kiln").await.map(drop),
        stage.wallet.change_at(name, value, &["Kiln".to_owned()], When::Apart).await.map(drop),
    ];
    for refused in refused {
        let Err(MemberApiError::Left(left)) = refused else { panic!("{refused:?}") };
        assert_eq!(*left, expected);
    }
    assert_eq!(stage.calls().len(), calls, "nobody was asked");
    assert!(items(&stage).await.is_empty(), "nothing is queued");
    assert!(!stage.wallet.own_details().await.unwrap().to_claims().contains_key("email"));
    // Whoever is added anew is a member again.
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    let link = offer_of("http://kiln.localhost", &["membership"]);
    stage.wallet.accept_offer(&link, &options, &NEEDED).await.unwrap();
    assert!(stage.wallet.held_at("Kiln").await.is_ok());
}

#[tokio::test]
async fn a_way_in_that_leads_elsewhere_is_not_gone() {
    let stage = member(6).await;
    stage.set(|behaviour| behaviour.member.elsewhere = Some("http://office.localhost/member".to_owned()));
    assert!(matches!(stage.wallet.held_at("Kiln").await, Err(MemberApiError::NoAccess)));
    assert!(stage.calls().iter().all(|call| !call.contains("office.localhost/member")));
}

/// A wallet that has something for both spaces that is due, of two edits, and was closed for a day.
async fn closed_for_a_day() -> Stage {
    let stage = member(8).await;
    know(&stage, "did:web:rook.localhost", "Rook").await;
    let (name, value) = email("new@example.org");
    stage.wallet.change_at(name, value, &["Kiln".to_owned()], When::Apart).await.unwrap();
    let (name, value) = (DetailName::new("bio").unwrap(), json!("potter"));
    stage.wallet.change_at(name, value, &["Rook".to_owned()], When::Apart).await.unwrap();
    stage.clock.advance(86_400);
    stage.set(|behaviour| behaviour.list_version += 1);
    stage
}

#[tokio::test]
async fn two_edits_that_fall_due_together_do_not_go_to_two_spaces_in_one_minute_either() {
    let stage = closed_for_a_day().await;
    let first = collect(&stage).await;
    assert_eq!(first.len(), 1);
    // The same again a moment later: the other space is told nothing, and nothing that failed is tried again.
    stage.clock.advance(14 * 60);
    assert!(collect(&stage).await.is_empty());
    stage.clock.advance(12 * 3_600);
    let second = collect(&stage).await;
    assert_eq!(second.len(), 1);
    assert_ne!(first[0].space, second[0].space);
}

#[tokio::test]
async fn a_space_that_does_not_answer_keeps_no_other_from_being_told() {
    let stage = closed_for_a_day().await;
    stage.set(|behaviour| behaviour.member.refuses = Some((503, json!({}))));
    let mut told = Vec::new();
    for _ in 0..3 {
        told.extend(collect(&stage).await.into_iter().map(|one| one.space));
        stage.clock.advance(12 * 3_600);
        stage.set(|behaviour| behaviour.list_version += 1);
    }
    assert!(told.contains(&"Rook".to_owned()) && told.contains(&"Kiln".to_owned()), "{told:?}");
}

#[tokio::test]
async fn what_the_member_has_done_now_at_one_space_keeps_what_is_due_at_another_waiting() {
    let stage = closed_for_a_day().await;
    let rook = async || items(&stage).await.into_iter().find(|item| item.space_name == "Rook").unwrap();
    assert!(rook().await.due_at <= stage.clock_seconds());
    assert!(stage.wallet.object_at("Kiln", Vec::new(), "no".to_owned()).await.unwrap().done);
    assert!(rook().await.due_at >= stage.clock_seconds() + 15 * 60);
    assert_eq!(collect(&stage).await.iter().map(|one| one.space.as_str()).collect::<Vec<_>>(), ["Kiln"]);
}

#[tokio::test]
async fn what_failed_at_once_is_not_tried_again_at_once_and_each_failure_draws_anew() {
    let stage = member(8).await;
    stage.set(|behaviour| behaviour.member.refuses = Some((503, json!({}))));
    let mut pauses = Vec::new();
    for claim in ["email", "phone_number", "bio"] {
        let busy = stage.wallet.change_rules_at("Kiln", back(claim)).await.unwrap();
        pauses.push(busy.again_at.unwrap() - stage.clock_seconds());
    }
    assert!(pauses.iter().all(|pause| (15 * 60..=30 * 60).contains(pause)), "{pauses:?}");
    assert!(pauses[0] != pauses[1] && pauses[1] != pauses[2], "{pauses:?}");
}

#[tokio::test]
async fn what_was_taken_back_or_changed_is_known_no_more_to_the_space_in_the_next_question() {
    let stage = member(8).await;
    let (name, value) = email("old@example.org");
    let spaces = ["Kiln".to_owned()];
    assert!(stage.wallet.change_at(name, value, &spaces, When::Now).await.unwrap()[0].done);
    let held = async || {
        let held = kiln(&stage).await.held;
        held.into_iter().map(|one| (one.claim, one.same_as)).collect::<Vec<_>>()
    };
    let email_of = |value: &str| vec![("email".to_owned(), crate::records::same_as(&json!(value)))];
    assert_eq!(held().await, email_of("old@example.org"), "that it is a member is no news to the space");
    let (name, value) = email("new@example.org");
    assert!(stage.wallet.change_at(name, value, &spaces, When::Now).await.unwrap()[0].done);
    assert_eq!(held().await, email_of("new@example.org"));
    let given = kiln(&stage).await.given.len();
    assert!(stage.wallet.change_rules_at("Kiln", back("email")).await.unwrap().done);
    assert_eq!(held().await, []);
    assert_eq!(kiln(&stage).await.given.len(), given, "what was given stays in the history");
    assert!(stage.wallet.leave_space("Kiln").await.unwrap().done);
    assert_eq!(kiln(&stage).await.left_at, Some(stage.clock_seconds()));
}
