//! What a client asks for to keep order.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::borrowed::borrowed;
use crate::order::Order;

/// `{"type":"mute","id":"9","room":"ops","nick":"bob","for_s":3600,"reason":"spam"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling<'a> {
    /// What is asked for.
    #[serde(rename = "type")]
    pub kind: Ruled,
    /// What the answer will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The room; `lobby` where it is left out.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub room: Option<Cow<'a, str>>,
    /// Whom it is about.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub nick: Option<Cow<'a, str>>,
    /// The same for a ban: `account:ana`, a nick or a pattern of nicks, an address or a network.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub whom: Option<Cow<'a, str>>,
    /// For how long, in seconds; left out: for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u32>,
    /// What they are told.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// For `slow`: one message in so many seconds; 0: as usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// For `private` and `moderated`: whether the room is; `true` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
    /// For `create`: nobody else finds the room.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// For `create`: only some speak there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moderated: bool,
}

/// The type of such a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is what its name says, and what crate::order::Order says of it")]
pub enum Ruled {
    Kick,
    Ban,
    Unban,
    Bans,
    Mute,
    Unmute,
    Op,
    Deop,
    Voice,
    Devoice,
    Invite,
    Slow,
    Lock,
    Unlock,
    Private,
    Moderated,
    Create,
}

impl Ruled {
    /// As they are written.
    pub const NAMES: [&str; 17] = [
        "kick",
        "ban",
        "unban",
        "bans",
        "mute",
        "unmute",
        "op",
        "deop",
        "voice",
        "devoice",
        "invite",
        "slow",
        "lock",
        "unlock",
        "private",
        "moderated",
        "create",
    ];
}

impl<'a> Ruling<'a> {
    /// The request for an order in a room.
    pub fn new(id: Option<Cow<'a, str>>, room: Option<Cow<'a, str>>, order: Order<'a>) -> Self {
        let seconds = |ms: i64| u32::try_from(ms / 1000).unwrap_or(u32::MAX);
        let mut this = Self {
            kind: Ruled::Bans,
            id,
            room,
            nick: None,
            whom: None,
            for_s: None,
            reason: None,
            seconds: None,
            on: None,
            private: false,
            moderated: false,
        };
        let (kind, nick) = match order {
            Order::Kick { nick, reason } => {
                this.reason = reason;
                (Ruled::Kick, Some(nick))
            }
            Order::Ban { whom, for_ms, reason } => {
                (this.whom, this.for_s, this.reason) = (Some(whom), for_ms.map(seconds), reason);
                (Ruled::Ban, None)
            }
            Order::Unban { whom } => {
                this.whom = Some(whom);
                (Ruled::Unban, None)
            }
            Order::Bans => (Ruled::Bans, None),
            Order::Mute { nick, for_ms, reason } => {
                (this.for_s, this.reason) = (for_ms.map(seconds), reason);
                (Ruled::Mute, Some(nick))
            }
            Order::Unmute { nick } => (Ruled::Unmute, Some(nick)),
            Order::Op { nick } => (Ruled::Op, Some(nick)),
            Order::Deop { nick } => (Ruled::Deop, Some(nick)),
            Order::Voice { nick } => (Ruled::Voice, Some(nick)),
            Order::Devoice { nick } => (Ruled::Devoice, Some(nick)),
            Order::Invite { nick } => (Ruled::Invite, Some(nick)),
            Order::Slow { seconds } => {
                this.seconds = Some(seconds);
                (Ruled::Slow, None)
            }
            Order::Lock => (Ruled::Lock, None),
            Order::Unlock => (Ruled::Unlock, None),
            Order::Private { on } => {
                this.on = Some(on);
                (Ruled::Private, None)
            }
            Order::Moderated { on } => {
                this.on = Some(on);
                (Ruled::Moderated, None)
            }
            Order::Create { room, private, moderated } => {
                (this.room, this.private, this.moderated) = (Some(room), private, moderated);
                (Ruled::Create, None)
            }
        };
        (this.kind, this.nick) = (kind, nick);
        this
    }

    /// What is asked for, and in which room.
    pub fn into_order(self) -> (Option<Cow<'a, str>>, Order<'a>) {
        let Self { kind, id: _, room, nick, whom, for_s, reason, seconds, on, private, moderated } = self;
        let on = on.unwrap_or(true);
        let nick = nick.unwrap_or_default();
        let for_ms = for_s.map(|s| i64::from(s) * 1000);
        let order = match kind {
            Ruled::Kick => Order::Kick { nick, reason },
            Ruled::Ban => Order::Ban { whom: whom.unwrap_or(nick), for_ms, reason },
            Ruled::Unban => Order::Unban { whom: whom.unwrap_or(nick) },
            Ruled::Bans => Order::Bans,
            Ruled::Mute => Order::Mute { nick, for_ms, reason },
            Ruled::Unmute => Order::Unmute { nick },
            Ruled::Op => Order::Op { nick },
            Ruled::Deop => Order::Deop { nick },
            Ruled::Voice => Order::Voice { nick },
            Ruled::Devoice => Order::Devoice { nick },
            Ruled::Invite => Order::Invite { nick },
            Ruled::Slow => Order::Slow { seconds: seconds.unwrap_or_default() },
            Ruled::Lock => Order::Lock,
            Ruled::Unlock => Order::Unlock,
            Ruled::Private => Order::Private { on },
            Ruled::Moderated => Order::Moderated { on },
            Ruled::Create => {
                return (None, Order::Create { room: room.unwrap_or_default(), private, moderated });
            }
        };
        (room, order)
    }
}
