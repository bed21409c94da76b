//! A resolver for further DID methods, asked by `did-resolver` over HTTP.
//!
//! - did:pkh, did:ethr, did:tz and the long form of did:ion, each from the identifier alone ([`resolve()`]). Nothing here
//!   opens a connection: of did:ethr and did:tz this is the document that holds while nothing was written on their
//!   chains, of did:ion the one before it is published. Whoever needs more needs a node of that chain.
//! - The HTTP binding of DID Resolution, as `did-resolver/web` speaks it ([`router()`]). Results say who made them.
//!
//! `ssi` changes how a whole build reads JSON, so this is a workspace of its own and knows no crate of the product.
//! What its methods take too lightly (digits of an address, checksums) is checked here first.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail loudly")
)]

mod accounts;
mod binding;
mod ion;
mod methods;
#[cfg(test)]
mod tests;
mod tezos;

pub use binding::router;
pub use methods::{ResolveError, resolve};
