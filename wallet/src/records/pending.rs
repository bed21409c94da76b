//! What is still to come.

use openid4vc::vci::wallet::Deferred;
use serde::{Deserialize, Serialize};

use super::{Arrival, ArrivedCredential, PrivateKey};
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
    /// What could be offered was taken, or nothing is offered: of all that follows the proof of sharing alone is awaited.
    #[serde(default)]
    pub(crate) proof_alone: bool,
    /// What the team asks for instead.
    #[serde(default)]
    pub(crate) instead: Option<AskedInstead>,
    /// Since when it is tried for the last time, in seconds since the epoch.
    #[serde(default)]
    pub(crate) last_tried_since: Option<i64>,
}

impl FollowUpAwaited {
    /// Whether nothing of it is awaited any more. Outside any network nobody proves anything.
    pub(crate) fn is_over(&self) -> bool {
        self.proof_alone && (self.proof_kept || self.did.is_none())
    }
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

/// Credentials that are not among the member's yet: the issuer said that they would be ready later, or they have come and could
/// not be checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AwaitedCredentials {
    pub(crate) id: String,
    /// How to ask for them; of those that came at once there is nothing to ask for.
    pub(crate) deferred: Option<Deferred>,
    pub(crate) dpop_key: PrivateKey,
    pub(crate) keys: Vec<PrivateKey>,
    pub(crate) configuration: String,
    pub(crate) vct: String,
    pub(crate) label: Option<String>,
    pub(crate) issuer: String,
    /// What it calls itself.
    #[serde(default)]
    pub(crate) claimed_name: Option<String>,
    /// The hash of the code in the offer that was taken up.
    #[serde(default)]
    pub(crate) offer: Option<String>,
    /// The DID that must have signed, where the offer came from a party that was asked.
    #[serde(default)]
    pub(crate) signer: Option<String>,
    /// The follow-up that the offer stood in.
    #[serde(default)]
    pub(crate) follow_up: Option<String>,
    /// Not to be asked for before.
    pub(crate) not_before: i64,
    /// When they were promised, or came, in seconds since the epoch.
    #[serde(default)]
    pub(crate) since: Option<i64>,
    /// Since when it is tried for the last time, in seconds since the epoch.
    #[serde(default)]
    pub(crate) last_tried_since: Option<i64>,
    /// Thumbprints of the keys that are bound to a credential of this configuration already.
    #[serde(default)]
    pub(crate) taken: Vec<String>,
    /// They have come, and are not checked yet.
    #[serde(default)]
    pub(crate) arrival: Option<Arrival>,
}

impl AwaitedCredentials {
    /// The names of what has come.
    pub(crate) fn arrived(&self) -> impl Iterator<Item = String> {
        let count = self.arrival.as_ref().map_or(0, |arrival| arrival.count);
        (0..count).map(|number| ArrivedCredential::id_of(&self.id, number))
    }

    /// Whether they were promised and have come, and the issuer has not been told what became of them.
    pub(crate) fn has_come_late(&self) -> bool {
        self.arrival.is_some() && self.deferred.is_some()
    }

    /// The thumbprints of the keys for which they are awaited.
    pub(crate) fn thumbprints(&self) -> impl Iterator<Item = String> {
        let keys = self.keys.iter().filter_map(|key| key.public_jwk().ok());
        keys.map(|key| key.thumbprint_base64url())
    }

    /// Whether one of these thumbprints is that of a key for which they are awaited.
    pub(crate) fn is_under_one_of(&self, thumbprints: &[String]) -> bool {
        self.thumbprints().any(|one| thumbprints.contains(&one))
    }
}

impl Kept for AwaitedCredentials {
    const KIND: &'static str = "awaited-credentials";

    fn name(&self) -> String {
        self.id.clone()
    }
}

/// Something that was promised and was not given, as long as the member has not put it away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotGiven {
    /// A random identifier.
    pub id: String,
    /// The type.
    #[serde(rename = "type")]
    pub vct: String,
    /// What the issuer calls it.
    pub label: Option<String>,
    /// The credential issuer identifier.
    pub issuer: String,
    /// What the issuer calls itself.
    pub claimed_name: Option<String>,
    /// When that was known, in seconds since the epoch.
    pub at: i64,
    /// Why, as a short code.
    pub code: String,
    /// Whether that code is the issuer's word.
    pub is_their_word: bool,
    /// Why, in the issuer's words.
    pub said: Option<String>,
}

impl Kept for NotGiven {
    const KIND: &'static str = "not-given";

    fn name(&self) -> String {
        self.id.clone()
    }
}

/// Something that is still to come, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PendingSummary {
    /// From whom: the name of a party that was asked, or the address of an issuer.
    pub from: String,
    /// What an issuer calls itself; its address stands for it.
    pub claimed_name: Option<String>,
    /// What is awaited, in short words: `proof`, `decision`, `offer`, `credentials`, `authorization`.
    pub awaited: Vec<String>,
}
