//! Where the member's browser holds the holder keys (decision 0028): they are sealed under one key of 32 bytes that the browser made, and
//! that key stands beside each way in, wrapped under the half of it that never leaves the browser. Here it is a text and no more.

use jose::{Jwk, base64url};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::cipher;
use super::locked::LockedVault;
use super::passkey::CredentialId;
use super::recovery::RecoveryHalf;
use super::{Vault, VaultError};

/// What such a key is wrapped for.
pub(crate) const WRAPPED: &str = "passport-wallet/keys-wrapped/1";

/// The key of the holder keys, wrapped: an IV of 12 bytes, the key of 32, a tag of 16.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct WrappedKeys(String);

/// The text is no wrapped key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no wrapped key")]
pub struct NotWrappedKeys;

impl WrappedKeys {
    /// Reads one as a page sends it.
    ///
    /// # Errors
    /// [`NotWrappedKeys`].
    pub fn parse(text: impl Into<String>) -> Result<Self, NotWrappedKeys> {
        let text = text.into();
        base64url::decode_exact::<60>(&text).map_err(|_| NotWrappedKeys)?;
        Ok(Self(text))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key, by the half that wraps it: for a file that is opened where its keys shall lie (specs/wallet-export.md).
    pub(crate) fn unwrapped(&self, half: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
        let key = cipher::open_under(half, WRAPPED, &self.0)?;
        Some(Zeroizing::new(key.as_slice().try_into().ok()?))
    }
}

impl From<WrappedKeys> for String {
    fn from(keys: WrappedKeys) -> Self {
        keys.0
    }
}

impl TryFrom<String> for WrappedKeys {
    type Error = NotWrappedKeys;

    fn try_from(text: String) -> Result<Self, NotWrappedKeys> {
        Self::parse(text)
    }
}

/// What stands beside each way in, for the browser of whoever came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysOfWays {
    /// Beside the passphrase.
    pub passphrase: Option<WrappedKeys>,
    /// Beside each passkey.
    pub passkeys: Vec<(CredentialId, WrappedKeys)>,
    /// Beside the recovery code.
    pub recovery_code: Option<WrappedKeys>,
}

/// A recovery code that the member's browser made, as far as a vault has to know it.
pub struct CodeOfBrowser {
    /// The half that opens the vault.
    pub half: RecoveryHalf,
    /// The key of the holder keys, wrapped by the other half.
    pub keys: WrappedKeys,
    /// The public part of the first key that may go on with the member's DID.
    pub first_key: Jwk,
    /// The public half of the code, to which files are sealed (decision 0033).
    pub sealed_to: Jwk,
    /// The code itself, sealed under the key of the holder keys, for the browser to show until it was tried.
    pub sealed: String,
}

impl std::fmt::Debug for CodeOfBrowser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CodeOfBrowser")
    }
}

/// Longest text of a sealed code: 32 symbols, a byte each, an IV and a tag take 80.
pub(super) const LONGEST_SEALED_CODE: usize = 200;

impl LockedVault {
    /// What stands beside the ways in, for the browser of whoever came in by one of them.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn keys_of_ways(&self) -> Result<KeysOfWays, VaultError> {
        Ok(self.header().await?.keys_of_ways())
    }
}

impl Vault {
    /// Whether the holder keys are the browser's to use.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn keys_are_elsewhere(&self) -> Result<bool, VaultError> {
        Ok(self.locked().header().await?.keys_are_elsewhere())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_has_one_length() {
        let of = |bytes: usize| WrappedKeys::parse(base64url::encode(vec![7; bytes])).map(drop);
        assert_eq!((of(60), of(59), of(61)), (Ok(()), Err(NotWrappedKeys), Err(NotWrappedKeys)));
        assert_eq!(WrappedKeys::parse("not base64url").map(drop), Err(NotWrappedKeys));
        assert!(serde_json::from_str::<WrappedKeys>("\"AA\"").is_err());
    }
}
