//! The rooms that are open, and how they are found.

use std::collections::HashMap;
use std::ops::{Index, IndexMut};
use std::rc::Rc;

use lanchat_protocol::LOBBY as LOBBY_NAME;
use lanchat_protocol::names::RoomName;
use slab::Slab;

use super::people::Pair;
use super::room::{Direct, HOUSE, LOBBY, Room, RoomId};
use crate::timeline::{Conversation, Encoder, Position, Retention, TRACKS, Timeline};

/// All rooms, by number, by name, and by whom they are between.
#[derive(Debug)]
pub(super) struct Rooms {
    all: Slab<Room>,
    named: HashMap<Box<str>, RoomId>,
    direct: HashMap<Pair, RoomId>,
    encoders: [Encoder; TRACKS],
    /// Where new timelines begin.
    first: Position,
    /// Of how many the store alone has what was said in them.
    asleep: usize,
}

impl Rooms {
    /// The house and the lobby, which are always there.
    pub(super) fn new(encoders: [Encoder; TRACKS], retention: Retention) -> Self {
        let (named, direct) = (HashMap::new(), HashMap::new());
        let mut rooms = Self { all: Slab::new(), named, direct, encoders, first: 1, asleep: 0 };
        let house = rooms.open(Conversation::House, retention);
        let lobby = rooms.open_named(LOBBY_NAME, LOBBY_NAME.into(), retention);
        debug_assert!((house, lobby) == (HOUSE, LOBBY));
        rooms
    }

    fn open(&mut self, conversation: Conversation, retention: Retention) -> RoomId {
        self.all.insert(Room::new(Timeline::new(conversation, self.encoders, retention, self.first)))
    }

    /// Timelines that are new begin here from now on, those of the rooms that are open too: nobody has used them.
    pub(super) fn begin_at(&mut self, first: Position, retention: Retention) {
        self.first = first;
        for (_, room) in &mut self.all {
            let conversation = room.timeline.conversation().clone();
            room.timeline = Timeline::new(conversation, self.encoders, retention, first);
            room.passed = first;
        }
    }

    /// Timelines that are new begin here, or further on, from now on.
    pub(super) fn begin_beyond(&mut self, head: Position) {
        self.first = self.first.max(head);
    }

    /// A room goes on where it was in an earlier run.
    pub(super) fn resume_at(&mut self, room: RoomId, head: Position, retention: Retention) {
        let conversation = self.all[room].timeline.conversation().clone();
        self.all[room].timeline = Timeline::new(conversation, self.encoders, retention, head);
        self.all[room].passed = head;
    }

    /// Opens a room for people.
    pub(super) fn open_named(&mut self, name: &str, key: Box<str>, retention: Retention) -> RoomId {
        let room = self.open(Conversation::Room(name.into()), retention);
        self.all[room].key = Some(key.clone());
        self.named.insert(key, room);
        room
    }

    /// Opens what two persons share.
    pub(super) fn open_direct(&mut self, pair: Pair, nicks: [Rc<str>; 2], retention: Retention) -> RoomId {
        let room = self.open(Conversation::Direct, retention);
        let marks = [self.all[room].timeline.head(); 2];
        self.all[room].direct =
            Some(Direct { pair: pair.clone(), nicks, marks, since: marks, runs: [None; 2], lost: [0; 2] });
        self.direct.insert(pair, room);
        room
    }

    /// Closes a room in which nobody is.
    pub(super) fn close(&mut self, room: RoomId) {
        self.wake(room);
        self.unlist(room);
        self.all.remove(room);
    }

    /// Nobody finds the room from here on.
    pub(super) fn unlist(&mut self, room: RoomId) {
        if let Some(key) = self.all[room].key.take() {
            self.named.remove(&key);
        }
        if let Some(Direct { pair, .. }) = &self.all[room].direct
            && self.direct.get(pair) == Some(&room)
        {
            self.direct.remove(pair);
        }
    }

    /// Whether the room in which this position was given is still open: another one in its place begins beyond it.
    pub(super) fn has(&self, room: RoomId, position: Position) -> bool {
        self.all.get(room).is_some_and(|room| room.begins() <= position)
    }

    /// The room of this name.
    pub(super) fn named(&self, name: &RoomName) -> Option<RoomId> {
        self.named.get(&name.key()).copied()
    }

    /// What these two share, if they have talked.
    pub(super) fn direct(&self, pair: &Pair) -> Option<RoomId> {
        self.direct.get(pair).copied()
    }

    /// Whether it is what two persons shared of whom one will not be here again.
    pub(super) fn is_over(&self, room: RoomId) -> bool {
        self.all[room].direct.as_ref().is_some_and(|direct| self.direct(&direct.pair) != Some(room))
    }

    /// The room of this number, if it is open.
    pub(super) fn get(&self, room: RoomId) -> Option<&Room> {
        self.all.get(room)
    }

    /// How many there are beside the house.
    pub(super) fn len(&self) -> usize {
        self.all.len() - 1
    }

    /// How many of them are in memory.
    pub(super) fn awake(&self) -> usize {
        self.len() - self.asleep
    }

    pub(super) fn asleep(&self) -> usize {
        self.asleep
    }

    /// Nothing of what was said in the room is in memory any more.
    pub(super) fn sleep(&mut self, room: RoomId) {
        self.asleep += usize::from(!std::mem::replace(&mut self.all[room].is_asleep, true));
    }

    /// Something may be, from here on.
    pub(super) fn wake(&mut self, room: RoomId) {
        self.asleep -= usize::from(std::mem::take(&mut self.all[room].is_asleep));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.all.iter()
    }

    /// The number of each.
    pub(super) fn ids(&self) -> Vec<RoomId> {
        self.all.iter().map(|(room, _)| room).collect()
    }
}

impl Index<RoomId> for Rooms {
    type Output = Room;

    fn index(&self, room: RoomId) -> &Room {
        &self.all[room]
    }
}

impl IndexMut<RoomId> for Rooms {
    fn index_mut(&mut self, room: RoomId) -> &mut Room {
        &mut self.all[room]
    }
}
