//! A batch becomes a transaction.

use rusqlite::{Connection, TransactionBehavior, params};

use super::error::{Cause, Misfit};
use super::identities;
use super::message::{CONVERSATION_END, POSITION_END};
use super::meta::{self, stored};
use super::order;
use super::packs::{Packing, Volume};
use super::rows::Writing;
use crate::kept::{Batch, Conversation, ConversationKind, Mark, Messages, Person};

/// What came of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Messages that were not there before.
    pub new: u64,
    /// Messages that were there already: the batch was written before.
    pub repeated: u64,
}

/// Writes all of a batch, or nothing. What came of it, and how much of it was packed.
pub(super) fn commit(
    connection: &mut Connection,
    batch: &Batch,
    packing: Packing,
) -> Result<(Committed, Volume), Cause> {
    // Immediate: a lock that somebody holds is waited for here, not in the middle.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for conversation in &batch.conversations {
        put_conversation(&transaction, conversation)?;
    }
    let written = put_messages(&transaction, &batch.messages, packing)?;
    for person in &batch.people {
        put_person(&transaction, person)?;
    }
    for mark in &batch.marks {
        put_mark(&transaction, mark)?;
    }
    for identity in &batch.identities {
        identities::put(&transaction, identity)?;
    }
    if let Some(order) = &batch.order {
        order::put(&transaction, order)?;
    }
    if let Some(to) = batch.reserve_to {
        meta::reserve(&transaction, to)?;
    }
    transaction.commit()?;
    Ok(written)
}

fn put_conversation(connection: &Connection, conversation: &Conversation) -> Result<(), Cause> {
    let Conversation { id, kind, key, name, topic, head, private, rules } = conversation;
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
    match kind {
        ConversationKind::Room => order::put_rules(connection, *id, rules)?,
        ConversationKind::Direct => {}
    }
    Ok(())
}

fn put_messages(
    connection: &Connection,
    messages: &Messages,
    packing: Packing,
) -> Result<(Committed, Volume), Cause> {
    let mut writing = Writing::new(connection);
    let (mut committed, mut packed) = (Committed::default(), Volume::default());
    for stretch in messages.stretches() {
        if writing.may_pack(stretch, packing)? {
            committed.new += stretch.len() as u64;
            packed.add(writing.pack(stretch, packing)?);
            continue;
        }
        for message in stretch.iter() {
            if writing.put(message)? {
                committed.new += 1;
            } else {
                committed.repeated += 1;
            }
        }
    }
    writing.end()?;
    Ok((committed, packed))
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
