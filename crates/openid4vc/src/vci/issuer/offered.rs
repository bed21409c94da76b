//! An offer, and the token request of whoever brings its code (OpenID4VCI 1.0 §4, §6).

use environment::{Randomness, Timestamp};
use jose::digest;
use serde::{Deserialize, Serialize};

use super::redeemed::OfOffer;
use super::{Flow, Grant, TokenStep, Tokens, narrowed};
use crate::dpop::{self, DpopError};
use crate::seconds;
use crate::secret::{SecretHash, SecretText};
use crate::vci::offer::{AuthorizationCodeGrant, CredentialOffer, PreAuthorizedGrant, TransactionCode};
use crate::vci::token::{TokenError, TokenGrant, TokenRequest};

/// How many wrong transaction codes a code survives, less one (OpenID4VCI 1.0 §13.6 and errata).
pub const TX_CODE_TRIES: u8 = 5;

/// How an offer may be taken up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TakenUp {
    /// By the code in it.
    #[default]
    ByCode,
    /// By asking for a code, with its `issuer_state`.
    ByAuthorization,
    /// As the wallet likes.
    Either,
}

impl TakenUp {
    /// The offer whose code is `code`, with the grants by which it may be taken up.
    #[must_use]
    pub fn offer(
        self,
        credential_issuer: String,
        configuration_ids: Vec<String>,
        code: &SecretText,
        tx_code: Option<TransactionCode>,
    ) -> CredentialOffer {
        let pre_authorized = (self != Self::ByAuthorization).then(|| PreAuthorizedGrant {
            code: code.clone(),
            tx_code,
            authorization_server: None,
        });
        let authorization_code = self
            .issuer_state(code)
            .map(|state| AuthorizationCodeGrant { issuer_state: Some(state), authorization_server: None });
        CredentialOffer { credential_issuer, configuration_ids, pre_authorized, authorization_code }
    }

    /// The `issuer_state` of the offer whose code is `code`, if it has one: it follows from the code, and the code not from
    /// it.
    #[must_use]
    pub fn issuer_state(self, code: &SecretText) -> Option<SecretText> {
        let state = || digest::sha256_base64url(format!("issuer_state.{}", code.expose()));
        (self != Self::ByCode).then(|| SecretText::new(state()))
    }
}

/// What an offer is made of.
#[derive(Clone, Debug)]
pub struct NewOffer {
    /// The issuer's identifier.
    pub credential_issuer: String,
    /// What is offered; not empty, each configuration once.
    pub grants: Vec<Grant>,
    /// How it may be taken up.
    pub taken_up: TakenUp,
    /// Digits of the transaction code and what the person is told of it; absent: none.
    pub tx_code: Option<(u8, Option<String>)>,
    /// When the code dies.
    pub expires_at: Timestamp,
    /// For how many seconds the access token may be used.
    pub token_lifetime: i64,
    /// For how many seconds a c_nonce may be used.
    pub nonce_lifetime: i64,
    /// Most credentials of one request.
    pub batch_size: u64,
}

/// An offer that was made: what is shown, and what is stored.
#[derive(Clone, Debug)]
pub struct Made {
    /// The offer, to be shown as link or QR; it holds the code.
    pub offer: CredentialOffer,
    /// The code, which is in the offer unless that is taken up by authorisation alone.
    pub code: SecretText,
    /// The transaction code, to be told on another way.
    pub tx_code: Option<SecretText>,
    /// The flow's first state.
    pub flow: Flow,
}

impl NewOffer {
    /// Makes code and transaction code.
    #[must_use]
    pub fn make(self, randomness: &dyn Randomness) -> Made {
        let code = SecretText::random(randomness);
        let tx_code = self.tx_code.as_ref().map(|(length, _)| SecretText::random_digits(*length, randomness));
        let described = self.tx_code.map(|(length, description)| TransactionCode {
            numeric: true,
            length: Some(u64::from(length)),
            description,
        });
        let configurations = self.grants.iter().map(|grant| grant.configuration.clone()).collect();
        let offer = self.taken_up.offer(self.credential_issuer, configurations, &code, described);
        let flow = Flow::Offered(Offered {
            code: code.hash(),
            taken_up: self.taken_up,
            tx_code: tx_code.as_ref().map(|tx_code| tx_code_hash(&code, tx_code)),
            tries_left: TX_CODE_TRIES,
            grants: self.grants,
            expires_at: self.expires_at,
            token_lifetime: self.token_lifetime,
            nonce_lifetime: self.nonce_lifetime,
            batch_size: self.batch_size,
        });
        Made { offer, code, tx_code, flow }
    }
}

/// A few digits alone could be found from their hash; with the code in it they cannot.
pub(super) fn tx_code_hash(code: &SecretText, tx_code: &SecretText) -> SecretHash {
    SecretHash::of(&format!("{}.{}", code.expose(), tx_code.expose()))
}

/// An offer that nobody has taken up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    code: SecretHash,
    #[serde(default)]
    taken_up: TakenUp,
    tx_code: Option<SecretHash>,
    tries_left: u8,
    grants: Vec<Grant>,
    #[serde(with = "seconds")]
    pub(super) expires_at: Timestamp,
    token_lifetime: i64,
    nonce_lifetime: i64,
    batch_size: u64,
}

/// For how many seconds a token may be used that is anybody's who finds it (OpenID4VCI §13.10).
pub(super) const LONGEST_UNBOUND: i64 = 300;

impl Offered {
    pub(super) fn token(
        mut self,
        request: &TokenRequest,
        dpop: Option<&dpop::Verified>,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> TokenStep {
        let refuse = |next: Flow, error: TokenError| TokenStep { next, reply: Err(error), token: None };
        let TokenGrant::PreAuthorized { tx_code } = &request.grant else {
            return refuse(Flow::Offered(self), TokenError::InvalidCode);
        };
        let is_by_code = self.taken_up != TakenUp::ByAuthorization;
        if !is_by_code || !self.code.matches(request.code.expose()) || now >= self.expires_at {
            return refuse(Flow::Offered(self), TokenError::InvalidCode);
        }
        let needs_proof = self.token_lifetime > LONGEST_UNBOUND;
        if dpop.is_none() && needs_proof {
            return refuse(Flow::Offered(self), TokenError::Dpop(DpopError::Missing));
        }
        match (&self.tx_code, tx_code) {
            (None, Some(_)) => return refuse(Flow::Offered(self), TokenError::TxCodeUnexpected),
            (Some(_), None) => return refuse(Flow::Offered(self), TokenError::TxCodeMissing),
            (Some(right), Some(given)) => {
                let given = tx_code_hash(&request.code, given);
                if !digest::constant_time_equal(right.as_bytes(), given.as_bytes()) {
                    self.tries_left = self.tries_left.saturating_sub(1);
                    let next = if self.tries_left == 0 { Flow::Dead } else { Flow::Offered(self) };
                    return refuse(next, TokenError::WrongTxCode);
                }
            }
            (None, None) => {}
        }
        let grants = match narrowed(&self.grants, request) {
            Ok(grants) => grants,
            Err(error) => return refuse(Flow::Offered(self), error),
        };
        let tokens = Tokens {
            grants,
            by_identifier: request.authorization_details.is_some(),
            token_lifetime: self.token_lifetime,
            nonce_lifetime: self.nonce_lifetime,
            batch_size: self.batch_size,
            dpop_nonce: false,
            redeemed: None,
            of_offer: Some(OfOffer {
                tx_code: self.tx_code,
                tries_left: self.tries_left,
                needs_proof,
                expires_at: self.expires_at,
            }),
        };
        tokens.issue(request, dpop, now, randomness)
    }
}
