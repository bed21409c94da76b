//! Own details: what the member says of itself, in one or several sets.
//!
//! A detail is the same in every set, or each set has its own: a name stands in one place, so that each value is edited once. As
//! long as there is one set, all details are the same in every set. Each set's own values are a record of their own: a record has
//! a greatest size, and a picture is large.

mod kept;
mod names;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Given, SpaceView};

pub(crate) use kept::{KeptDetails, KeptSet};
pub use names::{DetailName, NotASetName, SetName};

/// Most sets.
const MOST_SETS: usize = 8;
/// The details that differ from set to set where the member says nothing else.
const OF_ONE_SET: [&str; 4] = ["company", "role", "website", "billing"];

/// Why the sets cannot be as they are wished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// There is no such set.
    #[error("there is no such set of details")]
    NoSuchSet,
    /// Another set has this name.
    #[error("another set has this name")]
    NameTaken,
    /// There are as many as there may be.
    #[error("there are {MOST_SETS} sets already; take one away first")]
    TooMany,
}

/// A set of details as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailSet {
    /// A random identifier; it stays when the name changes.
    pub id: String,
    /// Its name.
    pub name: SetName,
}

/// Where a detail's value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// The same in every set.
    EverySet,
    /// This set alone, by its identifier.
    Set(&'a str),
}

/// The member's own details.
#[derive(Clone, Default, PartialEq)]
pub struct OwnDetails {
    /// The same in every set.
    shared: BTreeMap<DetailName, Value>,
    /// Several sets, or none: then there is one without a name, and all details are in `shared`.
    sets: Vec<(DetailSet, BTreeMap<DetailName, Value>)>,
}

impl OwnDetails {
    /// The sets, in the order in which they were made; none where there is but one, which has no name.
    pub fn sets(&self) -> impl Iterator<Item = &DetailSet> {
        self.sets.iter().map(|(set, _)| set)
    }

    /// The set of this identifier or name.
    #[must_use]
    pub fn set_named(&self, named: &str) -> Option<&DetailSet> {
        self.sets().find(|set| set.id == named).or_else(|| self.sets().find(|set| set.name.as_str() == named))
    }

    /// Whether one more set may be added.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.sets.len() < MOST_SETS
    }

    /// All details of a set as claims; of the first set where none of that identifier is there.
    #[must_use]
    pub fn claims_in(&self, set: Option<&str>) -> Map<String, Value> {
        let found =
            self.sets.iter().find(|(one, _)| Some(one.id.as_str()) == set).or_else(|| self.sets.first());
        let own = found.map(|(_, own)| own.iter()).into_iter().flatten();
        self.shared.iter().chain(own).map(|(name, value)| (name.as_str().to_owned(), value.clone())).collect()
    }

    /// All details of the first set as claims.
    #[must_use]
    pub fn to_claims(&self) -> Map<String, Value> {
        self.claims_in(None)
    }

    /// Every value of a detail, of whichever set.
    pub fn values_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        let all = std::iter::once(&self.shared).chain(self.sets.iter().map(|(_, own)| own));
        all.flat_map(BTreeMap::iter).filter(move |(one, _)| one.as_str() == name).map(|(_, value)| value)
    }

    /// Whether a detail is the same in every set. One that is nowhere yet would be where such details usually are.
    #[must_use]
    pub fn is_shared(&self, name: &str) -> bool {
        let has = |own: &BTreeMap<DetailName, Value>| own.keys().any(|one| one.as_str() == name);
        if self.sets.is_empty() || has(&self.shared) {
            return true;
        }
        !self.sets.iter().any(|(_, own)| has(own)) && !OF_ONE_SET.contains(&name)
    }

    /// Sets a detail where it is, in the first set if each has its own; null takes it away.
    pub fn set(&mut self, name: DetailName, value: Value) {
        let first = self.sets().next().map(|set| set.id.clone());
        let place = match &first {
            Some(first) if !self.is_shared(name.as_str()) => Place::Set(first),
            _ => Place::EverySet,
        };
        // The first set is there.
        let _ = self.set_at(name, value, place);
    }

    /// Sets a detail at a place; null takes it away. A detail that was the same in every set stays as it is in the others when one
    /// gets its own; one that becomes the same in every set has no other value any more.
    ///
    /// # Errors
    /// [`SetError::NoSuchSet`].
    pub fn set_at(&mut self, name: DetailName, value: Value, place: Place<'_>) -> Result<(), SetError> {
        let Place::Set(id) = place else {
            self.sets.iter_mut().for_each(|(_, own)| drop(own.remove(&name)));
            put(&mut self.shared, name, value);
            return Ok(());
        };
        if !self.sets().any(|set| set.id == id) {
            return Err(SetError::NoSuchSet);
        }
        if let Some(before) = self.shared.remove(&name) {
            self.sets.iter_mut().for_each(|(_, own)| put(own, name.clone(), before.clone()));
        }
        if let Some((_, own)) = self.sets.iter_mut().find(|(set, _)| set.id == id) {
            put(own, name, value);
        }
        Ok(())
    }

    /// Adds a set. Where it is the second one, what there is becomes the first one, called `first`, and gets for its own what
    /// usually differs from set to set.
    ///
    /// # Errors
    /// [`SetError::TooMany`], [`SetError::NameTaken`].
    pub(crate) fn add_set(&mut self, new: DetailSet, first: DetailSet) -> Result<(), SetError> {
        if !self.has_room() {
            return Err(SetError::TooMany);
        }
        let taken =
            self.sets().any(|set| set.name == new.name) || (self.sets.is_empty() && first.name == new.name);
        if taken {
            return Err(SetError::NameTaken);
        }
        if self.sets.is_empty() {
            let (own, shared) = std::mem::take(&mut self.shared)
                .into_iter()
                .partition(|(name, _)| OF_ONE_SET.contains(&name.as_str()));
            self.shared = shared;
            self.sets.push((first, own));
        }
        self.sets.push((new, BTreeMap::new()));
        Ok(())
    }

    /// Calls a set otherwise.
    ///
    /// # Errors
    /// [`SetError::NoSuchSet`], [`SetError::NameTaken`].
    pub fn rename_set(&mut self, id: &str, name: SetName) -> Result<(), SetError> {
        if self.sets().any(|set| set.id != id && set.name == name) {
            return Err(SetError::NameTaken);
        }
        let (set, _) = self.sets.iter_mut().find(|(set, _)| set.id == id).ok_or(SetError::NoSuchSet)?;
        set.name = name;
        Ok(())
    }

    /// Takes a set away, with the values that it alone has. Where one is left, it has no name any more.
    ///
    /// # Errors
    /// [`SetError::NoSuchSet`].
    pub fn remove_set(&mut self, id: &str) -> Result<(), SetError> {
        let before = self.sets.len();
        self.sets.retain(|(set, _)| set.id != id);
        if self.sets.len() == before {
            return Err(SetError::NoSuchSet);
        }
        if self.sets.len() == 1 {
            self.sets.drain(..).for_each(|(_, own)| self.shared.extend(own));
        }
        Ok(())
    }

    /// The set that is offered at a space: the one that it was last given, else the one that was last given for the same purpose,
    /// else the first. None where there is but one, which has no name.
    pub(crate) fn set_for(
        &self,
        space: Option<&str>,
        purpose: Option<&str>,
        known: &[SpaceView],
    ) -> Option<&DetailSet> {
        let last = |takes: &dyn Fn(&SpaceView, &Given) -> bool| {
            let all = known.iter().flat_map(|one| one.given.iter().map(move |given| (one, given)));
            let with_set = all.filter(|(one, given)| takes(one, given)).filter_map(|(_, given)| {
                let set = given.own_set.as_deref()?;
                self.sets().find(|one| one.id == set).map(|set| (given.at, set))
            });
            with_set.max_by_key(|(at, _)| *at).map(|(_, set)| set)
        };
        last(&|one, _| Some(one.id.as_str()) == space)
            .or_else(|| last(&|_, given| purpose.is_some() && given.purpose.as_deref() == purpose))
            .or_else(|| self.sets().next())
    }
}

fn put(values: &mut BTreeMap<DetailName, Value>, name: DetailName, value: Value) {
    if value.is_null() {
        values.remove(&name);
    } else {
        values.insert(name, value);
    }
}

impl std::fmt::Debug for OwnDetails {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "OwnDetails({} shared, {} sets)", self.shared.len(), self.sets.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name(text: &str) -> DetailName {
        DetailName::new(text).unwrap()
    }

    fn set(id: &str, name: &str) -> DetailSet {
        DetailSet { id: id.to_owned(), name: SetName::new(name).unwrap() }
    }

    fn two_sets() -> OwnDetails {
        let mut details = OwnDetails::default();
        details.set(name("given_name"), json!("Ada"));
        details.set(name("company"), json!("Bakery"));
        details.add_set(set("2", "Freelance"), set("1", "Employed")).unwrap();
        details
    }

    #[test]
    fn null_takes_a_detail_away() {
        let mut details = OwnDetails::default();
        details.set(name("bio"), Value::from("x"));
        assert_eq!(details.to_claims().len(), 1);
        details.set(name("bio"), Value::Null);
        assert!(details.to_claims().is_empty());
    }

    #[test]
    fn what_there_is_becomes_the_first_set_and_the_second_has_no_company_yet() {
        let details = two_sets();
        assert_eq!(
            Value::from(details.claims_in(Some("1"))),
            json!({"given_name": "Ada", "company": "Bakery"})
        );
        assert_eq!(Value::from(details.claims_in(Some("2"))), json!({"given_name": "Ada"}));
        assert_eq!(details.claims_in(Some("gone")), details.to_claims(), "the first set");
        assert!(details.is_shared("given_name") && details.is_shared("bio"));
        assert!(!details.is_shared("company") && !details.is_shared("role"));
    }

    #[test]
    fn a_value_is_edited_once_where_it_is() {
        let mut details = two_sets();
        details.set_at(name("given_name"), json!("Ada-Lou"), Place::EverySet).unwrap();
        details.set_at(name("company"), json!("Own"), Place::Set("2")).unwrap();
        let company = |details: &OwnDetails, set| details.claims_in(Some(set)).get("company").cloned();
        assert_eq!(details.claims_in(Some("2"))["given_name"], "Ada-Lou");
        assert_eq!(
            (company(&details, "1"), company(&details, "2")),
            (Some(json!("Bakery")), Some(json!("Own")))
        );
        // One gets its own, and the others keep what they had.
        details.set_at(name("given_name"), json!("A."), Place::Set("2")).unwrap();
        assert_eq!(details.claims_in(Some("1"))["given_name"], "Ada-Lou");
        assert_eq!(details.values_of("given_name").count(), 2);
        // It becomes the same everywhere, and no other value stays anywhere.
        details.set_at(name("company"), json!("All"), Place::EverySet).unwrap();
        assert_eq!(
            (company(&details, "1"), company(&details, "2")),
            (Some(json!("All")), Some(json!("All")))
        );
        assert_eq!(details.values_of("company").count(), 1);
        assert_eq!(details.set_at(name("bio"), json!("x"), Place::Set("3")), Err(SetError::NoSuchSet));
    }

    #[test]
    fn without_a_place_a_detail_of_the_sets_is_set_in_the_first() {
        let mut details = two_sets();
        details.set(name("company"), json!("New"));
        assert_eq!(details.claims_in(Some("1"))["company"], "New");
        assert!(!details.claims_in(Some("2")).contains_key("company"));
    }

    #[test]
    fn sets_have_different_names_and_there_are_not_too_many() {
        let mut details = two_sets();
        assert_eq!(details.add_set(set("3", "Freelance"), set("x", "x")), Err(SetError::NameTaken));
        assert_eq!(OwnDetails::default().add_set(set("2", "One"), set("1", "One")), Err(SetError::NameTaken));
        for number in 3..=MOST_SETS {
            details.add_set(set(&number.to_string(), &format!("Set {number}")), set("x", "x")).unwrap();
        }
        assert_eq!(details.add_set(set("9", "Ninth"), set("x", "x")), Err(SetError::TooMany));
        assert_eq!(details.rename_set("1", SetName::new("Freelance").unwrap()), Err(SetError::NameTaken));
        assert_eq!(details.rename_set("2", SetName::new("Freelance").unwrap()), Ok(()), "its own");
        assert_eq!(details.rename_set("x", SetName::new("X").unwrap()), Err(SetError::NoSuchSet));
    }

    #[test]
    fn the_set_that_is_left_has_no_name_and_all_values() {
        let mut details = two_sets();
        details.set_at(name("company"), json!("Own"), Place::Set("2")).unwrap();
        assert_eq!(details.remove_set("x"), Err(SetError::NoSuchSet));
        details.remove_set("1").unwrap();
        assert_eq!(details.sets().count(), 0);
        assert_eq!(Value::from(details.to_claims()), json!({"given_name": "Ada", "company": "Own"}));
    }

    #[test]
    fn what_was_kept_is_read_again_also_that_of_wallets_of_before() {
        let details = two_sets();
        let (kept, own) = details.kept();
        assert_eq!(OwnDetails::of(kept, own), details);
        let before: KeptDetails = serde_json::from_value(json!({"claims": {"bio": "Potter"}})).unwrap();
        let before = OwnDetails::of(before, Vec::new());
        assert_eq!(Value::from(before.to_claims()), json!({"bio": "Potter"}));
        assert_eq!(before.sets().count(), 0);
        for (kept, role) in [
            (json!({"job_title": "Baker"}), "Baker"),
            (json!({"job_title": "Baker", "role": "Cook"}), "Cook"),
        ] {
            let before: KeptDetails = serde_json::from_value(json!({"claims": kept})).unwrap();
            assert_eq!(Value::from(OwnDetails::of(before, Vec::new()).to_claims()), json!({"role": role}));
        }
    }
}
