//! Coming back: what was missed is told once, what was sent twice is taken once, whatever is killed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use lanchat_tests::{Daemon, Native, Value, eventually, json};

/// A client as `docs/PROTOCOL.md` wants it: it says where it was, and shows what has a `uid` that it knows once.
struct Reader {
    nick: &'static str,
    history: Option<Value>,
    positions: BTreeMap<String, u64>,
    uids: HashSet<String>,
    /// What it has shown, as room, nick and text.
    shown: Vec<(String, String, String)>,
    /// Messages that it knew already.
    known: usize,
    connection: Native,
    /// Events of the connection that it has looked at.
    looked_at: usize,
}

const ROOMS: [&str; 2] = ["lobby", "ops"];

fn hello(daemon: &Daemon, nick: &str, positions: &BTreeMap<String, u64>, history: Option<&Value>) -> Native {
    let mut connection = Native::connect(daemon);
    let place = |room: &str| json!({"room": room, "pos": positions.get(room)});
    let mut places: Vec<_> = ROOMS.iter().map(|room| place(room)).collect();
    places.extend(positions.keys().filter(|room| room.starts_with('@')).map(|room| place(room)));
    connection.sends(&json!({
        "type": "hello", "version": 1, "nick": nick, "client": format!("secret of {nick}"),
        "rooms": places, "history": history, "backlog": 0,
    }));
    connection
}

impl Reader {
    fn connect(daemon: &Daemon, nick: &'static str) -> Self {
        let connection = hello(daemon, nick, &BTreeMap::new(), None);
        let mut reader = Self {
            nick,
            history: None,
            positions: BTreeMap::new(),
            uids: HashSet::new(),
            shown: Vec::new(),
            known: 0,
            connection,
            looked_at: 0,
        };
        reader.is_welcome();
        reader
    }

    /// Comes back, by another connection.
    fn comes_back(&mut self, daemon: &Daemon) {
        self.looks();
        self.connection = hello(daemon, self.nick, &self.positions, self.history.as_ref());
        self.looked_at = 0;
        self.is_welcome();
    }

    fn is_welcome(&mut self) {
        let welcome = self.connection.event("welcome");
        self.history = Some(welcome["history"].clone());
        for room in welcome["rooms"].as_array().unwrap() {
            let (name, position) = (room["room"].as_str().unwrap(), room["pos"].as_u64().unwrap());
            self.positions.entry(name.to_owned()).or_insert(position);
        }
    }

    /// Takes in what has come.
    fn looks(&mut self) {
        let events = self.connection.events();
        for event in &events[self.looked_at..] {
            let (Some(room), Some(position)) = (event["room"].as_str(), event["pos"].as_u64()) else {
                continue;
            };
            if event["type"] == "ack" {
                continue;
            }
            let at = self.positions.entry(room.to_owned()).or_insert(0);
            *at = position.max(*at);
            if event["type"] == "message" {
                let uid = event["uid"].as_str().unwrap();
                if self.uids.insert(uid.to_owned()) {
                    let text = |field: &str| event[field].as_str().unwrap().to_owned();
                    self.shown.push((room.to_owned(), text("from"), text("text")));
                } else {
                    self.known += 1;
                }
            }
        }
        self.looked_at = events.len();
    }

    fn has_shown(&mut self, wanted: &BTreeSet<(String, String, String)>) -> bool {
        self.looks();
        let shown: HashSet<_> = self.shown.iter().collect();
        wanted.iter().all(|line| shown.contains(line))
    }
}

/// Writes numbered lines, and sends again what was not acknowledged.
struct Writer {
    nick: &'static str,
    connection: Native,
    /// Numbers of what was not acknowledged, in their order.
    outbox: Vec<usize>,
    /// Where what was acknowledged as durable is.
    places: BTreeMap<usize, (String, u64)>,
    next: usize,
    again: usize,
}

impl Writer {
    fn connect(daemon: &Daemon, nick: &'static str) -> Self {
        let connection = hello(daemon, nick, &BTreeMap::new(), None);
        Self { nick, connection, outbox: Vec::new(), places: BTreeMap::new(), next: 0, again: 0 }
    }

    fn comes_back(&mut self, daemon: &Daemon) {
        self.looks();
        self.connection = hello(daemon, self.nick, &BTreeMap::new(), None);
        self.again += self.outbox.len();
        for number in self.outbox.clone() {
            self.sends(number);
        }
    }

    fn says(&mut self, count: usize) {
        for number in self.next..self.next + count {
            self.outbox.push(number);
            self.sends(number);
        }
        self.next += count;
    }

    fn room(&self, number: usize) -> &'static str {
        ROOMS[number % ROOMS.len()]
    }

    fn sends(&mut self, number: usize) {
        let (id, room) = (number.to_string(), self.room(number));
        self.connection.sends(&json!({"type": "say", "id": id, "room": room, "text": id}));
    }

    fn looks(&mut self) {
        for event in self.connection.events().into_iter().filter(|event| event["durable"] == true) {
            let number: usize = event["id"].as_str().unwrap().parse().unwrap();
            let place = (event["room"].as_str().unwrap().to_owned(), event["pos"].as_u64().unwrap());
            let first = self.places.entry(number).or_insert_with(|| place.clone());
            assert_eq!(*first, place, "{} {number} was acknowledged twice, in two places", self.nick);
            self.outbox.retain(|waiting| *waiting != number);
        }
    }
}

/// Everything that was ever said in a room, a page after the other.
fn history(daemon: &Daemon, room: &str) -> Vec<Value> {
    let mut reader = Native::hello_in(daemon, "historian", room);
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = reader
            .answered("history", json!({"type": "history", "room": room, "after": after, "limit": 200}));
        let messages = page["messages"].as_array().unwrap();
        all.extend(messages.iter().cloned());
        if page.get("more").is_none() {
            return all;
        }
        after = messages.last().unwrap()["pos"].as_u64().unwrap();
    }
}

/// How often the daemon is killed, and how much each writer says before that, at most.
const CRASHES: usize = 20;
const LINES: usize = 60;

#[test]
fn whatever_is_killed_every_reader_sees_every_acknowledged_message_once_and_so_does_the_history() {
    let mut daemon = Daemon::with("limits.messages_per_second_max = 0\n");
    let mut readers = ["ruth", "rosa", "remy"].map(|nick| Reader::connect(&daemon, nick));
    let mut writers = ["ana", "bob", "eva"].map(|nick| Writer::connect(&daemon, nick));
    let mut rng = fastrand::Rng::with_seed(20_261_122);
    for crash in 0..=CRASHES {
        writers.iter_mut().for_each(|writer| writer.says(rng.usize(0..LINES)));
        // One of the readers loses its connection now and then, while the others keep theirs.
        for _ in 0..rng.usize(0..3) {
            readers[0].comes_back(&daemon);
        }
        let wanted = rng.usize(0..=writers[0].outbox.len());
        eventually("some are acknowledged", || {
            writers[0].looks();
            (writers[0].outbox.len() <= wanted).then_some(())
        });
        if crash < CRASHES {
            // Some are on their way when it is killed, and nobody knows how far.
            writers.iter_mut().for_each(|writer| writer.says(rng.usize(0..LINES)));
            daemon = daemon.restart();
            readers.iter_mut().for_each(|reader| reader.comes_back(&daemon));
            writers.iter_mut().for_each(|writer| writer.comes_back(&daemon));
        }
    }
    for writer in &mut writers {
        eventually("everything is acknowledged", || {
            writer.looks();
            writer.outbox.is_empty().then_some(())
        });
    }
    let mut all = BTreeSet::new();
    for writer in &writers {
        assert_eq!(writer.places.len(), writer.next);
        let line =
            |number: usize| (writer.room(number).to_owned(), writer.nick.to_owned(), number.to_string());
        all.extend((0..writer.next).map(line));
    }
    for room in ROOMS {
        let said = history(&daemon, room);
        for writer in &writers {
            let of = said.iter().filter(|message| message["from"] == writer.nick);
            let numbers: Vec<usize> =
                of.map(|message| message["text"].as_str().unwrap().parse().unwrap()).collect();
            let expected: Vec<usize> =
                (0..writer.next).filter(|number| writer.room(*number) == room).collect();
            assert_eq!(numbers, expected, "{} in {room}", writer.nick);
        }
    }
    for reader in &mut readers {
        eventually("the reader has everything", || reader.has_shown(&all).then_some(()));
        assert_eq!(reader.shown.len(), all.len(), "{} has shown something twice", reader.nick);
    }
    println!(
        "{CRASHES} crashes: {} messages, {} sent again, all acknowledged; {} readers saw each of them once, and passed over {} that came again",
        all.len(),
        writers.iter().map(|writer| writer.again).sum::<usize>(),
        readers.len(),
        readers.iter().map(|reader| reader.known).sum::<usize>(),
    );
}

#[test]
fn a_client_that_comes_back_gets_what_it_missed_then_a_word_that_the_rest_is_new() {
    let daemon = Daemon::with("limits.messages_per_second_max = 0\nlimits.timeline_events_max = 1000\n");
    let mut reader = Reader::connect(&daemon, "ruth");
    let mut ana = Native::hello(&daemon, "ana");
    ana.says("before");
    reader.connection.sees_message("ana", "before");
    reader.connection.sends(&json!({"type": "say", "text": "my own", "id": "1"}));
    reader.connection.event("ack");
    let position = reader.connection.events().iter().filter_map(|event| event["pos"].as_u64()).max();
    drop(std::mem::replace(&mut reader.connection, Native::connect(&daemon)));
    // More than the memory holds.
    for number in 0..3000 {
        // What the disk has not taken before the memory is full is not kept.
        match number % 100 {
            99 => drop(ana.says_in("lobby", &format!("missed {number}"))),
            _ => ana.sends(&json!({"type": "say", "text": format!("missed {number}")})),
        }
    }
    ana.says_in("@ruth", "psst");
    let mut back = hello(
        &daemon,
        "ruth",
        &BTreeMap::from([("lobby".to_owned(), position.unwrap() - 1)]),
        reader.history.as_ref(),
    );
    let welcome = back.event("welcome");
    let seam = welcome["rooms"][0]["until"].as_u64().unwrap();
    for number in 0..3000 {
        back.sees_message("ana", &format!("missed {number}"));
    }
    let live = back.event("live");
    assert_eq!((&live["room"], live["pos"].as_u64().unwrap()), (&json!("lobby"), seam));
    back.sees_in("@ana", "ana", "psst");
    ana.says("after");
    back.sees_message("ana", "after");
    let count = |text: &str| back.events().iter().filter(|event| event["text"] == text).count();
    assert_eq!((count("before"), count("my own"), count("missed 7"), count("psst")), (0, 0, 1, 1));
}

#[test]
fn what_is_said_twice_under_one_id_is_taken_once_unless_another_run_says_it() {
    let daemon = Daemon::start();
    let bob = Native::hello(&daemon, "bob");
    let nobody = BTreeMap::new();
    let mut ana = hello(&daemon, "ana", &nobody, None);
    let say = json!({"type": "say", "id": "1", "text": "one"});
    ana.sends(&say);
    let first = ana.event("ack");
    // The relay has not noticed yet that the old connection is gone.
    let mut again = hello(&daemon, "ana", &nobody, None);
    again.event("welcome");
    assert_eq!(ana.event("bye")["code"], "replaced");
    ana.is_closed();
    again.sends(&say);
    assert_eq!(again.event("ack"), first);
    let daemon = daemon.restart();
    let mut after = hello(&daemon, "ana", &nobody, None);
    after.sends(&say);
    assert_eq!(after.event("ack"), first);
    let mut other = Native::connect(&daemon);
    other.sends(&json!({"type": "hello", "version": 1, "nick": "eva", "client": "another secret"}));
    other.sends(&say);
    assert_ne!(other.event("ack")["pos"], first["pos"]);
    let said: Vec<_> = history(&daemon, "lobby").into_iter().map(|message| message["from"].clone()).collect();
    assert_eq!(said, ["ana", "eva"]);
    let changes = bob.events().into_iter().filter(|event| event["type"] == "presence");
    assert_eq!(
        changes.map(|event| event["change"].clone()).collect::<Vec<_>>(),
        ["joined"],
        "once, and never left"
    );
    let mut wrong = Native::connect(&daemon);
    wrong.sends(&json!({"type": "hello", "version": 1, "client": "x".repeat(65)}));
    wrong.is_refused("bad_request");
}
