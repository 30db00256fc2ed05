//! What has to be true in the end, when all have come back and nothing fails any more.

use std::collections::BTreeMap;

use super::super::*;
use super::client::{IMPOSTOR, PLAIN};
use super::disk::number_of;
use super::world::{Tally, World};
use crate::hub::people::key_of;
use crate::store::{Answer, Direction, PAGE_BYTES_MAX, PAGE_MAX, POSITION_END, Request};

/// Messages of a page.
const LIMIT: Option<usize> = Some(15);

impl World<'_> {
    pub(super) fn finish(mut self) -> Tally {
        self.settle();
        self.everybody_comes();
        self.disk_is_right();
        self.promises_are_kept();
        for client in 0..self.clients.len() {
            self.has_seen_everything(client);
            self.has_got_what_waited(client);
            self.pages_are_one(client);
        }
        self.tally
    }

    fn everybody_comes(&mut self) {
        if let Some(id) = self.clients[IMPOSTOR].loses() {
            self.house.leaves(Guest(id), None);
        }
        for client in 0..IMPOSTOR {
            self.hello(client, true, 0);
            self.settle();
            assert!(self.clients[client].is_welcome, "{client} is let in again");
            let unheard = self.clients[client].unheard.iter().find(|unheard| !unheard.is_unsure);
            assert!(unheard.is_none(), "{client} has heard nothing of {unheard:?}");
        }
        self.settle();
    }

    /// The store has what was committed, and each message once.
    fn disk_is_right(&mut self) {
        for (conversation, kept) in &self.disk.kept {
            let page = Request::Page {
                conversation: *conversation,
                from: 0,
                until: POSITION_END,
                limit: PAGE_MAX,
                bytes: PAGE_BYTES_MAX,
                direction: Direction::Forward,
            };
            let Answer::Page(page) = self.disk.store.read(page) else { panic!("no page") };
            let found = page.messages.iter().map(|message| (message.position, number_of(&message.text)));
            let wanted: Vec<_> = kept.iter().map(|(position, number)| (*position, *number)).collect();
            assert_eq!(found.collect::<Vec<_>>(), wanted[..wanted.len().min(PAGE_MAX)]);
            if self.has_lost {
                continue;
            }
            let mut last = BTreeMap::new();
            for number in kept.values().filter(|number| !self.said[**number].was_unsure) {
                let before = last.insert(self.said[*number].by, *number);
                assert!(before.is_none_or(|before| before < *number), "m{number} stands after m{before:?}");
            }
        }
    }

    fn promises_are_kept(&self) {
        for (number, said) in self.said.iter().enumerate().filter(|(_, said)| said.is_durable) {
            let place = self.disk.places.get(&number).map(|(_, position)| *position);
            let promised = said.ack.as_ref().map(|(_, position)| *position);
            assert_eq!(place, promised, "m{number} was said to be on the disk");
        }
    }

    /// Wherever a client was all the time it has seen everything, but for what it was told to have missed.
    fn has_seen_everything(&self, c: usize) {
        let client = &self.clients[c];
        let rooms = client.due.iter().filter(|(room, _)| !room.starts_with('@') && c != IMPOSTOR);
        for (room, due) in rooms {
            let kept = self.disk.of("", room);
            for (from, until) in due.iter().filter(|(from, until)| from < until) {
                for (position, number) in kept.range(*from..*until) {
                    let is_seen = self.said[*number].by == c || client.seen.contains(number);
                    assert!(is_seen, "{c} has not seen m{number} at {position} in {room}, though in {due:?}");
                }
            }
        }
    }

    /// What was said to somebody alone has reached them.
    fn has_got_what_waited(&self, c: usize) {
        let client = &self.clients[c];
        let Some(nick) = client.nick.filter(|_| c != IMPOSTOR && c != PLAIN) else { return };
        let own = key_of(nick);
        let mine = self
            .disk
            .conversations
            .iter()
            .filter(|((is_direct, key), _)| *is_direct && key.split('\n').any(|key| *key == *own));
        for number in mine.filter_map(|(_, id)| self.disk.kept.get(id)).flat_map(BTreeMap::values) {
            let from = self.clients[self.said[*number].by].nick.unwrap_or_default();
            let excused = client.excused.get(&format!("@{from}")).copied().unwrap_or(0);
            let is_due = from != nick && *number >= excused;
            assert!(!is_due || client.seen.contains(number), "{c} was never told m{number} by {from}");
        }
    }

    /// Forth, back and from any moment on, a page at a time, it is the same.
    fn pages_are_one(&mut self, c: usize) {
        let Some(nick) = self.clients[c].nick.filter(|_| self.clients[c].is_welcome) else { return };
        for room in self.clients[c].places.keys().cloned().collect::<Vec<_>>() {
            // What guests say to somebody alone is not kept.
            if room.starts_with("@guest") {
                continue;
            }
            let all: Vec<_> = self.disk.of(nick, &room).into_iter().collect();
            let mut forth = Vec::new();
            loop {
                let after = forth.last().map_or(0, |(position, _): &(Position, usize)| *position);
                let (page, more) = self.page(c, &room, Asked::After { after, limit: LIMIT });
                forth.extend(page);
                if !more {
                    break;
                }
            }
            let mut back: Vec<(Position, usize)> = Vec::new();
            loop {
                let before = back.first().map(|(position, _)| *position);
                let (page, more) = self.page(c, &room, Asked::Before { before, limit: LIMIT });
                back.splice(0..0, page);
                if !more {
                    break;
                }
            }
            assert_eq!(forth, back, "{c} reads {room} forth and back");
            if room.starts_with('@') {
                assert!(all.ends_with(&forth), "{c} reads {forth:?} of {all:?} in {room}");
            } else {
                assert_eq!(forth, all, "{c} reads {room}");
            }
            if let Some((_, number)) = forth.get(forth.len() / 2) {
                let time_ms = self.said[*number].time_ms;
                let wanted = forth.iter().find(|(_, number)| self.said[*number].time_ms >= time_ms).copied();
                let (page, _) = self.page(c, &room, Asked::Since { time_ms, limit: LIMIT });
                assert_eq!(page.first().copied(), wanted, "{c} reads {room} since {time_ms}");
            }
        }
    }

    fn page(&mut self, c: usize, room: &str, asked: Asked) -> (Vec<(Position, usize)>, bool) {
        let tag = self.ask_past(c, room, asked);
        self.settle();
        self.pages.remove(&tag).unwrap_or_else(|| panic!("{c} was told nothing of {room}"))
    }
}
