//! What counts no longer: suspended and reinstated passports, and profiles from the desk that were revoked.

use did::number::PassportNumber;
use issuance::{Holding, Revoked};
use ledger::{Entry, EntryKind, Leaf, LeafId};
use serde::{Deserialize, Serialize};
use store::{Change, Cursor, Fault, Index, Job, Lanes, Page, Range, Reader, StoreFault, Tx, View};

use crate::minting::{PASSPORT, PROFILE, configurations_of};
use crate::office::{Office, OfficeError};
use crate::records::{Application, ByDesk, ByNumber, DeskProfile, Passport, PassportStanding};

/// The kind of the job that revokes what is left.
pub const REVOKE: &str = "office-revoke";
/// Seconds after which that job is due.
const SOON: i64 = 60;
/// Applications that are looked at in one go.
const PAGE: usize = 100;

/// Whose copies are revoked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Whose {
    /// Those of a passport and its profile.
    Passport(String),
    /// Those that rest on a check at the desk.
    Desk(String),
}

/// Whether the passport or the check at the desk that an application rests on still counts.
pub(crate) async fn counts(reader: &mut Reader, application: &Application) -> Result<bool, StoreFault> {
    if let Some(number) = &application.number {
        let passport = reader.get::<Passport>(number).await?;
        if passport.is_none_or(|passport| passport.standing != PassportStanding::Active) {
            return Ok(false);
        }
    }
    if let Some(handle) = &application.desk {
        let profile = reader.get::<DeskProfile>(handle).await?;
        let now = reader.now().seconds();
        if profile.is_none_or(|profile| profile.revoked || profile.refilled_until <= now) {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Office {
    /// Says whether a passport counts. When it no longer does nothing more is issued for it, and every copy of it and of its
    /// profile is revoked; gives how many that were. Copies that were revoked do not come back.
    ///
    /// # Errors
    /// [`OfficeError::NoSuch`], or our side failed; what is left to be revoked then, [`Office::work`] revokes.
    pub async fn set_standing(
        &self,
        number: &PassportNumber,
        standing: PassportStanding,
    ) -> Result<usize, OfficeError> {
        let number = number.canonical();
        let whose = Whose::Passport(number.clone());
        let change = SetStanding { number, standing, revoking: self.revoking(whose.clone(), PASSPORT) };
        let first = self.tenant.carry_out(&change).await?.ok_or(OfficeError::NoSuch("passport"))?;
        self.revoke_rest(&whose, first).await
    }

    /// Revokes a profile that was made at the desk, with every copy that came of it; nothing more is issued. Gives how many
    /// copies that were.
    ///
    /// # Errors
    /// As [`Self::set_standing`].
    pub async fn revoke_from_desk(&self, handle: &str) -> Result<usize, OfficeError> {
        let whose = Whose::Desk(handle.to_owned());
        let change = RevokeFromDesk { handle, revoking: self.revoking(whose.clone(), PROFILE) };
        let first = self.tenant.carry_out(&change).await?;
        self.revoke_rest(&whose, first.ok_or(OfficeError::NoSuch("profile from the desk"))?).await
    }

    /// Goes on with a revocation that was broken off. A passport that was reinstated meanwhile is left alone.
    pub(crate) async fn resume_revoking(&self, whose: &Whose) -> Result<(), OfficeError> {
        if let Whose::Passport(number) = whose
            && let Some(passport) = self.tenant.get::<Passport>(number).await?
            && passport.standing == PassportStanding::Active
        {
            return Ok(());
        }
        self.revoke_all(whose).await.map(drop)
    }

    fn revoking(&self, whose: Whose, purpose: &str) -> Revoking {
        let entry = Entry::new(EntryKind::Revoked, self.environment().now()).with_purpose(purpose);
        let leaf = Leaf::new(LeafId::generate(self.environment().randomness()), &entry);
        Revoking { whose, job: self.fresh_id(), leaf }
    }

    async fn revoke_rest(&self, whose: &Whose, first: Revoked) -> Result<usize, OfficeError> {
        let rest = if first.is_complete { 0 } else { self.revoke_all(whose).await? };
        Ok(first.copies.saturating_add(rest))
    }

    async fn revoke_all(&self, whose: &Whose) -> Result<usize, OfficeError> {
        let mut copies = 0_usize;
        let mut after = None;
        loop {
            let page = self.tenant.read(&Applications { whose, after }).await?;
            let revoked = self.issuance.revoke_all(&holdings(&page.items)).await?;
            copies = copies.saturating_add(revoked);
            after = page.next;
            if after.is_none() {
                return Ok(copies);
            }
        }
    }
}

/// What was issued for these applications.
fn holdings(applications: &[Application]) -> Vec<Holding> {
    let of = |application: &Application| {
        let id = application.id.clone();
        configurations_of(application.kind).iter().map(move |configuration| Holding::new(&id, configuration))
    };
    applications.iter().flat_map(of).collect()
}

/// A page of the applications for which copies may be about.
struct Applications<'a> {
    whose: &'a Whose,
    after: Option<Cursor>,
}

impl View for Applications<'_> {
    const NAME: &'static str = "office-applications";
    type Output = Page<Application>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        match self.whose {
            Whose::Passport(number) => self.page::<ByNumber>(reader, number).await,
            Whose::Desk(handle) => self.page::<ByDesk>(reader, handle).await,
        }
    }
}

impl Applications<'_> {
    async fn page<I: Index<Record = Application>>(
        &self,
        reader: &mut Reader,
        key: &str,
    ) -> Result<Page<Application>, StoreFault> {
        let range = Range::prefix(key);
        let range = match &self.after {
            Some(cursor) => range.after(cursor),
            None => range,
        };
        reader.page::<I>(range, PAGE).await
    }
}

/// The beginning of a revocation, in the change that says that something counts no longer.
struct Revoking {
    whose: Whose,
    job: String,
    leaf: Leaf,
}

impl Revoking {
    async fn begin(&self, tx: &mut Tx) -> Result<Revoked, StoreFault> {
        let page = Applications { whose: &self.whose, after: None }.read(tx).await?;
        let mut revoked = issuance::revoke(tx, &holdings(&page.items)).await?;
        revoked.is_complete &= page.next.is_none();
        if !revoked.is_complete {
            // Should this process end before it has come to the last copy.
            let job = Job::new(REVOKE, format!("{REVOKE}-{}", self.job), &self.whose)?;
            let _ = tx.enqueue(job.not_before(tx.now().plus(SOON))).await?;
        }
        tx.log(self.leaf.clone()).await?;
        Ok(revoked)
    }
}

struct SetStanding {
    number: String,
    standing: PassportStanding,
    revoking: Revoking,
}

impl Change for SetStanding {
    const NAME: &'static str = "office-set-standing";
    type Output = Option<Revoked>;
    type Refusal = std::convert::Infallible;

    fn lanes(&self) -> Lanes {
        Lanes::of("status-lists")
    }

    async fn apply(&self, tx: &mut Tx) -> Result<Option<Revoked>, Fault<Self::Refusal>> {
        let Some(mut passport) = tx.get::<Passport>(&self.number).await? else { return Ok(None) };
        passport.standing = self.standing;
        tx.put(&passport).await?;
        if self.standing == PassportStanding::Active {
            return Ok(Some(Revoked { copies: 0, is_complete: true }));
        }
        Ok(Some(self.revoking.begin(tx).await?))
    }
}

struct RevokeFromDesk<'a> {
    handle: &'a str,
    revoking: Revoking,
}

impl Change for RevokeFromDesk<'_> {
    const NAME: &'static str = "office-revoke-from-desk";
    type Output = Option<Revoked>;
    type Refusal = std::convert::Infallible;

    fn lanes(&self) -> Lanes {
        Lanes::of("status-lists")
    }

    async fn apply(&self, tx: &mut Tx) -> Result<Option<Revoked>, Fault<Self::Refusal>> {
        let Some(mut profile) = tx.get::<DeskProfile>(self.handle).await? else { return Ok(None) };
        profile.revoked = true;
        tx.put(&profile).await?;
        Ok(Some(self.revoking.begin(tx).await?))
    }
}
