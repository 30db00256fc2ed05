//! Who is owed what, and what becomes of it when it was written.

use std::io::IoSlice;

use super::{Hub, Reply, Session, SessionId, Turn};
use crate::timeline::Run;

/// How many pieces one write takes at most.
const PIECES_MAX: usize = 16;

/// What a session is owed, as pieces for one write, in order: the rest of a line that went out in
/// part, answers, rooms, what concerns everybody.
#[derive(Debug)]
pub struct Owed<'a> {
    pieces: [IoSlice<'a>; PIECES_MAX],
    count: usize,
    /// Bytes in all pieces.
    pub bytes: usize,
    /// Whether that is all there is.
    pub is_all: bool,
}

impl<'a> Owed<'a> {
    fn new() -> Self {
        Self { pieces: [IoSlice::new(&[]); PIECES_MAX], count: 0, bytes: 0, is_all: true }
    }

    /// The pieces.
    pub fn pieces(&self) -> &[IoSlice<'a>] {
        &self.pieces[..self.count]
    }

    fn push(&mut self, bytes: &'a [u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.count == PIECES_MAX {
            self.is_all = false;
            return;
        }
        self.pieces[self.count] = IoSlice::new(bytes);
        self.count += 1;
        self.bytes += bytes.len();
    }
}

/// What a session's turn to write has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Bytes that were offered.
    pub offered: usize,
    /// Whether nothing more was owed than was offered.
    pub was_all: bool,
    /// Bytes that the socket took.
    pub taken: usize,
}

impl Hub {
    /// Whether a pass would find anybody.
    pub fn has_ready(&self) -> bool {
        !self.called.is_empty() || self.rooms.iter().any(|room| room.is_dirty)
    }

    /// Whether so much has been said since the last pass that the next has to come before more is: what
    /// nobody was offered yet must not leave a timeline.
    pub fn needs_pass(&self) -> bool {
        self.rooms.iter().any(|room| room.is_dirty && room.timeline.is_well_filled_since_pass())
    }

    /// Everybody who is owed something and whose socket is not known to be full, each once.
    pub fn take_ready(&mut self, ready: &mut Vec<SessionId>) {
        let mut slots = std::mem::take(&mut self.called);
        for room in &mut self.rooms {
            if !std::mem::take(&mut room.is_dirty) {
                continue;
            }
            room.timeline.begin_pass();
            for slot in &room.members {
                let Some(session) = self.sessions.get_mut(*slot) else { continue };
                if session.turn == Turn::Parked && session.listening_track().is_some() {
                    session.turn = Turn::Queued;
                    slots.push(*slot);
                }
            }
        }
        for slot in slots.drain(..) {
            let Some(session) = self.sessions.get_mut(slot) else { continue };
            if session.turn == Turn::Queued {
                session.turn = Turn::Parked;
                ready.push(session.id);
            }
        }
        self.called = slots;
    }

    /// What the session is owed. Tells it first what it missed.
    pub fn owed(&mut self, id: SessionId) -> Owed<'_> {
        self.tell_losses(id);
        let mut owed = Owed::new();
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else {
            return owed;
        };
        owed.push(&session.rest);
        owed.push(&session.inbox);
        for (_, run) in self.runs(session) {
            owed.push(run.bytes);
            if !owed.is_all {
                break;
            }
        }
        owed
    }

    /// The socket took part or all of what [`Hub::owed`] offered. Nothing was done with the hub since.
    pub fn written(&mut self, id: SessionId, written: Written) {
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        if written.was_all && written.taken == written.offered {
            session.rest = Vec::new();
            session.inbox = Vec::new();
            if session.listening_track().is_none() {
                return;
            }
            for seat in &mut session.seats {
                let timeline = &self.rooms[seat.room].timeline;
                if seat.cursor == timeline.head() {
                    continue;
                }
                let before = timeline.messages_before(seat.cursor);
                let passed = timeline.messages_before(timeline.head()) - before;
                self.totals.deliveries += passed - seat.own_ahead;
                seat.own_ahead = 0;
                seat.cursor = timeline.head();
            }
            return;
        }
        let mut left = written.taken;
        left -= take_front(&mut session.rest, left);
        left -= take_front(&mut session.inbox, left);
        self.advance(id, left);
    }

    /// Everything that the session is owed by timelines goes into its inbox, before its last word. One whose
    /// socket is full gets no more than the last word; what it missed is counted.
    pub(super) fn settle(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else { return };
        if session.listening_track().is_none() {
            return;
        }
        let is_lagging = session.turn == Turn::Lagging;
        let owed: Vec<u8> = if is_lagging {
            Vec::new()
        } else {
            self.runs(session).flat_map(|(_, run)| run.bytes.iter().copied()).collect()
        };
        let Some(session) = self.sessions.get_mut(id.slot) else { return };
        session.inbox.extend_from_slice(&owed);
        for seat in &mut session.seats {
            let timeline = &self.rooms[seat.room].timeline;
            let passed = timeline.messages_before(timeline.head()) - timeline.messages_before(seat.cursor);
            let others = passed - seat.own_ahead.min(passed);
            let counter =
                if is_lagging { &mut self.totals.messages_skipped } else { &mut self.totals.deliveries };
            *counter += others;
            seat.cursor = timeline.head();
            seat.own_ahead = 0;
        }
    }

    /// The session's socket is full, or has room again.
    pub fn set_lagging(&mut self, id: SessionId, is_lagging: bool) {
        if let Some(session) = self.session(id) {
            session.turn = if is_lagging { Turn::Lagging } else { Turn::Parked };
        }
    }

    /// How far answers to the session have piled up, in bytes.
    pub fn inbox_bytes(&self, id: SessionId) -> usize {
        self.sessions.get(id.slot).filter(|session| session.id == id).map_or(0, |session| session.inbox.len())
    }

    /// Bytes that the session is owed.
    pub(super) fn backlog_bytes(&self, session: &Session) -> usize {
        let timelines: usize = self.runs(session).map(|(_, run)| run.bytes.len()).sum();
        session.rest.len() + session.inbox.len() + timelines
    }

    /// What the session's cursors have before them, with the index of the seat.
    fn runs<'a>(&'a self, session: &'a Session) -> impl Iterator<Item = (usize, Run<'a>)> {
        // Rooms first, the house last: the goodbye follows what was said before.
        let order = (0..session.seats.len()).rev();
        let track = session.listening_track();
        order.filter_map(move |index| Some((index, track?))).flat_map(move |(index, track)| {
            let seat = &session.seats[index];
            let without = (seat.own_end > seat.cursor).then(|| session.id.author());
            let timeline = &self.rooms[seat.room].timeline;
            timeline.runs(track, seat.cursor, without).map(move |run| (index, run))
        })
    }

    /// Moves the cursors on by what was written of the timelines.
    fn advance(&mut self, id: SessionId, mut left: usize) {
        let Some(session) = self.sessions.get(id.slot) else { return };
        let mut moves = Vec::new();
        let mut rest = Vec::new();
        for (index, run) in self.runs(session) {
            if left == 0 {
                break;
            }
            let (position, missing) = run.cut(left.min(run.bytes.len()));
            left = left.saturating_sub(run.bytes.len());
            moves.push((index, run.first, position));
            rest.extend_from_slice(missing);
        }
        let Some(session) = self.sessions.get_mut(id.slot) else { return };
        for (index, first, position) in moves {
            let seat = &mut session.seats[index];
            let timeline = &self.rooms[seat.room].timeline;
            let passed_over = timeline.messages_before(first) - timeline.messages_before(seat.cursor);
            seat.own_ahead -= passed_over.min(seat.own_ahead);
            self.totals.deliveries += timeline.messages_before(position) - timeline.messages_before(first);
            seat.cursor = position;
        }
        if !rest.is_empty() {
            session.rest = rest;
        }
    }

    /// Turns what was missed into words in the inbox.
    fn tell_losses(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        let Some(dialect) = session.dialect else { return };
        let answers = std::mem::take(&mut session.answers_dropped);
        if answers > 0 {
            (dialect.reply)(&Reply::Unread { answers }, &mut session.inbox);
        }
        // Before its welcome a session is told nothing of the rooms.
        let is_listening = session.listening_track().is_some();
        for seat in session.seats.iter_mut().filter(|seat| is_listening && seat.missed > 0) {
            let skipped = std::mem::take(&mut seat.missed);
            session.skipped += skipped;
            self.totals.gaps += 1;
            self.totals.messages_skipped += skipped;
            let room = self.rooms[seat.room].timeline.name();
            (dialect.reply)(&Reply::Gap { room, skipped }, &mut session.inbox);
        }
    }
}

/// Removes up to `count` bytes from the front; returns how many.
fn take_front(bytes: &mut Vec<u8>, count: usize) -> usize {
    let count = count.min(bytes.len());
    bytes.drain(..count);
    if bytes.is_empty() {
        *bytes = Vec::new();
    }
    count
}
