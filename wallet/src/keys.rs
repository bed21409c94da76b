//! Holder keys: those that credentials are bound to, that answer for the member, and that speak for the member's DID.
//!
//! Where they lie is behind a port (decision 0028). On the member's own machine they lie in the vault, sealed like all else
//! ([`KeptInVault`]), and so they still do at a host. They can lie with the member instead: what the vault keeps of one is then its public
//! half and a text that the host cannot open, and whoever can is asked to sign ([`HolderKeys`]).

mod signing;

use std::sync::Arc;

use environment::Environment;
use jose::{Algorithm, DecryptionKey, Jwk, KeyError, SigningFailed, SigningKey};
use zeroize::Zeroizing;

use crate::records::PrivateKey;
use crate::wallet::BoxFuture;

pub(crate) use signing::Repeatable;

/// What a key is for: one that signs opens nothing, and the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// It signs (ES256).
    Sign,
    /// It opens what is sealed to its public half (ECDH-ES on P-256).
    Open,
}

/// Why a holder key was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// Whoever holds the keys is not there, or did not answer in time.
    #[error("no page of this wallet is open that could sign; keep one open and try again")]
    NobodyThere,
    /// Whoever holds the keys does not do with them what was asked.
    #[error("the browser refused to sign this")]
    Refused,
    /// What came back was not made with the key.
    #[error("what the browser gave was not made with the key that was asked for")]
    NotOfTheKey,
    /// The key cannot be used.
    #[error("a key of the wallet could not be used")]
    Unusable,
}

impl KeysError {
    /// A short name for machine-readable output.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NobodyThere => "keys_not_here",
            Self::Refused | Self::NotOfTheKey | Self::Unusable => "key",
        }
    }
}

impl From<KeyError> for KeysError {
    fn from(_: KeyError) -> Self {
        Self::Unusable
    }
}

impl From<SigningFailed> for KeysError {
    fn from(_: SigningFailed) -> Self {
        Self::Unusable
    }
}

/// A holder key: its public half, and the other one where it lies.
#[derive(Clone)]
pub struct HolderKey {
    public: Jwk,
    private: PrivateKey,
}

impl std::fmt::Debug for HolderKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "HolderKey({})", self.thumbprint())
    }
}

impl HolderKey {
    /// A key whose private half nobody here can open: `sealed` is what its holder needs to use it.
    #[must_use]
    pub fn elsewhere(purpose: KeyUse, public: Jwk, sealed: String) -> Self {
        let public = match purpose {
            KeyUse::Sign => public,
            // As one that is made here.
            KeyUse::Open => public.with_kid(OPENS).with_alg("ECDH-ES").with_use("enc"),
        };
        let private = PrivateKey::Elsewhere { public: public.clone(), sealed };
        Self { public, private }
    }

    /// A signing key that lies here.
    pub(crate) fn here(key: &SigningKey) -> Self {
        Self { public: jose::Signer::public_jwk(key).clone(), private: PrivateKey::of(key) }
    }

    /// A key that lies here and opens what is sealed to it.
    pub(crate) fn opening_here(key: &DecryptionKey) -> Self {
        Self { public: key.public_jwk().clone(), private: PrivateKey::of_text(key.to_private_json()) }
    }

    /// The key of a record.
    pub(crate) const fn of(public: Jwk, private: PrivateKey) -> Self {
        Self { public, private }
    }

    /// The public half.
    #[must_use]
    pub const fn public_jwk(&self) -> &Jwk {
        &self.public
    }

    /// Its thumbprint (RFC 7638), by which it is known.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        self.public.thumbprint_base64url()
    }

    /// What its holder needs to use it; none for a key that lies here.
    #[must_use]
    pub fn sealed(&self) -> Option<&str> {
        match &self.private {
            PrivateKey::Here(_) => None,
            PrivateKey::Elsewhere { sealed, .. } => Some(sealed),
        }
    }

    /// As a record keeps it.
    pub(crate) fn kept(&self) -> PrivateKey {
        self.private.clone()
    }

    /// The private half, if it lies here.
    pub(crate) const fn private(&self) -> &PrivateKey {
        &self.private
    }
}

/// A signature that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// By which key.
    pub key: HolderKey,
    /// Over what: the signing input of a JWT (RFC 7515 §5.1).
    pub message: Vec<u8>,
    /// What is shown with it, if it is a key binding: whoever holds the key looks at it.
    pub shows: Option<Showing>,
}

/// What a key binding shows, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Showing {
    /// The credential, and what is disclosed of it (RFC 9901 §4.3).
    pub presented: String,
    /// The certificate of whoever asks, where its name is a hash of it (`x509_hash`, OpenID4VP 1.0 §5.9.3).
    pub certificate: Option<Vec<u8>>,
}

/// Whoever holds the holder keys. Keys that lie here need nobody: of the others alone it is asked to sign and to open.
pub trait HolderKeys: Send + Sync {
    /// Makes keys.
    ///
    /// # Errors
    /// See [`KeysError`].
    fn make(&self, purpose: KeyUse, count: usize) -> BoxFuture<'_, Result<Vec<HolderKey>, KeysError>>;

    /// Signs; the signatures come in the same order (64 bytes each, R‖S). They are checked by whoever asked.
    ///
    /// # Errors
    /// See [`KeysError`].
    fn sign(&self, wanted: Vec<Wanted>) -> BoxFuture<'_, Result<Vec<Vec<u8>>, KeysError>>;

    /// Agrees on a secret with the holder of `with` (NIST SP 800-56A §5.7.1.2).
    ///
    /// # Errors
    /// See [`KeysError`].
    fn agree<'a>(
        &'a self,
        key: &'a HolderKey,
        with: &'a Jwk,
    ) -> BoxFuture<'a, Result<Zeroizing<[u8; 32]>, KeysError>>;
}

/// Holder keys that lie in the vault: for a wallet on its member's own machine, which trusts in itself.
pub struct KeptInVault(Environment);

impl std::fmt::Debug for KeptInVault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeptInVault")
    }
}

impl KeptInVault {
    /// Keys of this randomness.
    #[must_use]
    pub fn new(environment: &Environment) -> Arc<Self> {
        Arc::new(Self(environment.clone()))
    }

    fn made(&self, purpose: KeyUse) -> Result<HolderKey, KeysError> {
        let randomness = self.0.randomness();
        Ok(match purpose {
            KeyUse::Sign => HolderKey::here(&SigningKey::generate(Algorithm::Es256, randomness)?),
            KeyUse::Open => HolderKey::opening_here(&DecryptionKey::generate(OPENS, randomness)?),
        })
    }
}

/// What a key is called that opens.
const OPENS: &str = "seal";

impl HolderKeys for KeptInVault {
    fn make(&self, purpose: KeyUse, count: usize) -> BoxFuture<'_, Result<Vec<HolderKey>, KeysError>> {
        Box::pin(std::future::ready((0..count).map(|_| self.made(purpose)).collect()))
    }

    /// A key that lies elsewhere can be used there alone: the wallet came from a host.
    fn sign(&self, _wanted: Vec<Wanted>) -> BoxFuture<'_, Result<Vec<Vec<u8>>, KeysError>> {
        Box::pin(std::future::ready(Err(KeysError::NobodyThere)))
    }

    fn agree<'a>(
        &'a self,
        _key: &'a HolderKey,
        _with: &'a Jwk,
    ) -> BoxFuture<'a, Result<Zeroizing<[u8; 32]>, KeysError>> {
        Box::pin(std::future::ready(Err(KeysError::NobodyThere)))
    }
}
