//! Copies: one holder key each, with every credential that was issued to that key.

use credentials::types;
use environment::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::PrivateKey;
use crate::vault::Kept;

/// One holder key and what is bound to it. A copy is shown once, at one place; then it counts as used. Of one that was shown and
/// cleared away the key is left, with nothing bound to it, as long as anything is awaited under that key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Copy {
    /// The key's thumbprint.
    pub(crate) id: String,
    pub(crate) key: PrivateKey,
    pub(crate) credentials: Vec<HeldCredential>,
    pub(crate) received_at: i64,
    pub(crate) used_at: Option<i64>,
}

impl Kept for Copy {
    const KIND: &'static str = "copy";

    fn name(&self) -> String {
        self.id.clone()
    }
}

impl Copy {
    /// Whether it can be shown now.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.credentials.iter().any(|credential| credential.counts(now))
    }

    /// Binds one more to its key.
    pub(crate) fn add(&mut self, credential: HeldCredential, now: Timestamp) {
        if self.credentials.is_empty() {
            self.received_at = now.seconds();
        }
        self.credentials.push(credential);
    }

    /// When the first of its credentials expires.
    pub(crate) fn expires_at(&self) -> i64 {
        self.credentials.iter().filter_map(|one| one.expires_at).min().unwrap_or(i64::MAX)
    }
}

/// A credential as its issuer sent it, verified when it came.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct HeldCredential {
    pub(crate) vct: String,
    /// The configuration it was offered as.
    pub(crate) configuration: String,
    /// What the issuer calls it.
    pub(crate) label: Option<String>,
    /// The credential issuer identifier.
    pub(crate) issuer: String,
    pub(crate) issuer_name: String,
    pub(crate) issuer_did: Option<String>,
    /// The name of the network that admitted the issuer, for people.
    pub(crate) network: Option<String>,
    /// The identifier of that network. Copies of before have the name alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) network_id: Option<String>,
    pub(crate) expires_at: Option<i64>,
    /// Whether its issuer has revoked it, as far as the wallet knows. That is for ever.
    #[serde(default)]
    pub(crate) revoked: bool,
    pub(crate) compact: String,
}

impl HeldCredential {
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| now.seconds() >= expires_at)
    }

    /// Whether it is a membership of this admitted space that was not ended, as far as the wallet knows. One that has expired only
    /// lacks new copies.
    pub(crate) fn is_living_membership_of(&self, space: &str) -> bool {
        self.vct == types::MEMBERSHIP
            && self.issuer_did.as_deref() == Some(space)
            && self.network.is_some()
            && !self.revoked
    }

    /// Whether anybody would take it.
    pub(crate) fn counts(&self, now: Timestamp) -> bool {
        !self.revoked && !self.is_expired(now)
    }
}

impl std::fmt::Debug for HeldCredential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "HeldCredential({})", self.vct)
    }
}

/// One type of credential from one issuer, as a list shows it.
#[derive(Clone, PartialEq, Serialize)]
pub struct ListedCredential {
    /// The type.
    #[serde(rename = "type")]
    pub vct: String,
    /// What the issuer calls it.
    pub label: Option<String>,
    /// The credential issuer identifier.
    pub issuer: String,
    /// The issuer's name.
    pub issuer_name: String,
    /// The issuer's DID.
    #[serde(skip)]
    pub(crate) issuer_did: Option<String>,
    /// The network that admitted the issuer.
    pub network: Option<String>,
    /// Copies that can still be shown; of a passport, a profile and a membership the last ones to their issuer alone, for
    /// new ones.
    pub copies_left: usize,
    /// Copies that were not shown and that their issuer has revoked.
    pub copies_revoked: usize,
    /// Copies in all.
    pub copies: usize,
    /// When the last fresh copy expires, in seconds since the epoch.
    pub expires_at: Option<i64>,
    /// What it says, for the member's eyes.
    pub claims: Map<String, Value>,
}

impl std::fmt::Debug for ListedCredential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ListedCredential({}, {} left)", self.vct, self.copies_left)
    }
}
