//! How fast the jobs of a member, an office and a space are, beside the bare cryptography that none of them can do
//! without: what `passport bench` and `cargo xtask bench` measure.
//!
//! [`fixture`] holds what is worked on, [`jobs`] our own jobs, [`bare`] the signatures alone, [`measure`] the clock.
//! A space at work over HTTP is `benches/space`; other people's libraries are `benches/peers`.

pub mod bare;
pub mod fixture;
pub mod jobs;
pub mod measure;
mod policy;

/// The bare jobs and ours, in the order in which they must be measured.
#[must_use]
pub fn all() -> Vec<measure::Job> {
    bare::ALL.iter().chain(jobs::ALL).copied().collect()
}
