//! The link in the mail: it is shown with one button, and counts when the button is pressed. A mail that got lost is sent
//! again with another link.

use keyring::Sealed;
use openid4vc::secret::{SecretHash, SecretText};
use serde::{Deserialize, Serialize};
use store::{Change, Fault, Job, StoreFault, Take, Tx};

use crate::office::{Office, OfficeError, Values};
use crate::records::{Application, Asked, CheckDone, CheckKind, EmailCheck, Passport};

/// The kind of the job that sends the mail.
pub const MAIL: &str = "office-email-check";

/// Links that are mailed for one application; a membership brings five applications a day at most.
pub const MOST_LINKS: u32 = 3;
/// Seconds that must lie between two mails of one application.
pub const PAUSE: i64 = 60;

/// Names whom to write to, without an address.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MailJob {
    pub(crate) application: String,
    pub(crate) language: String,
}

/// The job that mails the link of `check`.
pub(crate) fn mail_of(check: &EmailCheck, language: &str) -> Result<Job, StoreFault> {
    let mail = MailJob { application: check.application.clone(), language: language.to_owned() };
    Job::new(MAIL, format!("{MAIL}-{}-{}", check.application, check.number), &mail)
}

/// What became of the wish for another mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailAgain {
    /// Another mail is on its way, and the earlier link counts no more.
    Sent,
    /// The last mail may still be on its way.
    TooSoon,
    /// There were mails enough.
    TooOften,
    /// No link is waited for: it was confirmed, time is up, or somebody else asked.
    NotAwaited,
}

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkOutcome {
    /// The address is confirmed.
    Confirmed,
    /// The link is too old.
    Expired,
    /// The link was used, or never was.
    UsedUp,
    /// A wallet waits for a code in another browser: the link counts there.
    OtherBrowser,
}

/// How a link stands before anybody presses the button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkStanding {
    /// It waits. If a wallet at another host gets what is issued, that is named.
    Open {
        /// Host and port of the wallet.
        wallet: Option<String>,
    },
    /// It waits in another browser.
    OtherBrowser,
    /// What it would confirm is over, or no wallet waits for it any more.
    Over,
    /// It was used, or never was.
    UsedUp,
}

impl Office {
    /// Whether a link still waits to be confirmed, wherever.
    pub(crate) async fn is_link_open(&self, token: &SecretText) -> Result<bool, OfficeError> {
        Ok(self.tenant.get::<EmailCheck>(&token.hash().as_bytes()[..]).await?.is_some())
    }

    /// How a link stands in the browser with this session. Looking does not use it up: mail servers look at links.
    ///
    /// # Errors
    /// The store.
    pub async fn link(
        &self,
        token: &SecretText,
        session: Option<SecretHash>,
    ) -> Result<LinkStanding, OfficeError> {
        let Some(check) = self.tenant.get::<EmailCheck>(&token.hash().as_bytes()[..]).await? else {
            return Ok(LinkStanding::UsedUp);
        };
        let found = self.tenant.get::<Application>(&check.application).await?;
        let Some(application) = found.filter(|found| !found.stage.is_over()) else {
            return Ok(LinkStanding::Over);
        };
        let Some(waiting) = application.for_wallet else {
            return Ok(LinkStanding::Open { wallet: None });
        };
        if session != Some(waiting.browser) {
            return Ok(LinkStanding::OtherBrowser);
        }
        let opened = self.issuance.authorization(&waiting.authorization, waiting.browser).await?;
        Ok(opened.map_or(LinkStanding::Over, |opened| LinkStanding::Open { wallet: Some(opened.host) }))
    }

    /// Whether another mail may be asked for about the request `asked`: its link still waits, and was not the last one.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn may_mail_again(&self, asked: &Asked) -> Result<bool, OfficeError> {
        let found = self.awaited_link(asked).await?;
        Ok(found.is_some_and(|awaited| awaited.check.number < MOST_LINKS))
    }

    /// Mails another link to the address that was shared in answer to `asked`; the earlier link counts no more. Whoever
    /// asks learns nothing of the address, and cannot choose it.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn mail_again(&self, asked: &Asked) -> Result<MailAgain, OfficeError> {
        let Some(Awaited { values, check }) = self.awaited_link(asked).await? else {
            return Ok(MailAgain::NotAwaited);
        };
        let now = self.environment().now();
        if check.number >= MOST_LINKS {
            return Ok(MailAgain::TooOften);
        }
        if now.seconds() < check.at.saturating_add(PAUSE) {
            return Ok(MailAgain::TooSoon);
        }
        let token = SecretText::random(self.environment().randomness());
        let next = EmailCheck {
            token: token.hash(),
            number: check.number.saturating_add(1),
            at: now.seconds(),
            ..check.clone()
        };
        let values = self.seal(&check.application, &Values { email_token: Some(token), ..values })?;
        let mail = mail_of(&next, &asked.language)?;
        Ok(self.tenant.carry_out(&ReplaceLink { earlier: check.token, next, values, mail }).await?)
    }

    /// The link that the application of `asked` waits for.
    async fn awaited_link(&self, asked: &Asked) -> Result<Option<Awaited>, OfficeError> {
        let Some(id) = &asked.application else { return Ok(None) };
        let found = self.tenant.get::<Application>(id).await?.filter(|found| !found.stage.is_over());
        let Some(sealed) = found.and_then(|application| application.values) else { return Ok(None) };
        let values = self.open(id, &sealed)?;
        let Some(token) = &values.email_token else { return Ok(None) };
        let check = self.tenant.get::<EmailCheck>(&token.hash().as_bytes()[..]).await?;
        Ok(check.map(|check| Awaited { values, check }))
    }

    /// The button was pressed in the browser with this session.
    ///
    /// # Errors
    /// The store.
    pub async fn confirm_email(
        &self,
        token: &SecretText,
        session: Option<SecretHash>,
    ) -> Result<LinkOutcome, OfficeError> {
        let check = self.check_today(CheckKind::EmailLink);
        Ok(self.tenant.carry_out(&ConfirmEmail { token: token.hash(), session, check }).await?)
    }
}

/// A link that waits to be confirmed, with the values that it belongs to.
struct Awaited {
    values: Values,
    check: EmailCheck,
}

/// Puts another link in the place of the one that was read.
struct ReplaceLink {
    earlier: SecretHash,
    next: EmailCheck,
    values: Sealed,
    mail: Job,
}

impl Change for ReplaceLink {
    const NAME: &'static str = "office-replace-link";
    type Output = MailAgain;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<MailAgain, Fault<Self::Refusal>> {
        // The earlier link may have been confirmed or replaced meanwhile; then there is nothing to replace.
        let Take::Live(_) = tx.take::<EmailCheck>(&self.earlier.as_bytes()[..]).await? else {
            return Ok(MailAgain::NotAwaited);
        };
        let found = tx.get::<Application>(&self.next.application).await?;
        let Some(mut application) = found.filter(|found| !found.stage.is_over()) else {
            return Ok(MailAgain::NotAwaited);
        };
        application.values = Some(self.values.clone());
        tx.put(&application).await?;
        tx.put(&self.next).await?;
        let _ = tx.enqueue(self.mail.clone()).await?;
        Ok(MailAgain::Sent)
    }
}

struct ConfirmEmail {
    token: SecretHash,
    session: Option<SecretHash>,
    check: CheckDone,
}

impl Change for ConfirmEmail {
    const NAME: &'static str = "office-confirm-email";
    type Output = LinkOutcome;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<LinkOutcome, Fault<Self::Refusal>> {
        if self.is_for_other_browser(tx).await? {
            return Ok(LinkOutcome::OtherBrowser);
        }
        let check = match tx.take::<EmailCheck>(&self.token.as_bytes()[..]).await? {
            Take::Live(check) => check,
            Take::Expired => return Ok(LinkOutcome::Expired),
            Take::Absent => return Ok(LinkOutcome::UsedUp),
        };
        let found = tx.get::<Application>(&check.application).await?;
        let Some(mut application) = found.filter(|found| !found.stage.is_over()) else {
            return Ok(LinkOutcome::Expired);
        };
        application.stage = application.stage.with_link();
        application.checks.push(self.check);
        tx.put(&application).await?;
        if let Some(number) = &application.number
            && let Some(mut passport) = tx.get::<Passport>(number).await?
        {
            passport.checks.push(self.check);
            tx.put(&passport).await?;
        }
        Ok(LinkOutcome::Confirmed)
    }
}

impl ConfirmEmail {
    /// Whoever gets somebody else to answer a request of theirs would otherwise get that person's passport, too.
    async fn is_for_other_browser(&self, tx: &mut Tx) -> Result<bool, StoreFault> {
        let Some(check) = tx.get::<EmailCheck>(&self.token.as_bytes()[..]).await? else { return Ok(false) };
        let application = tx.get::<Application>(&check.application).await?;
        let waiting = application.and_then(|application| application.for_wallet);
        Ok(waiting.is_some_and(|waiting| self.session != Some(waiting.browser)))
    }
}
