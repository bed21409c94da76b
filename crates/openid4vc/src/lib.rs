//! OpenID4VCI 1.0 and OpenID4VP 1.0: the messages, their rules, and the state machines of both ends.
//!
//! - [`vci`]: credential offers, metadata, token, nonce, proofs, credentials, notifications (OpenID4VCI 1.0);
//!   the machine of an issuer and the requests of a wallet.
//! - [`vp`]: request objects, responses, verification (OpenID4VP 1.0); the machine of a verifier and the
//!   checks and answers of a wallet.
//! - [`dpop`]: proofs of possession (RFC 9449). [`access`]: the `Authorization` header (RFC 6750).
//! - [`form`], [`http`], [`address`], [`secret`], [`timed_nonce`], [`to_sign`]: what those messages are made of.
//!
//! ```
//! use openid4vc::vci::offer::{Link, OfferError};
//!
//! let link = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Foffice.example%2Foffers%2F1";
//! assert_eq!(Link::parse(link)?, Link::ByReference("https://office.example/offers/1".to_owned()));
//! # Ok::<(), OfferError>(())
//! ```
//!
//! Nothing here does input or output: requests and answers are data, time and randomness are arguments. Which
//! issuer or verifier is trusted is decided by the caller (`trust`, `did`): chains are handed out as DER.
//! What a credential looks like inside is `credentials`' business. Drafts are not spoken (refused by name).
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

pub mod access;
pub mod address;
pub mod dpop;
pub mod form;
pub mod http;
mod mac;
mod seconds;
pub mod secret;
pub mod timed_nonce;
pub mod to_sign;
pub mod vci;
pub mod vp;
