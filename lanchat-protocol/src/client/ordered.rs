//! What a client is told of how order is kept.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::event::is_zero;
use crate::order::{Measure, Told};

/// Something was done to keep order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered<'a> {
    /// The id of the request that is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// What was done.
    pub measure: Measure,
    /// The room; left out: it holds everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Cow<'a, str>>,
    /// The position in the room, where it is told there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pos: u64,
    /// When, UTC, RFC 3339.
    pub time: Cow<'a, str>,
    /// Who did it; left out: the administrator of the relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Cow<'a, str>>,
    /// To whom: a nick, or what a ban is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whom: Option<Cow<'a, str>>,
    /// That this is about the client that is told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub you: bool,
    /// Until when, UTC, RFC 3339; left out: until somebody ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Cow<'a, str>>,
    /// One message in so many seconds, for [`Measure::Slow`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seconds: u64,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// In an answer, whether that is kept for good; left out where nothing is, or nobody waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub durable: Option<bool>,
}

impl Ordered<'_> {
    /// The same for people. Its strings have not passed the sanitiser.
    pub fn told(&self) -> Told<'_> {
        let ms = |written: &str| written.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
        let until_ms = self.until.as_deref().and_then(ms);
        Told {
            measure: self.measure,
            by: self.by.as_deref().unwrap_or_default(),
            whom: self.whom.as_deref().unwrap_or_default(),
            is_you: self.you,
            room: self.room.as_deref(),
            for_ms: until_ms.zip(ms(&self.time)).map(|(until_ms, ms)| until_ms.saturating_sub(ms)),
            seconds: self.seconds,
            reason: self.reason.as_deref().unwrap_or_default(),
        }
    }
}

/// Who is not let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bans<'a> {
    /// The id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The newest first; at most as many as fit an answer.
    pub bans: Vec<Ban<'a>>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub others: u64,
}

/// A ban, as told in `bans`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban<'a> {
    /// `account:ana`, a nick or a pattern of nicks, an address or a network.
    pub whom: Cow<'a, str>,
    /// Who banned them; left out: the administrator of the relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Cow<'a, str>>,
    /// Since when, UTC, RFC 3339.
    pub since: Cow<'a, str>,
    /// Until when, UTC, RFC 3339; left out: for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Cow<'a, str>>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
}
