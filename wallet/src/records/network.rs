//! The networks the wallet belongs to, each under a record of its own.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trust::NetworkState;

use crate::vault::Kept;

/// The pinned descriptor, and the newest list that was seen: older ones are refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct JoinedNetwork {
    /// The name of the record: the first network has had [`Self::NAME`] ever since.
    #[serde(default = "first")]
    pub(crate) place: String,
    pub(crate) descriptor: Value,
    pub(crate) state: NetworkState,
    /// The list itself, for as long as it is valid.
    pub(crate) list: Option<String>,
}

impl JoinedNetwork {
    pub(crate) const NAME: &'static str = "network";

    /// A text of the pinned descriptor.
    pub(crate) fn pinned(&self, member: &str) -> Option<&str> {
        self.descriptor.get(member).and_then(Value::as_str)
    }
}

fn first() -> String {
    JoinedNetwork::NAME.to_owned()
}

impl Kept for JoinedNetwork {
    const KIND: &'static str = "network";

    fn name(&self) -> String {
        self.place.clone()
    }
}
