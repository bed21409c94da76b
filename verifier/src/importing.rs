//! People from a table: taken in sealed, each under a key of their own, and written to only when somebody of the team invites
//! them. They are no members and no contacts. Whoever answers an invitation signs up as anybody does, and what the table said of
//! them goes then; an invitation is all that links the two.
//!
//! No more is taken than the registered use of the form names; it is held on its legal basis and for its time.

pub mod columns;
mod inviting;
mod members;
pub mod reading;
pub mod records;
pub mod table;

use std::collections::{BTreeMap, BTreeSet};

use keyring::{KeyId, KeyringError};
use ledger::{Entry, EntryKind, Leaf, LeafId};
use openid4vc::secret::SecretHash;
use store::{Change, Fault, Job, Range, StoreFault, Tx};
use trust::registration::LegalBasis;

pub use inviting::MOST_INVITED;
pub(crate) use inviting::{Invited, answered};

use crate::space::{Space, SpaceError};
use crate::team::looks::{Looker, Looking};
use columns::{Column, Source, recognised};
use reading::{Person, Reading};
use records::{ImportedMark, ImportedPerson};
use table::Table;

/// The kind of the job that ends what a table said of somebody: at its time, or as soon as it is gone. The payload is the record's
/// identifier.
pub const END_IMPORTED: &str = "end-imported";
/// How a look at them is named.
pub const LOOK: &str = "imported";
/// Context of the sealed details.
const VALUES: &[u8] = b"imported person";
/// How many are taken in at a time.
const AT_ONCE: usize = 100;
const DAY: i64 = 86_400;

/// Why nobody is taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Without an address nobody can be invited.
    #[error("no column holds e-mail addresses")]
    NoEmailColumn,
    /// Two columns for one thing.
    #[error("two columns are said to hold the same")]
    Twice(Column),
    /// The use does not name addresses.
    #[error("the registered use of this form has no e-mail address: nobody of a table could be invited")]
    NotRegistered,
    /// Our side, or a form that there is not.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

/// Under which terms people are taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportTerms {
    /// The form to which they are to be invited.
    pub form: String,
    /// The registered use.
    pub purpose: String,
    /// Its legal basis.
    pub basis: LegalBasis,
    /// For how many days what the columns say may be kept, of those that the use names.
    days: BTreeMap<Column, u32>,
}

impl ImportTerms {
    /// Whether a column may be taken. Plan and day are the space's own word on its contract with the person, and go with the rest.
    #[must_use]
    pub fn takes(&self, column: Column) -> bool {
        match column {
            Column::Plan | Column::Since => true,
            Column::Name => [Column::Name, Column::GivenName].iter().any(|one| self.days.contains_key(one)),
            other => self.days.contains_key(&other),
        }
    }

    /// For how many days the whole is kept: the shortest of what is taken.
    #[must_use]
    pub fn kept_days(&self, columns: &[Column]) -> u32 {
        let days = |column: &Column| match column {
            Column::Name => self.days.get(&Column::Name).or_else(|| self.days.get(&Column::GivenName)),
            other => self.days.get(other),
        };
        columns.iter().filter_map(days).min().copied().unwrap_or_default()
    }
}

/// What would be taken in.
#[derive(Debug)]
pub struct Preview {
    /// Who wrote the table.
    pub source: Source,
    /// What each column holds, as far as it is taken.
    pub columns: Vec<Option<Column>>,
    /// What a column was recognised to hold, but the registered use does not name.
    pub beyond: Vec<Column>,
    /// The people and the rows that are left out.
    pub reading: Reading,
    /// How many of the people were taken in before.
    pub known: usize,
    /// The terms.
    pub terms: ImportTerms,
}

impl Preview {
    /// Which details are taken, in the order of the table.
    #[must_use]
    pub fn taken(&self) -> Vec<Column> {
        self.columns.iter().flatten().copied().collect()
    }
}

/// How it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Who came in now.
    pub new: usize,
    /// Who was there before.
    pub known: usize,
}

/// Somebody who was taken in, with what a table said of them.
pub struct Opened {
    /// The record.
    pub record: ImportedPerson,
    /// The details; none once the key is gone.
    pub details: BTreeMap<Column, String>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Opened({})", self.record.id)
    }
}

impl Opened {
    /// What they are called: a name, or else the address.
    #[must_use]
    pub fn called(&self) -> String {
        let text = |column: Column| self.details.get(&column).map(String::as_str);
        let parts: Vec<&str> = [Column::GivenName, Column::FamilyName].into_iter().filter_map(text).collect();
        let whole =
            if parts.is_empty() { text(Column::Name).map(str::to_owned) } else { Some(parts.join(" ")) };
        whole.or_else(|| text(Column::Email).map(str::to_owned)).unwrap_or_default()
    }
}

impl Space {
    /// Under which terms people may be taken in who are to be invited by a form.
    ///
    /// # Errors
    /// [`ImportError::NotRegistered`], [`SpaceError::NoSuchForm`], or the store.
    pub async fn import_terms(&self, form: &str) -> Result<ImportTerms, ImportError> {
        let found = self.form(form).await?.ok_or_else(|| SpaceError::NoSuchForm(form.to_owned()))?;
        let purpose = found.form.purpose;
        let uses = &self.registration.content().intended_uses;
        let registered = uses.iter().find(|one| one.id == purpose).ok_or(ImportError::NotRegistered)?;
        let days = |column: &Column| {
            let claims = registered.claims.iter().filter(|claim| claim.path.to_string() == column.name());
            claims.map(|claim| claim.retention_days).min().map(|days| (*column, days))
        };
        let days: BTreeMap<Column, u32> = Column::ALL.iter().filter_map(days).collect();
        if !days.contains_key(&Column::Email) {
            return Err(ImportError::NotRegistered);
        }
        Ok(ImportTerms { form: form.to_owned(), purpose, basis: registered.legal_basis, days })
    }

    /// What of a table would be taken in. `mapping` says of each column what it holds, where it is not left to its header. Nothing
    /// is stored, but that the addresses of those who are here were looked at by `looker`.
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn preview_import(
        &self,
        table: &Table,
        form: &str,
        mapping: Option<Vec<Option<Column>>>,
        looker: Looker<'_>,
    ) -> Result<Preview, ImportError> {
        self.check_here().await?;
        let terms = self.import_terms(form).await?;
        let (source, by_header) = recognised(&table.header);
        let wanted = mapping.unwrap_or(by_header);
        let mut seen = Vec::new();
        for column in wanted.iter().flatten() {
            if seen.contains(column) {
                return Err(ImportError::Twice(*column));
            }
            seen.push(*column);
        }
        let beyond: Vec<Column> = seen.iter().copied().filter(|column| !terms.takes(*column)).collect();
        let columns = wanted.into_iter().map(|column| column.filter(|column| terms.takes(*column)));
        let columns: Vec<Option<Column>> = columns.collect();
        if !columns.contains(&Some(Column::Email)) {
            return Err(ImportError::NoEmailColumn);
        }
        let mut reading = reading::read(table, &columns);
        self.leave_out_who_is_here(&mut reading, looker).await?;
        let mut known = 0_usize;
        for person in &reading.people {
            known = known.saturating_add(usize::from(self.is_taken_in(person).await?));
        }
        Ok(Preview { source, columns, beyond, reading, known, terms })
    }

    async fn is_taken_in(&self, person: &Person) -> Result<bool, SpaceError> {
        let mark = self.import_mark(person)?;
        Ok(self.tenant.get::<ImportedMark>(&mark.as_bytes()[..]).await?.is_some())
    }

    /// Takes in whom a preview shows. Again, it adds nobody; broken off, it goes on where it was.
    ///
    /// # Errors
    /// Our side failed. Who came in before that is in.
    pub async fn take_in(&self, preview: &Preview) -> Result<Taken, ImportError> {
        self.check_here().await?;
        let mut taken = Taken::default();
        for people in preview.reading.people.chunks(AT_ONCE) {
            let new = self.take_some(preview, people).await?;
            taken.new = taken.new.saturating_add(new);
            taken.known = taken.known.saturating_add(people.len().saturating_sub(new));
        }
        Ok(taken)
    }

    async fn take_some(&self, preview: &Preview, people: &[Person]) -> Result<usize, SpaceError> {
        let now = self.environment().now();
        let days = i64::from(preview.terms.kept_days(&preview.taken()));
        let until = now.plus(days.saturating_mul(DAY)).seconds();
        let mut records = Vec::new();
        for person in people {
            let mark = self.import_mark(person)?;
            if self.tenant.get::<ImportedMark>(&mark.as_bytes()[..]).await?.is_some() {
                continue;
            }
            let id = format!("{:010x}{:06x}{}", now.seconds(), person.line, self.fresh_id());
            let text = serde_json::to_vec(&person.details).map_err(|_| SpaceError::Unreadable)?;
            records.push(ImportedPerson {
                values: self.keyring.seal(&self.imported_key(&id), VALUES, &text)?,
                id,
                mark,
                source: preview.source,
                form: preview.terms.form.clone(),
                purpose: preview.terms.purpose.clone(),
                basis: preview.terms.basis,
                at: now.seconds(),
                until,
                columns: person.details.keys().copied().collect(),
                invitation: None,
                invited_at: None,
            });
        }
        if records.is_empty() {
            return Ok(0);
        }
        let entry = Entry::new(EntryKind::Imported, now)
            .with_code(preview.source.name())
            .with_purpose(preview.terms.purpose.as_str())
            .about(preview.taken().iter().map(|column| column.name()));
        let leaf = Leaf::new(LeafId::generate(self.environment().randomness()), &entry);
        let change = TakeIn { records, leaf };
        let known = self.tenant.carry_out(&change).await?;
        // Whoever was taken in by somebody else at the same moment.
        for id in &known {
            self.keyring.destroy(&self.imported_key(id))?;
        }
        Ok(change.records.len().saturating_sub(known.len()))
    }

    /// Those who were taken in, in the order in which they came, behind the one that `after` names; and whether there are more. That
    /// somebody looked is noted before.
    ///
    /// # Errors
    /// Our side failed.
    pub async fn imported(
        &self,
        after: Option<&str>,
        limit: usize,
        by: Option<&str>,
    ) -> Result<(Vec<Opened>, bool), SpaceError> {
        let range = after.map_or_else(Range::all, |after| Range::all().starting_at(after));
        let page = self.tenant.list::<ImportedPerson>(range, limit.saturating_add(2)).await?;
        let is_new = |one: &ImportedPerson| after.is_none_or(|after| one.id != after);
        let mut records: Vec<ImportedPerson> = page.items.into_iter().filter(is_new).collect();
        let has_more = records.len() > limit;
        records.truncate(limit);
        self.note_imported(
            &records,
            &[Column::Email, Column::GivenName, Column::FamilyName, Column::Name],
            by,
        )
        .await?;
        let opened = records.into_iter().map(|record| self.open_imported(record));
        Ok((opened.collect::<Result<_, _>>()?, has_more))
    }

    /// Who was taken in, the first first.
    pub(crate) async fn imported_records(&self) -> Result<Vec<ImportedPerson>, SpaceError> {
        let (mut records, mut range) = (Vec::new(), Range::all());
        loop {
            let page = self.tenant.list::<ImportedPerson>(range, AT_ONCE).await?;
            records.extend(page.items);
            match page.next {
                Some(next) => range = Range::all().after(&next),
                None => return Ok(records),
            }
        }
    }

    /// Some of them behind one, with everything that a table said of them, and behind whom to go on. The look is noted before.
    pub(crate) async fn look_at_imported(
        &self,
        after: Option<&str>,
        limit: usize,
        by: Option<&str>,
    ) -> Result<(Vec<Opened>, Option<String>), SpaceError> {
        let (records, next) = self.imported_behind(after, limit).await?;
        let columns: BTreeSet<Column> = records.iter().flat_map(|record| record.columns.clone()).collect();
        self.note_imported(&records, &columns.into_iter().collect::<Vec<_>>(), by).await?;
        let opened = records.into_iter().map(|record| self.open_imported(record));
        Ok((opened.collect::<Result<_, _>>()?, next))
    }

    async fn imported_behind(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ImportedPerson>, Option<String>), SpaceError> {
        let range = after.map_or_else(Range::all, |after| Range::all().starting_at(after));
        let page = self.tenant.list::<ImportedPerson>(range, limit.saturating_add(1)).await?;
        let is_new = |one: &ImportedPerson| after.is_none_or(|after| one.id != after);
        let records: Vec<ImportedPerson> = page.items.into_iter().filter(is_new).collect();
        let next = page.next.and(records.last().map(|last| last.id.clone()));
        Ok((records, next))
    }

    /// Some of them behind one, opened, and behind whom to go on. The look is noted by whoever calls, before.
    pub(crate) async fn imported_from(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Opened>, Option<String>), SpaceError> {
        let (records, next) = self.imported_behind(after, limit).await?;
        let opened = records.into_iter().map(|record| self.open_imported(record));
        Ok((opened.collect::<Result<_, _>>()?, next))
    }

    async fn note_imported(
        &self,
        records: &[ImportedPerson],
        columns: &[Column],
        by: Option<&str>,
    ) -> Result<(), SpaceError> {
        let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
        let whose: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
        if !whose.is_empty() {
            self.look(Looking { by, how: LOOK, whose: &whose, names: &names, again: false }).await?;
        }
        Ok(())
    }

    fn open_imported(&self, record: ImportedPerson) -> Result<Opened, SpaceError> {
        let key = self.imported_key(&record.id);
        let details = match self.keyring.open_sealed(&key, VALUES, &record.values) {
            Ok(text) => jose::json::parse_as(text.as_slice()).map_err(|_| SpaceError::Unreadable)?,
            Err(KeyringError::NoKey) => BTreeMap::new(),
            Err(error) => return Err(error.into()),
        };
        Ok(Opened { record, details })
    }

    /// Deletes somebody who was taken in. They can be taken in anew.
    ///
    /// # Errors
    /// The store.
    pub async fn forget_imported(&self, id: &str) -> Result<(), SpaceError> {
        Ok(self.tenant.carry_out(&Forget { id, leaf: self.forgotten("imported") }).await?)
    }

    /// Ends what a table said of somebody whose time is up or who is gone.
    pub(crate) async fn end_imported(&self, id: &str) -> Result<(), SpaceError> {
        if let Some(found) = self.tenant.get::<ImportedPerson>(id).await? {
            if found.until > self.environment().now().seconds() {
                return Ok(());
            }
            let forget = Forget { id, leaf: self.forgotten("expired") };
            self.tenant.carry_out(&forget).await?;
        }
        self.keyring.destroy(&self.imported_key(id))?;
        Ok(())
    }

    fn forgotten(&self, code: &str) -> Leaf {
        let entry = Entry::new(EntryKind::Deleted, self.environment().now()).with_code(code);
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }

    fn import_mark(&self, person: &Person) -> Result<SecretHash, SpaceError> {
        let address = person.email().to_ascii_lowercase();
        Ok(SecretHash::from_bytes(self.marked(["imported", &address])?))
    }

    /// The key under which one person's details lie.
    fn imported_key(&self, id: &str) -> KeyId {
        KeyId::new(self.identity.did.as_str(), id, "imported")
    }
}

/// Asks for the end of somebody's key now.
async fn erase_now(tx: &mut Tx, id: &str) -> Result<(), StoreFault> {
    let _ = tx.enqueue(Job::new(END_IMPORTED, format!("{END_IMPORTED}-{id}-now"), &id)?).await?;
    Ok(())
}

/// Stores people; gives those of them who were there.
struct TakeIn {
    records: Vec<ImportedPerson>,
    leaf: Leaf,
}

impl Change for TakeIn {
    const NAME: &'static str = "take-in";
    type Output = Vec<String>;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Vec<String>, Fault<Self::Refusal>> {
        let mut known = Vec::new();
        for record in &self.records {
            if tx.get::<ImportedMark>(&record.mark.as_bytes()[..]).await?.is_some() {
                known.push(record.id.clone());
                continue;
            }
            tx.put(&ImportedMark { mark: record.mark, until: record.until }).await?;
            tx.put(record).await?;
            let job = Job::new(END_IMPORTED, format!("{END_IMPORTED}-{}-end", record.id), &record.id)?;
            let _ = tx.enqueue(job.not_before(environment::Timestamp::from_seconds(record.until))).await?;
        }
        if known.len() < self.records.len() {
            tx.log(self.leaf.clone()).await?;
        }
        Ok(known)
    }
}

/// Deletes somebody, and asks for the end of their key.
struct Forget<'a> {
    id: &'a str,
    leaf: Leaf,
}

impl Change for Forget<'_> {
    const NAME: &'static str = "forget-imported";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let Some(found) = tx.get::<ImportedPerson>(self.id).await? else { return Ok(()) };
        tx.delete::<ImportedPerson>(self.id).await?;
        tx.delete::<ImportedMark>(&found.mark.as_bytes()[..]).await?;
        erase_now(tx, self.id).await?;
        Ok(tx.log(self.leaf.clone()).await?)
    }
}
