//! Reading messages by where and when they were said.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, params};

use super::answer::{Cursor, Direction, Exported, Extent, PAGE_BYTES_MAX, PAGE_MAX, Page};
use super::message::{COLUMNS, id, ids, integer, place};
use crate::kept::{ConversationId, Message};

/// Messages that one page of an export looks at: those that are too old are passed over.
const EXPORT_ROWS_MAX: usize = 10_000;

/// Some messages of a conversation.
pub(super) fn page(
    connection: &Connection,
    conversation: ConversationId,
    positions: Range<u64>,
    limit: usize,
    bytes: usize,
    direction: Direction,
) -> rusqlite::Result<Page> {
    let order = match direction {
        Direction::Forward => "ASC",
        Direction::Backward => "DESC",
    };
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id {order}");
    let (from, until) = (id(conversation, positions.start), id(conversation, positions.end));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![from, until])?;
    let limit = limit.min(PAGE_MAX);
    let mut left = bytes.min(PAGE_BYTES_MAX);
    let mut page = Page::default();
    let mut seen = 0;
    while let Some(row) = rows.next()? {
        let message = Message::read(row);
        let bytes = message.as_ref().map_or(0, Message::bytes);
        if seen == limit || bytes > left && !page.messages.is_empty() {
            let beyond = integer(row, 0).and_then(place).map(|(_, position)| position);
            page.next = match direction {
                Direction::Forward => beyond,
                Direction::Backward => beyond.map(|position| position + 1),
            };
            break;
        }
        seen += 1;
        left = left.saturating_sub(bytes);
        match message {
            Some(message) => page.messages.push(message),
            None => page.skipped += 1,
        }
    }
    if direction == Direction::Backward {
        page.messages.reverse();
    }
    Ok(page)
}

/// The position of the first message that is not before a time.
///
/// Halves the conversation until it is found, because there is no index by time. That takes a clock that only
/// goes forward.
pub(super) fn since(
    connection: &Connection,
    conversation: ConversationId,
    time_ms: i64,
) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT id, time_ms FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let all = ids(conversation);
    let mut first_from = |from: i64| {
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, integer(row, 1).unwrap_or(i64::MIN)));
        statement.query_row([from, all.end], row).optional()
    };
    let Some((mut low, _)) = first_from(all.start)? else { return Ok(None) };
    let Some((mut high, newest_ms)) = last(connection, conversation)? else { return Ok(None) };
    if newest_ms < time_ms {
        return Ok(None);
    }
    while low < high {
        let middle = low + (high - low) / 2;
        match first_from(middle)? {
            Some((_, found_ms)) if found_ms >= time_ms => high = middle,
            Some((found, _)) => low = found + 1,
            None => high = middle,
        }
    }
    let found: Option<(i64, i64)> = first_from(low)?;
    Ok(found.and_then(|(id, _)| place(id)).map(|(_, position)| position))
}

/// From when until when messages are kept. A conversation whose first or last message has no time is left out.
pub(super) fn extents(connection: &Connection) -> rusqlite::Result<Vec<Extent>> {
    let sql = "SELECT id, time_ms FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1";
    let mut first = connection.prepare_cached(sql)?;
    let mut conversations = connection.prepare_cached("SELECT id FROM conversations ORDER BY id")?;
    let mut rows = conversations.query([])?;
    let mut extents = Vec::new();
    while let Some(row) = rows.next()? {
        let number = integer(row, 0).and_then(|number| ConversationId::try_from(number).ok());
        let Some(conversation) = number else { continue };
        let all = ids(conversation);
        let first_ms = first.query_row([all.start, all.end], |row| Ok(integer(row, 1))).optional()?.flatten();
        let last_ms = last(connection, conversation)?.map(|(_, time_ms)| time_ms);
        if let (Some(first_ms), Some(last_ms)) = (first_ms, last_ms) {
            extents.push(Extent { conversation, first_ms, last_ms });
        }
    }
    Ok(extents)
}

/// Number and time of a conversation's last message.
pub(super) fn last(
    connection: &Connection,
    conversation: ConversationId,
) -> rusqlite::Result<Option<(i64, i64)>> {
    let sql = "SELECT id, time_ms FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 1";
    let all = ids(conversation);
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, integer(row, 1).unwrap_or(i64::MIN)));
    connection.prepare_cached(sql)?.query_row([all.start, all.end], row).optional()
}

/// Messages by conversation and position, from a cursor on.
pub(super) fn export(
    connection: &Connection,
    conversation: Option<ConversationId>,
    since_ms: Option<i64>,
    from: Cursor,
    limit: usize,
) -> rusqlite::Result<Exported> {
    let range = conversation.map_or(0..i64::MAX, ids);
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![range.start.max(from.0), range.end])?;
    let mut exported = Exported::default();
    let (mut seen, mut bytes) = (0, 0);
    while let Some(row) = rows.next()? {
        let is_full = exported.messages.len() >= limit.min(PAGE_MAX) || bytes >= PAGE_BYTES_MAX;
        if is_full || seen == EXPORT_ROWS_MAX {
            exported.next = integer(row, 0).map(Cursor);
            break;
        }
        seen += 1;
        if since_ms.is_some_and(|since_ms| integer(row, 1).is_some_and(|time_ms| time_ms < since_ms)) {
            continue;
        }
        match Message::read(row) {
            Some(message) => {
                bytes += message.bytes();
                exported.messages.push(message);
            }
            None => exported.skipped += 1,
        }
    }
    Ok(exported)
}
