//! Looking at long answers beside the tasks that answer everybody: anybody may post one, and it takes as long as it is long.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::issuers::NotNow;

/// Longest text that is looked at where it came, in bytes: an answer of a few credentials, which takes less time than a
/// thread of its own.
const SHORT: usize = 24 << 10;

/// As many turns for long answers as there are cores; who comes later waits, with no more than its text.
pub(crate) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(crate) fn new() -> Self {
        let cores = available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        Self(Arc::new(Semaphore::new(cores)))
    }

    /// Does `task`, which looks at so many bytes: on a thread of its own if they are many. What was begun keeps its turn to
    /// the end, also when nobody waits for it any more.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        length: usize,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotNow> {
        if length <= SHORT {
            return Ok(task());
        }
        // Nobody closes it.
        let turn = Arc::clone(&self.0).acquire_owned().await.map_err(|_| NotNow)?;
        let work = move || {
            let done = task();
            drop(turn);
            done
        };
        spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "an answer could not be looked at");
            NotNow
        })
    }
}

#[cfg(test)]
impl Turns {
    /// Every turn, until it is dropped.
    pub(crate) async fn take_all(&self) -> tokio::sync::OwnedSemaphorePermit {
        let all = u32::try_from(self.0.available_permits()).unwrap();
        Arc::clone(&self.0).acquire_many_owned(all).await.unwrap()
    }
}

#[cfg(test)]
mod tests {
    use std::thread::{ThreadId, current};

    use super::*;

    async fn thread(turns: &Turns, length: usize) -> ThreadId {
        turns.look(length, || current().id()).await.ok().unwrap()
    }

    #[tokio::test]
    async fn a_long_answer_holds_no_worker() {
        let turns = Turns::new();
        assert_eq!(thread(&turns, SHORT).await, current().id());
        assert_ne!(thread(&turns, SHORT + 1).await, current().id());
    }

    #[tokio::test]
    async fn long_answers_wait_for_each_other_and_short_ones_for_nobody() {
        let turns = Turns(Arc::new(Semaphore::new(1)));
        let held = Arc::clone(&turns.0).acquire_owned().await.unwrap();
        assert!(turns.look(SHORT, || ()).await.is_ok());
        let waiting = turns.look(SHORT + 1, || ());
        tokio::pin!(waiting);
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("it has no turn yet"),
            () = tokio::task::yield_now() => {}
        }
        drop(held);
        assert!(waiting.await.is_ok());
    }
}
