//! What the person wants: lines typed, and leaving.

use std::borrow::Cow;

use jiff::Timestamp;
use lanchat_protocol::names::{Nick, RoomName};
use lanchat_protocol::order::Order;
use lanchat_protocol::slash::{Typed, parse};

use super::{Conversation, ERRANDS_MAX, Leaving, Shown};
use crate::claim::{self, Claim};
use crate::exit::Exit;
use crate::outbox::{Errand, pieces};
use crate::own;
use crate::target::bad_room;

/// How long leaving waits for what was typed before, in milliseconds.
pub(super) const LEAVE_MS: u64 = 5_000;

/// How many messages that were never sent are named at the end.
const UNSENT_NAMED_MAX: usize = 10;

/// What whoever enters a command with a text behind it is told.
const ONE_LINE: &str =
    "a command is one line; a text that begins with / is entered with // first. Nothing was sent";

/// What whoever is in no room is told.
pub(super) const NO_ROOM: &str = "you are in no room: /join ROOM enters one";

/// Where what is typed cannot be hidden, nobody is asked for a password.
const CANNOT_ASK: &str = "this terminal would show your password, so it is not asked for; on the line it is taken: \
                          /login [NICK] PASSWORD, /register PASSWORD [INVITE], /passwd OLD NEW. Nothing was sent";

/// Passwords are for the relay alone.
const NOT_PRIVATE: &str =
    "everybody in between could read your password: connect without --plain first. Nothing was sent";

impl Conversation {
    /// The person entered a line, or a text of several. `wall` is what the clock on the wall shows.
    pub(crate) fn typed(&mut self, typed: &str, now_ms: u64, wall: Timestamp) {
        self.unread.entered(now_ms);
        let text = lines_of(typed);
        let line = text.trim_end_matches('\n');
        if self.obeys(line) || self.does_itself(line) {
            return self.pump(now_ms);
        }
        match parse(line) {
            Typed::Say(text) => self.say(&text, false),
            understood if line.contains('\n') && !takes_text(&understood) => self.note(ONE_LINE),
            understood => self.does(line, understood, now_ms, wall),
        }
        self.pump(now_ms);
    }

    /// The person pasted a text, which the editor has not left on the screen: it stands there as if they had typed it.
    /// `is_said`: it is said as it is, even where it looks like a command.
    pub(crate) fn pasted(&mut self, text: &str, is_said: bool, now_ms: u64, wall: Timestamp) {
        let text = lines_of(text);
        if !self.json {
            let prompt = self.standing().prompt();
            let shown = pieces(&text, self.here().unwrap_or_default(), self.line_bytes_max);
            let shown = shown.iter().map(|piece| Shown::Event(self.transcript.entered_text(&prompt, piece)));
            self.shown.extend(shown);
        }
        if !is_said {
            return self.typed(&text, now_ms, wall);
        }
        self.unread.entered(now_ms);
        self.say(&text, false);
        self.pump(now_ms);
    }

    /// The person goes to another of their rooms.
    pub(crate) fn talks_in(&mut self, room: &str) {
        if self.rooms.is_in(room)
            && let Ok(room) = RoomName::parse(room)
        {
            self.rooms.want(&room);
        }
    }

    fn does(&mut self, line: &str, understood: Typed, now_ms: u64, wall: Timestamp) {
        match understood {
            Typed::Say(text) => self.say(&text, false),
            Typed::Me(deed) => self.say(deed, true),
            Typed::Msg { nick, text } => {
                let to = format!("@{}", person(nick));
                self.say_to(&to, text, false);
            }
            Typed::Nick(nick) => match Nick::parse(nick) {
                Ok(nick) => self.take(Errand::Nick(nick.as_str().to_owned())),
                Err(error) => self.note(&format!("a nick {error}")),
            },
            Typed::Who(room) => self.about(room, Errand::Who),
            Typed::Join(room) => self.about(Some(room), Errand::Join),
            Typed::Part(room) => self.about(room, Errand::Part),
            Typed::Rooms => self.take(Errand::Rooms),
            Typed::Topic(topic) => {
                let topic = topic.map(|topic| if topic == "-" { String::new() } else { topic.to_owned() });
                self.about(None, |room| Errand::Topic { room, topic });
            }
            Typed::Whois(nick) => self.take(Errand::Whois(person(nick))),
            Typed::Away(text) => self.take(Errand::Away(text.map(str::to_owned))),
            Typed::Back => self.take(Errand::Back),
            Typed::Ignore(nick) => self.take(Errand::Ignore(nick.map(person))),
            Typed::Unignore(nick) => self.take(Errand::Unignore(person(nick))),
            Typed::History(words) => self.ask_history(words, wall),
            Typed::Search(query) => self.ask_search(query, wall),
            Typed::Register(_) | Typed::Login(_) | Typed::Passwd(_) | Typed::Logout => {
                match claim::unasked(line) {
                    Some(claim) => self.claim(claim),
                    None => self.note(CANNOT_ASK),
                }
            }
            Typed::Order(order) => self.keep_order(line, order),
            Typed::Help => self.shown.push(Shown::Note(self.transcript.help())),
            Typed::Quit => self.leave(now_ms),
            Typed::Empty => {}
            Typed::Wrong(wrong) => self.note(&own::wrong(&wrong)),
        }
    }

    /// The person says who they are; an error is what came of asking them for it.
    pub(crate) fn claims(&mut self, claim: Result<Claim, &'static str>, now_ms: u64) {
        match claim {
            Ok(claim) => self.claim(claim),
            Err(why) => self.note(why),
        }
        self.pump(now_ms);
    }

    fn claim(&mut self, claim: Claim) {
        if claim.is_secret() && !self.is_private {
            return self.note(NOT_PRIVATE);
        }
        self.take(Errand::Claim(claim.invited(self.invite.as_ref())));
    }

    /// The person wants to go: what was typed before is sent first.
    pub(crate) fn leave(&mut self, now_ms: u64) {
        if !self.is_online() || self.outbox.is_held() {
            return self.go();
        }
        if self.leaving.is_none() {
            self.leaving = Some(Leaving { by_ms: now_ms + LEAVE_MS, said_goodbye: false });
        }
        self.pump(now_ms);
    }

    /// Whether the person wants to go.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }

    /// Ends the conversation, whatever is still to be sent.
    pub(crate) fn go(&mut self) {
        self.end(Exit::Well, None);
    }

    /// Says something in the room that the person talks in at this moment, wherever they talk when it is sent.
    fn say(&mut self, text: &str, action: bool) {
        match self.here().map(str::to_owned) {
            Some(room) => self.say_to(&room, text, action),
            None => self.note(&format!("{NO_ROOM}. Nothing was sent")),
        }
    }

    /// Says something in a room or to `@ana`. A text of several lines is as many messages as it needs.
    pub(super) fn say_to(&mut self, to: &str, text: &str, action: bool) {
        if !text.contains('\n') {
            return self.take(Errand::Say { to: to.to_owned(), text: text.to_owned(), action });
        }
        for text in pieces(text, to, self.line_bytes_max) {
            self.take(Errand::Say { to: to.to_owned(), text, action });
        }
    }

    /// Takes an errand about a room: the one that was named, or else the one that the person talks in.
    fn about(&mut self, room: Option<&str>, errand: impl FnOnce(RoomName) -> Errand) {
        let room = match room {
            Some(room) => RoomName::parse(room).map_err(bad_room),
            None => self.rooms.current().cloned().ok_or_else(|| NO_ROOM.to_owned()),
        };
        match room {
            Ok(room) => self.take(errand(room)),
            Err(why) => self.note(&why),
        }
    }

    /// Takes an errand that keeps order, where the person talks.
    fn keep_order(&mut self, typed: &str, order: Order) {
        if let Order::Create { room, .. } = &order
            && let Err(error) = RoomName::parse(room)
        {
            return self.note(&bad_room(error));
        }
        let (room, typed, order) = (self.rooms.current().cloned(), typed.to_owned(), order.into_owned());
        self.take(Errand::Order { room, typed, order });
    }

    pub(super) fn take(&mut self, errand: Errand) {
        // What is typed from here on is meant for where the person will be.
        let moves = match &errand {
            Errand::Join(room) => Some((room.clone(), true)),
            Errand::Part(room) => Some((room.clone(), false)),
            Errand::Order { order: Order::Create { room, .. }, .. } => {
                RoomName::parse(room).ok().map(|room| (room, true))
            }
            _ => None,
        };
        match (self.outbox.push(errand), self.is_online()) {
            (Ok(()), is_online) => {
                match moves {
                    Some((room, true)) => self.rooms.want(&room),
                    Some((room, false)) => self.rooms.unwant(&room),
                    None => {}
                }
                // How many there are stands in the prompt.
                if !is_online && self.outbox.len() == 1 {
                    self.note("not connected: what you type waits, and is sent once the relay is back");
                }
            }
            (Err(errand), _) => match errand.quoted() {
                Some(what) => {
                    self.note(&format!("not sent, for {ERRANDS_MAX} lines are waiting already: {what}"));
                }
                None => self.note(&format!("not done, for {ERRANDS_MAX} lines are waiting already")),
            },
        }
    }

    /// Names what will not be sent any more. Whether there was nothing to name.
    pub(super) fn name_undelivered(&mut self) -> bool {
        let mut is_uncertain = false;
        for errand in self.outbox.abandoned() {
            is_uncertain |= self.name_uncertain(&errand);
        }
        let mut unsent: Vec<String> = self.outbox.errands().filter_map(Errand::quoted).collect();
        let more = unsent.len().saturating_sub(UNSENT_NAMED_MAX);
        unsent.truncate(UNSENT_NAMED_MAX);
        for text in &unsent {
            self.note(&format!("not sent: {text}"));
        }
        if more > 0 {
            self.note(&format!("not sent: {more} more"));
        }
        !is_uncertain && unsent.is_empty()
    }
}

/// The text with the line breaks of any system as one.
fn lines_of(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

/// Whether a command may go on for several lines.
fn takes_text(understood: &Typed) -> bool {
    matches!(understood, Typed::Me(_) | Typed::Msg { .. } | Typed::Wrong(_) | Typed::Empty)
}

/// A nick as it is typed, with or without a sign before it.
fn person(written: &str) -> String {
    written.strip_prefix('@').unwrap_or(written).to_owned()
}
