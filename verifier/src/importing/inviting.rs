//! Inviting people who were taken in, and the end of what a table said of them when one of them answers.

use openid4vc::secret::SecretText;
use store::{Fault, StoreFault, Tx};

use super::records::{ByInvitation, INVITED, ImportedPerson, InvitedOfImport};
use super::{Column, erase_now};
use crate::invitations::records::{Invitation, InvitedBy, Purpose};
use crate::invitations::{InviteError, NewInvitation, NotMade, Whom};
use crate::space::{Space, SpaceError};

/// How many of them are invited within an hour: their mails cost no office anything, and the mail server should stand well with
/// others.
pub const MOST_INVITED: u32 = 200;
const HOUR: i64 = 3_600;

/// That an invitation is for somebody who was taken in.
pub(crate) struct Invited<'a> {
    pub(crate) id: &'a str,
}

impl Invited<'_> {
    /// Links the invitation with whom it is for, and counts it.
    pub(crate) async fn write(&self, tx: &mut Tx, invitation: &Invitation) -> Result<(), Fault<NotMade>> {
        let until = tx.now().plus(HOUR).seconds();
        let found = tx.get::<InvitedOfImport>(INVITED).await?;
        let mut spent = found.unwrap_or(InvitedOfImport { times: 0, until });
        if spent.times >= MOST_INVITED {
            return Err(Fault::Refused(NotMade::TooMany));
        }
        spent.times = spent.times.saturating_add(1);
        tx.put(&spent).await?;
        let mut person = tx.get::<ImportedPerson>(self.id).await?.ok_or(Fault::Refused(NotMade::Gone))?;
        person.invitation = Some(invitation.id.clone());
        person.invited_at = Some(invitation.made_at);
        Ok(tx.put(&person).await?)
    }
}

impl Space {
    /// Has an invitation sent to somebody who was taken in, by the form of their import. That their address was looked at is noted
    /// before.
    ///
    /// # Errors
    /// [`InviteError`]; [`SpaceError::NoSuch`] for somebody who is gone.
    pub async fn invite_imported(
        &self,
        id: &str,
        language: &str,
        by: Option<&str>,
    ) -> Result<Invitation, InviteError> {
        const GONE: SpaceError = SpaceError::NoSuch("person who was taken in");
        let found = self.tenant.get::<ImportedPerson>(id).await.map_err(SpaceError::from)?.ok_or(GONE)?;
        self.note_imported(std::slice::from_ref(&found), &[Column::Email], by).await?;
        let opened = self.open_imported(found)?;
        let email = opened.details.get(&Column::Email).ok_or(GONE)?;
        let new = NewInvitation {
            whom: Whom::Mail(email.clone()),
            purpose: Purpose::SignUp,
            form: Some(opened.record.form.clone()),
            by: InvitedBy::Team,
            seconds: None,
            language: language.to_owned(),
        };
        self.invite_for(&new, SecretText::new(self.fresh_id()), Some(Invited { id })).await
    }
}

/// The invitation was answered: what a table said of whom it was for goes.
pub(crate) async fn answered(tx: &mut Tx, invitation: &str) -> Result<(), StoreFault> {
    let Some(found) = tx.find::<ByInvitation>(invitation).await? else { return Ok(()) };
    tx.delete::<ImportedPerson>(&found.id).await?;
    erase_now(tx, &found.id).await
}
