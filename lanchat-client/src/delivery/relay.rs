//! What the relay says, and what it means for the messages.

use std::borrow::Cow;

use lanchat_protocol::client::{Code, Event, Farewell, RoomAt, write_line};
use lanchat_protocol::text::clean;

use super::Delivery;
use crate::json;
use crate::outbox::{Errand, Refusal, Settled};
use crate::session::{Heard, OVERTAKEN};
use crate::target::Target;
use crate::transcript::quote;
use crate::wish::shown_nick;

/// What to do where a relay hears nobody who is not logged in.
const LOGIN_REQUIRED: &str = "only who is logged in says anything there: give --login NICK with --password-file FILE, \
                              or --token-file FILE";

impl Delivery {
    /// The relay sent a line.
    pub(crate) fn hear(&mut self, line: &[u8], now_ms: u64) {
        let Some(session) = &mut self.session else { return };
        let heard = session.hear(line, now_ms);
        let is_repeated = matches!(&heard, Heard::Event(event) if !self.reading.take(event));
        if let Heard::Welcome { .. } | Heard::Event(_) = heard
            && !is_repeated
        {
            self.events.extend(json::object(line).map(Cow::into_owned));
        }
        match heard {
            Heard::Welcome { nick, history, rooms, limits, .. } => {
                self.line_bytes_max = limits.line_bytes_max;
                self.welcome(&nick, &history, &rooms);
            }
            Heard::Again(hello) => {
                self.denial.hear(line);
                write_line(&hello, &mut self.unsent);
            }
            Heard::Unproven(words, _) => self.stop(format!("not logged in: {}", clean(&words))),
            Heard::Words(words) => self.words = Some(format!("the relay says: {}", clean(&words))),
            Heard::Event(_) if is_repeated => {}
            Heard::Event(event) => self.happened(event, now_ms),
            Heard::TurnedAway(words) => self.hang_up(&format!("the relay says: {}", clean(&words)), now_ms),
            Heard::Hopeless(why) => self.hang_up(&why, now_ms),
            Heard::Nothing => {
                if let Some(settled) = json::answered(line).and_then(|id| self.outbox.garbled(Some(&id))) {
                    self.unanswered(settled, "the relay's answer could not be read");
                }
            }
        }
        self.pump(now_ms);
    }

    /// What became of an errand is not to be known.
    pub(super) fn unanswered(&mut self, settled: Settled, why: &str) {
        if let Errand::Say { text, .. } = settled.errand {
            let line = self.tally.line;
            return self.complain(&format!("line {line}, {}, may not have arrived: {why}", quote(&text)));
        }
        let target = self.target.as_ref().map(Target::to_string).unwrap_or_default();
        self.stop(format!("nothing can be sent to {target}: {why}"));
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
        if let Some(room) = self.target.as_ref().and_then(Target::to_enter)
            && !rooms.iter().any(|at| *at.room == *room.as_str())
        {
            self.outbox.restore([Errand::Join(room.clone())]);
        }
    }

    fn happened(&mut self, event: Event, now_ms: u64) {
        match event {
            Event::Ack { id, waits, .. } => {
                self.tally.delivered += u64::from(self.outbox.done(id.as_deref()).is_some());
                if waits && !std::mem::replace(&mut self.told.absence, true) {
                    let who = self.target.as_ref().map(Target::to_string).unwrap_or_default();
                    self.complain(&format!("{who} is not here: what is sent waits for them"));
                }
            }
            Event::Joined { id, room, .. } => {
                self.outbox.done(id.as_deref());
                // What the relay calls the room is what the messages are for.
                if self.target.as_ref().is_some_and(|target| target.to_enter().is_some())
                    && let Ok(target @ Target::Room(_)) = Target::parse(&room)
                {
                    self.target = Some(target);
                }
            }
            Event::Error { id, code, message, retry_after_ms, .. } => {
                let refusal = self.outbox.refused(id.as_deref(), code, retry_after_ms, now_ms);
                self.refused(refusal, code, &message);
            }
            Event::Bye { code, reason } => {
                let words = format!("the relay says goodbye: {}", clean(&reason));
                match code {
                    Farewell::Kicked | Farewell::Quit => self.stop(words),
                    // The token of this run is known to nobody else: an earlier attempt of its own arrived late.
                    Farewell::Replaced => self.hang_up(OVERTAKEN, now_ms),
                    // It may take another connection.
                    Farewell::Stopping | Farewell::LoginTimeout | Farewell::Other => {
                        self.hang_up(&words, now_ms);
                    }
                }
            }
            // What keeps it from being heard.
            Event::Order(ordered) if ordered.you => self.complain(&ordered.told().sentence()),
            Event::Welcome { .. }
            | Event::Order(_)
            | Event::Bans(_)
            | Event::Message { .. }
            | Event::Presence { .. }
            | Event::Announcement { .. }
            | Event::Account { .. }
            | Event::Nick { .. }
            | Event::Who { .. }
            | Event::Pong { .. }
            | Event::Gap { .. }
            | Event::Parted { .. }
            | Event::Rooms { .. }
            | Event::Topic { .. }
            | Event::Whois { .. }
            | Event::Away { .. }
            | Event::Ignoring { .. }
            | Event::History { .. }
            | Event::Live { .. }
            | Event::Found { .. }
            | Event::Unknown => {}
        }
    }

    fn refused(&mut self, refusal: Refusal, code: Code, message: &str) {
        let errand = match refusal {
            Refusal::Later(_) => return,
            Refusal::NotOurs => return self.complain(message),
            Refusal::Final(settled) => settled.errand,
        };
        if code == Code::LoginRequired {
            return self.stop(LOGIN_REQUIRED.to_owned());
        }
        let is_hopeless = matches!(
            code,
            Code::NoSuchRoom
                | Code::BadRoom
                | Code::NoSuchNick
                | Code::TooManyRooms
                | Code::Muted
                | Code::NotAllowed
        );
        if is_hopeless || matches!(errand, Errand::Join(_)) {
            // What was refused to one line would be to all.
            let target = self.target.as_ref().map(Target::to_string).unwrap_or_default();
            return self.stop(format!("nothing can be sent to {target}: {}", clean(message)));
        }
        let line = self.tally.line;
        self.complain(&format!("line {line} was refused: {message}"));
    }
}
