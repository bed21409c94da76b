//! Flows through the real binary: one file a flow.
#![cfg(test)]
#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

mod admission;
mod authorization_code;
mod brands;
mod browser;
mod carrying;
mod copies;
mod counter_offers;
mod demo;
mod first_day;
mod hosting;
mod inspect;
mod invitations;
mod left_behind;
mod mailbox;
mod member_api;
mod numbers;
mod own_network;
mod packaging;
mod recovery;
mod refusals;
mod resolver;
mod terminal;
mod type_metadata;
mod wallet;
