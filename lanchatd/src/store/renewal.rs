//! A store that is damaged or gone gives way to a new one. What is left of it is put aside and never touched again.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::commit::{Committed, commit};
use super::database::{Database, harden};
use super::error::{Cause, Misfit};
use super::meta;
use super::migration::{Identity, VERSION, identify, migrate};
use super::packs::Packing;
use super::part::Part;
use super::restore::put_aside;
use super::schema::APPLICATION_ID;
use super::standing::MAGIC;

/// What is put aside gets this behind its name, and a number.
const ASIDE: &str = ".damaged";

/// Where a header says which version its schema has, and whose file it is (SQLite's file format, 1.3).
const VERSION_AT: usize = 60;
const APPLICATION_AT: usize = 68;

/// Begins a new store in place of one that does not work any more, with what the batch says: the same history goes on,
/// and no position is given again. It has its name when it is complete and on the disk, and not before.
pub(super) fn renew(database: &Database, batch: &super::Batch) -> Result<Committed, Cause> {
    let path = database.place.path();
    may_give_way(database)?;
    let part = Part::make(path)?;
    let committed = begin(part.path(), database, batch)?;
    let aside = put_aside(path, ASIDE)?;
    part.publish(path)?;
    database.is_renewed(aside)?;
    Ok(committed)
}

fn begin(path: &Path, database: &Database, batch: &super::Batch) -> Result<Committed, Cause> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    harden(&connection)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    migrate(&mut connection, Identity::Empty)?;
    if let Some(history) = &database.history {
        meta::go_on(&connection, history)?;
    }
    meta::begin_run(&mut connection, 0)?;
    let (committed, _) = commit(&mut connection, batch, Packing::NONE)?;
    connection.close().map_err(|(_, error)| error)?;
    File::open(path)?.sync_all()?;
    Ok(committed)
}

/// Only what we have had open, or nothing, gives way: whatever somebody else has put there stays.
fn may_give_way(database: &Database) -> Result<(), Cause> {
    let path = database.place.path();
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    if !database.place.is_there() {
        return Err(Misfit::Gone.into());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    match identify(&connection) {
        Err(cause @ Cause::Misfit(Misfit::Foreign | Misfit::Newer { .. })) => Err(cause),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Whether a file that could not be opened is a store of ours that is damaged, and of a version that we know: then it
/// may be put aside. A file that does not even begin as one stays where it is.
pub(super) fn is_ours_and_damaged(path: &Path, cause: &Cause) -> bool {
    let mut header = [0; APPLICATION_AT + 4];
    let is_read = File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_ok();
    let number = |at: usize| header[at..at + 4].iter().fold(0, |number, byte| number << 8 | i64::from(*byte));
    cause.is_damage()
        && is_read
        && header.starts_with(MAGIC)
        && number(APPLICATION_AT) == APPLICATION_ID
        && (1..=VERSION).contains(&number(VERSION_AT))
}

/// Puts a damaged store aside before anybody uses it, so that a new one can be begun.
pub(super) fn make_way(database: &Database) -> Result<(), Cause> {
    let path = database.place.path();
    let aside = put_aside(path, ASIDE)?;
    super::place::make(path)?;
    super::place::sync_directory(path)?;
    database.is_renewed(aside)
}
