//! OpenID4VP 1.0 over the store: the verifier's endpoints, shared by spaces and offices.
//!
//! The rules are `openid4vc::vp` and `credentials`; here are the records of a request, the question whom to trust
//! (asked of the directory), the status lists of others, and the axum routes. What an answer means is the
//! domain's: it implements [`Receiving`], and what it wants stored is stored in the transaction that uses the request up.
//!
//! ```text
//! Presentation::ask ──► RequestRecord ── GET/POST /request/{handle} ── POST /response/{handle}
//!     ──► Answer ── Receiving::prepare ──► Prepared::apply in one transaction ──► 200 {redirect_uri, sharing_proof_uri}
//! ```
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod answer;
mod answering;
mod asking;
mod changes;
mod issuers;
mod open_request;
mod own_did;
mod person;
mod receiving;
mod records;
mod revocation;
mod routes;
mod service;
mod state;
mod status_lists;
#[cfg(test)]
mod tests;
mod turns;

pub use answer::{Answer, DisclosedClaim, Presented, SignedBy};
pub use answering::AnswerRefused;
pub use asking::{AskError, AskedRequest, Asking, ClientIdentifier, for_use};
pub use issuers::ForeignType;
pub use open_request::OpenRequest;
pub use own_did::OwnDid;
pub use person::{PersonRefused, ScreenState};
pub use receiving::{BoxFuture, NothingToStore, Prepared, Receiving, Refused, Rejection, Settlement};
pub use records::RequestRecord;
pub use routes::{BoundToken, ProvenHolder};
pub use service::{Presentation, Settings};
pub use state::RequestState;
pub use status_lists::{IssuedAs, StatusLists, StatusListsError};

pub use openid4vc::vp::response::Reply;
pub use openid4vc::vp::verifier::Way;
