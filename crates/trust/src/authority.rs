//! Building the certificates of a network: root, sub-authorities, leaves.
//!
//! Keys come as [`SigningKey`] (P-256); serial numbers from the randomness that is passed in.

use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

use environment::{Randomness, Timestamp};
use jose::{Algorithm, Jwk, KeyKind, Signer, SigningKey, digest};
use p256::ecdsa::DerSignature;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::der::asn1::{Any, BitString, Ia5String, ObjectIdentifier, OctetString, Utf8StringRef};
use x509_cert::der::flagset::FlagSet;
use x509_cert::der::{DateTime, Encode, Tag};
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, NameConstraints, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::Time;

use crate::certificate::{Certificate, CertificateError};
use crate::identifier::{is_did, is_host};
use crate::path::NetworkRoot;
use crate::purpose::{Purpose, SubAuthority};

/// Longest validity of a party's leaf, in seconds: 90 days.
pub const LONGEST_LEAF_VALIDITY: i64 = 90 * 86_400;

/// Why a certificate cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Authorities sign with P-256.
    #[error("the key of an authority must be a P-256 key")]
    WrongKey,
    /// The validity is empty, outside that of the authority, or longer than allowed.
    #[error("the validity is empty, longer than allowed, or reaches beyond that of the authority")]
    Validity,
    /// The name to be certified has the wrong form.
    #[error("the DID, host or name to be certified has the wrong form")]
    Name,
    /// Party leaves come from a sub-authority; sub-authorities and the operator's own leaves from the root.
    #[error("this authority does not certify such keys")]
    WrongAuthority,
    /// The encoder refused.
    #[error("the certificate could not be encoded")]
    Encoding,
    /// The finished certificate cannot be read back.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl From<x509_cert::der::Error> for BuildError {
    fn from(_: x509_cert::der::Error) -> Self {
        Self::Encoding
    }
}

impl From<x509_cert::builder::Error> for BuildError {
    fn from(_: x509_cert::builder::Error) -> Self {
        Self::Encoding
    }
}

/// First and last moment of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// First moment.
    pub from: Timestamp,
    /// Last moment.
    pub until: Timestamp,
}

impl Validity {
    /// `days` from `start` on.
    #[must_use]
    pub const fn days(start: Timestamp, days: i64) -> Self {
        Self { from: start, until: start.plus(days.saturating_mul(86_400)) }
    }
}

/// A key and what a leaf is to say about it.
#[derive(Clone, Copy, Debug)]
pub enum LeafRequest<'a> {
    /// A leaf of an office or a space, issued by a sub-authority.
    Party {
        /// The DID, which becomes the one URI among the alternative names.
        did: &'a str,
        /// The host, which becomes the one DNS name.
        host: &'a str,
        /// [`Purpose::RequestSigning`] or [`Purpose::CredentialIssuing`].
        purpose: Purpose,
        /// The key to be certified.
        key: &'a Jwk,
    },
    /// A leaf of the operator's own, issued by the root.
    Operator {
        /// Common name.
        name: &'a str,
        /// [`Purpose::Registrar`] or [`Purpose::NetworkList`].
        purpose: Purpose,
        /// The key to be certified.
        key: &'a Jwk,
    },
    /// The leaf of a wallet provider, issued by a root of its own (HAIP 1.0 §4.4.1). It has no part in any network.
    Attesting {
        /// Common name.
        name: &'a str,
        /// The provider's DID, which becomes the one URI among the alternative names.
        did: &'a str,
        /// The key to be certified.
        key: &'a Jwk,
    },
}

/// A certificate with its key, which certifies others.
#[derive(Debug)]
pub struct Authority {
    certificate: Certificate,
    key: SigningKey,
}

impl Authority {
    /// A new root.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn root(
        name: &str,
        key: SigningKey,
        validity: Validity,
        randomness: &dyn Randomness,
    ) -> Result<Self, BuildError> {
        let template = Template {
            authority: Some(1),
            ..Template::new(format!("{name} root"), key.public_jwk(), validity)
        };
        let certificate = build_self_signed(&template, &key, randomness)?;
        Ok(Self { certificate, key })
    }

    /// Joins a certificate with its key, as they come back from storage.
    ///
    /// # Errors
    /// [`BuildError::WrongKey`] when the key is another one, [`BuildError::WrongAuthority`] for a leaf.
    pub fn from_parts(certificate: Certificate, key: SigningKey) -> Result<Self, BuildError> {
        if certificate.public_key()? != key.public_jwk() || key.algorithm() != Algorithm::Es256 {
            return Err(BuildError::WrongKey);
        }
        if certificate.is_authority() {
            Ok(Self { certificate, key })
        } else {
            Err(BuildError::WrongAuthority)
        }
    }

    /// A sub-authority for offices or for spaces.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn sub_authority(
        &self,
        mark: SubAuthority,
        name: &str,
        key: SigningKey,
        validity: Validity,
        randomness: &dyn Randomness,
    ) -> Result<Self, BuildError> {
        if !self.certificate.is_self_issued() {
            return Err(BuildError::WrongAuthority);
        }
        self.check_within(validity)?;
        let label = match mark {
            SubAuthority::Offices => "offices",
            SubAuthority::Spaces => "spaces",
        };
        let template = Template {
            authority: Some(0),
            // A sub-authority that bears usages certifies for these alone (enforced by path validation).
            purposes: vec![Purpose::RequestSigning.oid(), Purpose::CredentialIssuing.oid()],
            policies: vec![mark.policy_oid()],
            ..Template::new(format!("{name} {label}"), key.public_jwk(), validity)
        };
        let certificate = self.build(&template, randomness)?;
        Ok(Self { certificate, key })
    }

    /// A leaf.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn leaf(
        &self,
        request: LeafRequest<'_>,
        validity: Validity,
        randomness: &dyn Randomness,
    ) -> Result<Certificate, BuildError> {
        self.check_within(validity)?;
        let is_root = self.certificate.is_self_issued();
        let template = match request {
            LeafRequest::Party { did, host, purpose, key } => {
                if is_root || !purpose.is_of_a_party() {
                    return Err(BuildError::WrongAuthority);
                }
                if validity.until.since(validity.from) > LONGEST_LEAF_VALIDITY {
                    return Err(BuildError::Validity);
                }
                if !is_did(did) || !is_host(host) {
                    return Err(BuildError::Name);
                }
                Template {
                    purposes: vec![purpose.oid()],
                    uris: vec![did.to_owned()],
                    hosts: vec![host.to_owned()],
                    ..Template::new(host.to_owned(), key, validity)
                }
            }
            LeafRequest::Operator { name, purpose, key } => {
                if !is_root || purpose.is_of_a_party() {
                    return Err(BuildError::WrongAuthority);
                }
                Template { purposes: vec![purpose.oid()], ..Template::new(name.to_owned(), key, validity) }
            }
            LeafRequest::Attesting { name, did, key } => {
                if !is_root {
                    return Err(BuildError::WrongAuthority);
                }
                if !is_did(did) {
                    return Err(BuildError::Name);
                }
                Template { uris: vec![did.to_owned()], ..Template::new(name.to_owned(), key, validity) }
            }
        };
        self.build(&template, randomness)
    }

    fn check_within(&self, validity: Validity) -> Result<(), BuildError> {
        let inside = self.certificate.not_before() <= validity.from
            && validity.from < validity.until
            && validity.until <= self.certificate.not_after();
        if inside { Ok(()) } else { Err(BuildError::Validity) }
    }

    pub(crate) fn build(
        &self,
        template: &Template,
        randomness: &dyn Randomness,
    ) -> Result<Certificate, BuildError> {
        let issuer = self.certificate.common_name().ok_or(BuildError::Name)?;
        let key_identifier = self.certificate.subject_key_identifier().ok_or(BuildError::WrongAuthority)?;
        build(template, issuer, key_identifier, &self.key, randomness)
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) const fn unchecked(certificate: Certificate, key: SigningKey) -> Self {
        Self { certificate, key }
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The key, for whoever keeps it.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The certificate as the root that a network pins.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`] for a sub-authority.
    pub fn as_network_root(&self) -> Result<NetworkRoot, CertificateError> {
        NetworkRoot::new(self.certificate.clone())
    }
}

/// Everything a certificate is to say; only this crate (and its bad chains for tests) fills one in freely.
pub(crate) struct Template {
    pub(crate) name: String,
    pub(crate) key: Jwk,
    pub(crate) validity: Validity,
    /// `Some(path length)` for an authority.
    pub(crate) authority: Option<u8>,
    pub(crate) purposes: Vec<&'static [u8]>,
    pub(crate) policies: Vec<&'static [u8]>,
    pub(crate) uris: Vec<String>,
    pub(crate) hosts: Vec<String>,
    /// Whether the key usage of an authority lets it certify others, as it has to.
    pub(crate) certifies: bool,
    /// The only domains below which an authority may certify hosts; empty: any.
    pub(crate) permitted: Vec<String>,
}

impl Template {
    pub(crate) fn new(name: String, key: &Jwk, validity: Validity) -> Self {
        Self {
            name,
            key: key.clone(),
            validity,
            authority: None,
            purposes: Vec::new(),
            policies: Vec::new(),
            uris: Vec::new(),
            hosts: Vec::new(),
            certifies: true,
            permitted: Vec::new(),
        }
    }
}

pub(crate) fn build_self_signed(
    template: &Template,
    key: &SigningKey,
    randomness: &dyn Randomness,
) -> Result<Certificate, BuildError> {
    let identifier = key_identifier(&key_info(&template.key)?);
    build(template, &template.name, &identifier, key, randomness)
}

fn build(
    template: &Template,
    issuer: &str,
    issuer_key_identifier: &[u8],
    key: &SigningKey,
    randomness: &dyn Randomness,
) -> Result<Certificate, BuildError> {
    if key.algorithm() != Algorithm::Es256 {
        return Err(BuildError::WrongKey);
    }
    let signer =
        p256::ecdsa::SigningKey::from_slice(key.secret_bytes().as_ref()).map_err(|_| BuildError::WrongKey)?;
    let info = key_info(&template.key)?;
    let profile = Profile {
        subject: name(&template.name)?,
        issuer: name(issuer)?,
        extensions: extensions(template, &key_identifier(&info), issuer_key_identifier)?,
    };
    let validity =
        x509_cert::time::Validity::new(moment(template.validity.from)?, moment(template.validity.until)?);
    let builder = CertificateBuilder::new(profile, serial_number(randomness)?, validity, info)?;
    let certificate = builder.build::<_, DerSignature>(&signer)?;
    Ok(Certificate::from_der(&certificate.to_der()?)?)
}

struct Profile {
    subject: Name,
    issuer: Name,
    extensions: Vec<Extension>,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _spk: SubjectPublicKeyInfoRef<'_>,
        _issuer_spk: SubjectPublicKeyInfoRef<'_>,
        _tbs: &x509_cert::TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        Ok(self.extensions.clone())
    }
}

fn extensions(
    template: &Template,
    own_key_identifier: &[u8],
    issuer_key_identifier: &[u8],
) -> Result<Vec<Extension>, BuildError> {
    let basic =
        BasicConstraints { ca: template.authority.is_some(), path_len_constraint: template.authority };
    let usages: FlagSet<KeyUsages> = if template.authority.is_some() && template.certifies {
        KeyUsages::KeyCertSign | KeyUsages::CRLSign
    } else {
        KeyUsages::DigitalSignature.into()
    };
    let authority = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(issuer_key_identifier)?),
        ..AuthorityKeyIdentifier::default()
    };
    let mut list = vec![
        extension((true, &basic))?,
        extension((true, &KeyUsage(usages)))?,
        extension((false, &SubjectKeyIdentifier(OctetString::new(own_key_identifier)?)))?,
        extension((false, &authority))?,
    ];
    if !template.purposes.is_empty() {
        let usages = identifiers(&template.purposes)?;
        list.push(extension((ObjectIdentifier::new_unwrap("2.5.29.37"), false, &usages))?);
    }
    if !template.policies.is_empty() {
        let policies = identifiers(&template.policies)?
            .iter()
            .map(|identifier| Ok(Any::new(Tag::Sequence, identifier.to_der()?)?))
            .collect::<Result<Vec<Any>, BuildError>>()?;
        list.push(extension((ObjectIdentifier::new_unwrap("2.5.29.32"), false, &policies))?);
    }
    if !template.permitted.is_empty() {
        list.push(extension((true, &name_constraints(&template.permitted)?))?);
    }
    let mut names = Vec::new();
    for host in &template.hosts {
        names.push(GeneralName::DnsName(Ia5String::new(host)?));
    }
    for uri in &template.uris {
        names.push(GeneralName::UniformResourceIdentifier(Ia5String::new(uri)?));
    }
    if !names.is_empty() {
        list.push(extension((false, &SubjectAltName(names)))?);
    }
    Ok(list)
}

/// RFC 5280 §4.2.1.10.
fn name_constraints(permitted: &[String]) -> Result<NameConstraints, BuildError> {
    let below = |domain: &String| -> Result<GeneralSubtree, BuildError> {
        Ok(GeneralSubtree { base: GeneralName::DnsName(Ia5String::new(domain)?), minimum: 0, maximum: None })
    };
    let permitted = permitted.iter().map(below).collect::<Result<_, _>>()?;
    Ok(NameConstraints { permitted_subtrees: Some(permitted), excluded_subtrees: None })
}

fn extension(value: impl ToExtension<Error = x509_cert::der::Error>) -> Result<Extension, BuildError> {
    Ok(value.to_extension(&Name::default(), &[])?)
}

fn identifiers(contents: &[&'static [u8]]) -> Result<Vec<Any>, BuildError> {
    contents.iter().map(|content| Ok(Any::new(Tag::ObjectIdentifier, *content)?)).collect()
}

/// A name of one common name. The hexadecimal form of RFC 4514 §2.4 spares us its escapes.
fn name(common_name: &str) -> Result<Name, BuildError> {
    if common_name.is_empty() || common_name.chars().count() > 200 {
        return Err(BuildError::Name);
    }
    let mut text = String::from("CN=#");
    for byte in Utf8StringRef::new(common_name)?.to_der()? {
        write!(text, "{byte:02x}").map_err(|_| BuildError::Encoding)?;
    }
    Ok(Name::from_str(&text)?)
}

fn moment(time: Timestamp) -> Result<Time, BuildError> {
    let seconds = u64::try_from(time.seconds()).map_err(|_| BuildError::Validity)?;
    let date =
        DateTime::from_unix_duration(Duration::from_secs(seconds)).map_err(|_| BuildError::Validity)?;
    Ok(Time::from(date))
}

/// 16 random bytes, positive and not zero (RFC 5280 §4.1.2.2).
fn serial_number(randomness: &dyn Randomness) -> Result<SerialNumber, BuildError> {
    let mut bytes = [0; 17];
    let (first, random) = bytes.split_at_mut(1);
    first.fill(1);
    randomness.fill(random);
    Ok(SerialNumber::new(&bytes)?)
}

/// The first 160 bits of the SHA-256 of the key (RFC 7093 §2, method 1).
fn key_identifier(info: &SubjectPublicKeyInfoOwned) -> Vec<u8> {
    digest::sha256(info.subject_public_key.raw_bytes()).into_iter().take(20).collect()
}

/// RFC 5480 §2 and RFC 8410 §4.
fn key_info(key: &Jwk) -> Result<SubjectPublicKeyInfoOwned, BuildError> {
    let (oid, parameters) = match key.kind() {
        KeyKind::P256 { .. } => (
            ObjectIdentifier::new_unwrap("1.2.840.10045.2.1"),
            Some(Any::encode_from(&ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"))?),
        ),
        KeyKind::Ed25519(_) => (ObjectIdentifier::new_unwrap("1.3.101.112"), None),
    };
    Ok(SubjectPublicKeyInfoOwned {
        algorithm: AlgorithmIdentifierOwned { oid, parameters },
        subject_public_key: BitString::from_bytes(&key.to_bytes())?,
    })
}

#[cfg(test)]
mod tests;
