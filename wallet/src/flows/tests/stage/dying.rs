//! A store in memory whose process can be killed between two of its commits.

use std::sync::{Arc, Mutex};

use store::memory::Memory;
use store::{
    BoxFuture, CommitId, Direction, Engine, EngineTx, Entries, KeyRange, Mode, StoreFault, Wakes, WriteSet,
};
use tokio::sync::Notify;

/// What it holds stays.
#[derive(Default)]
pub(super) struct Dying {
    memory: Memory,
    end: Arc<End>,
}

/// When the process is killed.
#[derive(Default)]
struct End {
    /// How many commits with writes are made until then; none: it lives.
    left: Mutex<Option<usize>>,
    reached: Notify,
}

impl Dying {
    /// So many more commits are made.
    pub(super) fn dies_after(&self, commits: usize) {
        *self.end.left.lock().unwrap() = Some(commits);
    }

    /// Every commit is made again.
    pub(super) fn lives(&self) {
        *self.end.left.lock().unwrap() = None;
    }

    /// Comes back once there is a commit that is not made.
    pub(super) async fn dead(&self) {
        self.end.reached.notified().await;
    }
}

impl End {
    /// Counts a commit; whether it is made.
    fn makes(&self) -> bool {
        match &mut *self.left.lock().unwrap() {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }
}

impl Engine for Dying {
    fn begin(&self, mode: Mode) -> BoxFuture<'_, Result<Box<dyn EngineTx>, StoreFault>> {
        Box::pin(async move {
            let transaction = Mortal { of_memory: self.memory.begin(mode).await?, end: self.end.clone() };
            Ok(Box::new(transaction) as Box<dyn EngineTx>)
        })
    }

    fn wakes(&self) -> Wakes {
        self.memory.wakes()
    }
}

struct Mortal {
    of_memory: Box<dyn EngineTx>,
    end: Arc<End>,
}

impl EngineTx for Mortal {
    fn get<'a>(&'a mut self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreFault>> {
        self.of_memory.get(key)
    }

    fn scan<'a>(
        &'a mut self,
        range: &'a KeyRange,
        limit: usize,
        direction: Direction,
    ) -> BoxFuture<'a, Result<Entries, StoreFault>> {
        self.of_memory.scan(range, limit, direction)
    }

    fn commit(self: Box<Self>, writes: WriteSet) -> BoxFuture<'static, Result<CommitId, StoreFault>> {
        let Self { of_memory, end } = *self;
        Box::pin(async move {
            if !writes.writes.is_empty() && !end.makes() {
                end.reached.notify_one();
                std::future::pending::<()>().await;
            }
            of_memory.commit(writes).await
        })
    }
}
