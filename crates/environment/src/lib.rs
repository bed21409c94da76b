//! What the world gives to pure code: the time, the calendar, randomness and a pace.
//!
//! Protocol cores take a [`Timestamp`] and a [`Randomness`] as arguments and never ask the operating
//! system. The composition root hands out [`Environment::system`]; tests use [`ManualClock`] and
//! [`SeededRandomness`]. [`Pace`] is the port of answers that are given on ticks; real timers belong to the servers.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod clock;
mod date;
mod pace;
mod randomness;

use std::sync::Arc;

pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use date::Date;
pub use pace::{Deadline, ManualPace, Pace, Waiting};
pub use randomness::{Randomness, SeededRandomness, SystemRandomness};

/// The clock and the randomness of one party, cheap to clone.
#[derive(Clone)]
pub struct Environment {
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
}

impl Environment {
    /// The real clock and the operating system's randomness.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(SystemRandomness))
    }

    /// An environment of the given parts, for tests and for a process that shares one clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, randomness: Arc<dyn Randomness>) -> Self {
        Self { clock, randomness }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The source of randomness.
    #[must_use]
    pub fn randomness(&self) -> &dyn Randomness {
        self.randomness.as_ref()
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Environment")
    }
}
