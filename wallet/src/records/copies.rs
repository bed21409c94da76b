//! Copies: one holder key each, with every credential that was issued to that key.

use std::borrow::Cow;

use credentials::{types, vc};
use environment::Timestamp;
use jose::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::PrivateKey;
use crate::vault::Kept;
use crate::wallet::visible;

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
    /// Whether its issuer says at present that it does not count, and may say otherwise again.
    #[serde(default)]
    pub(crate) suspended: bool,
    /// What is looked up often, so that it is not opened each time. Copies of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) noted: Option<Noted>,
    pub(crate) compact: String,
}

/// What is noted of a credential when it comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Noted {
    /// Where its status stands, if that is told anywhere: the list's address, and the place in it.
    pub(crate) status: Option<(String, u64)>,
    /// A hash of what it says about the member.
    pub(crate) says: String,
}

impl Noted {
    /// Of a credential as it was issued.
    pub(crate) fn of(compact: &str) -> Self {
        let says = |claims: Map<String, Value>| digest::sha256_base64url(Value::Object(claims).to_string());
        let Ok(held) = vc::Held::reopen(compact) else {
            return Self { status: None, says: says(Map::new()) };
        };
        let status = held.facts().status().map(|status| (status.uri.clone(), status.index));
        Self { status, says: says(visible(held.claims())) }
    }
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
        !self.suspended && self.may_count(now)
    }

    /// Whether it counts, or will again once its issuer says so.
    pub(crate) fn may_count(&self, now: Timestamp) -> bool {
        !self.revoked && !self.is_expired(now)
    }

    /// What was noted of it, or would have been.
    pub(crate) fn noted(&self) -> Cow<'_, Noted> {
        self.noted.as_ref().map_or_else(|| Cow::Owned(Noted::of(&self.compact)), Cow::Borrowed)
    }
}

impl std::fmt::Debug for HeldCredential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "HeldCredential({})", self.vct)
    }
}
