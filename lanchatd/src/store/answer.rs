//! What the reader can be asked, and what it answers.

use super::search::{Found, Query};
use crate::kept::{ConversationId, Message};

/// The messages of one answer, at most.
pub const PAGE_MAX: usize = 1000;
/// What they may take, about.
pub const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What the reader can be asked.
#[derive(Clone, Debug)]
pub enum Request {
    /// Some messages of a conversation.
    Page {
        /// Which.
        conversation: ConversationId,
        /// From this position …
        from: u64,
        /// … until before this one.
        until: u64,
        /// So many, at most [`PAGE_MAX`].
        limit: usize,
        /// What they may take together, about, at most [`PAGE_BYTES_MAX`]. One message always fits.
        bytes: usize,
        /// Which of them, where there are more.
        direction: Direction,
    },
    /// The position of the first message that is not before a time. Where the clock was set back, it is the
    /// first of one of several stretches.
    Since {
        /// In which conversation.
        conversation: ConversationId,
        /// Milliseconds since 1970, UTC.
        time_ms: i64,
    },
    /// Messages with words.
    Search(Query),
    /// All messages, or all of a conversation, a page at a time.
    Export {
        /// Of one conversation only.
        conversation: Option<ConversationId>,
        /// Not those that are older.
        since_ms: Option<i64>,
        /// Where the last page ended.
        from: Cursor,
        /// So many, at most [`PAGE_MAX`].
        limit: usize,
    },
    /// From when until when messages are kept, of each conversation that has any.
    Extents,
}

/// Which messages, where not all fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The first ones.
    Forward,
    /// The last ones.
    Backward,
}

/// A place among all messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor(pub(super) i64);

impl Cursor {
    /// The place that [`Cursor::number`] was asked of. Any number is one.
    pub fn at(number: i64) -> Self {
        Self(number)
    }

    /// For those who have to write it down.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// What the reader answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To [`Request::Page`].
    Page(Page),
    /// To [`Request::Since`].
    Since(Option<u64>),
    /// To [`Request::Search`].
    Found(Found),
    /// To [`Request::Export`].
    Exported(Exported),
    /// To [`Request::Extents`], by conversation.
    Extents(Vec<Extent>),
}

/// From when until when messages of a conversation are kept. The times are those of its first and its last message:
/// milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Which conversation.
    pub conversation: ConversationId,
    /// Of the first one.
    pub first_ms: i64,
    /// Of the last one.
    pub last_ms: i64,
}

/// Some messages of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In their order, whatever the direction.
    pub messages: Vec<Message>,
    /// There are more: the next page's `from` (forward) or `until` (backward).
    pub next: Option<u64>,
    /// How many were left out because they are damaged.
    pub skipped: u64,
}

/// A page of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// By conversation and position. May be empty though more follow.
    pub messages: Vec<Message>,
    /// There are more.
    pub next: Option<Cursor>,
    /// How many were left out because they are damaged.
    pub skipped: u64,
}

impl Request {
    /// The last messages of a conversation before a position, no more than so many, or than take so much.
    pub fn last(conversation: ConversationId, before: u64, limit: usize, bytes: usize) -> Self {
        Self::Page { conversation, from: 0, until: before, limit, bytes, direction: Direction::Backward }
    }
}
