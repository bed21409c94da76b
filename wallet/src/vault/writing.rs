//! Writing records: several at once, together with the places of those that are listed by time.

use store::{Change, Fault, Tx};
use zeroize::Zeroizing;

use super::header::{self, Header};
use super::sealed::Sealed;
use super::timeline::{Editing, Key, Placed};
use super::{Kept, Vault, VaultError};

/// How often a batch is put together anew because somebody else has written the same list meanwhile.
const MOST_TRIES: usize = 32;

/// Several writes that happen together.
pub(crate) struct Batch<'a> {
    vault: &'a Vault,
    puts: Vec<Sealed>,
    deletes: Vec<String>,
    /// What is listed by time: kind, name and place.
    placed: Vec<(&'static str, String, Placed)>,
    /// What is listed no more.
    gone: Vec<(&'static str, Key)>,
}

impl<'a> Batch<'a> {
    pub(super) const fn new(vault: &'a Vault) -> Self {
        Self { vault, puts: Vec::new(), deletes: Vec::new(), placed: Vec::new(), gone: Vec::new() }
    }

    pub(crate) fn put<T: Kept>(mut self, record: &T) -> Result<Self, VaultError> {
        self.puts.push(self.vault.sealed(record)?);
        if let Some(placed) = record.placed() {
            self.placed.push((T::KIND, record.name(), placed));
        }
        Ok(self)
    }

    /// Lists a record that is there.
    pub(super) fn place<T: Kept>(mut self, record: &T) -> Self {
        self.placed.extend(record.placed().map(|placed| (T::KIND, record.name(), placed)));
        self
    }

    /// Deletes a record of a kind that is not listed by time.
    pub(crate) fn delete<T: Kept>(mut self, name: &str) -> Self {
        self.deletes.push(self.vault.key.identifier(T::KIND, name));
        self
    }

    /// Deletes a record that is listed by time, of this name and moment.
    pub(crate) fn delete_listed<T: Kept>(mut self, name: &str, at: i64) -> Self {
        self.gone.push((T::KIND, Key::new(at, name)));
        self.delete::<T>(name)
    }

    /// What was to be written, for a change that writes more. Nothing of it is listed by time.
    pub(super) fn into_puts(self) -> Vec<Sealed> {
        self.puts
    }

    pub(crate) async fn commit(self) -> Result<(), VaultError> {
        for _ in 0..MOST_TRIES {
            let mut write =
                Write { puts: self.puts.clone(), deletes: self.deletes.clone(), as_read: Vec::new() };
            for kind in self.listed_kinds() {
                self.note_places(kind, &mut write).await?;
            }
            match self.vault.tenant.commit(&write).await {
                Ok(()) => return Ok(()),
                Err(Fault::Refused(NotWritten::Moved)) => {}
                Err(Fault::Refused(NotWritten::Closed)) => return Err(VaultError::Closed),
                Err(Fault::Store(fault)) => return Err(fault.into()),
            }
        }
        Err(VaultError::Store(store::StoreFault::Conflict))
    }

    fn listed_kinds(&self) -> Vec<&'static str> {
        let mut kinds: Vec<_> = self.placed.iter().map(|(kind, ..)| *kind).collect();
        kinds.extend(self.gone.iter().map(|(kind, _)| *kind));
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Puts the places of one kind into what is written. A list that nobody has asked for yet is made of all when somebody does.
    async fn note_places(&self, kind: &'static str, write: &mut Write) -> Result<(), VaultError> {
        let Some(mut editing) = Editing::begin(self.vault, kind).await? else {
            write.as_read.push((Editing::root_id(self.vault, kind), None));
            return Ok(());
        };
        for (_, name, placed) in self.placed.iter().filter(|(one, ..)| *one == kind) {
            editing.add(name, placed).await?;
        }
        for (_, key) in self.gone.iter().filter(|(one, _)| *one == kind) {
            editing.remove(key).await?;
        }
        editing.finish(write)
    }
}

/// What is written in one step, and what must be as it was read.
#[derive(Default)]
pub(super) struct Write {
    pub(super) puts: Vec<Sealed>,
    pub(super) deletes: Vec<String>,
    /// Records by their identifier, and what was read of them: none where there was nothing.
    pub(super) as_read: Vec<(String, Option<String>)>,
}

/// Why nothing was written.
#[derive(Debug)]
pub(super) enum NotWritten {
    /// Something is not as it was read.
    Moved,
    /// The vault was closed meanwhile: nothing of it is left, and nothing comes back.
    Closed,
}

impl Change for Write {
    const NAME: &'static str = "wallet-write";
    type Output = ();
    type Refusal = NotWritten;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NotWritten>> {
        if tx.get::<Header>(header::KEY).await?.is_none() {
            return Err(Fault::Refused(NotWritten::Closed));
        }
        for (id, read) in &self.as_read {
            let now = tx.get::<Sealed>(id.as_str()).await?;
            if now.as_ref().map(Sealed::data) != read.as_deref() {
                return Err(Fault::Refused(NotWritten::Moved));
            }
        }
        for id in &self.deletes {
            let _ = tx.delete::<Sealed>(id).await?;
        }
        for sealed in &self.puts {
            tx.put(sealed).await?;
        }
        Ok(())
    }
}

impl Vault {
    pub(super) fn sealed<T: Kept>(&self, record: &T) -> Result<Sealed, VaultError> {
        let plain = Zeroizing::new(serde_json::to_vec(record).map_err(|_| VaultError::Unstorable)?);
        let id = self.key.identifier(T::KIND, &record.name());
        let data = self.key.seal(&id, &plain, self.environment().randomness())?;
        Ok(Sealed::new(id, data))
    }
}
