//! Messages go: by age, by number, or because an administrator wants it. A little at a time.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension, params};

use super::indexer::indexed_below;
use super::message::{ids, integer, place, unsigned};
use super::upkeep::STEP_MAX;
use crate::kept::ConversationId;

/// Messages between two looks at the clock.
const CHUNK: i64 = 64;
/// Messages that are counted between two looks at the clock.
const COUNT_CHUNK: i64 = 4096;

/// What has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// What is older, up to the first message of a conversation that is not.
    Aged { before_ms: i64 },
    /// All that is older. Looks at every message: a clock that was set back is no excuse.
    Purged { before_ms: i64 },
    /// All but the newest.
    Beyond { count: i64 },
}

/// A walk through conversations that removes what has to go.
#[derive(Debug)]
pub(super) struct Sweep {
    rule: Rule,
    /// Conversations to visit, the next one last; filled by the first step.
    waiting: Option<Vec<ConversationId>>,
    /// Within the conversation that is being visited.
    at: Option<At>,
    pub(super) removed: u64,
}

#[derive(Clone, Copy, Debug)]
enum At {
    /// Counts down from the newest message to the last one that stays.
    Counting { below: i64, left: i64 },
    /// Everything before `from` is done.
    Removing { from: i64, end: i64 },
}

impl Sweep {
    pub(super) fn new(rule: Rule, conversation: Option<ConversationId>) -> Self {
        Self { rule, waiting: conversation.map(|one| vec![one]), at: None, removed: 0 }
    }

    /// Removes what fits into one step. Whether there is more.
    pub(super) fn step(&mut self, connection: &mut Connection, began: Instant) -> rusqlite::Result<bool> {
        let transaction = connection.transaction()?;
        // What was not committed is not done.
        let (mut at, mut removed) = (self.at, 0);
        let mut waiting = match &self.waiting {
            Some(waiting) => waiting.clone(),
            None => conversations(&transaction)?,
        };
        let mut is_more = true;
        while began.elapsed() < STEP_MAX {
            let Some(now_at) = at.or_else(|| waiting.pop().map(|next| self.begin(next))) else {
                is_more = false;
                break;
            };
            at = match now_at {
                At::Counting { below, left } => count(&transaction, below, left)?,
                At::Removing { from, end } => self.remove(&transaction, from, end, &mut removed)?,
            };
        }
        transaction.commit()?;
        (self.at, self.waiting) = (at, Some(waiting));
        self.removed += removed;
        Ok(is_more)
    }

    fn begin(&self, conversation: ConversationId) -> At {
        let all = ids(conversation);
        match self.rule {
            Rule::Aged { .. } | Rule::Purged { .. } => At::Removing { from: all.start, end: all.end },
            Rule::Beyond { count } => At::Counting { below: all.end, left: count },
        }
    }

    fn remove(
        &self,
        connection: &Connection,
        from: i64,
        end: i64,
        removed: &mut u64,
    ) -> rusqlite::Result<Option<At>> {
        let indexed =
            place(end - 1).map_or(Ok(0), |(conversation, _)| indexed_below(connection, conversation))?;
        let mut doomed = Vec::new();
        let mut next = None;
        let sql = "SELECT id, time_ms FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![from, end, CHUNK])?;
        let mut seen = 0;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            // What has no time is damaged, and as old as can be.
            let time_ms = integer(row, 1).unwrap_or(i64::MIN);
            let (goes, ends) = match self.rule {
                Rule::Aged { before_ms } => (time_ms < before_ms, time_ms >= before_ms),
                Rule::Purged { before_ms } => (time_ms < before_ms, false),
                Rule::Beyond { .. } => (true, false),
            };
            if goes {
                doomed.push(id);
            }
            if ends {
                seen = 0;
                break;
            }
            seen += 1;
            next = Some(id + 1);
        }
        for id in &doomed {
            remove_one(connection, *id, *id < indexed)?;
        }
        *removed += doomed.len() as u64;
        Ok(next.filter(|_| seen == CHUNK).map(|from| At::Removing { from, end }))
    }
}

/// Goes on counting. What is below the last one that stays has to go.
fn count(connection: &Connection, below: i64, left: i64) -> rusqlite::Result<Option<At>> {
    let Some((conversation, _)) = place(below - 1) else { return Ok(None) };
    let start = ids(conversation).start;
    if left <= 0 {
        return Ok(Some(At::Removing { from: start, end: below }));
    }
    // There are at least as many positions as messages: mostly nothing has to be counted.
    let sql = "SELECT min(id) FROM messages WHERE id >= ?1 AND id < ?2";
    let first: Option<i64> = connection.prepare_cached(sql)?.query_row([start, below], |row| row.get(0))?;
    let sql = "SELECT max(id) FROM messages WHERE id >= ?1 AND id < ?2";
    let last: Option<i64> = connection.prepare_cached(sql)?.query_row([start, below], |row| row.get(0))?;
    let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
    if last - first < left {
        return Ok(None);
    }
    let here = left.min(COUNT_CHUNK);
    let sql = "SELECT id FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let reached: Option<i64> = statement.query_row([start, below, here - 1], |row| row.get(0)).optional()?;
    Ok(reached.map(|below| At::Counting { below, left: left - here }))
}

fn conversations(connection: &Connection) -> rusqlite::Result<Vec<ConversationId>> {
    let mut statement = connection.prepare_cached("SELECT id FROM conversations ORDER BY id DESC")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(unsigned(row, 0).and_then(|id| ConversationId::try_from(id).ok()));
    }
    Ok(found)
}

/// The index has to be told the same text again to forget it.
fn remove_one(connection: &Connection, id: i64, is_indexed: bool) -> rusqlite::Result<()> {
    if is_indexed {
        let sql = "INSERT INTO messages_fts (messages_fts, rowid, text)
            SELECT 'delete', id, text FROM messages WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([id])?;
    }
    connection.prepare_cached("DELETE FROM messages WHERE id = ?1")?.execute([id]).map(drop)
}
