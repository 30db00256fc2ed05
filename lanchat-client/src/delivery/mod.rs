//! Standard input as messages: each line is delivered once and counted, one after the other, over any number of
//! connections.
//!
//! Pure, like a conversation, but it does not wait for a relay for ever: a program that pipes wants to know.

mod relay;
mod tally;

use lanchat_protocol::LOBBY;
use lanchat_protocol::client::{Bare, Hello, Kind, Request, write_line};
use lanchat_protocol::names::{Nick, RoomName};
use lanchat_protocol::text::clean;

use crate::claim::Proof;
use crate::input::Input;
use crate::outbox::{Errand, Outbox};
use crate::reading::Reading;
use crate::session::{Alarm, Session};
use crate::target::Target;
use crate::wish::{Denial, Wish};

use self::tally::Tally;

/// How long the relay's goodbye is waited for when everything is delivered, in milliseconds.
const GOODBYE_MS: u64 = 1_000;

/// The longest line that any relay takes, in bytes, until it says so itself.
const LINE_BYTES_MAX: usize = 4_096;

/// What is told once.
#[derive(Debug, Default)]
struct Told {
    /// A line was not UTF-8.
    damage: bool,
    /// Whom the messages are for is not here.
    absence: bool,
}

/// Who delivers.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    /// What shows who it is.
    pub(crate) proof: Proof,
    /// The nick to ask for.
    pub(crate) wish: Wish,
    /// The same where it was asked for by name: a script that got another one is told.
    pub(crate) named: Option<Nick>,
    /// The name of this run of the program.
    pub(crate) client: Option<String>,
    /// How many messages it wants to hear that were said before.
    pub(crate) backlog: Option<usize>,
    /// How long a relay that is gone is waited for, in milliseconds.
    pub(crate) patience_ms: u64,
}

/// The state of a delivery.
#[derive(Debug)]
pub(crate) struct Delivery {
    sender: Sender,
    /// The present connection, if there is one.
    session: Option<Session>,
    was_welcome: bool,
    /// Since when there is no connection on which the relay has taken this client in, once there was one.
    gone_since_ms: Option<u64>,
    /// The present connection is of no use any more.
    hangs_up: bool,
    reading: Reading,
    outbox: Outbox,
    /// Where the messages go; `None`: to the lobby.
    target: Option<Target>,
    line_bytes_max: usize,
    denial: Denial,
    tally: Tally,
    told: Told,
    goodbye_by_ms: Option<u64>,
    /// What the relay said in plain words before it took this client in.
    words: Option<String>,
    /// Why there is no connection.
    trouble: Option<String>,
    /// Why it ended.
    last_words: Option<String>,
    events: Vec<String>,
    complaints: Vec<String>,
    unsent: Vec<u8>,
    over: bool,
}

impl Delivery {
    /// A delivery before the first connection.
    pub(crate) fn new(target: Option<Target>, sender: Sender) -> Self {
        Self {
            sender,
            session: None,
            was_welcome: false,
            gone_since_ms: None,
            hangs_up: false,
            reading: Reading::default(),
            outbox: Outbox::new(1),
            target,
            line_bytes_max: usize::MAX,
            denial: Denial::default(),
            tally: Tally::default(),
            told: Told::default(),
            goodbye_by_ms: None,
            words: None,
            trouble: None,
            last_words: None,
            events: Vec::new(),
            complaints: Vec::new(),
            unsent: Vec::new(),
            over: false,
        }
    }

    /// A connection was made.
    pub(crate) fn connected(&mut self, now_ms: u64) {
        let Sender { wish, proof, client, backlog, .. } = &self.sender;
        let client = client.clone().map(Into::into);
        let hello = Hello { client, kind: Kind::Pipe, backlog: *backlog, ..Hello::default() };
        let hello = proof.clone().into_hello(hello);
        // At first the room is entered by a request: programs that listen wait for the answer to it.
        let room = self.target.as_ref().and_then(Target::to_enter).filter(|_| self.was_welcome);
        let rooms = room.map(RoomName::as_str).into_iter().chain([LOBBY]);
        let hello = self.reading.hello(hello, rooms, self.line_bytes_max.min(LINE_BYTES_MAX));
        let (session, hello) = Session::open(wish.clone(), hello, now_ms);
        self.session = Some(session);
        (self.words, self.denial) = (None, Denial::default());
        self.unsent.clear();
        write_line(&hello, &mut self.unsent);
    }

    /// Whether the next line of the input can be taken.
    pub(crate) fn wants_input(&self) -> bool {
        self.is_online() && !self.outbox.is_restoring() && !self.tally.input_ended && self.outbox.len() == 0
    }

    /// Takes the next line; `None` at the end of the input.
    pub(crate) fn take(&mut self, input: Option<Input>, now_ms: u64) {
        if let Some(text) = self.count(input) {
            self.tally.line_out = self.tally.line;
            // There is room: `wants_input` has said so.
            let to = self.target.as_ref().map_or_else(|| LOBBY.to_owned(), Target::on_the_wire);
            let _ = self.outbox.push(Errand::Say { to, text, action: false });
        }
        self.pump(now_ms);
    }

    /// Bytes arrived, perhaps not a whole line.
    pub(crate) fn stir(&mut self, now_ms: u64) {
        if let Some(session) = &mut self.session {
            session.stir(now_ms);
        }
    }

    /// The connection broke. What was not acknowledged is sent again on the next.
    pub(crate) fn lost(&mut self, why: &str, now_ms: u64) {
        let was_online = self.is_online();
        self.session = None;
        self.unsent.clear();
        self.outbox.disconnected();
        let why = self.words.take().filter(|_| !was_online).unwrap_or_else(|| why.to_owned());
        if was_online && self.goodbye_by_ms.is_none() && !self.over && self.sender.patience_ms > 0 {
            let patience_s = self.sender.patience_ms / 1000;
            self.complain(&format!("connection lost ({why}); trying again for {patience_s} s"));
        }
        self.failed(&why, now_ms);
    }

    /// There is no connection, for this reason.
    pub(crate) fn failed(&mut self, why: &str, now_ms: u64) {
        let since_ms = *self.gone_since_ms.get_or_insert(now_ms);
        let has_patience = now_ms < since_ms.saturating_add(self.sender.patience_ms);
        if self.was_welcome && self.goodbye_by_ms.is_none() && has_patience {
            self.trouble = Some(why.to_owned());
        } else {
            self.stop(why.to_owned());
        }
    }

    /// The relay that answers is not the one that was talked to: nothing more is sent to it.
    pub(crate) fn distrusted(&mut self, why: String) {
        self.stop(why);
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now_ms: u64) {
        match self.session.as_mut().map_or(Alarm::Quiet, |session| session.alarm(now_ms)) {
            Alarm::Quiet => {}
            Alarm::Ping(ping) => write_line(&ping, &mut self.unsent),
            Alarm::Lost(why) => self.hang_up(why, now_ms),
        }
        if self.outbox.is_overdue(now_ms) {
            match self.outbox.give_up_overdue() {
                Some(settled) => self.unanswered(settled, "the relay does not answer"),
                None => self.hang_up("it does not answer a request", now_ms),
            }
        }
        if self.patience_ends_ms().is_some_and(|ends_ms| now_ms >= ends_ms) {
            let why = self.trouble.take().unwrap_or_else(|| "the relay is gone".to_owned());
            self.stop(why);
        }
        self.over |= self.goodbye_by_ms.is_some_and(|by_ms| now_ms >= by_ms);
        self.pump(now_ms);
    }

    /// When [`Delivery::tick`] is worth a call.
    pub(crate) fn due_ms(&self) -> Option<u64> {
        let session = self.session.as_ref();
        let outbox = session.filter(|session| session.is_welcome()).and_then(|_| self.outbox.due_ms());
        let times = [session.map(Session::due_ms), outbox, self.goodbye_by_ms, self.patience_ends_ms()];
        times.into_iter().flatten().min()
    }

    /// Whether the present connection is to be closed, once.
    pub(crate) fn take_hang_up(&mut self) -> bool {
        std::mem::take(&mut self.hangs_up)
    }

    /// Whether there is nothing more to do on the connection.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether the relay has ever taken this client in.
    pub(crate) fn was_welcome(&self) -> bool {
        self.was_welcome
    }

    /// Whether the input was read to its end.
    pub(crate) fn has_all_input(&self) -> bool {
        self.tally.input_ended
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

    fn is_online(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_welcome)
    }

    fn patience_ends_ms(&self) -> Option<u64> {
        let since_ms = self.gone_since_ms.filter(|_| self.was_welcome)?;
        Some(since_ms.saturating_add(self.sender.patience_ms))
    }

    /// Sends what may go out now, and the goodbye when all is done.
    fn pump(&mut self, now_ms: u64) {
        if !self.is_online() || self.over {
            return;
        }
        if let Some(too_long) = self.outbox.send(now_ms, self.line_bytes_max, &mut self.unsent) {
            let (line, bytes, max) = (self.tally.line, too_long.bytes, self.line_bytes_max);
            self.complain(&format!("line {line} was not sent: it takes {bytes} bytes of at most {max}"));
        }
        if self.tally.input_ended && self.outbox.len() == 0 && self.goodbye_by_ms.is_none() {
            self.goodbye_by_ms = Some(now_ms + GOODBYE_MS);
            write_line(&Request::Quit(Bare::default()), &mut self.unsent);
        }
    }

    /// The connection comes to nothing.
    fn hang_up(&mut self, why: &str, now_ms: u64) {
        self.hangs_up = true;
        self.words = None;
        self.lost(why, now_ms);
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
