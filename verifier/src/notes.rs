//! What the team writes about a member in words of its own: off until an owner turns it on, and never behind the member's back.
//!
//! Notes lie in the contact, sealed under its key, so that they go with it, move with it, and are kept in no other place. The member reads
//! them in the wallet (specs/member-api.md §2); whoever is no member cannot, so of them nothing is written, and with the membership the
//! notes go.

use keyring::{KeyId, Keyring, KeyringError, Sealed};
use ledger::{Entry, EntryKind, Leaf, LeafId};
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Range, Reader, Record, StoreFault, Tx};

use crate::contact::key_of;
use crate::keeping::{Basis, basis_of};
use crate::records::Contact;
use crate::space::{Space, SpaceError};

/// Longest note, in characters.
pub const LONGEST: usize = 500;
/// Most notes about one member.
pub const MOST: usize = 20;
/// The name by which looks and leaves call them.
pub const NAME: &str = "note";
/// Seals them.
const NOTES: &[u8] = b"contact notes";
/// Longest name of whoever decides or writes, in characters.
const LONGEST_NAME: usize = 128;
/// How often a change is prepared anew because another came first.
const TRIES: usize = 8;
/// Contacts that are read at once.
const PAGE: usize = 500;

/// One note.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// A random identifier.
    pub id: String,
    /// When it was written, in seconds since the epoch.
    pub at: i64,
    /// Who wrote it, as the team calls them.
    pub by: String,
    /// What.
    pub text: String,
}

impl std::fmt::Debug for Note {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Note({})", self.id)
    }
}

/// Whether the team may write notes, one record each time that an owner decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotesDecision {
    /// Counts what was decided; the highest counts.
    pub version: u64,
    /// Whether it may.
    pub is_on: bool,
    /// Who decided.
    pub by: String,
    /// When, in seconds since the epoch.
    pub at: i64,
}

impl Record for NotesDecision {
    const CLASS: &'static str = "notes-decision";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("version", FieldClass::Operational),
        ("is_on", FieldClass::Operational),
        ("by", FieldClass::Operational),
        ("at", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(self.version)
    }
}

/// Why a note is not written or deleted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotNoted {
    /// No owner turned it on.
    #[error("the team writes no notes")]
    Off,
    /// Nothing is said, or too much, or with signs that nobody sees.
    #[error("a note has 1 to 500 characters")]
    Text,
    /// There are enough.
    #[error("there are 20 notes about this member already")]
    TooMany,
    /// Whoever is no member could not read it.
    #[error("notes are written about members alone, who can read them")]
    NoMember,
    /// Our side failed, or there is no such contact or note.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl From<StoreFault> for NotNoted {
    fn from(fault: StoreFault) -> Self {
        Self::Space(fault.into())
    }
}

/// Whether a text can be a note: every sign of it is seen by whoever reads it.
fn is_note(text: &str) -> bool {
    let is_hidden = |sign: char| {
        sign.is_control() || matches!(sign, '\u{200b}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().any(char::is_alphanumeric) && text.chars().count() <= LONGEST && !text.chars().any(is_hidden)
}

fn seal(keyring: &Keyring, key: &KeyId, notes: &[Note]) -> Result<Option<Sealed>, SpaceError> {
    if notes.is_empty() {
        return Ok(None);
    }
    let text = serde_json::to_vec(notes).map_err(|_| SpaceError::Unreadable)?;
    Ok(Some(keyring.seal(key, NOTES, &text)?))
}

fn open(keyring: &Keyring, key: &KeyId, sealed: Option<&Sealed>) -> Result<Vec<Note>, SpaceError> {
    let Some(sealed) = sealed else { return Ok(Vec::new()) };
    let text = keyring.open_sealed(key, NOTES, sealed)?;
    jose::json::parse_as(text.as_slice()).map_err(|_| SpaceError::Unreadable)
}

/// The notes of a contact, sealed again under another key.
pub(crate) fn reseal(
    keyring: &Keyring,
    from: &KeyId,
    to: &KeyId,
    sealed: &Sealed,
) -> Result<Sealed, KeyringError> {
    let text = keyring.open_sealed(from, NOTES, sealed)?;
    keyring.seal(to, NOTES, &text)
}

/// When the notes of a contact go: with the membership of whoever could read them.
pub(crate) const fn end_of(contact: &Contact, basis: Basis) -> Option<i64> {
    match basis {
        Basis::Ended(at) if contact.notes.is_some() => Some(at),
        _ => None,
    }
}

impl Space {
    /// Whether the team may write notes: not as long as no owner says so.
    ///
    /// # Errors
    /// The store.
    pub async fn writes_notes(&self) -> Result<bool, SpaceError> {
        Ok(self.notes_decisions(1).await?.first().is_some_and(|newest| newest.is_on))
    }

    /// What was decided about notes, the newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn notes_decisions(&self, limit: usize) -> Result<Vec<NotesDecision>, SpaceError> {
        Ok(self.tenant.list::<NotesDecision>(Range::all().descending(), limit).await?.items)
    }

    /// Has the team write notes or not, as an owner decided. What was written stays until it is deleted.
    ///
    /// # Errors
    /// The store.
    pub async fn set_notes(&self, by: &str, is_on: bool) -> Result<(), SpaceError> {
        let code = if is_on { "notes-on" } else { "notes-off" };
        let leaf = self.noted(EntryKind::RuleChanged, code);
        let by = by.chars().take(LONGEST_NAME).collect();
        let decide = Decide { by, is_on, at: self.environment().now().seconds(), leaf };
        Ok(self.tenant.carry_out(&decide).await?)
    }

    /// About how many people there are notes, and how many are written by whom is in none of it.
    ///
    /// # Errors
    /// The store.
    pub async fn people_with_notes(&self) -> Result<usize, SpaceError> {
        let (mut count, mut range) = (0_usize, Range::all());
        loop {
            let page = self.tenant.list::<Contact>(range, PAGE).await?;
            let with_notes = page.items.iter().filter(|contact| contact.notes.is_some()).count();
            count = count.saturating_add(with_notes);
            match page.next {
                Some(next) => range = Range::all().after(&next),
                None => return Ok(count),
            }
        }
    }

    /// Opens what the team wrote. The look is noted by whoever calls, before, unless it is the member.
    ///
    /// # Errors
    /// The keyring.
    pub fn notes_of(&self, contact: &Contact) -> Result<Vec<Note>, SpaceError> {
        let key = key_of(self.identity.did.as_str(), &contact.id, contact.generation);
        open(&self.keyring, &key, contact.notes.as_ref())
    }

    /// Writes a note about the member behind a contact.
    ///
    /// # Errors
    /// [`NotNoted`].
    pub async fn write_note(&self, contact: &str, by: &str, text: &str) -> Result<(), NotNoted> {
        // One paragraph: wallets show it as one.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !is_note(&text) {
            return Err(NotNoted::Text);
        }
        let by: String = by.chars().take(LONGEST_NAME).collect();
        let note = Note { id: self.fresh_id(), at: self.environment().now().seconds(), by, text };
        let add = |mut notes: Vec<Note>| {
            if notes.len() >= MOST {
                return Err(NotNoted::TooMany);
            }
            notes.push(note.clone());
            Ok(notes)
        };
        self.change_notes(contact, "written", add).await
    }

    /// Deletes a note.
    ///
    /// # Errors
    /// [`NotNoted`].
    pub async fn delete_note(&self, contact: &str, id: &str) -> Result<(), NotNoted> {
        let without = |notes: Vec<Note>| {
            let before = notes.len();
            let rest: Vec<Note> = notes.into_iter().filter(|note| note.id != id).collect();
            if rest.len() == before { Err(SpaceError::NoSuch("note").into()) } else { Ok(rest) }
        };
        self.change_notes(contact, "deleted", without).await
    }

    /// Every change seals what is left under a key of its own, so that what was deleted opens nowhere any more.
    async fn change_notes(
        &self,
        contact: &str,
        code: &'static str,
        change: impl Fn(Vec<Note>) -> Result<Vec<Note>, NotNoted>,
    ) -> Result<(), NotNoted> {
        for _ in 0..TRIES {
            let found = self.tenant.get::<Contact>(contact).await?;
            let found = found.ok_or(SpaceError::NoSuch("contact"))?;
            let notes = change(self.notes_of(&found)?)?;
            let mut next = if code == "deleted" {
                self.rest_of(&found, &vec![false; found.given.len()])?
            } else {
                found.clone()
            };
            let key = key_of(self.identity.did.as_str(), contact, next.generation);
            next.notes = seal(&self.keyring, &key, &notes)?;
            let write = Write { found, next, leaf: self.noted(EntryKind::Noted, code), code };
            match self.tenant.commit(&write).await {
                Ok(()) => return Ok(()),
                Err(Fault::Refused(Refused::Moved)) => {}
                Err(Fault::Refused(Refused::No(why))) => return Err(why),
                Err(Fault::Store(fault)) => return Err(fault.into()),
            }
        }
        Err(StoreFault::Conflict.into())
    }

    fn noted(&self, kind: EntryKind, code: &str) -> Leaf {
        let entry = Entry::new(kind, self.environment().now()).with_code(code).about([NAME]);
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }
}

struct Decide {
    by: String,
    is_on: bool,
    at: i64,
    leaf: Leaf,
}

async fn newest(reader: &mut Reader) -> Result<Option<NotesDecision>, StoreFault> {
    Ok(reader.list::<NotesDecision>(Range::all().descending(), 1).await?.items.pop())
}

impl Change for Decide {
    const NAME: &'static str = "decide-notes";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let before = newest(tx).await?;
        // Where it is so already, who decided it first stands.
        if before.as_ref().is_some_and(|before| before.is_on) == self.is_on {
            return Ok(());
        }
        let version = before.map_or(1, |before| before.version.saturating_add(1));
        tx.put(&NotesDecision { version, is_on: self.is_on, by: self.by.clone(), at: self.at }).await?;
        Ok(tx.log(self.leaf.clone()).await?)
    }
}

enum Refused {
    /// The contact was changed meanwhile.
    Moved,
    No(NotNoted),
}

impl std::fmt::Debug for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Moved => "Moved",
            Self::No(_) => "No",
        })
    }
}

struct Write {
    found: Contact,
    next: Contact,
    leaf: Leaf,
    code: &'static str,
}

impl Change for Write {
    const NAME: &'static str = "write-note";
    type Output = ();
    type Refusal = Refused;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Refused>> {
        let id = self.found.id.as_str();
        if self.code == "written" {
            if !newest(tx).await?.is_some_and(|newest| newest.is_on) {
                return Err(Fault::Refused(Refused::No(NotNoted::Off)));
            }
            // A contact without a sign-up, or whose sign-up nobody has decided, is no member's.
            let is_known = tx.get::<crate::records::SignUp>(id).await?.is_some();
            if !is_known || basis_of(tx, id).await? != Basis::Member {
                return Err(Fault::Refused(Refused::No(NotNoted::NoMember)));
            }
        }
        if tx.get::<Contact>(id).await?.as_ref() != Some(&self.found) {
            return Err(Fault::Refused(Refused::Moved));
        }
        tx.put(&self.next).await?;
        if self.next.generation != self.found.generation {
            crate::keeping::erase_key(tx, id, self.found.generation).await?;
        }
        Ok(tx.log(self.leaf.clone()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_something_and_hides_nothing() {
        for text in ["Likes the desk by the window.", "7", "渡"] {
            assert!(is_note(text), "{text}");
        }
        let long = "a".repeat(LONGEST);
        assert!(is_note(&long));
        for text in [
            "",
            " \n",
            "-",
            &format!("{long}a"),
            "a\u{202e}b",
            "a\u{1b}[2J",
            "a\u{2028}b",
            "a\nb",
            "a\u{200b}",
            "a\0",
        ] {
            assert!(!is_note(text), "{text:?}");
        }
        let note = Note { id: "x".to_owned(), at: 0, by: "Mara".to_owned(), text: "secret".to_owned() };
        assert_eq!(format!("{note:?}"), "Note(x)");
    }
}
