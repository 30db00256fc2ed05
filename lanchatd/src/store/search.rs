//! Messages with words in them, the newest first.
//!
//! A conversation is looked at from its end. What the indexer has not reached yet, and words that are too short
//! for the index, as most words of Chinese and Japanese are, are looked for one message after the other. All
//! conversations are gone back through together, so that whoever is out of time knows from where to go on.

use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rusqlite::{Connection, ErrorCode, params};

use super::answer::{Direction, PAGE_BYTES_MAX};
use super::history::{self, page};
use super::indexer::indexed_below;
use super::message::{id, ids};
use super::stretch::{Entry, visit};
use super::words::{Words, fold};
use crate::kept::{ConversationId, Hit, Message};

/// Hits of one search, at most.
pub const HITS_MAX: usize = 100;
/// Messages before and after each of them, at most.
pub const CONTEXT_MAX: usize = 10;

/// Messages of one conversation that are looked at without the index before those of another, at least.
const STRETCH: u64 = 4096;
/// What SQLite does between two looks at the clock, in steps of its own.
const STEPS: i32 = 20_000;
/// Messages between two looks at the clock.
const CHUNK: u64 = 128;

/// What is searched for.
#[derive(Clone, Debug)]
pub struct Query {
    /// All of them are in the message, in any order, as words or parts of words, in any case; what has spaces in it with
    /// these.
    pub words: Vec<String>,
    /// Whose messages.
    pub nick: Option<String>,
    /// Where the person who searches may read, and from which position on.
    pub conversations: Vec<(ConversationId, u64)>,
    /// Not before this time: milliseconds since 1970, UTC.
    pub after_ms: Option<i64>,
    /// Before this time.
    pub before_ms: Option<i64>,
    /// So many hits, at most [`HITS_MAX`].
    pub limit: usize,
    /// So many messages before and after each hit, at most [`CONTEXT_MAX`].
    pub context: usize,
    /// What was found by then is the answer.
    pub deadline: Instant,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The newest first.
    pub hits: Vec<Hit>,
    /// Everything that had to be looked at was: no hit is missing before the last one.
    pub is_complete: bool,
    /// If not: everything from this time on was looked at, so that a search before it goes on. `None`: nothing was.
    pub reached_ms: Option<i64>,
    /// How many messages could not be looked at because they are damaged.
    pub skipped: u64,
}

/// Looks for messages. Everything is as of one moment, whatever is written meanwhile.
pub(super) fn search(connection: &mut Connection, query: &Query) -> rusqlite::Result<Found> {
    // The index may look for long before it finds anything.
    let is_hunting = Arc::new(AtomicBool::new(true));
    let (is_on, deadline) = (is_hunting.clone(), query.deadline);
    let is_late = move || is_on.load(Ordering::Relaxed) && Instant::now() >= deadline;
    connection.progress_handler(STEPS, Some(is_late))?;
    let moment = connection.transaction()?;
    let words = Words::new(&query.words);
    if words.is_empty() && query.nick.is_none() || query.limit == 0 {
        return Ok(Found { is_complete: true, ..Found::default() });
    }
    // The same one twice: where it may be read from the earlier position on.
    let mut allowed = query.conversations.clone();
    allowed.sort_unstable();
    allowed.dedup_by_key(|(conversation, _)| *conversation);
    let mut hunt = Hunt {
        connection: &moment,
        query,
        allowed,
        expression: words.expression(),
        words,
        nick: query.nick.as_deref().map(fold),
        limit: query.limit.min(HITS_MAX),
        hits: Vec::new(),
        looked_at: 0,
        skipped: 0,
        left: BinaryHeap::new(),
        at_ms: None,
    };
    let is_complete = match hunt.all() {
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == ErrorCode::OperationInterrupted => {
            false
        }
        result => result?,
    };
    let reached_ms = hunt.reached_ms().filter(|_| !is_complete);
    is_hunting.store(false, Ordering::Relaxed);
    let context = query.context.min(CONTEXT_MAX);
    let Hunt { hits, allowed, skipped, .. } = hunt;
    let from = |message: &Message| {
        let found = allowed.binary_search_by_key(&message.conversation, |(conversation, _)| *conversation);
        found.map_or(message.position, |index| allowed[index].1)
    };
    let hits = hits.into_iter().map(|message| with_context(&moment, from(&message), message, context));
    Ok(Found { hits: hits.collect::<Result<_, _>>()?, is_complete, reached_ms, skipped })
}

fn with_context(
    connection: &Connection,
    from: u64,
    message: Message,
    context: usize,
) -> rusqlite::Result<Hit> {
    let Message { conversation, position, .. } = message;
    let some = |positions, direction| {
        page(connection, conversation, positions, context, PAGE_BYTES_MAX, direction)
            .map(|page| page.messages)
    };
    let before = some(from..position, Direction::Backward)?;
    let after = some(position + 1..u64::MAX, Direction::Forward)?;
    Ok(Hit { message, before, after })
}

struct Hunt<'a> {
    connection: &'a Connection,
    query: &'a Query,
    /// Each conversation once.
    allowed: Vec<(ConversationId, u64)>,
    words: Words,
    expression: Option<String>,
    nick: Option<String>,
    limit: usize,
    /// The newest first.
    hits: Vec<Message>,
    looked_at: u64,
    skipped: u64,
    /// What is still to be looked at, but for the part that is looked at now.
    left: BinaryHeap<Part>,
    /// How far back that has been: what is left of it is no newer.
    at_ms: Option<i64>,
}

/// A part of a conversation. The one with the newest message comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    /// No message of it is newer.
    newest_ms: i64,
    from: i64,
    until: i64,
    /// From here on the index does not help.
    indexed: i64,
}

/// Whether to look further, in this conversation or at all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    On,
    /// The rest of the conversation is older than all hits that are wanted.
    Enough,
    /// A bound is reached.
    Stop,
}

impl Hunt<'_> {
    /// Looks at everything, the newest first. Whether there was time for it.
    fn all(&mut self) -> rusqlite::Result<bool> {
        let allowed = self.allowed.clone();
        for (conversation, from) in allowed {
            let Some((_, newest_ms)) = history::last(self.connection, conversation)? else { continue };
            let Some((from, until)) = self.bounds(conversation, from)? else { continue };
            let newest_ms = newest_ms.min(self.query.before_ms.map_or(i64::MAX, |ms| ms.saturating_sub(1)));
            let indexed = match self.expression {
                Some(_) => indexed_below(self.connection, conversation)?.clamp(from, until),
                None => from,
            };
            self.left.push(Part { newest_ms, from, until, indexed });
        }
        while let Some(part) = self.left.pop() {
            self.at_ms = Some(part.newest_ms);
            if self.is_beyond(part.newest_ms) {
                break;
            }
            if self.is_late() || self.one(part)? == Next::Stop {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Looks at one part, or at the newest of it if that is enough for now.
    fn one(&mut self, part: Part) -> rusqlite::Result<Next> {
        match self.expression.clone() {
            Some(expression) if part.indexed >= part.until => {
                self.ask_index(&expression, part.from, part.until)
            }
            Some(_) | None => self.scan(part),
        }
    }

    /// From when on everything was looked at.
    fn reached_ms(&self) -> Option<i64> {
        let newest_left_ms = self.left.peek().map_or(i64::MIN, |part| part.newest_ms);
        self.at_ms.map(|at_ms| at_ms.max(newest_left_ms).saturating_add(1))
    }

    /// The rows that may be read and are neither too old nor too new, if there are any.
    fn bounds(&self, conversation: ConversationId, from: u64) -> rusqlite::Result<Option<(i64, i64)>> {
        let mut bounds = id(conversation, from)..ids(conversation).end;
        if let Some(before_ms) = self.query.before_ms
            && let Some(position) = history::since(self.connection, conversation, before_ms)?
        {
            bounds.end = id(conversation, position);
        }
        if let Some(after_ms) = self.query.after_ms {
            match history::since(self.connection, conversation, after_ms)? {
                Some(position) => bounds.start = bounds.start.max(id(conversation, position)),
                None => return Ok(None),
            }
        }
        Ok((!bounds.is_empty()).then_some((bounds.start, bounds.end)))
    }

    /// Looks at messages one after the other, until those of another conversation are newer.
    fn scan(&mut self, part: Part) -> rusqlite::Result<Next> {
        let other_ms = self.left.peek().map_or(i64::MIN, |other| other.newest_ms);
        let (mut next, mut until, mut count) = (Next::On, None, 0);
        visit(self.connection, part.indexed..part.until, Direction::Backward, |entry| {
            next = self.look_at(entry);
            count += 1;
            if count >= STRETCH && self.at_ms < Some(other_ms) {
                until = Some(entry.id());
            }
            if next == Next::On && until.is_none() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        let newest_ms = self.at_ms.unwrap_or(part.newest_ms);
        let until = until.unwrap_or(part.indexed);
        if next == Next::On && part.from < until {
            self.left.push(Part { newest_ms, until, ..part });
        }
        Ok(next)
    }

    fn ask_index(&mut self, expression: &str, from: i64, until: i64) -> rusqlite::Result<Next> {
        // From the index to the messages, as the first ones are found: a subquery would find all of them first.
        let sql = "SELECT id, time_ms, kind, nick, messages.text, client, tag
            FROM messages_fts CROSS JOIN messages ON id = messages_fts.rowid
            WHERE messages_fts MATCH ?1 AND messages_fts.rowid >= ?2 AND messages_fts.rowid <= ?3
            ORDER BY messages_fts.rowid DESC";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![expression, from, until - 1])?;
        while let Some(row) = rows.next()? {
            match self.look_at(&Entry::Row(row)) {
                Next::On => {}
                end @ (Next::Enough | Next::Stop) => return Ok(end),
            }
        }
        Ok(Next::On)
    }

    fn look_at(&mut self, entry: &Entry<'_>) -> Next {
        self.looked_at += 1;
        if self.looked_at.is_multiple_of(CHUNK) && self.is_late() {
            return Next::Stop;
        }
        let (Some(time_ms), Some(nick), Some(text)) = (entry.time_ms(), entry.nick(), entry.text()) else {
            self.skipped += entry.count();
            return Next::On;
        };
        self.at_ms = self.at_ms.map(|at_ms| at_ms.min(time_ms));
        if self.is_beyond(time_ms) {
            return Next::Enough;
        }
        if !self.is_in_time(time_ms) || !self.is_of(nick) || !self.words.are_in(text) {
            return Next::On;
        }
        match entry.message() {
            Some(message) => self.keep(message),
            None => self.skipped += 1,
        }
        Next::On
    }

    fn keep(&mut self, message: Message) {
        let age = |message: &Message| (message.time_ms, message.id());
        let place = self.hits.partition_point(|hit| age(hit) > age(&message));
        self.hits.insert(place, message);
        self.hits.truncate(self.limit);
    }

    /// Whether what is so old is no hit any more.
    fn is_beyond(&self, time_ms: i64) -> bool {
        self.hits.len() == self.limit && self.hits.last().is_some_and(|last| time_ms < last.time_ms)
    }

    fn is_in_time(&self, time_ms: i64) -> bool {
        self.query.after_ms.is_none_or(|after_ms| time_ms >= after_ms)
            && self.query.before_ms.is_none_or(|before_ms| time_ms < before_ms)
    }

    fn is_of(&self, nick: &str) -> bool {
        self.nick.as_ref().is_none_or(|wanted| fold(nick) == *wanted)
    }

    fn is_late(&self) -> bool {
        Instant::now() >= self.query.deadline
    }
}
