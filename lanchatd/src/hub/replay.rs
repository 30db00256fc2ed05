//! Replay: what a person was told before what the memory holds comes from the store, a page at a time.
//!
//! While somebody waits for a page, timelines are not for them, so that everything comes in its order. The next page
//! is asked for when the last one was written: whoever is slow, or is owed much by many, holds no more than a page.

use super::{Hub, Now, Output, Position, Refusal, SessionId, people};
use crate::kept::{ConversationId, Message, MessageKind};
use crate::timeline::{Body, Event, Skip};

/// Messages of one page: what an inbox holds of them is not much.
const PAGE: usize = 50;

/// What is still to come of a conversation before its timeline goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Replay {
    /// The next position.
    next: Position,
    /// Where the timeline goes on.
    until: Position,
    is_asked: bool,
}

impl Replay {
    /// From `next` until before `until`.
    pub(super) fn between(next: Position, until: Position) -> Self {
        Self { next, until, is_asked: false }
    }

    /// The first position that was not handed out.
    pub(super) fn next(&self) -> Position {
        self.next
    }
}

/// What the driver asks of the store for a session; the answer goes to [`Hub::page`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageWanted {
    /// For whom.
    pub id: SessionId,
    /// Of which conversation.
    pub conversation: ConversationId,
    /// From here …
    pub from: Position,
    /// … until before this.
    pub until: Position,
    /// So many messages at most, the first ones.
    pub limit: usize,
}

impl Hub {
    /// Asks for the next page of what the session is to be told, unless it has yet to be written what it was.
    pub(super) fn replay_on(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        if !session.inbox.is_empty() || session.is_closing {
            return;
        }
        let next = session.seats.iter_mut().find_map(|seat| Some((seat.room, seat.replay.as_mut()?)));
        let Some((room, replay)) = next.filter(|(_, replay)| !replay.is_asked) else { return };
        let Some(conversation) = self.rooms[room].conversation() else { return };
        replay.is_asked = true;
        let Replay { next: from, until, .. } = *replay;
        self.outputs.push(Output::Page(PageWanted { id, conversation, from, until, limit: PAGE }));
    }

    /// A page that was asked for: the messages, and where the next page begins, if there is more.
    pub fn page(&mut self, wanted: PageWanted, messages: &[Message], next: Option<Position>) {
        let id = wanted.id;
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        let (Some(dialect), Some(own)) = (session.dialect, session.person.clone()) else { return };
        let skip = Skip { own: None, nicks: &session.ignored };
        let rooms = &self.rooms;
        let seat = session
            .seats
            .iter_mut()
            .find(|seat| rooms[seat.room].conversation() == Some(wanted.conversation));
        let Some(seat) = seat.filter(|seat| seat.replay.is_some()) else { return };
        let conversation = rooms[seat.room].timeline.conversation();
        let is_theirs =
            |message: &&Message| people::key_of(&message.nick) != own && !skip.hides(&message.nick);
        for message in messages.iter().filter(is_theirs) {
            let text = message.text.as_str();
            let body = match message.kind {
                MessageKind::Said => Body::Said(text),
                MessageKind::Done => Body::Did(text),
            };
            let (position, time_ms, from) = (message.position, message.time_ms, message.nick.as_str());
            let event = Event { position, time_ms, author: crate::timeline::RELAY, from, body };
            (dialect.here.event)(conversation, &event, &mut session.inbox);
            self.totals.deliveries += 1;
        }
        seat.replay = next.map(|next| Replay::between(next, wanted.until));
        self.call(id);
        self.replay_on(id);
    }

    /// A page could not be read: what it holds waits until the person comes the next time.
    pub fn page_failed(&mut self, now: Now, wanted: PageWanted) {
        let id = wanted.id;
        let Some(session) = self.session(id) else { return };
        // One page is asked for at a time.
        for seat in &mut session.seats {
            if seat.replay.is_some_and(|replay| replay.is_asked) {
                seat.waits_from = seat.replay.take().map(|replay| replay.next());
            }
        }
        self.refuse(now, id, None, Refusal::Unreadable);
        self.call(id);
        self.replay_on(id);
    }
}
