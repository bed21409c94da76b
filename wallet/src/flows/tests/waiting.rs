//! What an issuer promises for later is not waited for without end, nor against the member's will.

use super::stage::{Stage, offer};
use crate::consent::{ByPreset, Preset};
use crate::flows::AcceptOptions;
use crate::records::AwaitedCredentials;

const YES: ByPreset = ByPreset(Preset::Needed);
const DAY: i64 = 86_400;

async fn promised() -> Stage {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.deferred = true);
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &YES).await.unwrap();
    stage
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
