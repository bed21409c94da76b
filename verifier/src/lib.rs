//! A space: what it asks, the sign-ups it gets, and what it keeps of them.
//!
//! - [`form`]: what is asked, compiled to DCQL.
//! - [`asking`], [`receiving`]: from a form to a request, and from a verified answer to a sign-up, a sealed contact, a
//!   leaf and a proof of sharing in one transaction; what follows when it is known who was at the screen.
//! - [`deciding`]: approval by rule or by a person, and what follows for the wallet.
//! - [`counter_offers`], [`asking_again`]: less than was asked, offered by a member or asked for by the team.
//! - [`invitations`]: to sign up by number or e-mail, and *Here I am*; [`team_tokens`]: who may have them sent over REST.
//! - [`keeping`]: for how long details are kept, and their end.
//! - [`member_api`]: what members do with what the space holds of them.
//! - [`members`]: existing members, their memberships and statements, revocation.
//! - [`telling`]: word of a decision to the inbox that a member's terms named.
//! - [`renewing`]: new copies of a membership for a present one.
//!
//! Protocol messages are `openid4vc`'s and `network`'s, the endpoints of OpenID4VP `presentation`'s, those of OpenID4VCI
//! `issuance`'s, pages `verifier-web`'s.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

pub mod asking;
pub mod asking_again;
mod contact;
pub mod counter_offers;
pub mod deciding;
pub mod form;
pub mod invitations;
pub mod keeping;
pub mod member_api;
pub mod members;
pub mod offering;
pub mod receiving;
pub mod records;
pub mod renewing;
mod space;
pub mod team_tokens;
pub mod telling;
mod values;
mod working;

pub use contact::{ContactValues, KeptValue};
pub use space::{Space, SpaceError, SpaceSettings};

#[cfg(test)]
mod tests;
