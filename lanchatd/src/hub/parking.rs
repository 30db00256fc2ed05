//! Parking: a session that has read everything gives up its cursors, and costs nothing until it is
//! told something that is not for all.
//!
//! All parked members of a room stand at the same place, [`super::room::Room::passed`], so that one
//! pass moves them on together.

use super::members::Bench;
use super::{Hub, Position, RoomId, Seat, Session, SessionId, Turn};

impl Hub {
    /// The next pass looks at this session by itself.
    pub(super) fn call(&mut self, id: SessionId) {
        self.rouse(id);
        let Some(session) = self.session(id) else { return };
        if session.turn == Turn::Aside {
            session.turn = Turn::Queued;
            self.called.push(id.slot);
        }
    }

    /// Gives a parked session its cursors back.
    pub(super) fn rouse(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        if session.turn != Turn::Parked {
            return;
        }
        session.turn = Turn::Aside;
        for seat in &mut session.seats {
            seat.cursor = self.rooms[seat.room].passed;
        }
        self.change_places(id.slot, false);
    }

    /// The session has read everything: it parks, if timelines are for it. While something waits for
    /// the next pass, those who had read it before cannot stand with those who have not; they are called.
    pub(super) fn park(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        if session.turn == Turn::Parked {
            return;
        }
        session.turn = Turn::Aside;
        if !session.is_listening() {
            return;
        }
        for seat in &mut session.seats {
            seat.cursor = self.rooms[seat.room].timeline.head();
            seat.own_ahead = 0;
        }
        let directs = session.seats.iter().filter(|seat| seat.is_direct).map(|seat| seat.room);
        for room in directs.collect::<Vec<_>>() {
            self.note_read(room);
        }
        self.leave_what_is_over(id);
        let Some(session) = self.sessions.get_mut(id.slot) else { return };
        if session.seats.iter().any(|seat| self.rooms[seat.room].is_dirty()) {
            return self.call(id);
        }
        session.turn = Turn::Parked;
        self.change_places(id.slot, true);
    }

    /// Gives up seats where all was read and nothing more will be said.
    fn leave_what_is_over(&mut self, id: SessionId) {
        let is_over = |hub: &Self| hub.sessions.get(id.slot)?.seats.iter().position(|seat| seat.is_over);
        while let Some(seat) = is_over(self).and_then(|number| self.stand(id, number)) {
            // Its owner may be here more than once.
            if self.rooms[seat.room].members.len() == 0 {
                self.close_room(seat.room);
            }
        }
    }

    /// Where the session stands in the room of a seat of its own.
    pub(super) fn cursor(&self, session: &Session, seat: &Seat) -> Position {
        if session.turn == Turn::Parked { self.rooms[seat.room].passed } else { seat.cursor }
    }

    /// Takes a place away.
    pub(super) fn leave_place(&mut self, room: RoomId, bench: Option<Bench>, index: usize) {
        let Some(moved) = self.rooms[room].members.rise(bench, index) else { return };
        if let Some(seat) = self.sessions.get_mut(moved).and_then(|session| session.seat_in(room)) {
            seat.index = index;
        }
    }

    fn change_places(&mut self, slot: usize, parks: bool) {
        let seats = self.sessions.get(slot).map_or(0, |session| session.seats.len());
        for number in 0..seats {
            let session = &self.sessions[slot];
            let Some(&Seat { room, index, .. }) = session.seats.get(number) else { return };
            let bench = session.bench_in(room);
            let (from, to) = if parks { (None, bench) } else { (bench, None) };
            self.leave_place(room, from, index);
            self.sessions[slot].seats[number].index = self.rooms[room].members.sit(to, slot);
        }
    }
}
