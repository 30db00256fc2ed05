//! What was said, as the administrator asks for it.

use lanchat_protocol::admin;
use lanchat_protocol::client::Event;
use lanchat_protocol::moment::utc;
use lanchat_protocol::names::RoomName;

use super::room::Room;
use super::{Hub, people};
use crate::kept::{self, ConversationId, Message, MessageKind};

/// A room, and what it is called in the store if anything of it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// In the store.
    pub conversation: Option<ConversationId>,
    /// As the memory knows it.
    pub room: admin::Room,
}

impl Hub {
    /// The rooms with a name, ordered by it, and how many conversations of two there are.
    pub fn listed(&self) -> (Vec<Listed>, u64) {
        let named = self.rooms.iter().filter_map(|(id, room)| {
            let last_said = room.timeline.last_said_ms().map(utc);
            let topic = room.topic.as_ref().map(|topic| topic.text.to_string()).unwrap_or_default();
            let (name, people) = (room.name()?.to_string(), self.people_in(id) as u64);
            let conversation = room.conversation();
            Some(Listed {
                conversation,
                room: admin::Room { name, people, topic, kept_since: None, last_said },
            })
        });
        let mut named: Vec<_> = named.collect();
        named.sort_by(|one, other| one.room.name.cmp(&other.room.name));
        let direct = self.rooms.iter().filter(|(_, room)| room.direct.is_some()).count() as u64;
        (named, direct)
    }

    /// What the room is called in the store; `Some(None)`: nothing of it is kept. `None`: there is no such room.
    pub fn conversation_of(&self, name: &RoomName) -> Option<Option<ConversationId>> {
        self.rooms.named(name).map(|room| self.rooms[room].conversation())
    }

    /// Messages of the store as the native dialect tells them, by where they were said. `direct`: also what was said
    /// to one person alone.
    pub fn told<'a>(&self, messages: &'a [Message], direct: bool) -> Vec<Event<'a>> {
        let mut told = Vec::new();
        for stretch in messages.chunk_by(|one, next| one.conversation == next.conversation) {
            let id = stretch[0].conversation;
            let found = self.rooms.iter().find(|(_, room)| room.conversation() == Some(id));
            let Some((_, room)) = found.filter(|(_, room)| direct || room.direct.is_none()) else { continue };
            told.extend(stretch.iter().map(|message| event(room, message)));
        }
        told
    }

    /// How many messages are not in the store although they are to be.
    pub fn unwritten(&self) -> u64 {
        let of = |room: &Room| {
            let timeline = &room.timeline;
            let from = room.written().max(timeline.oldest());
            timeline.messages_before(timeline.head()) - timeline.messages_before(from)
        };
        self.rooms.iter().filter(|(_, room)| room.conversation().is_some()).map(|(_, room)| of(room)).sum()
    }

    /// Whether any of them is older than a time, in milliseconds since 1970, UTC.
    pub fn has_unwritten_before(&self, time_ms: i64) -> bool {
        let mut kept = self.rooms.iter().filter(|(_, room)| room.conversation().is_some());
        kept.any(|(_, room)| {
            let mut unwritten = room.timeline.events(room.written());
            unwritten.any(|event| event.body.is_message() && event.time_ms < time_ms)
        })
    }
}

fn event<'a>(room: &Room, message: &'a Message) -> Event<'a> {
    let person = people::key_of(&message.nick);
    Event::Message {
        room: room.title(Some(&person)).to_string().into(),
        pos: message.position,
        time: utc(message.time_ms).into(),
        from: message.nick.as_str().into(),
        text: message.text.as_str().into(),
        action: message.kind == MessageKind::Done,
        uid: message.uid.as_ref().and_then(kept::Uid::told).map(Into::into),
    }
}
