//! Spaces of which the member wants to see nothing for now.

use serde::{Deserialize, Serialize};

use crate::vault::Kept;

/// A space that is muted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MutedSpace {
    /// Its DID.
    pub(crate) space: String,
    /// Since when, in seconds since the epoch.
    pub(crate) since: i64,
}

impl Kept for MutedSpace {
    const KIND: &'static str = "muted-space";

    fn name(&self) -> String {
        self.space.clone()
    }
}
