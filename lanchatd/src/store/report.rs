//! What the store's threads tell.

use std::sync::Arc;
use std::time::Duration;

use super::Ticket;
use super::answer::Answer;
use super::backup::BackedUp;
use super::commit::Committed;
use super::error::StoreError;
use crate::kept::Batch;

/// Who is told. Called on the store's threads, which wait meanwhile.
pub(super) type Tell = Arc<dyn Fn(Report) + Send + Sync>;

/// What has come of something that was asked for. Each request is reported on once, besides progress.
#[derive(Debug)]
pub enum Report {
    /// Of [`super::Store::write`].
    Written {
        /// The caller's.
        ticket: Ticket,
        /// On failure the batch comes back: it can be written again.
        result: Result<Committed, Box<Unwritten>>,
        /// From when the writer took it up.
        took: Duration,
    },
    /// Of [`super::Store::read`].
    Read {
        /// The caller's.
        ticket: Ticket,
        /// What was found.
        result: Result<Answer, StoreError>,
        /// From when the reader took it up.
        took: Duration,
    },
    /// A purge or a backup goes on. Told a few times a second at most.
    Progress {
        /// The caller's.
        ticket: Ticket,
        /// Messages removed, or pages written.
        done: u64,
        /// Of how many, where that is known.
        of: Option<u64>,
    },
    /// Of [`super::Store::purge`].
    Purged {
        /// The caller's.
        ticket: Ticket,
        /// How many messages went. On failure, some may have gone.
        result: Result<u64, StoreError>,
    },
    /// Of [`super::Store::back_up`].
    BackedUp {
        /// The caller's.
        ticket: Ticket,
        /// What was written.
        result: Result<BackedUp, StoreError>,
    },
    /// Upkeep failed, and pauses until the next batch is written.
    Upkeep(StoreError),
}

/// A batch that was not written, and why.
#[derive(Debug)]
pub struct Unwritten {
    /// Why.
    pub error: StoreError,
    /// The batch as it was given.
    pub batch: Batch,
}
