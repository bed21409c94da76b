//! Parties outside any network, which one call may deal with when a person says so.
//!
//! A [`ForeignPath`] is another type than [`crate::Path`]: nothing makes an admitted party of it.

use std::sync::Arc;

use environment::Timestamp;
use jose::{Jwk, KeyError, VerifyingKey, digest};
use webpki::{Error, ExtendedKeyUsageValidator, KeyPurposeIdIter};

use crate::certificate::{Certificate, CertificateError};
use crate::chain::CertificateChain;
use crate::path::{PathError, check_shape, check_signatures, check_window};
use crate::remembered::Remembered;

/// Why a file of foreign anchors is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignAnchorsError {
    /// The text cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A certificate is not that of an authority: trusting a self-signed leaf by name is not offered.
    #[error("certificate {position} of the file is not the certificate of an authority")]
    NotAnAuthority {
        /// Counted from 0.
        position: usize,
    },
}

/// Roots that a person chose to trust for parties outside any network.
#[derive(Clone, Debug)]
pub struct ForeignAnchors {
    certificates: Vec<Certificate>,
    /// Of all of them, in their order.
    digest: [u8; 32],
}

impl ForeignAnchors {
    /// Reads a PEM text of one or more authorities.
    ///
    /// # Errors
    /// See [`ForeignAnchorsError`].
    pub fn from_pem(text: &str) -> Result<Self, ForeignAnchorsError> {
        let anchors = Certificate::from_pem(text)?;
        match anchors.iter().position(|anchor| !anchor.is_authority()) {
            Some(position) => Err(ForeignAnchorsError::NotAnAuthority { position }),
            None => {
                let digests: Vec<u8> = anchors.iter().flat_map(|anchor| *anchor.sha256()).collect();
                Ok(Self { certificates: anchors, digest: digest::sha256(digests) })
            }
        }
    }

    /// The anchors.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }
}

/// A chain that leads to a foreign anchor. It says whose key it is in the eyes of that authority, and no more.
#[derive(Clone, Debug)]
pub struct ForeignPath {
    chain: CertificateChain,
    key: Jwk,
    valid_from: Timestamp,
    valid_until: Timestamp,
}

impl ForeignPath {
    /// The leaf.
    #[must_use]
    pub const fn leaf(&self) -> &Certificate {
        self.chain.leaf()
    }

    /// The whole chain, without the anchor.
    #[must_use]
    pub const fn chain(&self) -> &CertificateChain {
        &self.chain
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

    /// Checks the validity of every certificate and of the anchor again, at a later time.
    ///
    /// # Errors
    /// [`PathError::Expired`], [`PathError::NotYetValid`].
    pub fn check_validity(&self, now: Timestamp) -> Result<(), PathError> {
        check_window(self.valid_from, self.valid_until, now)
    }
}

/// Remembers chains that lead to a foreign anchor, so that the certificates of a busy issuer are not read and verified for
/// every credential.
///
/// A hit is checked for validity again. The anchors and every byte of the chain are part of the key.
#[derive(Debug)]
pub struct ForeignPathCache(Remembered<Arc<ForeignPath>>);

impl ForeignPathCache {
    /// A cache of at most `most` paths; the one that was added first makes room.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Remembered::new(most))
    }

    /// As [`dangerous_verify_foreign`] of the certificates in `chain` (DER, the leaf first), from memory where the same
    /// chain was verified before up to one of the same anchors.
    ///
    /// # Errors
    /// [`PathError::Leaf`] for certificates that do not read, and see [`PathError`].
    pub fn dangerous_verify(
        &self,
        chain: &[Vec<u8>],
        anchors: &ForeignAnchors,
        now: Timestamp,
    ) -> Result<Arc<ForeignPath>, PathError> {
        let key = cache_key(chain, anchors);
        // What counts no longer may count by another anchor, or else is refused for the reason that verifying gives.
        let remembered = self.0.get(&key).filter(|path| path.check_validity(now).is_ok());
        if let Some(path) = remembered {
            return Ok(path);
        }
        let path = Arc::new(dangerous_verify_foreign(&CertificateChain::from_ders(chain)?, anchors, now)?);
        self.0.add(key, Arc::clone(&path));
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

/// Digests have one length, so their concatenation is unambiguous.
fn cache_key(chain: &[Vec<u8>], anchors: &ForeignAnchors) -> [u8; 32] {
    let certificates = chain.iter().map(digest::sha256);
    digest::sha256(std::iter::once(anchors.digest).chain(certificates).flatten().collect::<Vec<u8>>())
}

/// Verifies a chain up to one of the foreign anchors, whatever the leaf's extended key usage.
///
/// Dangerous because the anchors know nothing of our roles: whoever they certify may claim to be anybody. Only for
/// one call, when a person asked for it, with a warning.
///
/// # Errors
/// See [`PathError`].
pub fn dangerous_verify_foreign(
    chain: &CertificateChain,
    anchors: &ForeignAnchors,
    now: Timestamp,
) -> Result<ForeignPath, PathError> {
    check_shape(chain, &anchors.certificates)?;
    if !chain.leaf().may_sign_data() {
        return Err(PathError::MayNotSign);
    }
    let key = chain.leaf().public_key()?.clone();
    for certificate in chain.certificates() {
        check_window(certificate.not_before(), certificate.not_after(), now)?;
    }
    let mut last = PathError::UnknownIssuer;
    for anchor in &anchors.certificates {
        let outcome = check_window(anchor.not_before(), anchor.not_after(), now)
            .and_then(|()| check_signatures(chain, anchor, webpki::ALL_VERIFICATION_ALGS, AnyUsage, now));
        match outcome {
            Ok(()) => {
                let every = || chain.certificates().chain([anchor]);
                return Ok(ForeignPath {
                    chain: chain.clone(),
                    key,
                    valid_from: every().map(Certificate::not_before).max().unwrap_or(now),
                    valid_until: every().map(Certificate::not_after).min().unwrap_or(now),
                });
            }
            // The reason of the anchor that issued the chain is worth more than that of the others.
            Err(PathError::UnknownIssuer) => {}
            Err(error) => last = error,
        }
    }
    Err(last)
}

struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, mut usages: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        usages.try_for_each(|usage| usage.map(drop))
    }
}
