//! The audit log's entries: what a leaf says, how it hides, and how it is hashed.
//!
//! A leaf names claims, purposes and dates, never values. Where an entry is about a value it carries a
//! [`Commitment`]: SHA-256 over a domain, a fresh nonce and the value's digest. The nonce lives only in the
//! holder's proof of sharing and under the member's key at the space, so that not even the issuer of the value
//! can recognise the entry. Sequencing leaves into tiles and judging a log are not here yet.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod commitment;
mod entry;

pub use commitment::{Commitment, CommitmentNonce};
pub use entry::{Entry, EntryKind, Item, Leaf, LeafHash, LeafId};
