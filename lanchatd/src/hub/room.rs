//! A room: a timeline and who reads it.

use std::rc::Rc;

use super::Now;
use super::keeping::Keep;
use super::members::Members;
use super::people::{Pair, PersonKey};
use super::quota::{Quota, Rate};
use super::rules::Rules;
use super::run::Run;
use crate::timeline::{Author, Conversation, Position, Timeline};

/// Which room: its number in the hub.
pub(super) type RoomId = usize;

/// What concerns everybody: announcements and the goodbye. Everybody has a seat in it.
pub(super) const HOUSE: RoomId = 0;

/// The room that everybody is in at first.
pub(super) const LOBBY: RoomId = 1;

/// How often comings and goings are told; more are counted and told with the next one.
const PRESENCE_RATE: Rate = Rate { per_second_max: 5, burst_max: 20 };

/// Whom a conversation of two is between. Arrays are in the order of the pair.
#[derive(Debug)]
pub(super) struct Direct {
    pub(super) pair: Pair,
    pub(super) nicks: [Rc<str>; 2],
    /// Up to where each of them has been given what the other said, while they are not here.
    pub(super) marks: [Position; 2],
    /// From where on each of them may read what was said: since the run that has their name came.
    pub(super) since: [Position; 2],
    /// Which run of a client that is.
    pub(super) runs: [Option<Run>; 2],
    /// What left the timeline before they were given it, and they were not told of yet, while they are not here.
    pub(super) lost: [u64; 2],
}

impl Direct {
    /// The mark of somebody who will not come again.
    pub(super) const NEVER: Position = Position::MAX;

    /// Who one of the two is in the timeline, whichever session they speak from.
    pub(super) fn author(side: usize) -> Author {
        Author::MAX - side as u64
    }

    /// Which of the two this person is.
    pub(super) fn side(&self, person: &PersonKey) -> usize {
        usize::from(self.pair[0] != *person)
    }
}

/// What a room is about.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) text: Box<str>,
    pub(super) by: Rc<str>,
    pub(super) time_ms: i64,
}

#[derive(Debug)]
pub(super) struct Room {
    pub(super) timeline: Timeline,
    /// What it is found by, if people enter it by name.
    pub(super) key: Option<Box<str>>,
    pub(super) direct: Option<Direct>,
    /// Up to where the last pass went: the cursor that all parked members share.
    pub(super) passed: Position,
    /// Who has a seat.
    pub(super) members: Members,
    pub(super) topic: Option<Topic>,
    /// How order is kept in it.
    pub(super) rules: Rules,
    /// How it is kept, once there is something to keep.
    pub(super) keep: Option<Keep>,
    /// Since when nobody has been in it, while that is so.
    pub(super) vacant_since_us: u64,
    /// What was said in it is in the store alone.
    pub(super) is_asleep: bool,
    /// How often it has had another topic of late.
    pub(super) topics: Quota,
    presence: Quota,
    presence_untold: u64,
}

impl Room {
    pub(super) fn new(timeline: Timeline) -> Self {
        let head = timeline.head();
        Self {
            timeline,
            key: None,
            direct: None,
            passed: head,
            members: Members::default(),
            topic: None,
            rules: Rules::default(),
            keep: None,
            vacant_since_us: 0,
            is_asleep: false,
            topics: Quota::default(),
            presence: Quota::default(),
            presence_untold: 0,
        }
    }

    /// Its name, if it is one that people enter by name.
    pub(super) fn name(&self) -> Option<&Rc<str>> {
        match self.timeline.conversation() {
            Conversation::Room(name) => Some(name),
            Conversation::House | Conversation::Direct => None,
        }
    }

    /// What it is called towards a person: `lobby`, or `@ana` for what they share with ana.
    pub(super) fn title(&self, person: Option<&PersonKey>) -> Rc<str> {
        match (&self.direct, person) {
            (Some(direct), Some(person)) => format!("@{}", direct.nicks[1 - direct.side(person)]).into(),
            _ => self.name().cloned().unwrap_or_default(),
        }
    }

    /// Nothing was said in it before this.
    pub(super) fn begins(&self) -> Position {
        self.keep.as_ref().map_or(self.timeline.begins(), |keep| keep.begins)
    }

    /// Whether something was appended since the last pass.
    pub(super) fn is_dirty(&self) -> bool {
        self.passed != self.timeline.head()
    }

    /// Whether nobody is here, and nobody is owed what was said here.
    pub(super) fn is_vacant(&self) -> bool {
        let head = self.timeline.head();
        let is_read =
            |direct: &Direct| direct.marks.iter().all(|mark| *mark >= head) && direct.lost == [0; 2];
        self.members.len() == 0 && self.keep.is_none() && self.direct.as_ref().is_none_or(is_read)
    }

    /// Whether nobody is here, and the store has everything that anybody may want of it.
    pub(super) fn may_sleep(&self) -> bool {
        let is_written = self.keep.as_ref().is_some_and(Keep::is_written);
        self.members.len() == 0 && !self.is_asleep && is_written && !self.is_dirty()
    }

    /// Whether a change of presence is to be told now: with how many that were not. A storm of them
    /// must not push messages out of what the timeline retains.
    pub(super) fn tell_presence(&mut self, now: Now, has_position: bool) -> Option<u64> {
        if has_position && self.presence.take(now, PRESENCE_RATE).is_ok() {
            return Some(std::mem::take(&mut self.presence_untold));
        }
        self.presence_untold += 1;
        None
    }
}
