//! What a credential request came to, and credentials that are fetched later (OpenID4VCI §9).

use environment::Randomness;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::access::Call;
use super::{Answer, Retries, WalletError, refused};
use crate::access::{Presented, Scheme};
use crate::http::{Request, Response};
use crate::secret::SecretText;
use crate::vci::credential::CredentialResponse;
use crate::vci::metadata::IssuerMetadata;
use crate::vci::notification::{Event, NotificationRequest};

/// Longest wait that an issuer may ask for, in seconds.
pub(super) const LONGEST_INTERVAL: u64 = 31 * 86_400;
/// What is waited when the issuer does not say (as RFC 8628 §3.5 does).
const USUAL_INTERVAL: u64 = 5;

/// What came of a credential request.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The credentials, none of them checked yet: the caller checks signature, `vct` and `cnf`.
    Issued(CredentialResponse),
    /// They will be ready later (202).
    Deferred {
        /// How to ask; sealed before it is stored, it holds the access token.
        next: Deferred,
        /// Not before so many seconds have passed.
        interval: u64,
    },
}

/// Credentials that are to be fetched later. It serialises with its secrets: seal it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deferred {
    pub(super) endpoint: String,
    pub(super) notification_endpoint: Option<String>,
    pub(super) scheme_is_dpop: bool,
    pub(super) token: SecretText,
    pub(super) transaction_id: SecretText,
    pub(super) asked: usize,
}

impl Deferred {
    /// Where the request goes, for its DPoP proof.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The access token, for `ath`.
    #[must_use]
    pub fn presented(&self) -> Presented {
        let scheme = if self.scheme_is_dpop { Scheme::Dpop } else { Scheme::Bearer };
        Presented { scheme, token: self.token.clone() }
    }

    /// The deferred credential request (§9.1). It is encrypted as the issuer's metadata of now offer it, whatever held for
    /// the first request.
    ///
    /// # Errors
    /// [`WalletError::Encryption`].
    pub fn call(&self, metadata: &IssuerMetadata, randomness: &dyn Randomness) -> Result<Call, WalletError> {
        let body = serde_json::json!({"transaction_id": self.transaction_id.expose()});
        Call::new(metadata, &self.endpoint, &self.presented(), &body, randomness)
    }

    /// Reads the answer: the credentials, or the same wish to wait.
    ///
    /// # Errors
    /// See [`WalletError`]; another `transaction_id` than the one asked for is malformed.
    pub fn response(
        &self,
        call: &Call,
        response: &Response,
        retries: &mut Retries,
    ) -> Result<Answer<Outcome>, WalletError> {
        match response.status {
            200 | 202 => {}
            _ => return refused(response, retries).map(Answer::Again),
        }
        let outcome = read_outcome(response.status, &call.open(response)?, self.asked, |transaction_id| {
            if transaction_id == self.transaction_id {
                Ok(self.clone())
            } else {
                Err(WalletError::Malformed("deferred credential"))
            }
        })?;
        Ok(Answer::Done(outcome))
    }

    /// The request that says what became of the credentials.
    #[must_use]
    pub fn notification_request(&self, id: &SecretText, event: Event) -> Option<Request> {
        notification_request(self.notification_endpoint.as_deref()?, &self.presented(), id, event)
    }
}

pub(super) fn notification_request(
    endpoint: &str,
    presented: &Presented,
    id: &SecretText,
    event: Event,
) -> Option<Request> {
    let body = NotificationRequest { id: id.clone(), event }.to_value().to_string();
    let request = Request::post(endpoint, "application/json", body);
    Some(request.with_header("authorization", presented.header()))
}

pub(super) fn read_outcome(
    status: u16,
    members: &Map<String, Value>,
    asked: usize,
    deferred: impl FnOnce(SecretText) -> Result<Deferred, WalletError>,
) -> Result<Outcome, WalletError> {
    let malformed = || WalletError::Malformed("credential");
    if status == 202 {
        let id = members.get("transaction_id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let next = deferred(SecretText::new(id.ok_or_else(malformed)?))?;
        let interval = match members.get("interval") {
            None => USUAL_INTERVAL,
            Some(seconds) => seconds.as_u64().filter(|seconds| *seconds > 0).ok_or_else(malformed)?,
        };
        return Ok(Outcome::Deferred { next, interval: interval.min(LONGEST_INTERVAL) });
    }
    let issued = CredentialResponse::from_object(members).ok_or_else(malformed)?;
    if issued.credentials.len() > asked.max(1) {
        return Err(WalletError::MoreThanAsked);
    }
    Ok(Outcome::Issued(issued))
}
