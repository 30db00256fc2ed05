//! Replay: what a session is told of a room before its timeline goes on, from memory and store, a page at a time.
//!
//! Meanwhile timelines are not for it, so that everything comes in its order. The next page is made when the last one
//! was written: whoever is slow, or is owed much by many, holds no more than a page.

use std::collections::HashMap;
use std::ops::Range;

use lanchat_protocol::client::Place;

use super::lookup::{Found, Ticket, Wanted};
use super::past::{self, Bounds};
use super::{HOUSE, Hub, Now, Position, Refusal, Reply, RoomId, SessionId, people};
use crate::kept::{Message, MessageKind};
use crate::timeline::{Body, Event, RELAY};

/// Messages of one page.
const PAGE: usize = 50;

/// What waits to be written while more is made, at most, in bytes.
const UNWRITTEN_BYTES_MAX: usize = 8 * 1024;

/// What is still to come of a conversation before its timeline goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Replay {
    what: What,
    /// The next position.
    next: Position,
    /// Where the timeline goes on.
    until: Position,
    /// The lookup that it waits for, and up to where that goes.
    asked: Option<(Ticket, Position)>,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    /// What waited for a person who was not here.
    Waited,
    /// What a client has missed that said where it was.
    Missed,
    /// The last ones, for somebody who comes: with those that the memory had.
    Backlog { newer: Vec<Message> },
}

impl Replay {
    /// What has waited for a person, from `next` until before `until`.
    pub(super) fn waited(next: Position, until: Position) -> Self {
        Self { what: What::Waited, next, until, asked: None }
    }

    /// What was missed there.
    pub(super) fn missed(next: Position, until: Position) -> Self {
        Self { what: What::Missed, next, until, asked: None }
    }

    /// Up to where it tells what was missed, if it does.
    pub(super) fn seam(&self) -> Option<Position> {
        (self.what == What::Missed).then_some(self.until - 1)
    }

    /// What leaves the memory from where the replay ends on, up to `end`, is part of it. Says whether it is.
    pub(super) fn goes_on(&mut self, cursor: Position, end: Position) -> bool {
        let is_one = self.until == cursor && !matches!(self.what, What::Backlog { .. });
        if is_one {
            self.until = end;
        }
        is_one
    }

    /// The first position that was not handed out, if it was to be.
    pub(super) fn next(&self) -> Option<Position> {
        (!matches!(self.what, What::Backlog { .. })).then_some(self.next)
    }

    pub(super) fn waits_for(&self, ticket: Ticket) -> bool {
        self.asked.is_some_and(|(asked, _)| asked == ticket)
    }
}

impl Hub {
    /// Has whoever has entered a room told what was said there before.
    pub(super) fn tell_backlog(&mut self, id: SessionId, room: RoomId) {
        let Some(session) = self.session(id).filter(|session| session.backlog > 0) else { return };
        let Some(seat) = session.seat_in(room) else { return };
        let what = What::Backlog { newer: Vec::new() };
        seat.replay = Some(Box::new(Replay { what, next: 0, until: seat.cursor, asked: None }));
        self.replay_on(id);
    }

    /// Has a client that comes back told what it has missed of rooms and of what it shares with others. Says where
    /// that is so.
    ///
    /// What is private to two is told from where the run began to have the name, at most, and from there where the client
    /// does not say: until there are accounts a name is no proof.
    pub(super) fn resume(&mut self, id: SessionId, places: &[Place]) -> Vec<RoomId> {
        let mut resumed = Vec::new();
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else {
            return resumed;
        };
        let person = session.person.clone();
        let places: HashMap<_, _> = places.iter().map(|place| (folded(&place.room), place.pos)).collect();
        for number in 0..session.seats.len() {
            let seat = &self.sessions[id.slot].seats[number];
            let (room, is_direct) = (seat.room, seat.is_direct);
            // It has no name, which is not to be found by that.
            if room == HOUSE {
                continue;
            }
            let it = &self.rooms[room];
            let title = it.title(person.as_ref());
            let position = places.get(&folded(&title)).copied().flatten();
            let mut next = position.map(|position| position.saturating_add(1));
            if let (Some(direct), Some(person)) = (&it.direct, &person) {
                let since = direct.since[direct.side(person)];
                // Whoever is logged in gets what waits for them, and no more where the client does not say.
                let is_owner = self.sessions[id.slot].account.is_some();
                next = next.map(|next| next.max(since)).or((!is_owner).then_some(since));
            }
            let Some(next) = next else { continue };
            let head = it.timeline.head();
            let until = if is_direct {
                head
            } else {
                self.cursor(&self.sessions[id.slot], &self.sessions[id.slot].seats[number])
            };
            let next = next.max(it.begins()).min(until);
            if is_direct {
                self.sit_at_head(id, number);
            }
            if let Some(seat) = self.session(id).and_then(|session| session.seat_in(room)) {
                seat.replay = Some(Box::new(Replay::missed(next, until)));
            }
            resumed.push(room);
        }
        resumed
    }

    /// Goes on with what the session is to be told, unless it has yet to be written what it was.
    pub(super) fn replay_on(&mut self, id: SessionId) {
        loop {
            let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else {
                return;
            };
            if session.inbox.len() >= UNWRITTEN_BYTES_MAX || session.is_closing {
                return;
            }
            let mut seats = session.seats.iter().enumerate();
            let next = seats.find_map(|(number, seat)| Some((number, seat, seat.replay.as_deref()?)));
            let Some((number, seat, replay)) = next.filter(|(_, _, replay)| replay.asked.is_none()) else {
                return;
            };
            let (room, own, from, until) = (seat.room, seat.author, replay.next, replay.until);
            if let What::Backlog { .. } = replay.what {
                self.begin_backlog(id, number);
                continue;
            }
            let own = (replay.what == What::Missed).then_some(own);
            let (oldest, written) = (self.rooms[room].timeline.oldest(), self.rooms[room].written());
            if from >= until {
                self.end_replay(id, number);
            } else if from >= oldest {
                let past = self.past_from(room, from, until, own, Bounds::of(PAGE));
                self.hand_out(id, number, &past.messages, past.next.unwrap_or(until));
            } else if self.is_older_kept(room, from) && from < written {
                self.look_up_page(id, number, from..until.min(oldest).min(written), Bounds::of(PAGE), false);
            } else {
                self.pass_over(id, number, oldest.min(until));
            }
        }
    }

    /// Tells a backlog if the memory has all of it, and otherwise looks the rest up.
    fn begin_backlog(&mut self, id: SessionId, number: usize) {
        let Some(session) = self.sessions.get_mut(id.slot) else { return };
        let bounds = Bounds::of(session.backlog);
        let seat = &session.seats[number];
        let (room, Some(before)) = (seat.room, seat.replay.as_ref().map(|replay| replay.until)) else {
            return;
        };
        let past = self.past_before(room, 0, before, bounds);
        let left = bounds.less(&past.messages);
        if past.next.is_some() || left.count == 0 || !self.is_older_kept(room, 0) {
            return self.end_backlog(id, number, past.messages);
        }
        let until = before.min(self.rooms[room].timeline.oldest());
        if let Some(replay) = self.replay_of(id, number) {
            replay.what = What::Backlog { newer: past.messages };
        }
        self.look_up_page(id, number, 0..until, left, true);
    }

    fn look_up_page(
        &mut self,
        id: SessionId,
        number: usize,
        positions: Range<Position>,
        bounds: Bounds,
        is_backward: bool,
    ) {
        let Some(conversation) = self.rooms[self.sessions[id.slot].seats[number].room].conversation() else {
            return;
        };
        let (Range { start: from, end: until }, Bounds { count: limit, bytes }) = (positions, bounds);
        let ticket = self.look_up(id, Wanted::Page { conversation, from, until, limit, bytes, is_backward });
        if let Some(replay) = self.replay_of(id, number) {
            replay.asked = Some((ticket, until));
        }
    }

    fn end_backlog(&mut self, id: SessionId, number: usize, mut messages: Vec<Message>) {
        let session = &mut self.sessions[id.slot];
        session.seats[number].replay = None;
        past::without_ignored(session, &mut messages);
        if !messages.is_empty() {
            let room = &*self.rooms[session.seats[number].room].title(session.person.as_ref());
            let (zone, messages) = (&self.settings.zone.clone(), &*messages);
            self.reply(id, &Reply::History { tag: None, room, messages, asked: None, more: None, zone });
        }
        self.call(id);
    }

    /// A page of the store has come, or could not be read.
    pub(super) fn replay_found(&mut self, now: Now, id: SessionId, number: usize, found: Option<Found>) {
        let Some(replay) = self.replay_of(id, number) else { return };
        let until = replay.asked.take().map_or(replay.until, |(_, until)| until);
        match found {
            Some(Found::Page(mut messages, next)) => {
                if let What::Backlog { newer } = &mut replay.what {
                    messages.append(newer);
                    self.end_backlog(id, number, messages);
                } else {
                    // Behind what the store had, the memory goes on, or the store, if it has got more meanwhile.
                    self.hand_out(id, number, &messages, next.unwrap_or(until));
                }
            }
            _ if matches!(replay.what, What::Backlog { .. }) => {
                let newer = std::mem::replace(&mut replay.what, What::Missed);
                self.refuse(now, id, None, Refusal::Unreadable);
                if let What::Backlog { newer } = newer {
                    self.end_backlog(id, number, newer);
                }
            }
            Some(Found::Since(_) | Found::Hits(..)) | None => {
                // What waits for a person waits until they come the next time.
                let seat = &mut self.sessions[id.slot].seats[number];
                let until = seat.replay.as_ref().map_or(until, |replay| replay.until);
                seat.waits_from = seat.waits_from();
                self.refuse(now, id, None, Refusal::Unreadable);
                self.pass_over(id, number, until);
            }
        }
        self.call(id);
        self.replay_on(id);
    }

    /// Writes messages into the session's inbox, but for its own.
    fn hand_out(&mut self, id: SessionId, number: usize, messages: &[Message], next: Position) {
        let Some(session) = self.sessions.get_mut(id.slot) else { return };
        let (Some(dialect), Some(own)) = (session.dialect, session.person.clone()) else { return };
        let skip = crate::timeline::Skip { own: None, nicks: &session.ignored };
        let run = session.run.map(|run| run.to_string());
        let seat = &mut session.seats[number];
        let conversation = self.rooms[seat.room].timeline.conversation();
        for message in messages {
            let is_own = if seat.is_direct {
                people::key_of(&message.nick) == own
            } else {
                run.is_some() && message.uid.as_ref().map(|uid| &uid.client) == run.as_ref()
            };
            if is_own || skip.hides(&message.nick) {
                continue;
            }
            let text = message.text.as_str();
            let body = match message.kind {
                MessageKind::Said => Body::Said(text),
                MessageKind::Done => Body::Did(text),
            };
            let uid = message.uid.as_ref().map(ToString::to_string).unwrap_or_default();
            let (position, time_ms, from) = (message.position, message.time_ms, message.nick.as_str());
            let event = Event { position, time_ms, author: RELAY, from, body, uid: &uid };
            (dialect.here.event)(conversation, &event, &mut session.inbox);
            self.totals.deliveries += 1;
        }
        let (room, mut missing) = (seat.room, 0);
        if let Some(replay) = &mut seat.replay {
            let passed = std::mem::replace(&mut replay.next, next)..next;
            missing = self.rooms[room].keep.as_ref().map_or(0, |keep| keep.holes.messages_in(&passed));
        }
        if missing > 0 {
            self.totals.gaps += 1;
            self.totals.messages_skipped += missing;
            let room = self.rooms[room].title(Some(&own));
            self.reply(id, &Reply::Gap { room: &room, skipped: missing });
        }
        self.call(id);
    }

    /// What is before `next` cannot be told.
    fn pass_over(&mut self, id: SessionId, number: usize, next: Position) {
        let Some(replay) = self.replay_of(id, number) else { return };
        replay.next = next;
        let is_backlog = matches!(replay.what, What::Backlog { .. });
        let session = &self.sessions[id.slot];
        let room = self.rooms[session.seats[number].room].title(session.person.as_ref());
        if !is_backlog {
            self.totals.gaps += 1;
            self.reply(id, &Reply::Gap { room: &room, skipped: 0 });
        }
    }

    fn end_replay(&mut self, id: SessionId, number: usize) {
        let session = &mut self.sessions[id.slot];
        let seat = &mut session.seats[number];
        let Some(replay) = seat.replay.take() else { return };
        if replay.what == What::Missed {
            let room = self.rooms[seat.room].title(session.person.as_ref());
            self.reply(id, &Reply::Live { room: &room, position: replay.until - 1 });
        }
        self.call(id);
    }

    /// What waits in a direct conversation is told as what was missed.
    fn sit_at_head(&mut self, id: SessionId, number: usize) {
        self.rouse(id);
        let Some(seat) = self.session(id).and_then(|session| session.seats.get_mut(number)) else { return };
        let room = seat.room;
        let head = self.rooms[room].timeline.head();
        if let Some(seat) = self.session(id).and_then(|session| session.seats.get_mut(number)) {
            (seat.cursor, seat.own_ahead) = (head, 0);
        }
    }

    fn replay_of(&mut self, id: SessionId, number: usize) -> Option<&mut Replay> {
        self.session(id)?.seats.get_mut(number)?.replay.as_deref_mut()
    }
}

/// How rooms are compared with what a client calls them: it may have written `#` before the name.
fn folded(name: &str) -> String {
    name.trim_start_matches('#').to_lowercase()
}
