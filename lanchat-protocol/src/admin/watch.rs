//! What a watcher is told: everything that happens, but nothing that people say.

use serde::{Deserialize, Serialize};

use super::Ordered;

/// The answer to `watch`. From then on the daemon writes one [`Event`] a line, until either side closes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watching {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// Since when, UTC, RFC 3339.
    pub time: String,
    /// The daemon's version.
    pub version: String,
    /// Its process id.
    pub pid: u32,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// When, UTC, RFC 3339.
    pub time: String,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// A connection, as far as it is known at that moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The id of the connection.
    pub client: u64,
    /// Where it comes from.
    pub address: String,
    /// Its nick; empty before it has one.
    pub nick: String,
    /// `text`, `native`, or `new`.
    pub dialect: String,
}

/// What can happen. More may be added: whoever reads events passes over those it does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// Somebody connected; they are in the lobby from then on.
    Connected(Who),
    /// A connection has ended, and with it whatever it was in.
    Disconnected {
        /// Whose.
        #[serde(flatten)]
        who: Who,
        /// Why, for programs: `closed_by_client`, `broke`, `closed_by_relay`, `goodbye_unread`, `too_slow` …
        cause: String,
        /// Why, in words.
        reason: String,
    },
    /// Somebody has said who they are.
    Named(Who),
    /// Somebody has shown that their nick is their own.
    LoggedIn(Who),
    /// Somebody has made their nick their own.
    Registered(Who),
    /// Somebody is a guest again.
    LoggedOut(Who),
    /// Somebody has taken another nick.
    Renamed {
        /// Who, by the new one.
        #[serde(flatten)]
        who: Who,
        /// The one before.
        was: String,
    },
    /// Somebody has entered a room.
    Joined {
        /// Who.
        #[serde(flatten)]
        who: Who,
        /// Which.
        room: String,
    },
    /// Somebody has left a room and is still connected.
    Left {
        /// Who.
        #[serde(flatten)]
        who: Who,
        /// Which.
        room: String,
    },
    /// Somebody was refused what they asked for.
    Refused {
        /// Who.
        #[serde(flatten)]
        who: Who,
        /// Why, for programs: as the native dialect says it.
        code: String,
        /// So many before it were not told.
        unlogged: u64,
    },
    /// Somebody was not let in.
    TurnedAway {
        /// Where from.
        address: String,
        /// Why, for programs.
        #[serde(default)]
        code: String,
        /// Why.
        reason: String,
    },
    /// An administrator ended a connection, which is told to have ended next.
    Kicked {
        /// The id of the connection.
        client: u64,
        /// Where it came from.
        address: String,
        /// Its nick.
        nick: String,
        /// What the client was told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The administrator.
        uid: u32,
    },
    /// Somebody keeps order: in the chat, or an administrator.
    Ordered {
        /// Who, in the chat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        who: Option<Who>,
        /// The account that they are logged in to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// What was done.
        order: Ordered,
        /// The administrator.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<u32>,
    },
    /// An administrator told everybody something.
    Announced {
        /// How many.
        clients: u64,
        /// The administrator.
        uid: u32,
    },
    /// An administrator lets nobody new in from here on, or does again.
    Lockdown {
        /// Nobody new is let in.
        on: bool,
        /// The administrator.
        uid: u32,
    },
    /// The configuration was read again.
    Reloaded {
        /// Keys whose new value is in force.
        applied: Vec<String>,
        /// Keys whose new value takes a restart.
        needs_restart: Vec<String>,
        /// The administrator; none: a signal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<u32>,
    },
    /// The configuration has errors, and the old one stays.
    ReloadRefused {
        /// All of them, a line each.
        errors: String,
        /// The administrator; none: a signal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<u32>,
    },
    /// What is said is not kept for now.
    StoreDegraded {
        /// Why.
        reason: String,
    },
    /// What is said is kept again.
    StoreRecovered,
    /// The store will never take some of what was said.
    StoreRefused {
        /// Why.
        reason: String,
        /// How many messages.
        messages: u64,
    },
    /// The relay begins to stop.
    Stopping {
        /// `admin`, `console`, or a signal's name.
        cause: String,
    },
    /// The relay has stopped: the last event.
    Stopped,
    /// This watcher reads too slowly, and was not told so many.
    Missed {
        /// How many.
        events: u64,
    },
    /// Something that a newer daemon knows.
    #[serde(other)]
    Unknown,
}
