//! A space: what it asks, the sign-ups it gets, and what it keeps of them.
//!
//! - [`form`]: what is asked, compiled to DCQL; [`forms`]: which version of it holds; [`places`]: how many it takes at a time.
//! - [`asking`], [`receiving`]: from a form to a request, and from a verified answer to a sign-up, a sealed contact, a
//!   leaf and a proof of sharing in one transaction; what follows when it is known who was at the screen.
//! - [`deciding`]: approval by rule or by a person, and what follows for the wallet.
//! - [`brand`]: forms that only members of the brand answer.
//! - [`counter_offers`], [`asking_again`]: less than was asked, offered by a member or asked for by the team.
//! - [`invitations`]: to sign up by number or e-mail, and *Here I am*.
//! - [`api_keys`]: keys of programs, and what each may do; [`listing`]: pages of what there is, for them.
//! - [`importing`]: people from a table, until they answer an invitation; [`exporting`]: a table of what is known of people.
//! - [`doors`]: doors that members open, and the screens beside them.
//! - [`keeping`]: for how long details are kept, and their end.
//! - [`member_api`]: what members do with what the space holds of them.
//! - [`community`]: the directory, of what members publish.
//! - [`login`]: members who sign in by a login that the space has already.
//! - [`members`]: existing members, their memberships and statements, revocation.
//! - [`notes`]: what the team writes about members, who can read it.
//! - [`searching`]: people by what they gave, opened for each search.
//! - [`sites`]: sites at which members sign in, by OpenID Connect.
//! - [`standing`]: what waits for the team, what is due to go, and what people are called in lists.
//! - [`team`]: who works for the space, their passkeys and sessions, and who looked at what.
//! - [`telling`]: word of a decision to the inbox that a member's terms named.
//! - [`outgoing`]: what goes out into software that the space already has: webhooks, actions.
//! - [`opening`]: whether people may sign up online; [`portal`]: members who sign in at the space's own pages.
//! - [`renewing`]: new copies of a membership for a present one.
//!
//! Protocol messages are `openid4vc`'s and `network`'s, the endpoints of OpenID4VP `presentation`'s, those of OpenID4VCI
//! `issuance`'s, pages `verifier-web`'s.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

pub mod api_keys;
pub mod asking;
pub mod asking_again;
mod brand;
pub mod community;
mod contact;
pub mod counter_offers;
pub mod deciding;
pub mod doors;
pub mod exporting;
pub mod form;
pub mod forms;
pub mod importing;
pub mod invitations;
pub mod keeping;
pub mod leaving;
pub mod listing;
pub mod login;
pub mod member_api;
pub mod members;
pub mod notes;
pub mod offering;
pub mod opening;
pub mod outgoing;
pub mod places;
pub mod portal;
pub mod receiving;
pub mod records;
pub mod renewing;
pub mod searching;
pub mod sites;
mod space;
pub mod standing;
pub mod team;
pub mod telling;
mod values;
mod working;

pub use contact::{ContactValues, KeptValue};
pub use space::{Space, SpaceError, SpaceSettings};

#[cfg(test)]
mod tests;
