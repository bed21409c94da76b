//! What is to be done at spaces: each is told at a time of its own, so that they cannot match the moments.
//!
//! It is not only the parts of one edit that are kept apart. Whatever goes to two spaces within the same minutes, of one edit or of
//! two, new or tried again, tells them that it comes from one member; and a wallet that was closed for a day has much that is
//! due. So each time one space is told what is due there, and what is for others waits anew, as long as if it were new.

use std::collections::BTreeMap;

use network::member_api::{ClaimChange, Outcome};
use serde_json::Value;

use super::beforehand::KeptFromIt;
use super::{MemberApiError, SentChange};
use crate::records::{
    Deed, DetailName, Errand, HistoryEntry, HistoryKind, OutboxEntry, OutboxItem, SpaceView,
};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// The shortest delay, in seconds.
const SHORTEST_DELAY: i64 = 15 * 60;
/// The longest.
const LONGEST_DELAY: i64 = 12 * 3_600;
/// Fewest seconds until something is tried again that failed, the first time; as many more at most.
const AGAIN: i64 = 15 * 60;
/// The longest such time.
const LONGEST_AGAIN: i64 = 86_400;
/// After so many tries in vain nothing is sent any more by itself.
const MOST_TRIES: u32 = 12;

/// When something is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// Each part after a delay of its own.
    Apart,
}

impl Wallet {
    /// Changes one of the member's own details, and has it changed at these spaces. A space that has it from an office's copy is
    /// told later only what an office has checked, and one that has nothing of that name by this wallet's record nothing at all; told
    /// now, a space says itself what it takes.
    ///
    /// # Errors
    /// See [`MemberApiError`]; nothing has changed then.
    pub async fn change_at(
        &self,
        name: DetailName,
        value: Value,
        spaces: &[String],
        when: When,
    ) -> Result<Vec<SentChange>, MemberApiError> {
        let mut named: Vec<SpaceView> = Vec::new();
        for space in spaces {
            let space = self.space_named(space).await?;
            self.check_not_left(&space).await?;
            if !named.iter().any(|known| known.id == space.id) {
                named.push(space);
            }
        }
        let claim = name.as_str().to_owned();
        let kept_from_it = match when {
            When::Now => BTreeMap::new(),
            When::Apart => self.kept_from_later(&named, &claim, &value).await?,
        };
        let errand = Errand::NewValue { claim, value: value.clone() };
        let told: Vec<String> = named.iter().map(|space| space.id.clone()).collect();
        self.set_where_spaces_know_it(name, value, &told).await?;
        let mut batch = self.vault.batch();
        // A value that was not sent yet is not sent any more.
        for waiting in self.vault.list::<OutboxItem>().await? {
            let replaced = named.iter().any(|space| space.id == waiting.space)
                && matches!(&waiting.errand, Errand::NewValue { .. })
                && waiting.errand.claims() == errand.claims();
            if replaced {
                batch = batch.delete::<OutboxItem>(&waiting.id);
            }
        }
        let (mut items, mut refused) = (Vec::new(), Vec::new());
        for space in &named {
            if let Some(kept) = kept_from_it.get(&space.id) {
                refused.push(not_queued(space, &errand, kept.clone()));
                continue;
            }
            let item = self.new_item(space, errand.clone(), when);
            batch = batch.put(&item)?;
            items.push(item);
        }
        batch.commit().await?;
        match when {
            When::Now => self.send_all(items).await,
            When::Apart => Ok(items.iter().map(waiting).chain(refused).collect()),
        }
    }

    /// Has details changed at a space: who sees them, until when, and what is taken back.
    ///
    /// # Errors
    /// See [`MemberApiError`].
    pub async fn change_rules_at(
        &self,
        space: &str,
        changes: Vec<ClaimChange>,
    ) -> Result<SentChange, MemberApiError> {
        self.do_now(space, Errand::Changes(changes)).await
    }

    /// Leaves a space.
    ///
    /// # Errors
    /// See [`MemberApiError`].
    pub async fn leave_space(&self, space: &str) -> Result<SentChange, MemberApiError> {
        self.do_now(space, Errand::Leave).await
    }

    /// Objects to what a space does.
    ///
    /// # Errors
    /// See [`MemberApiError`].
    pub async fn object_at(
        &self,
        space: &str,
        about: Vec<String>,
        reason: String,
    ) -> Result<SentChange, MemberApiError> {
        self.do_now(space, Errand::Objection { about, reason }).await
    }

    /// What would follow if these details were changed, by the space's account.
    ///
    /// # Errors
    /// See [`MemberApiError`].
    pub async fn would_follow_changes(
        &self,
        space: &str,
        changes: &[ClaimChange],
    ) -> Result<Outcome, MemberApiError> {
        let space = self.space_named(space).await?;
        let errand = Errand::Changes(changes.to_vec());
        Ok(self.would_follow(&space.id, &errand).await?.unwrap_or_default())
    }

    /// What would follow if the member left, by the space's account.
    ///
    /// # Errors
    /// See [`MemberApiError`].
    pub async fn would_follow_leaving(&self, space: &str) -> Result<Outcome, MemberApiError> {
        let space = self.space_named(space).await?;
        Ok(self.would_follow(&space.id, &Errand::Leave).await?.unwrap_or_default())
    }

    /// What waits to be done at spaces, the earliest first.
    ///
    /// # Errors
    /// The vault.
    pub async fn outbox(&self) -> Result<Vec<OutboxEntry>, MemberApiError> {
        Ok(self.waiting_items().await?.into_iter().map(OutboxEntry::from).collect())
    }

    /// Sends something that waits, at once.
    ///
    /// # Errors
    /// [`MemberApiError::NoSuchItem`], or the vault; what else goes wrong is told in what is given.
    pub async fn send_waiting(&self, id: &str) -> Result<SentChange, MemberApiError> {
        let item = self.vault.get::<OutboxItem>(id).await?.ok_or(MemberApiError::NoSuchItem)?;
        self.keep_others_apart(&item.space).await?;
        let sent = self.send_item(item).await?;
        self.look_after_copies_if_possible().await;
        Ok(sent)
    }

    /// Takes something out that waits. What is at the space already stays there.
    ///
    /// # Errors
    /// [`MemberApiError::NoSuchItem`], or the vault.
    pub async fn cancel_change(&self, id: &str) -> Result<(), MemberApiError> {
        if self.vault.get::<OutboxItem>(id).await?.is_none() {
            return Err(MemberApiError::NoSuchItem);
        }
        Ok(self.vault.batch().delete::<OutboxItem>(id).commit().await?)
    }

    /// Sends what is due at the space that has waited longest; what is due at others waits anew.
    pub(in crate::flows) async fn send_due_changes(&self) -> Result<Vec<SentChange>, VaultError> {
        let now = self.now().seconds();
        let mut due = self.waiting_items().await?;
        due.retain(|item| !item.given_up && item.due_at <= now);
        // A space that does not answer keeps no other from being told.
        let first = due.iter().min_by_key(|item| (item.tries, item.made_at, item.due_at));
        let Some(space) = first.map(|item| item.space.clone()) else { return Ok(Vec::new()) };
        self.keep_others_apart(&space).await?;
        let mut sent = Vec::new();
        for item in due.into_iter().filter(|item| item.space == space) {
            // Whatever else was to be done at a space has gone where the membership has just ended.
            if self.vault.get::<OutboxItem>(&item.id).await?.is_none() {
                continue;
            }
            sent.push(self.send_item(item).await?);
        }
        Ok(sent)
    }

    /// Now that a space is told something, no other is told anything for a while.
    async fn keep_others_apart(&self, space: &str) -> Result<(), VaultError> {
        let now = self.now().seconds();
        let mut batch = self.vault.batch();
        let is_close = |item: &OutboxItem| {
            item.space != space && !item.given_up && item.due_at < now.saturating_add(SHORTEST_DELAY)
        };
        for mut item in self.waiting_items().await?.into_iter().filter(is_close) {
            item.due_at = now.saturating_add(self.delay());
            batch = batch.put(&item)?;
        }
        batch.commit().await
    }

    async fn do_now(&self, space: &str, errand: Errand) -> Result<SentChange, MemberApiError> {
        let space = self.space_named(space).await?;
        self.check_not_left(&space).await?;
        let mut waiting = self.waiting_items().await?.into_iter();
        // What was asked before and is not known to be done is asked again under its own identifier.
        let item = waiting.find(|item| item.space == space.id && item.errand == errand && !item.given_up);
        let item = item.unwrap_or_else(|| self.new_item(&space, errand, When::Now));
        self.vault.put(&item).await?;
        self.keep_others_apart(&space.id).await?;
        let sent = self.send_item(item).await?;
        self.look_after_copies_if_possible().await;
        Ok(sent)
    }

    pub(super) async fn send_all(&self, items: Vec<OutboxItem>) -> Result<Vec<SentChange>, MemberApiError> {
        let mut sent = Vec::new();
        for item in items {
            sent.push(self.send_item(item).await?);
        }
        self.look_after_copies_if_possible().await;
        Ok(sent)
    }

    pub(super) async fn waiting_items(&self) -> Result<Vec<OutboxItem>, VaultError> {
        let mut items = self.vault.list::<OutboxItem>().await?;
        items.sort_by(|left, right| (left.due_at, &left.id).cmp(&(right.due_at, &right.id)));
        Ok(items)
    }

    pub(super) fn new_item(&self, space: &SpaceView, errand: Errand, when: When) -> OutboxItem {
        let now = self.now().seconds();
        let delay = match when {
            When::Now => 0,
            When::Apart => self.delay(),
        };
        OutboxItem {
            id: self.random_id(),
            space: space.id.clone(),
            space_name: space.name.clone(),
            errand,
            made_at: now,
            due_at: now.saturating_add(delay),
            tries: 0,
            access: None,
            holders: Vec::new(),
            problem: None,
            why: None,
            given_up: false,
        }
    }

    /// A random delay, in seconds.
    fn delay(&self) -> i64 {
        SHORTEST_DELAY.saturating_add(self.up_to(LONGEST_DELAY.saturating_sub(SHORTEST_DELAY)))
    }

    fn up_to(&self, seconds: i64) -> i64 {
        let span = u64::try_from(seconds).unwrap_or_default();
        let chosen = self.environment.randomness().below(span.saturating_add(1));
        i64::try_from(chosen).unwrap_or_default()
    }

    /// Sends one thing; what becomes of it is told, noted in the history, and kept with it if it is to be tried again or if nobody
    /// knows whether it was done. The history tells of it in the very moment in which it is gone.
    async fn send_item(&self, mut item: OutboxItem) -> Result<SentChange, VaultError> {
        let told = waiting(&item);
        let was_sent_before = item.was_sent();
        let mut entry = self.new_entry(HistoryKind::Change);
        entry.party = Some(item.space_name.clone());
        entry.did = Some(item.space.clone());
        entry.deeds = Deed::all_of(&item.errand);
        let done_entry = HistoryEntry { presented: item.errand.claims(), ..entry.clone() }.bounded();
        let error = match self.carry_out(&mut item, &done_entry).await {
            Ok(outcome) => return Ok(done(told, &outcome)),
            Err(MemberApiError::Vault(error)) => return Err(error),
            Err(error) => error,
        };
        entry.fail(error.code(), error.is_their_word());
        let batch = self.vault.batch().put(&entry.bounded())?;
        if error.is_a_no() && !was_sent_before {
            batch.delete::<OutboxItem>(&item.id).commit().await?;
            let (problem, why) = (Some(error.to_string()), Some(error.problem()));
            return Ok(SentChange { waits: false, problem, why, again_at: None, ..told });
        }
        self.put_off(&mut item, &error);
        batch.put(&item)?.commit().await?;
        Ok(waiting(&item))
    }

    /// Says in an item why it is not done, or not known to be, and when it is tried again, if ever.
    fn put_off(&self, item: &mut OutboxItem, error: &MemberApiError) {
        item.tries = item.tries.saturating_add(1);
        item.given_up = error.is_final() || item.tries >= MOST_TRIES;
        let doubled = 1_i64.checked_shl(item.tries.saturating_sub(1)).unwrap_or(i64::MAX);
        let pause = AGAIN.saturating_mul(doubled.max(1)).min(LONGEST_AGAIN);
        // What failed at two spaces at once, with the member's line, is not to come back at two at once either.
        item.due_at = self.now().seconds().saturating_add(pause).saturating_add(self.up_to(pause));
        item.why = Some(error.problem());
        item.problem = Some(if error.is_a_no() {
            // A no to this try says nothing of an earlier one. By its identifier and keys alone could that still be proven.
            format!("{error}; whether an earlier try was carried out is not known")
        } else {
            error.to_string()
        });
    }
}

/// An item that is not done yet, as it is told.
pub(super) fn waiting(item: &OutboxItem) -> SentChange {
    SentChange {
        space: item.space_name.clone(),
        space_id: item.space.clone(),
        what: item.errand.told(),
        errand: item.errand.clone(),
        done: false,
        waits: true,
        membership_ended: false,
        kept: Vec::new(),
        problem: item.problem.clone(),
        why: item.why.clone(),
        again_at: (!item.given_up).then_some(item.due_at),
    }
}

/// What is not even kept to be done.
fn not_queued(space: &SpaceView, errand: &Errand, kept: KeptFromIt) -> SentChange {
    SentChange {
        space: space.name.clone(),
        space_id: space.id.clone(),
        what: errand.told(),
        errand: errand.clone(),
        done: false,
        waits: false,
        membership_ended: false,
        kept: Vec::new(),
        problem: Some(kept.sentence),
        why: Some(kept.why),
        again_at: None,
    }
}

fn done(told: SentChange, outcome: &Outcome) -> SentChange {
    let kept = outcome.kept.iter().map(|kept| (kept.claim.clone(), kept.rule.clone(), kept.until));
    SentChange {
        done: true,
        waits: false,
        membership_ended: outcome.membership_ended,
        kept: kept.collect(),
        problem: None,
        why: None,
        again_at: None,
        ..told
    }
}
