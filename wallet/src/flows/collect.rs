//! Collecting what was still to come: deferred credentials, decisions, offers, a place for the DID.

mod error;
mod problem;
mod under_way;

use environment::Timestamp;
use network::decision::{Because, DecidedBy, Decision, Outcome, Rules};
use network::follow_up::{FollowUp, WaitingFor};
use serde::Serialize;

use super::accept::{AcceptError, AcceptOptions, Accepted, ErrandFor, Party};
use super::answering::{LateAnswer, SentAgain};
use super::asked_anew::AskedAnew;
use super::deferred::Later;
use super::member_api::SentChange;
use super::origin::host_of;
use super::present::{LeavingIdentifier, PresentError, ShareProof};
use crate::consent::{Agreed, Consent};
use crate::records::{
    AwaitedCredentials, ENDED, FollowUpAwaited, GivenFor, HistoryEntry, HistoryKind, KnownSpace,
};
use crate::vault::VaultError;
use crate::wallet::Wallet;

pub use error::CollectError;
pub use problem::Problem;
pub(crate) use under_way::UnderWay;

/// For how long the wallet asks after something, in seconds.
pub(super) const LONGEST_WAIT: i64 = 30 * 86_400;
/// For how long it tries once more where nobody answers when that is over, in seconds.
const LAST_TRIES: i64 = 7 * 86_400;

/// The code with which an issuer says no to what it had promised to look at (OpenID4VCI 1.0 §8.3.1.2).
const REQUEST_DENIED: &str = "credential_request_denied";
/// The code of what did not come in that time, in the history.
const NEVER_CAME: &str = "never_came";
/// The code of what the other side ended before anything came of it, in the history.
const ENDED_THERE: &str = "ended_there";
/// Why nothing came of an offer in a late reply: no other command finds it again.
const OFFERED_ONCE: &str = "nobody said yes or no to what was offered with the reply, and nothing offers it again: \
                            ask there for another offer";

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
    /// Who or what decided, why where it was a rule, and where the member can appeal.
    pub explained: Option<Explained>,
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
    /// The same, for whoever says it in words of their own.
    pub problems: Vec<Problem>,
}

/// What a decision says of itself (GDPR Article 22).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Who or what decided.
    pub by: DecidedBy,
    /// Why, where a rule did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
    /// By which rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
    /// Where to appeal, as the space wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appeal: Option<String>,
}

impl CollectedFrom {
    /// Adds why something did not go on.
    fn note(&mut self, error: &CollectError) {
        self.note_as(error.into(), error.to_string());
    }

    /// Adds why something did not go on, in a sentence.
    fn note_as(&mut self, problem: Problem, sentence: String) {
        self.problems.push(problem);
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

impl Wallet {
    /// Asks every party that still owes something. What fails at one does not keep the others. Of several at once each asks for what
    /// no other is asking for.
    ///
    /// # Errors
    /// [`CollectError::Vault`] alone; everything else is told in [`CollectedFrom::problem`].
    pub async fn collect(&self, consent: &dyn Consent) -> Result<Collected, CollectError> {
        let mut collected = Collected::default();
        // What follows an answer that is taken now is asked for below.
        for again in self.send_all_again(consent).await? {
            collected.from.push(self.tell_sent_again(again, consent, &mut collected.did).await?);
        }
        self.collect_promised(&mut collected).await?;
        let mut follow_ups = self.vault.list::<FollowUpAwaited>().await?;
        // In the order of asking: what was asked later replaces what was asked before.
        follow_ups.sort_by_key(|one| one.asked_at);
        for listed in follow_ups {
            collected.from.extend(self.follow(&listed.id, consent, &mut collected.did).await?);
        }
        let _one_at_a_time = self.collecting.lock().await;
        self.look_after_number().await?;
        self.retire_passports().await?;
        for left in self.leave_logs().await? {
            tracing::debug!(left.at, left.taken, "a log was to be left");
        }
        collected.changes = self.send_due_changes().await?;
        self.look_after_copies().await?;
        Ok(collected)
    }

    /// Asks for what follows one answer ([`Presented::follow_up`](crate::Presented::follow_up)), and for nothing else; none where
    /// nothing follows it any more. What is asked for at this moment already is not asked for once more: it would void the offer
    /// that the member may be looking at.
    ///
    /// # Errors
    /// [`CollectError::Vault`] alone; everything else is told in [`CollectedFrom::problem`].
    pub async fn collect_one(
        &self,
        follow_up: &str,
        consent: &dyn Consent,
    ) -> Result<Option<CollectedFrom>, CollectError> {
        let from = self.follow(follow_up, consent, &mut None).await?;
        if from.as_ref().is_some_and(|from| from.accepted.is_some()) {
            self.look_after_number().await?;
        }
        Ok(from)
    }

    /// What was offered with the reply to an answer is offered no more to whoever said no to it: of what follows that answer, the proof
    /// of sharing alone is still awaited.
    ///
    /// # Errors
    /// [`CollectError::Vault`].
    pub async fn decline_what_followed(&self, follow_up: &str) -> Result<(), CollectError> {
        Ok(self.await_proof_alone(self.vault.batch(), follow_up).await?.commit().await?)
    }

    /// Sends every answer again that may still be taken.
    pub(super) async fn send_all_again(&self, consent: &dyn Consent) -> Result<Vec<SentAgain>, VaultError> {
        let _one_at_a_time = self.collecting.lock().await;
        self.forget_old_authorizations().await?;
        self.send_answers_again(consent).await
    }

    /// Asks for what issuers promised.
    async fn collect_promised(&self, collected: &mut Collected) -> Result<(), CollectError> {
        let _one_at_a_time = self.collecting.lock().await;
        for listed in self.vault.list::<AwaitedCredentials>().await? {
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
                    let sentence = declined(&error).unwrap_or_else(|| error.to_string());
                    from.note_as((&error).into(), sentence);
                }
            }
            collected.from.push(from);
        }
        Ok(self.forget_kept_late().await?)
    }

    /// Asks for what follows one answer, unless somebody else does at this moment.
    async fn follow(
        &self,
        follow_up: &str,
        consent: &dyn Consent,
        hosted: &mut Option<String>,
    ) -> Result<Option<CollectedFrom>, CollectError> {
        let turn = self.under_way.turn(follow_up);
        // While others were asked it may have come to its end.
        let Some(awaited) = self.vault.get::<FollowUpAwaited>(follow_up).await? else { return Ok(None) };
        let mut from = CollectedFrom {
            party: awaited.space_name.clone(),
            host: host_of(&awaited.uri),
            ..CollectedFrom::default()
        };
        let collected = match turn {
            Some(_) => self.collect_from(awaited, consent, &mut from, hosted).await,
            None => Err(CollectError::UnderWay),
        };
        match collected {
            Ok(()) => {}
            Err(CollectError::Vault(error)) => return Err(error.into()),
            Err(error) => from.note(&error),
        }
        Ok(Some(from))
    }

    /// What became of an answer that left before. An offer that comes with it is taken here where nothing follows it in which it
    /// would be found again, as after the refill of a membership. To new copies the member agreed when one was shown for them.
    pub(super) async fn tell_sent_again(
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
                from.note_as((&error).into(), error.to_string());
                return Ok(from);
            }
        };
        from.sharing_proof = presented.sharing_proof == ShareProof::Kept;
        if let ShareProof::Wrong(reason) = &presented.sharing_proof {
            from.note_as(Problem::WrongProof, format!("the proof of sharing is wrong: {reason}"));
        }
        if let LeavingIdentifier::Left(did) = presented.identifier {
            *hosted = Some(did);
        }
        if let (ShareProof::None, Some(did), Some(offer)) =
            (&presented.sharing_proof, sent.did.as_deref(), &presented.credential_offer)
        {
            let consent = match sent.given_for {
                GivenFor::Request => consent,
                GivenFor::Renewal => &Agreed,
                GivenFor::Change => return Ok(from),
            };
            let party = Party { address: &sent.response_uri, did: Some(did) };
            let errand = ErrandFor { party: Some(party), ..ErrandFor::default() };
            match self.accept_offer_for(offer, &AcceptOptions::default(), consent, errand).await {
                Ok((accepted, _)) => from.accepted = Some(accepted),
                Err(AcceptError::Vault(error)) => return Err(error.into()),
                Err(AcceptError::LeftOpen { .. }) => {
                    from.note_as(Problem::OfferedOnce, OFFERED_ONCE.to_owned());
                }
                Err(error) => from.note_as((&error).into(), error.to_string()),
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
            // Who is not asked has not had its time. What it is held up by ends by itself, and then it is asked.
            Err(CollectError::HeldUp) => Err(CollectError::HeldUp),
            Err(error @ CollectError::Ended { .. }) => Err(error),
            Err(error) => {
                self.give_up_if_old(&awaited, error.is_silence()).await?;
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
        if awaited.is_over() {
            return Ok(Followed::Everything);
        }
        let is_settled = self.is_settled(awaited).await?;
        let follow_up = match self.fetch_follow_up(awaited).await {
            Err(CollectError::Status(404 | 410)) if !awaited.decision_kept && !awaited.proof_alone => {
                return Err(self.end_at_their_word(awaited).await?);
            }
            fetched => fetched?,
        };
        // By another offer its party ends what it promised by an earlier one, or gave and was not told of: then that is not all of what
        // was offered.
        awaited.proof_alone &= is_settled || follow_up.credential_offer.is_none();
        if awaited.proof_alone {
            from.sharing_proof = self.keep_sharing_proof(awaited, &follow_up).await?;
            return Ok(if awaited.is_over() { Followed::Everything } else { Followed::Nothing });
        }
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
            // Nor is it offered once more to whoever said no to it.
            Err(error @ CollectError::Accept(AcceptError::Declined)) => {
                awaited.proof_alone = true;
                from.note(&error);
            }
            taken => taken?,
        }
        awaited.proof_alone |= from.accepted.as_ref().is_some_and(Accepted::is_whole);
        if awaited.is_over() || declined {
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
        awaited: &FollowUpAwaited,
        follow_up: &FollowUp,
        consent: &dyn Consent,
        from: &mut CollectedFrom,
    ) -> Result<(), CollectError> {
        let Some(offer) = follow_up.credential_offer.as_deref() else { return Ok(()) };
        let party = Party { address: &awaited.uri, did: awaited.did.as_deref() };
        let errand = ErrandFor { party: Some(party), follow_up: Some(&awaited.id), ..ErrandFor::default() };
        let options = AcceptOptions::default();
        let (accepted, _) = self.accept_offer_for(offer, &options, consent, errand).await?;
        from.accepted = Some(accepted);
        Ok(())
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
        from.explained = Some(Explained {
            by: decision.by,
            because: decision.because,
            rules: decision.rules,
            appeal: decision.appeal,
        });
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

    /// A party knows nothing more of an answer about which it had decided nothing: so it is when a browser did not come back in
    /// time (specs/flows.md §3, 4). By its own word nothing of it is kept there. New values that were given to it are followed for
    /// a while only, and are kept.
    async fn end_at_their_word(&self, awaited: &FollowUpAwaited) -> Result<CollectError, VaultError> {
        let _one_at_a_time = self.choosing.lock().await;
        let answer = self.answer_followed_by(awaited).await?;
        let Some(mut answer) = answer.filter(|answer| answer.given.replaces.is_empty()) else {
            return Ok(CollectError::Status(404));
        };
        answer.given.outcome = Some(ENDED.to_owned());
        let batch = self.vault.batch().put(&answer)?.put(&self.entry_of_end(awaited, ENDED_THERE))?;
        batch.delete::<FollowUpAwaited>(&awaited.id).commit().await?;
        let known = self.vault.get::<KnownSpace>(&awaited.space).await?;
        let is_office = known.is_some_and(|known| known.is_office);
        Ok(CollectError::Ended { party: awaited.space_name.clone(), is_office })
    }

    /// What follows an answer is awaited no more, and the history tells of it.
    pub(super) async fn stop_following(
        &self,
        awaited: &FollowUpAwaited,
        why: &str,
    ) -> Result<(), VaultError> {
        let batch = self.vault.batch().put(&self.entry_of_end(awaited, why))?;
        batch.delete::<FollowUpAwaited>(&awaited.id).commit().await
    }

    fn entry_of_end(&self, awaited: &FollowUpAwaited, why: &str) -> HistoryEntry {
        let mut entry = self.new_entry(HistoryKind::FollowUp);
        entry.party = Some(awaited.space_name.clone());
        entry.did.clone_from(&awaited.did);
        entry.host = host_of(&awaited.uri);
        entry.not_completed = Some(why.to_owned());
        entry.bounded()
    }
}

/// An issuer that said no to what it had promised to look at (OpenID4VCI 1.0 §8.3.1.2).
fn declined(error: &AcceptError) -> Option<String> {
    (error.code() == REQUEST_DENIED).then(|| match error.said() {
        Some(_) => "declined by the issuer (credential_request_denied)".to_owned(),
        None => "declined by the issuer (credential_request_denied); ask there why".to_owned(),
    })
}
