//! Leaving, and objecting.

use network::member_api::{Leave, Objection};

use super::*;
use crate::member_api::MOST_OBJECTIONS;

const REASON: &str = "canary-reason: no newsletter, please";

async fn leave(
    stage: &Stage,
    access: &MemberAccess,
    id: &str,
    dry_run: bool,
) -> Result<ChangeAnswer, NotDone> {
    let asked = Leave { id: id.to_owned(), dry_run };
    stage.space.leave(&Caller { access, proof: fresh(stage) }, &asked).await
}

async fn object(
    stage: &Stage,
    access: &MemberAccess,
    id: &str,
    about: &[&str],
) -> Result<ChangeAnswer, NotDone> {
    let about = about.iter().map(|one| (*one).to_owned()).collect();
    let asked = Objection { id: id.to_owned(), about, reason: REASON.to_owned() };
    stage.space.object(&Caller { access, proof: fresh(stage) }, &asked).await
}

#[tokio::test]
async fn who_leaves_leaves_nothing_behind_and_no_copy_counts_any_more() {
    let stage = Stage::new();
    let keys = stage.sealing_keys();
    let sign_up = member(&stage, 0).await;
    let sub = sign_up.member.clone().unwrap();
    let before = contact(&stage, &sign_up).await.unwrap();
    let (_, access) = access(&stage, 0).await;
    object(&stage, &access, &id(1), &["email"]).await.unwrap();
    let ChangeAnswer::DryRun { would } = leave(&stage, &access, ID, true).await.unwrap() else {
        panic!("it was done")
    };
    assert!(would.membership_ended && would.kept.is_empty());
    assert_eq!(contact(&stage, &sign_up).await, Some(before.clone()), "a dry run changes nothing");

    let answer = leave(&stage, &access, ID, false).await.unwrap();
    let outcome = proven(&stage, &access, &answer, ID, Asked::Leave);
    assert_eq!(outcome, would);
    assert_eq!(outcome.claims().collect::<Vec<_>>(), ["company", "email", "given_name"]);
    work(&stage).await;
    assert_eq!(contact(&stage, &sign_up).await, None);
    assert!(!opens(&stage, &before));
    assert_eq!(stage.sealing_keys(), keys, "no key of the member is left");
    assert_eq!((stage.traces(), stage.traces_of(&["canary-company", "canary-reason"])), (0, 0));
    assert!(all::<crate::member_api::Objection>(&stage).await.is_empty());
    assert_eq!(all::<issuance::RevokedEntry>(&stage).await.len(), 10);
    let member = stage.tenant.get::<Member>(&sub).await.unwrap().unwrap();
    assert_eq!((member.standing, member.contact), (Standing::Ended, None));
    let kinds = entries(&stage).await;
    assert!(kinds.contains(&EntryKind::Left) && kinds.contains(&EntryKind::Revoked));

    // Whose answer got lost asks again and gets it; anything else is over.
    assert_eq!(leave(&stage, &access, ID, false).await.unwrap(), answer);
    assert!(matches!(leave(&stage, &access, &id(2), false).await, Err(NotDone::MembershipEnded)));
}

#[tokio::test]
async fn a_member_who_was_there_before_the_passport_leaves_too() {
    let stage = Stage::new();
    let keys = stage.sealing_keys();
    let (sub, _) = stage.space.add_member(&super::super::vouched(), false, 600).await.unwrap();
    issued(&stage, &sub, 0, 1).await;
    let (_, access) = access(&stage, 0).await;
    let answer = leave(&stage, &access, ID, false).await.unwrap();
    assert_eq!(proven(&stage, &access, &answer, ID, Asked::Leave).claims().count(), 0);
    work(&stage).await;
    assert_eq!(stage.sealing_keys(), keys, "what was vouched for is gone");
}

#[tokio::test]
async fn an_objection_is_on_file_sealed_until_the_team_reads_it() {
    let stage = Stage::new();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let answer = object(&stage, &access, ID, &["email"]).await.unwrap();
    let about = ["email".to_owned()];
    proven(&stage, &access, &answer, ID, Asked::Objection(&about));
    assert_eq!(stage.traces_of(&["canary-reason"]), 0);
    assert!(entries(&stage).await.contains(&EntryKind::Objected));
    let caller = Caller { access: &access, proof: fresh(&stage) };
    let seen = stage.space.member_details(&caller).await.unwrap().objections;
    assert_eq!((seen.len(), seen[0].about.as_slice()), (1, &about[..]));

    let read = stage.space.objections(10).await.unwrap();
    assert_eq!((read.len(), read[0].reason.as_str()), (1, REASON));
    assert!(!format!("{read:?}").contains("canary"));
    assert!(entries(&stage).await.contains(&EntryKind::Looked), "that somebody looked is in the log");
    // The same again is the same, and is filed once.
    assert_eq!(object(&stage, &access, ID, &["email"]).await.unwrap(), answer);
    assert_eq!(stage.space.objections(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn another_reason_under_the_identifier_of_an_objection_is_not_said_to_be_on_file() {
    let stage = Stage::new();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    object(&stage, &access, ID, &[]).await.unwrap();
    let asked = Objection { id: ID.to_owned(), about: Vec::new(), reason: format!("{REASON}!") };
    let caller = Caller { access: &access, proof: fresh(&stage) };
    assert_eq!(stage.space.object(&caller, &asked).await.unwrap_err().code(), "id_used");
    let read = stage.space.objections(10).await.unwrap();
    assert_eq!((read.len(), read[0].reason.as_str()), (1, REASON));
}

#[tokio::test]
async fn an_objection_about_what_is_not_held_or_without_a_reason_is_refused() {
    let stage = Stage::new();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let why = object(&stage, &access, ID, &["email", "phone_number"]).await.unwrap_err();
    assert_eq!((why.code(), why.claims()), ("not_held", &["phone_number".to_owned()][..]));
    for reason in ["", " …", &"x".repeat(4_001)] {
        let asked = Objection { id: ID.to_owned(), about: Vec::new(), reason: reason.to_owned() };
        let caller = Caller { access: &access, proof: fresh(&stage) };
        assert_eq!(stage.space.object(&caller, &asked).await.unwrap_err().code(), "invalid_request");
    }
    for number in 0..MOST_OBJECTIONS {
        object(&stage, &access, &id(number), &[]).await.unwrap();
    }
    assert_eq!(object(&stage, &access, ID, &[]).await.unwrap_err().code(), "too_many");
    assert_eq!(stage.space.objections(100).await.unwrap().len(), MOST_OBJECTIONS);
}
