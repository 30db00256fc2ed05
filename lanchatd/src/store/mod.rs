//! The store: what is kept of what was said, in one SQLite file.
//!
//! One thread writes, one reads and one searches, each with a connection of its own, so that a slow disk holds up neither the
//! chat nor those who read. Both take requests from bounded queues and report to the function that was given
//! when the store was opened. A batch is written as a whole or not at all, and may be written again, so that a
//! caller who does not know what came of one just repeats it.
//!
//! The store knows nothing of hub and rooms. It has no clock of its own: what is too old, it is told.

mod answer;
mod backup;
mod batch;
mod commit;
mod database;
mod error;
mod history;
mod identities;
mod indexer;
mod loaded;
mod message;
mod meta;
mod migration;
mod open_error;
mod options;
mod order;
mod pack;
mod packs;
mod part;
mod place;
mod reader;
mod renewal;
mod report;
mod restore;
mod rows;
mod schema;
mod search;
mod standing;
mod stretch;
mod sweep;
#[cfg(test)]
pub(crate) mod tests;
mod upkeep;
mod words;
mod writer;

pub use answer::{Answer, Cursor, Direction, Exported, Extent, PAGE_BYTES_MAX, PAGE_MAX, Page, Request};
pub use backup::{BackedUp, Checked, check};
pub use commit::Committed;
pub use error::{StoreError, StoreErrorKind};
pub use loaded::{MARKS_MAX, PEOPLE_MAX, SENT_MAX};
pub use message::{CONVERSATION_END, MESSAGE_BYTES_MAX, POSITION_END};
pub use open_error::OpenError;
pub use options::{Durability, Options, Retention};
pub use report::{Report, Unwritten};
pub use restore::{Restored, Target, restore};
pub use search::{CONTEXT_MAX, Found, HITS_MAX, Query};

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

use rusqlite::Connection;

use crate::kept::{Batch, ConversationId, Loaded};
use database::Database;
use error::{Cause, Misfit};
use packs::Packing;
use place::Place;
use reader::Reader;
use report::Tell;
use writer::{Job, Writer};

/// The caller's name for a request: its report has it.
pub type Ticket = u64;

/// Batches and purges that wait for the writer at most.
pub const JOBS_MAX: usize = 16;
/// Requests that wait for the reader at most.
pub const REQUESTS_MAX: usize = 256;
/// Reports that can be owed at one time: for what waits, for purges, for what is being done, and for upkeep.
pub const REPORTS_MAX: usize = JOBS_MAX + REQUESTS_MAX + upkeep::SWEEPS_MAX + 4;

/// Too much waits already: the same may be asked for again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overload;

/// A store, open. When it is dropped without [`Store::close`], the next run takes it for an unclean end.
pub struct Store {
    database: Arc<Database>,
    tell: Tell,
    writer: Option<Worker<Job>>,
    reader: Option<Worker<(Ticket, Request)>>,
    searcher: Option<Worker<(Ticket, Request)>>,
    backup: RefCell<Option<JoinHandle<()>>>,
    is_backing_up: Arc<AtomicBool>,
    /// Backups are to end.
    is_over: Arc<AtomicBool>,
}

/// The way to a thread, and the thread.
type Worker<T> = (SyncSender<T>, JoinHandle<()>);

impl Store {
    /// Opens a store, or makes one. Nobody else can open it then.
    ///
    /// `tell` is called on the store's threads, and they wait for it: it hands the report on. Whoever closes or
    /// drops the store waits for its threads, so `tell` must not wait for them: a queue of [`REPORTS_MAX`] takes
    /// what there can be, besides progress, which may be dropped.
    ///
    /// Takes some milliseconds, more after a power cut, and as long as the disk takes to write.
    pub fn open(
        path: &Path,
        options: Options,
        tell: impl Fn(Report) + Send + Sync + 'static,
    ) -> Result<(Self, Loaded), OpenError> {
        Self::open_packing(path, options, Packing::DEFAULT, Arc::new(tell))
    }

    fn open_packing(
        path: &Path,
        options: Options,
        packing: Packing,
        tell: Tell,
    ) -> Result<(Self, Loaded), OpenError> {
        let mut database = Database::new(Place::claim(path)?, options.durability, packing);
        let error = |database: &Database, cause: Cause| database.error("open", cause);
        let mut opened = Self::begin(&mut database, options.reserve);
        if let Err(cause) = &opened
            && renewal::is_ours_and_damaged(database.place.path(), cause)
        {
            renewal::make_way(&database).map_err(|cause| error(&database, cause))?;
            opened = Self::begin(&mut database, options.reserve);
        }
        let (connection, reading, loaded) = opened.map_err(|cause| error(&database, cause))?;
        let database = Arc::new(database);
        let writer = Writer::new(database.clone(), connection, tell.clone());
        let writer = writer.map_err(|cause| error(&database, cause.into()))?;
        let reader = Reader::new(database.clone(), reading, tell.clone());
        let (jobs, queue) = sync_channel(JOBS_MAX);
        let writing = spawn("store-writer", move || writer.run(&queue));
        let writing = writing.map_err(|cause| error(&database, cause.into()))?;
        let (requests, queue) = sync_channel(REQUESTS_MAX);
        let mut store = Self {
            database,
            tell,
            writer: Some((jobs, writing)),
            reader: None,
            searcher: None,
            backup: RefCell::default(),
            is_backing_up: Arc::new(AtomicBool::new(false)),
            is_over: Arc::new(AtomicBool::new(false)),
        };
        let reading = spawn("store-reader", move || reader.run(&queue));
        let reading = reading.map_err(|cause| error(&store.database, cause.into()))?;
        store.reader = Some((requests, reading));
        // A search takes long: nobody who reads waits for it.
        let connection = store.database.reader().map_err(|cause| error(&store.database, cause))?;
        let searcher = Reader::new(store.database.clone(), connection, store.tell.clone());
        let (requests, queue) = sync_channel(REQUESTS_MAX);
        let searching = spawn("store-searcher", move || searcher.run(&queue));
        let searching = searching.map_err(|cause| error(&store.database, cause.into()))?;
        store.searcher = Some((requests, searching));
        Ok((store, loaded))
    }

    /// Writes a batch. Gives it back where too much waits already.
    pub fn write(&self, ticket: Ticket, batch: Batch) -> Result<(), Box<Batch>> {
        match self.ask_writer(Job::Write { ticket, batch: Box::new(batch) }) {
            Err(Job::Write { batch, .. }) => Err(batch),
            Err(Job::Renew { .. } | Job::Retain { .. } | Job::Purge { .. } | Job::Close(_)) | Ok(()) => {
                Ok(())
            }
        }
    }

    /// Has a new file take the place of one that is damaged or gone, and writes a batch to it, which has to hold what is
    /// to be known of conversations, people and positions. What is left of the old one is put aside.
    pub fn renew(&self, ticket: Ticket, batch: Batch) -> Result<(), Overload> {
        self.ask_writer(Job::Renew { ticket, batch: Box::new(batch) }).map_err(|_| Overload)
    }

    /// Where a file is that was put aside since the store was opened, because it was damaged.
    pub fn aside(&self) -> Option<PathBuf> {
        self.database.aside()
    }

    /// Asks for messages.
    pub fn read(&self, ticket: Ticket, request: Request) -> Result<(), Overload> {
        let worker = if matches!(request, Request::Search(_)) { &self.searcher } else { &self.reader };
        let Some((requests, _)) = worker else { return Err(Overload) };
        requests.try_send((ticket, request)).map_err(|_| Overload)
    }

    /// Removes what is beyond `retention` by now, when nobody wants anything written. Nothing is reported; it
    /// is for the caller to ask again after a while.
    pub fn retain(&self, now_ms: i64, retention: Retention) -> Result<(), Overload> {
        self.ask_writer(Job::Retain { now_ms, retention }).map_err(|_| Overload)
    }

    /// Removes all messages that are older, of one conversation or of all. Batches are written meanwhile. Soon
    /// after, when nobody wants anything written, they are not in the file's free space and index either.
    pub fn purge(
        &self,
        ticket: Ticket,
        before_ms: i64,
        conversation: Option<ConversationId>,
    ) -> Result<(), Overload> {
        self.ask_writer(Job::Purge { ticket, before_ms, conversation }).map_err(|_| Overload)
    }

    /// Copies the store to a file that must not be there yet, on a thread of its own. One at a time.
    ///
    /// The copy is another history: what is said from now on is not in it, and whoever goes on from it gives
    /// the same positions to other messages.
    pub fn back_up(&self, ticket: Ticket, to: PathBuf) -> Result<(), Overload> {
        if self.is_backing_up.swap(true, Ordering::Relaxed) {
            return Err(Overload);
        }
        let (database, tell, is_over) = (self.database.clone(), self.tell.clone(), self.is_over.clone());
        let is_backing_up = self.is_backing_up.clone();
        let run = move || {
            let progress = |done, of| tell(Report::Progress { ticket, done, of: Some(of) });
            let result = backup::back_up(&database, &to, &is_over, progress);
            is_backing_up.store(false, Ordering::Relaxed);
            tell(Report::BackedUp { ticket, result });
        };
        let thread = spawn("store-backup", run).map_err(|_| {
            self.is_backing_up.store(false, Ordering::Relaxed);
            Overload
        })?;
        // The one before has no more to do than to report.
        if let Some(before) = self.backup.borrow_mut().replace(thread) {
            wait(before);
        }
        Ok(())
    }

    /// Where the file is, without symbolic links.
    pub fn path(&self) -> &Path {
        self.database.place.path()
    }

    /// Waits until everything that was asked for is done, and notes that nothing is missing.
    ///
    /// All positions that were given have to be written by then: those of messages, and those of anything else
    /// as the heads of conversations. Where the last batch failed this fails too, and the next run begins
    /// beyond all positions that may have been given.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.end_reading();
        let (done, result) = sync_channel(1);
        // Where the thread is not there any more, nor is `done`.
        let _ = self.writer.as_ref().map(|(jobs, _)| jobs.send(Job::Close(done)));
        let result = result.recv().unwrap_or_else(|_| Err(self.database.error("close", Misfit::Closed)));
        self.end();
        result
    }

    fn begin(database: &mut Database, reserve: u64) -> Result<(Connection, Connection, Loaded), Cause> {
        let mut connection = database.establish()?;
        let run = meta::begin_run(&mut connection, reserve)?;
        database.has_history(run.history.clone());
        let reading = database.reader()?;
        let loaded = loaded::load(&reading, run)?;
        Ok((connection, reading, loaded))
    }

    fn ask_writer(&self, job: Job) -> Result<(), Job> {
        let Some((jobs, _)) = &self.writer else { return Err(job) };
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(job) | TrySendError::Disconnected(job) => job,
        })
    }

    fn end_reading(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let [reader, searcher] =
            [&mut self.reader, &mut self.searcher].map(|it| it.take().map(|(_, thread)| thread));
        for thread in [self.backup.get_mut().take(), reader, searcher].into_iter().flatten() {
            wait(thread);
        }
    }

    /// The writer is the last one: only its connection can put the log away.
    fn end(&mut self) {
        self.end_reading();
        if let Some((jobs, thread)) = self.writer.take() {
            drop(jobs);
            wait(thread);
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("database", &self.database).finish_non_exhaustive()
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(run)
}

fn wait(thread: JoinHandle<()>) {
    // A thread that panicked has said so; there is nobody else to tell.
    let _ = thread.join();
}
