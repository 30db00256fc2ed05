//! What the relay says, and what it means for what was asked.

use std::borrow::Cow;

use lanchat_protocol::client::{Code, Event, Farewell, Kind, RoomAt, write_line};
use lanchat_protocol::names::RoomName;
use lanchat_protocol::text::clean;

use super::Liaison;
use crate::json;
use crate::outbox::{Errand, Refusal, Settled};
use crate::session::{Heard, OVERTAKEN};
use crate::wish::shown_nick;

/// What a line of the relay comes to.
#[derive(Debug)]
pub(crate) enum Turn<'a> {
    /// The relay has taken this client in.
    Welcome {
        /// The nick that it gave.
        nick: Cow<'a, str>,
        /// The history that its positions are in.
        history: Cow<'a, str>,
        /// Where this client is, and how far that is.
        rooms: Vec<RoomAt<'a>>,
    },
    /// What was asked for is done, and this is the answer.
    Done(Event<'a>),
    /// What was asked for will not be done.
    Refused(Errand, Code, Cow<'a, str>),
    /// There is no such room, or it is a private one: it was not entered.
    NoRoom(RoomName),
    /// What became of what was asked for is not to be known, and why.
    Unanswered(Settled, &'static str),
    /// Something else happened.
    Event(Event<'a>),
    /// Nothing that matters.
    Nothing,
}

impl Liaison {
    /// The relay sent a line.
    pub(crate) fn hear<'a>(&mut self, line: &'a [u8], now_ms: u64) -> Turn<'a> {
        let Some(session) = &mut self.session else { return Turn::Nothing };
        match session.hear(line, now_ms) {
            Heard::Welcome { nick, history, rooms, limits, .. } => {
                self.line_bytes_max = limits.line_bytes_max;
                self.welcome(&nick, &history, &rooms);
                return Turn::Welcome { nick, history, rooms };
            }
            Heard::Event(event) if !self.reading.take(&event) => {}
            Heard::Event(event) => return self.happened(event, now_ms),
            Heard::Again(hello) => {
                self.denial.hear(line);
                write_line(&hello, &mut self.unsent);
            }
            Heard::Unproven(words, _) => self.stop(format!("not logged in: {}", clean(&words))),
            Heard::Words(words) => self.words = Some(format!("the relay says: {}", clean(&words))),
            Heard::TurnedAway(words) => self.hang_up(&format!("the relay says: {}", clean(&words)), now_ms),
            Heard::Hopeless(why) => self.hang_up(&why, now_ms),
            Heard::Nothing => {
                if let Some(settled) = json::answered(line).and_then(|id| self.outbox.garbled(Some(&id))) {
                    return Turn::Unanswered(settled, "the relay's answer could not be read");
                }
            }
        }
        Turn::Nothing
    }

    fn welcome(&mut self, nick: &str, history: &str, rooms: &[RoomAt]) {
        (self.was_welcome, self.gone_since_ms, self.trouble) = (true, None, None);
        if let Some(named) = self.sender.named.take_if(|named| named.as_str() != nick) {
            let why = self.denial.words(&named);
            let nick = shown_nick(nick).unwrap_or_default();
            self.complain(&format!("{why}; speaking as {nick}"));
        }
        if self.sender.wish.first().is_none() {
            self.sender.wish.keep(nick);
        }
        self.reading.welcome(history, rooms);
        let unlisted: Vec<_> = self.reading.unlisted().map(|(room, _)| room.to_owned()).collect();
        for room in unlisted {
            self.reading.caught_up(&room, None);
            self.complain(&format!("what was said in #{room} meanwhile may be missing"));
        }
        self.enter_rooms(rooms);
    }

    fn happened<'a>(&mut self, event: Event<'a>, now_ms: u64) -> Turn<'a> {
        if let Event::Error { id, code, message, retry_after_ms, .. } = &event {
            return match self.outbox.refused(id.as_deref(), *code, *retry_after_ms, now_ms) {
                Refusal::Final(settled) => match self.not_found(&settled.errand, *code) {
                    Some(room) => Turn::NoRoom(room),
                    None => Turn::Refused(settled.errand, *code, message.clone()),
                },
                // The goodbye follows.
                Refusal::NotOurs if self.kind == Kind::Probe && *code == Code::LoginTimeout => Turn::Nothing,
                Refusal::NotOurs => {
                    self.complain(message);
                    Turn::Event(event)
                }
                Refusal::Later(_) => Turn::Event(event),
            };
        }
        // Whatever else bears the id is no answer.
        let is_due = self.outbox.uncertain().next().is_some_and(|errand| suits(errand, &event));
        if let Some(settled) = answered(&event).filter(|_| is_due).and_then(|id| self.outbox.done(Some(id))) {
            if self.is_found(&settled.errand) {
                return Turn::Nothing;
            }
            // What the relay calls the room is what it is called from here on.
            if let (Errand::Join(entered), Event::Joined { room, .. }) = (&settled.errand, &event)
                && let Some(known) = self.rooms.iter_mut().find(|room| *room == entered)
                && let Ok(room) = RoomName::parse(room)
            {
                *known = room;
            }
            return Turn::Done(event);
        }
        match &event {
            Event::Bye { code, reason } => {
                let words = format!("the relay says goodbye: {}", clean(reason));
                match code {
                    Farewell::Kicked | Farewell::Quit => self.stop(words),
                    // The token of this run is known to nobody else: an earlier attempt of its own arrived late.
                    Farewell::Replaced => self.hang_up(OVERTAKEN, now_ms),
                    Farewell::LoginTimeout if self.kind == Kind::Probe => self.knock_again(&words, now_ms),
                    // It may take another connection.
                    Farewell::Stopping | Farewell::LoginTimeout | Farewell::Other => {
                        self.hang_up(&words, now_ms);
                    }
                }
            }
            // What keeps it from being heard.
            Event::Order(ordered) if ordered.you => self.complain(&ordered.told().sentence()),
            _ => {}
        }
        Turn::Event(event)
    }
}

/// Whether this can be the answer to that.
fn suits(errand: &Errand, event: &Event) -> bool {
    matches!(
        (errand, event),
        (Errand::Say { .. }, Event::Ack { .. })
            | (Errand::Join(_), Event::Joined { .. })
            | (Errand::Who(_), Event::Who { .. })
            | (Errand::Ping, Event::Pong { .. })
            | (Errand::History(_), Event::History { .. })
            | (Errand::Search { .. }, Event::Found { .. })
    )
}

/// The id of the request that an event answers, of those that a script makes.
fn answered<'e>(event: &'e Event) -> Option<&'e str> {
    match event {
        Event::Ack { id, .. }
        | Event::Joined { id, .. }
        | Event::Who { id, .. }
        | Event::Pong { id }
        | Event::History { id, .. }
        | Event::Found { id, .. } => id.as_deref(),
        Event::Welcome { .. }
        | Event::Error { .. }
        | Event::Bye { .. }
        | Event::Order(_)
        | Event::Bans(_)
        | Event::Message { .. }
        | Event::Presence { .. }
        | Event::Announcement { .. }
        | Event::Account { .. }
        | Event::Nick { .. }
        | Event::Gap { .. }
        | Event::Parted { .. }
        | Event::Rooms { .. }
        | Event::Topic { .. }
        | Event::Whois { .. }
        | Event::Away { .. }
        | Event::Ignoring { .. }
        | Event::Live { .. }
        | Event::Unknown => None,
    }
}
