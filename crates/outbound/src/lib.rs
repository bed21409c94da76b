//! The one way out: the guarded HTTP client and SMTP.
//!
//! Addresses of other parties come from strangers (a request, a DID, a credential), so every call goes
//! through [`HttpClient`]: https alone, public addresses alone (checked after resolution, on the very
//! address that is connected to), no redirects, no proxies, no cookies, bounded bodies and times.
//! A [`Policy`] opens what development and single calls outside a network need. Drivers of the
//! protocol cores take a [`Fetch`], which [`Scripted`] plays in tests. What is said over HTTP belongs
//! to the protocol crates.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod address;
mod cause;
mod client;
mod error;
mod fetch;
pub mod mail;
mod message;
mod policy;

pub use address::{is_development_host, is_public, scheme_for_host, zone};
pub use client::HttpClient;
pub use error::{ClientError, OutboundError};
pub use fetch::{Fetch, Fetching, Scripted, get_json, post_form, post_json};
pub use message::{BESIDE_BODY, DEFAULT_LIMIT, LARGEST_HEAD, Request, Response};
pub use policy::{Override, OverrideError, Policy};
