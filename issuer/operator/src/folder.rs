//! The operator's folder: a lock, and files that are replaced as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const LOCK: &str = "operator.lock";

/// A folder that this process alone works on while the value lives.
pub(crate) struct LockedFolder {
    path: PathBuf,
    _lock: File,
}

impl LockedFolder {
    /// Waits until nobody else works on the folder. With `create`, makes it first.
    pub(crate) fn lock(path: &Path, create: bool) -> io::Result<Self> {
        if create {
            create_private_folder(path)?;
        }
        let lock =
            private(OpenOptions::new().create(true).truncate(false).write(true)).open(path.join(LOCK))?;
        lock.lock()?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The content of a file; none if there is no such file.
    pub(crate) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path.join(name)) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces a file: whoever reads it, also after a crash, finds the old content or the new.
    pub(crate) fn replace(&self, name: &str, content: &[u8], access: Access) -> io::Result<()> {
        let temporary = self.path.join(format!("{name}.new"));
        // A crash may have left one behind, with whatever permissions.
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        let mut file = match access {
            Access::Owner => private(&mut options).open(&temporary)?,
            Access::Everybody => options.open(&temporary)?,
        };
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, self.path.join(name))?;
        // The new name is durable only when the folder is.
        File::open(&self.path)?.sync_all()
    }
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Only the owner: there are keys in it.
    Owner,
    /// Whoever may enter the folder.
    Everybody,
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn create_private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_left_by_a_crash_does_not_stand_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("state.new"), "half").unwrap();
        let locked = LockedFolder::lock(folder.path(), false).unwrap();
        locked.replace("state", b"whole", Access::Owner).unwrap();
        assert_eq!(locked.read("state").unwrap().unwrap(), b"whole");
        assert!(!folder.path().join("state.new").exists());
        assert_eq!(locked.read("other").unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn files_with_keys_are_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("operator");
        let locked = LockedFolder::lock(&path, true).unwrap();
        fs::write(path.join("keys.new"), "half").unwrap();
        fs::set_permissions(path.join("keys.new"), fs::Permissions::from_mode(0o644)).unwrap();
        locked.replace("keys", b"secret", Access::Owner).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("keys")), 0o600);
    }
}
