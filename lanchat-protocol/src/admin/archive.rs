//! What an administrator asks of what is kept, and is answered.

use serde::{Deserialize, Serialize};

use crate::client::Event;

/// The rooms that there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rooms {
    /// Those with a name, ordered by it.
    pub rooms: Vec<Room>,
    /// How many conversations of two people there are. Whose they are is nobody's business.
    pub direct: u64,
}

/// One room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Its name.
    pub name: String,
    /// How many are in it.
    pub people: u64,
    /// What it is about; empty: nobody has said.
    pub topic: String,
    /// When the oldest message that is kept was said, UTC, RFC 3339.
    #[serde(default)]
    pub kept_since: Option<String>,
    /// When something was said last, UTC, RFC 3339.
    #[serde(default)]
    pub last_said: Option<String>,
}

/// A page of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported<'a> {
    /// The messages as the native dialect tells them, by conversation and position. The room of a message to one
    /// person is `@` and their nick. May be empty though more follow.
    pub messages: Vec<Event<'a>>,
    /// Where the next page begins, if there is one.
    #[serde(default)]
    pub next: Option<i64>,
    /// How many were left out because they are damaged.
    #[serde(default)]
    pub skipped: u64,
}

/// Something that may take long: the answer to what begins it, and to `follow`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Task<T> {
    /// It goes on; `follow` tells more.
    Running {
        /// Which task.
        task: u64,
        /// How far it is: messages removed, or pages written.
        done: u64,
        /// Of how many, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<u64>,
    },
    /// It is done.
    Done(T),
}

/// The outcome of `backup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUp {
    /// Where the copy is.
    pub path: String,
    /// How long it is.
    pub bytes: u64,
}

/// The outcome of `purge`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purged {
    /// How many messages were removed.
    pub messages: u64,
}

/// What `lanchatd --check-store` and `lanchatd --restore` print, as one line of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The file that was looked at, or that was made.
    pub path: String,
    /// Where what was there before is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<String>,
    /// The version of its tables.
    pub tables: i64,
    /// Rooms in it, conversations of two people included.
    pub conversations: u64,
    /// Messages in it.
    pub messages: u64,
    /// When the newest was said, UTC, RFC 3339.
    #[serde(default)]
    pub newest: Option<String>,
}
