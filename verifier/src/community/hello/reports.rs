//! What the team is told of hellos: whom a member reported, and why. No word of what was said, and not by whom.

use ledger::Leaf;
use store::{Change, Fault, Range, Tx};

use super::records::HelloReport;
use crate::space::{Space, SpaceError};

impl Space {
    /// The reports that nobody of the team has dealt with, the oldest first.
    ///
    /// # Errors
    /// The store.
    pub async fn hello_reports(&self, limit: usize) -> Result<Vec<HelloReport>, SpaceError> {
        let mut reports = self.tenant.list::<HelloReport>(Range::all(), limit).await?.items;
        reports.sort_by_key(|report| report.at);
        Ok(reports)
    }

    /// Somebody of the team has dealt with a report. One that is gone already is no error: another dealt with it.
    ///
    /// # Errors
    /// The store.
    pub async fn close_hello_report(&self, id: &str) -> Result<(), SpaceError> {
        Ok(self.tenant.carry_out(&Close { id, leaf: self.hello_leaf("report-closed") }).await?)
    }
}

struct Close<'a> {
    id: &'a str,
    leaf: Leaf,
}

impl Change for Close<'_> {
    const NAME: &'static str = "close-hello-report";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        if tx.delete::<HelloReport>(self.id).await? {
            tx.log(self.leaf.clone()).await?;
        }
        Ok(())
    }
}
