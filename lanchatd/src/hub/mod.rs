//! The hub: every rule of the chat.
//!
//! Synchronous and deterministic: no runtime, sockets, files, clock or randomness in here. The driver
//! tells it what arrived and when ([`Hub::connect`], [`Hub::choose`], [`Hub::handle`],
//! [`Hub::disconnect`]), has it hand out what is owed ([`Hub::pass`]; [`Hub::owed`] and
//! [`Hub::written`] for one session), and carries out the [`Output`]s. The same calls give the same result.

mod admission;
mod command;
mod commands;
mod delivery;
mod fanout;
mod members;
mod nicks;
mod now;
mod office;
mod output;
mod parking;
mod presence;
mod quota;
mod refusal;
mod reply;
mod room;
mod session;
mod settings;

use std::net::SocketAddr;

use lanchat_protocol::LOBBY as LOBBY_NAME;
use slab::Slab;

pub use admission::NotAdmitted;
pub use command::Command;
pub use delivery::{Owed, Written};
pub use fanout::{Fanout, Short};
pub use now::Now;
pub use office::{Kicked, Totals};
pub use output::{Occurrence, Output};
pub use refusal::Refusal;
pub use reply::Reply;
pub use session::SessionId;
pub use settings::Settings;

use crate::timeline::{Author, Body, Encoder, Position, TRACKS, Timeline, Track};
use admission::Admission;
use nicks::Nicks;
use room::{HOUSE, LOBBY, Room, RoomId};
use session::{Seat, Session, Turn};

/// How far answers to one session may pile up, in bytes, before its requests are dropped and counted
/// instead of answered, and before the driver should stop reading from it.
pub const INBOX_BYTES_MAX: usize = 32 * 1024;

/// Refusals that are logged for each session and second; the rest is counted.
const REFUSALS_LOGGED_PER_SECOND_MAX: u32 = 5;

/// How a dialect writes what the hub says.
#[derive(Debug)]
pub struct Dialect {
    /// Its name, for people.
    pub name: &'static str,
    /// Its cached encoding in the timelines.
    pub track: Track,
    /// Whether a session has to introduce itself before it may do anything.
    pub needs_hello: bool,
    /// Writes an event of a timeline.
    pub event: Encoder,
    /// Writes a word to one session.
    pub reply: fn(&Reply, &mut Vec<u8>),
}

/// All sessions, rooms and rules.
#[derive(Debug)]
pub struct Hub {
    settings: Settings,
    sessions: Slab<Session>,
    serials: u64,
    nicks: Nicks,
    admission: Admission,
    rooms: Vec<Room>,
    /// Rooms to which something was appended since the last pass.
    dirty: Vec<RoomId>,
    /// So much was appended to one of them that a pass has to come before more is.
    needs_pass: bool,
    /// Slots of the sessions that the next pass has to look at by themselves.
    called: Vec<usize>,
    /// Kept between passes for its room; empty.
    short: Vec<Short>,
    outputs: Vec<Output>,
    totals: Totals,
    is_stopping: bool,
}

impl Hub {
    /// A hub without sessions whose timelines are cached for `dialects`, each at its own track.
    pub fn new(settings: Settings, dialects: [&'static Dialect; TRACKS]) -> Self {
        debug_assert!(dialects.iter().enumerate().all(|(track, dialect)| dialect.track == track));
        let encoders = dialects.map(|dialect| dialect.event);
        let room = |name: &str| Room::new(Timeline::new(name.into(), encoders, settings.retention));
        Self {
            settings,
            sessions: Slab::new(),
            serials: 0,
            nicks: Nicks::default(),
            admission: Admission::default(),
            rooms: vec![room(""), room(LOBBY_NAME)],
            dirty: Vec::new(),
            needs_pass: false,
            called: Vec::new(),
            short: Vec::new(),
            outputs: Vec::new(),
            totals: Totals::default(),
            is_stopping: false,
        }
    }

    /// Goes by other settings from here on.
    pub fn configure(&mut self, settings: Settings) {
        self.settings = settings;
        for room in 0..self.rooms.len() {
            self.rooms[room].timeline.set_retention(settings.retention);
            self.evict(room);
        }
    }

    /// Somebody connected. Their cursors stand where the timelines are now, so that nothing said from
    /// here on is missed, whenever their dialect shows.
    pub fn connect(&mut self, now: Now, address: SocketAddr) -> Result<SessionId, NotAdmitted> {
        if self.is_stopping {
            return Err(NotAdmitted::Stopping);
        }
        self.admission.admit(&self.settings, self.sessions.len(), address.ip())?;
        self.serials += 1;
        self.totals.connections += 1;
        let entry = self.sessions.vacant_entry();
        let id = SessionId { slot: entry.key(), serial: self.serials };
        let mut session = Session::new(id, address, now);
        session.seats = Vec::with_capacity(2);
        for (room_id, room) in self.rooms.iter_mut().enumerate() {
            let head = room.timeline.head();
            let index = room.members.sit(None, id.slot);
            session.seats.push(Seat {
                room: room_id,
                index,
                cursor: head,
                own_end: 0,
                own_ahead: 0,
                missed: 0,
            });
        }
        entry.insert(session);
        Ok(id)
    }

    /// The session's dialect has shown. One that needs no hello is welcome at once.
    ///
    /// A silence shows text; the first bytes may correct that, since a person types a native `hello`
    /// more slowly than a program sends it.
    pub fn choose(&mut self, id: SessionId, dialect: &'static Dialect) {
        let Some(session) = self.session(id) else { return };
        if session.dialect.is_some_and(|chosen| chosen.track == dialect.track) {
            return;
        }
        self.rouse(id);
        let Some(session) = self.session(id) else { return };
        let before = session.dialect.replace(dialect);
        let nick = session.nick.take();
        let seats: Vec<_> = session.seats.iter().map(|seat| (seat.room, seat.cursor)).collect();
        for (room, cursor) in seats {
            let timeline = &mut self.rooms[room].timeline;
            timeline.add_reader(dialect.track, cursor);
            if let Some(before) = before {
                timeline.remove_reader(before.track);
            }
        }
        if let Some(nick) = nick {
            self.nicks.release(&nick, None, id);
        }
        if let Some((code, reason)) = self.session(id).and_then(|session| session.last_word.take()) {
            self.reply(id, &Reply::Bye { code, reason: &reason });
        } else if !dialect.needs_hello {
            commands::hello::welcome_guest(self, id);
        }
        self.call(id);
    }

    /// Carries out one request. `tag` is its id, where it has one.
    pub fn handle(&mut self, now: Now, id: SessionId, tag: Option<&str>, command: Command) {
        if self.leaves_answers_unread(id) && !matches!(command, Command::Say { .. } | Command::Wrong(_)) {
            // It will get no answer, so nothing is done for it: answers must not pile up.
            self.totals.refusals += 1;
            self.drop_answer(id);
            return;
        }
        if let Err(refusal) = commands::dispatch(self, now, id, tag, command) {
            self.refuse(now, id, tag, refusal);
        }
    }

    /// The connection has ended; `reason` is what the others are told, beyond that it has.
    pub fn disconnect(&mut self, now: Now, id: SessionId, reason: Option<&str>) {
        if self.session(id).is_none() {
            return;
        }
        presence::leave(self, now, id, reason);
        self.rouse(id);
        let session = self.sessions.remove(id.slot);
        self.admission.release(session.address.ip());
        for seat in &session.seats {
            self.leave_seat(seat.room, None, seat.index);
            if let Some(track) = session.track() {
                self.rooms[seat.room].timeline.remove_reader(track);
            }
            if session.nick.is_some() {
                self.totals.messages_skipped += seat.missed;
            }
        }
        if let Some(nick) = &session.nick {
            self.nicks.release(nick, None, id);
        }
    }

    /// Whether the session has had its last word.
    pub fn is_closing(&self, id: SessionId) -> bool {
        self.sessions.get(id.slot).is_some_and(|session| session.id == id && session.is_closing)
    }

    /// Bytes that the protocol below the session's dialect has to answer.
    pub fn answer(&mut self, id: SessionId, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let Some(session) = self.session(id) else { return };
        session.inbox.extend_from_slice(bytes);
        self.call(id);
    }

    /// What the driver has to do since the last time.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    /// Whether [`Hub::take_outputs`] has anything.
    pub fn has_outputs(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// Counts, tells and logs that the session was told no.
    pub fn refuse(&mut self, now: Now, id: SessionId, tag: Option<&str>, refusal: Refusal) {
        self.totals.refusals += 1;
        self.reply(id, &Reply::Refused { tag, refusal: &refusal });
        let Some(session) = self.session(id) else { return };
        let second = now.mono_us / 1_000_000;
        if session.refusals_logged.0 != second {
            session.refusals_logged = (second, 0);
        }
        if session.refusals_logged.1 == REFUSALS_LOGGED_PER_SECOND_MAX {
            session.refusals_unlogged += 1;
            return;
        }
        session.refusals_logged.1 += 1;
        let unlogged = std::mem::take(&mut session.refusals_unlogged);
        self.report(id, Occurrence::Refused { refusal, unlogged });
    }

    /// Has the driver log what happened.
    fn report(&mut self, id: SessionId, what: Occurrence) {
        let nick = self.session(id).and_then(|session| session.nick.clone()).unwrap_or_default();
        self.outputs.push(Output::Occurred { id, nick, what });
    }

    fn session(&mut self, id: SessionId) -> Option<&mut Session> {
        self.sessions.get_mut(id.slot).filter(|session| session.id == id)
    }

    /// Puts a word into the session's inbox. A session that does not read its answers is not told of
    /// further refusals, but of their number.
    fn reply(&mut self, id: SessionId, reply: &Reply) {
        if self.leaves_answers_unread(id) && matches!(reply, Reply::Refused { .. }) {
            return self.drop_answer(id);
        }
        let Some(session) = self.session(id) else { return };
        let Some(dialect) = session.dialect else { return };
        (dialect.reply)(reply, &mut session.inbox);
        if !session.inbox.is_empty() {
            self.call(id);
        }
    }

    fn leaves_answers_unread(&self, id: SessionId) -> bool {
        self.inbox_bytes(id) >= INBOX_BYTES_MAX
    }

    fn drop_answer(&mut self, id: SessionId) {
        if let Some(session) = self.session(id) {
            session.answers_dropped += 1;
        }
    }

    /// Appends an event to a room, and lets the oldest go.
    fn append(&mut self, now: Now, room: RoomId, author: Author, from: &str, body: Body) -> Position {
        let room_ref = &mut self.rooms[room];
        if !room_ref.is_dirty() {
            self.dirty.push(room);
        }
        let position = room_ref.timeline.append(author, from, now.wall_ms, body);
        self.needs_pass |= room_ref.timeline.is_well_filled_since(room_ref.passed);
        self.evict(room);
        position
    }

    /// Appends an event that its own author will not read.
    fn append_own(&mut self, now: Now, room: RoomId, id: SessionId, from: &str, body: Body) -> Position {
        let is_message = body.is_message();
        self.rouse(id);
        let position = self.append(now, room, id.author(), from, body);
        if let Some(seat) = self.session(id).and_then(|session| session.seat_in(room)) {
            seat.own_end = position + 1;
            seat.own_ahead += u64::from(is_message);
        }
        self.call(id);
        position
    }

    /// Drops what the room's timeline no longer retains; readers that are behind are told how much.
    fn evict(&mut self, room: RoomId) {
        while let Some(evicted) = self.rooms[room].timeline.evict() {
            if self.rooms[room].passed < evicted.end() {
                (0..TRACKS).for_each(|track| self.call_parked(room, track));
            }
            for slot in self.rooms[room].members.roused() {
                let Some(session) = self.sessions.get_mut(*slot) else { continue };
                let author = session.id.author();
                let is_closing = session.is_closing;
                let Some(seat) = session.seat_in(room) else { continue };
                if seat.cursor < evicted.end() {
                    let has_own = seat.own_ahead > 0;
                    let own = if has_own { evicted.messages_of(seat.cursor, author) } else { 0 };
                    seat.own_ahead -= own.min(seat.own_ahead);
                    if !is_closing {
                        seat.missed += evicted.messages_from(seat.cursor) - own;
                    }
                    seat.cursor = evicted.end();
                }
            }
            self.rooms[room].timeline.reuse(evicted);
        }
    }
}

#[cfg(test)]
mod tests;
