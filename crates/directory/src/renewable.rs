//! What a party holds for a time and replaces while it runs.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// A value that is replaced as a whole. Clones share it: whoever holds one sees what the last renewal brought.
pub struct Renewable<T>(Arc<RwLock<T>>);

impl<T: Clone> Renewable<T> {
    /// The value as it is now.
    #[must_use]
    pub fn get(&self) -> T {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the value for everybody who holds this.
    pub fn replace(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

impl<T> From<T> for Renewable<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(RwLock::new(value)))
    }
}

impl<T> Clone for Renewable<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Renewable<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Renewable")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewal_reaches_every_clone_and_nothing_that_was_read_before() {
        let first = Renewable::from("old".to_owned());
        let (second, read) = (first.clone(), first.get());
        second.replace("new".to_owned());
        assert_eq!((first.get().as_str(), second.get().as_str(), read.as_str()), ("new", "new", "old"));
    }
}
