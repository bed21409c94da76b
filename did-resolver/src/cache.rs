//! What was fetched, for a while: bounded in time, number and bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use did::webvh::Log;
use did::{Did, Document, ResolveError};
use environment::Timestamp;

use crate::Keeping;

/// Something fetched that verified.
#[derive(Clone)]
pub(crate) enum Fetched {
    /// The document of a did:web.
    Document { document: Arc<Document>, bytes: usize },
    /// The log of a did:webvh.
    Log { log: Arc<Log>, bytes: usize },
}

struct Kept {
    outcome: Result<Fetched, ResolveError>,
    until: Timestamp,
    bytes: usize,
}

pub(crate) struct Cache {
    keeping: Keeping,
    kept: Mutex<HashMap<Did, Kept>>,
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

    /// Keeps an outcome, if it is one to keep; older ones make room.
    pub(crate) fn put(&self, did: &Did, outcome: &Result<Fetched, ResolveError>, now: Timestamp) {
        let (seconds, bytes) = self.worth(outcome);
        if seconds <= 0 || bytes > self.keeping.bytes || self.keeping.entries == 0 {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(did);
        self.make_room(&mut kept, bytes, now);
        kept.insert(did.clone(), Kept { outcome: outcome.clone(), until: now.plus(seconds), bytes });
    }

    /// For how many seconds an outcome is kept and what it weighs.
    fn worth(&self, outcome: &Result<Fetched, ResolveError>) -> (i64, usize) {
        match outcome {
            Ok(Fetched::Document { bytes, .. }) => (self.keeping.longest, *bytes),
            Ok(Fetched::Log { log, bytes }) => (self.keeping.longest.min(i64::from(log.ttl())), *bytes),
            Err(ResolveError::NotFound | ResolveError::Unreachable) => (self.keeping.absent, 0),
            // A log that does not verify may be mended at any moment (did:webvh 1.0, "Read").
            Err(_) => (0, 0),
        }
    }

    fn make_room(&self, kept: &mut HashMap<Did, Kept>, bytes: usize, now: Timestamp) {
        let full = |kept: &HashMap<Did, Kept>| {
            let held = kept.values().fold(bytes, |sum, one| sum.saturating_add(one.bytes));
            kept.len() >= self.keeping.entries || held > self.keeping.bytes
        };
        if full(kept) {
            kept.retain(|_, one| now < one.until);
        }
        while full(kept) {
            let Some(next) = kept.iter().min_by_key(|(_, one)| one.until).map(|(did, _)| did.clone()) else {
                return;
            };
            kept.remove(&next);
        }
    }
}
