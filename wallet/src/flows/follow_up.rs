//! What follows an answer: proof of sharing, decision, a place for the DID (specs/flows.md §2.2, §3.5).

use did::DidUrl;
use environment::Timestamp;
use jose::VerifyingKey;
use network::decision::{Decision, Outcome};
use network::follow_up::FollowUp;
use network::sharing_proof::{Expected, ProofOfSharing};
use openid4vc::http::Request;

use super::accept::with_proof;
use super::collect::CollectError;
use super::present::{LeavingIdentifier, PresentError, ShareProof};
use crate::carrier::send;
use crate::records::{FollowUpAwaited, KeptAnswer};
use crate::vault::{Batch, VaultError};
use crate::wallet::Wallet;

/// The longest proof or decision that is kept; ours have some two thousand characters.
const LONGEST_MESSAGE: usize = 64 * 1_024;

/// Clocks of a wallet and a space may differ by this much, in seconds.
const CLOCKS: i64 = 60;

impl Wallet {
    /// Fetches what followed so far, with a DPoP proof by the answering key; not before whoever is asked has heard what became of
    /// what came, and would end by another offer.
    pub(super) async fn fetch_follow_up(&self, awaited: &FollowUpAwaited) -> Result<FollowUp, CollectError> {
        if self.is_held_up(awaited).await? {
            return Err(CollectError::HeldUp);
        }
        let key = awaited.key.holder_key()?;
        let request = Request::get(awaited.uri.as_str(), network::follow_up::MEDIA_TYPE);
        let request = with_proof(self, request, &key, None, None).await?;
        let answer = send(self.fetch.as_ref(), request).await?;
        if answer.status != 200 {
            return Err(CollectError::Status(answer.status));
        }
        let follow_up: FollowUp = jose::json::parse_as(&answer.body).map_err(|_| CollectError::Malformed)?;
        let mut messages = follow_up.sharing_proof.iter().chain(&follow_up.decision);
        if messages.any(|message| message.len() > LONGEST_MESSAGE) {
            return Err(CollectError::Malformed);
        }
        if follow_up.credential_offer.is_some() {
            self.give_back_kept_late(awaited).await?;
        }
        Ok(follow_up)
    }

    /// What can be done right after an answer: the proof of sharing is fetched, checked and kept, and an office that was asked
    /// for a first passport is left the member's identifier, so that nothing but the member is waited for.
    pub(super) async fn follow_at_once(
        &self,
        mut awaited: FollowUpAwaited,
    ) -> Result<(ShareProof, LeavingIdentifier), PresentError> {
        let follow_up = match self.fetch_follow_up(&awaited).await {
            Ok(follow_up) => follow_up,
            Err(error) => {
                let unleft = awaited.first_passport.then(|| LeavingIdentifier::NotLeft(error.to_string()));
                return Ok((share_proof(Err(error))?, unleft.unwrap_or(LeavingIdentifier::NotAsked)));
            }
        };
        let kept = self.keep_sharing_proof(&mut awaited, &follow_up).await;
        // Whoever proves something else than what was shared is left nothing more.
        let left = match &kept {
            Ok(_) => self.leave_at_once(&awaited, &follow_up).await,
            Err(_) => Ok(None),
        };
        let left = match left {
            Ok(None) => LeavingIdentifier::NotAsked,
            Ok(Some(did)) => LeavingIdentifier::Left(did),
            Err(CollectError::Vault(error)) => return Err(error.into()),
            Err(error) => LeavingIdentifier::NotLeft(error.to_string()),
        };
        Ok((share_proof(kept)?, left))
    }

    /// Checks and keeps the proof of sharing if it is there.
    pub(super) async fn keep_sharing_proof(
        &self,
        awaited: &mut FollowUpAwaited,
        follow_up: &FollowUp,
    ) -> Result<bool, CollectError> {
        if awaited.proof_kept {
            return Ok(true);
        }
        let (Some(message), Some(did)) = (&follow_up.sharing_proof, &awaited.did) else { return Ok(false) };
        let key = self.log_key(message, did, awaited.asked_at).await?;
        let holder = self.holder(awaited)?;
        let expected =
            Expected { space: did, request: &awaited.request, holder: &holder, shared: &awaited.sent };
        ProofOfSharing::verify(message, &key, &expected, self.now())?;
        awaited.proof_kept = true;
        self.keep_in_space(awaited, |given| given.proof = Some(message.clone())).await?;
        Ok(true)
    }

    /// Checks and keeps the decision if it is there.
    pub(super) async fn keep_decision(
        &self,
        awaited: &mut FollowUpAwaited,
        follow_up: &FollowUp,
    ) -> Result<Option<Decision>, CollectError> {
        let (Some(message), Some(did)) = (&follow_up.decision, &awaited.did) else { return Ok(None) };
        let key = self.log_key(message, did, awaited.asked_at).await?;
        let holder = self.holder(awaited)?;
        let decision = Decision::verify(message, did, &key, &awaited.request, &holder, self.now())?;
        awaited.decision_kept = true;
        let outcome = match decision.outcome {
            Outcome::Approved => "approved",
            Outcome::Declined => "declined",
        };
        self.keep_in_space(awaited, |given| {
            given.decision = Some(message.clone());
            given.outcome = Some(outcome.to_owned());
        })
        .await?;
        Ok(Some(decision))
    }

    /// The key that signed `message`, if it is one of the space's under `assertionMethod`: the one that it had when it signed,
    /// should it have taken another since. It cannot have signed before it was asked, in seconds since the epoch, nor after
    /// now: outside of that, what the message says of its time chooses no key.
    pub(super) async fn log_key(
        &self,
        message: &str,
        did: &str,
        asked_at: i64,
    ) -> Result<VerifyingKey, CollectError> {
        let url = ProofOfSharing::signing_key(message)?;
        let url = DidUrl::parse(&url).map_err(|_| CollectError::ForeignSigner)?;
        if url.did().as_str() != did {
            return Err(CollectError::ForeignSigner);
        }
        let (signed_at, asked_at) = (network::claimed_at(message)?, Timestamp::from_seconds(asked_at));
        let key = if (asked_at.minus(CLOCKS)..=self.now()).contains(&signed_at) {
            self.trust.assertion_key_then(&url, signed_at).await?
        } else {
            self.trust.assertion_key(&url).await?
        };
        Ok(VerifyingKey::new(&key)?)
    }

    /// What could be offered in a follow-up was taken, or nothing is offered there: it is over, but for a proof of sharing that is not
    /// here yet.
    pub(super) async fn await_proof_alone<'a>(
        &self,
        batch: Batch<'a>,
        follow_up: &str,
    ) -> Result<Batch<'a>, VaultError> {
        let Some(awaited) = self.vault.get::<FollowUpAwaited>(follow_up).await? else { return Ok(batch) };
        put_or_end(batch, &FollowUpAwaited { proof_alone: true, ..awaited })
    }

    fn holder(&self, awaited: &FollowUpAwaited) -> Result<String, CollectError> {
        Ok(awaited.key.public_jwk()?.thumbprint_base64url())
    }

    async fn keep_in_space(
        &self,
        awaited: &FollowUpAwaited,
        change: impl FnOnce(&mut crate::records::Given),
    ) -> Result<(), CollectError> {
        let _one_at_a_time = self.choosing.lock().await;
        let mut batch = put_or_end(self.vault.batch(), awaited)?;
        if let Some(mut answer) = self.answer_followed_by(awaited).await? {
            change(&mut answer.given);
            batch = batch.put(&answer)?;
        }
        Ok(batch.commit().await?)
    }

    /// The record of the answer that something follows.
    pub(super) async fn answer_followed_by(
        &self,
        awaited: &FollowUpAwaited,
    ) -> Result<Option<KeptAnswer>, VaultError> {
        let answers = self.vault.list::<KeptAnswer>().await?.into_iter();
        Ok(answers
            .filter(|answer| answer.space == awaited.space && answer.given.request == awaited.request)
            .max_by_key(|answer| answer.number))
    }
}

/// Writes down what is awaited, unless that was all.
fn put_or_end<'a>(batch: Batch<'a>, awaited: &FollowUpAwaited) -> Result<Batch<'a>, VaultError> {
    if awaited.is_over() { Ok(batch.delete::<FollowUpAwaited>(&awaited.id)) } else { batch.put(awaited) }
}

/// What became of the proof of sharing. What is not there yet is tried again by collecting.
fn share_proof(kept: Result<bool, CollectError>) -> Result<ShareProof, PresentError> {
    Ok(match kept {
        Ok(true) => ShareProof::Kept,
        Ok(false) => ShareProof::Later,
        Err(CollectError::Vault(error)) => return Err(error.into()),
        Err(CollectError::Message(error)) => ShareProof::Wrong(error.to_string()),
        Err(error @ (CollectError::Trust(_) | CollectError::ForeignSigner)) => {
            ShareProof::Wrong(error.to_string())
        }
        Err(error) => {
            tracing::debug!(%error, "the proof of sharing could not be fetched");
            ShareProof::Later
        }
    })
}
