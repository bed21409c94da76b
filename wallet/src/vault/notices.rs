//! What is kept of how a member is told that something came: beside the vault and not in it, since it is needed while the vault is
//! locked (decision 0034 §3). It lies sealed under a key of whoever keeps the wallet ([`crate::notices`]).

use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Record, Tx};

use super::VaultError;
use super::locked::LockedVault;

const KEY: &str = "notices";

/// The one record of it.
#[derive(Serialize, Deserialize)]
pub(super) struct SealedNotices {
    sealed: String,
}

impl Record for SealedNotices {
    const CLASS: &'static str = "notices";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[("sealed", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(KEY)
    }
}

impl LockedVault {
    /// What is kept, sealed.
    pub(crate) async fn sealed_notices(&self) -> Result<Option<String>, VaultError> {
        Ok(self.tenant().get::<SealedNotices>(KEY).await?.map(|kept| kept.sealed))
    }

    /// Keeps this in the place of what was read before, or nothing any more; false where it is another by now.
    pub(crate) async fn replace_notices(
        &self,
        before: Option<String>,
        after: Option<String>,
    ) -> Result<bool, VaultError> {
        Ok(self.tenant().carry_out(&Replace { before, after }).await?)
    }
}

/// Nothing is kept any more, in a change that does more.
pub(super) async fn forget(tx: &mut Tx) -> Result<(), store::StoreFault> {
    tx.delete::<SealedNotices>(KEY).await.map(drop)
}

struct Replace {
    before: Option<String>,
    after: Option<String>,
}

impl Change for Replace {
    const NAME: &'static str = "wallet-notices";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let now = tx.get::<SealedNotices>(KEY).await?.map(|kept| kept.sealed);
        if now == self.after {
            return Ok(true);
        }
        if now != self.before {
            return Ok(false);
        }
        match &self.after {
            Some(sealed) => tx.put(&SealedNotices { sealed: sealed.clone() }).await?,
            None => forget(tx).await?,
        }
        Ok(true)
    }
}
