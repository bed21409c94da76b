//! Walkers over the published test vectors, and the maker of our own ([`spec`]).
#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

mod dcql;
#[cfg(test)]
mod did;
#[cfg(test)]
mod did_resolution;
#[cfg(test)]
mod openid4vp;
mod sd_jwt;
#[cfg(test)]
mod spec;
mod status_list;
