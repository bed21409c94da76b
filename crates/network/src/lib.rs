//! The network's own wire messages, for which no standard has a form.
//!
//! - [`claims`]: the names of claims and who may see them.
//! - [`terms`]: what a member attaches to what it shares.
//! - [`sharing_proof`]: the space's signed promise of exactly what it was given.
//! - [`decision`]: the signed outcome of a sign-up.
//! - [`did_control`]: a member's word that a DID that lies at an office already is the member's.
//! - [`follow_up`]: what a wallet finds at `sharing_proof_uri` after its answer.
//! - [`weekly_list`]: how status lists are called.
//!
//! Messages of OpenID4VCI and OpenID4VP live in `openid4vc`, certificates and the network list in `trust`.
//! Nothing here does I/O.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

pub mod claims;
pub mod decision;
pub mod did_control;
pub mod follow_up;
pub mod sharing_proof;
mod signed;
pub mod terms;
pub mod weekly_list;

pub use signed::MessageError;
