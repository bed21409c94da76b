//! Trust for one call with parties outside any network, named by the person who makes the call.

use std::sync::Arc;

use did::{Did, DidUrl, Relationship, Resolve};
use environment::Environment;
use jose::Jwk;
use trust::ForeignAnchors;

use super::{SignerEvidence, Trust, TrustError, TrustedIssuer, TrustedRequester, check_claimed_name};
use crate::wallet::BoxFuture;

/// Roots and DIDs that were named for one call. Made by the caller for that call, with a warning; never configured.
pub struct OutsideTrust {
    anchors: Vec<ForeignAnchors>,
    dids: Vec<Did>,
    resolve: Arc<dyn Resolve>,
    environment: Environment,
}

impl std::fmt::Debug for OutsideTrust {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "OutsideTrust({} files, {} DIDs)", self.anchors.len(), self.dids.len())
    }
}

impl OutsideTrust {
    /// Trusts what stands below `anchors`, and the keys of `dids`.
    #[must_use]
    pub fn new(
        anchors: Vec<ForeignAnchors>,
        dids: Vec<Did>,
        resolve: Arc<dyn Resolve>,
        environment: Environment,
    ) -> Self {
        Self { anchors, dids, resolve, environment }
    }

    fn by_chain(&self, chain: &trust::CertificateChain) -> Result<Jwk, TrustError> {
        let now = self.environment.now();
        let mut last = trust::PathError::UnknownIssuer;
        for anchors in &self.anchors {
            match trust::dangerous_verify_foreign(chain, anchors, now) {
                Ok(path) => return Ok(path.key().clone()),
                Err(trust::PathError::UnknownIssuer) => {}
                Err(error) => last = error,
            }
        }
        Err(last.into())
    }

    async fn by_key(&self, url: &DidUrl, relationship: Relationship) -> Result<Jwk, TrustError> {
        if !self.dids.contains(url.did()) {
            return Err(TrustError::DidNotNamed);
        }
        Ok(did::key_at(self.resolve.as_ref(), url, relationship).await?)
    }

    async fn signer(
        &self,
        evidence: &SignerEvidence,
        relationship: Relationship,
    ) -> Result<(String, Option<String>, Jwk), TrustError> {
        match evidence {
            SignerEvidence::Chain { chain, claimed } => {
                let key = self.by_chain(chain)?;
                check_claimed_name(chain.leaf(), claimed.as_deref())?;
                let leaf = chain.leaf();
                let name =
                    leaf.common_name().or(leaf.dns_names().first().map(String::as_str)).unwrap_or("unnamed");
                Ok((name.to_owned(), leaf.did().ok().map(str::to_owned), key))
            }
            SignerEvidence::Key(url) => {
                let key = self.by_key(url, relationship).await?;
                let did = url.did().as_str().to_owned();
                Ok((did.clone(), Some(did), key))
            }
        }
    }
}

impl Trust for OutsideTrust {
    fn issuer<'a>(
        &'a self,
        evidence: &'a SignerEvidence,
        vct: &'a str,
    ) -> BoxFuture<'a, Result<TrustedIssuer, TrustError>> {
        Box::pin(async move {
            // Nobody outside the network speaks in its types.
            if credentials::types::is_ours(vct) {
                return Err(TrustError::NotItsType);
            }
            let (name, did, key) = self.signer(evidence, Relationship::AssertionMethod).await?;
            Ok(TrustedIssuer { name, did, host: None, network: None, network_id: None, key })
        })
    }

    fn signer_of_metadata<'a>(
        &'a self,
        evidence: &'a SignerEvidence,
    ) -> BoxFuture<'a, Result<TrustedIssuer, TrustError>> {
        Box::pin(async move {
            let (name, did, key) = self.signer(evidence, Relationship::AssertionMethod).await?;
            Ok(TrustedIssuer { name, did, host: None, network: None, network_id: None, key })
        })
    }

    fn requester<'a>(
        &'a self,
        evidence: &'a SignerEvidence,
        _registration: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TrustedRequester, TrustError>> {
        Box::pin(async move {
            let (name, did, key) = self.signer(evidence, Relationship::Authentication).await?;
            Ok(TrustedRequester {
                name,
                did,
                host: None,
                network: None,
                network_id: None,
                role: None,
                brand_sites: Vec::new(),
                registration: None,
                key: Some(key),
            })
        })
    }

    fn assertion_key<'a>(&'a self, url: &'a DidUrl) -> BoxFuture<'a, Result<Jwk, TrustError>> {
        Box::pin(self.by_key(url, Relationship::AssertionMethod))
    }

    fn takes_unsigned(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use did::SelfContainedResolver;
    use environment::{ManualClock, SeededRandomness};
    use jose::{Algorithm, Signer, SigningKey};
    use trust::Purpose;
    use trust::testing::{NOW, TestNetwork};

    use super::*;

    fn outside(anchors: Vec<ForeignAnchors>, dids: Vec<Did>) -> OutsideTrust {
        let environment =
            Environment::new(Arc::new(ManualClock::new(NOW)), Arc::new(SeededRandomness::new(1)));
        OutsideTrust::new(anchors, dids, Arc::new(SelfContainedResolver), environment)
    }

    fn chain(network: &TestNetwork) -> SignerEvidence {
        let key = network.key();
        let chain = network.chain(
            trust::Role::Space,
            "did:web:harbour.example.org",
            "harbour.example.org",
            Purpose::CredentialIssuing,
            key.public_jwk(),
        );
        SignerEvidence::Chain { chain: Box::new(chain), claimed: None }
    }

    fn anchors(network: &TestNetwork) -> ForeignAnchors {
        ForeignAnchors::from_pem(&network.descriptor().root().certificate().to_pem()).unwrap()
    }

    #[tokio::test]
    async fn only_roots_that_were_named_are_trusted_and_never_for_our_types() {
        let (network, other) = (TestNetwork::new(), TestNetwork::seeded(2));
        let trust = outside(vec![anchors(&other), anchors(&network)], Vec::new());
        assert!(trust.issuer(&chain(&network), "urn:example:id").await.is_ok());
        let ours = trust.issuer(&chain(&network), credentials::types::PROFILE).await;
        assert!(matches!(ours, Err(TrustError::NotItsType)));
        let stranger = outside(vec![anchors(&other)], Vec::new());
        let refused = stranger.issuer(&chain(&network), "urn:example:id").await;
        assert!(matches!(refused, Err(TrustError::Path(trust::PathError::UnknownIssuer))), "{refused:?}");
        let nobody = outside(Vec::new(), Vec::new()).requester(&chain(&network), None).await;
        assert!(matches!(nobody, Err(TrustError::Path(_))));
    }

    #[tokio::test]
    async fn only_dids_that_were_named_are_trusted() {
        let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(3)).unwrap();
        let did = did::jwk::did(key.public_jwk()).unwrap();
        let evidence = SignerEvidence::Key(did.with_fragment("0").unwrap());
        let named = outside(Vec::new(), vec![did]).requester(&evidence, None).await.unwrap();
        assert_eq!(named.key.as_ref(), Some(key.public_jwk()));
        assert_eq!(named.network, None);
        let unnamed = outside(Vec::new(), Vec::new()).requester(&evidence, None).await;
        assert!(matches!(unnamed, Err(TrustError::DidNotNamed)));
    }

    #[tokio::test]
    async fn a_name_that_the_certificate_does_not_hold_is_refused() {
        let network = TestNetwork::new();
        let trust = outside(vec![anchors(&network)], Vec::new());
        let claiming = |name: &str| {
            let SignerEvidence::Chain { chain, .. } = chain(&network) else { panic!("a chain") };
            SignerEvidence::Chain { chain, claimed: Some(name.to_owned()) }
        };
        assert!(trust.issuer(&claiming("https://harbour.example.org"), "urn:example:id").await.is_ok());
        let refused = trust.issuer(&claiming("https://somebody.example"), "urn:example:id").await;
        assert!(matches!(refused, Err(TrustError::NameNotInCertificate)));
    }
}
