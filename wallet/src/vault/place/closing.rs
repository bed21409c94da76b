//! The end of a vault at its place: with all that the place knew of it.

use std::path::Path;
use std::sync::PoisonError;

use store::{Range, Store};

use super::{Kind, VaultId, Vaults, host, tenant_of};
use crate::vault::claims;
use crate::vault::erasing::{begin_closing, finish_closing, is_closing};
use crate::vault::tenancy::{Listed, Unlist};
use crate::vault::{LockedVault, MARK, Vault, VaultError};

impl Vaults {
    /// Closes a vault: what opens it goes at once, then everything that was in it, then what a host knew of it. Where that is cut off,
    /// [`Self::finish_closing`] goes on.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn close(&self, id: &VaultId) -> Result<(), VaultError> {
        match &self.kind {
            Kind::Many(store) => {
                begin_closing(&tenant_of(store, id)?).await?;
                close(store, id).await
            }
            Kind::One { vault, folder } => {
                let _one_at_a_time = self.making.lock().await;
                let Some(closed) = vault.write().unwrap_or_else(PoisonError::into_inner).take() else {
                    return Ok(());
                };
                begin_closing(closed.tenant()).await?;
                finish_closing(closed.tenant()).await?;
                remove_store(folder);
                Ok(())
            }
        }
    }

    /// Goes on where a vault was being closed and that was cut off.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn finish_closing(&self) -> Result<(), VaultError> {
        match &self.kind {
            Kind::Many(store) => {
                let (host, mut range) = (host(store)?, Range::all());
                loop {
                    let page = host.list::<Listed>(range.clone(), store::MAX_PAGE).await?;
                    for listed in &page.items {
                        let Some(id) = VaultId::parse(listed.id()) else { continue };
                        if is_closing(&tenant_of(store, &id)?).await? {
                            close(store, &id).await?;
                        }
                    }
                    match page.next {
                        Some(cursor) => range = range.after(&cursor),
                        None => return Ok(()),
                    }
                }
            }
            Kind::One { vault, .. } => {
                let there = vault.read().unwrap_or_else(PoisonError::into_inner).clone();
                let Some(there) = there else { return Ok(()) };
                if !is_closing(there.tenant()).await? {
                    return Ok(());
                }
                drop(there);
                self.close(&VaultId::only()).await
            }
        }
    }
}

impl LockedVault {
    /// Closes the vault in a folder, and takes its files away: this was the last that anybody does with it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn close(self, folder: &Path) -> Result<(), VaultError> {
        begin_closing(self.tenant()).await?;
        finish_closing(self.tenant()).await?;
        drop(self);
        remove_store(folder);
        Ok(())
    }
}

impl Vault {
    /// Whether the vault in a folder was being closed, and that was cut off.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn is_half_closed(
        folder: &Path,
        environment: &environment::Environment,
    ) -> Result<bool, VaultError> {
        is_closing(LockedVault::in_folder(folder, environment)?.tenant()).await
    }
}

/// Erases what is left of a vault of a host, and then what the host knew of it.
pub(super) async fn close(store: &Store, id: &VaultId) -> Result<(), VaultError> {
    let (host, tenant) = (host(store)?, tenant_of(store, id)?);
    claims::leave_all(&host, id).await?;
    finish_closing(&tenant).await?;
    Ok(host.carry_out(&Unlist { id }).await?)
}

/// Takes the files of an empty store away: what was written lies in its log for some time otherwise. Where the system does not let
/// go of them, nothing is in there that anybody could open.
fn remove_store(folder: &Path) {
    if folder.as_os_str().is_empty() {
        return;
    }
    if let Err(error) = std::fs::remove_dir_all(folder.join(MARK)) {
        tracing::warn!(%error, "the files of a wallet that was closed could not be taken away");
    }
    // Whatever else lies there is not the wallet's.
    let _ = std::fs::remove_dir(folder);
}
