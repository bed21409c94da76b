//! What a space does in the background: erasing what was deleted or need not be kept any longer, forgetting statements that
//! were issued or that nobody needs any more, revoking what is left of memberships that have ended, giving free places to those
//! who wait. Every step may run again.

use store::{Lease, StoreFault};

use crate::community::hello::FORGET_HELLOS;
use crate::doors::managing::ERASE_DOOR;
use crate::doors::opening::FORGET_OPENINGS;
use crate::importing::END_IMPORTED;
use crate::keeping::{END_KEEPING, ERASE_CONTACT};
use crate::member_api::ERASE_OBJECTIONS;
use crate::members::{ERASE_STATEMENT, REVOKE, STATEMENT};
use crate::outgoing::ERASE_LINE;
use crate::places::GIVE_PLACES;
use crate::space::{Space, SpaceError};

/// Seconds after which an unfinished job is taken up again.
const LEASE: i64 = 30;
/// Jobs that are done in one round.
const ROUND: usize = 50;

impl Space {
    /// Does one round of the jobs that wait; gives how many were seen to. One that fails is tried again later and keeps no
    /// other from being done. Safe to run in several processes.
    ///
    /// # Errors
    /// The store; what was not done stays.
    pub async fn work(&self) -> Result<usize, SpaceError> {
        let now = self.environment().now();
        let jobs = self.tenant.jobs();
        let mut seen = 0_usize;
        for kind in [
            END_KEEPING,
            ERASE_CONTACT,
            ERASE_OBJECTIONS,
            ERASE_STATEMENT,
            END_IMPORTED,
            ERASE_LINE,
            ERASE_DOOR,
            FORGET_HELLOS,
            FORGET_OPENINGS,
            issuance::COMPLETE,
            REVOKE,
            GIVE_PLACES,
        ] {
            for lease in jobs.lease(kind, now, LEASE, ROUND).await? {
                seen = seen.saturating_add(1);
                match self.job(&lease).await {
                    Ok(()) => {
                        let _ = jobs.complete(&lease).await?;
                    }
                    // Erasing and revoking are never given up.
                    Err(failure) => {
                        tracing::warn!(kind, attempt = lease.attempt(), %failure, "a job of the space failed");
                        let _ = jobs.fail(&lease, Some(now.plus(lease.backoff_seconds()))).await?;
                    }
                }
            }
        }
        Ok(seen)
    }

    async fn job(&self, lease: &Lease) -> Result<(), SpaceError> {
        let subject: String = lease.payload().map_err(|_: StoreFault| SpaceError::Unreadable)?;
        match lease.kind() {
            END_KEEPING => self.end_keeping(&subject).await,
            ERASE_CONTACT => self.destroy_key(&subject),
            ERASE_OBJECTIONS => self.destroy_objections_key(&subject),
            ERASE_STATEMENT => self.destroy_statement_key(&subject),
            END_IMPORTED => self.end_imported(&subject).await,
            ERASE_LINE => self.destroy_line_key(&subject),
            ERASE_DOOR => self.destroy_door_key(&subject),
            FORGET_HELLOS => self.forget_hellos(&subject).await,
            FORGET_OPENINGS => self.forget_openings(&subject).await,
            GIVE_PLACES => self.give_places(&subject).await,
            REVOKE => self.revoke_memberships(&subject).await.map(drop),
            _ => self.issued(&subject).await,
        }
    }

    /// Whatever was fetched to its end: a membership alone, as at a refill, leaves a statement that still waits.
    async fn issued(&self, sub: &str) -> Result<(), SpaceError> {
        if self.issuance.has_issued(sub, STATEMENT).await? {
            self.statement_issued(sub).await
        } else {
            Ok(())
        }
    }
}
