//! The keyring: a folder with an epoch key, wrapped sealing keys, and the party's own secrets.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use environment::Environment;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::files;
use crate::sealing::{Sealed, SecretKey, bind};
use crate::table::{Name, Table, TableError, Wrapped};
use epochs::{Epochs, without_mark};

mod epochs;

/// Whose values a key seals, where, and for what. What law makes a space keep lies under another purpose than
/// what goes when a member leaves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId {
    space: String,
    member: String,
    purpose: String,
}

impl KeyId {
    /// The key of a member (by their `sub` or another identifier local to the space) at a space, for a purpose.
    #[must_use]
    pub fn new(space: impl Into<String>, member: impl Into<String>, purpose: impl Into<String>) -> Self {
        Self { space: space.into(), member: member.into(), purpose: purpose.into() }
    }

    /// What the key lies under, which does not tell the member.
    fn name(&self) -> Name {
        Sha256::new().chain_update(b"passport keyring 1").chain_update(self.bytes()).finalize().into()
    }

    fn bytes(&self) -> Vec<u8> {
        bind(&[self.space.as_bytes(), self.member.as_bytes(), self.purpose.as_bytes()])
    }
}

/// The member is not shown.
impl std::fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "KeyId({}, {})", self.space, self.purpose)
    }
}

/// Why the keyring did not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// Another process uses it.
    #[error("the keyring in {folder} is in use by another process")]
    Locked {
        /// The keyring's folder.
        folder: PathBuf,
    },
    /// There is no key: nothing was sealed with it, or it was destroyed.
    #[error("there is no such key: it was destroyed or never made")]
    NoKey,
    /// The bytes were not sealed under this key with this context.
    #[error("what was sealed does not open: it was changed, or sealed for something else")]
    DoesNotOpen,
    /// A file of the keyring is not what was written.
    #[error("the file {file} of the keyring is damaged; bring back its last copy")]
    Damaged {
        /// The file, relative to the folder.
        file: String,
    },
    /// A secret of that name is there already.
    #[error("the keyring has a secret named {name} already")]
    SecretExists {
        /// Its name.
        name: String,
    },
    /// A name of a secret has other characters than letters, digits and `-`.
    #[error("secrets are named by lower-case letters, digits and -")]
    BadName,
    /// More is to be sealed than the cipher takes.
    #[error("that is too much to seal at once")]
    TooLong,
    /// The file system failed.
    #[error("the keyring could not be read or written: {0}")]
    File(#[from] io::Error),
}

/// The keys of one party.
#[derive(Debug)]
pub struct Keyring {
    folder: PathBuf,
    environment: Environment,
    keys: Mutex<Keys>,
    syncing: Syncing,
    /// Keeps other processes out.
    _lock: File,
}

/// The wrapped keys and what wraps them.
#[derive(Debug)]
struct Keys {
    epochs: Epochs,
    table: Table,
    /// Whether keys were added that are not known to be on the disk.
    is_unsynced: bool,
}

/// Who brings new keys to the disk, and when.
#[derive(Debug)]
struct Syncing {
    /// Somebody else, before what was sealed under them gets there.
    is_left: AtomicBool,
    /// What the table's has: it is not known what the disk holds, so no key is made or destroyed any more.
    has_failed: Arc<AtomicBool>,
    /// Held until a sync has ended, also the one that ends a destruction: who finds nothing to be synced must not be earlier
    /// than who took it, and the kernel tells of a failure once, to whoever comes first.
    turn: Mutex<()>,
}

/// After how many seconds the next epoch is due.
const EPOCH_SECONDS: i64 = 86_400;

impl Keyring {
    /// Opens the keyring in `folder`, or makes one, and finishes what was interrupted: a change of epoch, a wiping. The table
    /// is written anew each time, since the disk may lack what an earlier process wrote.
    ///
    /// # Errors
    /// Another process has it open, a file is damaged, or the file system fails.
    pub fn open(folder: &Path, environment: Environment) -> Result<Self, KeyringError> {
        let parts = [folder.to_owned(), folder.join("keys"), folder.join("secrets")];
        for part in &parts {
            files::create_folder(part)?;
        }
        let lock = File::create(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(KeyringError::Locked { folder: folder.to_owned() });
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(error.into()),
        }
        for part in &parts {
            files::sweep(part)?;
        }
        let path = folder.join("keys").join("table");
        let old = old_keys(&folder.join("keys"))?;
        let (epoch, table) = (files::read(&folder.join("epoch"))?, Table::open(&path)?);
        let is_marked = epoch.as_ref().is_none_or(|epoch| without_mark(epoch).is_some());
        let was_there = table.is_some();
        let (epochs, mut table) = match (epoch, table) {
            (Some(epoch), Some(table)) => (Epochs::from_bytes(&epoch)?, table),
            // Without it every key would read as destroyed.
            (Some(_), None) if is_marked => return Err(damaged("keys/table")),
            (Some(epoch), None) => {
                let epochs = Epochs::from_bytes(&epoch)?;
                let table = Table::create(&path, epochs.current.0)?;
                (epochs, table)
            }
            // Wrapped keys without what wraps them: never start over silently.
            (None, table) if !old.is_empty() || table.as_ref().is_some_and(|table| !table.is_empty()) => {
                return Err(damaged("epoch"));
            }
            (None, table) => {
                let table = table.map_or_else(|| Table::create(&path, 1), Ok)?;
                let fresh = SecretKey::generate(environment.randomness());
                let current = (table.epoch(), fresh);
                let epochs = Epochs { current, previous: None, began: environment.now() };
                files::replace(&folder.join("epoch"), &epochs.to_bytes())?;
                (epochs, table)
            }
        };
        if epochs.key(table.epoch()).is_none() {
            return Err(damaged(&format!("keys/table (of epoch {})", table.epoch())));
        }
        if was_there {
            table.renew()?;
        }
        let syncing =
            Syncing { is_left: AtomicBool::new(false), has_failed: table.has_failed(), turn: Mutex::new(()) };
        let keys = Mutex::new(Keys { epochs, table, is_unsynced: false });
        let keyring = Self { folder: folder.to_owned(), environment, keys, syncing, _lock: lock };
        keyring.take_over(&old)?;
        if !is_marked {
            files::replace(&folder.join("epoch"), &keyring.keys().epochs.to_bytes())?;
        }
        let finished = keyring.finish_rotation(&mut keyring.keys());
        match finished {
            // A key that does not open is told of by each rotation, and by whoever asks for it. The others are there.
            Ok(()) | Err(KeyringError::Damaged { .. }) => Ok(keyring),
            Err(error) => Err(error),
        }
    }

    /// Seals `plaintext` under the key `id`, which is made if there is none. `context` says what it is (a claim,
    /// a record); it opens only with the same one.
    ///
    /// # Errors
    /// The key cannot be read or made.
    pub fn seal(&self, id: &KeyId, context: &[u8], plaintext: &[u8]) -> Result<Sealed, KeyringError> {
        let key = match self.key(id)? {
            Some(key) => key,
            None => self.make_key(id)?,
        };
        // Also if somebody else has made it a moment ago.
        if !self.syncing.is_left.load(Ordering::SeqCst) {
            self.sync()?;
        }
        let randomness = self.environment.randomness();
        key.seal(randomness, &value_binding(id, context), plaintext).ok_or(KeyringError::TooLong)
    }

    /// Opens what was sealed under the key `id` with `context`.
    ///
    /// # Errors
    /// The key is gone, or the bytes do not open with it.
    pub fn open_sealed(
        &self,
        id: &KeyId,
        context: &[u8],
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        let key = self.key(id)?.ok_or(KeyringError::NoKey)?;
        key.open(&value_binding(id, context), sealed.as_bytes()).ok_or(KeyringError::DoesNotOpen)
    }

    /// Destroys a key, and says whether there was one. What was sealed under it opens never again here; after
    /// [`Keyring::rotate_epoch`] nor with an old copy of `keys/`.
    ///
    /// # Errors
    /// The file system fails, or what is damaged may be this key.
    pub fn destroy(&self, id: &KeyId) -> Result<bool, KeyringError> {
        self.take_away(|keys| Ok(keys.table.destroy(&id.name())?))
    }

    /// Drops what is damaged in the table, named by the 64 digits that [`KeyringError::Damaged`] tells behind `keys/table, at`,
    /// and says whether there was any. What was sealed under it is lost, and the next change of epoch can be finished. A key
    /// that opens stays.
    ///
    /// # Errors
    /// The file system fails.
    pub fn drop_damaged(&self, digits: &str) -> Result<bool, KeyringError> {
        let Some(name) = from_hexadecimal(digits) else { return Ok(false) };
        let is_destroyed = self.take_away(|Keys { epochs, table, .. }| {
            let is_shut = match table.get(&name) {
                Ok(wrapped) => wrapped.is_some_and(|wrapped| epochs.unwrap(&name, &wrapped).is_err()),
                // It is not there, whatever else is.
                Err(TableError::DamagedAt(_)) => false,
                Err(error) => return Err(error.into()),
            };
            Ok(is_shut && table.destroy(&name)?)
        })?;
        let is_dropped = self.take_away(|keys| Ok(keys.table.drop_damaged(&name)?))?;
        Ok(is_destroyed || is_dropped)
    }

    /// Whether the key `id` is there.
    ///
    /// # Errors
    /// The file system fails, or what is damaged may be this key.
    pub fn holds(&self, id: &KeyId) -> Result<bool, KeyringError> {
        Ok(self.keys().table.get(&id.name())?.is_some())
    }

    /// Starts a new epoch: wraps all keys under a new epoch key and destroys the old one. Returns the number of
    /// the new epoch.
    ///
    /// # Errors
    /// A file cannot be read or written; the next [`Keyring::open`] or rotation finishes what was begun. Or a key does not open,
    /// or is damaged, which is named: the others are of the new epoch, and the next rotation after that key was destroyed or
    /// dropped finishes it.
    pub fn rotate_epoch(&self) -> Result<u64, KeyringError> {
        self.rotate(&mut self.keys())
    }

    /// Starts a new epoch if the present one is a day old by the clock, also over restarts, or was not finished. Returns the
    /// number of the new epoch if there is one. Ask at the start and hourly.
    ///
    /// # Errors
    /// As of [`Self::rotate_epoch`].
    pub fn rotate_epoch_if_due(&self) -> Result<Option<u64>, KeyringError> {
        let mut keys = self.keys();
        let age = self.environment.now().since(keys.epochs.began);
        // One that begins only later was dated by a clock that has been put back: waiting for it could take for ever.
        let is_of_today = (0..EPOCH_SECONDS).contains(&age);
        if is_of_today && keys.epochs.previous.is_none() {
            return Ok(None);
        }
        self.rotate(&mut keys).map(Some)
    }

    /// The number of the present epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.keys().epochs.current.0
    }

    /// From now on [`Self::seal`] leaves a new key in the operating system's memory, and the caller brings it to the disk by
    /// [`Self::sync`] before what was sealed under it gets there. Many keys then share one sync.
    pub fn leave_syncing(&self) {
        self.syncing.is_left.store(true, Ordering::SeqCst);
    }

    /// Brings every key that was made before this call to the disk.
    ///
    /// # Errors
    /// The file system fails. No key is made or destroyed any more until the keyring was opened again.
    pub fn sync(&self) -> io::Result<()> {
        let _turn = self.syncing.turn();
        let file = {
            let mut keys = self.keys();
            self.syncing.check()?;
            if !std::mem::take(&mut keys.is_unsynced) {
                return Ok(());
            }
            keys.table.file()
        };
        self.syncing.bring_to_the_disk(&file)
    }

    /// Keeps a secret of the party itself, such as a signing key. It lies in the folder as it is.
    ///
    /// # Errors
    /// There is one of that name already, the name is no name, or the file system fails.
    pub fn put_new_secret(&self, name: &str, secret: &[u8]) -> Result<(), KeyringError> {
        let _keys = self.keys();
        let path = self.secret_path(name)?;
        if path.try_exists()? {
            return Err(KeyringError::SecretExists { name: name.to_owned() });
        }
        Ok(files::replace(&path, secret)?)
    }

    /// The secret of that name.
    ///
    /// # Errors
    /// The name is no name, or the file system fails.
    pub fn secret(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        Ok(files::read(&self.secret_path(name)?)?)
    }

    /// Wipes and removes a secret, and says whether there was one.
    ///
    /// # Errors
    /// The name is no name, or the file system fails.
    pub fn destroy_secret(&self, name: &str) -> Result<bool, KeyringError> {
        Ok(files::remove(&self.secret_path(name)?)?)
    }

    /// Takes something out of the table, for good when this returns; `take` says whether there was anything. It makes one change
    /// that fails before it writes, or as it writes: what went before something else failed would stay without a sync, and who
    /// asks again is told that there is nothing.
    fn take_away(
        &self,
        take: impl FnOnce(&mut Keys) -> Result<bool, KeyringError>,
    ) -> Result<bool, KeyringError> {
        let _turn = self.syncing.turn();
        let file = {
            let mut keys = self.keys();
            self.syncing.check()?;
            if !take(&mut keys)? {
                return Ok(false);
            }
            keys.table.file()
        };
        self.syncing.bring_to_the_disk(&file)?;
        Ok(true)
    }

    fn rotate(&self, keys: &mut Keys) -> Result<u64, KeyringError> {
        self.syncing.check()?;
        self.finish_rotation(keys)?;
        let current = &keys.epochs.current;
        let number = current.0.saturating_add(1);
        let next = (number, SecretKey::generate(self.environment.randomness()));
        let began = self.environment.now();
        let begun = Epochs { current: next, previous: Some(current.clone()), began };
        files::replace(&self.folder.join("epoch"), &begun.to_bytes())?;
        keys.epochs = begun;
        self.finish_rotation(keys)?;
        Ok(number)
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn secret_path(&self, name: &str) -> Result<PathBuf, KeyringError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 100 || !name.bytes().all(allowed) {
            return Err(KeyringError::BadName);
        }
        Ok(self.folder.join("secrets").join(name))
    }

    fn key(&self, id: &KeyId) -> Result<Option<SecretKey>, KeyringError> {
        let (name, keys) = (id.name(), self.keys());
        let Some(wrapped) = keys.table.get(&name)? else { return Ok(None) };
        Ok(Some(keys.epochs.unwrap(&name, &wrapped)?))
    }

    /// A fresh key, or the one that somebody else has made meanwhile.
    fn make_key(&self, id: &KeyId) -> Result<SecretKey, KeyringError> {
        let (name, fresh) = (id.name(), SecretKey::generate(self.environment.randomness()));
        let mut keys = self.keys();
        self.syncing.check()?;
        let key = match keys.table.get(&name)? {
            Some(wrapped) => keys.epochs.unwrap(&name, &wrapped)?,
            None => {
                let wrapped = keys.epochs.wrap(&name, &fresh, self.environment.randomness())?;
                keys.table.put(&name, &wrapped)?;
                keys.is_unsynced = true;
                fresh
            }
        };
        Ok(key)
    }

    /// Moves keys of the earlier layout, a file for each, into the table.
    fn take_over(&self, old: &[(PathBuf, Name)]) -> Result<(), KeyringError> {
        let mut keys = self.keys();
        for (path, name) in old {
            if keys.table.get(name)?.is_none() {
                let broken = || damaged(&format!("keys/{}", hexadecimal(name)));
                let content = files::read(path)?.unwrap_or_default();
                let wrapped = Wrapped::try_from(content.as_slice()).map_err(|_| broken())?;
                // The file is the last copy: what does not open stays where it is.
                keys.epochs.unwrap(name, &wrapped).map_err(|_| broken())?;
                keys.table.put(name, &wrapped)?;
            }
        }
        if !old.is_empty() {
            keys.table.file().sync_all()?;
        }
        for (path, _) in old {
            files::remove(path)?;
        }
        Ok(())
    }

    /// Wraps every key that is not yet of the present epoch, then forgets the one before. If a key does not open, the others are
    /// wrapped, and the epoch before is kept until that one is destroyed, or dropped if it is damaged.
    fn finish_rotation(&self, keys: &mut Keys) -> Result<(), KeyringError> {
        let Keys { epochs, table, is_unsynced } = keys;
        if epochs.previous.is_none() {
            return Ok(());
        }
        let mut broken = None;
        let damaged =
            table.rewrite(epochs.current.0, |name, wrapped| match epochs.unwrap(name, &wrapped) {
                Ok(key) => epochs.wrap(name, &key, self.environment.randomness()),
                Err(error) => {
                    broken = broken.take().or(Some(error));
                    Ok(wrapped)
                }
            })?;
        *is_unsynced = false;
        if let Some(error) = broken.or(damaged.map(|name| damaged_key(&name))) {
            return Err(error);
        }
        let finished = Epochs { current: epochs.current.clone(), previous: None, began: epochs.began };
        files::replace(&self.folder.join("epoch"), &finished.to_bytes())?;
        *epochs = finished;
        Ok(())
    }
}

impl Syncing {
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self) -> io::Result<()> {
        if self.has_failed.load(Ordering::SeqCst) {
            return Err(io::Error::other("keys could not be brought to the disk; start again"));
        }
        Ok(())
    }

    /// Ends a turn. Nobody who seals or opens waits for the disk meanwhile.
    fn bring_to_the_disk(&self, table: &File) -> io::Result<()> {
        table.sync_data().inspect_err(|_| self.has_failed.store(true, Ordering::SeqCst))?;
        // Whoever wrote the table anew meanwhile may have been told instead.
        self.check()
    }
}

/// The files of the earlier layout, each named by what its key lies under.
fn old_keys(folder: &Path) -> Result<Vec<(PathBuf, Name)>, KeyringError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(std::ffi::OsStr::to_str).and_then(from_hexadecimal);
        found.extend(name.map(|name| (path, name)));
    }
    Ok(found)
}

fn value_binding(id: &KeyId, context: &[u8]) -> Vec<u8> {
    bind(&[b"passport keyring value 1", &id.bytes(), context])
}

fn damaged(file: &str) -> KeyringError {
    KeyringError::Damaged { file: file.to_owned() }
}

fn damaged_key(name: &Name) -> KeyringError {
    damaged(&format!("keys/table, at {}", hexadecimal(name)))
}

impl From<TableError> for KeyringError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Damaged => damaged("keys/table"),
            TableError::DamagedAt(name) => damaged_key(&name),
            TableError::File(error) => Self::File(error),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0F)]).collect()
}

fn from_hexadecimal(text: &str) -> Option<Name> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let is_ours = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != 64 || !text.bytes().all(is_ours) {
        return None;
    }
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    Name::try_from(bytes?).ok()
}

#[cfg(test)]
mod tests;
