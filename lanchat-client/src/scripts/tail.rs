//! `tail`: what was said in a place, and is said there.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanchat_protocol::LOBBY;
use lanchat_protocol::client::Event;

use super::following::{Following, Start};
use super::said::Form;
use super::{Desk, Part};
use crate::arguments;
use crate::exit::Exit;
use crate::liaison::Turn;
use crate::outbox::Errand;

/// What was said, on its way to standard output.
#[derive(Debug)]
pub(super) struct Tail {
    following: Following,
    form: Form,
    follows: bool,
    is_done: bool,
}

impl Tail {
    pub(super) fn new(asked: &arguments::Tail, zone: TimeZone) -> Self {
        let place = match (&asked.with, &asked.room) {
            (Some(nick), _) => format!("@{nick}"),
            (None, Some(room)) => room.to_string(),
            (None, None) => LOBBY.to_owned(),
        };
        let since = asked.since.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let start = since.map_or(Start::Last(asked.lines), |since| Start::Since(since.to_string()));
        let following = Following::new(place, start, asked.follow);
        Self { following, form: Form::of(asked.json, zone), follows: asked.follow, is_done: false }
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
            Turn::Done(..) | Turn::Nothing => {}
        }
        self.settle(desk, now_ms);
    }

    fn errand(&mut self, _: u64) -> Option<Errand> {
        self.following.wants().map(Errand::History)
    }

    fn minds_its_reader(&self) -> bool {
        self.follows
    }

    fn exit(&self) -> Option<Exit> {
        self.is_done.then_some(Exit::Well)
    }
}
