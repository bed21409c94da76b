//! Where vaults lie: one in a folder of its own, or as many as a host keeps, each a tenant of one store that shares nothing with
//! another (decision 0027).

mod bringing;
mod closing;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use environment::{Environment, Randomness};
use jose::base64url;
use store::{Engine, Range, Store, Swept, Tenant, TenantId};

use super::claims::{self, Claim, NotClaimed};
use super::erasing::{erase_records, is_closing};
use super::header::NewWay;
use super::keys_of_ways::{CodeOfBrowser, LONGEST_SEALED_CODE};
use super::locked::LockedVault;
use super::making::{Begins, CodeGiven, make};
use super::tenancy::{Listed, RemoveUnused, Unlist, list};
use super::{
    Cost, MARK, Passphrase, RecoveryCode, RecoveryHalf, Stretched, TENANT, Vault, VaultError, WALLETS,
    new_engine, private_folder,
};

/// The tenant in which a host keeps what it knows of its vaults.
const HOST: &str = "host";
/// What the tenants are called in which it is counted how often a name was tried, whether anybody has it or not.
const NAMED: &str = "named";

/// Which vault of a place: a random name, which tells nothing of its owner and opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VaultId(String);

impl VaultId {
    /// A new one.
    #[must_use]
    pub fn fresh(randomness: &dyn Randomness) -> Self {
        Self(base64url::encode(randomness.bytes::<16>()))
    }

    /// Reads one as [`Self::as_str`] writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        base64url::decode_exact::<16>(text).ok().map(|bytes| Self(base64url::encode(bytes)))
    }

    /// The vault of a place that holds one. No text is read as this.
    #[must_use]
    pub fn only() -> Self {
        Self(TENANT.to_owned())
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an owner calls their vault at a host, to find it from another browser by typing. Case, and spaces around it, do not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultName(String);

/// The text is no name of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 3 to 60 letters and digits and no spaces")]
pub struct NotAVaultName;

impl VaultName {
    /// Reads a name as it is typed.
    ///
    /// # Errors
    /// [`NotAVaultName`].
    pub fn parse(text: &str) -> Result<Self, NotAVaultName> {
        let name = text.trim().to_lowercase();
        let is_plain =
            |symbol: char| symbol.is_alphanumeric() || matches!(symbol, '.' | '-' | '_' | '+' | '@');
        let fits = (3..=60).contains(&name.chars().count());
        if fits && name.chars().all(is_plain) { Ok(Self(name)) } else { Err(NotAVaultName) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a name that was typed leads to.
#[derive(Debug)]
pub struct Named {
    /// The vault of this name; none where nobody has it.
    pub id: Option<VaultId>,
    /// That vault, or one that is not there, and never opens.
    pub vault: LockedVault,
    /// Where the tries are counted. It is no vault's own door: who knows no more than a name keeps nobody out who stands there.
    door: LockedVault,
}

impl Named {
    /// Opens the vault for somebody who only says whose it is, and must not learn whether there is such a vault: a try at one that is
    /// not there, or has no passphrase, is as much work (`usual`), is slowed alike and answered alike.
    ///
    /// # Errors
    /// [`VaultError::TooManyTries`], [`VaultError::WrongSecret`] and others.
    pub async fn unlock(&self, passphrase: &Passphrase, usual: Cost) -> Result<Vault, VaultError> {
        self.vault.unlock_by_hearsay(&self.door, passphrase, usual).await
    }

    /// The same for what the browser made of the passphrase.
    ///
    /// # Errors
    /// As [`Self::unlock`].
    pub async fn unlock_with(&self, stretched: &Stretched) -> Result<Vault, VaultError> {
        self.vault.unlock_by_hearsay_with(&self.door, stretched).await
    }
}

/// Where vaults lie.
pub struct Vaults {
    kind: Kind,
    environment: Environment,
    /// One is made at a time, so that no two are made in one folder.
    making: tokio::sync::Mutex<()>,
}

enum Kind {
    /// One vault. Where there is none yet, it will lie in this folder.
    One { vault: RwLock<Option<LockedVault>>, folder: PathBuf },
    /// As many as there are.
    Many(Store),
}

impl std::fmt::Debug for Vaults {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Vaults")
    }
}

impl Vaults {
    /// The vault in a folder. Where there is none yet, nothing is touched before one is made.
    ///
    /// # Errors
    /// [`VaultError::OfHost`], and those of the store.
    pub fn in_folder(folder: &Path, environment: &Environment) -> Result<Self, VaultError> {
        let vault = if Vault::look_for(folder).is_ok() {
            Some(LockedVault::in_folder(folder, environment)?)
        } else {
            Vault::look_for_room(folder)?;
            None
        };
        Ok(Self::on(Kind::One { vault: RwLock::new(vault), folder: folder.to_owned() }, environment))
    }

    /// A place that holds this vault and never another.
    #[must_use]
    pub fn of(vault: LockedVault, environment: &Environment) -> Self {
        Self::on(Kind::One { vault: RwLock::new(Some(vault)), folder: PathBuf::new() }, environment)
    }

    /// The vaults of a host, in a folder of their own.
    ///
    /// # Errors
    /// [`VaultError::AlreadyThere`] where one member's vault lies in that folder, and those of the store.
    pub fn of_host(folder: &Path, environment: &Environment) -> Result<Self, VaultError> {
        if folder.join(MARK).exists() {
            return Err(VaultError::AlreadyThere(folder.to_owned()));
        }
        private_folder(folder)?;
        let engine = store_sled::Sled::open(&folder.join(WALLETS))?;
        Ok(Self::of_host_on(Arc::new(engine), environment))
    }

    /// The vaults of a host on an engine.
    #[must_use]
    pub fn of_host_on(engine: Arc<dyn Engine>, environment: &Environment) -> Self {
        Self::on(Kind::Many(Store::new(engine, environment.clone())), environment)
    }

    fn on(kind: Kind, environment: &Environment) -> Self {
        Self { kind, environment: environment.clone(), making: tokio::sync::Mutex::default() }
    }

    /// Whether there are as many vaults as there are members, and not one.
    #[must_use]
    pub const fn are_many(&self) -> bool {
        matches!(self.kind, Kind::Many(_))
    }

    /// This vault; none where it is not there.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn find(&self, id: &VaultId) -> Result<Option<LockedVault>, VaultError> {
        let vault = match &self.kind {
            Kind::One { vault, .. } => here(vault),
            Kind::Many(store) => Some(LockedVault::of(tenant_of(store, id)?)),
        };
        match vault {
            Some(vault) if vault.is_there().await? => Ok(Some(vault)),
            _ => Ok(None),
        }
    }

    /// Makes a vault. Its recovery code is in it until its owner has tried it ([`Vault::show_recovery_code`]).
    ///
    /// # Errors
    /// [`VaultError::AlreadyThere`], and those of the store.
    pub async fn make(
        &self,
        id: &VaultId,
        first: &NewWay<'_>,
        name: Option<&VaultName>,
    ) -> Result<Vault, VaultError> {
        let code = RecoveryCode::generate(self.environment.randomness());
        self.make_with(id, first, name, CodeGiven::Here(&code)).await
    }

    /// Makes a vault whose holder keys the member's browser holds; it has made the recovery code, too.
    ///
    /// # Errors
    /// [`VaultError::AlreadyThere`], [`VaultError::WithoutKeys`], and those of the store.
    pub async fn make_for_browser(
        &self,
        id: &VaultId,
        first: &NewWay<'_>,
        name: Option<&VaultName>,
        code: &CodeOfBrowser,
    ) -> Result<Vault, VaultError> {
        if code.sealed.len() > LONGEST_SEALED_CODE {
            return Err(VaultError::Unstorable);
        }
        self.make_with(id, first, name, CodeGiven::OfBrowser(code)).await
    }

    async fn make_with(
        &self,
        id: &VaultId,
        first: &NewWay<'_>,
        name: Option<&VaultName>,
        code: CodeGiven<'_>,
    ) -> Result<Vault, VaultError> {
        let _one_at_a_time = self.making.lock().await;
        let (tenant, begins) = match &self.kind {
            Kind::One { vault, folder } => (self.room(vault, folder)?, Begins::Unwritten(None)),
            Kind::Many(store) => {
                let host_tenant = host(store)?;
                list(&host_tenant, id).await?;
                // Nobody else has a code of 160 random bits; if somebody did, this one would not find its vault by it.
                let _ = claims::take(&host_tenant, &Claim::of_code(&code.half().0), id, None).await;
                (tenant_of(store, id)?, Begins::Unwritten(Some(name)))
            }
        };
        make(tenant, first, code, begins).await
    }

    /// Room for the one vault.
    fn room(&self, vault: &RwLock<Option<LockedVault>>, folder: &Path) -> Result<Tenant, VaultError> {
        if let Some(vault) = here(vault) {
            return Ok(vault.tenant().clone());
        }
        let new = LockedVault::on(new_engine(folder)?, &self.environment)?;
        let tenant = new.tenant().clone();
        *vault.write().unwrap_or_else(PoisonError::into_inner) = Some(new);
        Ok(tenant)
    }

    /// Takes a name for a vault, which has it from then on; again is no more.
    ///
    /// # Errors
    /// [`NotClaimed::Taken`], and those of the store.
    pub async fn claim_name(&self, name: &VaultName, id: &VaultId) -> Result<(), NotClaimed> {
        self.claim(&Claim::of_name(name), id).await
    }

    /// Takes an invitation for a vault, likewise.
    ///
    /// # Errors
    /// [`NotClaimed::Taken`], and those of the store.
    pub async fn claim_invitation(&self, code: &str, id: &VaultId) -> Result<(), NotClaimed> {
        self.claim(&Claim::of_invitation(code), id).await
    }

    async fn claim(&self, key: &str, id: &VaultId) -> Result<(), NotClaimed> {
        let Kind::Many(store) = &self.kind else { return Ok(()) };
        let host_tenant = host(store)?;
        // Whoever took it and made nothing with it has it for a while only.
        let free = match claims::holder(&host_tenant, key).await? {
            Some(holder) if holder.may_be_gone(self.environment.now()) => {
                let gone = match VaultId::parse(holder.vault()) {
                    Some(id) => self.find(&id).await?.is_none(),
                    None => true,
                };
                gone.then(|| holder.vault().to_owned())
            }
            _ => None,
        };
        claims::take(&host_tenant, key, id, free).await
    }

    /// Gives a vault the name by which its owner finds it here, in the place of another.
    ///
    /// # Errors
    /// [`NotClaimed::Taken`], and those of the store.
    pub async fn name(&self, id: &VaultId, vault: &Vault, name: &VaultName) -> Result<(), NotClaimed> {
        let Kind::Many(store) = &self.kind else { return Ok(()) };
        let before = vault.called_here().await?;
        self.claim_name(name, id).await?;
        vault.is_called_here(name).await?;
        if let Some(before) = before.and_then(|before| VaultName::parse(&before).ok()).filter(|it| it != name)
        {
            claims::leave(&host(store)?, &Claim::of_name(&before), id).await?;
        }
        Ok(())
    }

    /// What this name leads to. Nobody learns from it whether there is such a vault.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn named(&self, name: &VaultName) -> Result<Named, VaultError> {
        let store = match &self.kind {
            Kind::One { vault, folder } => {
                let vault = here(vault).ok_or_else(|| VaultError::NotThere(folder.clone()))?;
                return Ok(Named { id: Some(VaultId::only()), door: vault.clone(), vault });
            }
            Kind::Many(store) => store,
        };
        let key = Claim::of_name(name);
        let holder = claims::holder(&host(store)?, &key).await?;
        let id = holder.and_then(|holder| VaultId::parse(holder.vault()));
        let door = tenant_named(store, &format!("{NAMED}.{}", key.rsplit('/').next().unwrap_or_default()))?;
        // Nothing else is in there, so that there is no vault.
        let tenant = match &id {
            Some(id) => tenant_of(store, id)?,
            None => door.clone(),
        };
        Ok(Named { id, vault: LockedVault::of(tenant), door: LockedVault::of(door) })
    }

    /// The vault of which this is the recovery code, for whoever has nothing else; none where nobody can tell.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn of_recovery_code(&self, code: &RecoveryHalf) -> Result<Option<VaultId>, VaultError> {
        let Kind::Many(store) = &self.kind else { return Ok(Some(VaultId::only())) };
        let holder = claims::holder(&host(store)?, &Claim::of_code(code)).await?;
        Ok(holder.and_then(|holder| VaultId::parse(holder.vault())))
    }

    /// Removes the vaults in which nothing ever was, and which nobody has opened for 30 days; how many.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn remove_unused(&self) -> Result<u32, VaultError> {
        let Kind::Many(store) = &self.kind else { return Ok(0) };
        let host_tenant = host(store)?;
        let (mut removed, mut range) = (0_u32, Range::all());
        loop {
            let page = host_tenant.list::<Listed>(range.clone(), store::MAX_PAGE).await?;
            for listed in &page.items {
                let Some(id) = VaultId::parse(listed.id()) else { continue };
                let tenant = tenant_of(store, &id)?;
                if is_closing(&tenant).await? {
                    closing::close(store, &id).await?;
                } else if tenant.carry_out(&RemoveUnused::at(self.environment.now(), listed)).await? {
                    // What was brought along and broke off has no vault.
                    erase_records(&tenant).await?;
                    host_tenant.carry_out(&Unlist { id: &id }).await?;
                    removed = removed.saturating_add(1);
                }
            }
            match page.next {
                Some(cursor) => range = range.after(&cursor),
                None => return Ok(removed),
            }
        }
    }

    /// Frees the space of what has expired: sessions that have ended and tries that are forgotten.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sweep(&self) -> Result<Swept, VaultError> {
        let store = match &self.kind {
            Kind::One { vault, .. } => here(vault).map(|vault| vault.tenant().store().clone()),
            Kind::Many(store) => Some(store.clone()),
        };
        match store {
            Some(store) => Ok(store.sweep().await?),
            None => Ok(Swept::default()),
        }
    }

    /// Where jobs lie that are about any of the vaults; none where there is no vault yet.
    pub(crate) fn tenant_of_jobs(&self) -> Result<Option<Tenant>, VaultError> {
        match &self.kind {
            Kind::One { vault, .. } => {
                let there = vault.read().unwrap_or_else(PoisonError::into_inner);
                Ok(there.as_ref().map(|vault| vault.tenant().clone()))
            }
            Kind::Many(store) => host(store).map(Some),
        }
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn answers(&self) -> Result<(), VaultError> {
        self.find(&VaultId::only()).await.map(drop)
    }
}

fn here(vault: &RwLock<Option<LockedVault>>) -> Option<LockedVault> {
    vault.read().unwrap_or_else(PoisonError::into_inner).clone()
}

fn host(store: &Store) -> Result<Tenant, VaultError> {
    tenant_named(store, HOST)
}

fn tenant_of(store: &Store, id: &VaultId) -> Result<Tenant, VaultError> {
    tenant_named(store, &format!("{TENANT}.{}", id.as_str()))
}

fn tenant_named(store: &Store, name: &str) -> Result<Tenant, VaultError> {
    let name = TenantId::new(name).map_err(|_| VaultError::Unstorable)?;
    Ok(store.tenant(&name))
}
