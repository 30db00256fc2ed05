//! A copy of the store while it is in use, and whether a copy is good for anything.
//!
//! The copy is of one moment: a read transaction holds it still while it is copied, a stretch at a time. Nobody
//! waits for it, but the write-ahead log grows until it is done.

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::database::{Database, harden};
use super::error::{Cause, Misfit, StoreError};
use super::message::COLUMNS;
use super::migration::{Identity, PACKS_SINCE, identify};
use super::packs::{self, Contents, HEADER};
use super::part::Part;
use super::standing::regular;
use super::stretch::Entry;
use super::{meta, place};

/// Pages that are copied between two looks at whether the store closes.
const PAGES_AT_ONCE: i32 = 256;
/// How often it is said how far it is.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(250);
/// How long the copy waits where something is in its way.
const PAUSE: Duration = Duration::from_millis(10);

/// A copy that is complete and on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// Where it is.
    pub to: PathBuf,
    /// How long it is.
    pub bytes: u64,
}

/// What a file holds that could be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The version of its tables.
    pub schema: i64,
    /// Conversations in it.
    pub conversations: u64,
    /// Messages in it.
    pub messages: u64,
    /// Of those, how many nobody can read: whoever reads them leaves them out.
    pub damaged: u64,
    /// The time of the newest one: milliseconds since 1970, UTC.
    pub newest_ms: Option<i64>,
}

/// Copies the store to a file that must not be there yet. It has another name until it is complete.
pub(super) fn back_up(
    database: &Database,
    to: &Path,
    is_over: &AtomicBool,
    tell: impl FnMut(u64, u64),
) -> Result<BackedUp, StoreError> {
    let error = |cause| StoreError::new("back up to", to, cause);
    let to = std::path::absolute(to).map_err(|cause| error(cause.into()))?;
    let done = begin(&to).and_then(|part| {
        let bytes = copy(database, part.path(), is_over, tell)?;
        part.publish(&to)?;
        Ok(BackedUp { to: to.clone(), bytes })
    });
    done.map_err(error)
}

/// How the files end that SQLite makes beside a database, takes for its own, and removes. A copy that is called like
/// the store and so would let nobody into the store, and be gone when it is opened again.
const ENDINGS_OF_SQLITE: [&[u8]; 3] = [b"-journal", b"-wal", b"-shm"];

fn begin(to: &Path) -> Result<Part, Cause> {
    let name = to.as_os_str().as_bytes();
    if ENDINGS_OF_SQLITE.iter().any(|ending| name.ends_with(ending)) {
        return Err(Misfit::NameOfSqlite.into());
    }
    place::has_directory(to)?;
    // It is still refused at the end; this saves the work.
    if fs::symlink_metadata(to).is_ok() {
        return Err(Misfit::Exists.into());
    }
    Part::make(to)
}

/// Reads all of a file, and tells whether a store could go on from there. Changes nothing.
pub fn check(path: &Path) -> Result<Checked, StoreError> {
    check_file(path).map_err(|cause| StoreError::of_backup(path, cause))
}

fn copy(
    database: &Database,
    to: &Path,
    is_over: &AtomicBool,
    mut tell: impl FnMut(u64, u64),
) -> Result<u64, Cause> {
    let mut source = database.reader()?;
    let moment = source.transaction()?;
    moment.query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut copy = Connection::open_with_flags(to, flags)?;
    // Until it is complete it is worth nothing; then it is written down as one.
    copy.pragma_update(None, "synchronous", "OFF")?;
    let backup = Backup::new(&moment, &mut copy)?;
    let mut last_told = Instant::now();
    loop {
        let step = backup.step(PAGES_AT_ONCE)?;
        if last_told.elapsed() >= PROGRESS_INTERVAL {
            last_told = Instant::now();
            let pages = backup.progress();
            let (all, left) = (pages.pagecount.unsigned_abs(), pages.remaining.unsigned_abs());
            tell(u64::from(all.saturating_sub(left)), u64::from(all));
        }
        if is_over.load(Ordering::Relaxed) {
            return Err(Misfit::Closed.into());
        }
        match step {
            StepResult::Done => break,
            StepResult::Busy | StepResult::Locked => std::thread::sleep(PAUSE),
            // `StepResult` is not exhaustive; what is not done goes on.
            _ => {}
        }
    }
    drop(backup);
    // One plain file, without a log beside it.
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    meta::forget_history(&copy)?;
    copy.close().map_err(|(_, error)| error)?;
    let file = File::open(to)?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

pub(super) fn check_file(path: &Path) -> Result<Checked, Cause> {
    let path = path.canonicalize()?;
    regular(&fs::metadata(&path)?)?;
    // SQLite does not say why it cannot open a file.
    File::open(&path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    harden(&connection)?;
    let schema = match identify(&connection)? {
        Identity::Store(version) => version,
        Identity::Empty => return Err(Misfit::Foreign.into()),
    };
    let sql = "PRAGMA integrity_check(1)";
    let verdict: String = connection.query_row(sql, [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Misfit::Unsound(verdict).into());
    }
    meta::history(&connection)?;
    let count = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let conversations = count("SELECT count(*) FROM conversations")?.unsigned_abs();
    let mut checked = Checked { schema, conversations, messages: 0, damaged: 0, newest_ms: None };
    count_rows(&connection, &mut checked)?;
    if schema >= PACKS_SINCE {
        count_packs(&connection, &mut checked)?;
    }
    Ok(checked)
}

/// SQLite's check finds a file sound, whatever its texts are made of: what a reader leaves out is damaged.
fn count_rows(connection: &Connection, checked: &mut Checked) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM messages"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        checked.count(&Entry::Row(row));
    }
    Ok(())
}

fn count_packs(connection: &Connection, checked: &mut Checked) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("SELECT {HEADER} FROM packs"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        Contents::of(connection, packs::header(row))?.visit(|entry| checked.count(entry));
    }
    Ok(())
}

impl Checked {
    fn count(&mut self, entry: &Entry<'_>) {
        self.messages += entry.count();
        self.newest_ms = self.newest_ms.max(entry.time_ms());
        if entry.message().is_none() {
            self.damaged += entry.count();
        }
    }
}
