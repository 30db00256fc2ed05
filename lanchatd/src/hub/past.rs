//! What was said before, as far as the memory holds it.

use super::keeping::message;
use super::{Hub, Position, RoomId, Session};
use crate::kept::{Hit, Message};
use crate::timeline::{Author, Skip};

/// What the messages of one answer take, about, in bytes; one message always fits.
pub(super) const PAST_BYTES_MAX: usize = 24 * 1024;

/// Some messages.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// The oldest first.
    pub(super) messages: Vec<Message>,
    /// Where the next ones are, in the direction that was looked in, if the memory has more.
    pub(super) next: Option<Position>,
}

/// How many messages, and how large.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) count: usize,
    pub(super) bytes: usize,
}

impl Bounds {
    pub(super) fn of(count: usize) -> Self {
        Self { count, bytes: PAST_BYTES_MAX }
    }

    /// Takes a message into account; false: it does not fit.
    fn take(&mut self, message: &Message<&str>, is_first: bool) -> bool {
        let bytes = size(message);
        if self.count == 0 || (bytes > self.bytes && !is_first) {
            return false;
        }
        self.count -= 1;
        self.bytes = self.bytes.saturating_sub(bytes);
        true
    }

    /// What is left when these were taken.
    pub(super) fn less(self, messages: &[Message]) -> Self {
        let bytes = messages.iter().map(size).sum();
        Self { count: self.count.saturating_sub(messages.len()), bytes: self.bytes.saturating_sub(bytes) }
    }
}

/// What a message takes in an answer, about.
pub(super) fn size<S: AsRef<str>>(message: &Message<S>) -> usize {
    message.text.as_ref().len() + message.nick.as_ref().len() + message.more_lines_bytes() + 96
}

impl Hub {
    /// The last messages before `before`, but not before `from`.
    pub(super) fn past_before(&self, room: RoomId, from: Position, before: Position, bounds: Bounds) -> Past {
        let it = &self.rooms[room];
        let conversation = it.conversation().unwrap_or_default();
        let events = it.timeline.events_before(before).take_while(|event| event.position >= from);
        let mut past = collect(events.filter_map(|event| message(conversation, &event)), bounds);
        past.messages.reverse();
        past.next = past.next.map(|position| position + 1);
        past
    }

    /// The first messages from `from` on, before `until`, but for those of one author.
    pub(super) fn past_from(
        &self,
        room: RoomId,
        from: Position,
        until: Position,
        but: Option<Author>,
        bounds: Bounds,
    ) -> Past {
        let it = &self.rooms[room];
        let conversation = it.conversation().unwrap_or_default();
        let events = it.timeline.events(from).take_while(|event| event.position < until);
        let events = events.filter(|event| but != Some(event.author));
        collect(events.filter_map(|event| message(conversation, &event)), bounds)
    }

    /// Whether the store may have something from `from` on that the memory has not.
    pub(super) fn is_older_kept(&self, room: RoomId, from: Position) -> bool {
        let it = &self.rooms[room];
        let oldest = it.timeline.oldest();
        it.keep.is_some() && it.begins() < oldest && from < oldest
    }
}

fn collect<'a>(messages: impl Iterator<Item = Message<&'a str>>, mut bounds: Bounds) -> Past {
    let mut past = Past::default();
    for message in messages {
        if !bounds.take(&message, past.messages.is_empty()) {
            past.next = Some(message.position);
            break;
        }
        past.messages.push(message.owned());
    }
    past
}

/// Leaves out what does not fit into one answer: what was said around a hit, then the hit and all older ones. Of each it takes
/// so many bytes `more`. Says whether a hit is left out; the newest is not.
pub(super) fn cut(hits: &mut Vec<Hit>, more: impl Fn(&Hit) -> usize) -> bool {
    let (count, mut left) = (hits.len(), PAST_BYTES_MAX);
    let mut fit = 0;
    for hit in hits.iter_mut() {
        let bytes = size(&hit.message) + more(hit);
        if bytes > left && fit > 0 {
            break;
        }
        let mut around: usize = hit.before.iter().chain(&hit.after).map(size).sum();
        if bytes + around > left {
            hit.before.clear();
            hit.after.clear();
            around = 0;
        }
        left = left.saturating_sub(bytes + around);
        fit += 1;
    }
    hits.truncate(fit);
    fit < count
}

/// Leaves out what the session does not want to hear.
pub(super) fn without_ignored(session: &Session, messages: &mut Vec<Message>) {
    messages.retain(|message| !hides(session, message));
}

/// Whether the session does not want to hear it.
pub(super) fn hides(session: &Session, message: &Message) -> bool {
    Skip { own: None, nicks: &session.ignored }.hides(&message.nick)
}
