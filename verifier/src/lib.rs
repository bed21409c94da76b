//! A space: what it asks, the sign-ups it gets, and what it keeps of them.
//!
//! - [`form`]: what is asked, compiled to DCQL.
//! - [`asking`], [`receiving`]: from a form to a request, and from a verified answer to a sign-up, a sealed contact, a
//!   leaf and a proof of sharing in one transaction; what follows when it is known who was at the screen.
//! - [`deciding`]: approval by rule or by a person, and what follows for the wallet.
//! - [`keeping`]: for how long details are kept, and their end.
//! - [`members`]: existing members, their memberships and statements, revocation.
//! - [`renewing`]: new copies of a membership for a present one.
//!
//! Protocol messages are `openid4vc`'s and `network`'s, the endpoints of OpenID4VP `presentation`'s, those of OpenID4VCI
//! `issuance`'s, pages `verifier-web`'s.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

pub mod asking;
mod contact;
pub mod deciding;
pub mod form;
pub mod keeping;
pub mod members;
pub mod offering;
pub mod receiving;
pub mod records;
pub mod renewing;
mod space;
mod values;
mod working;

pub use contact::{ContactValues, KeptValue};
pub use space::{Space, SpaceError, SpaceSettings};

#[cfg(test)]
mod tests;
