//! JOSE as this network uses it: keys, compact JWS under a header policy, guarded JWE.
//!
//! - [`base64url`] and [`json`]: the strict encodings everything from outside passes through.
//! - [`Jwk`], [`VerifyingKey`], [`SigningKey`], [`DecryptionKey`]: P-256 and Ed25519 keys (RFC 7517, RFC 8037).
//! - [`Signer`]: the port behind which a key may live elsewhere (a browser, a hardware module).
//! - [`jws`]: compact serialisation only (RFC 7515 §7.1), ES256 and EdDSA only.
//! - [`rs256`]: RS256 to be checked, for the ID tokens of logins outside the network alone.
//! - [`jwt`]: reading claims and time windows (RFC 7519).
//! - [`aead`]: AES-256-GCM for what lies at rest.
//! - [`jwe`]: ECDH-ES with AES-GCM (RFC 7516, RFC 7518 §4.6), made by josekit and opened by aws-lc behind a guard.
//!
//! This crate alone names josekit and aws-lc-rs. It knows no certificates (`trust`), no DIDs (`did`) and no
//! protocol: what a token means is decided by its caller.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

pub mod aead;
pub mod base64url;
pub mod digest;
mod ed25519;
pub mod json;
pub mod jwe;
pub mod jws;
pub mod jwt;
mod key;
pub mod rs256;
mod signing;
#[cfg(test)]
mod tests;

pub use key::{Algorithm, DecryptionKey, Jwk, KeyError, KeyKind, VerifyingKey};
pub use signing::{Signer, SigningFailed, SigningKey};
