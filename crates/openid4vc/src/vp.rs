//! OpenID for Verifiable Presentations 1.0 with DCQL and SD-JWT VC.
//!
//! A verifier makes [`request::NewRequest`], keeps a [`verifier::Flow`], reads [`response::Submission`] and
//! checks it with [`verification`]. A wallet reads a [`link::Link`], decodes a [`request::RequestObject`],
//! verifies it into a [`request::AuthorizationRequest`] and answers with [`wallet`].

pub mod client_id;
pub mod client_metadata;
pub mod link;
pub mod request;
pub mod response;
pub mod state;
#[cfg(test)]
mod testing;
pub mod transaction_data;
pub mod verification;
pub mod verifier;
pub mod wallet;
