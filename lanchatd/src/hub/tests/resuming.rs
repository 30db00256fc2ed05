//! Whoever comes back goes on where they were.

use lanchat_protocol::client::Place;

use super::*;
use crate::kept::{Conversation, ConversationKind, Loaded, Mark, Person, Rules};

/// What was said before is on the disk up to position 100; positions after 200 are new.
fn begun_anew(retention: Retention) -> House {
    let mut house = House::with(Settings { retention, ..settings() });
    house.hub.keep(loaded(), true);
    house
}

fn loaded() -> Loaded {
    let conversation = |id, kind, key: &str| Conversation {
        id,
        kind,
        key: key.into(),
        name: key.into(),
        topic: None,
        head: 101,
        private: id == 2,
        rules: Rules::default(),
    };
    let lobby = conversation(1, ConversationKind::Room, "lobby");
    let shared = conversation(2, ConversationKind::Direct, "bob\neva");
    let people =
        ["bob", "eva"].map(|key| Person { key: key.into(), nick: key.into(), seen_ms: 0, run: None });
    Loaded {
        history: "a history".into(),
        floor: 200,
        reserved: POSITIONS_AHEAD,
        conversations: vec![lobby, shared],
        next_conversation: 3,
        people: people.into(),
        marks: vec![Mark { conversation: 2, key: "eva".into(), position: 10, since: 5 }],
        ..Loaded::default()
    }
}

const AMPLE: Retention = Retention { bytes_max: 1 << 20, events_max: 10_000 };
const LITTLE: Retention = Retention { bytes_max: 1 << 20, events_max: 32 };

impl House {
    /// Somebody connects again by the same run of a program, and says how far they have read.
    pub(super) fn back(&mut self, nick: &str, rooms: &[(&str, u64)]) -> Guest {
        let guest = self.from("127.0.0.1").unwrap();
        self.back_on(guest, nick, rooms);
        guest
    }

    fn back_on(&mut self, guest: Guest, nick: &str, rooms: &[(&str, u64)]) {
        self.hub.choose(self.now, guest.0, &NATIVE);
        let rooms = rooms.iter().map(|&(room, pos)| Place { room: room.into(), pos: Some(pos) });
        let (client, history) = (Some("a run".into()), Some("a history".into()));
        let hello = Hello { nick: Some(nick.into()), client, history, rooms: rooms.collect(), ..hello() };
        self.asks(guest, "", Command::Hello(hello));
    }

    fn looks_up(&mut self) -> Option<(Lookup, Position, Position)> {
        self.hub.take_outputs().into_iter().find_map(|output| match output {
            Output::LookUp(lookup) => match lookup.what {
                Wanted::Page { from, until, .. } => Some((lookup, from, until)),
                Wanted::Since { .. } | Wanted::Search(_) => None,
            },
            Output::Check(_) | Output::Close(_) | Output::Occurred { .. } => None,
        })
    }

    fn is_kept(&mut self) {
        while self.hub.take_batch().is_some() {
            self.hub.batch_is_written(false);
        }
    }
}

#[test]
fn whoever_comes_back_is_told_what_cannot_be_read_and_goes_on() {
    let mut house = begun_anew(AMPLE);
    let kim = house.back("kim", &[("lobby", 5)]);
    house.reads(kim);
    let (lookup, from, until) = house.looks_up().unwrap();
    assert_eq!((from, until), (6, 201));
    house.hub.found(house.now, kim.0, lookup.ticket, None);
    let told = house.reads(kim) + &house.reads(kim);
    let lines: Vec<_> = told.lines().collect();
    assert!(lines[0].contains("store_failed"), "{told}");
    assert_eq!(lines[1], r#"{"type":"gap","room":"lobby","skipped":0}"#);
    assert_eq!(lines[2], r#"{"type":"live","room":"lobby","pos":200}"#);
}

#[test]
fn what_leaves_the_memory_while_the_store_is_asked_is_not_passed_over() {
    let mut house = begun_anew(LITTLE);
    let lea = house.native("lea");
    (0..10).for_each(|_| house.says(lea, "before"));
    house.is_kept();
    let kim = house.back("kim", &[("lobby", 5)]);
    house.reads(kim);
    let (lookup, _, until) = house.looks_up().unwrap();
    for _ in 0..100 {
        house.says(lea, "meanwhile");
        house.is_kept();
    }
    house.hub.found(house.now, kim.0, lookup.ticket, Some(Found::Page(Vec::new(), None)));
    let (_, from, _) = house.looks_up().unwrap();
    assert_eq!(from, until);
}

#[test]
fn a_run_does_not_hear_what_it_said_on_the_connection_before() {
    let mut house = begun_anew(AMPLE);
    let (lea, before) = (house.netcat(), house.back("kim", &[]));
    let after = house.from("127.0.0.1").unwrap();
    house.says_in(before, "lobby", "late");
    house.says(lea, "hi");
    house.back_on(after, "kim", &[]);
    let told = house.reads(after);
    assert!(told.contains("hi") && !told.contains("late"), "{told}");
}

#[test]
fn a_welcome_names_the_place_from_which_what_waits_is_told() {
    let mut house = begun_anew(AMPLE);
    let eva = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, eva.0, &NATIVE);
    house.asks(eva, "", Command::Hello(Hello { nick: Some("eva".into()), ..hello() }));
    let welcome = house.reads(eva);
    assert!(
        welcome.contains(r#""rooms":[{"room":"lobby","pos":200},{"room":"@bob","pos":10}]"#),
        "{welcome}"
    );
}

#[test]
fn whoever_takes_a_nick_reads_nothing_private_from_before_however_often_they_come_back() {
    let mut house = begun_anew(AMPLE);
    for _ in 0..3 {
        // What eva has read goes up to 10; this is another run.
        let impostor = house.back("eva", &[("@bob", 0)]);
        assert!(house.reads(impostor).contains(r#"{"room":"@bob","pos":10,"until":200}"#));
        let (_, from, _) = house.looks_up().expect("what waits for eva");
        assert_eq!(from, 11);
        house.asks(
            impostor,
            "",
            Command::History { room: Some("@bob".into()), asked: Asked::After { after: 0, limit: None } },
        );
        let (_, from, _) = house.looks_up().unwrap();
        assert_eq!(from, 11);
        house.leaves(impostor, None);
    }
    let batch = house.hub.take_batch().unwrap();
    let mark = batch.marks.iter().find(|mark| mark.key == "eva").unwrap();
    assert_eq!((mark.position, mark.since), (10, 11), "so it is after a restart");
}

#[test]
fn a_file_that_names_no_position_to_read_from_is_read_from_the_first() {
    let mut house = House::open();
    let mut loaded = loaded();
    loaded.marks[0].since = 0;
    loaded.people[1].run = Some(run::Run::of("a run").to_string());
    house.hub.keep(loaded, true);
    let eva = house.back("eva", &[("@bob", 0)]);
    assert!(house.reads(eva).contains(r#"{"room":"@bob","pos":0,"until":200}"#));
}

#[test]
fn who_names_no_place_at_all_is_told_nothing_of_any() {
    let mut house = begun_anew(AMPLE);
    let eva = house.back("eva", &[("lobby", 250), ("", 0), ("#", 0), ("@", 0)]);
    let read = house.reads(eva);
    assert!(read.contains("bad_room") && !read.contains(r#""room":"""#), "{read}");
}
