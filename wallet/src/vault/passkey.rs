//! A passkey as a way in: WebAuthn's PRF extension (WebAuthn Level 3 §10.1.4) gives the browser the same 32 secret bytes each time
//! the same passkey is used with the same salt, and other bytes for every other passkey and salt. From them the page derives
//! a key that unwraps the vault key. No signature is checked: who has those bytes had the passkey, and nothing else opens.

use environment::{Randomness, Timestamp};
use jose::base64url;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::VaultError;
use super::cipher::VaultKey;
use super::keys_of_ways::WrappedKeys;

const BY_PASSKEY: &str = "passport-wallet/wrapped-by-passkey/1";
/// Longest identifier of a credential, in bytes (WebAuthn Level 3 §4, credential ID).
const LONGEST_CREDENTIAL: usize = 1_023;
/// Most characters of a passkey's name.
const LONGEST_NAME: usize = 100;

/// The identifier of a passkey, as the browser tells it: base64url of at least 16 bytes and at most 1023.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CredentialId(String);

/// The text is no identifier of a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no identifier of a passkey")]
pub struct NotACredentialId;

impl CredentialId {
    /// Reads an identifier.
    ///
    /// # Errors
    /// [`NotACredentialId`].
    pub fn parse(text: impl Into<String>) -> Result<Self, NotACredentialId> {
        const SHORTEST: usize = 16;
        let text = text.into();
        let bytes = base64url::decode(&text).map_err(|_| NotACredentialId)?;
        if (SHORTEST..=LONGEST_CREDENTIAL).contains(&bytes.len()) {
            Ok(Self(text))
        } else {
            Err(NotACredentialId)
        }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<CredentialId> for String {
    fn from(id: CredentialId) -> Self {
        id.0
    }
}

impl TryFrom<String> for CredentialId {
    type Error = NotACredentialId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(text)
    }
}

/// The salt that a passkey is used with: what the page puts into `prf.eval.first`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PrfSalt([u8; 32]);

impl PrfSalt {
    /// That of every passkey that is made: who comes to a host where nobody knows them yet uses a passkey that the page cannot name,
    /// so that it cannot look up a salt for it. Each passkey has a secret of its own all the same.
    #[must_use]
    pub fn usual() -> Self {
        Self(jose::digest::sha256(b"passport-wallet/prf-salt/1"))
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<PrfSalt> for String {
    fn from(salt: PrfSalt) -> Self {
        base64url::encode(salt.0)
    }
}

impl TryFrom<String> for PrfSalt {
    type Error = base64url::NotBase64Url;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        base64url::decode_exact(text).map(Self)
    }
}

/// What a passkey gave: which one it was, and the key that the page derived from its PRF output.
pub struct PasskeySecret {
    credential: CredentialId,
    key: Zeroizing<[u8; 32]>,
}

impl PasskeySecret {
    /// The key of 32 bytes.
    #[must_use]
    pub fn new(credential: CredentialId, key: [u8; 32]) -> Self {
        Self { credential, key: Zeroizing::new(key) }
    }

    /// Which passkey it was.
    #[must_use]
    pub const fn credential(&self) -> &CredentialId {
        &self.credential
    }

    /// The key as a page sends it, in base64url; none if it is no such text.
    #[must_use]
    pub fn of_text(credential: CredentialId, key: &str) -> Option<Self> {
        base64url::decode_exact(key).ok().map(|key| Self::new(credential, key))
    }
}

impl std::fmt::Debug for PasskeySecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PasskeySecret")
    }
}

/// A passkey that becomes a way in.
#[derive(Debug)]
pub struct NewPasskey {
    /// What it gave.
    pub secret: PasskeySecret,
    /// The salt that it was used with.
    pub salt: PrfSalt,
    /// What its owner calls it; cut off after 100 characters.
    pub name: String,
}

/// A passkey of an opened vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyView {
    /// Which one.
    pub credential: CredentialId,
    /// What its owner calls it.
    pub name: String,
    /// When it became a way in, in seconds since the epoch.
    pub added_at: i64,
}

/// The vault key, wrapped by a passkey.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ByPasskey {
    credential: CredentialId,
    salt: PrfSalt,
    wrapped: String,
    /// [`About`], sealed: a stolen header does not tell which devices somebody has.
    about: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys: Option<WrappedKeys>,
}

#[derive(Serialize, Deserialize)]
struct About {
    name: String,
    added_at: i64,
}

impl ByPasskey {
    pub(super) fn new(
        key: &VaultKey,
        new: &NewPasskey,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> Result<Self, VaultError> {
        let NewPasskey { secret, salt, name } = new;
        let about = About { name: name.chars().take(LONGEST_NAME).collect(), added_at: now.seconds() };
        let about = serde_json::to_vec(&about).map_err(|_| VaultError::Unstorable)?;
        Ok(Self {
            wrapped: key.wrap(&secret.key, BY_PASSKEY, randomness)?,
            about: key.seal(&place_of(&secret.credential), &about, randomness)?,
            credential: secret.credential.clone(),
            salt: salt.clone(),
            keys: None,
        })
    }

    pub(super) fn with_keys(self, keys: &WrappedKeys) -> Self {
        Self { keys: Some(keys.clone()), ..self }
    }

    pub(super) const fn keys(&self) -> Option<&WrappedKeys> {
        self.keys.as_ref()
    }

    pub(super) const fn credential(&self) -> &CredentialId {
        &self.credential
    }

    /// What a page needs to ask for the passkey.
    pub(super) fn asked(&self) -> (CredentialId, PrfSalt) {
        (self.credential.clone(), self.salt.clone())
    }

    pub(super) fn is_of(&self, secret: &PasskeySecret) -> bool {
        self.credential == secret.credential
    }

    pub(super) fn open(&self, secret: &PasskeySecret) -> Option<VaultKey> {
        VaultKey::unwrap_with(&self.wrapped, &secret.key, BY_PASSKEY)
    }

    pub(super) fn view(&self, key: &VaultKey) -> Result<PasskeyView, VaultError> {
        let about = key.open(&place_of(&self.credential), &self.about)?;
        let About { name, added_at } = serde_json::from_slice(&about).map_err(|_| VaultError::Damaged)?;
        Ok(PasskeyView { credential: self.credential.clone(), name, added_at })
    }
}

/// What the words about a passkey are bound to.
fn place_of(credential: &CredentialId) -> String {
    format!("passkey/{}", credential.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_base64url_of_a_length_that_passkeys_have() {
        let of = |bytes: usize| CredentialId::parse(base64url::encode(vec![7; bytes])).map(drop);
        assert_eq!((of(16), of(1_023)), (Ok(()), Ok(())));
        assert_eq!((of(15), of(1_024)), (Err(NotACredentialId), Err(NotACredentialId)));
        assert_eq!(CredentialId::parse("not base64url, but long enough").map(drop), Err(NotACredentialId));
        assert!(serde_json::from_str::<CredentialId>("\"AA\"").is_err());
    }
}
