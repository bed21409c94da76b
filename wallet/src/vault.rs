//! The vault: everything the wallet keeps, sealed under one random key.
//!
//! The vault key is wrapped twice, by the passphrase (Argon2id) and by the recovery code. Records are sealed with
//! AES-256-GCM and padded; the name a record is stored under is a MAC of its logical name, so that the files
//! show how many records of a kind there are and nothing else.

mod cipher;
mod header;
mod passphrase;
mod recovery;
mod sealed;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use environment::{Environment, Randomness};
use jose::Signer;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Change, Engine, Fault, Range, Store, StoreFault, Tenant, TenantId, Tx, View};
use zeroize::Zeroizing;

pub use passphrase::{Cost, Passphrase};
pub use recovery::{NotARecoveryCode, RecoveryCode};

use crate::records::RecoveryCommitment;
use cipher::VaultKey;
use header::Header;
use sealed::Sealed;

/// What a sealed record is.
pub(crate) trait Kept: Serialize + DeserializeOwned + Send {
    /// The kind, for ever.
    const KIND: &'static str;

    /// The logical name, unique within the kind.
    fn name(&self) -> String;
}

/// Why the vault does not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The folder holds a wallet already.
    #[error("there is a wallet in {0} already; choose another folder")]
    AlreadyThere(PathBuf),
    /// The folder holds no wallet.
    #[error("there is no wallet in {0}; make one with `passport wallet init --store {0}`")]
    NotThere(PathBuf),
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
    /// An empty passphrase.
    #[error("a passphrase cannot be empty")]
    EmptyPassphrase,
    /// The parameters of the passphrase's derivation are not usable.
    #[error("the wallet's key derivation parameters are outside what is accepted")]
    Cost,
    /// A record does not open: it was changed or moved.
    #[error("a record of the wallet is damaged; bring back a copy of the folder")]
    Damaged,
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
    header: Header,
    tenant: Tenant,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Vault")
    }
}

const TENANT: &str = "wallet";
/// The recovery key that signs the second entry of the member's DID log.
const FIRST_RECOVERY_KEY: u32 = 1;

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
    /// [`VaultError::AlreadyThere`].
    pub fn look_for_room(folder: &Path) -> Result<(), VaultError> {
        if folder.join(MARK).exists() { Err(VaultError::AlreadyThere(folder.to_owned())) } else { Ok(()) }
    }

    /// Makes a vault in a new folder. The recovery code is not kept anywhere: show it once.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn create(
        folder: &Path,
        passphrase: &Passphrase,
        cost: Cost,
        environment: &Environment,
    ) -> Result<(Self, RecoveryCode), VaultError> {
        Self::create_on(new_engine(folder)?, passphrase, cost, environment).await
    }

    /// Makes a vault in a new folder for the recovery code of a wallet that is lost, so that one code opens this one too.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn create_with_code(
        folder: &Path,
        passphrase: &Passphrase,
        cost: Cost,
        code: &RecoveryCode,
        environment: &Environment,
    ) -> Result<Self, VaultError> {
        Self::create_on_with_code(new_engine(folder)?, passphrase, cost, code, environment).await
    }

    /// Opens the vault in `folder`. A wrong passphrase costs as much work as the right one.
    ///
    /// # Errors
    /// [`VaultError::WrongSecret`] and others.
    pub async fn open(
        folder: &Path,
        passphrase: &Passphrase,
        environment: &Environment,
    ) -> Result<Self, VaultError> {
        let engine = existing(folder)?;
        Self::open_on(engine, environment, |header| header.open_with_passphrase(passphrase)).await
    }

    /// Opens the vault in `folder` with its recovery code.
    ///
    /// # Errors
    /// [`VaultError::WrongSecret`] and others.
    pub async fn recover(
        folder: &Path,
        code: &RecoveryCode,
        environment: &Environment,
    ) -> Result<Self, VaultError> {
        let engine = existing(folder)?;
        Self::open_on(engine, environment, |header| header.open_with_recovery_code(code)).await
    }

    /// Makes a vault on an engine that is empty, for wallets that live elsewhere than in a folder and for tests.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn create_on(
        engine: Arc<dyn Engine>,
        passphrase: &Passphrase,
        cost: Cost,
        environment: &Environment,
    ) -> Result<(Self, RecoveryCode), VaultError> {
        let code = RecoveryCode::generate(environment.randomness());
        let vault = Self::create_on_with_code(engine, passphrase, cost, &code, environment).await?;
        vault.commit_to_recovery(&code).await?;
        Ok((vault, code))
    }

    /// The same with a recovery code that is there already. It says nothing about the first entry of a DID: a DID of this code
    /// may lie somewhere, whose log names its first keys, and by the same names strangers would know two DIDs for one member's.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn create_on_with_code(
        engine: Arc<dyn Engine>,
        passphrase: &Passphrase,
        cost: Cost,
        code: &RecoveryCode,
        environment: &Environment,
    ) -> Result<Self, VaultError> {
        let tenant = tenant(engine, environment)?;
        let randomness = environment.randomness();
        let key = VaultKey::generate(randomness);
        let header = Header::new(&key, passphrase, cost, code, randomness)?;
        let written = tenant.commit(&WriteHeader { header: header.clone(), first: true }).await;
        match written {
            Ok(()) => Ok(Self { key, header, tenant }),
            Err(Fault::Refused(_)) => Err(VaultError::AlreadyThere(PathBuf::new())),
            Err(Fault::Store(fault)) => Err(fault.into()),
        }
    }

    /// Opens the vault on an engine.
    ///
    /// # Errors
    /// [`VaultError::WrongSecret`] and others.
    pub async fn open_on_engine(
        engine: Arc<dyn Engine>,
        passphrase: &Passphrase,
        environment: &Environment,
    ) -> Result<Self, VaultError> {
        Self::open_on(engine, environment, |header| header.open_with_passphrase(passphrase)).await
    }

    async fn open_on(
        engine: Arc<dyn Engine>,
        environment: &Environment,
        unwrap: impl FnOnce(&Header) -> Result<VaultKey, VaultError>,
    ) -> Result<Self, VaultError> {
        let tenant = tenant(engine, environment)?;
        let header = tenant
            .read(&ReadHeader)
            .await?
            .ok_or_else(|| VaultError::NotThere(PathBuf::from("this store")))?;
        let key = unwrap(&header)?;
        Ok(Self { key, header, tenant })
    }

    /// Replaces the passphrase.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn change_passphrase(&mut self, passphrase: &Passphrase, cost: Cost) -> Result<(), VaultError> {
        let randomness = self.tenant.environment().randomness();
        let header = self.header.with_passphrase(&self.key, passphrase, cost, randomness)?;
        self.tenant.commit(&WriteHeader { header: header.clone(), first: false }).await.map_err(|fault| {
            match fault {
                Fault::Refused(()) => VaultError::Damaged,
                Fault::Store(fault) => fault.into(),
            }
        })?;
        self.header = header;
        Ok(())
    }

    /// Keeps the public part of the first recovery key, so that the DID's first entry can commit to it without the code.
    async fn commit_to_recovery(&self, code: &RecoveryCode) -> Result<(), VaultError> {
        let key = code.did_key(FIRST_RECOVERY_KEY).map_err(|_| VaultError::Unstorable)?;
        self.put(&RecoveryCommitment { index: FIRST_RECOVERY_KEY, key: key.public_jwk().clone() }).await
    }

    /// Whether this is the vault's recovery code.
    pub(crate) fn is_opened_by(&self, code: &RecoveryCode) -> bool {
        self.header.open_with_recovery_code(code).is_ok()
    }

    /// A secret of the vault for one purpose; it never changes.
    pub(crate) fn derived(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        self.key.derive(purpose)
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
        Batch { vault: self, puts: Vec::new(), deletes: Vec::new() }
    }

    pub(crate) async fn put<T: Kept>(&self, record: &T) -> Result<(), VaultError> {
        self.batch().put(record)?.commit().await
    }

    fn unseal<T: Kept>(&self, sealed: &Sealed) -> Result<T, VaultError> {
        let plain = self.key.open(sealed.id(), sealed.data())?;
        serde_json::from_slice(&plain).map_err(|_| VaultError::Damaged)
    }
}

/// Several writes that happen together.
pub(crate) struct Batch<'a> {
    vault: &'a Vault,
    puts: Vec<Sealed>,
    deletes: Vec<String>,
}

impl Batch<'_> {
    pub(crate) fn put<T: Kept>(mut self, record: &T) -> Result<Self, VaultError> {
        let plain = Zeroizing::new(serde_json::to_vec(record).map_err(|_| VaultError::Unstorable)?);
        let id = self.vault.key.identifier(T::KIND, &record.name());
        let data = self.vault.key.seal(&id, &plain, self.randomness())?;
        self.puts.push(Sealed::new(id, data));
        Ok(self)
    }

    pub(crate) fn delete<T: Kept>(mut self, name: &str) -> Self {
        self.deletes.push(self.vault.key.identifier(T::KIND, name));
        self
    }

    pub(crate) async fn commit(self) -> Result<(), VaultError> {
        let write = Write { puts: self.puts, deletes: self.deletes };
        Ok(self.vault.tenant.carry_out(&write).await?)
    }

    fn randomness(&self) -> &dyn Randomness {
        self.vault.tenant.environment().randomness()
    }
}

/// The folder inside the wallet's folder in which the store lies.
const MARK: &str = "vault";

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

struct WriteHeader {
    header: Header,
    first: bool,
}

impl Change for WriteHeader {
    const NAME: &'static str = "wallet-header";
    type Output = ();
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<()>> {
        if !self.first {
            return Ok(tx.put(&self.header).await?);
        }
        match tx.insert_new(&self.header).await? {
            store::Insertion::Inserted => Ok(()),
            store::Insertion::AlreadyThere => Err(Fault::Refused(())),
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

struct Write {
    puts: Vec<Sealed>,
    deletes: Vec<String>,
}

impl Change for Write {
    const NAME: &'static str = "wallet-write";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<std::convert::Infallible>> {
        for id in &self.deletes {
            let _ = tx.delete::<Sealed>(id).await?;
        }
        for sealed in &self.puts {
            tx.put(sealed).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
