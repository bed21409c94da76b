//! Members' DID logs. The member's wallet writes them; the office verifies, stores and serves them, and cannot sign.
//!
//! A log begins here with a DID at the place that was reserved. After that every entry that continues it is taken, also
//! one that moves the DID away or gives it up, and what follows a move: who asks here for the DID learns of it. A
//! redirect to the new place, which did:webvh 1.0 ("Using DID Portability") would like, is not followed by resolvers
//! that are careful.

use did::Did;
use did::web::Location;
use did::webvh::{Identifier, Log};
use environment::Timestamp;
use store::{Change, Fault, Tx};

use crate::office::{HostingError, Office};
use crate::records::{Application, HostedDid, Passport};

/// Longest log that is looked at, in bytes.
pub const LONGEST_LOG: usize = 80 * 1_024;
/// Bytes and entries that a log may have.
const LIMITS: (usize, u64) = (64 * 1_024, 64);
/// The same for a DID that moves away or is given up: a full log keeps nobody here.
const LIMITS_TO_LEAVE: (usize, u64) = (LONGEST_LOG, 66);

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
        Ok(self.hosted(label).await?.and_then(|hosted| hosted.log))
    }

    /// Whether the key with thumbprint `holder` may leave the log under a label.
    ///
    /// # Errors
    /// The store.
    pub async fn may_leave_log(&self, label: &str, holder: &str) -> Result<bool, store::StoreFault> {
        Ok(self.hosted(label).await?.is_some_and(|hosted| hosted.holder == holder))
    }

    /// What is kept under a label. Nothing is under what the office could not have given out, however long it is.
    pub(crate) async fn hosted(&self, label: &str) -> Result<Option<HostedDid>, store::StoreFault> {
        if is_label(label) { self.tenant.get::<HostedDid>(label).await } else { Ok(None) }
    }

    /// Takes a member's whole log from the holder of the key with thumbprint `holder`. The same log may come again.
    ///
    /// # Errors
    /// See [`HostingError`]; an unknown label and another key are refused alike, and before the log is looked at.
    pub async fn put_log(&self, label: &str, holder: &str, log: &[u8]) -> Result<(), HostingError> {
        let found = self.hosted(label).await?;
        let hosted = found.filter(|hosted| hosted.holder == holder).ok_or(HostingError::NoSuch)?;
        let place = self.location_of(&hosted.label)?;
        let text = checked(log, &place, hosted.log.is_some(), self.environment().now())?;
        let change = LeaveLog { label: &hosted.label, holder, did: text.did, log: text.log };
        self.tenant.commit(&change).await.map_err(|fault| match fault {
            Fault::Refused(refused) => refused,
            Fault::Store(fault) => fault.into(),
        })
    }
}

/// Whether an office gives out labels like this: 32 small hexadecimal digits.
fn is_label(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

struct Checked {
    did: String,
    log: String,
}

/// What of a log can be said without the store. That it continues the one that is there is seen where it is stored.
fn checked(bytes: &[u8], place: &Location, continues: bool, now: Timestamp) -> Result<Checked, HostingError> {
    if bytes.len() > LONGEST_LOG {
        return Err(HostingError::TooLarge);
    }
    let log = Log::verify(bytes, now)?;
    let did = log.did().ok_or(HostingError::OtherPlace)?;
    check_size(bytes.len(), log.number(), log.is_deactivated() || !is_at(did, place))?;
    if log.needs_witnesses() {
        return Err(HostingError::Witnesses);
    }
    if !continues {
        check_beginning(&first_entry(bytes, now)?, &log, place)?;
    }
    // A log that verified is text; it is stored with its last line ended.
    let text = std::str::from_utf8(bytes).map_err(|_| HostingError::OtherPlace)?;
    let log = format!("{}\n", text.strip_suffix('\n').unwrap_or(text));
    Ok(Checked { did: did.as_str().to_owned(), log })
}

fn check_size(bytes: usize, entries: u64, is_leaving: bool) -> Result<(), HostingError> {
    let (most_bytes, most_entries) = if is_leaving { LIMITS_TO_LEAVE } else { LIMITS };
    if bytes <= most_bytes && entries <= most_entries { Ok(()) } else { Err(HostingError::TooLarge) }
}

/// The first log left here: of a DID that lives, at this place from its first entry on, and that may move.
fn check_beginning(first: &Log, log: &Log, place: &Location) -> Result<(), HostingError> {
    if log.is_deactivated() {
        return Err(HostingError::Deactivated);
    }
    if ![first, log].iter().all(|log| log.did().is_some_and(|did| is_at(did, place))) {
        return Err(HostingError::OtherPlace);
    }
    if first.is_portable() { Ok(()) } else { Err(HostingError::NotPortable) }
}

/// Entry 1 alone: what it says of moving holds for ever, whatever later entries say.
fn first_entry(bytes: &[u8], now: Timestamp) -> Result<Log, HostingError> {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(Log::verify(line, now)?)
}

/// Whether a DID spells `place` letter for letter as it was reserved. The same place spelled otherwise is another DID:
/// DIDs are compared as text (DID Core 1.0 §3.1).
fn is_at(did: &Did, place: &Location) -> bool {
    Identifier::of(did).is_ok_and(|identifier| {
        did.as_str() == format!("did:webvh:{}:{}", identifier.scid(), place.identifier())
    })
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
            // A passport is given again here, and its DID lies elsewhere.
            None if hosted.did.is_some() => return Err(Fault::Refused(HostingError::OtherLog)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_did_is_at_its_place_in_one_spelling_alone() {
        let place = Location::new("office.localhost", Some(8080), &["m-1"]).unwrap();
        let scid = "QmdmPkUdYzbr9txmx8gM2rsHPgr5L6m3gHjJGAf4vUFoGE";
        let did = |place: &str| Did::parse(&format!("did:webvh:{scid}:{place}")).unwrap();
        assert!(is_at(&did("office.localhost%3A8080:m-1"), &place));
        // Each of these is the same address, and another DID.
        for other in [
            "OFFICE.localhost%3A8080:m-1",
            "office.Localhost%3A8080:m-1",
            "office.localhost%3a8080:m-1",
            "office.localhost%3A08080:m-1",
            "%6Fffice.localhost%3A8080:m-1",
            "office.localhost%3A8080:m%2D1",
        ] {
            let spelled = Identifier::of(&did(other)).unwrap();
            assert_eq!(spelled.location(), &place, "{other}");
            assert!(!is_at(&did(other), &place), "{other}");
        }
        for elsewhere in ["office.localhost:m-1", "office.localhost%3A8080:M-1", "office.localhost%3A8080"] {
            assert!(!is_at(&did(elsewhere), &place), "{elsewhere}");
        }
        assert!(!is_at(&Did::parse("did:web:office.localhost%3A8080:m-1").unwrap(), &place));
    }

    #[test]
    fn a_full_log_leaves_room_for_leaving_alone() {
        for (bytes, entries, is_leaving, fits) in [
            (64 * 1_024, 64, false, true),
            (64 * 1_024 + 1, 1, false, false),
            (1, 65, false, false),
            (80 * 1_024, 66, true, true),
            (80 * 1_024 + 1, 1, true, false),
            (1, 67, true, false),
        ] {
            assert_eq!(
                check_size(bytes, entries, is_leaving).is_ok(),
                fits,
                "{bytes} {entries} {is_leaving}"
            );
        }
    }
}
