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
use jose::{Jwk, base64url, digest};
use serde::{Deserialize, Serialize};

use super::attestation::provider::ListedStatus;
use super::credential::{CredentialError, CredentialRequest, Proofs, Wanted};
use super::deferred::Waiting;
use super::notification::{Event, NotificationError, NotificationRequest};
use super::offer::{AuthorizationCodeGrant, CredentialOffer, PreAuthorizedGrant, TransactionCode};
use super::proof::{self, Attesters, ProvedKeys, Rules};
use super::token::{TokenError, TokenGrant, TokenRequest, TokenResponse};
use crate::access::{AccessError, Presented, Scheme};
use crate::dpop::{self, DpopError};
use crate::http::Method;
use crate::seconds;
use crate::secret::{SecretHash, SecretText};
use crate::timed_nonce::{NonceKey, NonceUse};
use redeemed::OfOffer;

mod granted;
mod redeemed;

pub use granted::{Granted, Holder};

/// How many wrong transaction codes a code survives, less one (OpenID4VCI 1.0 §13.6 and errata).
pub const TX_CODE_TRIES: u8 = 5;

/// A credential that may be issued once in a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The configuration of the metadata.
    pub configuration: String,
    /// Whether it is bound to a key, so that proofs are needed.
    pub key_bound: bool,
}

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
fn tx_code_hash(code: &SecretText, tx_code: &SecretText) -> SecretHash {
    SecretHash::of(&format!("{}.{}", code.expose(), tx_code.expose()))
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
    expires_at: Timestamp,
    token_lifetime: i64,
    nonce_lifetime: i64,
    batch_size: u64,
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

/// A credential, or a batch, that was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Issued {
    pub(super) configuration: String,
    pub(super) notification: SecretHash,
    pub(super) event: Option<Event>,
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

/// For how many seconds a token may be used that is anybody's who finds it (OpenID4VCI §13.10).
const LONGEST_UNBOUND: i64 = 300;

impl Offered {
    fn token(
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

/// One credential data set for each configuration: its identifier need only differ from the configuration's name.
fn identifier_of(configuration: &str) -> String {
    format!("{configuration}:1")
}

/// Somebody who showed a valid access token.
#[derive(Clone, Debug)]
pub struct Authorized {
    access: Access,
    dpop: Option<dpop::Verified>,
}

/// What the issuer knows when it looks at proofs.
#[derive(Clone, Copy)]
pub struct ProofRules<'a> {
    /// The issuer's identifier.
    pub credential_issuer: &'a str,
    /// The key of our nonces.
    pub nonces: &'a NonceKey,
    /// See [`Rules::key_of`].
    pub key_of: &'a dyn Fn(&str) -> Option<Jwk>,
    /// See [`Rules::attested`].
    pub attested: Option<Attesters<'a>>,
}

/// What is to be issued: one credential for each key, or one without a key.
#[derive(Clone, Debug)]
pub struct Order {
    /// Which configuration.
    pub configuration: String,
    /// The keys, all different; empty for a credential that is bound to none.
    pub keys: Vec<Jwk>,
    /// The nonces that were used: store them if a nonce is to be used once.
    pub nonces: Vec<NonceUse>,
    /// Where the attestations of the keys are listed, as far as they are: to be asked before anything is issued.
    pub statuses: Vec<ListedStatus>,
    /// Goes into the response.
    pub notification_id: SecretText,
}

/// What follows from a credential request that is granted.
#[derive(Clone, Debug)]
pub struct CredentialStep {
    /// The next state.
    pub next: Flow,
    /// What to sign and send.
    pub order: Order,
}

/// What follows from a notification.
#[derive(Clone, Debug)]
pub struct NotificationStep {
    /// The next state.
    pub next: Flow,
    /// Which configuration it is about.
    pub configuration: String,
    /// What became of it.
    pub event: Event,
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

    /// Takes a credential request. A refusal changes nothing.
    ///
    /// # Errors
    /// See [`CredentialError`].
    pub fn credential(
        self,
        request: &CredentialRequest,
        rules: &ProofRules<'_>,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> Result<CredentialStep, CredentialError> {
        let mut access = self.access;
        let grant = access.granted(&request.wanted)?.clone();
        if access.has_issued(&grant.configuration) {
            return Err(CredentialError::AlreadyIssued);
        }
        let proved = access.proofs(request, &grant, rules, now)?;
        let notification_id = SecretText::random(randomness);
        access.issued.push(Issued {
            configuration: grant.configuration.clone(),
            notification: notification_id.hash(),
            event: None,
        });
        // What was promised before is given now.
        access.waiting.retain(|waiting| waiting.configuration != grant.configuration);
        let ProvedKeys { keys, nonces, statuses } = proved;
        let order = Order { configuration: grant.configuration, keys, nonces, statuses, notification_id };
        Ok(CredentialStep { next: access.into_flow(), order })
    }

    /// Takes a notification; the same one may come again. What was promised is given no more, whatever became of it: it came.
    ///
    /// # Errors
    /// [`NotificationError::UnknownIdentifier`].
    pub fn notification(self, request: &NotificationRequest) -> Result<NotificationStep, NotificationError> {
        let mut access = self.access;
        let issued = access
            .issued
            .iter_mut()
            .find(|issued| issued.notification.matches(request.id.expose()))
            .ok_or(NotificationError::UnknownIdentifier)?;
        issued.event = Some(request.event);
        let configuration = issued.configuration.clone();
        access.waiting.retain(|waiting| waiting.configuration != configuration);
        Ok(NotificationStep { next: access.into_flow(), configuration, event: request.event })
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

    fn has_issued(&self, configuration: &str) -> bool {
        self.issued.iter().any(|issued| issued.configuration == configuration)
    }

    fn granted(&self, wanted: &Wanted) -> Result<&Grant, CredentialError> {
        let find = |fits: &dyn Fn(&Grant) -> bool| self.grants.iter().find(|grant| fits(grant));
        match wanted {
            Wanted::Identifier(identifier) => {
                let named =
                    find(&|grant| self.by_identifier && identifier_of(&grant.configuration) == *identifier);
                named.ok_or(CredentialError::UnknownIdentifier)
            }
            Wanted::Configuration(configuration) => {
                let grant = find(&|grant| grant.configuration == *configuration);
                let grant = grant.ok_or(CredentialError::UnknownConfiguration)?;
                // §8.2: the identifiers of the token response must be used.
                if self.by_identifier { Err(CredentialError::WrongKindOfIdentifier) } else { Ok(grant) }
            }
        }
    }

    fn proofs(
        &self,
        request: &CredentialRequest,
        grant: &Grant,
        rules: &ProofRules<'_>,
        now: Timestamp,
    ) -> Result<ProvedKeys, CredentialError> {
        if !grant.key_bound {
            return Ok(ProvedKeys::default());
        }
        let most = usize::try_from(self.batch_size.max(1)).unwrap_or(usize::MAX);
        match &request.proofs {
            Proofs::Jwt(proofs) if proofs.is_empty() => return Err(CredentialError::ProofMissing),
            Proofs::Jwt(proofs) if proofs.len() > most => return Err(CredentialError::TooManyProofs),
            Proofs::Attestation(_) if rules.attested.is_none() => return Err(CredentialError::ProofType),
            _ => {}
        }
        let rules = Rules {
            credential_issuer: rules.credential_issuer,
            nonces: rules.nonces,
            nonce_lifetime: self.nonce_lifetime,
            client_id: self.client_id.as_deref(),
            key_of: rules.key_of,
            attested: rules.attested,
            now,
        };
        Ok(proof::verify_request(&request.proofs, most, &rules)?)
    }
}

#[cfg(test)]
mod tests;
