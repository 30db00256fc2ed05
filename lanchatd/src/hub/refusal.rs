//! Every reason for which the hub says no. A refusal is a value: it is told, counted and logged.

use std::fmt;

use lanchat_protocol::client::Code;
use lanchat_protocol::counted;
use lanchat_protocol::names::NameError;
use lanchat_protocol::password::BadPassword;

use super::{Bound, Denial};

/// Why something was not done. `Display` says what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The line exceeds the bound, in bytes.
    LineTooLong {
        /// The bound.
        max: usize,
    },
    /// Part of the text was not UTF-8 and stands as U+FFFD now. Told once; the text is taken.
    NotUtf8,
    /// Nothing is left to say.
    EmptyText,
    /// The message has more lines than one may have.
    TooManyLines {
        /// The bound.
        max: usize,
    },
    /// Too much at once.
    RateLimited {
        /// Of what.
        bound: Bound,
        /// When the next one is taken.
        wait_ms: u64,
    },
    /// No nick looks like this.
    BadNick(NameError),
    /// Somebody has this nick, or one that looks the same.
    NickTaken {
        /// The nick that was asked for.
        nick: String,
    },
    /// The nick belongs to somebody.
    NickRegistered {
        /// The nick that was asked for.
        nick: String,
    },
    /// The password is wrong, or nobody has registered the nick.
    WrongPassword,
    /// Only who is logged in may do this.
    LoginRequired,
    /// Others could read the password along.
    NotPrivate,
    /// Too many have tried.
    LoginThrottled {
        /// When the next try is taken.
        wait_ms: u64,
    },
    /// Registering takes an invite.
    InviteNeeded,
    /// The invite is none any more.
    BadInvite,
    /// No password can be like this.
    BadPassword(BadPassword),
    /// Somebody has registered the nick.
    AlreadyRegistered {
        /// The nick.
        nick: String,
    },
    /// The relay gives this nick, and nobody keeps it.
    NameOfGuests,
    /// The session is logged in, and has a nick by that.
    LoggedIn {
        /// The nick.
        nick: String,
    },
    /// Nobody new is let in.
    LockedDown,
    /// There are as many accounts as may be.
    TooManyAccounts {
        /// The bound.
        max: usize,
    },
    /// The relay has too much to do.
    Busy {
        /// When it is worth trying again.
        wait_ms: u64,
    },
    /// There is no such room, or the session is not in it.
    NoSuchRoom {
        /// The room that was meant.
        room: String,
    },
    /// The session is in no room, and does not say which it means.
    NoRoom,
    /// No room is called like this.
    BadRoom(NameError),
    /// As many rooms are open as may be.
    TooManyRooms {
        /// The bound.
        max: usize,
    },
    /// The session is in as many rooms as it may be.
    TooManyJoined {
        /// The bound.
        max: usize,
    },
    /// Nobody of this name is or was here.
    NoSuchNick {
        /// The nick that was meant.
        nick: String,
    },
    /// The store has been in trouble for so long that nothing more can be said safely.
    NoPosition,
    /// What waits for the session cannot be read from the store.
    Unreadable,
    /// The session shares nothing with whom it asks about.
    NothingShared {
        /// The nick that was meant.
        nick: String,
    },
    /// What was asked for cannot be read from the store.
    Unread,
    /// Nothing is kept that could be searched.
    NoHistory,
    /// Nobody talks to themselves.
    ToYourself,
    /// The topic exceeds the bound, in characters.
    TopicTooLong {
        /// The bound.
        max: usize,
    },
    /// The session hides as many people as it may.
    TooManyIgnored {
        /// The bound.
        max: usize,
    },
    /// A native session begins with `hello`.
    HelloFirst,
    /// There was a `hello` before.
    AlreadyWelcome,
    /// This version of the native dialect is not spoken.
    UnsupportedVersion {
        /// The version that was asked for.
        asked: u32,
    },
    /// No complete `hello` in time.
    LoginTimeout {
        /// The time there was.
        grace_ms: u64,
    },
    /// Plain text is not spoken here.
    TlsRequired,
    /// The relay stops.
    Stopping,
    /// Order is kept.
    Denied(Denial),
    /// What the dialect could not understand, in its own words.
    Misunderstood {
        /// What kind of misunderstanding.
        code: Code,
        /// What is wrong and what to do.
        message: String,
    },
}

impl Refusal {
    /// The refusal for programs.
    pub fn code(&self) -> Code {
        match self {
            Self::LineTooLong { .. } => Code::LineTooLong,
            Self::NotUtf8 => Code::NotUtf8,
            Self::EmptyText => Code::EmptyText,
            Self::TooManyLines { .. } => Code::TooManyLines,
            Self::RateLimited { .. } => Code::RateLimited,
            Self::BadNick(_) => Code::BadNick,
            Self::NickTaken { .. } => Code::NickTaken,
            Self::NickRegistered { .. } => Code::NickRegistered,
            Self::WrongPassword => Code::WrongPassword,
            Self::LoginRequired => Code::LoginRequired,
            Self::NotPrivate => Code::NotPrivate,
            Self::LoginThrottled { .. } => Code::LoginThrottled,
            Self::InviteNeeded => Code::InviteNeeded,
            Self::BadInvite => Code::BadInvite,
            Self::BadPassword(_) => Code::BadPassword,
            Self::AlreadyRegistered { .. } => Code::AlreadyRegistered,
            Self::NameOfGuests => Code::BadNick,
            Self::LoggedIn { .. } => Code::LoggedIn,
            Self::LockedDown => Code::Lockdown,
            Self::TooManyAccounts { .. } => Code::TooManyAccounts,
            Self::Busy { .. } => Code::Busy,
            Self::NoSuchRoom { .. } | Self::NoRoom => Code::NoSuchRoom,
            Self::NoHistory => Code::NoHistory,
            Self::NoPosition | Self::Unreadable | Self::Unread => Code::StoreFailed,
            Self::BadRoom(_) => Code::BadRoom,
            Self::TooManyRooms { .. } | Self::TooManyJoined { .. } => Code::TooManyRooms,
            Self::NoSuchNick { .. } | Self::NothingShared { .. } | Self::ToYourself => Code::NoSuchNick,
            Self::TopicTooLong { .. } => Code::TopicTooLong,
            Self::TooManyIgnored { .. } => Code::TooManyIgnored,
            Self::HelloFirst => Code::HelloFirst,
            Self::AlreadyWelcome => Code::AlreadyWelcome,
            Self::UnsupportedVersion { .. } => Code::UnsupportedVersion,
            Self::LoginTimeout { .. } => Code::LoginTimeout,
            Self::TlsRequired => Code::TlsRequired,
            Self::Stopping => Code::Stopping,
            Self::Denied(denial) => denial.code(),
            Self::Misunderstood { code, .. } => *code,
        }
    }

    /// The refusal for the log: the words of a client that was not understood may have a password in them, or what was
    /// to be said, so that only the code tells about those.
    pub fn logged(&self) -> String {
        match self {
            Self::Misunderstood { code, .. } => {
                format!("what it asked for was not understood ({})", code.as_str())
            }
            told => told.to_string(),
        }
    }

    /// Which bound was reached, as the configuration calls it.
    pub fn bound(&self) -> Option<&'static str> {
        match self {
            Self::RateLimited { bound, .. } => bound.key(),
            _ => None,
        }
    }

    /// When it is worth trying again, where that is known.
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::RateLimited { wait_ms, .. } | Self::LoginThrottled { wait_ms } | Self::Busy { wait_ms } => {
                Some(*wait_ms)
            }
            Self::Denied(denial) => denial.retry_after_ms(),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LineTooLong { max } => {
                write!(f, "this line is longer than {max} bytes and was not sent: send it in parts")
            }
            Self::NotUtf8 => f.write_str(
                "your text is not UTF-8; what could not be read is shown as \u{fffd}: set your terminal to UTF-8",
            ),
            Self::EmptyText => f.write_str("there is nothing in this message that could be shown"),
            Self::TooManyLines { max } => {
                write!(f, "this message has more than {max} lines and was not sent: send it in parts")
            }
            Self::RateLimited { bound, wait_ms } => {
                let words = bound.words();
                match wait_ms.div_ceil(100).max(1) {
                    tenths @ ..600 => write!(f, "{words}: wait {}.{} s", tenths / 10, tenths % 10),
                    tenths => write!(f, "{words}: wait {} min", tenths.div_ceil(600)),
                }
            }
            Self::BadNick(error) => write!(f, "a nick {error}"),
            Self::NickTaken { nick } => {
                write!(f, "the nick {nick} is taken, or looks like one that is: choose another")
            }
            Self::NickRegistered { nick } => {
                write!(f, "the nick {nick} belongs to somebody: if that is you, /login {nick} PASSWORD, else choose another")
            }
            Self::WrongPassword => f.write_str("the nick or the password is wrong"),
            Self::LoginRequired => {
                f.write_str("only who is logged in may do this: /login NICK PASSWORD, or /nick NAME and /register PASSWORD")
            }
            Self::NotPrivate => f.write_str(
                "passwords are not taken over plain text, and yours was not read: use lanchat-client, or another program that speaks TLS",
            ),
            Self::LoginThrottled { wait_ms } => {
                write!(f, "too many have tried to log in from here or under this name: wait {} s", wait_ms.div_ceil(1000))
            }
            Self::InviteNeeded => {
                f.write_str("registering here takes an invite, ask an administrator for one: /register PASSWORD INVITE")
            }
            Self::BadInvite => {
                f.write_str("this invite is none, has been used up or has expired: ask an administrator for another")
            }
            Self::BadPassword(error) => write!(f, "a password {error}, nothing was changed"),
            Self::AlreadyRegistered { nick } => {
                write!(f, "the nick {nick}, or one that looks the same, is registered already: choose another with /nick")
            }
            Self::NameOfGuests => f.write_str("names like guest7 are for guests: take one of your own with /nick first"),
            Self::LoggedIn { nick } => write!(f, "you are logged in as {nick}: /logout first"),
            Self::LockedDown => f.write_str("this relay takes nobody new at the moment: try again later"),
            Self::TooManyAccounts { max } => {
                write!(f, "this relay has {} already, as many as it takes: tell its administrator", counted(*max, "account"))
            }
            Self::Busy { .. } => f.write_str("the relay has too much to do at this moment: try again in a moment"),
            Self::NoSuchRoom { room } => write!(f, "you are not in a room {room}: /join enters it, /rooms lists all"),
            Self::NoRoom => f.write_str("you are in no room: /join ROOM enters one"),
            Self::BadRoom(error) => write!(f, "the name of a room {error}"),
            Self::TooManyRooms { max } => {
                write!(f, "this relay has {} already, as many as it takes: use what there is", counted(*max, "room"))
            }
            Self::TooManyJoined { max } => {
                write!(f, "you are in {} already, as many as may be: leave one with /part", counted(*max, "room"))
            }
            Self::NoSuchNick { nick } => {
                write!(f, "nobody called {nick} is here or has been: /who shows who is, nothing was sent")
            }
            Self::NoPosition => f.write_str("the relay's store has failed for too long, not sent: tell its administrator"),
            Self::Unreadable => f.write_str(
                "what was said before cannot be read now: what waits for you comes when you come again, tell the administrator",
            ),
            Self::NothingShared { nick } => write!(f, "nothing was said between you and {nick} yet: /msg does"),
            Self::Unread => f.write_str("the relay's store cannot be read now: try again later, or tell its administrator"),
            Self::NoHistory => f.write_str("this relay keeps nothing of what is said, so there is nothing to search"),
            Self::ToYourself => f.write_str("that is you, nothing was sent"),
            Self::TopicTooLong { max } => write!(f, "a topic has at most {max} characters, nothing was changed"),
            Self::TooManyIgnored { max } => {
                write!(f, "you hide {max} people already, as many as may be: /unignore one of them")
            }
            Self::HelloFirst => {
                f.write_str("say hello first: {\"type\":\"hello\",\"version\":1,\"nick\":\"ana\"}")
            }
            Self::AlreadyWelcome => {
                f.write_str("you have said hello before; {\"type\":\"nick\"} changes your nick")
            }
            Self::UnsupportedVersion { asked } => {
                write!(f, "version {asked} of the native dialect is not spoken here: use version 1")
            }
            Self::LoginTimeout { grace_ms } => {
                write!(f, "no hello within {}.{} s: good bye", grace_ms / 1000, grace_ms % 1000 / 100)
            }
            Self::TlsRequired => f.write_str(
                "this relay takes encrypted connections only: use lanchat-client, or openssl s_client -quiet -connect HOST:PORT",
            ),
            Self::Stopping => f.write_str("the relay is stopping, not sent"),
            Self::Denied(denial) => denial.fmt(f),
            Self::Misunderstood { message, .. } => f.write_str(message),
        }
    }
}
