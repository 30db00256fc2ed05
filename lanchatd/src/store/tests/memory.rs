//! The store's own statements on a database in memory, without its threads: for who drives hub and store by hand.

use std::time::Instant;

use rusqlite::Connection;

use crate::kept::{Batch, Loaded};
use crate::store::migration::{Identity, migrate};
use crate::store::pack::Bounds;
use crate::store::packs::{self, Packing};
use crate::store::upkeep::STEP_MAX;
use crate::store::{Answer, Committed, Request, commit, loaded, meta, reader};

/// What is kept, for as long as this lives.
pub(crate) struct Memory(Connection);

/// So few messages are packed, and so few are in a pack, that a short life has many.
pub(in crate::store) const PACKING: Packing =
    Packing { from: 3, bounds: Bounds { messages_max: 5, bytes_max: 300 } };

impl Memory {
    pub(crate) fn new() -> Self {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Identity::Empty).unwrap();
        Self(connection)
    }

    /// Nothing was ever kept.
    pub(crate) fn clear(&mut self) {
        let sql = "DELETE FROM messages; DELETE FROM packs; DELETE FROM conversations; DELETE FROM people; DELETE FROM marks;
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
        let written = commit::commit(&mut self.0, batch, PACKING);
        written.unwrap_or_else(|cause| panic!("{cause:?}: {batch:?}")).0
    }

    /// How many messages are in packs.
    pub(crate) fn packed(&self) -> u64 {
        packs::volume(&self.0).unwrap().messages
    }

    /// There is time to make rows of some of them.
    pub(crate) fn unpack(&mut self) {
        let long_ago = Instant::now().checked_sub(STEP_MAX).unwrap();
        packs::step(&mut self.0, long_ago).unwrap();
    }

    pub(crate) fn read(&mut self, request: Request) -> Answer {
        reader::answer(&mut self.0, request).unwrap()
    }
}
