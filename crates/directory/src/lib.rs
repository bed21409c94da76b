//! Who is admitted right now, and who this party itself is.
//!
//! [`Directory`] holds the pinned network, the newest network list and a resolver; it brings certificate, list and DID
//! document together and hands out `trust::Admitted`. [`Identity`] is a party's own half: its DID, its host, its
//! three signers with their chains, and its registration certificate.
//!
//! [`whois`] is what a party tells about itself to whoever resolves its DID.
//!
//! [`callers`] admits spaces that sign their HTTP requests, [`numbers`] asks an office whose a passport number is.
//!
//! The rules are in `trust`, the DIDs in `did`, the calls in `outbound`. Nothing is stored here: the composition root
//! keeps [`Directory::state`] over restarts.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod admission;
pub mod callers;
mod identity;
pub mod numbers;
mod party;
mod renewable;
pub mod whois;

pub use admission::{Directory, DirectoryError, ListRefresh};
pub use identity::{Identity, OwnKey};
pub use party::AdmittedParty;
pub use renewable::Renewable;
