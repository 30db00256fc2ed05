//! What a client makes of what it is told, and whether it should have been.

use lanchat_protocol::client::{Code, Event, Past};

use super::super::*;
use super::client::PEOPLE;
use super::disk::number_of;
use super::world::World;
use crate::hub::people::{key_of, pair};

impl World<'_> {
    pub(super) fn hear(&mut self, c: usize, line: &str) {
        let event: Event = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        match event {
            Event::Welcome { history, rooms, .. } => {
                let rooms: Vec<_> = rooms.iter().map(|it| (it.room.to_string(), it.pos)).collect();
                self.is_welcome(c, &history, &rooms);
            }
            Event::Message { room, pos, from, text, uid, .. } => {
                let number = number_of(&text);
                self.tally.heard += 1;
                self.check(c, &room, pos, number, uid.as_deref());
                let is_own = self.said[number].by == c;
                assert!(!is_own || self.clients[c].secret.is_none(), "{c} hears its own m{number} in {room}");
                assert!(
                    !room.starts_with('@') || *room == *format!("@{from}"),
                    "m{number} in {room} by {from}"
                );
                self.passes_by(c, &room, pos, line);
                let client = &mut self.clients[c];
                let is_new = client.seen.insert(number);
                let may_be_again =
                    client.may_hear_again(&room) || client.is_forgetful && room.starts_with('@');
                assert!(
                    is_new || uid.is_some() || may_be_again,
                    "{c} is shown m{number}, which has no name, again"
                );
            }
            Event::Presence { room, pos, nick, time, change, .. } => {
                self.give(c, &room, pos, &format!("{nick} {change:?} {time}"));
                self.passes_by(c, &room, pos, line);
            }
            Event::Topic { room, pos, time, .. } if pos > 0 => {
                self.give(c, &room, pos, &format!("topic {time:?}"));
                self.passes_by(c, &room, pos, line);
            }
            Event::Live { room, pos } => {
                let client = &mut self.clients[c];
                assert_eq!(client.hello, Some(true), "{line}");
                let place = client.places.get(&*room).copied().unwrap_or(0);
                assert!(pos >= place, "{c} is at {place}: {line}");
                if client.gaps.remove(&*room) {
                    client.opens(&room, pos + 1);
                }
                client.places.insert(room.into_owned(), pos);
            }
            Event::Gap { room, .. } => {
                self.tally.gaps += 1;
                let client = &mut self.clients[c];
                client.closes(&room);
                client.gaps.insert(room.to_string());
                client.excuses(&room, self.said.len());
            }
            Event::Ack { id, room, pos, durable, .. } => {
                let number = id.unwrap().parse().unwrap();
                self.is_acknowledged(c, number, &room, pos, durable);
            }
            Event::Joined { room, pos, .. } => {
                let client = &mut self.clients[c];
                if !client.places.contains_key(&*room) {
                    client.opens(&room, pos + 1);
                    client.places.insert(room.into_owned(), pos);
                }
            }
            Event::Parted { room, .. } => {
                let client = &mut self.clients[c];
                client.closes(&room);
                client.places.remove(&*room);
                client.gaps.remove(&*room);
            }
            Event::History { id, room, messages, more, .. } => {
                self.has_read_back(c, id.as_deref(), &room, &messages, more);
            }
            Event::Found { hits, .. } => {
                for hit in hits {
                    for message in hit.before.iter().chain([&hit.message]).chain(&hit.after) {
                        self.check(
                            c,
                            &hit.room,
                            message.pos,
                            number_of(&message.text),
                            message.uid.as_deref(),
                        );
                    }
                }
            }
            Event::Error { id, code, .. } => self.is_refused(c, id.as_deref(), code),
            Event::Bye { .. } => self.tally.replaced += 1,
            Event::Topic { .. }
            | Event::Order(_)
            | Event::Bans(_)
            | Event::Announcement { .. }
            | Event::Account { .. }
            | Event::Nick { .. }
            | Event::Who { .. }
            | Event::Rooms { .. }
            | Event::Whois { .. }
            | Event::Away { .. }
            | Event::Ignoring { .. }
            | Event::Pong { .. }
            | Event::Unknown => {}
        }
    }

    fn is_welcome(&mut self, c: usize, history: &str, rooms: &[(String, Position)]) {
        let client = &mut self.clients[c];
        let resumes = client.hello == Some(true);
        assert!(!resumes || client.history.as_deref() == Some(history), "it is another history");
        self.tally.resumes += u64::from(resumes);
        client.is_welcome = true;
        client.history = Some(history.to_owned());
        let lost: Vec<_> =
            client.places.keys().filter(|room| !rooms.iter().any(|(it, _)| it == *room)).cloned().collect();
        for room in lost {
            client.closes(&room);
            client.places.remove(&room);
        }
        // Of the first words of a conversation that began on the last connection it may know nothing.
        let (has_begun_anew, said) = (client.era != self.era, self.said.len());
        for peer in PEOPLE.iter().map(|peer| format!("@{peer}")).filter(|_| has_begun_anew && resumes) {
            if !client.due.contains_key(&peer) {
                client.excuses(&peer, said);
            }
        }
        for (room, position) in rooms {
            if !resumes || !client.places.contains_key(room) {
                client.places.insert(room.clone(), *position);
                client.due.entry(room.clone()).or_default().push((position + 1, Position::MAX));
            }
        }
        client.era = self.era;
        let again: Vec<_> = self.clients[c].unheard.iter().map(|unheard| unheard.number).collect();
        for number in again {
            self.tally.sent_again += 1;
            self.send(c, number);
        }
    }

    /// A client is told something that has its place.
    fn passes_by(&mut self, c: usize, room: &str, position: Position, line: &str) {
        let client = &mut self.clients[c];
        let place = client.places.get(room).copied();
        let is_on = place.is_none_or(|place| position > place);
        assert!(is_on || client.may_hear_again(room), "{c} was at {place:?}: {line}");
        let position = position.max(place.unwrap_or(0));
        if client.gaps.remove(room) || place.is_none() {
            client.opens(room, position);
        }
        client.places.insert(room.to_owned(), position);
    }

    /// A place is given once.
    fn give(&mut self, c: usize, room: &str, position: Position, what: &str) {
        let room = match room.strip_prefix('@') {
            None => room.to_owned(),
            Some(peer) => pair(key_of(self.clients[c].nick.unwrap_or("guest")), key_of(peer)).join("\n"),
        };
        if room.contains("guest") {
            return;
        }
        let there = self.given.entry((room, position)).or_insert_with(|| what.to_owned());
        assert_eq!(*there, what, "place {position} was given twice");
    }

    /// A client sees a message: whether it may, and whether it is what it was.
    fn check(&mut self, c: usize, room: &str, position: Position, number: usize, uid: Option<&str>) {
        self.give(c, room, position, &format!("m{number}"));
        let (said, own) = (&self.said[number], self.clients[c].nick);
        assert_eq!(said.uid, uid.unwrap_or_default(), "m{number} has another name");
        match (said.room.strip_prefix('@'), room.strip_prefix('@')) {
            (None, None) => assert_eq!(said.room, room, "m{number}"),
            (Some(to), Some(_)) => {
                let from = self.clients[said.by].nick;
                assert!(own.is_none() || own == Some(to) || own == from, "{c} sees m{number} to {to}");
            }
            _ => panic!("{c} sees m{number} of {} in {room}", said.room),
        }
    }

    fn is_acknowledged(&mut self, c: usize, number: usize, room: &str, pos: Position, durable: Option<bool>) {
        self.give(c, room, pos, &format!("m{number}"));
        self.tally.acks += 1;
        let kept = self.disk.places.get(&number).copied();
        let said = &mut self.said[number];
        assert_eq!((said.by, said.room.as_str()), (c, room), "m{number}");
        if let Some((_, before)) = said.ack.replace((room.to_owned(), pos)) {
            let is_kept = kept.is_some_and(|(_, position)| position == before);
            assert!(before == pos || !is_kept, "m{number} is at {before}, and then at {pos}");
        }
        let client = &mut self.clients[c];
        match durable {
            Some(true) => {
                self.tally.durable += 1;
                assert_eq!(kept.map(|(_, position)| position), Some(pos), "m{number} is not on the disk");
                said.is_durable = true;
            }
            Some(false) => said.was_unsure = true,
            None => panic!("m{number} is neither durable nor not"),
        }
        for unheard in client.unheard.iter_mut().filter(|unheard| unheard.number == number) {
            unheard.is_unsure = true;
        }
        if durable == Some(true) || !client.is_careful || client.secret.is_none() {
            client.unheard.retain(|unheard| unheard.number != number);
        }
    }

    fn is_refused(&mut self, c: usize, id: Option<&str>, code: Code) {
        match (id, code) {
            (None, Code::NickTaken) => self.clients[c].hello = None,
            (None, Code::StoreFailed | Code::TooManyRooms | Code::AnswersDropped) => {}
            (None, code) => panic!("{code:?}"),
            (Some(id), _) => {
                self.clients[c].asking.remove(id);
                if let Ok(number) = id.parse::<usize>() {
                    self.said[number].was_unsure = true;
                    self.clients[c].unheard.retain(|unheard| unheard.number != number);
                }
            }
        }
    }

    /// A client is told what was said before: nothing is left out of what was on the disk when it asked.
    fn has_read_back(&mut self, c: usize, id: Option<&str>, room: &str, messages: &[Past], more: bool) {
        self.tally.pages += 1;
        let mut found = Vec::new();
        for message in messages {
            let number = number_of(&message.text);
            self.check(c, room, message.pos, number, message.uid.as_deref());
            found.push((message.pos, number));
        }
        assert!(found.is_sorted_by(|a, b| a.0 < b.0), "{found:?}");
        let Some(id) = id else { return };
        let asking = self.clients[c].asking.remove(id).unwrap();
        assert_eq!(asking.room.to_lowercase(), room.to_lowercase());
        let (first, last) = (found.first().map(|it| it.0), found.last().map(|it| it.0));
        let span = match (asking.after, asking.before) {
            (Some(after), _) if more => after + 1..last.map_or(0, |last| last + 1),
            (Some(after), _) => after + 1..Position::MAX,
            (_, Some(before)) if more => first.unwrap_or(before)..before,
            (_, Some(before)) => 0..before,
            (None, None) => 0..0,
        };
        // What two share is not all for whoever has the name now.
        let from = if room.starts_with('@') { first.unwrap_or(Position::MAX) } else { 0 };
        let span = span.start.max(from)..span.end;
        if !span.is_empty() {
            let missing: Vec<_> =
                asking.kept.range(span).filter(|(at, _)| !found.iter().any(|it| it.0 == **at)).collect();
            assert!(
                missing.is_empty(),
                "{c} asked for {:?}.. and ..{:?} of {room}, and was not told {missing:?}, but {found:?}",
                asking.after,
                asking.before
            );
        }
        self.pages.insert(id.to_owned(), (found, more));
    }
}
