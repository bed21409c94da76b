//! The authorisation code flow (RFC 6749 §4.1 as HAIP 1.0 §4 profiles it): the request is pushed (RFC 9126), protected by
//! PKCE (RFC 7636), and the answer names its server (RFC 9207).
//!
//! ```text
//! wallet                     server                                person
//! NewAuthorization ── PAR ─► PushedRequest ─► Authorization::Pushed
//! Pending::pushed ◄─ request_uri ─┘
//!       └──── authorization URL, in the browser ─► open ─► AwaitsPerson ◄── shows who they are, or cancels
//! Pending::returned ◄── redirect: code, state, iss ── grant │ deny ──┘
//! Pending::token_request ──► issuer::Flow::Granted ─► TokenIssued ─► …
//! ```
//! Before a request was read to its end, nothing goes to its `redirect_uri`: every refusal at the pushed request is an
//! answer to the wallet, and one at the authorisation endpoint is a page.

pub mod details;
pub mod flow;
pub mod pushed;
pub mod redirect;
pub mod wallet;

pub use flow::{Authorization, Lifetimes, OpenError};
pub use pushed::{PushedRequest, PushedResponse, Wanted};
pub use redirect::{Denial, RedirectUri, RedirectUriError};
pub use wallet::{NewAuthorization, Pending, ReturnError, Wish};

use super::pkce::PkceError;
use crate::dpop::DpopError;
use crate::form::FormError;
use crate::http;

/// What stands before the secret in a `request_uri` (RFC 9126 §2.2).
pub const REQUEST_URI_PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// Longest `client_id` that is taken, in bytes.
pub const LONGEST_CLIENT_ID: usize = 256;
/// Longest `state` that is taken, in bytes.
pub const LONGEST_STATE: usize = 1_024;
/// Longest `redirect_uri` that is taken, in bytes.
pub const LONGEST_REDIRECT_URI: usize = 2_048;

/// Why a pushed request is not taken. It is answered, never redirected (RFC 9126 §2.3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// The body is no form with each parameter once.
    #[error("the authorisation request cannot be read: {0}")]
    Form(#[from] FormError),
    /// A parameter is missing, empty or malformed.
    #[error("{0} is missing or malformed")]
    Parameter(&'static str),
    /// Another `response_type` than `code`.
    #[error("response_type must be code")]
    ResponseType,
    /// `request_uri` or `request`: a pushed request stands for itself (RFC 9126 §2.1).
    #[error("{0} has no place in a pushed request")]
    RequestObject(&'static str),
    /// PKCE.
    #[error("{0}")]
    Pkce(#[from] PkceError),
    /// `redirect_uri` is none that is taken.
    #[error("redirect_uri is refused: {0}")]
    RedirectUri(#[from] RedirectUriError),
    /// Neither `scope` nor `authorization_details` names a credential of this issuer.
    #[error("scope or authorization_details must name a credential of this issuer")]
    Scope,
    /// `authorization_details` cannot be used.
    #[error(transparent)]
    Details(#[from] details::MalformedDetails),
    /// `issuer_state` belongs to no open offer, or to one that does not hold what is asked for.
    #[error("issuer_state belongs to no open offer of what is asked for")]
    IssuerState,
    /// The DPoP proof is wrong.
    #[error("{0}")]
    Dpop(#[from] DpopError),
    /// `dpop_jkt` is another key than that of the proof (RFC 9449 §10.1).
    #[error("dpop_jkt is not the key of the DPoP proof")]
    OtherDpopKey,
    /// This issuer has no authorisation code flow.
    #[error("this issuer gives no authorisation codes")]
    NotOffered,
    /// So many requests wait that no more are kept.
    #[error("too many authorisation requests wait; try again later")]
    TooMany,
}

impl AuthorizationError {
    /// The error code (RFC 6749 §4.1.2.1, RFC 9126 §2.3, RFC 9396 §5, RFC 9449 §5 and §10.1).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form(_)
            | Self::Parameter(_)
            | Self::RequestObject(_)
            | Self::Pkce(_)
            | Self::RedirectUri(_)
            | Self::IssuerState => "invalid_request",
            Self::ResponseType => "unsupported_response_type",
            Self::Scope => "invalid_scope",
            Self::Details(_) => "invalid_authorization_details",
            Self::Dpop(DpopError::NonceNeeded) => "use_dpop_nonce",
            Self::Dpop(_) | Self::OtherDpopKey => "invalid_dpop_proof",
            Self::NotOffered => "unauthorized_client",
            Self::TooMany => "temporarily_unavailable",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::TooMany => 503,
            _ => 400,
        }
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> String {
        http::error_body(self.code(), self)
    }
}

#[cfg(test)]
mod tests;
