//! The link in the mail: it is shown with one button, and counts when the button is pressed.

use openid4vc::secret::{SecretHash, SecretText};
use serde::{Deserialize, Serialize};
use store::{Change, Fault, Take, Tx};

use crate::office::{Office, OfficeError};
use crate::records::{Application, CheckDone, CheckKind, EmailCheck, Passport};

/// The kind of the job that sends the mail.
pub const MAIL: &str = "office-email-check";

/// Names whom to write to, without an address.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MailJob {
    pub(crate) application: String,
    pub(crate) language: String,
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
}

impl Office {
    /// Whether a link still waits to be confirmed. Looking does not use it up: mail servers look at links.
    ///
    /// # Errors
    /// The store.
    pub async fn is_link_open(&self, token: &SecretText) -> Result<bool, OfficeError> {
        Ok(self.tenant.get::<EmailCheck>(&token.hash().as_bytes()[..]).await?.is_some())
    }

    /// The button was pressed.
    ///
    /// # Errors
    /// The store.
    pub async fn confirm_email(&self, token: &SecretText) -> Result<LinkOutcome, OfficeError> {
        let check = self.check_today(CheckKind::EmailLink);
        Ok(self.tenant.carry_out(&ConfirmEmail { token: token.hash(), check }).await?)
    }
}

struct ConfirmEmail {
    token: SecretHash,
    check: CheckDone,
}

impl Change for ConfirmEmail {
    const NAME: &'static str = "office-confirm-email";
    type Output = LinkOutcome;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<LinkOutcome, Fault<Self::Refusal>> {
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
