//! Another wallet waits for a code: the person shows who they are as for any passport, in the browser that the wallet sent
//! here, and that browser takes the code back.
//!
//! Whoever waits at a screen gets nothing from an office otherwise, because a stranger can show a member the stranger's own
//! request. Here the link in the mail counts only in the browser that gets the code: a member who answered for a stranger
//! opens it elsewhere.

use issuance::Opened;
use openid4vc::secret::SecretHash;
use openid4vc::vci::authorization::Denial;

use crate::office::{Office, OfficeError};
use crate::records::{Application, Asked, Stage};

/// How far the person of a waiting wallet has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The link in the mail, or the answering wallet's log, is still awaited.
    Awaited,
    /// The code can be given.
    Ready,
    /// The person is refused, and the wallet is to be told.
    Refused,
    /// Nothing more comes: it was given, or time is up.
    Over,
}

impl Office {
    /// How far an answer has come to which a wallet waits for a code.
    ///
    /// # Errors
    /// The store.
    pub async fn authorizing(&self, asked: &Asked) -> Result<Standing, OfficeError> {
        let (Some(id), Some(_)) = (&asked.application, self.opened_for(asked).await?) else {
            return Ok(Standing::Over);
        };
        let application = self.tenant.get::<Application>(id).await?;
        Ok(match application.map(|application| application.stage) {
            Some(Stage::AwaitingIssue) => Standing::Ready,
            None | Some(Stage::Issued | Stage::Ended) => Standing::Refused,
            Some(_) => Standing::Awaited,
        })
    }

    /// What the wallet of `asked` waits for.
    ///
    /// # Errors
    /// The store.
    pub async fn opened_for(&self, asked: &Asked) -> Result<Option<Opened>, OfficeError> {
        let (Some(authorization), Some(browser)) = (&asked.authorization, asked.session) else {
            return Ok(None);
        };
        Ok(self.issuance.authorization(authorization, browser).await?)
    }

    /// Where the browser goes: with the code, or with the refusal of which the wallet is told (RFC 6749 §4.1.2.1). `None` when
    /// something of the person's is still awaited, or nobody waits any more.
    ///
    /// # Errors
    /// The store.
    pub async fn give_code(&self, asked: &Asked) -> Result<Option<String>, OfficeError> {
        let (Some(authorization), Some(browser), Some(application)) =
            (&asked.authorization, asked.session, &asked.application)
        else {
            return Ok(None);
        };
        match self.authorizing(asked).await? {
            Standing::Awaited | Standing::Over => return Ok(None),
            Standing::Ready | Standing::Refused => {}
        }
        self.grant_or_deny(authorization, browser, application).await
    }

    async fn grant_or_deny(
        &self,
        authorization: &str,
        browser: SecretHash,
        application: &str,
    ) -> Result<Option<String>, OfficeError> {
        if let Some(location) = self.issuance.grant(authorization, browser, application).await? {
            return Ok(Some(location));
        }
        let refused = self.issuance.deny(authorization, browser, Denial::Refused).await?;
        if refused.is_some() {
            self.end_cancelled(authorization).await?;
        }
        Ok(refused)
    }

    /// The same for what the staff checked at the desk: the wallet read an offer of theirs.
    ///
    /// # Errors
    /// The store.
    pub async fn give_code_of_desk(
        &self,
        authorization: &str,
        browser: SecretHash,
    ) -> Result<Option<String>, OfficeError> {
        let opened = self.issuance.authorization(authorization, browser).await?;
        let Some(offered_to) = opened.and_then(|opened| opened.offered_to) else { return Ok(None) };
        self.grant_or_deny(authorization, browser, &offered_to).await
    }

    /// Where the browser goes when its person does not want to; what was applied for ends.
    ///
    /// # Errors
    /// The store.
    pub async fn cancel(
        &self,
        authorization: &str,
        browser: SecretHash,
    ) -> Result<Option<String>, OfficeError> {
        let location = self.issuance.deny(authorization, browser, Denial::Cancelled).await?;
        if location.is_some() {
            self.end_cancelled(authorization).await?;
        }
        Ok(location)
    }
}
