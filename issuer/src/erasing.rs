//! The values go: when everything was issued, and when time is up. Kind and day of each check and the binding of the
//! number to the DID stay.

use ledger::{Entry, EntryKind, Leaf, LeafId};
use store::{Change, Fault, Tx};

use crate::minting::{PASSPORT, PROFILE};
use crate::office::{Office, OfficeError, key_of};
use crate::records::{Application, ApplicationKind, HostedDid, Passport, Stage};

/// The kind of the job that ends an application whose time is up; the payload is its identifier.
pub const EXPIRE: &str = "office-expire";

impl Office {
    /// Everything of an application was issued: its values are erased. May run again.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn erase_issued(&self, application: &str) -> Result<(), OfficeError> {
        self.erase(application, Stage::Issued, "issued").await
    }

    /// Time is up: the values are erased, and so is what was reserved, if nothing was fetched: copies that are about are found
    /// by the number. May run again.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn erase_expired(&self, application: &str) -> Result<(), OfficeError> {
        let mut fetched = false;
        for configuration in [PASSPORT, PROFILE] {
            fetched |= self.issuance.has_issued(application, configuration).await?;
        }
        let stage = if fetched { Stage::Issued } else { Stage::Ended };
        self.erase(application, stage, "expired").await
    }

    /// Nobody waits for it any more, and nothing was issued.
    pub(crate) async fn erase_unawaited(&self, application: &str) -> Result<(), OfficeError> {
        self.erase(application, Stage::Ended, "unawaited").await
    }

    async fn erase(&self, application: &str, stage: Stage, code: &'static str) -> Result<(), OfficeError> {
        self.tenant.carry_out(&self.erasing(application, stage, code)).await?;
        self.destroy_key(application)
    }

    /// The change that erases.
    pub(crate) fn erasing<'a>(&self, application: &'a str, stage: Stage, code: &'static str) -> Erase<'a> {
        let randomness = self.environment().randomness();
        let entry = Entry::new(EntryKind::Deleted, self.environment().now()).with_code(code).about([
            "email",
            "given_name",
            "family_name",
            "birthdate",
        ]);
        let leaf = Leaf::new(LeafId::generate(randomness), &entry);
        Erase { application, stage, leaf }
    }

    /// The store speaks of no values any more; whatever copies of it hold opens never again.
    pub(crate) fn destroy_key(&self, application: &str) -> Result<(), OfficeError> {
        self.keyring.destroy(&key_of(&self.identity, application))?;
        Ok(())
    }
}

/// Erases the values of an application, and says where it stands then.
pub(crate) struct Erase<'a> {
    application: &'a str,
    stage: Stage,
    leaf: Leaf,
}

impl Change for Erase<'_> {
    const NAME: &'static str = "office-erase";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let Some(mut application) = tx.get::<Application>(self.application).await? else { return Ok(()) };
        if application.stage.is_over() {
            return Ok(());
        }
        if application.values.take().is_some() {
            tx.log(self.leaf.clone()).await?;
        }
        application.stage = self.stage;
        // Whose browser it was is not kept beside a member's number.
        application.for_wallet = None;
        match application.kind {
            ApplicationKind::FirstPassport if self.stage == Stage::Ended => {
                release(tx, &mut application).await?;
            }
            // Nothing lies at the place that was reserved; the passport was there before and stays.
            ApplicationKind::Again => release_place(tx, &mut application).await?,
            _ => {}
        }
        Ok(tx.put(&application).await?)
    }
}

/// Gives number and place back.
async fn release(tx: &mut Tx, application: &mut Application) -> Result<(), store::StoreFault> {
    if let Some(number) = application.number.take() {
        tx.delete::<Passport>(&number).await?;
    }
    release_place(tx, application).await
}

/// A DID that moved here has no other place: its log stays.
async fn release_place(tx: &mut Tx, application: &mut Application) -> Result<(), store::StoreFault> {
    if let Some(label) = application.label.take() {
        if tx.get::<HostedDid>(&label).await?.is_some_and(|hosted| hosted.is_continued()) {
            return Ok(());
        }
        tx.delete::<HostedDid>(&label).await?;
    }
    Ok(())
}
