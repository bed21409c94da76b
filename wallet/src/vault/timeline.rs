//! Records that are listed by time, without reading all of them.
//!
//! The name under which a record lies is a MAC and says nothing, not even what came after what. So the order lies in sealed
//! records of its own: a list of parts, and each part with the places of some hundred records, oldest first. A place says of a record
//! its name, moment, kind and whom it is about. A page of fifty reads the list, as many parts as it needs, and fifty records. Whoever
//! has the store and not its key sees how many records there are, as before.
//!
//! Places are written in the very transaction of their records. A wallet of before has no list: it is made of all when it is asked
//! for first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
    pub(crate) about: Option<&'a str>,
    /// From this moment on.
    pub(crate) since: Option<i64>,
    /// Before this moment.
    pub(crate) before: Option<i64>,
}

impl Wanted<'_> {
    fn takes(&self, place: &Place) -> bool {
        self.kind.is_none_or(|kind| kind == place.kind)
            && self.about.is_none_or(|about| place.about.as_deref() == Some(about))
            && self.takes_time(place.key.at)
    }

    fn takes_time(&self, at: i64) -> bool {
        self.since.is_none_or(|since| at >= since) && self.before.is_none_or(|before| at < before)
    }

    /// Whether every record of a part is one.
    fn takes_all_of(&self, part: &Part) -> bool {
        let any = self.kind.is_none() && self.about.is_none();
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

/// A list that is edited: what was read of it, and what it becomes.
pub(super) struct Editing<'a> {
    vault: &'a Vault,
    kind: &'static str,
    /// The list as it lay there; none where it is made now.
    read: Option<String>,
    timeline: Timeline,
    /// The parts that were read.
    parts: BTreeMap<u64, Places>,
    gone: Vec<u64>,
}

impl<'a> Editing<'a> {
    pub(super) fn root_id(vault: &Vault, kind: &str) -> String {
        vault.key.identifier(Timeline::KIND, kind)
    }

    /// The list of a kind; none where nobody has asked for it yet.
    pub(super) async fn begin(vault: &'a Vault, kind: &'static str) -> Result<Option<Self>, VaultError> {
        let id = Self::root_id(vault, kind);
        let Some(sealed) = vault.tenant.read(&super::ReadOne { id: &id }).await? else { return Ok(None) };
        let read = Some(sealed.data().to_owned());
        let timeline = vault.unseal(&sealed)?;
        Ok(Some(Self { vault, kind, read, timeline, parts: BTreeMap::new(), gone: Vec::new() }))
    }

    fn anew(vault: &'a Vault, kind: &'static str) -> Self {
        let timeline = Timeline { of: kind.to_owned(), ..Timeline::default() };
        Self { vault, kind, read: None, timeline, parts: BTreeMap::new(), gone: Vec::new() }
    }

    async fn places(&mut self, number: u64) -> Result<&mut Places, VaultError> {
        if !self.parts.contains_key(&number) {
            let name = Places::name_of(self.kind, number);
            let places = self.vault.get::<Places>(&name).await?.ok_or(VaultError::Damaged)?;
            self.parts.insert(number, places);
        }
        self.parts.get_mut(&number).ok_or(VaultError::Damaged)
    }

    /// Lists a record, or what it is now where it was listed.
    pub(super) async fn add(&mut self, name: &str, placed: &Placed) -> Result<(), VaultError> {
        let key = Key::new(placed.at, name);
        let about = placed.about.as_ref().map(|about| about.key.clone());
        let place = Place { key: key.clone(), kind: placed.kind.clone(), about };
        let position = match self.timeline.part_of(&key) {
            Some(position) => position,
            None => self.new_part(&key),
        };
        let number = self.timeline.parts.get(position).ok_or(VaultError::Damaged)?.number;
        let places = &mut self.places(number).await?.places;
        let mut before = None;
        match places.binary_search_by(|one| one.key.cmp(&key)) {
            Ok(at) => before = places.get_mut(at).map(|there| std::mem::replace(there, place)),
            Err(at) => places.insert(at, place),
        }
        if let Some(before) = before {
            self.timeline.forget(before.about.as_deref());
        }
        if let Some(about) = &placed.about {
            self.timeline.note(about, placed.at);
        }
        self.part_if_full(position, number).await?;
        self.measure(position).await
    }

    /// Lists a record no more.
    pub(super) async fn remove(&mut self, key: &Key) -> Result<(), VaultError> {
        let Some(position) = self.timeline.part_of(key) else { return Ok(()) };
        let number = self.timeline.parts.get(position).ok_or(VaultError::Damaged)?.number;
        let places = &mut self.places(number).await?.places;
        let Ok(at) = places.binary_search_by(|one| one.key.cmp(key)) else { return Ok(()) };
        let removed = places.remove(at);
        let is_empty = places.is_empty();
        self.timeline.forget(removed.about.as_deref());
        if is_empty {
            self.timeline.parts.remove(position);
            self.parts.remove(&number);
            self.gone.push(number);
            return Ok(());
        }
        self.measure(position).await
    }

    fn new_part(&mut self, key: &Key) -> usize {
        let number = self.timeline.next;
        self.timeline.next = number.saturating_add(1);
        self.timeline.parts.push(Part { number, first: key.clone(), last: key.clone(), count: 0 });
        self.parts.insert(number, Places { of: self.kind.to_owned(), number, places: Vec::new() });
        self.timeline.parts.len().saturating_sub(1)
    }

    async fn part_if_full(&mut self, position: usize, number: u64) -> Result<(), VaultError> {
        let places = &mut self.places(number).await?.places;
        if places.len() <= MOST_IN_PART {
            return Ok(());
        }
        let later = places.split_off(STAY);
        let first = later.first().map(|place| place.key.clone()).ok_or(VaultError::Damaged)?;
        let number = self.timeline.next;
        self.timeline.next = number.saturating_add(1);
        let after = position.saturating_add(1);
        self.timeline.parts.insert(after, Part { number, last: first.clone(), first, count: 0 });
        self.parts.insert(number, Places { of: self.kind.to_owned(), number, places: later });
        self.measure(after).await
    }

    /// Notes in the list what a part has now.
    async fn measure(&mut self, position: usize) -> Result<(), VaultError> {
        let number = self.timeline.parts.get(position).ok_or(VaultError::Damaged)?.number;
        let places = &self.places(number).await?.places;
        let (Some(first), Some(last)) = (places.first(), places.last()) else {
            return Err(VaultError::Damaged);
        };
        let part = Part { number, first: first.key.clone(), last: last.key.clone(), count: places.len() };
        if let Some(place) = self.timeline.parts.get_mut(position) {
            *place = part;
        }
        Ok(())
    }

    /// Puts what was edited into what is written, as long as the list is as it was read.
    pub(super) fn finish(self, write: &mut Write) -> Result<(), VaultError> {
        let Self { vault, kind, read, timeline, parts, gone } = self;
        write.as_read.push((Self::root_id(vault, kind), read));
        write.puts.push(vault.sealed(&timeline)?);
        for places in parts.values() {
            write.puts.push(vault.sealed(places)?);
        }
        let identifier = |number: &u64| vault.key.identifier(Places::KIND, &Places::name_of(kind, *number));
        write.deletes.extend(gone.iter().map(identifier));
        Ok(())
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
mod tests {
    use environment::{Environment, ManualClock, SeededRandomness, Timestamp};
    use std::sync::Arc;

    use super::*;
    use crate::vault::{Cost, NewWay, Passphrase};

    /// A record of some kind that is listed.
    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Note {
        name: String,
        at: i64,
        kind: String,
        about: Option<String>,
    }

    impl Kept for Note {
        const KIND: &'static str = "note";

        fn name(&self) -> String {
            self.name.clone()
        }

        fn placed(&self) -> Option<Placed> {
            let about = self.about.clone().map(|name| About { key: format!("key of {name}"), name });
            Some(Placed { at: self.at, kind: self.kind.clone(), about })
        }
    }

    fn note(number: i64) -> Note {
        let kind = if number % 2 == 0 { "even" } else { "odd" };
        let about = (number % 3 == 0).then(|| "Kiln".to_owned());
        Note { name: format!("n{number}"), at: number, kind: kind.to_owned(), about }
    }

    async fn vault() -> Vault {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
        let environment = Environment::new(clock, Arc::new(SeededRandomness::new(7)));
        let engine: Arc<dyn store::Engine> = Arc::new(store::memory::Memory::new());
        let passphrase = Passphrase::new("some right words").unwrap();
        let way = NewWay::Passphrase(&passphrase, Cost::LEAST);
        Vault::create_on(engine, &way, &environment).await.unwrap().0
    }

    async fn names(vault: &Vault, wanted: Wanted<'_>, from: usize, most: usize) -> (Vec<i64>, bool) {
        let listed = vault.listed::<Note>(&wanted, from, most).await.unwrap();
        (listed.records.iter().map(|note| note.at).collect(), listed.has_more)
    }

    #[tokio::test]
    async fn pages_are_the_newest_first_also_of_many_and_of_those_that_came_late() {
        let vault = vault().await;
        assert_eq!(names(&vault, Wanted::default(), 0, 50).await, (Vec::new(), false));
        // Every other one first, then those between them.
        for number in (0..1_000).step_by(2).chain((1..1_000).step_by(2)) {
            vault.put(&note(number)).await.unwrap();
        }
        let mut seen = Vec::new();
        for from in (0..1_000).step_by(50) {
            let (page, has_more) = names(&vault, Wanted::default(), from, 50).await;
            assert_eq!((page.len(), has_more), (50, from < 950), "{from}");
            seen.extend(page);
        }
        assert_eq!(seen, (0..1_000).rev().collect::<Vec<_>>());
        assert_eq!(names(&vault, Wanted::default(), 1_000, 50).await, (Vec::new(), false));
        assert_eq!(names(&vault, Wanted::default(), usize::MAX, 50).await, (Vec::new(), false));
    }

    #[tokio::test]
    async fn what_is_wanted_is_found_by_kind_by_whom_and_by_time_and_by_all_of_them() {
        let vault = vault().await;
        for number in 0..600 {
            vault.put(&note(number)).await.unwrap();
        }
        let about = Some("key of Kiln");
        let odd = Wanted { kind: Some("odd"), ..Wanted::default() };
        assert_eq!(names(&vault, odd, 0, 3).await, (vec![599, 597, 595], true));
        assert_eq!(names(&vault, odd, 298, 3).await, (vec![3, 1], false));
        let kiln = Wanted { about, ..Wanted::default() };
        assert_eq!(names(&vault, kiln, 1, 2).await, (vec![594, 591], true));
        let time = Wanted { since: Some(10), before: Some(13), ..Wanted::default() };
        assert_eq!(names(&vault, time, 0, 50).await, (vec![12, 11, 10], false));
        let all = Wanted { kind: Some("even"), about, since: Some(0), before: Some(13) };
        assert_eq!(names(&vault, all, 0, 50).await, (vec![12, 6, 0], false));
        assert_eq!(names(&vault, Wanted { about: Some("x"), ..all }, 0, 50).await, (Vec::new(), false));
    }

    #[tokio::test]
    async fn a_list_is_made_of_what_was_there_before_there_was_one() {
        let vault = vault().await;
        for number in 0..300 {
            vault.put(&note(number)).await.unwrap();
        }
        assert!(vault.get::<Timeline>(Note::KIND).await.unwrap().is_none(), "nobody has asked for it");
        assert_eq!(names(&vault, Wanted::default(), 0, 2).await, (vec![299, 298], true));
        vault.put(&note(300)).await.unwrap();
        assert_eq!(names(&vault, Wanted::default(), 0, 2).await, (vec![300, 299], true));
        assert!(vault.unlisted::<Note>().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_changes_stays_at_its_place_and_what_is_deleted_goes_with_the_name_of_whom_it_was_about() {
        let vault = vault().await;
        for number in 0..600 {
            vault.put(&note(number)).await.unwrap();
        }
        let odd = Wanted { kind: Some("odd"), ..Wanted::default() };
        assert_eq!(names(&vault, odd, 0, 1).await.0, [599]);
        vault
            .put(&Note { kind: "even".to_owned(), about: Some("Harbour".to_owned()), ..note(599) })
            .await
            .unwrap();
        assert_eq!(names(&vault, odd, 0, 1).await.0, [597]);
        assert_eq!(names(&vault, Wanted::default(), 0, 2).await.0, [599, 598], "once");
        let known: Vec<String> =
            vault.listed_about::<Note>().await.unwrap().into_iter().map(|about| about.name).collect();
        assert_eq!(known, ["Harbour", "Kiln"]);
        for number in 1..600 {
            let batch = vault.batch().delete_listed::<Note>(&format!("n{number}"), number);
            batch.commit().await.unwrap();
        }
        assert_eq!(names(&vault, Wanted::default(), 0, 50).await, (vec![0], false));
        assert_eq!(vault.listed_about::<Note>().await.unwrap()[0].name, "Kiln");
        vault.batch().delete_listed::<Note>("n0", 0).delete_listed::<Note>("n0", 0).commit().await.unwrap();
        assert!(vault.listed_about::<Note>().await.unwrap().is_empty());
        assert!(vault.list::<Places>().await.unwrap().is_empty(), "no part is left behind");
        assert!(vault.list::<Note>().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn of_those_who_write_at_once_none_is_lost() {
        let vault = vault().await;
        names(&vault, Wanted::default(), 0, 1).await;
        let put = |number: i64| {
            let vault = &vault;
            async move { vault.put(&note(number)).await.unwrap() }
        };
        tokio::join!(put(1), put(2), put(3), put(4), put(5));
        assert_eq!(names(&vault, Wanted::default(), 0, 50).await, (vec![5, 4, 3, 2, 1], false));
    }
}
