//! Trust by the networks the wallet has joined.

use std::sync::Arc;

use did::webvh::Identifier;
use did::{Did, DidUrl, Document, Relationship, Resolve, ResolveError};
use directory::{AdmittedParty, Directory, DirectoryError};
use environment::{Environment, Timestamp};
use jose::Jwk;
use outbound::Fetch;
use trust::{Member, NetworkDescriptor, NetworkList, Purpose, Role, Standing};

use super::{
    OfficePlace, SignerEvidence, Trust, TrustError, TrustedIssuer, TrustedRequester, check_claimed_name,
};
use crate::question::BrandSite;
use crate::records::{JoinedNetwork, origin_of};
use crate::vault::Vault;
use crate::wallet::BoxFuture;

/// The networks that are pinned in the vault. The newest list seen of each is kept there, so that an older one is never
/// taken; it is fetched when it is needed and not fresh. Each network stands for itself: whoever one of them admits is trusted,
/// and what one says of a party has no weight in another.
pub struct NetworkTrust {
    vault: Arc<Vault>,
    fetch: Arc<dyn Fetch>,
    networks: Vec<Network>,
    refreshing: tokio::sync::Mutex<()>,
}

/// A network whose list could not be fetched just now.
#[derive(Debug, thiserror::Error)]
#[error("{network}: {error}")]
pub struct NotRefreshed {
    /// The network's name.
    pub network: String,
    /// Why.
    pub error: TrustError,
}

/// The networks that those of the wallet have joined.
#[derive(Debug)]
pub struct Successors {
    /// Those that the wallet has not joined.
    pub networks: Vec<NetworkDescriptor>,
    /// The networks of the wallet that could not be asked.
    pub failed: Vec<NotRefreshed>,
}

/// One network, and the record in which it is kept.
struct Network {
    place: String,
    directory: Directory,
}

impl std::fmt::Debug for NetworkTrust {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.networks.iter().map(|network| &network.directory)).finish()
    }
}

impl NetworkTrust {
    /// The networks the wallet has joined; when there is none, nobody is trusted.
    ///
    /// # Errors
    /// [`TrustError::Vault`].
    pub async fn load(
        vault: Arc<Vault>,
        fetch: Arc<dyn Fetch>,
        resolve: Arc<dyn Resolve>,
        environment: Environment,
    ) -> Result<Self, TrustError> {
        let mut joined = vault.list::<JoinedNetwork>().await?;
        joined.sort_by_key(|joined| (joined.place != JoinedNetwork::NAME, joined.place.clone()));
        let network = |joined: JoinedNetwork| {
            let descriptor = NetworkDescriptor::from_json(joined.descriptor.to_string()).ok()?;
            let directory =
                Directory::new(descriptor, Some(joined.state), Arc::clone(&resolve), environment.clone());
            // A list that has expired meanwhile is fetched anew.
            if let Some(list) = &joined.list
                && let Err(error) = directory.take_list(list)
            {
                tracing::debug!(%error, "the kept network list is not taken");
            }
            Some(Network { place: joined.place, directory })
        };
        let networks = joined.into_iter().filter_map(network).collect();
        Ok(Self { vault, fetch, networks, refreshing: tokio::sync::Mutex::new(()) })
    }

    /// Fetches the network lists now, whatever their age. One that does not come keeps nobody from the others; it is named.
    ///
    /// # Errors
    /// [`TrustError::NoNetwork`].
    pub async fn refresh(&self) -> Result<Vec<NotRefreshed>, TrustError> {
        let mut failed = Vec::new();
        for network in &self.networks {
            if let Err(error) = self.current(network, true).await {
                let network = network.directory.descriptor().name().to_owned();
                tracing::warn!(network, %error, "the network list was not fetched");
                failed.push(NotRefreshed { network, error });
            }
        }
        if self.networks.is_empty() { Err(TrustError::NoNetwork) } else { Ok(failed) }
    }

    /// The networks that those which the wallet belongs to have joined, and it has not: for the member to decide about.
    ///
    /// # Errors
    /// [`TrustError::NoNetwork`].
    pub async fn successors(&self) -> Result<Successors, TrustError> {
        let failed = self.refresh().await?;
        let is_known = |one: &NetworkDescriptor| {
            self.networks.iter().any(|network| network.directory.descriptor().network() == one.network())
        };
        let lists = self.networks.iter().filter_map(|network| network.directory.list());
        let successors = lists.filter_map(|list| list.successor().cloned());
        Ok(Successors { networks: successors.filter(|one| !is_known(one)).collect(), failed })
    }

    /// The directory with a list that is current.
    async fn current<'a>(&self, network: &'a Network, force: bool) -> Result<&'a Directory, TrustError> {
        let directory = &network.directory;
        let _one_at_a_time = self.refreshing.lock().await;
        let before = directory.state();
        let now = directory.now();
        match self.fetched(directory, force).await {
            Ok(Some(list)) if directory.state() != before || force => {
                let joined = JoinedNetwork {
                    place: network.place.clone(),
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

    /// The networks whose word is asked about `evidence`: the one below whose root a chain stands, and for a bare key each.
    /// No operator learns of a party of another network.
    fn answering(&self, evidence: &SignerEvidence, purpose: Purpose) -> Vec<&Network> {
        match evidence {
            SignerEvidence::Key(_) => self.networks.iter().collect(),
            SignerEvidence::Chain { chain, .. } => {
                let is_below = |network: &&Network| network.directory.path(chain, purpose).is_ok();
                // When it stands below none, the first one says what is wrong with it.
                let own = self.networks.iter().find(is_below).or_else(|| self.networks.first());
                own.into_iter().collect()
            }
        }
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

    /// An admitted issuer, of this type where one is named.
    async fn issuer_of(
        &self,
        evidence: &SignerEvidence,
        vct: Option<&str>,
    ) -> Result<TrustedIssuer, TrustError> {
        let mut refused = None;
        for network in self.answering(evidence, Purpose::CredentialIssuing) {
            match self.issuer_in(network, evidence, vct).await {
                Ok(issuer) => return Ok(issuer),
                Err(error) => refused = more_telling(refused, error),
            }
        }
        Err(refused.unwrap_or(TrustError::NoNetwork))
    }

    async fn issuer_in(
        &self,
        network: &Network,
        evidence: &SignerEvidence,
        vct: Option<&str>,
    ) -> Result<TrustedIssuer, TrustError> {
        let directory = self.current(network, false).await?;
        let party = match evidence {
            SignerEvidence::Chain { chain, claimed } => {
                let party = directory.admit_issuer(chain).await?;
                check_claimed_name(chain.leaf(), claimed.as_deref())?;
                party
            }
            SignerEvidence::Key(url) => directory.admit_issuer_key(url).await?,
        };
        if vct.is_some_and(|vct| !party.may_issue(vct)) {
            return Err(TrustError::NotItsType);
        }
        Ok(TrustedIssuer {
            name: party.display_name().to_owned(),
            did: Some(party.did().to_owned()),
            host: Some(party.host().to_owned()),
            network: Some(directory.descriptor().name().to_owned()),
            network_id: Some(directory.descriptor().network().to_owned()),
            key: party.key().clone(),
        })
    }

    async fn requester_in(
        &self,
        network: &Network,
        evidence: &SignerEvidence,
        registration: Option<&str>,
    ) -> Result<TrustedRequester, TrustError> {
        let directory = self.current(network, false).await?;
        let party = self.admitted_requester(directory, evidence).await?;
        let registration =
            registration.map(|compact| directory.registration(compact, party.did())).transpose()?;
        Ok(TrustedRequester {
            name: party.display_name().to_owned(),
            did: Some(party.did().to_owned()),
            host: Some(party.host().to_owned()),
            network: Some(directory.descriptor().name().to_owned()),
            network_id: Some(directory.descriptor().network().to_owned()),
            role: Some(party.role()),
            brand_sites: directory.list().map(|list| brand_sites(&list, party.did())).unwrap_or_default(),
            registration,
            key: Some(party.key().clone()),
        })
    }
}

/// The other spaces of the brand of the member `did` that are in good standing.
fn brand_sites(list: &NetworkList, did: &str) -> Vec<BrandSite> {
    let Some(brand) = list.by_did(did).and_then(|member| member.brand.as_ref()) else { return Vec::new() };
    let is_of_brand = |member: &&Member| {
        member.did != did
            && member.standing == Standing::Admitted
            && member.roles.contains(&Role::Space)
            && member.brand.as_ref().is_some_and(|other| other.id == brand.id)
    };
    let sites = list.members().iter().filter(is_of_brand);
    sites.map(|member| BrandSite { name: member.display_name.clone(), host: member.host.clone() }).collect()
}

/// Of several refusals the one that says most: that a network does not know somebody says least.
fn more_telling(kept: Option<TrustError>, error: TrustError) -> Option<TrustError> {
    let says_little = |error: &TrustError| {
        matches!(error, TrustError::Directory(DirectoryError::Admission(trust::AdmissionError::NotAMember)))
    };
    match kept {
        Some(kept) if !says_little(&kept) || says_little(&error) => Some(kept),
        _ => Some(error),
    }
}

/// Where an office is asked for a passport: at the host that its DID names.
fn office_place(member: &Member) -> Option<OfficePlace> {
    if !member.roles.contains(&Role::Office) || member.standing != Standing::Admitted {
        return None;
    }
    let did = Did::parse(&member.did).ok()?;
    let origin = match Identifier::of(&did) {
        Ok(identifier) => origin_of(identifier.location()),
        Err(_) => format!("https://{}", member.host),
    };
    Some(OfficePlace { name: member.display_name.clone(), origin })
}

impl Trust for NetworkTrust {
    fn trusts_nobody(&self) -> bool {
        self.networks.is_empty()
    }

    fn offices(&self) -> Vec<OfficePlace> {
        let lists = self.networks.iter().filter_map(|network| network.directory.list());
        lists.flat_map(|list| list.members().iter().filter_map(office_place).collect::<Vec<_>>()).collect()
    }

    fn learn_offices(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            for network in self.networks.iter().filter(|network| network.directory.list().is_none()) {
                if let Err(error) = self.current(network, false).await {
                    let network = network.directory.descriptor().name();
                    tracing::warn!(network, %error, "the network list was not fetched");
                }
            }
        })
    }

    fn issuer<'a>(
        &'a self,
        evidence: &'a SignerEvidence,
        vct: &'a str,
    ) -> BoxFuture<'a, Result<TrustedIssuer, TrustError>> {
        Box::pin(self.issuer_of(evidence, Some(vct)))
    }

    fn signer_of_metadata<'a>(
        &'a self,
        evidence: &'a SignerEvidence,
    ) -> BoxFuture<'a, Result<TrustedIssuer, TrustError>> {
        Box::pin(self.issuer_of(evidence, None))
    }

    fn asks_for_signed_metadata(&self) -> bool {
        !self.networks.is_empty()
    }

    fn requester<'a>(
        &'a self,
        evidence: &'a SignerEvidence,
        registration: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TrustedRequester, TrustError>> {
        Box::pin(async move {
            let mut refused = None;
            for network in self.answering(evidence, Purpose::RequestSigning) {
                match self.requester_in(network, evidence, registration).await {
                    Ok(requester) => return Ok(requester),
                    Err(error) => refused = more_telling(refused, error),
                }
            }
            Err(refused.unwrap_or(TrustError::NoNetwork))
        })
    }

    fn assertion_key<'a>(&'a self, url: &'a DidUrl) -> BoxFuture<'a, Result<Jwk, TrustError>> {
        Box::pin(async move {
            let directory = &self.networks.first().ok_or(TrustError::NoNetwork)?.directory;
            Ok(did::key_at(directory.resolver().as_ref(), url, Relationship::AssertionMethod).await?)
        })
    }

    fn document<'a>(&'a self, did: &'a Did) -> BoxFuture<'a, Result<Option<Document>, TrustError>> {
        Box::pin(async move {
            let directory = &self.networks.first().ok_or(TrustError::NoNetwork)?.directory;
            let resolution = directory.resolver().resolve(did).await.map_err(DirectoryError::Resolve)?;
            Ok(Some(resolution.document))
        })
    }

    fn assertion_key_then<'a>(
        &'a self,
        url: &'a DidUrl,
        moment: Timestamp,
    ) -> BoxFuture<'a, Result<Jwk, TrustError>> {
        Box::pin(async move {
            let directory = &self.networks.first().ok_or(TrustError::NoNetwork)?.directory;
            let resolver = directory.resolver().as_ref();
            match did::key_then(resolver, url, Relationship::AssertionMethod, moment).await {
                // A did:web has no history, and by another clock the DID began a moment later.
                Err(did::KeyAtError::Resolve(ResolveError::Feature | ResolveError::NotFound)) => {
                    self.assertion_key(url).await
                }
                found => Ok(found?),
            }
        })
    }
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

#[cfg(test)]
mod tests;
