//! Work that takes a while, beside the tasks that answer: strangers choose what is verified, and everybody waits for the
//! tasks.

use std::sync::Arc;
use std::thread::available_parallelism;

use did::ResolveError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

/// As many turns as there are cores; who comes later waits.
pub(crate) struct Workers(Arc<Semaphore>);

/// The right to work.
pub(crate) struct Turn(OwnedSemaphorePermit);

impl Workers {
    pub(crate) fn new() -> Self {
        let cores = available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        Self(Arc::new(Semaphore::new(cores)))
    }

    pub(crate) async fn turn(&self) -> Result<Turn, ResolveError> {
        // Nobody closes it.
        Arc::clone(&self.0).acquire_owned().await.map(Turn).map_err(|_| ResolveError::Unreachable)
    }
}

impl Turn {
    /// Does `task` on a thread of its own. Work that was begun keeps its turn to the end, also when nobody waits for it
    /// any more.
    pub(crate) async fn work<T: Send + 'static>(
        self,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ResolveError> {
        let work = move || {
            let done = task();
            drop(self.0);
            done
        };
        spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "what was fetched could not be looked at");
            ResolveError::Unreachable
        })
    }
}
