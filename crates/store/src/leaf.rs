//! Audit leaves that wait for their place in the log.

use environment::Timestamp;
use ledger::Leaf;
use serde::{Deserialize, Serialize};

use crate::engine::CommitId;
use crate::key::Key;
use crate::record::{FieldClass, Record};

/// A leaf written together with the data it speaks of. A sequencer reads these with
/// `tx.list::<PendingLeaf>(Range::all(), n)`, moves them into the log and deletes them, in one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingLeaf {
    logged_at: i64,
    id: String,
    leaf: Leaf,
}

impl PendingLeaf {
    pub(crate) fn new(now: Timestamp, commit: CommitId, number: u32, leaf: Leaf) -> Self {
        Self { logged_at: now.seconds(), id: format!("{commit}-{number:08x}"), leaf }
    }

    /// When the change was committed, by its own clock.
    #[must_use]
    pub const fn logged_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.logged_at)
    }

    /// A name that no other pending leaf of this tenant has.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The leaf.
    #[must_use]
    pub const fn leaf(&self) -> &Leaf {
        &self.leaf
    }
}

impl Record for PendingLeaf {
    const CLASS: &'static str = "pending_leaf";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("logged_at", FieldClass::Operational),
        ("id", FieldClass::Operational),
        ("leaf", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from((self.logged_at, &self.id))
    }
}
