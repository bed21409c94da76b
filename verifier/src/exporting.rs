//! What a space knows of people as a table: built from the contacts while it is written, and from no copy of them.
//!
//! A row holds what may be kept at that moment and no more: a detail that was taken back, whose end has come or whose key is gone is not
//! there, also before any job has come. That somebody carries it away is a look at everybody in it, noted before the first seal is opened.

pub mod table;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use store::{Range, Reader, StoreFault, View};

use crate::importing::Opened;
use crate::importing::columns::Column;
use crate::keeping::{basis_of, end_of};
use crate::records::{Contact, Member, Provenance, SignUp, Standing};
use crate::space::{Space, SpaceError};
use crate::team::looks::{Looker, Looking};
use crate::team::records::Look;

/// How a look is named that carries a table away.
pub const LOOK: &str = "export";
/// For how many seconds a look counts for the pieces of its table.
const LOOK_LIFETIME: i64 = 3_600;
/// People that are read in one transaction.
const READ_AT_ONCE: usize = 200;

/// What is to be in a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The details, by the paths of their claims, in the order of the columns.
    pub claims: Vec<String>,
    /// Whether people from a table are in it, too.
    pub imported: bool,
}

/// What could be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exportable {
    /// Each detail that is held of somebody, with how many.
    pub claims: BTreeMap<String, usize>,
    /// How many people signed up or are members, and something is held of them.
    pub people: usize,
    /// How many were taken in from a table.
    pub imported: usize,
}

/// What somebody is to the space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A member.
    Member,
    /// A member no more, of whom something may be kept for a while.
    Ended,
    /// Somebody who signed up and is not a member yet.
    Applicant,
    /// Somebody from a table, who said nothing yet.
    Imported,
}

impl Kind {
    /// The word in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Ended => "ended",
            Self::Applicant => "applicant",
            Self::Imported => "imported",
        }
    }
}

/// One person of a table.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The contact, or the record of who was taken in.
    pub id: String,
    /// What they are.
    pub kind: Kind,
    /// Their plan; empty where there is none.
    pub plan: String,
    /// The day since when they are a member, in seconds since the epoch.
    pub since: Option<i64>,
    /// The details by the paths of their claims, with whose word each is ([`Provenance::word_of`], `imported SOURCE`); of one that is
    /// for others of the team no text, and in the place of the word who sees it.
    pub details: BTreeMap<String, (String, String)>,
    /// When the first of the details goes, in seconds since the epoch; none as long as no end is known.
    pub kept_until: Option<i64>,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Row({})", self.id)
    }
}

/// Where a piece of a table begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind this contact.
    Contact(String),
    /// Behind whom a table brought; none: with the first of them.
    Imported(Option<String>),
}

/// Some rows, and where to go on.
#[derive(Debug)]
pub struct Piece {
    /// In the order of the store.
    pub rows: Vec<Row>,
    /// The place of the next; none at the end.
    pub next: Option<Place>,
}

impl Space {
    /// What a table could hold: names of details, and no value.
    ///
    /// # Errors
    /// The store.
    pub async fn exportable(&self) -> Result<Exportable, SpaceError> {
        let (mut found, mut after) = (Exportable::default(), None::<String>);
        loop {
            let read = self.tenant.read(&Held { after: after.as_deref() }).await?;
            for held in &read.held {
                found.people = found.people.saturating_add(1);
                for given in held.kept.iter().flatten() {
                    let count = found.claims.entry(given.claim.clone()).or_default();
                    *count = count.saturating_add(1);
                }
            }
            match read.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        for person in self.imported_records().await? {
            found.imported = found.imported.saturating_add(1);
            for column in
                person.columns.iter().filter(|column| !matches!(column, Column::Plan | Column::Since))
            {
                let count = found.claims.entry(column.name().to_owned()).or_default();
                *count = count.saturating_add(1);
            }
        }
        Ok(found)
    }

    /// Notes that a table is carried away: who, how many people, which details that they see. Gives the look that
    /// [`Self::export_piece`] wants.
    ///
    /// # Errors
    /// The store.
    pub async fn begin_export(&self, wanted: &Wanted, looker: Looker<'_>) -> Result<String, SpaceError> {
        let (mut ids, mut names, mut after) = (Vec::new(), BTreeSet::new(), None::<String>);
        loop {
            let read = self.tenant.read(&Held { after: after.as_deref() }).await?;
            ids.extend(read.held.iter().map(|held| held.contact.id.clone()));
            names.extend(wanted.seen(&read.held, looker).map(str::to_owned));
            match read.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        if wanted.imported {
            for person in self.imported_records().await? {
                let columns = person.columns.iter().map(|column| column.name().to_owned());
                names.extend(columns.filter(|column| wanted.claims.contains(column)));
                ids.push(person.id);
            }
        }
        let whose: Vec<&str> = ids.iter().map(String::as_str).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let by = looker.noted_as();
        let looking = Looking { by, how: LOOK, whose: &whose, names: &names, again: true };
        self.look_as(looking).await?.ok_or(SpaceError::NoSuch("look"))
    }

    /// The rows from a place on, of a table whose look was noted.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`] without such a look, or our side failed.
    pub async fn export_piece(
        &self,
        look: &str,
        wanted: &Wanted,
        from: Option<&Place>,
        looker: Looker<'_>,
    ) -> Result<Piece, SpaceError> {
        let look = self.look_of(look, looker).await?;
        match from {
            Some(Place::Imported(after)) => self.imported_piece(wanted, after.as_deref(), &look).await,
            Some(Place::Contact(after)) => self.contact_piece(wanted, Some(after), looker, &look).await,
            None => self.contact_piece(wanted, None, looker, &look).await,
        }
    }

    /// The look of whoever asks for a piece, within the hour.
    async fn look_of(&self, look: &str, looker: Looker<'_>) -> Result<Look, SpaceError> {
        let now = self.environment().now().seconds();
        let found = self.tenant.get::<Look>(look).await?;
        let counts = |found: &Look| {
            found.how == LOOK
                && found.by.as_deref() == looker.noted_as()
                && now.saturating_sub(found.at) < LOOK_LIFETIME
        };
        found.filter(counts).ok_or(SpaceError::NoSuch("look"))
    }

    async fn contact_piece(
        &self,
        wanted: &Wanted,
        after: Option<&str>,
        looker: Looker<'_>,
        look: &Look,
    ) -> Result<Piece, SpaceError> {
        let read = self.tenant.read(&Held { after }).await?;
        check_noted(wanted.seen(&read.held, looker), look)?;
        let rows = read.held.into_iter().filter_map(|held| self.row(wanted, held, looker)).collect();
        let next = match read.next {
            Some(next) => Some(Place::Contact(next)),
            None => wanted.imported.then_some(Place::Imported(None)),
        };
        Ok(Piece { rows, next })
    }

    /// Opens what is wanted and may be kept, and of that what is for whoever carries it away. Of whom nothing is left since it was
    /// read there is no row: the key is gone.
    fn row(&self, wanted: &Wanted, held: HeldNow, looker: Looker<'_>) -> Option<Row> {
        let values = self.opened(&held.contact).ok()?;
        let (mut details, mut kept_until) = (BTreeMap::new(), None::<i64>);
        for ((kept, value), end) in held.kept.into_iter().zip(&values.0).zip(held.ends) {
            let Some(given) = kept else { continue };
            if !wanted.claims.contains(&given.claim) || given.claim != value.claim {
                continue;
            }
            kept_until = kept_until.into_iter().chain(end).min();
            let text = value.value().map(|value| text_of(&value)).unwrap_or_default();
            let detail = match looker.sees(&given) {
                true => (text, given.word_of),
                false => (String::new(), format!("seen by {} alone", given.seen_in_team.name())),
            };
            details.insert(given.claim, detail);
        }
        let (kind, plan, since) = match held.member {
            Some(member) if member.standing == Standing::Active => {
                (Kind::Member, member.plan, Some(member.since))
            }
            Some(member) => (Kind::Ended, member.plan, Some(member.since)),
            None => (Kind::Applicant, String::new(), None),
        };
        Some(Row { id: held.contact.id, kind, plan, since, details, kept_until })
    }

    async fn imported_piece(
        &self,
        wanted: &Wanted,
        after: Option<&str>,
        look: &Look,
    ) -> Result<Piece, SpaceError> {
        let (people, next) = self.imported_from(after, READ_AT_ONCE).await?;
        let now = self.environment().now().seconds();
        let kept = people.into_iter().filter(|one| one.record.until > now && !one.details.is_empty());
        let rows: Vec<Row> = kept.map(|one| imported_row(wanted, one)).collect();
        check_noted(rows.iter().flat_map(|row| row.details.keys()).map(String::as_str), look)?;
        Ok(Piece { rows, next: next.map(|next| Place::Imported(Some(next))) })
    }
}

impl Wanted {
    /// Of what is wanted, what somebody sees of these people.
    fn seen<'a>(&'a self, held: &'a [HeldNow], looker: Looker<'a>) -> impl Iterator<Item = &'a str> + 'a {
        let given = held.iter().flat_map(|held| held.kept.iter().flatten());
        let seen = given.filter(move |given| self.claims.contains(&given.claim) && looker.sees(given));
        seen.map(|given| given.claim.as_str())
    }
}

/// Nothing is handed out that was not noted: not what was not wanted then, nor what members have shown to more since.
fn check_noted<'a>(mut seen: impl Iterator<Item = &'a str>, look: &Look) -> Result<(), SpaceError> {
    let is_noted = seen.all(|claim| look.names.iter().any(|name| name == claim));
    if is_noted { Ok(()) } else { Err(SpaceError::NoSuch("look")) }
}

fn imported_row(wanted: &Wanted, one: Opened) -> Row {
    let word_of = format!("imported {}", one.record.source.name());
    let (mut details, mut plan, mut since) = (BTreeMap::new(), String::new(), None);
    for (column, text) in one.details {
        match (column, column.name()) {
            (Column::Plan, _) => plan = text,
            (Column::Since, _) => since = day(&text),
            (_, name) if wanted.claims.iter().any(|claim| claim == name) => {
                details.insert(name.to_owned(), (text, word_of.clone()));
            }
            _ => {}
        }
    }
    let (id, kept_until) = (one.record.id, Some(one.record.until));
    Row { id, kind: Kind::Imported, plan, since, details, kept_until }
}

/// The seconds at which a day of a table begins.
fn day(text: &str) -> Option<i64> {
    environment::Date::parse(text).map(|day| day.start().seconds())
}

/// A value as the text of a cell. A picture that is in the value itself is none.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with("data:") => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(text_of).collect::<Vec<_>>().join(", "),
        Value::Null => String::new(),
        Value::Object(_) | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A contact with what may be kept of it at the moment of reading.
struct HeldNow {
    contact: Contact,
    /// For each detail in its order: what is known of it, unless its end has come.
    kept: Vec<Option<Provenance>>,
    ends: Vec<Option<i64>>,
    member: Option<Member>,
}

struct HeldPage {
    held: Vec<HeldNow>,
    /// The contact behind which the next page begins.
    next: Option<String>,
}

/// The contacts behind one, of whom something may be kept now.
struct Held<'a> {
    after: Option<&'a str>,
}

impl View for Held<'_> {
    const NAME: &'static str = "held-for-export";
    type Output = HeldPage;

    async fn read(&self, reader: &mut Reader) -> Result<HeldPage, StoreFault> {
        let range = self.after.map_or_else(Range::all, |after| Range::all().starting_at(after));
        // One more: the one behind which it begins comes first, if it is still there.
        let page = reader.list::<Contact>(range, READ_AT_ONCE.saturating_add(1)).await?;
        let is_new = |one: &Contact| self.after.is_none_or(|after| one.id != after);
        let contacts: Vec<Contact> = page.items.into_iter().filter(is_new).collect();
        let next = page.next.and(contacts.last().map(|last| last.id.clone()));
        let mut held = Vec::new();
        for contact in contacts {
            held.extend(held_now(reader, contact).await?);
        }
        Ok(HeldPage { held, next })
    }
}

async fn held_now(reader: &mut Reader, contact: Contact) -> Result<Option<HeldNow>, StoreFault> {
    // As long as it is not known who was at the screen, a sign-up is nobody's.
    let Some(sign_up) = reader.get::<SignUp>(&contact.id).await?.filter(|found| !found.awaited) else {
        return Ok(None);
    };
    let basis = basis_of(reader, &contact.id).await?;
    let now = reader.now().seconds();
    let ends: Vec<Option<i64>> = contact.given.iter().map(|given| end_of(given, basis)).collect();
    let is_kept = |end: &Option<i64>| end.is_none_or(|end| now < end);
    let kept: Vec<Option<Provenance>> =
        contact.given.iter().zip(&ends).map(|(given, end)| is_kept(end).then(|| given.clone())).collect();
    if kept.iter().all(Option::is_none) {
        return Ok(None);
    }
    let member = match &sign_up.member {
        Some(sub) => reader.get::<Member>(sub).await?,
        None => None,
    };
    Ok(Some(HeldNow { contact, kept, ends, member }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_one_text_and_a_picture_is_none() {
        for (value, text) in [
            (json!("Ada"), "Ada"),
            (json!(["a", "b"]), "a, b"),
            (json!(true), "true"),
            (json!(7), "7"),
            (json!(null), ""),
            (json!({"locality": "Town"}), "{\"locality\":\"Town\"}"),
            (json!("data:image/png;base64,AAAA"), ""),
        ] {
            assert_eq!(text_of(&value), text, "{value}");
        }
    }
}
