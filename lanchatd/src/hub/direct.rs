//! What two persons share: who they are, and what waits for one of them.

use std::rc::Rc;

use super::people::{self, Pair, PersonKey};
use super::questions::Stretch;
use super::replay::Replay;
use super::room::{Direct, HOUSE, RoomId};
use super::{Evicted, Hub, Now, Refusal, SessionId, Turn};

/// A person and their nick.
pub(super) type Named = (PersonKey, Rc<str>);

impl Hub {
    /// The session is this person from here on, and takes a seat wherever something waits for them.
    pub(super) fn become_person(&mut self, now: Now, id: SessionId, nick: &Rc<str>, is_guest: bool) {
        let key = if is_guest { people::key_of_guest(nick) } else { people::key_of(nick) };
        let before = self.session(id).and_then(|session| session.person.clone());
        let is_another = before.as_ref() != Some(&key);
        if is_another {
            self.remember(now, id);
            self.settle_before_change(id);
            self.forget_person(now, id);
        }
        let Some(session) = self.session(id) else { return };
        session.nick = Some(nick.clone());
        session.person = Some(key.clone());
        session.is_guest = is_guest;
        let run = session.run;
        if let Some(before) = before.filter(|_| is_another) {
            for seat in self.sessions[id.slot].seats.iter().filter(|seat| !seat.is_direct) {
                self.rooms[seat.room].rules.pace_on(&before, &key);
            }
        }
        if is_guest {
            return;
        }
        self.meet(now, &key, nick);
        self.people.note_run(&key, run);
        self.note_met(&key);
        let rooms = self.people.get(&key).map(|person| person.direct.clone()).unwrap_or_default();
        // The last seat is read first: what was begun before comes before.
        for room in rooms.into_iter().rev() {
            if let Some(direct) = &mut self.rooms[room].direct {
                let side = direct.side(&key);
                direct.nicks[side] = nick.clone();
            }
            if is_another {
                self.take_seat(id, room);
            } else {
                self.sit_direct(id, room);
            }
        }
        self.replay_on(id);
    }

    /// What is for whom the session was until now is given to it. What waits for nobody else, and what its
    /// socket has no room for, is missed.
    fn settle_before_change(&mut self, id: SessionId) {
        let Some(session) = self.session(id) else { return };
        if session.turn != Turn::Lagging {
            return self.settle(id);
        }
        for number in 0..session.seats.len() {
            let session = &self.sessions[id.slot];
            let seat = &session.seats[number];
            if seat.is_direct && !self.is_remembered(session.person.as_ref(), seat.room) {
                self.settle_and_tell(id, number);
            }
        }
    }

    /// The session is no longer whom it was: what that person shares with others is not for it. What it was
    /// not given yet waits for them, if they are remembered.
    pub(super) fn forget_person(&mut self, now: Now, id: SessionId) {
        let Some(session) = self.session(id) else { return };
        let Some(key) = session.person.clone() else { return };
        self.rouse(id);
        self.remember(now, id);
        for number in (0..self.sessions[id.slot].seats.len()).rev() {
            if self.sessions[id.slot].seats[number].is_direct {
                self.leave_direct(now, id, number, &key);
            }
        }
    }

    /// The relay knows whom the session is and what they share with others, if it can.
    fn remember(&mut self, now: Now, id: SessionId) {
        let Some(session) = self.sessions.get(id.slot).filter(|session| !session.is_guest) else { return };
        let (Some(key), Some(nick)) = (&session.person, &session.nick) else { return };
        let (key, nick) = (key.clone(), nick.clone());
        let rooms: Vec<_> =
            session.seats.iter().filter(|seat| seat.is_direct).map(|seat| seat.room).collect();
        self.meet(now, &key, &nick);
        for room in rooms {
            self.people.introduce(&key, room);
        }
        self.note_met(&key);
    }

    /// Somebody comes, or goes. Whoever has an account is remembered in any case.
    fn meet(&mut self, now: Now, key: &PersonKey, nick: &Rc<str>) {
        let max = if self.accounts.get(key).is_some() { usize::MAX } else { self.settings.people_max };
        self.people.meet(key, nick, now.wall_ms, max);
    }

    fn leave_direct(&mut self, now: Now, id: SessionId, number: usize, key: &PersonKey) {
        let session = &self.sessions[id.slot];
        let room = session.seats[number].room;
        let unread = self.unread_messages_of(session, &session.seats[number]);
        let is_remembered = self.is_remembered(Some(key), room);
        let Some(seat) = self.stand(id, number) else { return };
        let is_last = self.read_by_person(room, key).is_none();
        let it = &mut self.rooms[room];
        let Some(direct) = &mut it.direct else { return };
        let side = direct.side(key);
        if is_remembered {
            let mark = if unread == 0 { it.timeline.head() } else { seat.cursor };
            // Another session of the same person may have read more.
            direct.marks[side] = direct.marks[side].max(seat.waits_from().unwrap_or(mark));
            if is_last {
                direct.lost[side] += seat.missed;
            } else {
                self.totals.messages_skipped += seat.missed;
            }
            self.note_mark(room, side);
        } else {
            direct.marks[side] = Direct::NEVER;
            self.totals.messages_skipped += seat.missed + unread;
            self.end_direct(room);
        }
        self.vacate(now, room);
    }

    /// One of the two will never be here again. The other still gets what was said.
    fn end_direct(&mut self, room: RoomId) {
        self.rooms.unlist(room);
        for slot in self.rooms[room].members.iter().collect::<Vec<_>>() {
            let Some(session) = self.sessions.get_mut(slot) else { continue };
            let id = session.id;
            if let Some(seat) = session.seat_in(room) {
                seat.is_over = true;
            }
            self.call(id);
        }
    }

    /// Whether what is said in the room waits for this person when they have gone.
    pub(super) fn is_remembered(&self, person: Option<&PersonKey>, room: RoomId) -> bool {
        let known = person.and_then(|person| self.people.get(person));
        known.is_some_and(|known| known.direct.contains(&room))
    }

    /// The session has a seat in what it shares with somebody, and reads from where it last was on.
    fn sit_direct(&mut self, id: SessionId, room: RoomId) {
        if self.session(id).is_some_and(|session| session.seat_in(room).is_none()) {
            self.take_seat(id, room);
        }
    }

    /// The same where it is known that it has none: somebody may share much with many.
    fn take_seat(&mut self, id: SessionId, room: RoomId) {
        let Some(session) = self.session(id) else { return };
        let Some(person) = session.person.clone() else { return };
        let (run, is_owner) = (session.run, session.account.is_some());
        let is_over = self.rooms.is_over(room);
        let read = self.read_by_person(room, &person);
        let Some(direct) = &mut self.rooms[room].direct else { return };
        let side = direct.side(&person);
        let author = Direct::author(side);
        // What another session of the same person has been given is not for this one too.
        let mark = read.map_or(direct.marks[side], |read| read.max(direct.marks[side]));
        let missed = std::mem::take(&mut direct.lost[side]);
        // Who is logged in is who they were, whichever client they use.
        let is_another = !is_owner && (run.is_none() || direct.runs[side] != run);
        if is_another {
            (direct.since[side], direct.runs[side]) = (mark, run);
        }
        let is_kept = self.rooms[room].keep.is_some();
        let timeline = &self.rooms[room].timeline;
        let (cursor, own_end) = (mark.max(timeline.oldest()), timeline.head());
        let own_ahead = timeline.messages_of(author, cursor..own_end);
        self.sit(id, room, cursor);
        if let Some(seat) = self.session(id).and_then(|session| session.seats.last_mut()) {
            (seat.author, seat.own_end, seat.own_ahead) = (author, own_end, own_ahead);
            (seat.missed, seat.is_direct, seat.is_over) = (missed, true, is_over);
            seat.replay = (is_kept && mark < cursor).then(|| Box::new(Replay::waited(mark, cursor)));
        }
        if is_another {
            self.note_mark(room, side);
        }
    }

    /// What the session shares with the person of this nick, if they have talked.
    pub(super) fn shared_with(&self, id: SessionId, nick: &str) -> Option<RoomId> {
        let own = self.sessions.get(id.slot).filter(|session| session.id == id)?.person.clone()?;
        self.rooms.direct(&people::pair(own, self.whom(nick)?.0))
    }

    /// What the session may read of a room that it is in.
    pub(super) fn stretch(&self, id: SessionId, room: RoomId) -> Option<Stretch> {
        let session = self.sessions.get(id.slot).filter(|session| session.id == id)?;
        let person = session.person.as_ref()?;
        session.seats.iter().find(|seat| seat.room == room)?;
        let it = &self.rooms[room];
        let from = it.direct.as_ref().map_or(0, |direct| direct.since[direct.side(person)]);
        Some(Stretch { room, title: it.title(Some(person)), from })
    }

    /// The same for all rooms that it is in.
    pub(super) fn stretches(&self, id: SessionId) -> Vec<Stretch> {
        let session = self.sessions.get(id.slot).filter(|session| session.id == id);
        let seats = session.into_iter().flat_map(|session| &session.seats);
        let rooms = seats.map(|seat| seat.room).filter(|room| *room != HOUSE);
        rooms.filter_map(|room| self.stretch(id, room)).collect()
    }

    /// Whom a message for this nick is for: the person of that name, here or not, or who looks like them.
    pub(super) fn whom(&self, nick: &str) -> Option<Named> {
        let key = people::key_of(nick);
        let holder = self.nicks.holder(nick).and_then(|holder| self.sessions.get(holder.slot));
        let here = holder.and_then(|session| Some((session.person.clone()?, session.nick.clone()?)));
        if let Some((_, nick)) = &here
            && people::key_of(nick) == key
        {
            return here;
        }
        if let Some(account) = self.accounts.get(&key) {
            return Some((key, account.nick.clone()));
        }
        self.people.get(&key).map(|person| (key, person.nick.clone())).or(here)
    }

    /// The first session of this person, if they are here.
    pub(super) fn session_of(&self, person: &Named) -> Option<SessionId> {
        self.sessions_of(person).first().copied()
    }

    /// All sessions of this person.
    fn sessions_of(&self, (person, nick): &Named) -> Vec<SessionId> {
        let mut sessions = self.nicks.holders(nick);
        sessions.retain(|holder| {
            self.sessions.get(holder.slot).is_some_and(|session| session.person.as_ref() == Some(person))
        });
        sessions
    }

    /// Somebody else is this person from here on: what was said before is not for them to read.
    pub(super) fn hand_person_over(&mut self, key: &PersonKey, drops_what_waits: bool) {
        let rooms = self.people.get(key).map(|person| person.direct.clone()).unwrap_or_default();
        for room in rooms {
            let head = self.rooms[room].timeline.head();
            let Some(direct) = &mut self.rooms[room].direct else { continue };
            let side = direct.side(key);
            if drops_what_waits {
                (direct.marks[side], direct.lost[side]) = (head, 0);
            }
            (direct.since[side], direct.runs[side]) = (direct.marks[side], None);
            self.note_mark(room, side);
        }
        self.people.note_run(key, None);
    }

    /// What these two share, opened if they have not talked before.
    pub(super) fn direct_room(
        &mut self,
        now: Now,
        id: SessionId,
        own: Named,
        peer: Named,
    ) -> Result<RoomId, Refusal> {
        let pair: Pair = people::pair(own.0.clone(), peer.0.clone());
        let room = if let Some(room) = self.rooms.direct(&pair) {
            room
        } else {
            self.open_door(now, id)?;
            let is_first = pair[0] == own.0;
            let (own, peer) = (own.1.clone(), peer.1.clone());
            let nicks = if is_first { [own, peer] } else { [peer, own] };
            let room = self.rooms.open_direct(pair, nicks, self.settings.retention);
            self.rooms[room].vacant_since_us = now.mono_us;
            room
        };
        // Whom something may wait for is remembered first: the other must not push them out.
        for named in [peer, own] {
            let sessions = self.sessions_of(&named);
            let is_guest = sessions.first().is_some_and(|id| self.sessions[id.slot].is_guest);
            if !is_guest && self.people.get(&named.0).is_none() {
                self.meet(now, &named.0, &named.1);
                let run = sessions.first().and_then(|id| self.sessions[id.slot].run);
                self.people.note_run(&named.0, run);
            }
            self.people.introduce(&named.0, room);
            for id in sessions {
                self.sit_direct(id, room);
            }
        }
        Ok(room)
    }

    /// What has left the timeline before somebody came for it is counted for them.
    pub(super) fn count_lost(&mut self, room: RoomId, evicted: &Evicted) {
        // What is in the store is not lost.
        if evicted.end() <= self.rooms[room].written() {
            return;
        }
        let Some(direct) = &self.rooms[room].direct else { return };
        let mut is_away = [true; 2];
        for slot in self.rooms[room].members.iter() {
            let person = self.sessions.get(slot).and_then(|session| session.person.as_ref());
            if let Some(person) = person {
                is_away[direct.side(person)] = false;
            }
        }
        let Some(direct) = &mut self.rooms[room].direct else { return };
        for side in [0, 1] {
            let mark = direct.marks[side];
            if is_away[side] && mark < evicted.end() {
                let own = evicted.messages_of(mark, Direct::author(side));
                direct.lost[side] += evicted.messages_from(mark) - own;
                direct.marks[side] = evicted.end();
            }
        }
    }
}
