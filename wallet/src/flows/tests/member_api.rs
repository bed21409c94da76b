//! What a member has changed at spaces: proven, kept, and sent again until it is done.

mod edits;
mod joining_again;
mod leaving;

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

/// What the member said once is given by itself; that more of the team see it nobody said (specs/profile.md §8).
#[tokio::test]
async fn a_new_value_is_given_to_nobody_more_of_the_team_than_was_promised_of_the_one_before() {
    for (promised, asked, is_given) in [
        ("owner", None, false),
        ("owner", Some("owner-and-managers"), false),
        ("owner-and-managers", None, false),
        ("owner", Some("owner"), true),
        ("owner-and-managers", Some("owner"), true),
        ("team", None, true),
    ] {
        let case = format!("{promised} {asked:?}");
        let stage = member(8).await;
        let claim = json!({"claim": "email", "vct": types::OWN, "digest": "d", "audience": "team",
            "seen_in_team": promised, "same_as": "s"});
        let given = json!({"at": 1, "request": "r", "purpose": null, "claims": [claim], "proof": null, "decision": null,
            "outcome": "approved"});
        let given = serde_json::from_value(given).unwrap();
        let answer = KeptAnswer { space: KILN.to_owned(), number: 0, given, unanswered: None };
        stage.vault.put(&answer).await.unwrap();
        let asks = |stage: &Stage, seen: Option<&'static str>| {
            stage.set(|behaviour| {
                behaviour.bend_request = Some(Box::new(move |claims| {
                    let Some(seen) = seen else { return };
                    let entry = json!({"format": "passport_seen_in_team", "data": {seen: [["email"]]}});
                    claims["verifier_info"].as_array_mut().unwrap().push(entry);
                }));
            });
        };
        asks(&stage, asked);
        let (name, value) = email("new@example.org");
        let sent = stage.wallet.change_at(name, value, &["Kiln".to_owned()], When::Now).await.unwrap();
        assert_eq!(sent[0].done, is_given, "{case}: {sent:?}");
        let shows_email = || {
            let last = stage.seen(|seen| disclosed(seen.answers.last().unwrap()));
            last.iter().any(|(query, ..)| query == "own_email")
        };
        assert_eq!(shows_email(), is_given, "{case}");
        if is_given {
            continue;
        }
        assert!(sent[0].waits && sent[0].again_at.is_none(), "{case}: {sent:?}");
        let why = sent[0].why.clone().unwrap();
        assert_eq!((why.code.as_str(), why.claims.as_slice()), ("seen_by_more", &["email".to_owned()][..]));
        let [item] = &items(&stage).await[..] else { panic!("{case}: it stays in sight") };
        stage.clock.advance(86_400);
        stage.set(|behaviour| behaviour.list_version += 1);
        assert!(collect(&stage).await.is_empty(), "{case}: not tried again by itself");
        // Asked as it was promised it goes, as soon as the member says so.
        asks(&stage, Some("owner"));
        assert!(stage.wallet.send_waiting(&item.id).await.unwrap().done, "{case}");
        assert!(shows_email(), "{case}");
    }
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
