//! Token Status Lists (draft -14/-20): in JWT form both ways, in CWT form on input.
//!
//! [`StatusList`] is the list itself, cheap to change; [`sign`] publishes it, [`UnverifiedToken`] reads what
//! another party published. There the CWT form is refused by name: SD-JWT VC does not allow it (§3.2.2.2).
//! [`UnverifiedCwt`] reads it, for verifiers of formats that may point to it.

mod cwt;
mod list;
mod token;

use serde::{Deserialize, Serialize};

pub use cwt::{CoseFault, LONGEST_CWT, UnverifiedCwt};
pub use list::{Bits, LARGEST_LIST, ListError, Status, StatusList};
pub use token::{LONGEST_TOKEN, Publishing, TokenError, UnverifiedToken, VerifiedToken, sign};

/// `typ` of a status list token.
pub const TYPE: &str = "statuslist+jwt";
/// The media type of a status list token.
pub const MEDIA_TYPE: &str = "application/statuslist+jwt";
/// The media type of the CWT form, which is refused where a credential is an SD-JWT VC.
pub const CWT_MEDIA_TYPE: &str = "application/statuslist+cwt";

/// All lists of one issuer (§9), served as `application/json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregation {
    /// `status_lists`: the URIs.
    pub status_lists: Vec<String>,
}

impl Aggregation {
    /// Reads an aggregation; unknown members are ignored.
    ///
    /// # Errors
    /// [`jose::json::JsonError`].
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, jose::json::JsonError> {
        jose::json::parse_as(text)
    }
}

#[cfg(test)]
mod tests;
