//! The only record that is not sealed: how to get at the vault key.

use environment::Randomness;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Key, Record};

use super::VaultError;
use super::cipher::VaultKey;
use super::passphrase::{Cost, Passphrase, Salt};
use super::recovery::RecoveryCode;

pub(super) const KEY: &str = "vault";
const BY_PASSPHRASE: &str = "passport-wallet/wrapped-by-passphrase/1";
const BY_RECOVERY_CODE: &str = "passport-wallet/wrapped-by-recovery-code/1";

/// The vault key, wrapped twice. It names nobody and no host.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Header {
    format: u8,
    cost: Cost,
    salt: Salt,
    by_passphrase: String,
    by_recovery_code: String,
}

impl Record for Header {
    const CLASS: &'static str = "vault";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("format", FieldClass::Operational),
        ("cost", FieldClass::Operational),
        ("salt", FieldClass::Operational),
        ("by_passphrase", FieldClass::Operational),
        ("by_recovery_code", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(KEY)
    }
}

impl Header {
    pub(super) fn new(
        key: &VaultKey,
        passphrase: &Passphrase,
        cost: Cost,
        code: &RecoveryCode,
        randomness: &dyn Randomness,
    ) -> Result<Self, VaultError> {
        let salt = Salt::generate(randomness);
        let by_passphrase = key.wrap(&*passphrase.stretch(&salt, cost)?, BY_PASSPHRASE, randomness)?;
        let by_recovery_code = key.wrap(&code.vault_key(), BY_RECOVERY_CODE, randomness)?;
        Ok(Self { format: 1, cost, salt, by_passphrase, by_recovery_code })
    }

    pub(super) fn with_passphrase(
        &self,
        key: &VaultKey,
        passphrase: &Passphrase,
        cost: Cost,
        randomness: &dyn Randomness,
    ) -> Result<Self, VaultError> {
        let salt = Salt::generate(randomness);
        let by_passphrase = key.wrap(&*passphrase.stretch(&salt, cost)?, BY_PASSPHRASE, randomness)?;
        Ok(Self { cost, salt, by_passphrase, ..self.clone() })
    }

    pub(super) fn open_with_passphrase(&self, passphrase: &Passphrase) -> Result<VaultKey, VaultError> {
        let by = passphrase.stretch(&self.salt, self.cost)?;
        VaultKey::unwrap_with(&self.by_passphrase, &by, BY_PASSPHRASE).ok_or(VaultError::WrongSecret)
    }

    pub(super) fn open_with_recovery_code(&self, code: &RecoveryCode) -> Result<VaultKey, VaultError> {
        VaultKey::unwrap_with(&self.by_recovery_code, &code.vault_key(), BY_RECOVERY_CODE)
            .ok_or(VaultError::WrongSecret)
    }
}
