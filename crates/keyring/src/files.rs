//! Files that are replaced whole, synced, and overwritten before they go.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    sync_folder(folder)?;
    match folder.canonicalize()?.parent() {
        Some(parent) => sync_folder(parent),
        None => Ok(()),
    }
}

pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The content, `None` when there is no such file.
pub(crate) fn read(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Room at once, so that no smaller buffer with a part of it is left behind.
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX).min(1_024 * 1_024);
    let mut content = Zeroizing::new(Vec::with_capacity(length.saturating_add(1)));
    file.read_to_end(&mut content)?;
    Ok(Some(content))
}

/// Puts `content` in the place of the file, whole or not at all, and wipes the old one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let next = next_to(path);
    // First of all: what cannot be opened now can only be left as it is, and must keep its name.
    let old = open_to_wipe(path)?;
    // One that was left there has secrets in it, and truncating frees its blocks as they are.
    discard(&next)?;
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&next)?;
    file.write_all(content)?;
    file.sync_all()?;
    take_place(&next, path)?;
    if let Some(folder) = path.parent() {
        sync_folder(folder)?;
    }
    // The new one is safe: only now may the old one be wiped, through the descriptor that is left of it.
    old.map_or(Ok(()), |old| wipe(&old))?;
    unlink(&old_of(path))
}

/// Wipes and removes a file; `false` when it was not there.
pub(crate) fn remove(path: &Path) -> io::Result<bool> {
    let old = old_of(path);
    discard(&old)?;
    // Under the name it must never be read half wiped.
    match fs::rename(path, &old) {
        Ok(()) => discard(&old).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Where the file that is to take the place of `path` is written.
pub(crate) fn next_to(path: &Path) -> PathBuf {
    path.with_extension("next")
}

/// Where a file lies from the moment that it does not count any more until it was wiped: whoever comes after a crash finds it.
pub(crate) fn old_of(path: &Path) -> PathBuf {
    path.with_extension("old")
}

/// Lets `next` have the name `path`. What had it keeps the one of [`old_of`], to be wiped and removed by the caller.
pub(crate) fn take_place(next: &Path, path: &Path) -> io::Result<()> {
    let old = old_of(path);
    discard(&old)?;
    match fs::hard_link(path, &old) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        // A file system without links. The caller has the file open; only a crash before it is wiped leaves it as it is.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => {}
        Err(error) => return Err(error),
    }
    fs::rename(next, path)
}

/// Wipes and removes what an earlier process left in `folder`: what it was writing, and what it was about to wipe.
pub(crate) fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "next" || extension == "old") {
            discard(&path)?;
        }
    }
    Ok(())
}

/// Wipes and removes a file that does not count, under a name of [`next_to`] or [`old_of`]. If that is still another name of the
/// file that counts, as after a crash in [`take_place`], only the name goes.
pub(crate) fn discard(path: &Path) -> io::Result<()> {
    let Some(file) = open_to_wipe(path)? else { return Ok(()) };
    if !is_named(&file, &path.with_extension(""))? {
        // It ceased to count by a renaming, which must not be undone by a power cut when this is wiped.
        if let Some(folder) = path.parent() {
            sync_folder(folder)?;
        }
        wipe(&file)?;
    }
    unlink(path)
}

/// Removes a name, if it is there. What lies under it is wiped, so it does not matter when this gets to the disk.
pub(crate) fn unlink(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// The file, to be overwritten; `None` when there is no such file, and for no other reason.
fn open_to_wipe(path: &Path) -> io::Result<Option<File>> {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether `path` is a name of this file.
fn is_named(file: &File, path: &Path) -> io::Result<bool> {
    let named = match fs::metadata(path) {
        Ok(named) => named,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let file = file.metadata()?;
    Ok((file.dev(), file.ino()) == (named.dev(), named.ino()))
}

pub(crate) fn wipe(file: &File) -> io::Result<()> {
    wipe_with(file, 0)
}

/// Overwrites every byte with `byte`, on the disk too when this returns.
pub(crate) fn wipe_with(mut file: &File, byte: u8) -> io::Result<()> {
    let length = file.metadata()?.len();
    file.rewind()?;
    io::copy(&mut io::repeat(byte).take(length), &mut file)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
