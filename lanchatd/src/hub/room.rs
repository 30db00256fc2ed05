//! A room: a timeline and who reads it.

use super::Now;
use super::members::Members;
use super::quota::{Quota, Rate};
use crate::timeline::{Position, Timeline};

/// Which room: its index in the hub.
pub(super) type RoomId = usize;

/// What concerns everybody: announcements and the goodbye. Everybody has a seat in it.
pub(super) const HOUSE: RoomId = 0;

/// The room that everybody is in at first.
pub(super) const LOBBY: RoomId = 1;

/// How often comings and goings are told; more are counted and told with the next one.
const PRESENCE_RATE: Rate = Rate { per_second_max: 5, burst_max: 20 };

#[derive(Debug)]
pub(super) struct Room {
    pub(super) timeline: Timeline,
    /// Up to where the last pass went: the cursor that all parked members share.
    pub(super) passed: Position,
    /// Who has a seat.
    pub(super) members: Members,
    presence: Quota,
    presence_untold: u64,
}

impl Room {
    pub(super) fn new(timeline: Timeline) -> Self {
        let passed = timeline.head();
        Self { timeline, passed, members: Members::default(), presence: Quota::default(), presence_untold: 0 }
    }

    /// Whether something was appended since the last pass.
    pub(super) fn is_dirty(&self) -> bool {
        self.passed != self.timeline.head()
    }

    /// Whether a change of presence is to be told now: with how many that were not. A storm of them
    /// must not push messages out of what the timeline retains.
    pub(super) fn tell_presence(&mut self, now: Now) -> Option<u64> {
        if self.presence.take(now, PRESENCE_RATE).is_ok() {
            return Some(std::mem::take(&mut self.presence_untold));
        }
        self.presence_untold += 1;
        None
    }
}
