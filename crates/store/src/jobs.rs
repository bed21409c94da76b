//! Jobs: effects outside the store, done at least once after the change that asked for them.

use environment::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::change::{Change, Lanes};
use crate::fault::{Fault, StoreFault};
use crate::key::{Key, Range};
use crate::record::{FieldClass, Index, IndexEntry, Record};
use crate::store::Tenant;
use crate::transaction::Tx;

/// How long a finished job is remembered, so that its id is not run again: 30 days.
const REMEMBERED_SECONDS: i64 = 30 * 86_400;

/// The longest delay [`Lease::backoff_seconds`] proposes: one hour.
const LONGEST_BACKOFF_SECONDS: i64 = 3_600;

/// An effect to be done: a mail, a call, a push. It names records rather than carrying their values.
#[derive(Clone, Debug)]
pub struct Job {
    kind: String,
    id: String,
    payload: Value,
    due: Option<Timestamp>,
}

impl Job {
    /// A job of a kind, done once for each `id`, as soon as possible.
    ///
    /// # Errors
    /// The payload has no JSON form.
    pub fn new(
        kind: impl Into<String>,
        id: impl Into<String>,
        payload: &impl Serialize,
    ) -> Result<Self, StoreFault> {
        let payload = serde_json::to_value(payload).map_err(|_| StoreFault::Unstorable {
            class: StoredJob::CLASS,
            detail: "the payload has no JSON form".to_owned(),
        })?;
        Ok(Self { kind: kind.into(), id: id.into(), payload, due: None })
    }

    /// The same job, not before `due`.
    #[must_use]
    pub const fn not_before(mut self, due: Timestamp) -> Self {
        self.due = Some(due);
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }
}

/// The right to do a job, for a while. Others get it when that time passed without an answer.
#[derive(Clone, Debug)]
pub struct Lease {
    kind: String,
    id: String,
    payload: Value,
    attempt: u32,
    token: String,
}

impl Lease {
    /// The job's id: give it to the other side as an idempotency key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The job's kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// 1 for the first attempt.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// It is not of that type.
    pub fn payload<P: serde::de::DeserializeOwned>(&self) -> Result<P, StoreFault> {
        serde_json::from_value(self.payload.clone()).map_err(|_| {
            StoreFault::corrupt(format!("the payload of a job of kind {} does not read", self.kind))
        })
    }

    /// A delay that doubles with each attempt, from two seconds to an hour.
    #[must_use]
    pub fn backoff_seconds(&self) -> i64 {
        2_i64.checked_pow(self.attempt).unwrap_or(i64::MAX).min(LONGEST_BACKOFF_SECONDS)
    }
}

/// What became of a lease when it was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum LeaseEnd {
    /// The job is settled as asked.
    Settled,
    /// The lease had run out and somebody else holds or has done the job; nothing was changed.
    Lost,
}

/// The jobs of a tenant, for those who do them.
#[derive(Clone, Debug)]
pub struct Jobs {
    tenant: Tenant,
}

impl Jobs {
    pub(crate) const fn new(tenant: Tenant) -> Self {
        Self { tenant }
    }

    /// Takes up to `limit` jobs of a kind that are due at `now`, for `lease_seconds`.
    ///
    /// # Errors
    /// The store cannot answer.
    pub async fn lease(
        &self,
        kind: &str,
        now: Timestamp,
        lease_seconds: i64,
        limit: usize,
    ) -> Result<Vec<Lease>, StoreFault> {
        let token = crate::hex::encode(&self.tenant.environment().randomness().bytes::<16>());
        let change = TakeLeases { kind, now, until: now.plus(lease_seconds), limit: limit.min(100), token };
        self.tenant.commit(&change).await.map_err(only_store)
    }

    /// Says that the job is done.
    ///
    /// # Errors
    /// The store cannot answer.
    pub async fn complete(&self, lease: &Lease) -> Result<LeaseEnd, StoreFault> {
        self.tenant.commit(&Complete { lease }).await.map_err(only_store)
    }

    /// Says that the job failed and is to be tried again at `retry_at`; with `None` it is given up.
    ///
    /// # Errors
    /// The store cannot answer.
    pub async fn fail(&self, lease: &Lease, retry_at: Option<Timestamp>) -> Result<LeaseEnd, StoreFault> {
        self.tenant.commit(&Fail { lease, retry_at }).await.map_err(only_store)
    }

    /// How many jobs of a kind wait or are being done, counted up to `limit`.
    ///
    /// # Errors
    /// The store cannot answer.
    pub async fn waiting(&self, kind: &str, limit: usize) -> Result<usize, StoreFault> {
        Ok(self.tenant.page::<ByDue>(Range::prefix(kind), limit).await?.items.len())
    }

    /// When the first of the jobs that wait is due, of whatever kind; a leased one, when its lease ends. `None` if none waits.
    ///
    /// # Errors
    /// The store cannot answer.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreFault> {
        let mut first: Option<i64> = None;
        let mut range = Range::all();
        while let Some(job) = self.tenant.page::<ByDue>(range, 1).await?.items.pop() {
            first = Some(first.map_or(job.due, |first| first.min(job.due)));
            range = Range::all().beyond(&job.kind);
        }
        Ok(first.map(Timestamp::from_seconds))
    }

    /// The jobs of a kind that are due before `moment`, the one first that is due first.
    ///
    /// # Errors
    /// The store cannot answer, or a payload does not read.
    pub async fn due_before<P: serde::de::DeserializeOwned>(
        &self,
        kind: &str,
        moment: Timestamp,
        limit: usize,
    ) -> Result<Vec<Due<P>>, StoreFault> {
        let range = Range::prefix(kind).before((kind, moment.seconds()));
        let jobs = self.tenant.page::<ByDue>(range, limit).await?.items;
        let due = |job: StoredJob| {
            let payload = serde_json::from_value(job.payload).map_err(|_| {
                StoreFault::corrupt(format!("the payload of a job of kind {kind} does not read"))
            })?;
            Ok(Due { payload, at: Timestamp::from_seconds(job.due), attempts: job.attempts })
        };
        jobs.into_iter().map(due).collect()
    }
}

/// A job that waits, for whoever looks how things stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due<P> {
    /// What it was given.
    pub payload: P,
    /// When it is due; one that failed, when it is tried again.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
}

impl Tx {
    /// Says that a leased job is done, in the same commit as what it brought.
    ///
    /// # Errors
    /// The store cannot answer.
    pub async fn complete(&mut self, lease: &Lease) -> Result<LeaseEnd, StoreFault> {
        let Some(mut job) = self.held(lease).await? else { return Ok(LeaseEnd::Lost) };
        job.state = State::Done;
        job.payload = Value::Null;
        job.forget_at = Some(self.now().plus(REMEMBERED_SECONDS).seconds());
        self.put(&job).await?;
        Ok(LeaseEnd::Settled)
    }

    async fn held(&mut self, lease: &Lease) -> Result<Option<StoredJob>, StoreFault> {
        let job = self.get::<StoredJob>((&lease.kind, &lease.id)).await?;
        Ok(job.filter(|job| job.state == State::Waiting && job.token.as_ref() == Some(&lease.token)))
    }
}

/// A job as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredJob {
    kind: String,
    id: String,
    payload: Value,
    state: State,
    due: i64,
    attempts: u32,
    token: Option<String>,
    forget_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Waiting,
    Done,
    GivenUp,
}

impl StoredJob {
    pub(crate) fn waiting(job: Job, now: Timestamp) -> Self {
        Self {
            kind: job.kind,
            id: job.id,
            payload: job.payload,
            state: State::Waiting,
            due: job.due.unwrap_or(now).seconds(),
            attempts: 0,
            token: None,
            forget_at: None,
        }
    }
}

impl Record for StoredJob {
    const CLASS: &'static str = "job";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("kind", FieldClass::Operational),
        ("id", FieldClass::Operational),
        ("payload", FieldClass::Operational),
        ("state", FieldClass::Operational),
        ("due", FieldClass::Operational),
        ("attempts", FieldClass::Operational),
        ("token", FieldClass::Operational),
        ("forget_at", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByDue::NAME];

    fn key(&self) -> Key {
        Key::from((&self.kind, &self.id))
    }

    fn expiry(&self) -> Option<Timestamp> {
        self.forget_at.map(Timestamp::from_seconds)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        match self.state {
            State::Waiting => vec![ByDue::entry((&self.kind, self.due))],
            State::Done | State::GivenUp => Vec::new(),
        }
    }
}

/// Waiting and leased jobs by kind and moment. A leased one lies at the end of its lease.
struct ByDue;

impl Index for ByDue {
    type Record = StoredJob;
    const NAME: &'static str = "due";
}

enum Never {}

fn only_store(fault: Fault<Never>) -> StoreFault {
    match fault {
        Fault::Store(fault) => fault,
        Fault::Refused(never) => match never {},
    }
}

struct TakeLeases<'a> {
    kind: &'a str,
    now: Timestamp,
    until: Timestamp,
    limit: usize,
    token: String,
}

impl Change for TakeLeases<'_> {
    const NAME: &'static str = "jobs.lease";
    type Output = Vec<Lease>;
    type Refusal = Never;

    fn lanes(&self) -> Lanes {
        Lanes::of(format!("jobs/{}", self.kind))
    }

    async fn apply(&self, tx: &mut Tx) -> Result<Vec<Lease>, Fault<Never>> {
        let due = Range::prefix(self.kind).before((self.kind, self.now.plus(1)));
        let page = tx.page::<ByDue>(due, self.limit).await?;
        let mut leases = Vec::with_capacity(page.items.len());
        for mut job in page.items {
            job.due = self.until.seconds();
            job.attempts = job.attempts.saturating_add(1);
            job.token = Some(self.token.clone());
            tx.put(&job).await?;
            leases.push(Lease {
                kind: job.kind,
                id: job.id,
                payload: job.payload,
                attempt: job.attempts,
                token: self.token.clone(),
            });
        }
        Ok(leases)
    }
}

struct Complete<'a> {
    lease: &'a Lease,
}

impl Change for Complete<'_> {
    const NAME: &'static str = "jobs.complete";
    type Output = LeaseEnd;
    type Refusal = Never;

    async fn apply(&self, tx: &mut Tx) -> Result<LeaseEnd, Fault<Never>> {
        Ok(tx.complete(self.lease).await?)
    }
}

struct Fail<'a> {
    lease: &'a Lease,
    retry_at: Option<Timestamp>,
}

impl Change for Fail<'_> {
    const NAME: &'static str = "jobs.fail";
    type Output = LeaseEnd;
    type Refusal = Never;

    async fn apply(&self, tx: &mut Tx) -> Result<LeaseEnd, Fault<Never>> {
        let Some(mut job) = tx.held(self.lease).await? else { return Ok(LeaseEnd::Lost) };
        job.token = None;
        match self.retry_at {
            Some(retry_at) => job.due = retry_at.seconds(),
            None => {
                job.state = State::GivenUp;
                job.forget_at = Some(tx.now().plus(REMEMBERED_SECONDS).seconds());
            }
        }
        tx.put(&job).await?;
        Ok(LeaseEnd::Settled)
    }
}
