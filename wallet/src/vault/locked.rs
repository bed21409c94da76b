//! A vault that is locked: what can be told of it, and how it is opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use environment::Environment;
use store::{Engine, Fault, StoreFault, Tenant, View};

use super::arriving::Arriving;
use super::header::{self, Header, Secret};
use super::passkey::{ByPasskey, CredentialId, PrfSalt};
use super::passphrase::{Cost, Salt, Stretched, Stretching};
use super::tries::{BeginTry, Door, EndTries};
use super::{Passphrase, Vault, VaultError, existing, tenant};

/// A vault that is not opened, or is opened elsewhere in this process.
#[derive(Clone)]
pub struct LockedVault {
    tenant: Tenant,
}

impl std::fmt::Debug for LockedVault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("LockedVault")
    }
}

/// The ways in, as far as whoever stands before the door has to know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaysIn {
    /// Whether there is a passphrase.
    pub passphrase: bool,
    /// The passkeys, each with the salt that it is used with.
    pub passkeys: Vec<(CredentialId, PrfSalt)>,
    /// How the passphrase is stretched.
    pub stretching: Option<Stretching>,
    /// Whether the holder keys are the browser's to use.
    pub keys_are_elsewhere: bool,
}

impl LockedVault {
    /// The vault in `folder`.
    ///
    /// # Errors
    /// [`VaultError::NotThere`], and those of the store.
    pub fn in_folder(folder: &Path, environment: &Environment) -> Result<Self, VaultError> {
        Self::on(existing(folder)?, environment)
    }

    /// The vault on an engine.
    ///
    /// # Errors
    /// Those of the store.
    pub fn on(engine: Arc<dyn Engine>, environment: &Environment) -> Result<Self, VaultError> {
        Ok(Self { tenant: tenant(engine, environment)? })
    }

    pub(super) const fn of(tenant: Tenant) -> Self {
        Self { tenant }
    }

    pub(super) const fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The ways in.
    ///
    /// # Errors
    /// [`VaultError::NotThere`], and those of the store.
    pub async fn ways_in(&self) -> Result<WaysIn, VaultError> {
        let header = self.header().await?;
        let passkeys = header.passkeys().iter().map(ByPasskey::asked).collect();
        Ok(WaysIn {
            passphrase: header.has_passphrase(),
            passkeys,
            stretching: header.stretching(),
            keys_are_elsewhere: header.keys_are_elsewhere(),
        })
    }

    /// Opens it. A wrong passphrase costs as much work as the right one, and no try waits for another: for callers who stand
    /// before the machine itself.
    ///
    /// # Errors
    /// [`VaultError::WrongSecret`] and others.
    pub async fn unlock(&self, secret: Secret<'_>) -> Result<Vault, VaultError> {
        let key = self.header().await?.open(&secret).await?;
        Ok(Vault::of(key, self.tenant.clone()))
    }

    /// Opens it for somebody who can try as often as a page can be sent: after some wrong passphrases each try waits longer.
    ///
    /// # Errors
    /// [`VaultError::TooManyTries`], [`VaultError::WrongSecret`] and others.
    pub async fn unlock_at_the_door(&self, passphrase: &Passphrase) -> Result<Vault, VaultError> {
        self.unlock_at(&Door::default(), passphrase).await
    }

    /// The same for somebody of whom it is known at which door they stand.
    ///
    /// # Errors
    /// As [`Self::unlock_at_the_door`].
    pub async fn unlock_at(&self, door: &Door, passphrase: &Passphrase) -> Result<Vault, VaultError> {
        self.at_the_door(door, Secret::Passphrase(passphrase)).await
    }

    /// The same for what a browser made of the passphrase.
    ///
    /// # Errors
    /// As [`Self::unlock_at_the_door`].
    pub async fn unlock_at_the_door_by(&self, stretched: &Stretched) -> Result<Vault, VaultError> {
        self.at_the_door(&Door::default(), Secret::Stretched(stretched)).await
    }

    async fn at_the_door(&self, door: &Door, secret: Secret<'_>) -> Result<Vault, VaultError> {
        self.begin_try(door).await?;
        let vault = self.unlock(secret).await?;
        self.tenant.carry_out(&EndTries { door }).await?;
        Ok(vault)
    }

    /// The same for what the browser made of the passphrase of somebody who only says whose vault it is: the work was done there, in
    /// each case alike. The tries are counted at `door`, so that they slow nobody who tries in a browser that knows the vault.
    pub(super) async fn unlock_by_hearsay_with(
        &self,
        door: &Self,
        stretched: &Stretched,
    ) -> Result<Vault, VaultError> {
        door.begin_try(&Door::default()).await?;
        let header = self.tenant.read(&ReadHeader).await?;
        if header.is_some_and(|header| header.has_passphrase()) {
            let vault = self.unlock(Secret::Stretched(stretched)).await?;
            door.tenant.carry_out(&EndTries { door: &Door::default() }).await?;
            return Ok(vault);
        }
        Err(VaultError::WrongSecret)
    }

    /// As [`Self::unlock_by_hearsay_with`], of a passphrase that is stretched here: as much work where there is none.
    pub(super) async fn unlock_by_hearsay(
        &self,
        door: &Self,
        passphrase: &Passphrase,
        usual: Cost,
    ) -> Result<Vault, VaultError> {
        door.begin_try(&Door::default()).await?;
        let header = self.tenant.read(&ReadHeader).await?;
        if header.is_some_and(|header| header.has_passphrase()) {
            let vault = self.unlock(Secret::Passphrase(passphrase)).await?;
            door.tenant.carry_out(&EndTries { door: &Door::default() }).await?;
            return Ok(vault);
        }
        let salt = Salt::generate(self.tenant.environment().randomness());
        passphrase.stretched(&salt, usual).await?;
        Err(VaultError::WrongSecret)
    }

    async fn begin_try(&self, door: &Door) -> Result<(), VaultError> {
        let now = self.tenant.environment().now().seconds();
        self.tenant.commit(&BeginTry { now, door }).await.map_err(|fault| match fault {
            Fault::Refused(seconds) => VaultError::TooManyTries { seconds },
            Fault::Store(fault) => fault.into(),
        })
    }

    /// Whether there is such a vault.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn is_there(&self) -> Result<bool, VaultError> {
        Ok(self.tenant.read(&ReadHeader).await?.is_some())
    }

    pub(super) async fn header(&self) -> Result<Header, VaultError> {
        if let Some(header) = self.tenant.read(&ReadHeader).await? {
            return Ok(header);
        }
        match self.tenant.get::<Arriving>(Arriving::KEY).await? {
            Some(_) => Err(VaultError::BrokenOff),
            None => Err(VaultError::NotThere(PathBuf::from("this store"))),
        }
    }
}

struct ReadHeader;

impl View for ReadHeader {
    const NAME: &'static str = "wallet-header";
    type Output = Option<Header>;

    async fn read(&self, reader: &mut store::Reader) -> Result<Option<Header>, StoreFault> {
        reader.get::<Header>(header::KEY).await
    }
}
