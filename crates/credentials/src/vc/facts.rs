//! The claims of a credential that its readers act upon.

use std::fmt;

use environment::Timestamp;
use jose::{Jwk, jwt};
use serde_json::{Map, Value, json};

use super::VcError;

/// What a credential says about itself. Its Debug shows the type only.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts {
    vct: String,
    holder_key: Option<Jwk>,
    status: Option<StatusReference>,
    issued_at: Option<Timestamp>,
    not_before: Option<Timestamp>,
    expires: Option<Timestamp>,
}

/// Where a credential's status is listed (Token Status List §6.2).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StatusReference {
    /// `uri`: the list, and `sub` of its token.
    pub uri: String,
    /// `idx`: the entry.
    pub index: u64,
}

impl Facts {
    /// Reads the facts out of processed claims.
    ///
    /// # Errors
    /// [`VcError::Claim`], [`VcError::BadConfirmation`], [`VcError::BadStatus`].
    pub fn of(claims: &Map<String, Value>) -> Result<Self, VcError> {
        Ok(Self {
            vct: jwt::text(claims, "vct")?.to_owned(),
            holder_key: confirmation(claims)?,
            status: claims.get("status").map(StatusReference::of).transpose()?.flatten(),
            issued_at: jwt::date(claims, "iat")?,
            not_before: jwt::date(claims, "nbf")?,
            expires: jwt::date(claims, "exp")?,
        })
    }

    /// `vct`.
    #[must_use]
    pub fn vct(&self) -> &str {
        &self.vct
    }

    /// `cnf.jwk`.
    #[must_use]
    pub const fn holder_key(&self) -> Option<&Jwk> {
        self.holder_key.as_ref()
    }

    /// `status.status_list`.
    #[must_use]
    pub const fn status(&self) -> Option<&StatusReference> {
        self.status.as_ref()
    }

    /// `iat`.
    #[must_use]
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// `nbf`.
    #[must_use]
    pub const fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }

    /// `exp`.
    #[must_use]
    pub const fn expires(&self) -> Option<Timestamp> {
        self.expires
    }
}

impl StatusReference {
    /// The reference in a `status` claim; another status mechanism alone is `None`.
    ///
    /// # Errors
    /// [`VcError::BadStatus`].
    pub fn of(status: &Value) -> Result<Option<Self>, VcError> {
        let status = status.as_object().ok_or(VcError::BadStatus)?;
        let Some(list) = status.get("status_list") else { return Ok(None) };
        let uri = list.get("uri").and_then(Value::as_str).filter(|uri| !uri.is_empty());
        let index = list.get("idx").and_then(Value::as_u64);
        match (uri, index) {
            (Some(uri), Some(index)) => Ok(Some(Self { uri: uri.to_owned(), index })),
            _ => Err(VcError::BadStatus),
        }
    }

    /// The `status` claim.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({"status_list": {"idx": self.index, "uri": self.uri}})
    }
}

/// `cnf.jwk`; members beside `jwk` (some issuers add a `kid`) are ignored.
///
/// A `cnf` without `jwk` names the holder in a way that cannot be checked here, and is refused.
pub(super) fn confirmation(claims: &Map<String, Value>) -> Result<Option<Jwk>, VcError> {
    let Some(confirmation) = claims.get("cnf") else { return Ok(None) };
    let jwk = confirmation.get("jwk").ok_or(VcError::BadConfirmation(jose::KeyError::Unsupported))?;
    Jwk::from_value(jwk).map(Some).map_err(VcError::BadConfirmation)
}

impl fmt::Debug for Facts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Facts({})", self.vct)
    }
}

impl fmt::Debug for StatusReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The index tells one credential from all others.
        formatter.write_str("StatusReference")
    }
}
