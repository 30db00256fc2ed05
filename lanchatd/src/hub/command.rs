//! What a client asks, whatever its dialect.

use std::borrow::Cow;

use lanchat_protocol::client::Hello;
use lanchat_protocol::past::Query;

use super::{Position, Refusal};

/// How much of what was said before. Without a `limit`, as much as is usual.
#[derive(Debug)]
pub enum Asked<'a> {
    /// As somebody typed it.
    Typed(Cow<'a, str>),
    /// The last messages.
    Before {
        /// Before this position; `None`: of all.
        before: Option<Position>,
        /// How many.
        limit: Option<usize>,
    },
    /// The first messages after a position.
    After {
        /// The position.
        after: Position,
        /// How many.
        limit: Option<usize>,
    },
    /// The first messages from a moment on.
    Since {
        /// The moment, in milliseconds since 1970 UTC.
        time_ms: i64,
        /// How many.
        limit: Option<usize>,
    },
}

/// What is searched for. Without a `limit` and a `context`, as much as is usual.
#[derive(Debug)]
pub enum Searched<'a> {
    /// As somebody typed it.
    Typed(Cow<'a, str>),
    /// As a program asks.
    Asked {
        /// What.
        query: Query,
        /// How many messages.
        limit: Option<usize>,
        /// How many before and after each.
        context: Option<usize>,
    },
}

/// One request, understood. Strings have not passed the sanitiser yet.
#[derive(Debug)]
pub enum Command<'a> {
    /// Opens a session that has to introduce itself.
    Hello(Hello<'a>),
    /// Says something.
    Say {
        /// The room, or `@ana` for her alone; `None`: the current one.
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
    /// Enters a room, and talks there from here on.
    Join {
        /// The room; `None`: the lobby.
        room: Option<Cow<'a, str>>,
    },
    /// Leaves a room.
    Part {
        /// The room; `None`: the current one.
        room: Option<Cow<'a, str>>,
    },
    /// Asks which rooms there are.
    Rooms,
    /// Asks for, or sets, what a room is about.
    Topic {
        /// The room; `None`: the current one.
        room: Option<Cow<'a, str>>,
        /// The topic, empty for none; `None`: asks for it.
        topic: Option<Cow<'a, str>>,
    },
    /// Asks about a person.
    Whois(Cow<'a, str>),
    /// Is not there for a while.
    Away {
        /// Why.
        reason: Option<Cow<'a, str>>,
    },
    /// Is there again.
    Back,
    /// Wants to hear nothing of somebody; `None`: asks of whom that is so.
    Ignore(Option<Cow<'a, str>>),
    /// Wants to hear of somebody again.
    Unignore(Cow<'a, str>),
    /// Asks for what was said before.
    History {
        /// The room; `None`: the current one.
        room: Option<Cow<'a, str>>,
        /// How much of it.
        asked: Asked<'a>,
    },
    /// Asks for messages with words.
    Search(Searched<'a>),
    /// Asks for a sign of life.
    Ping,
    /// Asks for the list of commands.
    Help,
    /// Leaves.
    Quit,
    /// Something that the dialect could not understand, or only in part.
    Wrong(Refusal),
}
