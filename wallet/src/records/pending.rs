//! What is still to come.

use openid4vc::vci::wallet::Deferred;
use serde::{Deserialize, Serialize};

use super::PrivateKey;
use crate::vault::Kept;

/// What follows one answer, until everything of it is here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FollowUpAwaited {
    pub(crate) id: String,
    /// The name under which the space is kept.
    pub(crate) space: String,
    pub(crate) space_name: String,
    /// The DID whose log key signs; none outside any network.
    pub(crate) did: Option<String>,
    /// Whether it follows an answer to an office's request for a first passport: nobody else may name a place for the
    /// member's DID.
    #[serde(default)]
    pub(crate) first_passport: bool,
    pub(crate) uri: String,
    /// The answering key.
    pub(crate) key: PrivateKey,
    /// base64url hash of the request object.
    pub(crate) request: String,
    /// Claim path and digest of every disclosure that was sent.
    pub(crate) sent: Vec<(String, String)>,
    pub(crate) asked_at: i64,
    pub(crate) proof_kept: bool,
    pub(crate) decision_kept: bool,
    pub(crate) offer_taken: bool,
    /// What the team asks for instead.
    #[serde(default)]
    pub(crate) instead: Option<AskedInstead>,
}

/// A request that a team made in the place of the one that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AskedInstead {
    pub(crate) request: String,
    pub(crate) reason: Option<String>,
    /// The member said no to it.
    pub(crate) declined: bool,
}

impl Kept for FollowUpAwaited {
    const KIND: &'static str = "follow-up";

    fn name(&self) -> String {
        self.id.clone()
    }
}

/// Credentials that the issuer said would be ready later.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AwaitedCredentials {
    pub(crate) id: String,
    pub(crate) deferred: Deferred,
    pub(crate) dpop_key: PrivateKey,
    pub(crate) keys: Vec<PrivateKey>,
    pub(crate) configuration: String,
    pub(crate) vct: String,
    pub(crate) label: Option<String>,
    pub(crate) issuer: String,
    /// The DID that must have signed, where the offer came from a party that was asked.
    #[serde(default)]
    pub(crate) signer: Option<String>,
    /// Not to be asked for before.
    pub(crate) not_before: i64,
    /// When they were promised, in seconds since the epoch.
    #[serde(default)]
    pub(crate) since: Option<i64>,
}

impl Kept for AwaitedCredentials {
    const KIND: &'static str = "awaited-credentials";

    fn name(&self) -> String {
        self.id.clone()
    }
}

/// Something that is still to come, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PendingSummary {
    /// From whom.
    pub from: String,
    /// What is awaited, in short words: `proof`, `decision`, `offer`, `credentials`, `authorization`.
    pub awaited: Vec<String>,
}
