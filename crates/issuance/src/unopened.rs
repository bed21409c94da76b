//! Pushed requests to which no browser came. Anybody may push: so a process takes only so many at a time, and what nobody came
//! with goes soon after its end.

use openid4vc::vci::authorization::Authorization;
use store::{Change, Fault, Range, StoreFault, Tx};

use crate::records::{AuthorizationRecord, ByUnopened};
use crate::service::Issuance;

/// Requests that a process takes within the time for which one waits: at most twice as many wait.
pub(crate) const MOST: u32 = 5_000;
/// Seconds for which one can still be found after its end, so that it can be removed.
pub(crate) const FOUND_FOR: i64 = 600;
/// Requests that are removed at once.
const PAGE: usize = 200;

impl Issuance {
    /// Removes the pushed requests to which no browser came in time. Gives how many; for the domain's worker, whose every step
    /// may come again.
    ///
    /// # Errors
    /// The store.
    pub async fn remove_unopened(&self) -> Result<usize, StoreFault> {
        let mut removed = 0_usize;
        loop {
            // The oldest tells whether there is anything to do.
            let oldest = self.inner.tenant.page::<ByUnopened>(Range::all(), 1).await?.items;
            if !oldest.iter().any(|record| self.has_ended(record)) {
                return Ok(removed);
            }
            let page = self.inner.tenant.page::<ByUnopened>(Range::all(), PAGE).await?.items;
            let ended = page.iter().filter(|record| self.has_ended(record)).map(|record| record.id.clone());
            let step = Remove { ids: ended.collect() };
            removed = removed.saturating_add(self.inner.tenant.carry_out(&step).await?);
        }
    }

    fn has_ended(&self, record: &AuthorizationRecord) -> bool {
        let now = self.inner.environment.now();
        record.state.expires_at().is_none_or(|end| end <= now)
    }
}

struct Remove {
    ids: Vec<String>,
}

impl Change for Remove {
    const NAME: &'static str = "remove-unopened";
    type Output = usize;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<usize, Fault<Self::Refusal>> {
        let mut removed = 0_usize;
        for id in &self.ids {
            // A browser may have come at the last moment.
            let found = tx.get::<AuthorizationRecord>(id).await?;
            if found.is_some_and(|record| matches!(record.state, Authorization::Pushed(_))) {
                tx.delete::<AuthorizationRecord>(id).await?;
                removed = removed.saturating_add(1);
            }
        }
        Ok(removed)
    }
}
