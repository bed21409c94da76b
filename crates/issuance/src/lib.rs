//! OpenID4VCI 1.0 over the store: the issuer's endpoints, shared by offices and spaces.
//!
//! The rules and the state machine are `openid4vc::vci`; here are the records they live in, the changes that
//! move them, the status lists and the axum routes. What a credential says is the domain's: it implements
//! [`Minting`]. Nothing of a flow is kept in memory, so any replica continues any flow.
//!
//! ```text
//! Issuance::offer ──► FlowRecord ── POST /token ── POST /credential ──► StatusEntry…, Job "issuance-complete"
//!                                                     └─ 202 ── POST /deferred ──┘
//! ```
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod allowance;
mod asking_again;
mod attesting;
mod authorizing;
mod changes;
mod copies;
mod deferring;
mod encrypting;
mod issue;
mod minting;
mod offers;
mod records;
mod revoking;
mod routes;
mod service;
mod status;
#[cfg(test)]
mod tests;
mod unopened;
mod withdrawing;

pub use allowance::Allowance;
pub use asking_again::Shown;
pub use attesting::{AttestationStanding, AttestationStatuses, AttestedWallet, WalletProviders};
pub use authorizing::{OpenFailure, Opened};
pub use encrypting::Encryption;
pub use minting::{BoxFuture, MintError, Minted, Minting};
pub use offers::{OfferError, OfferRequest, Offered, PreparedOffer};
pub use records::{AuthorizationRecord, FlowRecord, RevokedEntry, StatusEntry, Unconfirmed};
pub use revoking::{Holding, Revoked, revoke};
pub use service::{Configuration, Extensions, Issuance, Settings};
pub use withdrawing::withdraw;

/// The kind of the job that tells the domain that everything of an offer was issued, and that the wallet has what was
/// promised for later: its payload is the subject. The domain then erases the values it held for it. A wallet need not say
/// that something came, so the domain has an end of its own for them.
pub const COMPLETE: &str = "issuance-complete";
