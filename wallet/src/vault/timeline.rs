//! Records that are listed by time, without reading all of them.
//!
//! The name under which a record lies is a MAC and says nothing, not even what came after what. So the order lies in sealed
//! records of its own: a list of parts, and each part with the places of some hundred records, oldest first. A place says of a record
//! its name, moment, kind and whom it is about. A page of fifty reads the list, as many parts as it needs, and fifty records. Whoever
//! has the store and not its key sees how many records there are, as before.
//!
//! Places are written in the very transaction of their records. A wallet of before has no list: it is made of all when it is asked
//! for first.

mod editing;

use serde::{Deserialize, Serialize};

pub(super) use self::editing::Editing;
use super::writing::Write;
use super::{Kept, Vault, VaultError};

/// Most places in one part: sealed, it has room in a record.
const MOST_IN_PART: usize = 256;
/// How many places stay in the earlier part when a full one is parted: mostly the newest is added.
const STAY: usize = 192;
/// Most parties that are remembered by name, the latest.
const MOST_KNOWN: usize = 256;
/// Longest name of a party, in characters.
const LONGEST_NAME: usize = 64;

/// The place of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// When, in seconds since the epoch.
    pub(crate) at: i64,
    /// A word of what it is.
    pub(crate) kind: String,
    /// Whom it is about.
    pub(crate) about: Option<About>,
}

/// Whom a record is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    /// By which they are told from others.
    pub(crate) key: String,
    /// Their name.
    pub(crate) name: String,
}

/// What is looked for; what is not said is any.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) kind: Option<&'a str>,
    /// Of every kind but this.
    pub(crate) leaves_out: Option<&'a str>,
    pub(crate) about: Option<&'a str>,
    /// From this moment on.
    pub(crate) since: Option<i64>,
    /// Before this moment.
    pub(crate) before: Option<i64>,
}

impl Wanted<'_> {
    fn takes(&self, place: &Place) -> bool {
        self.kind.is_none_or(|kind| kind == place.kind)
            && self.leaves_out.is_none_or(|kind| kind != place.kind)
            && self.about.is_none_or(|about| place.about.as_deref() == Some(about))
            && self.takes_time(place.key.at)
    }

    fn takes_time(&self, at: i64) -> bool {
        self.since.is_none_or(|since| at >= since) && self.before.is_none_or(|before| at < before)
    }

    /// Whether every record of a part is one.
    fn takes_all_of(&self, part: &Part) -> bool {
        let any = self.kind.is_none() && self.leaves_out.is_none() && self.about.is_none();
        any && self.takes_time(part.first.at) && self.takes_time(part.last.at)
    }

    /// Whether no record of a part is one, by its times.
    fn takes_none_of(&self, part: &Part) -> bool {
        self.since.is_some_and(|since| part.last.at < since)
            || self.before.is_some_and(|before| part.first.at >= before)
    }
}

/// What was found, the newest first.
#[derive(Debug)]
pub(crate) struct Listed<T> {
    pub(crate) records: Vec<T>,
    /// Whether there is more behind it.
    pub(crate) has_more: bool,
}

/// By which places are ordered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key {
    #[serde(rename = "t")]
    pub(crate) at: i64,
    #[serde(rename = "n")]
    pub(crate) name: String,
}

impl Key {
    pub(super) fn new(at: i64, name: &str) -> Self {
        Self { at, name: name.to_owned() }
    }
}

/// A place, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    #[serde(flatten)]
    key: Key,
    #[serde(rename = "k")]
    kind: String,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    about: Option<String>,
}

/// The list of all parts of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Timeline {
    of: String,
    /// Oldest first.
    parts: Vec<Part>,
    /// The number of the part that is made next.
    next: u64,
    known: Vec<Known>,
}

/// One part, as the list knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    number: u64,
    first: Key,
    last: Key,
    count: usize,
}

/// Somebody whom records are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    key: String,
    name: String,
    latest: i64,
    count: usize,
}

/// The places of one part, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Places {
    of: String,
    number: u64,
    places: Vec<Place>,
}

impl Places {
    fn name_of(kind: &str, number: u64) -> String {
        format!("{number} {kind}")
    }
}

/// The kinds of the records in which the order lies.
pub(super) const KINDS_OF_LISTS: [&str; 2] = [Timeline::KIND, Places::KIND];

impl Kept for Timeline {
    const KIND: &'static str = "timeline";

    fn name(&self) -> String {
        self.of.clone()
    }
}

impl Kept for Places {
    const KIND: &'static str = "timeline-part";

    fn name(&self) -> String {
        Self::name_of(&self.of, self.number)
    }
}

impl Timeline {
    /// The part in which a key is, or would be put.
    fn part_of(&self, key: &Key) -> Option<usize> {
        if self.parts.is_empty() {
            return None;
        }
        Some(self.parts.partition_point(|part| part.first <= *key).saturating_sub(1))
    }

    fn note(&mut self, about: &About, at: i64) {
        let name: String = about.name.chars().take(LONGEST_NAME).collect();
        match self.known.iter_mut().find(|known| known.key == about.key) {
            Some(known) => {
                known.count = known.count.saturating_add(1);
                if at >= known.latest {
                    (known.latest, known.name) = (at, name);
                }
            }
            None => self.known.push(Known { key: about.key.clone(), name, latest: at, count: 1 }),
        }
        if self.known.len() > MOST_KNOWN {
            let oldest = self.known.iter().map(|known| known.latest).min();
            if let Some(position) = self.known.iter().position(|known| Some(known.latest) == oldest) {
                self.known.remove(position);
            }
        }
    }

    /// Of nobody of whom nothing is listed any more the name stays.
    fn forget(&mut self, about: Option<&str>) {
        if let Some(known) = self.known.iter_mut().find(|known| Some(known.key.as_str()) == about) {
            known.count = known.count.saturating_sub(1);
        }
        self.known.retain(|known| known.count > 0);
    }
}

impl Vault {
    /// The records of a kind that are wanted, the newest first: so many, after so many others.
    pub(crate) async fn listed<T: Kept>(
        &self,
        wanted: &Wanted<'_>,
        from: usize,
        most: usize,
    ) -> Result<Listed<T>, VaultError> {
        let mut keys = self.listed_keys::<T>(wanted, from, most.saturating_add(1)).await?;
        let has_more = keys.len() > most;
        keys.truncate(most);
        let mut records = Vec::with_capacity(keys.len());
        for key in keys {
            // One that was deleted at this moment is not there any more.
            records.extend(self.get::<T>(&key.name).await?);
        }
        Ok(Listed { records, has_more })
    }

    /// The same by name and moment alone.
    pub(crate) async fn listed_keys<T: Kept>(
        &self,
        wanted: &Wanted<'_>,
        from: usize,
        most: usize,
    ) -> Result<Vec<Key>, VaultError> {
        let timeline = self.timeline::<T>().await?;
        let (mut skipped, mut keys) = (0_usize, Vec::new());
        for part in timeline.parts.iter().rev().filter(|part| !wanted.takes_none_of(part)) {
            if keys.len() >= most {
                break;
            }
            let after = skipped.saturating_add(part.count);
            if wanted.takes_all_of(part) && after <= from {
                skipped = after;
                continue;
            }
            let Some(places) = self.get::<Places>(&Places::name_of(T::KIND, part.number)).await? else {
                continue;
            };
            for place in places.places.into_iter().rev().filter(|place| wanted.takes(place)) {
                if skipped < from {
                    skipped = skipped.saturating_add(1);
                } else if keys.len() < most {
                    keys.push(place.key);
                }
            }
        }
        Ok(keys)
    }

    /// Whom records of a kind are about, the latest first.
    pub(crate) async fn listed_about<T: Kept>(&self) -> Result<Vec<About>, VaultError> {
        let mut known = self.timeline::<T>().await?.known;
        known.sort_by_key(|known| std::cmp::Reverse(known.latest));
        Ok(known.into_iter().map(|known| About { key: known.key, name: known.name }).collect())
    }

    /// The list of a kind, made of all records where there is none.
    async fn timeline<T: Kept>(&self) -> Result<Timeline, VaultError> {
        if let Some(timeline) = self.get::<Timeline>(T::KIND).await? {
            return Ok(timeline);
        }
        let mut editing = Editing::anew(self, T::KIND);
        let mut all: Vec<(String, Placed)> = Vec::new();
        for record in self.list::<T>().await? {
            all.extend(record.placed().map(|placed| (record.name(), placed)));
        }
        all.sort_by(|(left_name, left), (right_name, right)| {
            (left.at, left_name).cmp(&(right.at, right_name))
        });
        for (name, placed) in &all {
            editing.add(name, placed).await?;
        }
        let mut write = Write::default();
        editing.finish(&mut write)?;
        match self.tenant.commit(&write).await {
            // Somebody else has made it, of the same.
            Ok(()) | Err(store::Fault::Refused(_)) => {}
            Err(store::Fault::Store(fault)) => return Err(fault.into()),
        }
        // What was written while it was made stands in no list: it is listed now.
        let mut batch = self.batch();
        for record in self.unlisted::<T>().await? {
            batch = batch.place(&record);
        }
        batch.commit().await?;
        Ok(self.get::<Timeline>(T::KIND).await?.unwrap_or_default())
    }

    async fn unlisted<T: Kept>(&self) -> Result<Vec<T>, VaultError> {
        let timeline = self.get::<Timeline>(T::KIND).await?.unwrap_or_default();
        let mut listed = std::collections::BTreeSet::new();
        for part in &timeline.parts {
            let places = self.get::<Places>(&Places::name_of(T::KIND, part.number)).await?;
            listed.extend(places.into_iter().flat_map(|places| places.places).map(|place| place.key.name));
        }
        let mut records = self.list::<T>().await?;
        records.retain(|record| !listed.contains(&record.name()));
        Ok(records)
    }
}

#[cfg(test)]
mod tests;
