//! When the wallet last looked after its copies by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::vault::Kept;

/// Times in seconds since the epoch.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Upkeep {
    /// When each status list was last asked for, by its address, whatever came of it.
    pub(crate) lists_at: BTreeMap<String, i64>,
    /// `iat` of the newest status list that was checked, by its address and whose it is: one of before is not used.
    pub(crate) lists_seen: BTreeMap<String, BTreeMap<String, i64>>,
    /// When a refill was last tried, by type and issuer, whatever came of it.
    pub(crate) tried_at: BTreeMap<String, i64>,
    /// When a refill last cost a copy and gave none, by type and issuer, until one goes well.
    pub(crate) refused_at: BTreeMap<String, i64>,
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
