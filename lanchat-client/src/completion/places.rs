//! Which rooms are known, for completion.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lanchat_protocol::names::RoomName;

/// More rooms than this are not remembered: completion is a help, not a register.
const PLACES_MAX: usize = 2_048;

/// Names of rooms, shared between the conversation, which learns them, and the prompt, which completes them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// By lower-case name.
    rooms: Arc<Mutex<BTreeMap<String, RoomName>>>,
}

impl Places {
    /// There is a room of this name. What is no valid name is none.
    pub(crate) fn learn(&self, room: &str) {
        let Ok(room) = RoomName::parse(room) else { return };
        let key = room.as_str().to_lowercase();
        let mut rooms = self.lock();
        if rooms.len() < PLACES_MAX || rooms.contains_key(&key) {
            rooms.insert(key, room);
        }
    }

    /// Up to `count_max` rooms that begin so, in whatever case, in order.
    pub(crate) fn beginning_with(&self, start: &str, count_max: usize) -> Vec<String> {
        let start = start.to_lowercase();
        let rooms = self.lock();
        let from = rooms.range(start.clone()..);
        let matching = from.take_while(|(key, _)| key.starts_with(&start));
        matching.take(count_max).map(|(_, room)| room.as_str().to_owned()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, RoomName>> {
        // A map of rooms is whole after any panic.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_found_by_how_their_name_begins_and_a_flood_of_them_is_bounded() {
        let places = Places::default();
        for room in ["Ops", "open", "dev", "no room", "@ana"] {
            places.learn(room);
        }
        assert_eq!(places.beginning_with("OP", 9), ["open", "Ops"]);
        assert_eq!(places.beginning_with("", 1), ["dev"]);
        (0..PLACES_MAX + 10).for_each(|n| places.learn(&format!("r{n}")));
        places.learn("OPS");
        assert_eq!(places.beginning_with("", usize::MAX).len(), PLACES_MAX);
        assert_eq!(places.beginning_with("ops", 9), ["OPS"]);
    }
}
