//! Members' DID logs. The member's wallet writes them; the office verifies, stores and serves them, and cannot sign.
//!
//! A log begins here with a DID at the place that was reserved for who answered, or comes here from another office
//! ([`crate::moving`]). After that everything that validly continues it is taken from anybody, for only the recovery code
//! can have written it: also an entry that moves the DID away or gives it up, and what follows a move: who asks here for
//! the DID learns of it. A redirect to the new place, which did:webvh 1.0 ("Using DID Portability") would like, is not
//! followed by resolvers that are careful. With a DID that has left its passport here ends, and its number: also one that moved
//! from one label here to another, told or not.

use did::Did;
use did::web::Location;
use did::webvh::{Identifier, Log};
use environment::Timestamp;
use ledger::{Entry, EntryKind, Leaf, LeafId};
use network::member_log::fits;
use store::{Change, Fault, Job, Range, StoreFault, Tx};

/// Longest log that is looked at, in bytes.
pub use network::member_log::LONGEST as LONGEST_LOG;

use crate::continuation::has_new_entries;
use crate::minting::PASSPORT;
use crate::office::{HostingError, Office};
use crate::records::{Application, ByLabel, ByScid, HostedDid, Passport, PassportStanding};
use crate::standing::{REVOKE, Whose};

/// Passports that came to one label, one after the other, that are looked at.
pub(crate) const MOST_PASSPORTS: usize = 50;
/// Places at which logs of one DID lie, that are looked at: more than a log has entries.
const MOST_PLACES: usize = 100;

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
    pub async fn log(&self, label: &str) -> Result<Option<String>, StoreFault> {
        Ok(self.hosted(label).await?.and_then(|hosted| hosted.log))
    }

    /// Whether the key with thumbprint `holder` may leave the log under a label.
    ///
    /// # Errors
    /// The store.
    pub async fn may_leave_log(&self, label: &str, holder: &str) -> Result<bool, StoreFault> {
        Ok(self.hosted(label).await?.is_some_and(|hosted| hosted.holder == holder))
    }

    /// What is kept under a label. Nothing is under what the office could not have given out, however long it is.
    pub(crate) async fn hosted(&self, label: &str) -> Result<Option<HostedDid>, StoreFault> {
        if is_label(label) { self.tenant.get::<HostedDid>(label).await } else { Ok(None) }
    }

    /// Whether a log lies under a label, so that it can be continued.
    ///
    /// # Errors
    /// The store.
    pub async fn has_log(&self, label: &str) -> Result<bool, StoreFault> {
        Ok(self.hosted(label).await?.is_some_and(|hosted| hosted.log.is_some()))
    }

    /// Takes a member's whole log from the holder of the key with thumbprint `holder`. The same log may come again.
    ///
    /// # Errors
    /// See [`HostingError`]; an unknown label and another key are refused alike, and before the log is looked at.
    pub async fn put_log(&self, label: &str, holder: &str, log: &[u8]) -> Result<(), HostingError> {
        let found = self.hosted(label).await?;
        let hosted = found.filter(|hosted| hosted.holder == holder).ok_or(HostingError::NoSuch)?;
        let comes = if hosted.log.is_some() { Comes::After } else { Comes::First };
        self.take_log(&hosted, comes, log).await
    }

    /// Takes a whole log that continues the one that lies under `label`, from anybody: that it verifies says who wrote it.
    ///
    /// # Errors
    /// See [`HostingError`].
    pub async fn continue_log(&self, label: &str, log: &[u8]) -> Result<(), HostingError> {
        let found = self.hosted(label).await?;
        let hosted = found.filter(|hosted| hosted.log.is_some()).ok_or(HostingError::NoSuch)?;
        self.take_log(&hosted, Comes::After, log).await
    }

    pub(crate) async fn take_log(
        &self,
        hosted: &HostedDid,
        comes: Comes,
        log: &[u8],
    ) -> Result<(), HostingError> {
        if let Some(there) = &hosted.log
            && !has_new_entries(within(log)?, there)?
        {
            return Ok(());
        }
        let place = self.location_of(&hosted.label)?;
        let text = checked(log, &place, comes, self.environment().now())?;
        let randomness = self.environment().randomness();
        let entry = Entry::new(EntryKind::Revoked, self.environment().now()).with_purpose(PASSPORT);
        let change = LeaveLog {
            label: &hosted.label,
            holder: &hosted.holder,
            home: self.home_of(&text)?,
            scid: text.scid,
            did: text.did.as_str().to_owned(),
            log: text.log,
            job: self.fresh_id(),
            leaf: Leaf::new(LeafId::generate(randomness), &entry),
        };
        self.tenant.commit(&change).await.map_err(|fault| match fault {
            Fault::Refused(refused) => refused,
            Fault::Store(fault) => fault.into(),
        })
    }

    /// The label under which the DID lives here, if it does.
    fn home_of(&self, text: &Checked) -> Result<Option<String>, HostingError> {
        let Ok(identifier) = Identifier::of(&text.did) else { return Ok(None) };
        let [label] = identifier.location().segments() else { return Ok(None) };
        let lives_here = is_label(label) && !text.is_over && is_at(&text.did, &self.location_of(label)?);
        Ok(lives_here.then(|| label.clone()))
    }
}

/// How a log comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comes {
    /// It begins here.
    First,
    /// It began at another office.
    FromElsewhere,
    /// Another lies here, which it must continue.
    After,
}

/// Whether an office gives out labels like this: 32 small hexadecimal digits.
fn is_label(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

struct Checked {
    did: Did,
    scid: String,
    log: String,
    /// Whether the DID was given up.
    is_over: bool,
}

/// What of a log can be said without the store. That it continues the one that is there is seen where it is stored.
fn checked(bytes: &[u8], place: &Location, comes: Comes, now: Timestamp) -> Result<Checked, HostingError> {
    let log = Log::verify(within(bytes)?, now)?;
    let did = log.did().ok_or(HostingError::OtherPlace)?.clone();
    let leaves = log.is_deactivated() || !is_at(&did, place);
    if !fits(bytes.len(), log.number(), leaves) {
        return Err(HostingError::TooLarge);
    }
    if log.needs_witnesses() {
        return Err(HostingError::Witnesses);
    }
    if comes != Comes::After {
        let first = first_entry(bytes, now)?;
        check_living_here(&log, place)?;
        if comes == Comes::First {
            check_living_here(&first, place)?;
        }
        if !first.is_portable() {
            return Err(HostingError::NotPortable);
        }
    }
    // A log that verified is text; it is stored with its last line ended.
    let text = std::str::from_utf8(bytes).map_err(|_| HostingError::OtherPlace)?;
    let text = format!("{}\n", text.strip_suffix('\n').unwrap_or(text));
    let scid = Identifier::of(&did).map_err(|_| HostingError::OtherPlace)?.scid().to_owned();
    Ok(Checked { did, scid, log: text, is_over: log.is_deactivated() })
}

/// What is no longer than a log may be.
const fn within(bytes: &[u8]) -> Result<&[u8], HostingError> {
    if bytes.len() > LONGEST_LOG { Err(HostingError::TooLarge) } else { Ok(bytes) }
}

/// Of a DID that lives, at this place.
fn check_living_here(log: &Log, place: &Location) -> Result<(), HostingError> {
    if log.is_deactivated() {
        return Err(HostingError::Deactivated);
    }
    if log.did().is_some_and(|did| is_at(did, place)) { Ok(()) } else { Err(HostingError::OtherPlace) }
}

/// Entry 1 alone: what it says of moving holds for ever, whatever later entries say.
fn first_entry(bytes: &[u8], now: Timestamp) -> Result<Log, HostingError> {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(Log::verify(line, now)?)
}

/// Whether a DID spells `place` letter for letter as it was reserved. The same place spelled otherwise is another DID:
/// DIDs are compared as text (DID Core 1.0 §3.1).
pub(crate) fn is_at(did: &Did, place: &Location) -> bool {
    Identifier::of(did).is_ok_and(|identifier| {
        did.as_str() == format!("did:webvh:{}:{}", identifier.scid(), place.identifier())
    })
}

struct LeaveLog<'a> {
    label: &'a str,
    holder: &'a str,
    did: String,
    scid: String,
    log: String,
    /// The label under which the DID lives here, if it does.
    home: Option<String>,
    job: String,
    leaf: Leaf,
}

impl Change for LeaveLog<'_> {
    const NAME: &'static str = "office-leave-log";
    type Output = ();
    type Refusal = HostingError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<HostingError>> {
        let found = tx.get::<HostedDid>(self.label).await?.filter(|hosted| hosted.holder == self.holder);
        let mut hosted = found.ok_or(Fault::Refused(HostingError::NoSuch))?;
        let begins = hosted.log.is_none();
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
        let mut left = self.tell_other_places(tx, begins).await?;
        if self.home.as_deref() != Some(self.label) {
            left.push(self.label.to_owned());
        }
        self.end_passports(tx, &left).await?;
        hosted.did = Some(self.did.clone());
        hosted.log = Some(self.log.clone());
        Ok(tx.put(&hosted).await?)
    }
}

impl LeaveLog<'_> {
    /// One DID has one history here, and one passport: the log goes to every other place where it lies, whether the member told
    /// that one or not. Gives those where the DID is at home no more.
    async fn tell_other_places(&self, tx: &mut Tx, begins: bool) -> Result<Vec<String>, Fault<HostingError>> {
        let found = tx.page::<ByScid>(Range::prefix(&self.scid), MOST_PLACES).await?.items;
        let mut left = Vec::new();
        for mut other in found.into_iter().filter(|other| other.label != self.label) {
            let is_continued = other.log.as_ref().is_some_and(|there| self.log.starts_with(there.as_str()));
            if !is_continued && begins {
                return Err(Fault::Refused(HostingError::OtherLog));
            }
            if !is_continued {
                continue;
            }
            other.did = Some(self.did.clone());
            other.log = Some(self.log.clone());
            tx.put(&other).await?;
            if self.home.as_ref() != Some(&other.label) {
                left.push(other.label);
            }
        }
        Ok(left)
    }

    /// A number leads to a DID that is at home here, or nowhere: the passport counts no more and its copies are revoked.
    async fn end_passports(&self, tx: &mut Tx, labels: &[String]) -> Result<(), StoreFault> {
        let mut counting = Vec::new();
        for label in labels {
            let found = tx.page::<ByLabel>(Range::prefix(label), MOST_PASSPORTS).await?.items;
            counting.extend(found.into_iter().filter(|one| one.standing != PassportStanding::Replaced));
        }
        if !counting.is_empty() {
            tx.log(self.leaf.clone()).await?;
        }
        for mut passport in counting {
            passport.standing = PassportStanding::Replaced;
            let whose = Whose::Passport(passport.number.clone());
            let job = Job::new(REVOKE, format!("{REVOKE}-{}-{}", self.job, passport.number), &whose)?;
            let _ = tx.enqueue(job).await?;
            tx.put(&passport).await?;
        }
        Ok(())
    }

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
}
