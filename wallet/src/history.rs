//! Reading the history, and deleting of it.

mod csv;

use std::collections::BTreeSet;

use environment::{Date, Timestamp};

use crate::error::WalletError;
use crate::records::{Digest, HistoryEntry, HistoryKind, SentAnswer};
use crate::vault::{VaultError, Wanted};
use crate::wallet::Wallet;

pub use csv::history_csv;

/// Entries that are deleted in one step.
const AT_ONCE: usize = 200;
/// Seconds of this month and the one before it, at most.
const LONGEST_OF_TWO_MONTHS: i64 = 62 * 86_400;

/// Which entries of the history are wanted; what is not said is any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Of this kind.
    pub kind: Option<HistoryKind>,
    /// Not of this one.
    pub leaves_out: Option<HistoryKind>,
    /// Of this party, by [`HistoryEntry::party_key`].
    pub party: Option<String>,
    /// From this moment on, in seconds since the epoch.
    pub since: Option<i64>,
    /// Before this moment.
    pub before: Option<i64>,
}

impl HistoryFilter {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            kind: self.kind.map(HistoryKind::name),
            leaves_out: self.leaves_out.map(HistoryKind::name),
            about: self.party.as_deref(),
            since: self.since,
            before: self.before,
        }
    }
}

/// A page of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// The entries, the newest first.
    pub entries: Vec<HistoryEntry>,
    /// Whether there are older ones.
    pub has_more: bool,
}

/// Somebody who stands in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryParty {
    /// See [`HistoryEntry::party_key`].
    pub key: String,
    /// Its name, as it was last.
    pub name: String,
}

/// Which entries of the history are deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryDeletion {
    /// One, by its identifier.
    One(String),
    /// All from before this moment, in seconds since the epoch.
    Before(i64),
    /// All.
    Everything,
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryDeleted {
    /// So many entries are gone.
    pub gone: usize,
    /// So many stay until it is known what became of their answers.
    pub under_way: usize,
}

impl Wallet {
    /// Every transaction, newest first.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn history(&self) -> Result<Vec<HistoryEntry>, WalletError> {
        let mut entries = self.vault.list::<HistoryEntry>().await?;
        entries.sort_by(|left, right| (right.at, &right.id).cmp(&(left.at, &left.id)));
        Ok(entries)
    }

    /// The transactions that are wanted, the newest first: `most` of them, after `from` others. No more is read than that.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn history_page(
        &self,
        filter: &HistoryFilter,
        from: usize,
        most: usize,
    ) -> Result<HistoryPage, WalletError> {
        let listed = self.vault.listed::<HistoryEntry>(&filter.wanted(), from, most).await?;
        Ok(HistoryPage { entries: listed.records, has_more: listed.has_more })
    }

    /// Who stands in the history, the latest first.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn history_parties(&self) -> Result<Vec<HistoryParty>, WalletError> {
        let known = self.vault.listed_about::<HistoryEntry>().await?;
        Ok(known.into_iter().map(|about| HistoryParty { key: about.key, name: about.name }).collect())
    }

    /// One transaction.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub async fn history_entry(&self, id: &str) -> Result<Option<HistoryEntry>, WalletError> {
        Ok(self.vault.get::<HistoryEntry>(id).await?)
    }

    /// Deletes entries of the history. What spaces have stays there, and what proves it here. An answer of which it is not known what
    /// became of it keeps its entry until then.
    ///
    /// # Errors
    /// See [`WalletError`]; what was deleted before is gone.
    pub async fn delete_history(&self, which: &HistoryDeletion) -> Result<HistoryDeleted, WalletError> {
        let _one_at_a_time = self.choosing.lock().await;
        let under_way: BTreeSet<String> =
            self.vault.list::<SentAnswer>().await?.into_iter().map(|sent| sent.id).collect();
        let mut deleted = HistoryDeleted::default();
        let mut gone = Vec::new();
        for (id, at) in self.named_by(which).await? {
            if under_way.contains(&id) {
                deleted.under_way = deleted.under_way.saturating_add(1);
            } else {
                gone.push((id, at));
            }
        }
        for some in gone.chunks(AT_ONCE) {
            let batch = some
                .iter()
                .fold(self.vault.batch(), |batch, (id, at)| batch.delete_listed::<HistoryEntry>(id, *at));
            batch.commit().await?;
            deleted.gone = deleted.gone.saturating_add(some.len());
        }
        self.delete_digests(which).await?;
        Ok(deleted)
    }

    /// What was summed up of deleted months goes as well. The last month's stays: it would be made anew of what spaces have.
    async fn delete_digests(&self, which: &HistoryDeletion) -> Result<(), VaultError> {
        let before = match which {
            HistoryDeletion::One(_) => return Ok(()),
            HistoryDeletion::Before(moment) => *moment,
            HistoryDeletion::Everything => i64::MAX,
        };
        let latest = before.min(self.now().seconds().saturating_sub(LONGEST_OF_TWO_MONTHS));
        let end = Date::of(Timestamp::from_seconds(latest)).to_string();
        let mut batch = self.vault.batch();
        for digest in self.vault.list::<Digest>().await? {
            if end.get(..7).is_some_and(|end| digest.month.as_str() < end) {
                batch = batch.delete::<Digest>(&digest.month);
            }
        }
        batch.commit().await
    }

    async fn named_by(&self, which: &HistoryDeletion) -> Result<Vec<(String, i64)>, VaultError> {
        let before = match which {
            HistoryDeletion::One(id) => {
                let entry = self.vault.get::<HistoryEntry>(id).await?;
                return Ok(entry.into_iter().map(|entry| (entry.id, entry.at)).collect());
            }
            HistoryDeletion::Before(moment) => Some(*moment),
            HistoryDeletion::Everything => None,
        };
        let wanted = Wanted { before, ..Wanted::default() };
        let keys = self.vault.listed_keys::<HistoryEntry>(&wanted, 0, usize::MAX).await?;
        Ok(keys.into_iter().map(|key| (key.name, key.at)).collect())
    }
}
