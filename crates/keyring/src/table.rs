//! The wrapped keys of a party, in one file of places of one size: a key is added and destroyed in its place.
//!
//! ```text
//! head 4096:   "passport keys 1\n" | places 8 | used 8 | epoch 8 | zeros
//! place 128:   state 1 | name 32 | wrapped key 69 | zeros       as often as the head says
//! ```
//! The head tells of the day the table was written: how many places it has, how many of them were used then (they never
//! become fewer), and the epoch that its keys were wrapped under. A copy with less, or of another epoch, is not opened.
//! The first place to look for a name is told by the name, which is a digest; if it is taken, the next one is looked at, up
//! to one that was never used. A place lies in one sector of a disk, so it is written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::files;

/// The digest under which a key lies.
pub(crate) type Name = [u8; 32];
/// A key as it lies on the disk: `epoch 8 | sealed key 61`.
pub(crate) type Wrapped = [u8; 69];

const MAGIC: &[u8] = b"passport keys 1\n";
const HEAD_BYTES: u64 = 4_096;
const PLACE_BYTES: u64 = 128;
const FEWEST_PLACES: u64 = 1_024;
/// Bytes that are read at once when a name is looked for.
const STRETCH: usize = 1_024;

/// A place that was never used.
const UNUSED: u8 = 0;
/// A place with a key.
const LIVE: u8 = 1;
/// A place whose key was destroyed.
const GONE: u8 = 2;
/// What a wiped table is filled with: the state of no place, so that a copy taken meanwhile does not look like one whose
/// places were never used.
const WIPED: u8 = 0xFF;

/// Why the table cannot be read or written.
#[derive(Debug)]
pub(crate) enum TableError {
    /// The file is not what was written.
    Damaged,
    /// The file system failed.
    File(io::Error),
}

impl From<io::Error> for TableError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// The table, open.
#[derive(Debug)]
pub(crate) struct Table {
    path: PathBuf,
    /// Where it lies, open from the start: after a renaming there may be no descriptor left to sync it by.
    folder: Arc<File>,
    file: Arc<File>,
    /// What the disk holds is not known any more. The kernel calls pages clean that it could not write, so that the next
    /// sync would say that all is well: no key is made or destroyed any more.
    has_failed: Arc<AtomicBool>,
    /// The epoch that its keys were wrapped under when it was written.
    epoch: u64,
    places: u64,
    /// Places that were ever used, also those whose key is gone.
    used: u64,
    live: u64,
}

/// Where a name was found, or where it may be put.
enum Found {
    At(u64, Wrapped),
    /// The first place that may be taken, and whether it was never used.
    FreeAt(u64, bool),
}

impl Table {
    /// Opens the table at `path`; none if there is no such file. All that is read was brought to the disk before: who wrote it
    /// may have been killed in between, and what is found counts as kept, and what is not found as destroyed.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, TableError> {
        let file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => Arc::new(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        file.sync_all()?;
        let length = file.metadata()?.len();
        let body = length.checked_sub(HEAD_BYTES).filter(|body| body.is_multiple_of(PLACE_BYTES));
        let places = body.and_then(|body| body.checked_div(PLACE_BYTES)).filter(|places| *places > 0);
        let places = places.ok_or(TableError::Damaged)?;
        let head = Head::read(&file)?;
        if head.places != places {
            return Err(TableError::Damaged);
        }
        let (folder, has_failed) = (folder_of(path)?, Arc::default());
        let epoch = head.epoch;
        let mut table =
            Self { path: path.to_owned(), folder, file, has_failed, epoch, places, used: 0, live: 0 };
        let (mut used, mut live) = (0_u64, 0_u64);
        table.each::<TableError>(|place| {
            used = used.saturating_add(u64::from(place.state != UNUSED));
            live = live.saturating_add(u64::from(place.state == LIVE));
            Ok(())
        })?;
        if used < head.used {
            return Err(TableError::Damaged);
        }
        (table.used, table.live) = (used, live);
        Ok(Some(table))
    }

    /// A new table without a key, on the disk when this returns.
    pub(crate) fn create(path: &Path, epoch: u64) -> Result<Self, TableError> {
        let table = Self::begin(path, folder_of(path)?, epoch, FEWEST_PLACES)?;
        table.finish()?;
        table.folder.sync_all()?;
        Ok(table)
    }

    /// The epoch that its keys were wrapped under when it was written.
    pub(crate) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether it is unknown what the disk holds. It stays so until the table is opened again.
    pub(crate) fn has_failed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.has_failed)
    }

    /// Whether there is no key.
    pub(crate) const fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// The file, to be synced.
    pub(crate) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// The key under `name`.
    pub(crate) fn get(&self, name: &Name) -> Result<Option<Wrapped>, TableError> {
        match self.find(name)? {
            Found::At(_, wrapped) => Ok(Some(wrapped)),
            Found::FreeAt(..) => Ok(None),
        }
    }

    /// Puts a key under `name`. It is on the disk once the file was synced.
    pub(crate) fn put(&mut self, name: &Name, wrapped: &Wrapped) -> Result<(), TableError> {
        let mut found = self.find(name)?;
        // Three quarters, so that a search is short and comes to an end.
        if matches!(found, Found::FreeAt(_, true))
            && self.used.saturating_mul(4) >= self.places.saturating_mul(3)
        {
            self.rewrite(self.epoch, |_, wrapped| Ok::<_, TableError>(wrapped))?;
            found = self.find(name)?;
        }
        let (place, is_new, is_more) = match found {
            Found::At(place, _) => (place, false, false),
            Found::FreeAt(place, is_new) => (place, is_new, true),
        };
        let content = Place { state: LIVE, name: *name, wrapped: *wrapped }.to_bytes();
        self.file.write_all_at(&content, offset_of(place))?;
        self.used = self.used.saturating_add(u64::from(is_new));
        self.live = self.live.saturating_add(u64::from(is_more));
        Ok(())
    }

    /// Overwrites the key under `name`, on the disk too when this returns; false if there is none.
    pub(crate) fn destroy(&mut self, name: &Name) -> Result<bool, TableError> {
        let Found::At(place, _) = self.find(name)? else { return Ok(false) };
        let content = Place { state: GONE, name: [0; 32], wrapped: [0; 69] }.to_bytes();
        self.known(self.file.write_all_at(&content, offset_of(place)))?;
        self.live = self.live.saturating_sub(1);
        self.known(self.file.sync_data())?;
        Ok(true)
    }

    /// Writes the table anew with every key changed to `epoch`, whole or not at all, and wipes the old one.
    pub(crate) fn rewrite<E: From<TableError>>(
        &mut self,
        epoch: u64,
        change: impl FnMut(&Name, Wrapped) -> Result<Wrapped, E>,
    ) -> Result<(), E> {
        let next = self.next(epoch, change).inspect_err(|_| {
            // What was wrapped into it must not outlive its key. If it stays, the next one that is begun begins with this.
            files::remove(&next_to(&self.path)).ok();
        })?;
        let old = std::mem::replace(self, next).file;
        // From here on the name means the new one, whatever else goes wrong.
        self.known(self.folder.sync_all())?;
        // The new one is safe: only now may the old one be wiped, through the descriptor that is left of it.
        Ok(self.known(files::wipe_with(&old, WIPED))?)
    }

    /// The table that takes the place of this one, in that place.
    fn next<E: From<TableError>>(
        &self,
        epoch: u64,
        mut change: impl FnMut(&Name, Wrapped) -> Result<Wrapped, E>,
    ) -> Result<Self, E> {
        let places = self.live.saturating_mul(4).next_power_of_two().max(FEWEST_PLACES);
        let mut next = Self::begin(&self.path, Arc::clone(&self.folder), epoch, places)?;
        next.has_failed = self.has_failed();
        self.each::<E>(|place| {
            if place.state == LIVE {
                next.put(&place.name, &change(&place.name, place.wrapped)?)?;
            }
            Ok(())
        })?;
        next.finish()?;
        Ok(next)
    }

    /// A table beside its place, without a key.
    fn begin(path: &Path, folder: Arc<File>, epoch: u64, places: u64) -> Result<Self, TableError> {
        // One that was left there has keys in it, and truncating frees its blocks as they are.
        files::remove(&next_to(path))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(next_to(path))?;
        // Zeros rather than a hole: a place that is written later needs no new block.
        let mut writer = BufWriter::with_capacity(1 << 16, &file);
        io::copy(&mut io::Read::take(io::repeat(0), offset_of(places)), &mut writer)?;
        writer.flush()?;
        drop(writer);
        let (path, file, has_failed) = (path.to_owned(), Arc::new(file), Arc::default());
        Ok(Self { path, folder, file, has_failed, epoch, places, used: 0, live: 0 })
    }

    /// Brings it to the disk and into its place. That this has happened is on the disk once the folder was synced.
    fn finish(&self) -> Result<(), TableError> {
        let head = Head { places: self.places, used: self.used, epoch: self.epoch };
        self.known(self.file.write_all_at(&head.to_bytes(), 0))?;
        self.known(self.file.sync_all())?;
        self.known(fs::rename(next_to(&self.path), &self.path))
    }

    /// Notes a failure after which it is not known what the disk holds.
    fn known(&self, done: io::Result<()>) -> Result<(), TableError> {
        Ok(done.inspect_err(|_| self.has_failed.store(true, Ordering::SeqCst))?)
    }

    fn find(&self, name: &Name) -> Result<Found, TableError> {
        let mut place = self.first_place(name)?;
        let (mut looked_at, mut free) = (0_u64, None);
        let mut stretch = [0; STRETCH];
        while looked_at < self.places {
            let left = self.places.saturating_sub(place).saturating_mul(PLACE_BYTES);
            let length = usize::try_from(left).unwrap_or(STRETCH).min(STRETCH);
            let stretch = stretch.get_mut(..length).ok_or(TableError::Damaged)?;
            self.file.read_exact_at(stretch, offset_of(place))?;
            for bytes in stretch.chunks_exact(PLACE) {
                let content = Place::read(bytes)?;
                match content.state {
                    LIVE if content.name == *name => return Ok(Found::At(place, content.wrapped)),
                    LIVE => {}
                    GONE => free = free.or(Some((place, false))),
                    _ => {
                        let (place, is_new) = free.unwrap_or((place, true));
                        return Ok(Found::FreeAt(place, is_new));
                    }
                }
                place = place.saturating_add(1);
                looked_at = looked_at.saturating_add(1);
            }
            if place >= self.places {
                place = 0;
            }
        }
        // Full of keys that are there or gone, which `add` lets nothing become.
        let (place, is_new) = free.ok_or(TableError::Damaged)?;
        Ok(Found::FreeAt(place, is_new))
    }

    fn first_place(&self, name: &Name) -> Result<u64, TableError> {
        let start = name.first_chunk::<8>().map(|start| u64::from_be_bytes(*start));
        start.and_then(|start| start.checked_rem(self.places)).ok_or(TableError::Damaged)
    }

    fn each<E: From<TableError>>(&self, mut see: impl FnMut(Place) -> Result<(), E>) -> Result<(), E> {
        let mut stretch = vec![0; 1 << 16];
        let (mut at, end) = (HEAD_BYTES, offset_of(self.places));
        while at < end {
            let length = usize::try_from(end.saturating_sub(at)).unwrap_or(stretch.len()).min(stretch.len());
            let stretch = stretch.get_mut(..length).ok_or(TableError::Damaged)?;
            self.file.read_exact_at(stretch, at).map_err(TableError::from)?;
            for bytes in stretch.chunks_exact(PLACE) {
                see(Place::read(bytes)?)?;
            }
            at = at.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        }
        Ok(())
    }
}

const PLACE: usize = 128;

const fn offset_of(place: u64) -> u64 {
    HEAD_BYTES.saturating_add(place.saturating_mul(PLACE_BYTES))
}

fn next_to(path: &Path) -> PathBuf {
    path.with_extension("next")
}

fn folder_of(path: &Path) -> io::Result<Arc<File>> {
    Ok(Arc::new(File::open(path.parent().unwrap_or_else(|| Path::new(".")))?))
}

struct Head {
    places: u64,
    used: u64,
    epoch: u64,
}

const HEAD: usize = MAGIC.len() + 24;

impl Head {
    fn to_bytes(&self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        let numbers = [self.places, self.used, self.epoch].map(u64::to_be_bytes);
        let content = MAGIC.iter().chain(numbers.as_flattened());
        bytes.iter_mut().zip(content).for_each(|(byte, from)| *byte = *from);
        bytes
    }

    fn read(file: &File) -> Result<Self, TableError> {
        let mut bytes = [0; HEAD];
        file.read_exact_at(&mut bytes, 0)?;
        let numbers = bytes.strip_prefix(MAGIC).ok_or(TableError::Damaged)?;
        let [places, used, epoch] = numbers.as_chunks::<8>().0 else { return Err(TableError::Damaged) };
        let [places, used, epoch] = [places, used, epoch].map(|number| u64::from_be_bytes(*number));
        Ok(Self { places, used, epoch })
    }
}

struct Place {
    state: u8,
    name: Name,
    wrapped: Wrapped,
}

impl Place {
    fn to_bytes(&self) -> [u8; PLACE] {
        let mut bytes = [0; PLACE];
        let content = std::iter::once(&self.state).chain(&self.name).chain(&self.wrapped);
        bytes.iter_mut().zip(content).for_each(|(byte, from)| *byte = *from);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Self, TableError> {
        let parts = || {
            let (state, rest) = bytes.split_first()?;
            let (name, rest) = rest.split_first_chunk::<32>()?;
            Some(Self { state: *state, name: *name, wrapped: *rest.first_chunk::<69>()? })
        };
        let place = parts().ok_or(TableError::Damaged)?;
        if matches!(place.state, UNUSED | LIVE | GONE) { Ok(place) } else { Err(TableError::Damaged) }
    }
}

#[cfg(test)]
mod tests;
