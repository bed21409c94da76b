//! Signing with holder keys, wherever they lie.

use std::sync::{Mutex, PoisonError};

use environment::Randomness;
use jose::{DecryptionKey, Jwk, Signer, SigningFailed, VerifyingKey};
use network::mailbox;
use zeroize::Zeroizing;

use super::{HolderKey, KeyUse, KeysError, Showing, Wanted};
use crate::records::PrivateKey;
use crate::wallet::Wallet;

impl Wallet {
    /// New keys, which lie where those of this wallet lie.
    pub(crate) async fn new_keys(&self, purpose: KeyUse, count: usize) -> Result<Vec<HolderKey>, KeysError> {
        let made = self.keys.make(purpose, count).await?;
        if made.len() == count { Ok(made) } else { Err(KeysError::Refused) }
    }

    /// One of them.
    pub(crate) async fn new_key(&self, purpose: KeyUse) -> Result<HolderKey, KeysError> {
        self.new_keys(purpose, 1).await?.pop().ok_or(KeysError::Refused)
    }

    /// What `say` makes with a signature by `key`. Where the key lies elsewhere it is called twice, first to see what is to be
    /// signed: it has to say the same both times.
    ///
    /// # Errors
    /// Those of `say`, and of whoever holds the key.
    pub(crate) async fn signed<T, E: From<KeysError>>(
        &self,
        key: &HolderKey,
        say: impl Fn(&dyn Signer) -> Result<T, E> + Send + Sync,
    ) -> Result<T, E> {
        let mut all = self.all_signed(&[key], |_, signer| say(signer)).await?;
        all.pop().ok_or_else(|| KeysError::Refused.into())
    }

    /// The same of a presentation: whoever holds the key sees what is shown, too.
    ///
    /// # Errors
    /// As [`Self::signed`].
    pub(crate) async fn signed_presentation<E: From<KeysError>>(
        &self,
        key: &HolderKey,
        certificate: Option<&[u8]>,
        say: impl Fn(&dyn Signer) -> Result<String, E> + Send + Sync,
    ) -> Result<String, E> {
        let shows = |presentation: &String| {
            let end = presentation.rfind('~')?.checked_add(1)?;
            let presented = presentation.get(..end)?.to_owned();
            Some(Showing { presented, certificate: certificate.map(<[u8]>::to_vec) })
        };
        let mut all = self.all_signed_showing(&[key], |_, signer| say(signer), shows).await?;
        all.pop().ok_or_else(|| KeysError::Refused.into())
    }

    /// The same with a signature by each of these keys, in one go.
    ///
    /// # Errors
    /// As [`Self::signed`].
    pub(crate) async fn all_signed<T, E: From<KeysError>>(
        &self,
        keys: &[&HolderKey],
        say: impl Fn(&HolderKey, &dyn Signer) -> Result<T, E> + Send + Sync,
    ) -> Result<Vec<T>, E> {
        self.all_signed_showing(keys, say, |_| None).await
    }

    async fn all_signed_showing<T, E: From<KeysError>>(
        &self,
        keys: &[&HolderKey],
        say: impl Fn(&HolderKey, &dyn Signer) -> Result<T, E> + Send + Sync,
        shows: impl Fn(&T) -> Option<Showing> + Send + Sync,
    ) -> Result<Vec<T>, E> {
        let mut wanted = Vec::new();
        for key in keys {
            if key.sealed().is_some() {
                let noting = Noting { public: key.public_jwk(), message: Mutex::default() };
                let said = say(key, &noting);
                match noting.message() {
                    Some(message) => {
                        let shows = said.as_ref().ok().and_then(&shows);
                        wanted.push(Wanted { key: (*key).clone(), message, shows });
                    }
                    // It failed before it came to signing, or signs nothing at all.
                    None => said.and(Err(KeysError::Unusable.into()))?,
                }
            }
        }
        let mut given = self.checked_signatures(wanted).await?.into_iter();
        let mut all = Vec::with_capacity(keys.len());
        for key in keys {
            all.push(if key.sealed().is_some() {
                say(key, &given.next().ok_or(KeysError::Refused)?)?
            } else {
                say(key, &key.private().signing_key().map_err(KeysError::from)?)?
            });
        }
        Ok(all)
    }

    /// Signatures of keys that lie elsewhere. One that was not made by its key is none: nothing is sent with it.
    async fn checked_signatures(&self, wanted: Vec<Wanted>) -> Result<Vec<Given>, KeysError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let signatures = self.keys.sign(wanted.clone()).await?;
        if signatures.len() != wanted.len() {
            return Err(KeysError::Refused);
        }
        let pairs = wanted.into_iter().zip(signatures);
        pairs
            .map(|(Wanted { key, message, .. }, signature)| {
                let verifying = VerifyingKey::new(key.public_jwk())?;
                if !verifying.verifies(&message, &signature) {
                    return Err(KeysError::NotOfTheKey);
                }
                Ok(Given { public: key.public, message, signature })
            })
            .collect()
    }

    /// The signed message in an envelope; none where none of these keys opens it.
    ///
    /// # Errors
    /// Those of whoever holds the keys: whether one of them opens it is not known then.
    pub(crate) async fn opened_mail(
        &self,
        envelope: &str,
        keys: &[HolderKey],
    ) -> Result<Option<String>, KeysError> {
        for key in keys {
            let opened = match key.private() {
                PrivateKey::Here(_) => mailbox::open(envelope, &decryption_key(key)?).ok(),
                PrivateKey::Elsewhere { .. } => {
                    let Ok(sender) = mailbox::sealed_with(envelope) else { return Ok(None) };
                    let shared = self.keys.agree(key, &sender).await?;
                    mailbox::open_agreed(envelope, &shared).ok()
                }
            };
            if opened.is_some() {
                return Ok(opened);
            }
        }
        Ok(None)
    }
}

fn decryption_key(key: &HolderKey) -> Result<DecryptionKey, KeysError> {
    Ok(key.private().decryption_key()?)
}

/// Notes what is to be signed, and signs nothing.
struct Noting<'a> {
    public: &'a Jwk,
    message: Mutex<Option<Vec<u8>>>,
}

impl Noting<'_> {
    fn message(self) -> Option<Vec<u8>> {
        self.message.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signer for Noting<'_> {
    fn public_jwk(&self) -> &Jwk {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        *self.message.lock().unwrap_or_else(PoisonError::into_inner) = Some(message.to_vec());
        Ok(vec![0; 64])
    }
}

/// Has one signature, and gives it for the message that it was made for.
struct Given {
    public: Jwk,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Signer for Given {
    fn public_jwk(&self) -> &Jwk {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        if message == self.message { Ok(self.signature.clone()) } else { Err(SigningFailed) }
    }
}

/// Randomness that can be had again: what is made twice with it is the same both times.
pub(crate) struct Repeatable<'a> {
    source: &'a dyn Randomness,
    drawn: Mutex<Drawn>,
}

#[derive(Default)]
struct Drawn {
    bytes: Zeroizing<Vec<u8>>,
    place: usize,
}

impl<'a> Repeatable<'a> {
    pub(crate) fn of(source: &'a dyn Randomness) -> Self {
        Self { source, drawn: Mutex::default() }
    }

    /// The same bytes from the beginning.
    pub(crate) fn again(&self) -> &Self {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).place = 0;
        self
    }
}

impl Randomness for Repeatable<'_> {
    fn fill(&self, buffer: &mut [u8]) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in buffer {
            let (place, known) = (drawn.place, drawn.bytes.get(drawn.place).copied());
            *byte = known.unwrap_or_else(|| {
                let mut fresh = [0];
                self.source.fill(&mut fresh);
                drawn.bytes.extend(fresh);
                fresh[0]
            });
            drawn.place = place.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests;
