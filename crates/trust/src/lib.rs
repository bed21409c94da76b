//! Who may ask and who may sign in the network: certificates, the network list, registration certificates.
//!
//! ```text
//! x5c ── CertificateChain ── path::verify(root, purpose, now) ── Path ─┐
//! compact JWS ── NetworkList::verify(descriptor, now) ── NetworkList ──┼─ admit ── Admitted<Space>
//! DID document, resolved by the caller ── DocumentKeys ────────────────┘          Admitted<Office>
//! compact JWS ── Registration::verify(descriptor, did, now) ── Registration ── within(…)
//! ```
//!
//! A valid chain alone is never trust: only [`admit`] (with a chain) and [`admit_key`] (with a key of the DID
//! document) make an [`Admitted`], and they ask for a current network list and the party's DID document.
//! [`authority`] builds the certificates, [`network_list`] and [`registration`] also write what they read.
//!
//! Everything here is pure: bytes and the time come in, proof values or typed errors go out. Fetching lists, resolving DIDs
//! and keeping keys belong to others.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

pub mod authority;
pub mod network_list;
pub mod path;
pub mod registration;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

mod admitted;
mod certificate;
mod chain;
mod descriptor;
mod foreign;
mod identifier;
mod purpose;
mod remembered;

pub use admitted::{AdmissionError, Admitted, DocumentKeys, Office, Party, Space, admit, admit_key, listed};
pub use certificate::{Certificate, CertificateError};
pub use chain::{CertificateChain, ChainError};
pub use descriptor::{DescriptorError, NetworkDescriptor};
pub use foreign::{
    ForeignAnchors, ForeignAnchorsError, ForeignPath, ForeignPathCache, dangerous_verify_foreign,
};
pub use identifier::{is_did, is_host};
pub use network_list::{Brand, Member, NetworkList, NetworkState, Role, Standing};
pub use path::{NetworkRoot, Path, PathCache, PathError};
pub use purpose::{Purpose, SubAuthority};
pub use registration::{ClaimPath, Registration, RequestedCredential, WithinRegistration, within};
