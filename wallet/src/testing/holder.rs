//! A holder of keys who is not the wallet, as the browser at a host is one: what the wallet keeps of its keys opens nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use environment::{Randomness, SeededRandomness};
use jose::{Algorithm, DecryptionKey, Jwk, Signer, SigningKey};
use zeroize::Zeroizing;

use crate::keys::{HolderKey, HolderKeys, KeyUse, KeysError, Wanted};
use crate::wallet::BoxFuture;

/// How a holder answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conduct {
    /// As it should.
    #[default]
    Honest,
    /// It is not there.
    Away,
    /// It signs with another key.
    OtherKey,
    /// It signs something else.
    OtherMessage,
    /// It gives no signature for the last thing that it was asked to sign.
    OneTooFew,
}

/// The holder.
pub struct Holder {
    kept: Mutex<Kept>,
    randomness: SeededRandomness,
}

#[derive(Default)]
struct Kept {
    signing: HashMap<String, Arc<SigningKey>>,
    opening: HashMap<String, Zeroizing<String>>,
    conduct: Conduct,
    signed: Vec<String>,
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Holder")
    }
}

impl Holder {
    /// A holder whose keys come from this seed.
    #[must_use]
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self { kept: Mutex::default(), randomness: SeededRandomness::new(seed) })
    }

    /// Behaves so from now on.
    pub fn behaves(&self, conduct: Conduct) {
        self.kept().conduct = conduct;
    }

    /// The signing inputs that were signed so far.
    #[must_use]
    pub fn signed(&self) -> Vec<String> {
        self.kept().signed.clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn made(&self, purpose: KeyUse) -> Result<HolderKey, KeysError> {
        let randomness: &dyn Randomness = &self.randomness;
        let sealed = jose::base64url::encode(randomness.bytes::<16>());
        let public = match purpose {
            KeyUse::Sign => {
                let key = SigningKey::generate(Algorithm::Es256, randomness)?;
                let public = key.public_jwk().clone();
                self.kept().signing.insert(sealed.clone(), Arc::new(key));
                public
            }
            KeyUse::Open => {
                let key = DecryptionKey::generate("seal", randomness)?;
                self.kept().opening.insert(sealed.clone(), key.to_private_json());
                key.public_jwk().clone()
            }
        };
        Ok(HolderKey::elsewhere(purpose, public, sealed))
    }

    fn signature(&self, wanted: &Wanted) -> Result<Vec<u8>, KeysError> {
        let sealed = wanted.key.sealed().ok_or(KeysError::Unusable)?;
        let conduct = self.kept().conduct;
        let key = self.kept().signing.get(sealed).cloned().ok_or(KeysError::Refused)?;
        let other = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(99))?;
        self.kept().signed.push(String::from_utf8_lossy(&wanted.message).into_owned());
        Ok(match conduct {
            Conduct::OtherKey => other.sign(&wanted.message)?,
            Conduct::OtherMessage => key.sign(b"something else")?,
            _ => key.sign(&wanted.message)?,
        })
    }

    fn all_signed(&self, wanted: &[Wanted]) -> Result<Vec<Vec<u8>>, KeysError> {
        let conduct = self.kept().conduct;
        if conduct == Conduct::Away {
            return Err(KeysError::NobodyThere);
        }
        let mut signatures: Vec<_> =
            wanted.iter().map(|one| self.signature(one)).collect::<Result<_, _>>()?;
        if conduct == Conduct::OneTooFew {
            signatures.pop();
        }
        Ok(signatures)
    }

    fn agreed(&self, key: &HolderKey, with: &Jwk) -> Result<Zeroizing<[u8; 32]>, KeysError> {
        if self.kept().conduct == Conduct::Away {
            return Err(KeysError::NobodyThere);
        }
        let sealed = key.sealed().ok_or(KeysError::Unusable)?;
        let text = self.kept().opening.get(sealed).cloned().ok_or(KeysError::Refused)?;
        let key = DecryptionKey::from_private_json(text.as_bytes())?;
        key.agree(with).ok_or(KeysError::Refused)
    }
}

impl HolderKeys for Holder {
    fn make(&self, purpose: KeyUse, count: usize) -> BoxFuture<'_, Result<Vec<HolderKey>, KeysError>> {
        let made = match self.kept().conduct {
            Conduct::Away => Err(KeysError::NobodyThere),
            _ => Ok(()),
        };
        let made = made.and_then(|()| (0..count).map(|_| self.made(purpose)).collect());
        Box::pin(std::future::ready(made))
    }

    fn sign(&self, wanted: Vec<Wanted>) -> BoxFuture<'_, Result<Vec<Vec<u8>>, KeysError>> {
        Box::pin(std::future::ready(self.all_signed(&wanted)))
    }

    fn agree<'a>(
        &'a self,
        key: &'a HolderKey,
        with: &'a Jwk,
    ) -> BoxFuture<'a, Result<Zeroizing<[u8; 32]>, KeysError>> {
        Box::pin(std::future::ready(self.agreed(key, with)))
    }
}
