//! The link of an invitation: each opening makes a fresh request, and the first answer fills the invitation. Then none is open
//! any more, and the same member may be invited again.
//!
//! A link that was forwarded opens the ordinary sign-up and nothing else: whoever answers signs up, with what that wallet
//! shares.

use openid4vc::secret::{SecretHash, SecretText};
use store::{Change, Fault, StoreFault, Tx};

use super::records::{Answered, ByAnswer, ByToken, Invitation, MadeFor, OpenFor, State};
use crate::asking::REQUEST_LIFETIME;
use crate::importing;
use crate::space::{Space, SpaceError};

/// Seconds for which the request of an opening is remembered after its end, as long as what was asked.
const REMEMBERED: i64 = 3_600;

/// What is behind a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// An invitation that may be answered.
    Open(Box<Invitation>),
    /// One that was answered.
    Answered(Box<Invitation>),
    /// Nothing: it never was, or its time is up.
    Gone,
}

impl Space {
    /// What is behind the link with `token`.
    ///
    /// # Errors
    /// The store.
    pub async fn invitation_behind(&self, token: &SecretText) -> Result<Opening, SpaceError> {
        let found = self.tenant.find::<ByToken>(&token.hash().as_bytes()[..]).await?;
        let Some(invitation) = found.map(Box::new) else { return Ok(Opening::Gone) };
        Ok(match invitation.state(self.environment().now()) {
            State::Sent | State::Opened => Opening::Open(invitation),
            // When its time is up it is as if it had never been.
            State::Answered if self.environment().now().seconds() < invitation.until => {
                Opening::Answered(invitation)
            }
            State::Answered | State::Expired => Opening::Gone,
        })
    }

    /// Notes that the invitation was opened by its link with `token`, and that the requests `asked` were made for it.
    ///
    /// # Errors
    /// The store.
    pub async fn invitation_opened(
        &self,
        invitation: &str,
        token: &SecretText,
        asked: &[&str],
    ) -> Result<(), SpaceError> {
        let frees = self.freed_by(token)?;
        let now = self.environment().now();
        let until = now.plus(REQUEST_LIFETIME).plus(REMEMBERED).seconds();
        let made = asked.iter().map(|asked| MadeFor {
            asked: (*asked).to_owned(),
            invitation: invitation.to_owned(),
            frees: Some(frees),
            until,
        });
        let change = Open { invitation, made: made.collect(), now: now.seconds() };
        Ok(self.tenant.carry_out(&change).await?)
    }
}

/// The request `asked` was answered by somebody who is known to be there: if it was made for an invitation, that is filled.
pub(crate) async fn answered(tx: &mut Tx, asked: &str) -> Result<(), StoreFault> {
    match tx.get::<MadeFor>(asked).await? {
        Some(made) => {
            fill(tx, &made.invitation, None).await?;
            free(tx, made.frees).await
        }
        None => Ok(()),
    }
}

/// A member at the desk answered the invitation with the request about `subject`.
pub(crate) async fn answered_here(
    tx: &mut Tx,
    subject: &str,
    invitation: &str,
    sub: &str,
) -> Result<(), StoreFault> {
    fill(tx, invitation, Some(sub)).await?;
    let made = tx.get::<MadeFor>(subject).await?;
    free(tx, made.and_then(|made| made.frees)).await
}

/// The request `anew` was made in the place of `asked`: an answer to it fills the same invitation.
pub(crate) async fn asked_anew(tx: &mut Tx, asked: &str, anew: &str) -> Result<(), StoreFault> {
    match tx.get::<MadeFor>(asked).await? {
        Some(made) => tx.put(&MadeFor { asked: anew.to_owned(), ..made }).await,
        None => Ok(()),
    }
}

/// Fills the invitation, unless it was answered before.
async fn fill(tx: &mut Tx, invitation: &str, sub: Option<&str>) -> Result<(), StoreFault> {
    let Some(mut found) = tx.get::<Invitation>(invitation).await? else { return Ok(()) };
    if found.answered.is_none() {
        found.answered = Some(Answered { at: tx.now().seconds(), sub: sub.map(str::to_owned) });
        tx.put(&found).await?;
    }
    importing::answered(tx, invitation).await
}

/// The member of an invitation that was answered has none open any more. If the team's has taken the place of one that was typed
/// at the page, an answer to the latter finds nothing to free.
async fn free(tx: &mut Tx, frees: Option<SecretHash>) -> Result<(), StoreFault> {
    let Some(frees) = frees else { return Ok(()) };
    if let Some(open) = tx.find::<ByAnswer>(&frees.as_bytes()[..]).await? {
        tx.delete::<OpenFor>(&open.mark.as_bytes()[..]).await?;
    }
    Ok(())
}

struct Open<'a> {
    invitation: &'a str,
    made: Vec<MadeFor>,
    now: i64,
}

impl Change for Open<'_> {
    const NAME: &'static str = "open-invitation";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        if let Some(mut found) = tx.get::<Invitation>(self.invitation).await?
            && found.opened_at.is_none()
        {
            found.opened_at = Some(self.now);
            tx.put(&found).await?;
        }
        for made in &self.made {
            tx.put(made).await?;
        }
        Ok(())
    }
}
