//! What a person at a prompt has with a relay, over any number of connections.
//!
//! Pure: typed lines, relay lines and the time come in; lines to show, bytes to send and a verdict come
//! out. It never waits.

mod account;
mod answer;
mod call;
mod census;
mod changes;
mod days;
mod fold;
mod look;
mod meanwhile;
mod missed;
mod past;
mod person;
mod recall;
mod relay;
mod rooms;
mod shown;
mod unread;

use jiff::Timestamp;
use jiff::civil::Date;
use lanchat_protocol::client::{Bare, Hello, History, Request, write_line};
use lanchat_protocol::names::RoomName;
use lanchat_protocol::password::Password;

use crate::completion::Known;
use crate::exit::{End, Exit};
use crate::outbox::{Errand, Outbox};
use crate::reading::Reading;
use crate::session::{Alarm, Session};
use crate::settings::Settings;
use crate::status::Standing;
use crate::transcript::Transcript;
use crate::wish::{Denial, Wish};

use self::census::Census;
use self::changes::Changes;
use self::fold::Fold;
use self::missed::Missed;
use self::recall::Recall;
use self::rooms::Rooms;
use self::unread::Unread;

pub(crate) use self::shown::{Shown, Verdict};

/// How many typed lines are kept while the relay cannot take them.
const ERRANDS_MAX: usize = 1_000;

/// How long leaving waits for the relay's goodbye once all is sent, in milliseconds.
const GOODBYE_MS: u64 = 1_000;

/// The longest line that any relay takes, in bytes, until it says so itself.
const LINE_BYTES_MAX: usize = 4_096;

/// So many kinds of trouble are remembered as told.
const TROUBLES_MAX: usize = 8;

/// The person is about to go.
#[derive(Debug)]
struct Leaving {
    /// When nothing is waited for any more.
    by_ms: u64,
    /// Everything typed before was sent, and the relay told.
    said_goodbye: bool,
}

/// The state of the conversation.
#[expect(clippy::struct_excessive_bools, reason = "each is a matter of its own")]
#[derive(Debug)]
pub(crate) struct Conversation {
    relay: String,
    json: bool,
    /// Nobody else can read what is sent.
    is_private: bool,
    /// The greeting, before anything was read.
    hello: Hello<'static>,
    /// The code that came with the link to the relay.
    invite: Option<Password>,
    reading: Reading,
    missed: Missed,
    unread: Unread,
    /// What `/history more` asks for.
    more: Option<History<'static>>,
    /// The last word of the relay came then, and the last one on the connection before.
    heard: Timestamp,
    lost_at: Timestamp,
    rooms: Rooms,
    /// The rooms of the first welcome, until more is known of them.
    given: Vec<String>,
    wish: Wish,
    nick: String,
    /// The nick under which the lines were typed that wait until the person is called so again, or says otherwise.
    held_as: Option<String>,
    /// That the person is away, and why.
    away: Option<String>,
    /// Of whom the person wants to hear nothing.
    ignored: Vec<String>,
    transcript: Transcript,
    settings: Settings,
    /// The person was called then.
    called_ms: Option<u64>,
    /// What was shown last was shown on this day.
    today: Option<Date>,
    fold: Fold,
    known: Known,
    outbox: Outbox,
    session: Option<Session>,
    line_bytes_max: usize,
    welcomes: u32,
    census: Census,
    changes: Changes,
    recall: Recall,
    denial: Denial,
    /// Who is here was shown once.
    introduced: bool,
    /// What the relay said in plain words on this connection before it took this client in.
    words: Option<String>,
    /// Why it has turned this client out, if it has.
    kick: Option<String>,
    /// What was told since the last welcome about why there is no connection.
    troubles: Vec<String>,
    slowed: bool,
    leaving: Option<Leaving>,
    shown: Vec<Shown>,
    unsent: Vec<u8>,
    verdict: Option<Verdict>,
}

impl Conversation {
    /// A conversation in the lobby and `rooms` with the relay at `relay`, before the first connection. `hello` says
    /// who the client is.
    pub(crate) fn new(
        relay: String,
        rooms: Vec<RoomName>,
        wish: Wish,
        transcript: Transcript,
        hello: Hello<'static>,
        json: bool,
        is_private: bool,
    ) -> Self {
        let known = Known::default();
        for room in &rooms {
            known.places.learn(room.as_str());
        }
        Self {
            relay,
            json,
            is_private,
            hello,
            invite: None,
            reading: Reading::default(),
            missed: Missed::default(),
            unread: Unread::default(),
            more: None,
            heard: Timestamp::UNIX_EPOCH,
            lost_at: Timestamp::UNIX_EPOCH,
            outbox: Outbox::new(ERRANDS_MAX),
            rooms: Rooms::new(rooms),
            given: Vec::new(),
            wish,
            nick: String::new(),
            held_as: None,
            away: None,
            ignored: Vec::new(),
            transcript,
            settings: Settings::default(),
            called_ms: None,
            today: None,
            fold: Fold::default(),
            known,
            session: None,
            line_bytes_max: usize::MAX,
            welcomes: 0,
            census: Census::default(),
            changes: Changes::default(),
            recall: Recall::default(),
            denial: Denial::default(),
            introduced: false,
            words: None,
            kick: None,
            troubles: Vec::new(),
            slowed: false,
            leaving: None,
            shown: Vec::new(),
            unsent: Vec::new(),
            verdict: None,
        }
    }

    /// A connection was made.
    pub(crate) fn connected(&mut self, now_ms: u64) {
        let bytes_max = self.line_bytes_max.min(LINE_BYTES_MAX);
        let rooms = self.rooms_by_weight();
        let rooms = rooms.iter().map(String::as_str);
        let hello = self.reading.hello(self.hello.clone(), rooms, bytes_max);
        let (session, hello) = Session::open(self.wish.clone(), hello, now_ms);
        self.session = Some(session);
        self.words = None;
        self.kick = None;
        self.denial = Denial::default();
        self.unsent.clear();
        write_line(&hello, &mut self.unsent);
    }

    /// Bytes arrived, perhaps not a whole line.
    pub(crate) fn stir(&mut self, now_ms: u64) {
        if let Some(session) = &mut self.session {
            session.stir(now_ms);
        }
    }

    /// The connection broke. One that was never taken in counts as a failed attempt.
    pub(crate) fn lost(&mut self, why: &str) {
        let was_online = self.is_online();
        self.session = None;
        self.show_all_missed(false);
        self.unsent.clear();
        let words = self.words.take();
        let why = words.as_deref().unwrap_or(why);
        if self.leaving.is_some() {
            return self.go();
        }
        let kick = self.kick.take();
        if kick.is_some() || self.welcomes == 0 {
            let why = kick.as_deref().unwrap_or(why);
            return self.end(Exit::Failed, Some(format!("{}: {why}", self.relay)));
        }
        if !was_online {
            return self.failed(&format!("cannot connect to {}: {why}", self.relay));
        }
        self.lost_at = self.heard;
        self.note(&format!("connection lost ({why}); trying again until it is back"));
        if let Some(errand) = self.outbox.disconnected()
            && !self.name_uncertain(&errand)
        {
            self.note(&format!("{}: the connection broke before the answer; ask again", errand.named()));
        }
    }

    /// An attempt to connect again failed. The same trouble is told once.
    pub(crate) fn failed(&mut self, why: &str) {
        if self.welcomes == 0 {
            return self.end(Exit::Failed, Some(why.to_owned()));
        }
        if self.troubles.iter().any(|told| told == why) {
            return;
        }
        self.note(&format!("{why} (trying again)"));
        if self.troubles.len() >= TROUBLES_MAX {
            self.troubles.remove(0);
        }
        self.troubles.push(why.to_owned());
    }

    /// The relay that answers is not the one that was talked to: nothing more is sent to it.
    pub(crate) fn distrusted(&mut self, why: &str) {
        self.end(Exit::Untrusted, Some(why.to_owned()));
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now_ms: u64) {
        if self.leaving.as_ref().is_some_and(|leaving| now_ms >= leaving.by_ms) {
            return self.go();
        }
        match self.session.as_mut().map_or(Alarm::Quiet, |session| session.alarm(now_ms)) {
            Alarm::Quiet => {}
            Alarm::Ping(ping) => write_line(&ping, &mut self.unsent),
            Alarm::Lost(why) => self.hang_up(why.to_owned()),
        }
        if self.missed.due_ms().is_some_and(|due_ms| now_ms >= due_ms) {
            self.show_all_missed(true);
        }
        if self.fold.due_ms().is_some_and(|due_ms| now_ms >= due_ms) {
            self.unfold();
        }
        if self.outbox.is_overdue(now_ms) {
            if let Some(settled) = self.outbox.give_up_overdue() {
                self.unanswered(&settled, "the relay does not answer");
            }
            self.hang_up("it does not answer a request".to_owned());
        }
        self.pump(now_ms);
    }

    /// When [`Conversation::tick`] is worth a call.
    pub(crate) fn due_ms(&self) -> Option<u64> {
        let session = self.session.as_ref();
        let leaving = self.leaving.as_ref().map(|leaving| leaving.by_ms);
        let online = session.filter(|session| session.is_welcome());
        let outbox = online.and_then(|_| self.outbox.due_ms());
        let census = online.and_then(|_| self.census.due_ms());
        let others = [outbox, census, self.missed.due_ms(), self.fold.due_ms(), leaving];
        session.map(Session::due_ms).into_iter().chain(others.into_iter().flatten()).min()
    }

    /// What is to be printed, in order; each is handed out once.
    pub(crate) fn take_shown(&mut self) -> impl Iterator<Item = Shown> {
        self.unfold_before_others();
        self.shown.drain(..)
    }

    /// What is to be sent on the present connection; each byte is handed out once.
    pub(crate) fn take_unsent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.unsent)
    }

    /// What is to be done, once.
    pub(crate) fn take_verdict(&mut self) -> Option<Verdict> {
        self.verdict.take()
    }

    /// Whether the relay has ever taken this client in.
    pub(crate) fn was_welcome(&self) -> bool {
        self.welcomes > 0
    }

    /// Whether there is a connection on which the relay has taken this client in.
    pub(crate) fn is_online(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_welcome)
    }

    /// What the prompt shows.
    pub(crate) fn standing(&self) -> Standing {
        let is_online = self.is_online();
        Standing {
            nick: self.nick.clone(),
            room: self.here().map(str::to_owned),
            is_online,
            is_held: self.outbox.is_held(),
            waiting: self.outbox.len(),
            rooms: self.rooms.listed(),
            line_bytes_max: self.line_bytes_max,
            is_unsettled: is_online && self.outbox.errands().any(Errand::changes_prompt),
        }
    }

    /// Who and what is known, for completion.
    pub(crate) fn known(&self) -> &Known {
        &self.known
    }

    /// The room that the next line goes to.
    fn here(&self) -> Option<&str> {
        self.rooms.current().map(RoomName::as_str)
    }

    /// Sends what may go out now.
    fn pump(&mut self, now_ms: u64) {
        if !self.is_online() {
            return;
        }
        self.ask_who_is_here(now_ms);
        while let Some(too_long) = self.outbox.send(now_ms, self.line_bytes_max, &mut self.unsent) {
            let (bytes, max) = (too_long.bytes, self.line_bytes_max);
            match too_long.settled.errand.quoted() {
                Some(what) => {
                    self.note(&format!("not sent, for it takes {bytes} bytes of at most {max}: {what}"));
                }
                None => self.note(&format!("not done, for it takes {bytes} bytes of at most {max}")),
            }
            self.was_refused(&too_long.settled);
        }
        if self.outbox.len() > 0 {
            return;
        }
        self.slowed = false;
        if self.leaving.as_ref().is_some_and(|leaving| !leaving.said_goodbye) {
            self.leaving = Some(Leaving { by_ms: now_ms + GOODBYE_MS, said_goodbye: true });
            write_line(&Request::Quit(Bare::default()), &mut self.unsent);
        }
    }

    fn note(&mut self, what: &str) {
        self.shown.push(Shown::Note(self.transcript.note(what)));
    }

    fn hang_up(&mut self, why: String) {
        self.verdict.get_or_insert(Verdict::HangUp(why));
    }

    /// Ends the program once what will not be sent any more is named; that is never well.
    fn end(&mut self, exit: Exit, words: Option<String>) {
        if !matches!(self.verdict, Some(Verdict::End(_))) {
            self.show_all_missed(false);
            self.unfold();
            let all_sent = self.name_undelivered();
            let exit = if exit == Exit::Well && !all_sent { Exit::Failed } else { exit };
            self.verdict = Some(Verdict::End(End { exit, words }));
        }
    }
}

#[cfg(test)]
mod tests;
