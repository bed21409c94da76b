//! The network's own wire messages, for which no standard has a form.
//!
//! - [`change_proof`]: the space's signed word that it did what a member asked of what it holds.
//! - [`claims`]: the names of claims and who may see them.
//! - [`counter_offer`]: what a member offers instead of what was asked.
//! - [`terms`]: what a member attaches to what it shares.
//! - [`member_api`]: what a member asks of a space about what that space holds.
//! - [`member_log`]: how long a member's DID log may be.
//! - [`seen_in_team`]: who of a space's team sees a detail.
//! - [`sharing_proof`]: the space's signed promise of exactly what it was given.
//! - [`decision`]: the signed outcome of a sign-up.
//! - [`did_control`]: a member's word that a DID that lies at an office already is the member's.
//! - [`follow_up`]: what a wallet finds at `sharing_proof_uri` after its answer.
//! - [`http_signature`]: how a space signs its calls to offices and mailboxes.
//! - [`intended_use`]: which of its registered uses a request is made for.
//! - [`number_binding`]: whose a passport number is: the member's word, the office's, and what the member may say about it.
//! - [`mailbox`]: how a space writes to a member, and what the host of mailboxes sees of it.
//! - [`unseen`]: which characters nobody sees.
//! - [`weekly_list`]: how status lists are called.
//!
//! Messages of OpenID4VCI and OpenID4VP live in `openid4vc`, certificates and the network list in `trust`.
//! Nothing here does I/O.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

pub mod change_proof;
pub mod claims;
pub mod counter_offer;
pub mod decision;
pub mod did_control;
pub mod follow_up;
pub mod hello;
pub mod http_signature;
pub mod intended_use;
pub mod mailbox;
pub mod member_api;
pub mod member_log;
pub mod number_binding;
pub mod seen_in_team;
pub mod sharing_proof;
mod signed;
pub mod space_pages;
pub mod terms;
pub mod unseen;
pub mod weekly_list;

pub use signed::{MessageError, claimed_at};
