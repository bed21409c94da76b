//! How a list changes with the records that are written or deleted: in the very transaction of theirs.

use std::collections::BTreeMap;

use super::{Key, MOST_IN_PART, Part, Place, Placed, Places, STAY, Timeline};
use crate::vault::writing::Write;
use crate::vault::{Kept, Vault, VaultError};

/// A list that is edited: what was read of it, and what it becomes.
pub(in crate::vault) struct Editing<'a> {
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
    pub(in crate::vault) fn root_id(vault: &Vault, kind: &str) -> String {
        vault.key.identifier(Timeline::KIND, kind)
    }

    /// The list of a kind; none where nobody has asked for it yet.
    pub(in crate::vault) async fn begin(
        vault: &'a Vault,
        kind: &'static str,
    ) -> Result<Option<Self>, VaultError> {
        let id = Self::root_id(vault, kind);
        let Some(sealed) = vault.tenant.read(&crate::vault::ReadOne { id: &id }).await? else {
            return Ok(None);
        };
        let read = Some(sealed.data().to_owned());
        let timeline = vault.unseal(&sealed)?;
        Ok(Some(Self { vault, kind, read, timeline, parts: BTreeMap::new(), gone: Vec::new() }))
    }

    pub(super) fn anew(vault: &'a Vault, kind: &'static str) -> Self {
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
    pub(in crate::vault) async fn add(&mut self, name: &str, placed: &Placed) -> Result<(), VaultError> {
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
    pub(in crate::vault) async fn remove(&mut self, key: &Key) -> Result<(), VaultError> {
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
    pub(in crate::vault) fn finish(self, write: &mut Write) -> Result<(), VaultError> {
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
