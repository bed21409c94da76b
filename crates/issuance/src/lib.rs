//! OpenID4VCI 1.0 over the store: the issuer's endpoints, shared by offices and spaces.
//!
//! The rules and the state machine are `openid4vc::vci`; here are the records they live in, the changes that
//! move them, the status lists and the axum routes. What a credential says is the domain's: it implements
//! [`Minting`]. Nothing of a flow is kept in memory, so any replica continues any flow.
//!
//! ```text
//! Issuance::offer ──► FlowRecord ── POST /token ── POST /credential ──► StatusEntry…, Job "issuance-complete"
//! ```
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod changes;
mod issue;
mod minting;
mod offers;
mod records;
mod routes;
mod service;
mod status;
#[cfg(test)]
mod tests;

pub use minting::{BoxFuture, MintError, Minted, Minting};
pub use offers::{OfferError, OfferRequest, Offered, PreparedOffer};
pub use records::{FlowRecord, RevokedEntry, StatusEntry};
pub use service::{Configuration, Issuance, Settings};
pub use status::{RevokeSubject, revoke};

/// The kind of the job that tells the domain that everything of an offer was issued: its payload is the subject.
/// The domain then erases the values it held for it.
pub const COMPLETE: &str = "issuance-complete";
