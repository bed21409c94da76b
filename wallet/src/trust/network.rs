//! Trust by the network the wallet has joined.

use std::sync::Arc;

use did::{DidUrl, Relationship, Resolve};
use directory::{AdmittedParty, Directory, DirectoryError};
use environment::Environment;
use jose::Jwk;
use outbound::Fetch;
use trust::{NetworkDescriptor, Purpose, Role};

use super::{SignerEvidence, Trust, TrustError, TrustedIssuer, TrustedRequester, check_claimed_name};
use crate::records::JoinedNetwork;
use crate::vault::Vault;
use crate::wallet::BoxFuture;

/// The network that is pinned in the vault. The newest list seen is kept there, so that an older one is never
/// taken; it is fetched when it is needed and not fresh.
pub struct NetworkTrust {
    vault: Arc<Vault>,
    fetch: Arc<dyn Fetch>,
    directory: Option<Directory>,
    refreshing: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for NetworkTrust {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("NetworkTrust").field(&self.directory).finish()
    }
}

impl NetworkTrust {
    /// The network the wallet has joined; when there is none, nobody is trusted.
    ///
    /// # Errors
    /// [`TrustError::Vault`].
    pub async fn load(
        vault: Arc<Vault>,
        fetch: Arc<dyn Fetch>,
        resolve: Arc<dyn Resolve>,
        environment: Environment,
    ) -> Result<Self, TrustError> {
        let joined = vault.get::<JoinedNetwork>(JoinedNetwork::NAME).await?;
        let directory = joined.and_then(|joined| {
            let descriptor = NetworkDescriptor::from_json(joined.descriptor.to_string()).ok()?;
            let directory = Directory::new(descriptor, Some(joined.state), resolve, environment);
            // A list that has expired meanwhile is fetched anew.
            if let Some(list) = &joined.list
                && let Err(error) = directory.take_list(list)
            {
                tracing::debug!(%error, "the kept network list is not taken");
            }
            Some(directory)
        });
        Ok(Self { vault, fetch, directory, refreshing: tokio::sync::Mutex::new(()) })
    }

    /// Fetches the network list now, whatever its age.
    ///
    /// # Errors
    /// [`TrustError`].
    pub async fn refresh(&self) -> Result<(), TrustError> {
        self.current(true).await.map(drop)
    }

    /// The directory with a list that is current.
    async fn current(&self, force: bool) -> Result<&Directory, TrustError> {
        let directory = self.directory.as_ref().ok_or(TrustError::NoNetwork)?;
        let _one_at_a_time = self.refreshing.lock().await;
        let before = directory.state();
        let now = directory.now();
        match self.fetched(directory, force).await {
            Ok(Some(list)) if directory.state() != before || force => {
                let joined = JoinedNetwork {
                    descriptor: directory.descriptor().to_value(),
                    state: directory.state(),
                    list: Some(list),
                };
                self.vault.put(&joined).await?;
            }
            Ok(_) => {}
            // A list that is still current carries on while the operator cannot be reached.
            Err(error) if !force && directory.list().is_some_and(|list| list.is_current(now)) => {
                tracing::warn!(%error, "the network list could not be renewed and is still current");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(directory)
    }

    /// The list's text if a new one was fetched.
    async fn fetched(&self, directory: &Directory, force: bool) -> Result<Option<String>, DirectoryError> {
        let recorder = Recorder { inner: self.fetch.as_ref(), body: std::sync::Mutex::new(None) };
        directory.refresh(&recorder, force).await?;
        Ok(recorder.body.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    async fn admitted_requester(
        &self,
        directory: &Directory,
        evidence: &SignerEvidence,
    ) -> Result<AdmittedParty, TrustError> {
        Ok(match evidence {
            SignerEvidence::Chain { chain, .. } => directory.admit_verifier(chain).await?,
            SignerEvidence::Key(url) => directory.admit_verifier_key(url).await?,
        })
    }
}

impl Trust for NetworkTrust {
    fn issuer<'a>(
        &'a self,
        evidence: &'a SignerEvidence,
        vct: &'a str,
    ) -> BoxFuture<'a, Result<TrustedIssuer, TrustError>> {
        Box::pin(async move {
            let directory = self.current(false).await?;
            let party = match evidence {
                SignerEvidence::Chain { chain, claimed } => {
                    let party = directory.admit_issuer(chain).await?;
                    check_claimed_name(chain.leaf(), claimed.as_deref())?;
                    party
                }
                SignerEvidence::Key(url) => admit_issuing_key(directory, url).await?,
            };
            if !party.may_issue(vct) {
                return Err(TrustError::NotItsType);
            }
            Ok(TrustedIssuer {
                name: party.display_name().to_owned(),
                did: Some(party.did().to_owned()),
                host: Some(party.host().to_owned()),
                network: Some(directory.descriptor().name().to_owned()),
                key: party.key().clone(),
            })
        })
    }

    fn requester<'a>(
        &'a self,
        evidence: &'a SignerEvidence,
        registration: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TrustedRequester, TrustError>> {
        Box::pin(async move {
            let directory = self.current(false).await?;
            let party = self.admitted_requester(directory, evidence).await?;
            let registration =
                registration.map(|compact| directory.registration(compact, party.did())).transpose()?;
            Ok(TrustedRequester {
                name: party.display_name().to_owned(),
                did: Some(party.did().to_owned()),
                host: Some(party.host().to_owned()),
                network: Some(directory.descriptor().name().to_owned()),
                role: Some(party.role()),
                registration,
                key: Some(party.key().clone()),
            })
        })
    }

    fn assertion_key<'a>(&'a self, url: &'a DidUrl) -> BoxFuture<'a, Result<Jwk, TrustError>> {
        Box::pin(async move {
            let directory = self.directory.as_ref().ok_or(TrustError::NoNetwork)?;
            Ok(did::key_at(directory.resolver().as_ref(), url, Relationship::AssertionMethod).await?)
        })
    }
}

async fn admit_issuing_key(directory: &Directory, url: &DidUrl) -> Result<AdmittedParty, TrustError> {
    let list = directory.list().ok_or(DirectoryError::NoList)?;
    let is_office =
        list.by_did(url.did().as_str()).is_some_and(|member| member.roles.contains(&Role::Office));
    Ok(if is_office {
        AdmittedParty::Office(directory.admit_key(url, Purpose::CredentialIssuing).await?)
    } else {
        AdmittedParty::Space(directory.admit_key(url, Purpose::CredentialIssuing).await?)
    })
}

/// Remembers the body of the one answer that passes, so that the list's text can be kept.
struct Recorder<'a> {
    inner: &'a dyn Fetch,
    body: std::sync::Mutex<Option<String>>,
}

impl Fetch for Recorder<'_> {
    fn fetch(&self, request: outbound::Request) -> outbound::Fetching<'_> {
        Box::pin(async move {
            let response = self.inner.fetch(request).await?;
            let text = std::str::from_utf8(&response.body).ok().map(|text| text.trim().to_owned());
            *self.body.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = text;
            Ok(response)
        })
    }
}
