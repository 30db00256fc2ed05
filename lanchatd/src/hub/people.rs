//! Who has ever been here under a name of their own: a message for one of them waits until they come.
//!
//! A person is whoever has the nick, by case and by look; guests are nobody when they have gone.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use lanchat_protocol::names::NickKeys;

use super::room::RoomId;
use super::run::Run;

/// Names a person: the key of their nick.
pub(super) type PersonKey = Rc<str>;

/// Two persons, in the order of their keys.
pub(super) type Pair = [PersonKey; 2];

/// The key of whoever has this nick.
pub(super) fn key_of(nick: &str) -> PersonKey {
    NickKeys::of(nick).by_case.into()
}

/// The key of a guest, whom a person of the same nick is not.
pub(super) fn key_of_guest(nick: &str) -> PersonKey {
    format!("\0{nick}").into()
}

/// These two.
pub(super) fn pair(one: PersonKey, other: PersonKey) -> Pair {
    if one <= other { [one, other] } else { [other, one] }
}

/// What is known of somebody who has, or had, a name.
#[derive(Debug)]
pub(super) struct Person {
    /// As they last wrote it.
    pub(super) nick: Rc<str>,
    /// When they last came or went, in milliseconds since 1970 UTC.
    pub(super) seen_ms: i64,
    /// The run of a client that had the name last.
    pub(super) run: Option<Run>,
    /// What they share with somebody else.
    pub(super) direct: BTreeSet<RoomId>,
}

/// Everybody who is known.
#[derive(Debug, Default)]
pub(super) struct People {
    known: HashMap<PersonKey, Person>,
    /// Those for whom nothing can wait, by when they were last seen.
    forgettable: BTreeSet<(i64, PersonKey)>,
}

impl People {
    /// Everybody, by key.
    pub(super) fn all(&self) -> Vec<(&PersonKey, &Person)> {
        let mut all: Vec<_> = self.known.iter().collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    /// Somebody comes, or goes. Of more than `max`, those are forgotten who have not been here for the
    /// longest time and whom nothing waits for.
    pub(super) fn meet(&mut self, key: &PersonKey, nick: &Rc<str>, time_ms: i64, max: usize) {
        if let Some(person) = self.known.get_mut(key) {
            person.nick = nick.clone();
            let before = std::mem::replace(&mut person.seen_ms, time_ms);
            if self.forgettable.remove(&(before, key.clone())) {
                self.forgettable.insert((time_ms, key.clone()));
            }
            return;
        }
        while self.known.len() >= max {
            let Some((_, oldest)) = self.forgettable.pop_first() else { return };
            self.known.remove(&oldest);
        }
        let person = Person { nick: nick.clone(), seen_ms: time_ms, run: None, direct: BTreeSet::new() };
        self.known.insert(key.clone(), person);
        self.forgettable.insert((time_ms, key.clone()));
    }

    /// Which run of a client has their name.
    pub(super) fn note_run(&mut self, key: &str, run: Option<Run>) {
        if let Some(person) = self.known.get_mut(key) {
            person.run = run;
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Person> {
        self.known.get(key)
    }

    /// They share a room with somebody.
    pub(super) fn introduce(&mut self, key: &PersonKey, room: RoomId) {
        if let Some(person) = self.known.get_mut(key)
            && person.direct.insert(room)
        {
            self.forgettable.remove(&(person.seen_ms, key.clone()));
        }
    }

    /// These two no longer do.
    pub(super) fn part(&mut self, pair: &Pair, room: RoomId) {
        for key in pair {
            if let Some(person) = self.known.get_mut(key) {
                person.direct.remove(&room);
                if person.direct.is_empty() {
                    self.forgettable.insert((person.seen_ms, key.clone()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_away_longest_is_forgotten_first_but_nobody_whom_something_waits_for() {
        let mut people = People::default();
        let names = ["ana", "bob", "eve", "kim"];
        let keys = names.map(key_of);
        for (time_ms, (key, name)) in (0..).zip(keys.iter().zip(names)) {
            people.meet(key, &name.into(), time_ms, 2);
            if name == "ana" {
                people.introduce(&keys[0], 7);
            }
        }
        assert!(people.get(&keys[0]).is_some(), "a message waits for ana");
        assert!(people.get(&keys[1]).is_none() && people.get(&keys[2]).is_none());
        assert!(people.get(&keys[3]).is_some());
    }

    #[test]
    fn a_pair_is_the_same_from_both_sides() {
        assert_eq!(pair(key_of("ana"), key_of("Bob")), pair(key_of("BOB"), key_of("Ana")));
    }
}
