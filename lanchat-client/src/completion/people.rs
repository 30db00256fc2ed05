//! Who is known to be here, for completion.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lanchat_protocol::names::{NAME_CHARS_MAX, Nick};

/// More people than this are not remembered: completion is a help, not a register.
const PEOPLE_MAX: usize = 2_048;

/// In so many rooms somebody is known to be; who is in more is forgotten early.
const ROOMS_MAX: usize = 16;

/// The longest name of a room, with its sign, in bytes.
const ROOM_BYTES_MAX: usize = 4 * NAME_CHARS_MAX + 1;

#[derive(Debug)]
struct Known {
    nick: Nick,
    /// The rooms that they were met in, or `@ana` for what they said to this person alone.
    rooms: BTreeSet<Box<str>>,
}

/// Nicks, shared between the conversation, which learns them, and the prompt, which completes them.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    nicks: Arc<Mutex<Nicks>>,
}

#[derive(Debug, Default)]
struct Nicks {
    /// By lower-case nick.
    known: BTreeMap<String, Known>,
    /// When somebody has spoken last, by lower-case nick, in the order of what was said.
    spoken: BTreeMap<String, u64>,
    said: u64,
}

impl People {
    /// Somebody is in this room. What is no valid nick is nobody, and what is too long for a room is nowhere.
    pub(crate) fn came(&self, nick: &str, room: &str) {
        if room.len() > ROOM_BYTES_MAX {
            return;
        }
        let Ok(nick) = Nick::parse(nick) else { return };
        let key = nick.as_str().to_lowercase();
        let nicks = &mut self.lock().known;
        if nicks.len() >= PEOPLE_MAX && !nicks.contains_key(&key) {
            return;
        }
        let known = nicks.entry(key).or_insert_with(|| Known { nick: nick.clone(), rooms: BTreeSet::new() });
        known.nick = nick;
        if known.rooms.len() < ROOMS_MAX {
            known.rooms.insert(room.into());
        }
    }

    /// Somebody has said something in this room.
    pub(crate) fn spoke(&self, nick: &str, room: &str) {
        self.came(nick, room);
        let key = nick.to_lowercase();
        let mut nicks = self.lock();
        if !nicks.known.contains_key(&key) {
            return;
        }
        nicks.said += 1;
        let said = nicks.said;
        nicks.spoken.insert(key, said);
        if nicks.spoken.len() > PEOPLE_MAX {
            let longest_ago = nicks.spoken.iter().min_by_key(|(_, said)| **said).map(|(key, _)| key.clone());
            longest_ago.map(|key| nicks.spoken.remove(&key));
        }
    }

    /// Somebody is no longer in this room.
    pub(crate) fn went(&self, nick: &str, room: &str) {
        let key = nick.to_lowercase();
        let nicks = &mut self.lock().known;
        if let Some(known) = nicks.get_mut(&key)
            && known.left(room)
        {
            nicks.remove(&key);
        }
    }

    /// Nobody is known to be in this room.
    pub(crate) fn forget(&self, room: &str) {
        self.lock().known.retain(|_, known| !known.left(room));
    }

    /// Nobody is known to be anywhere.
    pub(crate) fn forget_all(&self) {
        self.lock().known.clear();
    }

    /// Up to `count_max` nicks that begin so, in whatever case: who spoke last comes first, the others in order.
    pub(crate) fn beginning_with(&self, start: &str, count_max: usize) -> Vec<String> {
        let start = start.to_lowercase();
        let nicks = self.lock();
        let from = nicks.known.range(start.clone()..);
        let mut matching: Vec<_> = from.take_while(|(key, _)| key.starts_with(&start)).collect();
        matching.sort_by_key(|(key, _)| Reverse(nicks.spoken.get(*key).copied().unwrap_or_default()));
        matching.into_iter().take(count_max).map(|(_, known)| known.nick.as_str().to_owned()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Nicks> {
        // A map of nicks is whole after any panic.
        self.nicks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// They are no longer in this room. Whether that was the last one.
    fn left(&mut self, room: &str) -> bool {
        self.rooms.remove(room);
        self.rooms.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_by_how_their_nick_begins() {
        let people = People::default();
        for nick in ["Ana", "anton", "bruno", "no nick", "Änne"] {
            people.came(nick, "lobby");
        }
        assert_eq!(people.beginning_with("AN", 9), ["Ana", "anton"]);
        assert_eq!(people.beginning_with("an", 1), ["Ana"]);
        assert_eq!(people.beginning_with("ä", 9), ["Änne"]);
        assert_eq!(people.beginning_with("", 9).len(), 4);
        people.went("ana", "lobby");
        assert_eq!(people.beginning_with("an", 9), ["anton"]);
        people.forget_all();
        assert!(people.beginning_with("", 9).is_empty());
    }

    #[test]
    fn whoever_leaves_one_room_is_known_from_the_others() {
        let people = People::default();
        for (nick, room) in [("ana", "lobby"), ("ana", "ops"), ("bo", "ops"), ("eve", "@eve")] {
            people.came(nick, room);
        }
        people.went("ana", "lobby");
        people.went("nobody", "lobby");
        assert_eq!(people.beginning_with("", 9), ["ana", "bo", "eve"]);
        people.forget("ops");
        assert_eq!(people.beginning_with("", 9), ["eve"]);
    }

    #[test]
    fn a_flood_of_names_is_bounded() {
        let people = People::default();
        (0..PEOPLE_MAX + 10).for_each(|n| people.came(&format!("n{n}"), "lobby"));
        assert_eq!(people.beginning_with("", usize::MAX).len(), PEOPLE_MAX);
        (0..ROOMS_MAX + 10).for_each(|n| people.came("n1", &n.to_string()));
        assert_eq!(people.lock().known["n1"].rooms.len(), ROOMS_MAX);
        (0..PEOPLE_MAX + 10).for_each(|n| people.spoke(&format!("n{}", n % 5), &n.to_string()));
        people.forget_all();
        (0..PEOPLE_MAX + 10).for_each(|n| {
            people.spoke(&format!("m{n}"), "lobby");
            people.went(&format!("m{n}"), "lobby");
        });
        assert_eq!(people.lock().spoken.len(), PEOPLE_MAX);
        people.came("n2", &"r".repeat(ROOM_BYTES_MAX));
        people.came("n2", &"r".repeat(ROOM_BYTES_MAX + 1));
        assert_eq!(people.lock().known["n2"].rooms.len(), 1);
    }
}
