//! Files that are replaced whole, synced, and overwritten before they go.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

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
    let next = path.with_extension("next");
    // One that was left there has secrets in it, and truncating frees its blocks as they are.
    remove(&next)?;
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&next)?;
    file.write_all(content)?;
    file.sync_all()?;
    let old = OpenOptions::new().write(true).open(path).ok();
    fs::rename(&next, path)?;
    if let Some(folder) = path.parent() {
        sync_folder(folder)?;
    }
    // The new one is safe: only now may the old one be wiped, through the descriptor that is left of it.
    old.map_or(Ok(()), |old| wipe(&old))
}

/// Wipes and removes a file; `false` when it was not there.
pub(crate) fn remove(path: &Path) -> io::Result<bool> {
    let old = match OpenOptions::new().write(true).open(path) {
        Ok(old) => old,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    fs::remove_file(path)?;
    if let Some(folder) = path.parent() {
        sync_folder(folder)?;
    }
    wipe(&old)?;
    Ok(true)
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
