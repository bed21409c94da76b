//! Client identifiers and their prefixes (OpenID4VP 1.0 §5.9).

use std::fmt;

use did::Did;
use jose::{base64url, digest};

use crate::address;

/// Why a client identifier is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientIdError {
    /// No prefix: it would have to be registered with the wallet beforehand.
    #[error("a client identifier without a prefix is known to nobody here")]
    NotRegistered,
    /// `origin` is reserved and never taken in a request (§5.9.3).
    #[error("the prefix origin is never taken in a request")]
    Origin,
    /// A prefix that is unknown or not spoken.
    #[error("the client identifier's prefix is not spoken here")]
    UnknownPrefix,
    /// What follows the prefix does not fit it.
    #[error("the client identifier does not fit its prefix")]
    Malformed,
}

/// What a client identifier stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// `x509_hash`: SHA-256 of the DER of the leaf.
    X509Hash([u8; 32]),
    /// `x509_san_dns`: a DNS name of the leaf.
    X509SanDns(String),
    /// `decentralized_identifier`: a DID.
    DecentralizedIdentifier(Did),
    /// `redirect_uri`: the response URI itself; unsigned.
    RedirectUri(String),
}

/// A client identifier; the whole text with its prefix is the audience everywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientId {
    text: String,
    kind: ClientKind,
}

impl ClientId {
    /// Reads a client identifier.
    ///
    /// # Errors
    /// See [`ClientIdError`].
    pub fn parse(text: &str) -> Result<Self, ClientIdError> {
        let (prefix, rest) = text.split_once(':').ok_or(ClientIdError::NotRegistered)?;
        let kind = match prefix {
            "x509_hash" => {
                ClientKind::X509Hash(base64url::decode_exact(rest).map_err(|_| ClientIdError::Malformed)?)
            }
            "x509_san_dns" if is_dns_name(rest) => ClientKind::X509SanDns(rest.to_owned()),
            "decentralized_identifier" => {
                ClientKind::DecentralizedIdentifier(Did::parse(rest).map_err(|_| ClientIdError::Malformed)?)
            }
            "redirect_uri" if address::parse(rest).is_ok() => ClientKind::RedirectUri(rest.to_owned()),
            "x509_san_dns" | "redirect_uri" => return Err(ClientIdError::Malformed),
            "origin" => return Err(ClientIdError::Origin),
            _ => return Err(ClientIdError::UnknownPrefix),
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// `x509_hash:` of a leaf in DER.
    #[must_use]
    pub fn x509_hash(leaf: &[u8]) -> Self {
        let hash = digest::sha256(leaf);
        let text = format!("x509_hash:{}", base64url::encode(hash));
        Self { text, kind: ClientKind::X509Hash(hash) }
    }

    /// `decentralized_identifier:` of a DID.
    #[must_use]
    pub fn decentralized_identifier(did: Did) -> Self {
        let text = format!("decentralized_identifier:{did}");
        Self { text, kind: ClientKind::DecentralizedIdentifier(did) }
    }

    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it stands on.
    #[must_use]
    pub const fn kind(&self) -> &ClientKind {
        &self.kind
    }
}

fn is_dns_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

impl fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ClientId({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefixes_spoken_are_read_whole() {
        let hash = ClientId::x509_hash(b"leaf");
        assert_eq!(ClientId::parse(hash.as_str()).unwrap(), hash);
        let did = ClientId::decentralized_identifier(Did::parse("did:web:kiln.example").unwrap());
        assert_eq!(ClientId::parse("decentralized_identifier:did:web:kiln.example").unwrap(), did);
        let dns = ClientId::parse("x509_san_dns:kiln.example").unwrap();
        assert_eq!(dns.kind(), &ClientKind::X509SanDns("kiln.example".to_owned()));
        let redirect = ClientId::parse("redirect_uri:https://kiln.example/answer").unwrap();
        assert_eq!(redirect.kind(), &ClientKind::RedirectUri("https://kiln.example/answer".to_owned()));
    }

    #[test]
    fn other_prefixes_are_refused() {
        assert_eq!(ClientId::parse("kiln.example"), Err(ClientIdError::NotRegistered));
        assert_eq!(ClientId::parse("origin:https://kiln.example"), Err(ClientIdError::Origin));
        for unknown in [
            "future_prefix:x",
            "X509_hash:x",
            "https://kiln.example",
            "did:web:kiln.example",
            "verifier_attestation:x",
            "openid_federation:https://kiln.example",
        ] {
            assert_eq!(ClientId::parse(unknown), Err(ClientIdError::UnknownPrefix), "{unknown}");
        }
        for malformed in [
            "x509_hash:AAAA",
            "x509_san_dns:",
            "x509_san_dns:a/b",
            "redirect_uri:http://kiln.example",
            "decentralized_identifier:x",
        ] {
            assert_eq!(ClientId::parse(malformed), Err(ClientIdError::Malformed), "{malformed}");
        }
    }
}
