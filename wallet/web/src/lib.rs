//! Pages of a member's wallet.
//!
//! What a wallet does is `wallet`'s; here are its pages ([`router`]) and the [`Desk`] that has it open as long as somebody is
//! at one of them (decision 0026). One place has one wallet or, at a host, many, each at a desk of its own ([`Desks`], decision 0027). How a wallet is put together, with its way out and whom it trusts, is said from outside
//! ([`OpenWallet`]). Nothing here is anybody's who has not opened the wallet: without a session each page leads to the one that
//! opens it.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod admission;
mod anew;
mod argon2;
mod asked;
mod browsers;
mod card;
mod carrying;
mod decoder;
mod deeds;
mod desk;
mod desks;
mod details;
mod digests;
mod doors;
mod failures;
mod flows;
mod following;
mod foreign;
mod frame;
mod held;
mod hello;
mod history;
pub mod holding;
mod home;
mod hosted;
mod hosts;
mod installable;
mod keeping;
mod known;
mod links;
mod live;
mod lost;
mod making;
mod messages;
mod news;
mod notices;
mod offices;
mod problems;
mod question;
mod recovery;
mod scan;
mod signing;
mod site;
mod spaces;
mod tasks;
mod times;
pub mod told;
mod typed;
mod unlock;
mod unlocked;
mod ways;
pub mod words;

pub use admission::{Invitations, Making, MakingLink};
pub use desk::{Desk, NotOpened, OpenWallet};
pub use desks::Desks;
pub use notices::CatalogueLetters;
pub use site::{WalletWeb, party, router};

#[cfg(test)]
mod tests;
