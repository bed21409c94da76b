//! A request of which it is known who made it, and what its maker may be told when it breaks a rule.

use serde_json::{Map, Value};
use trust::CertificateChain;

use super::{AuthorizationRequest, RequestError, check};
use crate::form;
use crate::http::Request;
use crate::vp::client_id::ClientId;
use crate::vp::response::{Content, Parameters};
use crate::vp::transaction_data::TransactionTypes;

/// A request whose signature, audience and times are right. What it asks for is not looked at yet.
#[derive(Clone, Debug)]
pub struct AuthenticRequest {
    pub(super) claims: Map<String, Value>,
    pub(super) client_id: ClientId,
    pub(super) chain: Option<CertificateChain>,
    pub(super) digest: [u8; 32],
}

/// What the maker of a request that breaks a rule may be told: the code, and nothing about the wallet or its person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    response_uri: String,
    state: Option<String>,
    code: &'static str,
}

impl AuthenticRequest {
    /// Checks every rule of what is asked; `types` are the types of transactions that are known.
    ///
    /// # Errors
    /// See [`RequestError`]. None of them depends on what the wallet holds.
    pub fn check(self, types: &TransactionTypes) -> Result<AuthorizationRequest, RequestError> {
        check::parameters(self, types)
    }

    /// What its maker may be told of `error`, if there is an address to which an answer could go at all.
    #[must_use]
    pub fn report(&self, error: &RequestError) -> Option<Report> {
        check::response_mode(&self.claims).ok()?;
        let response_uri = check::response_uri(&self.claims, &self.client_id).ok()?.to_owned();
        let state = check::sent_back(&self.claims, "state").ok()?;
        Some(Report { response_uri, state, code: error.code() })
    }
}

impl Report {
    /// Where it would go.
    #[must_use]
    pub fn response_uri(&self) -> &str {
        &self.response_uri
    }

    /// The error code (§8.5).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The request that tells it: readable, which an error may always be (§8.3).
    #[must_use]
    pub fn to_request(&self) -> Request {
        let content = Content::Error(self.code.to_owned());
        let parameters = Parameters { state: self.state.clone(), content };
        Request::post(&self.response_uri, form::MEDIA_TYPE, parameters.to_form())
    }
}
