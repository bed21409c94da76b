//! A passport given again: a member whose copies are used up, have expired or were revoked applies as for a first one, and
//! shows the DID that lies here already. The number stays, nothing is moved, and no second number comes of it.
//!
//! A log is public, so that the one who leaves it proves by the DID's own key that the DID is theirs.

use did::web::Location;
use did::webvh::{Identifier, Log};
use did::{Did, Relationship, resolution};
use jose::VerifyingKey;
use network::did_control::{self, DidControl};
use store::{Change, Fault, Range, Tx};

/// The header with the proof of control.
pub use network::did_control::HEADER as CONTROL;

use crate::hosting::{LONGEST_LOG, MOST_PASSPORTS, upload_path};
use crate::office::{HostingError, Office};
use crate::records::{Application, ApplicationKind, ByLabel, HostedDid, Passport, PassportStanding, Stage};

impl Office {
    /// Takes, at the place `label` that was reserved for the holder of the key with thumbprint `holder`, the log of a DID that
    /// lies here already, with a proof of control. The application is then for the passport of that DID. It may come again.
    ///
    /// # Errors
    /// See [`HostingError`]; an unknown label and another key are refused alike, and before the log is looked at.
    pub async fn give_again(
        &self,
        label: &str,
        holder: &str,
        log: &[u8],
        control: &str,
    ) -> Result<(), HostingError> {
        let found = self.hosted(label).await?;
        let hosted = found.filter(|hosted| hosted.holder == holder).ok_or(HostingError::NoSuch)?;
        if log.len() > LONGEST_LOG {
            return Err(HostingError::TooLarge);
        }
        let now = self.environment().now();
        let did = Log::verify(log, now)?.did().cloned().ok_or(HostingError::OtherPlace)?;
        let earlier = self.lies_here(&did).await?.ok_or(HostingError::NoPassport)?;
        let there = earlier.log.as_deref().ok_or(HostingError::NoPassport)?;
        let sent = log.strip_suffix(b"\n").unwrap_or(log);
        if !there.as_bytes().starts_with(sent) {
            return Err(HostingError::OtherLog);
        }
        let key = signing_key(&Log::verify(there.as_bytes(), now)?, &did)?;
        let upload_uri = self.identity.address(&upload_path(label));
        DidControl::verify(control, &key, did.as_str(), &upload_uri, holder, now)?;
        let change = GiveAgain { label: &hosted.label, holder, earlier: &earlier, did: did.as_str() };
        self.tenant.commit(&change).await.map_err(|fault| match fault {
            Fault::Refused(refused) => refused,
            Fault::Store(fault) => fault.into(),
        })
    }

    /// What is kept of a DID at the place that the DID names, if that is here.
    pub(crate) async fn lies_here(&self, did: &Did) -> Result<Option<HostedDid>, HostingError> {
        let Ok(identifier) = Identifier::of(did) else { return Ok(None) };
        let place: &Location = identifier.location();
        let Some(label) = place.segments().first() else { return Ok(None) };
        if *place != self.location_of(label)? {
            return Ok(None);
        }
        Ok(self.hosted(label).await?.filter(|hosted| hosted.did.as_deref() == Some(did.as_str())))
    }
}

/// The key by which a DID that lives speaks now.
pub(crate) fn signing_key(log: &Log, did: &Did) -> Result<VerifyingKey, HostingError> {
    if log.is_deactivated() {
        return Err(HostingError::Deactivated);
    }
    // One that has moved is at home elsewhere.
    if log.did() != Some(did) {
        return Err(HostingError::OtherPlace);
    }
    let current = log.resolve(did, &resolution::Version::Latest).map_err(|_| HostingError::OtherPlace)?;
    let foreign = HostingError::Control(network::MessageError::ForeignKey);
    let key = did.with_fragment(did_control::KEY).ok().and_then(|url| {
        let key = current.document.key(&url, Relationship::AssertionMethod).ok()?;
        VerifyingKey::new(&key).ok()
    });
    key.ok_or(foreign)
}

struct GiveAgain<'a> {
    label: &'a str,
    holder: &'a str,
    earlier: &'a HostedDid,
    did: &'a str,
}

impl Change for GiveAgain<'_> {
    const NAME: &'static str = "office-give-again";
    type Output = ();
    type Refusal = HostingError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<HostingError>> {
        let found = tx.get::<HostedDid>(self.label).await?.filter(|hosted| hosted.holder == self.holder);
        let mut hosted = found.ok_or(Fault::Refused(HostingError::NoSuch))?;
        let found = tx.get::<Application>(&hosted.application).await?.filter(|found| !found.stage.is_over());
        let mut application = found.ok_or(Fault::Refused(HostingError::NoSuch))?;
        if let Some(before) = &hosted.did {
            // The same log that came again, or a log after another was left here.
            let again = hosted.log.is_none() && before == self.did;
            return if again { Ok(()) } else { Err(Fault::Refused(HostingError::OtherLog)) };
        }
        let Some(mut passport) = self.passport(tx).await? else {
            return self.give_first(tx, application, hosted).await;
        };
        if let Some(reserved) = application.number.replace(passport.number.clone()) {
            tx.delete::<Passport>(&reserved).await?;
        }
        application.kind = ApplicationKind::Again;
        application.stage = application.stage.with_log();
        passport.checks.clone_from(&application.checks);
        hosted.did = Some(self.did.to_owned());
        tx.put(&passport).await?;
        tx.put(&hosted).await?;
        Ok(tx.put(&application).await?)
    }
}

impl GiveAgain<'_> {
    /// A DID that moved here, and whose member came to no passport then: it is given now, for the log that stayed.
    async fn give_first(
        &self,
        tx: &mut Tx,
        mut application: Application,
        mut hosted: HostedDid,
    ) -> Result<(), Fault<HostingError>> {
        let reserved = application.number.as_deref().unwrap_or_default();
        let found = tx.get::<Passport>(reserved).await?;
        let mut passport = found.ok_or(Fault::Refused(HostingError::NoPassport))?;
        passport.did = Some(self.did.to_owned());
        passport.label.clone_from(&self.earlier.label);
        application.stage = application.stage.with_log();
        hosted.did = Some(self.did.to_owned());
        tx.put(&passport).await?;
        tx.put(&hosted).await?;
        Ok(tx.put(&application).await?)
    }

    /// The passport that was given for the DID, if it counts; none for a DID that moved here and got none, and whose
    /// application is over. One that nobody has fetched yet may still be taken back.
    async fn passport(&self, tx: &mut Tx) -> Result<Option<Passport>, Fault<HostingError>> {
        if tx.get::<HostedDid>(&self.earlier.label).await?.as_ref() != Some(self.earlier) {
            return Err(Fault::Refused(HostingError::OtherLog));
        }
        let first = tx.get::<Application>(&self.earlier.application).await?;
        let passports = tx.page::<ByLabel>(Range::prefix(&self.earlier.label), MOST_PASSPORTS).await?.items;
        if passports.is_empty() && first.as_ref().is_none_or(|first| first.stage == Stage::Ended) {
            return if self.earlier.is_continued() {
                Ok(None)
            } else {
                Err(Fault::Refused(HostingError::NoPassport))
            };
        }
        let was_given = first.is_none_or(|first| first.stage == Stage::Issued);
        let mut ours = passports.into_iter().filter(|one| was_given && one.did.as_deref() == Some(self.did));
        let found = ours.next().ok_or(Fault::Refused(HostingError::NoPassport))?;
        // Of the passports of one DID, one after the other, the last one counts.
        let passport =
            ours.fold(
                found,
                |found, other| {
                    if found.standing == PassportStanding::Replaced { other } else { found }
                },
            );
        if passport.standing == PassportStanding::Active {
            Ok(Some(passport))
        } else {
            Err(Fault::Refused(HostingError::NotActive))
        }
    }
}
