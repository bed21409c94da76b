//! First passports that a person of the office looks at before they are issued (`"approval": "by_hand"`).
//!
//! The wallet is promised what it asked for and comes back (OpenID4VCI §9). Who is approved gets it then; who is declined
//! is denied, with the reason if one was given, and everything that was held goes at once. Nobody decides later than the
//! values may be held.

use environment::Timestamp;
use keyring::{KeyringError, Sealed};
use openid4vc::vci::reason::Reason;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Job, Key, MAX_PAGE, Range, Reader, Record, StoreFault, Tx};

use crate::erasing::{EXPIRE, Erase};
use crate::office::{Office, OfficeError};
use crate::person::Person;
use crate::records::{Application, ApplicationKind, ByFirstTime, CheckDone, Stage};

/// Seconds after which a wallet asks again.
pub const INTERVAL: u64 = 300;

/// What somebody of the office said; without it the answer is still open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Decision {
    application: String,
    approved: bool,
    /// Why not, in words for the person; it goes with the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    until: i64,
}

impl Record for Decision {
    const CLASS: &'static str = "office-decision";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("application", FieldClass::Operational),
        ("approved", FieldClass::Operational),
        ("reason", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.application)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// Whether nobody needs to look at an application any more.
pub(crate) async fn is_approved(reader: &mut Reader, application: &Application) -> Result<bool, StoreFault> {
    let is_yes = |decision: Decision| decision.approved;
    Ok(!application.kind.is_first_time()
        || reader.get::<Decision>(&application.id).await?.is_some_and(is_yes))
}

/// What the person of an application that was declined is told, if anything.
pub(crate) async fn told(reader: &mut Reader, application: &str) -> Result<Option<Reason>, StoreFault> {
    let decision = reader.get::<Decision>(application).await?;
    Ok(decision.filter(|decision| !decision.approved).and_then(|decision| decision.reason))
}

/// A first passport that waits.
#[derive(Debug)]
pub struct WaitingForApproval {
    /// The application.
    pub id: String,
    /// What for.
    pub kind: ApplicationKind,
    /// Whom it is for.
    pub person: Person,
    /// What was checked.
    pub checks: Vec<CheckDone>,
    /// When the values are erased, and nothing can be decided any more, in seconds since the epoch.
    pub until: i64,
}

impl Office {
    /// What waits for a person of the office, the oldest first. What opens no more, as after a store was restored beside keys
    /// that were destroyed since, is gone and left out.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn waiting_for_approval(&self) -> Result<Vec<WaitingForApproval>, OfficeError> {
        let now = self.environment().now().seconds();
        let page = self.tenant.page::<ByFirstTime>(Range::all(), MAX_PAGE).await?;
        let mut waiting = Vec::new();
        for application in page.items.into_iter().filter(|application| application.until > now) {
            let Some(sealed) = &application.values else { continue };
            if self.tenant.get::<Decision>(&application.id).await?.is_some() {
                continue;
            }
            let Some(person) = self.person_of(&application.id, sealed)? else { continue };
            let Application { id, kind, checks, until, .. } = application;
            waiting.push(WaitingForApproval { id, kind, person, checks, until });
        }
        Ok(waiting)
    }

    fn person_of(&self, application: &str, sealed: &Sealed) -> Result<Option<Person>, OfficeError> {
        match self.open(application, sealed) {
            Ok(values) => Ok(Some(values.person)),
            Err(OfficeError::Keyring(KeyringError::NoKey)) => Ok(None),
            Err(
                unreadable @ (OfficeError::Unreadable
                | OfficeError::Keyring(KeyringError::DoesNotOpen | KeyringError::Damaged { .. })),
            ) => {
                tracing::warn!(application, %unreadable, "a request is not listed");
                Ok(None)
            }
            Err(failed) => Err(failed),
        }
    }

    /// Lets what `application` asks for be issued. May come again.
    ///
    /// # Errors
    /// [`OfficeError::NoSuch`] where nothing waits under this name, or our side failed.
    pub async fn approve(&self, application: &str) -> Result<(), OfficeError> {
        self.decide(application, None, None).await
    }

    /// Refuses what `application` asks for; what was held for it is erased. `reason` is told to the person's wallet. May come
    /// again; what was told the first time is not told otherwise.
    ///
    /// # Errors
    /// [`OfficeError::NoSuch`] where nothing waits under this name, [`OfficeError::DecidedBefore`] where it was approved, or
    /// our side failed.
    pub async fn decline(&self, application: &str, reason: Option<&Reason>) -> Result<(), OfficeError> {
        let erase = self.erasing(application, Stage::Ended, "declined");
        self.decide(application, Some(erase), reason).await?;
        self.destroy_key(application)
    }

    async fn decide(
        &self,
        application: &str,
        declined: Option<Erase<'_>>,
        reason: Option<&Reason>,
    ) -> Result<(), OfficeError> {
        match self.tenant.commit(&Decide { application, declined, reason }).await {
            Ok(()) => Ok(()),
            Err(Fault::Refused(Undecidable::NotWaiting)) => Err(OfficeError::NoSuch("request")),
            Err(Fault::Refused(Undecidable::Approved)) => Err(OfficeError::DecidedBefore),
            Err(Fault::Store(fault)) => Err(fault.into()),
        }
    }
}

/// Why nothing is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Undecidable {
    NotWaiting,
    Approved,
}

struct Decide<'a> {
    application: &'a str,
    /// What is erased, where the answer is no.
    declined: Option<Erase<'a>>,
    reason: Option<&'a Reason>,
}

impl Change for Decide<'_> {
    const NAME: &'static str = "office-decide";
    type Output = ();
    type Refusal = Undecidable;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Undecidable>> {
        let earlier = tx.get::<Decision>(self.application).await?;
        if let (Some(Decision { approved: false, .. }), Some(_)) = (&earlier, &self.declined) {
            return Ok(());
        }
        let now = tx.now().seconds();
        let found = tx.get::<Application>(self.application).await?;
        let waits = |one: &Application| {
            one.kind.is_first_time() && one.stage == Stage::AwaitingIssue && one.until > now
        };
        let Some(application) = found.filter(waits) else {
            return Err(Fault::Refused(Undecidable::NotWaiting));
        };
        let Application { id, until, .. } = application;
        let (approved, reason) = (self.declined.is_none(), self.reason.cloned());
        let decision = Decision { application: id, approved, reason, until };
        let Some(erase) = &self.declined else { return Ok(tx.put(&decision).await?) };
        if earlier.is_some() {
            return Err(Fault::Refused(Undecidable::Approved));
        }
        tx.put(&decision).await?;
        // Should the process end before the key is destroyed, the worker destroys it.
        let name = format!("{EXPIRE}-declined-{}", self.application);
        let _ = tx.enqueue(Job::new(EXPIRE, name, &self.application)?).await?;
        erase.apply(tx).await.map_err(|fault| match fault {
            Fault::Refused(never) => match never {},
            Fault::Store(fault) => Fault::Store(fault),
        })
    }
}
