//! Carrying a wallet away: a file in which everything of it lies sealed, and which another place takes in as a whole
//! (specs/wallet-export.md, decision 0033). The history travels in the same form.
//!
//! [`form`] knows how a file is sealed and nothing of what is in it, [`content`] how records stand in it, [`kinds`] which records of a
//! vault go along. Everything is looked at before anything is written: what is refused changes nothing.

#[cfg(any(test, feature = "testing"))]
mod browser;
mod content;
mod form;
mod history;
mod holder_keys;
mod kinds;
mod leaving;
mod rest;
mod wallet_file;

use crate::vault::VaultError;

#[cfg(any(test, feature = "testing"))]
pub use browser::{begun, brought, secret};
pub use form::{FileKey, FileKind, FileOfBrowser, FileSecret};
pub use history::HistoryFile;
#[cfg(any(test, feature = "testing"))]
pub(crate) use holder_keys::SEALED_CODE;
pub use leaving::Purpose;
pub(crate) use rest::WayOut;
pub use wallet_file::WalletFile;

/// Most bytes of a file.
pub const LARGEST_FILE: usize = 64 << 20;

/// Why a file is not written or not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It does not begin as such a file does.
    #[error("this is no file of a wallet")]
    NotAFile,
    /// It is of a version that this wallet does not know.
    #[error("this file is of another version; a newer wallet may know it")]
    OtherVersion,
    /// What stands at its beginning cannot be read.
    #[error("the beginning of the file is damaged")]
    Header,
    /// Trying a passphrase at it would be more, or less, work than is done for a file.
    #[error("the file asks for more or less work at its passphrase than is done for a file")]
    Cost,
    /// It is larger than files are, or has more in it.
    #[error("the file is larger than the file of a wallet can be")]
    TooLarge,
    /// It is of something else.
    #[error("this is a file of {}", .0.described())]
    OtherKind(FileKind),
    /// What was told does not open it.
    #[error("this does not open the file; check what you typed")]
    WrongKey,
    /// It was changed, cut or put together.
    #[error("the file is not as it was written; take another copy of it")]
    Damaged,
    /// Something is in it, or in the wallet, that this wallet does not know.
    #[error("there is something in it that this wallet does not know; a newer one may")]
    UnknownRecord,
    /// The keys of the wallet are used in the member's browser, and what opens them there is not told.
    #[error("the keys of this wallet are used in the browser; open its pages there")]
    KeysElsewhere,
    /// The vault is one of before: nothing can be sealed for its recovery code until that was tried.
    #[error("try the recovery code first; without that this wallet cannot be opened by it at another place")]
    CodeNeeded,
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

#[cfg(test)]
mod tests;
