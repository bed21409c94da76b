//! Applications for a wallet that waits for a code: when it waits no more, because the person went back or time was up, nobody
//! can get what was applied for, and it ends at once.

use environment::Timestamp;
use issuance::{Issuance, Opened};
use store::{Job, Range, StoreFault};

use crate::office::{Office, OfficeError};
use crate::records::{Application, ByAuthorization};

/// The kind of the job that looks whether a wallet still waits; the payload is the application's identifier.
pub(crate) const UNAWAITED: &str = "office-unawaited";
/// Seconds after the end of an authorisation: a code that was given at the last moment is redeemed.
const GRACE: i64 = 120;
/// Applications of one authorisation that are ended at once; each takes an answer of the person's.
const MOST: usize = 20;

/// The job that looks after an application for a wallet once the authorisation has ended.
pub(crate) fn looking_after(application: &Application, ends_at: Timestamp) -> Result<Job, StoreFault> {
    let job = Job::new(UNAWAITED, format!("{UNAWAITED}-{}", application.id), &application.id)?;
    Ok(job.not_before(ends_at.plus(GRACE)))
}

impl Office {
    /// The wallet was told that it gets nothing: what was applied for ends.
    pub(crate) async fn end_cancelled(&self, authorization: &str) -> Result<(), OfficeError> {
        let range = Range::prefix(authorization);
        for application in self.tenant.page::<ByAuthorization>(range, MOST).await?.items {
            self.end_unawaited(&application.id).await?;
        }
        Ok(())
    }

    /// Ends an application if the wallet that it is for can fetch nothing any more. May run again.
    ///
    /// # Errors
    /// Our side failed.
    pub(crate) async fn end_unawaited(&self, application: &str) -> Result<(), OfficeError> {
        let found = self.tenant.get::<Application>(application).await?.filter(|found| !found.stage.is_over());
        let Some(waiting) = found.and_then(|found| found.for_wallet) else { return Ok(()) };
        let waits: Option<Opened> =
            self.issuance.authorization(&waiting.authorization, waiting.browser).await?;
        if waits.is_some() || has_code(&self.issuance, application).await? {
            return Ok(());
        }
        self.erase_unawaited(application).await
    }
}

/// Whether a code was given for it that is good, or something was fetched.
async fn has_code(issuance: &Issuance, application: &str) -> Result<bool, StoreFault> {
    if issuance.has_flow(application).await? {
        return Ok(true);
    }
    for configuration in [crate::minting::PASSPORT, crate::minting::PROFILE] {
        if issuance.has_issued(application, configuration).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
