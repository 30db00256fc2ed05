//! Connections to the file, and how they are set up.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::{Cause, Misfit, StoreError};
use super::meta;
use super::migration::{self, Identity};
use super::options::Durability;
use super::packs::Packing;
use super::place::Place;

/// How long somebody else's lock is waited for: an administrator's `sqlite3`.
const BUSY_MAX: Duration = Duration::from_secs(1);
/// What a connection holds of the file in memory, KiB. Negative: SQLite's way to say that it is not pages.
const CACHE_KIB: i64 = -8 * 1024;
/// What the write-ahead log is cut to when it had to grow beyond.
const LOG_BYTES_MAX: i64 = 64 * 1024 * 1024;
/// Prepared statements that are kept.
const STATEMENTS_MAX: usize = 48;

/// Where connections lead.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) place: Place,
    durability: Durability,
    /// When and how messages are packed, where nothing speaks against it.
    pub(super) packing: Packing,
    /// Set when the run has begun: a connection that is made again leads to the same history.
    pub(super) history: Option<String>,
    /// Counts the files that there were: a connection to an older one is worth nothing.
    files: AtomicU64,
    /// Where the last one is that did not work any more.
    aside: Mutex<Option<PathBuf>>,
}

impl Database {
    pub(super) fn new(place: Place, durability: Durability, packing: Packing) -> Self {
        Self { place, durability, packing, history: None, files: AtomicU64::new(0), aside: Mutex::default() }
    }

    pub(super) fn has_history(&mut self, history: String) {
        self.history = Some(history);
    }

    /// There is a new file. Where the one before is, if anything is left of it.
    pub(super) fn is_renewed(&self, aside: Option<PathBuf>) -> Result<(), Cause> {
        self.place.is_new()?;
        self.files.fetch_add(1, Ordering::Release);
        *self.aside.lock().unwrap_or_else(PoisonError::into_inner) = aside;
        Ok(())
    }

    /// How many files there were before this one.
    pub(super) fn file_number(&self) -> u64 {
        self.files.load(Ordering::Acquire)
    }

    /// Where a file is that was put aside since the start, because it did not work any more.
    pub(super) fn aside(&self) -> Option<PathBuf> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn error(&self, attempted: &'static str, cause: impl Into<Cause>) -> StoreError {
        StoreError::new(attempted, self.place.path(), cause)
    }

    /// The first connection: also creates and migrates, and touches nothing that is not a store.
    pub(super) fn establish(&self) -> Result<Connection, Cause> {
        let mut connection = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let identity = migration::identify(&connection)?;
        if identity == Identity::Empty {
            // Only an empty file takes it. Space can then be given back a little at a time.
            connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        }
        make_writable(&connection)?;
        migration::migrate(&mut connection, identity)?;
        Ok(connection)
    }

    /// A connection to write with, to the same history as before.
    pub(super) fn writer(&self) -> Result<Connection, Cause> {
        if !self.place.is_there() {
            return Err(Misfit::Gone.into());
        }
        let connection = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        if meta::history(&connection)? != self.history {
            return Err(Misfit::Gone.into());
        }
        make_writable(&connection)?;
        self.set_durability(&connection)?;
        Ok(connection)
    }

    /// A connection to read with. In the write-ahead log's mode it never waits for the writer.
    pub(super) fn reader(&self) -> Result<Connection, Cause> {
        let connection = self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    /// Transactions from here on are as durable as was asked for.
    pub(super) fn set_durability(&self, connection: &Connection) -> rusqlite::Result<()> {
        match self.durability {
            Durability::Commit => set_synchronous(connection, true),
            Durability::Relaxed => set_synchronous(connection, false),
        }
    }

    fn connect(&self, access: OpenFlags) -> rusqlite::Result<Connection> {
        // One thread each: no mutex. The path begins with a slash, so it is never taken for a URI.
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(self.place.path(), flags)?;
        harden(&connection)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        for (name, value) in [("mmap_size", 0), ("cache_size", CACHE_KIB)] {
            connection.pragma_update(None, name, value)?;
        }
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(connection)
    }
}

/// What is in a file may not run.
pub(super) fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_MAX)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "cell_size_check", true)
}

/// Whether transactions wait for the disk from here on. Without, a power cut may lose the last ones; what
/// is left is consistent all the same.
pub(super) fn set_synchronous(connection: &Connection, waits: bool) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", if waits { "FULL" } else { "NORMAL" })
}

/// The mode in which readers and the writer do not wait for each other.
fn make_writable(connection: &Connection) -> Result<(), Cause> {
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(Misfit::Damaged("its file system has no shared memory for a write-ahead log").into());
    }
    set_synchronous(connection, true)?;
    // Moving the log into the file takes the disk a while: upkeep chooses when.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES_MAX, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "secure_delete", "FAST", |_| Ok(()))?;
    Ok(())
}
