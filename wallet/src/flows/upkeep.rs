//! Looking after the copies: whether they still count, and whether enough are left.
//!
//! What a list says is learned by the hour, for all lists in which a fresh copy has its place and whatever is about to be
//! shown: whoever serves a list learns that some wallet is open, and not which copy it is about (Token Status List §13.4).

use std::collections::BTreeMap;

use credentials::status_list::{LONGEST_TOKEN, MEDIA_TYPE, Status, UnverifiedToken, VerifiedToken};
use credentials::vc;
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

/// How seldom lists are fetched, in seconds.
const EVERY: i64 = 3_600;

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

impl Wallet {
    /// Learns what counts no longer, and refills what runs low. Whatever cannot be had now keeps nothing else from being
    /// done.
    pub(super) async fn look_after_copies(&self) -> Result<(), VaultError> {
        self.learn_statuses(false).await?;
        match self.refill_when_low().await {
            Err(RefillError::Vault(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Marks the copies that their issuers have revoked. Unless it must be `now`, that is done by the hour.
    pub(super) async fn learn_statuses(&self, now: bool) -> Result<(), VaultError> {
        let upkeep = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default();
        let is_due = self.now().since(Timestamp::from_seconds(upkeep.statuses_at)) >= EVERY;
        if !(now || is_due) {
            return Ok(());
        }
        let lists = self.lists_in_use().await?;
        if lists.is_empty() {
            return Ok(());
        }
        let mut revoked: Vec<Place> = Vec::new();
        for (list, places) in lists {
            let Some(token) = self.status_list(&list).await else { continue };
            let is_revoked = |place: &Place| token.status(place.index, self.now()) == Ok(Status::Invalid);
            revoked.extend(places.into_iter().filter(is_revoked));
        }
        self.mark_revoked(&revoked).await?;
        let upkeep = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default();
        self.vault.put(&Upkeep { statuses_at: self.now().seconds(), ..upkeep }).await
    }

    /// The lists of the network in which fresh copies have their places.
    async fn lists_in_use(&self) -> Result<BTreeMap<List, Vec<Place>>, VaultError> {
        let now = self.now();
        let mut lists: BTreeMap<List, Vec<Place>> = BTreeMap::new();
        for copy in self.vault.list::<Copy>().await?.iter().filter(|copy| copy.is_fresh(now)) {
            for credential in copy.credentials.iter().filter(|one| one.counts(now)) {
                if let Some((list, index)) = place_of(credential) {
                    let place = Place { copy: copy.id.clone(), vct: credential.vct.clone(), index };
                    lists.entry(list).or_default().push(place);
                }
            }
        }
        Ok(lists)
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

    async fn mark_revoked(&self, places: &[Place]) -> Result<(), VaultError> {
        if places.is_empty() {
            return Ok(());
        }
        let _one_at_a_time = self.choosing.lock().await;
        let mut batch = self.vault.batch();
        for mut copy in self.vault.list::<Copy>().await? {
            let mut is_touched = false;
            for credential in &mut copy.credentials {
                let is_there = |place: &Place| place.copy == copy.id && place.vct == credential.vct;
                if places.iter().any(is_there) {
                    credential.revoked = true;
                    is_touched = true;
                }
            }
            if is_touched {
                batch = batch.put(&copy)?;
            }
        }
        batch.commit().await
    }
}

/// Where a credential of the network has its place.
fn place_of(credential: &HeldCredential) -> Option<(List, u64)> {
    credential.network.as_ref()?;
    let issuer_did = credential.issuer_did.clone()?;
    let held = vc::Held::reopen(&credential.compact).ok()?;
    let status = held.facts().status()?;
    Some((List { uri: status.uri.clone(), issuer_did, vct: credential.vct.clone() }, status.index))
}
