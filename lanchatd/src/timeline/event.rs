//! What happens in a conversation.

use lanchat_protocol::order::Measure;

use super::Position;

/// Who caused an event: a session, or [`RELAY`]. A reader does not read its own events.
pub type Author = u64;

/// The relay itself is the author.
pub const RELAY: Author = 0;

/// One event, at its place for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its place.
    pub position: Position,
    /// When it happened, in milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// Whose cursor passes it over.
    pub author: Author,
    /// The nick of whom it is about; empty for the relay.
    pub from: &'a str,
    /// What happened.
    pub body: Body<'a>,
    /// A message's name for those who get it twice, because its sender had to send it twice; may be empty.
    pub uid: &'a str,
}

/// What happened. Strings have passed the sanitiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// Something was said.
    Said(&'a str),
    /// Something was done: `/me waves`.
    Did(&'a str),
    /// Somebody came; `others` more came or went untold.
    Joined {
        /// Changes of presence since the last one that was told.
        others: u64,
    },
    /// Somebody went.
    Left {
        /// Why, where there is more to say than that.
        reason: Option<&'a str>,
        /// Changes of presence since the last one that was told.
        others: u64,
    },
    /// Somebody took another nick.
    Renamed {
        /// The new nick.
        to: &'a str,
        /// Changes of presence since the last one that was told.
        others: u64,
    },
    /// Somebody is not there for a while.
    Away {
        /// Why, where there is more to say than that.
        reason: Option<&'a str>,
        /// Changes of presence since the last one that was told.
        others: u64,
    },
    /// Somebody is there again.
    Back {
        /// Changes of presence since the last one that was told.
        others: u64,
    },
    /// What the room is about from here on; empty: nothing in particular.
    Topic(&'a str),
    /// Somebody keeps order.
    Ordered {
        /// What was done.
        measure: Measure,
        /// To whom; empty: to the room.
        whom: &'a str,
        /// Why; may be empty.
        reason: &'a str,
        /// Until when, in milliseconds since 1970 UTC (0: until somebody ends it), or how often, in seconds.
        number: i64,
    },
    /// The administrator has a word.
    Announced(&'a str),
    /// The relay stops.
    Bye(&'a str),
}

impl Body<'_> {
    /// How long its words are.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Said(words)
            | Self::Did(words)
            | Self::Topic(words)
            | Self::Announced(words)
            | Self::Bye(words) => words.len(),
            Self::Left { reason, .. } | Self::Away { reason, .. } => reason.map_or(0, str::len),
            Self::Renamed { to, .. } => to.len(),
            Self::Ordered { whom, reason, .. } => whom.len() + reason.len(),
            Self::Joined { .. } | Self::Back { .. } => 0,
        }
    }

    /// Whether this is what people talk: what is counted as delivered, skipped, accepted.
    pub fn is_message(&self) -> bool {
        match self {
            Self::Said(_) | Self::Did(_) => true,
            Self::Joined { .. }
            | Self::Left { .. }
            | Self::Renamed { .. }
            | Self::Away { .. }
            | Self::Back { .. }
            | Self::Topic(_)
            | Self::Ordered { .. }
            | Self::Announced(_)
            | Self::Bye(_) => false,
        }
    }
}
