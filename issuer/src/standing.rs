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
    /// Those of a passport whose number was replaced: its profile still counts.
    Replaced(String),
    /// Those that rest on a check at the desk.
    Desk(String),
}

/// Numbers that came one after the other for one passport, which are followed.
const MOST_NUMBERS: usize = 1_000;

/// The passport with this number, or with the one that took its place.
pub(crate) async fn latest(reader: &mut Reader, number: &str) -> Result<Option<Passport>, StoreFault> {
    let mut found = reader.get::<Passport>(number).await?;
    for _ in 0..MOST_NUMBERS {
        let Some(next) = found.as_ref().and_then(|passport| passport.successor.clone()) else { break };
        found = reader.get::<Passport>(&next).await?;
    }
    Ok(found)
}

/// Asks for the passport with a number, or with the one that took its place.
pub(crate) struct Latest<'a>(pub(crate) &'a str);

impl View for Latest<'_> {
    const NAME: &'static str = "office-latest-number";
    type Output = Option<Passport>;

    async fn read(&self, reader: &mut Reader) -> Result<Option<Passport>, StoreFault> {
        latest(reader, self.0).await
    }
}

/// Whether the passport or the check at the desk that an application rests on still counts.
pub(crate) async fn counts(reader: &mut Reader, application: &Application) -> Result<bool, StoreFault> {
    if let Some(number) = &application.number {
        let passport = latest(reader, number).await?;
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

    pub(crate) fn revoking(&self, whose: Whose, purpose: &str) -> Revoking {
        let entry = Entry::new(EntryKind::Revoked, self.environment().now()).with_purpose(purpose);
        let leaf = Leaf::new(LeafId::generate(self.environment().randomness()), &entry);
        Revoking { whose, job: self.fresh_id(), leaf }
    }

    pub(crate) async fn revoke_rest(&self, whose: &Whose, first: Revoked) -> Result<usize, OfficeError> {
        let rest = if first.is_complete { 0 } else { self.revoke_all(whose).await? };
        Ok(first.copies.saturating_add(rest))
    }

    async fn revoke_all(&self, whose: &Whose) -> Result<usize, OfficeError> {
        let mut copies = self.revoke_pages(whose).await?;
        let Whose::Passport(number) = whose else { return Ok(copies) };
        // What was issued under the numbers before this one: profiles stayed good when the number was replaced.
        let mut before = self.predecessor_of(number).await?;
        for _ in 0..MOST_NUMBERS {
            let Some(earlier) = before else { break };
            let revoked = self.revoke_pages(&Whose::Passport(earlier.clone())).await?;
            copies = copies.saturating_add(revoked);
            before = self.predecessor_of(&earlier).await?;
        }
        Ok(copies)
    }

    async fn predecessor_of(&self, number: &str) -> Result<Option<String>, StoreFault> {
        Ok(self.tenant.get::<Passport>(number).await?.and_then(|passport| passport.predecessor))
    }

    async fn revoke_pages(&self, whose: &Whose) -> Result<usize, OfficeError> {
        let mut copies = 0_usize;
        let mut after = None;
        loop {
            let page = self.tenant.read(&Applications { whose, after }).await?;
            let revoked = self.issuance.revoke_all(&holdings(whose, &page.items)).await?;
            copies = copies.saturating_add(revoked);
            after = page.next;
            if after.is_none() {
                return Ok(copies);
            }
        }
    }
}

/// What was issued for these applications, as far as it is to go.
fn holdings(whose: &Whose, applications: &[Application]) -> Vec<Holding> {
    let goes = |configuration: &str| !matches!(whose, Whose::Replaced(_)) || configuration == PASSPORT;
    let of = |application: &Application| {
        let id = application.id.clone();
        let configurations = configurations_of(application.kind).iter();
        configurations
            .filter(|configuration| goes(configuration))
            .map(move |configuration| Holding::new(&id, configuration))
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
            Whose::Passport(number) | Whose::Replaced(number) => self.page::<ByNumber>(reader, number).await,
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
pub(crate) struct Revoking {
    whose: Whose,
    job: String,
    leaf: Leaf,
}

impl Revoking {
    pub(crate) async fn begin(&self, tx: &mut Tx) -> Result<Revoked, StoreFault> {
        let page = Applications { whose: &self.whose, after: None }.read(tx).await?;
        let mut revoked = issuance::revoke(tx, &holdings(&self.whose, &page.items)).await?;
        revoked.is_complete &= page.next.is_none() && !self.has_earlier_numbers(tx).await?;
        if !revoked.is_complete {
            // Should this process end before it has come to the last copy.
            let job = Job::new(REVOKE, format!("{REVOKE}-{}", self.job), &self.whose)?;
            let _ = tx.enqueue(job.not_before(tx.now().plus(SOON))).await?;
        }
        tx.log(self.leaf.clone()).await?;
        Ok(revoked)
    }

    async fn has_earlier_numbers(&self, tx: &mut Tx) -> Result<bool, StoreFault> {
        let Whose::Passport(number) = &self.whose else { return Ok(false) };
        Ok(tx.get::<Passport>(number).await?.is_some_and(|passport| passport.predecessor.is_some()))
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
        let found = tx.get::<Passport>(&self.number).await?;
        // A number that was replaced never counts again.
        let found = found.filter(|passport| passport.standing != PassportStanding::Replaced);
        let Some(mut passport) = found else { return Ok(None) };
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
