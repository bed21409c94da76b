//! What is answered without the folder's lock: the list in hand, and whose keys and brands there are.
//!
//! It is read from the state file once, and again when that file is another one. So a stranger costs one look at the file's
//! metadata and one signature check, and never keeps a command or another server waiting.

use std::collections::HashMap;
use std::fs::Metadata;
use std::time::SystemTime;

use environment::Timestamp;

use crate::admission::LeafKeys;
use crate::application::Standing;
use crate::brand::BrandRecord;
use crate::members;
use crate::state::{SignedList, State};

/// The list is made anew when half of its day is over.
pub(crate) const LIST_LEFT: i64 = 12 * 3_600;

/// Which state file it was. It is replaced as a whole, so that another state is another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    length: u64,
    modified: Option<SystemTime>,
    number: u64,
    changed: (i64, i64),
}

impl Version {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let (number, changed) = identity(metadata);
        Self { length: metadata.len(), modified: metadata.modified().ok(), number, changed }
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, (i64, i64)) {
    use std::os::unix::fs::MetadataExt;
    (metadata.ino(), (metadata.ctime(), metadata.ctime_nsec()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, (i64, i64)) {
    (0, (0, 0))
}

/// What is kept of one state. There is no private key in it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) version: Version,
    list: Option<SignedList>,
    /// The first moment after the list was signed at which a member lapses.
    lapses_at: Option<i64>,
    keys: HashMap<String, LeafKeys>,
    brands: Vec<BrandRecord>,
    has_open_applications: bool,
}

impl Known {
    pub(crate) fn of(version: Version, state: &State) -> Self {
        let keys = state.members.iter().map(|(did, record)| (did.clone(), record.admission.keys.clone()));
        Self {
            version,
            lapses_at: state.list.as_ref().and_then(|list| lapses_after(list, state)),
            list: state.list.clone(),
            keys: keys.collect(),
            brands: state.brands.values().cloned().collect(),
            has_open_applications: state.applications.values().any(|one| one.standing == Standing::Open),
        }
    }

    /// The list, while nothing in it has become untrue.
    pub(crate) fn current_list(&self, now: Timestamp) -> Option<&str> {
        let list = self.list.as_ref().filter(|list| is_young(list, now))?;
        let still_true = self.lapses_at.is_none_or(|at| now.seconds() < at);
        still_true.then_some(list.compact.as_str())
    }

    /// The keys that are certified for the member with this DID.
    pub(crate) fn keys(&self, did: &str) -> Option<&LeafKeys> {
        self.keys.get(did)
    }

    /// Whether somebody applied whose host or address is not proven.
    pub(crate) const fn has_open_applications(&self) -> bool {
        self.has_open_applications
    }

    /// The brand with this DID.
    pub(crate) fn brand(&self, did: &str) -> Option<&BrandRecord> {
        self.brands.iter().find(|brand| brand.did == did)
    }
}

/// The list of `state`, if it may be given out once more.
pub(crate) fn list_in_hand(state: &State, now: Timestamp) -> Option<&SignedList> {
    let list = state.list.as_ref().filter(|list| is_young(list, now))?;
    lapses_after(list, state).is_none_or(|at| now.seconds() < at).then_some(list)
}

/// A list from the future (the clock was put back) is not young.
fn is_young(list: &SignedList, now: Timestamp) -> bool {
    (0..LIST_LEFT).contains(&now.since(Timestamp::from_seconds(list.issued_at)))
}

fn lapses_after(list: &SignedList, state: &State) -> Option<i64> {
    let ends = state.members.values().filter_map(|record| members::lapses_at(record, &state.brands));
    ends.filter(|end| *end > list.issued_at).min()
}
