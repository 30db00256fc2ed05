//! The rooms that a program is in, and those that it would be in if there were such.

use lanchat_protocol::LOBBY;
use lanchat_protocol::client::{Code, RoomAt};
use lanchat_protocol::names::RoomName;

use super::Liaison;
use crate::outbox::Errand;

/// Whether it is the room that is always there.
pub(super) fn is_lobby(room: &RoomName) -> bool {
    *room.key() == *LOBBY
}

impl Liaison {
    /// The relay says where this client is: it enters the rooms in which it is not yet, and asks whether there are those
    /// that it does not open. Whoever is not in the lobby, for which they have asked, was put out of it.
    pub(super) fn enter_rooms(&mut self, rooms: &[RoomAt]) {
        let is_there = |room: &RoomName| is_lobby(room) || rooms.iter().any(|at| *at.room == *room.as_str());
        let missing = self.rooms.iter().filter(|room| !is_there(room)).cloned().map(Errand::Join);
        let unseen = self.unseen.iter().cloned().map(Errand::Who);
        self.outbox.restore(missing.chain(unseen));
    }

    /// Asks again whether there are the rooms that there were not.
    pub(crate) fn look_again(&mut self) {
        self.outbox.restore(self.unseen.iter().cloned().map(Errand::Who));
    }

    /// It does without a room that there is not.
    pub(crate) fn forget(&mut self, room: &RoomName) {
        self.unseen.retain(|unseen| unseen != room);
    }

    /// There is such a room, as the relay has answered. Whether it was asked so that it can be entered, which follows.
    pub(super) fn is_found(&mut self, errand: &Errand) -> bool {
        let Errand::Who(room) = errand else { return false };
        let Some(at) = self.unseen.iter().position(|unseen| unseen == room) else { return false };
        let room = self.unseen.swap_remove(at);
        self.outbox.restore_next(Errand::Join(room.clone()));
        self.rooms.push(room);
        true
    }

    /// The room that there is not, where that is what the relay has answered to whoever would have entered it.
    pub(super) fn not_found(&self, errand: &Errand, code: Code) -> Option<RoomName> {
        let Errand::Who(room) = errand else { return None };
        Some(room).filter(|room| code == Code::NoSuchRoom && self.unseen.contains(room)).cloned()
    }
}
