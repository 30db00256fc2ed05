//! What the hub tells one session. Each dialect writes it in its own way.

use std::rc::Rc;

use lanchat_protocol::client::{Farewell, Limits};

use super::Refusal;
use crate::timeline::Position;

/// A word to one session. `tag` is the id of the request that is answered, where it had one.
#[derive(Debug)]
pub enum Reply<'a> {
    /// The session begins.
    Welcome {
        /// Its nick.
        nick: &'a str,
        /// The room it is in.
        room: &'a str,
        /// The position of the room's last event before those that the session will get.
        position: Position,
        /// How many others are there.
        others: usize,
        /// What is allowed.
        limits: Limits,
    },
    /// A message was taken.
    Ack {
        /// Which one.
        tag: Option<&'a str>,
        /// Where it went.
        room: &'a str,
        /// Its place there.
        position: Position,
        /// When, in milliseconds since 1970 UTC.
        time_ms: i64,
    },
    /// The session's nick from here on.
    NickIs {
        /// The request that asked for it.
        tag: Option<&'a str>,
        /// The nick.
        nick: &'a str,
    },
    /// Who is in a room.
    Who {
        /// The request that asked.
        tag: Option<&'a str>,
        /// The room.
        room: &'a str,
        /// Nicks, ordered, with the seconds they have been connected.
        people: &'a [(Rc<str>, u64)],
        /// How many more there are.
        others: u64,
    },
    /// A sign of life.
    Pong {
        /// The request that asked for it.
        tag: Option<&'a str>,
    },
    /// The list of commands.
    Help,
    /// The session read too slowly and missed messages.
    Gap {
        /// Of which room.
        room: &'a str,
        /// How many.
        skipped: u64,
    },
    /// Answers that the session did not read and that were dropped.
    Unread {
        /// How many.
        answers: u64,
    },
    /// Something was refused.
    Refused {
        /// The request, where it had an id.
        tag: Option<&'a str>,
        /// Why.
        refusal: &'a Refusal,
    },
    /// The last word.
    Bye {
        /// Why, for programs.
        code: Farewell,
        /// Why, for people.
        reason: &'a str,
    },
}
