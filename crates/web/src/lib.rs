//! The server kit that every party's web server is built with.
//!
//! Here live: the host router and `serve`, the standard layers (limits of size and time, security
//! headers, panics, request ids), rate limits, streams of news, sessions and forgery protection, strict parsers of forms
//! and JSON, errors on the wire, the catalogue of words in every language, and the components that pages
//! are made of. What a page says and does belongs to the parties' own web packages; nothing here keeps a
//! state of theirs: sessions are values that they store.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

#[cfg(test)]
extern crate self as web;

pub mod assets;
pub mod catalogue;
pub mod cors;
pub mod csp;
pub mod csrf;
pub mod errors;
pub mod form;
pub mod limits;
pub mod live;
pub mod navigation;
pub mod operations;
pub mod pace;
pub mod packed;
pub mod page;
pub mod permissions;
pub mod proxies;
pub mod qr;
pub mod server;
pub mod session;

pub use catalogue::{Language, Words};
pub use errors::ApiError;
pub use form::{Form, StrictJson};
pub use proxies::TrustedProxies;
pub use server::{ConnectionLimits, Party, ServeSettings, Taking, Tls, Untaken, host_router, serve};
