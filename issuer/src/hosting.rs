//! Members' DID logs. The member's wallet writes them; the office verifies, stores and serves them, and cannot sign.

use did::web::Location;
use did::webvh::{Identifier, Log};
use environment::Timestamp;
use store::{Change, Fault, Tx};

use crate::office::{HostingError, Office};
use crate::records::{Application, HostedDid, Passport};

/// Longest log of a member, in bytes.
pub const LONGEST_LOG: usize = 64 * 1_024;
/// Most entries of a member's log.
const MOST_ENTRIES: u64 = 64;

/// The path at which a log is left.
#[must_use]
pub fn upload_path(label: &str) -> String {
    format!("/did-log/{label}")
}

impl Office {
    /// The place of a label at this office.
    pub(crate) fn location_of(&self, label: &str) -> Result<Location, did::web::LocationError> {
        let origin = &self.identity.origin;
        Location::new(origin.host_str().unwrap_or_default(), origin.port(), &[label])
    }

    /// The log under a label, if a member has left one.
    ///
    /// # Errors
    /// The store.
    pub async fn log(&self, label: &str) -> Result<Option<String>, store::StoreFault> {
        Ok(self.tenant.get::<HostedDid>(label).await?.and_then(|hosted| hosted.log))
    }

    /// Takes a member's whole log from the holder of the key with thumbprint `holder`. The same log may come again.
    ///
    /// # Errors
    /// See [`HostingError`]; an unknown label and another key are refused alike, and before the log is looked at.
    pub async fn put_log(&self, label: &str, holder: &str, log: &[u8]) -> Result<(), HostingError> {
        let found = self.tenant.get::<HostedDid>(label).await?;
        let hosted = found.filter(|hosted| hosted.holder == holder).ok_or(HostingError::NoSuch)?;
        let text = self.checked(label, log)?;
        let change = LeaveLog { label: &hosted.label, holder, did: text.did, log: text.log };
        self.tenant.commit(&change).await.map_err(|fault| match fault {
            Fault::Refused(refused) => refused,
            Fault::Store(fault) => fault.into(),
        })
    }

    fn checked(&self, label: &str, bytes: &[u8]) -> Result<Checked, HostingError> {
        if bytes.len() > LONGEST_LOG {
            return Err(HostingError::TooLarge);
        }
        let now = self.environment().now();
        let log = Log::verify(bytes, now)?;
        if log.number() > MOST_ENTRIES {
            return Err(HostingError::TooLarge);
        }
        if log.is_deactivated() {
            return Err(HostingError::Deactivated);
        }
        if log.needs_witnesses() {
            return Err(HostingError::Witnesses);
        }
        let first = first_entry(bytes, now)?;
        let place = self.location_of(label)?;
        if !is_at(&first, &place) || !is_at(&log, &place) {
            return Err(HostingError::OtherPlace);
        }
        if !first.is_portable() {
            return Err(HostingError::NotPortable);
        }
        let did = log.did().map(|did| did.as_str().to_owned()).ok_or(HostingError::OtherPlace)?;
        // A log that verified is text; it is stored with its last line ended.
        let text = std::str::from_utf8(bytes).map_err(|_| HostingError::OtherPlace)?;
        Ok(Checked { did, log: format!("{}\n", text.strip_suffix('\n').unwrap_or(text)) })
    }
}

struct Checked {
    did: String,
    log: String,
}

/// Entry 1 alone: what it says of moving holds for ever, whatever later entries say.
fn first_entry(bytes: &[u8], now: Timestamp) -> Result<Log, HostingError> {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(Log::verify(line, now)?)
}

fn is_at(log: &Log, place: &Location) -> bool {
    log.did()
        .and_then(|did| Identifier::of(did).ok())
        .is_some_and(|identifier| identifier.location() == place)
}

struct LeaveLog<'a> {
    label: &'a str,
    holder: &'a str,
    did: String,
    log: String,
}

impl Change for LeaveLog<'_> {
    const NAME: &'static str = "office-leave-log";
    type Output = ();
    type Refusal = HostingError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<HostingError>> {
        let found = tx.get::<HostedDid>(self.label).await?.filter(|hosted| hosted.holder == self.holder);
        let mut hosted = found.ok_or(Fault::Refused(HostingError::NoSuch))?;
        match &hosted.log {
            // An upload that was sent again, perhaps after a later one: nothing changes.
            Some(there) if there.starts_with(&self.log) => return Ok(()),
            Some(there) if !self.log.starts_with(there.as_str()) => {
                return Err(Fault::Refused(HostingError::OtherLog));
            }
            Some(_) => {}
            None => self.bind(tx, &hosted.application).await?,
        }
        hosted.did = Some(self.did.clone());
        hosted.log = Some(self.log.clone());
        Ok(tx.put(&hosted).await?)
    }
}

impl LeaveLog<'_> {
    /// The first log binds the number to the DID and moves the application on.
    async fn bind(&self, tx: &mut Tx, application: &str) -> Result<(), Fault<HostingError>> {
        let found = tx.get::<Application>(application).await?.filter(|found| !found.stage.is_over());
        let mut application = found.ok_or(Fault::Refused(HostingError::NoSuch))?;
        application.stage = application.stage.with_log();
        if let Some(number) = &application.number
            && let Some(mut passport) = tx.get::<Passport>(number).await?
        {
            passport.did = Some(self.did.clone());
            tx.put(&passport).await?;
        }
        Ok(tx.put(&application).await?)
    }
}
