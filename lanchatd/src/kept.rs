//! What is kept of the chat, as plain data: what the hub hands to the store, and gets back at the start.

mod identity;
mod messages;
mod order;

use std::fmt;

pub use identity::{Account, Digest, Identity, Invite, Token};
pub use messages::{Messages, Stretch};
pub use order::{Ban, Culprit, Mute, Order, Rights, Rules, Term};

/// Tells one conversation from another: 1, 2, 3 …. Never used for another one.
pub type ConversationId = u32;

/// What stands with the nick before a line of what was said, and behind it: a date, a time, signs.
const LINE_BYTES: usize = 24;

/// What is written in one transaction: all of it or nothing. It may be written again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// New or changed conversations.
    pub conversations: Vec<Conversation>,
    /// New messages. Their conversations are in this batch or were in an earlier one.
    pub messages: Messages,
    /// Who took a name.
    pub people: Vec<Person>,
    /// Who has read up to where.
    pub marks: Vec<Mark>,
    /// New, changed and removed accounts, tokens and invites.
    pub identities: Vec<Identity>,
    /// What keeps order everywhere, where it has changed.
    pub order: Option<Box<Order>>,
    /// Positions up to this one may be given out once the batch is written.
    pub reserve_to: Option<u64>,
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// A room, or what two people say to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Which.
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
    /// How order is kept in it.
    pub rules: Rules,
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

/// One message. Its words are its own, or borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<S = String> {
    /// Where it was said.
    pub conversation: ConversationId,
    /// Its place in the conversation.
    pub position: u64,
    /// When: milliseconds since 1970, UTC.
    pub time_ms: i64,
    /// What it is.
    pub kind: MessageKind,
    /// Who said it.
    pub nick: S,
    /// What was said.
    pub text: S,
    /// The sender's own name for it, where the sender gave one.
    pub uid: Option<Uid<S>>,
}

impl<S> Message<S> {
    /// The same with something else in place of its words, which `change` gets in the order in which they stand here.
    pub fn map<T>(self, mut change: impl FnMut(S) -> T) -> Message<T> {
        let Self { conversation, position, time_ms, kind, nick, text, uid } = self;
        let (nick, text) = (change(nick), change(text));
        let uid = uid.map(|Uid { client, tag }| Uid { client: change(client), tag: change(tag) });
        Message { conversation, position, time_ms, kind, nick, text, uid }
    }
}

impl<S: AsRef<str>> Message<S> {
    /// The same with borrowed words.
    pub fn view(&self) -> Message<&str> {
        let Self { conversation, position, time_ms, kind, ref nick, ref text, ref uid } = *self;
        let uid = uid.as_ref().map(|uid| Uid { client: uid.client.as_ref(), tag: uid.tag.as_ref() });
        Message { conversation, position, time_ms, kind, nick: nick.as_ref(), text: text.as_ref(), uid }
    }
}

impl<S: AsRef<str>> Message<S> {
    /// What its lines beyond the first take more, about, in bytes, where each is told with who says it.
    pub fn more_lines_bytes(&self) -> usize {
        self.more_lines() * (self.nick.as_ref().len() + LINE_BYTES)
    }

    /// How many lines it has beyond the first.
    pub fn more_lines(&self) -> usize {
        self.text.as_ref().matches('\n').count()
    }
}

impl Message<&str> {
    /// The same with words of its own.
    pub fn owned(self) -> Message {
        self.map(str::to_owned)
    }
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Somebody said it.
    Said,
    /// Somebody does it (`/me waves`).
    Done,
}

/// A sender's own name for a message: with it a message that was sent twice is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uid<S = String> {
    /// The run of the client.
    pub client: S,
    /// Which of its messages.
    pub tag: S,
}

impl Uid {
    /// As others learn it; `None`: the sender gave no name of its own, so that it tells nobody anything.
    pub fn told(&self) -> Option<String> {
        (!self.tag.is_empty()).then(|| self.to_string())
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.client, self.tag)
    }
}

/// A message that was searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The message.
    pub message: Message,
    /// What was said before.
    pub before: Vec<Message>,
    /// What was said after.
    pub after: Vec<Message>,
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
    /// The public name of the client's run that had the name last, if it has one.
    pub run: Option<String>,
}

/// Where a message is to which its sender has given a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The sender's name for it.
    pub uid: Uid,
    /// Where it was said.
    pub conversation: ConversationId,
    /// Its place there.
    pub position: u64,
    /// When: milliseconds since 1970, UTC.
    pub time_ms: i64,
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
    /// From where on the run of the person that came last may read it again.
    pub since: u64,
}

/// What was kept before: everything but the messages, and where the newest are that have names of their senders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// The people who were here last, the last one first.
    pub people: Vec<Person>,
    /// Who has read up to where.
    pub marks: Vec<Mark>,
    /// All accounts, and what opens them.
    pub identities: Vec<Identity>,
    /// What keeps order everywhere.
    pub order: Order,
    /// The newest messages that have names of their senders, the oldest first.
    pub sent: Vec<Sent>,
    /// How many entries were left out because they are damaged.
    pub skipped: u64,
}
