//! Whose key signed: by certificate chain, by DID, or by the holder itself.
//!
//! The mechanism follows from `iss` alone, never from what an attacker puts beside it (SD-JWT VC §3.5):
//!
//! | `iss` | `x5c` | mechanism |
//! |---|---|---|
//! | absent | present | chain; the leaf names the issuer |
//! | https | present | chain; the caller compares `iss` with the names in the leaf |
//! | did:jwk of the very key in `cnf` | absent | self-issued |
//! | DID | absent | DID; `kid` names the verification method |
//! | DID | present | refused |
//! | https | absent | refused: issuer metadata (`/.well-known/jwt-vc-issuer`) is not read |

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jose::{Jwk, base64url, json};
use serde_json::{Map, Value};

/// Most certificates that are read from a header.
pub const LONGEST_CHAIN: usize = 8;

/// How the issuer is identified; the key itself is found by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuedBy {
    /// By the certificates of `x5c`, leaf first, in DER.
    X5c {
        /// The chain.
        chain: Vec<Vec<u8>>,
        /// `iss`, if there is one: an https URL that must be a name in the leaf.
        issuer: Option<String>,
    },
    /// By a DID.
    Did {
        /// `iss`.
        did: String,
        /// The absolute DID URL of the verification method.
        kid: String,
    },
    /// By the holder: `iss` is the did:jwk of the key in `cnf`.
    Holder {
        /// `iss`.
        did: String,
        /// The key in `cnf`, which must have signed.
        key: Jwk,
    },
}

/// Why no issuer key can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerKeyError {
    /// `x5c` is not a non-empty array of base64 certificates, or is too long (RFC 7515 §4.1.6).
    #[error("x5c must be a non-empty array of at most 8 base64 certificates")]
    MalformedX5c,
    /// `iss` is not a string, or neither an https URL nor a DID.
    #[error("iss must be an https URL or a DID")]
    BadIssuer,
    /// Neither `iss` nor `x5c`.
    #[error("the credential names no issuer: neither iss nor x5c")]
    NoIssuer,
    /// `x5c` beside a DID in `iss`.
    #[error("x5c may not stand beside a DID in iss")]
    X5cBesideDid,
    /// `iss` is an https URL and there is no `x5c`.
    #[error("issuer metadata (jwt-vc-issuer) is not supported: the credential needs x5c or a DID")]
    WebIssuer,
    /// `kid` is missing, or no DID URL of `iss`.
    #[error("kid must be a DID URL of iss")]
    BadKid,
}

impl IssuerKeyError {
    /// A short name for reports.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::MalformedX5c => "malformed_x5c",
            Self::BadIssuer => "bad_iss",
            Self::NoIssuer => "no_issuer",
            Self::X5cBesideDid => "x5c_beside_did",
            Self::WebIssuer => "web_issuer_not_supported",
            Self::BadKid => "bad_kid",
        }
    }
}

impl IssuedBy {
    /// Finds the mechanism of a token with this header, issuer and confirmation key.
    ///
    /// # Errors
    /// See [`IssuerKeyError`].
    pub fn of(
        header: &Map<String, Value>,
        issuer: Option<&Value>,
        holder: Option<&Jwk>,
    ) -> Result<Self, IssuerKeyError> {
        let chain = x5c(header)?;
        let issuer = match issuer {
            None => None,
            Some(issuer) => Some(issuer.as_str().ok_or(IssuerKeyError::BadIssuer)?),
        };
        match (issuer, chain) {
            (None, Some(chain)) => Ok(Self::X5c { chain, issuer: None }),
            (None, None) => Err(IssuerKeyError::NoIssuer),
            (Some(did), chain) if did.starts_with("did:") => match chain {
                Some(_) => Err(IssuerKeyError::X5cBesideDid),
                None => Self::by_did(did, header, holder),
            },
            (Some(url), Some(chain)) if url.starts_with("https://") => {
                Ok(Self::X5c { chain, issuer: Some(url.to_owned()) })
            }
            (Some(url), None) if url.starts_with("https://") => Err(IssuerKeyError::WebIssuer),
            _ => Err(IssuerKeyError::BadIssuer),
        }
    }

    fn by_did(did: &str, header: &Map<String, Value>, holder: Option<&Jwk>) -> Result<Self, IssuerKeyError> {
        let kid = match header.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(absolute(did, kid)?),
            Some(_) => return Err(IssuerKeyError::BadKid),
        };
        if let (Some(key), Some(own)) = (holder, key_of_did_jwk(did))
            && *key == own
            && kid.as_ref().is_none_or(|kid| kid.strip_prefix(did) == Some("#0"))
        {
            return Ok(Self::Holder { did: did.to_owned(), key: own });
        }
        Ok(Self::Did { did: did.to_owned(), kid: kid.ok_or(IssuerKeyError::BadKid)? })
    }

    /// The DID, if one identifies the issuer without a certificate.
    #[must_use]
    pub fn did(&self) -> Option<&str> {
        match self {
            Self::X5c { .. } => None,
            Self::Did { did, .. } | Self::Holder { did, .. } => Some(did),
        }
    }
}

/// A `kid` as an absolute DID URL; known issuers write the fragment alone.
fn absolute(did: &str, kid: &str) -> Result<String, IssuerKeyError> {
    let fragment = kid.strip_prefix(did).unwrap_or(kid).strip_prefix('#').ok_or(IssuerKeyError::BadKid)?;
    if fragment.is_empty() || fragment.contains('#') {
        return Err(IssuerKeyError::BadKid);
    }
    Ok(format!("{did}#{fragment}"))
}

/// The key in a did:jwk; `None` for another method or a malformed one.
fn key_of_did_jwk(did: &str) -> Option<Jwk> {
    let encoded = did.strip_prefix("did:jwk:")?;
    Jwk::from_value(&json::parse(base64url::decode(encoded).ok()?).ok()?).ok()
}

/// The did:jwk of a key, from its required members alone.
#[must_use]
pub fn did_jwk(key: &Jwk) -> String {
    format!("did:jwk:{}", base64url::encode(key.required_members().to_string()))
}

/// The certificates of `x5c` in DER, leaf first; `None` when the header has none.
///
/// # Errors
/// [`IssuerKeyError::MalformedX5c`].
pub fn x5c(header: &Map<String, Value>) -> Result<Option<Vec<Vec<u8>>>, IssuerKeyError> {
    let Some(value) = header.get("x5c") else { return Ok(None) };
    let certificates = value
        .as_array()
        .filter(|certificates| !certificates.is_empty() && certificates.len() <= LONGEST_CHAIN)
        .ok_or(IssuerKeyError::MalformedX5c)?;
    certificates
        .iter()
        .map(|certificate| certificate.as_str().and_then(|text| STANDARD.decode(text).ok()))
        .collect::<Option<Vec<_>>>()
        .map(Some)
        .ok_or(IssuerKeyError::MalformedX5c)
}

/// As whom we sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignAs<'a> {
    /// By certificate chain, leaf first, the anchor left out (HAIP §6.1); no `iss` is written.
    X5c(&'a [Vec<u8>]),
    /// By DID: `iss` is the DID and `kid` the absolute DID URL of the verification method.
    Did {
        /// `iss`.
        did: &'a str,
        /// `kid`.
        kid: &'a str,
    },
}

impl SignAs<'_> {
    /// The header members that name the key.
    #[must_use]
    pub fn header(&self) -> Map<String, Value> {
        match self {
            Self::X5c(chain) => {
                let certificates: Vec<Value> =
                    chain.iter().map(|certificate| Value::from(STANDARD.encode(certificate))).collect();
                Map::from_iter([("x5c".to_owned(), Value::Array(certificates))])
            }
            Self::Did { kid, .. } => Map::from_iter([("kid".to_owned(), Value::from(*kid))]),
        }
    }

    /// `iss`, where one is written.
    #[must_use]
    pub const fn issuer(&self) -> Option<&str> {
        match self {
            Self::X5c(_) => None,
            Self::Did { did, .. } => Some(did),
        }
    }
}

#[cfg(test)]
mod tests;
