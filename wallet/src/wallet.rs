//! The wallet of one member.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use credentials::{types, vc};
use environment::{Environment, Timestamp};
use jose::base64url;
use openid4vc::vp::transaction_data::TransactionTypes;
use outbound::Fetch;
use serde_json::{Map, Value};
use trust::{NetworkDescriptor, NetworkState};

use crate::carrying::WayOut;
use crate::error::{NetworkError, WalletError};
use crate::flows::{UnderWay, was_left};
use crate::keys::{HolderKeys, KeptInVault};
use crate::provider::WalletProvider;
use crate::records::{
    AuthorizationAwaited, AwaitedCredentials, ChosenProvider, Copy, FollowUpAwaited, HistoryEntry,
    HistoryKind, JoinedNetwork, KeptAnswer, KeptChange, KnownSpace, ListedCredential, MemberDid,
    PendingSummary, SpaceView,
};
use crate::trust::Trust;
use crate::vault::{Vault, VaultError};

/// Most networks of one wallet: each is one more root that vouches for strangers.
pub(crate) const MOST_NETWORKS: usize = 8;

/// A boxed future, so that the ports of the wallet can be trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A member's wallet: an unlocked vault, a way out, and somebody who says whom to trust.
pub struct Wallet {
    pub(crate) vault: Arc<Vault>,
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) trust: Arc<dyn Trust>,
    pub(crate) environment: Environment,
    /// Who holds the holder keys.
    pub(crate) keys: Arc<dyn HolderKeys>,
    /// Who vouches for this wallet, where an issuer asks for it.
    pub(crate) provider: Option<Arc<dyn WalletProvider>>,
    /// What is read, changed and written again is so one at a time; above all the choice of copies.
    pub(crate) choosing: tokio::sync::Mutex<()>,
    /// What collecting does without asking the member is done by one at a time.
    pub(crate) collecting: tokio::sync::Mutex<()>,
    /// Looks into the inboxes, which a page and its member may ask for at once: what comes is kept once.
    pub(crate) fetching: tokio::sync::Mutex<()>,
    /// The follow-ups that are asked for: not under one lock, which whoever waits for its member would keep from all others.
    pub(crate) under_way: UnderWay,
    /// The types of transactions that a request may ask to have authorised.
    pub(crate) transaction_types: TransactionTypes,
}

impl std::fmt::Debug for Wallet {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Wallet")
    }
}

impl Wallet {
    /// A wallet on an unlocked vault, in which its holder keys lie.
    #[must_use]
    pub fn new(
        vault: Arc<Vault>,
        fetch: Arc<dyn Fetch>,
        trust: Arc<dyn Trust>,
        environment: Environment,
    ) -> Self {
        let fetch = Arc::new(WayOut::new(Arc::clone(&vault), fetch));
        Self {
            vault,
            fetch,
            trust,
            keys: KeptInVault::new(&environment),
            environment,
            provider: None,
            choosing: tokio::sync::Mutex::new(()),
            collecting: tokio::sync::Mutex::new(()),
            fetching: tokio::sync::Mutex::new(()),
            under_way: UnderWay::default(),
            transaction_types: TransactionTypes::default(),
        }
    }

    /// The same wallet, whose holder keys somebody else holds. Those that it has in its vault already stay there.
    #[must_use]
    pub fn with_keys(self, keys: Arc<dyn HolderKeys>) -> Self {
        Self { keys, ..self }
    }

    /// The same wallet, with somebody who vouches for it. They are asked where an issuer asks for their word, and nowhere
    /// else is anything of them seen.
    #[must_use]
    pub fn with_provider(self, provider: Option<Arc<dyn WalletProvider>>) -> Self {
        Self { provider, ..self }
    }

    /// Remembers in which folder the provider is that vouches for this wallet; none lets go of it.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn choose_provider(vault: &Vault, folder: Option<&str>) -> Result<(), VaultError> {
        match folder {
            Some(folder) => vault.put(&ChosenProvider { folder: folder.to_owned() }).await,
            None => vault.batch().delete::<ChosenProvider>(ChosenProvider::NAME).commit().await,
        }
    }

    /// The folder that was chosen.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn chosen_provider(vault: &Vault) -> Result<Option<String>, VaultError> {
        Ok(vault.get::<ChosenProvider>(ChosenProvider::NAME).await?.map(|chosen| chosen.folder))
    }

    /// A wallet that lets its person authorise transactions of these types (OpenID4VP 1.0 §8.4). Without it none is known,
    /// and every request with `transaction_data` is refused.
    #[must_use]
    pub fn authorising(mut self, types: TransactionTypes) -> Self {
        self.transaction_types = types;
        self
    }

    /// Joins a network by its descriptor, which is pinned: its root decides from now on who is admitted. Networks that were joined
    /// before stay, each under its own root (decision 0014).
    ///
    /// # Errors
    /// [`NetworkError::AlreadyJoined`] when one that was joined has its identifier or name, but another root;
    /// [`NetworkError::TooMany`].
    pub async fn join_network(vault: &Vault, descriptor: &NetworkDescriptor) -> Result<(), NetworkError> {
        let new = descriptor.to_value();
        let joined = vault.list::<JoinedNetwork>().await?;
        let same = |before: &JoinedNetwork, pin: &str| before.descriptor.get(pin) == new.get(pin);
        let known = joined.iter().find(|before| same(before, "network") && same(before, "root"));
        let mut others = joined.iter().filter(|before| known.is_none_or(|known| known.place != before.place));
        // Also a network that is known takes no name under which the member knows another.
        if others.any(|before| same(before, "network") || same(before, "name")) {
            return Err(NetworkError::AlreadyJoined);
        }
        // The same network under the same root may have moved its list, or have another name.
        if let Some(known) = known {
            return Ok(vault.put(&JoinedNetwork { descriptor: new, ..known.clone() }).await?);
        }
        if joined.len() >= MOST_NETWORKS {
            return Err(NetworkError::TooMany(joined.len()));
        }
        let entry = joined_entry(vault, descriptor, joined.len());
        let place = match joined.as_slice() {
            [] => JoinedNetwork::NAME.to_owned(),
            _ => jose::digest::sha256_base64url(descriptor.network()),
        };
        let state = NetworkState::new(descriptor.network());
        let joined = JoinedNetwork { place, descriptor: new, state, list: None };
        Ok(vault.batch().put(&joined)?.put(&entry)?.commit().await?)
    }

    /// The descriptors of the networks the wallet has joined, the first one first.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn networks(vault: &Vault) -> Result<Vec<NetworkDescriptor>, VaultError> {
        let mut joined = vault.list::<JoinedNetwork>().await?;
        joined.sort_by_key(|joined| (joined.place != JoinedNetwork::NAME, joined.place.clone()));
        joined
            .iter()
            .map(|joined| {
                NetworkDescriptor::from_json(joined.descriptor.to_string()).map_err(|_| VaultError::Damaged)
            })
            .collect()
    }

    /// The credentials, one entry for each type and issuer.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn list(&self) -> Result<Vec<ListedCredential>, WalletError> {
        let mut listed = self.held().await?;
        listed.iter_mut().for_each(ListedCredential::read);
        Ok(listed)
    }

    /// The same without what they say.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn held(&self) -> Result<Vec<ListedCredential>, WalletError> {
        let copies = self.vault.list::<Copy>().await?;
        let mut listed = ListedCredential::all(&copies, self.now());
        // What spaces have is read where something is no good any more, and not each time.
        if listed.iter().any(ListedCredential::may_have_been_left) {
            let mut left = self.known_spaces().await?;
            left.retain(|space| was_left(space, &copies));
            for one in listed.iter_mut().filter(|one| one.may_have_been_left()) {
                let space = left.iter().find(|space| one.issuer_did.as_deref() == Some(&space.id));
                if let Some(at) = space.and_then(|space| space.left_at) {
                    one.note_left(at);
                }
            }
        }
        Ok(listed)
    }

    /// A copy of the type that was shown already, as it was issued, with everything in it. One that was not shown yet is
    /// never handed out: whoever sees it could recognise the member by it later.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn shown_copy(&self, vct: &str) -> Result<Option<String>, WalletError> {
        let copies = self.vault.list::<Copy>().await?;
        let is_there = |copy: &&Copy| copy.used_at.is_some() && !copy.credentials.is_empty();
        let shown = copies.iter().filter(is_there).max_by_key(|copy| copy.used_at);
        let mut credentials = shown.iter().flat_map(|copy| &copy.credentials);
        Ok(credentials.find(|one| one.vct == vct).map(|one| one.compact.clone()))
    }

    /// What each space was given, with the proofs; so of passport offices.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn spaces(&self) -> Result<Vec<SpaceView>, WalletError> {
        let mut spaces = self.known_spaces().await?;
        let copies = self.vault.list::<Copy>().await?;
        let signs_as_office = |id: &str| {
            let mut held = copies.iter().flat_map(|copy| &copy.credentials);
            held.any(|one| {
                [types::PASSPORT, types::PROFILE].contains(&one.vct.as_str())
                    && one.network.is_some()
                    && one.issuer_did.as_deref() == Some(id)
            })
        };
        for space in &mut spaces {
            // Of those that were answered before this was noted, what they signed tells it.
            space.is_office |= signs_as_office(&space.id);
        }
        spaces.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(spaces)
    }

    /// The same in no order.
    pub(crate) async fn known_spaces(&self) -> Result<Vec<SpaceView>, VaultError> {
        let answers = self.vault.list::<KeptAnswer>().await?;
        let changes = self.vault.list::<KeptChange>().await?;
        Ok(SpaceView::all(self.vault.list::<KnownSpace>().await?, answers, changes, self.now()))
    }

    /// The code of a failure as the history keeps it: without a network most addresses are not even called, and that is the cause.
    pub(crate) fn cause_of<'a>(&self, code: &'a str) -> &'a str {
        let is_uncalled = code == "unreachable" && self.trust.trusts_nobody();
        if is_uncalled { crate::trust::TrustError::NoNetwork.code() } else { code }
    }

    /// What is still to come.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn pending(&self) -> Result<Vec<PendingSummary>, WalletError> {
        let mut pending: Vec<PendingSummary> = Vec::new();
        for follow_up in self.vault.list::<FollowUpAwaited>().await? {
            // Once the offer is taken, nothing of it is awaited but a proof that did not come before.
            let is_decided = follow_up.decision_kept || follow_up.proof_alone;
            let awaited =
                [("proof", follow_up.proof_kept), ("decision", is_decided), ("offer", follow_up.proof_alone)];
            let awaited =
                awaited.into_iter().filter(|(_, here)| !here).map(|(name, _)| name.to_owned()).collect();
            pending.push(PendingSummary { from: follow_up.space_name, claimed_name: None, awaited });
        }
        for credentials in self.vault.list::<AwaitedCredentials>().await? {
            let awaited = vec!["credentials".to_owned()];
            let AwaitedCredentials { issuer, claimed_name, .. } = credentials;
            pending.push(PendingSummary { from: issuer, claimed_name, awaited });
        }
        let now = self.now().seconds();
        for authorization in self.vault.list::<AuthorizationAwaited>().await? {
            if authorization.ends_at > now {
                let awaited = vec!["authorization".to_owned()];
                let AuthorizationAwaited { issuer, claimed_name, .. } = authorization;
                pending.push(PendingSummary { from: issuer, claimed_name, awaited });
            }
        }
        Ok(pending)
    }

    /// The member's DID, once it has one.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn did(&self) -> Result<Option<String>, WalletError> {
        Ok(self.vault.get::<MemberDid>(MemberDid::NAME).await?.map(|member| member.did))
    }

    /// Whether the member has given the DID up.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn is_did_given_up(&self) -> Result<bool, WalletError> {
        Ok(self.vault.get::<MemberDid>(MemberDid::NAME).await?.is_some_and(|member| member.given_up))
    }

    /// The log of the member's DID, as this wallet has it.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn did_log(&self) -> Result<Option<String>, WalletError> {
        Ok(self.vault.get::<MemberDid>(MemberDid::NAME).await?.map(|member| member.log))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.environment.now()
    }

    pub(crate) fn random_id(&self) -> String {
        base64url::encode(self.environment.randomness().bytes::<16>())
    }

    pub(crate) fn new_entry(&self, kind: HistoryKind) -> HistoryEntry {
        HistoryEntry::new(self.random_id(), self.now().seconds(), kind)
    }
}

/// That a network was joined, for the history.
fn joined_entry(vault: &Vault, descriptor: &NetworkDescriptor, others: usize) -> HistoryEntry {
    let (id, at) = (HistoryEntry::id_of_network(others), vault.environment().now().seconds());
    let mut entry = HistoryEntry::new(id, at, HistoryKind::Network);
    entry.party = Some(descriptor.name().to_owned());
    entry.network = Some(descriptor.name().to_owned());
    entry.bounded()
}

/// Members that only machines read.
pub(crate) const TECHNICAL: [&str; 9] =
    ["iss", "iat", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "aka_vcts"];

/// What a held credential says about the member, without the members that only machines read.
pub(crate) fn content(compact: &str) -> Map<String, Value> {
    vc::Held::reopen(compact).map_or_else(|_| Map::new(), |held| visible(held.claims()))
}

/// The members that are not only for machines.
pub(crate) fn visible(claims: &Map<String, Value>) -> Map<String, Value> {
    let mut claims = claims.clone();
    claims.retain(|name, _| !TECHNICAL.contains(&name.as_str()));
    claims
}
