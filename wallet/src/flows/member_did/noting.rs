//! What the member did with the DID and the number, for the history: names and no values.

use crate::flows::origin::host_of;
use crate::records::{HistoryEntry, HistoryKind};
use crate::wallet::Wallet;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::flows) enum Deed {
    /// The DID has other keys.
    Rotated,
    /// It lies at another office.
    Moved,
    /// It is this wallet's, after a loss.
    Recovered,
    /// It ended.
    GivenUp,
    /// The number is another.
    Renumbered,
}

impl Deed {
    const fn told(self) -> &'static str {
        match self {
            Self::Rotated => "new keys of the identifier",
            Self::Moved => "the identifier moved here",
            Self::Recovered => "the identifier recovered",
            Self::GivenUp => "the identifier given up",
            Self::Renumbered => "another number",
        }
    }
}

impl Wallet {
    /// The entry for the history, to be written together with what was done.
    pub(in crate::flows) fn noted(&self, deed: Deed, office: Option<&str>) -> HistoryEntry {
        let mut entry = self.new_entry(HistoryKind::Identity);
        entry.host = office.and_then(host_of);
        entry.requested = vec![deed.told().to_owned()];
        entry.presented.clone_from(&entry.requested);
        entry.bounded()
    }
}
