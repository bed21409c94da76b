//! The only record that is not sealed: how to get at the vault key.

use environment::{Environment, Randomness};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{FieldClass, Key, Record};

use super::VaultError;
use super::cipher::VaultKey;
use super::keys_of_ways::{KeysOfWays, WrappedKeys};
use super::passkey::{ByPasskey, CredentialId, NewPasskey, PasskeySecret};
use super::passphrase::{Cost, Passphrase, Salt, Stretched, Stretching};
use super::recovery::{RecoveryCode, RecoveryHalf};
use super::sealing_to_code::SealedToCode;

pub(super) const KEY: &str = "vault";
const BY_PASSPHRASE: &str = "passport-wallet/wrapped-by-passphrase/1";
const BY_RECOVERY_CODE: &str = "passport-wallet/wrapped-by-recovery-code/1";
const FORMAT: u8 = 2;
/// Most passkeys of one wallet: more than anybody has devices.
pub(super) const MOST_PASSKEYS: usize = 16;

/// The vault key, wrapped once for each way in. It names nobody and no host.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Header {
    format: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passphrase: Option<ByPassphrase>,
    by_recovery_code: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    passkeys: Vec<ByPasskey>,
    /// Where the member's browser holds the holder keys: what they are sealed under, wrapped by the other half of the recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys_by_recovery_code: Option<WrappedKeys>,
}

/// The vault key, wrapped by a passphrase.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ByPassphrase {
    cost: Cost,
    salt: Salt,
    wrapped: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys: Option<WrappedKeys>,
}

/// A way in that a vault gets; a new one has one of them beside its recovery code.
pub enum NewWay<'a> {
    /// A passphrase, and how much work one try at it is.
    Passphrase(&'a Passphrase, Cost),
    /// A passkey.
    Passkey(&'a NewPasskey),
    /// A passphrase of which nobody but its member's browser knows more than half.
    Stretched(&'a Stretched),
    /// One of the others, beside which stands what the member's browser needs to use the holder keys.
    WithKeys(&'a NewWay<'a>, &'a WrappedKeys),
}

/// How the recovery code becomes a way in.
pub(super) enum ByCode<'a> {
    /// It is at hand.
    Told(&'a RecoveryHalf),
    /// Its owner has it on paper; here is its public half.
    Sealed(&'a SealedToCode),
}

/// What is told to open a vault.
pub enum Secret<'a> {
    /// The passphrase.
    Passphrase(&'a Passphrase),
    /// The recovery code.
    RecoveryCode(&'a RecoveryCode),
    /// What a passkey gave.
    Passkey(&'a PasskeySecret),
    /// What a browser made of the passphrase.
    Stretched(&'a Stretched),
    /// What a browser made of the recovery code.
    RecoveryHalf(&'a RecoveryHalf),
}

impl Record for Header {
    const CLASS: &'static str = "vault";
    const VERSION: u16 = 2;
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("format", FieldClass::Operational),
        ("passphrase", FieldClass::Operational),
        ("by_recovery_code", FieldClass::Operational),
        ("passkeys", FieldClass::Operational),
        ("keys_by_recovery_code", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(KEY)
    }

    /// Version 1 knew a passphrase and a recovery code, both always there.
    fn upgrade(version: u16, value: Value) -> Option<Value> {
        let Value::Object(mut before) = value else { return None };
        if version != 1 {
            return None;
        }
        let mut passphrase = Map::new();
        for (name, before_named) in [("cost", "cost"), ("salt", "salt"), ("wrapped", "by_passphrase")] {
            passphrase.insert(name.to_owned(), before.remove(before_named)?);
        }
        before.insert("passphrase".to_owned(), passphrase.into());
        before.insert("format".to_owned(), FORMAT.into());
        Some(before.into())
    }
}

impl Header {
    /// The header of a new vault.
    pub(super) fn new(
        key: &VaultKey,
        first: WayChange,
        code: &ByCode<'_>,
        keys: Option<&WrappedKeys>,
        randomness: &dyn Randomness,
    ) -> Result<Self, VaultError> {
        let by_recovery_code = match code {
            ByCode::Told(code) => key.wrap(code.vault_key(), BY_RECOVERY_CODE, randomness)?,
            ByCode::Sealed(to) => key.seal_to(to.key(), randomness)?,
        };
        let bare = Self {
            format: FORMAT,
            passphrase: None,
            by_recovery_code,
            passkeys: Vec::new(),
            keys_by_recovery_code: keys.cloned(),
        };
        bare.changed(first)
    }

    /// The vault key, by what was told. Without a passphrase a wrong one is told from none: that is no secret, the page asks for one
    /// only where there is one.
    pub(super) async fn open(&self, secret: &Secret<'_>) -> Result<VaultKey, VaultError> {
        let opened = match secret {
            Secret::Passphrase(passphrase) => {
                let way = self.passphrase.as_ref().ok_or(VaultError::NoPassphrase)?;
                let by = passphrase.stretched(&way.salt, way.cost).await?;
                VaultKey::unwrap_with(&way.wrapped, &by, BY_PASSPHRASE)
            }
            Secret::Stretched(stretched) => {
                let way = self.passphrase.as_ref().ok_or(VaultError::NoPassphrase)?;
                VaultKey::unwrap_with(&way.wrapped, stretched.key(), BY_PASSPHRASE)
            }
            Secret::RecoveryHalf(half) => self.opened_by_half(half),
            Secret::RecoveryCode(code) => self.opened_by_half(&code.half()),
            Secret::Passkey(secret) => {
                self.passkeys.iter().find(|way| way.is_of(secret)).and_then(|way| way.open(secret))
            }
        };
        opened.ok_or(VaultError::WrongSecret)
    }

    fn opened_by_half(&self, half: &RecoveryHalf) -> Option<VaultKey> {
        let wrapped = &self.by_recovery_code;
        // A vault that came in a file had the public half of the code alone (decision 0033).
        if wrapped.contains('.') {
            half.unsealing_key().and_then(|key| VaultKey::unseal(wrapped, &key))
        } else {
            VaultKey::unwrap_with(wrapped, half.vault_key(), BY_RECOVERY_CODE)
        }
    }

    /// Whether there is a passphrase.
    pub(super) const fn has_passphrase(&self) -> bool {
        self.passphrase.is_some()
    }

    /// How the passphrase is stretched.
    pub(super) fn stretching(&self) -> Option<Stretching> {
        self.passphrase.as_ref().map(|way| Stretching { salt: way.salt.clone(), cost: way.cost })
    }

    /// Whether the holder keys are the browser's to use.
    pub(super) const fn keys_are_elsewhere(&self) -> bool {
        self.keys_by_recovery_code.is_some()
    }

    /// What stands beside each way in for the browser.
    pub(super) fn keys_of_ways(&self) -> KeysOfWays {
        let passkeys = self.passkeys.iter();
        KeysOfWays {
            passphrase: self.passphrase.as_ref().and_then(|way| way.keys.clone()),
            passkeys: passkeys
                .filter_map(|way| Some((way.credential().clone(), way.keys()?.clone())))
                .collect(),
            recovery_code: self.keys_by_recovery_code.clone(),
        }
    }

    pub(super) fn passkeys(&self) -> &[ByPasskey] {
        &self.passkeys
    }

    /// This header with one change. The recovery code alone is no way in: it lies in a drawer.
    pub(super) fn changed(mut self, change: WayChange) -> Result<Self, VaultError> {
        match change {
            WayChange::Passphrase(way) => {
                check_keys(self.keys_are_elsewhere(), way.keys.as_ref())?;
                self.passphrase = Some(way);
            }
            WayChange::NoPassphrase => {
                self.passphrase.take().ok_or(VaultError::NoPassphrase)?;
            }
            WayChange::Passkey(way) => {
                check_keys(self.keys_are_elsewhere(), way.keys())?;
                if self.passkeys.iter().any(|known| known.credential() == way.credential()) {
                    return Err(VaultError::PasskeyKnown);
                }
                if self.passkeys.len() >= MOST_PASSKEYS {
                    return Err(VaultError::TooManyPasskeys);
                }
                self.passkeys.push(way);
            }
            WayChange::NoPasskey(credential) => {
                let place = self.passkeys.iter().position(|way| *way.credential() == credential);
                self.passkeys.remove(place.ok_or(VaultError::NoSuchPasskey)?);
            }
        }
        if self.passphrase.is_none() && self.passkeys.is_empty() {
            return Err(VaultError::LastWay);
        }
        Ok(Self { format: FORMAT, ..self })
    }
}

/// Each way in leads to the holder keys too: a member who comes in by one of them can use them.
fn check_keys(are_elsewhere: bool, keys: Option<&WrappedKeys>) -> Result<(), VaultError> {
    if are_elsewhere == keys.is_some() { Ok(()) } else { Err(VaultError::WithoutKeys) }
}

/// What is changed about the ways in; the work for it is done.
#[derive(Clone)]
pub(super) enum WayChange {
    Passphrase(ByPassphrase),
    NoPassphrase,
    Passkey(ByPasskey),
    NoPasskey(CredentialId),
}

impl WayChange {
    fn with_keys(self, keys: &WrappedKeys) -> Self {
        match self {
            Self::Passphrase(way) => Self::Passphrase(ByPassphrase { keys: Some(keys.clone()), ..way }),
            Self::Passkey(way) => Self::Passkey(way.with_keys(keys)),
            other => other,
        }
    }
}

impl NewWay<'_> {
    /// The vault key wrapped this way.
    pub(super) async fn prepared(
        &self,
        key: &VaultKey,
        environment: &Environment,
    ) -> Result<WayChange, VaultError> {
        let randomness = environment.randomness();
        match self {
            Self::Passphrase(passphrase, cost) => {
                let salt = Salt::generate(randomness);
                let by = passphrase.stretched(&salt, *cost).await?;
                let wrapped = key.wrap(&by, BY_PASSPHRASE, randomness)?;
                Ok(WayChange::Passphrase(ByPassphrase { cost: *cost, salt, wrapped, keys: None }))
            }
            Self::Passkey(new) => {
                ByPasskey::new(key, new, environment.now(), randomness).map(WayChange::Passkey)
            }
            Self::Stretched(stretched) => {
                let wrapped = key.wrap(stretched.key(), BY_PASSPHRASE, randomness)?;
                let (cost, salt) = (stretched.cost(), stretched.salt().clone());
                Ok(WayChange::Passphrase(ByPassphrase { cost, salt, wrapped, keys: None }))
            }
            Self::WithKeys(way, keys) => Ok(Box::pin(way.prepared(key, environment)).await?.with_keys(keys)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_header_of_the_first_format_opens_as_before() {
        let environment = Environment::system();
        let randomness = environment.randomness();
        let (key, code) = (VaultKey::generate(randomness), RecoveryCode::generate(randomness));
        let passphrase = Passphrase::new("some words").unwrap();
        let way = NewWay::Passphrase(&passphrase, Cost::LEAST).prepared(&key, &environment).await.unwrap();
        let new = Header::new(&key, way, &ByCode::Told(&code.half()), None, randomness).unwrap();
        let way = new.passphrase.as_ref().unwrap();
        let before = json!({
            "format": 1, "cost": way.cost, "salt": way.salt, "by_passphrase": way.wrapped,
            "by_recovery_code": new.by_recovery_code,
        });
        let header: Header = serde_json::from_value(Header::upgrade(1, before).unwrap()).unwrap();
        for secret in [Secret::Passphrase(&passphrase), Secret::RecoveryCode(&code)] {
            assert_eq!(header.open(&secret).await.unwrap().derive("test"), key.derive("test"));
        }
        assert!(Header::upgrade(3, json!({})).is_none());
        assert!(Header::upgrade(1, json!({"format": 1})).is_none());
    }
}
