//! What was verified before, under a digest of everything that it was verified from.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// At most so many values; the one that was added first makes room.
#[derive(Debug)]
pub(crate) struct Remembered<T> {
    most: usize,
    values: Mutex<Values<T>>,
}

#[derive(Debug)]
struct Values<T> {
    by_key: HashMap<[u8; 32], T>,
    oldest_first: VecDeque<[u8; 32]>,
}

impl<T: Clone> Remembered<T> {
    pub(crate) fn new(most: usize) -> Self {
        let values = Values { by_key: HashMap::new(), oldest_first: VecDeque::new() };
        Self { most, values: Mutex::new(values) }
    }

    pub(crate) fn get(&self, key: &[u8; 32]) -> Option<T> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).by_key.get(key).cloned()
    }

    pub(crate) fn add(&self, key: [u8; 32], value: T) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if values.by_key.insert(key, value).is_none() {
            values.oldest_first.push_back(key);
        }
        while values.by_key.len() > self.most {
            let Some(oldest) = values.oldest_first.pop_front() else { return };
            values.by_key.remove(&oldest);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).by_key.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_first_makes_room_also_when_it_was_added_again() {
        let remembered = Remembered::new(2);
        for (key, value) in [(1, "a"), (2, "b"), (1, "c"), (3, "d")] {
            remembered.add([key; 32], value);
        }
        assert_eq!([1, 2, 3].map(|key| remembered.get(&[key; 32])), [None, Some("b"), Some("d")]);
        assert_eq!(remembered.len(), 2);
    }

    #[test]
    fn of_no_room_nothing_is_remembered() {
        let remembered = Remembered::new(0);
        remembered.add([1; 32], "a");
        assert_eq!((remembered.get(&[1; 32]), remembered.len()), (None, 0));
    }
}
