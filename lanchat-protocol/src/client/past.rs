//! What was said before, as the relay tells it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A message that was said before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past<'a> {
    /// The position in the room.
    pub pos: u64,
    /// When it was accepted, UTC, RFC 3339.
    pub time: Cow<'a, str>,
    /// The nick of the sender.
    pub from: Cow<'a, str>,
    /// What was said.
    pub text: Cow<'a, str>,
    /// Whether the text tells what the sender does (`/me`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub action: bool,
    /// As in [`super::Event::Message`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<Cow<'a, str>>,
}

/// A message that was searched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit<'a> {
    /// The room, or `@ana`.
    pub room: Cow<'a, str>,
    /// The message.
    pub message: Past<'a>,
    /// What was said before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Past<'a>>,
    /// What was said after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Past<'a>>,
}
