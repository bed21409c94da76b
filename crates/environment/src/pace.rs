//! Answers that must not tell by their time what was found: all are given on ticks of a clock.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A wait for a tick.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The tick on which an answer is due, counted from the beginning of its [`Pace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(u64);

impl Deadline {
    /// The deadline on the tick with this number.
    #[must_use]
    pub const fn at(tick: u64) -> Self {
        Self(tick)
    }

    /// The number of its tick.
    #[must_use]
    pub const fn tick(self) -> u64 {
        self.0
    }
}

/// Gives answers out on ticks.
///
/// The deadline is fixed when a request arrives, before anything is looked up, and lies one to two ticks ahead: whoever times
/// the arrival to fall just before a tick gains nothing by it.
pub trait Pace: Send + Sync {
    /// When what arrives now is answered: on the first tick that is at least one whole tick away.
    fn deadline(&self) -> Deadline;

    /// Waits for `deadline`; if the work took longer than that, for the next tick.
    fn reach(&self, deadline: Deadline) -> Waiting<'_>;
}

/// A pace that ticks only when told, for tests.
#[derive(Debug, Default)]
pub struct ManualPace(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    tick: u64,
    /// Whether nobody waits: each answer is given as if its tick had come.
    runs_ahead: bool,
    waiting: Vec<Waker>,
    reached: Vec<u64>,
}

impl ManualPace {
    /// A pace that stands.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A pace that jumps to each deadline at once, for tests that are not about time.
    #[must_use]
    pub fn running_ahead() -> Self {
        let pace = Self::new();
        pace.state().runs_ahead = true;
        pace
    }

    /// One tick.
    pub fn advance(&self) {
        let mut state = self.state();
        state.tick = state.tick.saturating_add(1);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// How many answers wait for a tick.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    /// The ticks on which answers were given so far.
    #[must_use]
    pub fn reached(&self) -> Vec<u64> {
        self.state().reached.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace for ManualPace {
    fn deadline(&self) -> Deadline {
        Deadline(self.state().tick.saturating_add(2))
    }

    fn reach(&self, deadline: Deadline) -> Waiting<'_> {
        let mut state = self.state();
        if state.runs_ahead {
            state.tick = state.tick.max(deadline.0);
        }
        let next = if state.runs_ahead { state.tick } else { state.tick.saturating_add(1) };
        Box::pin(Reach { state: Arc::clone(&self.0), due: deadline.0.max(next) })
    }
}

struct Reach {
    state: Arc<Mutex<State>>,
    due: u64,
}

impl Future for Reach {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.tick < self.due {
            state.waiting.push(context.waker().clone());
            return Poll::Pending;
        }
        let tick = state.tick;
        state.reached.push(tick);
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(waiting: &mut Waiting<'_>) -> bool {
        waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn an_answer_waits_for_its_tick_and_what_is_late_for_the_next_one() {
        let pace = ManualPace::new();
        let (early, late) = (pace.deadline(), pace.deadline());
        assert_eq!((early, late), (Deadline::at(2), Deadline::at(2)));
        let mut waiting = pace.reach(early);
        assert!(!poll(&mut waiting));
        pace.advance();
        assert!(!poll(&mut waiting), "it is one whole tick away at least");
        pace.advance();
        assert!(poll(&mut waiting));
        let mut waiting = pace.reach(late);
        assert!(!poll(&mut waiting), "the work took longer");
        pace.advance();
        assert!(poll(&mut waiting));
        assert_eq!(pace.reached(), [2, 3]);
    }

    #[test]
    fn a_pace_that_runs_ahead_keeps_nobody_waiting() {
        let pace = ManualPace::running_ahead();
        for _ in 0..3 {
            let deadline = pace.deadline();
            assert!(poll(&mut pace.reach(deadline)));
        }
        assert_eq!(pace.reached(), [2, 4, 6]);
    }
}
