//! OpenID for Verifiable Credential Issuance 1.0, pre-authorised code flow.
//!
//! An issuer reads [`token::TokenRequest`], [`credential::CredentialRequest`] and
//! [`notification::NotificationRequest`] and gives them to its [`issuer::Flow`]. A wallet reads an
//! [`offer::Link`] and the metadata, then goes through [`wallet`].

pub mod credential;
pub mod issuer;
pub mod metadata;
pub mod notification;
pub mod offer;
pub mod proof;
pub mod server_metadata;
pub mod token;
pub mod wallet;
