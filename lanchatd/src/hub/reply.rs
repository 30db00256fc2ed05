//! What the hub tells one session. Each dialect writes it in its own way.

use std::rc::Rc;

use jiff::tz::TimeZone;
use lanchat_protocol::client::{Farewell, Limits, RoomKind};
use lanchat_protocol::role::Role;

use super::{BanLine, Done, Reach, Refusal};
use crate::kept::{Hit, Message};
use crate::timeline::Position;

/// Where a session begins to hear a room.
#[derive(Debug)]
pub struct RoomStart {
    /// The room.
    pub room: Rc<str>,
    /// The position of its last event before those that follow.
    pub position: Position,
    /// Up to where that is what the session has missed, which ends with a word.
    pub seam: Option<Position>,
}

/// A room, as a list of rooms shows it.
#[derive(Debug)]
pub struct RoomLine {
    /// The room.
    pub room: Rc<str>,
    /// How many are in it.
    pub people: usize,
    /// What it is about; empty: nothing in particular.
    pub topic: Box<str>,
    /// Whether the session is in it.
    pub is_joined: bool,
    /// What is special about it.
    pub kind: RoomKind,
}

/// Which way through what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// From the last message back.
    Older,
    /// From a place on.
    Newer,
}

/// A message that was searched for, and where it was said.
#[derive(Debug)]
pub struct RoomHit<'a> {
    /// The room.
    pub room: Rc<str>,
    /// The message.
    pub hit: &'a Hit,
}

/// A word to one session. `tag` is the id of the request that is answered, where it had one.
#[derive(Debug)]
pub enum Reply<'a> {
    /// The session begins.
    Welcome {
        /// Its nick.
        nick: &'a str,
        /// Names the history that positions are in.
        history: &'a str,
        /// The rooms it is in, the lobby first, each with the position of the last event before those that
        /// the session will get.
        rooms: &'a [RoomStart],
        /// How many others are in the lobby.
        others: usize,
        /// What whoever speaks here may do.
        role: Role,
        /// It has to log in before it hears or says anything.
        is_barred: bool,
        /// What is allowed.
        limits: Limits,
        /// It only asks what its hello would come to; when, in milliseconds since 1970 UTC.
        probed_ms: Option<i64>,
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
        /// It is for one person, who is not here.
        waits: bool,
        /// It is for one person, who is away: why.
        away: Option<&'a str>,
        /// Whether it is kept for good; `None`: nothing is, or nobody waits for that.
        durable: Option<bool>,
    },
    /// The session is in a room.
    Joined {
        /// The request that asked for it.
        tag: Option<&'a str>,
        /// The room.
        room: &'a str,
        /// The position of its last event before those that the session will get.
        position: Position,
        /// What it is about; empty: nothing in particular.
        topic: &'a str,
        /// How many are in it.
        people: usize,
    },
    /// What was said in a room before.
    History {
        /// The request that asked for it.
        tag: Option<&'a str>,
        /// The room.
        room: &'a str,
        /// The oldest first.
        messages: &'a [Message],
        /// In which direction more was asked for; `None`: nobody has asked, the session has entered the room.
        asked: Option<Toward>,
        /// There is more in that direction, before or after this position.
        more: Option<Position>,
        /// In which times of day are told.
        zone: &'a TimeZone,
    },
    /// What the session has missed in a room has been told.
    Live {
        /// The room.
        room: &'a str,
        /// The position of its last event before those that follow.
        position: Position,
    },
    /// Messages that were searched for.
    Found {
        /// The request that asked for them.
        tag: Option<&'a str>,
        /// The words.
        words: &'a str,
        /// The newest first.
        hits: &'a [RoomHit<'a>],
        /// How far back.
        reach: Reach,
        /// In which times of day are told.
        zone: &'a TimeZone,
    },
    /// The session is no longer in a room.
    Parted {
        /// The request that asked for it.
        tag: Option<&'a str>,
        /// The room.
        room: &'a str,
        /// Where the session talks from here on.
        current: Option<&'a str>,
    },
    /// The rooms there are.
    Rooms {
        /// The request that asked.
        tag: Option<&'a str>,
        /// Those with the most people first.
        rooms: &'a [RoomLine],
        /// How many more there are.
        others: u64,
    },
    /// What a room is about.
    Topic {
        /// The request that asked, or that set it.
        tag: Option<&'a str>,
        /// The room.
        room: &'a str,
        /// The topic; empty: nothing in particular.
        topic: &'a str,
        /// Who set it, and when, in milliseconds since 1970 UTC.
        by: Option<(&'a str, i64)>,
    },
    /// Who somebody is.
    Whois {
        /// The request that asked.
        tag: Option<&'a str>,
        /// Their nick.
        nick: &'a str,
        /// For how long they have been connected and silent, in seconds; `None`: they are not here.
        here_s: Option<(u64, u64)>,
        /// What they may do, where they are here.
        role: Role,
        /// That they are away, and why.
        away: Option<&'a str>,
        /// When they were last here, in milliseconds since 1970 UTC, where they are not.
        seen_ms: Option<i64>,
        /// The rooms they are in.
        rooms: &'a [Rc<str>],
    },
    /// Whether the session is away from here on.
    Away {
        /// The request that asked for it.
        tag: Option<&'a str>,
        /// Whether it is.
        away: bool,
    },
    /// Of whom the session hears nothing.
    Ignoring {
        /// The request that asked, or that changed it.
        tag: Option<&'a str>,
        /// Their nicks.
        nicks: &'a [Box<str>],
    },
    /// The session's nick from here on.
    NickIs {
        /// The request that asked for it.
        tag: Option<&'a str>,
        /// The nick.
        nick: &'a str,
    },
    /// Who the session is from here on: a guest is not logged in.
    Account {
        /// The request that asked for it.
        tag: Option<&'a str>,
        /// Its nick.
        nick: &'a str,
        /// What its owner may do.
        role: Role,
        /// Whether what has changed is kept for good; `None`: nothing has, or nothing is kept, or nobody waits for that.
        durable: Option<bool>,
    },
    /// The session has another nick, because the one that it had is somebody's.
    Displaced {
        /// The nick that it had.
        old: &'a str,
        /// The one that it has now.
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
    /// Order was kept: what the session asked for was done, or something was done to it.
    Ordered {
        /// The request that asked for it.
        tag: Option<&'a str>,
        /// What was done.
        done: &'a Done,
        /// Whether to this session.
        is_you: bool,
        /// Whether that is kept for good; `None`: nothing is, or nobody waits for that.
        durable: Option<bool>,
    },
    /// Who is not let in.
    Bans {
        /// The request that asked.
        tag: Option<&'a str>,
        /// The newest first.
        bans: &'a [BanLine],
        /// How many more there are.
        others: u64,
        /// When that is, in milliseconds since 1970 UTC.
        now_ms: i64,
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
        /// How many; 0: nobody knows.
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
