//! Token, credential and notification requests: the core decides, the copies are signed, one change stores it.

use openid4vc::access::{AccessError, Presented};
use openid4vc::dpop;
use openid4vc::dpop::DpopError;
use openid4vc::http::Method;
use openid4vc::vci::attestation::provider::NamedProvider;
use openid4vc::vci::attestation::{AttestationError, Attested};
use openid4vc::vci::credential::{CredentialError, CredentialRequest};
use openid4vc::vci::issuer::{Authorized, CredentialStep, ProofRules, Protected};
use openid4vc::vci::notification::{NotificationError, NotificationRequest};
use openid4vc::vci::proof::{self, Attesters, ProofError};
use openid4vc::vci::token::{TokenError, TokenRequest, TokenResponse};
use store::StoreFault;

use crate::attesting::{AttestedWallet, ProviderKeys};
use crate::changes::{MoveFlow, Overtaken, split, used};
use crate::copies::Prepared;
use crate::deferring::Granted;
use crate::encrypting::Posted;
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
        attested: Option<&Attested>,
    ) -> Result<TokenResponse, Refusal<TokenError>> {
        let inner = &self.inner;
        if request.is_by_authorization() && inner.settings.code_flow.is_none() {
            return Err(refused(TokenError::UnsupportedGrantType));
        }
        let attested = attested.map(AttestedWallet::of);
        // What a provider vouches for is more than what a wallet calls itself.
        let named = attested.as_ref().map(|wallet| wallet.client_id.clone());
        let request =
            &TokenRequest { client_id: named.or_else(|| request.client_id.clone()), ..request.clone() };
        let proof = self.token_proof(request, dpop_headers).map_err(|error| refused(error.into()))?;
        for _ in 0..TRIES {
            let code = request.code.hash();
            let Some(record) = inner.tenant.find::<ByCode>(&code.as_bytes()[..]).await? else {
                return Err(refused(TokenError::InvalidCode));
            };
            if let (Some(began), Some(now)) = (&record.attested, &attested)
                && began != now
            {
                return Err(refused(AttestationError::OtherInstance.into()));
            }
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
            // Whoever is refused begins nothing, and keeps no other wallet from it.
            if step.reply.is_ok() {
                next.attested = attested.clone().or(next.attested);
            }
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

    /// A code that was asked for is redeemed with a proof that has a nonce of ours (RFC 9449 §8).
    fn token_proof(
        &self,
        request: &TokenRequest,
        headers: &[&str],
    ) -> Result<Option<dpop::Verified>, DpopError> {
        if headers.is_empty() {
            // A token that lives for days must not be worth anything to who finds it (OpenID4VCI §13.10).
            if self.inner.extensions.defers {
                return Err(DpopError::Missing);
            }
            return Ok(None);
        }
        let url = self.identity().address("/token");
        let expected = dpop::Expected {
            method: Method::Post,
            url: &url,
            access_token: None,
            bound_to: None,
            nonces: &self.inner.nonces,
            nonce_required: request.is_by_authorization(),
            now: self.inner.environment.now(),
        };
        dpop::verify(headers.iter().copied(), &expected).map(Some)
    }

    /// OpenID4VCI §8. The access token is looked at first: a stranger learns nothing about the request's form, and nothing of
    /// it is opened.
    pub(crate) async fn credential(
        &self,
        presented: &Presented,
        dpop_headers: &[&str],
        posted: &Posted<'_, CredentialRequest>,
    ) -> Result<Granted, Refusal<CredentialRefusal>> {
        for _ in 0..TRIES {
            let (record, authorized) = self
                .authorized(presented, dpop_headers, "/credential")
                .await
                .map_err(|refusal| refusal_at(refusal, CredentialRefusal::Access))?;
            let request =
                posted.request(self).map_err(|error| refused(CredentialRefusal::Credential(error)))?;
            let mut prepared = match self.prepare_credentials(&record, authorized, request).await? {
                Step::Ready(prepared) => *prepared,
                Step::Deferred(granted) => return Ok(granted),
                Step::Overtaken => continue,
            };
            match self.hand_out(&record, &mut prepared).await? {
                Ok(()) => return Ok(Granted::Now(prepared.response())),
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
            let _ = next.confirm(&step.configuration);
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

    pub(crate) async fn authorized(
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
    ) -> Result<Step, Refusal<CredentialRefusal>> {
        let inner = &self.inner;
        let credential_refused = |error| refused(CredentialRefusal::Credential(error));
        let proof = authorized.dpop().map(use_of);
        let provider_keys = self.provider_keys(request).await;
        let step = self.check_proofs(authorized, request, &provider_keys).map_err(credential_refused)?;
        let counts = self.check_statuses(&step.order.statuses).await;
        counts.map_err(|error| credential_refused(ProofError::from(error).into()))?;
        let minted = match inner.minting.mint(&record.subject, &step.order.configuration).await {
            Ok(minted) => minted,
            Err(MintError::Later { interval }) => {
                let deferred = self.defer(record, step, proof, interval).await?;
                return Ok(deferred.map_or(Step::Overtaken, Step::Deferred));
            }
            Err(MintError::Gone) => return Err(credential_refused(CredentialError::Denied)),
            Err(MintError::Declined(why)) => return Err(credential_refused(CredentialError::Declined(why))),
            Err(MintError::Unavailable) => return Err(crowded()),
        };
        let mut next = record.clone();
        next.revision = next.revision.saturating_add(1);
        next.flow = step.next;
        let order = step.order;
        let prepared = Prepared { next, proof, order, minted, is_promised: false, copies: Vec::new() };
        Ok(Step::Ready(Box::new(self.sign_copies(prepared).await?)))
    }

    fn check_proofs(
        &self,
        authorized: Authorized,
        request: &CredentialRequest,
        provider_keys: &ProviderKeys,
    ) -> Result<CredentialStep, CredentialError> {
        let inner = &self.inner;
        let provider_key = |named: &NamedProvider| provider_keys.taken(named);
        let required = inner.extensions.wallets.as_ref().and_then(|wallets| wallets.keys.as_ref());
        let rules = ProofRules {
            credential_issuer: &self.identity().origin(),
            nonces: &inner.nonces,
            key_of: &proof::self_contained_key,
            attested: required.map(|required| Attesters { required, provider_key: &provider_key }),
        };
        authorized.credential(request, &rules, inner.environment.now(), inner.environment.randomness())
    }
}

/// How far a credential request has come.
enum Step {
    /// Signed, to be stored.
    Ready(Box<Prepared>),
    /// Stored for later.
    Deferred(Granted),
    /// Another request came first.
    Overtaken,
}

/// What the wallet is told of a step that was overtaken; nothing where the step is to be prepared anew.
pub(crate) fn refusal_of(overtaken: &Overtaken) -> Option<CredentialRefusal> {
    match overtaken {
        Overtaken::Moved | Overtaken::PlacesTaken(_) | Overtaken::RoomFor(_) => None,
        Overtaken::NotEntitled => Some(CredentialRefusal::Credential(CredentialError::Denied)),
        Overtaken::EnoughCopies => Some(CredentialRefusal::Credential(CredentialError::AlreadyIssued)),
        Overtaken::ProofReplayed => Some(CredentialRefusal::Access(DpopError::Replayed.into())),
        Overtaken::NonceUsed => Some(CredentialRefusal::Credential(ProofError::NonceUsed.into())),
    }
}

pub(crate) fn use_of(proof: &dpop::Verified) -> Used {
    used(proof.use_hash(), proof.expires_at())
}

pub(crate) fn refusal_at<A, B>(refusal: Refusal<A>, at: impl FnOnce(A) -> B) -> Refusal<B> {
    match refusal {
        Refusal::Refused(reason) => Refusal::Refused(at(reason)),
        Refusal::Store(fault) => Refusal::Store(fault),
    }
}
