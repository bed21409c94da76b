//! Answering a request (OpenID4VP 1.0).

use std::collections::BTreeMap;

use environment::Timestamp;
use jose::base64url;
use openid4vc::timed_nonce::NonceKey;
use openid4vc::vp::link::{Fetch, Link};
use openid4vc::vp::request::{
    Authentication, AuthorizationRequest, Compatibility, Expected, RequestError, RequestObject, SKEW,
};
use openid4vc::vp::wallet::{self, Refusal};
use outbound::OutboundError;
use serde::Serialize;

use super::answering::Answered;
use super::matching::{Assignment, Assignments, asker, assign, question};
use super::origin::host_of;
use super::refill::kept_back_from;
use super::repertoire::Repertoire;
use super::upkeep::Looking;
use crate::carrier::send;
use crate::consent::Consent;
use crate::question::{Answer, Asker, Binding, Choice, NotSatisfied, Question, Selection};
use crate::records::{Copy, HistoryEntry, HistoryKind};
use crate::trust::{SignerEvidence, TrustError, TrustedRequester};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// For how many seconds a request of the network may live: no command of a space makes a longer one (specs/flows.md §3.1).
/// RFC 9101 leaves `exp` open, and so do we outside the network.
const LONGEST_REQUEST: i64 = 7 * 86_400;

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

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// The request.
    #[error("the request is refused: {0}")]
    Request(#[from] RequestError),
    /// A call.
    #[error("the other side could not be reached: {0}")]
    Outbound(#[from] OutboundError),
    /// Whoever asks is not trusted.
    #[error("whoever asks is not trusted: {0}")]
    Trust(#[from] TrustError),
    /// In the network an answer goes to the host of whoever asks.
    #[error("the answer would go to another host than that of whoever asks")]
    AnswerElsewhere,
    /// Whoever was asked for a request handed on that of somebody else.
    #[error("the request is not of the party that was asked for it")]
    OtherAsker,
    /// A request of the network ends within a known time.
    #[error("a request of this network says when it ends, at most {} days from now", LONGEST_REQUEST / 86_400)]
    Endless,
    /// The member said no.
    #[error("nothing was given: the answer was declined")]
    Declined,
    /// What is needed lies beyond what the asker registered.
    #[error(
        "nothing was given: something that is needed goes beyond what the asker registered with the network"
    )]
    BeyondRegistration,
    /// The member gave no answer; nothing was sent.
    #[error("nothing was sent, and the request stays open: the same link can be answered until it runs out")]
    LeftOpen,
    /// The wallet does not have what is needed.
    #[error("nothing was given: the wallet does not have what is needed")]
    CannotBeSatisfied {
        /// The parts that it does not have.
        missing: Vec<Answer>,
    },
    /// It has it, but no copy can be shown.
    #[error(
        "nothing was given: every copy of {} was shown before, has expired or was revoked; {}",
        types.join(", "),
        ways.join("; "),
    )]
    NoFreshCopy {
        /// Of which types.
        types: Vec<String>,
        /// How the member gets new ones, in sentences.
        ways: Vec<String>,
    },
    /// The choice does not fit the question.
    #[error("nothing was given: {0}")]
    Choice(#[from] NotSatisfied),
    /// The answer would not be accepted.
    #[error(transparent)]
    Answer(#[from] wallet::AnswerError),
    /// The answer was given and not taken.
    #[error("the answer was given, but {0}{remedy}", remedy = remedy(.0))]
    NotTaken(#[from] wallet::ReplyError),
    /// The answer was sent and it is not known whether it arrived.
    #[error("the answer was sent, but what came back is unusable: {0}")]
    Unanswered(OutboundError),
    /// What the member says itself could not be signed.
    #[error("the member's own word could not be signed")]
    Minting,
    /// A key could not be used.
    #[error("a key of the wallet could not be used")]
    Key,
    /// A copy that was chosen is gone.
    #[error("a copy that was chosen is not there any more; try again")]
    Damaged,
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<jose::SigningFailed> for PresentError {
    fn from(_: jose::SigningFailed) -> Self {
        Self::Key
    }
}

impl From<jose::KeyError> for PresentError {
    fn from(_: jose::KeyError) -> Self {
        Self::Key
    }
}

impl PresentError {
    /// A short name for the history and for machine-readable output.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Request(error) => error.code(),
            Self::Outbound(_) => "unreachable",
            Self::Trust(error) => error.code(),
            Self::AnswerElsewhere => "answer_elsewhere",
            Self::OtherAsker => "other_asker",
            Self::Endless => "endless_request",
            Self::Declined => "declined",
            Self::BeyondRegistration => "beyond_registration",
            Self::LeftOpen => "left_open",
            Self::CannotBeSatisfied { .. } => "cannot_be_satisfied",
            Self::NoFreshCopy { .. } => "no_fresh_copy",
            Self::Choice(_) | Self::Answer(_) => "not_satisfied",
            Self::NotTaken(wallet::ReplyError::Refused { code }) => code,
            Self::NotTaken(_) | Self::Unanswered(_) => "not_taken",
            Self::Minting | Self::Key => "key",
            Self::Damaged => "copy_gone",
            Self::Vault(_) => "vault",
        }
    }
}

/// A request that was checked, and who made it.
pub(super) struct Checked {
    pub(super) request: AuthorizationRequest,
    pub(super) requester: TrustedRequester,
    bound_by: Vec<Binding>,
}

/// What could be answered, before the member chose.
pub(super) struct Prepared {
    pub(super) repertoire: Repertoire,
    pub(super) assignments: Assignments,
    pub(super) question: Question,
    pub(super) request_hash: String,
}

impl Wallet {
    /// Answers the request behind a link: checks it and whoever makes it, asks the member, sends what was chosen or
    /// the refusal, and keeps the proof of sharing.
    ///
    /// # Errors
    /// See [`PresentError`].
    pub async fn present(
        &self,
        link: &str,
        options: &PresentOptions,
        consent: &dyn Consent,
    ) -> Result<Presented, PresentError> {
        let presented = self.present_to(link, options, consent, None).await?;
        // What was given was given, whatever becomes of this.
        if let Err(error) = self.look_after_copies().await {
            tracing::warn!(%error, "the copies could not be looked after");
        }
        Ok(presented)
    }

    /// The same for a link that a party handed out whose DID is known: nobody else is answered.
    pub(super) async fn present_to(
        &self,
        link: &str,
        options: &PresentOptions,
        consent: &dyn Consent,
        party: Option<&str>,
    ) -> Result<Presented, PresentError> {
        let mut entry = self.new_entry(HistoryKind::Request);
        let outcome = self.try_to_present(link, options, consent, party, &mut entry).await;
        if let Err(error) = &outcome {
            entry.not_completed = Some(error.code().to_owned());
        }
        self.vault.put(&entry.bounded()).await?;
        outcome
    }

    async fn try_to_present(
        &self,
        link: &str,
        options: &PresentOptions,
        consent: &dyn Consent,
        party: Option<&str>,
        entry: &mut HistoryEntry,
    ) -> Result<Presented, PresentError> {
        let checked = self.checked_request(link, options).await?;
        if party.is_some_and(|party| checked.requester.did.as_deref() != Some(party)) {
            return Err(PresentError::OtherAsker);
        }
        let prepared = match party {
            Some(_) => self.prepare(&checked, party).await?,
            None => self.prepare_with_new_copies(&checked).await?,
        };
        note(entry, &prepared.question);
        let selection = match consent.ask(&prepared.question).await {
            Choice::Share(selection) => selection.with_terms(&prepared.question),
            Choice::Refuse => {
                let why = why_impossible(&prepared).unwrap_or(PresentError::Declined);
                return Err(self.refuse(&checked.request, why).await);
            }
            Choice::LeaveOpen => return Err(why_impossible(&prepared).unwrap_or(PresentError::LeftOpen)),
        };
        if let Err(error) = prepared.question.check(&selection) {
            return Err(self.refuse(&checked.request, error.into()).await);
        }
        let answered = self.answer(&checked, &prepared, &selection).await;
        let disclosed = prepared.question.given(&selection);
        let came_along = prepared.question.along(&selection);
        if !matches!(&answered, Err(error) if !error.answer_left()) {
            entry.presented = disclosed.iter().chain(&came_along).cloned().collect();
        }
        let answered = answered?;
        Ok(presented(prepared.question, disclosed, came_along, answered))
    }

    /// Tells the other side no more than that there is no answer.
    async fn refuse(&self, request: &AuthorizationRequest, why: PresentError) -> PresentError {
        let refusal = wallet::refuse(request, Refusal::AccessDenied);
        if let Err(error) = send(self.fetch.as_ref(), refusal).await {
            tracing::debug!(%error, "the refusal could not be told");
        }
        why
    }

    async fn checked_request(&self, link: &str, options: &PresentOptions) -> Result<Checked, PresentError> {
        let link = Link::parse(link)?;
        let compatibility = Compatibility {
            request_uri_as_audience: options.compat_request_uri_audience,
            unauthenticated_clients: self.trust.takes_unsigned(),
        };
        let (client_id, now) = (link.client_id().clone(), self.now());
        let expected = |wallet_nonce, request_uri| Expected {
            client_id: &client_id,
            wallet_nonce,
            request_uri,
            compatibility,
            now,
        };
        match &link {
            Link::Unsigned { parameters, .. } => {
                let request = AuthorizationRequest::unsigned(parameters, &expected(None, None))?;
                let host = host_of(request.response_uri()).unwrap_or_default();
                Ok(Checked { request, requester: nobody(host), bound_by: vec![Binding::AddressOnly] })
            }
            Link::Value { request, .. } => {
                self.signed_request(RequestObject::decode(request)?, &expected(None, None)).await
            }
            Link::Reference { request_uri, method, .. } => {
                let nonces = NonceKey::generate(self.environment.randomness());
                let fetch = Fetch::new(request_uri, *method, &nonces, now, self.environment.randomness());
                let answer = send(self.fetch.as_ref(), fetch.request).await?;
                let expected = expected(fetch.wallet_nonce.as_deref(), Some(request_uri.as_str()));
                self.signed_request(Fetch::read(&answer)?, &expected).await
            }
        }
    }

    async fn signed_request(
        &self,
        object: RequestObject,
        expected: &Expected<'_>,
    ) -> Result<Checked, PresentError> {
        let (evidence, bound_by) = match object.authentication() {
            Authentication::Chain(chain) => {
                (SignerEvidence::Chain { chain: chain.clone(), claimed: None }, Binding::Certificate)
            }
            Authentication::Did(url) => (SignerEvidence::Key(url.clone()), Binding::Did),
        };
        // The registration certificate is inside what is to be verified, so the signer comes first.
        let signer = self.trust.requester(&evidence, None).await?;
        let request = object.verify(signer.key.as_ref(), expected)?;
        let requester = match request.registration() {
            Some(registration) => self.trust.requester(&evidence, Some(registration)).await?,
            None => signer,
        };
        if let Some(host) = &requester.host
            && host_of(request.response_uri()).as_deref() != Some(host.as_str())
        {
            return Err(PresentError::AnswerElsewhere);
        }
        if requester.network.is_some() && !ends_in_time(&request, expected.now) {
            return Err(PresentError::Endless);
        }
        // In the network the certificate's key is in the DID document too, and was looked up there.
        let both = requester.network.is_some() && bound_by == Binding::Certificate;
        let bound_by = if both { vec![Binding::Certificate, Binding::Did] } else { vec![bound_by] };
        Ok(Checked { request, requester, bound_by })
    }

    /// Copies that count no longer are not shown; and where only those are left that are kept back, new ones are fetched
    /// before the member is asked.
    async fn prepare_with_new_copies(&self, checked: &Checked) -> Result<Prepared, PresentError> {
        self.learn_statuses(Looking::WhenDue).await?;
        let prepared = self.prepare(checked, None).await?;
        if !matches!(why_impossible(&prepared), Some(PresentError::NoFreshCopy { .. })) {
            return Ok(prepared);
        }
        // A refill shows copies itself, so that this future holds one of its own kind.
        Box::pin(self.look_after_copies()).await?;
        self.prepare(checked, None).await
    }

    /// The last copies are shown for a refill alone, to the `party` that is asked for it.
    async fn prepare(&self, checked: &Checked, party: Option<&str>) -> Result<Prepared, PresentError> {
        let request_hash = base64url::encode(checked.request.digest());
        let copies = self.vault.list::<Copy>().await?;
        let own = self.vault.get(crate::records::OwnDetails::NAME).await?.unwrap_or_default();
        let spaces = self.known_spaces().await?;
        let kept_back = kept_back_from(party, &copies, self.now());
        let repertoire = Repertoire::new(&copies, &kept_back, &own, &request_hash, self.now());
        let query = checked.request.query();
        let assignments = assign(query, &repertoire, checked.requester.takes_one_key_only());
        let host = host_of(checked.request.response_uri()).unwrap_or_default();
        let asker = asker(&checked.requester, &host, checked.bound_by.clone());
        let question = question(query, &assignments, &repertoire, &checked.requester, asker, &spaces);
        Ok(Prepared { repertoire, assignments, question, request_hash })
    }
}

impl PresentError {
    /// Whether the answer may have reached the other side although it did not end well.
    const fn answer_left(&self) -> bool {
        matches!(self, Self::NotTaken(_) | Self::Unanswered(_))
    }
}

impl Selection {
    /// This selection with the terms' own group picked where the member said something for it, and only there.
    fn with_terms(mut self, question: &Question) -> Self {
        self.picks.resize(question.groups.len(), None);
        let says_something = !self.audiences.is_empty() || self.until.is_some();
        for (group, pick) in question.groups.iter().zip(&mut self.picks) {
            if group.is_terms() && says_something && pick.is_none() {
                *pick = group.options.iter().position(|option| option.available);
            }
        }
        self
    }
}

/// What the member can do about a refusal. No list is fetched because of one, so that nobody can match the two moments.
fn remedy(error: &wallet::ReplyError) -> &'static str {
    match error {
        wallet::ReplyError::Refused { .. } => {
            "; in case the copies count no longer, `passport wallet refill` finds out and tells how to get new ones"
        }
        _ => "",
    }
}

/// Why the member could not have answered, where that is so; told to the member only.
fn why_impossible(prepared: &Prepared) -> Option<PresentError> {
    let question = &prepared.question;
    if !question.can_be_satisfied() {
        let missing = question
            .groups
            .iter()
            .filter(|group| group.needed)
            .flat_map(|group| &group.options)
            .filter(|option| !option.available)
            .flat_map(|option| &option.answers)
            .flat_map(|answer| &answer.types);
        let asked: Vec<&String> = missing.collect();
        let exhausted = &prepared.repertoire.exhausted;
        let (mut types, mut ways): (Vec<String>, Vec<String>) = exhausted
            .iter()
            .filter(|one| asked.contains(&&one.vct))
            .map(|one| (one.vct.clone(), one.way.clone()))
            .unzip();
        types.sort_unstable();
        ways.sort_unstable();
        ways.dedup();
        return Some(if types.is_empty() {
            PresentError::CannotBeSatisfied { missing: question.missing().cloned().collect() }
        } else {
            PresentError::NoFreshCopy { types, ways }
        });
    }
    question.needs_what_is_beyond_registration().then_some(PresentError::BeyondRegistration)
}

/// Whether a request says when it ends, and ends in time.
fn ends_in_time(request: &AuthorizationRequest, now: Timestamp) -> bool {
    request.expires_at().is_some_and(|end| end <= now.plus(LONGEST_REQUEST).plus(SKEW))
}

/// Somebody who signed nothing.
fn nobody(host: String) -> TrustedRequester {
    TrustedRequester {
        name: host,
        did: None,
        host: None,
        network: None,
        role: None,
        registration: None,
        key: None,
    }
}

/// What the history keeps of a question: names, never values.
fn note(entry: &mut HistoryEntry, question: &Question) {
    entry.party = Some(question.asker.name.clone());
    entry.did.clone_from(&question.asker.did);
    entry.host = Some(question.asker.host.clone());
    entry.network.clone_from(&question.asker.admitted_by);
    entry.purpose = question.purpose.as_ref().map(|purpose| purpose.text.clone());
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
    }
}

/// The copies a set of assignments shows.
pub(super) fn copies_of<'a>(
    assignments: &[&'a Assignment],
    repertoire: &'a Repertoire,
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut copies: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for assignment in assignments {
        if let Some(piece) = repertoire.pieces.get(assignment.piece)
            && let Some(copy) = piece.copy()
        {
            copies.entry(copy).or_default().push(&piece.vct);
        }
    }
    copies
}
