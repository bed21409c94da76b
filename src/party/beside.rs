//! Work that waits for other servers, beside the rounds, so that a slow one keeps nothing else from being done.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

/// One piece of such work at a time. It ends when the last handle is dropped; jobs are leased, so nothing is lost.
#[derive(Clone, Default)]
pub(crate) struct Beside(Arc<Mutex<JoinSet<()>>>);

impl Beside {
    /// Begins `work`, unless what was begun before is still going on.
    pub(crate) fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while running.try_join_next().is_some() {}
        if running.is_empty() {
            running.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
    use tokio::sync::oneshot;

    use super::*;

    /// Says that it has begun, waits for a word, and says that it has ended.
    fn work(said: &UnboundedSender<&'static str>) -> (impl Future<Output = ()> + use<>, oneshot::Sender<()>) {
        let (go_on, word) = oneshot::channel();
        let said = said.clone();
        let work = async move {
            said.send("begun").unwrap();
            word.await.unwrap();
            said.send("ended").unwrap();
        };
        (work, go_on)
    }

    #[tokio::test]
    async fn one_piece_of_work_goes_on_at_a_time_and_ends_with_the_last_handle() {
        let (said, mut told) = unbounded_channel();
        let beside = Beside::default();
        let (first, go_on) = work(&said);
        beside.begin(first);
        assert_eq!(told.recv().await, Some("begun"));
        let (second, _second) = work(&said);
        beside.begin(second);
        go_on.send(()).unwrap();
        assert_eq!(told.recv().await, Some("ended"), "the second has not begun");
        while !beside.0.lock().unwrap().is_empty() {
            beside.0.lock().unwrap().try_join_next();
            tokio::task::yield_now().await;
        }
        let (third, _third) = work(&said);
        beside.begin(third);
        assert_eq!(told.recv().await, Some("begun"));
        drop((beside, said));
        assert_eq!(told.recv().await, None, "it was ended before its word came");
    }
}
