//! The member's own details: what is kept of them, and how they are edited.

use serde_json::Value;

use crate::error::WalletError;
use crate::records::{DetailName, DetailSet, KeptDetails, KeptSet, OwnDetails, Place, SetError, SetName};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// Why own details are not as they were to be.
#[derive(Debug, thiserror::Error)]
pub enum OwnDetailsError {
    /// The sets cannot be so.
    #[error(transparent)]
    Sets(#[from] SetError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Wallet {
    /// The member's own details.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn own_details(&self) -> Result<OwnDetails, WalletError> {
        Ok(self.kept_own_details().await?)
    }

    /// The same.
    pub(crate) async fn kept_own_details(&self) -> Result<OwnDetails, VaultError> {
        let kept = self.vault.get::<KeptDetails>(KeptDetails::NAME).await?.unwrap_or_default();
        let mut own = Vec::new();
        for set in kept.sets() {
            own.extend(self.vault.get::<KeptSet>(&set.id).await?);
        }
        Ok(OwnDetails::of(kept, own))
    }

    /// Sets an own detail where it is; null takes it away.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn set_own_detail(&self, name: DetailName, value: Value) -> Result<(), WalletError> {
        self.set_own_details([(name, value)]).await
    }

    /// Sets several own details in one step, each where it is; null takes one away.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn set_own_details(
        &self,
        values: impl IntoIterator<Item = (DetailName, Value)>,
    ) -> Result<(), WalletError> {
        let values: Vec<_> = values.into_iter().collect();
        let edit = |details: &mut OwnDetails| {
            values.into_iter().for_each(|(name, value)| details.set(name, value));
            Ok(())
        };
        match self.edit_own_details(edit).await {
            Ok(()) | Err(OwnDetailsError::Sets(_)) => Ok(()),
            Err(OwnDetailsError::Vault(error)) => Err(error.into()),
        }
    }

    /// Edits the own details in one step: all that `edit` does, or nothing of it.
    ///
    /// # Errors
    /// See [`OwnDetailsError`].
    pub async fn edit_own_details<T>(
        &self,
        edit: impl FnOnce(&mut OwnDetails) -> Result<T, SetError>,
    ) -> Result<T, OwnDetailsError> {
        let _one_at_a_time = self.choosing.lock().await;
        let before = self.kept_own_details().await?;
        let mut after = before.clone();
        let made = edit(&mut after)?;
        let (kept, own) = after.kept();
        let mut batch = self.vault.batch().put(&kept)?;
        for set in &own {
            batch = batch.put(set)?;
        }
        for gone in before.sets().filter(|set| after.sets().all(|left| left.id != set.id)) {
            batch = batch.delete::<KeptSet>(&gone.id);
        }
        batch.commit().await?;
        Ok(made)
    }

    /// Adds a set of details. What there is becomes the first set, called `first`, where there was but one.
    ///
    /// # Errors
    /// See [`OwnDetailsError`].
    pub async fn add_detail_set(&self, name: SetName, first: SetName) -> Result<DetailSet, OwnDetailsError> {
        let new = |name| DetailSet { id: self.random_id(), name };
        let (new, first) = (new(name), new(first));
        let made = new.clone();
        self.edit_own_details(|details| details.add_set(new, first)).await?;
        Ok(made)
    }

    /// Sets a detail in each set by which one of these spaces knows the member, or where it is the same in every set.
    pub(crate) async fn set_where_spaces_know_it(
        &self,
        name: DetailName,
        value: Value,
        spaces: &[String],
    ) -> Result<(), VaultError> {
        let details = self.kept_own_details().await?;
        let known = self.known_spaces().await?;
        let mut sets: Vec<String> = Vec::new();
        for space in spaces {
            let used = details.set_for(Some(space), None, &known);
            sets.extend(used.map(|set| set.id.clone()).filter(|set| !sets.contains(set)));
        }
        let edited = self.edit_own_details(|details| {
            if sets.is_empty() || details.is_shared(name.as_str()) {
                details.set(name, value);
                return Ok(());
            }
            sets.iter().try_for_each(|set| details.set_at(name.clone(), value.clone(), Place::Set(set)))
        });
        match edited.await {
            Ok(()) | Err(OwnDetailsError::Sets(_)) => Ok(()),
            Err(OwnDetailsError::Vault(error)) => Err(error),
        }
    }
}
