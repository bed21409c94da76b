//! Contract, model, kill and power-loss tests of the store engines.
#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

#[cfg(test)]
mod bench;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod descriptors;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod model;
#[cfg(test)]
mod own_writes;
#[cfg(test)]
mod place;
#[cfg(test)]
mod power_loss;
#[cfg(test)]
mod transfer;
