//! What a member does with what the space holds.

mod handed_on;
mod leaving;
mod new_values;
mod passport;
mod refusals;
mod seen_in_team;

use jose::{Jwk, Signer, SigningKey, VerifyingKey};
use keyring::KeyringError;
use ledger::EntryKind;
use network::change_proof::{Asked, ChangeProof, Expected};
use network::claims::Audience;
use network::member_api::{ChangeAnswer, Changes, ClaimChange, Outcome, TOKEN_LIFETIME, WhatToDo};
use openid4vc::secret::{SecretHash, SecretText};
use presentation::{Answer, Presented, Way};
use serde_json::json;
use store::PendingLeaf;

use super::ending::{all, issued};
use super::renewing::copy;
use super::stage::{CANARIES, DID, REQUEST, Stage};
use crate::contact;
use crate::keeping::ERASE_CONTACT;
use crate::member_api::{ACCESS, Caller, MOST_ACCESSES, MemberAccess, NotDone, ProofUse};
use crate::records::{Contact, Member, SignUp, Standing};

const DAY: i64 = 86_400;
pub(super) const ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// Identifier number `number`.
fn id(number: usize) -> String {
    format!("identifier-number-{number}")
}

/// A DPoP proof that was never used.
pub(super) fn fresh(stage: &Stage) -> ProofUse {
    let hash = SecretHash::of(&jose::base64url::encode(jose::digest::sha256(stage.space.fresh_id())));
    ProofUse { hash, until: stage.now().plus(301).seconds() }
}

/// Somebody who became a member by a sign-up, with copies from this place on.
pub(super) async fn member(stage: &Stage, place: u64) -> SignUp {
    let asked = stage.asked_on_a_page("sign-up").await;
    member_by(stage, &asked, place).await
}

/// The same by a request that was made already.
pub(super) async fn member_by(stage: &Stage, asked: &crate::records::Asked, place: u64) -> SignUp {
    let mut answer = stage.answer(asked, stage.key().public_jwk(), Way::NoScreen, None);
    let key = answer.answering_key.clone().unwrap();
    answer.presented.push(stage.presented(
        "own_company",
        credentials::types::OWN,
        &key,
        json!({"company": "canary-company"}),
    ));
    stage.give(&answer).await.unwrap();
    let sign_up = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    issued(stage, sign_up.member.as_deref().unwrap(), place, 10).await;
    sign_up
}

/// An answer with the copy at this place, and these beside it.
fn shown(stage: &Stage, subject: &str, place: u64, key: &Jwk, more: Vec<Presented>) -> Answer {
    let uri = "http://kiln.localhost/status/1";
    let mut presented = vec![copy(stage, key, &format!("space {DID}"), Some((uri, place)))];
    presented.extend(more);
    Answer {
        request_id: "request".to_owned(),
        subject: subject.to_owned(),
        request_hash: REQUEST.to_owned(),
        way: Way::NoScreen,
        answering_key: Some(key.clone()),
        presented,
    }
}

/// Shows the copy at this place for access.
pub(super) async fn access(stage: &Stage, place: u64) -> (SigningKey, MemberAccess) {
    let key = stage.key();
    let reply = stage.give(&shown(stage, ACCESS, place, key.public_jwk(), Vec::new())).await.unwrap();
    let given = reply.member_api.unwrap();
    assert_eq!((given.uri.as_str(), given.expires_in), ("http://kiln.localhost/member", TOKEN_LIFETIME));
    (key, stage.space.member_access(&given.access_token).await.unwrap().unwrap())
}

fn change(claim: &str, what: WhatToDo) -> ClaimChange {
    ClaimChange { claim: claim.to_owned(), what }
}

pub(super) fn changes(id: &str, changes: Vec<ClaimChange>) -> Changes {
    Changes { id: id.to_owned(), dry_run: false, changes }
}

pub(super) async fn make(
    stage: &Stage,
    access: &MemberAccess,
    asked: &Changes,
) -> Result<ChangeAnswer, NotDone> {
    stage.space.change_details(&Caller { access, proof: fresh(stage) }, asked).await
}

/// The proof of an answer, checked as a wallet checks it.
fn proven(
    stage: &Stage,
    access: &MemberAccess,
    answer: &ChangeAnswer,
    id: &str,
    asked: Asked<'_>,
) -> Outcome {
    let ChangeAnswer::Done { proof } = answer else { panic!("a dry run: {answer:?}") };
    let log = VerifyingKey::new(stage.space.identity().log.signer.public_jwk()).unwrap();
    let expected = Expected { space: DID, holder: &access.key, id, asked };
    ChangeProof::verify(proof, &log, &expected, stage.now()).unwrap().outcome
}

async fn contact(stage: &Stage, sign_up: &SignUp) -> Option<Contact> {
    stage.tenant.get::<Contact>(&sign_up.id).await.unwrap()
}

/// The kinds of the log's entries, in no telling order.
async fn entries(stage: &Stage) -> Vec<EntryKind> {
    let leaves = all::<PendingLeaf>(stage).await;
    leaves.iter().map(|pending| pending.leaf().entry().unwrap().kind).collect()
}

async fn work(stage: &Stage) {
    while stage.space.work().await.unwrap() > 0 {}
}

/// Whether what a contact held once can still be opened by anybody.
fn opens(stage: &Stage, before: &Contact) -> bool {
    let key = contact::key_of(DID, &before.id, before.generation);
    match contact::open_values(&stage.space.keyring, &key, &before.values) {
        Ok(_) => true,
        Err(crate::SpaceError::Keyring(KeyringError::NoKey)) => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn whoever_shows_the_membership_gets_a_token_for_the_key_of_that_copy_and_the_store_has_its_hash() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let key = stage.key();
    let reply = stage.give(&shown(&stage, ACCESS, 0, key.public_jwk(), Vec::new())).await.unwrap();
    assert_eq!((&reply.sharing_proof_uri, &reply.credential_offer), (&None, &None), "nothing was learned");
    let token = reply.member_api.unwrap().access_token;
    assert_eq!(stage.traces_of(&[token.expose()]), 0);
    let access = stage.space.member_access(&token).await.unwrap().unwrap();
    assert_eq!(access.sub, sign_up.member.unwrap());
    assert_eq!(access.key, key.public_jwk().thumbprint_base64url());
    let guessed = SecretText::new("guessed");
    assert_eq!(stage.space.member_access(&guessed).await.unwrap(), None);
}

#[tokio::test]
async fn access_is_given_to_members_of_this_space_alone_and_so_often_a_day() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let key = stage.key();
    let show = |place| shown(&stage, ACCESS, place, key.public_jwk(), Vec::new());
    assert_eq!(stage.give(&show(77)).await.unwrap_err(), "revoked", "a place that nobody has");
    for round in 0..MOST_ACCESSES {
        assert!(stage.give(&show(0)).await.is_ok(), "{round}");
    }
    assert_eq!(stage.give(&show(0)).await.unwrap_err(), "too_many");
    stage.clock.advance(DAY);
    assert!(stage.give(&show(0)).await.is_ok());
    stage.space.end_membership(&sign_up.member.unwrap()).await.unwrap();
    assert_eq!(stage.give(&show(0)).await.unwrap_err(), "revoked");
}

#[tokio::test]
async fn a_member_sees_everything_that_is_held_with_its_rules() {
    let stage = Stage::new();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let caller = Caller { access: &access, proof: fresh(&stage) };
    let seen = stage.space.member_details(&caller).await.unwrap();
    assert_eq!((seen.space.as_str(), seen.plan.as_str()), (DID, "member"));
    let rows: Vec<_> = seen
        .details
        .iter()
        .map(|one| (one.claim.as_str(), one.value.clone(), one.kept_days, one.needed))
        .collect();
    assert_eq!(
        rows,
        [
            ("email", json!(CANARIES[0]), Some(30), true),
            ("given_name", json!(CANARIES[1]), Some(90), true),
            ("company", json!("canary-company"), Some(90), false),
        ]
    );
    let first = &seen.details[0];
    assert_eq!((first.audience, first.word_of.as_str()), (Audience::Team, "own"));
    assert_eq!((first.since, first.until), (stage.now().seconds(), None));
    assert_eq!(first.seen_by, "the team of Kiln North");
    assert!(!format!("{seen:?}").contains("canary"), "values are not printed");
}

#[tokio::test]
async fn who_sees_a_detail_and_until_when_it_is_kept_is_changed_with_a_proof_and_a_leaf() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let until = stage.now().plus(10 * DAY).seconds();
    let asked = vec![
        change("company", WhatToDo::Publish(Audience::Public)),
        change("given_name", WhatToDo::Until(Some(until))),
    ];
    let answer = make(&stage, &access, &changes(ID, asked.clone())).await.unwrap();
    let outcome = proven(&stage, &access, &answer, ID, Asked::Changes(&asked));
    assert_eq!((outcome.membership_ended, outcome.kept.len()), (false, 0));
    let held = contact(&stage, &sign_up).await.unwrap();
    let rules: Vec<_> = held.given.iter().map(|one| (one.audience, one.until)).collect();
    let team = Audience::Team;
    assert_eq!(rules, [(team, None), (team, Some(until)), (Audience::Public, None)]);
    assert_eq!(held.generation, 0, "nothing was erased, so no key is new");
    assert!(entries(&stage).await.contains(&EntryKind::Published));

    // Hidden again, and the end lifted.
    let back = vec![
        change("company", WhatToDo::Publish(Audience::Team)),
        change("given_name", WhatToDo::Until(None)),
    ];
    make(&stage, &access, &changes(&id(2), back)).await.unwrap();
    let held = contact(&stage, &sign_up).await.unwrap();
    assert!(held.given.iter().all(|one| (one.audience, one.until) == (Audience::Team, None)));
    stage.clock.advance(10 * DAY);
    work(&stage).await;
    assert_eq!(contact(&stage, &sign_up).await.unwrap().given.len(), 3);
}

#[tokio::test]
async fn an_end_that_a_member_sets_is_kept() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let until = stage.now().plus(DAY).seconds();
    let asked = changes(ID, vec![change("company", WhatToDo::Until(Some(until)))]);
    make(&stage, &access, &asked).await.unwrap();
    let before = contact(&stage, &sign_up).await.unwrap();
    stage.clock.advance(DAY - 1);
    work(&stage).await;
    assert_eq!(contact(&stage, &sign_up).await, Some(before.clone()));
    stage.clock.advance(1);
    work(&stage).await;
    let names: Vec<_> = contact(&stage, &sign_up).await.unwrap().given;
    assert_eq!(names.iter().map(|one| one.claim.as_str()).collect::<Vec<_>>(), ["email", "given_name"]);
    assert!(!opens(&stage, &before));
}

#[tokio::test]
async fn what_is_taken_back_cannot_be_opened_any_more_and_the_rest_can() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let keys = stage.sealing_keys();
    let before = contact(&stage, &sign_up).await.unwrap();
    let (_, access) = access(&stage, 0).await;
    let asked = vec![change("company", WhatToDo::TakeBack)];
    let answer = make(&stage, &access, &changes(ID, asked.clone())).await.unwrap();
    assert!(!proven(&stage, &access, &answer, ID, Asked::Changes(&asked)).membership_ended);
    assert_eq!(stage.tenant.jobs().waiting(ERASE_CONTACT, 10).await.unwrap(), 1);
    work(&stage).await;
    assert!(!opens(&stage, &before), "the old key is destroyed");
    assert_eq!(stage.sealing_keys(), keys);
    let (held, values) = stage.space.contact(&sign_up.id).await.unwrap();
    let kept: Vec<_> = values.0.iter().map(|kept| kept.value().unwrap()).collect();
    assert_eq!(kept, [json!(CANARIES[0]), json!(CANARIES[1])]);
    assert_eq!(held.given.len(), 2);
    assert_eq!(stage.traces_of(&["canary-company"]), 0);
    assert!(entries(&stage).await.contains(&EntryKind::TakenBack));
    let member = stage.tenant.get::<Member>(sign_up.member.as_deref().unwrap()).await.unwrap().unwrap();
    assert_eq!(member.standing, Standing::Active);
}

#[tokio::test]
async fn a_needed_detail_is_taken_back_after_a_dry_run_said_that_the_membership_ends_by_it() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let sub = sign_up.member.clone().unwrap();
    let (_, access) = access(&stage, 0).await;
    let before = contact(&stage, &sign_up).await.unwrap();
    let keys = stage.sealing_keys();
    let asked = vec![change("email", WhatToDo::TakeBack)];
    let dry = Changes { dry_run: true, ..changes(ID, asked.clone()) };
    let ChangeAnswer::DryRun { would } = make(&stage, &access, &dry).await.unwrap() else {
        panic!("it was done")
    };
    assert!(would.membership_ended);
    let kept: Vec<_> =
        would.kept.iter().map(|one| (one.claim.as_str(), one.rule.as_str(), one.until)).collect();
    let until = stage.now().plus(90 * DAY).seconds();
    assert_eq!(kept, [("given_name", "registration", until), ("company", "registration", until)]);
    assert_eq!(contact(&stage, &sign_up).await, Some(before.clone()), "a dry run changes nothing");
    assert_eq!(stage.sealing_keys(), keys);
    let standing = async || stage.tenant.get::<Member>(&sub).await.unwrap().unwrap().standing;
    assert_eq!(standing().await, Standing::Active);

    // The same identifier: nothing was done under it yet.
    let answer = make(&stage, &access, &changes(ID, asked.clone())).await.unwrap();
    assert_eq!(proven(&stage, &access, &answer, ID, Asked::Changes(&asked)), would);
    work(&stage).await;
    assert_eq!(standing().await, Standing::Ended);
    assert!(!opens(&stage, &before));
    let again = make(&stage, &access, &changes(&id(2), vec![change("company", WhatToDo::TakeBack)])).await;
    assert!(matches!(again, Err(NotDone::MembershipEnded)), "{again:?}");
    // What is kept goes at the day that was named.
    stage.clock.advance(90 * DAY);
    work(&stage).await;
    assert_eq!(contact(&stage, &sign_up).await, None);
}

#[tokio::test]
async fn of_two_replicas_that_are_told_the_same_one_does_it_and_both_say_so() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let asked = changes(ID, vec![change("company", WhatToDo::TakeBack)]);
    let (one, other) = tokio::join!(make(&stage, &access, &asked), make(&stage, &access, &asked));
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(entries(&stage).await.iter().filter(|kind| **kind == EntryKind::TakenBack).count(), 1);
    assert_eq!(contact(&stage, &sign_up).await.unwrap().generation, 1);
}
