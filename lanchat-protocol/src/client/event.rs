//! What the relay tells a client.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::account::role;
use super::{Bans, Code, Hit, Ordered, Past, Person, RoomAt, RoomInfo};
use crate::role::Role;

/// What the relay tells a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event<'a> {
    /// The answer to `hello`.
    Welcome {
        /// The version of the dialect that is spoken from here on.
        version: u32,
        /// The nick that the session has.
        nick: Cow<'a, str>,
        /// Name and version of the relay.
        server: Cow<'a, str>,
        /// Names the history that positions are in: those of another one mean nothing in this.
        #[serde(default)]
        history: Cow<'a, str>,
        /// The rooms that the session is in, each with the position of its last event (0: none yet).
        rooms: Vec<RoomAt<'a>>,
        /// What the relay allows.
        limits: Limits,
        /// What whoever speaks here may do; left out for a guest.
        #[serde(default, deserialize_with = "role", skip_serializing_if = "is_guest")]
        role: Role,
        /// What the relay's clock says, UTC, RFC 3339; left out but for a probe.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<Cow<'a, str>>,
    },
    /// A `say` was accepted.
    Ack {
        /// The id of the `say`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The room it went to.
        room: Cow<'a, str>,
        /// Its position there.
        pos: u64,
        /// When it was accepted, UTC, RFC 3339.
        time: Cow<'a, str>,
        /// For a message to one person: that they are not here, and that it waits for them.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        waits: bool,
        /// For a message to one person: why they are away.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        away: Option<Cow<'a, str>>,
        /// Whether it is in the relay's history for good; left out where the relay keeps none, or does not wait.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        durable: Option<bool>,
    },
    /// Somebody else said something.
    Message {
        /// The room, or `@ana` for a message from ana to this client alone.
        room: Cow<'a, str>,
        /// The position in the room: 1, 2, 3 …; never used twice.
        pos: u64,
        /// When it was accepted, UTC, RFC 3339.
        time: Cow<'a, str>,
        /// The nick of the sender.
        from: Cow<'a, str>,
        /// What was said.
        text: Cow<'a, str>,
        /// Whether the text tells what the sender does (`/me`).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        action: bool,
        /// The same for a message that its sender had to send twice; left out where the sender gave no id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<Cow<'a, str>>,
    },
    /// What was said in a room before: the answer to `history`, or, without an id, what whoever enters a room is
    /// told of what was said there.
    History {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The room, or `@ana`.
        room: Cow<'a, str>,
        /// The messages, the oldest first, this client's own among them.
        messages: Vec<Past<'a>>,
        /// There are more in the direction in which it was asked.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
        /// Before or after which position those are, where there are more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<u64>,
    },
    /// What a client has missed in a room, by the position in its `hello`, has been told: what follows is new.
    Live {
        /// The room, or `@ana`.
        room: Cow<'a, str>,
        /// The position of the last event before those that follow.
        pos: u64,
    },
    /// The answer to `search`.
    Found {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The newest first.
        hits: Vec<Hit<'a>>,
        /// Older messages were not looked at, because that took too long.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
        /// With `more`: a search with this `before` goes on. UTC, RFC 3339.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Cow<'a, str>>,
    },
    /// Somebody else came, went or took another nick.
    Presence {
        /// The room.
        room: Cow<'a, str>,
        /// The position in the room.
        pos: u64,
        /// When, UTC, RFC 3339.
        time: Cow<'a, str>,
        /// Whose presence changed: the nick before the change.
        nick: Cow<'a, str>,
        /// What changed.
        change: Change,
        /// The new nick, for [`Change::Renamed`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Cow<'a, str>>,
        /// Why, for [`Change::Left`] and [`Change::Away`] where there is more to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Cow<'a, str>>,
        /// How many more changes happened since the last one that was told.
        #[serde(default, skip_serializing_if = "is_zero")]
        others: u64,
    },
    /// A word from the administrator.
    Announcement {
        /// When, UTC, RFC 3339.
        time: Cow<'a, str>,
        /// What was said.
        text: Cow<'a, str>,
    },
    /// The answer to `nick`.
    Nick {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The nick that the session has now.
        nick: Cow<'a, str>,
    },
    /// The answer to `register`, `login`, `passwd` and `logout`.
    Account {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The nick that the session has now.
        nick: Cow<'a, str>,
        /// What its owner may do; a guest is not logged in.
        #[serde(deserialize_with = "role")]
        role: Role,
        /// Whether what has changed is kept for good; left out where nothing has, or the relay keeps nothing, or does not
        /// wait.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        durable: Option<bool>,
    },
    /// The answer to `who`.
    Who {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The room.
        room: Cow<'a, str>,
        /// Who is there, ordered by nick; at most as many as fit an answer.
        people: Vec<Person<'a>>,
        /// How many more there are.
        #[serde(default, skip_serializing_if = "is_zero")]
        others: u64,
    },
    /// The answer to `join`: the client is in the room.
    Joined {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The room, as it is written.
        room: Cow<'a, str>,
        /// The position of its last event before those that follow; 0 before the first.
        pos: u64,
        /// What it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<Cow<'a, str>>,
        /// How many are in it, this client included.
        people: u64,
    },
    /// The answer to `part`: the client is no longer in the room.
    Parted {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The room.
        room: Cow<'a, str>,
    },
    /// The answer to `rooms`.
    Rooms {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The rooms, those with the most people first; at most as many as fit an answer.
        rooms: Vec<RoomInfo<'a>>,
        /// How many more there are.
        #[serde(default, skip_serializing_if = "is_zero")]
        others: u64,
    },
    /// The topic of a room: somebody else has set it, or the answer to `topic`.
    Topic {
        /// The id of the request that is answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The room.
        room: Cow<'a, str>,
        /// The position in the room, where it has just been set.
        #[serde(default, skip_serializing_if = "is_zero")]
        pos: u64,
        /// When it was set, UTC, RFC 3339.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<Cow<'a, str>>,
        /// Who set it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nick: Option<Cow<'a, str>>,
        /// What the room is about; empty: nothing in particular.
        topic: Cow<'a, str>,
    },
    /// The answer to `whois`.
    Whois {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The person.
        nick: Cow<'a, str>,
        /// For how long they have been connected, in seconds; left out: they are not here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connected_s: Option<u64>,
        /// For how long they have said nothing, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        idle_s: Option<u64>,
        /// What they may do; left out: they are a guest, or not here.
        #[serde(default, deserialize_with = "role", skip_serializing_if = "is_guest")]
        role: Role,
        /// That they are away, and why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        away: Option<Cow<'a, str>>,
        /// When they were last here, UTC, RFC 3339; left out: they are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Cow<'a, str>>,
        /// The rooms they are in; at most as many as fit an answer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rooms: Vec<Cow<'a, str>>,
    },
    /// The answer to `away` and `back`.
    Away {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// Whether the client is away from here on.
        away: bool,
    },
    /// The answer to `ignore` and `unignore`.
    Ignoring {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// Of whom the client hears nothing.
        nicks: Vec<Cow<'a, str>>,
    },
    /// The answer to `ping`.
    Pong {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
    },
    /// This client read too slowly and missed messages.
    Gap {
        /// The room.
        room: Cow<'a, str>,
        /// How many messages were skipped; 0: nobody knows.
        skipped: u64,
    },
    /// Somebody keeps order: in a room that this client is in, or about this client; or the answer to `kick`, `ban` …
    Order(Ordered<'a>),
    /// The answer to `bans`.
    Bans(Bans<'a>),
    /// A request was refused, or something else went wrong for this client.
    Error {
        /// The id of the request, where it had one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// What went wrong, for programs.
        code: Code,
        /// What went wrong and what to do, for people.
        message: Cow<'a, str>,
        /// When it is worth trying again, for [`Code::RateLimited`],
        /// [`Code::SlowMode`] and [`Code::LoginThrottled`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
        /// Which of the relay's limits was reached, as its configuration calls it, with [`Code::RateLimited`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<Cow<'a, str>>,
    },
    /// The last event: the relay closes the connection.
    Bye {
        /// Why, for programs.
        #[serde(default)]
        code: Farewell,
        /// Why, for people.
        reason: Cow<'a, str>,
    },
    /// An event that a newer relay knows. Pass it over.
    #[serde(other)]
    Unknown,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_guest(role: &Role) -> bool {
    *role == Role::Guest
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
pub(super) fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What the relay allows, as told in `welcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The longest line, in bytes without its end.
    pub line_bytes_max: usize,
    /// Messages per second in the long run; 0: no limit.
    pub messages_per_second_max: u32,
    /// Messages at once before that counts.
    pub messages_burst_max: u32,
}

/// Why the relay closes a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Farewell {
    /// The client asked for it.
    Quit,
    /// Somebody in charge wants the client to go, and not to come back by itself.
    Kicked,
    /// The relay stops; it may come back.
    Stopping,
    /// The same run of the client has connected again.
    Replaced,
    /// No `hello` arrived in time.
    LoginTimeout,
    /// A reason that a newer relay knows, or none.
    #[default]
    #[serde(other)]
    Other,
}

/// What happened to somebody's presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Came.
    Joined,
    /// Went.
    Left,
    /// Took another nick.
    Renamed,
    /// Is not there for a while.
    Away,
    /// Is there again.
    Back,
    /// A change that a newer relay knows.
    #[serde(other)]
    Other,
}
