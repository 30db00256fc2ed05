//! What sessions ask of what was said before, and its answers: from the memory at once, from the store when it has
//! looked. Nobody hears less of the room meanwhile.

use super::lookup::{Found, Reach, Ticket, Wanted};
use super::past::{self, Bounds};
use super::reply::{RoomHit, Toward};
use super::{Bound, Hub, Now, Position, Refusal, Reply, RoomId, SessionId};
use crate::kept::{Hit, Message};
use std::rc::Rc;

/// Questions of one session that wait for the store, at most.
const QUESTIONS_MAX: usize = 4;

/// When it is worth asking again.
const AGAIN_MS: u64 = 100;

/// Who asks, and by what name the answer is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker<'a> {
    pub(super) id: SessionId,
    pub(super) tag: Option<&'a str>,
}

/// What a session waits for.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) ticket: Ticket,
    tag: Option<Box<str>>,
    what: What,
}

#[derive(Debug)]
enum What {
    /// The last messages, with those that the memory had.
    Last { title: Rc<str>, newer: Vec<Message> },
    /// The first ones from somewhere on, before where the memory began.
    First { place: Stretch, bounds: Bounds, oldest: Position },
    /// Where a moment is.
    Since { place: Stretch, bounds: Bounds, time_ms: i64 },
    /// Words.
    Search { words: Box<str> },
}

/// A part of a room that may be read: from a position on.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) room: RoomId,
    pub(super) title: Rc<str>,
    pub(super) from: Position,
}

impl Hub {
    /// Tells the last messages before `before`.
    pub(super) fn tell_last(
        &mut self,
        by: Asker,
        place: Stretch,
        before: Position,
        count: usize,
    ) -> Result<(), Refusal> {
        let Stretch { room, title, from } = place;
        let bounds = Bounds::of(count);
        let past = self.past_before(room, from, before, bounds);
        let more = past.next.is_some() || self.is_older_kept(room, from);
        let left = bounds.less(&past.messages);
        let Some(conversation) = self.rooms[room].conversation().filter(|_| more && past.next.is_none())
        else {
            self.tell_history(by, &title, past.messages, Toward::Older, more);
            return Ok(());
        };
        if left.count == 0 {
            self.tell_history(by, &title, past.messages, Toward::Older, true);
            return Ok(());
        }
        let until = before.min(self.rooms[room].timeline.oldest());
        let (limit, bytes) = (left.count, left.bytes);
        let wanted = Wanted::Page { conversation, from, until, limit, bytes, is_backward: true };
        self.ask(by, What::Last { title, newer: past.messages }, wanted)
    }

    /// Tells the first messages of a place.
    pub(super) fn tell_first(&mut self, by: Asker, place: Stretch, bounds: Bounds) -> Result<(), Refusal> {
        let Stretch { room, from, .. } = place;
        let oldest = self.rooms[room].timeline.oldest();
        if let Some(conversation) = self.rooms[room].conversation().filter(|_| self.is_older_kept(room, from))
        {
            let (limit, bytes) = (bounds.count, bounds.bytes);
            let wanted = Wanted::Page { conversation, from, until: oldest, limit, bytes, is_backward: false };
            return self.ask(by, What::First { place, bounds, oldest }, wanted);
        }
        let past = self.past_from(room, from, Position::MAX, None, bounds);
        let more = past.next.is_some();
        self.tell_history(by, &place.title, past.messages, Toward::Newer, more);
        Ok(())
    }

    /// Tells the first messages from a moment on.
    pub(super) fn tell_since(
        &mut self,
        by: Asker,
        place: Stretch,
        time_ms: i64,
        count: usize,
    ) -> Result<(), Refusal> {
        let bounds = Bounds::of(count);
        let timeline = &self.rooms[place.room].timeline;
        let is_in_memory = timeline.events(place.from).next().is_some_and(|event| event.time_ms < time_ms);
        let conversation = self.rooms[place.room].conversation();
        match conversation.filter(|_| !is_in_memory && self.is_older_kept(place.room, place.from)) {
            Some(conversation) => {
                self.ask(by, What::Since { place, bounds, time_ms }, Wanted::Since { conversation, time_ms })
            }
            None => self.tell_first(by, self.since_in_memory(place, time_ms), bounds),
        }
    }

    /// The part of a place from a moment on, as far as the memory holds it.
    fn since_in_memory(&self, place: Stretch, time_ms: i64) -> Stretch {
        let timeline = &self.rooms[place.room].timeline;
        let from = place.from.max(timeline.oldest());
        let first = timeline.events(from).find(|event| event.time_ms >= time_ms);
        Stretch { from: first.map_or(timeline.head(), |event| event.position), ..place }
    }

    /// Looks for words.
    pub(super) fn look_for(
        &mut self,
        by: Asker,
        words: &str,
        search: super::lookup::Search,
    ) -> Result<(), Refusal> {
        self.ask(by, What::Search { words: words.into() }, Wanted::Search(search))
    }

    fn ask(&mut self, by: Asker, what: What, wanted: Wanted) -> Result<(), Refusal> {
        let Asker { id, tag } = by;
        let tag = tag.map(Into::into);
        if self.session(id).is_none_or(|session| session.questions.len() >= QUESTIONS_MAX) {
            return Err(Refusal::RateLimited { bound: Bound::Questions, wait_ms: AGAIN_MS });
        }
        let ticket = self.look_up(id, wanted);
        if let Some(session) = self.session(id) {
            session.questions.push(Question { ticket, tag, what });
        }
        Ok(())
    }

    /// What the store has found for a question.
    pub(super) fn answer_question(
        &mut self,
        now: Now,
        id: SessionId,
        question: Question,
        found: Option<Found>,
    ) {
        let Question { tag, what, .. } = question;
        let tag = tag.as_deref();
        let by = Asker { id, tag };
        let result = match (what, found) {
            // Who has left the room meanwhile does not read on in it.
            (What::First { place, .. } | What::Since { place, .. }, _) if !self.is_in(id, place.room) => {
                Err(Refusal::NoSuchRoom { room: place.title.to_string() })
            }
            (What::Last { title, newer }, Some(Found::Page(mut messages, next))) => {
                messages.extend(newer);
                self.tell_history(by, &title, messages, Toward::Older, next.is_some());
                Ok(())
            }
            (What::First { place, bounds, oldest }, Some(Found::Page(messages, next))) => {
                self.tell_first_of_both(by, &place, bounds, oldest, messages, next.is_some());
                Ok(())
            }
            (What::Since { place, bounds, time_ms }, Some(Found::Since(position))) => {
                let place = match position {
                    Some(position) => Stretch { from: position.max(place.from), ..place },
                    None => self.since_in_memory(place, time_ms),
                };
                self.tell_first(by, place, bounds)
            }
            (What::Search { words }, Some(Found::Hits(hits, reach))) => {
                self.tell_hits(by, &words, hits, reach);
                Ok(())
            }
            _ => Err(Refusal::Unread),
        };
        if let Err(refusal) = result {
            self.refuse(now, id, tag, refusal);
        }
    }

    /// Behind what the store had, the memory goes on, if nothing has left it meanwhile.
    fn tell_first_of_both(
        &mut self,
        by: Asker,
        place: &Stretch,
        bounds: Bounds,
        oldest: Position,
        mut messages: Vec<Message>,
        mut more: bool,
    ) {
        if !more {
            let left = bounds.less(&messages);
            if self.rooms[place.room].timeline.oldest() <= oldest && left.count > 0 {
                let past = self.past_from(place.room, oldest, Position::MAX, None, left);
                more = past.next.is_some();
                messages.extend(past.messages);
            } else {
                more = true;
            }
        }
        self.tell_history(by, &place.title, messages, Toward::Newer, more);
    }

    /// Whether the session has a seat in the room.
    fn is_in(&mut self, id: SessionId, room: RoomId) -> bool {
        self.session(id).is_some_and(|session| session.seat_in(room).is_some())
    }

    fn tell_history(
        &mut self,
        by: Asker,
        room: &str,
        mut messages: Vec<Message>,
        toward: Toward,
        more: bool,
    ) {
        let Asker { id, tag } = by;
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else { return };
        // Also where all of them are by people whom nobody wants to hear, one can go on.
        let edge = if toward == Toward::Older { messages.first() } else { messages.last() };
        let more = edge.map(|message| message.position).filter(|_| more);
        past::without_ignored(session, &mut messages);
        let (asked, zone) = (Some(toward), self.settings.zone.clone());
        let messages = &*messages;
        let reply = Reply::History { tag, room, messages, asked, more, zone: &zone };
        self.reply(id, &reply);
    }

    fn tell_hits(&mut self, by: Asker, words: &str, mut hits: Vec<Hit>, mut reach: Reach) {
        let Asker { id, tag } = by;
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else { return };
        let title = |conversation| {
            let mut seats = session.seats.iter().map(|seat| &self.rooms[seat.room]);
            let room = seats.find(|room| room.conversation() == Some(conversation));
            room.map(|room| room.title(session.person.as_ref()))
        };
        hits.retain_mut(|hit| {
            past::without_ignored(session, &mut hit.before);
            past::without_ignored(session, &mut hit.after);
            !past::hides(session, &hit.message)
        });
        // Each line of a hit is told with the name of the room.
        let name_bytes = |hit: &Hit| title(hit.message.conversation).map_or(0, |title| title.len());
        if past::cut(&mut hits, |hit| hit.message.more_lines() * name_bytes(hit)) {
            reach = Reach::From(hits.last().map(|hit| hit.message.time_ms));
        }
        // Who has left a room meanwhile does not read on in it.
        let hits: Vec<_> = hits
            .iter()
            .filter_map(|hit| Some(RoomHit { room: title(hit.message.conversation)?, hit }))
            .collect();
        let zone = self.settings.zone.clone();
        let hits = &*hits;
        self.reply(id, &Reply::Found { tag, words, hits, reach, zone: &zone });
    }
}
