//! Which method is resolved by what.

use serde_json::Value;
use ssi_dids::resolution::{self, DIDMethodResolver, Options};
use ssi_dids::{DID, DIDEthr, DIDPKH};

use crate::{accounts, ion, tezos};

/// Longest DID that is read.
const LONGEST: usize = 4_096;

/// Why there is no document (DID Resolution §10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResolveError {
    /// The DID is malformed, or what it carries does not fit it.
    InvalidDid,
    /// The DID is well formed and its document cannot be made from the identifier alone.
    NotFound,
    /// Another method.
    MethodNotSupported,
    /// A version or another option was asked for.
    FeatureNotSupported,
    /// Another media type was asked for.
    RepresentationNotSupported,
    /// The method failed.
    Internal,
}

/// The document of a DID.
///
/// # Errors
/// [`ResolveError`].
pub async fn resolve(text: &str) -> Result<Value, ResolveError> {
    if text.len() > LONGEST {
        return Err(ResolveError::InvalidDid);
    }
    let did = DID::new(text).map_err(|_| ResolveError::InvalidDid)?;
    let id = did.method_specific_id();
    match did.method_name() {
        "pkh" => {
            accounts::check_pkh(id)?;
            by(&DIDPKH, id).await
        }
        "ethr" => {
            accounts::check_ethr(id)?;
            by(&DIDEthr, id).await
        }
        "tz" => tezos::document(did),
        "ion" => ion::document(did),
        _ => Err(ResolveError::MethodNotSupported),
    }
}

async fn by(method: &impl DIDMethodResolver, id: &str) -> Result<Value, ResolveError> {
    let found = method.resolve_method_representation(id, Options::default()).await?;
    serde_json::from_slice(&found.document).map_err(|_| ResolveError::Internal)
}

impl From<resolution::Error> for ResolveError {
    fn from(error: resolution::Error) -> Self {
        match error {
            resolution::Error::InvalidMethodSpecificId(_) => Self::InvalidDid,
            resolution::Error::NotFound => Self::NotFound,
            resolution::Error::MethodNotSupported(_) => Self::MethodNotSupported,
            _ => Self::Internal,
        }
    }
}
