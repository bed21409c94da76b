//! Pages and endpoints of the passport office.
//!
//! What an office decides is `issuer`'s, the endpoints of OpenID4VCI are `issuance`'s, those of OpenID4VP
//! `presentation`'s. Here they are put together at one host, with the pages for people ([`router`]), the wallet's
//! endpoints that follow an answer, members' logs, and the words of the office's mails ([`CatalogueLetters`]).
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod authorize;
mod binding;
mod callers;
mod email;
mod home;
mod letters;
mod mailbox;
mod passport;
mod privacy;
mod requests;
mod site;
mod wallet;

pub use letters::{CatalogueLetters, work};
pub use privacy::Responsible;
pub use site::{Site, router};

#[cfg(test)]
mod tests;
