//! The issuer's side of one offer, from the code to the last notification.
//!
//! ```text
//! Offered ── token ──► TokenIssued ── credential (each configuration once) ──► Issued
//! Granted ── token ──┘ │           └─ deferred, until a notification came ───┘
//!    │                 └── the code comes again, with all that belongs to it ──► refused for ever
//!    └── expired, or five wrong transaction codes ──► refused for ever
//! ```
//! `Offered` has its code from an offer, `Granted` from an [`Authorization`](super::authorization::Authorization).
//!
//! The caller keeps one record per flow, finds it by the hash of code or token, and writes `next` in the same
//! transaction in which it acts on `reply`. Which person and which claims a flow is about is the caller's record.

use environment::{Randomness, Timestamp};
use jose::base64url;
use serde::{Deserialize, Serialize};

use super::deferred::Waiting;
use super::token::{TokenError, TokenRequest, TokenResponse};
use crate::access::{AccessError, Presented, Scheme};
use crate::dpop;
use crate::http::Method;
use crate::seconds;
use crate::secret::{SecretHash, SecretText};
use crate::timed_nonce::NonceKey;
use redeemed::OfOffer;

mod granted;
mod issuing;
mod offered;
mod redeemed;

pub use granted::{Granted, Holder};
pub use issuing::{CredentialStep, NotificationStep, Order, ProofRules};
pub use offered::{Made, NewOffer, Offered, TX_CODE_TRIES, TakenUp};

pub(super) use issuing::Issued;
use issuing::identifier_of;

/// A credential that may be issued once in a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The configuration of the metadata.
    pub configuration: String,
    /// Whether it is bound to a key, so that proofs are needed.
    pub key_bound: bool,
}

/// The state of one offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "awaits")]
#[non_exhaustive]
pub enum Flow {
    /// Awaits the token request.
    Offered(Offered),
    /// Awaits the token request of a wallet that asked for its code.
    Granted(Granted),
    /// Awaits credential requests, and the wallet's word that what was promised came.
    TokenIssued(Access),
    /// Everything is issued; awaits notifications.
    Issued(Access),
    /// The code died after too many wrong transaction codes, or came again, with all that belongs to it, while its token
    /// was in use.
    Dead,
}

/// What an access token stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    token: SecretHash,
    /// `jkt` of the key the token is bound to.
    bound_to: Option<String>,
    client_id: Option<String>,
    /// Records of before do not say it.
    #[serde(default = "long_ago", with = "seconds")]
    given_at: Timestamp,
    #[serde(with = "seconds")]
    expires_at: Timestamp,
    nonce_lifetime: i64,
    batch_size: u64,
    /// Whether requests name identifiers instead of configurations.
    by_identifier: bool,
    /// Whether DPoP proofs need a nonce of ours.
    #[serde(default)]
    dpop_nonce: bool,
    grants: Vec<Grant>,
    /// Whose code was redeemed, if it was asked for.
    #[serde(default)]
    redeemed: Option<Holder>,
    /// What belonged to the code, if it came from an offer.
    #[serde(default)]
    of_offer: Option<OfOffer>,
    pub(super) issued: Vec<Issued>,
    /// What was granted and is not ready yet.
    #[serde(default)]
    pub(super) waiting: Vec<Waiting>,
}

const fn long_ago() -> Timestamp {
    Timestamp::from_seconds(0)
}

/// What follows from a token request, refused or not: `next` is stored either way, unless nothing has changed.
#[derive(Clone, Debug)]
pub struct TokenStep {
    /// The next state.
    pub next: Flow,
    /// The answer.
    pub reply: Result<TokenResponse, TokenError>,
    /// Under which hash the flow is to be found from now on.
    pub token: Option<SecretHash>,
}

impl Flow {
    /// Until when the flow can be continued; afterwards, and at once where there is no such moment, its record may go.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Offered(offered) => Some(offered.expires_at),
            Self::Granted(granted) => Some(granted.expires_at),
            Self::TokenIssued(access) | Self::Issued(access) => Some(access.expires_at),
            Self::Dead => None,
        }
    }

    /// When the access token was given, if there is one that counts.
    #[must_use]
    pub const fn token_given_at(&self) -> Option<Timestamp> {
        match self {
            Self::TokenIssued(access) | Self::Issued(access) => Some(access.given_at),
            Self::Offered(_) | Self::Granted(_) | Self::Dead => None,
        }
    }

    /// Takes a token request whose code belongs to this flow. A used code is refused as an unknown one is; where two hold
    /// it now, what is not issued yet is issued to neither (RFC 6749 §4.1.2, §10.5). Who holds a code that was asked for
    /// also holds its client, address, verifier and key: it stands in a redirect, and alone it ends nothing. Who holds that of
    /// an offer also holds its transaction code, and brings a proof where the first had to, while the code would count: an
    /// offer without a transaction code can be ended by who saw it.
    #[must_use]
    pub fn token(
        self,
        request: &TokenRequest,
        dpop: Option<&dpop::Verified>,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> TokenStep {
        match self {
            Self::Offered(offered) => offered.token(request, dpop, now, randomness),
            Self::Granted(granted) => granted.token(request, dpop, now, randomness),
            Self::TokenIssued(access) => TokenStep {
                next: access.came_again(request, dpop, now),
                reply: Err(TokenError::InvalidCode),
                token: None,
            },
            other => TokenStep { next: other, reply: Err(TokenError::InvalidCode), token: None },
        }
    }

    /// Lets the bearer of an access token in.
    ///
    /// # Errors
    /// See [`AccessError`]; nothing is to be stored then.
    pub fn authorize(
        self,
        presented: &Presented,
        request: &Protected<'_>,
    ) -> Result<Authorized, AccessError> {
        let (Self::TokenIssued(access) | Self::Issued(access)) = self else {
            return Err(AccessError::InvalidToken);
        };
        if !access.token.matches(presented.token.expose()) || request.now >= access.expires_at {
            return Err(AccessError::InvalidToken);
        }
        let dpop = match (&access.bound_to, presented.scheme) {
            (None, Scheme::Bearer) => None,
            (Some(bound_to), Scheme::Dpop) => {
                let request =
                    Protected { nonce_required: request.nonce_required || access.dpop_nonce, ..*request };
                Some(request.check(presented, bound_to)?)
            }
            _ => return Err(AccessError::WrongScheme),
        };
        Ok(Authorized { access, dpop })
    }
}

/// A request at a protected endpoint, as far as DPoP looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Protected<'a> {
    /// The `DPoP` headers.
    pub dpop_headers: &'a [&'a str],
    /// The method.
    pub method: Method,
    /// The URL under which the request was meant to come.
    pub url: &'a str,
    /// The key of our nonces.
    pub nonces: &'a NonceKey,
    /// Whether proofs need a nonce.
    pub nonce_required: bool,
    /// The present moment.
    pub now: Timestamp,
}

impl Protected<'_> {
    fn check(&self, presented: &Presented, bound_to: &str) -> Result<dpop::Verified, AccessError> {
        let bound_to = base64url::decode_exact(bound_to).map_err(|_| AccessError::InvalidToken)?;
        let expected = dpop::Expected {
            method: self.method,
            url: self.url,
            access_token: Some(presented.token.expose()),
            bound_to: Some(bound_to),
            nonces: self.nonces,
            nonce_required: self.nonce_required,
            now: self.now,
        };
        Ok(dpop::verify(self.dpop_headers.iter().copied(), &expected)?)
    }
}

/// What is left of `grants` when the request names some in `authorization_details` (RFC 9396 §6.1).
fn narrowed(grants: &[Grant], request: &TokenRequest) -> Result<Vec<Grant>, TokenError> {
    let Some(named) = &request.authorization_details else { return Ok(grants.to_vec()) };
    let known = |name: &String| grants.iter().any(|grant| grant.configuration == *name);
    if !named.iter().all(known) {
        return Err(TokenError::AuthorizationDetails);
    }
    Ok(grants.iter().filter(|grant| named.contains(&grant.configuration)).cloned().collect())
}

/// What a token is made of.
struct Tokens {
    grants: Vec<Grant>,
    by_identifier: bool,
    token_lifetime: i64,
    nonce_lifetime: i64,
    batch_size: u64,
    dpop_nonce: bool,
    redeemed: Option<Holder>,
    of_offer: Option<OfOffer>,
}

impl Tokens {
    fn issue(
        self,
        request: &TokenRequest,
        dpop: Option<&dpop::Verified>,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> TokenStep {
        let token = SecretText::random(randomness);
        let identifiers = self
            .grants
            .iter()
            .filter(|_| self.by_identifier)
            .map(|grant| (grant.configuration.clone(), vec![identifier_of(&grant.configuration)]));
        let reply = TokenResponse {
            access_token: token.clone(),
            scheme: if dpop.is_some() { Scheme::Dpop } else { Scheme::Bearer },
            expires_in: u64::try_from(self.token_lifetime).ok(),
            identifiers: identifiers.collect(),
        };
        let access = Access {
            token: token.hash(),
            bound_to: dpop.map(|proof| proof.key().thumbprint_base64url()),
            client_id: request.client_id.clone(),
            given_at: now,
            expires_at: now.plus(self.token_lifetime),
            nonce_lifetime: self.nonce_lifetime,
            batch_size: self.batch_size,
            by_identifier: self.by_identifier,
            dpop_nonce: self.dpop_nonce,
            grants: self.grants,
            redeemed: self.redeemed,
            of_offer: self.of_offer,
            issued: Vec::new(),
            waiting: Vec::new(),
        };
        TokenStep { token: Some(token.hash()), next: Flow::TokenIssued(access), reply: Ok(reply) }
    }
}

/// Somebody who showed a valid access token.
#[derive(Clone, Debug)]
pub struct Authorized {
    access: Access,
    dpop: Option<dpop::Verified>,
}

impl Authorized {
    /// The DPoP proof that came along: its use is to be stored.
    #[must_use]
    pub const fn dpop(&self) -> Option<&dpop::Verified> {
        self.dpop.as_ref()
    }

    pub(super) fn into_access(self) -> Access {
        self.access
    }
}

impl Access {
    pub(super) fn into_flow(self) -> Flow {
        let is_all_issued = self.grants.iter().all(|grant| self.has_issued(&grant.configuration));
        if is_all_issued && !self.waiting.iter().any(Waiting::is_unconfirmed) {
            Flow::Issued(self)
        } else {
            Flow::TokenIssued(self)
        }
    }
}

#[cfg(test)]
mod tests;
