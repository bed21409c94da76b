//! Ticks by the machine's clock, for answers whose time must not tell what was found.

use std::time::Duration;

use environment::{Deadline, Pace, Waiting};
use tokio::time::{Instant, sleep_until};

/// The usual time from tick to tick.
pub const TICK: Duration = Duration::from_millis(250);

/// A [`Pace`] that ticks from its making on.
#[derive(Clone, Copy, Debug)]
pub struct TickingPace {
    began: Instant,
    tick: Duration,
}

impl TickingPace {
    /// A pace with a tick each `tick`, which is at least a millisecond.
    #[must_use]
    pub fn new(tick: Duration) -> Self {
        Self { began: Instant::now(), tick: tick.max(Duration::from_millis(1)) }
    }

    /// How many ticks there were.
    fn ticks(&self) -> u64 {
        let passed = self.began.elapsed().as_nanos().checked_div(self.tick.as_nanos());
        passed.and_then(|ticks| u64::try_from(ticks).ok()).unwrap_or(0)
    }

    fn moment(&self, tick: u64) -> Instant {
        let nanoseconds = self.tick.as_nanos().saturating_mul(u128::from(tick));
        let since = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        self.began.checked_add(since).unwrap_or(self.began)
    }
}

impl Default for TickingPace {
    fn default() -> Self {
        Self::new(TICK)
    }
}

impl Pace for TickingPace {
    fn deadline(&self) -> Deadline {
        Deadline::at(self.ticks().saturating_add(2))
    }

    fn reach(&self, deadline: Deadline) -> Waiting<'_> {
        let due = deadline.tick().max(self.ticks().saturating_add(1));
        Box::pin(sleep_until(self.moment(due)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_comes_one_to_two_ticks_after_the_question_and_late_work_on_a_later_tick() {
        let tick = Duration::from_millis(20);
        let pace = TickingPace::new(tick);
        for work in [0, 5, 15] {
            let (asked, deadline) = (Instant::now(), pace.deadline());
            tokio::time::sleep(Duration::from_millis(work)).await;
            pace.reach(deadline).await;
            let took = asked.elapsed();
            assert!(took >= tick, "{took:?}");
            assert!(Instant::now() >= pace.moment(deadline.tick()));
        }
        let deadline = pace.deadline();
        tokio::time::sleep(tick * 3).await;
        let late = pace.ticks();
        assert!(late > deadline.tick());
        pace.reach(deadline).await;
        assert!(pace.ticks() > late, "what is late waits for a tick too");
    }
}
