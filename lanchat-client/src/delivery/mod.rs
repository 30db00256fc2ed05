//! Standard input as messages: each is delivered once and counted, one after the other, over any number of
//! connections. Pure.

mod message;
mod relay;
mod tally;

use std::io;

use lanchat_protocol::LOBBY;
use lanchat_protocol::client::{Request, Say, write_line};
use lanchat_protocol::names::RoomName;

use crate::input::Input;
use crate::liaison::{LINE_BYTES_MAX, Liaison, Sender};
use crate::outbox::Errand;
use crate::target::Target;
use crate::work::Work;

use self::message::{Bundle, Message};
use self::tally::Tally;

pub(crate) use self::message::Shape;

/// How long more input is waited for when nobody reads the events, in milliseconds.
const IDLE_MS: u64 = 1_000;

/// So much of a line that the relay takes is filled, whatever the relay says.
const MESSAGE_BYTES_MAX: usize = 64 << 10;

/// What is told once.
#[derive(Debug, Default)]
struct Told {
    /// A line was not UTF-8.
    damage: bool,
    /// Whom the messages are for is not here.
    absence: bool,
}

/// What is done with the relay's events.
#[derive(Debug)]
enum Events {
    /// Nobody wants to know.
    Unwanted,
    /// They are printed as JSON.
    Printed,
    /// Nobody has read them since, or since the last line of input after that.
    Unread { since_ms: u64 },
}

/// The state of a delivery.
#[derive(Debug)]
pub(crate) struct Delivery {
    liaison: Liaison,
    /// Where the messages go; `None`: to the lobby.
    target: Option<Target>,
    bundle: Bundle,
    tally: Tally,
    told: Told,
    events: Events,
    /// The events were not read because they could not be written.
    events_lost: bool,
    output: String,
}

impl Delivery {
    /// A delivery before the first connection.
    pub(crate) fn new(target: Option<Target>, shape: Shape, prints_events: bool, sender: Sender) -> Self {
        let lobby = RoomName::parse(LOBBY).ok();
        // Whoever listens hears the lobby too. Whoever does not has no business there, unless that is where it talks.
        let besides = lobby.filter(|_| prints_events || target.is_none());
        let mut rooms = Vec::from_iter(target.as_ref().and_then(Target::room).cloned());
        rooms.extend(besides.filter(|lobby| !rooms.contains(lobby)));
        Self {
            liaison: Liaison::new(sender, rooms),
            target,
            bundle: Bundle::new(shape),
            tally: Tally::default(),
            told: Told::default(),
            events: if prints_events { Events::Printed } else { Events::Unwanted },
            events_lost: false,
            output: String::new(),
        }
    }

    /// Whether the input was read to its end.
    pub(crate) fn has_all_input(&self) -> bool {
        self.tally.input_ended
    }

    /// Whether there were events that could not be written.
    pub(crate) fn has_lost_events(&self) -> bool {
        self.events_lost
    }

    /// The message that an input completes.
    fn compose(&mut self, input: Option<Input>) -> Option<Message> {
        let message = match self.count(input) {
            Some(text) => {
                let bytes_max = self.text_bytes_max();
                self.bundle.add(&text, self.tally.line, bytes_max)
            }
            None if self.tally.input_ended => self.bundle.take(),
            None => None,
        };
        self.tally.messages += u64::from(message.is_some());
        message
    }

    /// How much text fits a request.
    fn text_bytes_max(&self) -> usize {
        let line_bytes_max =
            if self.liaison.was_welcome() { self.liaison.line_bytes_max() } else { LINE_BYTES_MAX };
        let id = u64::MAX.to_string();
        let mut frame = Vec::new();
        let say = Say { id: Some(id.into()), room: Some(self.to().into()), text: "".into(), action: false };
        write_line(&Request::Say(say), &mut frame);
        line_bytes_max.min(MESSAGE_BYTES_MAX).saturating_sub(frame.len())
    }

    /// Where the messages go, as the wire has it.
    fn to(&self) -> String {
        self.target.as_ref().map_or_else(|| LOBBY.to_owned(), Target::on_the_wire)
    }

    /// Sends what may go out now, and the goodbye when all is done.
    fn pump(&mut self, now_ms: u64) {
        if let Some(too_long) = self.liaison.pump(now_ms) {
            let (lines, bytes, max) = (self.tally.out(), too_long.bytes, self.liaison.line_bytes_max());
            self.liaison.complain(&format!("{lines} not sent: it takes {bytes} bytes of at most {max}"));
        }
        if self.tally.input_ended && self.liaison.is_free() {
            self.liaison.say_goodbye(now_ms);
        }
    }

    /// When more input is not waited for any longer, since nobody reads the events.
    fn idle_ms(&self) -> Option<u64> {
        match self.events {
            Events::Unread { since_ms } if self.wants_input() => Some(since_ms.saturating_add(IDLE_MS)),
            Events::Unread { .. } | Events::Unwanted | Events::Printed => None,
        }
    }
}

impl Work for Delivery {
    fn liaison(&self) -> &Liaison {
        &self.liaison
    }

    fn liaison_mut(&mut self) -> &mut Liaison {
        &mut self.liaison
    }

    fn hear(&mut self, line: &[u8], now_ms: u64) {
        self.hear_line(line, now_ms);
    }

    fn tick(&mut self, now_ms: u64) {
        if let Some(settled) = self.liaison.tick(now_ms) {
            self.unanswered(settled.errand, "the relay does not answer");
        }
        // `lanchat-client --json | head` is no failure: what was piped in is delivered, and then, since
        // nobody reads what it hears, it need not listen on.
        if self.idle_ms().is_some_and(|idle_ms| now_ms >= idle_ms) {
            self.tally.input_ended = true;
        }
        self.pump(now_ms);
    }

    fn due_ms(&self) -> Option<u64> {
        [self.liaison.due_ms(), self.idle_ms()].into_iter().flatten().min()
    }

    fn wants_input(&self) -> bool {
        self.liaison.is_free() && !self.tally.input_ended
    }

    fn take(&mut self, input: Option<Input>, now_ms: u64) {
        if let Events::Unread { since_ms } = &mut self.events {
            *since_ms = now_ms;
        }
        if let Some(Message { text, lines }) = self.compose(input) {
            self.tally.lines_out = lines;
            // It is free: `wants_input` has said so.
            self.liaison.ask(Errand::Say { to: self.to(), text, action: false });
        }
        self.pump(now_ms);
    }

    fn take_output(&mut self) -> String {
        std::mem::take(&mut self.output)
    }

    fn unread(&mut self, error: &io::Error, now_ms: u64) {
        self.events = Events::Unread { since_ms: now_ms };
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.events_lost = true;
            self.liaison.complain(&format!("cannot write the events: {error}; only delivering now"));
        }
    }
}

#[cfg(test)]
mod tests;
