//! The member's passport number, and what the wallet noticed about it.

use serde::{Deserialize, Serialize};

use crate::vault::Kept;

/// The number that the member's passports show, and what was said to its office about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnNumber {
    /// Thirteen symbols.
    pub(crate) number: String,
    /// The member's DID, as it was bound to it.
    pub(crate) did: String,
    /// The office's address.
    pub(crate) office: String,
    pub(crate) office_did: String,
    pub(crate) office_name: String,
    /// The statement that the office took.
    pub(crate) stated: Option<Stated>,
    /// When the office was last told, whatever came of it, and when it may be told again.
    pub(crate) again_at: Option<i64>,
    /// When the wallet last looked at the log that the office serves, in seconds since the epoch.
    #[serde(default)]
    pub(crate) looked_at: Option<i64>,
    /// The spaces to which the number says nothing.
    pub(crate) blocked: Vec<String>,
    /// Whether this office has that list.
    pub(crate) blocks_left: bool,
}

/// When a statement was made and when it ends, in seconds since the epoch, and the thumbprint of the key that signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stated {
    pub(crate) at: i64,
    pub(crate) until: i64,
    pub(crate) key: String,
}

impl OwnNumber {
    pub(crate) const NAME: &'static str = "mine";
}

impl Kept for OwnNumber {
    const KIND: &'static str = "own-number";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}

/// What an office did that it should not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WarningKind {
    /// Its passports, or its word about the number, name another DID than the wallet's.
    OtherDid,
    /// Its passports, or its word about the number, show another number than before, and the member did not wish it.
    OtherNumber,
    /// It serves another log under the member's DID.
    OtherLog,
    /// It serves the log under the member's DID without its newest entries: keys that were replaced go on speaking.
    OlderLog,
    /// It does not take the member's statement: for it, the number is not the member's, or does not count.
    NotBound,
}

/// Something that the wallet noticed, kept for the member to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What.
    pub kind: WarningKind,
    /// The office's name.
    pub office: String,
    /// What it names instead, if it names something.
    pub instead: Option<String>,
    /// When it was noticed first, in seconds since the epoch.
    pub at: i64,
}

impl Kept for Warning {
    const KIND: &'static str = "warning";

    fn name(&self) -> String {
        format!("{:?} {} {}", self.kind, self.office, self.instead.as_deref().unwrap_or_default())
    }
}
