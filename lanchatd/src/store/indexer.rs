//! The search index follows the messages, a little at a time.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension, params};

use super::message::{id, ids, place, unsigned};
use super::meta::stored;
use super::packs;
use super::upkeep::STEP_MAX;
use crate::kept::ConversationId;

/// Messages between two looks at the clock.
const CHUNK: u32 = 64;
/// Conversations that one step may touch.
const CONVERSATIONS_AT_ONCE: u32 = 64;

/// About how many messages are not in the index: gaps count too.
pub(super) fn behind(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT coalesce(sum(max(head - indexed, 0)), 0) FROM conversations";
    connection.prepare_cached(sql)?.query_row([], |row| Ok(unsigned(row, 0).unwrap_or(u64::MAX)))
}

/// Indexes what fits into one step. Whether there is more.
pub(super) fn step(connection: &mut Connection, began: Instant) -> rusqlite::Result<bool> {
    let transaction = connection.transaction()?;
    let mut waiting = Vec::new();
    {
        let sql = "SELECT id, indexed, head FROM conversations WHERE indexed < head ORDER BY id LIMIT ?1";
        let mut statement = transaction.prepare_cached(sql)?;
        let mut rows = statement.query([CONVERSATIONS_AT_ONCE])?;
        while let Some(row) = rows.next()? {
            let conversation = unsigned(row, 0).and_then(|id| id.try_into().ok());
            if let (Some(conversation), Some(indexed), Some(head)) =
                (conversation, unsigned(row, 1), unsigned(row, 2))
            {
                waiting.push((conversation, indexed, head));
            }
        }
    }
    let mut is_more = waiting.len() == CONVERSATIONS_AT_ONCE as usize;
    // In the order of their numbers: the index writes out what it holds whenever a smaller one comes.
    for (conversation, indexed, head) in waiting {
        // What is packed, and what is behind it, will be rows.
        let packed = packs::span(&transaction, conversation)?.map(|(first, _)| first);
        let end = packed.unwrap_or(ids(conversation).end);
        let mut from = id(conversation, indexed);
        let mut reached = None;
        while reached.is_none() && began.elapsed() < STEP_MAX {
            match chunk(&transaction, from, end)? {
                Some(next) => from = next,
                None => reached = Some(packed.and_then(place).map_or(head, |(_, first)| first.min(head))),
            }
        }
        let indexed = reached.or_else(|| place(from).map(|(_, position)| position)).unwrap_or(head);
        let sql = "UPDATE conversations SET indexed = ?2 WHERE id = ?1";
        transaction.prepare_cached(sql)?.execute(params![conversation, stored(indexed)])?;
        if reached.is_none() {
            is_more = true;
            break;
        }
    }
    transaction.commit()?;
    Ok(is_more)
}

/// Rows of the conversation are in the index below this number.
pub(super) fn indexed_below(connection: &Connection, conversation: ConversationId) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached("SELECT indexed FROM conversations WHERE id = ?1")?;
    let indexed = statement.query_row([conversation], |row| Ok(unsigned(row, 0))).optional()?;
    Ok(id(conversation, indexed.flatten().unwrap_or(0)))
}

/// Makes an empty index: all of it will be made again.
pub(super) fn reset(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute("INSERT INTO messages_fts (messages_fts) VALUES ('delete-all')", [])?;
    transaction.execute("UPDATE conversations SET indexed = 0", [])?;
    transaction.commit()
}

/// Indexes some messages. The number of the first one after them, if there is one.
fn chunk(connection: &Connection, from: i64, end: i64) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT id FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1 OFFSET ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let next: Option<i64> = statement.query_row(params![from, end, CHUNK], |row| row.get(0)).optional()?;
    let sql = "INSERT INTO messages_fts (rowid, text)
        SELECT id, text FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id";
    connection.prepare_cached(sql)?.execute(params![from, next.unwrap_or(end)])?;
    Ok(next)
}
