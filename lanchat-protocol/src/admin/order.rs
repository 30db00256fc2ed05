//! How an administrator keeps order, and what they are told of it.

use serde::{Deserialize, Serialize};

use super::Kept;
use crate::order::{Measure, Order};

/// What is asked for in a room: the chat's orders of the same names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum RoomOrder {
    /// Make somebody an operator.
    Op {
        /// Their nick.
        nick: String,
    },
    /// Make them one no longer.
    Deop {
        /// Their nick.
        nick: String,
    },
    /// Let somebody speak while the room is moderated.
    Voice {
        /// Their nick.
        nick: String,
    },
    /// Let them speak there no longer.
    Devoice {
        /// Their nick.
        nick: String,
    },
    /// Let everybody say one message in so many seconds.
    Slow {
        /// How many; 0: as usual.
        seconds: u32,
    },
    /// Let nobody new in.
    Lock,
    /// Let everybody in again.
    Unlock,
    /// Say whether others find the room, and enter it without an invitation.
    Private {
        /// Whether they do not.
        on: bool,
    },
    /// Say whether only operators speak there, and those who have a voice.
    Moderated {
        /// Whether they alone do.
        on: bool,
    },
}

impl RoomOrder {
    /// The same as somebody in the chat asks for it.
    pub fn order(&self) -> Order<'_> {
        match self {
            Self::Op { nick } => Order::Op { nick: nick.into() },
            Self::Deop { nick } => Order::Deop { nick: nick.into() },
            Self::Voice { nick } => Order::Voice { nick: nick.into() },
            Self::Devoice { nick } => Order::Devoice { nick: nick.into() },
            Self::Slow { seconds } => Order::Slow { seconds: *seconds },
            Self::Lock => Order::Lock,
            Self::Unlock => Order::Unlock,
            Self::Private { on } => Order::Private { on: *on },
            Self::Moderated { on } => Order::Moderated { on: *on },
        }
    }
}

/// What was done: the answer to `ban`, `unban`, `mute`, `unmute` and `order`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// What.
    pub measure: Measure,
    /// Who did it; none: an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// To whom: a nick, or what a ban is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whom: Option<String>,
    /// The room; none: it holds everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Until when, UTC, RFC 3339; none: until somebody ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// One message in so many seconds, for [`Measure::Slow`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How that is kept, in an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

/// The answer to `bans`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bans {
    /// Who is not let in, the newest first.
    pub bans: Vec<Ban>,
    /// Who may say nothing.
    pub mutes: Vec<Mute>,
}

/// Somebody is not let in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// `account:ana`, a nick or a pattern of nicks, an address or a network.
    pub whom: String,
    /// Who decided it; none: an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Since when, UTC, RFC 3339.
    pub since: String,
    /// Until when, UTC, RFC 3339; none: for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Somebody may say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// Who.
    pub nick: String,
    /// Whether that is an account; otherwise a guest, who is known by nick and address.
    pub account: bool,
    /// The room in which that holds; none: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Who decided it; none: an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Since when, UTC, RFC 3339.
    pub since: String,
    /// Until when, UTC, RFC 3339; none: for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The answer to `lockdown`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockdown {
    /// Nobody new is let in.
    pub lockdown: bool,
    /// Whether that was otherwise before.
    pub changed: bool,
}
