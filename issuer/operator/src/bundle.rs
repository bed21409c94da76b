//! What a party looks at before it takes what an operator gave, and how long that lasts.

use environment::Timestamp;
use jose::Jwk;
use trust::network_list::Role;
use trust::registration::{Registration, RegistrationError};
use trust::{CertificateChain, NetworkDescriptor, PathError, Purpose, SubAuthority, path};

use crate::admission::Bundle;

/// Why a party does not take what it was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It is for another network than the pinned one.
    #[error("it is for another network")]
    OtherNetwork,
    /// It is for another party.
    #[error("it is for another DID, host or role")]
    OtherParty,
    /// A certificate is for another key.
    #[error("a certificate in it is for another key")]
    OtherKey,
    /// It gives an office another number prefix than it has.
    #[error("it gives another number prefix, and numbers that were given out would lead elsewhere")]
    OtherNumberPrefix,
    /// A certificate does not lead to the network's root, or is out of its time.
    #[error("a certificate in it: {0}")]
    Path(#[from] PathError),
    /// A certificate stands below the sub-authority of the other role, or names nobody.
    #[error("a certificate in it is not one of this role")]
    WrongCertificate,
    /// The registration certificate.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// It ends before the one that the party has.
    #[error("it ends before what the party has")]
    EndsEarlier,
}

/// Whom a bundle must be for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The pinned network.
    pub network: &'a NetworkDescriptor,
    /// The party's DID.
    pub did: &'a str,
    /// Its host.
    pub host: &'a str,
    /// Its role.
    pub role: Role,
    /// Its key for requests.
    pub request: &'a Jwk,
    /// Its key for credentials.
    pub issuing: &'a Jwk,
    /// The number prefix that it has.
    pub number_prefix: Option<&'a str>,
}

/// When a bundle is to be renewed, and when the first of its certificates ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasting {
    /// Half of the time is over, of the certificate that ends first.
    pub renewed_from: Timestamp,
    /// The first moment at which something in it no longer counts.
    pub until: Timestamp,
}

impl Bundle {
    /// Checks everything in it, as readers will, and gives how long it lasts. That the list names the party is for the list.
    ///
    /// # Errors
    /// See [`BundleError`].
    pub fn check(&self, expected: &Expected<'_>, now: Timestamp) -> Result<Lasting, BundleError> {
        let network = NetworkDescriptor::from_json(self.network.to_string());
        if network.as_ref() != Ok(expected.network) {
            return Err(BundleError::OtherNetwork);
        }
        if self.did != expected.did || self.role != expected.role {
            return Err(BundleError::OtherParty);
        }
        if expected.number_prefix.is_some() && self.number_prefix.as_deref() != expected.number_prefix {
            return Err(BundleError::OtherNumberPrefix);
        }
        check_chain(&self.request, Purpose::RequestSigning, expected.request, expected, now)?;
        check_chain(&self.issuing, Purpose::CredentialIssuing, expected.issuing, expected, now)?;
        let registration = Registration::verify(&self.registration, expected.network, expected.did, now)?;
        let half = |from: Timestamp, until: Timestamp| from.plus(until.since(from).max(0) / 2);
        let mut lasting = Lasting {
            renewed_from: half(registration.issued_at(), registration.expires_at()),
            until: registration.expires_at(),
        };
        for leaf in [self.request.leaf(), self.issuing.leaf()] {
            lasting.renewed_from = lasting.renewed_from.min(half(leaf.not_before(), leaf.not_after()));
            lasting.until = lasting.until.min(leaf.not_after());
        }
        Ok(lasting)
    }
}

fn check_chain(
    chain: &CertificateChain,
    purpose: Purpose,
    key: &Jwk,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<(), BundleError> {
    let path = path::verify(chain, expected.network.root(), purpose, now)?;
    let under = match expected.role {
        Role::Office => SubAuthority::Offices,
        Role::Space => SubAuthority::Spaces,
    };
    let (did, host) = match (path.leaf().did(), path.leaf().host()) {
        (Ok(did), Ok(host)) if path.under() == Some(under) => (did, host),
        _ => return Err(BundleError::WrongCertificate),
    };
    if did != expected.did || host != expected.host {
        return Err(BundleError::OtherParty);
    }
    if path.key() == key { Ok(()) } else { Err(BundleError::OtherKey) }
}
