//! How much one process takes of what anybody may send it.

use std::sync::{Mutex, PoisonError};

use environment::Timestamp;

/// So much within a window: at most twice as much lies there at a time, if each is kept for as long as a window.
#[derive(Debug)]
pub struct Allowance {
    most: u32,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    began: i64,
    taken: u32,
}

impl Allowance {
    /// At most `most` within a window.
    #[must_use]
    pub const fn new(most: u32) -> Self {
        Self { most, window: Mutex::new(Window { began: 0, taken: 0 }) }
    }

    /// Takes one more, unless there were enough within the last `seconds`.
    pub fn take(&self, now: Timestamp, seconds: i64) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now.seconds();
        // A clock that was set back begins a window as well.
        if !(0..seconds).contains(&now.saturating_sub(window.began)) {
            *window = Window { began: now, taken: 0 };
        }
        if window.taken >= self.most {
            return false;
        }
        window.taken = window.taken.saturating_add(1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_is_taken_in_a_window_and_the_next_one_begins_anew_also_after_a_clock_that_was_set_back() {
        let allowance = Allowance::new(2);
        let take = |at| allowance.take(Timestamp::from_seconds(at), 10);
        assert_eq!([take(100), take(100), take(109)], [true, true, false]);
        assert_eq!([take(110), take(119), take(119)], [true, true, false]);
        assert_eq!([take(50), take(51), take(52)], [true, true, false]);
    }
}
