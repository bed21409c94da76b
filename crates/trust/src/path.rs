//! Paths from a leaf to the root that a network pins (RFC 5280 §6, with rules of our own on top).
//!
//! A path has a fixed shape: leaf, sub-authority, root for the parties; leaf, root for the operator's own
//! signers. The root is never sent.

use std::time::Duration;

use environment::Timestamp;
use jose::{Jwk, KeyError, VerifyingKey, digest};
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::certificate::{Certificate, CertificateError};
use crate::chain::CertificateChain;
use crate::purpose::{Purpose, SubAuthority};
use crate::remembered::Remembered;

/// Why a chain does not lead to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// The root itself stands in `x5c` (HAIP 1.0 §6.1.1: the trust anchor is left out).
    #[error("certificate {position} of x5c is the trust anchor, which must be left out")]
    AnchorIncluded {
        /// Counted from 0, the leaf.
        position: usize,
    },
    /// A self-signed certificate stands in `x5c` (HAIP 1.0 §6.1.1).
    #[error("certificate {position} of x5c is self-signed")]
    SelfSigned {
        /// Counted from 0, the leaf.
        position: usize,
    },
    /// The leaf is the certificate of an authority.
    #[error("the leaf is the certificate of an authority")]
    LeafIsAuthority,
    /// A certificate above the leaf is no authority: a leaf acts as one.
    #[error("certificate {position} of x5c is used as an authority and is none")]
    NotAnAuthority {
        /// Counted from 0, the leaf.
        position: usize,
    },
    /// The key usage of an authority does not allow it to sign certificates (RFC 5280 §6.1.4 n).
    #[error("the key usage of certificate {position} of x5c does not allow it to certify others")]
    MayNotCertify {
        /// Counted from 0, the leaf.
        position: usize,
    },
    /// Each certificate must be followed by the one that certifies it (RFC 7515 §4.1.6).
    #[error("certificate {position} of x5c was not issued by the next one")]
    OutOfOrder {
        /// Counted from 0, the leaf.
        position: usize,
    },
    /// The chain has another number of certificates than leaves of this purpose have.
    #[error("a chain of {expected} certificates was expected, not of {actual}")]
    WrongLength {
        /// With the leaf, without the root.
        expected: usize,
        /// What came.
        actual: usize,
    },
    /// The validity of a certificate (the root's too) has ended.
    #[error("a certificate expired at {not_after}, now is {now}")]
    Expired {
        /// Its last moment, in seconds since the epoch.
        not_after: i64,
        /// The time of the check.
        now: i64,
    },
    /// The validity of a certificate (the root's too) has not begun.
    #[error("a certificate is valid from {not_before}, now is {now}")]
    NotYetValid {
        /// Its first moment, in seconds since the epoch.
        not_before: i64,
        /// The time of the check.
        now: i64,
    },
    /// The leaf is not, or not only, for the purpose that is asked for.
    #[error("the leaf is not for this purpose alone")]
    WrongPurpose,
    /// The key usage of the leaf does not allow signatures over data.
    #[error("the leaf's key usage does not allow signatures")]
    MayNotSign,
    /// The sub-authority is not marked as that of offices or of spaces, or as both.
    #[error("the sub-authority is not marked as that of offices or of spaces")]
    UnmarkedSubAuthority,
    /// The leaf's key, DID or host cannot be used.
    #[error(transparent)]
    Leaf(#[from] CertificateError),
    /// The chain does not lead to the trust anchor, or a signature in it is wrong.
    #[error("the chain does not lead to the trust anchor")]
    UnknownIssuer,
    /// A name lies outside the name constraints of an authority (RFC 5280 §4.2.1.10).
    #[error("a name lies outside what its authority may certify")]
    NameConstraint,
    /// There are more authorities below one than its path length allows (RFC 5280 §4.2.1.9).
    #[error("there are more authorities in the chain than allowed")]
    PathLength,
    /// Another rule of RFC 5280 is broken, for instance an unknown critical extension.
    #[error("a certificate breaks a rule of RFC 5280")]
    Invalid,
}

/// The root certificate of a network, which its members pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkRoot(Certificate);

impl NetworkRoot {
    /// Takes a root certificate: self-issued, of an authority, with a P-256 key.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`] for any other certificate.
    pub fn new(certificate: Certificate) -> Result<Self, CertificateError> {
        let is_root =
            certificate.is_self_issued() && certificate.is_authority() && certificate.public_key().is_ok();
        if is_root { Ok(Self(certificate)) } else { Err(CertificateError::Malformed) }
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.0
    }
}

/// A chain that was verified: the leaf's facts can be relied on, as far as certificates go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    chain: CertificateChain,
    purpose: Purpose,
    under: Option<SubAuthority>,
    key: Jwk,
    root: [u8; 32],
    valid_from: Timestamp,
    valid_until: Timestamp,
}

impl Path {
    /// The leaf.
    #[must_use]
    pub const fn leaf(&self) -> &Certificate {
        self.chain.leaf()
    }

    /// The whole chain, without the root.
    #[must_use]
    pub const fn chain(&self) -> &CertificateChain {
        &self.chain
    }

    /// What the leaf is for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The sub-authority the path runs under; none for the operator's own signers.
    #[must_use]
    pub const fn under(&self) -> Option<SubAuthority> {
        self.under
    }

    /// The leaf's key.
    #[must_use]
    pub const fn key(&self) -> &Jwk {
        &self.key
    }

    /// The leaf's key, ready to check signatures.
    ///
    /// # Errors
    /// [`KeyError`] does not occur for a key that a path was verified for.
    pub fn verifying_key(&self) -> Result<VerifyingKey, KeyError> {
        VerifyingKey::new(&self.key)
    }

    /// SHA-256 of the root certificate up to which the path was verified.
    #[must_use]
    pub const fn root(&self) -> &[u8; 32] {
        &self.root
    }

    /// Checks the validity of every certificate again, at a later time.
    ///
    /// # Errors
    /// [`PathError::Expired`], [`PathError::NotYetValid`].
    pub fn check_validity(&self, now: Timestamp) -> Result<(), PathError> {
        check_window(self.valid_from, self.valid_until, now)
    }

    /// The last moment at which every certificate of the path is valid.
    #[must_use]
    pub const fn valid_until(&self) -> Timestamp {
        self.valid_until
    }
}

/// Verifies `chain` up to `root` for one purpose.
///
/// # Errors
/// See [`PathError`].
pub fn verify(
    chain: &CertificateChain,
    root: &NetworkRoot,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Path, PathError> {
    check_shape(chain, std::slice::from_ref(root.certificate()))?;
    check_leaf(chain.leaf(), purpose)?;
    let under = sub_authority(chain, purpose)?;
    let every = || chain.certificates().chain([root.certificate()]);
    for certificate in every() {
        check_window(certificate.not_before(), certificate.not_after(), now)?;
    }
    let usage = KeyUsage::required(purpose.oid());
    check_signatures(chain, root.certificate(), &[webpki::aws_lc_rs::ECDSA_P256_SHA256], usage, now)?;
    Ok(Path {
        chain: chain.clone(),
        purpose,
        under,
        key: chain.leaf().public_key()?.clone(),
        root: *root.certificate().sha256(),
        valid_from: every().map(Certificate::not_before).max().unwrap_or(now),
        valid_until: every().map(Certificate::not_after).min().unwrap_or(now),
    })
}

/// Rules on the list itself: no anchor, nothing self-signed, authorities above the leaf only, in order.
pub(crate) fn check_shape(chain: &CertificateChain, anchors: &[Certificate]) -> Result<(), PathError> {
    for (position, certificate) in chain.certificates().enumerate() {
        if anchors.iter().any(|anchor| anchor == certificate || anchor.is_same_authority(certificate)) {
            return Err(PathError::AnchorIncluded { position });
        }
        if certificate.is_self_issued() {
            return Err(PathError::SelfSigned { position });
        }
        match (position, certificate.is_authority()) {
            (0, true) => return Err(PathError::LeafIsAuthority),
            (1.., false) => return Err(PathError::NotAnAuthority { position }),
            // webpki does not look at key usage.
            (1.., true) if !certificate.may_certify() => return Err(PathError::MayNotCertify { position }),
            _ => {}
        }
    }
    for (position, (lower, upper)) in chain.certificates().zip(chain.above()).enumerate() {
        if !lower.names_as_issuer(upper) {
            return Err(PathError::OutOfOrder { position });
        }
    }
    Ok(())
}

fn check_leaf(leaf: &Certificate, purpose: Purpose) -> Result<(), PathError> {
    // One purpose per leaf: a key for requests that may also sign credentials would defeat their separation.
    match leaf.purposes() {
        [only] if only == purpose.oid() => {}
        _ => return Err(PathError::WrongPurpose),
    }
    if !leaf.may_sign_data() {
        return Err(PathError::MayNotSign);
    }
    leaf.public_key()?;
    if purpose.is_of_a_party() {
        leaf.did()?;
        leaf.host()?;
    }
    Ok(())
}

fn sub_authority(chain: &CertificateChain, purpose: Purpose) -> Result<Option<SubAuthority>, PathError> {
    let actual = chain.certificates().count();
    match (purpose.is_of_a_party(), chain.above()) {
        (true, [authority]) => {
            let mut marks = SubAuthority::ALL
                .iter()
                .filter(|mark| authority.policies().iter().any(|policy| policy == mark.policy_oid()));
            match (marks.next(), marks.next()) {
                (Some(mark), None) => Ok(Some(*mark)),
                _ => Err(PathError::UnmarkedSubAuthority),
            }
        }
        (true, _) => Err(PathError::WrongLength { expected: 2, actual }),
        (false, []) => Ok(None),
        (false, _) => Err(PathError::WrongLength { expected: 1, actual }),
    }
}

pub(crate) fn check_window(
    not_before: Timestamp,
    not_after: Timestamp,
    now: Timestamp,
) -> Result<(), PathError> {
    if now > not_after {
        return Err(PathError::Expired { not_after: not_after.seconds(), now: now.seconds() });
    }
    if now < not_before {
        return Err(PathError::NotYetValid { not_before: not_before.seconds(), now: now.seconds() });
    }
    Ok(())
}

/// The path validation of RFC 5280 §6: signatures, basic and name constraints, usages, validity.
pub(crate) fn check_signatures(
    chain: &CertificateChain,
    anchor: &Certificate,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    usage: impl webpki::ExtendedKeyUsageValidator,
    now: Timestamp,
) -> Result<(), PathError> {
    let leaf = CertificateDer::from(chain.leaf().der());
    let leaf = EndEntityCert::try_from(&leaf).map_err(from_webpki)?;
    let anchor = CertificateDer::from(anchor.der());
    let anchor = anchor_from_trusted_cert(&anchor).map_err(from_webpki)?;
    let above: Vec<CertificateDer<'_>> =
        chain.above().iter().map(|certificate| CertificateDer::from(certificate.der())).collect();
    let seconds = u64::try_from(now.seconds()).unwrap_or(0);
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let anchors = [anchor];
    let path =
        leaf.verify_for_usage(algorithms, &anchors, &above, time, usage, None, None).map_err(from_webpki)?;
    check_use(&above, &path)
}

/// Whether the path leads over every certificate that came, in their order: webpki passes over what it does not need, and
/// nobody has vouched for that.
fn check_use(above: &[CertificateDer<'_>], path: &webpki::VerifiedPath<'_>) -> Result<(), PathError> {
    let mut used = path.intermediate_certificates();
    for (position, authority) in above.iter().enumerate() {
        if used.next().is_none_or(|used| used.der() != *authority) {
            return Err(PathError::OutOfOrder { position });
        }
    }
    Ok(())
}

fn from_webpki(error: webpki::Error) -> PathError {
    match error {
        webpki::Error::CaUsedAsEndEntity => PathError::LeafIsAuthority,
        webpki::Error::EndEntityUsedAsCa => PathError::NotAnAuthority { position: 1 },
        webpki::Error::NameConstraintViolation => PathError::NameConstraint,
        webpki::Error::PathLenConstraintViolated => PathError::PathLength,
        webpki::Error::RequiredEkuNotFoundContext(_) => PathError::WrongPurpose,
        webpki::Error::UnknownIssuer | webpki::Error::InvalidSignatureForPublicKey => {
            PathError::UnknownIssuer
        }
        _ => PathError::Invalid,
    }
}

/// Remembers verified paths, so that the leaf of a busy office is not verified for every credential.
///
/// A hit is checked for validity again. Root, purpose and every byte of the chain are part of the key.
#[derive(Debug)]
pub struct PathCache(Remembered<Path>);

impl PathCache {
    /// A cache of at most `most` paths; the one that was added first makes room.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Remembered::new(most))
    }

    /// As [`verify`], from memory where the same chain was verified before.
    ///
    /// # Errors
    /// See [`PathError`].
    pub fn verify(
        &self,
        chain: &CertificateChain,
        root: &NetworkRoot,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Path, PathError> {
        let key = cache_key(chain, root, purpose);
        if let Some(path) = self.0.get(&key) {
            path.check_validity(now)?;
            return Ok(path);
        }
        let path = verify(chain, root, purpose, now)?;
        self.0.add(key, path.clone());
        Ok(path)
    }

    /// How many paths are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Certificate digests have one length, so their concatenation is unambiguous.
fn cache_key(chain: &CertificateChain, root: &NetworkRoot, purpose: Purpose) -> [u8; 32] {
    let mut bytes = purpose.oid().to_vec();
    bytes.extend(root.certificate().sha256());
    for certificate in chain.certificates() {
        bytes.extend(certificate.sha256());
    }
    digest::sha256(bytes)
}

#[cfg(test)]
mod tests;
