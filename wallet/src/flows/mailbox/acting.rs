//! What a member does with kept messages: list, delete, block their space, report it.

use did::Did;
use environment::Timestamp;
use network::mailbox::{About, Block, Purpose, Reason, Report};
use serde::Serialize;

use super::MailError;
use super::greeting::Greeter;
use super::inboxes::Inbox;
use crate::flows::origin::host_of;
use crate::records::{BlockedSpace, HeldMail, KeptMail, MailContent};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailKind {
    /// A space invites to sign up.
    SignUp,
    /// A space asks who is there.
    HereIAm,
    /// A space has decided.
    Decision,
    /// A space offers something.
    Offer,
    /// Something of what a space holds changed or is asked anew.
    Change,
    /// A few words.
    Note,
    /// Another member of the space says hello.
    Hello,
    /// Somebody answered a hello of the member.
    HelloAnswer,
}

/// A message as the member sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailItem {
    /// By which it is called.
    pub id: String,
    /// The space's name in the network list.
    pub space_name: String,
    /// The space's DID.
    pub space: String,
    /// What it is about.
    pub kind: MailKind,
    /// How a sign-up ended: `approved` or `declined`.
    pub outcome: Option<String>,
    /// The space's own words.
    pub text: Option<String>,
    /// The host to which opening leads.
    pub host: Option<String>,
    /// The day on which it came, in seconds since the epoch.
    pub day: i64,
    /// When it counts no more, in seconds since the epoch.
    pub expires_at: i64,
    /// Whether it was opened.
    pub opened: bool,
    /// Who said hello or answered, and what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeter: Option<Greeter>,
}

impl MailItem {
    /// Whether it leads somewhere, or is of another member, and was not opened. What only tells something waits for nobody.
    #[must_use]
    pub const fn waits(&self) -> bool {
        let leads_on = self.host.is_some() || matches!(self.kind, MailKind::Hello | MailKind::HelloAnswer);
        leads_on && !self.opened
    }

    pub(super) fn of(mail: &KeptMail) -> Self {
        let greeter = match &mail.content {
            MailContent::Message(message) => Greeter::of(mail, message),
            MailContent::Invitation(_) => None,
        };
        let (kind, text, link) = match &mail.content {
            MailContent::Invitation(invitation) => {
                let kind = match invitation.purpose {
                    Purpose::SignUp => MailKind::SignUp,
                    Purpose::HereIAm => MailKind::HereIAm,
                };
                (kind, None, Some(&invitation.link))
            }
            MailContent::Message(message) => {
                let kind = match message.about {
                    About::Decision => MailKind::Decision,
                    About::Offer => MailKind::Offer,
                    About::Change => MailKind::Change,
                    About::Note => MailKind::Note,
                    About::Hello => MailKind::Hello,
                    About::HelloAnswer => MailKind::HelloAnswer,
                };
                // The page of another member is no page that the message opens.
                let link = message.link.as_ref().filter(|_| greeter.is_none());
                (kind, message.text.clone(), link)
            }
        };
        Self {
            id: mail.id.clone(),
            space_name: mail.space_name.clone(),
            space: mail.space.clone(),
            kind,
            outcome: mail.outcome.clone(),
            text,
            host: link.and_then(|link| host_of(link)),
            day: mail.day,
            expires_at: mail.content.expires_at(),
            opened: mail.opened,
            greeter,
        }
    }
}

/// A space that was blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpaceBlocked {
    /// Its DID.
    pub space: String,
    /// Its name in the network list, if something of it was kept; else its DID.
    pub name: String,
    /// Why a host could not be told, as sentences.
    pub problems: Vec<String>,
}

impl Wallet {
    /// The messages that are kept and count, the newest first; none of a space that is muted.
    ///
    /// # Errors
    /// [`MailError::Vault`].
    pub async fn mail(&self) -> Result<Vec<MailItem>, MailError> {
        let now = self.now().seconds();
        let mut kept = self.vault.list::<KeptMail>().await?;
        let muted = self.muted_spaces().await?;
        kept.retain(|one| now < one.content.expires_at() && !muted.contains(&one.space));
        kept.sort_by(|left, right| (right.day, &right.id).cmp(&(left.day, &left.id)));
        Ok(kept.iter().map(MailItem::of).collect())
    }

    /// Deletes a message. That it came is remembered until it would have expired.
    ///
    /// # Errors
    /// [`MailError::NoSuchMail`], [`MailError::Vault`].
    pub async fn delete_mail(&self, id: &str) -> Result<(), MailError> {
        let mail = self.kept_mail(id).await?;
        Ok(self.vault.batch().delete::<KeptMail>(&mail.id).commit().await?)
    }

    /// Nothing more from the space of this message, or from the space with this DID, in no inbox: the wallet shows nothing of
    /// it, and the hosts that know it are told to take nothing. Its messages go, and what is held in its name.
    ///
    /// # Errors
    /// See [`MailError`]. Where a host could not be told, that is no error: the wallet drops what comes all the same.
    pub async fn block_mail(&self, which: &str) -> Result<SpaceBlocked, MailError> {
        let kept = self.vault.list::<KeptMail>().await?;
        let blocked = match Did::parse(which) {
            Ok(did) => {
                let mail = kept.iter().find(|one| one.space == did.as_str());
                let name = mail.map_or_else(|| did.as_str().to_owned(), |mail| mail.space_name.clone());
                BlockedSpace { space: did.as_str().to_owned(), name }
            }
            Err(_) => {
                let mail = self.kept_mail(which).await?;
                BlockedSpace { space: mail.space, name: mail.space_name }
            }
        };
        let mut batch = self.vault.batch().put(&blocked)?;
        for one in kept.iter().filter(|one| one.space == blocked.space) {
            batch = batch.delete::<KeptMail>(&one.id);
        }
        for one in self.vault.list::<HeldMail>().await?.iter().filter(|one| one.space == blocked.space) {
            batch = batch.delete::<HeldMail>(&one.id);
        }
        batch.commit().await?;
        let untold = self.tell_of_block(&blocked.space, true).await?;
        let problems = untold.iter().map(ToString::to_string).collect();
        Ok(SpaceBlocked { space: blocked.space, name: blocked.name, problems })
    }

    /// Lets a blocked space write again. Gives whether it was blocked.
    ///
    /// # Errors
    /// See [`MailError`]. Where a host could not be told, the space stays blocked, so that it can be tried again.
    pub async fn unblock_mail(&self, space: &str) -> Result<bool, MailError> {
        let was = self.vault.get::<BlockedSpace>(space).await?.is_some();
        if was {
            if let Some(problem) = self.tell_of_block(space, false).await?.pop() {
                return Err(problem);
            }
            self.vault.batch().delete::<BlockedSpace>(space).commit().await?;
        }
        Ok(was)
    }

    /// The blocked spaces: DID and name.
    ///
    /// # Errors
    /// [`MailError::Vault`].
    pub async fn blocked_spaces(&self) -> Result<Vec<(String, String)>, MailError> {
        let blocked = self.vault.list::<BlockedSpace>().await?;
        Ok(blocked.into_iter().map(|one| (one.space, one.name)).collect())
    }

    /// Complains of the space of this message to whoever runs the mailbox. Said are the space and the reason, by the inbox the
    /// message came into; not what it said.
    ///
    /// # Errors
    /// See [`MailError`].
    pub async fn report_mail(&self, id: &str, reason: Reason) -> Result<String, MailError> {
        let mail = self.kept_mail(id).await?;
        let inbox = self.inbox_at(&mail.inbox).await?.ok_or(MailError::NoSuchMail)?;
        let report = Report { space: mail.space.clone(), reason };
        self.tell_inbox(&inbox, "reports", &report).await?;
        Ok(mail.space_name)
    }

    /// Of every inbox that the space may know the host is told, whichever other cannot be reached. Gives what went wrong.
    async fn tell_of_block(&self, space: &str, blocked: bool) -> Result<Vec<MailError>, VaultError> {
        let body = Block { space: space.to_owned(), blocked };
        let mut problems = Vec::new();
        for inbox in self.inboxes().await?.iter().filter(|inbox| inbox.is_known_to(space)) {
            match self.tell_inbox(inbox, "blocks", &body).await {
                Ok(()) => {}
                Err(MailError::Vault(error)) => return Err(error),
                Err(error) => problems.push(error),
            }
        }
        Ok(problems)
    }

    async fn inbox_at(&self, url: &str) -> Result<Option<Inbox>, VaultError> {
        Ok(self.inboxes().await?.into_iter().find(|inbox| inbox.url == url))
    }

    pub(super) async fn kept_mail(&self, id: &str) -> Result<KeptMail, MailError> {
        let mail = self.vault.get::<KeptMail>(id).await?.ok_or(MailError::NoSuchMail)?;
        let expires = Timestamp::from_seconds(mail.content.expires_at());
        if self.now() < expires { Ok(mail) } else { Err(MailError::Expired) }
    }
}
