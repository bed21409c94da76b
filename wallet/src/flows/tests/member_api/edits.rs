//! One edit for several spaces: which of them are told, when, and what becomes of it.

use super::*;

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
