//! What was said while there was no connection in rooms that did not fit into the greeting: asked for, page by page.

use lanchat_protocol::LOBBY;
use lanchat_protocol::client::{Event, HISTORY_MAX, History};

use super::Conversation;
use crate::outbox::Errand;

impl Conversation {
    /// The rooms of the person, those first whose place in the greeting matters most.
    pub(super) fn rooms_by_weight(&self) -> Vec<String> {
        let here = self.here();
        let weight = |room: &str| match room {
            // At first nothing was read anywhere.
            _ if self.welcomes == 0 => 0,
            LOBBY => 0,
            room if Some(room) == here => 1,
            _ => 2,
        };
        let mut rooms: Vec<_> = self.rooms.names().map(str::to_owned).collect();
        rooms.sort_by_key(|room| weight(room));
        rooms
    }

    /// The questions for what the relay does not tell by itself.
    pub(super) fn questions_meanwhile(&self) -> Vec<Errand> {
        self.reading.unlisted().map(|(room, pos)| page(room, pos)).collect()
    }

    /// The relay tells the next of it.
    pub(super) fn told_meanwhile(&mut self, asked: &History, event: &Event) {
        let (Some(room), Event::History { messages, more, .. }) = (asked.room.as_deref(), event) else {
            return;
        };
        for message in messages {
            let is_news = self.reading.is_asked_for(room, message.pos) && message.from != self.nick;
            if self.json || !is_news || self.is_hidden(&message.from) {
                continue;
            }
            let said = Event::Message {
                room: room.into(),
                pos: message.pos,
                time: message.time.clone(),
                from: message.from.clone(),
                text: message.text.clone(),
                action: message.action,
                uid: None,
            };
            self.recalls(&said);
            self.show_earlier(&said);
        }
        let asked_after = asked.after.unwrap_or_default();
        match messages.last().map(|last| last.pos) {
            // Positions only grow: a relay cannot keep a client asking for ever.
            Some(pos) if *more && self.reading.is_asked_for(room, pos) && pos > asked_after => {
                self.reading.caught_up(room, Some(pos));
                self.outbox.restore_next(page(room, pos));
            }
            _ => {
                self.reading.caught_up(room, None);
                self.show_missed(room, false);
            }
        }
    }

    /// What was said in a room is not to be had.
    pub(super) fn misses_meanwhile(&mut self, room: &str) {
        self.reading.caught_up(room, None);
        self.show_missed(room, true);
        self.note(&format!("what was said in #{room} meanwhile may be missing: /history #{room} shows it"));
    }
}

fn page(room: &str, after: u64) -> Errand {
    let room = Some(room.to_owned().into());
    Errand::History(History { room, after: Some(after), limit: Some(HISTORY_MAX), ..History::default() })
}
