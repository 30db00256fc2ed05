//! The store's own statements on a database in memory, without its threads: for who drives hub and store by hand.

use rusqlite::Connection;

use crate::kept::{Batch, Loaded};
use crate::store::migration::{Identity, migrate};
use crate::store::{Answer, Committed, Request, commit, loaded, meta, reader};

/// What is kept, for as long as this lives.
pub(crate) struct Memory(Connection);

impl Memory {
    pub(crate) fn new() -> Self {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Identity::Empty).unwrap();
        Self(connection)
    }

    /// Nothing was ever kept.
    pub(crate) fn clear(&mut self) {
        let sql = "DELETE FROM messages; DELETE FROM conversations; DELETE FROM people; DELETE FROM marks;
            UPDATE meta SET value = 0 WHERE key IN ('reserved', 'floor');
            UPDATE meta SET value = 1 WHERE key = 'clean'";
        self.0.execute_batch(sql).unwrap();
    }

    /// Another run begins.
    pub(crate) fn begin(&mut self, reserve: u64) -> Loaded {
        let run = meta::begin_run(&mut self.0, reserve).unwrap();
        loaded::load(&self.0, run).unwrap()
    }

    /// The run ends, and nothing is missing.
    pub(crate) fn end(&mut self) {
        meta::end_run(&self.0).unwrap();
    }

    pub(crate) fn write(&mut self, batch: &Batch) -> Committed {
        commit::commit(&mut self.0, batch).unwrap_or_else(|cause| panic!("{cause:?}: {batch:?}"))
    }

    pub(crate) fn read(&mut self, request: Request) -> Answer {
        reader::answer(&mut self.0, request).unwrap()
    }
}
