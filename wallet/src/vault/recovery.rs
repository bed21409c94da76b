//! The recovery code: shown once, kept on paper. It opens the vault without the passphrase, and from it come the
//! keys that alone may change the member's DID after its first entry.

use environment::Randomness;
use jose::{Algorithm, DecryptionKey, KeyError, SigningKey, base64url};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::cipher;

/// Crockford's alphabet: no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 32 symbols of 5 bits: 160 bits.
const SYMBOLS: usize = 32;
const GROUP: usize = 4;

/// The text is not a recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a recovery code has 32 letters and digits in groups of four")]
pub struct NotARecoveryCode;

/// A recovery code; erased when dropped.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<[u8; SYMBOLS]>);

impl RecoveryCode {
    /// A fresh code.
    pub(crate) fn generate(randomness: &dyn Randomness) -> Self {
        let mut values = Zeroizing::new(randomness.bytes::<SYMBOLS>());
        for value in values.iter_mut() {
            *value &= 31;
        }
        Self(values)
    }

    /// Reads a code as a person types it: case, spaces, hyphens and look-alikes do not matter.
    ///
    /// # Errors
    /// [`NotARecoveryCode`].
    pub fn parse(text: &str) -> Result<Self, NotARecoveryCode> {
        let mut values = Zeroizing::new([0_u8; SYMBOLS]);
        let mut places = values.iter_mut();
        for character in text.chars().filter(|character| !matches!(character, ' ' | '-' | '\n' | '\r' | '\t'))
        {
            let symbol = match character.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let value = ALPHABET
                .iter()
                .position(|known| char::from(*known) == symbol)
                .and_then(|position| u8::try_from(position).ok())
                .ok_or(NotARecoveryCode)?;
            *places.next().ok_or(NotARecoveryCode)? = value;
        }
        if places.next().is_some() {
            return Err(NotARecoveryCode);
        }
        drop(places);
        Ok(Self(values))
    }

    /// Its symbols as numbers, as a browser seals them.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn values(&self) -> Zeroizing<[u8; SYMBOLS]> {
        self.0.clone()
    }

    /// A code of these.
    pub(crate) fn of_values(values: &[u8]) -> Option<Self> {
        let values: [u8; SYMBOLS] = values.try_into().ok()?;
        values.iter().all(|value| *value < 32).then(|| Self(Zeroizing::new(values)))
    }

    /// The code as it is shown, in groups of four.
    #[must_use]
    pub fn printed(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(SYMBOLS.saturating_add(SYMBOLS)));
        for (position, value) in self.0.iter().enumerate() {
            if position > 0 && position.is_multiple_of(GROUP) {
                text.push('-');
            }
            text.push(ALPHABET.get(usize::from(*value)).map_or('0', |symbol| char::from(*symbol)));
        }
        text
    }

    /// What a vault and its host need of it.
    #[must_use]
    pub fn half(&self) -> RecoveryHalf {
        RecoveryHalf {
            vault_key: self.vault_key(),
            unsealing: Some(self.unsealing_scalar()),
            locator: self.locator(),
        }
    }

    /// The other half: what wraps the keys that the member's browser holds (decision 0028). No host ever has it.
    #[must_use]
    pub fn keys_key(&self) -> Zeroizing<[u8; 32]> {
        cipher::expand(self.0.as_ref(), "passport-wallet/recovery/keys/1")
    }

    /// Wraps the vault key.
    pub(super) fn vault_key(&self) -> Zeroizing<[u8; 32]> {
        cipher::expand(self.0.as_ref(), "passport-wallet/recovery/vault-key/1")
    }

    /// By what a host finds the vault of whoever has nothing but this code. It tells nothing of what the code opens.
    pub(super) fn locator(&self) -> String {
        let locator = cipher::expand(self.0.as_ref(), "passport-wallet/recovery/locator/1");
        jose::digest::sha256_base64url(locator.as_ref())
    }

    /// The key to whose public half a vault can seal its own key for this code, without having the code.
    ///
    /// # Errors
    /// [`KeyError`] with a probability of 2^-32.
    pub(crate) fn unsealing_key(&self) -> Result<DecryptionKey, KeyError> {
        unsealing_key(&self.unsealing_scalar())
    }

    fn unsealing_scalar(&self) -> Zeroizing<[u8; 32]> {
        cipher::expand(self.0.as_ref(), "passport-wallet/recovery/sealing-key/1")
    }

    /// The key that signs entry `index + 1` of the member's DID log; the entry before names its hash.
    ///
    /// # Errors
    /// [`KeyError`] does not occur for derived keys.
    pub fn did_key(&self, index: u32) -> Result<SigningKey, KeyError> {
        let seed = cipher::expand(self.0.as_ref(), &format!("passport-wallet/recovery/did-key/1/{index}"));
        SigningKey::from_secret_bytes(Algorithm::EdDsa, &seed)
    }
}

fn unsealing_key(scalar: &[u8; 32]) -> Result<DecryptionKey, KeyError> {
    let key = SigningKey::from_secret_bytes(Algorithm::Es256, scalar)?;
    DecryptionKey::from_private_json(key.to_private_json().as_bytes())
}

/// As it is printed, for the vault that keeps it.
impl Serialize for RecoveryCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.printed())
    }
}

impl<'de> Deserialize<'de> for RecoveryCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// What a vault and its host need of a recovery code: it opens the vault, and tells nothing of the keys that come of the code.
pub struct RecoveryHalf {
    vault_key: Zeroizing<[u8; 32]>,
    /// What opens a vault that came in a file (decision 0033); not told where a vault is made.
    unsealing: Option<Zeroizing<[u8; 32]>>,
    locator: String,
}

impl RecoveryHalf {
    /// What a browser has derived; none if it has not the form. Where it is known whose vault it is, it need not be found.
    #[must_use]
    pub fn of_text(vault_key: &str, unsealing: Option<&str>, locator: Option<&str>) -> Option<Self> {
        let secret = |text: &str| Some(Zeroizing::new(base64url::decode_exact(text).ok()?));
        if let Some(locator) = locator {
            base64url::decode_exact::<32>(locator).ok()?;
        }
        Some(Self {
            vault_key: secret(vault_key)?,
            unsealing: unsealing.map(secret).map_or(Some(None), |told| told.map(Some))?,
            locator: locator.unwrap_or_default().to_owned(),
        })
    }

    /// The key to whose public half a vault that came in a file is sealed; none where it was not told, or is none.
    pub(crate) fn unsealing_key(&self) -> Option<DecryptionKey> {
        unsealing_key(self.unsealing.as_ref()?).ok()
    }

    /// What opens a vault that came in a file, as a page sends it.
    #[must_use]
    pub fn unsealing_text(&self) -> Option<Zeroizing<String>> {
        self.unsealing.as_ref().map(|scalar| Zeroizing::new(base64url::encode(scalar.as_ref())))
    }

    /// The half that opens the vault, as a page sends it.
    #[must_use]
    pub fn vault_key_text(&self) -> Zeroizing<String> {
        Zeroizing::new(base64url::encode(self.vault_key.as_ref()))
    }

    pub(super) fn again(&self) -> Self {
        Self {
            vault_key: self.vault_key.clone(),
            unsealing: self.unsealing.clone(),
            locator: self.locator.clone(),
        }
    }

    pub(super) const fn vault_key(&self) -> &Zeroizing<[u8; 32]> {
        &self.vault_key
    }

    /// By what a host finds the vault.
    #[must_use]
    pub fn locator(&self) -> &str {
        &self.locator
    }
}

impl std::fmt::Debug for RecoveryHalf {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RecoveryHalf")
    }
}

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RecoveryCode")
    }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;
    use jose::Signer;

    use super::*;

    #[test]
    fn a_code_is_read_back_however_it_is_typed() {
        let code = RecoveryCode::generate(&SeededRandomness::new(1));
        let printed = code.printed();
        assert_eq!(printed.len(), 39);
        let typed = printed.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(RecoveryCode::parse(&typed).unwrap().printed(), printed);
    }

    #[test]
    fn a_code_that_is_too_short_too_long_or_has_a_foreign_symbol_is_refused() {
        let printed = RecoveryCode::generate(&SeededRandomness::new(1)).printed();
        let shorter: String = printed.chars().skip(1).collect();
        for wrong in [shorter.clone(), format!("{}0", *printed), format!("U{shorter}"), String::new()] {
            assert_eq!(RecoveryCode::parse(&wrong).unwrap_err(), NotARecoveryCode);
        }
    }

    #[test]
    fn each_index_has_its_own_key_and_it_is_always_the_same() {
        let code = RecoveryCode::generate(&SeededRandomness::new(1));
        let key = |index| code.did_key(index).unwrap().public_jwk().thumbprint();
        assert_eq!(key(1), key(1));
        assert_ne!(key(1), key(2));
    }
}
