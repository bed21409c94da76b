//! The wrapped keys of a party, in one file of places of one size: a key is added and destroyed in its place.
//!
//! ```text
//! head 4096:   "passport keys 2\n" | places 8 | used 8 | epoch 8 | zeros
//! place 128:   state 1 | name 32 | wrapped key 69 | check 8 | zeros       as often as the head says
//! ```
//! The head tells of the day the table was written: how many places it has, how many of them were used then (they never
//! become fewer), and the epoch that its keys were wrapped under. A copy with less, or of another epoch, is not opened.
//! The first place to look for a name is told by the name, which is a digest; if it is taken, the next one is looked at, up
//! to one that was never used. A place lies in one sector of a disk, so it is written whole or not at all.
//!
//! The check is the start of the SHA-256 of what stands before it. A place that was never used is all zeros, and has none. What
//! is neither is damaged, and may have been any key: a search that comes by it and finds nothing names it, for what is not there
//! counts as destroyed. It bears the name that lies there, be it right or not, and stays where it is until it is dropped by that
//! name. A table of before, `passport keys 1`, has no checks.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use crate::files;

/// The digest under which a key lies.
pub(crate) type Name = [u8; 32];
/// A key as it lies on the disk: `epoch 8 | sealed key 61`.
pub(crate) type Wrapped = [u8; 69];

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
    /// The place that bears this name is not what was written.
    DamagedAt(Name),
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
    format: Format,
    /// The epoch that its keys were wrapped under when it was written.
    epoch: u64,
    places: u64,
    /// Places that were ever used, also those whose key is gone.
    used: u64,
    /// Places with a key, or with what may have been one.
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
    /// What the disk did not take and an earlier process was told of is not: [`Table::renew`] it before anything counts.
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
        let (format, epoch) = (head.format, head.epoch);
        let mut table =
            Self { path: path.to_owned(), folder, file, has_failed, format, epoch, places, used: 0, live: 0 };
        table.count()?;
        if table.used < head.used {
            return Err(TableError::Damaged);
        }
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
            // With more room all would move, and what is damaged would no more be where it is looked for.
            if let Some(damaged) = self.first_damaged()? {
                return Err(TableError::DamagedAt(damaged));
            }
            self.renew()?;
            found = self.find(name)?;
        }
        let (place, is_new, is_more) = match found {
            Found::At(place, _) => (place, false, false),
            Found::FreeAt(place, is_new) => (place, is_new, true),
        };
        self.write(place, &Place { state: LIVE, name: *name, wrapped: *wrapped })?;
        self.used = self.used.saturating_add(u64::from(is_new));
        self.live = self.live.saturating_add(u64::from(is_more));
        Ok(())
    }

    /// Overwrites the key under `name`; false if there is none. It is gone from the disk once the file was synced.
    pub(crate) fn destroy(&mut self, name: &Name) -> Result<bool, TableError> {
        let Found::At(place, _) = self.find(name)? else { return Ok(false) };
        self.known(self.write(place, &Place::gone()))?;
        self.live = self.live.saturating_sub(1);
        Ok(true)
    }

    /// Overwrites what is damaged and bears `name`; false if nothing is. It is gone from the disk once the file was synced.
    pub(crate) fn drop_damaged(&mut self, name: &Name) -> Result<bool, TableError> {
        // All reading comes first, so that nothing was changed if it fails.
        let mut found = Vec::new();
        let counted = self.count_without(|at, bytes| {
            let is_meant = Place::read(bytes, self.format).is_err_and(|there| there == *name);
            found.extend(is_meant.then_some(at));
            is_meant
        })?;
        for place in &found {
            // Gone, not never used: there may be keys behind it.
            self.known(self.write(*place, &Place::gone()))?;
        }
        (self.used, self.live) = counted;
        Ok(!found.is_empty())
    }

    /// Writes the table anew as it is. The kernel calls pages clean that it could not write, and does not tell who opens the file
    /// after somebody was told: what is read from them is on the disk after this alone.
    pub(crate) fn renew(&mut self) -> Result<(), TableError> {
        self.rewrite(self.epoch, |_, wrapped| Ok::<_, TableError>(wrapped)).map(drop)
    }

    /// Writes the table anew with every key changed to `epoch`, whole or not at all, and wipes the old one. Tells the first place
    /// that is damaged, if there is any: it is as it was.
    pub(crate) fn rewrite<E: From<TableError>>(
        &mut self,
        epoch: u64,
        change: impl FnMut(&Name, Wrapped) -> Result<Wrapped, E>,
    ) -> Result<Option<Name>, E> {
        let damaged = self.first_damaged()?;
        let next = self.next(epoch, damaged.is_none(), change).inspect_err(|_| {
            // What was wrapped into it must not outlive its key. If it stays, the next one that is begun begins with this.
            files::discard(&files::next_to(&self.path)).ok();
        })?;
        let old = std::mem::replace(self, next).file;
        // From here on the name means the new one, whatever else goes wrong.
        self.known(self.folder.sync_all())?;
        // The new one is safe: only now may the old one be wiped, through the descriptor that is left of it.
        self.known(files::wipe_with(&old, WIPED))?;
        self.known(files::unlink(&files::old_of(&self.path)))?;
        Ok(damaged)
    }

    /// The table that takes the place of this one, in that place.
    fn next<E: From<TableError>>(
        &self,
        epoch: u64,
        is_sound: bool,
        mut change: impl FnMut(&Name, Wrapped) -> Result<Wrapped, E>,
    ) -> Result<Self, E> {
        // What is damaged stays in the way of whoever looks for it, so that nothing moves beside it.
        let fitting = self.live.saturating_mul(4).next_power_of_two().max(FEWEST_PLACES);
        let places = if is_sound { fitting } else { self.places };
        let mut next = Self::begin(&self.path, Arc::clone(&self.folder), epoch, places)?;
        next.has_failed = self.has_failed();
        self.each::<E>(|at, bytes| {
            match Place::read(bytes, self.format) {
                Ok(place) if place.state == LIVE => {
                    let wrapped = change(&place.name, place.wrapped)?;
                    if is_sound {
                        next.put(&place.name, &wrapped)?;
                    } else {
                        next.write(at, &Place { wrapped, ..place }).map_err(TableError::from)?;
                    }
                }
                Ok(place) if place.state == GONE && !is_sound => {
                    next.write(at, &place).map_err(TableError::from)?;
                }
                Ok(_) => {}
                Err(name) if is_sound => return Err(TableError::DamagedAt(name).into()),
                Err(_) => next.file.write_all_at(bytes, offset_of(at)).map_err(TableError::from)?,
            }
            Ok(())
        })?;
        if !is_sound {
            next.count()?;
        }
        next.finish()?;
        Ok(next)
    }

    /// A table beside its place, without a key.
    fn begin(path: &Path, folder: Arc<File>, epoch: u64, places: u64) -> Result<Self, TableError> {
        // One that was left there has keys in it, and truncating frees its blocks as they are.
        files::discard(&files::next_to(path))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(files::next_to(path))?;
        // Zeros rather than a hole: a place that is written later needs no new block.
        let mut writer = BufWriter::with_capacity(1 << 16, &file);
        io::copy(&mut io::Read::take(io::repeat(0), offset_of(places)), &mut writer)?;
        writer.flush()?;
        drop(writer);
        let (path, file, has_failed) = (path.to_owned(), Arc::new(file), Arc::default());
        let format = Format::Checked;
        Ok(Self { path, folder, file, has_failed, format, epoch, places, used: 0, live: 0 })
    }

    /// Brings it to the disk and into its place. That this has happened is on the disk once the folder was synced.
    fn finish(&self) -> Result<(), TableError> {
        let head = Head { format: self.format, places: self.places, used: self.used, epoch: self.epoch };
        self.known(self.file.write_all_at(&head.to_bytes(), 0))?;
        self.known(self.file.sync_all())?;
        self.known(files::take_place(&files::next_to(&self.path), &self.path))
    }

    /// Notes a failure after which it is not known what the disk holds.
    fn known(&self, done: io::Result<()>) -> Result<(), TableError> {
        Ok(done.inspect_err(|_| self.has_failed.store(true, Ordering::SeqCst))?)
    }

    fn write(&self, place: u64, content: &Place) -> io::Result<()> {
        self.file.write_all_at(&content.to_bytes(self.format), offset_of(place))
    }

    fn find(&self, name: &Name) -> Result<Found, TableError> {
        let mut place = self.first_place(name)?;
        let (mut looked_at, mut free, mut damaged) = (0_u64, None, None);
        let mut stretch = [0; STRETCH];
        while looked_at < self.places {
            let left = self.places.saturating_sub(place).saturating_mul(PLACE_BYTES);
            let length = usize::try_from(left).unwrap_or(STRETCH).min(STRETCH);
            let stretch = stretch.get_mut(..length).ok_or(TableError::Damaged)?;
            self.file.read_exact_at(stretch, offset_of(place))?;
            for bytes in stretch.as_chunks::<PLACE>().0 {
                match Place::read(bytes, self.format) {
                    Ok(content) if content.state == UNUSED => {
                        return not_there(free.or(Some((place, true))), damaged);
                    }
                    Ok(content) if content.state == GONE => free = free.or(Some((place, false))),
                    Ok(content) if content.name == *name => return Ok(Found::At(place, content.wrapped)),
                    Ok(_) => {}
                    Err(there) => damaged = damaged.or(Some(there)),
                }
                place = place.saturating_add(1);
                looked_at = looked_at.saturating_add(1);
            }
            if place >= self.places {
                place = 0;
            }
        }
        // Full of keys that are there or gone, which `put` lets nothing become.
        not_there(free, damaged)
    }

    fn first_place(&self, name: &Name) -> Result<u64, TableError> {
        let start = name.first_chunk::<8>().map(|start| u64::from_be_bytes(*start));
        start.and_then(|start| start.checked_rem(self.places)).ok_or(TableError::Damaged)
    }

    /// What the first place bears for a name that is not what was written.
    fn first_damaged(&self) -> Result<Option<Name>, TableError> {
        let mut first = None;
        self.each::<TableError>(|_, bytes| {
            first = first.or(Place::read(bytes, self.format).err());
            Ok(())
        })?;
        Ok(first)
    }

    fn count(&mut self) -> Result<(), TableError> {
        (self.used, self.live) = self.count_without(|_, _| false)?;
        Ok(())
    }

    /// How many places are used, and how many of them live, once those are gone that `is_to_go` names.
    fn count_without(
        &self,
        mut is_to_go: impl FnMut(u64, &[u8; PLACE]) -> bool,
    ) -> Result<(u64, u64), TableError> {
        let (mut used, mut live) = (0_u64, 0_u64);
        self.each::<TableError>(|at, bytes| {
            let state = match is_to_go(at, bytes) {
                true => GONE,
                // Not a place that is damaged: this is a copy that was taken while the table was wiped.
                false if *bytes == [WIPED; PLACE] => return Err(TableError::Damaged),
                false => Place::read(bytes, self.format).map_or(LIVE, |place| place.state),
            };
            used = used.saturating_add(u64::from(state != UNUSED));
            live = live.saturating_add(u64::from(state == LIVE));
            Ok(())
        })?;
        Ok((used, live))
    }

    fn each<E: From<TableError>>(
        &self,
        mut see: impl FnMut(u64, &[u8; PLACE]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut stretch = vec![0; 1 << 16];
        let mut at = 0_u64;
        while at < self.places {
            let left = self.places.saturating_sub(at).saturating_mul(PLACE_BYTES);
            let length = usize::try_from(left).unwrap_or(stretch.len()).min(stretch.len());
            let stretch = stretch.get_mut(..length).ok_or(TableError::Damaged)?;
            self.file.read_exact_at(stretch, offset_of(at)).map_err(TableError::from)?;
            for bytes in stretch.as_chunks::<PLACE>().0 {
                see(at, bytes)?;
                at = at.saturating_add(1);
            }
        }
        Ok(())
    }
}

/// Where a name may be put that was not found, unless it may be what is damaged.
fn not_there(free: Option<(u64, bool)>, damaged: Option<Name>) -> Result<Found, TableError> {
    if let Some(damaged) = damaged {
        return Err(TableError::DamagedAt(damaged));
    }
    let (place, is_new) = free.ok_or(TableError::Damaged)?;
    Ok(Found::FreeAt(place, is_new))
}

const PLACE: usize = 128;

const fn offset_of(place: u64) -> u64 {
    HEAD_BYTES.saturating_add(place.saturating_mul(PLACE_BYTES))
}

fn folder_of(path: &Path) -> io::Result<Arc<File>> {
    Ok(Arc::new(File::open(path.parent().unwrap_or_else(|| Path::new(".")))?))
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// As before there were checks. It is read, to be written anew.
    Unchecked,
    /// With a check in each place that was used.
    Checked,
}

const MAGIC_BYTES: usize = 16;

impl Format {
    const fn magic(self) -> &'static [u8; MAGIC_BYTES] {
        match self {
            Self::Unchecked => b"passport keys 1\n",
            Self::Checked => b"passport keys 2\n",
        }
    }

    fn check(self, content: &[u8; CONTENT]) -> [u8; CHECK] {
        let mut check = [0; CHECK];
        if self == Self::Checked {
            check.iter_mut().zip(Sha256::digest(content)).for_each(|(byte, from)| *byte = from);
        }
        check
    }
}

struct Head {
    format: Format,
    places: u64,
    used: u64,
    epoch: u64,
}

const HEAD: usize = MAGIC_BYTES + 24;

impl Head {
    fn to_bytes(&self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        let numbers = [self.places, self.used, self.epoch].map(u64::to_be_bytes);
        let content = self.format.magic().iter().chain(numbers.as_flattened());
        bytes.iter_mut().zip(content).for_each(|(byte, from)| *byte = *from);
        bytes
    }

    fn read(file: &File) -> Result<Self, TableError> {
        let mut bytes = [0; HEAD];
        file.read_exact_at(&mut bytes, 0)?;
        let of = |format: Format| Some((format, bytes.strip_prefix(format.magic())?));
        let (format, numbers) =
            of(Format::Checked).or_else(|| of(Format::Unchecked)).ok_or(TableError::Damaged)?;
        let [places, used, epoch] = numbers.as_chunks::<8>().0 else { return Err(TableError::Damaged) };
        let [places, used, epoch] = [places, used, epoch].map(|number| u64::from_be_bytes(*number));
        Ok(Self { format, places, used, epoch })
    }
}

struct Place {
    state: u8,
    name: Name,
    wrapped: Wrapped,
}

/// What the check of a place is over.
const CONTENT: usize = 102;
const CHECK: usize = 8;

impl Place {
    /// One whose key was destroyed.
    const fn gone() -> Self {
        Self { state: GONE, name: [0; 32], wrapped: [0; 69] }
    }

    fn to_bytes(&self, format: Format) -> [u8; PLACE] {
        let (mut content, mut bytes) = ([0; CONTENT], [0; PLACE]);
        let fields = std::iter::once(&self.state).chain(&self.name).chain(&self.wrapped);
        content.iter_mut().zip(fields).for_each(|(byte, from)| *byte = *from);
        let all = content.iter().copied().chain(format.check(&content));
        bytes.iter_mut().zip(all).for_each(|(byte, from)| *byte = from);
        bytes
    }

    /// What lies in a place; if it is not what was written, what lies there for a name.
    fn read(bytes: &[u8; PLACE], format: Format) -> Result<Self, Name> {
        let parts = || {
            let (content, behind) = bytes.split_first_chunk::<CONTENT>()?;
            let (state, rest) = content.split_first()?;
            let (name, rest) = rest.split_first_chunk::<32>()?;
            let place = Self { state: *state, name: *name, wrapped: *rest.first_chunk::<69>()? };
            let (check, zeros) = behind.split_first_chunk::<CHECK>()?;
            let is_zero = || zeros.iter().all(|byte| *byte == 0);
            let is_sound = match place.state {
                UNUSED => *bytes == [0; PLACE],
                LIVE | GONE => *check == format.check(content) && is_zero(),
                _ => false,
            };
            Some((place, is_sound))
        };
        match parts() {
            Some((place, true)) => Ok(place),
            Some((place, false)) => Err(place.name),
            None => Err([0; 32]),
        }
    }
}

#[cfg(test)]
mod tests;
