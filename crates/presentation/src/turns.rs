//! Looking at long answers beside the tasks that answer everybody: anybody may post one, and it takes as long as it is long.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::issuers::NotNow;

/// Longest text that is looked at where it came, in bytes: an answer of a few credentials, which takes less time than a
/// thread of its own.
const SHORT: usize = 24 << 10;

/// As many turns for long answers as there are cores; who comes later waits, with no more than its text.
pub(crate) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(cores())))
    }

    /// The turn of a text of so many bytes, which is waited for if they are many.
    pub(crate) async fn turn(&self, length: usize) -> Result<Turn, NotNow> {
        if length <= SHORT {
            return Ok(Turn(None));
        }
        // Nobody closes it.
        let permit = Arc::clone(&self.0).acquire_owned().await.map_err(|_| NotNow)?;
        Ok(Turn(Some(permit)))
    }

    /// Does `task`, which looks at so many bytes, in a turn of its own.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        length: usize,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotNow> {
        let (done, _) = self.turn(length).await?.look(task).await?;
        Ok(done)
    }
}

fn cores() -> usize {
    available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

/// Somebody's turn, until it is dropped. What is found in a long text is many times as large: whoever keeps it keeps the turn,
/// and whoever has to wait lets go of both.
pub(crate) struct Turn(Option<OwnedSemaphorePermit>);

impl Turn {
    /// Does `task`, on a thread of its own if the text is long. What was begun keeps its turn to the end, also when nobody
    /// waits for it any more.
    pub(crate) async fn look<T: Send + 'static>(
        self,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(T, Self), NotNow> {
        if self.0.is_none() {
            return Ok((task(), self));
        }
        let work = move || (task(), self);
        spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "an answer could not be looked at");
            NotNow
        })
    }
}

#[cfg(test)]
impl Turns {
    /// Every turn, until it is dropped.
    pub(crate) async fn take_all(&self) -> OwnedSemaphorePermit {
        let all = u32::try_from(cores()).unwrap();
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
