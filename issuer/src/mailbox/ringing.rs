//! Telling whoever keeps a wallet that something came: by the ticket that the wallet left here, and by nothing else.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use environment::Timestamp;
use network::mailbox::{Address, Bell, Ring};
use outbound::{Fetch, OutboundError, Request};
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Insertion, Job, Key, Lanes, Lease, Record, StoreFault, Tx};
use url::Url;

use super::reading::infallible;
use super::{Mailbox, lane};

/// The kind of the job that rings.
const RING: &str = "mailbox-ring";
/// For how long a bell hangs without being hung anew: as long as an inbox is remembered.
const HANGS: i64 = 60 * 86_400;
/// However much comes into one inbox, it is rung once within so many seconds.
const AT_MOST_EVERY: i64 = 60;
/// How often it is tried: within about a minute. Later it is no news any more.
const MOST_TRIES: u32 = 5;
/// Longest wait for whoever is rung.
const PATIENCE: Duration = Duration::from_secs(5);
/// Seconds after which a job that nobody finished is taken up again, and jobs in one step.
const LEASE: i64 = 300;
const AT_ONCE: usize = 32;
/// Longest answer that is read.
const LONGEST_ANSWER: usize = 1_024;

/// The bell of one inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hung {
    /// The inbox.
    pub inbox: Address,
    /// The bell.
    pub bell: Bell,
    /// When it is forgotten, in seconds since the epoch.
    pub until: i64,
}

impl Record for Hung {
    const CLASS: &'static str = "mailbox-bell";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("inbox", FieldClass::Operational),
        ("bell", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(self.inbox.as_str())
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

impl Mailbox {
    /// Hangs up a bell at an inbox, in the place of the one before, or takes it down. That whoever asks holds the inbox's key was proven
    /// before.
    ///
    /// # Errors
    /// The store.
    pub async fn hang_bell(&self, inbox: &Address, bell: Option<Bell>) -> Result<(), StoreFault> {
        infallible(self.tenant.commit(&Hang { inbox, bell }).await)
    }

    /// One step of ringing. Whoever does not answer once is left alone until the next step, so that nobody keeps others waiting. How
    /// many jobs were seen to.
    ///
    /// # Errors
    /// The store.
    pub async fn ring(&self, fetch: &dyn Fetch) -> Result<usize, StoreFault> {
        let (jobs, now) = (self.tenant.jobs(), self.tenant.environment().now());
        let leases = jobs.lease(RING, now, LEASE, AT_ONCE).await?;
        let mut silent = BTreeSet::new();
        for lease in &leases {
            match self.ring_one(lease, fetch, &mut silent).await? {
                Rung::Settled => {
                    let _ = jobs.complete(lease).await?;
                }
                Rung::Again => {
                    let again = (lease.attempt() < MOST_TRIES).then(|| now.plus(lease.backoff_seconds()));
                    let _ = jobs.fail(lease, again).await?;
                }
            }
        }
        Ok(leases.len())
    }

    async fn ring_one(
        &self,
        lease: &Lease,
        fetch: &dyn Fetch,
        silent: &mut BTreeSet<String>,
    ) -> Result<Rung, StoreFault> {
        let inbox: Address = lease.payload()?;
        let Some(hung) = self.tenant.get::<Hung>(inbox.as_str()).await? else { return Ok(Rung::Settled) };
        if silent.contains(&hung.bell.at) {
            return Ok(Rung::Again);
        }
        match call(&hung.bell, fetch).await {
            Ok(200..=299) => Ok(Rung::Settled),
            // Nobody knows the ticket any more: the bell is taken down, unless another hangs there by now.
            Ok(404 | 410) => {
                infallible(self.tenant.commit(&TakeDown { hung: &hung }).await)?;
                Ok(Rung::Settled)
            }
            Ok(429 | 500..=599)
            | Err(
                OutboundError::Unreachable
                | OutboundError::Unresolvable
                | OutboundError::Busy
                | OutboundError::Broken
                | OutboundError::TimedOut,
            ) => {
                silent.insert(hung.bell.at);
                Ok(Rung::Again)
            }
            Ok(_) | Err(_) => Ok(Rung::Settled),
        }
    }
}

enum Rung {
    Settled,
    Again,
}

/// Shows the ticket; gives the status of the answer.
async fn call(bell: &Bell, fetch: &dyn Fetch) -> Result<u16, OutboundError> {
    let url = Url::parse(&bell.address()).map_err(|_| OutboundError::MalformedUrl)?;
    let ring = serde_json::to_value(Ring { ticket: bell.ticket.clone() }).unwrap_or_default();
    let mut request = Request::post_json(url, &ring).with_timeout(PATIENCE);
    request.limit = LONGEST_ANSWER;
    Ok(fetch.fetch(request).await?.status.as_u16())
}

/// Asks for a ring, where a bell hangs: in the change that keeps what came.
pub(super) async fn ask_for_ring(tx: &mut Tx, inbox: &Address, is_kept: bool) -> Result<(), StoreFault> {
    // Looked up whatever becomes of what came.
    let hung = tx.get::<Hung>(inbox.as_str()).await?;
    if hung.is_none() || !is_kept {
        return Ok(());
    }
    let turn = tx.now().seconds().div_euclid(AT_MOST_EVERY);
    let job = |turn: i64| Job::new(RING, format!("{RING}-{inbox}-{turn}"), inbox);
    if tx.enqueue(job(turn)?).await? == Insertion::Inserted {
        return Ok(());
    }
    // It was rung a moment ago: what came since is rung with whatever else comes until the next turn.
    let next = turn.saturating_add(1);
    let due = Timestamp::from_seconds(next.saturating_mul(AT_MOST_EVERY));
    let _ = tx.enqueue(job(next)?.not_before(due)).await?;
    Ok(())
}

struct Hang<'a> {
    inbox: &'a Address,
    bell: Option<Bell>,
}

impl Change for Hang<'_> {
    const NAME: &'static str = "mailbox-hang-bell";
    type Output = ();
    type Refusal = Infallible;

    fn lanes(&self) -> Lanes {
        lane(self.inbox)
    }

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Infallible>> {
        let Some(bell) = self.bell.clone() else {
            tx.delete::<Hung>(self.inbox.as_str()).await?;
            return Ok(());
        };
        let until = tx.now().plus(HANGS).seconds();
        Ok(tx.put(&Hung { inbox: self.inbox.clone(), bell, until }).await?)
    }
}

struct TakeDown<'a> {
    hung: &'a Hung,
}

impl Change for TakeDown<'_> {
    const NAME: &'static str = "mailbox-take-down-bell";
    type Output = ();
    type Refusal = Infallible;

    fn lanes(&self) -> Lanes {
        lane(&self.hung.inbox)
    }

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Infallible>> {
        let key = self.hung.inbox.as_str();
        if tx.get::<Hung>(key).await?.is_some_and(|now| now.bell == self.hung.bell) {
            tx.delete::<Hung>(key).await?;
        }
        Ok(())
    }
}
