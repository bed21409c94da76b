//! What an office gave late and holds for lost until it is told: another offer in the same follow-up revokes it.

use credentials::{types, vc};

use super::collecting::{applied, at_the_office};
use super::stage::{Stage, offer};
use crate::consent::{ByPreset, Preset};
use crate::flows::Collected;
use crate::records::{AwaitedCredentials, Copy, FollowUpAwaited, KeptAnswer, KeptLate};

const YES: ByPreset = ByPreset(Preset::Needed);
const DAY: i64 = 86_400;

/// An office has promised passports, and fell silent over the profile; now it has both.
async fn half_promised() -> Stage {
    let stage = applied(|behaviour| {
        behaviour.did_hosting = at_the_office();
        behaviour.offer = Some(offer(&["passport", "profile"]));
        behaviour.busy_after = Some(1);
        behaviour.defers_after = Some(0);
        behaviour.no_refills = true;
    })
    .await;
    stage.wallet.collect(&YES).await.unwrap();
    let promised = stage.vault.list::<AwaitedCredentials>().await.unwrap();
    let follow_ups = stage.vault.list::<FollowUpAwaited>().await.unwrap();
    assert_eq!(promised[0].follow_up.as_ref(), Some(&follow_ups[0].id));
    stage.clock.advance(301);
    stage.set(|behaviour| (behaviour.busy_after, behaviour.defers_after) = (None, None));
    stage
}

/// How many copies of a type are there, how many of them a wallet would show, and how many of those are revoked.
async fn copies(stage: &Stage, vct: &str) -> (usize, usize, usize) {
    let now = stage.wallet.now();
    let lost = stage.seen(|seen| seen.lost.clone());
    let is_lost = |compact: &str| {
        let held = vc::Held::reopen(compact).unwrap();
        let place = held.facts().status().unwrap();
        lost.contains(&(place.uri.clone(), place.index))
    };
    let mut counted = (0, 0, 0);
    for copy in stage.vault.list::<Copy>().await.unwrap() {
        for held in copy.credentials.iter().filter(|held| held.vct == vct) {
            let is_shown = copy.is_fresh(now) && held.counts(now);
            counted.0 += 1;
            counted.1 += usize::from(is_shown);
            counted.2 += usize::from(is_shown && is_lost(&held.compact));
        }
    }
    counted
}

fn times_followed(stage: &Stage) -> usize {
    stage.calls().iter().filter(|call| call.contains("/follow-up/")).count()
}

fn times_told(stage: &Stage) -> usize {
    stage.calls().iter().filter(|call| call.ends_with("/notification")).count()
}

async fn collect(stage: &Stage) -> Collected {
    stage.wallet.collect(&YES).await.unwrap()
}

fn is_told(collected: &Collected, part: &str) -> bool {
    collected.from.iter().filter_map(|from| from.problem.as_deref()).any(|problem| problem.contains(part))
}

/// Nothing is awaited any more, everything is here, and nothing of it is revoked.
async fn is_complete(stage: &Stage, case: &str) {
    for vct in [types::PASSPORT, types::PROFILE] {
        let (_, shown, revoked) = copies(stage, vct).await;
        assert!(shown > 0 && revoked == 0, "{case}: {vct}: {shown} {revoked}");
    }
    assert!(stage.vault.list::<AwaitedCredentials>().await.unwrap().is_empty(), "{case}");
    assert!(stage.vault.list::<FollowUpAwaited>().await.unwrap().is_empty(), "{case}");
    assert!(stage.vault.list::<KeptLate>().await.unwrap().is_empty(), "{case}");
}

#[tokio::test]
async fn a_follow_up_is_not_asked_while_what_came_of_it_cannot_be_checked() {
    let stage = half_promised().await;
    stage.clock.advance(DAY + 3_600);
    stage.set(|behaviour| behaviour.no_list = true);
    let before = times_followed(&stage);
    let collected = collect(&stage).await;
    assert!(is_told(&collected, "has come and is kept") && is_told(&collected, "has to hear first"));
    assert_eq!(times_followed(&stage), before, "another offer would end what came");
    stage.set(|behaviour| {
        behaviour.no_list = false;
        behaviour.list_version += 1;
    });
    for _ in 0..2 {
        collect(&stage).await;
        assert_eq!(copies(&stage, types::PASSPORT).await.2, 0);
    }
    assert!(stage.seen(|seen| seen.lost.is_empty()));
    is_complete(&stage, "checked").await;
}

#[tokio::test]
async fn a_follow_up_is_not_asked_before_its_office_has_heard_that_what_it_gave_is_kept() {
    for status in [429, 503] {
        let stage = half_promised().await;
        stage.set(|behaviour| behaviour.unheard = Some(status));
        let before = times_followed(&stage);
        for _ in 0..2 {
            let collected = collect(&stage).await;
            assert!(is_told(&collected, "has to hear first"), "{status}: {collected:?}");
            let (there, shown, _) = copies(&stage, types::PASSPORT).await;
            assert!(there > 0 && there == shown, "{status}: what came is the member's");
        }
        assert_eq!(times_followed(&stage), before, "{status}");
        stage.set(|behaviour| behaviour.unheard = None);
        for _ in 0..2 {
            collect(&stage).await;
        }
        assert!(stage.seen(|seen| seen.lost.is_empty()), "{status}");
        is_complete(&stage, "told").await;
    }
}

#[tokio::test]
async fn a_wallet_killed_before_its_office_heard_says_so_before_it_asks_for_the_rest() {
    let stage = half_promised().await;
    stage.set(|behaviour| behaviour.unheard = Some(503));
    stage.killed_at("/notification", async |wallet| drop(wallet.collect(&YES).await)).await;
    assert!(copies(&stage, types::PASSPORT).await.1 > 0);
    stage.set(|behaviour| behaviour.unheard = None);
    stage.same_vault().await.collect(&YES).await.unwrap();
    assert!(stage.seen(|seen| seen.lost.is_empty()));
    is_complete(&stage, "killed").await;
}

#[tokio::test]
async fn what_an_office_will_never_hear_of_counts_no_more_once_it_offers_anew() {
    // The token has run out, what it gave is over, or it knows of nothing of the kind.
    for status in [400, 401, 403, 410] {
        let stage = half_promised().await;
        // No list tells what is revoked.
        stage.set(|behaviour| (behaviour.unheard, behaviour.lists_by_space) = (Some(status), true));
        collect(&stage).await;
        assert!(stage.seen(|seen| !seen.lost.is_empty()), "{status}: it is held for lost");
        let (there, shown, revoked) = copies(&stage, types::PASSPORT).await;
        assert!(there > 0 && shown > 0 && revoked == 0, "{status}: {there} {shown} {revoked}");
        is_complete(&stage, "offered anew").await;
    }
}

#[tokio::test]
async fn what_something_before_an_office_answers_in_one_moment_costs_nobody_what_came() {
    for status in [302, 404, 408, 425] {
        let stage = half_promised().await;
        stage.set(|behaviour| behaviour.unheard = Some(status));
        let (told, followed) = (times_told(&stage), times_followed(&stage));
        let collected = collect(&stage).await;
        assert!(is_told(&collected, "has to hear first"), "{status}: {collected:?}");
        assert_eq!(times_told(&stage), told + 1, "{status}: once a round");
        assert_eq!(times_followed(&stage), followed, "{status}");
        stage.set(|behaviour| behaviour.unheard = None);
        collect(&stage).await;
        assert!(stage.seen(|seen| seen.lost.is_empty()), "{status}: nothing is lost");
        is_complete(&stage, "told").await;
    }
}

#[tokio::test]
async fn an_office_that_hears_nothing_for_a_week_keeps_nothing_else_from_the_member_any_longer() {
    for status in [429, 501] {
        let stage = half_promised().await;
        stage.set(|behaviour| (behaviour.unheard, behaviour.lists_by_space) = (Some(status), true));
        // As where the proof of sharing could not be fetched right after the answer.
        let follow_up = stage.vault.list::<FollowUpAwaited>().await.unwrap().remove(0);
        stage.vault.put(&FollowUpAwaited { proof_kept: false, ..follow_up }).await.unwrap();
        let before = times_followed(&stage);
        for _ in 0..2 {
            assert!(is_told(&collect(&stage).await, "has to hear first"), "{status}");
            stage.clock.advance(4 * DAY);
            stage.set(|behaviour| behaviour.list_version += 1);
        }
        assert_eq!(times_followed(&stage), before, "{status}");
        let collected = collect(&stage).await;
        assert!(collected.from.iter().any(|from| from.sharing_proof), "{status}: {collected:?}");
        assert_eq!(times_followed(&stage), before + 1, "{status}");
        assert!(stage.seen(|seen| !seen.lost.is_empty()), "{status}: it is held for lost");
        is_complete(&stage, "after a week").await;
        let answers = stage.vault.list::<KeptAnswer>().await.unwrap();
        assert!(answers.iter().all(|answer| answer.given.proof.is_some()), "{status}");
    }
}

#[tokio::test]
async fn what_is_to_be_told_is_forgotten_with_what_was_to_follow() {
    let stage = half_promised().await;
    stage.set(|behaviour| behaviour.unheard = Some(503));
    collect(&stage).await;
    assert_eq!(stage.vault.list::<KeptLate>().await.unwrap().len(), 1);
    assert!(stage.wallet.let_go_of("office.localhost").await.unwrap() > 0);
    assert!(stage.vault.list::<KeptLate>().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_week_of_an_office_that_hears_nothing_begins_when_it_is_first_tried_in_vain() {
    for is_of_before in [false, true] {
        let case = format!("kept before anybody counted: {is_of_before}");
        let stage = half_promised().await;
        stage.set(|behaviour| (behaviour.unheard, behaviour.lists_by_space) = (Some(503), true));
        stage.killed_at("/notification", async |wallet| drop(wallet.collect(&YES).await)).await;
        let kept = stage.vault.list::<KeptLate>().await.unwrap().remove(0);
        assert_eq!(kept.since, None, "{case}");
        if is_of_before {
            let mut record = serde_json::to_value(&kept).unwrap();
            record.as_object_mut().unwrap().remove("since");
            stage.vault.put(&serde_json::from_value::<KeptLate>(record).unwrap()).await.unwrap();
        }
        let before = times_followed(&stage);
        for days in [8, 6] {
            stage.clock.advance(days * DAY);
            stage.set(|behaviour| behaviour.list_version += 1);
            assert!(is_told(&collect(&stage).await, "has to hear first"), "{case}");
            assert_eq!(times_followed(&stage), before, "{case}: another offer would end what came");
        }
        stage.clock.advance(2 * DAY);
        stage.set(|behaviour| behaviour.list_version += 1);
        collect(&stage).await;
        assert_eq!(times_followed(&stage), before + 1, "{case}: a week is long enough");
    }
}

#[tokio::test]
async fn a_follow_up_that_is_held_up_has_its_time_when_it_is_asked() {
    let stage = half_promised().await;
    let before = times_followed(&stage);
    // What was promised comes in the end, and cannot be checked until the follow-up is older than it is asked.
    stage.set(|behaviour| behaviour.no_list = true);
    for days in [28, 5, 8] {
        stage.clock.advance(days * DAY);
        let collected = collect(&stage).await;
        assert!(is_told(&collected, "has come and is kept") && is_told(&collected, "has to hear first"));
        assert_eq!(stage.vault.list::<FollowUpAwaited>().await.unwrap().len(), 1);
    }
    assert_eq!(times_followed(&stage), before);
    stage.set(|behaviour| {
        behaviour.no_list = false;
        behaviour.list_version += 1;
    });
    for _ in 0..2 {
        collect(&stage).await;
    }
    assert!(times_followed(&stage) > before);
    assert!(stage.seen(|seen| seen.lost.is_empty()));
    is_complete(&stage, "checked").await;
    let history = stage.wallet.history().await.unwrap();
    assert!(history.iter().all(|entry| entry.not_completed.as_deref() != Some("never_came")), "{history:?}");
}
