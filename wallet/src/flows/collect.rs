//! Collecting what was still to come: deferred credentials, decisions, offers, a place for the DID.

use environment::Timestamp;
use network::decision::{Decision, Outcome};
use network::follow_up::{FollowUp, WaitingFor};
use serde::Serialize;

use super::accept::{AcceptError, AcceptOptions, Accepted, ErrandFor, Party};
use super::answering::{LateAnswer, SentAgain};
use super::asked_anew::AskedAnew;
use super::deferred::Later;
use super::member_api::SentChange;
use super::origin::host_of;
use super::present::{LeavingIdentifier, PresentError, ShareProof};
use crate::consent::Consent;
use crate::records::{AwaitedCredentials, FollowUpAwaited, HistoryKind};
use crate::trust::TrustError;
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// For how long the wallet asks after something, in seconds.
pub(super) const LONGEST_WAIT: i64 = 30 * 86_400;
/// For how long it tries once more where nobody answers when that is over, in seconds.
const LAST_TRIES: i64 = 7 * 86_400;

/// The code of what did not come in that time, in the history.
const NEVER_CAME: &str = "never_came";

/// Since when something is tried for the last time, or nothing if that has been long enough.
pub(super) fn last_tries(since: Option<i64>, now: Timestamp) -> Option<i64> {
    let since = since.unwrap_or(now.seconds());
    (now.seconds().saturating_sub(since) <= LAST_TRIES).then_some(since)
}

/// What asking a party once brought of all that follows an answer.
enum Followed {
    /// The rest: nothing more is awaited.
    Everything,
    /// Something that was not there before, and that more may follow.
    Something,
    /// What was there before, or nothing.
    Nothing,
}

/// What was collected.
#[derive(Debug, Default, Serialize)]
pub struct Collected {
    /// From each party that still owes something.
    pub from: Vec<CollectedFrom>,
    /// The member's DID, if its log was left at the office now.
    pub did: Option<String>,
    /// What was to be changed at spaces and was due.
    pub changes: Vec<SentChange>,
}

/// What one party had.
#[derive(Debug, Default, Serialize)]
pub struct CollectedFrom {
    /// Its name, as the network has it; of an issuer that promised something, the name that it gives itself.
    pub party: String,
    /// Its host, which its name alone does not tell.
    pub host: Option<String>,
    /// What became of an answer that it could not take before.
    pub answer: Option<LateAnswer>,
    /// Whether the proof of sharing is here and checked.
    pub sharing_proof: bool,
    /// The decision in one word.
    pub decision: Option<String>,
    /// The sentence that came with it, or why an issuer declined, in its words.
    pub reason: Option<String>,
    /// What was received.
    pub accepted: Option<Accepted>,
    /// What the other side waits for.
    pub waiting_for: Vec<WaitingFor>,
    /// What its team asks for instead of deciding.
    pub asked_anew: Option<AskedAnew>,
    /// The type that it promised for later.
    pub promised: Option<String>,
    /// In how many seconds it may be worth asking again, or the answer goes again, where the other side said so.
    pub ask_again_in: Option<i64>,
    /// Why something did not go on, in sentences.
    pub problem: Option<String>,
}

impl CollectedFrom {
    /// Adds why something did not go on.
    fn note(&mut self, error: &CollectError) {
        let sentence = error.to_string();
        self.problem = Some(match self.problem.take() {
            None => sentence,
            Some(before) => format!("{before}; {sentence}"),
        });
    }
}

impl Collected {
    /// In how many seconds it may be worth asking again, where some issuer said so.
    #[must_use]
    pub fn ask_again_in(&self) -> Option<i64> {
        self.from.iter().filter_map(|from| from.ask_again_in).min()
    }
}

/// Why something could not be collected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// A call.
    #[error("the other side could not be reached: {0}")]
    Outbound(#[from] outbound::OutboundError),
    /// Another status than 200.
    #[error("the other side answered with the status {0}")]
    Status(u16),
    /// The answer is not a follow-up.
    #[error("the other side's answer is malformed")]
    Malformed,
    /// A message of the network does not verify.
    #[error(transparent)]
    Message(#[from] network::MessageError),
    /// A message is not signed by whoever got the answer.
    #[error("the message is not signed by a key of whoever got the answer")]
    ForeignSigner,
    /// The signer is not trusted.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The offer.
    #[error(transparent)]
    Accept(#[from] AcceptError),
    /// The office names a place for the DID that is not its own.
    #[error("the place offered for the DID is malformed or is not at the office that was asked")]
    DidPlace,
    /// The wallet's DID lies at another office.
    #[error(
        "this wallet has an identifier at another office already, and one is enough: get new copies at {0}, move it here with \
         `passport wallet did move` and the recovery code, or use another wallet here"
    )]
    DidElsewhere(String),
    /// The wallet was made for the recovery code of an earlier one, whose DID is not here.
    #[error(
        "this wallet was made for the recovery code of an earlier one: bring its identifier back first, with \
         `passport wallet did recover`, or, if it had none or that was given up, begin another with `passport wallet did new`; \
         then collect again"
    )]
    RecoverFirst,
    /// The office has suspended the passport of the wallet's DID.
    #[error("your passport does not count at present: ask this office, and apply again when it says so")]
    PassportSuspended,
    /// The DID log could not be written.
    #[error(transparent)]
    DidLog(#[from] did::webvh::WriteError),
    /// A key could not be used.
    #[error("a key of the wallet could not be used")]
    Key,
    /// A party has given nothing more for a month.
    #[error("nothing more has come for 30 days: the other side is not asked any more")]
    NeverCame,
    /// What came has no room in a record, as it is written there.
    #[error("what the other side gave is longer than this wallet keeps")]
    TooLong,
    /// The vault.
    #[error(transparent)]
    Vault(VaultError),
}

/// What is too long for the vault is so by what the other side gave, and keeps nobody else from being asked.
impl From<VaultError> for CollectError {
    fn from(error: VaultError) -> Self {
        if error.is_too_large() { Self::TooLong } else { Self::Vault(error) }
    }
}

impl From<jose::SigningFailed> for CollectError {
    fn from(_: jose::SigningFailed) -> Self {
        Self::Key
    }
}

impl From<jose::KeyError> for CollectError {
    fn from(_: jose::KeyError) -> Self {
        Self::Key
    }
}

impl Wallet {
    /// Asks every party that still owes something. What fails at one does not keep the others.
    ///
    /// # Errors
    /// [`CollectError::Vault`] alone; everything else is told in [`CollectedFrom::problem`].
    pub async fn collect(&self, consent: &dyn Consent) -> Result<Collected, CollectError> {
        let mut collected = Collected::default();
        self.forget_old_authorizations().await?;
        // What follows an answer that is taken now is asked for below.
        for again in self.send_answers_again(consent).await? {
            collected.from.push(self.tell_sent_again(again, consent, &mut collected.did).await?);
        }
        for listed in self.promised().await? {
            // What was collected a moment ago may have changed it: which keys are taken.
            let Some(awaited) = self.vault.get::<AwaitedCredentials>(&listed.id).await? else { continue };
            let host = host_of(&awaited.issuer);
            let name = awaited.claimed_name.clone().or_else(|| host.clone());
            let mut from = CollectedFrom {
                party: name.unwrap_or_else(|| awaited.issuer.clone()),
                host,
                promised: Some(awaited.vct.clone()),
                ..CollectedFrom::default()
            };
            match self.collect_awaited(&awaited).await {
                Ok(Later::Ready(accepted)) => from.accepted = Some(accepted),
                Ok(Later::AskAgainIn(seconds)) => from.ask_again_in = Some(seconds),
                Err(AcceptError::Vault(error)) => return Err(error.into()),
                Err(error) => {
                    from.reason = error.said().map(str::to_owned);
                    from.problem = Some(declined(&error).unwrap_or_else(|| error.to_string()));
                }
            }
            collected.from.push(from);
        }
        let mut follow_ups = self.vault.list::<FollowUpAwaited>().await?;
        // In the order of asking: what was asked later replaces what was asked before.
        follow_ups.sort_by_key(|one| one.asked_at);
        for awaited in follow_ups {
            let mut from = CollectedFrom {
                party: awaited.space_name.clone(),
                host: host_of(&awaited.uri),
                ..CollectedFrom::default()
            };
            match self.collect_from(awaited, consent, &mut from, &mut collected.did).await {
                Ok(()) => {}
                Err(CollectError::Vault(error)) => return Err(error.into()),
                Err(error) => from.note(&error),
            }
            collected.from.push(from);
        }
        self.look_after_number().await?;
        self.retire_passports().await?;
        for left in self.leave_logs().await? {
            tracing::debug!(left.at, left.taken, "a log was to be left");
        }
        collected.changes = self.send_due_changes().await?;
        self.look_after_copies().await?;
        Ok(collected)
    }

    /// What became of an answer that left before. An offer that comes with it is taken here where nothing follows it in which it
    /// would be found again, as after the refill of a membership.
    async fn tell_sent_again(
        &self,
        again: SentAgain,
        consent: &dyn Consent,
        hosted: &mut Option<String>,
    ) -> Result<CollectedFrom, CollectError> {
        let sent = &again.sent;
        let mut from = CollectedFrom {
            party: sent.space_name.clone(),
            host: host_of(&sent.response_uri),
            answer: Some(again.told()),
            ..CollectedFrom::default()
        };
        let presented = match again.outcome {
            Ok(presented) => presented,
            Err(PresentError::PutOff { seconds }) => {
                from.ask_again_in = Some(seconds);
                return Ok(from);
            }
            Err(error) => {
                from.problem = Some(error.to_string());
                return Ok(from);
            }
        };
        from.sharing_proof = presented.sharing_proof == ShareProof::Kept;
        if let ShareProof::Wrong(reason) = &presented.sharing_proof {
            from.problem = Some(format!("the proof of sharing is wrong: {reason}"));
        }
        if let LeavingIdentifier::Left(did) = presented.identifier {
            *hosted = Some(did);
        }
        if let (ShareProof::None, Some(did), Some(offer)) =
            (&presented.sharing_proof, sent.did.as_deref(), &presented.credential_offer)
        {
            let party = Party { address: &sent.response_uri, did: Some(did) };
            let errand = ErrandFor { party: Some(party), keys: None };
            match self.accept_offer_for(offer, &AcceptOptions::default(), consent, errand).await {
                Ok((accepted, _)) => from.accepted = Some(accepted),
                Err(AcceptError::Vault(error)) => return Err(error.into()),
                Err(error) => from.problem = Some(error.to_string()),
            }
        }
        Ok(from)
    }

    async fn collect_from(
        &self,
        mut awaited: FollowUpAwaited,
        consent: &dyn Consent,
        from: &mut CollectedFrom,
        hosted: &mut Option<String>,
    ) -> Result<(), CollectError> {
        match self.take_what_followed(&mut awaited, consent, from, hosted).await {
            Ok(Followed::Everything) => {
                Ok(self.vault.batch().delete::<FollowUpAwaited>(&awaited.id).commit().await?)
            }
            Ok(Followed::Something) => self.give_up_if_old(&awaited, true).await.map(drop),
            Ok(Followed::Nothing) => {
                let is_given_up = self.give_up_if_old(&awaited, false).await?;
                if is_given_up { Err(CollectError::NeverCame) } else { Ok(()) }
            }
            Err(CollectError::Vault(error)) => Err(error.into()),
            Err(error) => {
                self.give_up_if_old(&awaited, is_silence(&error)).await?;
                Err(error)
            }
        }
    }

    async fn take_what_followed(
        &self,
        awaited: &mut FollowUpAwaited,
        consent: &dyn Consent,
        from: &mut CollectedFrom,
        hosted: &mut Option<String>,
    ) -> Result<Followed, CollectError> {
        let follow_up = self.fetch_follow_up(awaited).await?;
        let before = (awaited.proof_kept, awaited.decision_kept);
        from.waiting_for.clone_from(&follow_up.waiting_for);
        from.asked_anew = self.keep_asked_instead(awaited, &follow_up).await?;
        from.sharing_proof = self.keep_sharing_proof(awaited, &follow_up).await?;
        let decision = self.keep_decision(awaited, &follow_up).await?;
        let declined = self.note_decision(awaited, decision, from).await?;
        let left_log = self.leave_did(awaited, &follow_up, from, hosted).await?;
        match self.take_offer(awaited, &follow_up, consent, from).await {
            // A no is the last word, whatever became of an offer beside it.
            Err(error) if declined && !matches!(error, CollectError::Vault(_)) => from.note(&error),
            taken => taken?,
        }
        if awaited.offer_taken || declined {
            return Ok(Followed::Everything);
        }
        let is_news =
            before != (awaited.proof_kept, awaited.decision_kept) || left_log || from.accepted.is_some();
        Ok(if is_news { Followed::Something } else { Followed::Nothing })
    }

    /// Leaves the log where it is awaited; gives whether that is so. A DID that finds no place keeps no offer from being taken.
    async fn leave_did(
        &self,
        awaited: &FollowUpAwaited,
        follow_up: &FollowUp,
        from: &mut CollectedFrom,
        hosted: &mut Option<String>,
    ) -> Result<bool, CollectError> {
        match self.host_did(awaited, follow_up).await {
            Ok(Some(did)) => {
                from.waiting_for.retain(|what| *what != WaitingFor::DidLog);
                *hosted = Some(did);
                return Ok(follow_up.waiting_for.contains(&WaitingFor::DidLog));
            }
            Ok(None) => {}
            Err(CollectError::Vault(error)) => return Err(error.into()),
            Err(error) => from.note(&error),
        }
        Ok(false)
    }

    /// Takes the offer that follows. A part that did not come is asked for again the next time.
    async fn take_offer(
        &self,
        awaited: &mut FollowUpAwaited,
        follow_up: &FollowUp,
        consent: &dyn Consent,
        from: &mut CollectedFrom,
    ) -> Result<(), CollectError> {
        let Some(offer) = follow_up.credential_offer.as_deref().filter(|_| !awaited.offer_taken) else {
            return Ok(());
        };
        let party = Party { address: &awaited.uri, did: awaited.did.as_deref() };
        let errand = ErrandFor { party: Some(party), keys: None };
        let options = AcceptOptions::default();
        let (accepted, _) = self.accept_offer_for(offer, &options, consent, errand).await?;
        awaited.offer_taken = accepted.missing.is_empty();
        from.accepted = Some(accepted);
        Ok(self.vault.put(awaited).await?)
    }

    pub(super) async fn note_decision(
        &self,
        awaited: &FollowUpAwaited,
        decision: Option<Decision>,
        from: &mut CollectedFrom,
    ) -> Result<bool, CollectError> {
        let Some(decision) = decision else { return Ok(false) };
        let outcome = match decision.outcome {
            Outcome::Approved => "approved",
            Outcome::Declined => "declined",
        };
        from.decision = Some(outcome.to_owned());
        from.reason = decision.reason;
        if decision.outcome == Outcome::Declined {
            let mut entry = self.new_entry(HistoryKind::FollowUp);
            entry.party = Some(awaited.space_name.clone());
            entry.did.clone_from(&awaited.did);
            entry.not_completed = Some("declined_by_space".to_owned());
            self.vault.put(&entry).await?;
        }
        Ok(decision.outcome == Outcome::Declined)
    }

    /// Whoever has had its time is asked no more: otherwise it would learn at every collecting when and from where this wallet is
    /// open. It `may_go_on` for a week more if it is silent then, or has just given something that more may follow.
    async fn give_up_if_old(&self, awaited: &FollowUpAwaited, may_go_on: bool) -> Result<bool, CollectError> {
        if self.now().seconds().saturating_sub(awaited.asked_at) <= LONGEST_WAIT {
            return Ok(false);
        }
        let tried = last_tries(awaited.last_tried_since, self.now()).filter(|_| may_go_on);
        if tried.is_none() {
            self.stop_following(awaited, NEVER_CAME).await?;
            return Ok(true);
        }
        self.vault.put(&FollowUpAwaited { last_tried_since: tried, ..awaited.clone() }).await?;
        Ok(false)
    }

    /// What follows an answer is awaited no more, and the history tells of it.
    pub(super) async fn stop_following(
        &self,
        awaited: &FollowUpAwaited,
        why: &str,
    ) -> Result<(), VaultError> {
        let mut entry = self.new_entry(HistoryKind::FollowUp);
        entry.party = Some(awaited.space_name.clone());
        entry.did.clone_from(&awaited.did);
        entry.host = host_of(&awaited.uri);
        entry.not_completed = Some(why.to_owned());
        let batch = self.vault.batch().put(&entry.bounded())?;
        batch.delete::<FollowUpAwaited>(&awaited.id).commit().await
    }
}

/// Whether the other side was not reached, or has not been able to answer: it has said nothing.
fn is_silence(error: &CollectError) -> bool {
    match error {
        CollectError::Outbound(_) => true,
        CollectError::Status(status) => *status == 429 || *status >= 500,
        CollectError::Trust(error) => error.tells_nothing(),
        CollectError::Accept(error) => error.is_silence(),
        _ => false,
    }
}

/// An issuer that said no to what it had promised to look at (OpenID4VCI 1.0 §8.3.1.2).
fn declined(error: &AcceptError) -> Option<String> {
    (error.code() == "credential_request_denied").then(|| match error.said() {
        Some(_) => "declined by the issuer (credential_request_denied)".to_owned(),
        None => "declined by the issuer (credential_request_denied); ask there why".to_owned(),
    })
}
