//! What goes to the store in one transaction, and what becomes of it.

use std::collections::BTreeSet;

use super::identities::Changed;
use super::rows::message;
use super::{POSITIONS_AHEAD, PersonKey};
use crate::hub::people::Person;
use crate::hub::room::{LOBBY, RoomId};
use crate::hub::{Hub, Position};
use crate::kept;

/// About how much one batch holds, in bytes of what people said: in a flood, as much as comes while one before it is
/// written and the keeper rests.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A batch on its way.
#[derive(Debug)]
pub(super) struct Flight {
    /// Up to where it takes which rooms.
    rooms: Vec<(RoomId, Position)>,
    people: BTreeSet<PersonKey>,
    identities: BTreeSet<Changed>,
    marks: BTreeSet<(RoomId, usize)>,
    is_order: bool,
    reserve_to: Option<Position>,
}

impl Hub {
    /// What is to be written next, if nothing is being written. Whoever takes it says what became of it.
    pub fn take_batch(&mut self) -> Option<kept::Batch> {
        self.take_batch_of(BATCH_BYTES_MAX)
    }

    fn take_batch_of(&mut self, bytes_max: usize) -> Option<kept::Batch> {
        if !self.has_unsaved() {
            return None;
        }
        let mut keeper = self.keeper.take()?;
        let mut batch = kept::Batch::default();
        let mut flight = Flight {
            rooms: Vec::new(),
            people: std::mem::take(&mut keeper.people),
            identities: std::mem::take(&mut keeper.identities),
            marks: BTreeSet::new(),
            is_order: std::mem::take(&mut keeper.is_order_changed),
            reserve_to: None,
        };
        let mut bytes = 0;
        while bytes < bytes_max {
            let Some(room) = keeper.unsaved.pop() else { break };
            if self.rooms[room].direct.is_some() {
                keeper.marks.extend([(room, 0), (room, 1)]);
            }
            let it = &mut self.rooms[room];
            let Some(keep) = &mut it.keep else { continue };
            let mut is_all = true;
            for event in it.timeline.events(keep.cursor) {
                if bytes >= bytes_max {
                    is_all = false;
                    break;
                }
                keep.cursor = event.position + 1;
                if let Some(message) = message(keep.id, &event) {
                    bytes += message.text.len() + message.nick.len() + size_of::<kept::Message>();
                    batch.messages.push(message);
                }
            }
            keep.is_listed = !is_all;
            flight.rooms.push((room, keep.cursor));
            if !is_all {
                keeper.unsaved.push(room);
            }
            if std::mem::take(&mut keep.is_changed) {
                let id = keep.id;
                batch.conversations.extend(it.kept(id));
            }
        }
        for key in &flight.people {
            let Some(person) = self.people.get(key) else { continue };
            batch.people.push(kept_person(key, person));
        }
        batch.identities = flight.identities.iter().map(|changed| self.kept_identity(changed)).collect();
        flight.marks = std::mem::take(&mut keeper.marks);
        for &(room, side) in &flight.marks {
            if let Some(read) = self.read_by(room, side)
                && let Some(direct) = &mut self.rooms[room].direct
            {
                direct.marks[side] = read;
            }
            batch.marks.extend(self.rooms[room].mark(side));
        }
        batch.order = flight.is_order.then(|| Box::new(self.kept_order()));
        if keeper.needs_positions() {
            batch.reserve_to = Some(keeper.highest + POSITIONS_AHEAD);
            flight.reserve_to = batch.reserve_to;
        }
        keeper.flight = Some(flight);
        keeper.taken += 1;
        self.keeper = Some(keeper);
        Some(batch)
    }

    /// Up to where one of two who share a room has read, if they are here.
    pub(super) fn read_by(&self, room: RoomId, side: usize) -> Option<Position> {
        self.read_by_person(room, &self.rooms[room].direct.as_ref()?.pair[side])
    }

    /// The same by who it is: in whichever of their sessions they have read the most.
    pub(in crate::hub) fn read_by_person(&self, room: RoomId, person: &PersonKey) -> Option<Position> {
        let here = self.rooms[room].members.iter().filter_map(|slot| self.sessions.get(slot));
        let theirs = here.filter(|session| session.person.as_ref() == Some(person));
        let read = theirs.filter_map(|session| {
            let seat = session.seats.iter().find(|seat| seat.room == room)?;
            Some(seat.waits_from().unwrap_or_else(|| self.cursor(session, seat)))
        });
        read.max()
    }

    /// The batch was written: whoever waited for it is told. Says whether that is the end of a trouble, which it
    /// is not where it took so long that it was one.
    pub fn batch_is_written(&mut self, was_slow: bool) -> bool {
        let Some(keeper) = &mut self.keeper else { return false };
        let had_trouble = !was_slow && keeper.trouble.take().is_some();
        let Some(flight) = keeper.flight.take() else { return had_trouble };
        let written = keeper.taken;
        keeper.written = written;
        keeper.reserved = keeper.reserved.max(flight.reserve_to.unwrap_or_default());
        for (room, written) in flight.rooms {
            if let Some(keep) = &mut self.rooms[room].keep {
                keep.written = keep.written.max(written);
            }
            self.acknowledge(room, written);
            self.evict(room);
        }
        self.release_searches(written);
        self.tell_changes(Some(written));
        had_trouble
    }

    /// The store will never take so many messages of the batch: nobody is promised anything about it.
    pub fn batch_is_refused_in_part(&mut self, messages: u64) {
        let Some(keeper) = &mut self.keeper else { return };
        keeper.lost += messages;
        self.end_all_acks();
    }

    /// Everything that is left to write when the daemon ends, what could not be written before too, and the heads of
    /// all that is kept.
    pub fn last_batch(&mut self) -> kept::Batch {
        self.take_back();
        self.note_changed(LOBBY);
        let mut batch = self.take_batch_of(usize::MAX).unwrap_or_default();
        let kept = self.rooms.iter().filter_map(|(_, room)| room.kept(room.keep.as_ref()?.id));
        batch.conversations = kept.collect();
        let (lobby, keeper) = (self.rooms[LOBBY].conversation(), self.keeper.as_ref());
        if let Some(lobby) = batch.conversations.iter_mut().find(|it| Some(it.id) == lobby) {
            // Rooms that are not kept have had positions too: what is new begins beyond this head.
            lobby.head = keeper.map_or(0, |keeper| keeper.highest + 1).max(lobby.head);
        }
        batch
    }

    /// What a store has to know that knows nothing yet, besides messages: all of it was written before, or is being written.
    pub fn all_but_messages(&self) -> kept::Batch {
        let Some(keeper) = &self.keeper else { return kept::Batch::default() };
        let mut batch = kept::Batch::default();
        for (_, room) in self.rooms.iter() {
            let Some(keep) = &room.keep else { continue };
            batch.conversations.extend(room.kept(keep.id));
            batch.marks.extend([0, 1].into_iter().filter_map(|side| room.mark(side)));
        }
        batch.people = self.people.all().into_iter().map(|(key, person)| kept_person(key, person)).collect();
        batch.identities = self.identities();
        batch.order = Some(Box::new(self.kept_order()));
        batch.reserve_to = Some(keeper.reserved.max(keeper.highest + POSITIONS_AHEAD));
        batch
    }

    fn kept_order(&self) -> kept::Order {
        kept::Order { bans: self.bans.kept(), mutes: self.mutes.kept() }
    }

    /// A new store has begun; what is left of the one before is there.
    pub fn store_is_renewed(&mut self, aside: Option<String>) {
        if let Some(keeper) = &mut self.keeper {
            keeper.aside = aside;
        }
    }

    /// What is on its way is to be written again.
    fn take_back(&mut self) {
        let Some(keeper) = &mut self.keeper else { return };
        let Some(flight) = keeper.flight.take() else { return };
        keeper.people.extend(flight.people);
        keeper.identities.extend(flight.identities);
        keeper.marks.extend(flight.marks);
        keeper.is_order_changed |= flight.is_order;
        for (room, _) in flight.rooms {
            if let Some(keep) = &mut self.rooms[room].keep {
                keep.cursor = keep.written;
                if !std::mem::replace(&mut keep.is_listed, true) {
                    keeper.unsaved.push(room);
                }
            }
        }
    }
}

fn kept_person(key: &PersonKey, person: &Person) -> kept::Person {
    let (key, nick) = (key.to_string(), person.nick.to_string());
    kept::Person { key, nick, seen_ms: person.seen_ms, run: person.run.map(|run| run.to_string()) }
}
