//! The hub: every rule of the chat.
//!
//! Synchronous and deterministic: no runtime, sockets, files, clock or randomness in here. The driver
//! tells it what arrived and when ([`Hub::connect`], [`Hub::choose`], [`Hub::handle`],
//! [`Hub::disconnect`]), has it hand out what is owed ([`Hub::pass`]; [`Hub::owed`] and
//! [`Hub::written`] for one session), and carries out the [`Output`]s. The same calls give the same result.

mod accounts;
mod admission;
mod authority;
mod bans;
mod bounds;
mod buckets;
mod checks;
mod command;
mod commands;
mod culprit;
mod delivery;
mod denial;
mod dialect;
mod direct;
mod entries;
mod eviction;
mod fanout;
mod keeping;
mod logins;
mod lookup;
mod members;
mod mutes;
mod network;
mod nicks;
mod now;
mod office;
mod orders;
mod output;
mod parking;
mod past;
mod pattern;
mod people;
mod policy;
mod presence;
mod questions;
mod quota;
mod records;
mod refusal;
mod replay;
mod reply;
mod room;
mod rooms;
mod rules;
mod run;
mod seats;
mod sent;
mod session;
mod settings;
mod term;
mod throttle;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use lanchat_protocol::client::Code;
use slab::Slab;

pub use admission::NotAdmitted;
pub use bounds::Bound;
pub use buckets::origin;
pub use checks::{CHECKS_MAX, Check, Checked, Work};
pub use command::{Asked, Command, Proof, Searched};
pub use delivery::{Owed, Written};
pub use denial::Denial;
pub use dialect::{Dialect, Encoding};
pub use fanout::{Fanout, Short};
pub use keeping::{Change, Keeping, POSITIONS_AHEAD};
pub use lookup::{Found, Lookup, Reach, Search, Ticket, Wanted};
pub use network::network;
pub use now::Now;
pub use office::{Kicked, Looked, NotDone, Totals};
pub use orders::{BanLine, By, Done};
pub use output::{Occurrence, Output};
pub use policy::{Deed, Rank};
pub(crate) use quota::{Quota, Rate};
pub use records::Listed;
pub use refusal::Refusal;
pub use reply::{Reply, RoomHit, RoomLine, RoomStart, Toward};
pub use session::SessionId;
pub use settings::Settings;

use crate::timeline::{Encoder, Evicted, Position, TRACKS};
use accounts::Accounts;
use admission::Admission;
use bans::Bans;
use buckets::Buckets;
use keeping::Keeper;
use mutes::Mutes;
use nicks::Nicks;
use people::People;
use room::{HOUSE, LOBBY, Room, RoomId};
use rooms::Rooms;
use sent::Sent;
use session::{Seat, Session, Turn};
use throttle::Throttle;

/// How far answers to one session may pile up, in bytes, before its requests are dropped and counted
/// instead of answered, and before the driver should stop reading from it.
pub const INBOX_BYTES_MAX: usize = 32 * 1024;

/// Refusals that are logged for each session and second; the rest is counted.
const REFUSALS_LOGGED_PER_SECOND_MAX: u32 = 5;

/// All sessions, rooms and rules.
#[derive(Debug)]
pub struct Hub {
    settings: Settings,
    sessions: Slab<Session>,
    serials: u64,
    nicks: Nicks,
    people: People,
    accounts: Accounts,
    throttle: Throttle,
    /// Passwords that are being looked at.
    checks: checks::Checks,
    admission: Admission,
    bans: Bans,
    /// Who may say nothing anywhere.
    mutes: Mutes,
    /// Rooms of late, by from where they were opened.
    rooms_opened: Buckets<IpAddr>,
    rooms: Rooms,
    /// Names this history: positions of another one mean nothing here.
    history: Box<str>,
    /// What clients have sent under names of their own.
    sent: Sent,
    /// The last lookup.
    tickets: Ticket,
    /// Searches that wait until a batch is written.
    held: VecDeque<(u64, Lookup)>,
    /// None: nothing is kept.
    keeper: Option<Keeper>,
    /// Rooms to which something was appended since the last pass.
    dirty: Vec<RoomId>,
    /// So much was appended to one of them that a pass has to come before more is.
    needs_pass: bool,
    /// Bytes said since the last pass.
    unpassed_bytes: usize,
    /// Bytes said since all timelines were last weighed together.
    unweighed_bytes: usize,
    /// Slots of the sessions that the next pass has to look at by themselves.
    called: Vec<usize>,
    /// Kept between passes for its room; empty.
    short: Vec<Short>,
    outputs: Vec<Output>,
    totals: Totals,
    is_stopping: bool,
}

impl Hub {
    /// A hub without sessions whose timelines are cached as `encoders` write them, each at its own track.
    pub fn new(settings: Settings, encoders: [Encoder; TRACKS]) -> Self {
        let rooms = Rooms::new(encoders, settings.retention);
        Self {
            settings,
            sessions: Slab::new(),
            serials: 0,
            nicks: Nicks::default(),
            people: People::default(),
            accounts: Accounts::default(),
            throttle: Throttle::default(),
            checks: checks::Checks::default(),
            admission: Admission::default(),
            bans: Bans::default(),
            mutes: Mutes::default(),
            rooms_opened: Buckets::default(),
            rooms,
            history: Box::default(),
            sent: Sent::default(),
            tickets: 0,
            held: VecDeque::new(),
            keeper: None,
            dirty: Vec::new(),
            needs_pass: false,
            unpassed_bytes: 0,
            unweighed_bytes: 0,
            called: Vec::new(),
            short: Vec::new(),
            outputs: Vec::new(),
            totals: Totals::default(),
            is_stopping: false,
        }
    }

    /// Names the history of a relay that keeps nothing: one that no other run has.
    pub fn name_history(&mut self, name: &str) {
        self.history = name.into();
    }

    /// Goes by other settings from here on.
    pub fn configure(&mut self, now: Now, settings: Settings) {
        let needed_login = std::mem::replace(&mut self.settings, settings).needs_login;
        if needed_login != self.settings.needs_login {
            self.bar_or_admit_guests(now);
        }
        for room in self.rooms.ids() {
            self.rooms[room].timeline.set_retention(self.settings.retention);
            self.evict(room);
        }
    }

    /// Somebody connected. Their cursors stand where the timelines are now, so that nothing said from
    /// here on is missed, whenever their dialect shows.
    pub fn connect(&mut self, now: Now, address: SocketAddr) -> Result<SessionId, NotAdmitted> {
        if self.is_stopping {
            return Err(NotAdmitted::Stopping);
        }
        if let Some(denial) = self.turns_away(now, address.ip()) {
            return Err(NotAdmitted::Banned(denial));
        }
        let spent = self.admission.admit(now, &self.settings, self.sessions.len(), address.ip())?;
        self.serials += 1;
        self.totals.connections += 1;
        let entry = self.sessions.vacant_entry();
        let id = SessionId { slot: entry.key(), serial: self.serials };
        let mut session = Session::new(id, address, spent, now);
        session.seats = Vec::with_capacity(2);
        entry.insert(session);
        self.sit(id, HOUSE, self.rooms[HOUSE].timeline.head());
        self.sit(id, LOBBY, self.rooms[LOBBY].timeline.head());
        Ok(id)
    }

    /// The session's dialect has shown. One that needs no hello is welcome at once.
    ///
    /// A silence shows text; the first bytes may correct that, since a person types a native `hello`
    /// more slowly than a program sends it.
    pub fn choose(&mut self, now: Now, id: SessionId, dialect: &'static Dialect) {
        let Some(session) = self.session(id) else { return };
        if session.dialect.is_some_and(|chosen| std::ptr::eq(chosen, dialect)) {
            return;
        }
        self.rouse(id);
        let Some(session) = self.session(id) else { return };
        let nick = session.nick.clone();
        self.forget_person(now, id);
        self.change_tracks(id, |session| {
            session.dialect = Some(dialect);
            (session.nick, session.person, session.is_barred) = (None, None, false);
            session.seats.iter_mut().for_each(|seat| seat.replay = None);
        });
        if let Some(nick) = nick {
            self.nicks.release(&nick, None, id);
        }
        if let Some((code, reason)) = self.session(id).and_then(|session| session.last_word.take()) {
            self.reply(id, &Reply::Bye { code, reason: &reason });
        } else if !dialect.needs_hello {
            commands::hello::welcome_guest(self, now, id);
        }
        self.call(id);
    }

    /// Carries out one request. `tag` is its id, where it has one.
    pub fn handle(&mut self, now: Now, id: SessionId, tag: Option<&str>, command: Command) {
        let Some(command) = self.hold(now, id, tag, command) else { return };
        if self.leaves_answers_unread(id) && !matches!(command, Command::Say { .. } | Command::Wrong(_)) {
            // It will get no answer, so nothing is done for it: answers must not pile up.
            self.totals.refused(Code::AnswersDropped);
            self.drop_answer(id);
            return;
        }
        if let Some(session) = self.session(id) {
            session.active_us = now.mono_us;
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
        presence::leave_all(self, now, id, reason);
        self.forget_person(now, id);
        for number in (0..self.sessions[id.slot].seats.len()).rev() {
            self.rise(now, id, number);
        }
        self.own(id, None);
        let session = self.sessions.remove(id.slot);
        self.admission.release(session.address.ip());
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
        self.totals.refused(refusal.code());
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
}

#[cfg(test)]
mod tests;
