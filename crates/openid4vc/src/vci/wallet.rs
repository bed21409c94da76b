//! The wallet's side of an issuance: each request as data, each answer read, nothing carried.
//!
//! ```text
//! offer::Link ─► offer ─► IssuerMetadata ─► server_to_ask ─► ServerMetadata ─► Plan::new
//! Plan::token_request ─► token_response ─► Access ─► nonce_request ─► NewProof … ─► credential_calls
//!   ─► credential_response ─► Issued | Deferred ─► notification_request
//! ```
//! Without a pre-authorised code, as in an offer that has none and for a wallet that begins by itself
//! ([`offer_of_issuer`]), [`Plan::authorization`] and [`authorization`](super::authorization) come before the token.
//!
//! An answer that asks for one more try with a fresh nonce is [`Answer::Again`], once per kind and request
//! ([`Retries`]). Requests get their DPoP proof from the caller (`with_header(dpop::HEADER, …)`), made with
//! [`dpop::NewProof`](crate::dpop::NewProof), because the key may live elsewhere.
//!
//! What lives here: how an answer says no or *once more*. What is offered, the code and the token are in [`plan`]; requests for
//! credentials in [`access`]; what comes later in [`deferred`].

mod access;
mod deferred;
mod plan;

use serde_json::Value;

pub use self::access::{Access, Call};
pub use self::deferred::{Deferred, Outcome};
pub use self::plan::{AttestationAsked, Plan, offer_of_issuer, server_to_ask};
use super::attestation::CHALLENGE_HEADER;
use super::encryption::EncryptionError;
use super::reason::Reason;
use crate::dpop;
use crate::http::Response;

/// The code of an issuer that gives no such credential.
const DENIED: &str = "credential_request_denied";

/// Why a wallet does not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// The offer names a configuration that the metadata does not have, or not in a format that is spoken.
    #[error("the offer names a credential that the issuer does not describe in a format spoken here")]
    UnknownConfiguration,
    /// The offer names an authorisation server that the metadata does not list.
    #[error("the offer names an authorisation server that the issuer does not list")]
    ServerNotListed,
    /// The metadata given are of another issuer or server than the one chosen.
    #[error("the metadata belong to another party than the offer")]
    OtherParty,
    /// The offer has no pre-authorised code: a code is to be asked for.
    #[error("the offer has no pre-authorised code; the issuer's page must be visited for one")]
    NoPreAuthorizedCode,
    /// A transaction code is needed.
    #[error("the issuer wants the transaction code of this offer")]
    TxCodeNeeded,
    /// A transaction code was given, and the offer has none.
    #[error("this offer has no transaction code")]
    TxCodeUnexpected,
    /// The issuer has no endpoint for this.
    #[error("the issuer has no {0}")]
    NoEndpoint(&'static str),
    /// The issuer refused, by this code.
    #[error("the issuer refused: {code}")]
    Refused {
        /// The error code, letters and underscores only.
        code: String,
    },
    /// The issuer gives no such credential, and will not (§8.3.1.2).
    #[error("the issuer declined: it gives no such credential ({DENIED})")]
    Denied {
        /// Why, in its words: its text, and nobody else's.
        reason: Option<Reason>,
    },
    /// The issuer asked again for a fresh nonce after it had got one.
    #[error("the issuer refuses its own fresh nonce")]
    NonceRefusedTwice,
    /// Too many requests, or overloaded (429, 503).
    #[error("the issuer is busy; try again later")]
    Busy {
        /// `Retry-After` in seconds, where it is a number.
        retry_after: Option<u64>,
    },
    /// Another status than the protocol has, a redirect among them.
    #[error("the issuer answered with the status {0}")]
    Status(u16),
    /// The answer is not what the standard says.
    #[error("the issuer's {0} response is malformed")]
    Malformed(&'static str),
    /// The server takes only wallets that a provider attests, and nobody attests this one.
    #[error(
        "the issuer takes only wallets that a wallet provider vouches for, and none vouches for this one"
    )]
    AttestationNeeded,
    /// The issuer wants proofs that are not spoken, or of keys in better keeping than a wallet's own.
    #[error("the issuer wants {0}, which this wallet cannot prove")]
    ProofNotSpoken(&'static str),
    /// A request cannot be encrypted, or its answer not opened.
    #[error("{0}")]
    Encryption(#[from] EncryptionError),
    /// The token for a person's code is anybody's who sees it, although the server does DPoP (RFC 9449 §5).
    #[error("the issuer's server proved the wallet's key and gave a token that is not bound to it")]
    NotBound,
    /// More credentials came than proofs went.
    #[error("the issuer sent more credentials than were asked for")]
    MoreThanAsked,
}

impl WalletError {
    /// A stable name of the refusal.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::UnknownConfiguration => "unknown_credential_configuration",
            Self::ServerNotListed => "authorization_server_not_listed",
            Self::OtherParty => "metadata_of_other_party",
            Self::NoPreAuthorizedCode => "authorization_needed",
            Self::TxCodeNeeded => "tx_code_needed",
            Self::TxCodeUnexpected => "tx_code_unexpected",
            Self::NoEndpoint(_) => "endpoint_missing",
            Self::Refused { code } => code,
            Self::Denied { .. } => DENIED,
            Self::NonceRefusedTwice => "invalid_nonce",
            Self::Busy { .. } => "issuer_busy",
            Self::Status(_) => "unexpected_status",
            Self::NotBound => "token_not_bound",
            Self::Malformed(_) => "malformed_response",
            Self::AttestationNeeded => "attestation_needed",
            Self::ProofNotSpoken(_) => "proof_not_spoken",
            Self::Encryption(_) => "encryption",
            Self::MoreThanAsked => "more_credentials_than_asked",
        }
    }
}

/// What was tried again already; one for each request that goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retries {
    nonce: bool,
    dpop_nonce: bool,
    challenge: bool,
}

/// An answer, or the wish for one more try.
#[derive(Clone, Debug)]
pub enum Answer<T> {
    /// The answer.
    Done(T),
    /// Try once more.
    Again(Again),
}

/// What the next try needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// A fresh c_nonce from the nonce endpoint, and proofs with it (`invalid_nonce`).
    WithFreshNonce,
    /// A DPoP proof with this nonce (`use_dpop_nonce`).
    WithDpopNonce(String),
    /// A proof of possession of the attested key with this challenge (`use_attestation_challenge`).
    WithChallenge(String),
}

/// The nonce that a server gave for the next DPoP proof (RFC 9449 §8.2).
#[must_use]
pub fn next_dpop_nonce(response: &Response) -> Option<String> {
    response.header(dpop::NONCE_HEADER).filter(|nonce| !nonce.is_empty()).map(str::to_owned)
}

/// An answer that is no success: one more try, or an end.
pub(super) fn refused(response: &Response, retries: &mut Retries) -> Result<Again, WalletError> {
    match response.status {
        400 | 401 | 403 => {}
        429 | 503 => return Err(busy(response)),
        status => return Err(WalletError::Status(status)),
    }
    let code = error_code(response).ok_or(WalletError::Status(response.status))?;
    match code.as_str() {
        "invalid_nonce" => {
            if std::mem::replace(&mut retries.nonce, true) {
                return Err(WalletError::NonceRefusedTwice);
            }
            Ok(Again::WithFreshNonce)
        }
        "use_dpop_nonce" => {
            let nonce = next_dpop_nonce(response).ok_or(WalletError::Malformed("error"))?;
            if std::mem::replace(&mut retries.dpop_nonce, true) {
                return Err(WalletError::NonceRefusedTwice);
            }
            Ok(Again::WithDpopNonce(nonce))
        }
        "use_attestation_challenge" => {
            let challenge = response.header(CHALLENGE_HEADER).filter(|challenge| !challenge.is_empty());
            let challenge = challenge.ok_or(WalletError::Malformed("error"))?.to_owned();
            if std::mem::replace(&mut retries.challenge, true) {
                return Err(WalletError::NonceRefusedTwice);
            }
            Ok(Again::WithChallenge(challenge))
        }
        DENIED => {
            let reason = response.object().ok().and_then(|members| Reason::heard(&members));
            Err(WalletError::Denied { reason })
        }
        _ => Err(WalletError::Refused { code }),
    }
}

fn busy(response: &Response) -> WalletError {
    let retry_after = response.header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
    WalletError::Busy { retry_after }
}

/// The code of the body or, at protected endpoints, of `WWW-Authenticate`. Descriptions are the issuer's text and
/// go nowhere, but for why it denies a credential.
fn error_code(response: &Response) -> Option<String> {
    let of_body = response
        .object()
        .ok()
        .and_then(|members| members.get("error").and_then(Value::as_str).map(str::to_owned));
    let of_header = || {
        let challenge = response.header("www-authenticate")?;
        let (_, rest) = challenge.split_once("error=\"")?;
        rest.split('"').next().map(str::to_owned)
    };
    let plain = |code: &String| {
        (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    of_body.or_else(of_header).filter(plain)
}

#[cfg(test)]
mod tests;
