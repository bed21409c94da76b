//! A decision that came as a message is kept as one that was collected would be.

use network::decision::Outcome;
use network::follow_up::FollowUp;
use network::mailbox::Message;

use crate::flows::collect::{CollectError, CollectedFrom};
use crate::records::{FollowUpAwaited, KeptAnswer, KeptMail, MailContent};
use crate::vault::VaultError;
use crate::wallet::Wallet;

impl Wallet {
    /// Keeps the decision in a message beside the answer it is about, and says in the message how it ended. One that fits no
    /// answer of this wallet says nothing.
    pub(super) async fn take_decision(&self, mail: &mut KeptMail) -> Result<(), VaultError> {
        let MailContent::Message(message) = &mail.content else { return Ok(()) };
        let Some(text) = message.decision.clone() else { return Ok(()) };
        let answers = self.vault.list::<KeptAnswer>().await?;
        // It was collected before.
        let known = answers.iter().find(|answer| answer.given.decision.as_ref() == Some(&text));
        if let Some(known) = known {
            mail.outcome.clone_from(&known.given.outcome);
            return Ok(());
        }
        let follow_up = FollowUp { decision: Some(text), ..FollowUp::default() };
        // Where the proof alone is awaited, nothing is left to be decided.
        let open = self.follow_ups_at(&mail.space).await?.into_iter().filter(|one| !one.proof_alone);
        for awaited in open {
            match self.keep_if_about(awaited, &follow_up).await {
                Ok(Some(outcome)) => {
                    mail.outcome = Some(outcome);
                    return Ok(());
                }
                Err(CollectError::Vault(error)) => return Err(error),
                Ok(None) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// The follow-up of the one answer that a message decides: what is offered beside the decision is what would be offered there.
    /// Of other answers to the same space the message says nothing.
    pub(super) async fn decided_follow_up(&self, message: &Message) -> Result<Option<String>, VaultError> {
        let Some(decision) = &message.decision else { return Ok(None) };
        let answers = self.vault.list::<KeptAnswer>().await?;
        let Some(answer) = answers.into_iter().find(|one| one.given.decision.as_ref() == Some(decision))
        else {
            return Ok(None);
        };
        let mut followed = self.follow_ups_at(&message.space).await?;
        followed.retain(|one| one.space == answer.space && one.request == answer.given.request);
        Ok(followed.into_iter().max_by_key(|one| one.asked_at).map(|one| one.id))
    }

    async fn keep_if_about(
        &self,
        mut awaited: FollowUpAwaited,
        follow_up: &FollowUp,
    ) -> Result<Option<String>, CollectError> {
        let Some(decision) = self.keep_decision(&mut awaited, follow_up).await? else { return Ok(None) };
        let is_declined = decision.outcome == Outcome::Declined;
        let mut told = CollectedFrom::default();
        self.note_decision(&awaited, Some(decision), &mut told).await?;
        if is_declined {
            self.vault.batch().delete::<FollowUpAwaited>(&awaited.id).commit().await?;
        }
        Ok(told.decision)
    }

    async fn follow_ups_at(&self, space: &str) -> Result<Vec<FollowUpAwaited>, VaultError> {
        let mut awaited = self.vault.list::<FollowUpAwaited>().await?;
        awaited.retain(|one| one.did.as_deref() == Some(space));
        Ok(awaited)
    }
}
