//! Standard input as messages: each line is delivered once and counted, one after the other.
//!
//! Pure, like a conversation, but it never connects again: a program that pipes wants to know.

use lanchat_protocol::LOBBY;
use lanchat_protocol::client::{Bare, Code, Event, Request, write_line};
use lanchat_protocol::names::Nick;
use lanchat_protocol::text::clean;

use crate::input::Input;
use crate::json;
use crate::outbox::{Errand, Outbox, Refusal};
use crate::session::{Alarm, Heard, Session};
use crate::target::Target;
use crate::wish::{Denial, Wish, shown_nick};

/// How long the relay's goodbye is waited for when everything is delivered, in milliseconds.
const GOODBYE_MS: u64 = 1_000;

/// What is told once.
#[derive(Debug, Default)]
struct Told {
    /// A line was not UTF-8.
    damage: bool,
    /// Whom the messages are for is not here.
    absence: bool,
}

/// The state of a delivery over one connection.
#[derive(Debug)]
pub(crate) struct Delivery {
    session: Session,
    outbox: Outbox,
    /// Where the messages go; `None`: to the lobby.
    target: Option<Target>,
    line_bytes_max: usize,
    /// The nick that was asked for by name: a script that got another one is told.
    named: Option<Nick>,
    denial: Denial,
    /// Lines that are messages; empty ones are none.
    messages: u64,
    delivered: u64,
    /// The number of the input line that was read last.
    line: u64,
    /// The number of the one that is on its way.
    line_out: u64,
    input_ended: bool,
    told: Told,
    goodbye_by_ms: Option<u64>,
    /// What the relay said in plain words before it took this client in.
    words: Option<String>,
    /// Why the connection ended.
    last_words: Option<String>,
    events: Vec<String>,
    complaints: Vec<String>,
    unsent: Vec<u8>,
    over: bool,
}

impl Delivery {
    /// The delivery on a connection that was just made.
    pub(crate) fn new(target: Option<Target>, wish: Wish, named: Option<Nick>, now_ms: u64) -> Self {
        let (session, hello) = Session::open(wish, now_ms);
        let mut unsent = Vec::new();
        write_line(&hello, &mut unsent);
        Self {
            session,
            outbox: Outbox::new(1),
            target,
            line_bytes_max: usize::MAX,
            named,
            denial: Denial::default(),
            messages: 0,
            delivered: 0,
            line: 0,
            line_out: 0,
            input_ended: false,
            told: Told::default(),
            goodbye_by_ms: None,
            words: None,
            last_words: None,
            events: Vec::new(),
            complaints: Vec::new(),
            unsent,
            over: false,
        }
    }

    /// Whether the next line of the input can be taken.
    pub(crate) fn wants_input(&self) -> bool {
        self.session.is_welcome() && !self.input_ended && self.outbox.len() == 0
    }

    /// Takes the next line; `None` at the end of the input.
    pub(crate) fn take(&mut self, input: Option<Input>, now_ms: u64) {
        if let Some(text) = self.count(input) {
            self.line_out = self.line;
            // There is room: `wants_input` has said so.
            let to = self.target.as_ref().map_or_else(|| LOBBY.to_owned(), Target::on_the_wire);
            let _ = self.outbox.push(Errand::Say { to, text, action: false });
        }
        self.pump(now_ms);
    }

    /// Counts a line that will not be delivered any more.
    pub(crate) fn give_up(&mut self, input: Option<Input>) {
        self.count(input);
    }

    /// The relay sent a line.
    pub(crate) fn hear(&mut self, line: &[u8], now_ms: u64) {
        let heard = self.session.hear(line, now_ms);
        if let Heard::Welcome { .. } | Heard::Event(_) = heard {
            self.events.extend(json::object(line).map(std::borrow::Cow::into_owned));
        }
        match heard {
            Heard::Welcome { nick, limits, .. } => {
                self.line_bytes_max = limits.line_bytes_max;
                if let Some(named) = self.named.take_if(|named| named.as_str() != nick) {
                    let why = self.denial.words(&named);
                    let nick = shown_nick(&nick).unwrap_or_default();
                    self.complain(&format!("{why}; speaking as {nick}"));
                }
                if let Some(room) = self.target.as_ref().and_then(Target::to_enter) {
                    // Nothing was taken yet, so there is room.
                    let _ = self.outbox.push(Errand::Join(room.clone()));
                }
            }
            Heard::Again(hello) => {
                self.denial.hear(line);
                write_line(&hello, &mut self.unsent);
            }
            Heard::Words(words) => self.words = Some(format!("the relay says: {}", clean(&words))),
            Heard::Event(event) => self.happened(event, now_ms),
            Heard::TurnedAway(words) => self.stop(format!("the relay says: {}", clean(&words))),
            Heard::Hopeless(why) => self.stop(why),
            Heard::Nothing => {}
        }
        self.pump(now_ms);
    }

    /// Bytes arrived, perhaps not a whole line.
    pub(crate) fn stir(&mut self, now_ms: u64) {
        self.session.stir(now_ms);
    }

    /// The connection broke.
    pub(crate) fn lost(&mut self, why: &str) {
        let why = self.words.take().filter(|_| !self.session.is_welcome()).unwrap_or_else(|| why.to_owned());
        self.stop(why);
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now_ms: u64) {
        match self.session.alarm(now_ms) {
            Alarm::Quiet => {}
            Alarm::Ping(ping) => write_line(&ping, &mut self.unsent),
            Alarm::Lost(why) => self.stop(why.to_owned()),
        }
        if self.outbox.is_overdue(now_ms) {
            self.stop("it does not answer a request".to_owned());
        }
        self.over |= self.goodbye_by_ms.is_some_and(|by_ms| now_ms >= by_ms);
        self.pump(now_ms);
    }

    /// When [`Delivery::tick`] is worth a call.
    pub(crate) fn due_ms(&self) -> u64 {
        let times = [self.outbox.due_ms(), self.goodbye_by_ms];
        times.into_iter().flatten().fold(self.session.due_ms(), u64::min)
    }

    /// Whether there is nothing more to do on the connection.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether the input was read to its end.
    pub(crate) fn has_all_input(&self) -> bool {
        self.input_ended
    }

    /// What is to be sent; each byte is handed out once.
    pub(crate) fn take_unsent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.unsent)
    }

    /// The relay's events as JSON, in order; each is handed out once.
    pub(crate) fn take_events(&mut self) -> impl Iterator<Item = String> {
        self.events.drain(..)
    }

    /// Lines for standard error; each is handed out once.
    pub(crate) fn take_complaints(&mut self) -> impl Iterator<Item = String> {
        self.complaints.drain(..)
    }

    /// The result: `Ok` when every line of the input was acknowledged, else what to say.
    pub(crate) fn result(&self) -> Result<(), String> {
        let missing = self.messages - self.delivered;
        if missing == 0 && self.input_ended {
            return Ok(());
        }
        let reason = self.last_words.as_ref().map(|words| format!(": {words}")).unwrap_or_default();
        if self.messages == 0 {
            return Err(self.last_words.clone().unwrap_or_else(|| "the input was not read".to_owned()));
        }
        let least = if self.input_ended { "" } else { "at least " };
        let messages = if self.messages == 1 { "message" } else { "messages" };
        let were = if missing == 1 { "was" } else { "were" };
        let all = self.messages;
        let head = format!("{missing} of {least}{all} {messages} {were} not delivered{reason}");
        let uncertain = self.outbox.errands().find_map(Errand::quoted);
        let line = self.line_out;
        Err(match uncertain {
            Some(text) => format!("{head}; line {line}, {text}, may have arrived all the same"),
            None => head,
        })
    }

    fn count(&mut self, input: Option<Input>) -> Option<String> {
        let Some(input) = input else {
            self.input_ended = true;
            return None;
        };
        self.line += 1;
        match input {
            Input::Line { text, .. } if text.trim().is_empty() => None,
            Input::Line { text, damaged } => {
                self.messages += 1;
                if damaged && !std::mem::replace(&mut self.told.damage, true) {
                    let line = self.line;
                    self.complain(&format!("line {line} is not UTF-8; U+FFFD is sent for what is not"));
                }
                Some(text)
            }
            Input::TooLong => {
                self.messages += 1;
                let line = self.line;
                self.complain(&format!("line {line} is too long and was not sent"));
                None
            }
            Input::Failed(error) => {
                self.messages += 1;
                self.complain(&format!("standard input cannot be read: {error}"));
                None
            }
        }
    }

    fn happened(&mut self, event: Event, now_ms: u64) {
        match event {
            Event::Ack { id, waits, .. } => {
                self.delivered += u64::from(self.outbox.done(id.as_deref()).is_some());
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
            Event::Error { id, code, message, retry_after_ms } => {
                let refusal = self.outbox.refused(id.as_deref(), code, retry_after_ms, now_ms);
                self.refused(refusal, code, &message);
            }
            Event::Bye { reason, .. } => self.stop(format!("the relay says goodbye: {}", clean(&reason))),
            Event::Welcome { .. }
            | Event::Message { .. }
            | Event::Presence { .. }
            | Event::Announcement { .. }
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
            | Event::Unknown => {}
        }
    }

    fn refused(&mut self, refusal: Refusal, code: Code, message: &str) {
        let errand = match refusal {
            Refusal::Later(_) => return,
            Refusal::NotOurs => return self.complain(message),
            Refusal::Final(settled) => settled.errand,
        };
        let is_hopeless =
            matches!(code, Code::NoSuchRoom | Code::BadRoom | Code::NoSuchNick | Code::TooManyRooms);
        if is_hopeless || matches!(errand, Errand::Join(_)) {
            // What was refused to one line would be to all.
            let target = self.target.as_ref().map(Target::to_string).unwrap_or_default();
            return self.stop(format!("nothing can be sent to {target}: {}", clean(message)));
        }
        let line = self.line;
        self.complain(&format!("line {line} was refused: {message}"));
    }

    /// Sends what may go out now, and the goodbye when all is done.
    fn pump(&mut self, now_ms: u64) {
        if !self.session.is_welcome() || self.over {
            return;
        }
        if let Some(too_long) = self.outbox.send(now_ms, self.line_bytes_max, &mut self.unsent) {
            let (line, bytes, max) = (self.line, too_long.bytes, self.line_bytes_max);
            self.complain(&format!("line {line} was not sent: it takes {bytes} bytes of at most {max}"));
        }
        if self.input_ended && self.outbox.len() == 0 && self.goodbye_by_ms.is_none() {
            self.goodbye_by_ms = Some(now_ms + GOODBYE_MS);
            write_line(&Request::Quit(Bare::default()), &mut self.unsent);
        }
    }

    fn complain(&mut self, what: &str) {
        self.complaints.push(clean(what).into_owned());
    }

    fn stop(&mut self, why: String) {
        self.over = true;
        // Once everything was delivered, the end of the connection is no news.
        if self.goodbye_by_ms.is_none() {
            self.last_words.get_or_insert(why);
        }
    }
}

#[cfg(test)]
mod tests;
