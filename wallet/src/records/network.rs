//! The network the wallet belongs to.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trust::NetworkState;

use crate::vault::Kept;

/// The pinned descriptor, and the newest list that was seen: older ones are refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct JoinedNetwork {
    pub(crate) descriptor: Value,
    pub(crate) state: NetworkState,
    /// The list itself, for as long as it is valid.
    pub(crate) list: Option<String>,
}

impl JoinedNetwork {
    pub(crate) const NAME: &'static str = "network";
}

impl Kept for JoinedNetwork {
    const KIND: &'static str = "network";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}
