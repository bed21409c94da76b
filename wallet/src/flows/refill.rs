//! Refill: new copies of passport, profile and membership for the present ones (specs/flows.md §2).
//!
//! The last copies are kept back for it: whoever shows them elsewhere has nothing left to show their office, or their space.
//! The wallet refills by itself when they are all that is left.

use std::collections::{BTreeMap, BTreeSet};

use credentials::types;
use environment::Timestamp;
use outbound::Request;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use super::accept::{AcceptError, AcceptOptions, Accepted, ErrandFor, Party};
use super::present::{PresentError, PresentOptions};
use crate::consent::{ByPreset, Consent, Preset};
use crate::question::{Answer, Choice, Question};
use crate::records::{Copy, FollowUpAwaited, HeldCredential, ListedCredential, PrivateKey, Upkeep};
use crate::vault::VaultError;
use crate::wallet::{BoxFuture, Wallet};

/// With fewer fresh copies than this, new ones are fetched.
const FEW: usize = 3;
/// With less time than this before they expire, new ones are fetched, in seconds.
const SOON: i64 = 3 * 86_400;
/// For how long the wallet lets a refill be that did not go well when it began one by itself, in seconds: each try may
/// spend a copy.
const PAUSE: i64 = 86_400;
/// What its issuer renews, a space memberships and an office the rest, in the order in which it is asked: a passport takes a
/// membership too.
const RENEWABLE: [&str; 3] = [types::MEMBERSHIP, types::PROFILE, types::PASSPORT];

/// What was refilled.
#[derive(Debug, Default, Serialize)]
pub struct Refilled {
    /// What each office and space gave.
    pub accepted: Vec<Accepted>,
    /// What could not be refilled, and why, as sentences.
    pub problems: Vec<String>,
}

/// Why nothing was refilled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefillError {
    /// There is nothing anybody could renew.
    #[error(
        "the wallet holds no membership, no passport and no profile; get them from a space or an office first"
    )]
    NothingHeld,
    /// The issuer's address is malformed.
    #[error("the issuer's address is malformed")]
    Address,
    /// The issuer did not make a request.
    #[error("the issuer could not be asked: {0}")]
    Outbound(#[from] outbound::OutboundError),
    /// The issuer's answer is malformed.
    #[error("the issuer's answer is malformed")]
    Malformed,
    /// The issuer's request was not answered.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// The issuer took the answer and offered nothing.
    #[error("the issuer took the answer and offered nothing yet; try `passport wallet collect` later")]
    NoOffer,
    /// The offer was not accepted.
    #[error(transparent)]
    Accept(#[from] AcceptError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Wallet {
    /// Whether copies of passport, profile or a membership run low or expire soon.
    ///
    /// # Errors
    /// [`RefillError::Vault`].
    pub async fn needs_refill(&self) -> Result<bool, RefillError> {
        let now = self.now();
        Ok(self.renewable().await?.iter().any(|one| is_low(one, now)))
    }

    /// Shows each office and space a present copy of each kind of theirs and accepts the new ones it offers. New copies of passport and
    /// profile come in pairs again, bound to one key each.
    ///
    /// # Errors
    /// See [`RefillError`]; as long as something was refilled, the rest is told in [`Refilled::problems`].
    pub async fn refill(
        &self,
        options: &AcceptOptions,
        consent: &dyn Consent,
    ) -> Result<Refilled, RefillError> {
        self.learn_statuses(false).await?;
        let (accepted, failed) = self.refill_all(self.renewable().await?, options, Some(consent)).await?;
        let problems = failed.iter().map(|(_, error)| error.to_string()).collect();
        if accepted.is_empty() {
            return Err(failed.into_iter().last().map_or(RefillError::NothingHeld, |(_, error)| error));
        }
        Ok(Refilled { accepted, problems })
    }

    /// Refills what runs low, without a word: the member asked for nothing and is asked nothing.
    pub(super) async fn refill_when_low(&self) -> Result<(), RefillError> {
        let now = self.now();
        let upkeep = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default();
        let rests = |one: &ListedCredential| {
            let failed_at = upkeep.failed_at.get(&kind_of(one)).copied().unwrap_or_default();
            now.since(Timestamp::from_seconds(failed_at)) < PAUSE
        };
        let copies = self.vault.list::<Copy>().await?;
        let kept = kept_back(&copies, now);
        // However few copies an office gives at a time, new ones are fetched only when none is left to show.
        let is_used_up = |one: &ListedCredential| {
            let shown = copies.iter().filter(|copy| copy.is_fresh(now) && !kept.contains(&copy.id));
            let mut credentials = shown.flat_map(|copy| &copy.credentials);
            !credentials.any(|held| held.vct == one.vct && held.issuer == one.issuer && held.counts(now))
        };
        let mut kinds = self.renewable().await?;
        kinds.retain(|one| one.copies_left > 0 && one.network.is_some());
        kinds.retain(|one| is_used_up(one) || expires_soon(one, now));
        kinds.retain(|one| !rests(one));
        let (_, failed) = self.refill_all(kinds, &AcceptOptions::default(), None).await?;
        // An office that could not be reached has taken nothing.
        let tried: Vec<String> = failed
            .into_iter()
            .filter(|(_, error)| !matches!(error, RefillError::Outbound(_)))
            .map(|(kind, _)| kind)
            .collect();
        if tried.is_empty() {
            return Ok(());
        }
        tracing::debug!(kinds = tried.len(), "copies could not be refilled");
        let mut upkeep = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default();
        upkeep.failed_at.extend(tried.into_iter().map(|kind| (kind, now.seconds())));
        Ok(self.vault.put(&upkeep).await?)
    }

    /// Refills these kinds, with the consent of the member or, where there is none, by the rule of [`Renewing`]. Gives what was
    /// accepted, and which kinds were not refilled and why.
    async fn refill_all(
        &self,
        kinds: Vec<ListedCredential>,
        options: &AcceptOptions,
        consent: Option<&dyn Consent>,
    ) -> Result<(Vec<Accepted>, Vec<(String, RefillError)>), RefillError> {
        let (mut all, mut failed) = (Vec::new(), Vec::new());
        // By office, so that the pairs of one office share their keys.
        let mut keys: BTreeMap<String, Vec<PrivateKey>> = BTreeMap::new();
        for held in kinds {
            let paired = keys.get(&held.issuer).cloned();
            let renewing = Renewing { vct: held.vct.clone() };
            match self.refill_kind(&held, options, consent.unwrap_or(&renewing), paired).await {
                Ok((accepted, used)) => {
                    keys.entry(held.issuer.clone()).or_insert(used);
                    all.push(accepted);
                }
                Err(RefillError::Vault(error)) => return Err(error.into()),
                Err(error) => failed.push((kind_of(&held), error)),
            }
        }
        Ok((all, failed))
    }

    async fn refill_kind(
        &self,
        held: &ListedCredential,
        options: &AcceptOptions,
        consent: &dyn Consent,
        keys: Option<Vec<PrivateKey>>,
    ) -> Result<(Accepted, Vec<PrivateKey>), RefillError> {
        // The copies go to whoever signed them, and the new ones come from there.
        let issuer = held.issuer_did.as_deref();
        let link = self.refill_link(&held.issuer, &held.vct).await?;
        let presented = self.present_to(&link, &PresentOptions::default(), consent, issuer).await?;
        let offer = match presented.credential_offer {
            Some(offer) => offer,
            None => self.offer_in_follow_up(issuer).await?.ok_or(RefillError::NoOffer)?,
        };
        let party = Party { address: &held.issuer, did: issuer };
        let errand = ErrandFor { party: Some(party), keys };
        let accepted = self.accept_offer_for(&offer, options, consent, errand).await?;
        self.forget_follow_ups(issuer).await?;
        Ok(accepted)
    }

    /// Asks the issuer for a request for the present copies.
    async fn refill_link(&self, issuer: &str, vct: &str) -> Result<String, RefillError> {
        let url = format!("{}/refill/requests", issuer.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| RefillError::Address)?;
        let what = match vct {
            types::MEMBERSHIP => "membership",
            types::PASSPORT => "passport",
            _ => "profile",
        };
        let answer =
            self.fetch.fetch(Request::post_json(url, &json!({"what": what}))).await?.successful()?.json()?;
        answer.get("link").and_then(Value::as_str).map(str::to_owned).ok_or(RefillError::Malformed)
    }

    async fn offer_in_follow_up(&self, did: Option<&str>) -> Result<Option<String>, RefillError> {
        for awaited in self.follow_ups_of(did).await? {
            if let Ok(follow_up) = self.fetch_follow_up(&awaited).await
                && follow_up.credential_offer.is_some()
            {
                return Ok(follow_up.credential_offer);
            }
        }
        Ok(None)
    }

    /// A refill leaves nothing to wait for.
    async fn forget_follow_ups(&self, did: Option<&str>) -> Result<(), RefillError> {
        let mut batch = self.vault.batch();
        for awaited in self.follow_ups_of(did).await? {
            batch = batch.delete::<FollowUpAwaited>(&awaited.id);
        }
        Ok(batch.commit().await?)
    }

    /// Newest first.
    async fn follow_ups_of(&self, did: Option<&str>) -> Result<Vec<FollowUpAwaited>, RefillError> {
        let mut awaited = self.vault.list::<FollowUpAwaited>().await?;
        awaited.retain(|one| did.is_some() && one.did.as_deref() == did);
        awaited.sort_by_key(|one| std::cmp::Reverse(one.asked_at));
        Ok(awaited)
    }

    async fn renewable(&self) -> Result<Vec<ListedCredential>, VaultError> {
        let listed = self.list().await.map_err(|crate::WalletError::Vault(error)| error)?;
        let rank = |one: &ListedCredential| RENEWABLE.iter().position(|vct| *vct == one.vct);
        let mut found: Vec<ListedCredential> = listed.into_iter().filter(|one| rank(one).is_some()).collect();
        found.sort_by_key(rank);
        Ok(found)
    }
}

fn kind_of(one: &ListedCredential) -> String {
    format!("{} {}", one.vct, one.issuer)
}

fn is_low(one: &ListedCredential, now: Timestamp) -> bool {
    one.copies_left < FEW || expires_soon(one, now)
}

fn expires_soon(one: &ListedCredential, now: Timestamp) -> bool {
    one.expires_at.is_none_or(|expires_at| now.plus(SOON).seconds() >= expires_at)
}

/// Whether its issuer gives new copies of a credential for present ones.
pub(super) fn is_renewable(credential: &HeldCredential) -> bool {
    credential.network.is_some() && RENEWABLE.contains(&credential.vct.as_str())
}

/// The copies that are not shown to `party`, which is asked for a refill: those that are kept back for another.
pub(super) fn kept_back_from(party: Option<&str>, copies: &[Copy], now: Timestamp) -> BTreeSet<String> {
    let mut kept = kept_back(copies, now);
    let is_of = |copy: &Copy| {
        let mut renewable = copy.credentials.iter().filter(|one| is_renewable(one));
        renewable.any(|one| party.is_some() && one.issuer_did.as_deref() == party)
    };
    for copy in copies.iter().filter(|copy| is_of(copy)) {
        kept.remove(&copy.id);
    }
    kept
}

/// The copies that are shown to nobody but their issuer, for new ones: of each type that it renews the one that lasts
/// longest, each type another; and never more than half of what there was, where batches are very small.
fn kept_back(copies: &[Copy], now: Timestamp) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    let mut by_issuer: BTreeMap<&str, usize> = BTreeMap::new();
    for vct in RENEWABLE {
        let holds = |copy: &&Copy, issuer: &str| {
            copy.credentials.iter().any(|one| is_renewable(one) && one.vct == vct && one.issuer == issuer)
        };
        let credentials = copies.iter().flat_map(|copy| &copy.credentials);
        let issuers: BTreeSet<&str> = credentials.map(|one| one.issuer.as_str()).collect();
        for issuer in issuers {
            let most = copies.iter().filter(|copy| holds(copy, issuer)).count().div_euclid(2);
            let so_far = by_issuer.entry(issuer).or_default();
            let counts = |copy: &&Copy| {
                let mut credentials = copy.credentials.iter();
                copy.is_fresh(now)
                    && credentials.any(|one| one.vct == vct && one.issuer == issuer && one.counts(now))
            };
            let last = copies
                .iter()
                .filter(|copy| counts(copy) && !kept.contains(&copy.id))
                .max_by_key(|copy| (copy.expires_at(), copy.received_at, &copy.id));
            if let Some(last) = last.filter(|_| *so_far < most) {
                kept.insert(last.id.clone());
                *so_far = so_far.saturating_add(1);
            }
        }
    }
    kept
}

/// Consents to what a refill takes and to nothing else: a copy of the type itself, and for a passport that there is a
/// membership. Only the issuer that signed the copies is answered at all.
struct Renewing {
    vct: String,
}

impl Renewing {
    fn takes(&self, answer: &Answer) -> bool {
        let is_only = |vct: &str| answer.types.iter().all(|one| one == vct) && !answer.types.is_empty();
        let of_membership = self.vct == types::PASSPORT && is_only(types::MEMBERSHIP);
        is_only(&self.vct) || (of_membership && answer.claims.iter().all(|claim| claim.claim == "since"))
    }
}

impl Consent for Renewing {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        let asked =
            question.groups.iter().flat_map(|group| &group.options).flat_map(|option| &option.answers);
        if question.can_be_satisfied() && asked.into_iter().all(|answer| self.takes(answer)) {
            return Box::pin(async move { ByPreset(Preset::Needed).ask(question).await });
        }
        Box::pin(std::future::ready(Choice::LeaveOpen))
    }
}
