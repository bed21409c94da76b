//! Hostile input: one target for every parser of outside bytes in the product, and what must hold of each.
//!
//! [`TARGETS`] is the one list. `tests/replay.rs` replays the seeds of each and mutates them on stable; `cargo xtask
//! fuzz` drives the same functions with libFuzzer. What lives here: targets, seeds, the mutator. What does not: tests
//! that say what a parser means, which lie beside the parser.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a target fails loudly: that is how a fuzzer learns of a fault"
)]

mod authorization_targets;
pub mod bytes;
mod credential_targets;
mod did_targets;
pub mod fixtures;
mod jose_targets;
mod local_targets;
pub mod mutate;
mod network_targets;
mod openid4vci_targets;
mod openid4vp_targets;
pub mod replay;
mod sd_jwt_targets;
pub mod seeds;
pub mod target;
pub mod tree;
mod trust_targets;
mod webvh_targets;

pub use target::Target;

/// Every target, by group.
const GROUPS: &[&[Target]] = &[
    jose_targets::TARGETS,
    sd_jwt_targets::TARGETS,
    credential_targets::TARGETS,
    did_targets::TARGETS,
    webvh_targets::TARGETS,
    trust_targets::TARGETS,
    openid4vci_targets::TARGETS,
    authorization_targets::TARGETS,
    openid4vp_targets::TARGETS,
    network_targets::TARGETS,
    local_targets::TARGETS,
];

/// Every target.
pub fn targets() -> impl Iterator<Item = &'static Target> {
    GROUPS.iter().copied().flatten()
}

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    targets().find(|target| target.name == name)
}
