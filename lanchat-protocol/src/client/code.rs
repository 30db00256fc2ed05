//! What goes wrong, for programs.

use serde::{Deserialize, Serialize};

/// Every reason for which a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The line is not a JSON object.
    BadJson,
    /// A field is missing or of the wrong kind.
    BadRequest,
    /// There is no such type of request.
    UnknownType,
    /// There is no such slash command, or it lacks its argument.
    UnknownCommand,
    /// Not UTF-8; the text was taken with U+FFFD in place of what is not.
    NotUtf8,
    /// The line is longer than `line_bytes_max`.
    LineTooLong,
    /// Nothing is left of the text, or nothing was there.
    EmptyText,
    /// The message has more lines than one may have.
    TooManyLines,
    /// Too many messages; `retry_after_ms` says when the next one is taken.
    RateLimited,
    /// Somebody else has this nick or one that looks the same.
    NickTaken,
    /// The nick belongs to somebody: it takes a `login`.
    NickRegistered,
    /// The password, or the token, is not that of the nick, or nobody has registered it.
    WrongPassword,
    /// Only who is logged in may do this.
    LoginRequired,
    /// A password would go over a connection that others can read.
    NotPrivate,
    /// Too many have tried to log in; `retry_after_ms` says when the next one is taken.
    LoginThrottled,
    /// Registering takes an invite.
    InviteNeeded,
    /// The invite is none, or has been used up, or has expired.
    BadInvite,
    /// The password is too short or too long.
    BadPassword,
    /// The nick has been registered already.
    AlreadyRegistered,
    /// The client is logged in.
    LoggedIn,
    /// There are as many accounts as the relay takes.
    TooManyAccounts,
    /// Nobody new is let in at the moment.
    Lockdown,
    /// The relay has too much to do at this moment.
    Busy,
    /// No nick can look like this.
    BadNick,
    /// The first request has to be a `hello`.
    HelloFirst,
    /// `hello` was said before.
    AlreadyWelcome,
    /// This version of the native dialect is not spoken here.
    UnsupportedVersion,
    /// There is no such room, or the client is not in it.
    NoSuchRoom,
    /// No room can have this name.
    BadRoom,
    /// There are as many rooms as the relay takes, or the client is in as many as it may be.
    TooManyRooms,
    /// Nobody of this name has ever been here.
    NoSuchNick,
    /// The relay's store has failed for too long.
    StoreFailed,
    /// The relay keeps nothing that could be searched.
    NoHistory,
    /// The topic is too long.
    TopicTooLong,
    /// The client ignores as many people as it may.
    TooManyIgnored,
    /// The client sent requests without reading the answers; some answers were dropped.
    AnswersDropped,
    /// No `hello` arrived in time.
    LoginTimeout,
    /// The relay takes encrypted connections only.
    TlsRequired,
    /// The relay has as many connections as it takes.
    Full,
    /// The client's role does not allow this, or whom it is about has the same one or a higher one.
    NotAllowed,
    /// The client is banned from this relay.
    Banned,
    /// The client may say nothing for a while.
    Muted,
    /// In this room one may say something only so often; `retry_after_ms` says when the next message is taken.
    SlowMode,
    /// Nobody new may enter the room.
    RoomLocked,
    /// The name is that of a room which one enters by invitation, or of none that the client may open.
    NotInvited,
    /// The room is there already.
    RoomExists,
    /// There is no such ban, or nobody is muted so.
    NoSuchBan,
    /// As many bans, mutes or people of a room are noted as may be.
    TableFull,
    /// The relay is stopping.
    Stopping,
    /// A code that a newer relay knows.
    #[serde(other)]
    Other,
}

impl Code {
    /// The code as it is written on the wire and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadJson => "bad_json",
            Self::BadRequest => "bad_request",
            Self::UnknownType => "unknown_type",
            Self::UnknownCommand => "unknown_command",
            Self::NotUtf8 => "not_utf8",
            Self::LineTooLong => "line_too_long",
            Self::EmptyText => "empty_text",
            Self::TooManyLines => "too_many_lines",
            Self::RateLimited => "rate_limited",
            Self::NickTaken => "nick_taken",
            Self::NickRegistered => "nick_registered",
            Self::WrongPassword => "wrong_password",
            Self::LoginRequired => "login_required",
            Self::NotPrivate => "not_private",
            Self::LoginThrottled => "login_throttled",
            Self::InviteNeeded => "invite_needed",
            Self::BadInvite => "bad_invite",
            Self::BadPassword => "bad_password",
            Self::AlreadyRegistered => "already_registered",
            Self::LoggedIn => "logged_in",
            Self::TooManyAccounts => "too_many_accounts",
            Self::Lockdown => "lockdown",
            Self::Busy => "busy",
            Self::BadNick => "bad_nick",
            Self::HelloFirst => "hello_first",
            Self::AlreadyWelcome => "already_welcome",
            Self::UnsupportedVersion => "unsupported_version",
            Self::NoSuchRoom => "no_such_room",
            Self::BadRoom => "bad_room",
            Self::TooManyRooms => "too_many_rooms",
            Self::NoSuchNick => "no_such_nick",
            Self::StoreFailed => "store_failed",
            Self::NoHistory => "no_history",
            Self::TopicTooLong => "topic_too_long",
            Self::TooManyIgnored => "too_many_ignored",
            Self::AnswersDropped => "answers_dropped",
            Self::LoginTimeout => "login_timeout",
            Self::TlsRequired => "tls_required",
            Self::Full => "full",
            Self::NotAllowed => "not_allowed",
            Self::Banned => "banned",
            Self::Muted => "muted",
            Self::SlowMode => "slow_mode",
            Self::RoomLocked => "room_locked",
            Self::NotInvited => "not_invited",
            Self::RoomExists => "room_exists",
            Self::NoSuchBan => "no_such_ban",
            Self::TableFull => "table_full",
            Self::Stopping => "stopping",
            Self::Other => "other",
        }
    }
}
