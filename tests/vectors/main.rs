//! Walkers over the published test vectors, and the maker of our own ([`spec`]).
#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

#[cfg(test)]
mod dcql;
#[cfg(test)]
mod did;
#[cfg(test)]
mod did_resolution;
#[cfg(test)]
mod eudi;
#[cfg(test)]
mod jose;
#[cfg(test)]
mod oidf;
#[cfg(test)]
mod openid4vci;
#[cfg(test)]
mod openid4vp;
#[cfg(test)]
mod sd_jwt;
#[cfg(test)]
mod spec;
#[cfg(test)]
mod status_list;
#[cfg(test)]
mod walk;
