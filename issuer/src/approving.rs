//! First passports that a person of the office looks at before they are issued (`"approval": "by_hand"`).
//!
//! The wallet is promised what it asked for and comes back (OpenID4VCI §9). Who is approved gets it then; who is declined
//! is denied, and everything that was held goes at once. Nobody decides later than the values may be held.

use environment::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, MAX_PAGE, Range, Reader, Record, StoreFault, Tx};

use crate::office::{Office, OfficeError};
use crate::person::Person;
use crate::records::{Application, ApplicationKind, ByFirstTime, CheckDone, Stage};

/// Seconds after which a wallet asks again.
pub const INTERVAL: u64 = 300;

/// That somebody of the office said yes; without it the answer is still open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Approved {
    application: String,
    until: i64,
}

impl Record for Approved {
    const CLASS: &'static str = "office-approved";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("application", FieldClass::Operational), ("until", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.application)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// Whether nobody needs to look at an application any more.
pub(crate) async fn is_approved(reader: &mut Reader, application: &Application) -> Result<bool, StoreFault> {
    Ok(!application.kind.is_first_time() || reader.get::<Approved>(&application.id).await?.is_some())
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
    /// What waits for a person of the office, the oldest first.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn waiting_for_approval(&self) -> Result<Vec<WaitingForApproval>, OfficeError> {
        let now = self.environment().now().seconds();
        let page = self.tenant.page::<ByFirstTime>(Range::all(), MAX_PAGE).await?;
        let mut waiting = Vec::new();
        for application in page.items.into_iter().filter(|application| application.until > now) {
            let Some(sealed) = &application.values else { continue };
            if self.tenant.get::<Approved>(&application.id).await?.is_some() {
                continue;
            }
            let person = self.open(&application.id, sealed)?.person;
            let Application { id, kind, checks, until, .. } = application;
            waiting.push(WaitingForApproval { id, kind, person, checks, until });
        }
        Ok(waiting)
    }

    /// Lets what `application` asks for be issued. May come again.
    ///
    /// # Errors
    /// [`OfficeError::NoSuch`] where nothing waits under this name, or our side failed.
    pub async fn approve(&self, application: &str) -> Result<(), OfficeError> {
        self.decide(application, true).await
    }

    /// Refuses what `application` asks for; what was held for it is erased.
    ///
    /// # Errors
    /// [`OfficeError::NoSuch`] where nothing waits under this name, [`OfficeError::DecidedBefore`] where it was approved, or
    /// our side failed.
    pub async fn decline(&self, application: &str) -> Result<(), OfficeError> {
        self.decide(application, false).await?;
        self.erase_declined(application).await
    }

    async fn decide(&self, application: &str, approved: bool) -> Result<(), OfficeError> {
        match self.tenant.commit(&Decide { application, approved }).await {
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
    approved: bool,
}

impl Change for Decide<'_> {
    const NAME: &'static str = "office-decide";
    type Output = ();
    type Refusal = Undecidable;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Undecidable>> {
        let now = tx.now().seconds();
        let found = tx.get::<Application>(self.application).await?;
        let waits = |one: &Application| {
            one.kind.is_first_time() && one.stage == Stage::AwaitingIssue && one.until > now
        };
        let Some(mut application) = found.filter(waits) else {
            return Err(Fault::Refused(Undecidable::NotWaiting));
        };
        let approval = Approved { application: application.id.clone(), until: application.until };
        if self.approved {
            return Ok(tx.put(&approval).await?);
        }
        if tx.get::<Approved>(self.application).await?.is_some() {
            return Err(Fault::Refused(Undecidable::Approved));
        }
        // Between here and the erasing nothing is issued for it any more, whoever asks.
        application.until = now;
        Ok(tx.put(&application).await?)
    }
}
