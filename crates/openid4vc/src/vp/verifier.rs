//! The verifier's side of one request, from its making to the person at the screen.
//!
//! ```text
//! Requested ── verified answer ──► Returning  (this device: the response_code must come back in the same session)
//!     │                       ├──► Showing ──► Typing  (other device: six digits to be typed at the waiting screen)
//!     │                       └──► Complete  (nobody waits at a screen)
//!     └── wallet's error ──► Requested  (only noted)
//! Returning ──► Complete | Rejected          Typing ──► Complete | Filed
//! ```
//! The caller keeps one record per flow under the hash of the request's identifier and the secrets sealed beside
//! it, and writes `next` in the transaction in which it stores the claims.

mod person;

use credentials::dcql::Query;
use environment::{Randomness, Timestamp};
use jose::{DecryptionKey, Jwk, KeyError, json};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::client_id::ClientId;
use super::request::ResponseMode;
use super::response::{Content, ResponseError, Submission, VpToken};
use super::state::{ObjectFor, StateKey};
use super::verification::Verified;
use crate::seconds;
use crate::secret::{SecretHash, SecretText};

pub use person::{
    DIGIT_LIFETIME, DIGIT_TRIES, DIGITS, PersonError, PersonStep, RETURN_LIFETIME, Returning, Showing, Shown,
    Typing,
};

/// Where the person is who made the page show a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// The wallet is on the same device: the answer counts when it returns to this session.
    SameDevice {
        /// Hash of the secret of the browser's session.
        session: SecretHash,
    },
    /// The request is shown as a QR at a screen with this session.
    OtherDevice {
        /// Hash of the secret of the browser's session.
        session: SecretHash,
    },
    /// No screen waits, so no session is ever opened.
    NoScreen,
}

/// What a request is made of.
#[derive(Clone, Debug)]
pub struct NewFlow {
    /// Where the person is.
    pub way: Way,
    /// What is asked for.
    pub query: Query,
    /// The verifier.
    pub client_id: ClientId,
    /// Whether the answer is to be encrypted.
    pub encrypt: bool,
    /// What is to be authorised with the answer, as the request says it.
    pub transaction_data: Vec<String>,
    /// When the request ends.
    pub expires_at: Timestamp,
}

/// A request that was made: its identifier and its secrets.
#[derive(Debug)]
pub struct Made {
    /// Stands in request_uri and response_uri; the record is kept under its hash.
    pub id: SecretText,
    /// To be sealed.
    pub secrets: RequestSecrets,
    new: NewFlow,
}

impl NewFlow {
    /// Makes identifier, nonce and the keys of this one request.
    ///
    /// # Errors
    /// [`KeyError`] only if the randomness is broken.
    pub fn make(self, randomness: &dyn Randomness) -> Result<Made, KeyError> {
        let encryption_key = if self.encrypt {
            let kid = SecretText::random(randomness);
            Some(DecryptionKey::generate(kid.expose(), randomness)?)
        } else {
            None
        };
        let secrets = RequestSecrets {
            nonce: SecretText::random(randomness),
            state_key: StateKey::generate(randomness),
            encryption_key,
        };
        Ok(Made { id: SecretText::random(randomness), secrets, new: self })
    }
}

impl Made {
    /// The flow's first state, with the secrets as the caller sealed them.
    #[must_use]
    pub fn into_flow(self, sealed: String) -> Flow {
        Flow::Requested(Requested {
            response_mode: if self.new.encrypt {
                ResponseMode::DirectPostJwt
            } else {
                ResponseMode::DirectPost
            },
            way: self.new.way,
            query: self.new.query,
            transaction_data: self.new.transaction_data,
            client_id: self.new.client_id.as_str().to_owned(),
            expires_at: self.new.expires_at,
            sealed,
        })
    }
}

/// What only the verifier may know of a request.
#[derive(Debug)]
pub struct RequestSecrets {
    nonce: SecretText,
    state_key: StateKey,
    encryption_key: Option<DecryptionKey>,
}

impl RequestSecrets {
    /// The nonce of the request, the same in all its request objects.
    #[must_use]
    pub fn nonce(&self) -> &str {
        self.nonce.expose()
    }

    /// Makes the state of each of its request objects.
    #[must_use]
    pub const fn state_key(&self) -> &StateKey {
        &self.state_key
    }

    /// The key to which the answer is to be encrypted.
    #[must_use]
    pub fn encryption_key(&self) -> Option<&Jwk> {
        self.encryption_key.as_ref().map(DecryptionKey::public_jwk)
    }

    /// The bytes to be sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut members = Map::new();
        members.insert("nonce".to_owned(), Value::from(self.nonce()));
        members.insert("state_key".to_owned(), Value::from(self.state_key.to_text().as_str()));
        if let Some(key) = &self.encryption_key {
            members.insert("key".to_owned(), Value::from(key.to_private_json().as_str()));
        }
        Zeroizing::new(Value::Object(members).to_string().into_bytes())
    }

    /// Reads what was sealed; `None` if it is something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let members = json::parse_object(bytes).ok()?;
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let encryption_key = match text("key") {
            None => None,
            Some(key) => Some(DecryptionKey::from_private_json(key).ok()?),
        };
        Some(Self {
            nonce: SecretText::new(text("nonce")?),
            state_key: StateKey::from_text(text("state_key")?)?,
            encryption_key,
        })
    }
}

/// The state of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "awaits")]
#[non_exhaustive]
pub enum Flow {
    /// Awaits the wallet's answer.
    Requested(Requested),
    /// Answered on this device; awaits the response_code in the same session.
    Returning(Returning),
    /// Answered on another device; awaits that the page with the digits is opened there.
    Showing(Showing),
    /// Awaits the digits at the waiting screen.
    Typing(Typing),
    /// Answered; the session, if one waited, is the person's.
    Complete {
        /// Hash of the secret of the session that may go on.
        session: Option<SecretHash>,
    },
    /// Answered and kept, but no session is opened.
    Filed,
    /// Answered by somebody else than the person at the screen: the values are dropped.
    Rejected,
}

/// A request that awaits its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    response_mode: ResponseMode,
    way: Way,
    query: Query,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    transaction_data: Vec<String>,
    client_id: String,
    #[serde(with = "seconds")]
    expires_at: Timestamp,
    sealed: String,
}

impl Requested {
    /// The secrets as the caller sealed them.
    #[must_use]
    pub fn sealed(&self) -> &str {
        &self.sealed
    }

    /// What is asked for.
    #[must_use]
    pub const fn query(&self) -> &Query {
        &self.query
    }

    /// What is to be authorised with the answer.
    #[must_use]
    pub fn transaction_data(&self) -> &[String] {
        &self.transaction_data
    }

    /// The verifier, as whom the request was made.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// How it is to be answered.
    #[must_use]
    pub const fn response_mode(&self) -> ResponseMode {
        self.response_mode
    }

    /// Where the person is.
    #[must_use]
    pub const fn way(&self) -> Way {
        self.way
    }

    /// When the request ends.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Whether a wallet may still fetch the request object. It may do so again: links are previewed.
    #[must_use]
    pub fn may_be_fetched(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// What a wallet answered.
#[derive(Clone, Debug)]
pub enum Received {
    /// Presentations, to be checked.
    Answer(Answer),
    /// A wallet did not answer (OpenID4VP 1.0 §8.5), and the request stays as it is. Whoever sees a QR can fetch an object of
    /// its own and say no with its `state`, for an error proves no key: it must not end what the member answers.
    Refusal {
        /// The wallet's code.
        code: String,
    },
}

/// Presentations for a request that is still open.
#[derive(Clone, Debug)]
pub struct Answer {
    requested: Requested,
    object: ObjectFor,
    vp_token: VpToken,
}

/// What follows from an answer that was verified.
#[derive(Clone, Debug)]
pub struct AnswerStep {
    /// The next state.
    pub next: Flow,
    /// Goes into `redirect_uri`; there is none when nobody waits at a screen.
    pub response_code: Option<SecretText>,
}

impl Flow {
    /// The open request, if it still is one.
    #[must_use]
    pub const fn requested(&self) -> Option<&Requested> {
        match self {
            Self::Requested(requested) => Some(requested),
            _ => None,
        }
    }

    /// Takes a posted answer. Neither what is refused here nor a wallet's own error changes the state: a verified answer and
    /// the end of its time alone end a request.
    ///
    /// # Errors
    /// See [`ResponseError`].
    pub fn receive(
        self,
        submission: Submission,
        secrets: &RequestSecrets,
        now: Timestamp,
    ) -> Result<Received, ResponseError> {
        let Self::Requested(requested) = self else { return Err(ResponseError::AlreadyAnswered) };
        if now >= requested.expires_at {
            return Err(ResponseError::Expired);
        }
        let parameters = submission.open(requested.response_mode, secrets.encryption_key.as_ref())?;
        let object = parameters.state.and_then(|state| secrets.state_key.object(&state));
        let object = object.ok_or(ResponseError::WrongState)?;
        Ok(match parameters.content {
            Content::VpToken(vp_token) => Received::Answer(Answer { requested, object, vp_token }),
            Content::Error(code) => Received::Refusal { code },
        })
    }
}

impl Answer {
    /// The presentations.
    #[must_use]
    pub const fn vp_token(&self) -> &VpToken {
        &self.vp_token
    }

    /// The request they answer.
    #[must_use]
    pub const fn requested(&self) -> &Requested {
        &self.requested
    }

    /// Which of its request objects they answer.
    #[must_use]
    pub const fn object(&self) -> &ObjectFor {
        &self.object
    }

    /// Goes on after the presentations were verified.
    #[must_use]
    pub fn accept(self, _verified: &Verified, now: Timestamp, randomness: &dyn Randomness) -> AnswerStep {
        let code = SecretText::random(randomness);
        match self.requested.way {
            Way::SameDevice { session } => AnswerStep {
                next: Flow::Returning(Returning::new(session, &code, now)),
                response_code: Some(code),
            },
            Way::OtherDevice { session } => AnswerStep {
                next: Flow::Showing(Showing::new(session, &code, now)),
                response_code: Some(code),
            },
            Way::NoScreen => AnswerStep { next: Flow::Complete { session: None }, response_code: None },
        }
    }
}

#[cfg(test)]
mod tests;
