//! What a program that no person watches shares with a relay over any number of connections: who it is, which rooms it is
//! in, what it asks for, one thing at a time, and how long it waits for a relay that is gone.
//!
//! It is in the rooms where it has something to do, and nowhere else. Pure, like a conversation, but it does not wait for a relay for ever: a script wants to know.

mod relay;
mod rooms;

use lanchat_protocol::client::{Bare, Hello, Kind, Request, write_line};
use lanchat_protocol::names::{Nick, RoomName};
use lanchat_protocol::text::clean;

use crate::claim::Proof;
use crate::outbox::{Errand, Outbox, Settled, TooLong};
use crate::reading::Reading;
use crate::session::{Alarm, Session};
use crate::wish::{Denial, Wish};

pub(crate) use self::relay::Turn;

/// How long the relay's goodbye is waited for when all is done, in milliseconds.
pub(crate) const GOODBYE_MS: u64 = 1_000;

/// The longest line that any relay takes, in bytes, until it says so itself.
pub(crate) const LINE_BYTES_MAX: usize = 4_096;

/// What to do where a relay hears nobody who is not logged in, for whom nothing can be asked.
pub(crate) const LOGIN_REQUIRED: &str = "only who is logged in may do that there: give --login NICK with \
                                         --password-file FILE, or --token-file FILE";

/// Who talks to the relay.
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

/// What is shared with a relay.
#[expect(clippy::struct_excessive_bools, reason = "each is true or not by itself")]
#[derive(Debug)]
pub(crate) struct Liaison {
    sender: Sender,
    /// The rooms to be in.
    rooms: Vec<RoomName>,
    /// Rooms to be in where there are such: those that nobody has opened are not opened by it.
    unseen: Vec<RoomName>,
    /// As what it comes.
    kind: Kind,
    /// Whether the relay is to tell what was missed between two connections.
    is_told_missed: bool,
    /// The present connection, if there is one.
    session: Option<Session>,
    was_welcome: bool,
    /// Since when there is no connection on which the relay has taken this client in, once there was one.
    gone_since_ms: Option<u64>,
    /// The present connection is of no use any more.
    hangs_up: bool,
    reading: Reading,
    outbox: Outbox,
    line_bytes_max: usize,
    denial: Denial,
    /// When it ends in any case: all is done.
    goodbye_by_ms: Option<u64>,
    said_goodbye: bool,
    /// What the relay said in plain words before it took this client in.
    words: Option<String>,
    /// Why there is no connection.
    trouble: Option<String>,
    /// Why it ended.
    last_words: Option<String>,
    /// The relay that answers is not the one that was talked to.
    is_distrusted: bool,
    complaints: Vec<String>,
    unsent: Vec<u8>,
    over: bool,
}

impl Liaison {
    /// Before the first connection.
    pub(crate) fn new(sender: Sender, rooms: Vec<RoomName>) -> Self {
        Self {
            sender,
            rooms,
            unseen: Vec::new(),
            kind: Kind::Pipe,
            is_told_missed: true,
            session: None,
            was_welcome: false,
            gone_since_ms: None,
            hangs_up: false,
            reading: Reading::default(),
            outbox: Outbox::new(1),
            line_bytes_max: usize::MAX,
            denial: Denial::default(),
            goodbye_by_ms: None,
            said_goodbye: false,
            words: None,
            trouble: None,
            last_words: None,
            is_distrusted: false,
            complaints: Vec::new(),
            unsent: Vec::new(),
            over: false,
        }
    }

    /// The same for a program that looks itself for what it has missed, or does not care.
    pub(crate) fn looking_itself(sender: Sender, rooms: Vec<RoomName>) -> Self {
        Self { is_told_missed: false, ..Self::new(sender, rooms) }
    }

    /// The same for a program that only reads: it opens no room.
    pub(crate) fn reading(sender: Sender, rooms: Vec<RoomName>) -> Self {
        let (rooms, unseen) = rooms.into_iter().partition(rooms::is_lobby);
        Self { unseen, ..Self::looking_itself(sender, rooms) }
    }

    /// The same for a program that does not come in: nobody in any room notices.
    pub(crate) fn at_the_door(sender: Sender) -> Self {
        Self { kind: Kind::Probe, ..Self::looking_itself(sender, Vec::new()) }
    }

    /// A connection was made.
    pub(crate) fn connected(&mut self, now_ms: u64) {
        let Sender { wish, proof, client, backlog, .. } = &self.sender;
        let client = client.clone().map(Into::into);
        let hello =
            Hello { client, kind: self.kind, backlog: *backlog, rooms_only: true, ..Hello::default() };
        let hello = proof.clone().into_hello(hello);
        // At first rooms are entered by a request: programs that listen wait for the answer to it.
        let rooms = self.rooms.iter().filter(|room| self.was_welcome || rooms::is_lobby(room));
        let rooms = rooms.map(RoomName::as_str);
        if !self.is_told_missed {
            self.reading = Reading::default();
        }
        let hello = self.reading.hello(hello, rooms, self.line_bytes_max.min(LINE_BYTES_MAX));
        let (session, hello) = Session::open(wish.clone(), hello, now_ms);
        self.session = Some(session);
        (self.words, self.denial) = (None, Denial::default());
        self.unsent.clear();
        write_line(&hello, &mut self.unsent);
    }

    /// Whether the next thing can be asked for.
    pub(crate) fn is_free(&self) -> bool {
        self.is_online() && !self.over && !self.outbox.is_restoring() && self.outbox.len() == 0
    }

    /// Asks for something, if it [is free](Self::is_free); else that is forgotten.
    pub(crate) fn ask(&mut self, errand: Errand) {
        let _ = self.outbox.push(errand);
    }

    /// Sends what may go out now. What is too long is given back.
    pub(crate) fn pump(&mut self, now_ms: u64) -> Option<TooLong> {
        if !self.is_online() || self.over {
            return None;
        }
        self.outbox.send(now_ms, self.line_bytes_max, &mut self.unsent)
    }

    /// All is done: the relay is told, and its goodbye is waited for, but not for long.
    pub(crate) fn say_goodbye(&mut self, now_ms: u64) {
        if self.is_online() && !self.over && !std::mem::replace(&mut self.said_goodbye, true) {
            self.goodbye_by_ms = Some(now_ms + GOODBYE_MS);
            write_line(&Request::Quit(Bare::default()), &mut self.unsent);
        }
    }

    /// All that matters is done: what is still asked for has so much time, and no second connection.
    pub(crate) fn end_within(&mut self, ms: u64, now_ms: u64) {
        self.goodbye_by_ms.get_or_insert(now_ms.saturating_add(ms));
        self.over |= !self.is_online();
    }

    /// It ends here, without a word.
    pub(crate) fn end(&mut self) {
        self.over = true;
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
        self.unlink();
        let why = self.words.take().filter(|_| !was_online).unwrap_or_else(|| why.to_owned());
        if was_online && self.goodbye_by_ms.is_none() && !self.over && self.sender.patience_ms > 0 {
            let patience_s = self.sender.patience_ms / 1000;
            self.complain(&format!("connection lost ({why}); trying again for {patience_s} s"));
        }
        self.failed(&why, now_ms);
    }

    fn unlink(&mut self) {
        self.session = None;
        self.unsent.clear();
        self.outbox.disconnected();
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
        self.is_distrusted = true;
        self.stop(why);
    }

    /// Time has passed. What will not be answered any more is given back.
    pub(crate) fn tick(&mut self, now_ms: u64) -> Option<Settled> {
        match self.session.as_mut().map_or(Alarm::Quiet, |session| session.alarm(now_ms)) {
            Alarm::Quiet => {}
            Alarm::Ping(ping) => write_line(&ping, &mut self.unsent),
            Alarm::Lost(why) => self.hang_up(why, now_ms),
        }
        let mut unanswered = None;
        if self.outbox.is_overdue(now_ms) {
            unanswered = self.outbox.give_up_overdue();
            if unanswered.is_none() {
                self.hang_up("it does not answer a request", now_ms);
            }
        }
        if self.patience_ends_ms().is_some_and(|ends_ms| now_ms >= ends_ms) {
            let why = self.trouble.take().unwrap_or_else(|| "the relay is gone".to_owned());
            self.stop(why);
        }
        self.over |= self.goodbye_by_ms.is_some_and(|by_ms| now_ms >= by_ms);
        unanswered
    }

    /// When [`Liaison::tick`] is worth a call.
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

    /// Whether the relay has taken this client in on the present connection.
    pub(crate) fn is_online(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_welcome)
    }

    /// Why it ended, where that was not meant to be.
    pub(crate) fn last_words(&self) -> Option<&str> {
        self.last_words.as_deref()
    }

    /// Why there is no connection at the moment, where that is known.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Whether it ended because the relay that answers is another one.
    pub(crate) fn is_distrusted(&self) -> bool {
        self.is_distrusted
    }

    /// The longest line that the relay takes, in bytes.
    pub(crate) fn line_bytes_max(&self) -> usize {
        self.line_bytes_max
    }

    /// What the relay may have done already.
    pub(crate) fn uncertain(&self) -> impl Iterator<Item = &Errand> {
        self.outbox.uncertain()
    }

    /// What is to be sent; each byte is handed out once.
    pub(crate) fn take_unsent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.unsent)
    }

    /// Lines for standard error; each is handed out once.
    pub(crate) fn take_complaints(&mut self) -> impl Iterator<Item = String> {
        self.complaints.drain(..)
    }

    /// Something for standard error.
    pub(crate) fn complain(&mut self, what: &str) {
        self.complaints.push(clean(what).into_owned());
    }

    /// It comes to nothing, for this reason.
    pub(crate) fn stop(&mut self, why: String) {
        self.over = true;
        // Once everything was done, the end of the connection is no news.
        if self.goodbye_by_ms.is_none() {
            self.last_words.get_or_insert(why);
        }
    }

    fn patience_ends_ms(&self) -> Option<u64> {
        let since_ms = self.gone_since_ms.filter(|_| self.was_welcome)?;
        Some(since_ms.saturating_add(self.sender.patience_ms))
    }

    /// The relay keeps nobody at the door for longer, but opens again.
    fn knock_again(&mut self, why: &str, now_ms: u64) {
        self.hangs_up = true;
        self.unlink();
        self.failed(why, now_ms);
    }

    /// The connection comes to nothing.
    fn hang_up(&mut self, why: &str, now_ms: u64) {
        self.hangs_up = true;
        self.words = None;
        self.lost(why, now_ms);
    }
}
