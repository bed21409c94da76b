//! Within which time an answer has to be taken, where whoever gives it says so.
//!
//! A client may ask for much over HTTP/2, take nothing of it, and keep its connection with a ping now and then: what it was
//! to take is held all the while, and no body is told of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Extensions;
use tokio::time::Instant;

/// The connection that a request came by, as far as it takes answers.
#[derive(Clone, Debug, Default)]
pub struct Taking(Arc<Mutex<Answers>>);

/// The answers that have to be taken in time, by a number of each.
#[derive(Debug, Default)]
struct Answers {
    ends: HashMap<u64, Instant>,
    next: u64,
}

/// An answer that has not been taken yet. It has been when this is dropped, so it belongs beside the bytes themselves.
#[derive(Debug)]
pub struct Untaken {
    taking: Taking,
    number: u64,
}

impl Taking {
    /// The connection of the request with these extensions; none where a trusted proxy takes the answers of many clients.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get().cloned()
    }

    /// An answer that has to be taken within `time`, or its connection ends when something passes on it, or nothing
    /// does.
    #[must_use]
    pub fn within(&self, time: Duration) -> Untaken {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = answers.next;
        answers.next = number.wrapping_add(1);
        // A time so far off that it does not exist is none.
        if let Some(end) = Instant::now().checked_add(time) {
            answers.ends.insert(number, end);
        }
        Untaken { taking: self.clone(), number }
    }

    /// Whether an answer has waited too long.
    pub(super) fn is_overdue(&self) -> bool {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !answers.ends.is_empty() && answers.ends.values().any(|end| *end <= Instant::now())
    }
}

impl Drop for Untaken {
    fn drop(&mut self) {
        let mut answers = self.taking.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.ends.remove(&self.number);
    }
}
