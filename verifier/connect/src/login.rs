//! A login that the space has already, as far as it is decided without a store and without a call (decision 0042): here the space is
//! what OpenID Connect calls a relying party.
//!
//! ```text
//! Provider::read ──► starting::address ──► the login ──► returning::read ──► (code for tokens) ──► id_token::check ──► Members::takes
//! ```
//!
//! - [`provider`]: the login's metadata.
//! - [`starting`]: the request, and what binds the answer to the browser.
//! - [`returning`]: the answer.
//! - [`id_token`]: whose login it was, by the ID token and nothing else.
//! - [`person`]: who is a member, and what the login says of a person.

pub mod id_token;
pub mod person;
pub mod provider;
pub mod returning;
pub mod starting;
