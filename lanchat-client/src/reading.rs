//! How far this run of the program has read: a position in each room and conversation, and which messages it
//! has had already. It outlives connections.

use std::collections::{BTreeMap, HashSet, VecDeque};

use lanchat_protocol::LOBBY;
use lanchat_protocol::client::{CLIENT_BYTES_MAX, Event, Hello, Place, RoomAt, write_line};
use lanchat_protocol::names::NAME_CHARS_MAX;

use crate::transcript::is_direct;

/// In so many places it is known how far was read.
const SPOTS_MAX: usize = 1_000;

/// The longest name of a place, with its sign, in bytes.
const NAME_BYTES_MAX: usize = 4 * NAME_CHARS_MAX + 1;

/// The longest name of a history that is kept, in bytes.
const HISTORY_BYTES_MAX: usize = 128;

/// What a `hello` takes beside its places, in bytes, at most.
const HELLO_BYTES_MAX: usize = 600;

/// So many messages are known again when they come twice.
const UIDS_MAX: usize = 10_000;

/// How far was read in one place.
#[derive(Debug)]
struct Spot {
    pos: u64,
    /// When something was last read there, in steps of [`Reading`].
    step: u64,
    /// Whether the relay is about to tell what was missed.
    is_behind: bool,
}

/// How far was read in each place.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The history that the positions are in.
    history: Option<String>,
    /// By room, as the relay writes it, or `@ana`.
    spots: BTreeMap<String, Spot>,
    steps: u64,
    uids: Uids,
}

impl Reading {
    /// `hello` with what the relay has to know of it. `rooms` are those that the client is in. What does not fit
    /// a line is forgotten: of conversations, those that have been silent for longest.
    pub(crate) fn hello<'a>(
        &mut self,
        hello: Hello<'static>,
        rooms: impl IntoIterator<Item = &'a str>,
        line_bytes_max: usize,
    ) -> Hello<'static> {
        let mut left = line_bytes_max.saturating_sub(HELLO_BYTES_MAX);
        let mut directs: Vec<_> = self.spots.iter().filter(|(name, _)| is_direct(name)).collect();
        directs.sort_by_key(|(_, spot)| std::cmp::Reverse(spot.step));
        let directs = directs.into_iter().map(|(name, _)| name.clone());
        let names: Vec<_> = rooms.into_iter().map(str::to_owned).chain(directs).collect();
        let mut places = Vec::new();
        for name in names {
            let pos = self.spots.get(&name).map(|spot| spot.pos).filter(|_| self.history.is_some());
            // Everybody is in the lobby.
            if pos.is_none() && name == LOBBY {
                continue;
            }
            let place = Place { room: name.into(), pos };
            let mut written = Vec::new();
            write_line(&place, &mut written);
            if written.len() <= left {
                left -= written.len();
                places.push(place);
            }
        }
        self.spots.retain(|name, _| places.iter().any(|place| place.room == *name));
        Hello { history: self.history.clone().map(Into::into), rooms: places, ..hello }
    }

    /// The relay has taken this client in. Whether its history is another one, so that nothing that was read
    /// means anything in it.
    pub(crate) fn welcome(&mut self, history: &str, rooms: &[RoomAt]) -> bool {
        let is_other = self.history.as_deref().is_some_and(|known| known != history);
        if is_other {
            self.spots.clear();
        }
        let is_name = !history.is_empty() && history.len() <= HISTORY_BYTES_MAX;
        self.history = is_name.then(|| history.to_owned());
        for spot in self.spots.values_mut() {
            spot.is_behind = false;
        }
        for RoomAt { room, pos, until } in rooms {
            if !self.spots.contains_key(&**room) {
                self.put(room, *pos);
            }
            if let Some(spot) = self.spots.get_mut(&**room) {
                spot.is_behind = until.is_some_and(|until| until > spot.pos);
            }
        }
        is_other
    }

    /// The places of which the relay is about to tell what was missed.
    pub(crate) fn behind(&self) -> impl Iterator<Item = &str> {
        self.spots.iter().filter(|(_, spot)| spot.is_behind).map(|(name, _)| name.as_str())
    }

    /// Something happened. Whether it is news: a message that its sender had to send twice is so once.
    pub(crate) fn take(&mut self, event: &Event) -> bool {
        match event {
            Event::Message { room, pos, uid, .. } => {
                self.read(room, *pos);
                return uid.as_deref().is_none_or(|uid| self.uids.is_new(uid));
            }
            Event::Presence { room, pos, .. } | Event::Topic { room, pos, .. } => self.pass(room, *pos),
            Event::Live { room, pos } => {
                if let Some(spot) = self.spots.get_mut(&**room) {
                    spot.is_behind = false;
                }
                self.read(room, *pos);
            }
            Event::Joined { room, pos, .. } if !self.spots.contains_key(&**room) => self.put(room, *pos),
            Event::Parted { room, .. } => {
                self.spots.remove(&**room);
            }
            Event::History { id: None, messages, .. } => {
                for uid in messages.iter().filter_map(|message| message.uid.as_deref()) {
                    self.uids.is_new(uid);
                }
            }
            // What this run says itself has a position too, but there may be others before it that are still
            // to come.
            Event::Ack { .. }
            | Event::Welcome { .. }
            | Event::Joined { .. }
            | Event::History { .. }
            | Event::Found { .. }
            | Event::Announcement { .. }
            | Event::Nick { .. }
            | Event::Who { .. }
            | Event::Rooms { .. }
            | Event::Whois { .. }
            | Event::Away { .. }
            | Event::Ignoring { .. }
            | Event::Pong { .. }
            | Event::Gap { .. }
            | Event::Error { .. }
            | Event::Bye { .. }
            | Event::Unknown => {}
        }
        true
    }

    /// Everything up to `pos` was read.
    fn read(&mut self, name: &str, pos: u64) {
        self.steps += 1;
        match self.spots.get_mut(name) {
            Some(spot) => (spot.pos, spot.step) = (spot.pos.max(pos), self.steps),
            None => self.put(name, pos),
        }
    }

    /// What is no message stands at `pos`. While the relay tells what was missed, that is no sign that all
    /// before it was told.
    fn pass(&mut self, name: &str, pos: u64) {
        if let Some(spot) = self.spots.get_mut(name).filter(|spot| !spot.is_behind) {
            spot.pos = spot.pos.max(pos);
        }
    }

    fn put(&mut self, name: &str, pos: u64) {
        if self.spots.len() < SPOTS_MAX && name.len() <= NAME_BYTES_MAX {
            self.spots.insert(name.to_owned(), Spot { pos, step: self.steps, is_behind: false });
        }
    }
}

/// The marks of the last messages.
#[derive(Debug, Default)]
struct Uids {
    known: HashSet<Box<str>>,
    /// The same, the oldest first.
    order: VecDeque<Box<str>>,
}

impl Uids {
    /// Whether there was no such message yet; from now on there was.
    fn is_new(&mut self, uid: &str) -> bool {
        if self.known.contains(uid) {
            return false;
        }
        if uid.len() <= 2 * CLIENT_BYTES_MAX {
            if self.order.len() >= UIDS_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
            self.known.insert(uid.into());
            self.order.push_back(uid.into());
        }
        true
    }
}

#[cfg(test)]
mod tests;
