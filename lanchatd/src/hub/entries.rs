//! What happens in a room becomes an entry of its timeline.

use super::room::RoomId;
use super::{Hub, Now, Position, Seat, SessionId};
use crate::timeline::{Author, Body, RELAY};

/// How often all timelines are weighed together: after so many bytes; and what an event takes beside its words.
const WEIGHED_EVERY_BYTES: usize = 256 * 1024;
const EVENT_BYTES: usize = 128;

impl Hub {
    /// Appends an event to a room, and lets the oldest go.
    pub(super) fn append(
        &mut self,
        now: Now,
        room: RoomId,
        author: Author,
        from: &str,
        body: Body,
        uid: &str,
    ) -> Position {
        let room_ref = &mut self.rooms[room];
        if !room_ref.is_dirty() {
            self.dirty.push(room);
        }
        let position = room_ref.timeline.append(author, from, now.wall_ms, body, uid);
        self.needs_pass |= room_ref.timeline.is_well_filled_since(room_ref.passed);
        self.note_appended(room, position, body.is_message());
        self.evict(room);
        self.unpassed_bytes += EVENT_BYTES + body.bytes();
        self.needs_pass |= self.unpassed_bytes >= self.settings.timelines_bytes_max / 8;
        self.unweighed_bytes += EVENT_BYTES + body.bytes();
        if self.unweighed_bytes >= WEIGHED_EVERY_BYTES {
            self.unweighed_bytes = 0;
            self.weigh();
        }
        position
    }

    /// Appends an event that its own author will not read.
    pub(super) fn append_own(
        &mut self,
        now: Now,
        room: RoomId,
        id: SessionId,
        from: &str,
        body: Body,
        uid: &str,
    ) -> Position {
        self.rouse(id);
        let mut author = self.session(id).map_or(RELAY, |session| session.author());
        let end = self.rooms[room].timeline.head() + 1;
        if let Some(seat) = self.session(id).and_then(|session| session.seat_in(room)) {
            author = seat.author;
            seat.own_end = end;
            seat.own_ahead += u64::from(body.is_message());
        }
        self.call(id);
        if self.rooms[room].direct.is_some() {
            self.own_elsewhere(id, room, author, end, body.is_message());
        }
        self.append(now, room, author, from, body, uid)
    }

    /// What one session of a person says to another person is the person's own in all their sessions.
    fn own_elsewhere(
        &mut self,
        id: SessionId,
        room: RoomId,
        author: Author,
        end: Position,
        is_message: bool,
    ) {
        for slot in self.rooms[room].members.iter().collect::<Vec<_>>() {
            let Some(other) = self.sessions.get(slot).map(|session| session.id) else { continue };
            let is_same = |seat: &mut Seat| seat.author == author;
            if other == id || !self.session(other).and_then(|it| it.seat_in(room)).is_some_and(is_same) {
                continue;
            }
            self.rouse(other);
            if let Some(seat) = self.session(other).and_then(|session| session.seat_in(room)) {
                seat.own_end = end;
                seat.own_ahead += u64::from(is_message);
            }
            self.call(other);
        }
    }
}
