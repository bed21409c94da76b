//! The certificates of an `x5c` header: the leaf first, each followed by the one that certifies it.

use jose::base64url;
use serde_json::{Map, Value};

use crate::certificate::{Certificate, CertificateError};

/// Most certificates that are read: deeper foreign chains do not occur.
const LONGEST: usize = 5;

/// Why an `x5c` is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// There is no `x5c`.
    #[error("x5c is missing")]
    Missing,
    /// Not an array of one to five texts (RFC 7515 §4.1.6).
    #[error("x5c must be an array of one to five base64 certificates")]
    NotAList,
    /// One of the certificates cannot be read.
    #[error("certificate {position} of x5c: {error}")]
    Certificate {
        /// Counted from 0, the leaf.
        position: usize,
        /// What is wrong with it.
        error: CertificateError,
    },
}

/// The certificates of an `x5c`, read and not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateChain {
    leaf: Certificate,
    above: Vec<Certificate>,
}

impl CertificateChain {
    /// A chain of a leaf and the authorities above it, the trust anchor left out.
    #[must_use]
    pub const fn new(leaf: Certificate, above: Vec<Certificate>) -> Self {
        Self { leaf, above }
    }

    /// Reads certificates in DER, the leaf first.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`] where one does not read, or there is none.
    pub fn from_ders(ders: &[impl AsRef<[u8]>]) -> Result<Self, CertificateError> {
        let mut certificates = ders.iter().map(|der| Certificate::from_der(der.as_ref()));
        let leaf = certificates.next().ok_or(CertificateError::Malformed)??;
        Ok(Self { leaf, above: certificates.collect::<Result<_, _>>()? })
    }

    /// Reads the `x5c` of a JOSE header (RFC 7515 §4.1.6).
    ///
    /// # Errors
    /// See [`ChainError`].
    pub fn from_header(header: &Map<String, Value>) -> Result<Self, ChainError> {
        Self::from_value(header.get("x5c").ok_or(ChainError::Missing)?)
    }

    /// Reads the value of an `x5c`.
    ///
    /// # Errors
    /// See [`ChainError`].
    pub fn from_value(x5c: &Value) -> Result<Self, ChainError> {
        let texts = x5c.as_array().filter(|texts| texts.len() <= LONGEST).ok_or(ChainError::NotAList)?;
        let mut certificates = Vec::with_capacity(texts.len());
        for (position, text) in texts.iter().enumerate() {
            let certificate = Certificate::from_base64(text.as_str().ok_or(ChainError::NotAList)?)
                .map_err(|error| ChainError::Certificate { position, error })?;
            certificates.push(certificate);
        }
        let mut certificates = certificates.into_iter();
        let leaf = certificates.next().ok_or(ChainError::NotAList)?;
        Ok(Self { leaf, above: certificates.collect() })
    }

    /// The chain as the value of an `x5c`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::from(self.certificates().map(Certificate::to_base64).collect::<Vec<_>>())
    }

    /// A JOSE header with this chain as its `x5c`, to be completed by the caller.
    #[must_use]
    pub fn to_header(&self) -> Map<String, Value> {
        Map::from_iter([("x5c".to_owned(), self.to_value())])
    }

    /// The leaf.
    #[must_use]
    pub const fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// The authorities above the leaf, lowest first.
    #[must_use]
    pub fn above(&self) -> &[Certificate] {
        &self.above
    }

    /// All certificates, the leaf first.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.leaf).chain(&self.above)
    }

    /// The authority key identifier of every certificate, which `trusted_authorities` of type `aki` is matched against
    /// (OpenID4VP 1.0 §6.1.1.1), where the authority that follows it is the one with that key (RFC 5280 §4.2.1.1): it may
    /// say what it likes of others. They count in a chain that was verified, where each certificate is on the path.
    pub fn certified_by(&self) -> impl Iterator<Item = &[u8]> {
        self.certificates().enumerate().filter_map(|(position, certificate)| {
            let identifier = certificate.authority_key_identifier()?;
            // That of the last one is its anchor's, which is left out.
            let borne_out = self
                .above
                .get(position)
                .is_none_or(|authority| authority.subject_key_identifier() == Some(identifier));
            borne_out.then_some(identifier)
        })
    }

    /// [`Self::certified_by`], each once and in base64url.
    #[must_use]
    pub fn authority_key_identifiers(&self) -> Vec<String> {
        let mut identifiers: Vec<String> = Vec::new();
        for identifier in self.certified_by() {
            let text = base64url::encode(identifier);
            if !identifiers.contains(&text) {
                identifiers.push(text);
            }
        }
        identifiers
    }
}

impl serde::Serialize for CertificateChain {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for CertificateChain {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
