//! Which follow-ups are being asked for at this moment.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The follow-ups that are being asked for. Each is so once at a time: who asks gets another offer, which voids the one that the
/// member may be looking at. One that waits for its member's word holds up no other.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<BTreeSet<String>>);

/// One of them, as long as it is asked for.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    all: &'a UnderWay,
    id: String,
}

impl UnderWay {
    /// The turn of this follow-up; none while somebody else has it.
    pub(crate) fn turn(&self, id: &str) -> Option<Turn<'_>> {
        self.ids().insert(id.to_owned()).then(|| Turn { all: self, id: id.to_owned() })
    }

    fn ids(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.all.ids().remove(&self.id);
    }
}
