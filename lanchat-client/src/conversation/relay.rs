//! What the relay says, and what it means for the person.

use lanchat_protocol::client::{Change, Code, Event, Farewell, InRoom, Person, Request, write_line};
use lanchat_protocol::text::clean;

use super::census::Census;
use super::{Conversation, Shown};
use crate::json;
use crate::outbox::{Errand, Refusal};
use crate::session::Heard;
use crate::transcript::{quote, shorten};
use crate::wish::shown_nick;

/// The id of the question that nobody typed: who is here.
const HERE: &str = "here";

/// The name of a relay is cut to this many characters.
const SERVER_CHARS_MAX: usize = 60;

impl Conversation {
    /// The relay sent a line.
    pub(crate) fn hear(&mut self, line: &[u8], now_ms: u64) {
        if self.verdict.is_some() {
            return;
        }
        let Some(session) = &mut self.session else { return };
        let heard = session.hear(line, now_ms);
        if self.json
            && let Heard::Welcome { .. } | Heard::Event(_) = heard
            && let Some(object) = json::object(line)
        {
            self.shown.push(Shown::Event(object.into_owned()));
        }
        match heard {
            Heard::Welcome { nick, server, limits } => {
                self.line_bytes_max = limits.line_bytes_max;
                self.welcome(&nick, &server);
            }
            Heard::Again(hello) => {
                self.denial.hear(line);
                write_line(&hello, &mut self.unsent);
            }
            Heard::Words(words) => self.words = Some(format!("the relay says: {}", clean(&words))),
            Heard::Event(event) => self.happened(&event, now_ms),
            Heard::TurnedAway(words) => self.give_up(format!("the relay says: {}", clean(&words))),
            // What answers now need not be what answers in a minute: a relay may be on its way back.
            Heard::Hopeless(why) => self.give_up(why),
            Heard::Nothing => {}
        }
        self.pump(now_ms);
    }

    /// The relay sent a line that is longer than any event.
    pub(crate) fn overheard(&mut self) {
        self.note("the relay sent an event too long to be shown");
    }

    /// The connection comes to nothing, and this is a better reason than what was said before.
    fn give_up(&mut self, why: String) {
        self.words = None;
        self.hang_up(why);
    }

    fn welcome(&mut self, nick: &str, server: &str) {
        self.words = None;
        if let Some(nick) = shown_nick(nick) {
            self.nick = nick;
        }
        let nick = self.nick.clone();
        match self.wish.first() {
            Some(wanted) if wanted.as_str() != nick => {
                let why = self.denial.words(wanted);
                self.note(&format!("{why}; you are {nick}"));
            }
            Some(_) => {}
            None => self.wish.keep(&nick),
        }
        let waiting = match self.outbox.len() {
            0 => String::new(),
            1 => "; sending the line that waited".to_owned(),
            n => format!("; sending the {n} lines that waited"),
        };
        if self.welcomes == 0 {
            let (relay, server) = (&self.relay, shorten(server, SERVER_CHARS_MAX));
            self.note(&format!(
                "connected to {relay} ({server}) as {nick}; /help lists the commands{waiting}"
            ));
        } else {
            self.note(&format!("connected again as {nick}{waiting}"));
        }
        self.welcomes = self.welcomes.saturating_add(1);
        self.troubles.clear();
        self.census = Census::begin();
    }

    /// Asks for completion's sake, if it is time.
    pub(super) fn ask_who_is_here(&mut self, now_ms: u64) {
        if self.census.asks(now_ms) {
            let here = InRoom { id: Some(HERE.into()), room: Some((&self.room).into()) };
            write_line(&Request::Who(here), &mut self.unsent);
        }
    }

    fn happened(&mut self, event: &Event, now_ms: u64) {
        match event {
            Event::Message { from, .. } => self.people.came(from),
            Event::Presence { nick, change, to, others, .. } => {
                self.met(nick, *change, to.as_deref());
                if *others > 0 {
                    self.census.want();
                }
            }
            Event::Ack { id, .. } => {
                self.outbox.done(id.as_deref());
            }
            Event::Nick { id, nick } => {
                self.outbox.done(id.as_deref());
                self.renamed(nick);
            }
            Event::Who { id, people, .. } => {
                self.meet(people);
                if id.as_deref() == Some(HERE) {
                    self.census.answered();
                }
                let asked = self.outbox.done(id.as_deref()).is_some();
                if !asked && std::mem::replace(&mut self.introduced, true) {
                    return;
                }
            }
            Event::Error { id, code, message, .. } if id.as_deref() == Some(HERE) => {
                self.census.answered();
                if *code != Code::RateLimited {
                    return self.note(message);
                }
                // The person has asked for nothing that could have been too much.
                self.census.want();
                return;
            }
            Event::Error { id, code, message, retry_after_ms } => {
                let refusal = self.outbox.refused(id.as_deref(), *code, *retry_after_ms, now_ms);
                return self.refused(refusal, *code, message);
            }
            Event::Bye { code, reason } => {
                self.kick = (*code == Farewell::Kicked).then(|| clean(reason).into_owned());
                if self.leaving.is_some() {
                    return;
                }
            }
            Event::Welcome { .. }
            | Event::Announcement { .. }
            | Event::Pong { .. }
            | Event::Gap { .. }
            | Event::Joined { .. }
            | Event::Parted { .. }
            | Event::Rooms { .. }
            | Event::Topic { .. }
            | Event::Whois { .. }
            | Event::Away { .. }
            | Event::Ignoring { .. }
            | Event::Unknown => {}
        }
        if !self.json {
            self.shown.extend(self.transcript.line(event).map(Shown::Event));
        }
    }

    fn refused(&mut self, refusal: Refusal, code: Code, message: &str) {
        match refusal {
            Refusal::Later(pause_ms) => {
                if code == Code::RateLimited && !std::mem::replace(&mut self.slowed, true) {
                    let seconds = pause_ms.div_ceil(1000);
                    self.note(&format!("too fast for the relay: the rest follows, from in {seconds} s"));
                }
            }
            Refusal::Final(Errand::Say { text, .. }) => {
                self.note(&format!("not sent: {}: {message}", quote(&text)));
            }
            Refusal::Final(Errand::Nick(_) | Errand::Who) | Refusal::NotOurs => self.note(message),
        }
    }

    fn renamed(&mut self, nick: &str) {
        let Some(nick) = shown_nick(nick) else { return };
        self.wish.keep(&nick);
        self.nick.clone_from(&nick);
        self.note(&format!("you are now {nick}"));
    }

    fn met(&self, nick: &str, change: Change, to: Option<&str>) {
        match change {
            Change::Joined => self.people.came(nick),
            Change::Left => self.people.went(nick),
            Change::Renamed => {
                self.people.went(nick);
                if let Some(to) = to {
                    self.people.came(to);
                }
            }
            Change::Away | Change::Back | Change::Other => {}
        }
    }

    fn meet(&self, people: &[Person]) {
        self.people.forget();
        for person in people {
            self.people.came(&person.nick);
        }
    }
}
