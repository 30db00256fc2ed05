//! What is read into memory when the store is opened: everything but the messages.

use rusqlite::{Connection, Row};

use super::batch::{Conversation, ConversationKind, Mark, Person, Topic};
use super::message::{ConversationId, integer, optional_text, text, unsigned};
use super::meta::Run;

/// How many people are loaded, those who were here last.
pub const PEOPLE_MAX: usize = 10_000;
/// How many marks are loaded, those of the newest conversations.
pub const MARKS_MAX: usize = 100_000;

/// What a store has found in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Tells this history from any other: 32 hex digits. A restored copy is another history.
    pub history: String,
    /// Positions that this run gives are beyond this one, and not before a conversation's head.
    pub floor: u64,
    /// Positions up to this one may be given.
    pub reserved: u64,
    /// All conversations, by id.
    pub conversations: Vec<Conversation>,
    /// The id for the next conversation.
    pub next_conversation: ConversationId,
    /// The [`PEOPLE_MAX`] people who were here last, the last one first.
    pub people: Vec<Person>,
    /// Who has read up to where, at most [`MARKS_MAX`].
    pub marks: Vec<Mark>,
    /// How many entries were left out because they are damaged.
    pub skipped: u64,
}

pub(super) fn load(connection: &Connection, run: Run) -> rusqlite::Result<Loaded> {
    let mut skipped = 0;
    let sql =
        "SELECT id, kind, key, name, topic, topic_by, topic_ms, head, private FROM conversations ORDER BY id";
    let conversations = rows(connection, sql, conversation, &mut skipped)?;
    let sql = format!("SELECT key, nick, seen_ms FROM people ORDER BY seen_ms DESC, key LIMIT {PEOPLE_MAX}");
    let people = rows(connection, &sql, person, &mut skipped)?;
    let sql = format!(
        "SELECT conversation, key, position FROM marks ORDER BY conversation DESC, key LIMIT {MARKS_MAX}"
    );
    let marks = rows(connection, &sql, mark, &mut skipped)?;
    let sql = "SELECT coalesce(max(id), 0) + 1 FROM conversations";
    let next = connection.query_row(sql, [], |row| Ok(unsigned(row, 0)))?;
    let next_conversation = next.and_then(|next| next.try_into().ok()).unwrap_or(ConversationId::MAX);
    let Run { history, floor, reserved } = run;
    Ok(Loaded { history, floor, reserved, conversations, next_conversation, people, marks, skipped })
}

fn rows<T>(
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
    })
}

fn person(row: &Row<'_>) -> Option<Person> {
    Some(Person { key: text(row, 0)?, nick: text(row, 1)?, seen_ms: integer(row, 2)? })
}

fn mark(row: &Row<'_>) -> Option<Mark> {
    Some(Mark {
        conversation: unsigned(row, 0)?.try_into().ok()?,
        key: text(row, 1)?,
        position: unsigned(row, 2)?,
    })
}
