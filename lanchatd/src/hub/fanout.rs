//! The pass: everybody who can be written to is offered everything they are owed.

use super::delivery::Owed;
use super::members::{BENCHES, Bench, PICKY};
use super::{Hub, Room, RoomId, Seat, Session, SessionId, Turn};
use crate::timeline::{Skip, TRACKS, Track};

/// The same for many: what the parked readers of a room are owed.
#[derive(Debug)]
pub struct Fanout<'a> {
    /// What each of them is to be sent.
    pub owed: Owed<'a>,
    /// The slots of their sessions.
    pub readers: &'a [usize],
}

/// A reader whose socket did not take all of a [`Fanout`].
#[derive(Clone, Copy, Debug)]
pub struct Short {
    /// The slot of the session.
    pub slot: usize,
    /// How much it took, in bytes.
    pub taken: usize,
}

impl Hub {
    /// Whether a pass would find anybody.
    pub fn has_ready(&self) -> bool {
        !self.called.is_empty() || !self.dirty.is_empty()
    }

    /// Whether so much has been said since the last pass that the next has to come before more is: what
    /// nobody was offered yet must not leave a timeline.
    pub fn needs_pass(&self) -> bool {
        self.needs_pass
    }

    /// Whether a reader whose socket is full is about to miss something.
    pub fn has_reader_about_to_miss(&self) -> bool {
        let is_at_risk = |seat: &Seat| self.rooms[seat.room].timeline.is_about_to_drop(seat.cursor);
        let lagging = self.sessions.iter().filter(|(_, session)| session.turn == Turn::Lagging);
        lagging.flat_map(|(_, session)| &session.seats).any(is_at_risk)
    }

    /// One pass. `send` sends a fan-out to each of its readers and notes those who did not take all of it.
    /// Left in `called` is who is to be offered something by themselves, each once; see [`Hub::owed`].
    pub fn pass(&mut self, called: &mut Vec<SessionId>, mut send: impl FnMut(&Fanout, &mut Vec<Short>)) {
        debug_assert!(!self.forgets_anybody(), "a session listens, and nothing will ever be written to it");
        self.single_out();
        let mut dirty = std::mem::take(&mut self.dirty);
        for room in dirty.drain(..) {
            for track in 0..TRACKS {
                self.fan_out(room, track, &mut send);
            }
            self.call_parked(room, PICKY);
            self.note_read(room);
            let room = &mut self.rooms[room];
            room.passed = room.timeline.head();
            room.timeline.begin_pass();
        }
        self.dirty = dirty;
        self.needs_pass = false;
        self.unpassed_bytes = 0;
        let mut slots = std::mem::take(&mut self.called);
        for slot in slots.drain(..) {
            let Some(session) = self.sessions.get_mut(slot) else { continue };
            if session.turn == Turn::Queued {
                session.turn = Turn::Aside;
                called.push(session.id);
            }
        }
        self.called = slots;
    }

    /// Whether a session listens that is neither parked, called nor lagging.
    fn forgets_anybody(&self) -> bool {
        let is_forgotten = |session: &Session| session.turn == Turn::Aside && session.is_listening();
        self.sessions.iter().any(|(_, session)| is_forgotten(session))
    }

    /// Who is owed something by several rooms gets it in one write, by themselves. All others stay together.
    fn single_out(&mut self) {
        if self.dirty.len() < 2 {
            return;
        }
        let largest = self.dirty.iter().copied().max_by_key(|room| self.rooms[*room].members.parked_len());
        for index in 0..self.dirty.len() {
            let room = self.dirty[index];
            if Some(room) == largest {
                continue;
            }
            for bench in 0..BENCHES {
                self.call_scattered(room, bench);
            }
        }
    }

    /// Has the next pass look at each parked reader by itself who is owed something by another room too.
    fn call_scattered(&mut self, room: RoomId, bench: Bench) {
        // From the end: whoever takes the place of one who goes has been looked at.
        for index in (0..self.rooms[room].members.parked(bench).len()).rev() {
            let Some(session) = self.sessions.get(self.rooms[room].members.parked(bench)[index]) else {
                continue;
            };
            let is_elsewhere = |other: RoomId| other != room && self.rooms[other].is_dirty();
            if session.seats.iter().any(|seat| is_elsewhere(seat.room)) {
                self.call(session.id);
            }
        }
    }

    fn fan_out(&mut self, room: RoomId, track: Track, send: &mut impl FnMut(&Fanout, &mut Vec<Short>)) {
        let Room { timeline, passed, members, .. } = &self.rooms[room];
        let readers = members.parked(track);
        if readers.is_empty() {
            return;
        }
        let owed = Owed::of(timeline.runs(track, *passed, Skip::default()));
        debug_assert!(owed.bytes > 0, "who missed what has left the timeline was called, and is not parked");
        if !owed.is_all {
            return self.call_parked(room, track);
        }
        let mut short = std::mem::take(&mut self.short);
        let messages = timeline.messages_before(timeline.head()) - timeline.messages_before(*passed);
        send(&Fanout { owed, readers }, &mut short);
        self.totals.deliveries += messages * (readers.len() - short.len()) as u64;
        for Short { slot, taken } in short.drain(..) {
            self.fall_behind(slot, taken);
        }
        self.short = short;
    }

    /// Has the next pass look at each parked reader by itself.
    pub(super) fn call_parked(&mut self, room: RoomId, bench: Bench) {
        while let Some(slot) = self.rooms[room].members.parked(bench).last() {
            let Some(session) = self.sessions.get(*slot) else { return };
            self.call(session.id);
        }
    }
}
