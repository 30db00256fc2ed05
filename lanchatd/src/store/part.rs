//! A copy that is not complete: its name ends in `.part` until it is.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::error::{Cause, Misfit};
use super::place;
use super::standing::{Beginning, beginning};

/// What SQLite keeps beside a file that it copies to.
const JOURNAL: &str = "-journal";

/// A file that is ours until it is published; it is gone when the value is.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    is_published: bool,
    /// Tells others that somebody works on it. SQLite's own locks are of another kind (flock(2), fcntl(2)).
    _lock: File,
}

impl Part {
    /// Makes an empty one for `to`. What a copy has left that was cut off is cleared away.
    pub(super) fn make(to: &Path) -> Result<Self, Cause> {
        let path = place::with(to, ".part");
        clear(&path)?;
        if !place::make(&path)? {
            return Err(Misfit::PartInUse(path).into());
        }
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, is_published: false, _lock: file }),
            Err(TryLockError::WouldBlock) => Err(Misfit::PartInUse(path).into()),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the copy its name, unless something else has it.
    pub(super) fn publish(mut self, to: &Path) -> Result<(), Cause> {
        match renameat_with(CWD, &self.path, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            Err(Errno::EXIST) => return Err(Misfit::Exists.into()),
            // Not every file system can; then a moment is left in which somebody else could take the name.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                if fs::symlink_metadata(to).is_ok() {
                    return Err(Misfit::Exists.into());
                }
                fs::rename(&self.path, to)?;
            }
            Err(error) => return Err(io::Error::from(error).into()),
        }
        self.is_published = true;
        Ok(place::sync_directory(to)?)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_published {
            // The error that led here says more than one about what is left.
            let _ = fs::remove_file(&self.path);
            let _ = fs::remove_file(place::with(&self.path, JOURNAL));
        }
    }
}

/// Removes a copy that was cut off, if there is one: nobody works on it, and it begins as one does.
fn clear(path: &Path) -> Result<(), Cause> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    // SQLite writes the beginning of a copy last.
    if !metadata.is_file() || beginning(path)? == Beginning::Other {
        return Err(Misfit::PartInTheWay(path.to_owned()).into());
    }
    let file = File::open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Misfit::PartInUse(path.to_owned()).into()),
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    let journal = place::with(path, JOURNAL);
    if fs::symlink_metadata(&journal).is_ok_and(|journal| journal.is_file()) {
        fs::remove_file(journal)?;
    }
    Ok(fs::remove_file(path)?)
}
