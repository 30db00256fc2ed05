//! Rooms and events as what is kept of them.

use std::rc::Rc;

use crate::hub::room::Direct;
use crate::hub::{Position, Room};
use crate::kept::{self, ConversationId, ConversationKind};
use crate::timeline::{Body, Event};

/// Keys and nicks of the two of a direct conversation are kept as one string: no name holds this.
pub(super) const BETWEEN: char = '\n';

impl Room {
    /// What it is called in the store, if it is kept.
    pub(in crate::hub) fn conversation(&self) -> Option<ConversationId> {
        self.keep.as_ref().map(|keep| keep.id)
    }

    /// What is before this is in the store.
    pub(in crate::hub) fn written(&self) -> Position {
        self.keep.as_ref().map_or(0, |keep| keep.written)
    }

    /// What is at or after this is not in the store yet.
    pub(in crate::hub) fn hold(&self) -> Position {
        self.keep.as_ref().map_or(Position::MAX, |keep| keep.written)
    }

    pub(super) fn kept(&self, id: ConversationId) -> Option<kept::Conversation> {
        let (kind, key, name) = match &self.direct {
            Some(direct) => {
                let both = |names: &[Rc<str>; 2]| format!("{}{BETWEEN}{}", names[0], names[1]);
                (ConversationKind::Direct, both(&direct.pair), both(&direct.nicks))
            }
            None => (ConversationKind::Room, self.key.as_ref()?.to_string(), self.name()?.to_string()),
        };
        let topic = self.topic.as_ref().map(|topic| kept::Topic {
            text: topic.text.to_string(),
            by: topic.by.to_string(),
            time_ms: topic.time_ms,
        });
        let (head, private) = (self.timeline.head(), self.direct.is_some() || self.rules.is_private);
        let rules = self.rules.kept();
        Some(kept::Conversation { id, kind, key, name, topic, head, private, rules })
    }

    pub(super) fn mark(&self, side: usize) -> Option<kept::Mark> {
        let (keep, direct) = (self.keep.as_ref()?, self.direct.as_ref()?);
        let read = direct.marks[side] != Direct::NEVER;
        let (position, since) = (direct.marks[side] - 1, direct.since[side]);
        read.then(|| kept::Mark {
            conversation: keep.id,
            key: direct.pair[side].to_string(),
            position,
            since,
        })
    }
}

/// A message, if the event is one.
pub(in crate::hub) fn message<'a>(
    conversation: ConversationId,
    event: &Event<'a>,
) -> Option<kept::Message<&'a str>> {
    let (kind, text) = match event.body {
        Body::Said(text) => (kept::MessageKind::Said, text),
        Body::Did(text) => (kept::MessageKind::Done, text),
        Body::Joined { .. }
        | Body::Left { .. }
        | Body::Renamed { .. }
        | Body::Away { .. }
        | Body::Back { .. }
        | Body::Topic(_)
        | Body::Ordered { .. }
        | Body::Announced(_)
        | Body::Bye(_) => return None,
    };
    Some(kept::Message {
        conversation,
        position: event.position,
        time_ms: event.time_ms,
        kind,
        nick: event.from,
        text,
        uid: event.uid.split_once(':').map(|(client, tag)| kept::Uid { client, tag }),
    })
}
