//! Opening a message: the space learns of it now and not before.

use did::{Did, DidUrl};
use directory::callers::address_at;
use network::mailbox::{Invitation, Message};
use openid4vc::vp::link::Link;
use outbound::Request;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use super::MailError;
use super::checking::is_page_of;
use crate::consent::Consent;
use crate::flows::accept::{AcceptOptions, Accepted, ErrandFor, Party};
use crate::flows::origin::is_same_origin;
use crate::flows::present::{PresentError, PresentOptions, Presented};
use crate::records::{KeptMail, MailContent};
use crate::trust::SignerEvidence;
use crate::wallet::Wallet;

/// What became of opening a message.
#[derive(Debug)]
pub enum OpenedMail {
    /// The request behind an invitation was answered.
    Presented(Box<Presented>),
    /// What was offered is here.
    Accepted(Accepted),
    /// A page of the space, for a browser.
    Page(String),
}

impl Serialize for OpenedMail {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Presented(presented) => json!({"answered": presented.asker.name}).serialize(serializer),
            Self::Accepted(accepted) => json!({"accepted": accepted}).serialize(serializer),
            Self::Page(link) => json!({"page": link}).serialize(serializer),
        }
    }
}

impl Wallet {
    /// Opens a message: an invitation's request is fetched and answered as any other, an offer accepted as any other; each with
    /// the member's consent.
    ///
    /// # Errors
    /// See [`MailError`].
    pub async fn open_mail(
        &self,
        id: &str,
        options: &AcceptOptions,
        consent: &dyn Consent,
    ) -> Result<OpenedMail, MailError> {
        let mut mail = self.kept_mail(id).await?;
        // A decision that could not be judged when it came.
        if mail.outcome.is_none() {
            self.take_decision(&mut mail).await?;
            if mail.outcome.is_some() {
                self.vault.put(&mail).await?;
            }
        }
        let opened = match mail.content.clone() {
            MailContent::Invitation(invitation) => {
                OpenedMail::Presented(Box::new(self.open_invitation(&mail, &invitation, consent).await?))
            }
            MailContent::Message(message) => self.open_message(&mail, &message, options, consent).await?,
        };
        mail.opened = true;
        match &opened {
            // Answered is answered: the space takes no second answer.
            OpenedMail::Presented(_) => {
                self.vault.batch().delete::<KeptMail>(&mail.id).commit().await?;
            }
            // It went as what was offered was kept. What is missing comes by another offer, in the follow-up of the answer where
            // there is one.
            OpenedMail::Accepted(_) => {}
            OpenedMail::Page(_) => self.vault.put(&mail).await?,
        }
        Ok(opened)
    }

    async fn open_invitation(
        &self,
        mail: &KeptMail,
        invitation: &Invitation,
        consent: &dyn Consent,
    ) -> Result<Presented, MailError> {
        self.check_page(&invitation.link, mail).await?;
        let url = Url::parse(&invitation.link).map_err(|_| MailError::LinkElsewhere)?;
        let answer = self.fetch.fetch(Request::post_json(url, &json!({}))).await?;
        if answer.status.as_u16() != 200 {
            return Err(MailError::Status(answer.status.as_u16()));
        }
        let answer = answer.json()?;
        let link = answer.get("link").and_then(Value::as_str).ok_or(MailError::Malformed)?;
        // Nothing is fetched where the space points to: a third party would see which wallets it invites.
        match Link::parse(link).map_err(PresentError::from)? {
            Link::Reference { request_uri, .. } if is_same_origin(&request_uri, &invitation.link) => {}
            _ => return Err(MailError::RequestElsewhere),
        }
        Ok(self.present_as_invited(link, &PresentOptions::default(), consent, &invitation.space).await?)
    }

    async fn open_message(
        &self,
        mail: &KeptMail,
        message: &Message,
        options: &AcceptOptions,
        consent: &dyn Consent,
    ) -> Result<OpenedMail, MailError> {
        if let Some(offer) = &message.credential_offer {
            let did = Did::parse(&message.space).ok();
            let own = did.and_then(|did| address_at(&did, "/")).ok_or(MailError::LinkElsewhere)?;
            let party = Party { address: &own, did: Some(&message.space) };
            let follow_up = self.decided_follow_up(message).await?;
            let errand = ErrandFor {
                party: Some(party),
                follow_up: follow_up.as_deref(),
                mail: Some(&mail.id),
                ..ErrandFor::default()
            };
            let (accepted, _) = self.accept_offer_for(offer, options, consent, errand).await?;
            return Ok(OpenedMail::Accepted(accepted));
        }
        let link = message.link.clone().ok_or(MailError::NothingToOpen)?;
        self.check_page(&link, mail).await?;
        Ok(OpenedMail::Page(link))
    }

    /// Whether the space is still in good standing, and the link still its own: the network list may have changed since the
    /// message came.
    pub(super) async fn check_page(&self, link: &str, mail: &KeptMail) -> Result<(), MailError> {
        let key_id = DidUrl::parse(&mail.key_id).map_err(|_| MailError::Malformed)?;
        let sender = self.trust.requester(&SignerEvidence::Key(key_id), None).await?;
        let is_own = is_page_of(link, &mail.space, sender.host.as_deref());
        if is_own { Ok(()) } else { Err(MailError::LinkElsewhere) }
    }
}
