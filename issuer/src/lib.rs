//! The passport office: who gets a passport, and what the office keeps of it.
//!
//! - [`asking`]: what the office asks wallets for, and who waits for the answer.
//! - [`receiving`]: from a verified answer to an application with sealed values, a leaf and a proof of sharing in one
//!   transaction.
//! - [`authorizing`]: another wallet than the one that answered, which waits for a code in the person's browser; `unawaited`: it
//!   waits no more.
//! - [`again`]: the passport that a member has already, given again with its number.
//! - [`email`], [`hosting`]: the two things that follow: the link in the mail, and the DID log that the member wrote.
//! - [`moving`]: a DID that comes from another office; `continuation`: what is sent for one that lies here.
//! - [`minting`], [`following`]: what passports and profiles say, and what the wallet finds while it waits.
//! - [`mailbox`]: what spaces leave for members, unread.
//! - [`callers`]: spaces that sign their requests, each request once and not too often.
//! - [`binding`], [`renumbering`]: whose a number is, and another number for the same passport.
//! - [`erasing`], [`working`]: the values go when everything was issued or time is up; mails and clocks.
//! - [`budget`]: how often something may be had within a day.
//! - [`approving`]: first passports that a person of the office looks at before they are issued.
//! - [`desk`], [`standing`], [`commands`]: offers made by the office's staff, what counts no longer, the command line.
//!
//! Protocol messages are `openid4vc`'s and `network`'s, the endpoints of OpenID4VP `presentation`'s, those of OpenID4VCI
//! `issuance`'s, pages and words `issuer-web`'s. The office cannot sign for a member's DID: it only keeps the log.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

#[cfg(test)]
extern crate self as issuer;

pub mod again;
pub mod approving;
pub mod asking;
pub mod authorizing;
pub mod binding;
pub mod budget;
pub mod callers;
mod checking;
pub mod commands;
mod continuation;
pub mod desk;
pub mod email;
pub mod erasing;
pub mod following;
pub mod hosting;
pub mod mailbox;
pub mod minting;
pub mod moving;
mod office;
pub mod person;
pub mod receiving;
pub mod records;
pub mod renumbering;
pub mod standing;
mod unawaited;
mod working;

pub use office::{HostingError, Office, OfficeError, OfficeSettings};
pub use person::{Person, PersonError};
pub use working::Letters;

#[cfg(test)]
mod tests;
