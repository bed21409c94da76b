//! Who vouches for a wallet (OpenID4VCI 1.0 Appendices D and E, Attestation-Based Client Authentication -07).
//!
//! An issuer may take only wallets that somebody vouches for. Their provider says of a key that a wallet of its own holds it;
//! the wallet proves that it does. All wallets of a provider go under one name (`sub`, the `client_id`), and a wallet shows
//! a new key at every errand: what is shown at one issuer is not shown again, neither there nor elsewhere.

use did::DidUrl;
use environment::{Environment, Timestamp};
use jose::{Jwk, Signer, SigningKey};
use openid4vc::to_sign::ToSign;
use openid4vc::vci::attestation::NewAttestation;
use openid4vc::vci::attestation::keys::NewKeyAttestation;
use openid4vc::vci::attestation::provider::header;
use serde_json::{Map, Value};

use crate::wallet::BoxFuture;

/// For how long a provider's word counts, in seconds.
const LIFETIME: i64 = 24 * 3_600;
/// For how long its word about keys counts, in seconds: it is made for one request.
const KEYS_LIFETIME: i64 = 600;

/// A provider's word for one key of one wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// The name under which all of the provider's wallets go.
    pub client_id: String,
    /// The attestation, a JWT.
    pub jwt: String,
}

/// Why a provider gives no word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// It cannot be asked.
    #[error("the wallet provider cannot be asked: {0}")]
    Unreachable(String),
    /// Its key cannot be used.
    #[error("the wallet provider's key cannot be used")]
    Key,
}

/// Whoever can be asked to vouch for this wallet: a folder on this machine, or a host that knows it.
pub trait WalletProvider: Send + Sync {
    /// Vouches for a key of this wallet, for a day at most.
    fn attest<'a>(&'a self, key: &'a Jwk) -> BoxFuture<'a, Result<Attestation, ProviderError>>;

    /// Says that this wallet holds these keys (`key-attestation+jwt`), for the issuer that gave `nonce`.
    fn attest_keys<'a>(
        &'a self,
        keys: &'a [Jwk],
        nonce: Option<&'a str>,
    ) -> BoxFuture<'a, Result<String, ProviderError>>;
}

/// A provider with its key. It does no input or output, and keeps no record of whom it vouched for.
pub struct Provider {
    id: DidUrl,
    client_id: String,
    name: Option<String>,
    chain: Vec<Vec<u8>>,
    key: SigningKey,
    environment: Environment,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Provider({})", self.id.did().as_str())
    }
}

impl Provider {
    /// The provider whose key stands in a DID document at `id`, under `assertionMethod`.
    #[must_use]
    pub const fn new(id: DidUrl, client_id: String, key: SigningKey, environment: Environment) -> Self {
        Self { id, client_id, name: None, chain: Vec::new(), key, environment }
    }

    /// The same, with what it calls its wallets.
    #[must_use]
    pub fn named(self, name: Option<String>) -> Self {
        Self { name, ..self }
    }

    /// The same, with certificates (leaf first, in DER, without the root) for servers that know providers by their roots.
    #[must_use]
    pub fn certified(self, chain: Vec<Vec<u8>>) -> Self {
        Self { chain, ..self }
    }

    fn instance(&self, key: &Jwk) -> Result<Attestation, ProviderError> {
        let attestation = NewAttestation {
            issuer: self.id.did().as_str(),
            client_id: &self.client_id,
            key,
            lifetime: LIFETIME,
            wallet_name: self.name.as_deref(),
            wallet_link: None,
        };
        let jwt = self.signed(|header, key, now| attestation.to_sign(header, key.algorithm(), now))?;
        Ok(Attestation { client_id: self.client_id.clone(), jwt })
    }

    /// Nothing is said of how keys are kept: a wallet in a folder keeps them in software, which no level describes.
    fn keys(&self, keys: &[Jwk], nonce: Option<&str>) -> Result<String, ProviderError> {
        let attestation = NewKeyAttestation {
            issuer: self.id.did().as_str(),
            keys,
            nonce,
            lifetime: KEYS_LIFETIME,
            key_storage: &[],
            user_authentication: &[],
        };
        self.signed(|header, key, now| attestation.to_sign(header, key.algorithm(), now))
    }

    fn signed(
        &self,
        to_sign: impl FnOnce(Map<String, Value>, &Jwk, Timestamp) -> ToSign,
    ) -> Result<String, ProviderError> {
        let header = header(&self.id, &self.chain);
        let to_sign = to_sign(header, self.key.public_jwk(), self.environment.now());
        to_sign.sign(&self.key).map_err(|_| ProviderError::Key)
    }
}

impl WalletProvider for Provider {
    fn attest<'a>(&'a self, key: &'a Jwk) -> BoxFuture<'a, Result<Attestation, ProviderError>> {
        Box::pin(std::future::ready(self.instance(key)))
    }

    fn attest_keys<'a>(
        &'a self,
        keys: &'a [Jwk],
        nonce: Option<&'a str>,
    ) -> BoxFuture<'a, Result<String, ProviderError>> {
        Box::pin(std::future::ready(self.keys(keys, nonce)))
    }
}
