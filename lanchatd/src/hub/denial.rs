//! Why somebody may not do what they ask for, while order is kept.

use std::fmt;

use lanchat_protocol::client::Code;
use lanchat_protocol::moment::span;

use super::policy::{Deed, Rank};

/// Why not. `Display` says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// It needs a higher rank.
    NotAllowed {
        /// What was asked for.
        deed: Deed,
        /// The rank that it takes.
        needed: Rank,
    },
    /// Whom it is about has the same rank or a higher one, or it was decided by somebody like that.
    Outranked {
        /// Whom or what it is about.
        whom: String,
        /// What they are.
        rank: Rank,
    },
    /// Rights are given to accounts, and this is a guest.
    NoAccount {
        /// The guest.
        nick: String,
    },
    /// They are banned.
    Banned {
        /// By whom; empty: the administrator.
        by: String,
        /// For how much longer, in milliseconds; `None`: for good.
        for_ms: Option<i64>,
        /// Why.
        reason: String,
    },
    /// They may say nothing.
    Muted {
        /// By whom; empty: the administrator.
        by: String,
        /// For how much longer, in milliseconds; `None`: until somebody ends it.
        for_ms: Option<i64>,
        /// Why.
        reason: String,
    },
    /// They have spoken a moment ago, in a slow room.
    TooSoon {
        /// The room.
        room: String,
        /// One message in so many seconds.
        seconds: u32,
        /// When the next one is taken.
        wait_ms: u64,
    },
    /// Only some speak in this room.
    Moderated {
        /// The room.
        room: String,
    },
    /// Nobody new enters the room.
    Locked {
        /// The room.
        room: String,
    },
    /// They were put out of the room.
    KeptOut {
        /// The room.
        room: String,
        /// When they may come back.
        wait_ms: u64,
    },
    /// The room, if there is one, is entered by invitation.
    NotInvited {
        /// Its name.
        room: String,
    },
    /// There is such a room already.
    RoomExists {
        /// Its name.
        room: String,
    },
    /// Everybody is in the lobby at first.
    LobbyIsOpen,
    /// Nobody can be meant by that.
    BadWhom {
        /// What was written.
        whom: String,
    },
    /// Whoever asks would be banned themselves.
    Yourself,
    /// There is no such ban.
    NotBanned {
        /// What was written.
        whom: String,
    },
    /// Nobody has muted them here.
    NotMuted {
        /// Whom.
        nick: String,
    },
    /// As many are noted as may be.
    Full {
        /// Of what.
        what: &'static str,
        /// The bound.
        max: usize,
        /// The key of the configuration.
        key: &'static str,
    },
    /// No room is as slow as that.
    TooSlow {
        /// The bound, in seconds.
        max: u32,
    },
}

impl Denial {
    /// For programs.
    pub fn code(&self) -> Code {
        match self {
            Self::NotAllowed { .. }
            | Self::Outranked { .. }
            | Self::NoAccount { .. }
            | Self::Moderated { .. }
            | Self::LobbyIsOpen
            | Self::Yourself => Code::NotAllowed,
            Self::Banned { .. } => Code::Banned,
            Self::Muted { .. } => Code::Muted,
            Self::TooSoon { .. } => Code::SlowMode,
            Self::Locked { .. } | Self::KeptOut { .. } => Code::RoomLocked,
            Self::NotInvited { .. } => Code::NotInvited,
            Self::RoomExists { .. } => Code::RoomExists,
            Self::BadWhom { .. } | Self::TooSlow { .. } => Code::BadRequest,
            Self::NotBanned { .. } | Self::NotMuted { .. } => Code::NoSuchBan,
            Self::Full { .. } => Code::TableFull,
        }
    }

    /// When it is worth trying again.
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::TooSoon { wait_ms, .. } | Self::KeptOut { wait_ms, .. } => Some(*wait_ms),
            _ => None,
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed { deed, needed } => {
                let who = match needed {
                    Rank::Guest | Rank::Member => {
                        return write!(f, "log in to {deed}: guests may not; nothing was done");
                    }
                    Rank::Operator => "an operator of the room or a moderator",
                    Rank::Moderator => "a moderator or the administrator",
                    Rank::Admin => "an admin or the administrator",
                };
                write!(f, "only {who} may {deed}; nothing was done")
            }
            Self::Outranked { whom, rank } => {
                write!(f, "{whom} is the business of those above {rank}: ask one of them; nothing was done")
            }
            Self::NoAccount { nick } => {
                write!(
                    f,
                    "{nick} is a guest: whoever is to have rights in a room registers and logs in first"
                )
            }
            Self::Banned { by, for_ms, reason } => {
                write!(f, "you are banned from this relay {}", Sentence { by, for_ms, reason })
            }
            Self::Muted { by, for_ms, reason } => {
                write!(f, "you are muted {}; nothing was sent", Sentence { by, for_ms, reason })
            }
            Self::TooSoon { room, seconds, wait_ms } => {
                let wait = span(i64::try_from(*wait_ms).unwrap_or(i64::MAX));
                write!(f, "#{room} is slow, one message in {seconds} s: wait {wait}; not sent")
            }
            Self::Moderated { room } => {
                write!(f, "#{room} is moderated: ask one of its operators for a voice; not sent")
            }
            Self::Locked { room } => {
                write!(f, "#{room} is locked: somebody who keeps order there can /invite you")
            }
            Self::KeptOut { room, wait_ms } => {
                let wait = span(i64::try_from(*wait_ms).unwrap_or(i64::MAX));
                write!(f, "you were put out of #{room}: you may come back in {wait}")
            }
            Self::NotInvited { room } => {
                write!(f, "#{room} is not open to everybody: wait for an invitation, or choose another name")
            }
            Self::RoomExists { room } => {
                write!(f, "the name #{room} is taken: choose another, or /join {room}")
            }
            Self::LobbyIsOpen => f.write_str(
                "everybody is in the lobby at first, so it stays open; other rooms can be locked or private",
            ),
            Self::BadWhom { whom } => write!(
                f,
                "nobody can be meant by {whom}: write a nick, a pattern such as spam*, account:NICK, an address or a network such as 10.1.2.0/24"
            ),
            Self::Yourself => f.write_str("that would be you too; nothing was done"),
            Self::NotBanned { whom } => write!(f, "there is no ban of {whom}: /bans lists them"),
            Self::NotMuted { nick } => write!(f, "{nick} is not muted here"),
            Self::Full { what, max, key } => {
                write!(f, "there are {max} {what} already, as many as may be ({key}): end one of them first")
            }
            Self::TooSlow { max } => {
                write!(f, "a room has at most one message in {max} s from each: write fewer seconds, or off")
            }
        }
    }
}

/// By whom, for how long, why.
struct Sentence<'a> {
    by: &'a str,
    for_ms: &'a Option<i64>,
    reason: &'a str,
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = if self.by.is_empty() { "the administrator" } else { self.by };
        write!(f, "by {by}")?;
        match self.for_ms {
            Some(ms) => write!(f, ", for another {}", span(*ms))?,
            None => f.write_str(", until they end it")?,
        }
        if self.reason.is_empty() { Ok(()) } else { write!(f, " ({})", self.reason) }
    }
}
