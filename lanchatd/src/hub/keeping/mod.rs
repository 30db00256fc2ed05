//! Keeping: what has to reach the store, and who waits for that.
//!
//! The store reads every conversation with a cursor of its own. What is before it goes out in one batch; while that
//! is being written the next one grows, so that commits are grouped by themselves and nothing is queued. Nobody who
//! reads waits for the store: only acknowledgements do, and not where the store is in trouble.

mod acks;
mod batches;
mod holes;
mod identities;
mod resumption;
mod rows;

use std::collections::{BTreeSet, VecDeque};

use super::people::PersonKey;
use super::room::RoomId;
use super::{Hub, Position};
use crate::kept::ConversationId;
use crate::timeline::Evicted;
pub(super) use acks::WaitingAck;
use batches::Flight;
use holes::Holes;
pub use identities::Change;
pub(super) use identities::{Changed, WaitingChange};
pub(super) use rows::message;

/// How many positions are reserved ahead of the last one given.
pub const POSITIONS_AHEAD: u64 = 1 << 20;

/// How a room is kept.
#[derive(Debug)]
pub(super) struct Keep {
    id: ConversationId,
    /// Nothing of it was said before this.
    pub(super) begins: Position,
    /// The next event that the store is handed.
    cursor: Position,
    /// What is before it is in the store.
    written: Position,
    /// Its name or topic has to be written.
    is_changed: bool,
    /// It is in the list of those with something to write.
    is_listed: bool,
    /// What it never got.
    pub(super) holes: Holes,
    acks: VecDeque<WaitingAck>,
}

/// What the hub knows of the store.
#[derive(Debug)]
pub(super) struct Keeper {
    acks_wait: bool,
    next: ConversationId,
    /// The highest position ever given.
    highest: Position,
    /// Positions up to this one may be given.
    reserved: Position,
    unsaved: Vec<RoomId>,
    people: BTreeSet<PersonKey>,
    identities: BTreeSet<Changed>,
    /// Whoever waits until a change is written, the first one first.
    changes: VecDeque<WaitingChange>,
    marks: BTreeSet<(RoomId, usize)>,
    /// Bans or mutes have to be written.
    is_order_changed: bool,
    flight: Option<Flight>,
    /// Batches that were taken.
    taken: u64,
    /// Batches that were written.
    written: u64,
    acks: usize,
    trouble: Option<String>,
    lost: u64,
    aside: Option<String>,
}

/// How the store is, towards the administrator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keeping {
    /// Whether there is one.
    pub is_on: bool,
    /// Why what is said is not kept at the moment.
    pub trouble: Option<String>,
    /// Messages that will never be kept: they left the memory during trouble, or the store refused them.
    pub lost: u64,
    /// Where a file is that was put aside because it was damaged.
    pub aside: Option<String>,
}

impl Hub {
    /// Whether there is something to write, and nothing being written.
    pub fn has_unsaved(&self) -> bool {
        let is_idle = |keeper: &Keeper| keeper.flight.is_none();
        self.keeper
            .as_ref()
            .is_some_and(|keeper| is_idle(keeper) && (keeper.has_unsaved() || keeper.needs_positions()))
    }

    /// What is said is not kept for the time being: nobody waits for that any more. Says whether that is news.
    pub fn store_is_in_trouble(&mut self, why: &str) -> bool {
        let Some(keeper) = &mut self.keeper else { return false };
        let is_news = keeper.trouble.replace(why.to_owned()).is_none();
        self.end_all_acks();
        self.release_searches(u64::MAX);
        self.tell_changes(None);
        is_news
    }

    /// How the store is.
    pub fn keeping(&self) -> Keeping {
        let Some(keeper) = &self.keeper else { return Keeping::default() };
        Keeping {
            is_on: true,
            trouble: keeper.trouble.clone(),
            lost: keeper.lost,
            aside: keeper.aside.clone(),
        }
    }

    /// Whether the room may have another event: a position that was not reserved could be given again after a crash.
    pub(super) fn has_position(&self, room: RoomId) -> bool {
        self.keeper.as_ref().is_none_or(|keeper| self.rooms[room].timeline.head() <= keeper.reserved)
    }

    /// Something was appended.
    pub(super) fn note_appended(&mut self, room: RoomId, position: Position, is_kept: bool) {
        let Some(keeper) = &mut self.keeper else { return };
        keeper.highest = keeper.highest.max(position);
        if is_kept {
            self.keep_room(room, position);
        }
    }

    /// Something about the room has to be written.
    fn keep_room(&mut self, room: RoomId, position: Position) {
        let is_of_guests = self.rooms[room]
            .direct
            .as_ref()
            .is_some_and(|direct| direct.pair.iter().any(|person| self.people.get(person).is_none()));
        let Some(keeper) = &mut self.keeper else { return };
        let it = &mut self.rooms[room];
        if it.keep.is_none() {
            if is_of_guests || (it.key.is_none() && it.direct.is_none()) {
                return;
            }
            let begins = it.timeline.begins();
            it.keep = Some(Keep { is_changed: true, begins, ..Keep::from(keeper.next, position) });
            keeper.next += 1;
        }
        let Some(keep) = &mut it.keep else { return };
        if !std::mem::replace(&mut keep.is_listed, true) {
            keeper.unsaved.push(room);
        }
    }

    /// The topic of a room has changed.
    pub(super) fn note_changed(&mut self, room: RoomId) {
        let head = self.rooms[room].timeline.head();
        self.keep_room(room, head);
        if let Some(keep) = &mut self.rooms[room].keep {
            keep.is_changed = true;
        }
    }

    /// The rules of a room have changed. A room without any is kept for what is said in it.
    pub(super) fn note_rules(&mut self, room: RoomId) {
        let it = &self.rooms[room];
        if it.keep.is_some() || it.rules.is_set() {
            self.note_changed(room);
        }
    }

    /// What keeps order everywhere has changed.
    pub(super) fn note_order(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            keeper.is_order_changed = true;
        }
    }

    /// Somebody came or went who has a name.
    pub(super) fn note_met(&mut self, person: &PersonKey) {
        let Some(keeper) = &mut self.keeper else { return };
        keeper.people.insert(person.clone());
        // In trouble nothing is written, and names may come and go for long.
        if keeper.people.len() > 2 * self.settings.people_max {
            let people = &self.people;
            keeper.people.retain(|person| people.get(person).is_some());
        }
    }

    /// What two people share is being handed out: how far each has read is written next.
    pub(super) fn note_read(&mut self, room: RoomId) {
        let it = &self.rooms[room];
        let Some(direct) = it.direct.as_ref().filter(|_| it.keep.is_some()) else { return };
        let (marks, head) = (direct.marks, it.timeline.head());
        for side in [0, 1] {
            // Who is not here reads nothing.
            if marks[side] < head && self.read_by(room, side).is_some() {
                self.note_mark(room, side);
            }
        }
    }

    /// Somebody has read what another said to them up to a new mark.
    pub(super) fn note_mark(&mut self, room: RoomId, side: usize) {
        let is_kept = self.rooms[room].keep.is_some();
        if let Some(keeper) = self.keeper.as_mut().filter(|_| is_kept) {
            keeper.marks.insert((room, side));
        }
    }

    /// Part of a timeline goes that the store may not have seen.
    pub(super) fn note_lost(&mut self, room: RoomId, evicted: &Evicted) {
        let (Some(keeper), Some(keep)) = (&mut self.keeper, &mut self.rooms[room].keep) else { return };
        let lost = keep.cursor..evicted.end();
        if lost.is_empty() {
            return;
        }
        let messages = evicted.messages_from(lost.start);
        keeper.lost += messages;
        keep.cursor = lost.end;
        keep.holes.note(lost.clone(), messages);
        self.end_acks(room, |ack| lost.contains(&ack.position));
        // Whoever sends it again may have more luck.
        self.sent.forget(room, lost);
    }
}

impl Keep {
    /// Whether the store has everything, and nobody waits for that.
    pub(super) fn is_written(&self) -> bool {
        !self.is_listed && !self.is_changed && self.cursor == self.written && self.acks.is_empty()
    }

    /// What is before this is in the store, as far as it is kept.
    pub(super) fn go_on_from(&mut self, head: Position) {
        (self.cursor, self.written) = (head, head);
    }

    fn from(id: ConversationId, head: Position) -> Self {
        Self {
            id,
            begins: head,
            holes: Holes::default(),
            cursor: head,
            written: head,
            is_changed: false,
            is_listed: false,
            acks: VecDeque::new(),
        }
    }
}

impl Keeper {
    /// Whether something was said that is not written yet, and will be soon.
    pub(super) fn is_behind(&self) -> bool {
        self.trouble.is_none() && (self.flight.is_some() || !self.unsaved.is_empty())
    }

    /// The batch by which everything that was said until now is written.
    pub(super) fn batch_with_all(&self) -> u64 {
        self.taken + u64::from(!self.unsaved.is_empty())
    }

    /// Whether something is to be written that is in no batch yet.
    pub(super) fn has_unsaved(&self) -> bool {
        let is_of_people = !self.people.is_empty() || !self.marks.is_empty() || !self.identities.is_empty();
        !self.unsaved.is_empty() || is_of_people || self.is_order_changed
    }

    fn needs_positions(&self) -> bool {
        self.highest + POSITIONS_AHEAD / 2 > self.reserved
    }
}
