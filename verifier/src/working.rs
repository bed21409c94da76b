//! What a space does in the background: erasing what was deleted or need not be kept any longer, forgetting statements that were issued, revoking what is
//! left of memberships that have ended.

use store::StoreFault;

use crate::keeping::{END_KEEPING, ERASE_CONTACT};
use crate::members::REVOKE;
use crate::space::{Space, SpaceError};

/// Seconds after which an unfinished job is taken up again.
const LEASE: i64 = 30;
/// Jobs that are done in one round.
const ROUND: usize = 50;

impl Space {
    /// Does one round of the jobs that wait; gives how many were done. Safe to run in several processes.
    ///
    /// # Errors
    /// Our side failed; what was not done stays.
    pub async fn work(&self) -> Result<usize, SpaceError> {
        let mut done = 0_usize;
        for kind in [END_KEEPING, ERASE_CONTACT, issuance::COMPLETE, REVOKE] {
            let jobs = self.tenant.jobs();
            for lease in jobs.lease(kind, self.environment().now(), LEASE, ROUND).await? {
                let subject: String = lease.payload().map_err(|_: StoreFault| SpaceError::Unreadable)?;
                match kind {
                    END_KEEPING => self.end_keeping(&subject).await?,
                    ERASE_CONTACT => self.destroy_key(&subject)?,
                    REVOKE => drop(self.revoke_memberships(&subject).await?),
                    _ => self.statement_issued(&subject).await?,
                }
                let _ = jobs.complete(&lease).await?;
                done = done.saturating_add(1);
            }
        }
        Ok(done)
    }
}
