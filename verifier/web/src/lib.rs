//! Pages and endpoints of a space.
//!
//! What a space decides is `verifier`'s, the endpoints of OpenID4VCI are `issuance`'s, those of OpenID4VP
//! `presentation`'s. Here they are put together at one host, with the pages on which somebody joins ([`router`]), what
//! the team asks from its command line ([`handle`]), and the poster for the door ([`Poster`]).
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod api;
mod asked;
mod button;
mod by_number;
mod commands;
mod connect;
mod console;
mod counter_offer;
mod door;
mod hello;
mod home;
mod invited;
mod join;
mod letters;
mod login;
mod look;
mod member_api;
mod member_page;
mod ndef;
mod no_passport;
mod people;
mod person;
mod poster;
mod progress;
mod screen;
mod signing_in;
mod site;
mod two_ways;
mod wallet;

pub use api::description::description as api_description;
pub use commands::handle;
pub use letters::CatalogueLetters;
pub use look::{LookError, MOST_LOGO, SpaceLook};
pub use member_api::description;
pub use ndef::{NdefError, uri_record};
pub use poster::Poster;
pub use site::{SpaceWeb, router, with_time_limits};

#[cfg(test)]
mod tests;
