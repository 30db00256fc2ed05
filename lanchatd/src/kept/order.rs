//! What is kept of how order is kept.

use std::net::IpAddr;

/// What holds for all of the relay. It is written as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Who is not let in.
    pub bans: Vec<Ban>,
    /// Who may say nothing.
    pub mutes: Vec<Mute>,
}

/// By whom, why, until when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Term {
    /// Who decided it; empty: the administrator.
    pub by: String,
    /// Why; empty: nobody said.
    pub reason: String,
    /// Since when: milliseconds since 1970, UTC.
    pub since_ms: i64,
    /// Until when; `None`: for good.
    pub until_ms: Option<i64>,
    /// The number of the highest rank that it holds for.
    pub reaches: u8,
}

/// Somebody is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Who is meant, as it is written.
    pub whom: String,
    /// By whom, why, until when.
    pub term: Term,
}

/// Somebody may say nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mute {
    /// Who.
    pub culprit: Culprit,
    /// By whom, why, until when.
    pub term: Term,
}

/// Somebody, however they come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Culprit {
    /// As they were called.
    pub nick: String,
    /// Their key.
    pub person: String,
    /// Whether that is an account's.
    pub is_account: bool,
    /// Where a guest came from.
    pub ip: Option<IpAddr>,
}

/// The rules of a room. They are written as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Only some speak there.
    pub is_moderated: bool,
    /// Nobody new enters it.
    pub is_locked: bool,
    /// One message in so many seconds from each; 0: no such rule.
    pub slow_s: u32,
    /// Those with rights of their own.
    pub people: Vec<Rights>,
    /// Who may say nothing there.
    pub mutes: Vec<Mute>,
}

/// What an account may do in a room that others may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The key of the account.
    pub account: String,
    /// Its nick.
    pub nick: String,
    /// Keeps order there.
    pub is_operator: bool,
    /// Speaks there although it is moderated.
    pub has_voice: bool,
    /// Enters it although it is private or locked.
    pub is_invited: bool,
}
