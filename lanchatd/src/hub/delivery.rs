//! Who is owed what, and what becomes of it when it was written.

use std::io::IoSlice;

use super::{Hub, Reply, Seat, Session, SessionId, Turn};
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

    /// What stands in the runs, as far as one write takes it.
    pub(super) fn of(runs: impl Iterator<Item = Run<'a>>) -> Self {
        let mut owed = Self::new();
        owed.extend(runs);
        owed
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

    fn extend(&mut self, runs: impl Iterator<Item = Run<'a>>) {
        for run in runs {
            self.push(run.bytes);
            if !self.is_all {
                break;
            }
        }
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
    /// What the session is owed. Tells it first what it missed.
    pub fn owed(&mut self, id: SessionId) -> Owed<'_> {
        self.tell_losses(id);
        let mut owed = Owed::new();
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else {
            return owed;
        };
        owed.push(&session.rest);
        owed.push(&session.inbox);
        owed.extend(self.runs(session).map(|(_, run)| run));
        owed
    }

    /// The socket took part or all of what [`Hub::owed`] offered. Nothing was done with the hub since.
    pub fn written(&mut self, id: SessionId, written: Written) {
        self.rouse(id);
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        if written.was_all && written.taken == written.offered {
            session.rest = Vec::new();
            session.inbox = Vec::new();
            self.totals.deliveries += self.unread_messages(id.slot);
            self.park(id);
            return self.replay_on(id);
        }
        let mut left = written.taken;
        left -= take_front(&mut session.rest, left);
        left -= take_front(&mut session.inbox, left);
        self.advance(id, left);
        if written.taken < written.offered {
            self.lag(id);
        }
    }

    /// A parked reader's socket took only so many bytes of a fan-out.
    pub(super) fn fall_behind(&mut self, slot: usize, taken: usize) {
        let Some(id) = self.sessions.get(slot).map(|session| session.id) else { return };
        self.rouse(id);
        self.advance(id, taken);
        self.lag(id);
    }

    /// The session is written to when its socket has room again.
    fn lag(&mut self, id: SessionId) {
        if let Some(session) = self.session(id) {
            session.turn = Turn::Lagging;
        }
    }

    /// Messages of others before the session's cursors.
    fn unread_messages(&self, slot: usize) -> u64 {
        let Some(session) = self.sessions.get(slot).filter(|session| session.is_listening()) else {
            return 0;
        };
        session.seats.iter().map(|seat| self.unread_messages_of(session, seat)).sum()
    }

    pub(super) fn unread_messages_of(&self, session: &Session, seat: &Seat) -> u64 {
        let timeline = &self.rooms[seat.room].timeline;
        let between = |first, end| timeline.messages_before(end) - timeline.messages_before(first);
        if !session.ignored.is_empty() {
            return self.runs_of(session, seat).map(|run| between(run.first, run.end)).sum();
        }
        let ahead = between(seat.cursor, timeline.head());
        ahead - seat.own_ahead.min(ahead)
    }

    /// Everything that the session is owed by timelines goes into its inbox, before its last word. One whose
    /// socket is full gets no more than the last word; what it missed is counted.
    pub(super) fn settle(&mut self, id: SessionId) {
        self.rouse(id);
        match self.session(id).map(|session| session.turn) {
            Some(Turn::Lagging) => self.tell_dropped_answers(id),
            _ => self.tell_losses(id),
        }
        // Rooms first, the house last.
        for number in (0..self.session(id).map_or(0, |session| session.seats.len())).rev() {
            if !self.waits_for_another_time(id, number) {
                self.settle_seat(id, number);
            }
        }
    }

    /// Whether what a seat is owed waits for the person, because the socket is full.
    fn waits_for_another_time(&self, id: SessionId, number: usize) -> bool {
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.turn == Turn::Lagging) else {
            return false;
        };
        !session.is_guest && session.seats.get(number).is_some_and(|seat| seat.is_direct)
    }

    /// The same for a session that goes on, if its socket takes what it is sent.
    pub(super) fn settle_unless_lagging(&mut self, id: SessionId) {
        if self.session(id).is_some_and(|session| session.turn != Turn::Lagging) {
            self.settle(id);
        }
    }

    /// The same for what one timeline owes it. The session is roused. What its socket has no room for is missed.
    pub(super) fn settle_seat(&mut self, id: SessionId, number: usize) {
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else { return };
        let Some(seat) = session.seats.get(number).filter(|_| session.is_listening()) else { return };
        let unread = self.unread_messages_of(session, seat);
        let is_lagging = session.turn == Turn::Lagging;
        let mut owed = Vec::new();
        if !is_lagging {
            self.runs_of(session, seat).for_each(|run| owed.extend_from_slice(run.bytes));
            self.totals.deliveries += unread;
        }
        let session = &mut self.sessions[id.slot];
        session.inbox.append(&mut owed);
        let seat = &mut session.seats[number];
        seat.missed += if is_lagging { unread } else { 0 };
        seat.cursor = self.rooms[seat.room].timeline.head();
        seat.own_ahead = 0;
    }

    /// The same, and what was missed is told, before the session gives up the seat.
    pub(super) fn settle_and_tell(&mut self, id: SessionId, number: usize) {
        if self.session(id).is_some_and(|session| session.turn != Turn::Lagging) {
            self.tell_loss(id, number);
        }
        self.settle_seat(id, number);
        self.tell_loss(id, number);
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
        let seats = session.seats.iter().enumerate().rev().filter(|_| session.is_listening());
        seats.flat_map(|(index, seat)| self.runs_of(session, seat).map(move |run| (index, run)))
    }

    /// What the cursor of one seat has before it.
    fn runs_of<'a>(&'a self, session: &'a Session, seat: &'a Seat) -> impl Iterator<Item = Run<'a>> {
        let cursor = self.cursor(session, seat);
        let timeline = &self.rooms[seat.room].timeline;
        let track = session.track_in(seat.room);
        track.into_iter().flat_map(move |track| timeline.runs(track, cursor, session.skip(seat, cursor)))
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
        let ignores = !session.ignored.is_empty();
        for (index, first, position) in moves {
            let seat = &mut session.seats[index];
            let timeline = &self.rooms[seat.room].timeline;
            let own = if ignores {
                timeline.messages_of(seat.author, seat.cursor..first)
            } else {
                timeline.messages_before(first) - timeline.messages_before(seat.cursor)
            };
            seat.own_ahead -= own.min(seat.own_ahead);
            self.totals.deliveries += timeline.messages_before(position) - timeline.messages_before(first);
            seat.cursor = position;
        }
        if !rest.is_empty() {
            session.rest = rest;
        }
    }

    /// Turns what was missed into words in the inbox.
    fn tell_losses(&mut self, id: SessionId) {
        let Some(seats) = self.session(id).map(|session| session.seats.len()) else { return };
        self.tell_dropped_answers(id);
        for number in 0..seats {
            self.tell_loss(id, number);
        }
    }

    fn tell_dropped_answers(&mut self, id: SessionId) {
        let Some(session) = self.session(id).filter(|session| !session.is_closing) else { return };
        let Some(dialect) = session.dialect else { return };
        let answers = std::mem::take(&mut session.answers_dropped);
        if answers > 0 {
            (dialect.reply)(&Reply::Unread { answers }, &mut session.inbox);
        }
    }

    /// The same for one seat. Before its welcome a session is told nothing of the rooms.
    pub(super) fn tell_loss(&mut self, id: SessionId, number: usize) {
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.is_listening()) else {
            return;
        };
        let (Some(dialect), Some(seat)) = (session.dialect, session.seats.get_mut(number)) else { return };
        if seat.missed == 0 {
            return;
        }
        let skipped = std::mem::take(&mut seat.missed);
        session.skipped += skipped;
        self.totals.gaps += 1;
        self.totals.messages_skipped += skipped;
        let room = &self.rooms[seat.room].title(session.person.as_ref());
        (dialect.reply)(&Reply::Gap { room, skipped }, &mut session.inbox);
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
