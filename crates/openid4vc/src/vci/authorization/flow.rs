//! The server's side of one authorisation, until the code is given out.
//!
//! ```text
//! Pushed ── open (once, by its client_id) ──► AwaitsPerson ── grant ──► Over, and issuer::Flow::Granted
//!    └── 90 s ──► refused                          └── deny, or an hour ──► Over
//! ```
//! The caller keeps one record per authorisation, finds it by the hash of the secret in `request_uri`, and writes what
//! follows in the transaction in which it acts on it.

use environment::{Randomness, Timestamp};
use serde::{Deserialize, Serialize};

use super::pushed::{PushedRequest, PushedResponse, Wanted};
use super::redirect::{Denial, ReturnTo};
use crate::seconds;
use crate::secret::{SecretHash, SecretText};
use crate::vci::issuer::{Flow, Grant, Granted, Holder};
use crate::vci::pkce::Challenge;

/// How long each step may take, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// From the pushed request to the browser (RFC 9126 §2.2: five to six hundred seconds).
    pub request: i64,
    /// From the browser to the person's decision.
    pub person: i64,
    /// From the code to its redemption (RFC 6749 §4.1.2: ten minutes at most).
    pub code: i64,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { request: 90, person: 3_600, code: 60 }
    }
}

/// Why the authorisation endpoint shows a page of refusal. Nothing is redirected then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The `request_uri` is unknown, was used, or is too old.
    #[error("this request is unknown, was used or has ended")]
    Ended,
    /// It was given to another `client_id` (RFC 9126 §2.2).
    #[error("this request belongs to another client")]
    OtherClient,
}

/// What an authorisation is about, from the pushed request on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    client_id: String,
    return_to: ReturnTo,
    challenge: Challenge,
    bound_to: Option<String>,
    configurations: Vec<String>,
    by_identifier: bool,
}

impl Asked {
    /// Where the browser goes back to.
    #[must_use]
    pub const fn return_to(&self) -> &ReturnTo {
        &self.return_to
    }

    /// What is asked for.
    #[must_use]
    pub fn configurations(&self) -> &[String] {
        &self.configurations
    }

    /// How the wallet names itself.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }
}

/// The state of one authorisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "awaits")]
#[non_exhaustive]
pub enum Authorization {
    /// Awaits the browser.
    Pushed(Waiting),
    /// Awaits what the person shows or decides.
    AwaitsPerson(Waiting),
    /// The browser was sent back.
    Over,
}

/// An authorisation that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    asked: Asked,
    #[serde(with = "seconds")]
    expires_at: Timestamp,
}

/// What a token will be made with.
#[derive(Clone, Copy, Debug)]
pub struct TokenTerms {
    /// For how many seconds the code may be redeemed.
    pub code_lifetime: i64,
    /// For how many seconds the access token may be used.
    pub token_lifetime: i64,
    /// For how many seconds a c_nonce may be used.
    pub nonce_lifetime: i64,
    /// Most credentials of one request.
    pub batch_size: u64,
    /// Whether DPoP proofs need a nonce of ours, from the token request on (RFC 9449 §8, §9).
    pub dpop_nonce: bool,
}

/// A code that is given out.
#[derive(Clone, Debug)]
pub struct CodeGiven {
    /// What is left of the authorisation.
    pub next: Authorization,
    /// The machine that the code leads to.
    pub flow: Flow,
    /// The code's hash, by which that machine is found.
    pub code: SecretHash,
    /// Where the browser goes; the code is in it.
    pub location: String,
    /// When the code dies.
    pub expires_at: Timestamp,
}

impl Authorization {
    /// Takes a pushed request, bound to the DPoP key with the thumbprint `bound_to` if there is one.
    #[must_use]
    pub fn push(
        request: &PushedRequest,
        wanted: Wanted,
        bound_to: Option<String>,
        lifetimes: &Lifetimes,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> (Self, PushedResponse) {
        let asked = Asked {
            client_id: request.client_id.clone(),
            return_to: request.return_to.clone(),
            challenge: request.challenge,
            bound_to,
            configurations: wanted.configurations,
            by_identifier: wanted.by_identifier,
        };
        let response = PushedResponse {
            handle: SecretText::random(randomness),
            expires_in: u64::try_from(lifetimes.request).unwrap_or(0),
        };
        (Self::Pushed(Waiting { asked, expires_at: now.plus(lifetimes.request) }), response)
    }

    /// The browser came, once.
    ///
    /// # Errors
    /// See [`OpenError`]; nothing is to be stored then.
    pub fn open(self, client_id: &str, lifetimes: &Lifetimes, now: Timestamp) -> Result<Self, OpenError> {
        let Self::Pushed(waiting) = self else { return Err(OpenError::Ended) };
        if now >= waiting.expires_at {
            return Err(OpenError::Ended);
        }
        if waiting.asked.client_id != client_id {
            return Err(OpenError::OtherClient);
        }
        Ok(Self::AwaitsPerson(Waiting { expires_at: now.plus(lifetimes.person), ..waiting }))
    }

    /// What the person is asked about, while they are.
    #[must_use]
    pub fn asked(&self, now: Timestamp) -> Option<&Asked> {
        match self {
            Self::AwaitsPerson(waiting) if now < waiting.expires_at => Some(&waiting.asked),
            _ => None,
        }
    }

    /// Until when it waits.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Pushed(waiting) | Self::AwaitsPerson(waiting) => Some(waiting.expires_at),
            Self::Over => None,
        }
    }

    /// The person has shown who they are: `grants` may be issued to them. `None` when nothing is awaited any more.
    #[must_use]
    pub fn grant(
        self,
        grants: Vec<Grant>,
        issuer: &str,
        terms: &TokenTerms,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> Option<CodeGiven> {
        let asked = self.asked(now)?.clone();
        let code = SecretText::random(randomness);
        let expires_at = now.plus(terms.code_lifetime);
        let granted = Granted {
            code: code.hash(),
            holder: Holder {
                client_id: asked.client_id,
                redirect_uri: asked.return_to.redirect_uri.as_str().to_owned(),
                challenge: asked.challenge,
                bound_to: asked.bound_to,
            },
            by_identifier: asked.by_identifier,
            grants,
            expires_at,
            token_lifetime: terms.token_lifetime,
            nonce_lifetime: terms.nonce_lifetime,
            batch_size: terms.batch_size,
            dpop_nonce: terms.dpop_nonce,
        };
        let location = asked.return_to.with_code(&code, issuer);
        let flow = Flow::Granted(granted);
        Some(CodeGiven { next: Self::Over, flow, code: code.hash(), location, expires_at })
    }

    /// The person gets nothing. Where the browser goes; `None` when nothing is awaited any more.
    #[must_use]
    pub fn deny(self, denial: Denial, issuer: &str, now: Timestamp) -> Option<String> {
        Some(self.asked(now)?.return_to.denied(denial, issuer))
    }
}
