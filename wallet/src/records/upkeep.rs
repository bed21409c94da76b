//! When the wallet last looked after its copies by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::vault::Kept;

/// Times in seconds since the epoch; 0: never.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Upkeep {
    /// When the status lists were fetched.
    pub(crate) statuses_at: i64,
    /// When a refill that the wallet began by itself did not go well, by type and issuer.
    pub(crate) failed_at: BTreeMap<String, i64>,
}

impl Upkeep {
    pub(crate) const NAME: &'static str = "upkeep";
}

impl Kept for Upkeep {
    const KIND: &'static str = "upkeep";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}
