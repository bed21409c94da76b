//! The vault: everything the wallet keeps, sealed under one random key.
//!
//! The vault key is wrapped once for each way in: by the recovery code, by a passphrase (Argon2id), by passkeys, and by each session
//! for as long as it lasts (decision 0026). Records are sealed with AES-256-GCM and padded; the name a record is stored under
//! is a MAC of its logical name, so that the files show how many records of a kind there are and nothing else.

mod arriving;
mod cipher;
mod claims;
mod drill;
mod erasing;
mod header;
mod keys_of_ways;
mod known_browsers;
mod locked;
mod lost_drill;
mod making;
mod notices;
mod passkey;
mod passphrase;
mod place;
mod recovery;
mod sealed;
mod sealing_to_code;
mod sessions;
mod tenancy;
mod timeline;
mod tries;
mod unproven;
mod whole;
mod writing;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use environment::Environment;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Change, Engine, Fault, Range, Store, StoreFault, Tenant, TenantId, Tx, View};
use zeroize::Zeroizing;

pub(crate) use arriving::Brought;
pub(crate) use cipher::{
    NONCE, decrypt, decrypt_at, derive_from, encrypt, encrypt_at, expand, open_under, seal_under,
};
pub use claims::NotClaimed;
pub(crate) use drill::RecoveryTried;
pub use header::{NewWay, Secret};
#[cfg(any(test, feature = "testing"))]
pub(crate) use keys_of_ways::WRAPPED;
pub use keys_of_ways::{CodeOfBrowser, KeysOfWays, NotWrappedKeys, WrappedKeys};
pub use locked::{LockedVault, WaysIn};
pub use lost_drill::{DrillView, UsedWay};
pub use passkey::{CredentialId, NewPasskey, NotACredentialId, PasskeySecret, PasskeyView, PrfSalt};
pub(crate) use passphrase::Salt;
pub use passphrase::{Cost, Passphrase, Stretched, Stretching};
pub use place::{Named, NotAVaultName, VaultId, VaultName, Vaults};
pub use recovery::{NotARecoveryCode, RecoveryCode, RecoveryHalf};
pub(crate) use sealing_to_code::SealedToCode;
pub use sessions::{Device, JUST_OPENED, Lifetime, SessionKeys, SessionView};
pub(crate) use timeline::{About, Placed, Wanted};
pub use tries::Door;
pub use unproven::CodeShown;
pub(crate) use unproven::UnprovenCode;
pub(crate) use writing::Batch;

use cipher::VaultKey;
use header::{Header, WayChange};
use making::{Begins, CodeGiven, make};
use sealed::Sealed;

/// What a sealed record is.
pub(crate) trait Kept: Serialize + DeserializeOwned + Send {
    /// The kind, for ever.
    const KIND: &'static str;

    /// The logical name, unique within the kind.
    fn name(&self) -> String;

    /// Its place among those of its kind that are listed by time; none for kinds that are not. The moment of a record never changes.
    fn placed(&self) -> Option<Placed> {
        None
    }
}

/// Why the vault does not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The folder holds a wallet already.
    #[error("there is a wallet in {0} already; choose another folder")]
    AlreadyThere(PathBuf),
    /// The folder holds the wallets of a host.
    #[error(
        "wallets of a host are in {0}; serve them with `passport wallet serve --host`, or choose another folder"
    )]
    OfHost(PathBuf),
    /// The folder holds no wallet.
    #[error("there is no wallet in {0}; make one with `passport wallet init --store {0}`")]
    NotThere(PathBuf),
    /// The wallet that is brought along is at this host already.
    #[error("this wallet is here already; open it, and close it first to bring it along again")]
    HereAlready,
    /// A wallet was brought there, and it broke off.
    #[error("a wallet was being brought here and it broke off; bring it along again")]
    BrokenOff,
    /// The folder could not be made.
    #[error("the folder {folder} could not be made: {source}")]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store in the folder does not open.
    #[error(transparent)]
    Open(#[from] store_sled::OpenError),
    /// The store cannot answer.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// Neither this passphrase nor this recovery code opens the vault.
    #[error("this does not open the wallet; check what you typed")]
    WrongSecret,
    /// So many wrong ones were told that another try has to wait.
    #[error("this was tried too often; try again in {seconds} seconds")]
    TooManyTries {
        /// For how long.
        seconds: i64,
    },
    /// The vault has no passphrase.
    #[error("this wallet has no passphrase; open it with a passkey or the recovery code")]
    NoPassphrase,
    /// The passkey is a way in already.
    #[error("this passkey opens the wallet already")]
    PasskeyKnown,
    /// There are as many passkeys as there may be.
    #[error("this wallet has 16 passkeys; take one away that you do not use any more")]
    TooManyPasskeys,
    /// No such passkey is a way in.
    #[error("no such passkey opens this wallet")]
    NoSuchPasskey,
    /// Without it nothing but the recovery code would open the vault.
    #[error("nothing but the recovery code would open the wallet then; add another way in first")]
    LastWay,
    /// A way in that does not lead to the holder keys, which the member's browser uses; or one that does where they lie in the vault.
    #[error("this way in must lead to the keys of the wallet, which are used in the browser")]
    WithoutKeys,
    /// An empty passphrase.
    #[error("a passphrase cannot be empty")]
    EmptyPassphrase,
    /// A passphrase that is chosen is all too short.
    #[error("a passphrase has at least {} characters; better some words", Passphrase::SHORTEST)]
    ShortPassphrase,
    /// The parameters of the passphrase's derivation are not usable.
    #[error("the wallet's key derivation parameters are outside what is accepted")]
    Cost,
    /// A record does not open: it was changed or moved.
    #[error("a record of the wallet is damaged; bring back a copy of the folder")]
    Damaged,
    /// It was closed while something was still to be written.
    #[error("this wallet was closed")]
    Closed,
    /// A value has no stored form.
    #[error("a value could not be stored")]
    Unstorable,
}

impl VaultError {
    /// Whether a record, sealed, or all that was to be written at once is larger than the store takes.
    pub(crate) const fn is_too_large(&self) -> bool {
        matches!(self, Self::Store(StoreFault::TooLarge { .. }))
    }
}

/// An unlocked vault.
pub struct Vault {
    key: VaultKey,
    tenant: Tenant,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Vault")
    }
}

const TENANT: &str = "wallet";

impl Vault {
    /// Looks whether `folder` holds a vault, so that nobody types a secret in vain.
    ///
    /// # Errors
    /// [`VaultError::NotThere`].
    pub fn look_for(folder: &Path) -> Result<(), VaultError> {
        if folder.join(MARK).is_dir() { Ok(()) } else { Err(VaultError::NotThere(folder.to_owned())) }
    }

    /// Looks whether a vault can be made in `folder`, likewise.
    ///
    /// # Errors
    /// [`VaultError::AlreadyThere`], [`VaultError::OfHost`].
    pub fn look_for_room(folder: &Path) -> Result<(), VaultError> {
        if folder.join(MARK).exists() {
            return Err(VaultError::AlreadyThere(folder.to_owned()));
        }
        if folder.join(WALLETS).exists() { Err(VaultError::OfHost(folder.to_owned())) } else { Ok(()) }
    }

    const fn of(key: VaultKey, tenant: Tenant) -> Self {
        Self { key, tenant }
    }

    /// Makes a vault in a new folder. The recovery code is not kept anywhere: show it once.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn create(
        folder: &Path,
        first: &NewWay<'_>,
        environment: &Environment,
    ) -> Result<(Self, RecoveryCode), VaultError> {
        Self::create_on(new_engine(folder)?, first, environment).await
    }

    /// Makes a vault in a new folder for the recovery code of a wallet that is lost, so that one code opens this one too.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn create_with_code(
        folder: &Path,
        first: &NewWay<'_>,
        code: &RecoveryCode,
        environment: &Environment,
    ) -> Result<Self, VaultError> {
        Self::create_on_with_code(new_engine(folder)?, first, code, environment).await
    }

    /// Opens the vault in `folder`. A wrong secret costs as much work as the right one.
    ///
    /// # Errors
    /// [`VaultError::WrongSecret`] and others.
    pub async fn open(
        folder: &Path,
        secret: Secret<'_>,
        environment: &Environment,
    ) -> Result<Self, VaultError> {
        LockedVault::in_folder(folder, environment)?.unlock(secret).await
    }

    /// Makes a vault on an engine that is empty, for wallets that live elsewhere than in a folder and for tests.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn create_on(
        engine: Arc<dyn Engine>,
        first: &NewWay<'_>,
        environment: &Environment,
    ) -> Result<(Self, RecoveryCode), VaultError> {
        let code = RecoveryCode::generate(environment.randomness());
        let vault =
            make(tenant(engine, environment)?, first, CodeGiven::Here(&code), Begins::Written).await?;
        Ok((vault, code))
    }

    /// The same with a recovery code that is there already.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn create_on_with_code(
        engine: Arc<dyn Engine>,
        first: &NewWay<'_>,
        code: &RecoveryCode,
        environment: &Environment,
    ) -> Result<Self, VaultError> {
        let code = CodeGiven::Here(code);
        make(tenant(engine, environment)?, first, code, Begins::WithCodeOfBefore).await
    }

    /// Adds a way in; a passphrase takes the place of the one there was.
    ///
    /// # Errors
    /// [`VaultError::PasskeyKnown`], [`VaultError::TooManyPasskeys`] and others.
    pub async fn add_way(&self, way: &NewWay<'_>) -> Result<(), VaultError> {
        let prepared = way.prepared(&self.key, self.tenant.environment()).await?;
        self.change_ways(prepared).await
    }

    /// Takes the passphrase away.
    ///
    /// # Errors
    /// [`VaultError::LastWay`], [`VaultError::NoPassphrase`] and others.
    pub async fn remove_passphrase(&self) -> Result<(), VaultError> {
        self.change_ways(WayChange::NoPassphrase).await
    }

    /// Takes a passkey away.
    ///
    /// # Errors
    /// [`VaultError::LastWay`], [`VaultError::NoSuchPasskey`] and others.
    pub async fn remove_passkey(&self, credential: &CredentialId) -> Result<(), VaultError> {
        self.change_ways(WayChange::NoPasskey(credential.clone())).await
    }

    /// The passkeys, in the order in which they were added.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn passkeys(&self) -> Result<Vec<PasskeyView>, VaultError> {
        let header = self.locked().header().await?;
        header.passkeys().iter().map(|way| way.view(&self.key)).collect()
    }

    async fn change_ways(&self, change: WayChange) -> Result<(), VaultError> {
        self.tenant.commit(&ChangeWays { change }).await.map_err(|fault| match fault {
            Fault::Refused(error) => error,
            Fault::Store(fault) => fault.into(),
        })
    }

    /// The same vault, as it is before it is opened.
    #[must_use]
    pub fn locked(&self) -> LockedVault {
        LockedVault::of(self.tenant.clone())
    }

    /// Whether this is the vault's recovery code.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn is_opened_by(&self, code: &RecoveryCode) -> Result<bool, VaultError> {
        self.is_opened_by_half(&code.half()).await
    }

    /// The same for what a browser made of the code.
    pub(crate) async fn is_opened_by_half(&self, half: &RecoveryHalf) -> Result<bool, VaultError> {
        match self.locked().header().await?.open(&Secret::RecoveryHalf(half)).await {
            Ok(_) => Ok(true),
            Err(VaultError::WrongSecret) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A secret of the vault for one purpose; it never changes.
    pub(crate) fn derived(&self, purpose: &str) -> Box<Zeroizing<[u8; 32]>> {
        self.key.derive(purpose)
    }

    /// The key itself, for tests that look for it where it must not be.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn key_bytes(&self) -> [u8; 32] {
        self.key.bytes()
    }

    pub(crate) async fn get<T: Kept>(&self, name: &str) -> Result<Option<T>, VaultError> {
        let id = self.key.identifier(T::KIND, name);
        let found = self.tenant.read(&ReadOne { id: &id }).await?;
        found.map(|sealed| self.unseal(&sealed)).transpose()
    }

    pub(crate) async fn list<T: Kept>(&self) -> Result<Vec<T>, VaultError> {
        let prefix = self.key.kind_prefix(T::KIND);
        let found = self.tenant.read(&ReadKind { prefix: &prefix }).await?;
        found.iter().map(|sealed| self.unseal(sealed)).collect()
    }

    pub(crate) const fn batch(&self) -> Batch<'_> {
        Batch::new(self)
    }

    /// The clock and the randomness of the store.
    pub(crate) fn environment(&self) -> &Environment {
        self.tenant.environment()
    }

    pub(crate) async fn put<T: Kept>(&self, record: &T) -> Result<(), VaultError> {
        self.batch().put(record)?.commit().await
    }

    fn unseal<T: Kept>(&self, sealed: &Sealed) -> Result<T, VaultError> {
        let plain = self.key.open(sealed.id(), sealed.data())?;
        serde_json::from_slice(&plain).map_err(|_| VaultError::Damaged)
    }
}

/// The folder inside the wallet's folder in which the store lies.
const MARK: &str = "vault";
/// That in which the wallets of a host lie.
const WALLETS: &str = "wallets";

fn tenant(engine: Arc<dyn Engine>, environment: &Environment) -> Result<Tenant, VaultError> {
    let name = TenantId::new(TENANT).map_err(|_| VaultError::Unstorable)?;
    Ok(Store::new(engine, environment.clone()).tenant(&name))
}

fn existing(folder: &Path) -> Result<Arc<dyn Engine>, VaultError> {
    Vault::look_for(folder)?;
    Ok(Arc::new(store_sled::Sled::open(&folder.join(MARK))?))
}

fn new_engine(folder: &Path) -> Result<Arc<dyn Engine>, VaultError> {
    Vault::look_for_room(folder)?;
    private_folder(folder)?;
    Ok(Arc::new(store_sled::Sled::open(&folder.join(MARK))?))
}

/// The engine of a folder in which nothing is yet, or something that broke off.
fn engine_for_arriving(folder: &Path) -> Result<Arc<dyn Engine>, VaultError> {
    if Vault::look_for(folder).is_ok() { existing(folder) } else { new_engine(folder) }
}

fn private_folder(folder: &Path) -> Result<(), VaultError> {
    let failed = |source| VaultError::Folder { folder: folder.to_owned(), source };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    #[cfg(unix)]
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700)).map_err(failed)?;
    Ok(())
}

struct ChangeWays {
    change: WayChange,
}

impl Change for ChangeWays {
    const NAME: &'static str = "wallet-ways-in";
    type Output = ();
    type Refusal = VaultError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<VaultError>> {
        let header = tx.get::<Header>(header::KEY).await?.ok_or(Fault::Refused(VaultError::Damaged))?;
        let changed = header.changed(self.change.clone()).map_err(Fault::Refused)?;
        Ok(tx.put(&changed).await?)
    }
}

struct ReadOne<'a> {
    id: &'a str,
}

impl View for ReadOne<'_> {
    const NAME: &'static str = "wallet-record";
    type Output = Option<Sealed>;

    async fn read(&self, reader: &mut store::Reader) -> Result<Option<Sealed>, StoreFault> {
        reader.get::<Sealed>(self.id).await
    }
}

struct ReadKind<'a> {
    prefix: &'a str,
}

impl View for ReadKind<'_> {
    const NAME: &'static str = "wallet-records";
    type Output = Vec<Sealed>;

    async fn read(&self, reader: &mut store::Reader) -> Result<Vec<Sealed>, StoreFault> {
        let mut all = Vec::new();
        let mut range = Range::text_prefix(self.prefix);
        loop {
            let page = reader.list::<Sealed>(range.clone(), store::MAX_PAGE).await?;
            all.extend(page.items);
            match page.next {
                Some(cursor) => range = range.after(&cursor),
                None => return Ok(all),
            }
        }
    }
}

#[cfg(test)]
mod tests;
