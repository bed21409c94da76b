//! How the request about something of the domain's stands: for the team, and for whatever asks on its behalf.

use environment::Timestamp;
use openid4vc::secret::SecretText;
use openid4vc::vp::verifier::Flow;
use store::StoreFault;

use crate::records::{BySubject, RequestRecord};
use crate::service::Presentation;

/// The code of an answer that did not come back to the session that asked (specs/flows.md §5).
const SESSION_MISMATCH: &str = "session_mismatch";

/// How a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// It may still be answered, or an answer waits for its person to come back.
    Waiting,
    /// An answer was taken.
    Accepted,
    /// The last answer was refused, or the wallet said no, for this reason; another may be taken as long as the request is
    /// open.
    Refused(String),
    /// It has ended, and nobody has answered.
    Expired,
}

impl RequestState {
    fn of(flow: Flow, refused: Option<String>, now: Timestamp) -> Self {
        match flow.after_deadline(now) {
            Flow::Requested(requested) => match refused {
                Some(code) => Self::Refused(code),
                None if requested.may_be_fetched(now) => Self::Waiting,
                None => Self::Expired,
            },
            Flow::Returning(_) => Self::Waiting,
            Flow::Rejected => Self::Refused(SESSION_MISMATCH.to_owned()),
            // Whether somebody types the digits decides about a session, not about the answer.
            _ => Self::Accepted,
        }
    }

    /// The word for it: `waiting`, `accepted`, `expired`, or the reason of the refusal.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Refused(code) => code,
            Self::Expired => "expired",
        }
    }
}

impl Presentation {
    /// How the request about `subject` stands, for the team; none when there is none, or none any more.
    ///
    /// # Errors
    /// The store.
    pub async fn state(&self, subject: &str) -> Result<Option<RequestState>, StoreFault> {
        Ok(self
            .about(subject)
            .await?
            .map(|record| RequestState::of(record.flow, record.refused, self.inner.environment.now())))
    }

    /// The same for whoever waits at the screen, who is told of no refusal that somebody else may have caused: of answers
    /// without the request's `state`, which only a wallet that fetched the request has.
    ///
    /// # Errors
    /// The store.
    pub async fn state_at_screen(&self, subject: &str) -> Result<Option<RequestState>, StoreFault> {
        Ok(self.about(subject).await?.map(|record| {
            RequestState::of(record.flow, record.refused_with_state, self.inner.environment.now())
        }))
    }

    /// The requests of the browser with `session` whose subject is `about` what its screen waits for, and how each stands for whoever
    /// waits there, as [`Self::state_at_screen`] tells it.
    ///
    /// # Errors
    /// The store.
    pub async fn requests_at_screen(
        &self,
        session: &SecretText,
        about: fn(&str) -> bool,
    ) -> Result<Vec<(String, RequestState)>, StoreFault> {
        let now = self.inner.environment.now();
        let asked = self.asked_by(session.hash()).await?;
        let state = |record: RequestRecord| {
            (record.subject, RequestState::of(record.flow, record.refused_with_state, now))
        };
        Ok(asked.into_iter().filter(|record| about(&record.subject)).map(state).collect())
    }

    /// Why the last answer to the request about `subject` was refused, if one was; also when another was taken before.
    ///
    /// # Errors
    /// The store.
    pub async fn refusal(&self, subject: &str) -> Result<Option<String>, StoreFault> {
        Ok(self.about(subject).await?.and_then(|record| record.refused))
    }

    async fn about(&self, subject: &str) -> Result<Option<RequestRecord>, StoreFault> {
        self.inner.tenant.find::<BySubject>(subject).await
    }
}
