//! A wallet that was moved rests: it can be looked at, and nothing leaves it, until its member takes it up again.

use std::sync::Arc;

use environment::Timestamp;
use outbound::{Fetch, Fetching, OutboundError, Request};
use serde::{Deserialize, Serialize};

use crate::error::WalletError;
use crate::vault::{Kept, Vault, VaultError};
use crate::wallet::Wallet;

/// That a wallet rests.
#[derive(Serialize, Deserialize)]
pub(super) struct AtRest {
    since: i64,
}

impl AtRest {
    const NAME: &'static str = "rest";

    pub(super) fn since(now: Timestamp) -> Self {
        Self { since: now.seconds() }
    }
}

impl Kept for AtRest {
    const KIND: &'static str = "at-rest";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}

impl Vault {
    /// Since when this wallet rests because it was moved, in seconds since the epoch; none while it does not.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn rests_since(&self) -> Result<Option<i64>, VaultError> {
        Ok(self.get::<AtRest>(AtRest::NAME).await?.map(|rest| rest.since))
    }

    /// Takes a wallet up again that rests. Whoever does it knows that the other one must not be used any more.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn take_up(&self) -> Result<(), VaultError> {
        self.batch().delete::<AtRest>(AtRest::NAME).commit().await
    }
}

impl Wallet {
    /// Since when this wallet rests; see [`Vault::rests_since`].
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn rests_since(&self) -> Result<Option<i64>, WalletError> {
        Ok(self.vault.rests_since().await?)
    }
}

/// The way out of a wallet, which is closed while it rests: whatever page or command it is that would call somebody.
pub(crate) struct WayOut {
    vault: Arc<Vault>,
    fetch: Arc<dyn Fetch>,
}

impl WayOut {
    pub(crate) fn new(vault: Arc<Vault>, fetch: Arc<dyn Fetch>) -> Self {
        Self { vault, fetch }
    }
}

impl Fetch for WayOut {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        Box::pin(async move {
            match self.vault.rests_since().await {
                Ok(None) => self.fetch.fetch(request).await,
                _ => Err(OutboundError::Unreachable),
            }
        })
    }
}
