//! What the writer does when nobody wants anything written: index, remove, move the log into the file, and
//! give space back. A step at a time, so that a batch waits for one step at most.
//!
//! Absent: a timer. When there is nothing to do, the writer sleeps until the next job.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;

use super::packs::{self, Volume};
use super::sweep::{Rule, Sweep};
use super::{Ticket, database, indexer};

/// How long a step works before it commits. Committing takes about as long again.
pub(super) const STEP_MAX: Duration = Duration::from_millis(8);

/// How long nobody may want anything before there is a step.
const IDLE: Duration = Duration::from_millis(20);
/// The same where something was packed a moment ago: in a flood there are rests between batches.
const FLOOD_IS_OVER_AFTER: Duration = Duration::from_millis(250);

/// A search looks through so many messages without an index in no time, and indexing many at once is cheaper.
const INDEX_FROM: u64 = 1024;
/// So far behind, the indexer does not wait for a pause.
const INDEX_URGENTLY_FROM: u64 = 16 * 1024;
/// So much is in packs at most: until it is in rows, the index does not hold it, and a purge waits. What comes then is
/// written as rows.
const PACKED_MESSAGES_MAX: u64 = 8 * 1024 * 1024;
const PACKED_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// How often there is a step without a pause, at most: to index a message costs more than to write it, and a flood,
/// which leaves the indexer behind, has an end.
const STEP_INTERVAL: Duration = Duration::from_secs(1);
/// The log is moved into the file when it has grown by so many pages of 4 KiB.
const CHECKPOINT_FROM: u64 = 1024;
/// When it has grown by so many, batches have to wait for that.
const CHECKPOINT_URGENTLY_FROM: u64 = 16 * 1024;
/// Purges and retentions that wait at most; the queue of jobs is shorter.
pub(super) const SWEEPS_MAX: usize = 32;
/// Pages that are given back in one step.
const PAGES_AT_ONCE: u64 = 64;
/// Pages of the index that are merged between two looks at the clock.
const MERGE_CHUNK: i64 = 16;
/// Free pages that stay: they are needed again.
const FREE_PAGES_MIN: u64 = 256;
/// One page in so many may be free.
const FREE_SHARE: u64 = 8;

/// What waits to be done.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    /// About how many messages are not in the index.
    pub(super) unindexed: u64,
    /// About how much is in packs.
    packed: Volume,
    last_packed: Option<Instant>,
    sweeps: VecDeque<Task>,
    /// Pages in the log, as of the last transaction.
    log: Arc<AtomicU64>,
    /// Pages of the log that are in the file.
    moved: u64,
    /// Messages went: there may be much free space.
    shrinks: bool,
    /// The index is in many parts, or has purged words in it, marked as gone.
    merge: Merge,
    /// Something failed: no more until a batch was written.
    paused: bool,
    last_step: Option<Instant>,
}

#[derive(Debug)]
struct Task {
    sweep: Sweep,
    ticket: Option<Ticket>,
}

/// How far the index is merged into fewer parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Merge {
    #[default]
    Done,
    /// All of it has to be written again.
    Begins,
    GoesOn,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A part of something.
    Part,
    /// A part of a purge, which has removed so many by now.
    Progress { ticket: Ticket, removed: u64 },
    /// A purge is complete.
    Purged { ticket: Ticket, removed: u64 },
}

/// What can be done now.
enum Step {
    Checkpoint,
    Unpack,
    Sweep,
    Index,
    Merge,
    Shrink,
}

impl Upkeep {
    /// Counts the pages of the log on a new connection.
    pub(super) fn watch(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        let log = self.log.clone();
        let count = move |_: &mut Wal, pages: i32| {
            log.store(u64::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        };
        connection.wal_hook(Some(count))?;
        self.unindexed = indexer::behind(connection)?;
        self.packed = packs::volume(connection)?;
        Ok(())
    }

    /// Whether there is something to do when nobody wants anything else.
    pub(super) fn is_due(&self) -> bool {
        !self.paused && self.next().is_some()
    }

    /// How long nobody may want anything before there is a step.
    pub(super) fn patience(&self) -> Duration {
        let is_flood = self.last_packed.is_some_and(|last| last.elapsed() < FLOOD_IS_OVER_AFTER);
        if is_flood { FLOOD_IS_OVER_AFTER } else { IDLE }
    }

    /// Whether it has waited too long already.
    pub(super) fn is_urgent(&self) -> bool {
        let has_rested = self.last_step.is_none_or(|last| last.elapsed() >= STEP_INTERVAL);
        let is_packed = self.packed != Volume::default();
        let is_index_behind = self.unindexed >= INDEX_URGENTLY_FROM && !is_packed;
        let is_behind = is_index_behind || !self.sweeps.is_empty() || self.is_packed_full();
        let is_log_long = self.log_growth() >= CHECKPOINT_URGENTLY_FROM;
        // Whoever has messages removed does not wait for a flood to end.
        let is_in_the_way = is_packed && !self.sweeps.is_empty();
        !self.paused && (is_log_long || is_in_the_way || has_rested && is_behind)
    }

    /// Whether messages may be packed now: what has to go is looked for among rows.
    pub(super) fn may_pack(&self) -> bool {
        self.sweeps.is_empty() && !self.is_packed_full()
    }

    fn is_packed_full(&self) -> bool {
        self.packed.messages >= PACKED_MESSAGES_MAX || self.packed.bytes >= PACKED_BYTES_MAX
    }

    /// A batch was written, so much of it as packs.
    pub(super) fn written(&mut self, new: u64, packed: Volume) {
        self.unindexed += new;
        self.packed.add(packed);
        if packed != Volume::default() {
            self.last_packed = Some(Instant::now());
        }
        self.paused = false;
    }

    /// Something failed, for a reason that time may mend. Whose purge it was.
    pub(super) fn pause(&mut self) -> Option<Ticket> {
        self.paused = true;
        self.sweeps.pop_front()?.ticket
    }

    /// Has messages removed. Whether there is room for the task.
    pub(super) fn sweep(&mut self, sweep: Sweep, ticket: Option<Ticket>) -> bool {
        let fits = self.sweeps.len() < SWEEPS_MAX;
        if fits {
            self.paused = false;
            self.sweeps.push_back(Task { sweep, ticket });
        }
        fits
    }

    /// Whose purges are not done and will not be.
    pub(super) fn abandon(&mut self) -> Vec<Ticket> {
        self.sweeps.drain(..).filter_map(|task| task.ticket).collect()
    }

    /// Does what is most pressing, for some milliseconds.
    pub(super) fn step(&mut self, connection: &mut Connection) -> rusqlite::Result<Outcome> {
        let began = Instant::now();
        self.last_step = Some(began);
        // Nobody has been promised anything: the disk need not be waited for.
        database::set_synchronous(connection, false)?;
        match self.next() {
            Some(Step::Checkpoint) => self.checkpoint(connection, CheckpointMode::PASSIVE)?,
            Some(Step::Unpack) => self.unpack_step(connection, began)?,
            Some(Step::Sweep) => return self.sweep_step(connection, began),
            Some(Step::Index) => {
                let is_more = indexer::step(connection, began)?;
                self.unindexed = if is_more { indexer::behind(connection)?.max(INDEX_FROM) } else { 0 };
                if self.merge == Merge::Done {
                    self.merge = Merge::GoesOn;
                }
            }
            Some(Step::Merge) => self.merge_step(connection, began)?,
            Some(Step::Shrink) => self.shrinks = shrink(connection)?,
            None => {}
        }
        Ok(Outcome::Part)
    }

    /// Moves the log into the file.
    pub(super) fn checkpoint(
        &mut self,
        connection: &Connection,
        mode: CheckpointMode,
    ) -> rusqlite::Result<()> {
        let (_, moved) = connection.wal_checkpoint_v2(None::<&str>, mode)?;
        // A reader that holds on to what is in the log does not make us try forever.
        self.moved = self.log.load(Ordering::Relaxed).max(u64::try_from(moved).unwrap_or(0));
        Ok(())
    }

    fn next(&self) -> Option<Step> {
        if self.log_growth() >= CHECKPOINT_FROM {
            Some(Step::Checkpoint)
        } else if self.packed != Volume::default() {
            Some(Step::Unpack)
        } else if !self.sweeps.is_empty() {
            Some(Step::Sweep)
        } else if self.merge != Merge::Done {
            Some(Step::Merge)
        } else if self.unindexed >= INDEX_FROM {
            Some(Step::Index)
        } else if self.shrinks {
            Some(Step::Shrink)
        } else {
            None
        }
    }

    /// A log that is shorter than what was moved has begun anew.
    fn log_growth(&self) -> u64 {
        let log = self.log.load(Ordering::Relaxed);
        log.checked_sub(self.moved).unwrap_or(log)
    }

    fn unpack_step(&mut self, connection: &mut Connection, began: Instant) -> rusqlite::Result<()> {
        // What somebody wants gone later does not stay in free pages either.
        connection.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))?;
        let step = packs::step(connection, began);
        connection.pragma_update_and_check(None, "secure_delete", "FAST", |_| Ok(()))?;
        let (unpacked, is_more) = step?;
        if is_more {
            self.packed.sub(unpacked);
        } else {
            self.packed = Volume::default();
            self.unindexed = indexer::behind(connection)?;
            // Rows and index take most of the space that is free now.
            self.shrinks = true;
        }
        Ok(())
    }

    fn sweep_step(&mut self, connection: &mut Connection, began: Instant) -> rusqlite::Result<Outcome> {
        let Some(task) = self.sweeps.front_mut() else { return Ok(Outcome::Part) };
        let ticket = task.ticket;
        // What somebody wants gone does not stay in free pages; what is just old may.
        let overwrite = if ticket.is_some() { "ON" } else { "FAST" };
        connection.pragma_update_and_check(None, "secure_delete", overwrite, |_| Ok(()))?;
        let is_more = task.sweep.step(connection, began)?;
        connection.pragma_update_and_check(None, "secure_delete", "FAST", |_| Ok(()))?;
        let removed = task.sweep.removed;
        if is_more {
            return Ok(ticket.map_or(Outcome::Part, |ticket| Outcome::Progress { ticket, removed }));
        }
        self.sweeps.pop_front();
        self.shrinks |= removed > 0;
        let Some(ticket) = ticket else { return Ok(Outcome::Part) };
        if removed > 0 {
            self.merge = Merge::Begins;
        }
        Ok(Outcome::Purged { ticket, removed })
    }

    /// Merges a bit of the index, and leaves out what was removed.
    fn merge_step(&mut self, connection: &mut Connection, began: Instant) -> rusqlite::Result<()> {
        let transaction = connection.transaction()?;
        let mut merge = self.merge;
        while merge != Merge::Done && began.elapsed() < STEP_MAX {
            let before = transaction.total_changes();
            let sql = "INSERT INTO messages_fts (messages_fts, rank) VALUES ('merge', ?1)";
            // A negative number also merges what is large enough already (fts5, "the merge command").
            let pages = if merge == Merge::Begins { -MERGE_CHUNK } else { MERGE_CHUNK };
            transaction.prepare_cached(sql)?.execute([pages])?;
            let is_more = transaction.total_changes() - before >= 2;
            merge = if is_more { Merge::GoesOn } else { Merge::Done };
        }
        transaction.commit()?;
        self.merge = merge;
        Ok(())
    }
}

impl Sweep {
    /// Removes everything that is older, of one conversation or of all.
    pub(super) fn purge(before_ms: i64, conversation: Option<super::ConversationId>) -> Self {
        Self::new(Rule::Purged { before_ms }, conversation)
    }
}

/// Gives some free pages back to the file system. Whether there are more that are not needed.
fn shrink(connection: &Connection) -> rusqlite::Result<bool> {
    let pages = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let free = u64::try_from(pages("freelist_count")?).unwrap_or(0);
    let all = u64::try_from(pages("page_count")?).unwrap_or(0);
    let surplus = free.saturating_sub(FREE_PAGES_MIN.max(all / FREE_SHARE));
    if surplus == 0 {
        return Ok(false);
    }
    let mut statement =
        connection.prepare(&format!("PRAGMA incremental_vacuum({})", surplus.min(PAGES_AT_ONCE)))?;
    let mut rows = statement.query([])?;
    // A row for each page.
    while rows.next()?.is_some() {}
    Ok(surplus > PAGES_AT_ONCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_has_its_turn_once_in_a_while_where_there_is_no_pause() {
        let mut upkeep = Upkeep { unindexed: INDEX_URGENTLY_FROM, ..Upkeep::default() };
        assert!(upkeep.is_urgent());
        upkeep.last_step = Some(Instant::now());
        assert!(!upkeep.is_urgent());
        upkeep.log.store(CHECKPOINT_URGENTLY_FROM, Ordering::Relaxed);
        assert!(upkeep.is_urgent(), "the log would grow without bounds");
        upkeep.log.store(0, Ordering::Relaxed);
        upkeep.last_step = Instant::now().checked_sub(STEP_INTERVAL);
        assert!(upkeep.is_urgent());
        upkeep.unindexed = 0;
        assert!(!upkeep.is_urgent());
        assert!(upkeep.sweep(Sweep::purge(0, None), Some(1)) && upkeep.is_urgent());
    }

    #[test]
    fn packs_wait_for_a_pause_unless_something_has_to_go_and_are_no_more_than_so_many() {
        let some = |messages| Volume { messages, bytes: messages };
        let mut upkeep = Upkeep { unindexed: INDEX_URGENTLY_FROM, ..Upkeep::default() };
        upkeep.written(1, some(1));
        assert_eq!(upkeep.patience(), FLOOD_IS_OVER_AFTER);
        upkeep.last_packed = Instant::now().checked_sub(FLOOD_IS_OVER_AFTER);
        assert_eq!(upkeep.patience(), IDLE);
        assert!(
            upkeep.is_due() && !upkeep.is_urgent(),
            "the index waits for the packs, and they for a pause"
        );
        assert!(upkeep.may_pack());
        upkeep.written(0, some(PACKED_MESSAGES_MAX - 2));
        assert!(upkeep.may_pack());
        upkeep.written(0, some(1));
        assert!(upkeep.is_urgent());
        assert!(!upkeep.may_pack());
        upkeep.last_step = Some(Instant::now());
        assert!(!upkeep.is_urgent(), "a step a second");
        assert!(upkeep.sweep(Sweep::purge(0, None), Some(1)) && upkeep.is_urgent());
        upkeep.packed = some(1);
        assert!(upkeep.is_urgent());
        assert!(!upkeep.may_pack());
        upkeep.packed = Volume { messages: 1, bytes: PACKED_BYTES_MAX };
        upkeep.sweeps.clear();
        assert!(!upkeep.may_pack());
    }
}
