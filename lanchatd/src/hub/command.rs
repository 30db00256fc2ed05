//! What a client asks, whatever its dialect.

use std::borrow::Cow;

use super::Refusal;

/// One request, understood. Strings have not passed the sanitiser yet.
#[derive(Debug)]
pub enum Command<'a> {
    /// Opens a session that has to introduce itself.
    Hello {
        /// The version of the dialect.
        version: u32,
        /// The nick to have; `None`: one is given.
        nick: Option<Cow<'a, str>>,
    },
    /// Says something.
    Say {
        /// The room; `None`: the current one.
        room: Option<Cow<'a, str>>,
        /// What is said.
        text: Cow<'a, str>,
        /// Whether the text tells what the sender does.
        action: bool,
    },
    /// Takes another nick.
    Nick(Cow<'a, str>),
    /// Asks who is in a room.
    Who {
        /// The room; `None`: the current one.
        room: Option<Cow<'a, str>>,
    },
    /// Asks for a sign of life.
    Ping,
    /// Asks for the list of commands.
    Help,
    /// Leaves.
    Quit,
    /// Something that the dialect could not understand, or only in part.
    Wrong(Refusal),
}
