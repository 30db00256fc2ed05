//! `search`: what was said with these words in it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanchat_protocol::LOBBY;
use lanchat_protocol::client::{Event, Search};
use lanchat_protocol::names::RoomName;

use super::said::Form;
use super::{Desk, Part, no_room};
use crate::arguments;
use crate::exit::Exit;
use crate::liaison::Turn;
use crate::outbox::Errand;
use crate::query;
use crate::target::Target;
use crate::transcript::{MOMENT_CHARS_MAX, shorten};

/// A search and what became of it.
#[derive(Debug)]
pub(super) struct Finding {
    typed: String,
    search: Search<'static>,
    form: Form,
    /// How many were found.
    found: Option<usize>,
}

impl Finding {
    /// An error says what is wrong with the words.
    pub(super) fn new(asked: &arguments::Search, wall: Timestamp, zone: TimeZone) -> Result<Self, String> {
        let typed = asked.words.join(" ");
        let search = query::search(&typed, wall, &zone, 0)?;
        let search = Search { limit: Some(asked.lines), ..search };
        Ok(Self { typed, search, form: Form::of(asked.json, zone), found: None })
    }

    /// Whoever searches a room has to be in it: the one that is meant, else the lobby and those of `client.toml`.
    pub(super) fn rooms(&self, usual: &[RoomName]) -> Vec<RoomName> {
        match self.search.room.as_deref().map(Target::parse) {
            Some(Ok(target)) => target.room().cloned().into_iter().collect(),
            Some(Err(_)) | None => RoomName::parse(LOBBY).into_iter().chain(usual.iter().cloned()).collect(),
        }
    }
}

impl Part for Finding {
    const FAILURE: Exit = Exit::Unable;

    fn hear(&mut self, turn: Turn, desk: &mut Desk, now_ms: u64) {
        match turn {
            Turn::Done(Event::Found { hits, more, before, .. }) => {
                for hit in hits.iter().rev() {
                    desk.print(&self.form.write(&hit.room, &hit.message));
                }
                if more {
                    let date =
                        before.as_deref().map_or("DATE".into(), |time| shorten(time, MOMENT_CHARS_MAX));
                    desk.liaison.complain(&format!("there may be older messages: before:{date} finds those"));
                }
                self.found = Some(hits.len());
                desk.liaison.say_goodbye(now_ms);
            }
            Turn::Refused(_, _, message) => desk.stop(&message),
            Turn::Unanswered(_, why) => desk.stop(why),
            Turn::Welcome { .. } | Turn::Done(..) | Turn::Event(_) | Turn::NoRoom(_) | Turn::Nothing => {}
        }
    }

    fn misses(&mut self, room: &RoomName, desk: &mut Desk, _: u64) {
        if self.search.room.is_some() {
            return desk.stop(&no_room(room));
        }
        // Nothing was said there that could be found.
        desk.liaison.forget(room);
    }

    fn errand(&mut self, _: u64) -> Option<Errand> {
        let search = || Errand::Search { typed: self.typed.clone(), search: self.search.clone().into() };
        self.found.is_none().then(search)
    }

    fn exit(&self) -> Option<Exit> {
        self.found.map(|found| if found > 0 { Exit::Well } else { Exit::Failed })
    }
}
