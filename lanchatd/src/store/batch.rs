//! What is written at once, and the things that are kept besides messages.

use super::message::{ConversationId, Message};

/// What is written in one transaction: all of it or nothing. It may be written again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// New or changed conversations.
    pub conversations: Vec<Conversation>,
    /// New messages. Their conversations are in this batch or were in an earlier one.
    pub messages: Vec<Message>,
    /// Who took a name.
    pub people: Vec<Person>,
    /// Who has read up to where.
    pub marks: Vec<Mark>,
    /// Positions up to this one may be given out once the batch is written.
    pub reserve_to: Option<u64>,
}

/// A room, or what two people say to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Given by the caller, below [`super::CONVERSATION_END`], never used for another one.
    pub id: ConversationId,
    /// What it is.
    pub kind: ConversationKind,
    /// Tells it from all others.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// What it is about.
    pub topic: Option<Topic>,
    /// One beyond the last position given. Writing a smaller one changes nothing.
    pub head: u64,
    /// Not everybody may read it.
    pub private: bool,
}

/// What a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConversationKind {
    /// Of as many as come.
    Room,
    /// Of two people.
    Direct,
}

/// What a conversation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The words.
    pub text: String,
    /// Who set it.
    pub by: String,
    /// When: milliseconds since 1970, UTC.
    pub time_ms: i64,
}

/// Somebody who has taken a name once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Tells them from all others.
    pub key: String,
    /// The name as they wrote it last.
    pub nick: String,
    /// When they were here last: milliseconds since 1970, UTC.
    pub seen_ms: i64,
}

/// Up to where a person has read a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The conversation.
    pub conversation: ConversationId,
    /// The person's key.
    pub key: String,
    /// The last position they have read. Writing a smaller one changes nothing.
    pub position: u64,
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

impl ConversationKind {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Room => 0,
            Self::Direct => 1,
        }
    }

    pub(super) fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Room),
            1 => Some(Self::Direct),
            _ => None,
        }
    }
}
