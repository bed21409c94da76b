//! An access token at work: nonces, requests for credentials and their answers.

use environment::Randomness;
use serde_json::{Map, Value};

use super::deferred::{Deferred, Outcome, notification_request, read_outcome};
use super::{Answer, Retries, WalletError, busy, refused};
use crate::access::{Presented, Scheme};
use crate::http::{Method, Request, Response};
use crate::secret::SecretText;
use crate::vci::credential::{CredentialRequest, Wanted};
use crate::vci::encryption::{self, ResponseKey};
use crate::vci::metadata::IssuerMetadata;
use crate::vci::notification::Event;
use crate::vci::token::TokenResponse;

/// A request to the credential or the deferred endpoint, and what opens its answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// The request, without its DPoP proof.
    pub request: Request,
    /// Opens the answer; absent: it comes readable.
    response_key: Option<ResponseKey>,
}

impl Call {
    /// Encrypted wherever the issuer offers it, under a key that is fresh for this call (§10).
    pub(super) fn new(
        metadata: &IssuerMetadata,
        endpoint: &str,
        presented: &Presented,
        body: &Value,
        randomness: &dyn Randomness,
    ) -> Result<Self, WalletError> {
        let sealed = encryption::seal_request(metadata, body, randomness)?;
        let accept = if sealed.response_key().is_some() {
            "application/jwt, application/json"
        } else {
            "application/json"
        };
        let request = Request::post(endpoint, sealed.media_type(), sealed.body())
            .with_header("accept", accept)
            .with_header("authorization", presented.header());
        Ok(Self { request, response_key: sealed.response_key().cloned() })
    }

    /// The members of a 200 or 202.
    pub(super) fn open(&self, response: &Response) -> Result<Map<String, Value>, WalletError> {
        match &self.response_key {
            Some(key) => Ok(key.open(response)?),
            None => response.object().map_err(|_| WalletError::Malformed("credential")),
        }
    }
}

/// An access token and what it opens.
#[derive(Clone, Debug)]
pub struct Access {
    metadata: IssuerMetadata,
    token: TokenResponse,
}

impl Access {
    pub(super) const fn new(metadata: IssuerMetadata, token: TokenResponse) -> Self {
        Self { metadata, token }
    }

    /// The issuer's identifier, the audience of proofs.
    #[must_use]
    pub fn credential_issuer(&self) -> &str {
        &self.metadata.credential_issuer
    }

    /// Where credential requests go, for their DPoP proof.
    #[must_use]
    pub fn credential_endpoint(&self) -> &str {
        &self.metadata.credential_endpoint
    }

    /// The access token, for `ath` of a DPoP proof; and whether one is needed.
    #[must_use]
    pub fn presented(&self) -> Presented {
        Presented { scheme: self.token.scheme, token: self.token.access_token.clone() }
    }

    /// How many proofs one request may have.
    #[must_use]
    pub fn batch_size(&self) -> u64 {
        self.metadata.batch_size.unwrap_or(1)
    }

    /// The request for a c_nonce; `None` when the issuer has no nonce endpoint.
    #[must_use]
    pub fn nonce_request(&self) -> Option<Request> {
        self.metadata.nonce_endpoint.as_ref().map(|endpoint| Request {
            method: Method::Post,
            url: endpoint.clone(),
            headers: vec![("accept", "application/json".to_owned())],
            body: Vec::new(),
        })
    }

    /// Reads the c_nonce.
    ///
    /// # Errors
    /// [`WalletError::Malformed`], [`WalletError::Status`], [`WalletError::Busy`].
    pub fn nonce_response(response: &Response) -> Result<String, WalletError> {
        match response.status {
            200 => {}
            429 | 503 => return Err(busy(response)),
            status => return Err(WalletError::Status(status)),
        }
        let members = response.ok_object().map_err(|_| WalletError::Malformed("nonce"))?;
        let nonce = members.get("c_nonce").and_then(Value::as_str).filter(|nonce| !nonce.is_empty());
        nonce.map(str::to_owned).ok_or(WalletError::Malformed("nonce"))
    }

    /// What is asked for under one configuration: itself, or each of its identifiers if the token response gave some.
    #[must_use]
    pub fn wanted(&self, configuration: &str) -> Vec<Wanted> {
        match self.token.identifiers.get(configuration) {
            Some(identifiers) => identifiers.iter().cloned().map(Wanted::Identifier).collect(),
            None => vec![Wanted::Configuration(configuration.to_owned())],
        }
    }

    /// The request for one thing that is wanted, encrypted as far as the issuer offers it.
    ///
    /// # Errors
    /// [`WalletError::Encryption`].
    pub fn credential_call(
        &self,
        request: &CredentialRequest,
        randomness: &dyn Randomness,
    ) -> Result<Call, WalletError> {
        let body = request.to_value();
        Call::new(&self.metadata, self.credential_endpoint(), &self.presented(), &body, randomness)
    }

    /// The readable requests for one configuration.
    #[must_use]
    pub fn credential_requests(&self, configuration: &str, proofs: Vec<String>) -> Vec<Request> {
        let request = |wanted| {
            let body = CredentialRequest { wanted, proofs: proofs.clone().into() }.to_value().to_string();
            Request::post(self.credential_endpoint(), "application/json", body)
                .with_header("authorization", self.presented().header())
        };
        self.wanted(configuration).into_iter().map(request).collect()
    }

    /// Reads the answer to a call that asked for `asked` credentials (1 if it had no proofs).
    ///
    /// # Errors
    /// See [`WalletError`].
    pub fn credential_response(
        &self,
        call: &Call,
        response: &Response,
        asked: usize,
        retries: &mut Retries,
    ) -> Result<Answer<Outcome>, WalletError> {
        match response.status {
            200 | 202 => {}
            _ => return refused(response, retries).map(Answer::Again),
        }
        let outcome = read_outcome(response.status, &call.open(response)?, asked, |transaction_id| {
            let endpoint = self.metadata.deferred_credential_endpoint.clone();
            Ok(Deferred {
                endpoint: endpoint.ok_or(WalletError::NoEndpoint("deferred credential endpoint"))?,
                notification_endpoint: self.metadata.notification_endpoint.clone(),
                scheme_is_dpop: self.token.scheme == Scheme::Dpop,
                token: self.token.access_token.clone(),
                transaction_id,
                asked,
            })
        })?;
        Ok(Answer::Done(outcome))
    }

    /// The request that says what became of credentials; `None` when the issuer has no endpoint for it.
    #[must_use]
    pub fn notification_request(&self, id: &SecretText, event: Event) -> Option<Request> {
        notification_request(self.metadata.notification_endpoint.as_deref()?, &self.presented(), id, event)
    }
}
