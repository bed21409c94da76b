//! The keyring: a folder with an epoch key, wrapped sealing keys, and the party's own secrets.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use environment::Environment;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::files;
use crate::sealing::{Sealed, SecretKey, bind};

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

    fn bytes(&self) -> Vec<u8> {
        bind(&[self.space.as_bytes(), self.member.as_bytes(), self.purpose.as_bytes()])
    }

    /// A file name that does not tell the member.
    fn file_name(&self) -> String {
        let digest = Sha256::new().chain_update(b"passport keyring 1").chain_update(self.bytes()).finalize();
        hexadecimal(&digest)
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
    epochs: Mutex<Epochs>,
    /// Keeps other processes out.
    _lock: File,
}

/// The epoch key, and the one before while keys are being wrapped anew.
#[derive(Debug)]
struct Epochs {
    current: (u64, SecretKey),
    previous: Option<(u64, SecretKey)>,
}

const EPOCH_RECORD_BYTES: usize = 40;

impl Keyring {
    /// Opens the keyring in `folder`, or makes one, and finishes a change of epoch that was interrupted.
    ///
    /// # Errors
    /// Another process has it open, a file is damaged, or the file system fails.
    pub fn open(folder: &Path, environment: Environment) -> Result<Self, KeyringError> {
        for part in [folder, &folder.join("keys"), &folder.join("secrets")] {
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
        let epochs = match files::read(&folder.join("epoch"))? {
            Some(content) => Epochs::from_bytes(&content)?,
            None if std::fs::read_dir(folder.join("keys"))?.next().is_some() => {
                // Wrapped keys without what wraps them: never start over silently.
                return Err(damaged("epoch"));
            }
            None => {
                let epochs =
                    Epochs { current: (1, SecretKey::generate(environment.randomness())), previous: None };
                files::replace(&folder.join("epoch"), &epochs.to_bytes())?;
                epochs
            }
        };
        let keyring =
            Self { folder: folder.to_owned(), environment, epochs: Mutex::new(epochs), _lock: lock };
        keyring.finish_rotation(&mut keyring.epochs())?;
        Ok(keyring)
    }

    /// Seals `plaintext` under the key `id`, which is made if there is none. `context` says what it is (a claim,
    /// a record); it opens only with the same one.
    ///
    /// # Errors
    /// The key cannot be read or made.
    pub fn seal(&self, id: &KeyId, context: &[u8], plaintext: &[u8]) -> Result<Sealed, KeyringError> {
        let epochs = self.epochs();
        let key = match self.key(&epochs, id)? {
            Some(key) => key,
            None => self.make_key(&epochs, id)?,
        };
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
        let key = self.key(&self.epochs(), id)?.ok_or(KeyringError::NoKey)?;
        key.open(&value_binding(id, context), sealed.as_bytes()).ok_or(KeyringError::DoesNotOpen)
    }

    /// Destroys a key, and says whether there was one. What was sealed under it opens never again here; after
    /// [`Keyring::rotate_epoch`] nor with an old copy of `keys/`.
    ///
    /// # Errors
    /// The file system fails.
    pub fn destroy(&self, id: &KeyId) -> Result<bool, KeyringError> {
        let _epochs = self.epochs();
        Ok(files::remove(&self.key_path(&id.file_name()))?)
    }

    /// Whether the key `id` is there.
    ///
    /// # Errors
    /// The file system fails.
    pub fn holds(&self, id: &KeyId) -> Result<bool, KeyringError> {
        Ok(self.key_path(&id.file_name()).try_exists()?)
    }

    /// Starts a new epoch: wraps all keys under a new epoch key and destroys the old one. Returns the number of
    /// the new epoch. Run it daily.
    ///
    /// # Errors
    /// A file cannot be read or written; the next [`Keyring::open`] or rotation finishes what was begun.
    pub fn rotate_epoch(&self) -> Result<u64, KeyringError> {
        let mut epochs = self.epochs();
        self.finish_rotation(&mut epochs)?;
        let number = epochs.current.0.saturating_add(1);
        let next = (number, SecretKey::generate(self.environment.randomness()));
        let begun = Epochs { current: next, previous: Some(epochs.current.clone()) };
        files::replace(&self.folder.join("epoch"), &begun.to_bytes())?;
        *epochs = begun;
        self.finish_rotation(&mut epochs)?;
        Ok(number)
    }

    /// The number of the present epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epochs().current.0
    }

    /// Keeps a secret of the party itself, such as a signing key. It lies in the folder as it is.
    ///
    /// # Errors
    /// There is one of that name already, the name is no name, or the file system fails.
    pub fn put_new_secret(&self, name: &str, secret: &[u8]) -> Result<(), KeyringError> {
        let _epochs = self.epochs();
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

    fn epochs(&self) -> MutexGuard<'_, Epochs> {
        self.epochs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key_path(&self, file_name: &str) -> PathBuf {
        self.folder.join("keys").join(file_name)
    }

    fn secret_path(&self, name: &str) -> Result<PathBuf, KeyringError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 100 || !name.bytes().all(allowed) {
            return Err(KeyringError::BadName);
        }
        Ok(self.folder.join("secrets").join(name))
    }

    fn key(&self, epochs: &Epochs, id: &KeyId) -> Result<Option<SecretKey>, KeyringError> {
        let name = id.file_name();
        let Some(content) = files::read(&self.key_path(&name))? else { return Ok(None) };
        Ok(Some(epochs.unwrap(&name, &content)?))
    }

    fn make_key(&self, epochs: &Epochs, id: &KeyId) -> Result<SecretKey, KeyringError> {
        let name = id.file_name();
        let key = SecretKey::generate(self.environment.randomness());
        files::replace(&self.key_path(&name), &self.wrap(epochs, &name, &key)?)?;
        Ok(key)
    }

    /// `epoch 8 | sealed key`
    fn wrap(&self, epochs: &Epochs, name: &str, key: &SecretKey) -> Result<Vec<u8>, KeyringError> {
        let (number, epoch_key) = &epochs.current;
        let binding = wrap_binding(*number, name);
        let sealed = epoch_key.seal(self.environment.randomness(), &binding, key.expose());
        let sealed = sealed.ok_or(KeyringError::TooLong)?;
        Ok([number.to_be_bytes().as_slice(), sealed.as_bytes()].concat())
    }

    /// Wraps every key that is not yet of the present epoch, then forgets the one before.
    fn finish_rotation(&self, epochs: &mut Epochs) -> Result<(), KeyringError> {
        if epochs.previous.is_none() {
            return Ok(());
        }
        for entry in std::fs::read_dir(self.folder.join("keys"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".next") {
                files::remove(&self.key_path(&name))?;
                continue;
            }
            let Some(content) = files::read(&self.key_path(&name))? else { continue };
            if !content.starts_with(&epochs.current.0.to_be_bytes()) {
                let key = epochs.unwrap(&name, &content)?;
                files::replace(&self.key_path(&name), &self.wrap(epochs, &name, &key)?)?;
            }
        }
        let finished = Epochs { current: epochs.current.clone(), previous: None };
        files::replace(&self.folder.join("epoch"), &finished.to_bytes())?;
        *epochs = finished;
        Ok(())
    }
}

impl Epochs {
    /// `number 8 | key 32`, the present one first.
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(EPOCH_RECORD_BYTES.saturating_mul(2)));
        for (number, key) in std::iter::once(&self.current).chain(&self.previous) {
            bytes.extend_from_slice(&number.to_be_bytes());
            bytes.extend_from_slice(key.expose());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, KeyringError> {
        let record = |bytes: &[u8]| {
            let (number, key) = bytes.split_first_chunk::<8>()?;
            Some((u64::from_be_bytes(*number), SecretKey::from_slice(key)?))
        };
        let mut records = bytes.chunks(EPOCH_RECORD_BYTES).map(record);
        let current = records.next().flatten().ok_or_else(|| damaged("epoch"))?;
        let previous = match records.next() {
            Some(previous) => Some(previous.ok_or_else(|| damaged("epoch"))?),
            None => None,
        };
        if records.next().is_some() {
            return Err(damaged("epoch"));
        }
        Ok(Self { current, previous })
    }

    fn unwrap(&self, name: &str, content: &[u8]) -> Result<SecretKey, KeyringError> {
        let broken = || damaged(&format!("keys/{name}"));
        let (number, sealed) = content.split_first_chunk::<8>().ok_or_else(broken)?;
        let number = u64::from_be_bytes(*number);
        let mut known = std::iter::once(&self.current).chain(&self.previous);
        let (_, epoch_key) = known.find(|(epoch, _)| *epoch == number).ok_or_else(broken)?;
        let key = epoch_key.open(&wrap_binding(number, name), sealed).ok_or_else(broken)?;
        SecretKey::from_slice(&key).ok_or_else(broken)
    }
}

fn wrap_binding(epoch: u64, name: &str) -> Vec<u8> {
    bind(&[b"passport keyring wrap 1", &epoch.to_be_bytes(), name.as_bytes()])
}

fn value_binding(id: &KeyId, context: &[u8]) -> Vec<u8> {
    bind(&[b"passport keyring value 1", &id.bytes(), context])
}

fn damaged(file: &str) -> KeyringError {
    KeyringError::Damaged { file: file.to_owned() }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0F)]).collect()
}

#[cfg(test)]
mod tests;
