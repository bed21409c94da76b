//! One X.509 certificate, read from DER (RFC 5280 §4).
//!
//! Reading says nothing about trust: see [`crate::path`].

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use environment::Timestamp;
use jose::{Jwk, base64url, digest};
use x509_cert::der::asn1::{Any, AnyRef, ObjectIdentifier};
use x509_cert::der::{Decode, Encode, Header, Reader, SliceReader, Tag};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use crate::identifier::is_did;

const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const CERTIFICATE_POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Longest certificate that is read: real ones have one or two thousand bytes.
pub(crate) const LONGEST: usize = 16_384;

/// Why a certificate cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Not a DER certificate, an extension that is malformed or comes twice, or far too long.
    #[error("not a well-formed X.509 certificate")]
    Malformed,
    /// Not the base64 of RFC 4648 §4 that `x5c` asks for (RFC 7515 §4.1.6).
    #[error("the certificate is not in base64")]
    NotBase64,
    /// The PEM text holds no certificate.
    #[error("no certificate in the PEM text")]
    NoPem,
    /// The key is neither P-256 nor Ed25519, or not a point of its curve.
    #[error("the certificate's key is neither P-256 nor Ed25519")]
    UnsupportedKey,
    /// The subject alternative names hold no URI, or more than one.
    #[error("the certificate must name exactly one URI, and names {count}")]
    NotOneUri {
        /// How many there are.
        count: usize,
    },
    /// The URI is not a DID.
    #[error("the URI in the certificate is not a DID")]
    NotADid,
    /// The subject alternative names hold no DNS name, or more than one.
    #[error("the certificate must name exactly one host, and names {count}")]
    NotOneHost {
        /// How many there are.
        count: usize,
    },
}

/// A certificate and the facts in it that this network looks at.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    sha256: [u8; 32],
    facts: Facts,
}

#[derive(Clone, PartialEq, Eq)]
struct Facts {
    subject: Vec<u8>,
    issuer: Vec<u8>,
    common_name: Option<String>,
    public_key_info: Vec<u8>,
    public_key: Option<Jwk>,
    not_before: Timestamp,
    not_after: Timestamp,
    dns_names: Vec<String>,
    uris: Vec<String>,
    purposes: Vec<Vec<u8>>,
    policies: Vec<Vec<u8>>,
    is_authority: bool,
    may_sign_data: bool,
    may_certify: bool,
    subject_key_identifier: Option<Vec<u8>>,
    authority_key_identifier: Option<Vec<u8>>,
}

impl Certificate {
    /// Reads a DER certificate.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > LONGEST {
            return Err(CertificateError::Malformed);
        }
        let facts = read(der).map_err(|_| CertificateError::Malformed)?;
        Ok(Self { der: der.to_vec(), sha256: digest::sha256(der), facts })
    }

    /// Reads one element of `x5c`: base64 with padding, not base64url (RFC 7515 §4.1.6).
    ///
    /// # Errors
    /// [`CertificateError::NotBase64`], [`CertificateError::Malformed`].
    pub fn from_base64(text: &str) -> Result<Self, CertificateError> {
        Self::from_der(&STANDARD.decode(text).map_err(|_| CertificateError::NotBase64)?)
    }

    /// Reads every certificate of a PEM text (RFC 7468), or the one of a base64 DER text.
    ///
    /// # Errors
    /// [`CertificateError::NoPem`], [`CertificateError::NotBase64`], [`CertificateError::Malformed`].
    pub fn from_pem(text: &str) -> Result<Vec<Self>, CertificateError> {
        const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
        const END: &str = "-----END CERTIFICATE-----";
        let mut found = Vec::new();
        let mut rest = text;
        while let Some((_, after)) = rest.split_once(BEGIN) {
            let (body, after) = after.split_once(END).ok_or(CertificateError::Malformed)?;
            let body: String = body.chars().filter(|character| !character.is_ascii_whitespace()).collect();
            found.push(Self::from_base64(&body)?);
            rest = after;
        }
        if found.is_empty() { Err(CertificateError::NoPem) } else { Ok(found) }
    }

    /// The certificate as it was read.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as an element of `x5c` (RFC 7515 §4.1.6).
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(&self.der)
    }

    /// The certificate in PEM (RFC 7468).
    #[must_use]
    pub fn to_pem(&self) -> String {
        let body = self.to_base64();
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for (position, character) in body.chars().enumerate() {
            if position > 0 && position.is_multiple_of(64) {
                pem.push('\n');
            }
            pem.push(character);
        }
        pem.push_str("\n-----END CERTIFICATE-----\n");
        pem
    }

    /// SHA-256 of the DER.
    #[must_use]
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// The client identifier of this leaf: `x509_hash:` and base64url of the SHA-256 (OpenID4VP 1.0 §5.9.3).
    #[must_use]
    pub fn client_id(&self) -> String {
        format!("x509_hash:{}", base64url::encode(self.sha256))
    }

    /// The certified key.
    ///
    /// # Errors
    /// [`CertificateError::UnsupportedKey`].
    pub fn public_key(&self) -> Result<&Jwk, CertificateError> {
        self.facts.public_key.as_ref().ok_or(CertificateError::UnsupportedKey)
    }

    /// The DID: the one URI among the subject alternative names.
    ///
    /// # Errors
    /// [`CertificateError::NotOneUri`], [`CertificateError::NotADid`].
    pub fn did(&self) -> Result<&str, CertificateError> {
        match self.facts.uris.as_slice() {
            [uri] if is_did(uri) => Ok(uri),
            [_] => Err(CertificateError::NotADid),
            several => Err(CertificateError::NotOneUri { count: several.len() }),
        }
    }

    /// The host: the one DNS name among the subject alternative names.
    ///
    /// # Errors
    /// [`CertificateError::NotOneHost`].
    pub fn host(&self) -> Result<&str, CertificateError> {
        match self.facts.dns_names.as_slice() {
            [host] => Ok(host),
            several => Err(CertificateError::NotOneHost { count: several.len() }),
        }
    }

    /// All DNS names among the subject alternative names, in lower case.
    #[must_use]
    pub fn dns_names(&self) -> &[String] {
        &self.facts.dns_names
    }

    /// All URIs among the subject alternative names.
    #[must_use]
    pub fn uris(&self) -> &[String] {
        &self.facts.uris
    }

    /// The common name of the subject, for people to read.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.facts.common_name.as_deref()
    }

    /// The content bytes of every extended key usage.
    #[must_use]
    pub fn purposes(&self) -> &[Vec<u8>] {
        &self.facts.purposes
    }

    /// The content bytes of every certificate policy.
    #[must_use]
    pub fn policies(&self) -> &[Vec<u8>] {
        &self.facts.policies
    }

    /// The first moment of validity.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.facts.not_before
    }

    /// The last moment of validity (RFC 5280 §4.1.2.5: inclusive).
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.facts.not_after
    }

    /// Whether basic constraints make this the certificate of an authority.
    #[must_use]
    pub const fn is_authority(&self) -> bool {
        self.facts.is_authority
    }

    /// Whether key usage is absent or allows signatures over data (RFC 5280 §4.2.1.3).
    #[must_use]
    pub const fn may_sign_data(&self) -> bool {
        self.facts.may_sign_data
    }

    /// Whether key usage is absent or allows signatures over certificates (RFC 5280 §4.2.1.3).
    #[must_use]
    pub const fn may_certify(&self) -> bool {
        self.facts.may_certify
    }

    /// Whether subject and issuer are the same, as in every self-signed certificate (RFC 5280 §3.2).
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.facts.subject == self.facts.issuer
    }

    /// Whether `other` bears the name of this certificate's issuer.
    #[must_use]
    pub fn names_as_issuer(&self, other: &Self) -> bool {
        self.facts.issuer == other.facts.subject
    }

    /// Whether both certify the same key for the same subject, as a renewed authority does.
    #[must_use]
    pub(crate) fn is_same_authority(&self, other: &Self) -> bool {
        self.facts.subject == other.facts.subject && self.facts.public_key_info == other.facts.public_key_info
    }

    /// The subject key identifier.
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.facts.subject_key_identifier.as_deref()
    }

    /// The key identifier of the authority key identifier.
    #[must_use]
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.facts.authority_key_identifier.as_deref()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Certificate({})", base64url::encode(self.sha256))
    }
}

fn read(der: &[u8]) -> Result<Facts, x509_cert::der::Error> {
    let certificate = x509_cert::Certificate::from_der(der)?;
    let tbs = certificate.tbs_certificate();
    let info = tbs.subject_public_key_info().to_der()?;
    let mut facts = Facts {
        subject: tbs.subject().to_der()?,
        issuer: tbs.issuer().to_der()?,
        common_name: tbs.subject().common_name().ok().flatten().map(|name| name.value().into_owned()),
        public_key: public_key(&info),
        public_key_info: info,
        not_before: moment(tbs.validity().not_before),
        not_after: moment(tbs.validity().not_after),
        dns_names: Vec::new(),
        uris: Vec::new(),
        purposes: Vec::new(),
        policies: Vec::new(),
        is_authority: tbs.get_extension::<BasicConstraints>()?.is_some_and(|(_, basic)| basic.ca),
        may_sign_data: tbs.get_extension::<KeyUsage>()?.is_none_or(|(_, usage)| usage.digital_signature()),
        may_certify: tbs.get_extension::<KeyUsage>()?.is_none_or(|(_, usage)| usage.key_cert_sign()),
        subject_key_identifier: tbs
            .get_extension::<SubjectKeyIdentifier>()?
            .map(|(_, identifier)| identifier.0.as_bytes().to_vec()),
        authority_key_identifier: tbs
            .get_extension::<AuthorityKeyIdentifier>()?
            .and_then(|(_, identifier)| identifier.key_identifier)
            .map(|identifier| identifier.as_bytes().to_vec()),
    };
    if let Some((_, names)) = tbs.get_extension::<SubjectAltName>()? {
        for name in names.0 {
            match name {
                GeneralName::DnsName(name) => facts.dns_names.push(name.as_str().to_ascii_lowercase()),
                GeneralName::UniformResourceIdentifier(uri) => facts.uris.push(uri.as_str().to_owned()),
                _ => {}
            }
        }
    }
    if let Some(value) = the_extension(tbs, EXTENDED_KEY_USAGE)? {
        facts.purposes = Vec::<Any>::from_der(value)?
            .iter()
            .map(|any| identifier(any.to_ref()))
            .collect::<Result<_, _>>()?;
    }
    if let Some(value) = the_extension(tbs, CERTIFICATE_POLICIES)? {
        facts.policies = Vec::<Any>::from_der(value)?
            .iter()
            .map(|any| policy_identifier(any.to_ref()))
            .collect::<Result<_, _>>()?;
    }
    Ok(facts)
}

/// The value of an extension that may come once (RFC 5280 §4.2).
fn the_extension(
    tbs: &x509_cert::TbsCertificate,
    oid: ObjectIdentifier,
) -> Result<Option<&[u8]>, x509_cert::der::Error> {
    let mut found = tbs.extensions().into_iter().flatten().filter(|extension| extension.extn_id == oid);
    let first = found.next().map(|extension| extension.extn_value.as_bytes());
    if found.next().is_some() { Err(Tag::Sequence.value_error().into()) } else { Ok(first) }
}

/// The content bytes of an object identifier of any length (ours are longer than `x509_cert` reads).
fn identifier(any: AnyRef<'_>) -> Result<Vec<u8>, x509_cert::der::Error> {
    let header: Header = any.header();
    header.tag().assert_eq(Tag::ObjectIdentifier)?;
    Ok(any.value().to_vec())
}

/// The identifier of a PolicyInformation, the first member of its sequence (RFC 5280 §4.2.1.4).
fn policy_identifier(any: AnyRef<'_>) -> Result<Vec<u8>, x509_cert::der::Error> {
    any.header().tag().assert_eq(Tag::Sequence)?;
    let mut reader = SliceReader::new(any.value())?;
    let first = AnyRef::decode(&mut reader)?;
    let _qualifiers = reader.read_slice(reader.remaining_len())?;
    identifier(first)
}

fn moment(time: x509_cert::time::Time) -> Timestamp {
    Timestamp::from_seconds(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
}

/// The key of a SubjectPublicKeyInfo (RFC 5480 §2, RFC 8410 §4) where it is one this network uses.
fn public_key(info: &[u8]) -> Option<Jwk> {
    let info = SubjectPublicKeyInfoRef::from_der(info).ok()?;
    let bytes = info.subject_public_key.as_bytes()?;
    match (info.algorithm.oid, info.algorithm.parameters) {
        (EC_PUBLIC_KEY, Some(parameters))
            if parameters.decode_as::<ObjectIdentifier>().ok() == Some(P256) =>
        {
            Jwk::from_sec1(bytes).ok()
        }
        (ED25519, None) => Jwk::from_ed25519(bytes.try_into().ok()?).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
