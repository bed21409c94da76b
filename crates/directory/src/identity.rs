//! A party's own identity, as its servers use it.

use std::fmt;
use std::sync::Arc;

use did::{Did, DidUrl};
use jose::Signer;
use trust::CertificateChain;
use url::Url;

use crate::renewable::Renewable;

/// One of a party's signing keys: the key, its place in the DID document, and its certificate where it has one.
#[derive(Clone)]
pub struct OwnKey {
    /// Signs.
    pub signer: Arc<dyn Signer>,
    /// The DID URL of the key.
    pub key_id: DidUrl,
    /// The chain, leaf first, without the anchor, as the operator renewed it last; a log key has none.
    pub chain: Renewable<Option<CertificateChain>>,
}

impl OwnKey {
    /// The chain as DER, leaf first; empty without one.
    #[must_use]
    pub fn chain_der(&self) -> Vec<Vec<u8>> {
        let chain = self.chain.get();
        let certificates = chain.iter().flat_map(CertificateChain::certificates);
        certificates.map(|certificate| certificate.der().to_vec()).collect()
    }
}

impl fmt::Debug for OwnKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OwnKey({})", self.key_id)
    }
}

/// Who this party is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The name that people read.
    pub name: String,
    /// The origin of its address, without a trailing slash: `https://harbour.example.org`.
    pub origin: Url,
    /// Its DID.
    pub did: Did,
    /// Signs request objects.
    pub request: OwnKey,
    /// Signs credentials and status lists.
    pub issuing: OwnKey,
    /// Signs proofs of sharing, decisions and checkpoints.
    pub log: OwnKey,
    /// Its registration certificate, a compact JWS, as the operator renewed it last.
    pub registration: Renewable<String>,
}

impl Identity {
    /// The origin as text without a trailing slash: the Credential Issuer Identifier (OpenID4VCI §12.2.1).
    #[must_use]
    pub fn origin(&self) -> String {
        self.origin.as_str().trim_end_matches('/').to_owned()
    }

    /// Takes what the operator renewed; everything that holds this identity, or a clone of it, uses it from now on.
    pub fn renew(&self, request: CertificateChain, issuing: CertificateChain, registration: String) {
        self.request.chain.replace(Some(request));
        self.issuing.chain.replace(Some(issuing));
        self.registration.replace(registration);
    }

    /// The address of `path` (which begins with `/`) at this party.
    #[must_use]
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }
}
