//! What is under way at spaces: whatever a space is asked is asked once, whoever taps twice, loads again or has a second tab, and
//! its answer is remembered for a while. What changes something lies in the wallet's outbox before it is sent, so that nothing
//! is lost with what is remembered here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use environment::Randomness;
use network::member_api::{ClaimChange, Outcome};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use wallet::{DetailName, MemberApiError, NotDone, Seen, SentChange, Wallet, When};

use crate::news::{Kind, News};

/// For how long what came of a task can be looked at.
const REMEMBERED: Duration = Duration::from_secs(600);
/// For how long something may still be on its way after the wallet was locked.
const LAST_WORDS: Duration = Duration::from_secs(30);
/// For how long a page is held back for what comes, before it is told that it takes a moment.
const MOMENT: Duration = Duration::from_secs(3);
/// Most tasks of a wallet that are under way or remembered.
const MOST: usize = 16;
/// How long the name of a task is: 16 random bytes as base64url.
const NAME_LENGTH: usize = 22;

/// What a member does at one space by its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Who sees details and until when, and what is taken back.
    Changes(Vec<ClaimChange>),
    /// The end of it all.
    Leave,
}

/// What is to be done.
#[derive(Clone, PartialEq)]
pub(crate) enum Job {
    /// A space is asked what it has.
    See {
        /// The space's DID.
        space: String,
    },
    /// A space is asked what would follow.
    Would {
        /// The space's DID.
        space: String,
        /// Of what.
        deed: Deed,
    },
    /// Something is done at a space.
    Do {
        /// The space's DID.
        space: String,
        /// What.
        deed: Deed,
        /// What the space said would follow.
        said: Option<Outcome>,
    },
    /// A space is told that the member objects to something (GDPR Art. 21).
    Object {
        /// The space's DID.
        space: String,
        /// The details it is about; none for everything.
        about: Vec<String>,
        /// Why.
        reason: String,
    },
    /// A detail gets a new value here, and at these spaces.
    Change {
        /// The detail.
        name: DetailName,
        /// Its value.
        value: Value,
        /// The DIDs of the spaces.
        spaces: Vec<String>,
        /// When they are told.
        when: When,
    },
    /// What waits is sent now.
    Send {
        /// The space's DID.
        space: String,
        /// What waits, by its identifier.
        item: String,
    },
}

impl Job {
    /// Whether something changes by it.
    const fn changes(&self) -> bool {
        !matches!(self, Self::See { .. } | Self::Would { .. })
    }
}

/// What came of it.
pub(crate) enum Came {
    /// What the space has, by its own account.
    Seen(Result<Seen, NotDone>),
    /// What would follow, by the space's account.
    Would(Result<Outcome, NotDone>),
    /// What became of each change.
    Sent(Result<Vec<SentChange>, NotDone>),
}

/// One task.
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) job: Job,
    left: watch::Sender<bool>,
    came: watch::Sender<Option<Arc<Came>>>,
    ended: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Task")
    }
}

impl Task {
    fn new(name: String, job: Job) -> Self {
        let (left, came) = (watch::Sender::new(false), watch::Sender::new(None));
        Self { name, job, left, came, ended: Mutex::default() }
    }

    /// What came of it so far.
    pub(crate) fn came(&self) -> Option<Arc<Came>> {
        self.came.borrow().clone()
    }

    /// What came of it, if it comes within a moment.
    pub(crate) async fn settled(&self) -> Option<Arc<Came>> {
        let mut watched = self.came.subscribe();
        // The task has its own sender, so that this ends by the value or by the time.
        let _ = timeout(MOMENT, watched.wait_for(Option::is_some)).await;
        self.came()
    }

    fn end(&self, came: Came) {
        *locked(&self.ended) = Some(Instant::now());
        self.came.send_replace(Some(Arc::new(came)));
    }

    fn is_over(&self) -> bool {
        locked(&self.ended).is_some()
    }

    fn is_forgotten(&self) -> bool {
        locked(&self.ended).is_some_and(|ended| ended.elapsed() > REMEMBERED)
    }

    /// Done when nobody is there any more; what changes something has a while to come back.
    async fn abandoned(&self) {
        let mut left = self.left.subscribe();
        let _ = left.wait_for(|left| *left).await;
        if self.job.changes() {
            tokio::time::sleep(LAST_WORDS).await;
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// More is asked at once than a person asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much is under way")]
pub(crate) struct TooManyTasks;

/// The tasks of one wallet while it is open.
#[derive(Default)]
pub(crate) struct Tasks(Mutex<UnderWay>);

#[derive(Default)]
struct UnderWay {
    news: News,
    /// The wallet that is open; nothing is begun by another one, or while it is locked.
    wallet: Weak<Wallet>,
    tasks: VecDeque<Arc<Task>>,
}

impl Tasks {
    /// Those of a wallet of which the news are told here.
    pub(crate) fn telling(news: News) -> Self {
        Self(Mutex::new(UnderWay { news, ..UnderWay::default() }))
    }

    /// Somebody is there, and has this wallet open.
    pub(crate) fn attend(&self, wallet: &Arc<Wallet>) {
        locked(&self.0).wallet = Arc::downgrade(wallet);
    }

    /// Begins a task under a name that its form had from us; the one that was begun by that form before, and the one that does the
    /// very same if it is under way. A form of which the name is none gets nothing begun.
    ///
    /// # Errors
    /// [`TooManyTasks`] where all that are remembered are under way.
    pub(crate) fn begin(
        &self,
        name: &str,
        job: Job,
        wallet: &Arc<Wallet>,
        randomness: &dyn Randomness,
    ) -> Result<Arc<Task>, TooManyTasks> {
        let mut under_way = locked(&self.0);
        let is_open = std::ptr::eq(under_way.wallet.as_ptr(), Arc::as_ptr(wallet));
        if !is_open || !is_name(name) {
            return Ok(Arc::new(Task::new(String::new(), job)));
        }
        let tasks = &mut under_way.tasks;
        tasks.retain(|task| !task.is_forgotten());
        let is_it = |task: &&Arc<Task>| task.job == job && (task.name == name || !task.is_over());
        if let Some(known) = tasks.iter().find(is_it) {
            return Ok(Arc::clone(known));
        }
        // A page has several forms, and whoever goes back to it sends another one than before.
        let is_taken = tasks.iter().any(|task| task.name == name);
        let name = if is_taken { jose::base64url::encode(randomness.bytes::<16>()) } else { name.to_owned() };
        if tasks.len() >= MOST {
            let place = tasks.iter().position(|task| task.is_over()).ok_or(TooManyTasks)?;
            tasks.remove(place);
        }
        let task = Arc::new(Task::new(name, job));
        tasks.push_back(Arc::clone(&task));
        let news = under_way.news.clone();
        drop(under_way);
        tokio::spawn(follow(Arc::clone(&task), Arc::clone(wallet), news));
        Ok(task)
    }

    /// The task of this name.
    pub(crate) fn named(&self, name: &str) -> Option<Arc<Task>> {
        let under_way = locked(&self.0);
        under_way.tasks.iter().find(|task| task.name == name && !task.is_forgotten()).cloned()
    }

    /// Nobody is there any more: nothing is begun, and nothing remembered.
    pub(crate) fn leave(&self) {
        let mut under_way = locked(&self.0);
        under_way.wallet = Weak::new();
        for task in under_way.tasks.drain(..) {
            task.left.send_replace(true);
        }
    }
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.len() == NAME_LENGTH && name.bytes().all(is_plain)
}

async fn follow(task: Arc<Task>, wallet: Arc<Wallet>, news: News) {
    tokio::select! {
        biased;
        came = done(&task.job, &wallet) => {
            task.end(came);
            news.note(Kind::Spaces);
        }
        () = task.abandoned() => {}
    }
}

async fn done(job: &Job, wallet: &Wallet) -> Came {
    match job.clone() {
        Job::See { space } => Came::Seen(wallet.seen_at(&space).await.map_err(told)),
        Job::Would { space, deed } => Came::Would(would(wallet, &space, deed).await.map_err(told)),
        Job::Do { space, deed, .. } => {
            Came::Sent(act(wallet, &space, deed).await.map(|sent| vec![sent]).map_err(told))
        }
        Job::Object { space, about, reason } => {
            Came::Sent(wallet.object_at(&space, about, reason).await.map(|sent| vec![sent]).map_err(told))
        }
        Job::Change { name, value, spaces, when } => {
            Came::Sent(wallet.change_at(name, value, &spaces, when).await.map_err(told))
        }
        Job::Send { item, .. } => {
            Came::Sent(wallet.send_waiting(&item).await.map(|sent| vec![sent]).map_err(told))
        }
    }
}

async fn would(wallet: &Wallet, space: &str, deed: Deed) -> Result<Outcome, MemberApiError> {
    match deed {
        Deed::Changes(changes) => wallet.would_follow_changes(space, &changes).await,
        Deed::Leave => wallet.would_follow_leaving(space).await,
    }
}

async fn act(wallet: &Wallet, space: &str, deed: Deed) -> Result<SentChange, MemberApiError> {
    match deed {
        Deed::Changes(changes) => wallet.change_rules_at(space, changes).await,
        Deed::Leave => wallet.leave_space(space).await,
    }
}

fn told(error: MemberApiError) -> NotDone {
    error.problem()
}
