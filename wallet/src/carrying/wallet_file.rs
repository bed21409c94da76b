//! Reading a file of a whole wallet.

use super::FileError;
use super::content::{self, Record};
use super::form::{self, FileKey, FileKind};
use super::kinds::{Goes, named};
use super::leaving::{About, Purpose};
use crate::vault::{Kept, SealedToCode};

/// A wallet that was read whole from a file, and of which every record is one that this wallet knows.
pub struct WalletFile {
    records: Vec<Record>,
    code: SealedToCode,
    purpose: Purpose,
    made: String,
}

impl std::fmt::Debug for WalletFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "WalletFile({:?}, {})", self.purpose, self.made)
    }
}

impl WalletFile {
    /// Reads a file. Nothing is written anywhere.
    ///
    /// # Errors
    /// See [`FileError`].
    pub async fn open(file: &[u8], key: &FileKey<'_>) -> Result<Self, FileError> {
        let closed = form::read(file)?;
        if closed.kind() != FileKind::Wallet {
            return Err(FileError::OtherKind(closed.kind()));
        }
        let mut records = content::read(&closed.open(key).await?)?;
        let about = records.iter().position(|one| one.kind == About::RECORD).ok_or(FileError::Damaged)?;
        let about: About =
            serde_json::from_slice(&records.swap_remove(about).json).map_err(|_| FileError::Damaged)?;
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
        Ok(Self { code, purpose: about.purpose, made: closed.made().to_owned(), records })
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
