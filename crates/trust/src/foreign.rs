//! Parties outside any network, which one call may deal with when a person says so.
//!
//! A [`ForeignPath`] is another type than [`crate::Path`]: nothing makes an admitted party of it.

use environment::Timestamp;
use jose::{Jwk, KeyError, VerifyingKey};
use webpki::{Error, ExtendedKeyUsageValidator, KeyPurposeIdIter};

use crate::certificate::{Certificate, CertificateError};
use crate::chain::CertificateChain;
use crate::path::{PathError, check_shape, check_signatures, check_window};

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
pub struct ForeignAnchors(Vec<Certificate>);

impl ForeignAnchors {
    /// Reads a PEM text of one or more authorities.
    ///
    /// # Errors
    /// See [`ForeignAnchorsError`].
    pub fn from_pem(text: &str) -> Result<Self, ForeignAnchorsError> {
        let anchors = Certificate::from_pem(text)?;
        match anchors.iter().position(|anchor| !anchor.is_authority()) {
            Some(position) => Err(ForeignAnchorsError::NotAnAuthority { position }),
            None => Ok(Self(anchors)),
        }
    }

    /// The anchors.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.0
    }
}

/// A chain that leads to a foreign anchor. It says whose key it is in the eyes of that authority, and no more.
#[derive(Clone, Debug)]
pub struct ForeignPath {
    chain: CertificateChain,
    key: Jwk,
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
    check_shape(chain, &anchors.0)?;
    if !chain.leaf().may_sign_data() {
        return Err(PathError::MayNotSign);
    }
    let key = chain.leaf().public_key()?.clone();
    for certificate in chain.certificates() {
        check_window(certificate.not_before(), certificate.not_after(), now)?;
    }
    let mut last = PathError::UnknownIssuer;
    for anchor in &anchors.0 {
        let outcome = check_window(anchor.not_before(), anchor.not_after(), now)
            .and_then(|()| check_signatures(chain, anchor, webpki::ALL_VERIFICATION_ALGS, AnyUsage, now));
        match outcome {
            Ok(()) => return Ok(ForeignPath { chain: chain.clone(), key }),
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
