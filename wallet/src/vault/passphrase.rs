//! The passphrase and its key derivation (Argon2id, RFC 9106).

use argon2::{Algorithm, Argon2, Params, Version};
use environment::Randomness;
use jose::base64url;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::{VaultError, cipher};

/// How much work one try at a passphrase is. Stored beside the wrapped key, so that it can be raised later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Memory in KiB.
    memory: u32,
    /// Passes over it.
    passes: u32,
    /// Lanes.
    lanes: u32,
}

impl Cost {
    /// 64 MiB and three passes: the second recommendation of RFC 9106 §4, with one lane.
    pub const USUAL: Self = Self { memory: 65_536, passes: 3, lanes: 1 };
    /// 19 MiB and two passes: the least that is accepted.
    pub const LEAST: Self = Self { memory: 19_456, passes: 2, lanes: 1 };
    /// The most that is done for a file that somebody brings, who may be anybody: 128 MiB and six passes.
    pub(crate) const MOST_OF_A_FILE: Self = Self { memory: 131_072, passes: 6, lanes: 4 };
    /// The most that is accepted: a stored header must not be able to exhaust the machine.
    const MOST: Self = Self { memory: 1_048_576, passes: 16, lanes: 8 };

    /// Whether it is no more work than `most`.
    pub(crate) fn is_within(self, most: Self) -> bool {
        self.memory <= most.memory && self.passes <= most.passes && self.lanes <= most.lanes
    }

    fn parameters(self) -> Result<Params, VaultError> {
        let within = (Self::LEAST.memory..=Self::MOST.memory).contains(&self.memory)
            && (Self::LEAST.passes..=Self::MOST.passes).contains(&self.passes)
            && (Self::LEAST.lanes..=Self::MOST.lanes).contains(&self.lanes);
        if !within {
            return Err(VaultError::Cost);
        }
        Params::new(self.memory, self.passes, self.lanes, Some(32)).map_err(|_| VaultError::Cost)
    }
}

/// How a passphrase is stretched where a browser does it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stretching {
    pub(super) salt: Salt,
    pub(super) cost: Cost,
}

impl Stretching {
    /// The salt, as text.
    #[must_use]
    pub fn salt(&self) -> String {
        self.salt.clone().into()
    }

    /// The work.
    #[must_use]
    pub const fn cost(&self) -> Cost {
        self.cost
    }
}

/// How many passphrases are stretched at once in this process.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// A passphrase as it was typed; erased when dropped.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Fewest characters of one that is chosen.
    pub const SHORTEST: usize = 8;

    /// A passphrase.
    ///
    /// # Errors
    /// [`VaultError::EmptyPassphrase`].
    pub fn new(text: impl Into<String>) -> Result<Self, VaultError> {
        let text = Zeroizing::new(text.into());
        if text.is_empty() { Err(VaultError::EmptyPassphrase) } else { Ok(Self(text)) }
    }

    /// A passphrase that somebody chooses. Whoever copies a wallet can try passphrases at leisure, so a new one must not be all too
    /// short; one of before is taken as it is ([`Self::new`]).
    ///
    /// # Errors
    /// [`VaultError::EmptyPassphrase`], [`VaultError::ShortPassphrase`].
    pub fn chosen(text: impl Into<String>) -> Result<Self, VaultError> {
        let chosen = Self::new(text)?;
        if chosen.0.chars().count() < Self::SHORTEST { Err(VaultError::ShortPassphrase) } else { Ok(chosen) }
    }

    /// The key that it stretches to. That takes a processor for a tenth of a second or longer, so it is done aside: nobody else waits
    /// for it. It takes 64 MiB too, so that few are done at once, however many are sent.
    pub(crate) async fn stretched(&self, salt: &Salt, cost: Cost) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.parameters()?);
        let (text, salt) = (self.0.clone(), salt.clone());
        let _turn = AT_ONCE.acquire().await.map_err(|_| VaultError::Cost)?;
        let stretching = tokio::task::spawn_blocking(move || {
            let mut key = Zeroizing::new([0_u8; 32]);
            let stretched = argon2.hash_password_into(text.as_bytes(), &salt.0, key.as_mut());
            // What is hashed first lies on the stack.
            cipher::burn();
            stretched.map(|()| key)
        });
        stretching.await.ok().and_then(Result::ok).ok_or(VaultError::Cost)
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Passphrase")
    }
}

/// What a passphrase was stretched to in its member's browser, and split: the half that opens the vault (decision 0028).
pub struct Stretched {
    key: Zeroizing<[u8; 32]>,
    salt: Salt,
    cost: Cost,
}

impl Stretched {
    /// What a browser has derived; none if it has not the form, or could be tried with less work than is accepted.
    #[must_use]
    pub fn of_text(key: &str, salt: &str, cost: Cost) -> Option<Self> {
        cost.parameters().ok()?;
        let key = Zeroizing::new(base64url::decode_exact(key).ok()?);
        Some(Self { key, salt: Salt::try_from(salt.to_owned()).ok()?, cost })
    }

    /// What the browser does: the two halves of a passphrase, for the vault and for the keys.
    ///
    /// # Errors
    /// [`VaultError::Cost`].
    pub async fn halves(
        passphrase: &Passphrase,
        salt: &str,
        cost: Cost,
    ) -> Result<(Self, Zeroizing<[u8; 32]>), VaultError> {
        let salt = Salt::try_from(salt.to_owned()).map_err(|_| VaultError::Cost)?;
        let stretched = passphrase.stretched(&salt, cost).await?;
        let half =
            |what: &str| cipher::expand(stretched.as_ref(), &format!("passport-wallet/passphrase/{what}/1"));
        Ok((Self { key: half("vault"), salt, cost }, half("keys")))
    }

    /// All that a passphrase is stretched to, as for a file.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) async fn whole(
        passphrase: &Passphrase,
        salt: &str,
        cost: Cost,
    ) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let salt = Salt::try_from(salt.to_owned()).map_err(|_| VaultError::Cost)?;
        passphrase.stretched(&salt, cost).await
    }

    pub(super) const fn key(&self) -> &Zeroizing<[u8; 32]> {
        &self.key
    }

    /// The half, as a page sends it.
    #[must_use]
    pub fn key_text(&self) -> Zeroizing<String> {
        Zeroizing::new(base64url::encode(self.key.as_ref()))
    }

    pub(super) const fn salt(&self) -> &Salt {
        &self.salt
    }

    pub(super) const fn cost(&self) -> Cost {
        self.cost
    }
}

impl std::fmt::Debug for Stretched {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Stretched")
    }
}

/// A random salt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Salt([u8; 16]);

impl Salt {
    pub(crate) fn generate(randomness: &dyn Randomness) -> Self {
        Self(randomness.bytes())
    }
}

impl From<Salt> for String {
    fn from(salt: Salt) -> Self {
        base64url::encode(salt.0)
    }
}

impl TryFrom<String> for Salt {
    type Error = base64url::NotBase64Url;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        base64url::decode_exact(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_below_the_least_or_above_the_most_is_refused() {
        assert!(Cost::USUAL.parameters().is_ok() && Cost::LEAST.parameters().is_ok());
        let weak = Cost { memory: 19_455, ..Cost::LEAST };
        assert!(matches!(weak.parameters(), Err(VaultError::Cost)));
        let exhausting = Cost { memory: u32::MAX, ..Cost::USUAL };
        assert!(matches!(exhausting.parameters(), Err(VaultError::Cost)));
    }
}
