//! The changes that move a request.

use openid4vc::vp::verifier::Flow;
use store::{Change, Fault, Insertion, Job, Lanes, StoreFault, Tx};

use crate::receiving::Prepared;
use crate::records::{RequestObject, RequestRecord, UsedProof};

/// The kind of the job that looks at a request after a deadline; the payload is the base64url of its id hash.
pub(crate) const DEADLINE: &str = "presentation-deadline";

/// Another request has moved the flow meanwhile, or what the domain prepared holds no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved;

pub(crate) struct PutRequest<'a>(pub(crate) &'a RequestRecord, pub(crate) &'a RequestObject);

impl Change for PutRequest<'_> {
    const NAME: &'static str = "ask-for-presentation";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        tx.put(self.1).await?;
        Ok(tx.put(self.0).await?)
    }
}

/// Puts `next` in the place of the state that was read, with what the domain prepared.
pub(crate) struct MoveRequest<'a> {
    read: &'a RequestRecord,
    next: RequestRecord,
    prepared: Option<&'a dyn Prepared>,
    deadline: Option<environment::Timestamp>,
}

impl<'a> MoveRequest<'a> {
    pub(crate) const fn of(read: &'a RequestRecord, next: RequestRecord) -> Self {
        Self { read, next, prepared: None, deadline: None }
    }

    pub(crate) const fn with(mut self, prepared: &'a dyn Prepared) -> Self {
        self.prepared = Some(prepared);
        self
    }

    pub(crate) const fn with_deadline(mut self, deadline: environment::Timestamp) -> Self {
        self.deadline = Some(deadline);
        self
    }
}

impl Change for MoveRequest<'_> {
    const NAME: &'static str = "move-presentation-request";
    type Output = ();
    type Refusal = Moved;

    fn lanes(&self) -> Lanes {
        self.prepared.map_or_else(Lanes::none, Prepared::lanes)
    }

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Moved>> {
        let current = tx.get::<RequestRecord>(&self.read.id.as_bytes()[..]).await?;
        if current.is_none_or(|current| current.revision != self.read.revision) {
            return Err(Fault::Refused(Moved));
        }
        if let Some(prepared) = self.prepared
            && !prepared.still_holds(tx).await?
        {
            return Err(Fault::Refused(Moved));
        }
        tx.put(&self.next).await?;
        if let Some(prepared) = self.prepared {
            prepared.apply(tx).await?;
        }
        if let Some(deadline) = self.deadline {
            let id = jose::base64url::encode(self.next.id.as_bytes());
            let job = Job::new(DEADLINE, format!("{DEADLINE}-{id}-{}", self.next.revision), &id)?;
            let _ = tx.enqueue(job.not_before(deadline)).await?;
        }
        Ok(())
    }
}

/// A proof of possession may be used once.
pub(crate) struct UseProof(pub(crate) UsedProof);

impl Change for UseProof {
    const NAME: &'static str = "use-follow-up-proof";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        Ok(tx.insert_new(&self.0).await? == Insertion::Inserted)
    }
}

pub(crate) fn split(fault: Fault<Moved>) -> Result<Moved, StoreFault> {
    match fault {
        Fault::Refused(moved) => Ok(moved),
        Fault::Store(fault) => Err(fault),
    }
}

/// Until when a flow waits for the person, so that somebody looks at it afterwards.
pub(crate) const fn waits_for_person(flow: &Flow) -> bool {
    matches!(flow, Flow::Returning(_) | Flow::Showing(_) | Flow::Typing(_))
}
