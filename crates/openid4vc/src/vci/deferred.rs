//! Deferred issuance (OpenID4VCI 1.0 §9): credentials that are granted and not ready yet.
//!
//! ```text
//! Authorized::credential ─► CredentialStep ── defer ──► Deferral { transaction_id }        202
//! Authorized::deferred ───► DeferredStep ── still waiting: nothing moves                   202, the same transaction_id
//!                                        └─ next, order: keys as they were proved          200, and the id is used up
//! ```
//! A transaction belongs to one access token and one configuration: who asks for the same configuration again, because the
//! first answer was lost, gets a fresh identifier, and the earlier one counts no longer. If the credentials are ready by
//! then, they are given at once, and nothing waits.

use environment::Randomness;
use jose::Jwk;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::credential::CredentialError;
use super::issuer::{Authorized, CredentialStep, Flow, Issued, Order};
use crate::secret::{SecretHash, SecretText};
use crate::timed_nonce::NonceUse;

/// A deferred credential request (§9.1). Unknown members are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeferredRequest {
    /// Which transaction.
    pub transaction_id: SecretText,
}

impl DeferredRequest {
    /// Reads the members of a request, which was opened if it was encrypted.
    ///
    /// # Errors
    /// [`CredentialError::NoTransaction`].
    pub fn from_members(members: &Map<String, Value>) -> Result<Self, CredentialError> {
        let id = members.get("transaction_id").and_then(Value::as_str);
        let id = id.filter(|id| !id.is_empty() && id.len() <= 512).ok_or(CredentialError::NoTransaction)?;
        Ok(Self { transaction_id: SecretText::new(id) })
    }

    /// The JSON body.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({"transaction_id": self.transaction_id.expose()})
    }
}

/// The body of a 202 (§8.3, §9.2).
#[must_use]
pub fn waiting(transaction_id: &SecretText, interval: u64) -> Value {
    json!({"transaction_id": transaction_id.expose(), "interval": interval.max(1)})
}

/// What an access token waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub(super) configuration: String,
    transaction: SecretHash,
    /// Public keys, as JWK: the proofs were checked when they came, and their nonce is used up.
    keys: Vec<Value>,
}

/// What follows from a credential request that is granted later.
#[derive(Clone, Debug)]
pub struct Deferral {
    /// The next state.
    pub next: Flow,
    /// What the wallet asks with.
    pub transaction_id: SecretText,
    /// The nonces that were used up by the proofs.
    pub nonces: Vec<NonceUse>,
}

impl CredentialStep {
    /// Grants the same, but later.
    #[must_use]
    pub fn defer(self, randomness: &dyn Randomness) -> Deferral {
        let transaction_id = SecretText::random(randomness);
        let (Flow::TokenIssued(mut access) | Flow::Issued(mut access)) = self.next else {
            // A step is made from an access alone.
            return Deferral { next: self.next, transaction_id, nonces: self.order.nonces };
        };
        access.issued.retain(|issued| issued.configuration != self.order.configuration);
        access.waiting.retain(|waiting| waiting.configuration != self.order.configuration);
        access.waiting.push(Waiting {
            configuration: self.order.configuration,
            transaction: transaction_id.hash(),
            keys: self.order.keys.iter().map(Jwk::required_members).collect(),
        });
        Deferral { next: Flow::TokenIssued(access), transaction_id, nonces: self.order.nonces }
    }
}

/// What follows from a deferred credential request, once the credentials are ready.
#[derive(Clone, Debug)]
pub struct DeferredStep {
    /// The next state; nothing is stored while they are not ready.
    pub next: Flow,
    /// What to sign and send.
    pub order: Order,
}

impl Authorized {
    /// Takes a deferred credential request. A refusal changes nothing.
    ///
    /// # Errors
    /// [`CredentialError::UnknownTransaction`].
    pub fn deferred(
        self,
        request: &DeferredRequest,
        randomness: &dyn Randomness,
    ) -> Result<DeferredStep, CredentialError> {
        let mut access = self.into_access();
        let place = access
            .waiting
            .iter()
            .position(|waiting| waiting.transaction.matches(request.transaction_id.expose()))
            .ok_or(CredentialError::UnknownTransaction)?;
        let waiting = access.waiting.remove(place);
        // Nothing waits any more once it was fetched, whichever endpoint gave it.
        if access.has_issued(&waiting.configuration) {
            return Err(CredentialError::UnknownTransaction);
        }
        let keys = waiting.keys.iter().map(|key| Jwk::from_value(key).ok()).collect::<Option<Vec<_>>>();
        let notification_id = SecretText::random(randomness);
        access.issued.push(Issued {
            configuration: waiting.configuration.clone(),
            notification: notification_id.hash(),
            event: None,
        });
        let order = Order {
            configuration: waiting.configuration,
            keys: keys.ok_or(CredentialError::Denied)?,
            nonces: Vec::new(),
            // They were looked up when the proofs came.
            statuses: Vec::new(),
            notification_id,
        };
        Ok(DeferredStep { next: access.into_flow(), order })
    }
}

#[cfg(test)]
mod tests;
