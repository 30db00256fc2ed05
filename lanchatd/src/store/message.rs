//! A message as it is kept, and where: all messages of a conversation lie together, in their order.

use std::ops::Range;

use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::kept::{ConversationId, Message, MessageKind, Uid};

/// How many bits of a row's number are the position; the others are the conversation.
const POSITION_BITS: u32 = 40;

/// Positions are below this.
pub const POSITION_END: u64 = 1 << POSITION_BITS;
/// Conversations are below this: together with the position it fits what SQLite numbers rows with (63 bits).
pub const CONVERSATION_END: ConversationId = 1 << (63 - POSITION_BITS);

/// What a message may take: no row is larger, whatever a file holds.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// The columns that [`Message::read`] expects.
pub(super) const COLUMNS: &str = "id, time_ms, kind, nick, text, client, tag";

impl MessageKind {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Said => 0,
            Self::Done => 1,
        }
    }

    fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Said),
            1 => Some(Self::Done),
            _ => None,
        }
    }
}

impl<S> Message<S> {
    /// The number of its row; `None` if conversation or position are out of bounds.
    pub(super) fn id(&self) -> Option<i64> {
        let fits = self.conversation < CONVERSATION_END && self.position < POSITION_END;
        fits.then(|| id(self.conversation, self.position))
    }

    fn bytes_by(&self, length: impl Fn(&S) -> usize) -> usize {
        let uid = self.uid.as_ref().map_or(0, |uid| length(&uid.client) + length(&uid.tag));
        size_of::<Message>() + length(&self.nick) + length(&self.text) + uid
    }
}

impl<S: AsRef<str>> Message<S> {
    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes_by(|words| words.as_ref().len())
    }
}

impl Message<u32> {
    /// The same, of its outline.
    pub(super) fn outline_bytes(&self) -> usize {
        self.bytes_by(|length| *length as usize)
    }
}

impl Message {
    /// A row of [`COLUMNS`] as a message; `None` if it is none: the file may hold anything.
    pub(super) fn read(row: &Row<'_>) -> Option<Self> {
        let (conversation, position) = place(integer(row, 0)?)?;
        let uid = match (optional_text(row, 5)?, optional_text(row, 6)?) {
            (Some(client), Some(tag)) => Some(Uid { client, tag }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return None,
        };
        Some(Self {
            conversation,
            position,
            time_ms: integer(row, 1)?,
            kind: MessageKind::from_number(integer(row, 2)?)?,
            nick: text(row, 3)?,
            text: text(row, 4)?,
            uid,
        })
    }
}

/// The number of a row. What is out of bounds is taken for the bound, so that ranges may be given freely.
pub(super) fn id(conversation: ConversationId, position: u64) -> i64 {
    let conversation = i64::from(conversation.min(CONVERSATION_END - 1));
    // Below 2^40, checked by `min`: no sign to lose.
    let position = i64::try_from(position.min(POSITION_END)).unwrap_or(i64::MAX);
    (conversation << POSITION_BITS).saturating_add(position)
}

/// The numbers of all rows of a conversation.
pub(super) fn ids(conversation: ConversationId) -> Range<i64> {
    id(conversation, 0)..id(conversation, POSITION_END)
}

/// The conversation and position of a row.
pub(super) fn place(id: i64) -> Option<(ConversationId, u64)> {
    let id = u64::try_from(id).ok()?;
    Some((ConversationId::try_from(id >> POSITION_BITS).ok()?, id & (POSITION_END - 1)))
}

/// A whole number of a row, if it is one.
pub(super) fn integer(row: &Row<'_>, column: usize) -> Option<i64> {
    if let Ok(ValueRef::Integer(value)) = row.get_ref(column) { Some(value) } else { None }
}

/// A whole number from 0, if it is one.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> Option<u64> {
    integer(row, column).and_then(|value| u64::try_from(value).ok())
}

/// A text of a row, if it is one, and not too long.
pub(super) fn text(row: &Row<'_>, column: usize) -> Option<String> {
    borrowed_text(row, column).map(str::to_owned)
}

/// The same, not copied.
pub(super) fn borrowed_text<'a>(row: &'a Row<'_>, column: usize) -> Option<&'a str> {
    row.get_ref(column).ok()?.as_str().ok().filter(|text| text.len() <= MESSAGE_BYTES_MAX)
}

/// A text that may be absent; the outer `None`: it is something else.
#[expect(clippy::option_option, reason = "absent and unreadable are two things")]
pub(super) fn optional_text(row: &Row<'_>, column: usize) -> Option<Option<String>> {
    match row.get_ref(column).ok()? {
        ValueRef::Null => Some(None),
        _ => text(row, column).map(Some),
    }
}

/// A number, or nothing; `None` where it is something else.
#[expect(clippy::option_option, reason = "what is wrong and what is not there are two things")]
pub(super) fn optional_integer(row: &Row<'_>, column: usize) -> Option<Option<i64>> {
    match row.get_ref(column).ok()? {
        ValueRef::Null => Some(None),
        ValueRef::Integer(number) => Some(Some(number)),
        ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => None,
    }
}
