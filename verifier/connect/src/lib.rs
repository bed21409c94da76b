//! A space's OpenID Connect provider as far as it is decided without a store: what a site may ask for, what leaves, and under which
//! name a member is known there (decision 0038).
//!
//! - [`address`]: which addresses a site may be sent back to.
//! - [`claims`]: scopes and claims, and what of a contact stands behind each.
//! - [`request`]: an authorization request, read in the order in which it may be answered.
//! - [`token`]: PKCE, the pairwise `sub`, and what an ID token says.
//! - [`discovery`]: the provider's metadata.
//!
//! And the other way round, [`login`]: members of the space who sign in by a login that it has already (decision 0042).
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

pub mod address;
pub mod claims;
pub mod discovery;
pub mod login;
pub mod request;
pub mod token;
