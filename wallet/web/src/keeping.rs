//! Keeping an open wallet fresh (decision 0035): [`wallet::Keeper`] says what is done next and when, and here it is done, one thing at a
//! time for each wallet, as long as the wallet is open and not any longer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use environment::{Environment, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use wallet::{Attendance, Care, Due, Keeper, Next, Wallet};

use crate::news::{Kind, News};

/// How many wallets of a process something is done for at once.
pub(crate) const AT_ONCE: usize = 8;
/// How long one thing may take.
const LONGEST: Duration = Duration::from_secs(120);
/// How long it may still take when the wallet is locked: what has just been answered is written down.
const MOMENT: Duration = Duration::from_millis(500);
/// How often it is read what is due while somebody uses the wallet, in seconds.
const READ_EVERY: i64 = 15;

/// What is known of keeping one wallet fresh.
pub(crate) struct Keeping {
    state: Mutex<State>,
    /// Counts what has come by it.
    come: watch::Sender<u64>,
    /// Where the open pages are told of it.
    news: News,
}

#[derive(Default)]
struct State {
    keeper: Keeper,
    /// When it was last read what is due, in seconds since the epoch; none where it is to be read.
    read_at: Option<i64>,
    /// When a page of the open wallet last asked for something.
    seen_at: Option<i64>,
    at_work: Option<JoinHandle<()>>,
}

impl Default for Keeping {
    fn default() -> Self {
        Self { state: Mutex::default(), come: watch::Sender::new(0), news: News::default() }
    }
}

impl Keeping {
    /// That of a wallet of which the news are told here.
    pub(crate) fn telling(news: News) -> Self {
        Self { news, ..Self::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A page of the open wallet has asked for something.
    pub(crate) fn seen(&self, now: Timestamp) {
        self.state().seen_at = Some(now.seconds());
    }

    /// When that was last, in seconds since the epoch.
    pub(crate) fn seen_at(&self) -> Option<i64> {
        self.state().seen_at
    }

    /// How often something has come; whoever waits for the next can do so.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.come.subscribe()
    }

    /// Something may be due that was not before.
    pub(crate) fn read_anew(&self) {
        self.state().read_at = None;
    }

    /// Whether there is nothing to do, whoever is there: nobody has to be asked then.
    pub(crate) fn rests(&self, now: Timestamp) -> bool {
        let mut state = self.state();
        if state.at_work.as_ref().is_some_and(|task| !task.is_finished()) {
            return true;
        }
        if state.at_work.take().is_some() {
            state.read_at = None;
        }
        let anybody = Attendance { unlocked: true, hosted: false, seen_at: state.seen_at, signs: true };
        !state.is_to_be_read(now) && !matches!(state.keeper.next(&anybody, now), Next::Do(_))
    }

    /// Whether it is to be read what is due.
    pub(crate) fn is_to_be_read(&self, now: Timestamp) -> bool {
        self.state().is_to_be_read(now)
    }

    /// Takes note of what is due.
    pub(crate) fn note(&self, agenda: &[Due], clock: &Environment) {
        let (mut state, now) = (self.state(), clock.now());
        state.read_at = Some(now.seconds());
        state.keeper.note(agenda, now, clock.randomness());
    }

    /// What comes next, with whoever is there.
    pub(crate) fn next(&self, attendance: &Attendance, now: Timestamp) -> Next {
        self.state().keeper.next(attendance, now)
    }

    /// Does one thing, which nobody waits for.
    pub(crate) fn begin(
        &self,
        care: Care,
        wallet: Arc<Wallet>,
        permit: OwnedSemaphorePermit,
        clock: &Environment,
    ) {
        let mut state = self.state();
        state.keeper.begun(&care, clock.now(), clock.randomness());
        let (come, news) = (self.come.clone(), self.news.clone());
        state.at_work = Some(tokio::spawn(async move {
            match timeout(LONGEST, wallet.look_after(&care)).await {
                Ok(Ok(true)) => {
                    come.send_modify(|count| *count = count.wrapping_add(1));
                    news.note(Kind::Held);
                }
                Ok(Ok(false)) => {}
                Ok(Err(error)) => tracing::warn!(%error, "something could not be kept fresh"),
                Err(_) => tracing::debug!("something took too long to be kept fresh"),
            }
            drop((wallet, permit));
        }));
    }

    /// Nobody is there any more. When this is done nothing of the wallet is under way here: what is at work has a moment to end, and is
    /// given up then. What it has written is whole, since each step is written at once; what it has not is asked for again.
    pub(crate) async fn leave(&self) {
        let at_work = {
            let mut state = self.state();
            let at_work = state.at_work.take();
            *state = State::default();
            at_work
        };
        let Some(mut at_work) = at_work else { return };
        if timeout(MOMENT, &mut at_work).await.is_err() {
            at_work.abort();
            // It ends by being given up.
            let _ = at_work.await;
        }
    }

    /// Waits until what is at work is done.
    #[cfg(test)]
    pub(crate) async fn done(&self) {
        let at_work = self.state().at_work.take();
        if let Some(at_work) = at_work {
            at_work.await.unwrap();
            self.read_anew();
        }
    }

    /// Whether anything is to be done some time.
    #[cfg(test)]
    pub(crate) fn plans_anything(&self) -> bool {
        let anybody = Attendance { unlocked: true, hosted: false, seen_at: None, signs: true };
        !matches!(self.next(&anybody, Timestamp::from_seconds(0)), Next::Nothing)
    }
}

impl State {
    fn is_to_be_read(&self, now: Timestamp) -> bool {
        match self.read_at {
            None => true,
            // Nothing falls due in a wallet that nobody uses but what was read before.
            Some(read_at) => {
                self.seen_at.is_some_and(|seen_at| seen_at >= read_at)
                    && now.seconds().saturating_sub(read_at) >= READ_EVERY
            }
        }
    }
}

#[cfg(test)]
mod tests;
