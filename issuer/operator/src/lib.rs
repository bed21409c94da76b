//! The network authority: it admits offices and spaces, certifies their keys, registers what they may ask, and signs
//! the network list.
//!
//! An [`Operator`] works on a folder: `operator.json` (keys, members, the current list; for the owner's eyes only)
//! and `network.json` (the descriptor that everybody pins). Everything that must agree stands in the one state file, which is
//! replaced as a whole, so a crash leaves the state before or the state after. Every call locks the folder, so a command and a
//! server may work on it side by side.
//!
//! The operator sees no member data and issues no credentials. It serves nothing: whoever publishes the list asks
//! [`Operator::current_list`]. Calls read and write files and return at once, but block: servers call them off the async threads.
//! Strangers are told no, and the list in hand is given out, without a lock and without reading the state again.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod admission;
pub mod application;
mod applications;
mod authorities;
pub mod brand;
mod bundle;
mod display_text;
mod folder;
mod known;
mod members;
mod operator;
mod proof;
pub mod renewal;
mod state;

pub use admission::{Admission, AdmissionError, Bundle, LeafKeys, Proofs, RegistrationRequest};
pub use applications::{LinkMail, Look};
pub use brand::{BrandError, BrandLimits, BrandRecord, LimitError};
pub use bundle::{BundleError, Expected, Lasting};
pub use operator::{BrandView, Operator, OperatorError};
pub use proof::{ProofError, prove_possession};
pub use renewal::{Renewal, RenewalError};
