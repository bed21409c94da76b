//! OpenID for Verifiable Credential Issuance 1.0, with codes from offers and codes that were asked for.
//!
//! An issuer reads [`token::TokenRequest`], [`credential::CredentialRequest`] and
//! [`notification::NotificationRequest`] and gives them to its [`issuer::Flow`]. A wallet reads an
//! [`offer::Link`] and the metadata, then goes through [`wallet`].

pub mod attestation;
pub mod authorization;
pub mod credential;
pub mod deferred;
pub mod encryption;
pub mod issuer;
pub mod metadata;
pub mod notification;
pub mod offer;
pub mod pkce;
pub mod proof;
pub mod reason;
pub mod server_metadata;
pub mod signed_metadata;
pub mod token;
pub mod wallet;
