//! Wallets that a provider vouches for: which providers are taken, and each proof once over all replicas.

use std::fmt;
use std::sync::Arc;

use axum::http::HeaderMap;
use did::{Did, DidUrl, KeyAtError, Relationship, Resolve, ResolveError, key_at};
use jose::Jwk;
use openid4vc::timed_nonce::Purpose;
use openid4vc::vci::attestation::keys::{self, KeyAttestationError};
use openid4vc::vci::attestation::{self, AttestationError, Attested, ClientAttestation, Expected};
use openid4vc::vci::credential::{CredentialRequest, Proofs};
use openid4vc::vci::metadata::KeyAttestationsRequired;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, Insertion, Tx};

use crate::issue::Refusal;
use crate::records::Used;
use crate::service::Issuance;

/// Most providers whose keys are looked up for one request: a batch has one provider, or is a trick.
const MOST_PROVIDER_KEYS: usize = 4;

/// Whose wallets are taken.
#[derive(Clone)]
pub struct WalletProviders {
    /// The providers' DIDs; not empty.
    pub providers: Vec<Did>,
    /// Resolves them, and nobody else.
    pub resolver: Arc<dyn Resolve>,
    /// What providers must say of the keys too; absent: nothing is asked of keys.
    pub keys: Option<KeyAttestationsRequired>,
}

impl fmt::Debug for WalletProviders {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WalletProviders({:?})", self.providers)
    }
}

impl WalletProviders {
    /// The key of a provider that is taken, listed under `assertionMethod`.
    async fn key(&self, url: &DidUrl) -> Result<Jwk, AttestationError> {
        if !self.providers.contains(url.did()) {
            return Err(AttestationError::UnknownProvider);
        }
        key_at(self.resolver.as_ref(), url, Relationship::AssertionMethod).await.map_err(
            |error| match error {
                KeyAtError::Resolve(ResolveError::Unreachable) => AttestationError::ProviderUnavailable,
                _ => AttestationError::NoProviderKey,
            },
        )
    }
}

/// A wallet that showed its attestation, as records keep it: no handle of a person, only which wallet goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttestedWallet {
    /// The provider's DID.
    pub provider: String,
    /// The client_id, which all its wallets share.
    pub client_id: String,
    /// Thumbprint of the key of this wallet.
    pub instance: String,
}

impl AttestedWallet {
    /// What is kept of a wallet that was attested.
    #[must_use]
    pub fn of(attested: &Attested) -> Self {
        Self {
            provider: attested.provider().to_owned(),
            client_id: attested.client_id().to_owned(),
            instance: attested.instance().to_owned(),
        }
    }
}

impl Issuance {
    /// The attested wallet of a request to the token or the pushed authorisation endpoint; `None` where this party takes any
    /// wallet, whatever it shows. Its proof is used up, even if the request is refused for another reason.
    pub(crate) async fn attested(
        &self,
        headers: &HeaderMap,
        client_id: Option<&str>,
    ) -> Result<Option<Attested>, Refusal<AttestationError>> {
        let Some(wallets) = &self.inner.extensions.wallets else { return Ok(None) };
        let texts = |name: &str| -> Vec<&str> {
            headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect()
        };
        let read = ClientAttestation::read(
            &texts(attestation::ATTESTATION_HEADER),
            &texts(attestation::PROOF_HEADER),
        );
        let read = read.and_then(|read| read.ok_or(AttestationError::Missing)).map_err(Refusal::Refused)?;
        let key = wallets.key(read.provider()).await.map_err(Refusal::Refused)?;
        let expected = Expected {
            audience: &self.identity().origin(),
            client_id,
            challenges: &self.inner.nonces,
            now: self.inner.environment.now(),
        };
        let attested = read.verify(&key, &expected).map_err(Refusal::Refused)?;
        let used = Used { hash: attested.use_hash(), until: attested.expires_at().seconds() };
        match self.inner.tenant.commit(&UseAttestation(used)).await {
            Ok(()) => Ok(Some(attested)),
            Err(Fault::Refused(error)) => Err(Refusal::Refused(error)),
            Err(Fault::Store(fault)) => Err(Refusal::Store(fault)),
        }
    }

    /// A challenge for the next proof of an attested wallet; `None` where none is asked for.
    pub(crate) fn attestation_challenge(&self) -> Option<String> {
        self.inner.extensions.wallets.as_ref().map(|_| self.fresh_nonce(Purpose::Attestation))
    }

    /// The keys of the providers that vouch for the keys of a request, looked up beforehand, because the core asks nobody.
    pub(crate) async fn provider_keys(&self, request: &CredentialRequest) -> ProviderKeys {
        let mut found = ProviderKeys::default();
        let Some(wallets) = &self.inner.extensions.wallets else { return found };
        if wallets.keys.is_none() {
            return found;
        }
        for attestation in attestations_of(request) {
            let Some(url) = keys::provider_of(&attestation) else { continue };
            let name = url.to_string();
            if found.0.len() < MOST_PROVIDER_KEYS && found.looked_up(&name).is_none() {
                let key = wallets.key(&url).await.map_err(|error| match error {
                    AttestationError::ProviderUnavailable => KeyAttestationError::ProviderUnavailable,
                    _ => KeyAttestationError::UnknownProvider,
                });
                found.0.push((name, key));
            }
        }
        found
    }
}

/// What became of looking up the keys that a request names, by their DID URLs.
#[derive(Default)]
pub(crate) struct ProviderKeys(Vec<(String, Result<Jwk, KeyAttestationError>)>);

impl ProviderKeys {
    fn looked_up(&self, url: &str) -> Option<&Result<Jwk, KeyAttestationError>> {
        self.0.iter().find(|(known, _)| known == url).map(|(_, key)| key)
    }

    pub(crate) fn key(&self, url: &str) -> Result<Jwk, KeyAttestationError> {
        self.looked_up(url).cloned().unwrap_or(Err(KeyAttestationError::UnknownProvider))
    }
}

fn attestations_of(request: &CredentialRequest) -> Vec<String> {
    match &request.proofs {
        Proofs::Attestation(attestation) => vec![attestation.clone()],
        Proofs::Jwt(proofs) => proofs.iter().filter_map(|proof| keys::of_proof(proof)).collect(),
    }
}

struct UseAttestation(Used);

impl Change for UseAttestation {
    const NAME: &'static str = "use-wallet-attestation";
    type Output = ();
    type Refusal = AttestationError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<AttestationError>> {
        match tx.insert_new(&self.0).await? {
            Insertion::Inserted => Ok(()),
            Insertion::AlreadyThere => Err(Fault::Refused(AttestationError::Replayed)),
        }
    }
}
