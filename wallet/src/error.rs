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
    /// The wallet belongs to another network.
    #[error("this wallet belongs to a network already; one wallet is one network's")]
    AlreadyJoined,
}
