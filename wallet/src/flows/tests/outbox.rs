//! What is to be done at spaces stays until it is proven or known not to be done, and never goes without a trace.

use network::member_api::ClaimChange;
use serde_json::{Value, json};

use super::member_api::{back, collect, email, items, kiln, member};
use super::stage::Stage;
use crate::HistoryKind;
use crate::flows::When;
use crate::records::{HistoryEntry, OutboxEntry};
use crate::wallet::Wallet;

/// From now on the space answers everything so.
fn answers(stage: &Stage, status: u16, code: &str) {
    let body = json!({"error": code, "error_description": "no"});
    stage.set(|behaviour| behaviour.member.refuses = Some((status, body)));
}

/// After so many seconds the wallet is opened again.
async fn later(stage: &Stage, seconds: i64) -> Vec<crate::SentChange> {
    stage.clock.advance(seconds);
    stage.set(|behaviour| behaviour.list_version += 1);
    collect(stage).await
}

/// What the history tells of changes, the latest first.
async fn told(stage: &Stage) -> Vec<HistoryEntry> {
    let mut history = stage.wallet.history().await.unwrap();
    history.retain(|entry| entry.kind == HistoryKind::Change);
    history
}

/// What was asked of the space under one identifier each.
fn asked(stage: &Stage) -> Vec<(String, Value)> {
    stage.seen(|seen| {
        seen.member.asked.iter().map(|(path, body)| (path.clone(), body["id"].clone())).collect()
    })
}

#[tokio::test]
async fn what_was_done_is_proven_although_a_process_that_serves_the_name_no_more_answered_meanwhile() {
    let stage = member(6).await;
    // The space has done it, and its answer got lost.
    stage.set(|behaviour| behaviour.member.loses_answers = true);
    let sent = stage.wallet.leave_space("Kiln").await.unwrap();
    assert!(!sent.done && sent.waits && sent.again_at.is_some(), "{sent:?}");
    // Then it moved to another machine, and the name still led to the one of before; so may others that stand before it.
    for (status, code) in
        [(421, "invalid_request"), (408, "invalid_request"), (425, "too_early"), (403, "blocked")]
    {
        answers(&stage, status, code);
        let sent = later(&stage, 2 * 86_400).await;
        assert!(!sent[0].done && sent[0].waits && sent[0].again_at.is_some(), "{status}: {sent:?}");
        let told = told(&stage).await;
        assert_eq!(told[0].not_completed.as_deref(), Some("not_now"), "{status}");
        assert!(!told[0].is_their_word, "{status}");
    }
    stage.set(|behaviour| behaviour.member.refuses = None);
    let sent = later(&stage, 2 * 86_400).await;
    assert!(sent[0].done && sent[0].membership_ended, "{sent:?}");
    let changes = kiln(&stage).await.changes;
    assert_eq!((changes.len(), changes[0].what.as_str()), (1, "leave"));
    assert!(!changes[0].proof.is_empty() && items(&stage).await.is_empty());
    let asked = asked(&stage);
    assert!(asked.len() == 6 && asked.iter().all(|one| *one == asked[0]), "{asked:?}");
    assert_eq!(stage.seen(|seen| seen.member.done.len()), 1, "it was done once");
}

/// What becomes of a first try.
type First = (&'static str, fn(&Stage));

#[tokio::test]
async fn what_is_refused_after_it_may_have_been_done_stays_in_the_outbox_until_the_member_takes_it_out() {
    let firsts: [First; 3] = [
        ("its answer was lost", |stage| stage.set(|behaviour| behaviour.member.loses_answers = true)),
        ("the space could not do it then", |stage| answers(stage, 503, "temporarily_unavailable")),
        ("it was a process that serves the name no more", |stage| answers(stage, 421, "invalid_request")),
    ];
    for (case, first) in firsts {
        let stage = member(6).await;
        first(&stage);
        let sent = stage.wallet.change_rules_at("Kiln", back("email")).await.unwrap();
        assert!(!sent.done && sent.again_at.is_some(), "{case}: {sent:?}");
        let id = items(&stage).await[0].id.clone();
        answers(&stage, 400, "not_held");
        let sent = later(&stage, 3_600).await;
        assert!(!sent[0].done && sent[0].waits && sent[0].again_at.is_none(), "{case}: {sent:?}");
        stays(&stage, case, &id, "not_held").await;
        assert!(later(&stage, 86_400).await.is_empty(), "{case}: not asked again by itself");
        stage.wallet.cancel_change(&id).await.unwrap();
        assert!(stage.wallet.outbox().await.unwrap().is_empty(), "{case}");
    }
}

#[tokio::test]
async fn what_is_refused_after_the_wallet_was_killed_while_it_sent_it_stays_too() {
    let stage = member(6).await;
    let send = async |wallet: &Wallet| drop(wallet.change_rules_at("Kiln", back("email")).await);
    stage.killed_at("/member/changes", send).await;
    let [item] = &items(&stage).await[..] else { panic!("one item") };
    assert_eq!((item.tries, item.was_sent()), (0, true));
    answers(&stage, 400, "not_held");
    let sent = later(&stage, 60).await;
    assert!(!sent[0].done && sent[0].waits, "{sent:?}");
    stays(&stage, "killed", &item.id, "not_held").await;
}

#[tokio::test]
async fn whoever_says_that_the_identifier_was_used_says_that_something_was_done_under_it() {
    let stage = member(6).await;
    answers(&stage, 409, "id_used");
    let sent = stage.wallet.change_rules_at("Kiln", back("email")).await.unwrap();
    assert!(!sent.done && sent.waits && sent.again_at.is_none(), "{sent:?}");
    let id = items(&stage).await[0].id.clone();
    stays(&stage, "a first try", &id, "id_used").await;
}

/// The one thing in the outbox is given up, says why, and the history tells of it.
async fn stays(stage: &Stage, case: &str, id: &str, code: &str) {
    let outbox = stage.wallet.outbox().await.unwrap();
    let [OutboxEntry { id: kept, problem: Some(problem), given_up: true, .. }] = &outbox[..] else {
        panic!("{case}: {outbox:?}")
    };
    assert_eq!(kept, id, "{case}");
    assert!(problem.contains(code), "{case}: {problem}");
    let is_unknown = problem.ends_with("; whether an earlier try was carried out is not known");
    assert_eq!(is_unknown, code != "id_used", "{case}: {problem}");
    let told = told(stage).await;
    assert_eq!((told[0].not_completed.as_deref(), told[0].is_their_word), (Some(code), true), "{case}");
}

#[tokio::test]
async fn whenever_a_wallet_is_killed_the_history_tells_of_what_is_gone_from_the_outbox() {
    let take_back = async |wallet: &Wallet| {
        let changes: Vec<ClaimChange> = back("email");
        drop(wallet.change_rules_at("Kiln", changes).await);
    };
    let new_value = async |wallet: &Wallet| {
        let (name, value) = email("new@example.org");
        drop(wallet.change_at(name, value, &["Kiln".to_owned()], When::Now).await);
    };
    // What is refused for good, what is done with a proof, and what is given: each killed before every one of its commits.
    for (case, code) in [("refused", Some("not_held")), ("done", None), ("given", None)] {
        let (mut was_there, mut commits) = (false, 0);
        loop {
            let stage = member(6).await;
            if let Some(code) = code {
                answers(&stage, 400, code);
            }
            let was_killed = if case == "given" {
                stage.killed_after(commits, new_value).await
            } else {
                stage.killed_after(commits, take_back).await
            };
            let is_gone = was_there && items(&stage).await.is_empty();
            was_there = was_there || !items(&stage).await.is_empty();
            let told = told(&stage).await;
            if is_gone {
                assert_eq!(told.len(), 1, "{case}: killed after {commits} commits");
                assert_eq!(told[0].not_completed.as_deref(), code, "{case}: killed after {commits} commits");
                assert_eq!(told[0].presented.is_empty(), code.is_some(), "{case}");
            } else {
                assert!(told.is_empty(), "{case}: killed after {commits} commits: {told:?}");
            }
            if !was_killed {
                assert!(is_gone, "{case}: it was in the outbox, and then done or refused");
                break;
            }
            commits += 1;
        }
    }
}
