//! A backup becomes the store again, while no daemon uses it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use super::backup::{Checked, check_file, publish};
use super::database::harden;
use super::error::{Cause, Misfit, StoreError};
use super::open_error::OpenError;
use super::{meta, place};

/// Pages that are copied in one step.
const PAGES_AT_ONCE: i32 = 1024;

/// What belongs to a store: itself, and what SQLite keeps beside it. A log that is left behind would be taken for
/// that of the next file of the name.
const PARTS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// A store that was made of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where it is.
    pub to: PathBuf,
    /// Where the store is that was there before.
    pub replaced: Option<PathBuf>,
    /// What is in it.
    pub checked: Checked,
}

/// Makes a store of a backup. One that is there is refused, or put aside where it `may_replace` it.
///
/// The copy is complete, checked and on the disk before anything is put aside.
pub fn restore(from: &Path, to: &Path, may_replace: bool) -> Result<Restored, OpenError> {
    let error = |cause| StoreError::new("restore to", to, cause);
    // Says what is wrong with the backup before anything is done.
    super::check(from)?;
    place::make_directory(to)?;
    let to = &real(to).map_err(|cause| error(cause.into()))?;
    let _lock = place::lock(to)?;
    if fs::symlink_metadata(to).is_ok() && !may_replace {
        return Err(error(Misfit::Stands.into()).into());
    }
    let part = &with(to, ".part");
    let restored = copy(from, part).and_then(|checked| {
        own(part, to)?;
        let replaced = put_aside(to)?;
        publish(part, to)?;
        Ok(Restored { to: to.clone(), replaced, checked })
    });
    restored.map_err(|cause| {
        // The first error says more than one about what is left of it.
        let _ = fs::remove_file(part);
        error(cause).into()
    })
}

/// By its real name: whatever the way to a store, its lock is one.
fn real(path: &Path) -> io::Result<PathBuf> {
    if fs::symlink_metadata(path).is_ok() {
        return path.canonicalize();
    }
    let path = std::path::absolute(path)?;
    match (path.parent(), path.file_name()) {
        (Some(directory), Some(name)) => Ok(directory.canonicalize()?.join(name)),
        _ => Err(io::ErrorKind::IsADirectory.into()),
    }
}

/// A sound copy, on the disk, which begins a history of its own.
fn copy(from: &Path, part: &Path) -> Result<Checked, Cause> {
    // Of an earlier attempt that was cut off: the lock says that it is over.
    if fs::symlink_metadata(part).is_ok() {
        fs::remove_file(part)?;
    }
    if !place::make(part)? {
        return Err(Misfit::Exists.into());
    }
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from.canonicalize()?, flags | OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    harden(&source)?;
    let mut copy = Connection::open_with_flags(part, flags | OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    Backup::new(&source, &mut copy)?.run_to_completion(PAGES_AT_ONCE, std::time::Duration::ZERO, None)?;
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    meta::forget_history(&copy)?;
    copy.close().map_err(|(_, error)| error)?;
    File::open(part)?.sync_all()?;
    check_file(part)
}

/// Has whoever owns what is there, or the directory, own the copy too: an administrator restores for the daemon.
fn own(part: &Path, to: &Path) -> Result<(), Cause> {
    let owner = fs::metadata(to).or_else(|_| fs::metadata(to.parent().unwrap_or(Path::new("/"))))?;
    let own = fs::metadata(part)?;
    if (own.uid(), own.gid()) != (owner.uid(), owner.gid()) && rustix::process::geteuid().is_root() {
        chown(part, Some(owner.uid()), Some(owner.gid()))?;
        // The daemon locks it too.
        chown(with(to, ".lock"), Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}

/// Gives what is at the place other names, which nothing has.
fn put_aside(to: &Path) -> Result<Option<PathBuf>, Cause> {
    let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
    let is_free = |aside: &PathBuf| !PARTS.iter().any(|part| is_there(&with(aside, part)));
    let mut names = (1..).map(|number| with(to, &format!(".old-{number}")));
    let Some(aside) = names.find(is_free) else { return Ok(None) };
    let was_there = is_there(to);
    for part in PARTS {
        let (from, aside) = (with(to, part), with(&aside, part));
        if is_there(&from) {
            fs::rename(from, aside)?;
        }
    }
    Ok(was_there.then_some(aside))
}

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
