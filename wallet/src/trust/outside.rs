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
                let name = leaf.common_name().or(leaf.dns_names().first().map(String::as_str)).unwrap_or("unnamed");
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
            Ok(TrustedIssuer { name, did, host: None, network: None, key })
        })
    }

    fn requester<'a>(
        &'a self,
        evidence: &'a SignerEvidence,
        _registration: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TrustedRequester, TrustError>> {
        Box::pin(async move {
            let (name, did, key) = self.signer(evidence, Relationship::Authentication).await?;
            let network = None;
            Ok(TrustedRequester { name, did, host: None, network, is_space: false, registration: None, key: Some(key) })
        })
    }

    fn assertion_key<'a>(&'a self, url: &'a DidUrl) -> BoxFuture<'a, Result<Jwk, TrustError>> {
        Box::pin(self.by_key(url, Relationship::AssertionMethod))
    }

    fn takes_unsigned(&self) -> bool {
        true
    }
}
