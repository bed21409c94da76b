//! Answering a request (OpenID4VP 1.0): it is checked ([`checking`]), the member is asked what to give of what could be
//! given ([`choosing`]), and that is sent.

mod checking;
mod choosing;
mod error;

use openid4vc::http::Request;
use openid4vc::vp::request::AuthorizationRequest;
use openid4vc::vp::wallet::{self, Refusal};
use serde::Serialize;

pub(super) use checking::Checked;
use checking::Faulty;
use choosing::why_impossible;
pub(super) use choosing::{Prepared, copies_of};
pub use error::PresentError;

use super::answering::{Answered, MOMENTS};
use super::counter_offer::Anew;
use super::origin::host_of;
use crate::carrier::send;
use crate::consent::{Consent, FaultyRequest};
use crate::question::{Asker, Choice, Difference, Question};
use crate::records::{GivenFor, HistoryEntry, HistoryKind};
use crate::wallet::Wallet;

/// How a request is answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct PresentOptions {
    /// Takes `aud` = `request_uri`, which known peers send; only for interoperability tests.
    pub compat_request_uri_audience: bool,
}

/// An answer that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// Who asked.
    pub asker: Asker,
    /// The claims that were asked for.
    pub requested: Vec<String>,
    /// The claims that were given.
    pub disclosed: Vec<String>,
    /// The claims that were not.
    pub withheld: Vec<String>,
    /// What was given although nobody asked for it, because the issuer bound it to the rest.
    pub came_along: Vec<String>,
    /// The address to open now; it may be one for this device or a page for a phone.
    pub redirect_uri: Option<String>,
    /// An offer that came with the answer.
    pub credential_offer: Option<String>,
    /// What became of the proof of sharing.
    pub sharing_proof: ShareProof,
    /// What became of the member's identifier.
    pub identifier: LeavingIdentifier,
    /// The follow-up of this very answer, for [`Wallet::collect_one`]; none where nothing more follows.
    pub follow_up: Option<String>,
}

/// What became of the proof of sharing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "reason")]
pub enum ShareProof {
    /// The other side gives none.
    None,
    /// It was checked and is kept.
    Kept,
    /// It could not be fetched yet; collecting tries again.
    Later,
    /// What came does not prove what was shared; the reason.
    Wrong(String),
}

/// What became of the member's identifier at an office that was asked for a first passport.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "detail")]
pub enum LeavingIdentifier {
    /// The other side does not wait for it.
    NotAsked,
    /// It was left there; the DID.
    Left(String),
    /// It is waited for and could not be left, for this reason; collecting tries again.
    NotLeft(String),
}

/// An answer that was taken, and where what follows it is found.
pub(super) struct Taken {
    pub(super) presented: Presented,
    /// The follow-up of this very answer, if it has one: of what was given before, other things may follow from the same party.
    pub(super) follow_up: Option<String>,
}

/// What became of one request.
pub(super) enum Step {
    /// It was answered.
    Answered(Box<Taken>),
    /// The asker was offered less, and asks anew.
    Anew(Anew),
}

/// The code of a question that nobody has answered.
const LEFT_OPEN: &str = "left_open";

/// Who alone is answered.
#[derive(Clone, Copy)]
pub(super) enum Addressee<'a> {
    /// Whoever made the request.
    Anybody,
    /// The space that invited.
    Inviting(&'a str),
    /// The space that asked before, and asks for something else now.
    AskingAnew(&'a str),
    /// The space that is shown the membership it signed, and lets its member in to something else.
    Admitting(&'a str),
    /// The party that is asked for new copies of what it signed.
    Renewing { party: &'a str, is_by_itself: bool },
    /// The space that is given new values of these claims in the place of those that it has.
    Changing { space: &'a str, claims: &'a [String] },
}

impl<'a> Addressee<'a> {
    const fn did(self) -> Option<&'a str> {
        match self {
            Self::Anybody => None,
            Self::Inviting(did)
            | Self::AskingAnew(did)
            | Self::Admitting(did)
            | Self::Renewing { party: did, .. }
            | Self::Changing { space: did, .. } => Some(did),
        }
    }

    /// What an answer is given for.
    pub(super) const fn given_for(self) -> GivenFor {
        match self {
            Self::Anybody | Self::Inviting(_) | Self::AskingAnew(_) | Self::Admitting(_) => GivenFor::Request,
            Self::Renewing { .. } => GivenFor::Renewal,
            Self::Changing { .. } => GivenFor::Change,
        }
    }

    /// What the history keeps the request as.
    const fn kind(self) -> HistoryKind {
        match self {
            Self::Renewing { is_by_itself: true, .. } | Self::Admitting(_) => HistoryKind::ByItself,
            _ => HistoryKind::Request,
        }
    }

    /// The claims of which an answer gives new values in the place of others.
    pub(super) const fn replaces(self) -> &'a [String] {
        match self {
            Self::Changing { claims, .. } => claims,
            _ => &[],
        }
    }
}

impl Wallet {
    /// Answers the request behind a link: checks it and whoever makes it, asks the member, sends what was chosen or
    /// the refusal, and keeps the proof of sharing.
    ///
    /// Behind a link whose request was answered already, and whose answer could not be taken yet ([`PresentError::PutOff`]) or was
    /// not heard of, nothing is fetched and nobody is asked: the very same answer goes again as soon as it may, without another copy
    /// being shown, as long as the request is open.
    ///
    /// # Errors
    /// See [`PresentError`].
    pub async fn present(
        &self,
        link: &str,
        options: &PresentOptions,
        consent: &dyn Consent,
    ) -> Result<Presented, PresentError> {
        let presented = match self.asked_instead(link).await? {
            Some(awaited) => self.present_what_was_asked_instead(awaited, link, options, consent).await?,
            None => self.negotiate(link, options, consent, Addressee::Anybody, None).await?.presented,
        };
        self.look_after_copies_if_possible().await;
        Ok(presented)
    }

    /// The same for a link that a space handed out whose DID is known: nobody else is answered.
    pub(super) async fn present_as_invited(
        &self,
        link: &str,
        options: &PresentOptions,
        consent: &dyn Consent,
        space: &str,
    ) -> Result<Presented, PresentError> {
        let taken = self.negotiate(link, options, consent, Addressee::Inviting(space), None).await?;
        self.look_after_copies_if_possible().await;
        Ok(taken.presented)
    }

    /// The same for the way in at `party`, which alone is shown the last copies of what it signed.
    pub(super) async fn present_to(
        &self,
        link: &str,
        options: &PresentOptions,
        consent: &dyn Consent,
        party: Option<&str>,
    ) -> Result<Taken, PresentError> {
        let addressee = party.map_or(Addressee::Anybody, Addressee::Admitting);
        self.negotiate(link, options, consent, addressee, None).await
    }

    /// The same for a refill at `party`; none outside any network. `is_by_itself` where the member said no word.
    pub(super) async fn present_for_new_copies(
        &self,
        link: &str,
        consent: &dyn Consent,
        party: Option<&str>,
        is_by_itself: bool,
    ) -> Result<Taken, PresentError> {
        let renewing = |party| Addressee::Renewing { party, is_by_itself };
        let addressee = party.map_or(Addressee::Anybody, renewing);
        self.negotiate(link, &PresentOptions::default(), consent, addressee, None).await
    }

    /// The same for new values of `claims` at a space that has others.
    pub(super) async fn present_new_values(
        &self,
        link: &str,
        consent: &dyn Consent,
        space: &str,
        claims: &[String],
    ) -> Result<Taken, PresentError> {
        let addressee = Addressee::Changing { space, claims };
        self.negotiate(link, &PresentOptions::default(), consent, addressee, None).await
    }

    /// What was given was given, whatever becomes of this.
    pub(super) async fn look_after_copies_if_possible(&self) {
        if let Err(error) = self.look_after_copies().await {
            tracing::warn!(%error, "the copies could not be looked after");
        }
    }

    /// One request, with its entry in the history. To one that was answered already, and whose answer could not be taken yet, that
    /// very answer goes again.
    pub(super) async fn present_once(
        &self,
        link: &str,
        options: &PresentOptions,
        consent: &dyn Consent,
        addressee: Addressee<'_>,
        earlier: Option<&Anew>,
    ) -> Result<Step, PresentError> {
        if let Some(sent) = self.sent_through(link, addressee.did()).await? {
            let taken = self.send_again(sent, MOMENTS, consent).await?;
            return Ok(Step::Answered(Box::new(taken)));
        }
        let mut entry = self.new_entry(addressee.kind());
        entry.reason = earlier.and_then(|earlier| earlier.reason.clone());
        let outcome = match self.asked(link, options, addressee, earlier).await {
            Ok((checked, prepared)) => {
                note(&mut entry, &prepared.question);
                if self.is_not_to_be_seen(&checked, addressee).await? {
                    Err(PresentError::Muted(checked.requester.name.clone()))
                } else {
                    // Whatever ends the process while the member looks at it, it was asked.
                    let asked = HistoryEntry { not_completed: Some(LEFT_OPEN.to_owned()), ..entry.clone() };
                    self.vault.put(&asked.bounded()).await?;
                    self.ask_the_member(&checked, prepared, consent, addressee, &mut entry).await
                }
            }
            Err(faulty) => Err(self.report(faulty, consent).await),
        };
        match &outcome {
            Ok(Step::Answered(_)) => {}
            Ok(Step::Anew(_)) => entry.not_completed = Some("offered_less".to_owned()),
            Err(error) => {
                entry.fail(self.cause_of(error.code()), error.is_their_word());
                if let PresentError::OfferDeclined(reason) = error {
                    entry.reason = Some(reason.clone());
                }
            }
        }
        self.vault.put(&entry.bounded()).await?;
        outcome
    }

    /// The request, checked, and the question that it amounts to.
    async fn asked(
        &self,
        link: &str,
        options: &PresentOptions,
        addressee: Addressee<'_>,
        earlier: Option<&Anew>,
    ) -> Result<(Checked, Prepared), Faulty> {
        let checked = self.checked_request(link, options).await?;
        if addressee.did().is_some_and(|did| checked.requester.did.as_deref() != Some(did)) {
            return Err(PresentError::OtherAsker.into());
        }
        let mut prepared = self.prepare_for(&checked, addressee).await?;
        if let Some(earlier) = earlier {
            let asked = prepared.question.promised();
            let difference = Difference::between(&earlier.before, &asked, earlier.offer.as_ref());
            let difference = Difference { reason: earlier.reason.clone(), ..difference };
            prepared.question.set_difference(&difference);
        }
        Ok((checked, prepared))
    }

    /// Whether the member wants to see nothing of whoever asks. What the wallet does by itself, or the member has it do, is no question.
    async fn is_not_to_be_seen(
        &self,
        checked: &Checked,
        addressee: Addressee<'_>,
    ) -> Result<bool, PresentError> {
        let is_question =
            matches!(addressee, Addressee::Anybody | Addressee::Inviting(_) | Addressee::AskingAnew(_));
        match checked.requester.did.as_deref().filter(|_| is_question) {
            Some(did) => Ok(self.is_muted(did).await?),
            None => Ok(false),
        }
    }

    /// The question that a request amounts to, asked by whoever alone is answered.
    pub(super) async fn prepare_for(
        &self,
        checked: &Checked,
        addressee: Addressee<'_>,
    ) -> Result<Prepared, PresentError> {
        match addressee {
            Addressee::Admitting(party)
            | Addressee::Renewing { party, .. }
            | Addressee::Changing { space: party, .. } => self.prepare(checked, Some(party)).await,
            Addressee::Anybody | Addressee::Inviting(_) | Addressee::AskingAnew(_) => {
                self.prepare_with_new_copies(checked).await
            }
        }
    }

    /// What the member says, asked as often as they want to see it by what they have by then.
    async fn choice_of_the_member(
        &self,
        checked: &Checked,
        mut prepared: Prepared,
        consent: &dyn Consent,
        addressee: Addressee<'_>,
    ) -> Result<(Choice, Prepared), PresentError> {
        loop {
            let choice = consent.ask(&prepared.question).await;
            if choice != Choice::AskAgain {
                return Ok((choice, prepared));
            }
            let difference = prepared.question.difference.take();
            prepared = self.prepare_for(checked, addressee).await?;
            if let Some(difference) = difference {
                prepared.question.set_difference(&difference);
            }
        }
    }

    async fn ask_the_member(
        &self,
        checked: &Checked,
        prepared: Prepared,
        consent: &dyn Consent,
        addressee: Addressee<'_>,
        entry: &mut HistoryEntry,
    ) -> Result<Step, PresentError> {
        let (choice, prepared) = self.choice_of_the_member(checked, prepared, consent, addressee).await?;
        // A page waits for its member longer than many a request lives. A no is one all the same.
        let gives = matches!(choice, Choice::Share(_) | Choice::OfferLess(_));
        if gives && prepared.question.ends_at.is_some_and(|end| self.now().seconds() >= end) {
            return Err(PresentError::RanOut);
        }
        let selection = match choice {
            Choice::Share(selection) => selection.with_terms(&prepared.question),
            Choice::OfferLess(offer) => {
                let names = offer.names();
                let offered = self.offer_less(checked, &prepared, offer).await;
                if !matches!(offered, Err(PresentError::NoCounterOffer(_))) {
                    entry.offered_less = names;
                }
                return offered.map(Step::Anew);
            }
            Choice::Refuse => return Err(self.refuse(&checked.request, PresentError::Declined).await),
            Choice::NothingToGive => {
                let why = why_impossible(&prepared).unwrap_or(PresentError::Declined);
                return Err(self.refuse(&checked.request, why).await);
            }
            Choice::LeaveOpen | Choice::AskAgain => {
                return Err(why_impossible(&prepared).unwrap_or(PresentError::LeftOpen));
            }
        };
        if let Err(error) = prepared.question.check(&selection) {
            return Err(self.refuse(&checked.request, error.into()).await);
        }
        let prepared = prepared.chosen(&selection);
        let disclosed = prepared.question.given(&selection);
        let came_along = prepared.question.along(&selection);
        let presented_by = HistoryEntry {
            presented: disclosed.iter().chain(&came_along).cloned().collect(),
            ..entry.clone()
        };
        let answered = self.answer(checked, &prepared, &selection, addressee, &presented_by, consent).await;
        // What stands in the history as more than asked has left, or may have, whatever went wrong afterwards.
        let stands = self.vault.get::<HistoryEntry>(&entry.id).await?;
        let may_have_left = stands.is_some_and(|entry| entry.not_completed.as_deref() != Some(LEFT_OPEN));
        if answered.is_ok() || may_have_left {
            *entry = presented_by;
        }
        let answered = answered?;
        let follow_up = answered.follow_up.clone();
        let presented = presented(prepared.question, disclosed, came_along, answered);
        Ok(Step::Answered(Box::new(Taken { presented, follow_up })))
    }

    /// Tells the other side no more than that there is no answer.
    async fn refuse(&self, request: &AuthorizationRequest, why: PresentError) -> PresentError {
        self.say_no(wallet::refuse(request, Refusal::AccessDenied)).await;
        why
    }

    /// Tells whoever made a request that breaks a rule which code stands for it, where the member agrees. What the wallet
    /// holds was not looked at yet, so nothing of it can be told (OpenID4VP 1.0 §15.1, §15.4.1).
    async fn report(&self, faulty: Faulty, consent: &dyn Consent) -> PresentError {
        let Faulty { error, report } = faulty;
        if let Some((asker, report)) = report.map(|report| *report) {
            let host = host_of(report.response_uri()).unwrap_or_default();
            let question = FaultyRequest { asker, host, code: report.code(), problem: error.to_string() };
            if consent.reports(&question).await {
                self.say_no(report.to_request()).await;
            }
        }
        error
    }

    /// Sends what needs no answer.
    async fn say_no(&self, request: Request) {
        if let Err(error) = send(self.fetch.as_ref(), request).await {
            tracing::debug!(%error, "the other side could not be told");
        }
    }
}

/// What the history keeps of a question: names, never values.
fn note(entry: &mut HistoryEntry, question: &Question) {
    entry.party = Some(question.asker.name.clone());
    entry.did.clone_from(&question.asker.did);
    entry.host = Some(question.asker.host.clone());
    entry.network.clone_from(&question.asker.admitted_by);
    entry.purpose = question.purpose.as_ref().map(|purpose| purpose.text.clone());
    entry.uses = question.purpose.as_ref().map(|purpose| purpose.uses.clone()).unwrap_or_default();
    entry.data_protection_contact.clone_from(&question.asker.data_protection_contact);
    entry.supervisory_authority.clone_from(&question.asker.supervisory_authority);
    entry.requested = question.asked();
}

fn presented(
    question: Question,
    disclosed: Vec<String>,
    came_along: Vec<String>,
    answered: Answered,
) -> Presented {
    let requested = question.asked();
    let withheld = requested.iter().filter(|claim| !disclosed.contains(claim)).cloned().collect();
    Presented {
        asker: question.asker,
        requested,
        withheld,
        disclosed,
        came_along,
        redirect_uri: answered.redirect_uri,
        credential_offer: answered.credential_offer,
        sharing_proof: answered.sharing_proof,
        identifier: answered.identifier,
        follow_up: answered.follow_up,
    }
}
