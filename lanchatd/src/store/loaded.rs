//! What is read into memory when the store is opened: everything but the messages, and where the newest ones are
//! that have names of their senders.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use super::identities;
use super::message::{id, integer, optional_text, place, text, unsigned};
use super::meta::Run;
use super::order;
use super::packs::{Contents, HEADER, header};
use crate::kept::{
    Conversation, ConversationId, ConversationKind, Loaded, Mark, Message, Person, Rules, Sent, Topic, Uid,
};

/// How many people are loaded, those who were here last.
pub const PEOPLE_MAX: usize = 10_000;
/// How many marks are loaded, those of the newest conversations.
pub const MARKS_MAX: usize = 100_000;
/// How many messages with names of their senders are loaded, the newest.
pub const SENT_MAX: usize = 32_768;

pub(super) fn load(connection: &Connection, run: Run) -> rusqlite::Result<Loaded> {
    let mut skipped = 0;
    let sql =
        "SELECT id, kind, key, name, topic, topic_by, topic_ms, head, private, moderated, locked, slow_s
        FROM conversations ORDER BY id";
    let mut conversations = rows(connection, sql, conversation, &mut skipped)?;
    let sql =
        format!("SELECT key, nick, seen_ms, run FROM people ORDER BY seen_ms DESC, key LIMIT {PEOPLE_MAX}");
    let people = rows(connection, &sql, person, &mut skipped)?;
    let sql = format!(
        "SELECT conversation, key, position, coalesce(since, position + 1) FROM marks ORDER BY conversation DESC, key LIMIT {MARKS_MAX}"
    );
    let marks = rows(connection, &sql, mark, &mut skipped)?;
    let sql = format!(
        "SELECT id, time_ms, client, tag FROM messages WHERE client IS NOT NULL
        ORDER BY time_ms DESC, id DESC LIMIT {SENT_MAX}"
    );
    let sent = rows(connection, &sql, sent, &mut skipped)?;
    let sent = with_packed(connection, sent, &mut skipped)?;
    let identities = identities::load(connection, &mut skipped)?;
    let order = order::load(connection, &mut conversations, &mut skipped)?;
    let sql = "SELECT coalesce(max(id), 0) + 1 FROM conversations";
    let next = connection.query_row(sql, [], |row| Ok(unsigned(row, 0)))?;
    let next_conversation = next.and_then(|next| next.try_into().ok()).unwrap_or(ConversationId::MAX);
    let Run { history, floor, reserved } = run;
    Ok(Loaded {
        history,
        floor,
        reserved,
        conversations,
        next_conversation,
        people,
        marks,
        identities,
        order,
        sent,
        skipped,
    })
}

pub(super) fn rows<T>(
    connection: &Connection,
    sql: &str,
    read: impl Fn(&Row<'_>) -> Option<T>,
    skipped: &mut u64,
) -> rusqlite::Result<Vec<T>> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        match read(row) {
            Some(entry) => found.push(entry),
            None => *skipped += 1,
        }
    }
    Ok(found)
}

fn conversation(row: &Row<'_>) -> Option<Conversation> {
    let topic = match optional_text(row, 4)? {
        Some(words) => Some(Topic { text: words, by: text(row, 5)?, time_ms: integer(row, 6)? }),
        None => None,
    };
    Some(Conversation {
        id: unsigned(row, 0)?.try_into().ok()?,
        kind: ConversationKind::from_number(integer(row, 1)?)?,
        key: text(row, 2)?,
        name: text(row, 3)?,
        topic,
        head: unsigned(row, 7)?,
        private: integer(row, 8)? != 0,
        // The people of a room follow when all rooms are there.
        rules: Rules {
            is_moderated: integer(row, 9)? != 0,
            is_locked: integer(row, 10)? != 0,
            slow_s: unsigned(row, 11)?.try_into().ok()?,
            ..Rules::default()
        },
    })
}

fn person(row: &Row<'_>) -> Option<Person> {
    Some(Person {
        key: text(row, 0)?,
        nick: text(row, 1)?,
        seen_ms: integer(row, 2)?,
        run: optional_text(row, 3)?,
    })
}

fn mark(row: &Row<'_>) -> Option<Mark> {
    Some(Mark {
        conversation: unsigned(row, 0)?.try_into().ok()?,
        key: text(row, 1)?,
        position: unsigned(row, 2)?,
        since: unsigned(row, 3)?,
    })
}

/// The newest of these messages and of those in packs, the oldest first.
fn with_packed(connection: &Connection, rows: Vec<Sent>, skipped: &mut u64) -> rusqlite::Result<Vec<Sent>> {
    let number = |sent: &Sent| (sent.time_ms, id(sent.conversation, sent.position));
    let mut newest: BTreeMap<_, _> = rows.into_iter().map(|sent| (number(&sent), sent)).collect();
    let sql = format!(
        "SELECT {HEADER}, sent_ms FROM packs WHERE sent_ms IS NOT NULL ORDER BY sent_ms DESC, id DESC"
    );
    let mut statement = connection.prepare(&sql)?;
    let mut packs = statement.query([])?;
    while let Some(row) = packs.next()? {
        let oldest = newest.first_key_value().map(|((time_ms, _), _)| *time_ms);
        if newest.len() == SENT_MAX && integer(row, 5) < oldest {
            break;
        }
        let contents = Contents::of(connection, header(row))?;
        let Some(frames) = contents.frames() else {
            *skipped += contents.header.count;
            continue;
        };
        for frame in frames.iter().filter(|frame| frame.uid.is_some()) {
            let Some(Message { conversation, position, time_ms, uid: Some(uid), .. }) =
                frame.message().map(Message::owned)
            else {
                *skipped += 1;
                continue;
            };
            newest.insert((time_ms, frame.id), Sent { uid, conversation, position, time_ms });
            if newest.len() > SENT_MAX {
                newest.pop_first();
            }
        }
    }
    Ok(newest.into_values().collect())
}

fn sent(row: &Row<'_>) -> Option<Sent> {
    let (conversation, position) = place(integer(row, 0)?)?;
    let uid = Uid { client: text(row, 2)?, tag: text(row, 3)? };
    Some(Sent { uid, conversation, position, time_ms: integer(row, 1)? })
}
