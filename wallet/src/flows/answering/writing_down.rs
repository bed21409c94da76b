//! What an answer gives, written down before it leaves: whenever the wallet is killed, it knows what it gave.

use jose::SigningKey;

use crate::flows::present::{Checked, Prepared, PresentError};
use crate::records::{FollowUpAwaited, Given, HistoryEntry, KeptAnswer, KnownSpace, PrivateKey};
use crate::vault::Kept;
use crate::wallet::Wallet;

/// An answer that leaves, as it was written down.
pub(super) struct Leaving {
    pub(super) answer: KeptAnswer,
    /// The entry in the history.
    entry: String,
    /// Whether nothing was known of the space before.
    is_new_space: bool,
}

/// The code of an answer in the history as long as it is not known what became of it.
const OUTCOME_UNKNOWN: &str = "outcome_unknown";

impl Wallet {
    /// Writes down that an answer leaves now: what is given, by which key, and in the history.
    pub(super) async fn write_down(
        &self,
        checked: &Checked,
        prepared: &Prepared,
        given: Given,
        key: &SigningKey,
        entry: &HistoryEntry,
    ) -> Result<Leaving, PresentError> {
        let space = space_id(checked);
        let entry = HistoryEntry { not_completed: Some(OUTCOME_UNKNOWN.to_owned()), ..entry.clone() };
        let _one_at_a_time = self.choosing.lock().await;
        let entry = entry.bounded();
        let mut batch = self.vault.batch().put(&entry)?;
        let is_new_space = self.vault.get::<KnownSpace>(&space).await?.is_none();
        if is_new_space {
            batch = batch.put(&KnownSpace {
                id: space.clone(),
                name: checked.requester.name.clone(),
                host: prepared.question.asker.host.clone(),
                network: checked.requester.network.clone(),
            })?;
        }
        let before = self.vault.list::<KeptAnswer>().await?;
        let numbers = before.iter().filter(|answer| answer.space == space).map(|answer| answer.number);
        let number = numbers.max().map_or(0, |last| last.saturating_add(1));
        let answer = KeptAnswer { space, number, given, unanswered: Some(PrivateKey::of(key)) };
        batch.put(&answer)?.commit().await?;
        Ok(Leaving { answer, entry: entry.id, is_new_space })
    }

    /// The answer cannot have arrived: nothing was given.
    pub(super) async fn take_back(&self, leaving: &Leaving) -> Result<(), PresentError> {
        let Leaving { answer, entry, is_new_space } = leaving;
        let _one_at_a_time = self.choosing.lock().await;
        let mut batch = self.vault.batch().delete::<HistoryEntry>(entry).delete::<KeptAnswer>(&answer.name());
        let mut others = self.vault.list::<KeptAnswer>().await?.into_iter();
        if *is_new_space && !others.any(|other| other.space == answer.space && other.number != answer.number)
        {
            batch = batch.delete::<KnownSpace>(&answer.space);
        }
        Ok(batch.commit().await?)
    }

    /// The other side has spoken.
    pub(super) async fn note_reply(
        &self,
        leaving: Leaving,
        awaited: Option<&FollowUpAwaited>,
    ) -> Result<(), PresentError> {
        let mut batch = self.vault.batch().put(&KeptAnswer { unanswered: None, ..leaving.answer })?;
        if let Some(awaited) = awaited {
            batch = batch.put(awaited)?;
        }
        Ok(batch.commit().await?)
    }
}

/// Under which name a space is kept: its DID, or how it named itself.
pub(super) fn space_id(checked: &Checked) -> String {
    checked.requester.did.clone().unwrap_or_else(|| checked.request.client_id().as_str().to_owned())
}
