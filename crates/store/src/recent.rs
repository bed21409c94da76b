//! The memory of recent writes against which optimistic engines check what a transaction read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::key::KeyRange;

/// What a transaction read: keys, also absent ones, and ranges, also empty ones.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// The keys asked for.
    pub keys: Vec<Vec<u8>>,
    /// The ranges covered.
    pub ranges: Vec<KeyRange>,
}

/// The last write of each key that was written lately, and how far back that goes.
///
/// Commits are numbered; a transaction remembers the number it started after. It may commit when nothing it
/// read was written under a larger number, and when the memory still reaches back to its start.
#[derive(Debug)]
pub struct Recent {
    capacity: usize,
    last: u64,
    /// The largest number that is no longer covered whole.
    forgotten: u64,
    writes: BTreeMap<Arc<[u8]>, u64>,
    order: VecDeque<(u64, Arc<[u8]>)>,
}

impl Recent {
    /// A memory of the last `capacity` writes.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, last: 0, forgotten: 0, writes: BTreeMap::new(), order: VecDeque::new() }
    }

    /// The number of the last recorded commit.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// Whether `key` may have been written after commit `start`.
    #[must_use]
    pub fn key_changed_since(&self, start: u64, key: &[u8]) -> bool {
        start < self.forgotten || self.writes.get(key).is_some_and(|written| *written > start)
    }

    /// Whether a key of `range` may have been written after commit `start`.
    #[must_use]
    pub fn range_changed_since(&self, start: u64, range: &KeyRange) -> bool {
        if start < self.forgotten {
            return true;
        }
        if start == self.last {
            return false;
        }
        let Some(bounds) = range.bounds() else { return false };
        self.writes.range::<[u8], _>(bounds).any(|(_, written)| *written > start)
    }

    /// Whether anything of `reads` may have been written after commit `start`.
    #[must_use]
    pub fn changed_since(&self, start: u64, reads: &Reads) -> bool {
        reads.keys.iter().any(|key| self.key_changed_since(start, key))
            || reads.ranges.iter().any(|range| self.range_changed_since(start, range))
    }

    /// Records a commit that writes `keys`, and returns its number.
    pub fn record<'a>(&mut self, keys: impl Iterator<Item = &'a [u8]>) -> u64 {
        self.last = self.last.saturating_add(1);
        for key in keys {
            let key: Arc<[u8]> = Arc::from(key);
            self.writes.insert(Arc::clone(&key), self.last);
            self.order.push_back((self.last, key));
        }
        self.forget();
        self.last
    }

    fn forget(&mut self) {
        while self.order.len() > self.capacity {
            let Some((number, key)) = self.order.pop_front() else { return };
            self.forgotten = number;
            if self.writes.get(&key) == Some(&number) {
                self.writes.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(recent: &mut Recent, keys: &[&str]) -> u64 {
        recent.record(keys.iter().map(|key| key.as_bytes()))
    }

    #[test]
    fn a_key_counts_as_changed_only_for_those_who_started_before_the_write() {
        let mut recent = Recent::new(10);
        let before = recent.last();
        let written = record(&mut recent, &["a"]);
        assert!(recent.key_changed_since(before, b"a"));
        assert!(!recent.key_changed_since(written, b"a"));
        assert!(!recent.key_changed_since(before, b"b"));
    }

    #[test]
    fn a_range_is_changed_by_a_key_inside_it_and_not_by_its_end() {
        let mut recent = Recent::new(10);
        record(&mut recent, &["b"]);
        let range = |start: &str, end: &str| KeyRange {
            start: start.as_bytes().to_vec(),
            end: Some(end.as_bytes().to_vec()),
        };
        assert!(recent.range_changed_since(0, &range("a", "c")));
        assert!(recent.range_changed_since(0, &range("b", "c")));
        assert!(!recent.range_changed_since(0, &range("a", "b")));
        assert!(!recent.range_changed_since(0, &range("c", "a")));
    }

    #[test]
    fn who_started_before_what_is_remembered_cannot_commit() {
        let mut recent = Recent::new(2);
        record(&mut recent, &["a"]);
        record(&mut recent, &["b"]);
        assert!(!recent.key_changed_since(0, b"x"));
        record(&mut recent, &["c"]);
        assert!(recent.key_changed_since(0, b"x"));
        assert!(!recent.key_changed_since(1, b"x"));
        assert!(recent.changed_since(0, &Reads { keys: vec![], ranges: vec![KeyRange::all()] }));
    }
}
