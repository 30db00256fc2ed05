//! `tail`: what was said in a place, and is said there.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanchat_protocol::LOBBY;
use lanchat_protocol::client::Event;
use lanchat_protocol::names::RoomName;

use super::following::{Following, Start};
use super::said::Form;
use super::{Desk, Part, no_room};
use crate::arguments;
use crate::exit::Exit;
use crate::liaison::Turn;
use crate::outbox::Errand;

/// How long after it was first told that there is no such room it looks again, in milliseconds, and how long at most after it
/// was told so again and again: the relay's log has a line for each.
const PAUSES_MS: (u64, u64) = (1_000, 10_000);

/// What was said, on its way to standard output.
#[derive(Debug)]
pub(super) struct Tail {
    /// The room that it is about, unless it is about one person.
    room: Option<RoomName>,
    following: Following,
    form: Form,
    follows: bool,
    /// How long it waits the next time that there is no such room, in milliseconds; `None`: there never was none.
    pause_ms: Option<u64>,
    /// When it looks again whether there is one, in milliseconds.
    look_ms: Option<u64>,
    is_done: bool,
}

impl Tail {
    pub(super) fn new(asked: &arguments::Tail, zone: TimeZone) -> Self {
        let room = asked.room.clone().or_else(|| RoomName::parse(LOBBY).ok());
        let room = room.filter(|_| asked.with.is_none());
        let place = match (&asked.with, &room) {
            (Some(nick), _) => format!("@{nick}"),
            (None, Some(room)) => room.to_string(),
            (None, None) => LOBBY.to_owned(),
        };
        let since = asked.since.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let start = since.map_or(Start::Last(asked.lines), |since| Start::Since(since.to_string()));
        let following = Following::new(place, start, asked.follow);
        Self {
            room,
            following,
            form: Form::of(asked.json, zone),
            follows: asked.follow,
            pause_ms: None,
            look_ms: None,
            is_done: false,
        }
    }

    /// Whoever reads in a room has to be in it.
    pub(super) fn rooms(&self) -> Vec<RoomName> {
        self.room.iter().cloned().collect()
    }

    fn settle(&mut self, desk: &mut Desk, now_ms: u64) {
        for message in self.following.take_news() {
            desk.print(&self.form.write(self.following.place(), &message));
        }
        if !self.follows && self.following.is_live() {
            self.is_done = true;
            desk.liaison.say_goodbye(now_ms);
        }
    }
}

impl Part for Tail {
    fn hear(&mut self, turn: Turn, desk: &mut Desk, now_ms: u64) {
        match turn {
            Turn::Welcome { history, rooms, .. } => {
                self.look_ms = None;
                if self.following.welcome(&history) {
                    desk.liaison
                        .complain("the relay's history is another one: some of what was said may be missing");
                }
                for at in &rooms {
                    self.following.entered(&at.room, at.pos);
                }
            }
            Turn::Done(Event::Joined { room, pos, .. }) => self.following.entered(&room, pos),
            Turn::Done(Event::History { messages, more, .. }) => {
                if let Err(why) = self.following.page(messages, more) {
                    desk.stop(why);
                }
            }
            Turn::Refused(_, _, message) => desk.stop(&message),
            Turn::Unanswered(_, why) => desk.stop(why),
            Turn::Event(Event::Parted { room, .. }) if self.following.is_it(&room) => {
                desk.stop(&format!("you have been put out of #{room}"));
            }
            Turn::Event(event) => self.following.hear(event),
            Turn::Done(..) | Turn::NoRoom(_) | Turn::Nothing => {}
        }
        self.settle(desk, now_ms);
    }

    fn misses(&mut self, room: &RoomName, desk: &mut Desk, now_ms: u64) {
        if !self.follows {
            return desk.stop(&no_room(room));
        }
        if self.pause_ms.is_none() {
            desk.liaison.complain(&format!("{}; waiting until it can be entered", no_room(room)));
            // All that is said there is new.
            self.following.begin_anew();
        }
        let pause_ms = self.pause_ms.unwrap_or(PAUSES_MS.0);
        self.pause_ms = Some(pause_ms.saturating_mul(2).min(PAUSES_MS.1));
        self.look_ms = Some(now_ms.saturating_add(pause_ms));
    }

    fn errand(&mut self, _: u64) -> Option<Errand> {
        self.following.wants().filter(|_| self.look_ms.is_none()).map(Errand::History)
    }

    fn tick(&mut self, desk: &mut Desk, now_ms: u64) {
        if self.look_ms.take_if(|look_ms| *look_ms <= now_ms).is_some() {
            desk.liaison.look_again();
        }
    }

    fn due_ms(&self) -> Option<u64> {
        self.look_ms
    }

    fn minds_its_reader(&self) -> bool {
        self.follows
    }

    fn exit(&self) -> Option<Exit> {
        self.is_done.then_some(Exit::Well)
    }
}
