//! The person at the screen: coming back on the same device, the digits across devices, and what a browser may know.

use environment::Timestamp;
use jose::base64url;
use openid4vc::secret::{SecretHash, SecretText};
use openid4vc::vp::verifier::{Flow, PersonError};
use store::{Lease, Range, StoreFault};

use crate::answering::moved;
use crate::changes::{DEADLINE, MoveRequest, split};
use crate::receiving::{Refused, Settlement};
use crate::records::{BySession, RequestRecord};
use crate::service::Presentation;

/// How often a step is prepared anew because another came first.
const TRIES: usize = 5;
/// Seconds for which a settled request is remembered: as long as a browser stays signed in.
const SIGNED_IN_FOR: i64 = 12 * 3_600;
/// Requests of one browser that are looked at: a page makes one for each way.
const MOST_OF_A_SESSION: usize = 40;
/// Seconds after which an unfinished look at a deadline is taken up again.
const LEASE: i64 = 30;

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PersonRefused {
    /// A rule.
    #[error(transparent)]
    Person(#[from] PersonError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// What the browser that waits may know.
///
/// In the order of what has come furthest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScreenState {
    /// The request has ended, and nobody has answered.
    Expired,
    /// An answer came, but this browser was not shown to be its person's: nobody came back, another browser did, or
    /// nobody typed the digits.
    Ended,
    /// Nobody has answered.
    Waiting,
    /// Somebody has answered; the digits on the phone are to be typed here.
    CodeWanted,
    /// This browser is signed in.
    SignedIn,
}

impl ScreenState {
    fn of(flow: Flow, now: Timestamp) -> Self {
        match flow.after_deadline(now) {
            Flow::Requested(requested) if requested.may_be_fetched(now) => Self::Waiting,
            Flow::Requested(_) => Self::Expired,
            Flow::Returning(_) => Self::Waiting,
            Flow::Showing(_) | Flow::Typing(_) => Self::CodeWanted,
            Flow::Complete { session: Some(_) } => Self::SignedIn,
            _ => Self::Ended,
        }
    }
}

impl Presentation {
    /// The same device is back with `response_code`, in the browser with `session`.
    ///
    /// # Errors
    /// See [`PersonRefused`]. Another browser's return rejects the answer, and its values are dropped.
    pub async fn come_back(
        &self,
        request: &SecretText,
        response_code: &str,
        session: Option<&SecretText>,
    ) -> Result<String, PersonRefused> {
        for _ in 0..TRIES {
            let record = self.record(request.hash()).await?.ok_or(PersonError::NotAwaited)?;
            let now = self.inner.environment.now();
            let step = record.flow.clone().come_back(response_code, session, now);
            if self.settle(&record, step.next).await? {
                return step.outcome.map(|()| record.subject).map_err(Into::into);
            }
        }
        Err(StoreFault::Conflict.into())
    }

    /// The phone is at the page after a QR: gives the digits to be shown there.
    ///
    /// # Errors
    /// See [`PersonRefused`].
    pub async fn digits(
        &self,
        request: &SecretText,
        response_code: &str,
    ) -> Result<SecretText, PersonRefused> {
        for _ in 0..TRIES {
            let record = self.record(request.hash()).await?.ok_or(PersonError::NotAwaited)?;
            let now = self.inner.environment.now();
            let shown =
                record.flow.clone().show_digits(response_code, now, self.inner.environment.randomness())?;
            if self.settle(&record, shown.next).await? {
                return Ok(shown.digits);
            }
        }
        Err(StoreFault::Conflict.into())
    }

    /// Digits are typed at the waiting screen with `session`; gives what the request was about. Of the requests of that browser
    /// those are meant whose subject is `about` what the screen waits for.
    ///
    /// # Errors
    /// See [`PersonRefused`].
    pub async fn type_digits(
        &self,
        session: &SecretText,
        digits: &str,
        about: fn(&str) -> bool,
    ) -> Result<String, PersonRefused> {
        for _ in 0..TRIES {
            let mut asked = self.asked_by(session.hash()).await?;
            asked.retain(|record| matches!(record.flow, Flow::Typing(_)) && about(&record.subject));
            let record = asked.pop().ok_or(PersonError::NotAwaited)?;
            let now = self.inner.environment.now();
            let step = record.flow.clone().type_digits(digits, Some(session), now);
            if self.settle(&record, step.next).await? {
                return step.outcome.map(|()| record.subject).map_err(Into::into);
            }
        }
        Err(StoreFault::Conflict.into())
    }

    /// What the browser with `session` may know of its requests whose subject is `about` what the screen waits for, and what that
    /// subject is.
    ///
    /// # Errors
    /// The store.
    pub async fn screen(
        &self,
        session: &SecretText,
        about: fn(&str) -> bool,
    ) -> Result<Option<(String, ScreenState)>, StoreFault> {
        let now = self.inner.environment.now();
        let asked = self.asked_by(session.hash()).await?;
        // A page asks once for each way: what has come furthest counts.
        Ok(asked
            .into_iter()
            .filter(|record| about(&record.subject))
            .map(|record| (record.subject, ScreenState::of(record.flow, now)))
            .max_by_key(|(_, state)| *state))
    }

    /// Looks at the requests whose time with the person is over; gives how many were settled. For the party's worker.
    ///
    /// # Errors
    /// The store.
    pub async fn work(&self) -> Result<usize, StoreFault> {
        let now = self.inner.environment.now();
        let jobs = self.inner.tenant.jobs();
        let mut settled = 0_usize;
        for lease in jobs.lease(DEADLINE, now, LEASE, 50).await? {
            match self.after_deadline(&lease, now).await {
                Ok(is_settled) => {
                    settled = settled.saturating_add(usize::from(is_settled));
                    let _ = jobs.complete(&lease).await?;
                }
                // The others are seen to all the same.
                Err(fault) => {
                    tracing::warn!(%fault, attempt = lease.attempt(), "a request whose time is over was left for later");
                    let _ = jobs.fail(&lease, Some(now.plus(lease.backoff_seconds()))).await?;
                }
            }
        }
        Ok(settled)
    }

    /// Settles the request of one deadline; false if there is none any more.
    async fn after_deadline(&self, lease: &Lease, now: Timestamp) -> Result<bool, StoreFault> {
        let id = lease.payload::<String>()?;
        let Ok(hash) = base64url::decode_exact::<32>(&id) else { return Ok(false) };
        let Some(record) = self.record(SecretHash::from_bytes(hash)).await? else { return Ok(false) };
        let next = record.flow.clone().after_deadline(now);
        self.settle(&record, next).await?;
        Ok(true)
    }

    /// Stores the next state with what the domain does about it; false if another step came first.
    async fn settle(&self, record: &RequestRecord, next: Flow) -> Result<bool, StoreFault> {
        // A wrong code or an address that was opened already moves nothing: it must neither make the record last longer nor
        // keep others waiting.
        if next == record.flow {
            return Ok(true);
        }
        let settlement = match (&record.flow, &next) {
            (Flow::Returning(_) | Flow::Showing(_) | Flow::Typing(_), Flow::Complete { .. }) => {
                Some(Settlement::Complete)
            }
            (Flow::Showing(_) | Flow::Typing(_), Flow::Filed) => Some(Settlement::Filed),
            (Flow::Returning(_), Flow::Rejected) => Some(Settlement::Rejected),
            _ => None,
        };
        let until = self.inner.environment.now().plus(SIGNED_IN_FOR);
        let change = MoveRequest::of(record, moved(record, next, until));
        let outcome = match settlement {
            None => self.inner.tenant.commit(&change).await,
            Some(settlement) => {
                let prepared = match self.inner.receiving.settle(&record.subject, settlement).await {
                    Ok(prepared) => prepared,
                    Err(Refused::Store(fault)) => return Err(fault),
                    Err(Refused::Rejected(rejection)) => return Err(StoreFault::unavailable(rejection)),
                };
                self.inner.tenant.commit(&change.with(prepared.as_ref())).await
            }
        };
        match outcome.map_err(split) {
            Ok(()) => Ok(true),
            Err(Ok(_)) => Ok(false),
            Err(Err(fault)) => Err(fault),
        }
    }

    pub(crate) async fn asked_by(&self, session: SecretHash) -> Result<Vec<RequestRecord>, StoreFault> {
        let range = Range::prefix(&session.as_bytes()[..]);
        Ok(self.inner.tenant.page::<BySession>(range, MOST_OF_A_SESSION).await?.items)
    }
}
