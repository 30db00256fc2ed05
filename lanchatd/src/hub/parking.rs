//! Parking: a session that has read everything gives up its cursors, and costs nothing until it is
//! told something that is not for all.
//!
//! All parked members of a room stand at the same place, [`super::room::Room::passed`], so that one
//! pass moves them on together.

use super::{Hub, Position, Seat, Session, SessionId, Turn};
use crate::timeline::Track;

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
        let track = session.track();
        self.change_places(id.slot, track, None);
    }

    /// The session has read everything: it parks, if timelines are for it. While something waits for
    /// the next pass, those who had read it before cannot stand with those who have not; they are called.
    pub(super) fn park(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        if session.turn == Turn::Parked {
            return;
        }
        session.turn = Turn::Aside;
        let Some(track) = session.listening_track() else { return };
        let mut is_ahead = false;
        for seat in &mut session.seats {
            let room = &self.rooms[seat.room];
            seat.cursor = room.timeline.head();
            seat.own_ahead = 0;
            is_ahead |= room.is_dirty();
        }
        if is_ahead {
            return self.call(id);
        }
        session.turn = Turn::Parked;
        self.change_places(id.slot, None, Some(track));
    }

    /// Where the session stands in the room of a seat of its own.
    pub(super) fn cursor(&self, session: &Session, seat: &Seat) -> Position {
        if session.turn == Turn::Parked { self.rooms[seat.room].passed } else { seat.cursor }
    }

    /// Takes a seat away.
    pub(super) fn leave_seat(&mut self, room: usize, track: Option<Track>, index: usize) {
        let Some(moved) = self.rooms[room].members.rise(track, index) else { return };
        if let Some(seat) = self.sessions.get_mut(moved).and_then(|session| session.seat_in(room)) {
            seat.index = index;
        }
    }

    fn change_places(&mut self, slot: usize, from: Option<Track>, to: Option<Track>) {
        let seats = self.sessions.get(slot).map_or(0, |session| session.seats.len());
        for number in 0..seats {
            let Some(&Seat { room, index, .. }) = self.sessions[slot].seats.get(number) else { return };
            self.leave_seat(room, from, index);
            self.sessions[slot].seats[number].index = self.rooms[room].members.sit(to, slot);
        }
    }
}
