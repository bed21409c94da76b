//! When a party does its jobs: as soon as one is due, and not before. What a job is, its domain knows.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use store::{Store, StoreFault, Tenant, Wakes};
use tokio::time::{Instant, sleep, timeout};

/// The least time from one round to the next.
const PACE: Duration = Duration::from_millis(250);
/// The most time between two looks at what is due: clocks are set, and notices of another process do not come.
const AT_MOST: Duration = Duration::from_secs(5);

/// One round of a party's work.
pub(crate) type Round = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send + Sync>;

/// Does a round whenever a job of `tenant` is due. One that nobody takes, as while something slow goes on beside the
/// rounds, is offered less and less often.
pub(super) async fn work(store: Store, tenant: Tenant, round: Round) {
    let mut wakes = store.wakes();
    let mut pause = PACE;
    loop {
        let begun = Instant::now();
        if let Err(error) = round().await {
            tracing::warn!(%error, "work was left for the next round");
        }
        sleep(PACE.saturating_sub(begun.elapsed())).await;
        let woken = match until_due(&tenant).await {
            // What was due in the round and is so still.
            Ok(Some(Duration::ZERO)) => woken_within(&mut wakes, &tenant, pause.saturating_sub(PACE)).await,
            Ok(due) => {
                wait(&mut wakes, &tenant, due).await;
                true
            }
            Err(error) => {
                tracing::warn!(%error, "what is due could not be read");
                woken_within(&mut wakes, &tenant, pause.saturating_sub(PACE)).await
            }
        };
        pause = if woken { PACE } else { pause.saturating_mul(2).min(AT_MOST) };
    }
}

/// Waits until a job is due, which is first so in `due` as far as is known.
async fn wait(wakes: &mut Wakes, tenant: &Tenant, mut due: Option<Duration>) {
    while due != Some(Duration::ZERO) {
        woken_within(wakes, tenant, due.map_or(AT_MOST, |due| due.min(AT_MOST))).await;
        due = match until_due(tenant).await {
            Ok(due) => due,
            // The round says what is the matter.
            Err(_) => return,
        };
    }
}

/// Waits for so long, or until jobs were written; whether they were.
async fn woken_within(wakes: &mut Wakes, tenant: &Tenant, most: Duration) -> bool {
    let begun = Instant::now();
    loop {
        let rest = most.saturating_sub(begun.elapsed());
        match timeout(rest, wakes.next()).await {
            Ok(Some(wake)) if wake.is_about_jobs_of(tenant.id()) => return true,
            Ok(Some(_)) => {}
            // Nothing is announced by a store that is closed.
            Ok(None) => {
                sleep(rest).await;
                return false;
            }
            Err(_) => return false,
        }
    }
}

/// How long it is until the first job is due; `None` if there is none.
async fn until_due(tenant: &Tenant) -> Result<Option<Duration>, StoreFault> {
    let due = tenant.jobs().next_due().await?;
    let seconds = due.map(|due| due.since(tenant.environment().now()));
    Ok(seconds.map(|seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use environment::{Environment, ManualClock, SystemRandomness, Timestamp};
    use store::memory::Memory;
    use store::{Change, Fault, Job, TenantId, Tx};

    use super::*;

    /// A party whose only jobs are mails.
    struct Party {
        clock: Arc<ManualClock>,
        store: Store,
        tenant: Tenant,
        rounds: Arc<AtomicUsize>,
    }

    struct Enqueue(&'static str, Timestamp);

    enum Never {}

    impl Change for Enqueue {
        const NAME: &'static str = "enqueue";
        type Output = ();
        type Refusal = Never;

        async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Never>> {
            let _ = tx.enqueue(Job::new("mail", self.0, &"")?.not_before(self.1)).await?;
            Ok(())
        }
    }

    impl Party {
        fn new() -> Self {
            let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)));
            let environment = Environment::new(clock.clone(), Arc::new(SystemRandomness));
            let store = Store::new(Arc::new(Memory::new()), environment);
            let tenant = store.tenant(&TenantId::new("kiln").unwrap());
            Self { clock, store, tenant, rounds: Arc::default() }
        }

        /// Has it work, in rounds that do what is due if `takes`.
        fn works(&self, takes: bool) -> tokio::task::JoinHandle<()> {
            let (tenant, rounds) = (self.tenant.clone(), Arc::clone(&self.rounds));
            let round = Arc::new(move || {
                let tenant = tenant.clone();
                rounds.fetch_add(1, Ordering::SeqCst);
                Box::pin(async move {
                    let jobs = tenant.jobs();
                    let now = tenant.environment().now();
                    for lease in if takes { jobs.lease("mail", now, 30, 10).await? } else { Vec::new() } {
                        let _ = jobs.complete(&lease).await?;
                    }
                    Ok(())
                }) as Pin<Box<dyn Future<Output = Result<()>> + Send>>
            });
            tokio::spawn(work(self.store.clone(), self.tenant.clone(), round))
        }

        async fn enqueue(&self, id: &'static str, in_seconds: i64) {
            let due = self.tenant.environment().now().plus(in_seconds);
            assert!(self.tenant.commit(&Enqueue(id, due)).await.is_ok());
        }

        /// How many rounds there are while so much time passes.
        async fn rounds_within(&self, milliseconds: u64) -> usize {
            let before = self.rounds.load(Ordering::SeqCst);
            sleep(Duration::from_millis(milliseconds)).await;
            self.rounds.load(Ordering::SeqCst) - before
        }

        async fn waiting(&self) -> usize {
            self.tenant.jobs().waiting("mail", 10).await.unwrap()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_done_while_nothing_is_due_and_at_once_what_comes() {
        let party = Party::new();
        let _working = party.works(true);
        assert_eq!(party.rounds_within(400).await, 1, "at the start there may be work");
        assert_eq!(party.rounds_within(3_600_000).await, 0);
        party.enqueue("a", 0).await;
        assert!((1..=3).contains(&party.rounds_within(1_000).await));
        assert_eq!(party.waiting().await, 0);
        assert_eq!(party.rounds_within(3_600_000).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_for_later_is_done_when_its_moment_has_come_also_where_the_clock_was_set() {
        let party = Party::new();
        let _working = party.works(true);
        party.enqueue("tomorrow", 86_400).await;
        party.enqueue("in an hour", 3_600).await;
        let _ = party.rounds_within(1_000).await;
        assert_eq!((party.rounds_within(60_000).await, party.waiting().await), (0, 2));
        party.clock.advance(3_600);
        assert!(party.rounds_within(5_500).await >= 1);
        assert_eq!(party.waiting().await, 1);
        party.clock.advance(86_400);
        let _ = party.rounds_within(5_500).await;
        assert_eq!(party.waiting().await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_takes_is_offered_less_and_less_often() {
        let party = Party::new();
        let _working = party.works(false);
        party.enqueue("a", 0).await;
        let first = party.rounds_within(5_000).await;
        assert!((3..=6).contains(&first), "{first}");
        assert_eq!(party.rounds_within(50_000).await, 10);
        party.enqueue("b", 0).await;
        assert!(party.rounds_within(300).await >= 1, "what comes is offered at once");
    }
}
