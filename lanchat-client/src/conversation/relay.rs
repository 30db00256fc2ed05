//! What the relay says, and what it means for the person.

use jiff::Timestamp;
use lanchat_protocol::LOBBY;
use lanchat_protocol::client::{
    Bans, Bare, Change, Code, Event, Farewell, InRoom, Ordered, Person, Request, RoomAt, RoomInfo, write_line,
};
use lanchat_protocol::text::clean;

use super::census::Census;
use super::changes::Changes;
use super::missed::Missed;
use super::{Conversation, Shown};
use crate::json;
use crate::session::{Heard, OVERTAKEN};
use crate::transcript::shorten;
use crate::wish::shown_nick;

/// The ids of the questions that nobody typed: who is here, and what rooms there are.
const HERE: &str = "here";
const ROOMS: &str = "rooms";

/// The name of a relay is cut to this many characters.
const SERVER_CHARS_MAX: usize = 60;

impl Conversation {
    /// The relay sent a line. `wall` is what the clock on the wall shows.
    pub(crate) fn hear(&mut self, line: &[u8], now_ms: u64, wall: Timestamp) {
        if self.verdict.is_some() {
            return;
        }
        let Some(session) = &mut self.session else { return };
        let heard = session.hear(line, now_ms);
        self.heard = wall;
        let is_repeated = matches!(&heard, Heard::Event(event) if !self.reading.take(event));
        if self.json
            && !is_repeated
            && let Heard::Welcome { .. } | Heard::Event(_) = heard
            && let Some(object) = json::object(line)
        {
            self.shown.push(Shown::Event(object.into_owned()));
        }
        match heard {
            Heard::Welcome { nick, server, history, rooms, limits } => {
                self.line_bytes_max = limits.line_bytes_max;
                self.welcome(&nick, &server);
                self.resume(&history, &rooms, now_ms);
            }
            Heard::Event(_) if is_repeated => {}
            Heard::Again(hello) => {
                self.denial.hear(line);
                write_line(&hello, &mut self.unsent);
            }
            Heard::Unproven(words, hello) => self.unproven(&words, &hello),
            Heard::Words(words) => self.words = Some(format!("the relay says: {}", clean(&words))),
            Heard::Event(event) => {
                if event == Event::Unknown
                    && let Some(id) = json::answered(line)
                {
                    self.garbled(Some(&id));
                }
                self.happened(&event, now_ms);
            }
            Heard::TurnedAway(words) => self.give_up(format!("the relay says: {}", clean(&words))),
            // What answers now need not be what answers in a minute: a relay may be on its way back.
            Heard::Hopeless(why) => self.give_up(why),
            Heard::Nothing => {
                if let Some(id) = json::answered(line) {
                    self.garbled(Some(&id));
                }
            }
        }
        self.pump(now_ms);
    }

    /// The relay sent a line that is longer than any event: the answer to a question, if there is one.
    pub(crate) fn overheard(&mut self, now_ms: u64) {
        self.note("the relay sent an event too long to be shown");
        self.garbled(None);
        self.pump(now_ms);
    }

    /// The connection comes to nothing, and this is a better reason than what was said before.
    fn give_up(&mut self, why: String) {
        self.words = None;
        self.hang_up(why);
    }

    fn welcome(&mut self, nick: &str, server: &str) {
        self.words = None;
        let before = self.nick.clone();
        if let Some(nick) = shown_nick(nick) {
            self.nick = nick;
        }
        self.hold_or_release(&before);
        let nick = self.nick.clone();
        match self.wish.first() {
            Some(wanted) if wanted.as_str() != nick => {
                let why = self.denial.words(wanted);
                self.note(&format!("{why}; you are {nick}"));
            }
            Some(_) => {}
            None => self.wish.keep(&nick),
        }
        let waiting = self.waiting();
        if self.welcomes == 0 {
            let (relay, server) = (&self.relay, shorten(server, SERVER_CHARS_MAX));
            self.note(&format!(
                "connected to {relay} ({server}) as {nick}; /help lists the commands{waiting}"
            ));
            if let Some(words) = self.tell_of_invitation() {
                self.note(&words);
            }
        } else {
            self.note(&format!("connected again as {nick}{waiting}"));
        }
        if self.welcomes == 0 {
            self.begin_day();
        }
        self.welcomes = self.welcomes.saturating_add(1);
        self.troubles.clear();
        self.known.people.forget_all();
        self.changes = Changes::default();
        self.census = Census::default();
        write_line(&Request::Rooms(Bare { id: Some(ROOMS.into()) }), &mut self.unsent);
    }

    /// Goes on where the connection before ended.
    fn resume(&mut self, history: &str, rooms: &[RoomAt], now_ms: u64) {
        if self.reading.welcome(history, rooms) {
            self.note("the relay's history is another one: what was said meanwhile is not in it");
        }
        if !self.json {
            let unlisted = self.reading.unlisted().map(|(room, _)| room);
            let places = self.reading.behind().chain(unlisted).map(str::to_owned);
            self.missed = Missed::new(self.lost_at, now_ms, places);
        }
        let mut errands = self.welcomed_into(rooms);
        errands.extend(self.questions_meanwhile());
        self.outbox.restore(errands);
        if self.rooms.is_in(LOBBY) {
            self.census.want(LOBBY);
        }
        for RoomAt { room, .. } in rooms.iter().filter(|at| self.rooms.is_in(&at.room)) {
            self.census.want(room);
            self.known.places.learn(room);
        }
        if self.welcomes == 1 {
            self.given = rooms.iter().map(|at| at.room.clone().into_owned()).collect();
        }
    }

    /// What rooms there are. Those that this client was taken into with its first welcome are news.
    fn told_rooms(&mut self, rooms: &[RoomInfo]) {
        let given = std::mem::take(&mut self.given);
        for RoomInfo { room, people, topic, .. } in rooms {
            self.known.places.learn(room);
            if !self.json && **room != *LOBBY && given.iter().any(|given| given == room) {
                let talks = self.here() == Some(room);
                let line = self.transcript.entered(room, topic.as_deref(), *people, talks);
                self.shown.push(Shown::Event(line));
            }
        }
    }

    /// Asks for completion's sake, if it is time.
    pub(super) fn ask_who_is_here(&mut self, now_ms: u64) {
        if let Some(room) = self.census.asks(now_ms) {
            let here = InRoom { id: Some(HERE.into()), room: Some(room.into()) };
            write_line(&Request::Who(here), &mut self.unsent);
        }
    }

    fn happened(&mut self, event: &Event, now_ms: u64) {
        let is_news = match event {
            Event::Message { room, from, .. } => self.was_said(room, from, event),
            Event::Presence { room, nick, change, to, reason, others, .. } => {
                self.met(room, nick, *change, to.as_deref());
                if *others > 0 && self.rooms.is_in(room) {
                    self.census.want(room);
                }
                let detail = to.as_deref().or(reason.as_deref()).unwrap_or_default();
                self.changes.is_news(room, nick, *change, detail) || *others > 0
            }
            Event::Ack { id, .. } => {
                let settled = self.outbox.done(id.as_deref());
                self.accepted(settled, event);
                false
            }
            Event::Nick { id, nick } => {
                let settled = self.outbox.done(id.as_deref());
                self.renamed(nick, settled.is_some());
                false
            }
            Event::Account { id, nick, role, .. } => {
                let settled = self.outbox.done(id.as_deref());
                self.told_account(settled, nick, *role);
                false
            }
            Event::Who { id, room, people, .. } => self.was_told_who(id.as_deref(), room, people),
            Event::Joined { id, room, .. } => {
                let settled = self.outbox.done(id.as_deref());
                self.entered(settled.as_ref(), room)
            }
            Event::Parted { id, room } => {
                let settled = self.outbox.done(id.as_deref());
                self.left(settled.as_ref(), room);
                false
            }
            Event::Rooms { id, rooms, .. } => {
                self.told_rooms(rooms);
                self.outbox.done(id.as_deref());
                id.as_deref() != Some(ROOMS)
            }
            Event::Order(Ordered { id, .. })
            | Event::Bans(Bans { id, .. })
            | Event::Topic { id, .. }
            | Event::Whois { id, .. } => {
                self.outbox.done(id.as_deref());
                true
            }
            Event::Away { id, away } => {
                let settled = self.outbox.done(id.as_deref());
                self.was_away(settled, *away)
            }
            Event::Ignoring { id, nicks } => {
                let settled = self.outbox.done(id.as_deref());
                self.ignores(settled.as_ref(), nicks)
            }
            Event::History { id, .. } => {
                let settled = self.outbox.done(id.as_deref());
                self.told_history(settled, event);
                false
            }
            Event::Found { id, hits, more, before } => {
                let settled = self.outbox.done(id.as_deref());
                if !self.json {
                    self.told_found(settled, hits, *more, before.as_deref());
                }
                false
            }
            Event::Live { room, .. } => {
                self.show_missed(room, false);
                false
            }
            Event::Error { id, code, message, .. } if id.as_deref() == Some(HERE) => {
                if *code == Code::RateLimited {
                    // The person has asked for nothing that could have been too much.
                    return self.census.postponed();
                }
                self.census.answered();
                return self.note(message);
            }
            // A relay that has no rooms has no answer, and nobody has asked.
            Event::Error { id, .. } if id.as_deref() == Some(ROOMS) => return,
            // A room that is not entered with the greeting is asked for by itself, and the answer to that is told.
            Event::Error {
                id: None, code: Code::TooManyRooms | Code::RateLimited | Code::BadRoom, ..
            } if self.outbox.is_restoring() => return,
            Event::Error { id, code, message, retry_after_ms, .. } => {
                let refusal = self.outbox.refused(id.as_deref(), *code, *retry_after_ms, now_ms);
                return self.refused(refusal, *code, message);
            }
            // The token of this run is known to nobody else: an earlier attempt of its own arrived late.
            Event::Bye { code: Farewell::Replaced, .. } => return self.give_up(OVERTAKEN.to_owned()),
            Event::Bye { code, reason } => {
                self.kick = (*code == Farewell::Kicked).then(|| clean(reason).into_owned());
                self.leaving.is_none()
            }
            Event::Announcement { .. } | Event::Gap { .. } => true,
            Event::Welcome { .. } | Event::Pong { .. } | Event::Unknown => false,
        };
        if is_news && !self.json {
            self.show(event, now_ms);
        }
    }

    /// Somebody has said something. Whether that is news to the person.
    fn was_said(&mut self, room: &str, from: &str, event: &Event) -> bool {
        self.known.people.spoke(from, room);
        let is_news = !self.is_hidden(from);
        if is_news {
            self.recalls(event);
        }
        is_news
    }

    fn renamed(&mut self, nick: &str, is_asked_for: bool) {
        if is_asked_for {
            self.release();
        }
        let Some(nick) = shown_nick(nick) else { return };
        self.wish.keep(&nick);
        self.nick.clone_from(&nick);
        self.note(&format!("you are now {nick}"));
    }

    fn met(&mut self, room: &str, nick: &str, change: Change, to: Option<&str>) {
        let people = &self.known.people;
        match change {
            Change::Joined => people.came(nick, room),
            Change::Left => people.went(nick, room),
            Change::Renamed => {
                people.went(nick, room);
                if let Some(to) = to {
                    people.came(to, room);
                    self.recall.renamed(nick, to);
                }
            }
            Change::Away | Change::Back | Change::Other => {}
        }
    }

    /// Whether that is news to the person: they have asked, or are here for the first time.
    fn was_told_who(&mut self, id: Option<&str>, room: &str, people: &[Person]) -> bool {
        // Of other rooms nobody tells who leaves them.
        if self.rooms.is_in(room) {
            self.known.people.forget(room);
            for person in people {
                self.known.people.came(&person.nick, room);
            }
        }
        if id == Some(HERE) {
            self.census.answered();
            return self.here() == Some(room) && !std::mem::replace(&mut self.introduced, true);
        }
        self.outbox.done(id);
        true
    }
}
