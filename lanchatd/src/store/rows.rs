//! Messages become rows.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rusqlite::{Connection, OptionalExtension, params};

use super::error::{Cause, Misfit};
use super::message::{self, COLUMNS, MESSAGE_BYTES_MAX, ids, integer};
use super::meta::stored;
use super::pack::Frame;
use super::packs::{self, Contents, Packing, Volume};
use crate::kept::{ConversationId, Message, Stretch, Uid};

/// What no kind of message has.
const UNREADABLE: i64 = -1;

/// How far a conversation goes.
struct Extent {
    head: u64,
    indexed: u64,
    /// Where its first pack begins, and its last one ends.
    packed: Option<(i64, i64)>,
    /// Its last message, once somebody wanted to know.
    last: Option<i64>,
}

/// Conversations of a batch that is being written.
pub(super) struct Writing<'c> {
    connection: &'c Connection,
    extents: BTreeMap<ConversationId, Extent>,
    /// The pack that was looked at last, in which others of a batch that is written again probably are too.
    looked_at: Option<(i64, Vec<Message>)>,
}

impl<'c> Writing<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, extents: BTreeMap::new(), looked_at: None }
    }

    /// Whether messages of one conversation may be packed: there are many of them, and they go on where it ends.
    pub(super) fn may_pack(&mut self, messages: Stretch<'_>, packing: Packing) -> Result<bool, Cause> {
        // What is not sound has none, and is before all others therefore.
        let id =
            |message: Message<u32>| message.id().filter(|_| message.outline_bytes() <= MESSAGE_BYTES_MAX);
        let mut outlines = messages.outlines();
        if messages.len() < packing.from || !outlines.clone().map(id).is_sorted_by(|one, next| one < next) {
            return Ok(false);
        }
        let (Some(first), Some(last)) = (outlines.next(), outlines.next_back()) else { return Ok(false) };
        let (Some(begins), Some(ends)) = (id(first), id(last)) else { return Ok(false) };
        let extent = self.extent(first.conversation)?;
        let packed = extent.packed.map_or(i64::MIN, |(_, last)| last);
        if first.position < extent.indexed || begins <= packed {
            return Ok(false);
        }
        let before = match extent.last {
            Some(before) => before,
            None => last_row(self.connection, first.conversation)?,
        };
        let extent = self.extent(first.conversation)?;
        extent.last = Some(before);
        if begins <= before {
            return Ok(false);
        }
        extent.head = extent.head.max(last.position + 1);
        extent.packed = Some((extent.packed.map_or(begins, |(first, _)| first), ends));
        Ok(true)
    }

    /// Packs messages for which [`Self::may_pack`] has said so.
    pub(super) fn pack(&self, messages: Stretch<'_>, packing: Packing) -> rusqlite::Result<Volume> {
        packs::put(self.connection, messages, packing.bounds)
    }

    /// Makes a row of a message. Whether it was not there before. Another one in its place is refused.
    pub(super) fn put(&mut self, message: Message<&str>) -> Result<bool, Cause> {
        let Message { conversation, position, .. } = message;
        let id = message.id().ok_or(Misfit::OutOfBounds { conversation, position })?;
        if message.bytes() > MESSAGE_BYTES_MAX {
            return Err(Misfit::TooLong { conversation, position }.into());
        }
        let extent = self.extent(conversation)?;
        extent.head = extent.head.max(position + 1);
        extent.last = extent.last.map(|last| last.max(id));
        let indexed = extent.indexed;
        let is_among_packs = extent.packed.is_some_and(|(first, last)| first <= id && id <= last);
        if is_among_packs && self.is_packed(id, message)? {
            return Ok(false);
        }
        if insert(self.connection, id, message)? {
            // The indexer has passed here: the message was dropped, or comes late.
            if position < indexed {
                index(self.connection, id)?;
            }
            return Ok(true);
        }
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM messages WHERE id = ?1"))?;
        let there = statement.query_row([id], |row| Ok(Message::read(row)))?;
        if there.as_ref().map(Message::view) == Some(message) {
            return Ok(false);
        }
        Err(Misfit::Taken { conversation, position }.into())
    }

    /// Whether it is in a pack. A pack that it lies in the middle of becomes rows.
    fn is_packed(&mut self, id: i64, message: Message<&str>) -> Result<bool, Cause> {
        let Some(header) = packs::around(self.connection, id)? else { return Ok(false) };
        if self.looked_at.as_ref().is_none_or(|(first, _)| *first != header.first) {
            let contents = Contents::of(self.connection, header)?;
            let frames = contents.frames();
            let messages = frames.iter().flatten().filter_map(Frame::message).map(Message::owned).collect();
            self.looked_at = Some((header.first, messages));
        }
        let (_, messages) = self.looked_at.get_or_insert_default();
        let Message { conversation, position, .. } = message;
        match messages.binary_search_by_key(&position, |message| message.position) {
            Ok(at) if messages[at].view() == message => Ok(true),
            Ok(_) => Err(Misfit::Taken { conversation, position }.into()),
            Err(_) => {
                self.looked_at = None;
                packs::unpack(self.connection, &Contents::of(self.connection, header)?)?;
                Ok(false)
            }
        }
    }

    /// Writes down up to where the conversations go now.
    pub(super) fn end(self) -> rusqlite::Result<()> {
        let sql = "UPDATE conversations SET head = ?2 WHERE id = ?1";
        let mut advance = self.connection.prepare_cached(sql)?;
        for (conversation, extent) in self.extents {
            advance.execute(params![conversation, stored(extent.head)])?;
        }
        Ok(())
    }

    fn extent(&mut self, conversation: ConversationId) -> Result<&mut Extent, Cause> {
        match self.extents.entry(conversation) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => Ok(unknown.insert(extent(self.connection, conversation)?)),
        }
    }
}

fn extent(connection: &Connection, conversation: ConversationId) -> Result<Extent, Cause> {
    let mut statement = connection.prepare_cached("SELECT head, indexed FROM conversations WHERE id = ?1")?;
    let extent =
        statement.query_row([conversation], |row| Ok((message::unsigned(row, 0), message::unsigned(row, 1))));
    let (head, indexed) = extent.optional()?.ok_or(Misfit::NoConversation(conversation))?;
    let damaged = || Misfit::Damaged("a conversation's extent is out of bounds");
    let (head, indexed) = (head.ok_or_else(damaged)?, indexed.ok_or_else(damaged)?);
    Ok(Extent { head, indexed, packed: packs::span(connection, conversation)?, last: None })
}

/// The last row of a conversation, or what is before all of them.
fn last_row(connection: &Connection, conversation: ConversationId) -> rusqlite::Result<i64> {
    let sql = "SELECT max(id) FROM messages WHERE id >= ?1 AND id < ?2";
    let all = ids(conversation);
    let last = connection.prepare_cached(sql)?.query_row([all.start, all.end], |row| Ok(integer(row, 0)))?;
    Ok(last.unwrap_or(i64::MIN))
}

/// Makes a row of a message that was in a pack. What is there already stays. Rows of the conversation are in the index
/// below `indexed`: the indexer never passes a pack, but a file may say otherwise.
pub(super) fn add(
    connection: &Connection,
    id: i64,
    message: Message<&str>,
    indexed: i64,
) -> rusqlite::Result<()> {
    if insert(connection, id, message)? && id < indexed {
        index(connection, id)?;
    }
    Ok(())
}

/// The same of what is no message.
pub(super) fn add_unreadable(
    connection: &Connection,
    id: i64,
    time_ms: i64,
    bytes: &[u8],
    indexed: i64,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO messages (id, time_ms, kind, nick, text) VALUES (?1, ?2, ?3, '', ?4)
        ON CONFLICT (id) DO NOTHING";
    let is_new = connection.prepare_cached(sql)?.execute(params![id, time_ms, UNREADABLE, bytes])? == 1;
    if is_new && id < indexed { index(connection, id) } else { Ok(()) }
}

/// Whether there was nothing in its place.
fn insert(connection: &Connection, id: i64, message: Message<&str>) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO messages (id, time_ms, kind, nick, text, client, tag)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING";
    let Message { time_ms, kind, nick, text, uid, .. } = message;
    let (client, tag) = uid.map(|Uid { client, tag }| (client, tag)).unzip();
    let mut insertion = connection.prepare_cached(sql)?;
    Ok(insertion.execute(params![id, time_ms, kind.number(), nick, text, client, tag])? == 1)
}

fn index(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO messages_fts (rowid, text) SELECT id, text FROM messages WHERE id = ?1";
    connection.prepare_cached(sql)?.execute([id]).map(drop)
}
