//! Nothing of a space is shown for a while: neither its messages nor what it asks. Its messages are kept all the same, so that
//! they are there when the member wants to see them, and what it asks stands in the history.

use std::collections::BTreeSet;

use super::MemberApiError;
use crate::records::MutedSpace;
use crate::vault::VaultError;
use crate::wallet::Wallet;

impl Wallet {
    /// Shows nothing of the space with this DID from now on, or shows it again. The space learns nothing of it.
    ///
    /// # Errors
    /// The vault.
    pub async fn mute_space(&self, space: &str, muted: bool) -> Result<(), VaultError> {
        if !muted {
            return self.vault.batch().delete::<MutedSpace>(space).commit().await;
        }
        if self.is_muted(space).await? {
            return Ok(());
        }
        self.vault.put(&MutedSpace { space: space.to_owned(), since: self.now().seconds() }).await
    }

    /// The same for a space by its DID, host or name; gives the name.
    ///
    /// # Errors
    /// [`MemberApiError::UnknownSpace`], [`MemberApiError::SeveralSpaces`], the vault.
    pub async fn mute_space_named(&self, space: &str, muted: bool) -> Result<String, MemberApiError> {
        let space = self.space_named(space).await?;
        self.mute_space(&space.id, muted).await?;
        Ok(space.name)
    }

    /// The DIDs of the spaces that are muted.
    ///
    /// # Errors
    /// The vault.
    pub async fn muted_spaces(&self) -> Result<BTreeSet<String>, VaultError> {
        Ok(self.vault.list::<MutedSpace>().await?.into_iter().map(|muted| muted.space).collect())
    }

    pub(in crate::flows) async fn is_muted(&self, space: &str) -> Result<bool, VaultError> {
        Ok(self.vault.get::<MutedSpace>(space).await?.is_some())
    }
}
