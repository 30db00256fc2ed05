//! The thread that writes: batches as they come, upkeep when none comes.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::wal::CheckpointMode;

use super::commit::{Committed, commit};
use super::database::{self, Database};
use super::error::{Cause, Misfit, StoreError};
use super::packs::Packing;
use super::report::{Report, Tell, Unwritten};
use super::sweep::{Rule, Sweep};
use super::upkeep::{Outcome, Upkeep};
use super::{ConversationId, Retention, Ticket, indexer, meta, renewal};
use crate::kept::Batch;

/// How often a purge says how far it is.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(250);

/// What the thread is asked to do.
pub(super) enum Job {
    Write { ticket: Ticket, batch: Box<Batch> },
    Renew { ticket: Ticket, batch: Box<Batch> },
    Retain { now_ms: i64, retention: Retention },
    Purge { ticket: Ticket, before_ms: i64, conversation: Option<ConversationId> },
    Close(SyncSender<Result<(), StoreError>>),
}

/// The thread's state.
pub(super) struct Writer {
    database: Arc<Database>,
    /// `None` after an error that a new connection may mend.
    connection: Option<Connection>,
    tell: Tell,
    upkeep: Upkeep,
    /// The last batch failed: positions were given that are not in the file.
    is_unwritten: bool,
    /// The index was made again once; that does not help twice.
    is_index_mended: bool,
    last_progress: Option<Instant>,
}

impl Writer {
    pub(super) fn new(
        database: Arc<Database>,
        mut connection: Connection,
        tell: Tell,
    ) -> rusqlite::Result<Self> {
        let mut upkeep = Upkeep::default();
        upkeep.watch(&mut connection)?;
        Ok(Self {
            database,
            connection: Some(connection),
            tell,
            upkeep,
            is_unwritten: false,
            is_index_mended: false,
            last_progress: None,
        })
    }

    /// Works until the store is closed, or let go of.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let mut patience = self.upkeep.patience();
        loop {
            let job = if self.upkeep.is_due() {
                jobs.recv_timeout(patience)
            } else {
                jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            let is_idle = job.is_err();
            match job {
                Ok(Job::Write { ticket, batch }) => self.write(ticket, *batch),
                Ok(Job::Renew { ticket, batch }) => self.renew(ticket, *batch),
                Ok(Job::Retain { now_ms, retention }) => self.retain(now_ms, retention),
                Ok(Job::Purge { ticket, before_ms, conversation }) => {
                    self.purge(ticket, before_ms, conversation);
                }
                Ok(Job::Close(done)) => {
                    // Whoever waits for this does nothing else.
                    let _ = done.send(self.close());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => self.keep_up(),
                Err(RecvTimeoutError::Disconnected) => return self.abandon(),
            }
            if self.upkeep.is_urgent() {
                self.keep_up();
            }
            patience = if is_idle { Duration::ZERO } else { self.upkeep.patience() };
        }
    }

    fn write(&mut self, ticket: Ticket, batch: Batch) {
        let began = Instant::now();
        let result = self.try_write(&batch);
        self.is_unwritten = result.is_err();
        let result = result.map_err(|error| {
            self.disconnect_after(&error);
            Box::new(Unwritten { error, batch })
        });
        (self.tell)(Report::Written { ticket, result, took: began.elapsed() });
    }

    fn try_write(&mut self, batch: &Batch) -> Result<Committed, StoreError> {
        let database = self.database.clone();
        let error = |cause: Cause| database.error("write messages to", cause);
        if !database.place.is_there() {
            return Err(error(Misfit::Gone.into()));
        }
        // A new connection knows better how much is packed.
        self.connect().map_err(error)?;
        let may_pack = self.upkeep.may_pack();
        let packing = if may_pack { database.packing } else { Packing::NONE };
        let connection = self.connect().map_err(error)?;
        let write = |connection: &mut Connection| {
            // Positions are given on the strength of this: it has to survive a power cut.
            if batch.reserve_to.is_some() {
                database::set_synchronous(connection, true)?;
            } else {
                database.set_durability(connection)?;
            }
            commit(connection, batch, packing)
        };
        let (committed, packed) = write(connection).map_err(error)?;
        self.upkeep.written(committed.new, packed);
        Ok(committed)
    }

    fn renew(&mut self, ticket: Ticket, batch: Batch) {
        let began = Instant::now();
        let error = |cause: Cause| self.database.error("begin a new store at", cause);
        let result = renewal::renew(&self.database, &batch).map_err(error);
        if result.is_ok() {
            // Nobody closes a file that was moved in a way that changes it.
            self.connection = None;
            self.is_index_mended = false;
            for ticket in std::mem::take(&mut self.upkeep).abandon() {
                let result = Err(self.database.error("purge", Misfit::Gone));
                (self.tell)(Report::Purged { ticket, result });
            }
        }
        let result = result.map_err(|error| Box::new(Unwritten { error, batch }));
        (self.tell)(Report::Written { ticket, result, took: began.elapsed() });
    }

    fn retain(&mut self, now_ms: i64, retention: Retention) {
        let Retention { age_ms_max, count_max } = retention;
        let rules = [
            age_ms_max.map(|age_ms| Rule::Aged { before_ms: now_ms.saturating_sub_unsigned(age_ms) }),
            count_max.map(|count| Rule::Beyond { count: i64::try_from(count).unwrap_or(i64::MAX) }),
        ];
        for rule in rules.into_iter().flatten() {
            // Where there is no room, the next time will do.
            let _ = self.upkeep.sweep(Sweep::new(rule, None), None);
        }
    }

    fn purge(&mut self, ticket: Ticket, before_ms: i64, conversation: Option<ConversationId>) {
        if !self.upkeep.sweep(Sweep::purge(before_ms, conversation), Some(ticket)) {
            let result = Err(self.database.error("purge", Misfit::Busy));
            (self.tell)(Report::Purged { ticket, result });
        }
    }

    fn keep_up(&mut self) {
        let result = match self.connect() {
            Ok(_) => self.step(),
            Err(cause) => Err(cause),
        };
        match result {
            Ok(Outcome::Part) => {}
            Ok(Outcome::Progress { ticket, removed }) => self.tell_progress(ticket, removed),
            Ok(Outcome::Purged { ticket, removed }) => {
                (self.tell)(Report::Purged { ticket, result: Ok(removed) });
            }
            Err(cause) => self.upkeep_failed(cause),
        }
    }

    fn step(&mut self) -> Result<Outcome, Cause> {
        match &mut self.connection {
            Some(connection) => Ok(self.upkeep.step(connection)?),
            None => Ok(Outcome::Part),
        }
    }

    fn tell_progress(&mut self, ticket: Ticket, done: u64) {
        if self.last_progress.is_none_or(|last| last.elapsed() >= PROGRESS_INTERVAL) {
            self.last_progress = Some(Instant::now());
            (self.tell)(Report::Progress { ticket, done, of: None });
        }
    }

    /// A damaged index is made again. Anything else waits for better times.
    fn upkeep_failed(&mut self, cause: Cause) {
        let is_of_index = cause.is_of_index();
        let error = self.database.error("tidy up", cause);
        if is_of_index && !self.is_index_mended && self.mend_index() {
            (self.tell)(Report::Upkeep(error));
            return;
        }
        self.disconnect_after(&error);
        match self.upkeep.pause() {
            Some(ticket) => (self.tell)(Report::Purged { ticket, result: Err(error) }),
            None => (self.tell)(Report::Upkeep(error)),
        }
    }

    fn mend_index(&mut self) -> bool {
        self.is_index_mended = true;
        let Some(connection) = &mut self.connection else { return false };
        let mended = indexer::reset(connection).and_then(|()| indexer::behind(connection));
        mended.is_ok_and(|behind| {
            self.upkeep.unindexed = behind;
            true
        })
    }

    fn connect(&mut self) -> Result<&mut Connection, Cause> {
        let connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            let mut connection = self.database.writer()?;
            self.upkeep.watch(&mut connection)?;
            connection
        };
        Ok(self.connection.insert(connection))
    }

    fn disconnect_after(&mut self, error: &StoreError) {
        if error.wants_new_connection() {
            self.connection = None;
        }
    }

    fn close(&mut self) -> Result<(), StoreError> {
        for ticket in self.upkeep.abandon() {
            let result = Err(self.database.error("purge", Misfit::Closed));
            (self.tell)(Report::Purged { ticket, result });
        }
        let database = self.database.clone();
        let error = |cause: Cause| database.error("close", cause);
        if self.is_unwritten {
            return Err(error(Misfit::Unwritten.into()));
        }
        let connection = self.connect().map_err(error)?;
        let end = |connection: &Connection| {
            database::set_synchronous(connection, true)?;
            meta::end_run(connection)
        };
        end(connection).map_err(|cause| error(cause.into()))?;
        // What stays in the log is as safe there.
        if let Some(connection) = &self.connection {
            let _ = self.upkeep.checkpoint(connection, CheckpointMode::TRUNCATE);
        }
        Ok(())
    }

    fn abandon(mut self) {
        for ticket in self.upkeep.abandon() {
            let result = Err(self.database.error("purge", Misfit::Closed));
            (self.tell)(Report::Purged { ticket, result });
        }
    }
}

#[cfg(test)]
mod tests;
