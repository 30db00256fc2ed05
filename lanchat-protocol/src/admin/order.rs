//! How an administrator keeps order, and what they are told of it.

use serde::{Deserialize, Serialize};

use super::Kept;
use crate::order::Measure;

/// What was done: the answer to `ban`, `unban`, `mute` and `unmute`.
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
