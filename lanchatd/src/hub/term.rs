//! What a ban and a mute have in common: by whom, why, until when, and whom it reaches.

use std::rc::Rc;

use lanchat_protocol::text::clean;

use super::policy::Rank;
use crate::kept;

/// The longest reason, in characters; what is longer is cut.
const REASON_CHARS_MAX: usize = 200;

/// The longest time, in milliseconds: ten years. What is longer counts as that.
const TIME_MS_MAX: i64 = 10 * 366 * 24 * 60 * 60 * 1000;

/// By whom, why, until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// Empty: the administrator.
    pub(super) by: Rc<str>,
    /// Empty: nobody says.
    pub(super) reason: Box<str>,
    pub(super) since_ms: i64,
    /// `None`: for good.
    pub(super) until_ms: Option<i64>,
    /// The highest rank that it holds for: the next lower one of whoever has decided it.
    pub(super) reaches: Rank,
}

impl Term {
    /// From now on, for so long.
    pub(super) fn new(
        by: Rc<str>,
        reason: Box<str>,
        now_ms: i64,
        for_ms: Option<i64>,
        reaches: Rank,
    ) -> Self {
        let until_ms = for_ms.map(|ms| now_ms.saturating_add(ms.clamp(0, TIME_MS_MAX)));
        Self { by, reason, since_ms: now_ms, until_ms, reaches }
    }

    /// Whether it holds no more.
    pub(super) fn is_over(&self, now_ms: i64) -> bool {
        self.until_ms.is_some_and(|until_ms| until_ms <= now_ms)
    }

    /// Whether it holds for somebody of this rank.
    pub(super) fn holds(&self, rank: Rank, now_ms: i64) -> bool {
        rank <= self.reaches && !self.is_over(now_ms)
    }

    pub(super) fn kept(&self) -> kept::Term {
        kept::Term {
            by: self.by.to_string(),
            reason: self.reason.to_string(),
            since_ms: self.since_ms,
            until_ms: self.until_ms,
            reaches: self.reaches.number(),
        }
    }

    pub(super) fn from_kept(kept: kept::Term) -> Self {
        let kept::Term { by, reason, since_ms, until_ms, reaches } = kept;
        let reaches = Rank::from_number(reaches).unwrap_or(Rank::Member);
        Self { by: by.into(), reason: reason.into(), since_ms, until_ms, reaches }
    }
}

/// A reason as it is told and kept.
pub(super) fn reason(written: Option<&str>) -> Box<str> {
    clean(written.unwrap_or_default()).trim().chars().take(REASON_CHARS_MAX).collect::<String>().into()
}
