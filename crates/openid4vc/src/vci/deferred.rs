//! Deferred issuance (OpenID4VCI 1.0 §9): credentials that are granted and not ready yet.
//!
//! ```text
//! Authorized::credential ─► CredentialStep ── defer ──► Deferral { transaction_id }        202
//! Authorized::deferred ───► Due::Now ── still waiting: nothing moves                       202, the same transaction_id
//!                       │           └─ next, order: keys as they were proved               200
//!                       └─► Due::In: it was given a moment ago, nothing moves              202, the same transaction_id
//! Authorized::notification: the wallet has it                                              204, and the id is used up
//! ```
//! An identifier ends when the wallet has got what was promised (§9). That it was sent says nothing of that, because an answer
//! may be lost: until a notification comes (§11) the same is given again, [`MOST_AGAIN`] times and no sooner than [`PAUSE`]
//! seconds later. The caller takes back what it gave before.
//!
//! A transaction belongs to one access token and one configuration: who asks for the same configuration again, because the
//! first answer was lost, gets a fresh identifier, and the earlier one counts no longer. If the credentials are ready by
//! then, they are given at once, and nothing waits.

use environment::{Randomness, Timestamp};
use jose::Jwk;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::credential::CredentialError;
use super::issuer::{Authorized, CredentialStep, Flow, Issued, Order};
use crate::seconds;
use crate::secret::{SecretHash, SecretText};
use crate::timed_nonce::NonceUse;

/// How often what was promised is given again.
pub const MOST_AGAIN: u8 = 5;
/// Seconds from one time to the next: of requests that come at the same moment one gets the credentials.
pub const PAUSE: i64 = 30;

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
    /// That it was given, and nobody has said yet that it came.
    #[serde(default)]
    given: Option<Given>,
}

/// How often something was given, and when for the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Given {
    times: u8,
    #[serde(with = "seconds")]
    at: Timestamp,
}

impl Given {
    /// Seconds until it may be given again, if it may not be now. A clock that was set back begins the time anew.
    fn pause(&self, now: Timestamp) -> Option<u64> {
        let left = PAUSE.saturating_sub(now.since(self.at)).min(PAUSE);
        u64::try_from(left).ok().filter(|left| *left > 0)
    }
}

impl Waiting {
    /// Whether it was given, and nobody has said yet that it came.
    pub(super) const fn is_unconfirmed(&self) -> bool {
        self.given.is_some()
    }
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
            given: None,
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

/// When a deferred credential request is answered with credentials, if they are ready.
#[derive(Clone, Debug)]
pub enum Due {
    /// Now.
    Now(Box<DeferredStep>),
    /// When the wallet asks again after so many seconds: they were given a moment ago.
    In(u64),
}

impl Authorized {
    /// Takes a deferred credential request. A refusal changes nothing.
    ///
    /// # Errors
    /// [`CredentialError::UnknownTransaction`].
    pub fn deferred(
        self,
        request: &DeferredRequest,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> Result<Due, CredentialError> {
        let mut access = self.into_access();
        let is_asked_for =
            |waiting: &&mut Waiting| waiting.transaction.matches(request.transaction_id.expose());
        let waiting =
            access.waiting.iter_mut().find(is_asked_for).ok_or(CredentialError::UnknownTransaction)?;
        let is_issued = access.issued.iter().any(|issued| issued.configuration == waiting.configuration);
        let times = match &waiting.given {
            // Nothing waits any more once the credential endpoint gave it.
            None if is_issued => return Err(CredentialError::UnknownTransaction),
            None => 1,
            Some(given) => match given.pause(now) {
                Some(seconds) => return Ok(Due::In(seconds)),
                None if given.times > MOST_AGAIN => return Err(CredentialError::UnknownTransaction),
                None => given.times.saturating_add(1),
            },
        };
        waiting.given = Some(Given { times, at: now });
        let keys = waiting.keys.iter().map(|key| Jwk::from_value(key).ok()).collect::<Option<Vec<_>>>();
        let notification_id = SecretText::random(randomness);
        let order = Order {
            configuration: waiting.configuration.clone(),
            keys: keys.ok_or(CredentialError::Denied)?,
            nonces: Vec::new(),
            // They were looked up when the proofs came.
            statuses: Vec::new(),
            notification_id,
        };
        // What was given before is taken back: nothing is to be said of it any more.
        access.issued.retain(|issued| issued.configuration != order.configuration);
        access.issued.push(Issued {
            configuration: order.configuration.clone(),
            notification: order.notification_id.hash(),
            event: None,
        });
        Ok(Due::Now(Box::new(DeferredStep { next: access.into_flow(), order })))
    }
}

#[cfg(test)]
mod tests;
