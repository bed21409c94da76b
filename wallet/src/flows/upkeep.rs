//! Looking after the copies: whether they still count, and whether enough are left.
//!
//! What a list says is learned once a day, for every list in which a fresh copy has its place and whatever is about to be
//! shown: whoever serves a list learns that some wallet was open that day, and not which copy it is about (Token Status
//! List §13.4). No reply of a verifier makes the wallet ask: verifier and issuer could match the two moments.

use std::collections::{BTreeMap, BTreeSet};

use credentials::status_list::{LONGEST_TOKEN, MEDIA_TYPE, Status, UnverifiedToken, VerifiedToken};
use did::DidUrl;
use environment::Timestamp;
use jose::VerifyingKey;
use openid4vc::http::Request;

use super::accept::SKEW;
use super::refill::RefillError;
use crate::carrier::send_within;
use crate::records::{Copy, HeldCredential, Upkeep};
use crate::trust::{SignerEvidence, chain_of};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// How seldom a list is fetched, in seconds.
const EVERY: i64 = 86_400;

/// Which lists are looked into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Looking<'a> {
    /// Those into which nobody looked within a day.
    WhenDue,
    /// This one, likewise.
    Into(&'a str),
    /// All: the member wishes to know.
    AtOnce,
}

/// A list: its address, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct List {
    uri: String,
    issuer_did: String,
    /// Of the credentials in it; who may sign them may sign the list.
    vct: String,
}

/// The place of a credential in a list.
struct Place {
    copy: String,
    vct: String,
    index: u64,
}

/// What a list says of a credential, as far as the wallet goes by it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Counts,
    /// Not at present. What only its issuer understands nobody else takes either (Token Status List §7.1).
    Suspended,
    Revoked,
}

impl From<Status> for Standing {
    fn from(status: Status) -> Self {
        match status {
            Status::Valid => Self::Counts,
            Status::Invalid => Self::Revoked,
            Status::Suspended | Status::ApplicationSpecific(_) | Status::Reserved(_) => Self::Suspended,
        }
    }
}

impl Wallet {
    /// Learns what counts no longer, and refills what runs low. Whatever cannot be had now keeps nothing else from being
    /// done.
    pub(super) async fn look_after_copies(&self) -> Result<(), VaultError> {
        self.learn_statuses(Looking::WhenDue).await?;
        if let Err(RefillError::Vault(error)) = self.refill_when_low().await {
            return Err(error);
        }
        self.look_after_number().await
    }

    /// Marks the copies that their issuers have revoked or suspended, and those that count again; gives whether any did not stand so
    /// before.
    pub(super) async fn learn_statuses(&self, looking: Looking<'_>) -> Result<bool, VaultError> {
        let now = self.now();
        let lists = lists_of(&self.vault.list::<Copy>().await?, now);
        let in_use: BTreeSet<String> = lists.keys().map(|list| list.uri.clone()).collect();
        let asked_at = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default().lists_at;
        let is_due = |uri: &String| {
            let asked_at = asked_at.get(uri).map(|at| Timestamp::from_seconds(*at));
            let is_meant = !matches!(looking, Looking::Into(only) if only != uri);
            looking == Looking::AtOnce || (is_meant && asked_at.is_none_or(|at| now.since(at) >= EVERY))
        };
        let due: BTreeSet<&String> = in_use.iter().filter(|uri| is_due(uri)).collect();
        if due.is_empty() {
            return Ok(false);
        }
        // Noted first: a list that is not served is asked for no more often than another.
        let mut upkeep = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default();
        upkeep.lists_at.retain(|uri, _| in_use.contains(uri));
        upkeep.lists_at.extend(due.iter().map(|uri| ((*uri).clone(), now.seconds())));
        upkeep.lists_seen.retain(|uri, _| in_use.contains(uri));
        self.vault.put(&upkeep).await?;
        let mut said: Vec<(Place, Standing)> = Vec::new();
        for (list, places) in lists.into_iter().filter(|(list, _)| due.contains(&list.uri)) {
            let Some(token) = self.status_list(&list).await else { continue };
            let Some(token) = self.newest(&list, token).await? else { continue };
            said.extend(places.into_iter().filter_map(|place| {
                let status = token.status(place.index, self.now()).ok()?;
                Some((place, status.into()))
            }));
        }
        self.mark(&said).await
    }

    /// The status lists in which copies have their places, and when each may be asked for, in seconds since the epoch.
    pub(super) fn lists_due(&self, copies: &[Copy], upkeep: &Upkeep) -> BTreeMap<String, i64> {
        let due = |uri: &String| upkeep.lists_at.get(uri).map_or(0, |at| at.saturating_add(EVERY));
        lists_of(copies, self.now()).into_keys().map(|list| (list.uri.clone(), due(&list.uri))).collect()
    }

    /// Fetches a list and checks it; none when that cannot be done now.
    async fn status_list(&self, list: &List) -> Option<VerifiedToken> {
        let request = Request::get(list.uri.as_str(), MEDIA_TYPE);
        let answer = match send_within(self.fetch.as_ref(), request, LONGEST_TOKEN).await {
            Ok(answer) if answer.status == 200 => answer,
            Ok(answer) => {
                tracing::debug!(answer.status, "a status list is not served");
                return None;
            }
            Err(error) => {
                tracing::debug!(%error, "a status list could not be fetched");
                return None;
            }
        };
        let media_type = answer.header("content-type").unwrap_or_default();
        let token = UnverifiedToken::from_response(media_type, &answer.body).ok()?;
        let evidence = match (token.x5c(), token.kid()) {
            (Some(chain), _) => {
                SignerEvidence::Chain { chain: Box::new(chain_of(chain).ok()?), claimed: None }
            }
            (None, Some(kid)) => SignerEvidence::Key(DidUrl::parse(kid).ok()?),
            (None, None) => return None,
        };
        let signer = self.trust.issuer(&evidence, &list.vct).await.ok()?;
        if signer.did.as_deref() != Some(list.issuer_did.as_str()) {
            return None;
        }
        token.verify(&VerifyingKey::new(&signer.key).ok()?, &list.uri, self.now(), SKEW).ok()
    }

    /// The list, unless a newer one of the same issuer was seen: then somebody plays it back, or a cache is behind.
    async fn newest(&self, list: &List, token: VerifiedToken) -> Result<Option<VerifiedToken>, VaultError> {
        let mut upkeep = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default();
        let of_address = upkeep.lists_seen.entry(list.uri.clone()).or_default();
        let seen = of_address.get(&list.issuer_did).map(|at| Timestamp::from_seconds(*at));
        let token = match token.not_older_than(seen) {
            Ok(token) => token,
            Err(error) => {
                tracing::warn!(uri = list.uri, %error, "a status list of before is not used");
                return Ok(None);
            }
        };
        if seen != Some(token.issued_at()) {
            of_address.insert(list.issuer_did.clone(), token.issued_at().seconds());
            self.vault.put(&upkeep).await?;
        }
        Ok(Some(token))
    }

    /// Whether anything was not marked so before.
    async fn mark(&self, said: &[(Place, Standing)]) -> Result<bool, VaultError> {
        if said.is_empty() {
            return Ok(false);
        }
        let said: BTreeMap<(&str, &str), Standing> = said
            .iter()
            .map(|(place, standing)| ((place.copy.as_str(), place.vct.as_str()), *standing))
            .collect();
        let _one_at_a_time = self.choosing.lock().await;
        let mut batch = self.vault.batch();
        let mut is_touched = false;
        for mut copy in self.vault.list::<Copy>().await? {
            let mut differs = false;
            for credential in &mut copy.credentials {
                if let Some(standing) = said.get(&(copy.id.as_str(), credential.vct.as_str())) {
                    differs |= stands(credential, *standing);
                }
            }
            if differs {
                batch = batch.put(&copy)?;
            }
            is_touched |= differs;
        }
        batch.commit().await?;
        Ok(is_touched)
    }
}

/// Notes what a list says; gives whether it said something else before. What was revoked stays so.
fn stands(credential: &mut HeldCredential, standing: Standing) -> bool {
    let before = (credential.revoked, credential.suspended);
    credential.revoked |= standing == Standing::Revoked;
    credential.suspended = standing == Standing::Suspended && !credential.revoked;
    before != (credential.revoked, credential.suspended)
}

/// The lists of the network in which copies have their places that could be shown, or could again.
fn lists_of(copies: &[Copy], now: Timestamp) -> BTreeMap<List, Vec<Place>> {
    let mut lists: BTreeMap<List, Vec<Place>> = BTreeMap::new();
    for copy in copies.iter().filter(|copy| copy.used_at.is_none()) {
        for credential in copy.credentials.iter().filter(|one| one.may_count(now)) {
            if let Some((list, index)) = place_of(credential) {
                let place = Place { copy: copy.id.clone(), vct: credential.vct.clone(), index };
                lists.entry(list).or_default().push(place);
            }
        }
    }
    lists
}

/// Where a credential of the network has its place.
fn place_of(credential: &HeldCredential) -> Option<(List, u64)> {
    credential.network.as_ref()?;
    let issuer_did = credential.issuer_did.clone()?;
    let (uri, index) = credential.noted().status.clone()?;
    Some((List { uri, issuer_did, vct: credential.vct.clone() }, index))
}
