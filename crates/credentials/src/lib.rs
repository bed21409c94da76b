//! Credentials as this network uses them: SD-JWT VC, key binding, status lists, type metadata and DCQL.
//!
//! ```text
//! wallet    vc::Unverified --verify--> vc::IssuerVerified --into_held--> sd_jwt::Held --present--> text
//! verifier  vc::Unverified --verify--> vc::IssuerVerified --key binding--> vc::Presented
//! ```
//!
//! - [`sd_jwt`]: RFC 9901, compact form: parsing, processing, issuing, holding, key binding.
//! - [`vc`]: the rules of SD-JWT VC (draft -13) on top: `typ`, `vct`, `cnf`, status, whose key signs.
//! - [`status_list`]: Token Status Lists in JWT form.
//! - [`dcql`]: the query language of OpenID4VP 1.0 §6, for both ends.
//! - [`ClaimsPath`]: the claims path pointer of OpenID4VP 1.0 §7 that all of them share.
//! - [`types`] and [`type_metadata`]: the credential types of this network and their published description.
//!
//! Nothing here does I/O and nothing decides trust: certificate chains are handed to `trust`, DIDs to `did`.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod claims_path;
pub mod dcql;
pub mod issuer_key;
pub mod sd_jwt;
pub mod status_list;
pub mod type_metadata;
pub mod types;
pub mod vc;

pub use claims_path::{ClaimsPath, Location, PathError, PathPart, Step};

#[cfg(test)]
mod tests;
