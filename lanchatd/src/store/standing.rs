//! What is where a store is to be made: only a store of ours is ever put aside for another.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::{Cause, Misfit, StoreErrorKind};
use super::migration::identify;
use super::place;

/// What an SQLite file begins with (SQLite's file format, 1.3).
const HEADER_BYTES: usize = 100;
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing.
    Nothing,
    /// A store of ours, which may be damaged.
    Store,
}

/// How a file begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// There is nothing in it, or nothing but zeros: whatever makes it has not got far.
    Blank,
    /// As SQLite's files do.
    Sqlite,
    /// Otherwise.
    Other,
}

/// Finds out what is at a path without symbolic links. Anything that is not a store is refused.
///
/// What SQLite cannot read is taken for a damaged store where it begins as SQLite's files do, or where a daemon has
/// locked it: it is what a backup is restored for.
pub(super) fn standing(path: &Path) -> Result<Standing, Cause> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Standing::Nothing),
        Err(error) => return Err(error.into()),
    };
    regular(&metadata)?;
    match beginning(path)? {
        Beginning::Sqlite => {}
        Beginning::Blank | Beginning::Other if has_been_locked(path) => return Ok(Standing::Store),
        Beginning::Blank | Beginning::Other => return Err(Misfit::NoStore.into()),
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    match identify(&connection) {
        Ok(_) | Err(Cause::Misfit(Misfit::Newer { .. })) => Ok(Standing::Store),
        Err(Cause::Misfit(Misfit::Foreign)) => Err(Misfit::NoStore.into()),
        Err(error) if error.kind() == StoreErrorKind::Corrupt => Ok(Standing::Store),
        Err(error) => Err(error),
    }
}

/// Refuses what is not a file with content of its own, and says what it is.
pub(super) fn regular(metadata: &Metadata) -> Result<(), Misfit> {
    if metadata.is_dir() {
        return Err(Misfit::Directory);
    }
    if metadata.is_file() { Ok(()) } else { Err(Misfit::NoFile) }
}

/// How a regular file begins.
pub(super) fn beginning(path: &Path) -> io::Result<Beginning> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    File::open(path)?.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
    Ok(match header {
        header if header.starts_with(MAGIC) => Beginning::Sqlite,
        header if header.iter().all(|byte| *byte == 0) => Beginning::Blank,
        _ => Beginning::Other,
    })
}

/// Whether a lock of ours is beside it: a file with nothing but the number of a process.
fn has_been_locked(path: &Path) -> bool {
    let mut holder = String::new();
    let read = File::open(place::lock_of(path)).and_then(|file| file.take(32).read_to_string(&mut holder));
    read.is_ok() && holder.ends_with('\n') && holder.trim_end().parse::<u32>().is_ok()
}
