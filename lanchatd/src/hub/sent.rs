//! What clients have sent by a name of their own: what they send a second time, because they did not hear that it
//! was taken, is known again.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::run::Run;
use super::{Position, RoomId};

/// The newest messages of all clients that are known again.
pub(super) const SENT_MAX: usize = 32_768;

/// A message, by its run and what the run calls it. Two names of one run are the same by accident once in 2^64 times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key(Run, u64);

/// Where a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) room: RoomId,
    pub(super) position: Position,
    pub(super) time_ms: i64,
}

/// The newest messages that have names.
#[derive(Debug, Default)]
pub(super) struct Sent {
    places: HashMap<Key, Place>,
    /// The oldest first.
    order: VecDeque<Key>,
}

impl Sent {
    pub(super) fn note(&mut self, run: Run, tag: &str, place: Place) {
        let key = key(run, tag);
        if self.places.insert(key, place).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > SENT_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.places.remove(&oldest);
            }
        }
    }

    pub(super) fn find(&self, run: Run, tag: &str) -> Option<Place> {
        self.places.get(&key(run, tag)).copied()
    }

    /// What was said there is nowhere any more.
    pub(super) fn forget(&mut self, room: RoomId, positions: Range<Position>) {
        let places = &mut self.places;
        places.retain(|_, place| place.room != room || !positions.contains(&place.position));
        self.order.retain(|key| places.contains_key(key));
    }
}

fn key(run: Run, tag: &str) -> Key {
    let mut hasher = DefaultHasher::new();
    tag.hash(&mut hasher);
    Key(run, hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_and_what_was_said_in_rooms_that_are_gone() {
        let (mut sent, run) = (Sent::default(), Run::of("a"));
        let place = |position| Place { room: usize::from(position % 2 == 0), position, time_ms: 0 };
        for position in 0..=SENT_MAX as u64 {
            sent.note(run, &position.to_string(), place(position));
        }
        assert_eq!(sent.find(run, "0"), None);
        assert_eq!(sent.find(run, "1"), Some(place(1)));
        assert_eq!(sent.find(Run::of("b"), "1"), None);
        sent.forget(0, 0..u64::MAX);
        assert_eq!((sent.find(run, "1"), sent.find(run, "2")), (None, Some(place(2))));
        assert_eq!(sent.order.len(), SENT_MAX / 2);
    }
}
