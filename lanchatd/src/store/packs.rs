//! The table of packs: what is written while much is said, and made rows of when there is time.
//!
//! Between the first and the last message of a pack there is no row and no other pack, and nothing of it is in the index.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::indexer::indexed_below;
use super::message::{MESSAGE_BYTES_MAX, ids, integer, place, unsigned};
use super::meta::stored;
use super::pack::{self, Bounds, Frame, Header, Packed};
use super::rows;
use super::upkeep::STEP_MAX;
use crate::kept::{ConversationId, Stretch};

/// The columns that [`header`] expects.
pub(super) const HEADER: &str = "id, last, count, first_ms, size";

/// What is longer is no body of a pack, and not read.
const BODY_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;

/// When messages are packed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packing {
    /// From so many on that follow each other: fewer are rows at once.
    pub(super) from: usize,
    pub(super) bounds: Bounds,
}

impl Packing {
    /// Much is being said.
    pub(super) const DEFAULT: Self = Self { from: 128, bounds: Bounds::DEFAULT };
    /// Nothing is packed.
    pub(super) const NONE: Self = Self { from: usize::MAX, bounds: Bounds::DEFAULT };
}

/// What is in packs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Volume {
    pub(super) messages: u64,
    /// What their bodies take.
    pub(super) bytes: u64,
}

impl Volume {
    pub(super) fn add(&mut self, other: Self) {
        self.messages = self.messages.saturating_add(other.messages);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }

    /// There is more: never nothing.
    pub(super) fn sub(&mut self, other: Self) {
        self.messages = self.messages.saturating_sub(other.messages).max(1);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }
}

/// A pack that was read.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) header: Header,
    body: Vec<u8>,
    /// `None`: it cannot be opened.
    raw: Option<Vec<u8>>,
}

impl Contents {
    pub(super) fn of(connection: &Connection, header: Header) -> rusqlite::Result<Self> {
        let mut statement =
            connection.prepare_cached("SELECT body FROM packs WHERE id = ?1 AND length(body) <= ?2")?;
        // What is no body is one that cannot be opened.
        let blob = |row: &Row<'_>| Ok(row.get_ref(0)?.as_blob().map(<[u8]>::to_vec).unwrap_or_default());
        let body = statement
            .query_row(params![header.first, stored(BODY_BYTES_MAX as u64)], blob)
            .optional()?
            .unwrap_or_default();
        let raw = pack::open(&header, &body);
        Ok(Self { header, body, raw })
    }

    /// Its messages; `None` if it cannot be read.
    pub(super) fn frames(&self) -> Option<Vec<Frame<'_>>> {
        pack::frames(&self.header, self.raw.as_ref()?)
    }
}

/// What a row of [`HEADER`] says. What makes no sense makes a pack that cannot be read.
pub(super) fn header(row: &Row<'_>) -> Header {
    let first = integer(row, 0).unwrap_or(i64::MIN);
    Header {
        first,
        last: integer(row, 1).filter(|last| *last >= first).unwrap_or(first),
        count: unsigned(row, 2).unwrap_or(1).clamp(1, Bounds::DEFAULT.messages_max as u64),
        first_ms: integer(row, 3).unwrap_or(i64::MIN),
        size: unsigned(row, 4).and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX),
    }
}

/// Writes messages of one conversation that follow each other.
pub(super) fn put(
    connection: &Connection,
    messages: Stretch<'_>,
    bounds: Bounds,
) -> rusqlite::Result<Volume> {
    let sql = "INSERT INTO packs (id, last, count, first_ms, last_ms, sent_ms, size, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let mut insertion = connection.prepare_cached(sql)?;
    let mut volume = Volume::default();
    for Packed { header, last_ms, sent_ms, body } in pack::pack(messages, bounds) {
        let Header { first, last, count, first_ms, size } = header;
        insertion.execute(params![
            first,
            last,
            count.cast_signed(),
            first_ms,
            last_ms,
            sent_ms,
            stored(size as u64),
            body
        ])?;
        volume.add(Volume { messages: count, bytes: body.len() as u64 });
    }
    Ok(volume)
}

/// How much is in packs.
pub(super) fn volume(connection: &Connection) -> rusqlite::Result<Volume> {
    let mut statement = connection.prepare_cached(&format!("SELECT {HEADER}, length(body) FROM packs"))?;
    let mut rows = statement.query([])?;
    let mut volume = Volume::default();
    while let Some(row) = rows.next()? {
        volume.add(Volume { messages: header(row).count, bytes: unsigned(row, 5).unwrap_or(0) });
    }
    Ok(volume)
}

/// From where on a conversation has packs, and up to where.
pub(super) fn span(
    connection: &Connection,
    conversation: ConversationId,
) -> rusqlite::Result<Option<(i64, i64)>> {
    let all = ids(conversation);
    let end = |sql| -> rusqlite::Result<Option<i64>> {
        let mut statement = connection.prepare_cached(sql)?;
        let end = statement.query_row([all.start, all.end], |row| Ok(integer(row, 0))).optional()?;
        Ok(end.flatten())
    };
    let first = end("SELECT id FROM packs WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1")?;
    let Some(first) = first else { return Ok(None) };
    let last = end("SELECT last FROM packs WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 1")?;
    Ok(Some((first, last.unwrap_or(all.end))))
}

/// The pack in which a message would be that has this number as a row.
pub(super) fn around(connection: &Connection, id: i64) -> rusqlite::Result<Option<Header>> {
    let sql = format!("SELECT {HEADER} FROM packs WHERE id <= ?1 ORDER BY id DESC LIMIT 1");
    let before = connection.prepare_cached(&sql)?.query_row([id], |row| Ok(header(row))).optional()?;
    Ok(before.filter(|header| header.last >= id))
}

/// Makes rows of what fits into one step. How much that was, and whether there is more.
pub(super) fn step(connection: &mut Connection, began: Instant) -> rusqlite::Result<(Volume, bool)> {
    let transaction = connection.transaction()?;
    let mut unpacked = Volume::default();
    let sql = format!("SELECT {HEADER} FROM packs ORDER BY id LIMIT 1");
    let is_more = loop {
        let mut statement = transaction.prepare_cached(&sql)?;
        let Some(header) = statement.query_row([], |row| Ok(header(row))).optional()? else { break false };
        let contents = Contents::of(&transaction, header)?;
        unpack(&transaction, &contents)?;
        unpacked.add(Volume { messages: header.count, bytes: contents.body.len() as u64 });
        if began.elapsed() >= STEP_MAX {
            break true;
        }
    };
    transaction.commit()?;
    Ok((unpacked, is_more))
}

/// Makes rows of a pack. What cannot be read becomes a row that cannot be read: nobody finds out what it was, but it is
/// counted, and goes when its time has come.
pub(super) fn unpack(connection: &Connection, contents: &Contents) -> rusqlite::Result<()> {
    let Header { first, first_ms, .. } = contents.header;
    let indexed =
        place(first).map_or(Ok(first), |(conversation, _)| indexed_below(connection, conversation))?;
    if let Some(frames) = contents.frames() {
        for frame in &frames {
            match frame.message() {
                Some(message) => rows::add(connection, frame.id, message, indexed)?,
                None => rows::add_unreadable(connection, frame.id, frame.time_ms, frame.bytes, indexed)?,
            }
        }
    } else {
        let body = &contents.body[..contents.body.len().min(MESSAGE_BYTES_MAX)];
        rows::add_unreadable(connection, first, first_ms, body, indexed)?;
    }
    connection.prepare_cached("DELETE FROM packs WHERE id = ?1")?.execute([first]).map(drop)
}
