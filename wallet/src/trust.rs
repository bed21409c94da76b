//! Who may ask and who may sign, as far as the wallet is concerned.

mod network;
mod outside;

use credentials::issuer_key::IssuedBy;
use did::{Did, DidUrl, Document};
use directory::DirectoryError;
use environment::Timestamp;
use jose::Jwk;
use trust::{Certificate, CertificateChain, Registration, Role};

use crate::question::BrandSite;
use crate::wallet::BoxFuture;

pub use network::{NetworkTrust, NotRefreshed, Successors};
pub use outside::OutsideTrust;

/// Answers for one wallet and one call whom it deals with.
pub trait Trust: Send + Sync {
    /// Whether whoever `evidence` points to may sign credentials of the type `vct`.
    fn issuer<'a>(
        &'a self,
        evidence: &'a SignerEvidence,
        vct: &'a str,
    ) -> BoxFuture<'a, Result<TrustedIssuer, TrustError>>;

    /// Whoever signed an issuer's metadata: trusted like a signer of credentials, of whatever type.
    fn signer_of_metadata<'a>(
        &'a self,
        evidence: &'a SignerEvidence,
    ) -> BoxFuture<'a, Result<TrustedIssuer, TrustError>>;

    /// Whether issuers are asked for signed metadata: where it is known who would have to sign them.
    fn asks_for_signed_metadata(&self) -> bool {
        false
    }

    /// Whether whoever `evidence` points to may ask; `registration` is the certificate that came along.
    fn requester<'a>(
        &'a self,
        evidence: &'a SignerEvidence,
        registration: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TrustedRequester, TrustError>>;

    /// The key at a DID URL under `assertionMethod`, for proofs of sharing and decisions.
    fn assertion_key<'a>(&'a self, url: &'a DidUrl) -> BoxFuture<'a, Result<Jwk, TrustError>>;

    /// The key that stood at a DID URL under `assertionMethod` at `moment`, for what was signed before it was rotated away.
    /// Whoever looks no history up gives the one that stands there now.
    fn assertion_key_then<'a>(
        &'a self,
        url: &'a DidUrl,
        _moment: Timestamp,
    ) -> BoxFuture<'a, Result<Jwk, TrustError>> {
        self.assertion_key(url)
    }

    /// The DID document of a party, for what it says to everybody; none where documents are not looked up.
    fn document<'a>(&'a self, _did: &'a Did) -> BoxFuture<'a, Result<Option<Document>, TrustError>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Whether somebody may ask who signed nothing and is known by the address of the answer alone.
    fn takes_unsigned(&self) -> bool {
        false
    }

    /// Whether nobody at all is trusted yet.
    fn trusts_nobody(&self) -> bool {
        false
    }

    /// The passport offices that are known and in good standing, without asking anybody.
    fn offices(&self) -> Vec<OfficePlace> {
        Vec::new()
    }

    /// Asks who the offices are, where that is not known yet.
    fn learn_offices(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Where a passport office is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficePlace {
    /// The name that people read.
    pub name: String,
    /// The origin of its address.
    pub origin: String,
}

/// What names a signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerEvidence {
    /// A certificate chain, and the https name the signer gave itself beside it.
    Chain {
        /// The chain.
        chain: Box<CertificateChain>,
        /// `iss`, which must be a name in the leaf.
        claimed: Option<String>,
    },
    /// A key in a DID document.
    Key(DidUrl),
}

/// A signer of credentials that is trusted for one type.
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    /// Its name.
    pub name: String,
    /// Its DID.
    pub did: Option<String>,
    /// Its host; credentials are taken from there only. None outside any network.
    pub host: Option<String>,
    /// The name of the network that admitted it, for people.
    pub network: Option<String>,
    /// The identifier of that network.
    pub network_id: Option<String>,
    /// The key.
    pub key: Jwk,
}

/// Somebody who may ask.
#[derive(Clone, Debug)]
pub struct TrustedRequester {
    /// Its name.
    pub name: String,
    /// Its DID.
    pub did: Option<String>,
    /// Its host in the network.
    pub host: Option<String>,
    /// The name of the network that admitted it, for people.
    pub network: Option<String>,
    /// The identifier of that network.
    pub network_id: Option<String>,
    /// Its role in the network; none outside any.
    pub role: Option<Role>,
    /// The other spaces of its brand that are in good standing.
    pub brand_sites: Vec<BrandSite>,
    /// What it registered; none outside any network.
    pub registration: Option<Registration>,
    /// The key; none for somebody who signed nothing.
    pub key: Option<Jwk>,
}

impl TrustedRequester {
    /// The DID of an admitted space; none of an office or of anybody outside any network.
    pub(crate) fn space(&self) -> Option<&str> {
        self.did.as_deref().filter(|_| self.role == Some(Role::Space))
    }

    /// Whether its network lists it as a passport office.
    pub(crate) fn is_office(&self) -> bool {
        self.role == Some(Role::Office)
    }

    /// A space takes our types under one key only (design: no common handle).
    pub(crate) fn takes_one_key_only(&self) -> bool {
        self.role == Some(Role::Space)
    }
}

/// Why somebody is not trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The wallet has joined no network.
    #[error("this wallet has joined no network; join one with `passport wallet network URL`")]
    NoNetwork,
    /// The network does not know it, or it is not what it says.
    #[error("not admitted to the network: {0}")]
    Directory(#[from] DirectoryError),
    /// Admitted, but not as an issuer of this type.
    #[error("the issuer may not sign credentials of this type")]
    NotItsType,
    /// A name that the certificate does not hold.
    #[error("the issuer gives itself a name that its certificate does not hold")]
    NameNotInCertificate,
    /// The certificate chain.
    #[error("the certificate is not trusted: {0}")]
    Path(#[from] trust::PathError),
    /// `x5c` cannot be read.
    #[error("the certificates cannot be read: {0}")]
    Certificate(#[from] trust::CertificateError),
    /// The DID is not among those named for this call.
    #[error("the DID is not one of those that were named with --trust-did")]
    DidNotNamed,
    /// The DID URL is malformed.
    #[error("the signer's key identifier is malformed")]
    MalformedKeyId,
    /// The DID does not give the key.
    #[error(transparent)]
    KeyAt(#[from] did::KeyAtError),
    /// It signed nothing.
    #[error("the request is not signed, so that nobody answers for it")]
    Unsigned,
    /// The wallet's own records.
    #[error(transparent)]
    Vault(#[from] crate::VaultError),
}

impl TrustError {
    /// A short name for logs and machine-readable output.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoNetwork => "no_network",
            Self::Vault(_) => "vault",
            Self::NotItsType => "not_its_type",
            Self::Unsigned => "unsigned_request",
            _ => "untrusted",
        }
    }
}

impl TrustError {
    /// Whether nothing was found out about the signer: the network's list could not be had, or the signer's DID not be looked up at
    /// this moment. Nobody is refused for good because of it.
    pub(crate) fn tells_nothing(&self) -> bool {
        match self {
            Self::Directory(
                DirectoryError::NoList
                | DirectoryError::Fetch(_)
                | DirectoryError::List(_)
                | DirectoryError::Rollback(_),
            ) => true,
            Self::Directory(error) => error.is_transient(),
            Self::KeyAt(error) => error.is_transient(),
            _ => false,
        }
    }
}

impl SignerEvidence {
    /// What names the signer of a credential; none for self-issued ones, which nobody sends to a wallet.
    pub(crate) fn of_credential(issued_by: &IssuedBy) -> Result<Option<Self>, TrustError> {
        match issued_by {
            IssuedBy::X5c { chain, issuer } => {
                Ok(Some(Self::Chain { chain: Box::new(chain_of(chain)?), claimed: issuer.clone() }))
            }
            IssuedBy::Did { kid, .. } => {
                Ok(Some(Self::Key(DidUrl::parse(kid).map_err(|_| TrustError::MalformedKeyId)?)))
            }
            IssuedBy::Holder { .. } => Ok(None),
        }
    }
}

/// A chain of DER certificates, leaf first.
pub(crate) fn chain_of(certificates: &[Vec<u8>]) -> Result<CertificateChain, TrustError> {
    let mut read = certificates.iter().map(|der| Certificate::from_der(der));
    let leaf = read.next().ok_or(TrustError::Certificate(trust::CertificateError::NoPem))??;
    Ok(CertificateChain::new(leaf, read.collect::<Result<_, _>>()?))
}

/// Whether the leaf holds `claimed` as a name: the URL itself, or its host (SD-JWT VC §3.5, standards of X.509 issuers).
pub(crate) fn check_claimed_name(leaf: &Certificate, claimed: Option<&str>) -> Result<(), TrustError> {
    let Some(claimed) = claimed else { return Ok(()) };
    let host = url::Url::parse(claimed).ok().and_then(|url| url.host_str().map(str::to_owned));
    let named = leaf.uris().iter().any(|uri| uri == claimed)
        || host.is_some_and(|host| leaf.dns_names().contains(&host));
    if named { Ok(()) } else { Err(TrustError::NameNotInCertificate) }
}
