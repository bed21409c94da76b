//! Places: how many members a form takes at a time, and who waits for one.
//!
//! The count of those who hold one is a record of its own, as long as the form has a limit. It moves in the transaction that
//! makes or ends the membership, so that there is never one more than there may be, however many come at once.

use network::decision::{Because, DecidedBy, Outcome};
use serde::{Deserialize, Serialize};
use store::{FieldClass, Job, Key, Lanes, Range, Reader, Record, StoreFault, Tx};

use crate::deciding::NotDecided;
use crate::forms::{CurrentForm, FormVersion};
use crate::records::{ByForm, Decides, WaitingForAPlace};
use crate::space::{Space, SpaceError};

/// The kind of the job that gives free places to whoever waits for one; the payload is the form.
pub const GIVE_PLACES: &str = "give-places";
/// The lane of those who want a place.
const LANE: &str = "places";
/// How many members are counted at a time when a form gets a limit.
const COUNTED: usize = 1_000;
/// How many who wait are looked at in one turn.
const AT_ONCE: usize = 50;

/// How many members hold a place of a form that has a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacesTaken {
    /// The form.
    pub form: String,
    /// How many.
    pub taken: u32,
}

impl Record for PlacesTaken {
    const CLASS: &'static str = "places-taken";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("form", FieldClass::Operational), ("taken", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(self.form.as_str())
    }
}

/// The lanes of a change that takes a place of a form, if that has a limit.
pub(crate) fn lanes(has_limit: bool) -> Lanes {
    if has_limit { Lanes::of(LANE) } else { Lanes::none() }
}

/// Takes a place of `form` for a member who is made in this transaction; says whether there was one. What counts is the limit
/// of now, not the one that the applicant was shown.
pub(crate) async fn take(tx: &mut Tx, form: &str) -> Result<bool, StoreFault> {
    let Some(mut count) = tx.get::<PlacesTaken>(form).await? else { return Ok(true) };
    let current = tx.get::<CurrentForm>(form).await?;
    let limit = current.and_then(|current| current.version.form.places);
    if limit.is_some_and(|limit| count.taken >= limit.get()) {
        return Ok(false);
    }
    count.taken = count.taken.saturating_add(1);
    tx.put(&count).await?;
    Ok(true)
}

/// Gives the place of `form` back that the member `sub` held, when the membership ends in this transaction.
pub(crate) async fn give_back(tx: &mut Tx, form: &str, sub: &str) -> Result<(), StoreFault> {
    let Some(mut count) = tx.get::<PlacesTaken>(form).await? else { return Ok(()) };
    count.taken = count.taken.saturating_sub(1);
    tx.put(&count).await?;
    ask_for_giving(tx, form, sub).await
}

/// Begins or ends the count when a form gets a limit or loses it, and has places given out: there may be more.
pub(crate) async fn form_changed(tx: &mut Tx, version: &FormVersion) -> Result<(), StoreFault> {
    let counted = tx.get::<PlacesTaken>(version.id.as_str()).await?;
    match (version.form.places, counted) {
        (Some(_), None) => {
            let taken = members_by(tx, &version.id).await?;
            tx.put(&PlacesTaken { form: version.id.clone(), taken }).await?;
        }
        (None, Some(_)) => {
            let _ = tx.delete::<PlacesTaken>(version.id.as_str()).await?;
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    let waits = !tx.page::<WaitingForAPlace>(Range::prefix(version.id.as_str()), 1).await?.items.is_empty();
    if waits { ask_for_giving(tx, &version.id, &version.number.to_string()).await } else { Ok(()) }
}

async fn members_by(reader: &mut Reader, form: &str) -> Result<u32, StoreFault> {
    let mut taken = 0_u32;
    let mut range = Range::prefix(form);
    loop {
        let page = reader.page::<ByForm>(range.clone(), COUNTED).await?;
        taken = taken.saturating_add(u32::try_from(page.items.len()).unwrap_or(u32::MAX));
        match page.next {
            Some(next) => range = range.after(&next),
            None => return Ok(taken),
        }
    }
}

/// One job for each cause, which happens once; it looks at all who wait.
async fn ask_for_giving(tx: &mut Tx, form: &str, cause: &str) -> Result<(), StoreFault> {
    let job = Job::new(GIVE_PLACES, format!("{GIVE_PLACES}-{form}-{cause}"), &form)?;
    let _ = tx.enqueue(job).await?;
    Ok(())
}

impl Space {
    /// How many members hold a place of `form`; none where it has no limit.
    ///
    /// # Errors
    /// The store.
    pub async fn places_taken(&self, form: &str) -> Result<Option<u32>, SpaceError> {
        Ok(self.tenant.get::<PlacesTaken>(form).await?.map(|count| count.taken))
    }

    /// Gives free places to those who have waited longest. May run again.
    ///
    /// # Errors
    /// Our side failed.
    pub(crate) async fn give_places(&self, form: &str) -> Result<(), SpaceError> {
        loop {
            let range = Range::prefix(form);
            let waiting = self.tenant.page::<WaitingForAPlace>(range, AT_ONCE).await?.items;
            let mut given = 0_usize;
            for sign_up in waiting {
                // Whoever a person or other software decides about waits for them, not for a place.
                if sign_up.decides != Decides::Rule {
                    continue;
                }
                let deciding = self.deciding(
                    &sign_up,
                    Outcome::Approved,
                    DecidedBy::Rule,
                    Some(Because::PlaceFree),
                    None,
                )?;
                let deciding = self.telling(deciding, &sign_up).await?;
                match self.try_decision(&sign_up.id, &deciding).await? {
                    Ok(()) => given = given.saturating_add(1),
                    // Somebody was quicker, or it has ended.
                    Err(NotDecided::Gone | NotDecided::Already) => {}
                    Err(NotDecided::Full) => return Ok(()),
                }
            }
            if given < AT_ONCE {
                return Ok(());
            }
        }
    }
}
