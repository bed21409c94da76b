//! Taking an answer: open, believe, verify, check the status, let the domain prepare, store all of it at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use credentials::status_list::Status;
use credentials::vc::Types;
use environment::Timestamp;
use jose::{Jwk, digest};
use openid4vc::secret::SecretText;
use openid4vc::vp::client_id::ClientId;
use openid4vc::vp::response::{Reply, ResponseError, Submission};
use openid4vc::vp::verification::{PresentationError, Presentations, Rules, Verified, VerifiedPresentation};
use openid4vc::vp::verifier::{self, Received, RequestSecrets};
use store::StoreFault;

use crate::answer::{Answer, DisclosedClaim, Presented, SignedBy};
use crate::asking::AskError;
use crate::changes::{MoveRequest, split, waits_for_person};
use crate::issuers::{Believed, NotNow, Wanted};
use crate::receiving::{Refused, Rejection};
use crate::records::RequestRecord;
use crate::service::Presentation;
use crate::status_lists::StatusListsError;
use crate::turns::Turn;

/// Seconds after which somebody looks whether the person came: more than every deadline of the core.
const LOOK_AFTER: i64 = verifier::RETURN_LIFETIME + verifier::DIGIT_LIFETIME + 5;
/// Seconds for which a request is remembered after its answer: as long as a browser stays signed in.
const REMEMBERED: i64 = 12 * 3_600;

/// How often an answer is looked at anew because the request moved meanwhile.
const TRIES: usize = 8;

/// Why an answer is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerRefused {
    /// No such request.
    #[error("this request does not exist or has ended")]
    UnknownRequest,
    /// The message.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// A presentation.
    #[error(transparent)]
    Presentation(#[from] PresentationError),
    /// A credential was revoked or suspended.
    #[error("the credential that answers {query} no longer counts")]
    Revoked {
        /// The query it answers.
        query: String,
        /// Its status.
        status: Status,
    },
    /// A credential of this network without a place in a status list.
    #[error(
        "the credential that answers {query} names no place in a status list, so nobody could take it back"
    )]
    NoStatus {
        /// The query it answers.
        query: String,
    },
    /// A credential of this network whose status list is not one that everybody shares.
    #[error("the status list of the credential that answers {query} is none of its issuer's present lists")]
    StatusElsewhere {
        /// The query it answers.
        query: String,
    },
    /// An issuer of this network spreads its copies over so many lists that a list tells who is there.
    #[error("the issuer of the credential that answers {query} uses too many status lists")]
    TooManyStatusLists {
        /// The query it answers.
        query: String,
    },
    /// The status of a credential cannot be told.
    #[error("the status of the credential that answers {query} cannot be told: {error}")]
    StatusUnknown {
        /// The query it answers.
        query: String,
        /// Why.
        error: StatusListsError,
    },
    /// The domain.
    #[error("{0}")]
    Domain(Rejection),
    /// An issuer cannot be looked up at the moment.
    #[error("an issuer cannot be looked up at the moment; send the answer again")]
    NotNow,
    /// More would be kept of it than the store takes.
    #[error("this answer is longer than what can be kept of one; give less")]
    TooLong,
    /// The store.
    #[error(transparent)]
    Store(StoreFault),
}

impl AnswerRefused {
    /// The machine code for the team, the demo and tests (specs/flows.md §5).
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::UnknownRequest => "unknown_request",
            Self::Response(ResponseError::AlreadyAnswered) => "replay",
            Self::Response(error) => error.reason(),
            Self::Presentation(error) => match error.reason() {
                "wrong_nonce" => "stale_nonce",
                reason => reason,
            },
            Self::Revoked { status: Status::Suspended, .. } => "suspended",
            Self::Revoked { .. } => "revoked",
            Self::NoStatus { .. } => "missing_status",
            Self::StatusElsewhere { .. } => "status_elsewhere",
            Self::TooManyStatusLists { .. } => "too_many_status_lists",
            Self::StatusUnknown { .. } => "status_unknown",
            Self::Domain(rejection) => rejection.code,
            Self::TooLong => "too_long",
            Self::NotNow | Self::Store(_) => "temporarily_unavailable",
        }
    }

    /// Whether what was refused carried the `state` of the request, which stands in its request object alone. Whatever comes
    /// before that is found may have been sent by anybody who knows the address.
    const fn is_of_who_has_the_request(&self) -> bool {
        !matches!(self, Self::UnknownRequest | Self::Response(_))
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::UnknownRequest => 404,
            _ if self.is_transient() => 503,
            _ => 400,
        }
    }

    /// The error code on the wire.
    #[must_use]
    pub fn code(&self) -> &'static str {
        if self.is_transient() { "temporarily_unavailable" } else { "invalid_request" }
    }

    /// Whether the same answer may be taken later, without anybody changing anything.
    fn is_transient(&self) -> bool {
        match self {
            Self::NotNow | Self::Store(_) => true,
            Self::StatusUnknown { error, .. } => error.is_transient(),
            _ => false,
        }
    }
}

impl From<NotNow> for AnswerRefused {
    fn from(_: NotNow) -> Self {
        Self::NotNow
    }
}

/// What the store finds too large is large because of what was sent, and would be so the next time.
impl From<StoreFault> for AnswerRefused {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::TooLarge { .. } => Self::TooLong,
            fault => Self::Store(fault),
        }
    }
}

impl From<Refused> for AnswerRefused {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Rejected(rejection) => Self::Domain(rejection),
            Refused::Store(fault) => fault.into(),
        }
    }
}

/// What a wallet said.
enum Opened {
    Answer(Box<verifier::Answer>, Presentations),
    Refusal { code: String },
}

/// Opens what was posted.
fn open(
    flow: verifier::Flow,
    submission: Submission,
    secrets: &RequestSecrets,
    now: Timestamp,
) -> Result<Opened, AnswerRefused> {
    match flow.receive(submission, secrets, now)? {
        Received::Answer(answer) => {
            let presentations = presentations_of(&answer)?;
            Ok(Opened::Answer(Box::new(answer), presentations))
        }
        Received::Refusal { code } => Ok(Opened::Refusal { code }),
    }
}

fn presentations_of(answer: &verifier::Answer) -> Result<Presentations, PresentationError> {
    Presentations::read(answer.vp_token(), answer.requested().query(), Types::Current)
}

/// All that an answer is verified with, as often as it has to be.
struct Verifying {
    answer: verifier::Answer,
    /// The issuers' keys, in the order of the presentations.
    keys: Vec<Option<Jwk>>,
    client_id: ClientId,
    secrets: Arc<RequestSecrets>,
    one_key: bool,
    now: Timestamp,
}

impl Verifying {
    /// Verifies what was found in the text, or the text anew if nothing of it was kept.
    fn verify(&self, found: Option<Presentations>) -> Result<Verified, PresentationError> {
        let requested = self.answer.requested();
        let rules = Rules {
            client_id: &self.client_id,
            nonce: self.secrets.nonce(),
            query: requested.query(),
            one_key: self.one_key,
            transaction_data: requested.transaction_data(),
            now: self.now,
        };
        found.map_or_else(|| presentations_of(&self.answer), Ok)?.verify(&self.keys, &rules)
    }
}

/// What `future` gives, and `kept` if it gave it at once. What is found in an answer is many times as large as its text, and
/// whoever waits for an issuer or a status list may be anybody: they hold no more than the text, and no turn.
async fn unless_it_waits<F: Future, T>(future: F, kept: T) -> (F::Output, Option<T>) {
    let (mut future, mut kept) = (std::pin::pin!(future), Some(kept));
    let given = std::future::poll_fn(|context| {
        let polled = future.as_mut().poll(context);
        if polled.is_pending() {
            kept = None;
        }
        polled
    })
    .await;
    (given, kept)
}

impl Presentation {
    /// Takes what was posted to `/response/{id}`.
    ///
    /// # Errors
    /// See [`AnswerRefused`]; the reason is also remembered for the team, and nothing else is stored.
    pub async fn answer(
        &self,
        id: &SecretText,
        submission: Result<Submission, ResponseError>,
    ) -> Result<Reply, AnswerRefused> {
        for _ in 0..TRIES {
            let record = self.record(id.hash()).await?.ok_or(AnswerRefused::UnknownRequest)?;
            match self.take(id, &record, submission.clone()).await {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) => {}
                Err(refused) => {
                    tracing::info!(reason = refused.reason(), "an answer was refused");
                    self.remember_refusal(&record, &refused).await;
                    return Err(refused);
                }
            }
        }
        Err(StoreFault::Conflict.into())
    }

    /// Takes an answer to the request as it was read; none if the request has moved meanwhile.
    async fn take(
        &self,
        id: &SecretText,
        record: &RequestRecord,
        submission: Result<Submission, ResponseError>,
    ) -> Result<Option<Reply>, AnswerRefused> {
        let inner = &self.inner;
        let requested = record.flow.requested().ok_or(ResponseError::AlreadyAnswered)?;
        let secrets = Arc::new(self.secrets(requested).map_err(StoreFault::unavailable)?);
        let now = inner.environment.now();
        let submission = submission?;
        let length = submission.length();
        let (flow, opened_with) = (record.flow.clone(), Arc::clone(&secrets));
        let open = move || open(flow, submission, &opened_with, now);
        let (opened, turn) = inner.turns.turn(length).await?.look(open).await?;
        let (answer, presentations) = match opened? {
            Opened::Answer(answer, presentations) => (answer, presentations),
            Opened::Refusal { code } => {
                drop(turn);
                return self.wallet_refused(record, &code).await;
            }
        };
        let wanted = Wanted::of(&presentations);
        let (believed, kept) = unless_it_waits(self.believe_all(&wanted), (presentations, turn)).await;
        let believed = believed?;
        let keys: Vec<_> =
            believed.iter().map(|believed| believed.as_ref().and_then(|one| one.key.clone())).collect();
        let client_id = ClientId::parse(answer.requested().client_id())
            .map_err(|_| StoreFault::unavailable("the stored client identifier does not read"))?;
        let one_key = inner.settings.one_key && !inner.receiving.takes_several_keys(&record.subject);
        let signers = Signers::of(wanted, &believed);
        let verifying =
            Verifying { answer: *answer, keys, client_id, secrets: Arc::clone(&secrets), one_key, now };
        let (verifying, verified, turn) = self.verify(verifying, length, kept).await?;
        let listed = self.listed(verified.presentations(), &signers)?;
        let (checked, kept) = unless_it_waits(self.check_statuses(&listed), (verified, turn)).await;
        checked?;
        let (verifying, verified, turn) = match kept {
            Some((verified, turn)) => (verifying, verified, turn),
            None => self.verify(verifying, length, None).await?,
        };
        let answering_key = verified.answering_key().cloned();
        let presented = presented(verified.presentations(), &signers);
        let (object, way) = (verifying.answer.object().clone(), verifying.answer.requested().way());
        let step = verifying.answer.accept(&verified, now, inner.environment.randomness());
        drop((verified, turn));
        let request_hash = self.digest_of_object(record, &object, &secrets).await;
        let taken = Answer {
            request_id: jose::base64url::encode(record.id.as_bytes()),
            subject: record.subject.clone(),
            request_hash: request_hash.map_err(fault_of)?,
            way,
            answering_key,
            presented,
        };
        let prepared = inner.receiving.prepare(&taken).await?;
        let mut reply = prepared.reply();
        if let (Some(page), Some(code)) = (&reply.redirect_uri, &step.response_code) {
            reply.redirect_uri =
                Some(format!("{page}?request={}&response_code={}", id.expose(), code.expose()));
        } else {
            reply.redirect_uri = None;
        }
        let waits = waits_for_person(&step.next);
        let mut change =
            MoveRequest::of(record, moved(record, step.next, now.plus(REMEMBERED))).with(prepared.as_ref());
        if waits {
            change = change.with_deadline(now.plus(LOOK_AFTER));
        }
        match inner.tenant.commit(&change).await.map_err(split) {
            Ok(()) => Ok(Some(reply)),
            Err(Ok(_)) => Ok(None),
            Err(Err(fault)) => Err(fault.into()),
        }
    }

    /// Verifies in the turn in which it was opened, or anew in another one where somebody had to be waited for.
    async fn verify(
        &self,
        verifying: Verifying,
        length: usize,
        kept: Option<(Presentations, Turn)>,
    ) -> Result<(Verifying, Verified, Turn), AnswerRefused> {
        let (found, turn) = match kept {
            Some((found, turn)) => (Some(found), turn),
            None => (None, self.inner.turns.turn(length).await?),
        };
        let verify = move || {
            let verified = verifying.verify(found);
            (verifying, verified)
        };
        let ((verifying, verified), turn) = turn.look(verify).await?;
        Ok((verifying, verified?, turn))
    }

    /// A wallet answered with an error, which is remembered, and it is thanked (OpenID4VP 1.0 §8.5). The request stays open:
    /// its `state` shows that somebody fetched it, not that it is the member who says no.
    async fn wallet_refused(
        &self,
        record: &RequestRecord,
        code: &str,
    ) -> Result<Option<Reply>, AnswerRefused> {
        Ok(self.note(record, known_error(code), true).await?.then(Reply::default))
    }

    async fn believe_all(&self, issuers: &[Wanted]) -> Result<Vec<Option<Believed>>, NotNow> {
        let mut believed = Vec::with_capacity(issuers.len());
        for wanted in issuers {
            believed.push(self.believe(wanted).await?);
        }
        Ok(believed)
    }

    /// A refusal that cannot be remembered is still a refusal.
    async fn remember_refusal(&self, record: &RequestRecord, refused: &AnswerRefused) {
        let noted = self.note(record, refused.reason(), refused.is_of_who_has_the_request()).await;
        if let Err(fault) = noted {
            tracing::warn!(%fault, "the reason of a refusal was not remembered");
        }
    }

    /// Remembers why there is no answer; false if the request has moved meanwhile. The flow stays where it is, and so does
    /// its revision: a crowd of wrong answers keeps the right one from nothing.
    async fn note(&self, record: &RequestRecord, reason: &str, with_state: bool) -> Result<bool, StoreFault> {
        let mut next = record.clone();
        next.refused = Some(reason.to_owned());
        if with_state {
            next.refused_with_state = Some(reason.to_owned());
        }
        if (&next.refused, &next.refused_with_state) == (&record.refused, &record.refused_with_state) {
            return Ok(true);
        }
        match self.inner.tenant.commit(&MoveRequest::of(record, next)).await.map_err(split) {
            Ok(()) => Ok(true),
            Err(Ok(_)) => Ok(false),
            Err(Err(fault)) => Err(fault),
        }
    }

    /// Stores that a DPoP proof was used; false if it was used before.
    pub(crate) async fn store_use(&self, proof: &openid4vc::dpop::Verified) -> Result<bool, StoreFault> {
        let used = crate::records::UsedProof { hash: proof.use_hash(), until: proof.expires_at().seconds() };
        self.inner.tenant.carry_out(&crate::changes::UseProof(used)).await
    }
}

/// A wallet's error as the team is told of it: the codes of OpenID4VP 1.0 §8.5 and of RFC 6749 §4.1.2.1, which it builds on. Any
/// other could be a word of this network's own, as `accepted` and `revoked` are.
fn known_error(code: &str) -> &str {
    match code {
        "access_denied"
        | "invalid_client"
        | "invalid_request"
        | "invalid_request_uri_method"
        | "invalid_scope"
        | "invalid_transaction_data"
        | "server_error"
        | "temporarily_unavailable"
        | "unauthorized_client"
        | "unsupported_response_type"
        | "vp_formats_not_supported"
        | "wallet_unavailable" => code,
        _ => "unknown_error",
    }
}

/// Who signed a presentation, with the type it signed.
pub(crate) struct Signer {
    pub(crate) vct: String,
    pub(crate) key: Option<Jwk>,
    pub(crate) signed_by: SignedBy,
}

/// Who signed each presentation of an answer, in their order: several may answer one query, each by an issuer of its own.
pub(crate) struct Signers(Vec<Option<Signer>>);

impl Signers {
    fn of(issuers: Vec<Wanted>, believed: &[Option<Believed>]) -> Self {
        let signers = issuers.into_iter().zip(believed).map(|(wanted, believed)| {
            let believed = believed.as_ref()?;
            Some(Signer { vct: wanted.vct, key: believed.key.clone(), signed_by: believed.signed_by.clone() })
        });
        Self(signers.collect())
    }

    pub(crate) fn signer(&self, presentation: &VerifiedPresentation) -> Option<&Signer> {
        self.0.get(presentation.position())?.as_ref()
    }
}

/// Only what was asked for is handed on: more than that is not kept (OpenID4VP §8.6, data minimisation). What merely lies around
/// it and holds digests alone is no claim that was given.
fn presented(presentations: &[VerifiedPresentation], signers: &Signers) -> Vec<Presented> {
    presentations
        .iter()
        .filter_map(|presentation| {
            let signer = signers.signer(presentation)?;
            let processed = presentation.presented().processed();
            let asked = || presentation.asked().iter().flat_map(|claim| claim.locations.iter());
            let kept = asked().flat_map(|location| processed.needed_for(location)).collect();
            let said: BTreeSet<usize> = asked().flat_map(|location| processed.said_by(location)).collect();
            let disclosed = said
                .iter()
                .filter_map(|position| processed.disclosed().get(*position))
                .map(|disclosed| DisclosedClaim {
                    path: disclosed.location().to_string(),
                    disclosure: disclosed.encoded().to_owned(),
                    digest: digest::sha256(disclosed.encoded()),
                })
                .collect();
            Some(Presented {
                query: presentation.query().as_str().to_owned(),
                signed_by: signer.signed_by.clone(),
                facts: presentation.presented().facts().clone(),
                claims: processed.claims_with(&kept),
                disclosed,
            })
        })
        .collect()
}

fn fault_of(error: AskError) -> StoreFault {
    match error {
        AskError::Store(fault) => fault,
        other => StoreFault::unavailable(other),
    }
}

pub(crate) fn moved(record: &RequestRecord, flow: verifier::Flow, until: Timestamp) -> RequestRecord {
    RequestRecord {
        id: record.id,
        revision: record.revision.saturating_add(1),
        flow,
        subject: record.subject.clone(),
        session: record.session,
        object_digest: record.object_digest.clone(),
        object: record.object.clone(),
        refused: None,
        refused_with_state: None,
        until: record.until.max(until.seconds()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use store::StoreFault;

    use super::{AnswerRefused, unless_it_waits};

    #[test]
    fn what_the_store_finds_too_large_is_refused_for_good_and_every_other_fault_is_put_off() {
        let refused = AnswerRefused::from(StoreFault::TooLarge { what: "a record", size: 2, limit: 1 });
        assert_eq!(
            (refused.status(), refused.code(), refused.reason()),
            (400, "invalid_request", "too_long")
        );
        for fault in
            [StoreFault::Conflict, StoreFault::OutcomeUnknown, StoreFault::unavailable("the disk is full")]
        {
            let refused = AnswerRefused::from(fault);
            assert_eq!((refused.status(), refused.code()), (503, "temporarily_unavailable"), "{refused}");
        }
    }

    #[tokio::test]
    async fn what_was_found_is_kept_only_as_long_as_nothing_is_waited_for() {
        let found = Arc::new(());
        let (given, kept) = unless_it_waits(std::future::ready(7), Arc::clone(&found)).await;
        assert_eq!((given, kept.is_some()), (7, true));
        drop(kept);
        let held = Arc::clone(&found);
        let waiting = async {
            tokio::task::yield_now().await;
            Arc::strong_count(&found)
        };
        let (others, kept) = unless_it_waits(waiting, held).await;
        assert_eq!((others, kept.is_some()), (1, false));
    }
}
