//! Token, credential and notification requests: the core decides, the copies are signed, one change stores it.

use openid4vc::access::{AccessError, Presented};
use openid4vc::dpop;
use openid4vc::dpop::DpopError;
use openid4vc::http::Method;
use openid4vc::vci::credential::{CredentialError, CredentialRequest, CredentialResponse};
use openid4vc::vci::issuer::{Authorized, CredentialStep, ProofRules, Protected};
use openid4vc::vci::notification::{NotificationError, NotificationRequest};
use openid4vc::vci::proof::{self, ProofError};
use openid4vc::vci::token::{TokenError, TokenRequest, TokenResponse};
use store::StoreFault;

use crate::changes::{MoveFlow, Overtaken, split, used};
use crate::copies::Prepared;
use crate::minting::MintError;
use crate::records::{ByCode, ByToken, FlowRecord, Used};
use crate::routes::{CredentialRefusal, NotificationRefusal};
use crate::service::Issuance;

/// How often a step is prepared anew because another request came first: more often than a flow can move before its
/// token is used up, so that a crowd of equal requests is told the rule and not to come again.
pub(crate) const TRIES: usize = 8;

/// Refused by a rule, or our side failed.
#[derive(Debug)]
pub(crate) enum Refusal<R> {
    Refused(R),
    Store(StoreFault),
}

impl<R> From<StoreFault> for Refusal<R> {
    fn from(fault: StoreFault) -> Self {
        Self::Store(fault)
    }
}

pub(crate) fn refused<R>(reason: R) -> Refusal<R> {
    Refusal::Refused(reason)
}

/// Other requests keep coming first: as good as an overloaded store.
pub(crate) fn crowded<R>() -> Refusal<R> {
    Refusal::Store(StoreFault::Conflict)
}

impl Issuance {
    /// OpenID4VCI §6.
    pub(crate) async fn token(
        &self,
        request: &TokenRequest,
        dpop_headers: &[&str],
    ) -> Result<TokenResponse, Refusal<TokenError>> {
        let inner = &self.inner;
        let proof = self.token_proof(dpop_headers).map_err(|error| refused(error.into()))?;
        for _ in 0..TRIES {
            let code = request.code.hash();
            let Some(record) = inner.tenant.find::<ByCode>(&code.as_bytes()[..]).await? else {
                return Err(refused(TokenError::InvalidCode));
            };
            let step = record.flow.clone().token(
                request,
                proof.as_ref(),
                inner.environment.now(),
                inner.environment.randomness(),
            );
            // A used code or a request without its transaction code moves nothing: it must not keep others waiting.
            if step.next == record.flow {
                return step.reply.map_err(refused);
            }
            let mut next = record.clone();
            next.revision = next.revision.saturating_add(1);
            next.flow = step.next;
            next.token = step.token.or(next.token);
            next.until = next.flow.expires_at().map_or(next.until, |until| until.seconds().max(next.until));
            let proof = proof.as_ref().map(use_of);
            let change = MoveFlow { read: &record, next, proof, nonces: Vec::new(), copies: None };
            match inner.tenant.commit(&change).await.map_err(split) {
                Ok(()) => return step.reply.map_err(refused),
                Err(Ok(Overtaken::ProofReplayed)) => return Err(refused(DpopError::Replayed.into())),
                Err(Ok(_)) => {}
                Err(Err(fault)) => return Err(fault.into()),
            }
        }
        Err(crowded())
    }

    fn token_proof(&self, headers: &[&str]) -> Result<Option<dpop::Verified>, DpopError> {
        if headers.is_empty() {
            return Ok(None);
        }
        let url = self.identity().address("/token");
        let expected = dpop::Expected {
            method: Method::Post,
            url: &url,
            access_token: None,
            bound_to: None,
            nonces: &self.inner.nonces,
            nonce_required: false,
            now: self.inner.environment.now(),
        };
        dpop::verify(headers.iter().copied(), &expected).map(Some)
    }

    /// OpenID4VCI §8. The access token is looked at first: a stranger learns nothing about the request's form.
    pub(crate) async fn credential(
        &self,
        presented: &Presented,
        dpop_headers: &[&str],
        request: Result<CredentialRequest, CredentialError>,
    ) -> Result<CredentialResponse, Refusal<CredentialRefusal>> {
        let request = &request;
        for _ in 0..TRIES {
            let (record, authorized) = self
                .authorized(presented, dpop_headers, "/credential")
                .await
                .map_err(|refusal| refusal_at(refusal, CredentialRefusal::Access))?;
            let request =
                request.as_ref().map_err(|error| refused(CredentialRefusal::Credential(error.clone())))?;
            let mut prepared = self.prepare_credentials(&record, authorized, request).await?;
            match self.hand_out(&record, &mut prepared).await? {
                Ok(()) => return Ok(prepared.response()),
                Err(overtaken) => {
                    if let Some(refusal) = refusal_of(&overtaken) {
                        return Err(refused(refusal));
                    }
                }
            }
        }
        Err(crowded())
    }

    /// OpenID4VCI §11.
    pub(crate) async fn notification(
        &self,
        presented: &Presented,
        dpop_headers: &[&str],
        request: Result<NotificationRequest, NotificationError>,
    ) -> Result<(), Refusal<NotificationRefusal>> {
        for _ in 0..TRIES {
            let (record, authorized) = self
                .authorized(presented, dpop_headers, "/notification")
                .await
                .map_err(|refusal| refusal_at(refusal, NotificationRefusal::Access))?;
            let proof = authorized.dpop().map(use_of);
            let step = match &request {
                Ok(request) => authorized.notification(request),
                Err(error) => Err(*error),
            };
            let step = step.map_err(|error| refused(NotificationRefusal::Notification(error)))?;
            let mut next = record.clone();
            next.revision = next.revision.saturating_add(1);
            next.flow = step.next;
            let change = MoveFlow { read: &record, next, proof, nonces: Vec::new(), copies: None };
            match self.inner.tenant.commit(&change).await.map_err(split) {
                Ok(()) => return Ok(()),
                Err(Ok(Overtaken::ProofReplayed)) => {
                    return Err(refused(NotificationRefusal::Access(DpopError::Replayed.into())));
                }
                Err(Ok(_)) => {}
                Err(Err(fault)) => return Err(fault.into()),
            }
        }
        Err(crowded())
    }

    async fn authorized(
        &self,
        presented: &Presented,
        dpop_headers: &[&str],
        path: &str,
    ) -> Result<(FlowRecord, Authorized), Refusal<AccessError>> {
        let inner = &self.inner;
        let token = presented.token.hash();
        let Some(record) = inner.tenant.find::<ByToken>(&token.as_bytes()[..]).await? else {
            return Err(refused(AccessError::InvalidToken));
        };
        let url = self.identity().address(path);
        let request = Protected {
            dpop_headers,
            method: Method::Post,
            url: &url,
            nonces: &inner.nonces,
            nonce_required: false,
            now: inner.environment.now(),
        };
        let authorized = record.flow.clone().authorize(presented, &request).map_err(refused)?;
        Ok((record, authorized))
    }

    async fn prepare_credentials(
        &self,
        record: &FlowRecord,
        authorized: Authorized,
        request: &CredentialRequest,
    ) -> Result<Prepared, Refusal<CredentialRefusal>> {
        let inner = &self.inner;
        let credential_refused = |error| refused(CredentialRefusal::Credential(error));
        let proof = authorized.dpop().map(use_of);
        let step = self.check_proofs(authorized, request).map_err(credential_refused)?;
        let minted = match inner.minting.mint(&record.subject, &step.order.configuration).await {
            Ok(minted) => minted,
            Err(MintError::Gone) => return Err(credential_refused(CredentialError::Denied)),
            Err(MintError::Unavailable) => return Err(crowded()),
        };
        let mut next = record.clone();
        next.revision = next.revision.saturating_add(1);
        next.flow = step.next;
        let prepared = Prepared { next, proof, order: step.order, minted, copies: Vec::new() };
        self.sign_copies(prepared).await
    }

    fn check_proofs(
        &self,
        authorized: Authorized,
        request: &CredentialRequest,
    ) -> Result<CredentialStep, CredentialError> {
        let inner = &self.inner;
        let rules = ProofRules {
            credential_issuer: &self.identity().origin(),
            nonces: &inner.nonces,
            key_of: &proof::self_contained_key,
        };
        authorized.credential(request, &rules, inner.environment.now(), inner.environment.randomness())
    }
}

/// What the wallet is told of a step that was overtaken; nothing where the step is to be prepared anew.
fn refusal_of(overtaken: &Overtaken) -> Option<CredentialRefusal> {
    match overtaken {
        Overtaken::Moved | Overtaken::PlacesTaken(_) | Overtaken::RoomFor(_) => None,
        Overtaken::NotEntitled => Some(CredentialRefusal::Credential(CredentialError::Denied)),
        Overtaken::EnoughCopies => Some(CredentialRefusal::Credential(CredentialError::AlreadyIssued)),
        Overtaken::ProofReplayed => Some(CredentialRefusal::Access(DpopError::Replayed.into())),
        Overtaken::NonceUsed => Some(CredentialRefusal::Credential(ProofError::NonceUsed.into())),
    }
}

fn use_of(proof: &dpop::Verified) -> Used {
    used(proof.use_hash(), proof.expires_at())
}

fn refusal_at<A, B>(refusal: Refusal<A>, at: impl FnOnce(A) -> B) -> Refusal<B> {
    match refusal {
        Refusal::Refused(reason) => Refusal::Refused(at(reason)),
        Refusal::Store(fault) => Refusal::Store(fault),
    }
}
