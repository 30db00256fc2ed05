//! Reading messages by where and when they were said.

use std::ops::{ControlFlow, Range};

use rusqlite::{Connection, OptionalExtension};

use super::answer::{Cursor, Direction, Exported, Extent, PAGE_BYTES_MAX, PAGE_MAX, Page};
use super::message::{id, ids, integer, place};
use super::stretch::visit;
use crate::kept::ConversationId;

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
    let places = id(conversation, positions.start)..id(conversation, positions.end);
    let limit = limit.min(PAGE_MAX);
    let mut left = bytes.min(PAGE_BYTES_MAX);
    let mut page = Page::default();
    let mut seen = 0;
    visit(connection, places, direction, |entry| {
        let message = entry.message();
        let bytes = message.as_ref().map_or(0, |message| message.bytes() + message.more_lines_bytes());
        if seen == limit || bytes > left && !page.messages.is_empty() {
            let beyond = place(entry.id()).map(|(_, position)| position);
            page.next = match direction {
                Direction::Forward => beyond,
                Direction::Backward => beyond.map(|position| position + 1),
            };
            return ControlFlow::Break(());
        }
        seen += 1;
        left = left.saturating_sub(bytes);
        match message {
            Some(message) => page.messages.push(message),
            None => page.skipped += entry.count(),
        }
        ControlFlow::Continue(())
    })?;
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
    let all = ids(conversation);
    let Some(Step { id: mut low, .. }) = step(connection, all.clone())? else { return Ok(None) };
    let Some((mut high, newest_ms)) = last(connection, conversation)? else { return Ok(None) };
    if newest_ms < time_ms {
        return Ok(None);
    }
    while low < high {
        let middle = low + (high - low) / 2;
        match step(connection, middle..all.end)? {
            Some(step) if step.last_ms >= time_ms => high = middle,
            Some(step) => low = step.last + 1,
            None => high = middle,
        }
    }
    // It is the first one here, or in the pack that begins here.
    let mut found = None;
    let low = step(connection, low..all.end)?.map_or(low, |step| step.id);
    visit(connection, low..all.end, Direction::Forward, |entry| {
        if entry.time_ms().is_some_and(|entry_ms| entry_ms < time_ms) {
            return ControlFlow::Continue(());
        }
        found = place(entry.id()).map(|(_, position)| position);
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// A row, or a pack: each is a step towards a time.
struct Step {
    id: i64,
    last: i64,
    first_ms: Option<i64>,
    last_ms: i64,
}

/// The first row or pack that begins in a range.
fn step(connection: &Connection, range: Range<i64>) -> rusqlite::Result<Option<Step>> {
    end(connection, range, "ASC", |row, pack| row.id < pack.id)
}

fn end(
    connection: &Connection,
    range: Range<i64>,
    order: &str,
    is_row: impl Fn(&Step, &Step) -> bool,
) -> rusqlite::Result<Option<Step>> {
    let read = |columns: &str| {
        let sql = format!("SELECT {columns} WHERE id >= ?1 AND id < ?2 ORDER BY id {order} LIMIT 1");
        let mut statement = connection.prepare_cached(&sql)?;
        let step = statement.query_row([range.start, range.end], |row| {
            let (id, last_ms) = (row.get(0)?, integer(row, 3).unwrap_or(i64::MIN));
            Ok(Step { id, last: integer(row, 1).unwrap_or(id).max(id), first_ms: integer(row, 2), last_ms })
        });
        step.optional()
    };
    let row = read("id, id, time_ms, time_ms FROM messages")?;
    let pack = read("id, last, first_ms, last_ms FROM packs")?;
    Ok(match (row, pack) {
        (Some(row), Some(pack)) => Some(if is_row(&row, &pack) { row } else { pack }),
        (row, pack) => row.or(pack),
    })
}

/// From when until when messages are kept. A conversation whose first or last message has no time is left out.
pub(super) fn extents(connection: &Connection) -> rusqlite::Result<Vec<Extent>> {
    let mut conversations = connection.prepare_cached("SELECT id FROM conversations ORDER BY id")?;
    let mut rows = conversations.query([])?;
    let mut extents = Vec::new();
    while let Some(row) = rows.next()? {
        let number = integer(row, 0).and_then(|number| ConversationId::try_from(number).ok());
        let Some(conversation) = number else { continue };
        let first_ms = step(connection, ids(conversation))?.and_then(|step| step.first_ms);
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
    let last = end(connection, ids(conversation), "DESC", |row, pack| row.id > pack.id)?;
    Ok(last.map(|step| (step.last, step.last_ms)))
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
    let mut exported = Exported::default();
    let (mut seen, mut bytes) = (0, 0);
    visit(connection, range.start.max(from.0)..range.end, Direction::Forward, |entry| {
        let is_full = exported.messages.len() >= limit.min(PAGE_MAX) || bytes >= PAGE_BYTES_MAX;
        if is_full || seen == EXPORT_ROWS_MAX {
            exported.next = Some(Cursor(entry.id()));
            return ControlFlow::Break(());
        }
        seen += 1;
        if since_ms.is_some_and(|since_ms| entry.time_ms().is_some_and(|time_ms| time_ms < since_ms)) {
            return ControlFlow::Continue(());
        }
        match entry.message() {
            Some(message) => {
                bytes += message.bytes();
                exported.messages.push(message);
            }
            None => exported.skipped += entry.count(),
        }
        ControlFlow::Continue(())
    })?;
    Ok(exported)
}
