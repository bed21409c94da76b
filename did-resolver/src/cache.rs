//! What was fetched, for a while: bounded in time, number and memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use did::webvh::{KnownLog, LogError};
use did::{Did, Document, ResolveError};
use environment::Timestamp;

use crate::Keeping;

/// What one entry takes beside what it holds.
const OVERHEAD: usize = 512;

/// Something fetched that verified, as a whole or in part.
#[derive(Clone)]
pub(crate) enum Fetched {
    /// The document of a did:web.
    Document(Weighed<Document>),
    /// The log of a did:webvh. It names the DID for which it was fetched.
    Log(Weighed<KnownLog>),
    /// The entries of a log that verify, and why the next one does not.
    Broken(Weighed<KnownLog>, LogError),
}

/// Something and what it takes in memory.
pub(crate) struct Weighed<T> {
    pub(crate) it: Arc<T>,
    weight: usize,
}

struct Kept {
    outcome: Result<Fetched, ResolveError>,
    until: Timestamp,
    weight: usize,
    /// The longest log that was served, also when its time is up: whoever hosts it takes nothing back that was seen.
    seen: Option<Weighed<KnownLog>>,
}

pub(crate) struct Cache {
    keeping: Keeping,
    kept: Mutex<HashMap<Did, Kept>>,
}

impl Fetched {
    /// What it takes in memory.
    pub(crate) const fn weight(&self) -> usize {
        match self {
            Self::Document(document) => document.weight,
            Self::Log(log) | Self::Broken(log, _) => log.weight,
        }
    }
}

impl<T> Weighed<T> {
    pub(crate) fn new(it: T, weight: usize) -> Self {
        Self { it: Arc::new(it), weight }
    }
}

impl<T> Clone for Weighed<T> {
    fn clone(&self) -> Self {
        Self { it: Arc::clone(&self.it), weight: self.weight }
    }
}

impl Cache {
    pub(crate) fn new(keeping: Keeping) -> Self {
        Self { keeping, kept: Mutex::new(HashMap::new()) }
    }

    /// What is known of `did` at `now`.
    pub(crate) fn get(&self, did: &Did, now: Timestamp) -> Option<Result<Fetched, ResolveError>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(did).filter(|kept| now < kept.until).map(|kept| kept.outcome.clone())
    }

    /// The longest log of `did` that was served, as long as there is room for it.
    pub(crate) fn seen(&self, did: &Did) -> Option<Arc<KnownLog>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(did)?.seen.as_ref().map(|seen| Arc::clone(&seen.it))
    }

    /// Keeps an outcome, if it is one to keep, and gives what is to be answered with. A failure takes the place of no good
    /// answer that is in force: whoever asked at the same time found that, and its own time ends it.
    pub(crate) fn put(
        &self,
        did: &Did,
        outcome: Result<Fetched, ResolveError>,
        now: Timestamp,
    ) -> Result<Fetched, ResolveError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let in_force = kept.get(did).filter(|kept| now < kept.until && is_good(&kept.outcome));
        if let Some(in_force) = in_force.filter(|_| !is_good(&outcome)) {
            return in_force.outcome.clone();
        }
        self.keep(&mut kept, did, &outcome, now);
        outcome
    }

    /// Keeps an outcome; others make room.
    fn keep(
        &self,
        kept: &mut HashMap<Did, Kept>,
        did: &Did,
        outcome: &Result<Fetched, ResolveError>,
        now: Timestamp,
    ) {
        let seconds = self.seconds(outcome);
        if seconds <= 0 || self.keeping.entries == 0 {
            return;
        }
        // A host that serves nothing for a while is not forgiven what it leaves out afterwards.
        let before = kept.get(did).and_then(|before| before.seen.clone());
        let seen = longest(outcome, before);
        let weight = weight(did, outcome, seen.as_ref());
        if weight > self.keeping.bytes {
            return;
        }
        kept.remove(did);
        self.make_room(kept, weight, now);
        kept.insert(did.clone(), Kept { outcome: outcome.clone(), until: now.plus(seconds), weight, seen });
    }

    /// For how many seconds an outcome is kept.
    fn seconds(&self, outcome: &Result<Fetched, ResolveError>) -> i64 {
        let Keeping { longest, shortest, absent, broken, .. } = self.keeping;
        match outcome {
            Ok(Fetched::Document(_)) => longest,
            Ok(Fetched::Log(log)) => longest.min(i64::from(log.it.log().ttl()).max(shortest)),
            Err(ResolveError::NotFound | ResolveError::Unreachable) => absent,
            // A log that does not verify may be mended at any moment (did:webvh 1.0, "Read"): soon it is asked again.
            Ok(Fetched::Broken(..)) | Err(ResolveError::Log(_) | ResolveError::Document(_)) => broken,
            Err(_) => 0,
        }
    }

    /// What holds no log goes first, of that what is out of date; then the logs whose time is up for longest. So neither
    /// absent DIDs nor documents push out what was seen; only more logs than there is room for do.
    fn make_room(&self, kept: &mut HashMap<Did, Kept>, weight: usize, now: Timestamp) {
        let full = |kept: &HashMap<Did, Kept>| {
            let held = kept.values().fold(weight, |sum, one| sum.saturating_add(one.weight));
            kept.len() >= self.keeping.entries || held > self.keeping.bytes
        };
        if full(kept) {
            kept.retain(|_, one| now < one.until || one.seen.is_some());
        }
        while full(kept) {
            let first = kept.iter().min_by_key(|(_, one)| (one.seen.is_some(), one.until));
            let Some(first) = first.map(|(did, _)| did.clone()) else { return };
            kept.remove(&first);
        }
    }
}

/// Whether all of it verified.
fn is_good(outcome: &Result<Fetched, ResolveError>) -> bool {
    matches!(outcome, Ok(Fetched::Document(_) | Fetched::Log(_)))
}

/// The longest log that was served. Two that were fetched at one time may come in either order.
fn longest(
    outcome: &Result<Fetched, ResolveError>,
    before: Option<Weighed<KnownLog>>,
) -> Option<Weighed<KnownLog>> {
    match (outcome, before) {
        (Ok(Fetched::Log(log)), Some(before)) if before.it.log().number() > log.it.log().number() => {
            Some(before)
        }
        (Ok(Fetched::Log(log)), _) => Some(log.clone()),
        (_, before) => before,
    }
}

fn weight(did: &Did, outcome: &Result<Fetched, ResolveError>, seen: Option<&Weighed<KnownLog>>) -> usize {
    let found = match outcome {
        Ok(Fetched::Document(document)) => document.weight,
        // Most often it is the one that was seen.
        Ok(Fetched::Log(log)) if seen.is_some_and(|seen| Arc::ptr_eq(&seen.it, &log.it)) => 0,
        Ok(Fetched::Log(log) | Fetched::Broken(log, _)) => log.weight,
        Err(_) => 0,
    };
    let seen = seen.map_or(0, |seen| seen.weight);
    [OVERHEAD, did.as_str().len().saturating_mul(2), found, seen].into_iter().fold(0, usize::saturating_add)
}
