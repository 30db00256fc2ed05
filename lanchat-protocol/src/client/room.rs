//! Rooms and who is in them, as they are told.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::Event;

/// A room and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomAt<'a> {
    /// The room.
    pub room: Cow<'a, str>,
    /// The position of its last event before those that follow; 0 before the first.
    pub pos: u64,
    /// What the client has missed there follows, up to this position, and then [`Event::Live`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// A room, as told in `rooms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo<'a> {
    /// The room.
    pub room: Cow<'a, str>,
    /// How many are in it.
    pub people: u64,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Cow<'a, str>>,
    /// Whether the client is in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub joined: bool,
    /// What is special about it.
    #[serde(flatten)]
    pub kind: RoomKind,
}

/// What is special about a room, for those who see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomKind {
    /// Nobody else finds it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Only some speak there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub moderated: bool,
    /// Nobody new enters it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub locked: bool,
}

impl fmt::Display for RoomKind {
    /// As it stands behind something else: `, private, locked`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { private, moderated, locked } = *self;
        let words = [(private, ", private"), (moderated, ", moderated"), (locked, ", locked")];
        words.iter().filter(|(holds, _)| *holds).try_for_each(|(_, word)| f.write_str(word))
    }
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person<'a> {
    /// The nick.
    pub nick: Cow<'a, str>,
    /// For how long they have been connected, in seconds.
    pub connected_s: u64,
}
