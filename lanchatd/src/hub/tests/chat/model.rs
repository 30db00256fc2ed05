//! What each reader is due, told from what was asked and whether it was taken.

use std::collections::{BTreeMap, BTreeSet};

use lanchat_protocol::names::NickKeys;

use super::super::model::room_of;
use super::super::*;
use super::{NICKS, Op, ROOMS, To, settings_of};
use crate::hub::people::key_of;

/// Whether a reader hears a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duty {
    Must,
    /// It may, or another session of the same person does.
    May,
    MustNot,
}

#[derive(Debug)]
pub(super) struct Reader {
    pub(super) id: SessionId,
    pub(super) nick: String,
    /// The key of its nick; guests are nobody else's.
    pub(super) person: String,
    pub(super) rooms: BTreeSet<String>,
    pub(super) is_lagging: bool,
    pub(super) is_closing: bool,
    pub(super) due: BTreeMap<u64, Duty>,
    pub(super) bytes: Vec<u8>,
    renames: usize,
}

/// What was said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) from: String,
    /// Which person that was, for as long as they were it: one who is not remembered begins anew.
    pub(super) by: (String, u64, usize),
    pub(super) place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Room(String),
    /// To this person alone.
    Person(String),
}

pub(super) struct Model {
    pub(super) house: House,
    pub(super) readers: Vec<Reader>,
    pub(super) gone: Vec<Reader>,
    pub(super) said: Vec<Said>,
    /// Messages to one person that were lost with whoever they were for.
    pub(super) lost: BTreeSet<u64>,
    heeds_needs_pass: bool,
    /// Nothing that was said leaves a timeline.
    pub(super) is_ample: bool,
}

impl Model {
    pub(super) fn new(heeds_needs_pass: bool, is_ample: bool) -> Self {
        let mut model = Self {
            house: House::open(),
            readers: Vec::new(),
            gone: Vec::new(),
            said: Vec::new(),
            lost: BTreeSet::new(),
            heeds_needs_pass,
            is_ample,
        };
        model.configure(0);
        model
    }

    fn at(&self, number: u8) -> Option<usize> {
        let index = usize::from(number).checked_rem(self.readers.len())?;
        (!self.readers[index].is_closing).then_some(index)
    }

    pub(super) fn step(&mut self, op: Op) {
        self.house.waits(Duration::from_millis(300));
        match op {
            Op::Come { native, nick } => self.come(native, nick.map(|nick| NICKS[nick])),
            Op::Go(i) => {
                if !self.readers.is_empty() {
                    self.go(usize::from(i) % self.readers.len());
                }
            }
            Op::Kick(i) => {
                if let Some(i) = self.at(i) {
                    self.readers[i].is_closing = true;
                    self.house.hub.kick(self.house.now, self.readers[i].id, Some("out"));
                }
            }
            Op::Name(i, nick) => self.with(i, |model, i| model.name(i, NICKS[nick])),
            Op::Join(i, room) => self.with(i, |model, i| model.join(i, ROOMS[room])),
            Op::Part(i, room) => self.with(i, |model, i| model.part(i, ROOMS[room])),
            Op::Say(i, to, padding) => self.with(i, |model, i| model.say(i, to, padding.into())),
            Op::Burst(i, to, times, padding) => self.with(i, |model, i| {
                (0..times).for_each(|_| model.say(i, to, padding.into()));
            }),
            Op::Ignore(i, nick) => self.with(i, |model, i| model.ignore(i, NICKS[nick], true)),
            Op::Unignore(i, nick) => self.with(i, |model, i| model.ignore(i, NICKS[nick], false)),
            Op::Away(i) => self.ask(i, Command::Away { reason: None }),
            Op::Back(i) => self.ask(i, Command::Back),
            Op::Topic(i, room) => {
                let room = Some(ROOMS[room].into());
                self.ask(i, Command::Topic { room, topic: Some("a topic".into()) });
            }
            Op::Ask(i) => self.ask(i, Command::Who { room: Some("lobby".into()) }),
            Op::Announce => {
                self.house.hub.announce(self.house.now, "hear hear");
            }
            Op::Pass(seed) => self.pass(seed, false),
            Op::Flush(i, room) => {
                let Some(reader) = usize::from(i).checked_rem(self.readers.len()) else { return };
                // A task writes by itself when its socket has room again, or when it is over.
                let reader = &self.readers[reader];
                if reader.is_lagging || reader.is_closing {
                    self.flush(reader.id, if room % 3 == 0 { usize::MAX } else { room.into() });
                }
            }
            Op::Configure(which) => self.configure(which),
        }
        if self.heeds_needs_pass && self.house.hub.needs_pass() {
            self.pass(self.said.len() as u64, false);
        }
    }

    fn with(&mut self, number: u8, what: impl FnOnce(&mut Self, usize)) {
        if let Some(i) = self.at(number) {
            what(self, i);
        }
    }

    fn ask(&mut self, number: u8, command: Command) {
        if let Some(i) = self.at(number) {
            self.house.asks(Guest(self.readers[i].id), "q", command);
        }
    }

    fn configure(&mut self, which: u8) {
        self.house.hub.configure(self.house.now, settings_of(which, self.is_ample));
    }

    pub(super) fn come(&mut self, native: bool, nick: Option<&str>) {
        let Guest(id) = self.house.from("127.0.0.1").unwrap();
        self.house.hub.choose(self.house.now, id, if native { &NATIVE } else { &TEXT });
        for nick in [nick, None].into_iter().filter(|_| native) {
            if self.house.hub.sessions[id.slot].nick.is_none() {
                let nick = nick.map(|nick| nick.to_owned().into());
                self.house.asks(Guest(id), "", Command::Hello(Hello { nick, ..hello() }));
            }
        }
        let session = &self.house.hub.sessions[id.slot];
        let nick_is = session.nick.as_deref().unwrap().to_owned();
        self.readers.push(Reader {
            id,
            person: format!("guest {}", id.serial),
            rooms: BTreeSet::from(["lobby".to_owned()]),
            is_lagging: false,
            is_closing: false,
            due: BTreeMap::new(),
            bytes: Vec::new(),
            nick: nick_is.clone(),
            renames: 0,
        });
        let i = self.readers.len() - 1;
        if native && nick == Some(&*nick_is) {
            self.becomes(i);
        } else if let Some(nick) = nick {
            self.name(i, nick);
        }
    }

    /// What was written to it already it has read.
    pub(super) fn go(&mut self, index: usize) {
        let id = self.readers[index].id;
        let _ = self.house.hub.owed(id);
        let session = &self.house.hub.sessions[id.slot];
        let begun = session.rest.len() + session.inbox.len();
        if begun > 0 {
            self.flush(id, begun);
        }
        let reader = self.readers.swap_remove(index);
        self.house.leaves(Guest(id), None);
        self.forget_if_unknown(&reader.person);
        self.gone.push(reader);
    }

    /// What is for a guest, or for somebody whom the relay does not remember, goes with them.
    fn forget_if_unknown(&mut self, person: &str) {
        if self.house.hub.people.get(person).is_none() {
            let theirs = |said: &Said| said.place == Place::Person(person.to_owned());
            self.lost
                .extend((0..).zip(&self.said).filter(|(_, said)| theirs(said)).map(|(number, _)| number));
        }
    }

    fn name(&mut self, i: usize, nick: &str) {
        let id = self.readers[i].id;
        let keys = NickKeys::of(nick);
        let collides = |other: &Reader| other.id != id && NickKeys::of(&other.nick).collide(&keys);
        let is_free = !self.readers.iter().any(collides) && !self.is_deaf(i);
        self.house.asks(Guest(id), "n", Command::Nick(nick.to_owned().into()));
        let is_named = !self.house.hub.sessions[id.slot].is_guest
            && self.house.hub.sessions[id.slot].nick.as_deref() == Some(nick);
        assert!(!is_free || is_named, "{nick} is free");
        if is_free {
            nick.clone_into(&mut self.readers[i].nick);
            self.becomes(i);
        }
    }

    /// It gets what waits for the person that it has become, and nothing more of what is for whom it was.
    fn becomes(&mut self, i: usize) {
        let key = key_of(&self.readers[i].nick).to_string();
        let reader = &mut self.readers[i];
        if reader.person == key {
            return;
        }
        reader.renames += 1;
        let before = std::mem::replace(&mut reader.person, key.clone());
        for (number, duty) in &mut reader.due {
            if *duty == Duty::Must && matches!(self.said[*number as usize].place, Place::Person(_)) {
                *duty = Duty::May;
            }
        }
        let ignored = self.house.hub.sessions[reader.id.slot].ignored.clone();
        for (number, said) in (0..).zip(&self.said) {
            if said.place == Place::Person(key.clone()) {
                let is_ignored = ignored.contains(&said.from.to_lowercase().into());
                // What it would have hidden may have left the timeline before it came, and is missed.
                reader.due.entry(number).or_insert(Duty::May);
                self.lost.extend(is_ignored.then_some(number));
            }
        }
        self.forget_if_unknown(&before);
    }

    /// Whether its requests are dropped because it does not read the answers.
    fn is_deaf(&self, i: usize) -> bool {
        self.house.hub.inbox_bytes(self.readers[i].id) >= INBOX_BYTES_MAX
    }

    fn rooms_of_reader(&self, i: usize) -> BTreeSet<String> {
        let hub = &self.house.hub;
        let seats = hub.sessions[self.readers[i].id.slot].seats.iter();
        seats.filter_map(|seat| hub.rooms[seat.room].name()).map(ToString::to_string).collect()
    }

    fn join(&mut self, i: usize, room: &str) {
        let command = Command::Join { room: Some(room.to_owned().into()) };
        self.house.asks(Guest(self.readers[i].id), "j", command);
        let rooms = self.rooms_of_reader(i);
        let mut expected = self.readers[i].rooms.clone();
        if rooms != expected {
            expected.insert(room.to_owned());
            assert_eq!(rooms, expected);
        }
        self.readers[i].rooms = rooms;
    }

    fn part(&mut self, i: usize, room: &str) {
        let is_deaf = self.is_deaf(i);
        let command = Command::Part { room: Some(room.to_owned().into()) };
        self.house.asks(Guest(self.readers[i].id), "p", command);
        if !is_deaf {
            self.readers[i].rooms.remove(room);
        }
        assert_eq!(self.rooms_of_reader(i), self.readers[i].rooms);
    }

    /// For one whose socket is full what was said before goes by either list.
    fn ignore(&mut self, i: usize, nick: &str, ignores: bool) {
        let id = self.readers[i].id;
        let nick_is = Some(nick.to_owned().into());
        let command =
            if ignores { Command::Ignore(nick_is) } else { Command::Unignore(nick.to_owned().into()) };
        let before = self.house.hub.sessions[id.slot].ignored.clone();
        self.house.asks(Guest(id), "i", command);
        let after = &self.house.hub.sessions[id.slot].ignored;
        let changed = before.iter().chain(after).filter(|nick| before.contains(nick) != after.contains(nick));
        let changed: Vec<_> = changed.cloned().collect();
        let reader = &mut self.readers[i];
        for (number, duty) in reader.due.iter_mut().filter(|_| reader.is_lagging) {
            if changed.contains(&self.said[*number as usize].from.to_lowercase().into()) {
                *duty = Duty::May;
                if matches!(self.said[*number as usize].place, Place::Person(_)) {
                    self.lost.insert(*number);
                }
            }
        }
    }

    fn duty(&self, reader: &Reader, from: &str) -> Duty {
        let ignored = &self.house.hub.sessions[reader.id.slot].ignored;
        if ignored.contains(&from.to_lowercase().into()) { Duty::MustNot } else { Duty::Must }
    }

    /// Whom the words are for: somebody here, or a person who is known.
    fn person_called(&self, nick: &str) -> Option<String> {
        let key = key_of(nick);
        let here = self.readers.iter().find(|reader| key_of(&reader.nick) == key);
        if here.is_some() {
            return here.map(|reader| reader.person.clone());
        }
        if self.house.hub.people.get(&key).is_some() {
            return Some(key.to_string());
        }
        let keys = NickKeys::of(nick);
        let like = self.readers.iter().find(|reader| NickKeys::of(&reader.nick).collide(&keys));
        like.map(|reader| reader.person.clone())
    }

    fn say(&mut self, i: usize, to: To, padding: usize) {
        let (id, from) = (self.readers[i].id, self.readers[i].nick.clone());
        let hub = &self.house.hub;
        let current = hub.sessions[id.slot].current.and_then(|room| hub.rooms[room].name());
        let nick = match to {
            To::Current | To::Room(_) => None,
            To::Nick(nick) => Some(NICKS[nick].to_owned()),
            To::Reader(other) => Some(self.readers[usize::from(other) % self.readers.len()].nick.clone()),
        };
        let (room, place) = match (to, nick) {
            (_, Some(nick)) => (Some(format!("@{nick}")), self.person_called(&nick).map(Place::Person)),
            (To::Room(room), _) => (Some(ROOMS[room].to_owned()), Some(Place::Room(ROOMS[room].to_owned()))),
            _ => (None, current.map(|room| Place::Room(room.to_string()))),
        };
        let number = self.said.len() as u64;
        let text = format!("m{number} {}", "\"x".repeat(padding / 2));
        let before = self.house.hub.totals().messages_accepted;
        self.house.asks(
            Guest(id),
            "s",
            Command::Say { room: room.map(Into::into), text: text.into(), action: false },
        );
        if self.house.hub.totals().messages_accepted == before {
            if let Some(Place::Room(room)) = &place {
                assert!(!self.readers[i].rooms.contains(room), "it is in {room} and may talk there");
            }
            return;
        }
        let place = place.expect("there is nobody whom that could be for");
        let it = &self.readers[i];
        let by = (it.person.clone(), id.serial, it.renames);
        self.said.push(Said { from: from.clone(), by, place: place.clone() });
        let concerned = |reader: &Reader| match &place {
            Place::Room(room) => reader.rooms.contains(room) && reader.id != id,
            Place::Person(person) => reader.person == *person,
        };
        for reader in 0..self.readers.len() {
            let it = &self.readers[reader];
            if concerned(it) {
                let duty = self.duty(it, &from);
                if duty == Duty::MustNot && matches!(place, Place::Person(_)) {
                    self.lost.insert(number);
                }
                if !self.readers[reader].is_closing {
                    self.readers[reader].due.insert(number, duty);
                }
            }
        }
        if self.heeds_needs_pass && self.house.hub.needs_pass() {
            self.pass(number, false);
        }
    }

    pub(super) fn flush(&mut self, id: SessionId, room: usize) {
        let handed = self.house.flushes(id, room);
        self.take(&handed);
    }

    pub(super) fn pass(&mut self, seed: u64, all: bool) {
        for handed in self.house.passes(|slot| if all { usize::MAX } else { room_of(seed, slot) }) {
            self.take(&handed);
        }
    }

    fn take(&mut self, handed: &Handed) {
        let reader = self.readers.iter_mut().find(|reader| reader.id.slot == handed.slot).unwrap();
        assert!(handed.called.is_none_or(|id| id == reader.id));
        reader.bytes.extend_from_slice(&handed.bytes);
        reader.is_lagging = handed.is_short;
    }
}
