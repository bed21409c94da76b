//! Whose word an attestation is: a provider that is known by its DID, or one that a root certifies (HAIP 1.0 §4.4.1, §4.5.1).
//!
//! The header says who signed, and nothing of it counts before somebody who is listed turns out to be behind it: the caller
//! takes the DID of `kid` if that is listed, and else the certificates of `x5c` if they lead to a root that is. Either needs
//! a key that was vouched for beforehand, so whoever sends both gains nothing by it.

use credentials::issuer_key::{self, SignAs};
use credentials::vc::StatusReference;
use did::{Did, DidUrl};
use environment::Timestamp;
use jose::Jwk;
use jose::jwt::ClaimError;
use serde_json::{Map, Value};
use trust::{CertificateChain, ForeignAnchors, PathError, dangerous_verify_foreign};

/// Who is said to have signed an attestation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedProvider {
    kid: Option<DidUrl>,
    chain: Option<Vec<Vec<u8>>>,
}

impl NamedProvider {
    /// Reads the header of an attestation; `None` where it names nobody: neither by certificates nor by a DID URL.
    pub(super) fn of(header: &Map<String, Value>) -> Option<Self> {
        let chain = issuer_key::x5c(header).ok()?;
        let kid = header.get("kid").and_then(Value::as_str).and_then(|kid| DidUrl::parse(kid).ok());
        (kid.is_some() || chain.is_some()).then_some(Self { kid, chain })
    }

    /// The DID URL of its key, to be resolved if its DID is listed.
    #[must_use]
    pub const fn kid(&self) -> Option<&DidUrl> {
        self.kid.as_ref()
    }

    /// The certificates, leaf first, in DER.
    #[must_use]
    pub fn chain(&self) -> Option<&[Vec<u8>]> {
        self.chain.as_deref()
    }
}

/// A provider that is taken, with the key by which it signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenProvider {
    id: String,
    key: Jwk,
    /// What `iss` must be where there is one.
    issuer: Option<Did>,
}

impl TakenProvider {
    /// A provider that is listed by its DID; `key` stands in its document, under `assertionMethod`.
    #[must_use]
    pub fn by_did(did: &Did, key: Jwk) -> Self {
        Self { id: did.as_str().to_owned(), key, issuer: Some(did.clone()) }
    }

    /// Whoever a root certifies: the chain is verified up to one of `roots`, which stands in it nowhere, and whose holder
    /// certifies wallet providers alone. No profile of such certificates is settled (HAIP 1.0 §4.5.1), so that `iss` is not
    /// compared with the names in the leaf.
    ///
    /// # Errors
    /// See [`PathError`].
    pub fn by_chain(chain: &[Vec<u8>], roots: &ForeignAnchors, now: Timestamp) -> Result<Self, PathError> {
        let path = dangerous_verify_foreign(&CertificateChain::from_ders(chain)?, roots, now)?;
        Ok(Self { id: path.leaf().client_id(), key: path.key().clone(), issuer: None })
    }

    /// Its name in records: the DID, or the hash of its certificate.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key by which it signs.
    #[must_use]
    pub const fn key(&self) -> &Jwk {
        &self.key
    }

    /// Where the status of an attestation with these claims is listed, if anywhere. The list is signed by the key that signed
    /// the attestation.
    pub(super) fn status(&self, claims: &Map<String, Value>) -> Result<Option<ListedStatus>, ClaimError> {
        let Some(status) = claims.get("status") else { return Ok(None) };
        let reference = StatusReference::of(status).map_err(|_| ClaimError::WrongType("status"))?;
        Ok(reference.map(|reference| ListedStatus { reference, key: self.key.clone() }))
    }

    /// Whether `iss` is this provider's, if it is there: the pinned draft has one, its successors have none.
    pub(super) fn is_issuer(&self, claims: &Map<String, Value>) -> bool {
        match (claims.get("iss"), &self.issuer) {
            (Some(issuer), Some(did)) => issuer == did.as_str(),
            _ => true,
        }
    }
}

/// Where the status of an attestation is listed (OpenID4VCI 1.0 Appendices D.1 and E): to be asked before it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedStatus {
    /// The list, and the place in it.
    pub reference: StatusReference,
    /// Who must have signed the list.
    pub key: Jwk,
}

/// The header of what a provider signs: `kid` for those who know it by its DID, and its certificates, if it has some, for
/// those who know it by its root.
#[must_use]
pub fn header(kid: &DidUrl, chain: &[Vec<u8>]) -> Map<String, Value> {
    let mut header = if chain.is_empty() { Map::new() } else { SignAs::X5c(chain).header() };
    header.insert("kid".to_owned(), Value::from(kid.to_string()));
    header
}

#[cfg(test)]
mod tests;
