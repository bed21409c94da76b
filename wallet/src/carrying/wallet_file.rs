//! Reading a file of a whole wallet.

use super::FileError;
use super::content::{self, Record};
use super::form::{self, FileKey, FileKind};
use super::holder_keys;
use super::kinds::{Goes, named};
use super::leaving::{About, Purpose};
use crate::vault::{Kept, SealedToCode, WrappedKeys};

/// A wallet that was read whole from a file, and of which every record is one that this wallet knows.
pub struct WalletFile {
    records: Vec<Record>,
    code: SealedToCode,
    purpose: Purpose,
    made: String,
    /// Where its keys lie elsewhere: what opens them, wrapped by the recovery code's other half.
    keys_by_code: Option<WrappedKeys>,
}

impl std::fmt::Debug for WalletFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "WalletFile({:?}, {})", self.purpose, self.made)
    }
}

impl WalletFile {
    /// Reads a file. Nothing is written anywhere. Holder keys that the member's browser has sealed lie in the open from here on if what
    /// was told opens them too: a wallet that comes from a host to its member's own machine uses them there.
    ///
    /// # Errors
    /// See [`FileError`].
    pub async fn open(file: &[u8], key: &FileKey<'_>) -> Result<Self, FileError> {
        let closed = form::read(file)?;
        if closed.kind() != FileKind::Wallet {
            return Err(FileError::OtherKind(closed.kind()));
        }
        let opened = closed.open(key).await?;
        let mut records = content::read(&opened.content)?;
        let about = records.iter().position(|one| one.kind == About::RECORD).ok_or(FileError::Damaged)?;
        let about: About =
            serde_json::from_slice(&records.swap_remove(about).json).map_err(|_| FileError::Damaged)?;
        if let Some(keys) = &opened.keys {
            holder_keys::bring_here(&mut records, keys)?;
        }
        for record in &records {
            let Some(Goes::Along(name_of)) = named(&record.kind).map(|kind| &kind.goes) else {
                return Err(FileError::UnknownRecord);
            };
            if name_of(&record.json).as_deref() != Some(record.name.as_str()) {
                return Err(FileError::Damaged);
            }
        }
        let code = records.iter().find(|one| one.kind == SealedToCode::KIND).ok_or(FileError::Damaged)?;
        let code = serde_json::from_slice(&code.json).map_err(|_| FileError::Damaged)?;
        let keys_by_code = closed.keys().filter(|_| opened.keys.is_none()).map(|keys| keys.recovery.clone());
        Ok(Self { code, purpose: about.purpose, made: closed.made().to_owned(), records, keys_by_code })
    }

    /// The same, of which the member's browser has just sealed the holder keys; `keys` is what stands beside the recovery code. What
    /// the file itself says of that stays.
    #[must_use]
    pub fn with_keys_by_code(self, keys: Option<WrappedKeys>) -> Self {
        Self { keys_by_code: self.keys_by_code.or(keys), ..self }
    }

    /// Whether whoever takes the wallet in can use none of its holder keys, and its member's browser can use all of them.
    #[must_use]
    pub fn keeps_keys_elsewhere(&self) -> bool {
        self.keys_by_code.is_some() && holder_keys::lie_elsewhere(&self.records)
    }

    pub(crate) const fn keys_by_code(&self) -> Option<&WrappedKeys> {
        self.keys_by_code.as_ref()
    }

    /// What it was written for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The day on which it was written.
    #[must_use]
    pub fn made(&self) -> &str {
        &self.made
    }

    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(crate) const fn sealed_to_code(&self) -> &SealedToCode {
        &self.code
    }
}
