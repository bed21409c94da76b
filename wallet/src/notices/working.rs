//! What is due: pushes and mails, each at least once and none that is not wanted any more.

use environment::Environment;
use outbound::mail::{Deliver, Mail, MailError};
use outbound::{Fetch, OutboundError};
use serde::{Deserialize, Serialize};
use store::{Change, Fault, Job, Lease, StoreFault, Tx};

use super::kept::Browser;
use super::notifier::{Link, Notifier};
use super::push::{endpoint, request};
use crate::vault::{LockedVault, VaultError, VaultId, Vaults};

const PUSH: &str = "notices-push";
const MAIL: &str = "notices-mail";
const CONFIRM: &str = "notices-confirm";
/// Seconds after which a job that nobody finished is taken up again, and jobs of one kind in one step.
const LEASE: i64 = 120;
const AT_ONCE: usize = 16;
/// How often a push and a mail are tried.
const MOST_PUSHES: u32 = 6;
const MOST_MAILS: u32 = 8;

/// The ways out.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// Calls push services.
    pub fetch: &'a dyn Fetch,
    /// Sends mails, where mails can be sent.
    pub mailer: Option<&'a dyn Deliver>,
    /// Writes them.
    pub letters: &'a dyn NewsLetters,
}

impl std::fmt::Debug for Outgoing<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Outgoing")
    }
}

/// Writes the mails. The words are the web's catalogue.
pub trait NewsLetters: Send + Sync {
    /// Subject and text of the mail that asks whether mails are wanted: yes by `link`, and nothing else is needed for no.
    fn asks(&self, language: &str, link: &str) -> (String, String);

    /// Subject and text of the mail that says that there is news at `wallet`; `stop` ends such mails.
    fn news(&self, language: &str, wallet: &str, stop: &str) -> (String, String);
}

/// What a job is about; it names records and no values.
#[derive(Serialize, Deserialize)]
struct About {
    vault: String,
    /// The browser, or the stamp of the wish.
    what: String,
}

struct Enqueue(Vec<Job>);

impl Change for Enqueue {
    const NAME: &'static str = "wallet-notices-due";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        for job in &self.0 {
            let _ = tx.enqueue(job.clone()).await?;
        }
        Ok(())
    }
}

async fn enqueue(vaults: &Vaults, jobs: Vec<Job>) -> Result<(), VaultError> {
    match vaults.tenant_of_jobs()? {
        Some(tenant) => Ok(tenant.carry_out(&Enqueue(jobs)).await?),
        None => Ok(()),
    }
}

fn job(kind: &str, id: &VaultId, what: &str, turn: i64) -> Result<Job, StoreFault> {
    let about = About { vault: id.as_str().to_owned(), what: what.to_owned() };
    Job::new(kind, format!("{kind}-{}-{what}-{turn}", id.as_str()), &about)
}

pub(super) async fn enqueue_pushes(
    vaults: &Vaults,
    id: &VaultId,
    browsers: &[String],
    now: i64,
) -> Result<(), VaultError> {
    let jobs: Result<Vec<Job>, StoreFault> = browsers.iter().map(|one| job(PUSH, id, one, now)).collect();
    enqueue(vaults, jobs?).await
}

pub(super) async fn enqueue_mail(vaults: &Vaults, id: &VaultId, at: i64) -> Result<(), VaultError> {
    let due = environment::Timestamp::from_seconds(at);
    enqueue(vaults, vec![job(MAIL, id, "", at)?.not_before(due)]).await
}

pub(super) async fn enqueue_confirmation(
    vaults: &Vaults,
    id: &VaultId,
    stamp: &str,
) -> Result<(), VaultError> {
    enqueue(vaults, vec![job(CONFIRM, id, stamp, 0)?]).await
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error("a push service could not be reached: {0}")]
    Push(#[from] OutboundError),
    #[error("a push service answered with the status {0}")]
    Status(u16),
}

impl NotDone {
    fn is_passing(&self, lease: &Lease) -> bool {
        match self {
            Self::Vault(_) => lease.attempt() < MOST_MAILS,
            Self::Mail(error) => error.is_transient() && lease.attempt() < MOST_MAILS,
            Self::Push(error) => {
                let never = matches!(
                    error,
                    OutboundError::InsecureScheme
                        | OutboundError::MalformedUrl
                        | OutboundError::ForbiddenAddress
                        | OutboundError::Unwritable
                        | OutboundError::Redirected { .. }
                );
                !never && lease.attempt() < MOST_PUSHES
            }
            Self::Status(status) => matches!(status, 429 | 500..=599) && lease.attempt() < MOST_PUSHES,
        }
    }
}

impl Notifier {
    /// One step: what is due is sent. How many jobs were seen to; call it again after a second or so.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn work(
        &self,
        vaults: &Vaults,
        out: Outgoing<'_>,
        environment: &Environment,
    ) -> Result<usize, VaultError> {
        let Some(tenant) = vaults.tenant_of_jobs()? else { return Ok(0) };
        let (jobs, now) = (tenant.jobs(), environment.now());
        let mut seen = 0_usize;
        for kind in [PUSH, CONFIRM, MAIL] {
            for lease in jobs.lease(kind, now, LEASE, AT_ONCE).await? {
                seen = seen.saturating_add(1);
                match self.do_one(&lease, vaults, out, environment).await {
                    Ok(()) => {
                        let _ = jobs.complete(&lease).await?;
                    }
                    Err(problem) => {
                        tracing::warn!(kind, attempt = lease.attempt(), %problem, "a member could not be told that there is news");
                        let again = problem.is_passing(&lease).then(|| now.plus(lease.backoff_seconds()));
                        let _ = jobs.fail(&lease, again).await?;
                    }
                }
            }
        }
        Ok(seen)
    }

    async fn do_one(
        &self,
        lease: &Lease,
        vaults: &Vaults,
        out: Outgoing<'_>,
        environment: &Environment,
    ) -> Result<(), NotDone> {
        let About { vault, what } = lease.payload().map_err(VaultError::from)?;
        let only = VaultId::only();
        let id = if vault == only.as_str() { Some(only) } else { VaultId::parse(&vault) };
        let Some(id) = id else { return Ok(()) };
        let Some(vault) = vaults.find(&id).await? else { return Ok(()) };
        match lease.kind() {
            PUSH => self.push(&vault, &what, out, environment).await,
            CONFIRM => self.ask(&id, &vault, &what, out, environment).await,
            _ => self.mail(&id, &vault, out, environment).await,
        }
    }

    /// A browser that is not there any more is not told again.
    async fn push(
        &self,
        vault: &LockedVault,
        browser: &str,
        out: Outgoing<'_>,
        environment: &Environment,
    ) -> Result<(), NotDone> {
        let notices = self.notices(vault).await?;
        let found: Option<&Browser> = notices.browsers.iter().find(|one| one.id() == browser);
        let Some(Browser { endpoint: at, .. }) = found else { return Ok(()) };
        let Ok(url) = endpoint(at) else { return Ok(self.remove_endpoint(vault, at, environment).await?) };
        let request = request(url, self.at(), self.signer(), environment.now())?;
        let status = out.fetch.fetch(request).await?.status.as_u16();
        match status {
            200..=299 => Ok(()),
            // RFC 8030 §7.3: it has ended, and there will be another if the browser wants one.
            404 | 410 => Ok(self.remove_endpoint(vault, at, environment).await?),
            status => Err(NotDone::Status(status)),
        }
    }

    async fn ask(
        &self,
        id: &VaultId,
        vault: &LockedVault,
        stamp: &str,
        out: Outgoing<'_>,
        environment: &Environment,
    ) -> Result<(), NotDone> {
        let Some(mailer) = out.mailer else { return Ok(()) };
        let wish = self.notices(vault).await?.mail.filter(|wish| wish.stamp == stamp && !wish.confirmed);
        let Some(wish) = wish else { return Ok(()) };
        let link = self.link(Link::Confirm, id, &wish, environment.randomness())?;
        let (subject, text) = out.letters.asks(&wish.language, &link);
        Ok(mailer.deliver(Mail { to: wish.address, subject, text, unsubscribe: None }).await?)
    }

    /// Taken before it is sent: a mail too few is better than two.
    async fn mail(
        &self,
        id: &VaultId,
        vault: &LockedVault,
        out: Outgoing<'_>,
        environment: &Environment,
    ) -> Result<(), NotDone> {
        let Some(mailer) = out.mailer else { return Ok(()) };
        let now = environment.now().seconds();
        let due = self.change(vault, environment, |notices| notices.take_due_mail(now)).await?;
        let Some((wish, before)) = due else { return Ok(()) };
        let stop = self.link(Link::Stop, id, &wish, environment.randomness())?;
        let (subject, text) = out.letters.news(&wish.language, self.at(), &stop);
        let mail = Mail { to: wish.address, subject, text, unsubscribe: Some(stop) };
        match mailer.deliver(mail).await {
            Err(error) if error.is_transient() => {
                self.change(vault, environment, |notices| notices.give_mail_back(now, before)).await?;
                Err(error.into())
            }
            delivered => Ok(delivered?),
        }
    }
}
