//! Whether the recovery code on the member's paper was ever tried: one that was written down wrong is found out while it is not
//! needed yet.

use serde::{Deserialize, Serialize};

use super::sealing_to_code::SealedToCode;
use super::unproven::UnprovenCode;
use super::{Kept, RecoveryCode, RecoveryHalf, Vault, VaultError};

/// The name of the one record.
const NAME: &str = "recovery-code";

/// When the recovery code was tried last, and opened the vault.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RecoveryTried {
    at: i64,
}

impl Kept for RecoveryTried {
    const KIND: &'static str = "recovery-tried";

    fn name(&self) -> String {
        NAME.to_owned()
    }
}

impl Vault {
    /// Tries the recovery code; whether it is the vault's. That it is, is remembered with the day, and with it the code goes from
    /// the vault where it was kept until now.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn try_recovery_code(&self, code: &RecoveryCode) -> Result<bool, VaultError> {
        self.try_recovery_half(&code.half()).await
    }

    /// The same for what a browser made of the code.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn try_recovery_half(&self, half: &RecoveryHalf) -> Result<bool, VaultError> {
        let is_right = self.is_opened_by_half(half).await?;
        if is_right {
            let at = self.tenant.environment().now().seconds();
            let mut tried = self.batch().put(&RecoveryTried { at })?;
            if let Ok(sealed_to) = SealedToCode::of(half) {
                tried = tried.put(&sealed_to)?;
            }
            tried.delete::<UnprovenCode>(UnprovenCode::NAME).commit().await?;
        }
        Ok(is_right)
    }

    /// When the recovery code was last tried and right, in seconds since the epoch; none if it never was.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn recovery_code_tried_at(&self) -> Result<Option<i64>, VaultError> {
        Ok(self.get::<RecoveryTried>(NAME).await?.map(|tried| tried.at))
    }
}
