//! Taking a seat in a room, and giving it up.

use super::room::{HOUSE, LOBBY, RoomId};
use super::{Hub, Now, Position, Refusal, Seat, Session, SessionId};

/// For each of the rooms that there may be, so many may be asleep.
pub(super) const ASLEEP_FOR_EACH_MAX: usize = 4;

impl Hub {
    /// Gives a session a seat that reads from `cursor` on.
    pub(super) fn sit(&mut self, id: SessionId, room: RoomId, cursor: Position) {
        self.rouse(id);
        self.rooms.wake(room);
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        let timeline = &mut self.rooms[room].timeline;
        if let Some(track) = session.track_in(room) {
            timeline.add_reader(track, cursor);
        }
        let index = self.rooms[room].members.sit(None, id.slot);
        session.seats.push(Seat {
            room,
            index,
            cursor,
            author: session.author(),
            own_end: 0,
            own_ahead: 0,
            missed: 0,
            is_present: false,
            replay: None,
            waits_from: None,
            is_direct: false,
            is_over: false,
        });
        self.call(id);
    }

    /// Takes a seat away, with whatever it was not given yet.
    pub(super) fn rise(&mut self, now: Now, id: SessionId, number: usize) {
        let Some(seat) = self.stand(id, number) else { return };
        if self.session(id).is_some_and(|session| session.nick.is_some() && !session.is_barred) {
            self.totals.messages_skipped += seat.missed;
        }
        self.vacate(now, seat.room);
    }

    /// The same, without a look at what becomes of the room.
    pub(super) fn stand(&mut self, id: SessionId, number: usize) -> Option<Seat> {
        self.rouse(id);
        let session = self.sessions.get_mut(id.slot).filter(|session| session.id == id)?;
        let track = session.track_in(session.seats.get(number)?.room);
        let seat = session.seats.remove(number);
        self.leave_place(seat.room, None, seat.index);
        if let Some(track) = track {
            self.rooms[seat.room].timeline.remove_reader(track);
        }
        Some(seat)
    }

    /// A room in which nobody is any more stays for what was said there, while there is room for it.
    pub(super) fn vacate(&mut self, now: Now, room: RoomId) {
        if room == HOUSE || room == LOBBY || self.rooms[room].members.len() > 0 {
            return;
        }
        self.rooms[room].vacant_since_us = now.mono_us;
        let it = &self.rooms[room];
        let is_blank =
            it.keep.is_none() && !it.timeline.has_messages() && it.topic.is_none() && !it.rules.is_set();
        if it.is_vacant() && (is_blank || self.rooms.is_over(room)) {
            self.close_room(room);
        }
    }

    pub(super) fn close_room(&mut self, room: RoomId) {
        // Another room of this name gives none of its positions again.
        self.rooms.begin_beyond(self.rooms[room].timeline.head());
        self.dirty.retain(|other| *other != room);
        if let Some(direct) = &self.rooms[room].direct {
            self.people.part(&direct.pair, room);
        }
        self.rooms.close(room);
    }

    /// Makes sure that another room may be opened: of those in which nobody is, the one of which everything is in the store, and
    /// if there is none, the one of which nothing is, and which has been empty for the longest time, gives way.
    pub(super) fn make_room(&mut self) -> Result<(), Refusal> {
        let max = self.settings.rooms_max;
        if self.rooms.awake() < max || self.put_to_sleep() {
            return Ok(());
        }
        let vacant = self.rooms.iter().filter(|(room, it)| *room > LOBBY && it.is_vacant());
        let oldest = vacant.min_by_key(|(_, it)| it.vacant_since_us).map(|(room, _)| room);
        self.close_room(oldest.ok_or(Refusal::TooManyRooms { max })?);
        Ok(())
    }

    /// What was said in a room is in the store alone from here on, until somebody comes. Whether there was such a room.
    fn put_to_sleep(&mut self) -> bool {
        if self.rooms.asleep() >= self.settings.rooms_max.saturating_mul(ASLEEP_FOR_EACH_MAX) {
            return false;
        }
        let tired = self.rooms.iter().filter(|(room, it)| *room > LOBBY && it.may_sleep());
        let oldest = tired.min_by_key(|(_, it)| it.vacant_since_us).map(|(room, _)| room);
        let Some(room) = oldest else { return false };
        let head = self.rooms[room].timeline.head();
        self.rooms.resume_at(room, head, self.settings.retention);
        self.rooms.sleep(room);
        if let Some(keep) = &mut self.rooms[room].keep {
            keep.go_on_from(head);
        }
        true
    }

    /// The session is who its run is in timelines: what the run has said since it connected is not for it.
    pub(super) fn speak_for_run(&mut self, id: SessionId) {
        self.rouse(id);
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        let author = session.author();
        for seat in &mut session.seats {
            let timeline = &self.rooms[seat.room].timeline;
            (seat.author, seat.own_end) = (author, timeline.head());
            seat.own_ahead = timeline.messages_of(author, seat.cursor..timeline.head());
        }
    }

    /// Changes something about a session by which its tracks may change.
    pub(super) fn change_tracks(&mut self, id: SessionId, change: impl FnOnce(&mut Session)) {
        self.rouse(id);
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        let before: Vec<_> = session.seats.iter().map(|seat| session.track_in(seat.room)).collect();
        change(session);
        for (seat, before) in session.seats.iter().zip(before) {
            let after = session.track_in(seat.room);
            if after == before {
                continue;
            }
            let timeline = &mut self.rooms[seat.room].timeline;
            if let Some(after) = after {
                timeline.add_reader(after, seat.cursor);
            }
            if let Some(before) = before {
                timeline.remove_reader(before);
            }
        }
        self.call(id);
    }
}
