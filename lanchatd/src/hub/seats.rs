//! Taking a seat in a room, and giving it up.

use std::rc::Rc;

use super::people::{self, Pair, PersonKey};
use super::replay::Replay;
use super::room::{HOUSE, LOBBY, RoomId};
use super::{Hub, Now, Position, Refusal, Seat, Session, SessionId};

impl Hub {
    /// Gives a session a seat that reads from `cursor` on.
    pub(super) fn sit(&mut self, id: SessionId, room: RoomId, cursor: Position) {
        self.rouse(id);
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        let is_direct = self.rooms[room].direct.is_some();
        let timeline = &mut self.rooms[room].timeline;
        // What somebody said to another before they left is theirs when they come back.
        let own_end = if is_direct { timeline.head() } else { 0 };
        if let Some(track) = session.track_in(room) {
            timeline.add_reader(track, cursor);
        }
        let index = self.rooms[room].members.sit(None, id.slot);
        session.seats.push(Seat {
            room,
            index,
            cursor,
            own_end,
            own_ahead: 0,
            missed: 0,
            is_present: false,
            replay: None,
            waits_from: None,
            is_direct,
        });
        self.call(id);
    }

    /// Takes a seat away, with whatever it was not given yet.
    pub(super) fn rise(&mut self, now: Now, id: SessionId, number: usize) {
        self.rouse(id);
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else { return };
        let Some(seat) = session.seats.get(number) else { return };
        let room = seat.room;
        let is_read = seat.is_direct && self.unread_messages_of(session, seat) == 0;
        let mark = if is_read { self.rooms[room].timeline.head() } else { seat.cursor };
        // What could not be handed out waits on.
        let waits_from = seat.replay.map(|replay| replay.next()).or(seat.waits_from);
        let mark = waits_from.unwrap_or(mark);
        let (track, person) = (session.track_in(room), session.person.clone());
        let session = &mut self.sessions[id.slot];
        let seat = session.seats.remove(number);
        if session.nick.is_some() {
            self.totals.messages_skipped += seat.missed;
        }
        self.leave_place(room, None, seat.index);
        if let Some(track) = track {
            self.rooms[room].timeline.remove_reader(track);
        }
        if let (Some(direct), Some(person)) = (&mut self.rooms[room].direct, person) {
            let side = direct.side(&person);
            direct.marks[side] = mark;
            self.note_mark(room, side);
        }
        self.vacate(now, room);
    }

    /// A room in which nobody is any more stays for what was said there, while there is room for it.
    fn vacate(&mut self, now: Now, room: RoomId) {
        if room == HOUSE || room == LOBBY || self.rooms[room].members.len() > 0 {
            return;
        }
        self.rooms[room].vacant_since_us = now.mono_us;
        let it = &self.rooms[room];
        let is_blank = it.keep.is_none() && !it.timeline.has_messages() && it.topic.is_none();
        let is_lost = it.direct.as_ref().is_some_and(|direct| self.rooms.direct(&direct.pair) != Some(room));
        if is_blank || is_lost {
            self.close_room(room);
        }
    }

    fn close_room(&mut self, room: RoomId) {
        // Another room of this name gives none of its positions again.
        self.rooms.begin_beyond(self.rooms[room].timeline.head());
        self.dirty.retain(|other| *other != room);
        if let Some(direct) = &self.rooms[room].direct {
            self.people.part(&direct.pair, room);
        }
        self.rooms.close(room);
    }

    /// Makes sure that another room may be opened: the one that has been empty for the longest time gives way.
    pub(super) fn make_room(&mut self) -> Result<(), Refusal> {
        let max = self.settings.rooms_max;
        if self.rooms.len() < max {
            return Ok(());
        }
        let vacant = self.rooms.iter().filter(|(room, it)| *room > LOBBY && it.is_vacant());
        let oldest = vacant.min_by_key(|(_, it)| it.vacant_since_us).map(|(room, _)| room);
        self.close_room(oldest.ok_or(Refusal::TooManyRooms { max })?);
        Ok(())
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

    /// The session is this person from here on, and takes a seat wherever something waits for them.
    pub(super) fn become_person(&mut self, now: Now, id: SessionId, nick: &Rc<str>, is_guest: bool) {
        let key = people::key_of(nick);
        let before = self.session(id).and_then(|session| session.person.clone());
        if before.as_ref() != Some(&key) {
            self.settle_unless_lagging(id);
            self.forget_person(now, id);
        }
        let Some(session) = self.session(id) else { return };
        session.nick = Some(nick.clone());
        session.person = Some(key.clone());
        session.is_guest = is_guest;
        if is_guest {
            return;
        }
        self.people.meet(&key, nick, now.wall_ms, self.settings.people_max);
        self.note_met(&key);
        if before.as_ref() == Some(&key) {
            return;
        }
        let rooms = self.people.get(&key).map(|person| person.direct.clone()).unwrap_or_default();
        for room in rooms {
            let Some(direct) = &mut self.rooms[room].direct else { continue };
            let side = direct.side(&key);
            direct.nicks[side] = nick.clone();
            let mark = direct.marks[side];
            let oldest = self.rooms[room].timeline.oldest();
            self.sit(id, room, mark.max(oldest));
            let is_kept = self.rooms[room].keep.is_some();
            if mark < oldest
                && is_kept
                && let Some(seat) = self.session(id).and_then(|session| session.seat_in(room))
            {
                seat.replay = Some(Replay::between(mark, oldest));
            }
        }
        self.replay_on(id);
    }

    /// The session is no longer whom it was: what that person shares with others is not for it. What it was
    /// not given yet waits for them.
    pub(super) fn forget_person(&mut self, now: Now, id: SessionId) {
        let Some(session) = self.session(id) else { return };
        let Some(key) = session.person.clone() else { return };
        let (nick, is_guest) = (session.nick.clone(), session.is_guest);
        self.rouse(id);
        for number in (0..self.sessions[id.slot].seats.len()).rev() {
            let seat = &self.sessions[id.slot].seats[number];
            if !seat.is_direct {
                continue;
            }
            if is_guest {
                self.rooms.unlist(seat.room);
            }
            self.rise(now, id, number);
        }
        if let (Some(nick), false) = (nick, is_guest) {
            self.people.meet(&key, &nick, now.wall_ms, self.settings.people_max);
            self.note_met(&key);
        }
    }

    /// What these two share, opened if they have not talked before.
    pub(super) fn direct_room(
        &mut self,
        now: Now,
        own: (PersonKey, Rc<str>),
        peer: (PersonKey, Rc<str>),
    ) -> Result<RoomId, Refusal> {
        let pair: Pair = people::pair(own.0.clone(), peer.0.clone());
        if let Some(room) = self.rooms.direct(&pair) {
            return Ok(room);
        }
        self.make_room()?;
        let nicks = if pair[0] == own.0 { [own.1, peer.1] } else { [peer.1, own.1] };
        let room = self.rooms.open_direct(pair.clone(), nicks.clone(), self.settings.retention);
        self.rooms[room].vacant_since_us = now.mono_us;
        self.people.introduce(&pair, room);
        for nick in nicks {
            if let Some(id) = self.nicks.holder(&nick) {
                self.sit(id, room, self.rooms[room].timeline.head());
            }
        }
        Ok(room)
    }
}
