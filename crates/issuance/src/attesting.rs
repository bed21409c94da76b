//! Wallets that a provider vouches for: which providers are taken, and each proof once over all replicas.

use std::fmt;
use std::sync::Arc;

use axum::http::HeaderMap;
use did::{Did, DidUrl, Relationship, Resolve, key_at};
use environment::Timestamp;
use openid4vc::timed_nonce::Purpose;
use openid4vc::vci::attestation::keys::{self, KeyAttestationError};
use openid4vc::vci::attestation::provider::{ListedStatus, NamedProvider, TakenProvider};
use openid4vc::vci::attestation::{self, AttestationError, Attested, ClientAttestation, Expected};
use openid4vc::vci::credential::{CredentialRequest, Proofs};
use openid4vc::vci::metadata::KeyAttestationsRequired;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, Insertion, Tx};
use trust::ForeignAnchors;

use crate::issue::Refusal;
use crate::minting::BoxFuture;
use crate::records::Used;
use crate::service::Issuance;

/// Most providers whose keys are looked up for one request: a batch has one provider, or is a trick.
const MOST_PROVIDER_KEYS: usize = 4;

/// What a status list says of an attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttestationStanding {
    /// It counts.
    Counts,
    /// It was taken back.
    TakenBack,
    /// It cannot be told.
    Unknown {
        /// Whether it may be told later, without anybody changing anything; otherwise the list itself is wrong.
        is_transient: bool,
    },
}

/// Looks up whether attestations still count, in the status lists of those who made them.
pub trait AttestationStatuses: Send + Sync {
    /// How what is listed there stands.
    fn standing<'a>(&'a self, listed: &'a ListedStatus) -> BoxFuture<'a, AttestationStanding>;
}

/// Whose wallets are taken.
#[derive(Clone)]
pub struct WalletProviders {
    /// The DIDs of providers.
    pub providers: Vec<Did>,
    /// Roots that certify wallet providers and nobody else (HAIP 1.0 §4.4.1).
    pub roots: Option<ForeignAnchors>,
    /// Resolves them, and nobody else.
    pub resolver: Arc<dyn Resolve>,
    /// Looks up what they have taken back.
    pub statuses: Arc<dyn AttestationStatuses>,
    /// What providers must say of the keys too; absent: nothing is asked of keys.
    pub keys: Option<KeyAttestationsRequired>,
}

impl fmt::Debug for WalletProviders {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roots = self.roots.as_ref().map_or(0, |roots| roots.certificates().len());
        write!(formatter, "WalletProviders({:?} and {roots} roots)", self.providers)
    }
}

impl WalletProviders {
    /// The provider behind what an attestation names, if it is taken.
    async fn taken(&self, named: &NamedProvider, now: Timestamp) -> Result<TakenProvider, AttestationError> {
        if let Some(url) = named.kid().filter(|url| self.providers.contains(url.did())) {
            return self.by_did(url).await;
        }
        let (Some(chain), Some(roots)) = (named.chain(), &self.roots) else {
            return Err(AttestationError::UnknownProvider);
        };
        TakenProvider::by_chain(chain, roots, now).map_err(AttestationError::Chain)
    }

    /// By its key of now, listed under `assertionMethod`.
    async fn by_did(&self, url: &DidUrl) -> Result<TakenProvider, AttestationError> {
        let key = key_at(self.resolver.as_ref(), url, Relationship::AssertionMethod).await;
        key.map(|key| TakenProvider::by_did(url.did(), key)).map_err(|error| {
            if error.is_transient() {
                AttestationError::ProviderUnavailable
            } else {
                AttestationError::NoProviderKey
            }
        })
    }
}

/// A wallet that showed its attestation, as records keep it: no handle of a person, only which wallet goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttestedWallet {
    /// The provider: its DID, or the hash of its certificate.
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
        let now = self.inner.environment.now();
        let provider = wallets.taken(read.named(), now).await.map_err(Refusal::Refused)?;
        let expected =
            Expected { audience: &self.identity().origin(), client_id, challenges: &self.inner.nonces, now };
        let attested = read.verify(&provider, &expected).map_err(Refusal::Refused)?;
        let used = Used { hash: attested.use_hash(), until: attested.expires_at().seconds() };
        match self.inner.tenant.commit(&UseAttestation(used)).await {
            Ok(()) => {}
            Err(Fault::Refused(error)) => return Err(Refusal::Refused(error)),
            Err(Fault::Store(fault)) => return Err(Refusal::Store(fault)),
        }
        let Some(listed) = attested.status() else { return Ok(Some(attested)) };
        let refused = match wallets.statuses.standing(listed).await {
            AttestationStanding::Counts => return Ok(Some(attested)),
            AttestationStanding::TakenBack => AttestationError::Revoked,
            AttestationStanding::Unknown { is_transient: true } => AttestationError::StatusUnavailable,
            AttestationStanding::Unknown { is_transient: false } => AttestationError::StatusRefused,
        };
        Err(Refusal::Refused(refused))
    }

    /// Looks up whether the attestations of keys still count.
    pub(crate) async fn check_statuses(&self, statuses: &[ListedStatus]) -> Result<(), KeyAttestationError> {
        let Some(wallets) = &self.inner.extensions.wallets else { return Ok(()) };
        for listed in statuses {
            match wallets.statuses.standing(listed).await {
                AttestationStanding::Counts => {}
                AttestationStanding::TakenBack => return Err(KeyAttestationError::Revoked),
                AttestationStanding::Unknown { is_transient: true } => {
                    return Err(KeyAttestationError::StatusUnavailable);
                }
                AttestationStanding::Unknown { is_transient: false } => {
                    return Err(KeyAttestationError::StatusRefused);
                }
            }
        }
        Ok(())
    }

    /// A challenge for the next proof of an attested wallet; `None` where none is asked for.
    pub(crate) fn attestation_challenge(&self) -> Option<String> {
        self.inner.extensions.wallets.as_ref().map(|_| self.fresh_nonce(Purpose::Attestation))
    }

    /// The providers that vouch for the keys of a request, looked up beforehand, because the core asks nobody.
    pub(crate) async fn provider_keys(&self, request: &CredentialRequest) -> ProviderKeys {
        let mut found = ProviderKeys::default();
        let Some(wallets) = &self.inner.extensions.wallets else { return found };
        if wallets.keys.is_none() {
            return found;
        }
        for attestation in attestations_of(request) {
            let Some(named) = keys::provider_of(&attestation) else { continue };
            if found.0.len() < MOST_PROVIDER_KEYS && found.looked_up(&named).is_none() {
                let taken = wallets.taken(&named, self.inner.environment.now()).await;
                let taken = taken.map_err(|error| match error {
                    AttestationError::ProviderUnavailable => KeyAttestationError::ProviderUnavailable,
                    AttestationError::Chain(error) => KeyAttestationError::Chain(error),
                    _ => KeyAttestationError::UnknownProvider,
                });
                found.0.push((named, taken));
            }
        }
        found
    }
}

/// What became of looking up the providers that a request names.
#[derive(Default)]
pub(crate) struct ProviderKeys(Vec<(NamedProvider, Result<TakenProvider, KeyAttestationError>)>);

impl ProviderKeys {
    fn looked_up(&self, named: &NamedProvider) -> Option<&Result<TakenProvider, KeyAttestationError>> {
        self.0.iter().find(|(known, _)| known == named).map(|(_, taken)| taken)
    }

    pub(crate) fn taken(&self, named: &NamedProvider) -> Result<TakenProvider, KeyAttestationError> {
        self.looked_up(named).cloned().unwrap_or(Err(KeyAttestationError::UnknownProvider))
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
