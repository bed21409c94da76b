//! Admitting others.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use crate::AdmittedParty;
use did::{Did, DidUrl, Relationship, Resolve, ResolveError};
use environment::{Environment, Timestamp};
use jose::Jwk;
use outbound::{Fetch, OutboundError, Request};
use trust::network_list::{NetworkListError, RollbackError};
use trust::path::PathCache;
use trust::registration::RegistrationError;
use trust::{
    AdmissionError, Admitted, CertificateChain, CertificateError, DocumentKeys, NetworkDescriptor,
    NetworkList, NetworkState, Office, Party, PathError, Purpose, Registration, Role, Space,
};

/// Leaves whose path is remembered: more than the parties of a large network that one space meets in a day.
const REMEMBERED_PATHS: usize = 4_096;
/// How long before a list's end a new one is fetched.
const REFRESH_AHEAD: i64 = 6 * 3_600;
/// Longest network list that is read, in bytes.
const LONGEST_LIST: usize = 16 << 20;

/// Why somebody is not taken as admitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// No network list has been taken yet.
    #[error("the network list has not been fetched yet")]
    NoList,
    /// The certificate chain.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The leaf names no DID.
    #[error(transparent)]
    Leaf(#[from] CertificateError),
    /// The DID in the certificate or key id is malformed.
    #[error("the certificate or key id names a malformed DID")]
    MalformedDid,
    /// The DID does not resolve.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The key is not in the DID document.
    #[error("the DID document does not list the key for this purpose")]
    NoSuchKey,
    /// The party is not admitted.
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    /// The list.
    #[error(transparent)]
    List(#[from] NetworkListError),
    /// An older list than one already seen.
    #[error(transparent)]
    Rollback(#[from] RollbackError),
    /// The list could not be fetched.
    #[error(transparent)]
    Fetch(#[from] OutboundError),
    /// The registration certificate.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
}

impl DirectoryError {
    /// Whether the same question may be answered differently a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoList => true,
            Self::Resolve(error) => error.is_transient(),
            Self::Fetch(error) => error.is_transient(),
            _ => false,
        }
    }
}

/// What a refresh did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListRefresh {
    /// The list in hand is fresh enough.
    StillFresh,
    /// A list was taken; its version.
    Taken(u64),
}

/// The network as this party sees it.
pub struct Directory {
    descriptor: NetworkDescriptor,
    resolver: Arc<dyn Resolve>,
    environment: Environment,
    paths: PathCache,
    seen: Mutex<NetworkState>,
    list: RwLock<Option<Arc<NetworkList>>>,
    taken_at: Mutex<Option<Timestamp>>,
}

impl Directory {
    /// A directory that has no list yet. `seen` is what an earlier run kept of [`Self::state`].
    #[must_use]
    pub fn new(
        descriptor: NetworkDescriptor,
        seen: Option<NetworkState>,
        resolver: Arc<dyn Resolve>,
        environment: Environment,
    ) -> Self {
        let seen = seen.unwrap_or_else(|| NetworkState::new(descriptor.network()));
        Self {
            descriptor,
            resolver,
            environment,
            paths: PathCache::new(REMEMBERED_PATHS),
            seen: Mutex::new(seen),
            list: RwLock::new(None),
            taken_at: Mutex::new(None),
        }
    }

    /// The pinned network.
    #[must_use]
    pub const fn descriptor(&self) -> &NetworkDescriptor {
        &self.descriptor
    }

    /// The resolver.
    #[must_use]
    pub fn resolver(&self) -> &Arc<dyn Resolve> {
        &self.resolver
    }

    /// The newest list seen, to be kept over restarts so that an older one is never taken again.
    #[must_use]
    pub fn state(&self) -> NetworkState {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The list in hand, current or not.
    #[must_use]
    pub fn list(&self) -> Option<Arc<NetworkList>> {
        self.list.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a signed list if it verifies and is not older than one already seen; gives its version.
    ///
    /// # Errors
    /// [`DirectoryError::List`], [`DirectoryError::Rollback`]; the list in hand then stays.
    pub fn take_list(&self, compact: &str) -> Result<u64, DirectoryError> {
        let list = NetworkList::verify(compact, &self.descriptor, self.environment.now())?;
        let version = list.version();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.advance(&list)?;
        *self.list.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(list));
        *self.taken_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.environment.now());
        Ok(version)
    }

    /// Fetches the list when the last one was taken `seconds` ago or more, so that a suspension is seen long before the list ends:
    /// for servers, which look by the clock.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub async fn keep_fresh(&self, fetch: &dyn Fetch, seconds: i64) -> Result<ListRefresh, DirectoryError> {
        let taken_at = *self.taken_at.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.environment.now();
        // A clock that was put back says nothing about the age.
        let is_young = taken_at.is_some_and(|at| (0..seconds).contains(&now.since(at)));
        self.refresh(fetch, !is_young).await
    }

    /// Fetches the list when there is none or when it ends soon; `force` fetches it anyway.
    ///
    /// # Errors
    /// [`DirectoryError::Fetch`] and those of [`Self::take_list`].
    pub async fn refresh(&self, fetch: &dyn Fetch, force: bool) -> Result<ListRefresh, DirectoryError> {
        let now = self.environment.now();
        let fresh = self.list().is_some_and(|list| list.is_current(now.plus(REFRESH_AHEAD)));
        if fresh && !force {
            return Ok(ListRefresh::StillFresh);
        }
        let request = Request::get(self.descriptor.list().clone())
            .with_limit(LONGEST_LIST)
            .with_timeout(Duration::from_secs(10));
        let response = fetch.fetch(request).await?.successful()?;
        let compact = std::str::from_utf8(&response.body)
            .map_err(|_| NetworkListError::from(jose::jws::JwsError::Malformed))?;
        self.take_list(compact.trim()).map(ListRefresh::Taken)
    }

    /// Verifies the chain of a party's leaf, without asking whether the party is admitted.
    ///
    /// # Errors
    /// [`DirectoryError::Path`].
    pub fn path(&self, chain: &CertificateChain, purpose: Purpose) -> Result<trust::Path, DirectoryError> {
        Ok(self.paths.verify(chain, self.descriptor.root(), purpose, self.environment.now())?)
    }

    /// Admits a party by the chain of its leaf.
    ///
    /// # Errors
    /// See [`DirectoryError`].
    pub async fn admit<R: Party>(
        &self,
        chain: &CertificateChain,
        purpose: Purpose,
    ) -> Result<Admitted<R>, DirectoryError> {
        let path = self.path(chain, purpose)?;
        let did = Did::parse(path.leaf().did()?).map_err(|_| DirectoryError::MalformedDid)?;
        let list = self.list().ok_or(DirectoryError::NoList)?;
        trust::listed::<R>(did.as_str(), &list, self.environment.now())?;
        let document = self.document_keys(&did).await?;
        Ok(trust::admit::<R>(&path, &list, &document, self.environment.now())?)
    }

    /// Admits a party by a key of its DID document, for protocols that name keys by DID URL. The list is looked into first:
    /// anybody can write a DID into a request, and nothing is fetched for one that is not listed.
    ///
    /// # Errors
    /// See [`DirectoryError`].
    pub async fn admit_key<R: Party>(
        &self,
        key_id: &DidUrl,
        purpose: Purpose,
    ) -> Result<Admitted<R>, DirectoryError> {
        let list = self.list().ok_or(DirectoryError::NoList)?;
        trust::listed::<R>(key_id.did().as_str(), &list, self.environment.now())?;
        let relationship = match purpose {
            Purpose::RequestSigning => Relationship::Authentication,
            _ => Relationship::AssertionMethod,
        };
        let key =
            did::key_at(self.resolver.as_ref(), key_id, relationship).await.map_err(|error| match error {
                did::KeyAtError::Resolve(error) => DirectoryError::Resolve(error),
                _ => DirectoryError::NoSuchKey,
            })?;
        let document = self.document_keys(key_id.did()).await?;
        Ok(trust::admit_key::<R>(&key, purpose, &list, &document, self.environment.now())?)
    }

    /// Admits whoever signs credentials with this chain, office or space, by the role the list gives it.
    ///
    /// # Errors
    /// See [`DirectoryError`].
    pub async fn admit_issuer(&self, chain: &CertificateChain) -> Result<AdmittedParty, DirectoryError> {
        let under = self.path(chain, Purpose::CredentialIssuing)?.under();
        Ok(match under {
            Some(trust::SubAuthority::Offices) => {
                AdmittedParty::Office(self.admit::<Office>(chain, Purpose::CredentialIssuing).await?)
            }
            _ => AdmittedParty::Space(self.admit::<Space>(chain, Purpose::CredentialIssuing).await?),
        })
    }

    /// Admits whoever asks with this chain, space or office.
    ///
    /// # Errors
    /// See [`DirectoryError`].
    pub async fn admit_verifier(&self, chain: &CertificateChain) -> Result<AdmittedParty, DirectoryError> {
        let under = self.path(chain, Purpose::RequestSigning)?.under();
        Ok(match under {
            Some(trust::SubAuthority::Offices) => {
                AdmittedParty::Office(self.admit::<Office>(chain, Purpose::RequestSigning).await?)
            }
            _ => AdmittedParty::Space(self.admit::<Space>(chain, Purpose::RequestSigning).await?),
        })
    }

    /// Admits whoever asks under this key of a DID document, space or office.
    ///
    /// # Errors
    /// See [`DirectoryError`].
    pub async fn admit_verifier_key(&self, key_id: &DidUrl) -> Result<AdmittedParty, DirectoryError> {
        let list = self.list().ok_or(DirectoryError::NoList)?;
        let is_office =
            list.by_did(key_id.did().as_str()).is_some_and(|member| member.roles.contains(&Role::Office));
        Ok(if is_office {
            AdmittedParty::Office(self.admit_key::<Office>(key_id, Purpose::RequestSigning).await?)
        } else {
            AdmittedParty::Space(self.admit_key::<Space>(key_id, Purpose::RequestSigning).await?)
        })
    }

    /// Admits whoever signs credentials with this key of a DID document, office or space.
    ///
    /// # Errors
    /// See [`DirectoryError`].
    pub async fn admit_issuer_key(&self, key_id: &DidUrl) -> Result<AdmittedParty, DirectoryError> {
        let list = self.list().ok_or(DirectoryError::NoList)?;
        let is_office =
            list.by_did(key_id.did().as_str()).is_some_and(|member| member.roles.contains(&Role::Office));
        Ok(if is_office {
            AdmittedParty::Office(self.admit_key::<Office>(key_id, Purpose::CredentialIssuing).await?)
        } else {
            AdmittedParty::Space(self.admit_key::<Space>(key_id, Purpose::CredentialIssuing).await?)
        })
    }

    /// Verifies the registration certificate of the authenticated party `did`.
    ///
    /// # Errors
    /// [`DirectoryError::Registration`].
    pub fn registration(&self, compact: &str, did: &str) -> Result<Registration, DirectoryError> {
        Ok(Registration::verify(compact, &self.descriptor, did, self.environment.now())?)
    }

    /// The key at a DID URL under `assertionMethod`, for proofs of sharing and decisions.
    ///
    /// # Errors
    /// [`DirectoryError::Resolve`], [`DirectoryError::NoSuchKey`].
    pub async fn assertion_key(&self, key_id: &DidUrl) -> Result<Jwk, DirectoryError> {
        did::key_at(self.resolver.as_ref(), key_id, Relationship::AssertionMethod).await.map_err(|error| {
            match error {
                did::KeyAtError::Resolve(error) => DirectoryError::Resolve(error),
                _ => DirectoryError::NoSuchKey,
            }
        })
    }

    async fn document_keys(&self, did: &Did) -> Result<DocumentKeys, DirectoryError> {
        let document = self.resolver.resolve(did).await?.document;
        let keys = |relationship| document.keys(relationship).into_iter().map(|(_, key)| key).collect();
        Ok(DocumentKeys::new(
            did.as_str(),
            keys(Relationship::Authentication),
            keys(Relationship::AssertionMethod),
        ))
    }

    /// The present moment of this directory.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.environment.now()
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Directory({})", self.descriptor.name())
    }
}

#[cfg(test)]
mod tests;
