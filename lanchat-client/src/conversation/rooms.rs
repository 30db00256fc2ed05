//! The rooms of a person: which the relay has taken them into, and where they talk.

use std::sync::Arc;

use lanchat_protocol::LOBBY;
use lanchat_protocol::client::RoomAt;
use lanchat_protocol::names::RoomName;

use crate::outbox::Errand;
use crate::transcript::is_direct;

/// More rooms than this nobody is in, whatever a relay says; it is what one can allow.
const ROOMS_MAX: usize = 1_000;

/// Where a person is, and where they will be once everything that they asked for is done.
#[derive(Debug)]
pub(super) struct Rooms {
    /// As the relay has confirmed, or as it is to be with the next welcome.
    joined: List,
    /// As the person wants it. They talk in the last one: whoever leaves it is back in the one before.
    wanted: List,
    /// The names of the former, for others to look at.
    listed: Arc<[Box<str>]>,
}

impl Rooms {
    /// The lobby and these. The person talks in the last one.
    pub(super) fn new(rooms: impl IntoIterator<Item = RoomName>) -> Self {
        let mut this = Self { joined: List::default(), wanted: List::default(), listed: Arc::default() };
        for room in RoomName::parse(LOBBY).into_iter().chain(rooms) {
            this.want(&room);
            this.joined(room);
        }
        this
    }

    /// Where a line goes that the person types now.
    pub(super) fn current(&self) -> Option<&RoomName> {
        self.wanted.names().last()
    }

    /// Whether the relay has taken the person into the room of this name, as the relay writes it.
    pub(super) fn is_in(&self, room: &str) -> bool {
        self.joined.names().any(|joined| joined.as_str() == room)
    }

    /// The rooms that the person is in, or is to be in with the next welcome.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.joined.names().map(RoomName::as_str)
    }

    /// Whether the person is in a room or on the way into it, or shares it with one other.
    pub(super) fn is_of_interest(&self, room: &str) -> bool {
        let is_wanted = |room: &str| RoomName::parse(room).is_ok_and(|room| self.wanted.holds(&room));
        is_direct(room) || self.is_in(room) || is_wanted(room)
    }

    /// The person wants to talk in a room, whether they are in it or not.
    pub(super) fn want(&mut self, room: &RoomName) {
        self.wanted.remove(room);
        self.wanted.insert(self.wanted.rooms.len(), room.clone());
    }

    /// The person wants to leave a room.
    pub(super) fn unwant(&mut self, room: &RoomName) {
        self.wanted.remove(room);
    }

    /// The relay has taken the person into a room, and writes its name so.
    pub(super) fn joined(&mut self, room: RoomName) {
        self.wanted.spell(&room);
        if !self.joined.spell(&room) {
            self.joined.insert(self.joined.rooms.len(), room);
        }
        self.list();
    }

    /// The person is not in a room, or no longer.
    pub(super) fn parted(&mut self, room: &RoomName) {
        self.joined.remove(room);
        self.list();
    }

    /// The rooms that the person is in, in the order in which they entered them.
    pub(super) fn listed(&self) -> Arc<[Box<str>]> {
        Arc::clone(&self.listed)
    }

    fn list(&mut self) {
        self.listed = self.names().map(Box::from).collect();
    }

    /// The relay does not take the person into a room.
    pub(super) fn was_refused(&mut self, room: &RoomName) {
        if !self.joined.holds(room) {
            self.unwant(room);
        }
    }

    /// The person does not get out of a room, if they are in it; where they talk does not change.
    pub(super) fn stays(&mut self, room: &RoomName) {
        if self.joined.holds(room) && !self.wanted.holds(room) {
            self.wanted.insert(0, room.clone());
        }
    }

    /// The relay has taken the person into these rooms, with the welcome. What is still to be done until they are
    /// where they were.
    pub(super) fn welcomed(&mut self, rooms: &[RoomAt]) -> Vec<Errand> {
        let is_lobby = |room: &RoomName| room.as_str() == LOBBY;
        let given: Vec<_> = rooms.iter().filter_map(|at| RoomName::parse(&at.room).ok()).collect();
        let is_given = |room: &RoomName| given.iter().any(|given| given.key() == room.key());
        let missing = self.joined.names().filter(|room| !is_lobby(room) && !is_given(room));
        let mut errands: Vec<_> = missing.cloned().map(Errand::Join).collect();
        if !self.is_in(LOBBY) {
            errands.extend(RoomName::parse(LOBBY).map(Errand::Part));
        }
        given.into_iter().filter(|room| !is_lobby(room)).for_each(|room| self.joined(room));
        errands
    }
}

/// Rooms in an order, each once.
#[derive(Debug, Default)]
struct List {
    /// Each with what makes it the same as others.
    rooms: Vec<(Box<str>, RoomName)>,
}

impl List {
    fn names(&self) -> impl DoubleEndedIterator<Item = &RoomName> {
        self.rooms.iter().map(|(_, name)| name)
    }

    fn position(&self, room: &RoomName) -> Option<usize> {
        let key = room.key();
        self.rooms.iter().position(|(other, _)| *other == key)
    }

    fn holds(&self, room: &RoomName) -> bool {
        self.position(room).is_some()
    }

    /// Beyond the bound, there is no more room.
    fn insert(&mut self, position: usize, room: RoomName) {
        if self.rooms.len() < ROOMS_MAX {
            self.rooms.insert(position, (room.key(), room));
        }
    }

    fn remove(&mut self, room: &RoomName) {
        if let Some(position) = self.position(room) {
            self.rooms.remove(position);
        }
    }

    /// Writes the name of a room so. Whether it was there.
    fn spell(&mut self, room: &RoomName) -> bool {
        let found = self.position(room).and_then(|position| self.rooms.get_mut(position));
        found.map(|(_, name)| name.clone_from(room)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(name: &str) -> RoomName {
        RoomName::parse(name).unwrap()
    }

    fn current(rooms: &Rooms) -> Option<&str> {
        rooms.current().map(RoomName::as_str)
    }

    #[test]
    fn whoever_leaves_a_room_talks_in_the_one_before() {
        let mut rooms = Rooms::new([room("ops"), room("dev")]);
        assert_eq!(current(&rooms), Some("dev"));
        rooms.want(&room("ops"));
        assert_eq!(current(&rooms), Some("ops"));
        for left in ["dev", "ops"] {
            rooms.unwant(&room(left));
            rooms.parted(&room(left));
        }
        assert_eq!(current(&rooms), Some("lobby"));
        rooms.unwant(&room("lobby"));
        assert_eq!(current(&rooms), None);
    }

    #[test]
    fn a_room_that_nobody_may_enter_is_talked_in_no_more() {
        let mut rooms = Rooms::new([]);
        rooms.want(&room("ops"));
        rooms.was_refused(&room("ops"));
        assert_eq!(current(&rooms), Some("lobby"));
        rooms.want(&room("lobby"));
        rooms.was_refused(&room("lobby"));
        assert_eq!(current(&rooms), Some("lobby"), "they are there all the same");
    }

    #[test]
    fn whoever_does_not_get_out_of_a_room_is_in_it_still() {
        let mut rooms = Rooms::new([room("ops")]);
        rooms.unwant(&room("ops"));
        rooms.stays(&room("ops"));
        assert_eq!(current(&rooms), Some("lobby"));
        rooms.unwant(&room("lobby"));
        assert_eq!(current(&rooms), Some("ops"));
        rooms.stays(&room("attic"));
        assert!(rooms.wanted.names().eq([&room("ops")]));
    }

    #[test]
    fn the_relay_decides_how_a_name_is_written() {
        let mut rooms = Rooms::new([room("Ops")]);
        rooms.joined(room("ops"));
        assert_eq!(current(&rooms), Some("ops"));
        assert!(rooms.is_in("ops") && !rooms.is_in("Ops"));
        assert_eq!(*rooms.listed(), ["lobby", "ops"].map(Box::from));
    }

    #[test]
    fn a_new_connection_enters_what_it_was_not_taken_into_and_leaves_a_lobby_that_was_left() {
        let mut rooms = Rooms::new([room("Ops")]);
        let at = |room: &str| RoomAt { room: room.to_owned().into(), pos: 0, until: None };
        assert_eq!(rooms.welcomed(&[]), [Errand::Join(room("Ops"))]);
        rooms.want(&room("dev"));
        assert_eq!(rooms.welcomed(&[at("lobby"), at("ops"), at("@bo")]), [], "dev is on its way still");
        assert!(rooms.names().eq(["lobby", "ops"]), "as the relay writes it");
        rooms.joined(room("dev"));
        rooms.parted(&room("lobby"));
        assert_eq!(
            rooms.welcomed(&[at("lobby"), at("ops")]),
            [Errand::Join(room("dev")), Errand::Part(room("lobby"))]
        );
        assert!(!rooms.is_in("lobby"));
    }

    #[test]
    fn what_is_told_of_a_room_that_was_left_is_of_no_interest() {
        let mut rooms = Rooms::new([]);
        rooms.want(&room("ops"));
        for (place, is_of_interest) in [("lobby", true), ("ops", true), ("@bo", true), ("dev", false)] {
            assert_eq!(rooms.is_of_interest(place), is_of_interest, "{place}");
        }
        rooms.unwant(&room("lobby"));
        rooms.parted(&room("lobby"));
        assert!(!rooms.is_of_interest("lobby"));
    }

    #[test]
    fn a_relay_that_opens_rooms_without_end_costs_bounded_memory() {
        let mut rooms = Rooms::new([]);
        for n in 0..ROOMS_MAX + 10 {
            rooms.want(&room(&format!("r{n}")));
            rooms.joined(room(&format!("r{n}")));
        }
        assert_eq!((rooms.joined.rooms.len(), rooms.wanted.rooms.len()), (ROOMS_MAX, ROOMS_MAX));
    }
}
