//! What a client asks, whatever its dialect.

use std::borrow::Cow;

use lanchat_protocol::client::Hello;
use lanchat_protocol::order::Order;
use lanchat_protocol::password::Password;
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

/// What shows who somebody is.
#[derive(Debug)]
pub enum Proof {
    /// The password of their account.
    Password(Password),
    /// A token of it.
    Token(Password),
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
    /// Makes an account of the nick.
    Register {
        /// The password to have.
        password: Password,
        /// The code of an invite.
        invite: Option<Password>,
    },
    /// Shows who it is.
    Login {
        /// The nick; `None`: the one that it could not have, or the one that it has.
        nick: Option<Cow<'a, str>>,
        /// What shows it.
        proof: Proof,
    },
    /// Changes the password.
    Passwd {
        /// The password until now.
        old: Password,
        /// The password from here on.
        new: Password,
    },
    /// Is a guest again.
    Logout,
    /// Keeps order.
    Order {
        /// The room, where it concerns one; `None`: the current one.
        room: Option<Cow<'a, str>>,
        /// What is asked for.
        order: Order<'a>,
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

impl Command<'_> {
    /// The same, kept for later, and how many bytes its words have.
    pub(super) fn into_owned(self) -> (Command<'static>, usize) {
        let mut bytes = 0;
        let mut own = |words: Cow<str>| {
            bytes += words.len();
            Cow::Owned(words.into_owned())
        };
        let command = match self {
            Self::Hello(hello) => Command::Hello(hello.into_owned()),
            Self::Say { room, text, action } => {
                Command::Say { room: room.map(&mut own), text: own(text), action }
            }
            Self::Nick(nick) => Command::Nick(own(nick)),
            Self::Who { room } => Command::Who { room: room.map(own) },
            Self::Join { room } => Command::Join { room: room.map(own) },
            Self::Part { room } => Command::Part { room: room.map(own) },
            Self::Rooms => Command::Rooms,
            Self::Topic { room, topic } => {
                Command::Topic { room: room.map(&mut own), topic: topic.map(&mut own) }
            }
            Self::Whois(nick) => Command::Whois(own(nick)),
            Self::Away { reason } => Command::Away { reason: reason.map(own) },
            Self::Back => Command::Back,
            Self::Ignore(nick) => Command::Ignore(nick.map(own)),
            Self::Unignore(nick) => Command::Unignore(own(nick)),
            Self::History { room, asked } => {
                let asked = match asked {
                    Asked::Typed(words) => Asked::Typed(own(words)),
                    Asked::Before { before, limit } => Asked::Before { before, limit },
                    Asked::After { after, limit } => Asked::After { after, limit },
                    Asked::Since { time_ms, limit } => Asked::Since { time_ms, limit },
                };
                Command::History { room: room.map(&mut own), asked }
            }
            Self::Search(Searched::Typed(words)) => Command::Search(Searched::Typed(own(words))),
            Self::Search(Searched::Asked { query, limit, context }) => {
                bytes += query.words.len();
                Command::Search(Searched::Asked { query, limit, context })
            }
            Self::Register { password, invite } => Command::Register { password, invite },
            Self::Login { nick, proof } => Command::Login { nick: nick.map(own), proof },
            Self::Passwd { old, new } => Command::Passwd { old, new },
            Self::Logout => Command::Logout,
            Self::Order { room, order } => {
                let room = room.map(&mut own);
                Command::Order { room, order: order.map_words(own) }
            }
            Self::Ping => Command::Ping,
            Self::Help => Command::Help,
            Self::Quit => Command::Quit,
            Self::Wrong(refusal) => Command::Wrong(refusal),
        };
        (command, bytes)
    }
}
