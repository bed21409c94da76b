//! Random bytes for keys, salts, nonces and identifiers.

use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A source of bytes that nobody can predict.
pub trait Randomness: Send + Sync {
    /// Fills `buffer` with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

impl dyn Randomness + '_ {
    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A uniformly chosen number below `bound`; 0 when `bound` is 0.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        // Rejection sampling: a plain remainder would favour small numbers.
        let Some(largest_fair) = u64::MAX.checked_rem(bound).and_then(|rest| u64::MAX.checked_sub(rest))
        else {
            return 0;
        };
        loop {
            let candidate = u64::from_le_bytes(self.bytes());
            if candidate < largest_fair {
                return candidate.checked_rem(bound).unwrap_or(0);
            }
        }
    }

    /// Shuffles `items` uniformly (Fisher and Yates).
    pub fn shuffle<T>(&self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let bound = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
            let chosen = usize::try_from(self.below(bound)).unwrap_or(last);
            items.swap(last, chosen);
        }
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, buffer: &mut [u8]) {
        rand::rng().fill_bytes(buffer);
    }
}

/// Bytes that are the same for the same seed, for tests only.
#[derive(Debug)]
pub struct SeededRandomness(Mutex<StdRng>);

impl SeededRandomness {
    /// A generator that repeats itself for equal seeds.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Randomness for SeededRandomness {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_bytes_and_others_do_not() {
        let first: &dyn Randomness = &SeededRandomness::new(1);
        let again: &dyn Randomness = &SeededRandomness::new(1);
        let other: &dyn Randomness = &SeededRandomness::new(2);
        let bytes: [u8; 32] = first.bytes();
        assert_eq!(bytes, again.bytes::<32>());
        assert_ne!(bytes, other.bytes::<32>());
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_of_it() {
        let randomness: &dyn Randomness = &SeededRandomness::new(3);
        let mut seen = [false; 7];
        for _ in 0..1_000 {
            seen[usize::try_from(randomness.below(7)).unwrap()] = true;
        }
        assert_eq!(seen, [true; 7]);
        assert_eq!(randomness.below(1), 0);
        assert_eq!(randomness.below(0), 0);
    }

    #[test]
    fn shuffling_keeps_every_item() {
        let randomness: &dyn Randomness = &SeededRandomness::new(4);
        let mut items: Vec<u32> = (0..50).collect();
        randomness.shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
