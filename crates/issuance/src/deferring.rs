//! Credentials that are granted later: the 202, and the endpoint that is asked again (OpenID4VCI §8.3, §9).

use openid4vc::access::Presented;
use openid4vc::dpop::DpopError;
use openid4vc::secret::SecretText;
use openid4vc::vci::credential::{CredentialError, CredentialResponse};
use openid4vc::vci::deferred::{self, DeferredRequest, DeferredStep, Due};
use openid4vc::vci::issuer::{Authorized, CredentialStep};
use serde_json::Value;

use crate::changes::{MoveFlow, Overtaken, split, used};
use crate::copies::Prepared;
use crate::encrypting::Posted;
use crate::issue::{Refusal, TRIES, crowded, refusal_at, refusal_of, refused, use_of};
use crate::minting::MintError;
use crate::records::{FlowRecord, Used};
use crate::routes::CredentialRefusal;
use crate::service::Issuance;

/// What a wallet gets.
#[derive(Debug)]
pub(crate) enum Granted {
    /// The credentials.
    Now(CredentialResponse),
    /// They will be ready later.
    Later {
        /// What to ask with.
        transaction_id: SecretText,
        /// Seconds after which to ask.
        interval: u64,
    },
}

impl Granted {
    /// Whether it is a 200; otherwise a 202.
    pub(crate) const fn is_now(&self) -> bool {
        matches!(self, Self::Now(_))
    }

    /// The body.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Now(response) => response.to_value(),
            Self::Later { transaction_id, interval } => deferred::waiting(transaction_id, *interval),
        }
    }
}

impl Issuance {
    /// Keeps a granted request for later. `None`: another request came first, prepare it anew.
    pub(crate) async fn defer(
        &self,
        read: &FlowRecord,
        step: CredentialStep,
        proof: Option<Used>,
        interval: u64,
    ) -> Result<Option<Granted>, Refusal<CredentialRefusal>> {
        // Without the endpoint there is nowhere to ask (OpenID4VCI §12.2.4).
        if !self.inner.extensions.defers {
            tracing::error!("a credential is to be issued later, and this party has no deferred endpoint");
            return Err(refused(CredentialRefusal::Credential(CredentialError::Denied)));
        }
        let deferral = step.defer(self.inner.environment.randomness());
        let mut next = read.clone();
        next.revision = next.revision.saturating_add(1);
        next.flow = deferral.next;
        let nonces = deferral.nonces.iter().map(|nonce| used(nonce.hash, nonce.expires_at)).collect();
        let change = MoveFlow { read, next, proof, nonces, copies: None };
        match self.inner.tenant.commit(&change).await.map_err(split) {
            Ok(()) => Ok(Some(Granted::Later { transaction_id: deferral.transaction_id, interval })),
            Err(Ok(overtaken)) => refusal_of(&overtaken).map_or(Ok(None), |refusal| Err(refused(refusal))),
            Err(Err(fault)) => Err(fault.into()),
        }
    }

    /// OpenID4VCI §9. The access token is looked at first, as at the credential endpoint. What was given is given again until
    /// the wallet says that it came, and each time what was given before is revoked in the same change.
    pub(crate) async fn deferred(
        &self,
        presented: &Presented,
        dpop_headers: &[&str],
        posted: &Posted<'_, DeferredRequest>,
    ) -> Result<Granted, Refusal<CredentialRefusal>> {
        let inner = &self.inner;
        for _ in 0..TRIES {
            let (record, authorized) = self
                .authorized(presented, dpop_headers, "/deferred")
                .await
                .map_err(|refusal| refusal_at(refusal, CredentialRefusal::Access))?;
            let proof = authorized.dpop().map(use_of);
            let (request, due) = when_due(self, authorized, posted)?;
            let step = match due {
                Due::Now(step) => step,
                Due::In(seconds) => return self.put_off(&record, proof, request, seconds).await,
            };
            let minted = match inner.minting.mint(&record.subject, &step.order.configuration).await {
                Ok(minted) => minted,
                Err(MintError::Later { interval }) => {
                    return self.put_off(&record, proof, request, interval).await;
                }
                Err(MintError::Gone) => return self.denied(&record, proof, CredentialError::Denied).await,
                Err(MintError::Declined(why)) => {
                    return self.denied(&record, proof, CredentialError::Declined(why)).await;
                }
                Err(MintError::Unavailable) => return Err(crowded()),
            };
            let DeferredStep { next: flow, order } = *step;
            let revision = record.revision.saturating_add(1);
            let next = FlowRecord { revision, flow, ..record.clone() };
            let prepared = Prepared { next, proof, order, minted, is_promised: true, copies: Vec::new() };
            let mut prepared = self.sign_copies(prepared).await?;
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

    /// The same wish to wait, with the same transaction (§9.2).
    async fn put_off(
        &self,
        record: &FlowRecord,
        proof: Option<Used>,
        request: &DeferredRequest,
        interval: u64,
    ) -> Result<Granted, Refusal<CredentialRefusal>> {
        self.use_proof(record, proof).await?;
        Ok(Granted::Later { transaction_id: request.transaction_id.clone(), interval })
    }

    async fn denied(
        &self,
        record: &FlowRecord,
        proof: Option<Used>,
        error: CredentialError,
    ) -> Result<Granted, Refusal<CredentialRefusal>> {
        self.use_proof(record, proof).await?;
        Err(refused(CredentialRefusal::Credential(error)))
    }

    /// Nothing moves while a wallet waits, but its DPoP proof counts once.
    async fn use_proof(
        &self,
        record: &FlowRecord,
        proof: Option<Used>,
    ) -> Result<(), Refusal<CredentialRefusal>> {
        if proof.is_none() {
            return Ok(());
        }
        let change = MoveFlow { read: record, next: record.clone(), proof, nonces: Vec::new(), copies: None };
        match self.inner.tenant.commit(&change).await.map_err(split) {
            Err(Ok(Overtaken::ProofReplayed)) => {
                Err(refused(CredentialRefusal::Access(DpopError::Replayed.into())))
            }
            // Where the flow moved meanwhile, whoever moved it holds a proof of its own.
            Ok(()) | Err(Ok(_)) => Ok(()),
            Err(Err(fault)) => Err(fault.into()),
        }
    }
}

fn when_due<'a>(
    issuance: &Issuance,
    authorized: Authorized,
    posted: &'a Posted<'_, DeferredRequest>,
) -> Result<(&'a DeferredRequest, Due), Refusal<CredentialRefusal>> {
    let refuse = |error| refused(CredentialRefusal::Credential(error));
    let request = posted.request(issuance).map_err(refuse)?;
    let environment = &issuance.inner.environment;
    let due = authorized.deferred(request, environment.now(), environment.randomness()).map_err(refuse)?;
    Ok((request, due))
}
