//! Refill: new copies of passport, profile and membership for the present ones (specs/flows.md §2).
//!
//! The last copies are kept back for it: whoever shows them elsewhere has nothing left to show their office, or their space.
//! The wallet refills by itself when they are all that is left.

mod error;

use std::collections::{BTreeMap, BTreeSet};

use credentials::types;
use environment::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::accept::{AcceptOptions, Accepted, ErrandFor, Party};
use super::collect::CollectError;
use super::member_api::was_left;
use super::present::PresentError;
use super::upkeep::Looking;
use crate::consent::{Agreed, ByPreset, Consent, Preset};
use crate::question::{Answer, Choice, Question};
use crate::records::{Copy, FollowUpAwaited, HeldCredential, ListedCredential, PrivateKey, Upkeep};
use crate::vault::VaultError;
use crate::wallet::{BoxFuture, Wallet};

pub use error::RefillError;

/// With fewer fresh copies than this, new ones are fetched.
const FEW: usize = 3;
/// With less time than this before they expire, new ones are fetched, in seconds.
const SOON: i64 = 3 * 86_400;
/// For how long the wallet begins no refill of a kind by itself after one, in seconds: each try may spend a copy and tells
/// the issuer that this member's wallet is open.
const PAUSE: i64 = 86_400;
/// How many copies of a type are kept back, so that a refill that is refused does not take the last one.
const KEPT: usize = 2;
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

/// At whose word something is refilled.
#[derive(Clone, Copy)]
enum Wish<'a> {
    /// The member wishes it, and agrees to each question.
    Asked(&'a dyn Consent),
    /// The member wishes it, and [`Renewing`] answers.
    Pressed,
    /// Nobody's: the wallet does it by itself, and [`Renewing`] answers.
    Nobodys,
}

impl Wallet {
    /// Whether copies of passport, profile or a membership run low or expire soon, and no refill was tried within a day.
    ///
    /// # Errors
    /// [`RefillError::Vault`].
    pub async fn needs_refill(&self) -> Result<bool, RefillError> {
        let now = self.now();
        let upkeep = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default();
        Ok(self.renewable().await?.iter().any(|one| is_low(one, now) && !rests(one, &upkeep, now)))
    }

    /// Shows each office and space a present copy of each kind of theirs and accepts the new ones it offers. New copies of passport and
    /// profile come in pairs again, bound to one key each. The member wishes it, so it is tried however lately it was; only
    /// the last copy is not spent where the issuer has refused within a day.
    ///
    /// # Errors
    /// See [`RefillError`]; as long as something was refilled, the rest is told in [`Refilled::problems`].
    pub async fn refill(
        &self,
        options: &AcceptOptions,
        consent: &dyn Consent,
    ) -> Result<Refilled, RefillError> {
        self.learn_statuses(Looking::AtOnce).await?;
        let (accepted, failed) =
            self.refill_all(self.renewable().await?, options, Wish::Asked(consent)).await?;
        self.look_after_number().await?;
        let problems = failed.iter().map(|(what, error)| format!("{what}: {}", error.told())).collect();
        if accepted.is_empty() {
            return Err(failed.into_iter().last().map_or(RefillError::NothingHeld, |(_, error)| error));
        }
        Ok(Refilled { accepted, problems })
    }

    /// Shows the issuer of one kind a present copy of it and accepts the new ones it offers. The member wishes it; what is given is
    /// what a refill takes and nothing else, so nobody is asked.
    ///
    /// # Errors
    /// See [`RefillError`].
    pub async fn refill_kind_of(&self, key: &str) -> Result<Accepted, RefillError> {
        self.learn_statuses(Looking::AtOnce).await?;
        let mut kinds = self.renewable().await?;
        kinds.retain(|one| one.key() == key && one.network.is_some());
        let (accepted, failed) = self.refill_all(kinds, &AcceptOptions::default(), Wish::Pressed).await?;
        self.look_after_number().await?;
        match (accepted.into_iter().next(), failed.into_iter().next()) {
            (Some(accepted), _) => Ok(accepted),
            (None, Some((_, error))) => Err(error),
            (None, None) => Err(RefillError::NothingHeld),
        }
    }

    /// Refills what runs low, without a word: the member asked for nothing and is asked nothing.
    pub(super) async fn refill_when_low(&self) -> Result<(), RefillError> {
        let now = self.now();
        let upkeep = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default();
        let mut kinds = self.renewable().await?;
        kinds.retain(|one| one.copies_left > 0 && one.network.is_some());
        // However few copies an office gives at a time, new ones are fetched only when none is left to show.
        kinds.retain(|one| one.uses_left == 0 || expires_soon(one, now));
        kinds.retain(|one| !rests(one, &upkeep, now));
        kinds.retain(|one| !is_saved(one, &upkeep, now));
        let (_, failed) = self.refill_all(kinds, &AcceptOptions::default(), Wish::Nobodys).await?;
        if !failed.is_empty() {
            tracing::debug!(kinds = failed.len(), "copies could not be refilled");
        }
        Ok(())
    }

    /// The kinds of which there will be too few copies, and when the wallet begins by itself to get others; `earlier` says for each by
    /// how many seconds before the last moment to begin.
    pub(super) async fn refills_due(
        &self,
        earlier: impl Fn(&str) -> i64,
    ) -> Result<Vec<(ListedCredential, i64)>, VaultError> {
        let now = self.now();
        let upkeep = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default();
        let mut kinds = self.renewable().await?;
        kinds.retain(|one| one.copies_left > 0 && one.network.is_some() && !is_saved(one, &upkeep, now));
        let due = |one: ListedCredential| {
            let kind = kind_of(&one);
            let ends = one.expires_at.unwrap_or_default();
            let last = ends.saturating_sub(SOON).saturating_sub(earlier(&format!("{kind} {ends}")));
            let at = if runs_low(&one) { 0 } else { last };
            let rested = upkeep.tried_at.get(&kind).map_or(0, |tried| tried.saturating_add(PAUSE));
            (one, at.max(rested))
        };
        Ok(kinds.into_iter().map(due).collect())
    }

    /// Refills what of an issuer is due; gives whether there is anything new.
    pub(super) async fn refill_by_itself(
        &self,
        issuer: &str,
        earlier: impl Fn(&str) -> i64,
    ) -> Result<bool, RefillError> {
        let now = self.now().seconds();
        let due = self.refills_due(earlier).await?.into_iter();
        let due = due.filter(|(one, at)| one.issuer == issuer && *at <= now).map(|(one, _)| one).collect();
        let (accepted, failed) = self.refill_all(due, &AcceptOptions::default(), Wish::Nobodys).await?;
        for (_, error) in failed {
            tracing::debug!(%error, "copies could not be refilled");
        }
        Ok(!accepted.is_empty())
    }

    /// Refills these kinds. Gives what was accepted, and what was not refilled, by its kind and issuer, and why.
    async fn refill_all(
        &self,
        kinds: Vec<ListedCredential>,
        options: &AcceptOptions,
        wish: Wish<'_>,
    ) -> Result<(Vec<Accepted>, Vec<(String, RefillError)>), RefillError> {
        let (mut all, mut failed) = (Vec::new(), Vec::new());
        // By office, so that the pairs of one office share their keys.
        let mut keys: BTreeMap<String, Vec<PrivateKey>> = BTreeMap::new();
        for held in kinds {
            let paired = keys.get(&held.issuer).cloned();
            if self.is_last_after_refusal(&held).await? {
                failed.push((named(&held), RefillError::LastKept));
                continue;
            }
            self.note_refill(|upkeep, now| {
                upkeep.tried_at.insert(kind_of(&held), now);
            })
            .await?;
            match self.refill_kind(&held, options, wish, paired).await {
                Ok((accepted, used)) => {
                    keys.entry(held.issuer.clone()).or_insert(used);
                    if accepted.is_whole() {
                        self.note_refill(|upkeep, _| {
                            upkeep.refused_at.remove(&kind_of(&held));
                        })
                        .await?;
                    }
                    all.push(accepted);
                }
                Err(RefillError::Vault(error)) => return Err(error.into()),
                Err(error) => {
                    if error.cost_a_copy() {
                        self.note_refill(|upkeep, now| {
                            upkeep.refused_at.insert(kind_of(&held), now);
                        })
                        .await?;
                    }
                    failed.push((named(&held), error));
                }
            }
        }
        Ok((all, failed))
    }

    /// Changes what is known about refills, with the seconds of now.
    async fn note_refill(&self, change: impl FnOnce(&mut Upkeep, i64)) -> Result<(), VaultError> {
        let mut upkeep = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default();
        change(&mut upkeep, self.now().seconds());
        self.vault.put(&upkeep).await
    }

    /// Whether only one copy is left of a kind, and its issuer has refused within a day: a copy with passport and profile
    /// is the last one of both.
    async fn is_last_after_refusal(&self, held: &ListedCredential) -> Result<bool, VaultError> {
        let now = self.now();
        let upkeep = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default();
        let of_issuer = format!(" {}", held.issuer);
        let refused = upkeep
            .refused_at
            .iter()
            .any(|(kind, at)| kind.ends_with(&of_issuer) && now.since(Timestamp::from_seconds(*at)) < PAUSE);
        let listed = self.renewable().await?;
        let mut same = listed.iter().filter(|one| kind_of(one) == kind_of(held));
        Ok(refused && same.any(|one| one.copies_left == 1))
    }

    async fn refill_kind(
        &self,
        held: &ListedCredential,
        options: &AcceptOptions,
        wish: Wish<'_>,
        keys: Option<Vec<PrivateKey>>,
    ) -> Result<(Accepted, Vec<PrivateKey>), RefillError> {
        // The copies go to whoever signed them, and the new ones come from there.
        let issuer = held.issuer_did.as_deref();
        let asked = json!({"what": word_for(&held.vct)});
        let link = self.handed_out(&held.issuer, "/refill/requests", &asked).await?;
        let renewing = Renewing { vct: held.vct.clone() };
        let (consent, is_by_itself): (&dyn Consent, bool) = match wish {
            Wish::Asked(consent) => (consent, false),
            Wish::Pressed => (&renewing, false),
            Wish::Nobodys => (&renewing, true),
        };
        let taken = self.present_for_new_copies(&link, consent, issuer, is_by_itself).await;
        let taken = taken.map_err(|error| match error {
            PresentError::NotTaken(reply) => RefillError::Refused(reply),
            other => other.into(),
        })?;
        // Whatever else follows from the same party follows other answers: with this one it has nothing to do.
        let follow_up = taken.follow_up.as_deref();
        // Whoever collects at the same time would void the offer.
        let _turn = follow_up.and_then(|id| self.under_way.turn(id));
        let offer = match taken.presented.credential_offer {
            Some(offer) => offer,
            None => self.offer_in_follow_up(follow_up).await?.ok_or(RefillError::NoOffer)?,
        };
        let party = Party { address: &held.issuer, did: issuer };
        let errand = ErrandFor { party: Some(party), keys, follow_up, mail: None, is_by_itself };
        Ok(self.accept_offer_for(&offer, options, &Agreed, errand).await?)
    }

    /// The offer in the follow-up of the answer, where none came with the reply. What cannot be had now, collecting asks for.
    async fn offer_in_follow_up(&self, follow_up: Option<&str>) -> Result<Option<String>, RefillError> {
        let Some(id) = follow_up else { return Ok(None) };
        let Some(awaited) = self.vault.get::<FollowUpAwaited>(id).await? else { return Ok(None) };
        match self.fetch_follow_up(&awaited).await {
            Ok(follow_up) => Ok(follow_up.credential_offer),
            Err(CollectError::Vault(error)) => Err(error.into()),
            Err(error) => {
                tracing::debug!(%error, "what follows a refill could not be fetched");
                Ok(None)
            }
        }
    }

    /// What its issuer renews, in the order in which it is asked. A space that the member left is asked for nothing.
    async fn renewable(&self) -> Result<Vec<ListedCredential>, VaultError> {
        let copies = self.vault.list::<Copy>().await?;
        let mut left = self.known_spaces().await?;
        left.retain(|space| was_left(space, &copies));
        let is_left = |one: &ListedCredential| {
            one.vct == types::MEMBERSHIP
                && left.iter().any(|space| one.issuer_did.as_ref() == Some(&space.id))
        };
        let listed = ListedCredential::all(&copies, self.now());
        let rank = |one: &ListedCredential| RENEWABLE.iter().position(|vct| *vct == one.vct);
        let mut found: Vec<ListedCredential> =
            listed.into_iter().filter(|one| rank(one).is_some() && !is_left(one)).collect();
        found.sort_by_key(rank);
        Ok(found)
    }
}

fn kind_of(one: &ListedCredential) -> String {
    format!("{} {}", one.vct, one.issuer)
}

/// The word for what is renewed, on the wire and for the member.
fn word_for(vct: &str) -> &'static str {
    match vct {
        types::MEMBERSHIP => "membership",
        types::PASSPORT => "passport",
        _ => "profile",
    }
}

/// What is renewed and by whom, for the member.
fn named(one: &ListedCredential) -> String {
    format!("{} of {}", word_for(&one.vct), one.issuer_name)
}

/// Whether a refill was tried lately.
fn rests(one: &ListedCredential, upkeep: &Upkeep, now: Timestamp) -> bool {
    let tried_at = upkeep.tried_at.get(&kind_of(one)).copied();
    tried_at.is_some_and(|at| now.since(Timestamp::from_seconds(at)) < PAUSE)
}

/// After a refusal the last one is spent when it would soon be of no use, or when the member wishes it.
fn is_saved(one: &ListedCredential, upkeep: &Upkeep, now: Timestamp) -> bool {
    one.copies_left == 1 && upkeep.refused_at.contains_key(&kind_of(one)) && !expires_soon(one, now)
}

/// Whether few can still be shown, and so that this does not come of small batches: those would be asked for every day.
const fn runs_low(one: &ListedCredential) -> bool {
    one.uses_left == 0 || (one.uses_left < FEW && one.uses_left.saturating_mul(2) < one.copies)
}

fn is_low(one: &ListedCredential, now: Timestamp) -> bool {
    one.copies_left < FEW || expires_soon(one, now)
}

pub(crate) fn expires_soon(one: &ListedCredential, now: Timestamp) -> bool {
    one.expires_at.is_none_or(|expires_at| now.plus(SOON).seconds() >= expires_at)
}

/// Whether its issuer gives new copies of a credential for present ones.
pub(super) fn is_renewable(credential: &HeldCredential) -> bool {
    credential.network.is_some() && RENEWABLE.contains(&credential.vct.as_str())
}

/// The copies that are not shown to `party`, which is asked for a refill: those that are kept back for another.
pub(crate) fn kept_back_from(party: Option<&str>, copies: &[Copy], now: Timestamp) -> BTreeSet<String> {
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

/// The copies that are shown to nobody but their issuer, for new ones: of each type that it renews those that last longest,
/// each type others; and never more than half of what there was, where batches are very small.
fn kept_back(copies: &[Copy], now: Timestamp) -> BTreeSet<String> {
    let mut by_issuer: BTreeMap<&str, Vec<&Copy>> = BTreeMap::new();
    for copy in copies {
        let renewable = copy.credentials.iter().filter(|one| is_renewable(one));
        let issuers: BTreeSet<&str> = renewable.map(|one| one.issuer.as_str()).collect();
        for issuer in issuers {
            by_issuer.entry(issuer).or_default().push(copy);
        }
    }
    let mut kept = BTreeSet::new();
    for (issuer, copies) in by_issuer {
        keep_back(issuer, &copies, now, &mut kept);
    }
    kept
}

/// The same of one issuer.
fn keep_back(issuer: &str, copies: &[&Copy], now: Timestamp, kept: &mut BTreeSet<String>) {
    let mut so_far = 0_usize;
    // First one of each type, so that a small batch does not keep two of one and none of another.
    for vct in std::iter::repeat_n(RENEWABLE, KEPT).flatten() {
        let is_of = |one: &HeldCredential| is_renewable(one) && one.vct == vct && one.issuer == issuer;
        let most = copies.iter().filter(|copy| copy.credentials.iter().any(is_of)).count().div_euclid(2);
        let counts = |copy: &&Copy| {
            copy.is_fresh(now) && copy.credentials.iter().any(|one| is_of(one) && one.counts(now))
        };
        let last = copies
            .iter()
            .copied()
            .filter(|copy| counts(copy) && !kept.contains(&copy.id))
            .max_by_key(|copy| (copy.expires_at(), copy.received_at, &copy.id));
        if let Some(last) = last.filter(|_| so_far < most) {
            kept.insert(last.id.clone());
            so_far = so_far.saturating_add(1);
        }
    }
}

/// The copies that are shown to others before their issuer needs to see one for new ones: all that are fresh, without those that are kept
/// back, without the last one of each kind, and without those that nobody renews.
pub(crate) fn shown_sooner(copies: &[Copy], now: Timestamp) -> BTreeSet<String> {
    let mut kept = kept_back(copies, now);
    let is_fresh = |copy: &&Copy| copy.is_fresh(now);
    for vct in RENEWABLE {
        let of_type = |copy: &Copy| -> BTreeSet<String> {
            let credentials = copy.credentials.iter().filter(|one| is_renewable(one) && one.vct == vct);
            credentials.map(|one| one.issuer.clone()).collect()
        };
        let issuers: BTreeSet<String> = copies.iter().filter(is_fresh).flat_map(of_type).collect();
        for issuer in issuers {
            let mut of_issuer: Vec<&Copy> =
                copies.iter().filter(is_fresh).filter(|copy| of_type(copy).contains(&issuer)).collect();
            of_issuer.sort_by_key(|copy| (copy.expires_at(), copy.received_at, &copy.id));
            if !of_issuer.iter().any(|copy| kept.contains(&copy.id)) {
                kept.extend(of_issuer.last().map(|copy| copy.id.clone()));
            }
        }
    }
    let is_renewed = |copy: &&Copy| copy.credentials.iter().any(is_renewable);
    let shown = copies.iter().filter(is_fresh).filter(is_renewed).filter(|copy| !kept.contains(&copy.id));
    shown.map(|copy| copy.id.clone()).collect()
}

/// Consents to what a refill takes and to nothing else: a copy of the type itself, and for a passport that there is a
/// membership. Only the issuer that signed the copies is answered at all.
pub(super) struct Renewing {
    pub(super) vct: String,
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
