//! How far this run of the program has read: a position in each room and conversation, and which messages it
//! has had already. It outlives connections.

use std::collections::{BTreeMap, HashSet, VecDeque};

use lanchat_protocol::LOBBY;
use lanchat_protocol::client::{CLIENT_BYTES_MAX, Event, Hello, Ordered, Place, Request, RoomAt, write_line};
use lanchat_protocol::names::NAME_CHARS_MAX;

use crate::transcript::is_direct;

/// In so many places it is known how far was read.
const SPOTS_MAX: usize = 1_000;

/// The longest name of a place, with its sign, in bytes.
const NAME_BYTES_MAX: usize = 4 * NAME_CHARS_MAX + 1;

/// The longest name of a history that is kept, in bytes.
const HISTORY_BYTES_MAX: usize = 128;

/// What the nick and the frame of the places take in a `hello`, in bytes, at most.
const SPARE_BYTES: usize = 256;

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

/// How far was read in a room that fits into no `hello`: what was said there meanwhile has to be asked for.
#[derive(Debug)]
struct Unlisted {
    pos: u64,
    /// From there on the relay tells it by itself.
    until: Option<u64>,
}

/// How far was read in each place.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The history that the positions are in.
    history: Option<String>,
    /// By room, as the relay writes it, or `@ana`.
    spots: BTreeMap<String, Spot>,
    unlisted: BTreeMap<String, Unlisted>,
    steps: u64,
    uids: Uids,
}

impl Reading {
    /// `hello` with what the relay has to know of it. `rooms` are those that the client is in, those first that
    /// matter most. What does not fit a line is left out: of conversations, those that have been silent for longest.
    pub(crate) fn hello<'a>(
        &mut self,
        hello: Hello<'static>,
        rooms: impl IntoIterator<Item = &'a str>,
        line_bytes_max: usize,
    ) -> Hello<'static> {
        let hello = Hello { history: self.history.clone().map(Into::into), ..hello };
        let request = Request::Hello(hello.clone());
        let mut left = line_bytes_max.saturating_sub(SPARE_BYTES + size(|out| write_line(&request, out)));
        let mut directs: Vec<_> = self.spots.iter().filter(|(name, _)| is_direct(name)).collect();
        directs.sort_by_key(|(_, spot)| std::cmp::Reverse(spot.step));
        let directs = directs.into_iter().map(|(name, _)| name.clone());
        let names: Vec<_> = rooms.into_iter().map(str::to_owned).chain(directs).collect();
        let (mut places, mut unlisted) = (Vec::new(), BTreeMap::new());
        for name in names {
            let pos = self.unlisted.get(&name).map(|unlisted| unlisted.pos);
            let pos = pos.or_else(|| Some(self.spots.get(&name)?.pos)).filter(|_| self.history.is_some());
            // Everybody is in the lobby who does not say otherwise.
            if pos.is_none() && name == LOBBY && !hello.rooms_only {
                continue;
            }
            let place = Place { room: name.clone().into(), pos };
            let bytes = size(|out| write_line(&place, out));
            if bytes <= left {
                left -= bytes;
                places.push(place);
                // The relay tells it from there on.
                match (self.spots.get_mut(&name), pos) {
                    (Some(spot), Some(pos)) => spot.pos = pos,
                    (None, Some(pos)) => self.put(&name, pos),
                    (_, None) => {}
                }
            } else if let Some(pos) = pos.filter(|_| !is_direct(&name)) {
                unlisted.insert(name, Unlisted { pos, until: None });
            }
        }
        self.unlisted = unlisted;
        self.spots.retain(|name, _| places.iter().any(|place| place.room == *name));
        Hello { rooms: places, ..hello }
    }

    /// The rooms that did not fit into the greeting, and how far each was read.
    pub(crate) fn unlisted(&self) -> impl Iterator<Item = (&str, u64)> {
        self.unlisted.iter().map(|(room, unlisted)| (room.as_str(), unlisted.pos))
    }

    /// Whether what was said in a room meanwhile has to be asked for.
    pub(crate) fn is_unlisted(&self, room: &str) -> bool {
        self.unlisted.contains_key(room)
    }

    /// Whether what stands at `pos` in such a room is not told by itself.
    pub(crate) fn is_asked_for(&self, room: &str, pos: u64) -> bool {
        self.unlisted.get(room).is_some_and(|unlisted| unlisted.until.is_none_or(|until| pos <= until))
    }

    /// What was said there up to `pos` has been asked for and told; `None`: as much as there is to be had.
    pub(crate) fn caught_up(&mut self, room: &str, pos: Option<u64>) {
        match (pos, self.unlisted.get_mut(room)) {
            (Some(pos), Some(unlisted)) => unlisted.pos = unlisted.pos.max(pos),
            (None, Some(_)) => drop(self.unlisted.remove(room)),
            (_, None) => {}
        }
    }

    /// The relay has taken this client in. Whether its history is another one, so that nothing that was read
    /// means anything in it.
    pub(crate) fn welcome(&mut self, history: &str, rooms: &[RoomAt]) -> bool {
        let is_other = self.history.as_deref().is_some_and(|known| known != history);
        if is_other {
            self.spots.clear();
            self.unlisted.clear();
        }
        let is_name = !history.is_empty() && history.len() <= HISTORY_BYTES_MAX;
        self.history = is_name.then(|| history.to_owned());
        for spot in self.spots.values_mut() {
            spot.is_behind = false;
        }
        for RoomAt { room, pos, until } in rooms {
            self.told_from(room, *pos);
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

    /// Whether the relay is about to tell what was missed in a place.
    pub(crate) fn is_behind(&self, name: &str) -> bool {
        self.spots.get(name).is_some_and(|spot| spot.is_behind)
    }

    /// Something happened. Whether it is news: a message that its sender had to send twice is so once.
    pub(crate) fn take(&mut self, event: &Event) -> bool {
        match event {
            Event::Message { room, pos, uid, .. } => {
                self.read(room, *pos);
                return uid.as_deref().is_none_or(|uid| self.uids.is_new(uid));
            }
            Event::Presence { room, pos, .. } | Event::Topic { room, pos, .. } => self.pass(room, *pos),
            Event::Order(Ordered { room: Some(room), pos, .. }) if *pos > 0 => self.pass(room, *pos),
            Event::Live { room, pos } => {
                if let Some(spot) = self.spots.get_mut(&**room) {
                    spot.is_behind = false;
                }
                self.read(room, *pos);
            }
            Event::Joined { room, pos, .. } if !self.spots.contains_key(&**room) => {
                self.told_from(room, *pos);
                self.put(room, *pos);
            }
            Event::Parted { room, .. } => {
                self.unlisted.remove(&**room);
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
            | Event::Account { .. }
            | Event::Nick { .. }
            | Event::Who { .. }
            | Event::Rooms { .. }
            | Event::Whois { .. }
            | Event::Away { .. }
            | Event::Ignoring { .. }
            | Event::Order(_)
            | Event::Bans(_)
            | Event::Pong { .. }
            | Event::Gap { .. }
            | Event::Error { .. }
            | Event::Bye { .. }
            | Event::Unknown => {}
        }
        true
    }

    fn told_from(&mut self, room: &str, pos: u64) {
        if let Some(unlisted) = self.unlisted.get_mut(room) {
            unlisted.until.get_or_insert(pos);
        }
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

/// What something takes on the wire, in bytes.
fn size(write: impl FnOnce(&mut Vec<u8>)) -> usize {
    let mut written = Vec::new();
    write(&mut written);
    written.len()
}

/// The marks of the last messages.
#[derive(Debug, Default)]
pub(crate) struct Uids {
    known: HashSet<Box<str>>,
    /// The same, the oldest first.
    order: VecDeque<Box<str>>,
}

impl Uids {
    /// Whether there was no such message yet; from now on there was.
    pub(crate) fn is_new(&mut self, uid: &str) -> bool {
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
