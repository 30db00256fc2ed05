//! A room: a timeline and who reads it.

use super::Now;
use super::quota::{Quota, Rate};
use crate::timeline::Timeline;

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
    /// The slots of those who have a seat.
    pub(super) members: Vec<usize>,
    /// Something was appended since the last pass.
    pub(super) is_dirty: bool,
    presence: Quota,
    presence_untold: u64,
}

impl Room {
    pub(super) fn new(timeline: Timeline) -> Self {
        Self {
            timeline,
            members: Vec::new(),
            is_dirty: false,
            presence: Quota::default(),
            presence_untold: 0,
        }
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
