//! `who`: who is in a room.

use lanchat_protocol::LOBBY;
use lanchat_protocol::client::{Event, Person};
use lanchat_protocol::counted;
use lanchat_protocol::names::RoomName;
use serde::Serialize;

use super::said::object;
use super::{Desk, Part};
use crate::arguments;
use crate::exit::Exit;
use crate::liaison::Turn;
use crate::outbox::Errand;
use crate::wish::shown_nick;

/// The people of a room.
#[derive(Debug)]
pub(super) struct People {
    room: Option<RoomName>,
    is_json: bool,
    /// The script is one of them as somebody who may be there anyway.
    logs_in: bool,
    /// What the script itself is called.
    own_nick: String,
    is_done: bool,
}

/// One of them, for programs.
#[derive(Serialize)]
struct Present<'a> {
    nick: &'a str,
    connected_s: u64,
    room: &'a str,
}

impl People {
    pub(super) fn new(asked: arguments::Who, logs_in: bool) -> Self {
        Self { room: asked.room, is_json: asked.json, logs_in, own_nick: String::new(), is_done: false }
    }

    fn tell(&mut self, room: &str, people: &[Person], others: u64, desk: &mut Desk) {
        // Who looks in to see who is there is not there.
        let is_other = |person: &&Person| self.logs_in || *person.nick != *self.own_nick;
        for Person { nick, connected_s } in people.iter().filter(is_other) {
            if self.is_json {
                desk.print(&object(&Present { nick, connected_s: *connected_s, room }));
            } else if let Some(nick) = shown_nick(nick) {
                desk.print(&nick);
            }
        }
        if others > 0 {
            desk.liaison.complain(&format!("and {}, not named by the relay", counted(others, "other")));
        }
        self.is_done = true;
    }
}

impl Part for People {
    fn hear(&mut self, turn: Turn, desk: &mut Desk, now_ms: u64) {
        match turn {
            Turn::Welcome { nick, .. } => self.own_nick = nick.into_owned(),
            Turn::Done(Event::Who { room, people, others, .. }) => {
                self.tell(&room, &people, others, desk);
                desk.liaison.say_goodbye(now_ms);
            }
            Turn::Refused(_, _, message) => desk.stop(&message),
            Turn::Unanswered(_, why) => desk.stop(why),
            Turn::Done(..) | Turn::Event(_) | Turn::NoRoom(_) | Turn::Nothing => {}
        }
    }

    fn errand(&mut self, _: u64) -> Option<Errand> {
        let room = self.room.clone().or_else(|| RoomName::parse(LOBBY).ok());
        room.filter(|_| !self.is_done).map(Errand::Who)
    }

    fn exit(&self) -> Option<Exit> {
        self.is_done.then_some(Exit::Well)
    }
}
