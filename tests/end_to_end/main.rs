//! Flows through the real binary: one file a flow.
#![cfg(test)]
#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

mod browser;
mod copies;
mod demo;
mod inspect;
mod own_network;
mod refusals;
mod terminal;
mod wallet;
