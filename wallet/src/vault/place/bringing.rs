//! A vault that is brought along, as a new one of its place.

use std::path::Path;

use environment::Environment;

use super::{Kind, VaultId, VaultName, Vaults, host, tenant_of};
use crate::carrying::WalletFile;
use crate::vault::arriving::arrive;
use crate::vault::claims::{self, Claim};
use crate::vault::header::NewWay;
use crate::vault::tenancy::list;
use crate::vault::{Vault, VaultError, engine_for_arriving, tenant};

impl Vaults {
    /// Makes a vault of what was brought along; all of it or none. Its recovery code stays the one it had. The same wallet twice at one
    /// host would show the same copies twice, and each would know nothing of what the other does.
    ///
    /// # Errors
    /// [`VaultError::AlreadyThere`], [`VaultError::HereAlready`], and those of the store.
    pub async fn bring(
        &self,
        id: &VaultId,
        first: &NewWay<'_>,
        name: Option<&VaultName>,
        file: &WalletFile,
    ) -> Result<Vault, VaultError> {
        let _one_at_a_time = self.making.lock().await;
        let code = file.sealed_to_code();
        let (tenant, at_host) = match &self.kind {
            Kind::One { vault, folder } => (self.room(vault, folder)?, None),
            Kind::Many(store) => {
                if self.keeps_already(file, id).await? {
                    return Err(VaultError::HereAlready);
                }
                list(&host(store)?, id).await?;
                (tenant_of(store, id)?, Some(name))
            }
        };
        let vault = arrive(tenant, first, (code, file.keys_by_code()), file.records(), at_host).await?;
        if let Kind::Many(store) = &self.kind {
            let _ = claims::take(&host(store)?, &Claim::of_locator(code), id, None).await;
        }
        Ok(vault)
    }

    /// Whether a host has another vault than this one with the recovery code of what is brought along: it is the same wallet, whenever
    /// the file was written.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn keeps_already(&self, file: &WalletFile, id: &VaultId) -> Result<bool, VaultError> {
        let Kind::Many(store) = &self.kind else { return Ok(false) };
        let holder = claims::holder(&host(store)?, &Claim::of_locator(file.sealed_to_code())).await?;
        match holder.and_then(|holder| VaultId::parse(holder.vault())) {
            Some(holder) if holder != *id => Ok(self.find(&holder).await?.is_some()),
            _ => Ok(false),
        }
    }
}

impl Vault {
    /// Makes a vault in a new folder of what was brought along; all of it or none. In a folder in which that was begun and broke off, it
    /// begins anew.
    ///
    /// # Errors
    /// [`VaultError::AlreadyThere`], and those of the store.
    pub async fn bring(
        folder: &Path,
        first: &NewWay<'_>,
        file: &WalletFile,
        environment: &Environment,
    ) -> Result<Self, VaultError> {
        let tenant = tenant(engine_for_arriving(folder)?, environment)?;
        arrive(tenant, first, (file.sealed_to_code(), None), file.records(), None).await.map_err(|error| {
            match error {
                VaultError::AlreadyThere(_) => VaultError::AlreadyThere(folder.to_owned()),
                error => error,
            }
        })
    }
}
