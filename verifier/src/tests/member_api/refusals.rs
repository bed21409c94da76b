//! What is refused, by name, and that nothing has changed then.

use network::member_api::Objection;
use store::memory::Interruption;

use super::*;
use crate::member_api::MOST_CHANGES;

/// Refused for these claims by this code; not one byte of the store is another.
async fn refused(stage: &Stage, access: &MemberAccess, asked: &Changes, code: &str, claims: &[&str]) {
    let before = stage.memory.entries();
    let keys = stage.sealing_keys();
    let why = make(stage, access, asked).await.unwrap_err();
    assert_eq!(
        (why.code(), why.claims()),
        (code, &claims.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>()[..])
    );
    assert!(stage.memory.entries() == before, "{code}: the store has changed");
    assert_eq!(stage.sealing_keys(), keys);
}

#[tokio::test]
async fn a_change_of_what_was_not_given_is_refused_naming_it() {
    let stage = Stage::new();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let asked = vec![
        change("company", WhatToDo::TakeBack),
        change("phone_number", WhatToDo::TakeBack),
        change("compan", WhatToDo::Publish(Audience::Team)),
    ];
    refused(&stage, &access, &changes(ID, asked), "not_held", &["phone_number", "compan"]).await;
    // A member who never signed up here with anything.
    let (sub, _) = stage.space.add_member(&super::super::vouched(), false, 600).await.unwrap();
    issued(&stage, &sub, 50, 1).await;
    let (_, other) = super::access(&stage, 50).await;
    let asked = changes(ID, vec![change("email", WhatToDo::TakeBack)]);
    refused(&stage, &other, &asked, "not_held", &["email"]).await;
}

#[tokio::test]
async fn a_detail_is_shown_to_no_brand_where_there_is_none() {
    let stage = Stage::new();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let to = |audience| changes(ID, vec![change("company", WhatToDo::Publish(audience))]);
    refused(&stage, &access, &to(Audience::Brand), "unknown_audience", &["company"]).await;
    assert!(make(&stage, &access, &to(Audience::MembersHere)).await.is_ok());
}

#[tokio::test]
async fn an_end_lies_a_day_ahead_at_least_and_before_the_end_of_time() {
    let stage = Stage::new();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let until = |at: i64| changes(ID, vec![change("company", WhatToDo::Until(Some(at)))]);
    let day = stage.now().plus(DAY).seconds();
    refused(&stage, &access, &until(day - 1), "until_too_soon", &["company"]).await;
    refused(&stage, &access, &until(-1), "until_too_soon", &["company"]).await;
    refused(&stage, &access, &until(i64::MAX), "until_too_late", &["company"]).await;
    assert!(make(&stage, &access, &until(day)).await.is_ok());
}

#[tokio::test]
async fn changes_that_say_nothing_or_too_much_are_refused() {
    let stage = Stage::new();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let back = |claim: &str| change(claim, WhatToDo::TakeBack);
    for (id, asked) in [
        (ID, Vec::new()),
        (ID, vec![back("company"), back("company")]),
        (ID, vec![back("company"), change("company.name", WhatToDo::Until(None))]),
        (ID, vec![back("")]),
        (ID, vec![back(&"x".repeat(257))]),
        (ID, (0..129).map(|number| back(&format!("claim{number}"))).collect()),
        ("short", vec![back("company")]),
        ("AAAAAAAAAAAAAAAAAAAA/A", vec![back("company")]),
    ] {
        refused(&stage, &access, &changes(id, asked), "invalid_request", &[]).await;
    }
}

#[tokio::test]
async fn a_replayed_change_is_refused_and_the_same_asked_anew_gets_the_same_answer() {
    let stage = Stage::new();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let asked = changes(ID, vec![change("company", WhatToDo::TakeBack)]);
    let proof = fresh(&stage);
    let caller = Caller { access: &access, proof };
    let first = stage.space.change_details(&caller, &asked).await.unwrap();
    let before = stage.memory.entries();
    let replayed = stage.space.change_details(&caller, &asked).await.unwrap_err();
    assert_eq!((replayed.code(), replayed.status()), ("invalid_dpop_proof", 401));
    assert!(
        matches!(stage.space.member_details(&caller).await, Err(NotDone::Replayed)),
        "nor used elsewhere"
    );
    assert!(stage.memory.entries() == before);
    assert_eq!(make(&stage, &access, &asked).await.unwrap(), first, "with another proof of possession");
    let leaves = entries(&stage).await;
    assert_eq!(leaves.iter().filter(|kind| **kind == EntryKind::TakenBack).count(), 1, "it was done once");
    // Another change under that identifier is none.
    let other = changes(ID, vec![change("given_name", WhatToDo::TakeBack)]);
    refused(&stage, &access, &other, "id_used", &[]).await;
}

#[tokio::test]
async fn an_expired_token_changes_nothing_and_still_tells_what_was_done_with_it() {
    let stage = Stage::new();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let asked = changes(ID, vec![change("company", WhatToDo::Publish(Audience::Public))]);
    stage.clock.advance(TOKEN_LIFETIME - 1);
    let first = make(&stage, &access, &asked).await.unwrap();
    stage.clock.advance(1);
    let new = changes(&id(2), vec![change("company", WhatToDo::TakeBack)]);
    refused(&stage, &access, &new, "invalid_token", &[]).await;
    let caller = Caller { access: &access, proof: fresh(&stage) };
    assert!(matches!(stage.space.member_details(&caller).await, Err(NotDone::TokenExpired)));
    assert_eq!(make(&stage, &access, &asked).await.unwrap(), first);
}

#[tokio::test]
async fn an_ended_membership_changes_nothing() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    stage.space.end_membership(sign_up.member.as_deref().unwrap()).await.unwrap();
    let asked = changes(ID, vec![change("company", WhatToDo::TakeBack)]);
    refused(&stage, &access, &asked, "membership_ended", &[]).await;
    let caller = Caller { access: &access, proof: fresh(&stage) };
    assert!(matches!(stage.space.member_details(&caller).await, Err(NotDone::MembershipEnded)));
    let objection = Objection { id: id(2), about: Vec::new(), reason: "no".to_owned() };
    assert!(matches!(stage.space.object(&caller, &objection).await, Err(NotDone::MembershipEnded)));
}

#[tokio::test]
async fn the_token_of_one_member_touches_nothing_of_another() {
    let stage = Stage::new();
    let ours = member(&stage, 0).await;
    let theirs = member(&stage, 20).await;
    let (_, access) = access(&stage, 0).await;
    let before = contact(&stage, &theirs).await;
    make(&stage, &access, &changes(ID, vec![change("company", WhatToDo::TakeBack)])).await.unwrap();
    assert_eq!(contact(&stage, &theirs).await, before);
    assert_eq!(contact(&stage, &ours).await.unwrap().given.len(), 2);
    // The same identifier of another member is another.
    let (_, other) = super::access(&stage, 20).await;
    let asked = changes(ID, vec![change("company", WhatToDo::Publish(Audience::Public))]);
    let answer = make(&stage, &other, &asked).await.unwrap();
    proven(&stage, &other, &answer, ID, Asked::Changes(&asked.changes));
}

#[tokio::test]
async fn two_hundred_changes_a_day_are_taken_and_no_more() {
    let stage = Stage::new();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let to = |number: usize| {
        let audience = if number.is_multiple_of(2) { Audience::Public } else { Audience::Team };
        changes(&id(number), vec![change("company", WhatToDo::Publish(audience))])
    };
    for number in 0..usize::try_from(MOST_CHANGES).unwrap() {
        make(&stage, &access, &to(number)).await.unwrap();
    }
    refused(&stage, &access, &to(900), "too_many", &[]).await;
}

#[tokio::test]
async fn a_change_whose_commit_was_cut_short_is_done_once_when_it_is_asked_again() {
    for interruption in [Interruption::BeforeWriting, Interruption::AfterWriting] {
        let stage = Stage::new();
        let sign_up = member(&stage, 0).await;
        let (_, access) = access(&stage, 0).await;
        let asked = changes(ID, vec![change("company", WhatToDo::TakeBack)]);
        stage.memory.interrupt_next_commit(interruption);
        let first = make(&stage, &access, &asked).await;
        let again = make(&stage, &access, &asked).await.unwrap();
        if let Ok(first) = first {
            assert_eq!(first, again, "{interruption:?}");
        }
        proven(&stage, &access, &again, ID, Asked::Changes(&asked.changes));
        let leaves = entries(&stage).await;
        assert_eq!(
            leaves.iter().filter(|kind| **kind == EntryKind::TakenBack).count(),
            1,
            "{interruption:?}"
        );
        assert_eq!(contact(&stage, &sign_up).await.unwrap().given.len(), 2);
        work(&stage).await;
        assert_eq!(stage.space.contact(&sign_up.id).await.unwrap().1.0.len(), 2, "the rest can be opened");
    }
}
