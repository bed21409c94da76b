//! The history: every transaction, also those that were refused or failed. Names of claims, never values.

use serde::{Deserialize, Serialize};

use crate::vault::Kept;

/// What kind of transaction it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HistoryKind {
    /// Credentials were offered.
    Offer,
    /// Claims were asked for.
    Request,
    /// Something that follows an answer was collected.
    FollowUp,
    /// A network was joined.
    Network,
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// A random identifier.
    pub id: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// What kind.
    pub kind: HistoryKind,
    /// The name of the other party, as far as it got known.
    pub party: Option<String>,
    /// Its identifier.
    pub did: Option<String>,
    /// Its host.
    pub host: Option<String>,
    /// The network that admitted it.
    pub network: Option<String>,
    /// The purpose it stated.
    pub purpose: Option<String>,
    /// Where to ask for deletion.
    pub data_protection_contact: Option<String>,
    /// The authority to complain to.
    pub supervisory_authority: Option<String>,
    /// Names of the claims or types that were asked for or offered.
    pub requested: Vec<String>,
    /// Names of the claims or types that were given or received.
    pub presented: Vec<String>,
    /// Why it was not completed, as a short code; absent when it was.
    pub not_completed: Option<String>,
}

impl HistoryEntry {
    pub(crate) fn new(id: String, at: i64, kind: HistoryKind) -> Self {
        Self {
            id,
            at,
            kind,
            party: None,
            did: None,
            host: None,
            network: None,
            purpose: None,
            data_protection_contact: None,
            supervisory_authority: None,
            requested: Vec::new(),
            presented: Vec::new(),
            not_completed: None,
        }
    }
}

impl Kept for HistoryEntry {
    const KIND: &'static str = "history";

    fn name(&self) -> String {
        self.id.clone()
    }
}
