//! What an issuer promises for later, and what is to follow an answer, is not waited for without end, nor against the member's will.

use network::decision::Outcome;

use super::stage::{Behaviour, Stage, offer, offer_of};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, PresentOptions};
use crate::records::{AwaitedCredentials, FollowUpAwaited};

const YES: ByPreset = ByPreset(Preset::Needed);
const DAY: i64 = 86_400;

async fn promised() -> Stage {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.deferred = true);
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &YES).await.unwrap();
    stage
}

/// A member who answered the space.
async fn answered(change: impl FnOnce(&mut Behaviour)) -> Stage {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    stage.wallet.accept_offer(&offer(&["passport", "profile"]), &options, &YES).await.unwrap();
    stage.set(|behaviour| {
        behaviour.no_refills = true;
        change(behaviour);
    });
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &YES).await.unwrap();
    stage
}

async fn followed(stage: &Stage) -> usize {
    stage.vault.list::<FollowUpAwaited>().await.unwrap().len()
}

async fn is_told(stage: &Stage, code: &str) -> bool {
    let history = stage.wallet.history().await.unwrap();
    history.iter().any(|entry| entry.not_completed.as_deref() == Some(code))
}

/// Collects after so many days; gives how many promises are left.
async fn after(stage: &Stage, days: i64) -> usize {
    stage.clock.advance(days * DAY);
    stage.set(|behaviour| behaviour.list_version += 1);
    stage.wallet.collect(&YES).await.unwrap();
    stage.vault.list::<AwaitedCredentials>().await.unwrap().len()
}

#[tokio::test]
async fn an_issuer_that_always_says_later_learns_for_a_month_at_most_when_the_wallet_is_open() {
    let stage = promised().await;
    for _ in 0..3 {
        stage.set(|behaviour| behaviour.code.later_still = Some("later"));
        assert_eq!(after(&stage, 10).await, 1);
    }
    stage.set(|behaviour| behaviour.code.later_still = Some("later"));
    assert_eq!(after(&stage, 1).await, 0, "asked for the last time; token and keys are gone");
    assert!(stage.seen(|seen| seen.code.later_still.is_none()));
    let history = stage.wallet.history().await.unwrap();
    assert!(history.iter().any(|entry| entry.not_completed.as_deref() == Some("never_ready")));
    let calls = stage.calls().len();
    assert!(stage.wallet.collect(&YES).await.unwrap().from.is_empty());
    assert_eq!(stage.calls().len(), calls, "nobody hears of the wallet any more");
}

#[tokio::test]
async fn an_issuer_that_wants_to_be_asked_in_ten_years_is_forgotten_after_a_month_too() {
    let stage = promised().await;
    let awaited = stage.vault.list::<AwaitedCredentials>().await.unwrap().remove(0);
    stage.vault.put(&AwaitedCredentials { not_before: i64::MAX, ..awaited }).await.unwrap();
    assert_eq!(after(&stage, 30).await, 1);
    let calls = stage.calls().iter().filter(|call| call.contains("office.localhost")).count();
    assert_eq!(after(&stage, 1).await, 0);
    assert_eq!(stage.calls().iter().filter(|call| call.contains("office.localhost")).count(), calls);
}

#[tokio::test]
async fn who_lets_go_of_a_promise_is_heard_of_no_more_by_that_issuer_alone() {
    let stage = promised().await;
    let calls = stage.calls().len();
    for other in ["http://kiln.localhost", "kiln.localhost", "office", ""] {
        assert_eq!(stage.wallet.let_go_of(other).await.unwrap(), 0, "{other}");
    }
    assert_eq!(stage.wallet.pending().await.unwrap().len(), 1);
    assert_eq!(stage.wallet.let_go_of("office.localhost").await.unwrap(), 1);
    assert!(stage.vault.list::<AwaitedCredentials>().await.unwrap().is_empty());
    assert_eq!(stage.calls().len(), calls, "the issuer is told nothing");
    let history = stage.wallet.history().await.unwrap();
    assert!(history.iter().any(|entry| entry.not_completed.as_deref() == Some("let_go")));
    assert_eq!(stage.wallet.let_go_of("office.localhost").await.unwrap(), 0);
    let again = promised().await;
    assert_eq!(again.wallet.let_go_of("http://office.localhost").await.unwrap(), 1);
}

#[tokio::test]
async fn whoever_got_an_answer_learns_for_a_month_at_most_when_the_wallet_is_open() {
    let nothing: fn(&mut Behaviour) = |_| {};
    let wrong: fn(&mut Behaviour) = |behaviour| behaviour.proof_lacks_a_claim = true;
    let decided: fn(&mut Behaviour) = |behaviour| behaviour.outcome = Some(Outcome::Approved);
    for (case, change) in [("nothing", nothing), ("a wrong proof", wrong), ("a word, and no offer", decided)]
    {
        let stage = answered(change).await;
        for _ in 0..3 {
            after(&stage, 10).await;
            assert_eq!(followed(&stage).await, 1, "{case}");
        }
        stage.clock.advance(DAY);
        stage.set(|behaviour| behaviour.list_version += 1);
        let from = stage.wallet.collect(&YES).await.unwrap().from.remove(0);
        assert!(from.problem.is_some(), "{case}: it is told once");
        assert_eq!(followed(&stage).await, 0, "{case}");
        assert!(is_told(&stage, "never_came").await, "{case}");
        let calls = stage.calls().len();
        assert!(stage.wallet.collect(&YES).await.unwrap().from.is_empty(), "{case}");
        assert_eq!(stage.calls().len(), calls, "{case}: nobody hears of the wallet any more");
    }
}

#[tokio::test]
async fn a_word_that_comes_after_a_month_is_waited_on_for_a_week_and_not_for_longer() {
    for (offers_on, is_taken) in [(6, true), (8, false)] {
        let stage = answered(|_| {}).await;
        stage.set(|behaviour| behaviour.outcome = Some(Outcome::Approved));
        stage.clock.advance(31 * DAY);
        stage.set(|behaviour| behaviour.list_version += 1);
        let from = stage.wallet.collect(&YES).await.unwrap().from.remove(0);
        assert_eq!((&from.problem, from.decision.as_deref()), (&None, Some("approved")));
        assert_eq!(followed(&stage).await, 1, "the offer may come next");
        if is_taken {
            let membership = offer_of("http://kiln.localhost", &["membership"]);
            stage.set(|behaviour| behaviour.offer = Some(membership));
        }
        stage.clock.advance(offers_on * DAY);
        stage.set(|behaviour| behaviour.list_version += 1);
        let from = stage.wallet.collect(&YES).await.unwrap().from.remove(0);
        assert_eq!((from.accepted.is_some(), followed(&stage).await), (is_taken, 0), "{offers_on}");
    }
}

#[tokio::test]
async fn who_lets_go_of_a_party_is_heard_of_no_more_by_that_party_alone() {
    for name in
        ["kiln.localhost", "http://kiln.localhost", "http://kiln.localhost/", "did:web:kiln.localhost"]
    {
        let stage = answered(|_| {}).await;
        let calls = stage.calls().len();
        for other in ["office.localhost", "did:web:office.localhost", "https://kiln.localhost", "kiln", ""] {
            assert_eq!(stage.wallet.let_go_of(other).await.unwrap(), 0, "{other}");
        }
        assert_eq!(stage.wallet.let_go_of(name).await.unwrap(), 1, "{name}");
        assert!(stage.wallet.pending().await.unwrap().is_empty());
        assert!(is_told(&stage, "let_go").await);
        assert!(stage.wallet.collect(&YES).await.unwrap().from.is_empty());
        assert_eq!(stage.calls().len(), calls, "the party is told nothing");
    }
}

#[tokio::test]
async fn of_two_promises_in_one_follow_up_the_later_one_is_kept_also_where_the_clock_was_put_back() {
    let stage = answered(|_| {}).await;
    let first = offer_of("http://kiln.localhost", &["membership"]);
    let second = first.replace("code%22%3A%22code%22", "code%22%3A%22other%22");
    let follow_up = stage.vault.list::<FollowUpAwaited>().await.unwrap().remove(0);
    let mut offers = Vec::new();
    for (offer, passes) in [(first, 7_300), (second, -7_200)] {
        stage.vault.put(&follow_up).await.unwrap();
        stage.clock.advance(passes);
        stage.set(|behaviour| (behaviour.offer, behaviour.deferred) = (Some(offer), true));
        stage.wallet.collect(&YES).await.unwrap();
        let [one] = &stage.vault.list::<AwaitedCredentials>().await.unwrap()[..] else {
            panic!("one promise")
        };
        offers.push((one.offer.clone(), one.since.unwrap()));
    }
    assert!(offers[0].0 != offers[1].0 && offers[1].1 < offers[0].1, "{offers:?}");
    assert!(is_told(&stage, "promised_anew").await);
    stage.clock.advance(121);
    let collected = stage.wallet.collect(&YES).await.unwrap();
    assert!(collected.from.iter().any(|from| from.accepted.is_some()), "{collected:?}");
}

#[tokio::test]
async fn what_a_party_promises_after_two_answers_is_waited_for_twice() {
    let stage = answered(|_| {}).await;
    let first = stage.vault.list::<FollowUpAwaited>().await.unwrap().remove(0);
    stage.vault.put(&FollowUpAwaited { id: "another".to_owned(), ..first }).await.unwrap();
    let membership = offer_of("http://kiln.localhost", &["membership"]);
    let another = membership.replace("code%22%3A%22code%22", "code%22%3A%22other%22");
    for (left, offer) in [(1, membership), (0, another)] {
        // The other answer is not asked after meanwhile.
        let mut follow_ups = stage.vault.list::<FollowUpAwaited>().await.unwrap();
        let later = follow_ups.split_off(1);
        for one in &later {
            stage.vault.batch().delete::<FollowUpAwaited>(&one.id).commit().await.unwrap();
        }
        stage.set(|behaviour| (behaviour.offer, behaviour.deferred) = (Some(offer), true));
        stage.wallet.collect(&YES).await.unwrap();
        for one in &later {
            stage.vault.put(one).await.unwrap();
        }
        assert_eq!(followed(&stage).await, left);
        stage.clock.advance(1);
    }
    let promised = stage.vault.list::<AwaitedCredentials>().await.unwrap();
    assert_eq!(promised.len(), 2);
    assert_ne!(promised[0].follow_up, promised[1].follow_up);
    assert!(!is_told(&stage, "promised_anew").await);
}

#[tokio::test]
async fn of_two_promises_of_the_same_the_newer_one_is_kept_and_the_older_one_is_no_problem() {
    let stage = answered(|_| {}).await;
    let first = offer_of("http://kiln.localhost", &["membership"]);
    let second = first.replace("code%22%3A%22code%22", "code%22%3A%22other%22");
    assert_ne!(first, second);
    let follow_up = stage.vault.list::<FollowUpAwaited>().await.unwrap().remove(0);
    stage.set(|behaviour| (behaviour.offer, behaviour.deferred) = (Some(first), true));
    stage.wallet.collect(&YES).await.unwrap();
    let older = stage.vault.list::<AwaitedCredentials>().await.unwrap().remove(0);
    // It was killed before it noted that the offer is taken, and the space offers it again.
    stage.vault.put(&follow_up).await.unwrap();
    // Whoever was not asked as a party may promise two things under one name.
    let elsewhere = AwaitedCredentials {
        id: "elsewhere".to_owned(),
        signer: None,
        follow_up: None,
        not_before: i64::MAX,
        ..older.clone()
    };
    stage.vault.put(&elsewhere).await.unwrap();
    stage.clock.advance(301);
    stage.set(|behaviour| {
        behaviour.offer = Some(second);
        behaviour.code.later_still = Some("later");
    });
    for _ in 0..2 {
        let collected = stage.wallet.collect(&YES).await.unwrap();
        assert!(collected.from.iter().all(|from| from.problem.is_none()), "{collected:?}");
    }
    let mut left = stage.vault.list::<AwaitedCredentials>().await.unwrap();
    left.retain(|one| one.id != elsewhere.id);
    assert_eq!(left.len(), 1);
    assert_ne!((&left[0].id, &left[0].offer), (&older.id, &older.offer));
    assert!(is_told(&stage, "promised_anew").await);
    stage.clock.advance(61);
    let collected = stage.wallet.collect(&YES).await.unwrap();
    assert!(collected.from.iter().any(|from| from.accepted.is_some()), "{collected:?}");
}
