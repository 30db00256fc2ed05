//! A backup becomes the store again, while no daemon uses it.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use super::backup::{Checked, check_file};
use super::database::harden;
use super::error::{Cause, Misfit, StoreError};
use super::open_error::OpenError;
use super::part::Part;
use super::place::with;
use super::standing::{Standing, standing};
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

/// Where a store is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The file.
    pub path: &'a Path,
    /// A store that is there may be put aside.
    pub may_replace: bool,
    /// Its directory may be made, as the daemon would: whoever names a path may have mistyped it.
    pub may_make_directory: bool,
}

/// Makes a store of a backup. One that is there is refused, or put aside where that may be. Anything else that is
/// there is refused.
///
/// The copy is complete, checked and on the disk before anything is put aside.
pub fn restore(from: &Path, target: Target<'_>) -> Result<Restored, OpenError> {
    let Target { path: to, may_replace, may_make_directory } = target;
    let error = |cause| StoreError::new("restore to", to, cause);
    // Says what is wrong with the backup before anything is done.
    super::check(from)?;
    if may_make_directory {
        place::make_directory(to)?;
    }
    let to = &real(to).map_err(error)?;
    if fs::symlink_metadata(place::lock_of(to)).is_err() {
        // What is not a store gets no lock beside it.
        stands(to, may_replace).map_err(error)?;
    }
    let _lock = place::lock(to)?;
    stands(to, may_replace).map_err(error)?;
    let restored = Part::make(to).and_then(|part| {
        let checked = copy(from, part.path())?;
        own(part.path(), to)?;
        let replaced = put_aside(to, ".old")?;
        part.publish(to)?;
        Ok(Restored { to: to.clone(), replaced, checked })
    });
    restored.map_err(|cause| error(cause).into())
}

fn stands(to: &Path, may_replace: bool) -> Result<(), Cause> {
    match standing(to)? {
        Standing::Store if !may_replace => Err(Misfit::Stands.into()),
        Standing::Store | Standing::Nothing => Ok(()),
    }
}

/// By its real name: whatever the way to a store, its lock is one.
fn real(path: &Path) -> Result<PathBuf, Cause> {
    if fs::symlink_metadata(path).is_ok() {
        return path.canonicalize().map_err(|error| match error.kind() {
            ErrorKind::NotFound => Misfit::LeadsNowhere.into(),
            _ => error.into(),
        });
    }
    place::has_directory(path)?;
    let path = std::path::absolute(path)?;
    match (path.parent(), path.file_name()) {
        (Some(directory), Some(name)) => Ok(directory.canonicalize()?.join(name)),
        _ => Err(Misfit::Directory.into()),
    }
}

/// A sound copy, on the disk, which begins a history of its own.
fn copy(from: &Path, part: &Path) -> Result<Checked, Cause> {
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
pub(super) fn put_aside(to: &Path, ending: &str) -> Result<Option<PathBuf>, Cause> {
    let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
    let is_free = |aside: &PathBuf| !PARTS.iter().any(|part| is_there(&with(aside, part)));
    let mut names = (1..).map(|number| with(to, &format!("{ending}-{number}")));
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
