//! Errors that belong to no single flow.

use crate::vault::VaultError;

/// Why something could not be listed or set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Why a network is not joined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The wallet knows a network with this identifier or name, under another root.
    #[error("this wallet belongs to a network with this identifier or name already, and its root is another")]
    AlreadyJoined,
    /// The wallet belongs to as many networks as it takes.
    #[error("this wallet belongs to {0} networks already, and takes no more")]
    TooMany(usize),
}
