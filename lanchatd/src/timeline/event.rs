//! What happens in a conversation.

use std::rc::Rc;

use super::Position;

/// Who caused an event: a session, or [`RELAY`]. A reader does not read its own events.
pub type Author = u64;

/// The relay itself is the author.
pub const RELAY: Author = 0;

/// One event, at its place for good.
#[derive(Debug)]
pub struct Event {
    /// Its place.
    pub position: Position,
    /// When it happened, in milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// Whose cursor passes it over.
    pub author: Author,
    /// The nick of whom it is about; empty for the relay.
    pub from: Rc<str>,
    /// How many messages stand before it.
    pub messages_before: u64,
    /// What happened.
    pub body: Body,
}

/// What happened. Strings have passed the sanitiser.
#[derive(Debug, PartialEq, Eq)]
pub enum Body {
    /// Something was said.
    Said(Box<str>),
    /// Something was done: `/me waves`.
    Did(Box<str>),
    /// Somebody came; `others` more came or went untold.
    Joined {
        /// Changes of presence since the last one that was told.
        others: u64,
    },
    /// Somebody went.
    Left {
        /// Why, where there is more to say than that.
        reason: Option<Box<str>>,
        /// Changes of presence since the last one that was told.
        others: u64,
    },
    /// Somebody took another nick.
    Renamed {
        /// The new nick.
        to: Rc<str>,
        /// Changes of presence since the last one that was told.
        others: u64,
    },
    /// The administrator has a word.
    Announced(Box<str>),
    /// The relay stops.
    Bye(Box<str>),
}

impl Body {
    /// Whether this is what people talk: what is counted as delivered, skipped, accepted.
    pub fn is_message(&self) -> bool {
        match self {
            Self::Said(_) | Self::Did(_) => true,
            Self::Joined { .. }
            | Self::Left { .. }
            | Self::Renamed { .. }
            | Self::Announced(_)
            | Self::Bye(_) => false,
        }
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Said(text) | Self::Did(text) | Self::Announced(text) | Self::Bye(text) => text.len(),
            Self::Left { reason, .. } => reason.as_deref().map_or(0, str::len),
            Self::Joined { .. } | Self::Renamed { .. } => 0,
        }
    }
}
