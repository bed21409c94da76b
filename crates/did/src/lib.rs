//! Decentralized identifiers as pure functions, and the passport number.
//!
//! - [`Did`], [`DidUrl`]: strict identifiers (DID Core 1.0 §3). [`Document`]: typed access to what they resolve to.
//! - [`key`], [`jwk`], [`web`], [`webvh`]: the four methods of the network. did:webvh 1.0 logs are verified,
//!   created and appended here, from bytes.
//! - [`key_then`]: the key that a DID had at a moment, for old signatures.
//! - [`dereference`]: what a DID URL means in a document.
//! - [`resolution`]: results and errors of DID Resolution, written in the W3C form and read in three dialects.
//! - [`Resolve`]: the port through which protocol cores and servers resolve. [`SelfContainedResolver`] needs no
//!   network; the fetching one lives in `did-resolver`.
//! - [`number`]: the grammar of the passport number.
//!
//! Nothing here opens a socket, reads a clock or keeps a cache.
//!
//! ```
//! use did::number::{OfficePrefix, PassportNumber};
//! use environment::SeededRandomness;
//!
//! let office = OfficePrefix::parse("HRB1")?;
//! let number = PassportNumber::generate(office, &SeededRandomness::new(1));
//! assert_eq!(PassportNumber::parse(&number.printed().to_lowercase().replace('-', " "))?, number);
//! # Ok::<(), did::number::NumberError>(())
//! ```
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod canonical;
pub mod dereference;
mod document;
mod history;
mod identifier;
pub mod jwk;
pub mod key;
pub mod multikey;
pub mod number;
mod percent;
pub mod resolution;
mod resolve;
#[cfg(test)]
mod tests;
pub mod web;
pub mod webvh;
mod weight;

pub use document::{
    Document, DocumentBuilder, DocumentError, KeyLookupError, Relationship, Service, VerificationMethod,
};
pub use history::key_then;
pub use identifier::{Did, DidError, DidUrl};
pub use resolution::{DocumentMetadata, ErrorCode, Resolution};
pub use resolve::{
    BoxFuture, KeyAtError, Resolve, ResolveError, SelfContainedResolver, StaticResolver, key_at,
};
pub use weight::weight;
