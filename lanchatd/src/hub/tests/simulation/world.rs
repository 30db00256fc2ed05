//! What the shell is otherwise: it carries bytes, batches and lookups between hub, clients and store, and breaks.

use std::collections::{BTreeMap, BTreeSet};

use lanchat_protocol::client::Place;

use super::super::model::room_of;
use super::super::*;
use super::client::{Client, IMPOSTOR, PEOPLE, PLAIN, Unheard};
use super::disk::{Disk, Flight, number_of};
use super::step::Step;
use super::*;
use crate::lookups;

pub(super) const ROOMS: [&str; 3] = ["lobby", "one", "two"];

/// What somebody has said, or wanted to.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) by: usize,
    /// As its sender calls the place.
    pub(super) room: String,
    pub(super) uid: String,
    pub(super) time_ms: i64,
    /// Where it was acknowledged to be, and how often the relay had begun anew by then.
    pub(super) ack: Option<(String, Position)>,
    pub(super) is_durable: bool,
    /// It was refused, or acknowledged, but not for good.
    pub(super) was_unsure: bool,
}

/// What has happened in all.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) steps: u64,
    pub(super) crashes: u64,
    pub(super) stops: u64,
    pub(super) commits: u64,
    pub(super) failed_commits: u64,
    pub(super) messages: u64,
    pub(super) heard: u64,
    pub(super) acks: u64,
    pub(super) durable: u64,
    pub(super) sent_again: u64,
    pub(super) resumes: u64,
    pub(super) replaced: u64,
    pub(super) lookups: u64,
    pub(super) unread_lookups: u64,
    pub(super) gaps: u64,
    pub(super) pages: u64,
    /// Lookups while something was packed, and times that some of it was unpacked.
    pub(super) packed_lookups: u64,
    pub(super) unpacked: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.crashes += other.crashes;
        self.stops += other.stops;
        self.commits += other.commits;
        self.failed_commits += other.failed_commits;
        self.messages += other.messages;
        self.heard += other.heard;
        self.acks += other.acks;
        self.durable += other.durable;
        self.sent_again += other.sent_again;
        self.resumes += other.resumes;
        self.replaced += other.replaced;
        self.lookups += other.lookups;
        self.unread_lookups += other.unread_lookups;
        self.gaps += other.gaps;
        self.pages += other.pages;
        self.packed_lookups += other.packed_lookups;
        self.unpacked += other.unpacked;
    }
}

/// A lookup that the hub waits for, and what the store has found if it has looked.
struct Pending {
    lookup: Lookup,
    found: Option<Found>,
}

pub(super) struct World<'a> {
    pub(super) house: House,
    pub(super) disk: Disk<'a>,
    pub(super) clients: Vec<Client>,
    pub(super) said: Vec<Said>,
    /// What has its place in which conversation.
    pub(super) given: BTreeMap<(String, Position), String>,
    /// Answers to requests for what was said before.
    pub(super) pages: BTreeMap<String, (Vec<(Position, usize)>, bool)>,
    pub(super) tally: Tally,
    /// How many times the relay has begun anew.
    pub(super) era: usize,
    /// What was accepted in rooms since.
    accepted: Vec<usize>,
    /// Messages have left the memory that were not on the disk: what is sent again then stands behind what was not.
    pub(super) has_lost: bool,
    pub(super) flight: Option<Flight>,
    asked: Vec<Pending>,
    lagging: BTreeSet<usize>,
    /// Sessions whose clients have gone, and those that are over.
    ghosts: Vec<SessionId>,
    settings: Settings,
    reserve: Position,
    requests: usize,
}

fn retention(which: usize) -> Retention {
    let (bytes_max, events_max) = [(1 << 20, 10_000), (65_536, 100), (16_384, 40), (8_192, 12)][which % 4];
    Retention { bytes_max, events_max }
}

impl<'a> World<'a> {
    pub(super) fn new(store: &'a mut Memory, seed: u64) -> Self {
        let seed = seed as usize;
        let timelines_bytes_max = if seed.is_multiple_of(5) { 60_000 } else { 1 << 30 };
        let settings = Settings { retention: retention(seed), timelines_bytes_max, ..settings() };
        let mut world = Self {
            house: House::with(settings.clone()),
            disk: Disk::new(store),
            clients: Client::all(),
            said: Vec::new(),
            given: BTreeMap::new(),
            pages: BTreeMap::new(),
            tally: Tally::default(),
            era: 0,
            accepted: Vec::new(),
            has_lost: false,
            flight: None,
            asked: Vec::new(),
            lagging: BTreeSet::new(),
            ghosts: Vec::new(),
            settings,
            reserve: [POSITIONS_AHEAD, 12][seed / 4 % 2],
            requests: 0,
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        let now = self.house.now;
        self.house = House::with(self.settings.clone());
        self.house.now = now;
        let loaded = self.disk.store.begin(self.reserve);
        self.house.hub.keep(loaded, true);
    }

    pub(super) fn step(&mut self, step: Step) {
        self.tally.steps += 1;
        self.house.waits(Duration::from_millis(1));
        match step {
            Step::Connect { client, is_silent } => self.connect(client, is_silent),
            Step::Hello { client, resumes, backlog } => self.hello(client, resumes, backlog),
            Step::Join { client, room } => {
                self.ask(client, "j", Command::Join { room: Some(ROOMS[room].into()) });
            }
            Step::Part { client, room } => {
                self.ask(client, "p", Command::Part { room: Some(ROOMS[room].into()) });
            }
            Step::Say { client, room, times } => {
                (0..times).for_each(|_| self.say(client, ROOMS[room].to_owned()));
            }
            Step::Tell { client, person } => self.say(client, format!("@{}", PEOPLE[person])),
            Step::Topic { client, room } => {
                let (room, topic) = (Some(ROOMS[room].into()), Some("a topic".into()));
                self.ask(client, "t", Command::Topic { room, topic });
            }
            Step::History { client, place, at, limit } => self.look_back(client, place, at, limit),
            Step::Search { client, number } => {
                let query =
                    lanchat_protocol::past::Query { words: format!("m{number}"), ..Default::default() };
                let searched = Searched::Asked { query, limit: None, context: Some(2) };
                self.ask(client, "s", Command::Search(searched));
            }
            Step::Lose { client, has_read, is_known } => self.lose(client, has_read, is_known),
            Step::Late { client, room } => self.arrives_late(client, ROOMS[room]),
            Step::Notice => self.notice(),
            Step::Pass { rooms, readers } => {
                self.pass(|slot| room_of(rooms.into(), slot));
                (0..self.clients.len())
                    .filter(|client| readers >> client & 1 != 0)
                    .for_each(|c| self.read(c));
            }
            Step::Drain(rooms) => self.drain(|slot| room_of(rooms.into(), slot)),
            Step::Read { client } => self.read(client),
            Step::Wait { ms } => self.house.waits(Duration::from_millis(ms.into())),
            Step::Keep => self.keep(),
            Step::Tidy => {
                self.tally.unpacked += u64::from(self.disk.store.packed() > 0);
                self.disk.store.unpack();
            }
            Step::Fail { is_written } => self.fail(is_written),
            Step::Slow => {
                if let Some(flight) = &mut self.flight {
                    flight.was_slow = true;
                    self.house.hub.store_is_in_trouble("slow");
                }
            }
            Step::LookUp { number } => self.look_up(number),
            Step::Answer { number, is_read } => self.answer(number, is_read),
            Step::Configure { retention: which } => {
                self.settings.retention = retention(which);
                self.house.hub.configure(self.house.now, self.settings.clone());
            }
            Step::Crash { has_read } => self.crash(has_read),
            Step::Stop { is_written } => self.stop(is_written),
        }
        self.after();
    }

    /// Carries out what the hub wants done.
    fn after(&mut self) {
        for output in self.house.hub.take_outputs() {
            match output {
                Output::Close(id) => self.ghosts.push(id),
                Output::LookUp(lookup) => {
                    self.tally.lookups += 1;
                    self.asked.push(Pending { lookup, found: None });
                }
                Output::Check(_) | Output::Occurred { .. } => {}
            }
        }
        self.has_lost |= self.house.hub.keeping().lost > 0;
        if self.house.hub.needs_pass() {
            self.pass(|slot| room_of(slot as u64, slot));
        }
    }

    fn connect(&mut self, client: usize, is_silent: bool) {
        if self.clients[client].id.is_some() {
            return;
        }
        let Guest(id) = self.house.from("127.0.0.1").unwrap();
        self.clients[client].id = Some(id);
        if is_silent {
            self.house.hub.choose(self.house.now, id, &TEXT);
        }
    }

    pub(super) fn hello(&mut self, number: usize, resumes: bool, backlog: usize) {
        self.connect(number, false);
        let said = self.said.len();
        let client = &mut self.clients[number];
        let Some(id) = client.id.filter(|_| client.hello.is_none()) else { return };
        let resumes = resumes && client.history.is_some();
        if !resumes {
            for room in client.places.keys().cloned().collect::<Vec<_>>() {
                client.closes(&room);
            }
            client.history = None;
            client.is_forgetful |= !client.seen.is_empty();
            client.gaps.clear();
            client.places.values_mut().for_each(|place| *place = 0);
            client.places.retain(|room, _| !room.starts_with('@'));
            for peer in PEOPLE {
                client.excuses(&format!("@{peer}"), said);
            }
        }
        client.hello = Some(resumes);
        let places = client.places.clone();
        let rooms = places
            .iter()
            .map(|(room, position)| Place { room: room.as_str().into(), pos: resumes.then_some(*position) });
        let (secret, history) = (client.secret.clone(), client.history.clone().filter(|_| resumes));
        let hello = Hello {
            nick: client.nick.map(Into::into),
            client: secret.as_deref().map(Into::into),
            backlog: Some(backlog),
            history: history.as_deref().map(Into::into),
            rooms: rooms.collect(),
            ..hello()
        };
        self.house.hub.choose(self.house.now, id, &NATIVE);
        self.house.asks(Guest(id), "", Command::Hello(hello));
        if number == IMPOSTOR && self.house.hub.sessions[id.slot].nick.is_some() {
            // Ana's messages are also theirs now.
            for peer in PEOPLE {
                self.clients[0].excuses(&format!("@{peer}"), usize::MAX);
            }
        }
        self.after();
    }

    pub(super) fn ask(&mut self, client: usize, tag: &str, command: Command) {
        let client = &self.clients[client];
        if let Some(id) = client.id.filter(|_| client.is_welcome) {
            self.house.asks(Guest(id), tag, command);
            self.after();
        }
    }

    fn say(&mut self, number: usize, room: String) {
        let client = &mut self.clients[number];
        // Whoever is not known again does not say anything twice, and says nothing that might get lost.
        if (number == PLAIN || number == IMPOSTOR) && !client.is_welcome {
            return;
        }
        let said = self.said.len();
        let uid = client.run().map_or_else(String::new, |run| format!("{run}:{said}"));
        client.unheard.push_back(Unheard { number: said, is_unsure: false });
        self.said.push(Said {
            by: number,
            room,
            uid,
            time_ms: 0,
            ack: None,
            is_durable: false,
            was_unsure: false,
        });
        if self.clients[number].is_welcome {
            self.send(number, said);
        }
    }

    /// A client sends what it wants to say, maybe again.
    pub(super) fn send(&mut self, client: usize, number: usize) {
        if let Some(id) = self.clients[client].id {
            self.arrives(id, number);
        }
    }

    fn arrives_late(&mut self, number: usize, room: &str) {
        let client = &self.clients[number];
        let lost = client.lost.filter(|id| self.ghosts.contains(id) && !self.house.hub.is_closing(*id));
        // What it wanted to say since comes after that.
        let may_be_last = !client.is_welcome && client.unheard.is_empty();
        if let Some(id) = lost.filter(|_| may_be_last && client.nick.is_some() && number < PLAIN) {
            self.say(number, room.to_owned());
            self.arrives(id, self.said.len() - 1);
        }
    }

    fn arrives(&mut self, id: SessionId, number: usize) {
        let room = self.said[number].room.clone();
        let text = format!("m{number} {}", "x".repeat(number * 7 % 90));
        let before = self.house.hub.totals().clone();
        let say = Command::Say {
            room: Some(room.as_str().into()),
            text: text.into(),
            action: number.is_multiple_of(5),
        };
        self.house.asks(Guest(id), &number.to_string(), say);
        // What is refused now may be taken later, behind what was said meanwhile.
        self.said[number].was_unsure |= self.house.hub.totals().refusals > before.refusals;
        let is_accepted = self.house.hub.totals().messages_accepted > before.messages_accepted;
        self.after();
        if is_accepted {
            self.tally.messages += 1;
            self.said[number].time_ms = self.house.now.wall_ms;
            if !room.starts_with('@') {
                self.accepted.push(number);
            }
        }
    }

    fn look_back(&mut self, client: usize, place: usize, at: usize, limit: usize) {
        let room =
            ROOMS.get(place).map_or_else(|| format!("@{}", PEOPLE[place - ROOMS.len()]), |&room| room.into());
        let kept = self.disk.of(self.clients[client].nick.unwrap_or_default(), &room);
        let position = kept.keys().nth((at / 4).checked_rem(kept.len()).unwrap_or(0)).copied().unwrap_or(0);
        let limit = Some(limit);
        let asked = match at % 4 {
            0 => Asked::Before { before: None, limit },
            1 => Asked::Before { before: Some(position), limit },
            2 => Asked::After { after: position, limit },
            _ => Asked::Since { time_ms: self.house.now.wall_ms.saturating_sub_unsigned(at as u64), limit },
        };
        self.ask_past(client, &room, asked);
    }

    /// A client asks for what was said before. Returns the name of its request.
    pub(super) fn ask_past(&mut self, number: usize, room: &str, asked: Asked) -> String {
        self.requests += 1;
        let tag = format!("h{}", self.requests);
        let kept = self.disk.of(self.clients[number].nick.unwrap_or_default(), room);
        let (after, before) = match &asked {
            Asked::Before { before, .. } => (None, Some(before.unwrap_or(Position::MAX))),
            Asked::After { after, .. } => (Some(*after), None),
            _ => (None, None),
        };
        let asking = client::Asking { room: room.to_owned(), after, before, kept };
        self.clients[number].asking.insert(tag.clone(), asking);
        self.ask(number, &tag, Command::History { room: Some(room.to_owned().into()), asked });
        tag
    }

    fn lose(&mut self, number: usize, has_read: bool, is_known: bool) {
        if has_read {
            self.read(number);
        }
        let client = &mut self.clients[number];
        let was_welcome = client.is_welcome;
        if let Some(id) = client.loses() {
            client.lost = was_welcome.then_some(id);
            self.ghosts.push(id);
        }
        if number == PLAIN {
            self.clients[number].unheard.clear();
        }
        if is_known {
            self.notice();
        }
    }

    /// Connections that are gone are gone for the relay too.
    pub(super) fn notice(&mut self) {
        for id in std::mem::take(&mut self.ghosts) {
            if self.clients.iter().any(|client| client.id == Some(id)) {
                self.drain(|_| usize::MAX);
                self.flush(id, usize::MAX);
                let number = self.clients.iter().position(|client| client.id == Some(id)).unwrap();
                self.read(number);
                self.clients[number].loses();
            }
            self.lagging.remove(&id.slot);
            self.house.leaves(Guest(id), None);
        }
    }

    fn pass(&mut self, room: impl Fn(usize) -> usize) {
        for handed in self.house.passes(room) {
            self.deliver(&handed);
        }
    }

    fn drain(&mut self, room: impl Fn(usize) -> usize) {
        for slot in self.lagging.clone() {
            if let Some(id) = self.house.hub.sessions.get(slot).map(|session| session.id) {
                self.flush(id, room(slot));
            }
        }
    }

    fn flush(&mut self, id: SessionId, room: usize) {
        let handed = self.house.flushes(id, room);
        self.deliver(&handed);
    }

    fn deliver(&mut self, handed: &Handed) {
        if handed.is_short {
            self.lagging.insert(handed.slot);
        } else {
            self.lagging.remove(&handed.slot);
        }
        let owner = |client: &&mut Client| client.id.is_some_and(|id| id.slot == handed.slot);
        if let Some(client) = self.clients.iter_mut().find(owner) {
            client.incoming.extend_from_slice(&handed.bytes);
        }
    }

    pub(super) fn read(&mut self, number: usize) {
        let incoming = std::mem::take(&mut self.clients[number].incoming);
        let end = incoming.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let id = self.clients[number].id;
        for line in incoming[..end].split(|byte| *byte == b'\n').filter(|line| line.first() == Some(&b'{')) {
            self.hear(number, str::from_utf8(line).unwrap());
        }
        if self.clients[number].id == id {
            let left = &incoming[end..];
            self.clients[number].incoming.splice(0..0, left.iter().copied());
        }
    }

    fn keep(&mut self) {
        match &mut self.flight {
            None => {
                let batch = self.house.hub.take_batch();
                self.flight = batch.map(|batch| Flight { batch, is_written: false, was_slow: false });
            }
            Some(flight) if !flight.is_written => {
                flight.is_written = true;
                self.disk.write(&flight.batch);
            }
            Some(flight) => {
                self.tally.commits += 1;
                self.house.hub.batch_is_written(flight.was_slow);
                self.flight = None;
            }
        }
    }

    /// What is being written fails: it will be written again.
    fn fail(&mut self, is_written: bool) {
        let Some(flight) = self.flight.as_mut().filter(|flight| !flight.is_written) else { return };
        self.tally.failed_commits += 1;
        if is_written {
            self.disk.write(&flight.batch);
        }
        self.house.hub.store_is_in_trouble("no space left");
    }

    fn look_up(&mut self, number: usize) {
        let Some(index) = number.checked_rem(self.asked.len()) else { return };
        let asked = &mut self.asked[index];
        self.tally.packed_lookups += u64::from(self.disk.store.packed() > 0);
        asked.found = lookups::found(self.disk.store.read(lookups::request(&asked.lookup.what)));
    }

    fn answer(&mut self, number: usize, is_read: bool) {
        let Some(index) = number.checked_rem(self.asked.len()) else { return };
        if self.asked[index].found.is_none() {
            self.look_up(index);
        }
        let Pending { lookup, found } = self.asked.remove(index);
        self.tally.unread_lookups += u64::from(!is_read);
        self.house.hub.found(self.house.now, lookup.id, lookup.ticket, found.filter(|_| is_read));
        self.after();
    }

    fn crash(&mut self, has_read: u32) {
        self.tally.crashes += 1;
        self.flight = None;
        self.begin_anew(has_read);
    }

    fn begin_anew(&mut self, has_read: u32) {
        for number in 0..self.clients.len() {
            self.lose(number, has_read & 1 << number != 0, false);
            // The next run names its sessions as this one did.
            self.clients[number].lost = None;
        }
        self.ghosts.clear();
        self.lagging.clear();
        self.asked.clear();
        self.accepted.clear();
        self.era += 1;
        self.begin();
    }

    /// The relay is stopped; the last thing that is being written may fail.
    fn stop(&mut self, is_written: bool) {
        self.tally.stops += 1;
        self.house.hub.stop(self.house.now, "enough");
        self.after();
        self.pass(|slot| room_of(7, slot));
        for number in 0..self.clients.len() {
            self.lose(number, number % 2 == 0, true);
        }
        self.notice();
        self.after();
        if !is_written {
            self.fail(false);
            self.give_up();
        }
        while is_written && (self.flight.is_some() || self.house.hub.has_unsaved()) {
            self.keep();
        }
        let last = self.house.hub.last_batch();
        self.disk.write(&last);
        self.disk.store.end();
        if self.house.hub.keeping().lost == 0 {
            let missing = self.accepted.iter().find(|number| !self.disk.places.contains_key(number));
            assert_eq!(
                missing, None,
                "it was accepted, and is not kept although the relay was stopped properly"
            );
        }
        self.begin_anew(0);
    }

    /// What is being written is not written: what the memory has no more of it is lost.
    fn give_up(&mut self) {
        let Some(flight) = self.flight.take().filter(|flight| !flight.is_written) else { return };
        for message in flight.batch.messages.iter() {
            let mut rooms = self.house.hub.rooms.iter();
            let room = rooms.find(|(_, room)| room.conversation() == Some(message.conversation));
            if room.is_none_or(|(_, room)| room.timeline.oldest() > message.position) {
                self.accepted.retain(|number| *number != number_of(message.text));
            }
        }
    }

    /// All goes well until nothing is left to do.
    pub(super) fn settle(&mut self) {
        for _ in 0..10_000 {
            self.notice();
            self.after();
            while !self.asked.is_empty() {
                self.answer(0, true);
            }
            self.pass(|_| usize::MAX);
            self.drain(|_| usize::MAX);
            self.keep();
            for number in 0..self.clients.len() {
                self.read(number);
            }
            self.after();
            let hub = &self.house.hub;
            let is_over = !hub.has_ready() && !hub.has_unsaved() && self.flight.is_none();
            let is_over = is_over && self.clients.iter().all(|client| client.incoming.is_empty());
            if is_over && self.asked.is_empty() && self.ghosts.is_empty() && self.lagging.is_empty() {
                return;
            }
        }
        panic!("it never comes to rest");
    }
}
