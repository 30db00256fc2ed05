//! A batch becomes a transaction.

use std::collections::BTreeMap;

use rusqlite::{CachedStatement, Connection, OptionalExtension, TransactionBehavior, params};

use super::error::{Cause, Misfit};
use super::message::{self, COLUMNS, CONVERSATION_END, MESSAGE_BYTES_MAX, POSITION_END};
use super::meta::{self, stored};
use crate::kept::{Batch, Conversation, Mark, Person};
use crate::kept::{ConversationId, Message};

/// What came of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Messages that were not there before.
    pub new: u64,
    /// Messages that were there already: the batch was written before.
    pub repeated: u64,
}

/// Up to where a conversation goes, and is indexed.
struct Extent {
    head: u64,
    indexed: u64,
}

/// Writes all of a batch, or nothing.
pub(super) fn commit(connection: &mut Connection, batch: &Batch) -> Result<Committed, Cause> {
    // Immediate: a lock that somebody holds is waited for here, not in the middle.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for conversation in &batch.conversations {
        put_conversation(&transaction, conversation)?;
    }
    let committed = put_messages(&transaction, &batch.messages)?;
    for person in &batch.people {
        put_person(&transaction, person)?;
    }
    for mark in &batch.marks {
        put_mark(&transaction, mark)?;
    }
    if let Some(to) = batch.reserve_to {
        meta::reserve(&transaction, to)?;
    }
    transaction.commit()?;
    Ok(committed)
}

fn put_conversation(connection: &Connection, conversation: &Conversation) -> Result<(), Cause> {
    let Conversation { id, kind, key, name, topic, head, private } = conversation;
    if *id >= CONVERSATION_END || *head > POSITION_END {
        return Err(Misfit::OutOfBounds { conversation: *id, position: *head }.into());
    }
    let topic_text = topic.as_ref().map(|topic| &topic.text);
    let topic_by = topic.as_ref().map(|topic| &topic.by);
    let topic_ms = topic.as_ref().map(|topic| topic.time_ms);
    let sql = "INSERT INTO conversations (id, kind, key, name, topic, topic_by, topic_ms, head, private)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, key = excluded.key, name = excluded.name,
            topic = excluded.topic, topic_by = excluded.topic_by, topic_ms = excluded.topic_ms,
            head = max(head, excluded.head), private = excluded.private";
    connection.prepare_cached(sql)?.execute(params![
        id,
        kind.number(),
        key,
        name,
        topic_text,
        topic_by,
        topic_ms,
        stored(*head),
        private
    ])?;
    Ok(())
}

fn put_messages(connection: &Connection, messages: &[Message]) -> Result<Committed, Cause> {
    let mut extents = BTreeMap::new();
    let sql = "INSERT INTO messages (id, time_ms, kind, nick, text, client, tag)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING";
    let mut insertion = connection.prepare_cached(sql)?;
    let mut committed = Committed::default();
    for message in messages {
        let Message { conversation, position, .. } = *message;
        let place = Misfit::OutOfBounds { conversation, position };
        let id = message.id().ok_or(place)?;
        if message.bytes() > MESSAGE_BYTES_MAX {
            return Err(Misfit::TooLong { conversation, position }.into());
        }
        if let std::collections::btree_map::Entry::Vacant(unknown) = extents.entry(conversation) {
            unknown.insert(extent(connection, conversation)?);
        }
        let is_new = insert(connection, &mut insertion, id, message)?;
        if let Some(extent) = extents.get_mut(&conversation) {
            extent.head = extent.head.max(position + 1);
            // The indexer has passed here: the message was dropped, or comes late.
            if is_new && position < extent.indexed {
                index(connection, id)?;
            }
        }
        if is_new {
            committed.new += 1;
        } else {
            committed.repeated += 1;
        }
    }
    let mut advance = connection.prepare_cached("UPDATE conversations SET head = ?2 WHERE id = ?1")?;
    for (conversation, extent) in extents {
        advance.execute(params![conversation, stored(extent.head)])?;
    }
    Ok(committed)
}

fn extent(connection: &Connection, conversation: ConversationId) -> Result<Extent, Cause> {
    let mut statement = connection.prepare_cached("SELECT head, indexed FROM conversations WHERE id = ?1")?;
    let extent =
        statement.query_row([conversation], |row| Ok((message::unsigned(row, 0), message::unsigned(row, 1))));
    let (head, indexed) = extent.optional()?.ok_or(Misfit::NoConversation(conversation))?;
    let damaged = || Misfit::Damaged("a conversation's extent is out of bounds");
    Ok(Extent { head: head.ok_or_else(damaged)?, indexed: indexed.ok_or_else(damaged)? })
}

/// Whether the message was not there before. Another one in its place is refused.
fn insert(
    connection: &Connection,
    insertion: &mut CachedStatement<'_>,
    id: i64,
    message: &Message,
) -> Result<bool, Cause> {
    let Message { conversation, position, time_ms, kind, nick, text, uid } = message;
    let (client, tag) = uid.as_ref().map(|uid| (&uid.client, &uid.tag)).unzip();
    if insertion.execute(params![id, time_ms, kind.number(), nick, text, client, tag])? == 1 {
        return Ok(true);
    }
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM messages WHERE id = ?1"))?;
    let there = statement.query_row([id], |row| Ok(Message::read(row)))?;
    if there.as_ref() == Some(message) {
        return Ok(false);
    }
    Err(Misfit::Taken { conversation: *conversation, position: *position }.into())
}

fn index(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO messages_fts (rowid, text) SELECT id, text FROM messages WHERE id = ?1";
    connection.prepare_cached(sql)?.execute([id]).map(drop)
}

fn put_person(connection: &Connection, person: &Person) -> rusqlite::Result<()> {
    let Person { key, nick, seen_ms, run } = person;
    let sql = "INSERT INTO people (key, nick, seen_ms, run) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (key) DO UPDATE SET nick = excluded.nick, seen_ms = max(seen_ms, excluded.seen_ms),
            run = excluded.run";
    connection.prepare_cached(sql)?.execute(params![key, nick, seen_ms, run]).map(drop)
}

fn put_mark(connection: &Connection, mark: &Mark) -> rusqlite::Result<()> {
    let Mark { conversation, key, position, since } = mark;
    let sql = "INSERT INTO marks (conversation, key, position, since) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (conversation, key) DO UPDATE SET position = max(position, excluded.position),
            since = excluded.since";
    let (position, since) = (stored(*position), stored(*since));
    connection.prepare_cached(sql)?.execute(params![conversation, key, position, since]).map(drop)
}
