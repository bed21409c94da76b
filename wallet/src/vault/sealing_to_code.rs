//! The public half of the recovery code: with it a vault, and a file in which one travels, can be made openable by the code while the
//! code is on its owner's paper and nowhere else.

use jose::{Jwk, jwe};
use serde::{Deserialize, Serialize};

use super::{Kept, RecoveryHalf, Vault, VaultError};

/// The public half. It opens nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SealedToCode {
    key: Jwk,
    /// By what a host finds the vault of whoever has nothing but the code.
    locator: String,
}

impl SealedToCode {
    pub(crate) const NAME: &'static str = "code";

    /// That of a code.
    pub(crate) fn of(code: &RecoveryHalf) -> Result<Self, VaultError> {
        let key = code.unsealing_key().ok_or(VaultError::Unstorable)?;
        let key =
            Jwk::from_value(&key.public_jwk().required_members()).map_err(|_| VaultError::Unstorable)?;
        Ok(Self { key, locator: code.locator().to_owned() })
    }

    /// That of a code which the member's browser made; the browser tells its public half and no more.
    pub(super) fn told(key: Jwk, locator: &str) -> Self {
        Self { key, locator: locator.to_owned() }
    }

    pub(super) const fn key(&self) -> &Jwk {
        &self.key
    }

    pub(super) fn locator(&self) -> &str {
        &self.locator
    }

    /// Seals 32 bytes so that whoever has the code opens them.
    pub(crate) fn seal(
        &self,
        secret: &[u8; 32],
        randomness: &dyn environment::Randomness,
    ) -> Result<String, VaultError> {
        jwe::seal(secret, &self.key, randomness).map_err(|_| VaultError::Unstorable)
    }
}

impl Kept for SealedToCode {
    const KIND: &'static str = "sealed-to-code";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}

impl Vault {
    /// Whether this vault can be carried away with its recovery code as a way in. One of before cannot, until its code is tried.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn can_be_sealed_to_code(&self) -> Result<bool, VaultError> {
        Ok(self.sealed_to_code().await?.is_some())
    }

    /// The public half of the recovery code; none in a vault of before, until its code is tried.
    pub(crate) async fn sealed_to_code(&self) -> Result<Option<SealedToCode>, VaultError> {
        self.get::<SealedToCode>(SealedToCode::NAME).await
    }
}
