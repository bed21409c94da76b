//! Forms in versions, who may answer them, who decides, and places.

use std::num::NonZeroU32;

use jose::{Signer, VerifyingKey};
use ledger::EntryKind;
use network::claims::CHECKED;
use network::decision::{Because, DecidedBy, Decision, Outcome, Rules};
use network::follow_up::{FollowUp, WaitingFor};
use presentation::{Receiving, Reply, Settlement, SignedBy, Way};
use serde_json::json;
use store::PendingLeaf;
use tokio::task::JoinSet;

use super::ending::all;
use super::follow_up;
use super::stage::{REQUEST, Stage, browser, form, store_at};
use crate::SpaceError;
use crate::form::{Approval, Field, Form, Need, Only, Otherwise, SeenInTeam, Source};
use crate::forms::{ChangedBy, FormNotChanged, MOST_FORMS};
use crate::records::{Asked, Decides, SignUp};

const TERMINAL: ChangedBy = ChangedBy::Terminal;

fn ada() -> ChangedBy {
    ChangedBy::Team("ada".to_owned())
}

fn limited(places: u32) -> Form {
    Form { places: NonZeroU32::new(places), ..form("limited", Approval::Automatic) }
}

/// A sign-up as a wallet makes it, and what the wallet is told.
async fn sign_up(stage: &Stage, form: &str) -> (SignUp, Reply, String) {
    let asked = stage.space.ask(form).await.unwrap();
    let key = stage.key();
    let reply = stage.give(&stage.answer(&asked, key.public_jwk(), Way::NoScreen, None)).await.unwrap();
    let sign_up = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    (sign_up, reply, key.public_jwk().thumbprint_base64url())
}

async fn now_of(stage: &Stage, sign_up: &SignUp) -> SignUp {
    stage.tenant.get::<SignUp>(sign_up.id.as_str()).await.unwrap().unwrap()
}

fn read(stage: &Stage, found: &FollowUp, holder: &str) -> Decision {
    let log = VerifyingKey::new(stage.space.identity().log.signer.public_jwk()).unwrap();
    let did = stage.space.identity().did.as_str();
    let text = found.decision.as_deref().unwrap();
    Decision::verify(text, did, &log, REQUEST, holder, stage.now()).unwrap()
}

#[tokio::test]
async fn a_form_of_the_file_is_a_version_and_so_is_what_the_team_makes_of_it() {
    let stage = Stage::new();
    let first = form("sign-up", Approval::Automatic);
    let space = stage.started_with(std::slice::from_ref(&first));
    assert_eq!(space.form("sign-up").await.unwrap().unwrap().number, 0, "it is asked before it was entered");
    assert_eq!(space.take_forms_of_file().await.unwrap(), 1);
    assert_eq!(space.take_forms_of_file().await.unwrap(), 0, "the same start again changes nothing");
    let held = space.form("sign-up").await.unwrap().unwrap();
    assert_eq!((held.number, &held.by, &held.form), (1, &ChangedBy::File, &first));

    let second = form("sign-up", Approval::Person);
    let made = space.change_form(second.clone(), Some(1), ada()).await.unwrap();
    assert_eq!((made.number, &made.by), (2, &ada()));
    // Two servers over one store tell the same, and a start with the same file leaves what the team made.
    let other = stage.started_with(std::slice::from_ref(&first));
    assert_eq!(other.take_forms_of_file().await.unwrap(), 0);
    assert_eq!(other.form("sign-up").await.unwrap().unwrap(), made);

    let third = Form { terms: false, ..first.clone() };
    let changed = stage.started_with(std::slice::from_ref(&third));
    assert_eq!(changed.take_forms_of_file().await.unwrap(), 1, "the file has changed: that is newer");
    assert_eq!(space.form("sign-up").await.unwrap().unwrap().form, third);
    let numbers: Vec<(u32, ChangedBy)> = space
        .form_versions("sign-up", 10)
        .await
        .unwrap()
        .into_iter()
        .map(|version| (version.number, version.by))
        .collect();
    assert_eq!(numbers, [(3, ChangedBy::File), (2, ada()), (1, ChangedBy::File)]);
}

#[tokio::test]
async fn what_the_file_has_no_more_is_asked_no_more_unless_the_team_made_it_its_own() {
    let stage = Stage::new();
    let (one, two) = (form("one", Approval::Automatic), form("two", Approval::Automatic));
    let space = stage.started_with(&[one.clone(), two.clone()]);
    space.take_forms_of_file().await.unwrap();
    space.change_form(form("two", Approval::Person), Some(1), ada()).await.unwrap();
    let without = stage.started_with(&[]);
    assert_eq!(without.take_forms_of_file().await.unwrap(), 1);
    assert_eq!(without.forms().await.unwrap().keys().collect::<Vec<_>>(), ["two"]);
    assert!(matches!(without.ask("one").await, Err(SpaceError::NoSuchForm(_))));
    assert_eq!(without.take_forms_of_file().await.unwrap(), 0);
    assert!(without.all_forms().await.unwrap()["one"].is_withdrawn);
    // It is back in the file.
    assert_eq!(stage.started_with(&[one]).take_forms_of_file().await.unwrap(), 1);
    assert_eq!(without.form("one").await.unwrap().unwrap().number, 3);
}

#[tokio::test]
async fn whoever_changes_what_another_has_changed_is_told_so() {
    let stage = Stage::new();
    let new = form("new", Approval::Person);
    let made = stage.space.change_form(new.clone(), None, ada()).await.unwrap();
    assert_eq!(made.number, 1);
    for from in [None, Some(0), Some(2)] {
        let refused = stage.space.change_form(new.clone(), from, TERMINAL).await.unwrap_err();
        assert!(matches!(refused, FormNotChanged::Meanwhile), "{from:?}");
    }
    let withdrawn = stage.space.withdraw_form("new", 1, TERMINAL).await.unwrap();
    assert!(withdrawn.is_withdrawn && withdrawn.number == 2);
    assert!(stage.space.form("new").await.unwrap().is_none());
    let again = stage.space.withdraw_form("new", 2, TERMINAL).await.unwrap_err();
    assert!(matches!(again, FormNotChanged::Space(SpaceError::NoSuchForm(_))));
    assert_eq!(stage.space.change_form(new, Some(2), ada()).await.unwrap().number, 3);
}

#[tokio::test]
async fn a_form_that_cannot_be_asked_or_is_not_registered_changes_nothing() {
    let stage = Stage::new();
    let mut beyond = form("new", Approval::Person);
    beyond.fields.push(field("address", Need::Optional, Source::Own));
    let mut instead = form("new", Approval::Person);
    instead.fields[0].instead = vec!["phone_number".to_owned()];
    let mut twice = form("new", Approval::Person);
    twice.fields.push(field("email", Need::Optional, Source::Own));
    for (wrong, said) in [
        (beyond, "the registration does not cover [\"address\"]"),
        (instead, "the registration does not cover [\"phone_number\"]"),
        (twice, "the form asks for email twice"),
        (Form { id: "New".to_owned(), ..form("new", Approval::Person) }, "a form's name has"),
        (
            Form { purpose: "else".to_owned(), ..form("new", Approval::Person) },
            "the registration does not cover",
        ),
    ] {
        let refused = stage.space.change_form(wrong, None, ada()).await.unwrap_err().to_string();
        assert!(refused.starts_with(said), "{refused}");
    }
    assert!(stage.space.form("new").await.unwrap().is_none());
    for number in 0..MOST_FORMS - 4 {
        stage
            .space
            .change_form(form(&format!("more-{number}"), Approval::Person), None, ada())
            .await
            .unwrap();
    }
    let refused = stage.space.change_form(form("one-more", Approval::Person), None, ada()).await.unwrap_err();
    assert!(matches!(refused, FormNotChanged::TooMany));
}

#[tokio::test]
async fn a_new_version_changes_nothing_that_is_under_way() {
    let stage = Stage::new();
    stage.space.change_form(limited(5), None, ada()).await.unwrap();
    let asked = stage.space.ask("limited").await.unwrap();
    stage.space.change_form(form("limited", Approval::Person), Some(1), ada()).await.unwrap();
    let key = stage.key();
    let reply = stage.give(&stage.answer(&asked, key.public_jwk(), Way::NoScreen, None)).await.unwrap();
    let holder = key.public_jwk().thumbprint_base64url();
    let decision = read(&stage, &follow_up(&stage.space, &reply, &holder).await.unwrap(), &holder);
    let rules = Rules { form: "limited".to_owned(), version: 1 };
    assert_eq!(
        (decision.by, decision.because, decision.rules),
        (DecidedBy::Rule, Some(Because::Complete), Some(rules))
    );
    assert_eq!(stage.space.ask("limited").await.unwrap().version, 2);
}

fn field(claim: &str, need: Need, source: Source) -> Field {
    Field {
        claim: claim.to_owned(),
        need,
        source,
        kept_days: None,
        instead: Vec::new(),
        seen_in_team: SeenInTeam::Team,
    }
}

/// A form that takes addresses at one domain alone.
fn of_domain(otherwise: Otherwise, approval: Approval) -> Form {
    assert!(CHECKED.contains(&"email"));
    Form {
        fields: vec![field("email", Need::Required, Source::Checked)],
        only: Only {
            invited: false,
            email_domains: vec!["kiln.example".to_owned()],
            otherwise,
            ..Only::default()
        },
        ..form("domain", approval)
    }
}

/// An answer with a checked address.
async fn with_address(stage: &Stage, asked: &Asked, address: &str, way: Way) -> (Reply, String) {
    let key = stage.key();
    let office = SignedBy::Office("did:web:office.example.org".to_owned());
    let mut answer = stage.answer(asked, key.public_jwk(), way, None);
    let mut presented =
        stage.presented("profile", credentials::types::PROFILE, key.public_jwk(), json!({"email": address}));
    presented.signed_by = office;
    answer.presented = vec![presented];
    (stage.give(&answer).await.unwrap(), key.public_jwk().thumbprint_base64url())
}

#[tokio::test]
async fn whose_address_is_elsewhere_is_declined_by_the_rule_and_told_why_and_where_to_appeal() {
    for approval in [Approval::Automatic, Approval::Person] {
        let stage = Stage::new();
        stage.space.change_form(of_domain(Otherwise::Decline, approval), None, ada()).await.unwrap();
        let asked = stage.space.ask("domain").await.unwrap();
        let (reply, holder) = with_address(&stage, &asked, "ada@harbour.example", Way::NoScreen).await;
        let found = follow_up(&stage.space, &reply, &holder).await.unwrap();
        let decision = read(&stage, &found, &holder);
        assert_eq!(
            (decision.outcome, decision.by, decision.because, decision.appeal.as_deref()),
            (Outcome::Declined, DecidedBy::Rule, Some(Because::EmailDomain), Some("team@example.org"))
        );
        assert!(found.credential_offer.is_none());
        let sign_up = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
        assert!(stage.space.contact(&sign_up.id).await.is_err(), "what was shared is gone");

        let asked = stage.space.ask("domain").await.unwrap();
        let (reply, holder) = with_address(&stage, &asked, "ada@kiln.example", Way::NoScreen).await;
        let found = follow_up(&stage.space, &reply, &holder).await.unwrap();
        assert_eq!(found.decision.is_some(), approval == Approval::Automatic, "the rule takes this one");
    }
}

#[tokio::test]
async fn nobody_is_declined_before_it_is_known_who_was_at_the_screen() {
    let stage = Stage::new();
    stage.space.change_form(of_domain(Otherwise::Decline, Approval::Automatic), None, ada()).await.unwrap();
    let asked = stage.asked_on_a_page("domain").await;
    let way = Way::SameDevice { session: browser() };
    let (reply, holder) = with_address(&stage, &asked, "ada@harbour.example", way).await;
    assert!(follow_up(&stage.space, &reply, &holder).await.unwrap().decision.is_none());
    let settled = stage.space.settle(&asked.id, Settlement::Complete).await.unwrap_or_else(|_| panic!());
    stage.store(settled.as_ref()).await;
    let found = follow_up(&stage.space, &reply, &holder).await.unwrap();
    assert_eq!(read(&stage, &found, &holder).outcome, Outcome::Declined);
}

#[tokio::test]
async fn whose_address_is_elsewhere_may_wait_for_a_person() {
    let stage = Stage::new();
    stage.space.change_form(of_domain(Otherwise::Person, Approval::Automatic), None, ada()).await.unwrap();
    let asked = stage.space.ask("domain").await.unwrap();
    let (reply, holder) = with_address(&stage, &asked, "ada@harbour.example", Way::NoScreen).await;
    let found = follow_up(&stage.space, &reply, &holder).await.unwrap();
    assert_eq!((found.decision, found.waiting_for), (None, vec![WaitingFor::Team]));
    let waiting = stage.space.waiting(10).await.unwrap();
    assert_eq!(waiting[0].decides, Decides::Person);
    stage.space.decide(&waiting[0].id, Outcome::Approved, None).await.unwrap();
    let found = follow_up(&stage.space, &reply, &holder).await.unwrap();
    let decision = read(&stage, &found, &holder);
    assert_eq!((decision.by, decision.because), (DecidedBy::Person, None));
}

#[tokio::test]
async fn software_decides_what_was_left_to_it_and_nothing_else() {
    let stage = Stage::new();
    stage.space.change_form(form("elsewhere", Approval::Elsewhere), None, ada()).await.unwrap();
    let (theirs, reply, holder) = sign_up(&stage, "elsewhere").await;
    let (ours, ..) = sign_up(&stage, "ask-the-team").await;
    let refused =
        stage.space.decide_elsewhere(&ours.id, Outcome::Approved, None, "token:booking").await.unwrap_err();
    assert!(matches!(refused, SpaceError::NotYours));
    let unknown =
        stage.space.decide_elsewhere("unknown", Outcome::Approved, None, "token:booking").await.unwrap_err();
    assert!(matches!(unknown, SpaceError::NoSuch("sign-up")));
    let reason = Some("The account is overdue".to_owned());
    stage
        .space
        .decide_elsewhere(&theirs.id, Outcome::Declined, reason.clone(), "token:booking")
        .await
        .unwrap();
    let decision = read(&stage, &follow_up(&stage.space, &reply, &holder).await.unwrap(), &holder);
    assert_eq!((decision.by, decision.reason), (DecidedBy::Software, reason));
    let again = stage.space.decide(&theirs.id, Outcome::Approved, None).await.unwrap_err();
    assert!(matches!(again, SpaceError::AlreadyDecided));
    // Until it answers a person may.
    let (theirs, ..) = sign_up(&stage, "elsewhere").await;
    stage.space.decide(&theirs.id, Outcome::Approved, None).await.unwrap();
}

#[tokio::test]
async fn two_hundred_at_once_for_fifty_places_make_exactly_fifty_members_at_two_servers() {
    let stage = Stage::new();
    stage.space.change_form(limited(50), None, ada()).await.unwrap();
    let other = stage.started_with(&[]);
    let mut prepared = Vec::new();
    for number in 0..200_usize {
        let server = if number.is_multiple_of(2) { &stage.space } else { &other };
        let asked = server.ask("limited").await.unwrap();
        let answer = stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None);
        let one = server.prepare(&answer).await.unwrap_or_else(|_| panic!());
        prepared.push((server.tenant().clone(), one));
    }
    let mut tasks = JoinSet::new();
    for (tenant, one) in prepared {
        tasks.spawn(async move { store_at(&tenant, one.as_ref()).await });
    }
    tasks.join_all().await;
    let members = stage.space.members(1_000).await.unwrap();
    let waiting = stage.space.waiting(1_000).await.unwrap();
    assert_eq!((members.len(), waiting.len()), (50, 150));
    assert!(waiting.iter().all(|one| one.waits_for_a_place));
    assert_eq!(stage.space.places_taken("limited").await.unwrap(), Some(50));
}

#[tokio::test]
async fn whoever_has_waited_longest_gets_the_place_that_becomes_free() {
    let stage = Stage::new();
    stage.space.change_form(limited(1), None, ada()).await.unwrap();
    let (first, ..) = sign_up(&stage, "limited").await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        stage.clock.advance(60);
        waiting.push(sign_up(&stage, "limited").await);
    }
    let (second, reply, holder) = &waiting[0];
    let told = follow_up(&stage.space, reply, holder).await.unwrap();
    assert_eq!((told.waiting_for, told.decision), (vec![WaitingFor::Place], None));
    let refused = stage.space.decide(&second.id, Outcome::Approved, None).await.unwrap_err();
    assert!(matches!(refused, SpaceError::NoPlace), "a person takes no place that is not there");

    let member = first.member.unwrap();
    stage.space.end_membership(&member).await.unwrap();
    stage.space.end_membership(&member).await.unwrap();
    assert_eq!(stage.space.places_taken("limited").await.unwrap(), Some(0), "twice ended is once freed");
    while stage.space.work().await.unwrap() > 0 {}
    let told = follow_up(&stage.space, reply, holder).await.unwrap();
    assert_eq!(read(&stage, &told, holder).because, Some(Because::PlaceFree));
    assert!(told.credential_offer.is_some());
    for (later, ..) in &waiting[1..] {
        assert!(now_of(&stage, later).await.decided.is_none(), "there was one place");
    }
    // Who is declined while waiting takes none, and more places are given at once.
    stage.space.decide(&waiting[1].0.id, Outcome::Declined, None).await.unwrap();
    stage.space.change_form(limited(2), Some(1), ada()).await.unwrap();
    while stage.space.work().await.unwrap() > 0 {}
    assert!(now_of(&stage, &waiting[2].0).await.member.is_some());
    assert_eq!(stage.space.places_taken("limited").await.unwrap(), Some(2));
}

#[tokio::test]
async fn a_limit_counts_those_who_came_before_it_and_its_end_lets_everybody_in() {
    let stage = Stage::new();
    stage.space.change_form(form("limited", Approval::Automatic), None, ada()).await.unwrap();
    for _ in 0..3 {
        sign_up(&stage, "limited").await;
    }
    let (gone, ..) = sign_up(&stage, "limited").await;
    stage.space.end_membership(&gone.member.unwrap()).await.unwrap();
    sign_up(&stage, "sign-up").await;
    stage.space.change_form(limited(3), Some(1), ada()).await.unwrap();
    assert_eq!(
        stage.space.places_taken("limited").await.unwrap(),
        Some(3),
        "neither the one who left nor the other form's"
    );
    let (waits, ..) = sign_up(&stage, "limited").await;
    assert!(waits.waits_for_a_place);
    // Fewer places than members end no membership.
    stage.space.change_form(limited(1), Some(2), ada()).await.unwrap();
    while stage.space.work().await.unwrap() > 0 {}
    assert_eq!(stage.space.places_taken("limited").await.unwrap(), Some(3));
    stage.space.change_form(form("limited", Approval::Automatic), Some(3), ada()).await.unwrap();
    while stage.space.work().await.unwrap() > 0 {}
    assert!(now_of(&stage, &waits).await.member.is_some());
    assert_eq!(stage.space.places_taken("limited").await.unwrap(), None);
}

#[tokio::test]
async fn each_change_of_a_rule_is_logged_with_what_it_asks() {
    let stage = Stage::new();
    stage.space.change_form(limited(5), None, ada()).await.unwrap();
    stage.space.withdraw_form("limited", 1, ada()).await.unwrap();
    let mut logged: Vec<_> =
        all::<PendingLeaf>(&stage).await.iter().map(|one| one.leaf().entry().unwrap()).collect();
    logged.sort_by(|one, other| one.code.cmp(&other.code));
    let told: Vec<_> = logged.iter().map(|entry| (entry.kind, entry.code.as_deref())).collect();
    assert_eq!(told, [(EntryKind::RuleChanged, Some("form")), (EntryKind::RuleChanged, Some("withdrawn"))]);
    let asked: Vec<&str> = logged[0].items.iter().map(|item| item.claim.as_str()).collect();
    assert_eq!(asked, ["email", "given_name", "company"]);
}
