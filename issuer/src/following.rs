//! What the wallet finds while it waits for its passport.

use issuance::Shown;
use network::follow_up::{DidHosting, FollowUp, WaitingFor};
use openid4vc::secret::SecretHash;
use store::StoreFault;

use crate::office::{Office, OfficeError};
use crate::receiving::offer_of;
use crate::records::{Application, ByFollowUp, Stage};

impl Office {
    /// Whether the key with thumbprint `holder` gave the answer that is followed up under `handle`.
    ///
    /// # Errors
    /// The store.
    pub async fn may_follow_up(&self, handle: SecretHash, holder: &str) -> Result<bool, OfficeError> {
        Ok(self.applied(handle, holder).await?.is_some())
    }

    async fn applied(&self, handle: SecretHash, holder: &str) -> Result<Option<Application>, StoreFault> {
        let found = self.tenant.find::<ByFollowUp>(&handle.as_bytes()[..]).await?;
        Ok(found.filter(|application| application.holder.as_deref() == Some(holder)))
    }

    /// What the wallet finds under `handle`, if it holds the key with thumbprint `holder`.
    ///
    /// # Errors
    /// [`OfficeError::NoSuch`] for an unknown handle and for another key alike, or our side failed.
    pub async fn follow_up(&self, handle: SecretHash, holder: &str) -> Result<FollowUp, OfficeError> {
        let application = self.applied(handle, holder).await?.ok_or(OfficeError::NoSuch("answer"))?;
        let is_current = application.until > self.environment().now().seconds();
        let waiting_for = if is_current { waiting_for(application.stage) } else { Vec::new() };
        let did_hosting = match &application.label {
            Some(label) if waiting_for.contains(&WaitingFor::DidLog) => Some(self.hosting_at(label)?),
            _ => None,
        };
        let credential_offer = match application.stage {
            Stage::AwaitingIssue if is_current && application.for_wallet.is_none() => {
                self.open_offer(&application).await?
            }
            _ => None,
        };
        Ok(FollowUp {
            sharing_proof: application.sharing_proof,
            decision: None,
            credential_offer,
            did_hosting,
            waiting_for,
            counter_offer: None,
        })
    }

    fn hosting_at(&self, label: &str) -> Result<DidHosting, OfficeError> {
        Ok(DidHosting {
            location: self.location_of(label)?.identifier(),
            upload_uri: self.identity.address(&crate::hosting::upload_path(label)),
        })
    }

    /// A fresh offer, until everything was fetched; the one before counts no more.
    async fn open_offer(&self, application: &Application) -> Result<Option<String>, OfficeError> {
        let offered = self.issuance.offer_again(&offer_of(application), Shown::ToWallet).await?;
        Ok(offered.map(|offered| offered.by_value))
    }
}

fn waiting_for(stage: Stage) -> Vec<WaitingFor> {
    match stage {
        Stage::AwaitingLinkAndLog => vec![WaitingFor::EmailLink, WaitingFor::DidLog],
        Stage::AwaitingLink => vec![WaitingFor::EmailLink],
        Stage::AwaitingLog => vec![WaitingFor::DidLog],
        Stage::AwaitingIssue | Stage::Issued | Stage::Ended => Vec::new(),
    }
}
