//! The office's worker: mails, erasing, clocks. Every step may run again.

use outbound::mail::{Deliver, Mail, MailError};
use store::{Lease, StoreFault};

use crate::email::{MAIL, MailJob};
use crate::erasing::EXPIRE;
use crate::office::{Office, OfficeError, Values};
use crate::records::Application;
use crate::standing::{REVOKE, Whose};
use crate::unawaited::UNAWAITED;

/// Seconds after which a job that nobody finished is taken up again: longer than the longest wait for a mail server.
const LEASE: i64 = 120;
/// Jobs of one kind in one step.
const AT_ONCE: usize = 20;
/// How often a mail is tried.
const MOST_MAILS: u32 = 12;

/// Writes the office's letters. The words are the web's catalogue.
pub trait Letters: Send + Sync {
    /// Subject and text of the mail that asks to confirm an address by `link`.
    fn email_check(&self, language: &str, office: &str, link: &str) -> (String, String);
}

impl Office {
    /// One step: sends mails that are due, erases what was issued, ends what is over or what nobody waits for, revokes what is left. Gives how many jobs were seen to;
    /// call it again at once if there were any, else after a second or a wake.
    ///
    /// # Errors
    /// The store.
    pub async fn work(&self, mailer: &dyn Deliver, letters: &dyn Letters) -> Result<usize, StoreFault> {
        let now = self.environment().now();
        let jobs = self.tenant.jobs();
        let mut seen = 0_usize;
        let _ = self.issuance.remove_unopened().await?;
        for kind in [MAIL, issuance::COMPLETE, EXPIRE, UNAWAITED, REVOKE] {
            for lease in jobs.lease(kind, now, LEASE, AT_ONCE).await? {
                seen = seen.saturating_add(1);
                match self.job(&lease, mailer, letters).await {
                    Ok(()) => {
                        let _ = jobs.complete(&lease).await?;
                    }
                    Err(failure) => {
                        tracing::warn!(kind, attempt = lease.attempt(), %failure, "a job of the office failed");
                        let retry_at = now.plus(lease.backoff_seconds());
                        let _ = jobs.fail(&lease, failure.is_passing(&lease).then_some(retry_at)).await?;
                    }
                }
            }
        }
        Ok(seen)
    }

    async fn job(&self, lease: &Lease, mailer: &dyn Deliver, letters: &dyn Letters) -> Result<(), JobFailed> {
        match lease.kind() {
            MAIL => self.send_mail(&lease.payload::<MailJob>()?, mailer, letters).await,
            EXPIRE => Ok(self.erase_expired(&lease.payload::<String>()?).await?),
            UNAWAITED => Ok(self.end_unawaited(&lease.payload::<String>()?).await?),
            REVOKE => Ok(self.resume_revoking(&lease.payload::<Whose>()?).await?),
            _ => Ok(self.erase_issued(&lease.payload::<String>()?).await?),
        }
    }

    /// An application that is over, or whose link was used, gets no mail.
    async fn send_mail(
        &self,
        job: &MailJob,
        mailer: &dyn Deliver,
        letters: &dyn Letters,
    ) -> Result<(), JobFailed> {
        let found = self.tenant.get::<Application>(&job.application).await?;
        let Some(sealed) = found.and_then(|application| application.values) else { return Ok(()) };
        let Values { person, email_token } = self.open(&job.application, &sealed)?;
        let Some(token) = email_token else { return Ok(()) };
        if !self.is_link_open(&token).await? {
            return Ok(());
        }
        let link = self.identity.address(&format!("/email/{}", token.expose()));
        let (subject, text) = letters.email_check(&job.language, &self.identity.name, &link);
        Ok(mailer.deliver(Mail { to: person.email().to_owned(), subject, text, unsubscribe: None }).await?)
    }
}

#[derive(Debug, thiserror::Error)]
enum JobFailed {
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Office(#[from] OfficeError),
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl JobFailed {
    /// Mails are given up when the server says never; erasing is not.
    fn is_passing(&self, lease: &Lease) -> bool {
        match self {
            Self::Mail(error) => error.is_transient() && lease.attempt() < MOST_MAILS,
            Self::Office(_) | Self::Store(_) => lease.kind() != MAIL || lease.attempt() < MOST_MAILS,
        }
    }
}
