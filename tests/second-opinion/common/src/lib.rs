//! How the comparisons count, and how they reach our side.
//!
//! [`Comparison`]: two verdicts a case, equal or different for a reason that is written down. [`Ours`]: our side as a
//! program of its own, for libraries that cannot be built together with it. [`claims`]: credentials of any shape.
//!
//! What each library said lies in one file a library, below the folder that [`COUNTS`] names; `cargo xtask
//! second-opinions` makes `specs/second-opinions.md` of them.

pub mod claims;
mod comparison;
mod ours;

pub use comparison::{COUNTS, Comparison, Kind};
pub use ours::Ours;
